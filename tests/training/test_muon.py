"""Promise: an update of Muon has all its directions equally strong, whichever side of the matrix is longer."""

import pytest
import torch

from mindseye.training.muon import orthogonalise
from mindseye.training.optimizer import OptimizerSettings, make_optimizer


@pytest.mark.parametrize("shape", [(3, 40, 24), (3, 24, 40), (2, 16, 16)])
def test_directions_are_equally_strong(shape: tuple[int, int, int]) -> None:
    torch.manual_seed(0)
    matrices = 1e-3 * torch.randn(shape)
    update = orthogonalise(matrices).float()
    left, strengths, right = torch.linalg.svd(update, full_matrices=False)
    assert strengths.min() > 0.6 and strengths.max() < 1.3
    before, _, after = torch.linalg.svd(matrices, full_matrices=False)
    turned = (left @ right) - (before @ after)  # the same directions as the gradient's
    assert turned.norm() / (before @ after).norm() < 0.1


def test_tall_is_wide_turned() -> None:
    torch.manual_seed(0)
    matrices = torch.randn(2, 48, 16)
    wide = orthogonalise(matrices.transpose(1, 2)).transpose(1, 2)
    torch.testing.assert_close(orthogonalise(matrices), wide, rtol=0, atol=0.02)


def test_a_run_that_goes_on_has_the_rates_of_its_recipe() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(4, 4))
    before = make_optimizer(model, OptimizerSettings(learning_rate=1e-3, muon_learning_rate=1e-2, weight_decay=0.1))
    model(torch.randn(2, 4)).sum().backward()
    before.step()
    after = make_optimizer(model, OptimizerSettings(learning_rate=1e-3, muon_learning_rate=4e-3, weight_decay=0.2))
    after.load_state_dict(before.state_dict())
    assert [group["factor"] for group in after.param_groups] == [4.0, 1.0, 1.0]
    assert [group["weight_decay"] for group in after.param_groups] == [0.2, 0.2, 0.0]
    kept, saved = ({name: value for one in o.state.values() for name, value in one.items()} for o in (after, before))
    assert kept.keys() == saved.keys() and len(saved) > 1
