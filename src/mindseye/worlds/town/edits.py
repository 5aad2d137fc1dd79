"""Change a picture: remove, add, replace, move, recolour, take elsewhere, redraw in another style; all else stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..episodes import Episode, EpisodeOptions
from ..grammar import fact
from . import edit_words as words
from . import language as grammar
from .areas import AREAS, COLUMNS, USUAL_SIZE, area_of, centre_of, nearest_area
from .drawables import Icon
from .drawings import place_row
from .grounds import HORIZON, is_place
from .layout import ALL_COLOURS, ALL_PLACES, MAX_THINGS, any_scene, are_apart
from .lessons import Builder, changed, lesson
from .nouns import ALL_NOUNS, FLYING
from .questions import icon_of, pick_single
from .scenes import UNITS, Placed, Scene, stand
from .splits import key, keys_of, keys_of_thing
from .styles import DRAWN_STYLES
from .voice import Voice

SAYS_WHERE = 0.3  # of the things that are named to be taken or exchanged
COPIES_THE_REST = ("remove", "add")
"""Changes that draw none of the things anew that are there. In all others they stand tidily, for what the town draws is
tidy; here they may stand anywhere."""


@dataclass(frozen=True)
class Change:
    """The words that ask for a change, the scene after it, what it is about, and what a thought says first."""

    text: str
    after: Scene
    about: frozenset[str]
    thought: str


def change_by_removing(voice: Voice, scene: Scene) -> Change | None:
    """Without one of its things."""
    thing = pick_single(voice, scene)
    if thing is None or len(scene.things) < 2:
        return None
    text = voice.tell(words.REMOVE, the=_named(voice, thing, scene))
    return Change(text, exchange(scene, thing), frozenset(keys_of_thing(thing, scene)), place_of(voice, thing, scene))


def change_by_adding(voice: Voice, scene: Scene) -> Change | None:
    """With one thing more in an area that has room."""
    spot = free_spot(voice, scene, voice.dice.pick(ALL_NOUNS))
    if len(scene.things) >= MAX_THINGS or spot is None:
        return None
    area, thing = spot
    noun = icon_of(thing).noun
    one = grammar.one(voice.language, noun)
    text = voice.tell(words.ADD, one=one, at=grammar.at(voice.language, area))
    about = {key("pair", icon_of(thing).noun, other) for other in scene.nouns} | {
        key("area", icon_of(thing).noun, area)
    }
    return Change(text, exchange(scene, None, thing), frozenset(about), place_of(voice, thing, scene))


def change_by_replacing(voice: Voice, scene: Scene) -> Change | None:
    """With one thing turned into another, as big and in the same spot."""
    thing = pick_single(voice, scene)
    if thing is None:
        return None
    by = voice.dice.pick([noun for noun in ALL_NOUNS if noun != icon_of(thing).noun])
    text = voice.tell(words.REPLACE, the=_named(voice, thing, scene), one=grammar.one(voice.language, by))
    new = replace(thing, what=replace(icon_of(thing), noun=by))
    about = frozenset([key("pair", icon_of(thing).noun, by)])
    return Change(text, exchange(scene, thing, new), about, place_of(voice, thing, scene))


def change_by_moving(voice: Voice, scene: Scene) -> Change | None:
    """With one thing in another area."""
    thing = pick_single(voice, scene)
    if thing is None:
        return None
    spot = free_spot(voice, exchange(scene, thing), icon_of(thing).noun, thing.size)
    if spot is None or (abs(spot[1].x - thing.x) < 30 and abs(spot[1].y - thing.y) < 30):
        return None
    area, there = spot
    text = voice.tell(words.MOVE, the=_the(voice, thing), at=grammar.at(voice.language, area))
    about = frozenset([key("area", icon_of(thing).noun, area)])
    thought = voice.pair(", then ", "，然后").join([place_of(voice, thing, scene), grammar.at(voice.language, area)])
    return Change(text, exchange(scene, thing, there), about, thought)


def change_by_recolouring(voice: Voice, scene: Scene) -> Change | None:
    """On another plain colour."""
    if is_place(str(scene.ground)):
        return None
    ground = voice.dice.pick([colour for colour in ALL_COLOURS if colour != scene.ground])
    text = voice.tell(words.RECOLOUR, colour=grammar.ground_word(voice.language, ground))
    there = grammar.on_ground(voice.language, ground)
    return Change(text, replace(scene, ground=ground), _grounds(scene, ground), there)


def change_by_travelling(voice: Voice, scene: Scene) -> Change | None:
    """The same things in the same spots at another place."""
    if not is_place(str(scene.ground)):
        return None
    lowest = min((thing.bottom for thing in scene.things if icon_of(thing).noun not in FLYING), default=128.0)
    fitting = [place for place in ALL_PLACES if place != scene.ground and lowest >= HORIZON[place]]
    if not fitting:
        return None
    ground = voice.dice.pick(fitting)
    text = voice.tell(words.ELSEWHERE, where=grammar.on_ground(voice.language, ground))
    there = grammar.on_ground(voice.language, ground)
    return Change(text, replace(scene, ground=ground), _grounds(scene, ground), there)


def change_by_restyling(voice: Voice, scene: Scene) -> Change | None:
    """Every thing drawn in another style."""
    style = voice.dice.pick([name for name in DRAWN_STYLES if name != icon_of(scene.things[0]).style])
    manner = grammar.in_style(voice.language, style)
    text = voice.tell(words.RESTYLE, style=manner)
    things = tuple(replace(thing, what=Icon(icon_of(thing).noun, style)) for thing in scene.things)
    about = frozenset(key("style", noun, style) for noun in scene.nouns)
    return Change(text, replace(scene, things=things), about, manner)


CHANGES: dict[str, Callable[[Voice, Scene], Change | None]] = {
    "remove": change_by_removing,
    "add": change_by_adding,
    "replace": change_by_replacing,
    "move": change_by_moving,
    "recolour": change_by_recolouring,
    "travel": change_by_travelling,
    "restyle": change_by_restyling,
}


def exchange(scene: Scene, old: Placed | None, *new: Placed) -> Scene:
    """Without `old`, with `new`; what stands lower hides what stands higher."""
    left = list(scene.things)
    if old is not None:
        left.remove(old)
    return stand([*left, *new], scene.ground)


def free_spot(voice: Voice, scene: Scene, noun: str, size: int = USUAL_SIZE) -> tuple[str, Placed] | None:
    """An area and a thing of that noun at its middle, in the scene's style, apart from all others; None if full."""
    ground = str(scene.ground)
    style = icon_of(scene.things[0]).style if scene.things else "noto"
    for area in voice.dice.some(COLUMNS if is_place(ground) else AREAS, 9):
        x, y = centre_of(area)
        height = place_row(noun) if is_place(ground) else y
        thing = Placed(Icon(noun, style), *_inside((x, height), size), size)
        if all(are_apart(thing, other) for other in scene.things):
            return area, thing
    return None


