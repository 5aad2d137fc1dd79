"""Towers, projectors and the choice of image tokens."""

from __future__ import annotations

import contextlib
import io

import pytest
import torch

from mindseye.errors import SettingsError
from mindseye.networks.image_tokens import ImageTokens
from mindseye.networks.projector import ProjectorConfig
from mindseye.networks.towers import EfficientNetLite0, Lite0Config


def test_tokens_are_means_and_neighbours() -> None:
    features = torch.arange(16.0).view(1, 16, 1)  # 4 x 4, row by row
    assert ImageTokens.called("pool")(features).flatten().tolist() == [7.5]
    assert ImageTokens.called("first")(features).flatten().tolist() == [0.0]
    assert ImageTokens.called("patch:7")(features).flatten().tolist() == [6.0]
    assert ImageTokens.called("grid:2")(features).flatten().tolist() == [2.5, 4.5, 10.5, 12.5]
    assert ImageTokens.called("shuffle:2")(features)[0].tolist() == [
        [0.0, 1.0, 4.0, 5.0],
        [2.0, 3.0, 6.0, 7.0],
        [8.0, 9.0, 12.0, 13.0],
        [10.0, 11.0, 14.0, 15.0],
    ]
    assert torch.equal(ImageTokens.called("patches")(features), features)


@pytest.mark.parametrize("name", ["patches", "pool", "first", "patch:5", "grid:3", "shuffle:2"])
def test_counts_and_widths_are_those_of_the_tokens(name: str) -> None:
    tokens = ImageTokens.called(name)
    assert tokens.name == name
    made = tokens(torch.randn(2, 36, 5))
    assert made.shape == (2, tokens.count(36), tokens.width(5))


@pytest.mark.parametrize("name", ["", "grid", "grid:0", "pool:2", "patch:0", "shuffle:-1", "all"])
def test_unknown_choices_are_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="expected patches, pool, grid:N"):
        ImageTokens.called(name)


@pytest.mark.parametrize("kind", ["linear", "mlp", "query"])
def test_every_projector_learns(kind: str) -> None:
    config = ProjectorConfig(kind, hidden_size=16, num_queries=3)
    projector = config.build(8, 12)
    made = projector(torch.randn(2, 5, 8))
    assert made.shape == (2, config.count(5), 12)
    made.square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in projector.parameters())


def test_a_feature_becomes_its_own_tokens_in_order() -> None:
    projector = ProjectorConfig("mlp", hidden_size=4, tokens_each=2, has_skip=True).build(3, 5)
    features = torch.randn(1, 2, 3)
    made = projector(features)  # (1, 2 * 2, 5)
    flat = projector.linear_2(torch.nn.functional.gelu(projector.linear_1(features))) + projector.skip(features)
    assert torch.allclose(made[0, 0], flat[0, 0, :5]) and torch.allclose(made[0, 1], flat[0, 0, 5:])
    assert torch.allclose(made[0, 2], flat[0, 1, :5])


def test_projectors_that_are_none_are_refused() -> None:
    with pytest.raises(SettingsError, match="expected linear, mlp, query"):
        ProjectorConfig("cubic")
    with pytest.raises(SettingsError, match="expected gelu or softmax"):
        ProjectorConfig(activation="relu")
    with pytest.raises(SettingsError, match="multiple of num_heads 8"):
        ProjectorConfig("query", hidden_size=12).build(4, 12)


def test_efficientnet_is_that_of_the_package() -> None:
    library = pytest.importorskip("efficientnet_lite_pytorch")
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = library.EfficientNet.from_name("efficientnet-lite0").eval()
    generator = torch.Generator().manual_seed(0)
    for name, buffer in theirs.named_buffers():  # statistics that would show a wrong formula
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 2.0, generator=generator)
    for parameter in theirs.parameters():  # large enough to reach the end
        if parameter.dim() == 4:
            torch.nn.init.kaiming_normal_(parameter, mode="fan_in", generator=generator)
    ours = EfficientNetLite0(Lite0Config())
    state = {name: tensor for name, tensor in theirs.state_dict().items() if "num_batches" not in name}
    ours.load_state_dict(state)
    pixels = torch.randn(1, 3, 224, 224, generator=generator)
    with torch.inference_mode():
        features = ours.train()(pixels)  # training mode changes nothing
        expected = theirs.extract_features(pixels).flatten(2).transpose(1, 2)
        assert features.shape == (1, 49, 1280)
        assert (features - expected).abs().max() < 1e-4
        assert (ours.classify(features) - theirs(pixels)).abs().max() < 1e-4
    assert expected.std() > 0.05
