"""The demo: files and a page, whatever the model says."""

import dataclasses
import json

import pytest

from mindseye import samples
from mindseye.checkpoints.defaults import Defaults
from mindseye.checkpoints.locate import find_folder
from mindseye.cli.main import main
from mindseye.errors import InputError
from mindseye.evaluation.answers import Answer
from mindseye.evaluation.marking import mark, pixels_of
from mindseye.evaluation.showcase import SHOWCASES, showcase_of
from mindseye.inputs.images import open_image
from mindseye.worlds.episodes import Say
from mindseye.worlds.world import world_called

WORLD = Defaults.from_folder(find_folder("pocket")).world or ""
SCENES = showcase_of(WORLD).scenes
EVERY_ACT = [act for world in SHOWCASES for act in showcase_of(world).acts(0)]


@pytest.fixture
def quick(tiny, monkeypatch):
    """The random model, with few words."""
    monkeypatch.setattr("mindseye.cli.demo.load_model", lambda args: tiny)
    request = tiny.request

    def briefly(*said, **options):
        return request(*said, max_tokens=4, width=32, height=32, **options)

    monkeypatch.setattr(tiny, "request", briefly)


def test_demo_writes_pictures_and_a_page(quick, tmp_path, capsys):
    assert main(["demo", "-o", str(tmp_path / "d"), "--num-timesteps", "2", "--quiet"]) == 0
    printed = capsys.readouterr().out
    page = (tmp_path / "d" / "index.html").read_text()
    assert page.count("<h2>") == len(showcase_of("town").acts(0)) + 1
    assert (tmp_path / "d" / "3-draw.png").is_file()
    assert (tmp_path / "d" / "panda-apple.png").is_file()
    assert "✗ wrong" in printed and "0 of 2 pictures on the way right" in printed
    assert str(tmp_path / "d" / "index.html") in printed
    assert printed.count("\n  mindseye ") == 3


def test_demo_as_json(quick, tmp_path, capsys):
    assert main(["demo", "-o", str(tmp_path), "--num-timesteps", "2", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [act["verb"] for act in facts["acts"]] == [act.verb for act in showcase_of("town").acts(0)]
    assert not any(act["is_right"] for act in facts["acts"])


def test_the_samples_show_what_they_say():
    assert set(samples.NAMES) == set(SCENES)
    world = world_called(WORLD)
    for name, scene in SCENES.items():
        pixels = pixels_of(open_image(samples.path_of(name)), world)
        assert (pixels == world.render(scene, world.picture_size)).all()
    credit = (samples.FOLDER / "CREDITS.md").read_text()
    assert "Noto Emoji" in credit and "Apache" in credit and all(name in credit for name in samples.NAMES)
    with pytest.raises(InputError, match='did you mean "cat-dog"'):
        samples.path_of("cat-dogs")


@pytest.mark.parametrize("act", EVERY_ACT, ids=lambda act: act.title)
def test_the_truth_of_every_act_is_right(act):
    steps = [step for step in act.exam.episode.steps if step.is_target]
    parts = tuple(step.text if isinstance(step, Say) else act.exam.picture_of(step.scene) for step in steps)
    assert mark(act.exam, Answer(tuple(part for part in parts if part))).is_right


def test_a_model_of_the_town_gets_the_show_of_the_town(quick, tiny, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(tiny, "defaults", dataclasses.replace(tiny.defaults, world="town"))
    assert main(["demo", "-o", str(tmp_path), "--num-timesteps", "2", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    shown = [act["sample"] for act in facts["acts"] if act["sample"]]
    assert {"dress", "vase", "street"} <= set(shown) and all((tmp_path / f"{name}.png").is_file() for name in shown)
    assert not any("Icon(" in act["found"] or "Person(" in act["found"] for act in facts["acts"])
    assert any("it is not there" in act["found"] or "it is rather" in act["found"] for act in facts["acts"])


def test_a_world_that_is_none_is_named(quick, tiny, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(tiny, "defaults", dataclasses.replace(tiny.defaults, world="twon"))
    assert main(["demo", "-o", str(tmp_path)]) == 2
    assert 'did you mean "town"' in capsys.readouterr().err
