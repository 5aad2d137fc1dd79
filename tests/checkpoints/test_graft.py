"""Grafting: nothing of the parts changes, the folder loads and answers, and what does not fit is said."""

from __future__ import annotations

import json
from pathlib import Path

import PIL.Image
import pytest
import torch
from graft_parts import PATCH, SIDE, WIDTH, save_language_model, save_tower, tower
from safetensors.torch import load_file, save_file

import mindseye
from mindseye.checkpoints.graft import GraftOptions, graft, own_classifier, start_from_names
from mindseye.checkpoints.load import load
from mindseye.checkpoints.tower_sources import find_tower, plain_names
from mindseye.errors import CheckpointError, InputError, SettingsError
from mindseye.networks.grafted import Grafted, GraftedConfig
from mindseye.networks.grids import grid_indices, to_patches
from mindseye.networks.image_tokens import ImageTokens
from mindseye.networks.projector import ProjectorConfig
from mindseye.networks.towers import Lite0Config, VitTower

transformers = pytest.importorskip("transformers")
PAIRS = [("gpt2", "clip"), ("llama", "siglip"), ("gpt2", "dinov2")]


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: " and ".join(pair))
def parts(request, tmp_path_factory):
    words, eyes = request.param
    folder = tmp_path_factory.mktemp("parts")
    save_language_model(words, transformers, folder / "words")
    save_tower(eyes, transformers, folder / "eyes")
    return words, eyes, folder


@pytest.fixture(scope="module")
def grafted(parts):
    _, _, folder = parts
    graft(str(folder / "words"), str(folder / "eyes"), folder / "both", GraftOptions())
    return folder / "both"


