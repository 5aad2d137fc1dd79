"""The shipped pocket model does everything, on pictures and words kept out of its training."""

from pathlib import Path

import pytest

import mindseye
from mindseye.evaluation.judge import judge
from mindseye.evaluation.town_exams import GROUPS

FOLDER = Path(mindseye.__file__).parent / "pocket"
FLOORS = {
    "questions": 0.72,
    "drawings": 0.85,
    "edits": 0.75,
    "walk": 0.88,
    "wearing": 0.75,
    "thoughts": 0.65,
    "talks": 0.95,
}
"""Some points below the figures of docs/judge.md, for each of its groups of several kinds."""
FLOORS_OF_FEW = {
    "captions": 0.56,
    "what follows": 0.60,
    "what has happened": 0.90,
    "next view": 0.38,
    "characters": 0.57,
    "a style never taught": 0.34,
}
"""The same for groups of one kind or of few that are often wrong: more requests of each."""


@pytest.fixture(scope="module")
def pocket():
    return mindseye.load("pocket")


def test_it_is_small():
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 30e6


def test_it_loads_without_notes(pocket):
    assert not pocket.loaded.notes


def test_it_draws_by_itself_only_when_asked_to(pocket):
    drawn = pocket.generate("draw a cat", seed=1)
    assert len(drawn.images) == 1
    assert drawn.end.finish == "end"
    assert not pocket.generate(drawn.image, "what colour is the background?", seed=1).images


@pytest.mark.slow
@pytest.mark.parametrize(("floors", "num"), [(FLOORS, 12), (FLOORS_OF_FEW, 40)], ids=["many kinds", "few kinds"])
def test_what_it_can_do_is_not_lost(pocket, floors, num):
    groups = {group.name: group.kinds for group in GROUPS}
    verdict = judge(pocket, num=num, seed=1, kinds=[*(kind for name in floors for kind in groups[name]), "eye"])
    assert not verdict.errors
    assert verdict.share(["eye.true"]).value == 1.0
    assert verdict.share(["eye.redrawn"]).value >= 0.9
    found = {name: verdict.share(groups[name]).value for name in floors}
    assert {name: value for name, value in found.items() if value < floors[name]} == {}, found


def test_every_group_of_exams_has_a_floor():
    named = {group.name for group in GROUPS} - {"imagined", "eye"}
    assert named == FLOORS.keys() | FLOORS_OF_FEW.keys()


def test_a_model_that_only_understands_says_so_in_its_place(pocket):
    reader = mindseye.load("pocket", understanding_only=True)
    picture = pocket.draw("a cat", seed=1).image
    question = "what is in the picture?"
    requests = [reader.request("ask", [picture, question]), reader.request("draw", ["a cat"], seed=1)]
    answer, error = reader.try_all(requests)
    assert answer.text == pocket.ask(picture, question).text
    assert isinstance(error, mindseye.MindseyeError) and "understanding only" in str(error)
    assert reader.chat().say(picture, question).text
    with pytest.raises(mindseye.MindseyeError, match="understanding only"):
        reader.edit(picture, "remove the cat")
