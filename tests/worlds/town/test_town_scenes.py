"""Things, sheets and pictures of the town."""

import numpy as np
import pytest

from mindseye.errors import InputError
from mindseye.worlds.dice import Dice
from mindseye.worlds.town.drawables import Icon, Prop, sprite_of
from mindseye.worlds.town.garments import GARMENT_COLOURS, PATTERNS, SHAPES, Garment
from mindseye.worlds.town.grounds import COLOURS, PLACES
from mindseye.worlds.town.layout import any_scene, are_apart
from mindseye.worlds.town.nouns import NOUNS
from mindseye.worlds.town.patches import QUESTIONS, patch_truth
from mindseye.worlds.town.people import Person
from mindseye.worlds.town.persons import FAR, NEAR, Portrait
from mindseye.worlds.town.physics import RULES, Stage
from mindseye.worlds.town.physics_thoughts import OUTCOMES, thought_of
from mindseye.worlds.town.props import PROPS
from mindseye.worlds.town.render import render
from mindseye.worlds.town.scenes import Placed, Scene
from mindseye.worlds.town.streets import Street
from mindseye.worlds.town.styles import SHEETS, STYLES, TAUGHT_STYLES, load_sheet
from mindseye.worlds.town.voice import Voice
from mindseye.worlds.town.walk_thoughts import thought_of as thought_of_walk
from mindseye.worlds.town.walks import Obstacle, View, look_at, sidestep, step, turn
from mindseye.worlds.town.world import told


@pytest.fixture
def voice():
    return Voice(Dice(np.random.default_rng(0)), "en", "train")


def test_every_taught_style_draws_every_noun_and_sheets_are_small():
    assert len(NOUNS) >= 120 and len(TAUGHT_STYLES) == 3
    for style in TAUGHT_STYLES:
        assert set(load_sheet(style)) == set(NOUNS)
    assert len(load_sheet("emojione")) >= 120
    assert sum(file.stat().st_size for file in SHEETS.iterdir()) < 2e6
    assert all(style.license in ("Apache-2.0", "MIT", "CC-BY-4.0") for style in STYLES.values())


def test_the_world_has_what_it_promises():
    assert len(COLOURS) == 8 and len(PLACES) >= 6 and len(RULES) >= 10


def test_scenes_hold_up_to_four_things_that_hardly_overlap(voice):
    counts = set()
    for _ in range(300):
        scene = any_scene(voice)
        counts.add(len(scene.things))
        for number, thing in enumerate(scene.things):
            assert thing.x - thing.size / 2 >= 0 and thing.x + thing.size / 2 <= 128
            assert all(are_apart(thing, other) for other in scene.things[number + 1 :])
    assert counts == {1, 2, 3, 4}


def test_every_drawing_shows_something():
    whats = [Icon("vase", "noto", "broken"), Icon("snowman", "fluent", "molten"), *map(Prop, PROPS)]
    whats += [Garment(kind, "red", pattern) for kind in SHAPES for pattern in PATTERNS]
    for what in whats:
        assert (sprite_of(what, 40)[..., 3] > 128).mean() > 0.01, what


def test_colours_and_patterns_can_be_told_apart():
    for make in (
        [Garment("shirt", colour) for colour in GARMENT_COLOURS],
        [Garment("dress", "blue", pattern) for pattern in PATTERNS],
    ):
        looks = [sprite_of(garment, 48).tobytes() for garment in make]
        assert len(set(looks)) == len(looks)


def test_pictures_of_another_size_show_the_same(voice):
    scene = any_scene(voice, 2, "white")
    large, small = render(scene, 128), render(scene)
    assert large.shape == (128, 128, 3) and small.shape == (96, 96, 3)
    assert abs(large.mean() - small.mean()) < 6


def test_a_step_brings_all_nearer_and_nobody_walks_through_things():
    view = View((Obstacle("cat", 0, 3), Obstacle("dog", 1, 2)), kerb=2)
    ahead = step(view)
    assert ahead is not None and ahead.kerb == 1
    assert {(one.noun, one.depth) for one in ahead.obstacles} == {("cat", 2), ("dog", 1)}
    assert step(View((Obstacle("cat", 0, 1),))) is None
    left = sidestep(view, "left")
    assert left is not None and {(one.noun, one.lane) for one in left.obstacles} == {("cat", 1), ("dog", 2)}
    assert sidestep(View((Obstacle("cat", -1, 1),)), "left") is None
    looked = turn(view, "right")
    assert looked is not None and look_at(looked).ground == Street(1, 2) and turn(looked, "right") is None
    assert not view.is_clear or view.nearest(0).depth > 2


def test_what_hardly_shows_at_the_edge_is_neither_drawn_nor_told():
    view = step(View((Obstacle("cat", 0, 3), Obstacle("dog", 2, 3))))
    assert [thing.what.noun for thing in look_at(view).things] == ["cat"]
    assert thought_of_walk("en", view) == "cat: two steps ahead"


