import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from mindseye.errors import InputError
from mindseye.worlds import BACKGROUNDS, NOUNS, Scene, Thing, render, sample_scene
from mindseye.worlds.judging import follows, kept_psnr, matches_answer
from mindseye.worlds.reading import read_scene
from mindseye.worlds.wishes import Wanted, Wish


def jpeg(pixels, rng):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=50)
    return np.array(Image.open(file))


def blur(pixels, rng):
    return np.array(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(0.7)))


def noise(pixels, rng):
    return np.clip(pixels + rng.normal(0, 8, pixels.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("harm", [jpeg, blur, noise])
def test_harmed_pictures_are_still_read_right(harm):
    rng = np.random.default_rng(0)
    scenes = [sample_scene(rng, num_things=number % 5) for number in range(500)]
    right = [read_scene(harm(render(scene), rng)).scene == scene for scene in scenes]
    assert np.mean(right) >= 0.99


def test_every_drawing_on_every_background_is_told_apart():
    for background in BACKGROUNDS:
        for noun in NOUNS:
            scene = Scene((Thing(noun, "middle", "small"),), background)
            assert read_scene(render(scene)).scene == scene


def test_smears_and_blends_are_refused():
    rng = np.random.default_rng(1)
    refused = []
    for _ in range(200):
        first, second = (Scene((Thing(str(noun), "top left"),)) for noun in rng.choice(list(NOUNS), 2, False))
        blend = (render(first).astype(int) + render(second)) // 2
        refused.append(not read_scene(blend.astype(np.uint8)).is_clear)
    assert np.mean(refused) > 0.95
    static = rng.integers(0, 256, (64, 64, 3), np.uint8)
    assert not read_scene(static).is_clear


def test_an_unknown_background_is_not_clear():
    reading = read_scene(np.full((64, 64, 3), (20, 90, 60), np.uint8))
    assert not reading.is_clear and reading.scene is None and reading.best_guess.things == ()


def test_a_wish_takes_any_layout_that_fits():
    wish = Wish((Wanted("cat"), Wanted("dog", "small")), relation="left")
    assert wish.accepts(Scene((Thing("dog", "bottom right", "small"), Thing("cat", "top left")), "red"))
    assert not wish.accepts(Scene((Thing("dog", "top left", "small"), Thing("cat", "top right"))))
    assert not wish.accepts(Scene((Thing("dog", "top right"), Thing("cat", "top left"))))
    assert not Wish((Wanted("cat"),)).accepts(Scene((Thing("cat", "top left"), Thing("cat", "top right"))))
    assert not Wish((Wanted("cat"),), "red").accepts(Scene((Thing("cat", "middle"),)))
    assert follows(read_scene(render(Scene((Thing("cat", "middle"),)))), {"wish": Wish((Wanted("cat"),))})


def test_kept_psnr_looks_only_at_what_should_stay():
    before = Scene((Thing("cat", "top left"), Thing("dog", "top right")))
    after = Scene((Thing("cat", "top left"),))
    assert kept_psnr(render(before), render(after), before, after) == 100.0
    spoiled = render(Scene((Thing("pig", "top left"),)))
    assert kept_psnr(render(before), spoiled, before, after) < 20
    red = Scene(before.things, "red")
    assert kept_psnr(render(before), render(red), before, red) == 100.0
    assert kept_psnr(render(before), render(Scene((), "red")), before, red) < 20


@pytest.mark.parametrize(
    ("text", "accepted", "is_right"),
    [
        ("A cat.", ("a cat", "cat"), True),
        ("the cat", ("a cat",), True),
        ("a cart", ("a cat",), False),
        ("<think>cat, dog: 2</think>2", ("2",), True),
        ("two cats", ("2",), True),
        ("两只", ("2",), True),
        ("Final Answer: 3", ("3",), True),
        ("最终答案：三", ("3",), True),
        ("2 or 3", ("3",), False),
        ("a dog and two cats", ("two cats and a dog",), True),
        ("一只狗和两只猫。", ("两只猫和一只狗",), True),
        ("top left", ("at the top left",), True),
        ("Yes, it is.", ("yes",), True),
        ("no", ("yes",), False),
        ("grey", ("gray",), True),
        ("", ("nothing",), False),
    ],
)
def test_answers(text, accepted, is_right):
    assert matches_answer(text, {"accepted": accepted}) is is_right


@pytest.mark.parametrize(
    "ask",
    [
        lambda: read_scene(np.zeros((32, 32, 3), np.uint8)),
        lambda: follows(read_scene(render(Scene(()))), {"answer": "2"}),
        lambda: matches_answer("2", {"scene": Scene(())}),
        lambda: kept_psnr(np.zeros((8, 8, 3)), render(Scene(())), Scene(()), Scene(())),
    ],
)
def test_a_mistake_is_explained(ask):
    with pytest.raises(InputError):
        ask()
