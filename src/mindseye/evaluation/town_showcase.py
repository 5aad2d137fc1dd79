"""The show of the town."""

from __future__ import annotations

from dataclasses import replace

from ..worlds.episodes import Episode, Say, Show
from ..worlds.town.drawables import Icon, Prop
from ..worlds.town.garments import Garment
from ..worlds.town.people import Person
from ..worlds.town.persons import Portrait
from ..worlds.town.scenes import Placed, Scene, stand
from ..worlds.town.styles import TAUGHT_STYLES
from ..worlds.town.walks import Obstacle, View, look_at, step
from ..worlds.town.wearing import alone
from ..worlds.town.wishes import Wanted, Wish
from ..worlds.town.world import WORLD
from .exam import REASONING, Exam
from .showcase import Act, Showcase, change, question

STREET = View((Obstacle("bus", 0, 3), Obstacle("tree", -1, 2), Obstacle("dog", 1, 3)))
DRESS = Garment("dress", "red", "dotted")
WOMAN = Portrait(Person("woman", "brown", DRESS), "beach")


def _scene(ground: str, *things: tuple[str, int, int, int]) -> Scene:
    return stand([Placed(Icon(noun), x, y, size) for noun, x, y, size in things], ground)


SCENES = {
    "animals": _scene("yellow", ("cat", 21, 21, 40), ("dog", 107, 21, 40), ("banana", 21, 107, 40)),
    "small-cat": _scene("blue", ("cat", 64, 64, 32)),
    "panda-apple": _scene("blue", ("panda", 21, 64, 40), ("apple", 107, 64, 40)),
    "cat-dog": _scene("white", ("cat", 21, 64, 40), ("dog", 107, 64, 40)),
    "fruit-duck": _scene(
        "yellow", ("strawberry", 21, 21, 40), ("banana", 107, 21, 40), ("duck", 21, 107, 40), ("pear", 107, 107, 40)
    ),
    "small-car": _scene("green", ("car", 64, 64, 32)),
    "astronaut-rocket": _scene("purple", ("rocket", 107, 21, 40), ("astronaut", 21, 107, 40)),
    "vase": Scene(
        (Placed(Prop("table"), 64, 53, 110), Placed(Prop("cloth"), 64, 53, 110), Placed(Icon("vase"), 64, 21, 40))
    ),
    "street": look_at(STREET),
    "dress": alone(DRESS),
}


def acts(seed: int) -> tuple[Act, ...]:
    """The show in order."""
    return (
        _question("A question", "panda-apple", "en", "what is on the left?", ("a panda", "panda"), seed),
        _question("The same in Chinese", "cat-dog", "zh", "猫在狗的左边吗？", ("是", "是的", "对"), seed),
        _drawing(seed),
        _change(
            "edit", "An edit", "astronaut-rocket", "replace the rocket with an airplane", _with_an_airplane(), seed
        ),
        _change("edit", "Trying on", "dress", "a woman at the beach wearing this", WOMAN.scene, seed),
        _change("imagine", "What would follow", "vase", "pull the cloth away", _broken(), seed),
        _change("imagine", "What would be seen next", "street", "step forward", _next_view(), seed),
        _thought_drawing(seed),
        _puzzle(seed),
    )


def _question(title: str, sample: str, language: str, text: str, accepted: tuple[str, ...], seed: int) -> Act:
    kind = "question.what" if language == "en" else "question.relation"
    return Act("ask", title, sample, question(SCENES[sample], text, accepted, kind, language, seed, WORLD.name))


def _change(verb: str, title: str, sample: str, text: str, after: Scene, seed: int) -> Act:
    kind = {"dress": "wear.put", "vase": "physics.after", "street": "walk.next"}.get(sample, "edit.replace")
    return Act(verb, title, sample, change(SCENES[sample], text, after, kind, seed, WORLD.name))


def _with_an_airplane() -> Scene:
    things = SCENES["astronaut-rocket"].things
    return stand(
        [replace(thing, what=Icon("airplane")) if thing.what == Icon("rocket") else thing for thing in things], "purple"
    )


def _broken() -> Scene:
    table = SCENES["vase"].things[0]
    return Scene((table, Placed(Icon("vase", state="broken"), 64, 107, 40)))


def _next_view() -> Scene:
    after = step(STREET)
    assert after is not None
    return look_at(after)


def _drawing(seed: int) -> Act:
    wish = Wish((Wanted(Icon("cat")), Wanted(Icon("dog"))), ("blue",), TAUGHT_STYLES, "left")
    steps = (
        Say("draw a cat to the left of a dog on a blue background", then="image"),
        Show(replace(SCENES["cat-dog"], ground="blue"), is_target=True),
    )
    truth = {"scene": steps[1].scene, "wish": wish}
    exam = Exam("draw.pair", "draw", Episode("draw.pair", "en", steps, truth), seed, world_name=WORLD.name)
    return Act("draw", "A drawing", None, exam)


def _thought_drawing(seed: int) -> Act:
    text = "a house at the top right, a tree at the bottom left and a frog at the bottom right"
    spots = {"house": ("top right", 107, 21), "tree": ("bottom left", 21, 107), "frog": ("bottom right", 107, 107)}
    wanted = tuple(Wanted(Icon(noun), area) for noun, (area, _, _) in spots.items())
    scene = _scene("white", *((noun, x, y, 40) for noun, (_, x, y) in spots.items()))
    steps = (Say(""), Say(text, then="text"), Say("", is_target=True, then="image"), Show(scene, is_target=True))
    grounds = ("white", "gray", "red", "orange", "yellow", "green", "blue", "purple")
    episode = Episode("think.draw", "en", steps, {"scene": scene, "wish": Wish(wanted, grounds, TAUGHT_STYLES)})
    exam = Exam("think.draw", "draw", episode, seed, think=True, world_name=WORLD.name)
    return Act("draw --think", "A drawing that is thought out first", None, exam)


def _puzzle(seed: int) -> Act:
    before = SCENES["animals"]
    left = stand([thing for thing in before.things if thing.what != Icon("banana")], "yellow")
    joined = stand([*left.things, Placed(Icon("dog"), 107, 107, 40)], "yellow")
    steps = (
        Show(before),
        Say("Remove all fruit. Add a dog at the bottom right. How many things are left?", then="text"),
        Say("remove all fruit. banana: at the bottom left", is_target=True, then="image"),
        Show(left, is_target=True),
        Say("add a dog at the bottom right. dog: at the bottom right", is_target=True, then="image"),
        Show(joined, is_target=True),
        Say("Final Answer: 3", is_target=True),
    )
    truth = {"before": before, "scene": joined, "scenes": (left, joined), "answer": "3", "accepted": ("3",)}
    exam = Exam(
        "puzzle.pictured",
        "generate",
        Episode("puzzle.pictured", "en", steps, truth),
        seed,
        when_to_draw=REASONING,
        world_name=WORLD.name,
    )
    return Act("reason", "A puzzle, solved in words and pictures", "animals", exam)


SHOWCASE = Showcase(
    "Everything below was written and drawn on this machine, just now, by one network. It reads text and pictures "
    "and answers with text and pictures. The pictures come from a small town, in which the truth is known: so every "
    "answer here was checked, and the page says when one is wrong.",
    SCENES,
    acts,
    "The drawings in the given pictures are from Noto Emoji by Google Inc., Apache-2.0.",
)
