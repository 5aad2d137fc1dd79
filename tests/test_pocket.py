"""The shipped pocket model does everything, on pictures and words kept out of its training."""

from pathlib import Path

import pytest

import mindseye
from mindseye.evaluation.judge import judge

FOLDER = Path(mindseye.__file__).parent / "pocket"
FLOORS = {
    "question.what": 0.8,
    "question.where": 0.95,
    "question.count": 0.85,
    "question.yesno": 0.9,
    "question.relation": 0.65,
    "draw.one": 0.95,
    "draw.pair": 0.9,
    "draw.count": 0.95,
    "draw.layout": 0.85,
    "edit.add": 0.85,
    "edit.remove": 0.9,
    "edit.replace": 0.8,
    "edit.move": 0.85,
    "edit.recolour": 0.95,
    "action.push": 0.8,
    "action.look": 0.9,
    "action.take": 0.85,
    "reason": 0.65,
    "unified.picture": 0.95,
    "unified.words": 0.95,
}


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
def test_what_it_can_do_is_not_lost(pocket):
    verdict = judge(pocket, num=20, seed=1, kinds=[*FLOORS, "eye"])
    assert not verdict.errors
    assert verdict.share(["eye.true"]).value == 1.0
    assert verdict.share(["eye.redrawn"]).value >= 0.95
    found = {kind: verdict.share([kind]).value for kind in FLOORS}
    assert {kind: value for kind, value in found.items() if value < FLOORS[kind]} == {}, found


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
