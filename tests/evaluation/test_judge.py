"""The judge: all right for who knows the truth, nothing for who never does, and no crash for who knows nothing."""

import json
from functools import partial

import pytest
from oracles import Failing, Liar, Oracle

from mindseye.cli.main import main
from mindseye.errors import InputError
from mindseye.evaluation import exams
from mindseye.evaluation.answers import ModelAnswerer
from mindseye.evaluation.exams import EXAM_KINDS, GROUPS, TALK_KINDS
from mindseye.evaluation.gallery import write_page
from mindseye.evaluation.judge import judge as judge_any
from mindseye.evaluation.report import as_json, tables, warnings
from mindseye.worlds import KINDS, Say, is_held_out

make_exams = partial(exams.make_exams, world="corners")
choose_kinds = partial(exams.choose_kinds, world="corners")
judge = partial(judge_any, world="corners")
QUICK = {"num_timesteps": 2, "width": 32, "height": 32, "max_tokens": 4}


@pytest.fixture(scope="module")
def perfect():
    return judge(Oracle(), num=2, unified=True)


def test_every_kind_of_the_world_is_asked():
    assert set(KINDS) - {"talk"} <= set(EXAM_KINDS)
    assert set(TALK_KINDS) <= set(EXAM_KINDS)


def test_the_oracle_is_right_everywhere(perfect):
    assert perfect.kinds == EXAM_KINDS
    for kind in perfect.kinds:
        for measure in perfect.measures([kind]):
            share = perfect.share([kind], measure)
            assert share.right == share.total, (kind, measure)
        assert perfect.share([kind]).total == (4 if kind.startswith("eye.") else 2)
    assert perfect.kept_db(["edit.add"]) == 100.0
    assert perfect.same_when_forced().value == 1.0
    assert not perfect.errors
    assert not warnings(perfect)


def test_the_liar_is_wrong_everywhere():
    verdict = judge(Liar(), num=2, unified=True)
    assert "after the autoencoder in only 0.0 %" in warnings(verdict)[0]
    for kind in {kind for kind in EXAM_KINDS if not kind.startswith("miss.")} - {"eye.true"}:
        for measure in verdict.measures([kind]):
            assert verdict.share([kind], measure).right == 0, (kind, measure)


def test_errors_count_as_wrong_and_are_listed():
    verdict = judge(Failing(), num=4, kinds=["question.what", "edit.add"])
    assert verdict.share(["edit.add"], "done").right == 2
    assert verdict.share(["question.what"]).total == 4
    assert {error["error"] for error in as_json(verdict)["errors"]} == {"InputError: no"}


class Interrupted(Oracle):
    """Answers one batch; then somebody presses Ctrl-C."""

    def answer(self, exams):
        if hasattr(self, "is_done"):
            raise KeyboardInterrupt
        self.is_done = True
        return super().answer(exams)


def test_what_was_judged_before_ctrl_c_is_told():
    verdict = judge(Interrupted(), num=2, kinds=["question"])
    assert verdict.is_cut and verdict.kinds == ("question.what",)
    assert verdict.share(["question.what"]).total == 2
    assert warnings(verdict) == ["stopped after 2 of 12 requests"]


def test_the_same_seed_asks_the_same():
    def asked(seed, num=4):
        return [exam.episode for kind in ("draw.pair", "reason") for exam in make_exams(kind, num, seed, ("en", "zh"))]

    assert asked(0) == asked(0)
    assert asked(0) != asked(1)
    assert make_exams("draw.one", 2, 0, ("en", "zh")) == make_exams("draw.one", 6, 0, ("en", "zh"))[:2]


@pytest.mark.parametrize("kind", EXAM_KINDS)
def test_exams_are_held_out_and_in_each_language_in_turn(kind):
    asked = make_exams(kind, 3, 0, ("en", "zh"))
    assert [exam.language for exam in asked[:3]] == ["en", "zh", "en"]
    assert len(asked) == (6 if kind.startswith("eye.") else 3)
    assert all(any(map(is_held_out, exam.episode.scenes)) for exam in asked)
    assert all(exam.items for exam in asked)


def test_the_three_ways_to_reason_get_the_same_puzzles():
    drawn, shown, words = (make_exams(f"reason{way}", 6, 0, ("en", "zh")) for way in ("", ".shown", ".words"))
    for first, second, third in zip(drawn, shown, words):
        assert first.episode == second.episode
        assert third.episode.truth == first.episode.truth
        assert third.items[1].startswith(first.items[1])
        assert len(second.given) == len(second.episode.steps) - 1
        assert isinstance(second.episode.steps[-1], Say)


def test_unified_asks_for_as_many_pictures_as_words(perfect):
    assert perfect.share(["unified.picture"]).total == perfect.share(["unified.words"]).total
    picture, drawn = perfect.of(["unified.picture"]), perfect.of(["unified.draw"])
    assert [result.exam.episode for result in picture] == [result.exam.episode for result in drawn]


