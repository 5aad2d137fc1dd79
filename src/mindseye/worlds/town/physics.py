"""Everyday physics: a dozen rules, each a stage before, an action, and what it must come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from . import language as grammar
from .drawables import Icon, Prop
from .layout import ALL_COLOURS
from .scenes import UNITS, Placed, Scene
from .splits import key
from .voice import Voice

FRAGILE = ("vase", "cup", "egg", "bulb", "glasses", "television", "clock", "violin")
STURDY = ("book", "hammer", "key", "ball", "wrench", "shoe", "cap", "gift", "diamond", "axe", "boot", "handbag")
ROUND = ("ball", "orange", "tomato", "apple", "peach", "cookie")
FLAT = ("book", "chair", "couch", "house", "television", "gift", "cheese", "bed", "camera")
LIGHT = ("balloon", "cap", "butterfly", "flower", "bee")
HEAVY = ("car", "elephant", "house", "couch", "bathtub", "tractor", "bus", "truck", "train")
MELTING = ("ice cream", "snowman")
SUNPROOF = ("hammer", "book", "key", "ball", "cactus", "chair", "car", "drum", "apple")
EATERS = {
    "cat": ("fish", "mouse"),
    "dog": ("hamburger", "cookie"),
    "rabbit": ("carrot", "corn"),
    "mouse": ("cheese", "bread"),
    "monkey": ("banana", "peach"),
    "horse": ("apple", "carrot"),
    "bee": ("flower", "sunflower"),
}
UNEATEN = ("hammer", "book", "key", "umbrella", "chair", "clock", "ball", "guitar")
IRON = ("key", "hammer", "scissors", "wrench", "knife")
NOT_IRON = ("apple", "book", "ball", "banana", "bread", "flower", "shoe", "egg")
FLOATING = ("apple", "duck", "boat", "ball", "orange", "balloon", "lemon", "pumpkin")
SINKING = ("hammer", "key", "car", "wrench", "diamond", "magnet", "axe", "train")


@dataclass(frozen=True)
class Case:
    """One rule at work: `subject` is what is asked about, `is_yes` the verdict on its question."""

    rule: str
    subject: str
    before: Scene
    after: Scene
    is_yes: bool
    words: tuple[tuple[str, str], ...]

    @property
    def about(self) -> frozenset[str]:
        """The combination of rule and subject."""
        return frozenset([key("rule", self.rule, self.subject)])


class Stage:
    """Puts things on one ground, in the usual style."""

    def __init__(self, voice: Voice) -> None:
        self.voice = voice
        self.ground = voice.dice.pick(ALL_COLOURS)

    def icon(self, noun: str, x: int, bottom: int, size: int, state: str = "whole") -> Placed:
        """A noun standing on a height."""
        return Placed(Icon(noun, state=state), x, bottom - size // 2, size)

    def scene(self, *things: Placed) -> Scene:
        """The things, the first ones behind."""
        return Scene(things, self.ground)

    def choose(self, some: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, bool]:
        """A noun, and whether it is one of the first; both sorts are as likely."""
        is_first = self.voice.dice.chance(0.5)
        return self.voice.dice.pick(some if is_first else others), is_first

    def case(self, rule: str, subject: str, before: Scene, after: Scene, is_yes: bool, **nouns: str) -> Case:
        """The case with its words in the voice's language, seen from either side."""
        if self.voice.dice.chance(0.5):
            before, after = _mirrored(before), _mirrored(after)
        said = {name: grammar.the(self.voice.language, noun) for name, noun in {"the": subject, **nouns}.items()}
        return Case(rule, subject, before, after, is_yes, tuple(said.items()))


def pull_cloth(stage: Stage) -> Case:
    """A tablecloth is pulled away under something: what is fragile breaks."""
    noun, breaks = stage.choose(FRAGILE, STURDY)
    table, cloth = (Placed(Prop(name), 64, 76, 110) for name in ("table", "cloth"))
    thing = stage.icon(noun, 64, 64, 42)
    left = stage.icon(noun, 64, 124, 44, "broken") if breaks else thing
    return stage.case("cloth", noun, stage.scene(table, cloth, thing), stage.scene(table, left), not breaks)


def push_over_edge(stage: Stage) -> Case:
    """Something is pushed over the edge of a shelf: it falls, and breaks if it can."""
    noun, breaks = stage.choose(FRAGILE, STURDY)
    shelf = Placed(Prop("shelf"), 52, 64, 100)
    fallen = stage.icon(noun, 100, 124, 42, "broken" if breaks else "whole")
    before, after = stage.scene(shelf, stage.icon(noun, 40, 55, 42)), stage.scene(shelf, fallen)
    return stage.case("edge", noun, before, after, not breaks)


def let_go(stage: Stage) -> Case:
    """Something is let go on a slope: what is round rolls down."""
    noun, rolls = stage.choose(ROUND, FLAT)
    slope, top = Placed(Prop("slope"), 60, 72, 112), stage.icon(noun, 26, 64, 34)
    before, after = stage.scene(slope, top), stage.scene(slope, stage.icon(noun, 108, 124, 34) if rolls else top)
    return stage.case("slope", noun, before, after, rolls)


def blow(stage: Stage) -> Case:
    """The wind blows from the left: what is light flies off to the right."""
    noun, flies = stage.choose(LIGHT, HEAVY)
    wind, thing = Placed(Prop("wind"), 22, 40, 40), stage.icon(noun, 60, 116, 46)
    gone = stage.icon(noun, 104, 60, 46)
    return stage.case("wind", noun, stage.scene(thing), stage.scene(wind, gone if flies else thing), not flies)


