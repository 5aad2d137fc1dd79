"""Everyday physics: a dozen rules, each a stage before, an action, and what it must come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from . import language as grammar
from .areas import TIDY, USUAL_SIZE
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


LEFT, MIDDLE, RIGHT = TIDY
TOP, CENTRE, BOTTOM = TIDY


class Stage:
    """Puts things on one ground, in the usual style, tidily: what moves or breaks is drawn as anything is."""

    def __init__(self, voice: Voice) -> None:
        self.voice = voice
        self.ground = voice.dice.pick(ALL_COLOURS)

    def icon(self, noun: str, x: int, y: int, state: str = "whole") -> Placed:
        """A noun in a column and a row."""
        return Placed(Icon(noun, state=state), x, y, USUAL_SIZE)

    def scene(self, *things: Placed) -> Scene:
        """The things, the first ones behind."""
        return Scene(things, self.ground)

    def choose(self, some: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, bool]:
        """A noun, and whether it is one of the first; both sorts are as likely."""
        is_first = self.voice.dice.chance(0.5)
        return self.voice.dice.pick(some if is_first else others), is_first

    def case(self, rule: str, subject: str, before: Scene, after: Scene, is_yes: bool, **nouns: str) -> Case:
        """The case with its words in the voice's language, seen from either side where what is there tells which."""
        has_sides = any(thing.x != MIDDLE for thing in before.things)
        if has_sides and self.voice.dice.chance(0.5):
            before, after = _mirrored(before), _mirrored(after)
        said = {name: grammar.the(self.voice.language, noun) for name, noun in {"the": subject, **nouns}.items()}
        return Case(rule, subject, before, after, is_yes, tuple(said.items()))


def pull_cloth(stage: Stage) -> Case:
    """A tablecloth is pulled away under something: what is fragile breaks."""
    noun, breaks = stage.choose(FRAGILE, STURDY)
    table, cloth = (Placed(Prop(name), 64, 53, 110) for name in ("table", "cloth"))
    thing = stage.icon(noun, MIDDLE, TOP)
    left = stage.icon(noun, MIDDLE, BOTTOM, "broken") if breaks else thing
    return stage.case("cloth", noun, stage.scene(table, cloth, thing), stage.scene(table, left), not breaks)


def push_over_edge(stage: Stage) -> Case:
    """Something is pushed over the edge of a shelf: it falls, and breaks if it can."""
    noun, breaks = stage.choose(FRAGILE, STURDY)
    shelf = Placed(Prop("shelf"), 50, 50, 100)
    fallen = stage.icon(noun, RIGHT, BOTTOM, "broken" if breaks else "whole")
    before, after = stage.scene(shelf, stage.icon(noun, LEFT, TOP)), stage.scene(shelf, fallen)
    return stage.case("edge", noun, before, after, not breaks)


def let_go(stage: Stage) -> Case:
    """Something is let go on a slope: what is round rolls down."""
    noun, rolls = stage.choose(ROUND, FLAT)
    slope, top = Placed(Prop("slope"), 60, 95, 112), stage.icon(noun, LEFT, CENTRE)
    before, after = stage.scene(slope, top), stage.scene(slope, stage.icon(noun, RIGHT, BOTTOM) if rolls else top)
    return stage.case("slope", noun, before, after, rolls)


def blow(stage: Stage) -> Case:
    """The wind blows from the left: what is light flies off to the right."""
    noun, flies = stage.choose(LIGHT, HEAVY)
    thing, gone = stage.icon(noun, MIDDLE, BOTTOM), stage.icon(noun, RIGHT, CENTRE)
    return stage.case("wind", noun, stage.scene(thing), stage.scene(_WIND, gone if flies else thing), not flies)


def blow_at_light(stage: Stage) -> Case:
    """The wind blows at a light: a candle goes out, a bulb does not."""
    noun, goes_out = stage.choose(("candle",), ("bulb", "star"))
    thing = _LIT_CANDLE if goes_out else stage.icon(noun, MIDDLE, BOTTOM)
    left = _DARK_CANDLE if goes_out else thing
    return stage.case("light", noun, stage.scene(thing), stage.scene(_WIND, left), not goes_out)


def shine(stage: Stage) -> Case:
    """The sun shines for an hour: ice melts."""
    noun, melts = stage.choose(MELTING, SUNPROOF)
    sun = Placed(Prop("sun"), RIGHT, TOP, 40)
    thing = stage.icon(noun, MIDDLE, BOTTOM)
    left = stage.icon(noun, MIDDLE, BOTTOM, "molten") if melts else thing
    return stage.case("sun", noun, stage.scene(thing), stage.scene(sun, left), melts)