def scene_to_change(voice: Voice, count: int, ground: str | None = None, tidy_share: float = 1.0) -> Scene:
    """A scene in a style that is drawn."""
    return any_scene(voice, count, ground, style=voice.dice.pick(DRAWN_STYLES), tidy_share=tidy_share)


def _inside(spot: tuple[int, int], size: int) -> tuple[int, int]:
    """The spot, moved so far that a thing of that size lies whole inside the picture."""
    low, high = size // 2 + 1, UNITS - size // 2 - 1
    return tuple(min(max(value, low), high) for value in spot)  # type: ignore[return-value]


def _named(voice: Voice, thing: Placed, scene: Scene) -> str:
    """What a thing is called, sometimes with where it is: "the cat", "the cat at the top left", "左上的猫"."""
    the, area = _the(voice, thing), area_of(thing, scene.ground)
    if area is None or not voice.dice.chance(SAYS_WHERE):
        return the
    where = grammar.at(voice.language, area)
    return voice.pair(f"{the} {where}", f"{where}的{the}")


def _the(voice: Voice, thing: Placed) -> str:
    return grammar.the(voice.language, icon_of(thing).noun)


def place_of(voice: Voice, thing: Placed, scene: Scene) -> str:
    """ "cat: at the top left"."""
    bare = grammar.bare(voice.language, icon_of(thing).noun)
    return fact(voice.language, bare, grammar.at(voice.language, nearest_area(thing, scene.ground)))


def _grounds(scene: Scene, ground: str) -> frozenset[str]:
    return frozenset(one for one in keys_of(replace(scene, ground=ground)) if one.startswith("ground|"))


def _scene_to_change(voice: Voice, name: str) -> Scene:
    ground = voice.dice.pick(ALL_PLACES) if name == "travel" else None
    if name == "recolour":
        ground = voice.dice.pick(ALL_COLOURS)
    tidy_share = 0.5 if name in COPIES_THE_REST else 1.0
    return scene_to_change(voice, voice.dice.pick((1, 2, 2, 3, 3, 4)), ground, tidy_share)


def _builder(name: str) -> Builder:
    def build(voice: Voice, options: EpisodeOptions) -> Episode | None:
        before = _scene_to_change(voice, name)
        change = CHANGES[name](voice, before)
        if change is None:
            return None
        steps = changed(before, change.text, change.after)
        truth = {"before": before, "scene": change.after, "thought": change.thought}
        return lesson(voice, f"edit.{name}", steps, set(change.about), **truth)

    return build


BUILDERS: dict[str, Builder] = {f"edit.{name}": _builder(name) for name in CHANGES}
