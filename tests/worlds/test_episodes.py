from itertools import pairwise

import numpy as np
import pytest

from mindseye.worlds import KINDS, EpisodeOptions, Say, Show, render, sample_episode
from mindseye.worlds.judging import follows, kept_psnr, matches_answer
from mindseye.worlds.reading import read_scene

ALONE = EpisodeOptions(num_questions=1)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_judged_right_on_its_own_truth(kind, language):
    rng = np.random.default_rng([KINDS.index(kind), language == "en"])
    for split in ("train", "test"):
        for _ in range(15):
            episode = sample_episode(rng, split, kind, language, options=ALONE)
            last = episode.steps[-1]
            assert (episode.kind, episode.language) == (kind, language) and last.is_target
            if isinstance(last, Say):
                assert matches_answer(last.text, episode.truth)
            else:
                assert last.scene == episode.truth["scene"]
                assert follows(read_scene(render(last.scene)), episode.truth)
            if "before" in episode.truth and isinstance(last, Show):
                before, after = episode.truth["before"], last.scene
                assert before != after
                assert kept_psnr(render(before), render(after), before, after) in (None, 100.0)


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_next_is_marked(kind):
    rng = np.random.default_rng(0)
    for _ in range(10):
        steps = sample_episode(rng, kind=kind).steps
        for step, following in pairwise(steps):
            if isinstance(step, Say) and following.is_target:
                assert step.then == ("image" if isinstance(following, Show) else "text")
        assert isinstance(steps[-1], Show) or steps[-1].then is None


def test_languages_are_not_mixed():
    rng = np.random.default_rng(1)
    for _ in range(500):
        english, chinese = (sample_episode(rng, language=language) for language in ("en", "zh"))
        assert all(text.isascii() for text in english.texts)
        request = [step for step in chinese.steps if isinstance(step, Say) and step.then]
        assert all(not text.text.isascii() for text in request)


def test_several_questions_about_one_picture():
    rng = np.random.default_rng(2)
    episode = sample_episode(rng, kind="question.count", options=EpisodeOptions(num_questions=4))
    asked = episode.truth["questions"]
    assert len(episode.steps) == 1 + 2 * len(asked)
    assert [step.text for step in episode.steps[2::2]] == [question.answer for question in asked]
    assert episode.truth["answer"] == asked[0].answer


def test_yes_and_no_are_balanced():
    rng = np.random.default_rng(3)
    answers = [
        sample_episode(rng, kind="question.yesno", language="en", options=ALONE).truth["answer"] for _ in range(1000)
    ]
    assert 0.44 < np.mean([answer == "yes" for answer in answers]) < 0.56


def test_own_words_for_the_system_prompt():
    prompts = {"think_draw": "ponder, then paint", "think_answer": "ponder, then tell"}
    options = EpisodeOptions(system_prompts=prompts)
    rng = np.random.default_rng(4)
    assert sample_episode(rng, kind="think.pair", options=options).texts[0] == "ponder, then paint"
    assert sample_episode(rng, kind="think.question", options=options).texts[0] == "ponder, then tell"


def test_reasoning_draws_every_step():
    episode = sample_episode(np.random.default_rng(5), kind="reason", language="en")
    drawn = [step.scene for step in episode.steps if isinstance(step, Show) and step.is_target]
    assert tuple(drawn) == episode.truth["scenes"]
    assert episode.texts[-1] == f"Final Answer: {episode.truth['answer']}"
    assert all(follows(read_scene(render(scene)), {"scene": scene}) for scene in drawn)