def prick(stage: Stage) -> Case:
    """A needle at something: a balloon bursts."""
    noun, bursts = stage.choose(("balloon",), STURDY)
    thing = stage.icon(noun, RIGHT, CENTRE)
    left = stage.icon(noun, RIGHT, BOTTOM, "broken") if bursts else thing
    far, near = (Placed(Prop("needle"), x, CENTRE, 40) for x in (LEFT, MIDDLE))
    return stage.case("needle", noun, stage.scene(far, thing), stage.scene(near, left), not bursts)


def leave_alone(stage: Stage) -> Case:
    """An animal is left alone with something: what it likes is eaten."""
    eater = stage.voice.dice.pick(tuple(EATERS))
    noun, eats = stage.choose(EATERS[eater], UNEATEN)
    animal, thing = stage.icon(eater, LEFT, BOTTOM), stage.icon(noun, RIGHT, BOTTOM)
    left = [] if eats else [thing]
    if eats and noun == "fish":
        left = [Placed(Prop("bones"), RIGHT, BOTTOM, 40)]
    return stage.case("alone", noun, stage.scene(animal, thing), stage.scene(animal, *left), not eats, eater=eater)


def rain(stage: Stage) -> Case:
    """It rains: fire goes out, all else only gets wet."""
    noun, goes_out = stage.choose(("fire", "candle"), ("duck", "umbrella", "car", "frog", "house", "robot", "bulb"))
    cloud = Placed(Prop("rain"), 64, 36, 66)
    thing = _LIT_CANDLE if noun == "candle" else stage.icon(noun, MIDDLE, BOTTOM)
    left = thing
    if goes_out:
        left = _DARK_CANDLE if noun == "candle" else Placed(Prop("smoke"), MIDDLE, BOTTOM, 40)
    return stage.case("rain", noun, stage.scene(thing), stage.scene(cloud, left), not goes_out)


def hold_magnet(stage: Stage) -> Case:
    """A magnet is held towards something: iron jumps at it."""
    noun, jumps = stage.choose(IRON, NOT_IRON)
    magnet, thing = stage.icon("magnet", LEFT, CENTRE), stage.icon(noun, RIGHT, CENTRE)
    left = stage.icon(noun, MIDDLE, CENTRE) if jumps else thing
    return stage.case("magnet", noun, stage.scene(magnet, thing), stage.scene(magnet, left), jumps)


def drop_into_water(stage: Stage) -> Case:
    """Something falls into water: it floats or sinks."""
    noun, floats = stage.choose(FLOATING, SINKING)
    pool = Placed(Prop("pool"), 64, 92, 96)
    before, left = stage.icon(noun, MIDDLE, TOP), stage.icon(noun, MIDDLE, CENTRE if floats else BOTTOM)
    return stage.case("water", noun, stage.scene(pool, before), stage.scene(pool, left), floats)


def bump(stage: Stage) -> Case:
    """Something bumps into a tower or dominoes: what is heavy brings them down."""
    noun, falls = stage.choose(HEAVY, LIGHT)
    standing, fallen = stage.voice.dice.pick((_TOWER, _DOMINOES))
    before = stage.scene(stage.icon(noun, LEFT, BOTTOM), standing)
    after = stage.scene(stage.icon(noun, MIDDLE, BOTTOM), fallen if falls else standing)
    return stage.case("bump", noun, before, after, not falls)


def strike(stage: Stage) -> Case:
    """A hammer comes down on something: what is fragile breaks."""
    noun, breaks = stage.choose(FRAGILE, ("diamond", "wrench", "magnet", "boot", "axe", "key"))
    high, low = stage.icon("hammer", MIDDLE, TOP), stage.icon("hammer", MIDDLE, CENTRE)
    thing = stage.icon(noun, MIDDLE, BOTTOM)
    left = stage.icon(noun, MIDDLE, BOTTOM, "broken") if breaks else thing
    return stage.case("hammer", noun, stage.scene(thing, high), stage.scene(left, low), not breaks)


_WIND = Placed(Prop("wind"), LEFT, CENTRE, 40)
_LIT_CANDLE, _DARK_CANDLE = (Placed(Prop(name), MIDDLE, BOTTOM, 40) for name in ("lit candle", "dark candle"))
_TOWER, _DOMINOES = (
    tuple(Placed(Prop(name), RIGHT, BOTTOM, 40) for name in names)
    for names in (("tower", "heap"), ("dominoes", "fallen dominoes"))
)


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
