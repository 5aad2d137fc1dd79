"""Choosing the next token, for all requests that write at once and on the device where the scores are.

Each request draws its noise from its own CPU generator, so what it writes depends neither on its neighbours nor on
the device.
"""
# B rows, V vocab_size

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..events import TokenLogprob
from ..params import TextParams
from .work import Choice, Logits

MINUS_INFINITY = float("-inf")


def choose(scores: Tensor, choices: Sequence[Choice | None]) -> list[Logits]:
    """Scores (B, V), float32, with a choice or none a row -> the rows' results."""
    best = scores.argmax(-1)
    if all(choice is None or choice.is_plain for choice in choices):
        return [Logits(row, token, token) for row, token in zip(scores, best.tolist(), strict=True)]
    adjusted = _adjusted(scores, choices)
    chosen = best if adjusted is scores else adjusted.argmax(-1)
    drawn = [i for i, choice in enumerate(choices) if choice and choice.params.temperature > 0]
    if drawn:
        sampled = _sample(adjusted[drawn], [choice for choice in choices if choice and choice.params.temperature > 0])
        chosen = chosen.index_put((torch.tensor(drawn, device=scores.device),), sampled)
    ids = torch.stack([best, chosen], dim=1).tolist()  # one read-back for both
    logprobs = _logprobs(scores, [token for _, token in ids], choices)
    return [Logits(row, top, token, said) for row, (top, token), said in zip(scores, ids, logprobs, strict=True)]


def _adjusted(scores: Tensor, choices: Sequence[Choice | None]) -> Tensor:
    """Scores with each row's repetition penalty and token bias; the same object where no row has any."""
    changed = scores
    for i, choice in enumerate(choices):
        if choice is None or (choice.params.repetition_penalty == 1 and not choice.params.token_bias):
            continue
        if changed is scores:
            changed = scores.clone()
        _adjust(changed[i], choice)
    return changed


def _adjust(row: Tensor, choice: Choice) -> None:
    """Change a row (V,) in place: what was said becomes less likely, biased tokens more or less."""
    penalty = choice.params.repetition_penalty
    if penalty != 1 and choice.said:
        ids = torch.tensor(sorted(set(choice.said)), device=row.device)
        said = row[ids]
        row[ids] = torch.where(said > 0, said / penalty, said * penalty)
    for token, bias in choice.params.token_bias:
        if token < len(row):
            row[token] += bias


def _sample(scores: Tensor, choices: Sequence[Choice]) -> Tensor:
    """(B,) tokens drawn from the filtered distributions of scores (B, V)."""
    params = [choice.params for choice in choices]
    scores = scores / _column([p.temperature for p in params], scores)
    scores = _keep_top_k(scores, params)
    probabilities = _keep_top_p(scores.softmax(-1), params)
    # The smallest of exponential noises, each divided by its probability, falls on a token as often as it is probable.
    noise = [torch.empty(scores.shape[1]).exponential_(generator=choice.generator) for choice in choices]
    return (probabilities / torch.stack(noise).to(scores.device)).argmax(-1)


def _keep_top_k(scores: Tensor, params: Sequence[TextParams]) -> Tensor:
    most = scores.shape[1]
    wanted = [p.top_k if 0 < p.top_k < most else most for p in params]
    largest = max((k for k in wanted if k < most), default=0)
    if not largest:
        return scores
    ordered = scores.topk(largest).values  # (B, largest)
    last = torch.tensor([[min(k, largest) - 1] for k in wanted], device=scores.device)
    floor = ordered.gather(1, last)
    floor[torch.tensor([k == most for k in wanted], device=scores.device)] = MINUS_INFINITY
    return scores.masked_fill(scores < floor, MINUS_INFINITY)


def _keep_top_p(probabilities: Tensor, params: Sequence[TextParams]) -> Tensor:
    if all(p.top_p == 1 for p in params):
        return probabilities
    ordered, order = probabilities.sort(descending=True)
    share = _column([p.top_p if p.top_p < 1 else 2.0 for p in params], probabilities)
    beyond = ordered.cumsum(-1) - ordered >= share
    return probabilities.masked_fill(torch.zeros_like(beyond).scatter(1, order, beyond), 0)


def _column(values: Sequence[float], like: Tensor) -> Tensor:
    return torch.tensor([[value] for value in values], dtype=like.dtype, device=like.device)


@dataclass(frozen=True)
class _Asked:
    row: int
    num_likeliest: int


def _logprobs(scores: Tensor, tokens: Sequence[int], choices: Sequence[Choice | None]) -> list[TokenLogprob | None]:
    """The log-probability of each row's token under the model's own distribution, where it was asked for."""
    found: list[TokenLogprob | None] = [None] * len(tokens)
    asked = [_Asked(i, c.params.logprobs) for i, c in enumerate(choices) if c and c.params.logprobs is not None]
    if not asked:
        return found
    rows = [each.row for each in asked]
    logs = scores[rows].log_softmax(-1)
    own = logs.gather(1, torch.tensor([[tokens[i]] for i in rows], device=scores.device))[:, 0].tolist()
    top = logs.topk(max(each.num_likeliest for each in asked))
    likeliest = zip(top.indices.tolist(), top.values.tolist(), strict=True)
    for each, logprob, (ids, values) in zip(asked, own, likeliest, strict=True):
        pairs = list(zip(ids, values, strict=True))[: each.num_likeliest]
        found[each.row] = TokenLogprob(tokens[each.row], logprob, tuple(pairs))
    return found
