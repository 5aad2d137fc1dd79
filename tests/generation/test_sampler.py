"""One sampler for all rows at once; each row as if it were alone."""

import math

import pytest
import torch

from mindseye.errors import InputError
from mindseye.events import TextDelta, TextDone
from mindseye.generation.sampler import choose
from mindseye.generation.work import Choice
from mindseye.params import TextParams


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def multinomial(row, params, seed):
    """The textbook way, a row at a time."""
    scores = row / params.temperature
    if 0 < params.top_k < scores.numel():
        scores = scores.masked_fill(scores < scores.topk(params.top_k).values[-1], float("-inf"))
    probabilities = scores.softmax(-1)
    if params.top_p < 1:
        ordered, order = probabilities.sort(descending=True)
        probabilities[order[ordered.cumsum(-1) - ordered >= params.top_p]] = 0
    return int(torch.multinomial(probabilities, 1, generator=generator(seed)))


PARAMS = [
    TextParams(),
    TextParams(temperature=1.0),
    TextParams(temperature=0.7, top_k=5),
    TextParams(temperature=1.3, top_p=0.6),
    TextParams(temperature=2.0, top_k=9, top_p=0.8),
    TextParams(temperature=1.0, top_k=10_000),
]


def test_a_batch_gives_what_each_row_gives_by_the_textbook():
    for seed in range(30):
        scores = torch.randn(len(PARAMS), 50, generator=generator(seed)) * 3
        rows = [Choice(params, generator(seed + i)) for i, params in enumerate(PARAMS)]
        found = [logits.chosen for logits in choose(scores, rows)]
        expected = [
            multinomial(row, params, seed + i) if params.temperature else int(row.argmax())
            for i, (row, params) in enumerate(zip(scores, PARAMS, strict=True))
        ]
        assert found == expected


def test_shares_are_those_of_the_distribution():
    scores = torch.tensor([[0.1, 0.2, 0.7]]).log()
    same = generator()
    count = [0, 0, 0]
    for _ in range(4000):
        count[choose(scores, [Choice(TextParams(temperature=1.0), same)])[0].chosen] += 1
    assert [n / 4000 for n in count] == pytest.approx([0.1, 0.2, 0.7], abs=0.03)


def test_rows_that_ask_for_nothing_get_the_likeliest():
    found = choose(torch.tensor([[0.0, 2.0, 1.0], [5.0, 2.0, 1.0]]), [None, None])
    assert [(x.best, x.chosen, x.logprob) for x in found] == [(1, 1, None), (0, 0, None)]


def test_a_penalty_counts_against_what_was_said():
    scores = torch.tensor([[2.0, 1.9, -1.0], [2.0, 1.9, -1.0], [-2.0, -1.9, -1.5]])
    punished = TextParams(repetition_penalty=1.5)
    found = choose(
        scores,
        [Choice(punished, generator(), (0,)), Choice(punished, generator(), ()), Choice(punished, generator(), (2, 2))],
    )
    assert [x.chosen for x in found] == [1, 0, 1]
    assert [x.best for x in found] == [0, 0, 2]  # scores themselves stay as they are
    assert scores[0, 0] == 2.0


def test_a_bias_forbids_and_forces():
    scores = torch.tensor([[2.0, 1.9, -1.0]] * 3)
    forbid, force = TextParams(token_bias={0: -100}), TextParams(token_bias={2: 50.0}, temperature=1.0)
    far = TextParams(token_bias=[(99, 5.0)])
    found = choose(scores, [Choice(forbid, generator()), Choice(force, generator()), Choice(far, generator())])
    assert [x.chosen for x in found] == [1, 2, 0]


def test_log_probabilities_are_the_models_own():
    scores = torch.tensor([[0.2, 0.3, 0.5]] * 2).log() + 4.0
    hot = TextParams(temperature=5.0, token_bias={0: 100.0}, logprobs=2)
    first, second = choose(scores, [Choice(hot, generator()), Choice(TextParams(logprobs=0), generator())])
    assert first.logprob.token_id == first.chosen == 0
    assert first.logprob.logprob == pytest.approx(math.log(0.2), abs=1e-6)
    assert [token for token, _ in first.logprob.likeliest] == [2, 1]
    assert first.logprob.likeliest[0][1] == pytest.approx(math.log(0.5), abs=1e-6)
    assert second.logprob.likeliest == () and second.logprob.logprob == pytest.approx(math.log(0.5), abs=1e-6)


def test_what_was_asked_for_arrives_in_events(tiny):
    reply = tiny.ask("大熊猫 panda", max_tokens=12, temperature=1.0, logprobs=3, seed=4)
    done = next(event for event in reply.events if isinstance(event, TextDone))
    assert [x.token_id for x in done.logprobs] == list(done.token_ids)
    spread = [x for event in reply.events if isinstance(event, TextDelta) for x in event.logprobs]
    assert spread == list(done.logprobs)[: len(spread)] and spread
    assert all(len(x.likeliest) == 3 and x.logprob <= x.likeliest[0][1] + 1e-6 for x in done.logprobs)
    assert not any(event.logprobs for event in tiny.ask("panda", max_tokens=3).events if isinstance(event, TextDone))


def test_a_penalty_changes_a_whole_answer(tiny):
    plain = tiny.ask("which one is red?", max_tokens=20)
    done = next(event for event in plain.events if isinstance(event, TextDone))
    assert len(set(done.token_ids)) < len(done.token_ids)  # it repeats itself
    punished = tiny.ask("which one is red?", max_tokens=20, repetition_penalty=5.0)
    ids = next(event for event in punished.events if isinstance(event, TextDone)).token_ids
    assert len(set(ids)) > len(set(done.token_ids))


@pytest.mark.parametrize(
    "wrong",
    [
        {"token_bias": "abc"},
        {"token_bias": {"a": 1}},
        {"token_bias": {-1: 1.0}},
        {"token_bias": {1: float("inf")}},
        {"logprobs": 21},
        {"repetition_penalty": 0},
        {"max_thought_tokens": 0},
    ],
    ids=str,
)
def test_values_without_sense_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        TextParams(**wrong)


def test_biases_in_every_spelling_are_the_same():
    assert TextParams(token_bias={5: -1}) == TextParams(token_bias=("5=-1",)) == TextParams(token_bias=[(5, -1.0)])
