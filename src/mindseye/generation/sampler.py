"""Choosing the next token, for all requests that write at once and on the device where the scores are.

What was chosen is read back once. Each request draws its noise from its own CPU generator, so what it writes depends
neither on its neighbours nor on the device.
"""
# B rows, V vocab_size

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ..events import TokenLogprob
from ..networks.to_device import send
from ..params import TextParams
from .device import read_back
from .work import Choice, Logits

MINUS_INFINITY = float("-inf")
ReadBack = Callable[[Tensor], Tensor]


def choose(scores: Tensor, choices: Sequence[Choice | None], read_back: ReadBack = read_back) -> list[Logits]:
    """Scores (B, V), float32, with a choice or none a row -> the rows' results."""
    best = _likeliest(scores)
    if all(choice is None or choice.is_plain for choice in choices):
        return [Logits(row, token, token) for row, token in zip(scores, read_back(best).tolist(), strict=True)]
    adjusted = _adjusted(scores, choices)
    chosen = best if adjusted is scores else _likeliest(adjusted)
    drawn = [i for i, choice in enumerate(choices) if choice and choice.params.temperature > 0]
    if drawn:
        [rows] = send([drawn], scores.device)
        sampled = _sample(adjusted[rows], [choice for choice in choices if choice and choice.params.temperature > 0])
        chosen = chosen.index_put((rows,), sampled)
    told = Told(scores, chosen, choices)
    found = read_back(torch.cat([best.float(), chosen.float(), *told.numbers]))  # float32 holds every id
    tops, ids, rest = found.split([len(best), len(best), len(found) - 2 * len(best)])
    tokens = [int(token) for token in ids.tolist()]
    each = zip(scores, tops.tolist(), tokens, told.logprobs(tokens, rest), strict=True)
    return [Logits(row, int(top), token, logprob) for row, top, token, logprob in each]


def _adjusted(scores: Tensor, choices: Sequence[Choice | None]) -> Tensor:
    """Scores with each row's repetition penalty and token bias; the same object where no row has any."""
    size = scores.shape[1]
    said, biased = [], []
    for i, choice in enumerate(choices):
        if choice is None:
            continue
        params = choice.params
        if params.repetition_penalty != 1:
            said += [(i, token, params.repetition_penalty) for token in sorted(set(choice.said))]
        biased += [(i, token, bias) for token, bias in params.token_bias if token < size]
    if said:
        places, penalties = _placed(said, scores)
        likely = scores[places]
        scores = scores.index_put(places, torch.where(likely > 0, likely / penalties, likely * penalties))
    if biased:
        places, biases = _placed(biased, scores)
        scores = scores.index_put(places, biases, accumulate=True)
    return scores


def _placed(changes: Sequence[tuple[int, int, float]], like: Tensor) -> tuple[tuple[Tensor, Tensor], Tensor]:
    """(row, token, number) triples as indices into scores and their numbers."""
    rows, tokens, numbers = zip(*changes, strict=True)
    places = send([rows, tokens], like.device)
    return (places[0], places[1]), torch.tensor(numbers, dtype=like.dtype, device=like.device)


def _sample(scores: Tensor, choices: Sequence[Choice]) -> Tensor:
    """(B,) tokens drawn from the filtered distributions of scores (B, V)."""
    params = [choice.params for choice in choices]
    scores = scores / _column([p.temperature for p in params], scores)
    scores = _keep_top_k(scores, params)
    probabilities = _keep_top_p(scores.softmax(-1), params)
    # The smallest of exponential noises, each divided by its probability, falls on a token as often as it is probable.
    noise = [torch.empty(scores.shape[1]).exponential_(generator=choice.generator) for choice in choices]
    return _likeliest(probabilities / torch.stack(noise).to(scores.device))


def _likeliest(scores: Tensor) -> Tensor:
    """(B, V) -> (B,); on a CPU by numpy, which takes a twentieth of torch's time for the same answer."""
    return torch.from_numpy(scores.numpy().argmax(-1)) if scores.device.type == "cpu" else scores.argmax(-1)


def _keep_top_k(scores: Tensor, params: Sequence[TextParams]) -> Tensor:
    most = scores.shape[1]
    wanted = [p.top_k if 0 < p.top_k < most else most for p in params]
    largest = max((k for k in wanted if k < most), default=0)
    if not largest:
        return scores
    ordered = scores.topk(largest).values  # (B, largest)
    last = torch.tensor([[min(k, largest) - 1] for k in wanted], device=scores.device)
    floor = ordered.gather(1, last)
    has_all = torch.tensor([[k == most] for k in wanted], device=scores.device)
    floor = floor.masked_fill(has_all, MINUS_INFINITY)
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


class Told:
    """Log-probabilities of tokens under the model's own distribution, for the rows that asked for them."""

    def __init__(self, scores: Tensor, chosen: Tensor, choices: Sequence[Choice | None]) -> None:
        """`chosen` (B,) are the rows' tokens; `numbers` are what is to be read back."""
        wanted = {i: c.params.logprobs for i, c in enumerate(choices) if c and c.params.logprobs is not None}
        self._wanted = wanted
        self._num_rows = len(choices)
        self._most = max(wanted.values(), default=0)
        self.numbers: list[Tensor] = []
        if wanted:
            [rows] = send([list(wanted)], scores.device)
            logs = scores[rows].log_softmax(-1)
            top = logs.topk(self._most)
            self.numbers = [logs.gather(1, chosen[rows][:, None]), top.indices.float(), top.values]
            self.numbers = [numbers.flatten() for numbers in self.numbers]

    def logprobs(self, tokens: Sequence[int], read: Tensor) -> list[TokenLogprob | None]:
        """One a row, or None where nobody asked; `tokens` were chosen, `read` are the numbers on the host."""
        found: list[TokenLogprob | None] = [None] * self._num_rows
        num = len(self._wanted)
        if not num:
            return found
        own, top = read[:num], read[num:].view(2, num, self._most).tolist()
        table = zip(own.tolist(), *top, strict=True)
        for (row, num_likeliest), (logprob, likely, logs) in zip(self._wanted.items(), table, strict=True):
            pairs = [(int(token), value) for token, value in zip(likely, logs, strict=True)][:num_likeliest]
            found[row] = TokenLogprob(tokens[row], logprob, tuple(pairs))
        return found
