import numpy as np
import pytest

from mindseye.errors import InputError
from mindseye.worlds import NOUN_KINDS, NOUNS, Scene, Thing, render, sample_scene
from mindseye.worlds.nouns import nouns_of_kind
from mindseye.worlds.sprites import load_sheet


def test_fifty_nouns_with_a_drawing_each():
    assert len(NOUNS) == 50
    assert len({noun.icon for noun in NOUNS.values()}) == len({noun.zh for noun in NOUNS.values()}) == 50
    assert list(load_sheet("noto")) == list(NOUNS)
    assert all(len(nouns_of_kind(kind)) >= 6 for kind in NOUN_KINDS)


def test_equal_pictures_are_equal_scenes():
    cat, dog = Thing("cat", "top left"), Thing("dog", "bottom right", "small")
    assert Scene((cat, dog), "blue") == Scene((dog, cat), "blue")
    assert len({Scene((cat, dog)), Scene((dog, cat))}) == 1
    assert Scene((cat, dog)).free_places == ("top right", "bottom left")


@pytest.mark.parametrize(
    ("make", "hint"),
    [
        (lambda: Thing("dgo", "middle"), '"dog"'),
        (lambda: Thing("dog", "topleft"), '"top left"'),
        (lambda: Thing("dog", "middle", "huge"), "big, small"),
        (lambda: Scene((), "bleu"), '"blue"'),
        (lambda: Scene((), style="noton"), '"noto"'),
        (lambda: Scene((Thing("dog", "top left"), Thing("cat", "top left"))), "share"),
        (lambda: Scene((Thing("dog", "middle"), Thing("cat", "top left"))), "alone"),
        (lambda: sample_scene(np.random.default_rng(0), "tset"), '"test"'),
        (lambda: sample_scene(np.random.default_rng(0), num_things=5), "0 to 4"),
    ],
)
def test_a_mistake_is_explained(make, hint):
    with pytest.raises(InputError, match=hint):
        make()


def test_a_picture_shows_its_things_where_they_stand():
    pixels = render(Scene((Thing("apple", "top left"),), "green"))
    assert pixels.shape == (64, 64, 3) and pixels.dtype == np.uint8
    ground = np.array((135, 200, 130))
    assert (pixels[:, 32:] == ground).all() and (pixels[32:] == ground).all()
    red, green, _ = pixels[16, 16].tolist()
    assert red > 180 > 100 > green