@pytest.mark.parametrize("kind", TALK_KINDS)
def test_a_talk_is_told_up_to_its_last_reply(kind):
    for exam in make_exams(kind, 6, 0, ("en", "zh")):
        *past, last = exam.episode.steps
        assert isinstance(last, Say) == (kind == "unified.talk_words")
        assert exam.given == tuple(past)
        assert len(past) >= 3


def test_kinds_by_name_and_family():
    reasoned = choose_kinds(["reason"])
    assert reasoned[:5] == ("reason", "reason.shown", "reason.words", "eye.true", "eye.redrawn")
    assert all(kind.startswith("miss.") for kind in reasoned[5:]) and len(reasoned) > 10
    assert choose_kinds(["question.what", "caption"]) == ("question.what", "caption")
    assert "unified.draw" not in choose_kinds(None)
    with pytest.raises(InputError, match='did you mean "draw"'):
        choose_kinds(["drew"])
    with pytest.raises(InputError, match="unknown language"):
        judge(Oracle(), num=1, kinds=["caption"], languages=["fr"])
    with pytest.raises(InputError, match="num is 0"):
        judge(Oracle(), num=0, kinds=["caption"])


def test_json_has_every_group_and_both_languages(perfect):
    facts = json.loads(json.dumps(as_json(perfect)))
    assert list(facts["groups"]) == [group.name for group in GROUPS]
    right = facts["groups"]["edits"]["all"]["right"]
    assert right["right"] == right["total"] == 10
    assert set(right["languages"]) == {"en", "zh"}
    assert right["zh_minus_en"]["value"] == 0
    assert 0 < right["interval"][0] < right["interval"][1] == 1
    assert facts["groups"]["unified"]["obeys"]["value"] == 1


def test_tables_name_the_three_columns_of_reasoning(perfect):
    found = {table.title: table for table in tables(perfect)}
    assert "with the true pictures given" in found["puzzles"].header
    for table in found.values():
        assert {len(row) for row in table.rows} == {len(table.header)}, table.title
    only_english = judge(Oracle(), num=1, kinds=["question"], languages=["en"])
    assert "Chinese" not in tables(only_english)[0].header


def test_page_shows_right_and_wrong(tmp_path):
    verdict = judge(Failing(), num=2, kinds=["edit.remove", "question.where", "reason"])
    page = write_page(verdict, tmp_path / "deep" / "index.html").read_text()
    assert "✓" in page and "✗" in page and "data:image/png" in page and "InputError: no" in page


def test_a_model_that_knows_nothing_scores_nothing_and_crashes_nowhere(tiny):
    told = []
    answerer = ModelAnswerer(tiny, QUICK)
    kinds = ["question.what", "think.question", "think.one", "edit.add", "reason", "unified"]
    verdict = judge(answerer, num=1, kinds=kinds, languages=["en"], watch=lambda *progress: told.append(progress))
    assert not verdict.errors
    assert not verdict.share(["question.what", "think.one", "edit.add", "reason"]).right
    assert verdict.share(["eye.true"]).value == 1
    assert verdict.same_when_forced().value == 1
    assert told[0][:2] == ("question.what", 0)
    again = judge(answerer, num=1, kinds=["edit.add"], languages=["en"], batch=1)
    assert again.results[0].mark == verdict.of(["edit.add"])[0].mark


def test_one_failing_request_spoils_no_other(tiny, monkeypatch):
    answerer = ModelAnswerer(tiny, QUICK)
    asked = make_exams("question.what", 2, 0, ("en", "zh"))
    real = tiny.request

    def request(task, things=(), **options):
        if options["seed"] == 0:
            raise KeyError("a defect")
        return real(task, things, **options)

    monkeypatch.setattr(tiny, "request", request)
    broken, whole = answerer.answer(asked)
    assert "a defect" in broken.error
    assert whole.error is None and whole.text


def test_unknown_options_are_refused_at_once(tiny):
    with pytest.raises(InputError, match="num_timesteps"):
        ModelAnswerer(tiny, {"num_timestep": 3})


def test_command(tiny, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("mindseye.cli.judge.load_model", lambda args: tiny)
    words = ["judge", "--num", "1", "--kinds", "question.what", "edit.add", "--quiet", "--languages", "en"]
    words += ["--world", "corners"]
    words += ["--num-timesteps", "2", "--width", "32", "--height", "32", "--max-tokens", "4"]
    assert main([*words, "-o", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "edits and actions" in printed and "reads a true picture right" in printed and "index.html" in printed
    assert json.loads((tmp_path / "verdict.json").read_text())["groups"]["questions"]
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["num"] == 1
    assert main(["judge", "--kinds", "drew"]) == 2
    assert "did you mean" in capsys.readouterr().err