def test_a_child_is_no_grown_person_far_off():
    """Seen bigger or smaller they never look alike, for nobody could tell then who was meant."""
    garment = Garment("shirt", "blue")
    near = render(Portrait(Person("boy", "blond", garment), size=NEAR).scene)
    far = render(Portrait(Person("man", "blond", garment), size=FAR).scene)
    assert (abs(near.astype(int) - far).max(-1) > 60).mean() > 0.01


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_both_verdicts_and_shows_the_difference(rule, voice):
    cases = [RULES[rule](Stage(voice)) for _ in range(60)]
    assert {case.is_yes for case in cases} == {True, False}
    assert all(
        (render(case.before) != render(case.after)).any() for case in cases if rule in ("edge", "bump", "hammer")
    )
    assert all(case.words[0][0] == "the" for case in cases)


@pytest.mark.parametrize("rule", RULES)
def test_what_follows_can_be_known_from_what_is_there(rule, voice):
    followed = {}
    for _ in range(120):
        stage = Stage(voice)
        stage.ground = "white"
        case = RULES[rule](stage)
        followed.setdefault(render(case.before, 48).tobytes(), set()).add(render(case.after, 48).tobytes())
    assert len(followed) < 120 and {len(after) for after in followed.values()} == {1}


def test_what_is_fragile_breaks_and_what_is_sturdy_does_not(voice):
    for _ in range(60):
        case = RULES["edge"](Stage(voice))
        states = {thing.what.state for thing in case.after.things if isinstance(thing.what, Icon)}
        assert states == {"whole" if case.is_yes else "broken"}


def _has(scene, noun, **looks):
    things = [thing for thing in scene.things if isinstance(thing.what, Icon) and thing.what.noun == noun]
    return any(all(getattr(thing.what, name) == value for name, value in looks.items()) for thing in things)


def _props(scene):
    return {thing.what.name for thing in scene.things if isinstance(thing.what, Prop)}


def _stays(case):
    was, now = ([one for one in scene.things if one.what == Icon(case.subject)] for scene in (case.before, case.after))
    return was == now


SEEN = {
    "unbroken": lambda case: not _has(case.after, case.subject, state="broken"),
    "broken": lambda case: _has(case.after, case.subject, state="broken"),
    "rolls down": lambda case: not _stays(case),
    "stays": _stays,
    "blown away": lambda case: not _stays(case),
    "lit": lambda case: "dark candle" not in _props(case.after),
    "out": lambda case: bool({"dark candle", "smoke"} & _props(case.after)),
    "melted": lambda case: _has(case.after, case.subject, state="molten"),
    "unchanged": _stays,
    "gone": lambda case: not _has(case.after, case.subject),
    "at the magnet": lambda case: not _stays(case),
    "floats": lambda case: max(one.y for one in case.after.things if one.what == Icon(case.subject)) == 64,
    "sinks": lambda case: max(one.y for one in case.after.things if one.what == Icon(case.subject)) == 107,
    "everything falls": lambda case: bool({"heap", "fallen dominoes"} & _props(case.after)),
    "everything stays": lambda case: bool({"tower", "dominoes"} & _props(case.after)),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_thought_says_what_the_picture_shows(rule, voice):
    cases = [RULES[rule](Stage(voice)) for _ in range(60)]
    outcomes = {case: OUTCOMES[rule][not case.is_yes][0] for case in cases}
    assert all(said in thought_of(voice, case) for case, said in outcomes.items())
    assert [(case.subject, said) for case, said in outcomes.items() if not SEEN[said](case)] == []


def test_patches_say_what_covers_them():
    scene = Scene((Placed(Icon("ball"), 32, 32, 60),), "blue")
    truth = patch_truth(scene, 4)
    ball = QUESTIONS["what"].index("ball")
    assert (truth["what"][:2, :2] == ball).all() and (truth["what"][2:, 2:] == 0).all()
    assert (truth["ground"] == QUESTIONS["ground"].index("blue")).all()


def test_mistakes_name_what_was_meant():
    with pytest.raises(InputError, match='"cat"'):
        Icon("catt")
    with pytest.raises(InputError, match='"beach"'):
        Scene((), "beech")
    with pytest.raises(InputError, match='"striped"'):
        Garment("shirt", "red", "stripe")


def test_what_nobody_could_caption_is_told_in_plain_words():
    bus, woman = Placed(Icon("bus"), 64, 70, 40), Placed(Person("woman", "black", Garment("hat", "red")), 64, 72, 104)
    assert told(Scene((bus,), Street(0, 2)), "en") == "a street with a bus and a kerb"
    assert told(Scene((bus,), Street(0, 0)), "zh") == "a street with a bus and no kerb"
    assert told(Scene((woman,), "blue"), "en") == "a standing woman with black hair, red plain hat on a blue background"
    assert told(Scene((), "beach"), "en") == "nothing at the beach"
