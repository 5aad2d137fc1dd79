"""The judge of the town: all right for who knows the truth, and the same requests for the same seed."""

import json

import pytest
from oracles import Failing, Oracle

from mindseye.errors import InputError
from mindseye.evaluation.exam import Asked
from mindseye.evaluation.exams import SYLLABI, choose_kinds, make_exams
from mindseye.evaluation.judge import judge
from mindseye.evaluation.report import as_json, tables
from mindseye.evaluation.town_exams import IMAGINED
from mindseye.worlds.town.splits import split_of

KINDS = SYLLABI["town"].kinds


@pytest.fixture(scope="module")
def perfect():
    return judge(Oracle(), num=2, world="town", seed=(0, 1))


def test_the_oracle_is_right_everywhere(perfect):
    assert perfect.kinds == KINDS and not perfect.errors
    for kind in KINDS:
        for measure in perfect.measures([kind]):
            share = perfect.share([kind], measure)
            assert share.right == share.total, (kind, measure)
    assert perfect.range(["draw.one"]) == (1.0, 1.0)


def test_tables_and_json_hold_together(perfect):
    found = {table.title: table for table in tables(perfect)}
    assert "by seed" in found["right answers"].header
    assert "accepts falsely: miss.moved" in [row[0] for row in found["the judge's own eye"].rows]
    for table in found.values():
        assert {len(row) for row in table.rows} == {len(table.header)}, table.title
    facts = json.loads(json.dumps(as_json(perfect)))
    assert facts["world"] == "town" and facts["seeds"] == [0, 1] and facts["split"] == "test"


@pytest.mark.parametrize("kind", KINDS)
def test_exams_belong_to_their_split(kind):
    for split in ("test", "validation"):
        for exam in make_exams(kind, 2, Asked(3, split), ("en", "zh"), "town"):
            if not kind.startswith(("eye.", "miss.", "style.")):
                assert split in {split_of(one) for one in exam.episode.truth["about"]}
            assert exam.given and (exam.items or exam.task == "see")


@pytest.mark.parametrize(("pictured", "at_once"), IMAGINED.items())
def test_imagined_and_at_once_are_the_same_puzzles(pictured, at_once):
    first, second = (make_exams(kind, 4, 0, ("en", "zh"), "town") for kind in (pictured, at_once))
    for one, two in zip(first, second):
        assert one.episode.truth["answer"] == two.episode.truth["answer"]
        assert two.episode.texts[0].startswith(one.episode.texts[0])


def test_errors_are_wrong_and_words_are_explained():
    verdict = judge(Failing(), num=4, world="town", kinds=["edit.add", "physics.imagine"], languages=["en"])
    assert verdict.share(["physics.imagine"], "answer").right == 2
    assert verdict.share(["edit.add"], "done").total == 4
    with pytest.raises(InputError, match='did you mean "walk'):
        choose_kinds(["walk.nxt"], world="town")
    with pytest.raises(InputError, match="unknown split"):
        make_exams("draw.one", 1, Asked(0, "tests"), ("en",), "town")
