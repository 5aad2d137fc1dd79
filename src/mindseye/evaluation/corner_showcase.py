"""The show of the corners."""

from __future__ import annotations

from typing import Any

from ..worlds import Episode, Say, Scene, Show, Thing, operations
from ..worlds.corners import WORLD
from ..worlds.wishes import Wanted, Wish
from .exam import REASONING, Exam
from .showcase import Act, Showcase, change, question

SCENES = {
    "animals": Scene((Thing("cat", "top left"), Thing("dog", "top right"), Thing("banana", "bottom left")), "yellow"),
    "small-cat": Scene((Thing("cat", "middle", "small"),), "blue"),
    "panda-apple": Scene((Thing("panda", "top left"), Thing("apple", "top right")), "blue"),
    "cat-dog": Scene((Thing("cat", "top left"), Thing("dog", "top right"))),
    "fruit-duck": Scene(
        (
            Thing("strawberry", "top left"),
            Thing("banana", "top right"),
            Thing("duck", "bottom left"),
            Thing("pear", "bottom right"),
        ),
        "yellow",
    ),
    "small-car": Scene((Thing("car", "middle", "small"),), "green"),
    "astronaut-rocket": Scene((Thing("rocket", "top right"), Thing("astronaut", "bottom left")), "purple"),
}


def acts(seed: int) -> tuple[Act, ...]:
    """The show in order."""
    return (
        _question("A question", "panda-apple", "en", "What is at the top left?", ("a panda", "panda"), seed),
        _question("The same in Chinese", "cat-dog", "zh", "猫在狗的左边吗？", ("是", "是的", "对"), seed),
        _drawing(seed),
        _change("edit", "An edit", "panda-apple", "replace the apple with a banana", seed),
        _change("imagine", "An imagined action: what would be seen next", "small-car", "step closer", seed),
        _thought_drawing(seed),
        _puzzle(seed),
    )


def _question(title: str, sample: str, language: str, text: str, accepted: tuple[str, ...], seed: int) -> Act:
    kind = "question.what" if language == "en" else "question.yesno"
    return Act("ask", title, sample, question(SCENES[sample], text, accepted, kind, language, seed, WORLD.name))


def _drawing(seed: int) -> Act:
    scene = Scene((Thing("cat", "top left"), Thing("dog", "top right")), "blue")
    wish = Wish((Wanted("cat"), Wanted("dog")), "blue", "left")
    steps = (Say("draw a cat to the left of a dog on a blue background", then="image"), Show(scene, is_target=True))
    episode = Episode("draw.pair", "en", steps, {"scene": scene, "wish": wish})
    return Act("draw", "A drawing", None, Exam("draw.pair", "draw", episode, seed, world_name=WORLD.name))


def _change(verb: str, title: str, sample: str, text: str, seed: int) -> Act:
    before = SCENES[sample]
    after = operations.replace(before, "apple", "banana") if verb == "edit" else operations.closer(before)
    kind = "edit.replace" if verb == "edit" else "action.closer"
    return Act(verb, title, sample, change(before, text, after, kind, seed, WORLD.name))


def _thought_drawing(seed: int) -> Act:
    text = "a house at the top right, a tree at the bottom left and a small frog at the bottom right"
    wanted = (
        Wanted("house", None, "top right"),
        Wanted("tree", None, "bottom left"),
        Wanted("frog", "small", "bottom right"),
    )
    scene = Scene(tuple(Thing(want.noun, str(want.place), want.size or "big") for want in wanted))
    steps = (Say(""), Say(text, then="text"), Say("", is_target=True, then="image"), Show(scene, is_target=True))
    episode = Episode("think.layout", "en", steps, {"scene": scene, "wish": Wish(wanted)})
    exam = Exam("think.layout", "draw", episode, seed, think=True, world_name=WORLD.name)
    return Act("draw --think", "A drawing that is thought out first", None, exam)


def _puzzle(seed: int) -> Act:
    before = SCENES["fruit-duck"]
    eaten = operations.remove_all(before, "fruit")
    joined = operations.add(operations.add(eaten, "frog"), "frog")
    steps = (
        Show(before),
        Say("Remove all fruit. Add two frogs. How many things are left?", then="text"),
        Say("remove all fruit", is_target=True, then="image"),
        Show(eaten, is_target=True),
        Say("add two frogs", is_target=True, then="image"),
        Show(joined, is_target=True),
        Say("Final Answer: 3", is_target=True),
    )
    truth: dict[str, Any] = {"before": before, "scene": joined, "scenes": (eaten, joined)}
    episode = Episode("reason", "en", steps, {**truth, "answer": "3", "accepted": ("3",)})
    exam = Exam("reason", "generate", episode, seed, when_to_draw=REASONING, world_name=WORLD.name)
    return Act("reason", "A puzzle, solved in words and pictures", "fruit-duck", exam)


SHOWCASE = Showcase(
    "Everything below was written and drawn on this machine, just now, by one network. It reads text and pictures "
    "and answers with text and pictures. The pictures come from a small world of fifty things, in which the truth is "
    "known: so every answer here was checked, and the page says when one is wrong.",
    SCENES,
    acts,
    "The drawings in the given pictures are from Noto Emoji by Google Inc., Apache-2.0.",
)
