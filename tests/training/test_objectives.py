"""Promise: a loss is what its formula says, whatever batches and processes a step is made of."""

import dataclasses
import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from toy_run import toy_trainer

from mindseye.errors import SettingsError
from mindseye.training.objectives.contrastive import Pairs, Temperature, info_nce
from mindseye.training.objectives.flow import Times, draw_noise
from mindseye.training.objectives.text import UNLABELLED, TextObjective
from mindseye.training.objectives.unified import LossSettings
from mindseye.training.precision import CPU
from mindseye.training.step import StepSettings


def test_words_are_learnt_where_they_are_labelled() -> None:
    @dataclasses.dataclass(frozen=True)
    class Words:
        labels: torch.Tensor

    torch.manual_seed(0)
    labels = torch.tensor([[3, 1, UNLABELLED], [UNLABELLED, 2, UNLABELLED]])
    scores = torch.randn(2, 3, 5)
    objective = TextObjective(CPU, lambda model, batch: scores)
    assert objective.counts(Words(labels)) == {"ce": 3}
    found = objective.sums(None, Words(labels), torch.Generator())["ce"]
    by_hand = -sum(scores[row].log_softmax(-1)[place, word] for row, place, word in ((0, 0, 3), (0, 1, 1), (1, 1, 2)))
    assert found.item() == pytest.approx(float(by_hand), rel=1e-5)


def test_pairs_that_belong_together_lose_nothing() -> None:
    pairs = Pairs(torch.eye(4) * 3, torch.eye(4), torch.tensor(100.0))
    assert info_nce(pairs).max() < 1e-6
    mixed_up = Pairs(torch.eye(4), torch.eye(4).roll(1, 0), torch.tensor(100.0))
    assert info_nce(mixed_up).min() > 99
    alike = Pairs(torch.ones(4, 2), torch.ones(4, 2), torch.tensor(100.0))
    assert torch.allclose(info_nce(alike), torch.tensor(4.0).log())


def test_the_loss_goes_both_ways() -> None:
    torch.manual_seed(0)
    images, texts = torch.randn(5, 3), torch.randn(5, 3)
    cosines = F.normalize(images, dim=-1) @ F.normalize(texts, dim=-1).T
    own = torch.arange(5)
    by_hand = (F.cross_entropy(7 * cosines, own) + F.cross_entropy(7 * cosines.T, own)) / 2
    assert torch.allclose(info_nce(Pairs(images, texts, torch.tensor(7.0))).mean(), by_hand)


def test_the_temperature_is_learnt_within_bounds() -> None:
    temperature = Temperature(0.07)
    assert temperature().item() == pytest.approx(1 / 0.07, rel=1e-5)
    info_nce(Pairs(torch.eye(3), torch.eye(3), temperature())).sum().backward()
    assert temperature.log_scale.grad < 0  # pairs that fit are told apart the sharper
    temperature.log_scale.data.fill_(math.log(1e6))
    assert temperature().item() == pytest.approx(100.0, rel=1e-4)


def test_clean_images_are_at_time_zero_and_noise_follows_from_the_generator() -> None:
    is_drawn = [True, False] * 500
    one, two = (draw_noise((2000, 3), is_drawn, Times(shift=4.0), torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(one.noise, two.noise) and torch.equal(one.t, two.t)
    drawn = torch.tensor(is_drawn)
    assert one.t[~drawn].eq(0).all() and one.t[drawn].gt(0).all() and one.t.max() < 1
    assert one.t[drawn].mean() > 0.65  # the noisy end, by the shift
    latents, lengths = torch.randn(2000, 3), torch.full((1000,), 2)
    x_t = one.mixed_with(latents, lengths)
    assert torch.equal(x_t.view(1000, 2, 3)[~drawn], latents.view(1000, 2, 3)[~drawn])
    t = one.t.repeat_interleave(2)[:, None]
    assert torch.allclose(x_t - t * one.velocity_from(latents), latents, atol=1e-5)


def test_a_wider_spread_learns_both_ends() -> None:
    """A shifted sigmoid of a normal draw: what lies above 0.95, at 1 and 1.7, and below 0.05."""
    usual, wide = (
        draw_noise((1, 1), [True] * 20_000, Times(spread=spread), torch.Generator().manual_seed(1)).t
        for spread in (1.0, 1.7)
    )
    assert usual.gt(0.95).float().mean() == pytest.approx(0.0016, abs=0.001)
    assert wide.gt(0.95).float().mean() == pytest.approx(0.0416, abs=0.005)
    assert wide.lt(0.05).float().mean() == pytest.approx(0.0416, abs=0.005)
    assert wide.median() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("setting", [{"timestep_spread": -1.0}, {"timestep_shift": 0.0}, {"changed_weight": 0.5}])
def test_a_setting_out_of_range_says_what_was_expected(setting: dict[str, float]) -> None:
    [name] = setting
    with pytest.raises(SettingsError, match=f"{name} is .*expected"):
        LossSettings(**setting)


def test_a_step_of_many_batches_weighs_every_word_alike(tmp_path: Path) -> None:
    """Two batches of 4 before an update are one of 8, for a loss that knows no negatives."""
    found = []
    for rows, accumulate in ((8, 1), (4, 2)):
        trainer, state = toy_trainer(tmp_path / str(rows), rows)
        objective = dataclasses.replace(trainer.step.objective, weights={"ce": 1.0, "contrastive": 0.0})
        settings = StepSettings(precision="float32", accumulate=accumulate)
        step = dataclasses.replace(trainer.step, objective=objective, settings=settings)
        found.append([step(state, trainer.pace) for _ in range(4)])
    for one, two in zip(*found, strict=True):
        for name in ("ce", "gradient_norm", "tokens", "samples"):
            assert two[name] == pytest.approx(one[name], rel=1e-5), name