def blow_at_light(stage: Stage) -> Case:
    """The wind blows at a light: a candle goes out, a bulb does not."""
    noun, goes_out = stage.choose(("candle",), ("bulb", "star"))
    wind = Placed(Prop("wind"), 22, 40, 40)
    thing = Placed(Prop("lit candle"), 76, 84, 76) if goes_out else stage.icon(noun, 76, 120, 64)
    left = replace(thing, what=Prop("dark candle")) if goes_out else thing
    return stage.case("light", noun, stage.scene(thing), stage.scene(wind, left), not goes_out)


def shine(stage: Stage) -> Case:
    """The sun shines for an hour: ice melts."""
    noun, melts = stage.choose(MELTING, SUNPROOF)
    sun = Placed(Prop("sun"), 104, 26, 40)
    thing = stage.icon(noun, 56, 118, 60)
    left = stage.icon(noun, 56, 118, 60, "molten") if melts else thing
    return stage.case("sun", noun, stage.scene(thing), stage.scene(sun, left), melts)


def prick(stage: Stage) -> Case:
    """A needle at something: a balloon bursts."""
    noun, bursts = stage.choose(("balloon",), STURDY)
    thing = stage.icon(noun, 88, 90, 52)
    left = stage.icon(noun, 88, 110, 52, "broken") if bursts else thing
    far, near = (Placed(Prop("needle"), x, 64, 40) for x in (24, 46))
    return stage.case("needle", noun, stage.scene(far, thing), stage.scene(near, left), not bursts)


def leave_alone(stage: Stage) -> Case:
    """An animal is left alone with something: what it likes is eaten."""
    eater = stage.voice.dice.pick(tuple(EATERS))
    noun, eats = stage.choose(EATERS[eater], UNEATEN)
    animal, thing = stage.icon(eater, 38, 108, 54), stage.icon(noun, 94, 108, 40)
    left = [] if eats else [thing]
    if eats and noun == "fish":
        left = [Placed(Prop("bones"), 94, 92, 40)]
    return stage.case("alone", noun, stage.scene(animal, thing), stage.scene(animal, *left), not eats, eater=eater)


def rain(stage: Stage) -> Case:
    """It rains: fire goes out, all else only gets wet."""
    noun, goes_out = stage.choose(("fire", "candle"), ("duck", "umbrella", "car", "frog", "house", "robot", "bulb"))
    cloud = Placed(Prop("rain"), 64, 36, 66)
    if noun == "candle":
        thing, left = (Placed(Prop(name), 64, 92, 64) for name in ("lit candle", "dark candle"))
    else:
        thing = left = stage.icon(noun, 64, 122, 52)
    if noun == "fire":
        left = Placed(Prop("smoke"), 64, 96, 52)
    return stage.case("rain", noun, stage.scene(thing), stage.scene(cloud, left), not goes_out)


def hold_magnet(stage: Stage) -> Case:
    """A magnet is held towards something: iron jumps at it."""
    noun, jumps = stage.choose(IRON, NOT_IRON)
    magnet, thing = stage.icon("magnet", 30, 88, 48), stage.icon(noun, 102, 84, 40)
    left = replace(thing, x=66) if jumps else thing
    return stage.case("magnet", noun, stage.scene(magnet, thing), stage.scene(magnet, left), jumps)


def drop_into_water(stage: Stage) -> Case:
    """Something falls into water: it floats or sinks."""
    noun, floats = stage.choose(FLOATING, SINKING)
    pool = Placed(Prop("pool"), 64, 80, 96)
    before, after = stage.scene(pool, stage.icon(noun, 64, 44, 38)), stage.icon(noun, 64, 70 if floats else 120, 38)
    return stage.case("water", noun, before, stage.scene(pool, after), floats)


def bump(stage: Stage) -> Case:
    """Something bumps into a tower or dominoes: what is heavy brings them down."""
    noun, falls = stage.choose(HEAVY, LIGHT)
    standing, fallen = stage.voice.dice.pick((("tower", "heap"), ("dominoes", "fallen dominoes")))
    before = stage.scene(stage.icon(noun, 26, 122, 42), Placed(Prop(standing), 92, 88, 68))
    left = Placed(Prop(fallen if falls else standing), 92, 88, 68)
    return stage.case("bump", noun, before, stage.scene(stage.icon(noun, 40, 122, 42), left), not falls)


def strike(stage: Stage) -> Case:
    """A hammer comes down on something: what is fragile breaks."""
    noun, breaks = stage.choose(FRAGILE, ("diamond", "wrench", "magnet", "boot", "axe", "key"))
    high, low = stage.icon("hammer", 64, 50, 46), stage.icon("hammer", 64, 78, 46)
    thing = stage.icon(noun, 64, 124, 48)
    left = stage.icon(noun, 64, 124, 48, "broken") if breaks else thing
    return stage.case("hammer", noun, stage.scene(thing, high), stage.scene(left, low), not breaks)


def _mirrored(scene: Scene) -> Scene:
    things = []
    for thing in scene.things:
        what = Prop(thing.what.name, is_mirrored=True) if isinstance(thing.what, Prop) else thing.what
        things.append(replace(thing, what=what, x=UNITS - thing.x))
    return replace(scene, things=tuple(things))


RULES: dict[str, Callable[[Stage], Case]] = {
    "cloth": pull_cloth,
    "edge": push_over_edge,
    "slope": let_go,
    "wind": blow,
    "light": blow_at_light,
    "sun": shine,
    "needle": prick,
    "alone": leave_alone,
    "rain": rain,
    "magnet": hold_magnet,
    "water": drop_into_water,
    "bump": bump,
    "hammer": strike,
}
