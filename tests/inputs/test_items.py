"""What callers may hand over."""

import numpy as np
import pytest
from PIL import Image

from mindseye.errors import InputError
from mindseye.inputs.items import as_items


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1), (4, 6, 3), (4, 6, 4)])
def test_an_array_is_the_picture_it_holds(shape):
    array = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    if shape[-1] == 4:
        array[..., 3] = 255
    [item] = as_items([array])
    assert np.array_equal(np.asarray(item.image), np.asarray(Image.fromarray(array.squeeze()).convert("RGB")))


@pytest.mark.parametrize("array", [np.zeros((4, 6)), np.zeros((3, 4, 6), np.uint8), np.zeros((0, 6), np.uint8)])
def test_an_array_that_is_no_picture_is_described(array):
    with pytest.raises(InputError, match=r"an array of (float64|uint8) with shape .* expected uint8"):
        as_items([array])


@pytest.mark.parametrize("thing", [None, 3, ["cat.png"]])
def test_other_things_are_named(thing):
    with pytest.raises(InputError, match=f"an item of type {type(thing).__name__} came"):
        as_items([thing])
