import pytest

from mindseye.errors import InputError
from mindseye.worlds import Scene, Thing
from mindseye.worlds import operations as op

CAT, DOG = Thing("cat", "top left"), Thing("dog", "bottom right", "small")
SCENE = Scene((CAT, DOG), "blue")


def test_remove_and_take_everything_of_a_kind():
    assert op.remove(SCENE, "cat") == Scene((DOG,), "blue")
    assert op.remove_all(SCENE, "animal") == Scene((), "blue")
    lone = Scene((Thing("apple", "middle"),))
    assert op.remove_all(lone, "fruit") == Scene(())


def test_add_fills_the_first_free_corner():
    assert op.add(SCENE, "bus") == Scene((CAT, Thing("bus", "top right"), DOG), "blue")
    assert op.add(SCENE, "bus", "bottom left", "small").at("bottom left") == Thing("bus", "bottom left", "small")


def test_replace_keeps_place_and_size():
    assert op.replace(SCENE, "dog", "pig").at("bottom right") == Thing("pig", "bottom right", "small")


def test_move_and_push():
    moved = Scene((CAT, Thing("dog", "top right", "small")), "blue")
    assert op.move(SCENE, "dog", "top right") == op.push(SCENE, "dog", "up") == moved


def test_recolour_and_closer():
    assert op.recolour(SCENE, "red") == Scene((CAT, DOG), "red")
    assert op.closer(SCENE) == Scene((CAT, Thing("dog", "bottom right")), "blue")


def test_look_turns_the_view_by_one_column():
    assert op.look(SCENE, "left") == Scene((Thing("cat", "top right"),), "blue")
    assert op.look(SCENE, "right") == Scene((Thing("dog", "bottom left", "small"),), "blue")


@pytest.mark.parametrize(
    ("impossible", "hint"),
    [
        (lambda: op.remove(SCENE, "bus"), "0 of bus"),
        (lambda: op.remove_all(SCENE, "fruit"), "no fruit"),
        (lambda: op.remove_all(SCENE, "fruits"), '"fruit"'),
        (lambda: op.add(SCENE, "bus", "top left"), "free: top right"),
        (lambda: op.add(Scene((Thing("cat", "middle"),)), "bus"), "no free place"),
        (lambda: op.push(SCENE, "cat", "left"), "cannot go left"),
        (lambda: op.push(SCENE, "cat", "north"), "unknown direction"),
        (lambda: op.recolour(SCENE, "blue"), "already"),
        (lambda: op.closer(Scene((CAT,))), "closer"),
        (lambda: op.look(SCENE, "up"), "left or right"),
        (lambda: op.look(Scene((Thing("cat", "middle"),)), "left"), "middle"),
    ],
)
def test_what_cannot_happen_is_refused(impossible, hint):
    with pytest.raises(InputError, match=hint):
        impossible()