def test_features_are_those_of_transformers(parts, grafted: Path) -> None:
    _, eyes, _ = parts
    pixels = torch.randn(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    theirs = tower(eyes, transformers)
    side = theirs if eyes == "dinov2" else theirs.vision_model
    with torch.inference_mode():
        seen = side(pixels, output_hidden_states=True)
        expected = {
            "clip": lambda: seen.hidden_states[-2][:, 1:],
            "siglip": lambda: seen.last_hidden_state,
            "dinov2": lambda: seen.last_hidden_state[:, 1:],
        }[eyes]()
        ours = load(grafted, dtype="float32").network.see(pixels)
    assert ours.shape == (2, (SIDE // PATCH) ** 2, WIDTH)
    assert (ours - expected).abs().max() < 1e-4
    assert expected.std() > 0.1


def test_places_are_stretched_as_dinov2_does_it(tmp_path: Path) -> None:
    save_tower("dinov2", transformers, tmp_path / "eyes")
    path = tmp_path / "eyes" / "preprocessor_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "crop_size": 84, "size": {"shortest_edge": 90}}))
    found = find_tower(str(tmp_path / "eyes"))
    ours = VitTower(found.config)
    ours.load_state_dict({name: found.weights[name] for name in ours.state_dict()})
    pixels = torch.randn(1, 3, 84, 84, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = tower("dinov2", transformers)(pixels).last_hidden_state[:, 1:]
        assert (ours(pixels) - expected).abs().max() < 1e-4


def test_the_pocket_models_eye_sees_the_same_as_a_tower() -> None:
    found, loaded = find_tower("pocket"), load("pocket", dtype="float32")
    ours = VitTower(found.config)
    ours.load_state_dict({name: found.weights[name] for name in ours.state_dict()})
    image = PIL.Image.effect_noise((found.config.image_size,) * 2, 80).convert("RGB")
    pixels = found.transforms.pixels(image)
    patches = to_patches(pixels, found.config.patch_size)
    side = loaded.config.vit_max_num_patch_per_side
    with torch.inference_mode():
        places = grid_indices(found.config.grid, found.config.grid, side)
        expected = loaded.network.vit_model(patches, places, [len(patches)])
        assert (ours(pixels[None])[0] - expected).abs().max() < 1e-4


def test_the_language_model_is_what_it_was(parts, grafted: Path) -> None:
    _, _, folder = parts
    alone = load(folder / "words", dtype="float32").network.state_dict()
    inside = load(grafted, dtype="float32").network.language_model.state_dict()
    assert set(alone) == set(inside)
    assert all(torch.equal(alone[name], inside[name]) for name in alone)


def test_image_tokens_are_about_as_long_as_words(grafted: Path) -> None:
    network = load(grafted, dtype="float32").network
    tokens = network.project(torch.randn(8, (SIDE // PATCH) ** 2, WIDTH))
    words = network.embed_text(torch.arange(512))
    assert 0.7 < tokens.std() / words.std() < 1.4


def test_it_answers_about_one_image_and_several(grafted: Path) -> None:
    model = mindseye.load(str(grafted), dtype="float32")
    red, blue = (PIL.Image.new("RGB", (80, 60), colour) for colour in ("red", "blue"))
    answers = [
        model.ask(*items, max_tokens=6).text
        for items in [
            (red, "what is it?"),
            (blue, "what is it?"),
            (red, blue, "what is it?"),
            (red, blue, "first <image>, then <image>"),
            (red, blue, "all: <images>"),
        ]
    ]
    assert len(set(answers)) == len(answers)  # each is seen, and where it stands counts
    with pytest.raises(InputError, match="1 of <image> for 2 images"):
        model.ask(red, blue, "only <image>")


@pytest.mark.parametrize(
    ("tokens", "count"), [("patches", 16), ("pool", 1), ("first", 1), ("patch:3", 1), ("grid:3", 9), ("shuffle:2", 4)]
)
def test_every_choice_of_image_tokens_is_kept(parts, tmp_path: Path, tokens: str, count: int) -> None:
    _, _, folder = parts
    options = GraftOptions(image_tokens=tokens, random_init=True)
    graft(str(folder / "words"), str(folder / "eyes"), tmp_path / "both", options)
    loaded = load(tmp_path / "both")
    assert loaded.image_processor.count(10, 10).seen == count
    [image] = loaded.network.embed_images([torch.randn(3, SIDE, SIDE)])
    assert image.shape == (count, 48)


def test_queries_make_as_many_tokens_as_they_are(parts, tmp_path: Path) -> None:
    _, _, folder = parts
    options = GraftOptions(ProjectorConfig("query", num_queries=5), has_contrastive_head=True)
    graft(str(folder / "words"), str(folder / "eyes"), tmp_path / "both", options)
    loaded = load(tmp_path / "both")
    assert loaded.image_processor.count(10, 10).seen == 5
    assert loaded.network.contrastive is not None


def test_parts_that_do_not_fit_are_named(parts, grafted: Path, tmp_path: Path) -> None:
    words, eyes = str(parts[2] / "words"), str(parts[2] / "eyes")
    with pytest.raises(SettingsError, match="do not divide by 3"):
        graft(words, eyes, tmp_path / "a", GraftOptions(image_tokens="shuffle:3"))
    with pytest.raises(SettingsError, match="4 x 4 features"):
        graft(words, eyes, tmp_path / "b", GraftOptions(image_tokens="grid:9"))
    with pytest.raises(SettingsError, match="the tower gives 16 features"):
        graft(words, eyes, tmp_path / "c", GraftOptions(image_tokens="patch:17"))
    with pytest.raises(SettingsError, match=r'"pol"; did you mean pool\?|"pol"'):
        graft(words, eyes, tmp_path / "c", GraftOptions(image_tokens="pol"))
    with pytest.raises(SettingsError, match="needs a tower with a classifier"):
        graft(words, eyes, tmp_path / "d", GraftOptions(start="names"))
    with pytest.raises(CheckpointError, match="no known vision tower"):
        graft(words, words, tmp_path / "e", GraftOptions())
    with pytest.raises(CheckpointError, match="no language model"):
        graft(eyes, eyes, tmp_path / "f", GraftOptions())
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]  # nothing half made is left


def test_a_projector_for_another_tower_is_refused(grafted: Path, tmp_path: Path) -> None:
    for file in grafted.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    tensors = load_file(tmp_path / "model.safetensors")
    tensors["projector.linear_1.weight"] = torch.randn(48, WIDTH * 2)
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"projector\.linear_1\.weight"):
        load(tmp_path)


def test_a_folder_without_its_rules_is_refused(grafted: Path, tmp_path: Path) -> None:
    for file in grafted.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "preprocessor_config.json").unlink()
    with pytest.raises(CheckpointError, match=r"no preprocessor_config\.json"):
        load(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "tower": {"kind": "vit"}}))
    with pytest.raises(CheckpointError, match="tower"):
        load(tmp_path)


def test_names_start_where_the_classifier_is(parts, tmp_path: Path) -> None:
    words = load(parts[2] / "words", dtype="float32")
    config = GraftedConfig(
        words.network.config,
        Lite0Config(num_classes=4),
        ProjectorConfig("mlp", hidden_size=4, activation="softmax"),
        ImageTokens("pool"),
    )
    network = Grafted(config)
    network.language_model = words.network
    torch.nn.init.normal_(network.vision_tower._fc.weight)
    names = ("ab", "c", "de", "f")
    start_from_names(network, own_classifier(network, names), words.tokenizer)
    row = network.vision_tower._fc.weight[2].detach()
    [[token]] = network.project((row * 100 / row.norm()).expand(1, 49, -1))
    ids = torch.tensor(words.tokenizer.encode(" de"))
    wanted = network.embed_text(ids).mean(0)
    assert torch.cosine_similarity(token, wanted, dim=0) > 0.99


def test_names_are_said_plainly() -> None:
    assert plain_names(["kite (bird of prey)", "crane (bird)", "crane (machine)"]) == (
        "kite",
        "crane bird",
        "crane machine",
    )
