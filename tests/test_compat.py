"""The official call gives the recorded latents, texts and token ids."""

import numpy as np
import pytest
from PIL import Image

from mindseye.compat import InterleaveInferencer, OfficialOptions
from mindseye.errors import InputError
from mindseye.evaluation.golden import relative_error


@pytest.fixture(scope="module")
def inferencer(tiny):
    return InterleaveInferencer(tiny)


def items_of(recording, case):
    return [recording.image(item["image"]) if "image" in item else item["text"] for item in case["items"]]


def cases(recording):
    return {name: case for name, case in recording.cases.items() if isinstance(case, dict) and "items" in case}


def test_official_calls_give_what_was_recorded(inferencer, recording):
    for name, case in cases(recording).items():
        noise = recording.tensors.get(f"{name}.noise")
        parts = inferencer.interleave_inference(items_of(recording, case), noise=noise, **case["options"])
        texts = [part for part in parts if isinstance(part, str)]
        assert texts == case["text"], name
        if "text_token_ids" in case:
            assert list(inferencer.trace.token_ids[0]) == case["text_token_ids"][:-1], name
        if noise is not None:
            assert relative_error(inferencer.trace.latents[0], recording.tensors[f"{name}.latent"]) < 1e-4, name
            assert parts[-1].size == tuple(case["image_size_hw"][::-1])


def test_the_call_returns_a_dict(inferencer, recording):
    found = inferencer(image=recording.image(0), text="how many?", understanding_output=True, max_think_token_n=4)
    assert isinstance(found["text"], str)
    assert found["image"] is None


def test_nothing_given_is_an_error(inferencer):
    with pytest.raises(InputError, match="neither"):
        inferencer()


def test_an_unknown_option_names_the_nearest(inferencer):
    with pytest.raises(InputError, match="cfg_text_scale"):
        inferencer(text="a fox", cfg_txt_scale=2.0)


@pytest.mark.parametrize("name", ["image_shapes", "cfg_interval"])
@pytest.mark.parametrize("value", [0.5, "64", (64,), (1, 2, 3)])
def test_a_pair_must_be_two_numbers(inferencer, name, value):
    with pytest.raises(InputError, match=f"{name} is .*; expected .*, two numbers"):
        inferencer(text="a cat", **{name: value})


def test_a_pair_may_be_an_array(inferencer):
    pairs = {"image_shapes": np.array([16, 16]), "cfg_interval": np.array([0.4, 1.0])}
    assert inferencer(text="a cat", num_timesteps=3, **pairs)["image"].size == (16, 16)


def test_forced_image_has_the_asked_shape(inferencer):
    image = inferencer.test_force_image_generation(input_text="a fox", image_shapes=(32, 48), num_timesteps=3)
    assert isinstance(image, Image.Image)
    assert image.size == (48, 32)


def test_unified_generate_forced_and_free(inferencer):
    options = {"num_timesteps": 2, "image_shapes": (32, 32), "max_think_token_n": 4}
    forced = inferencer.unified_generate(input_text="a fox", force_image_generation=True, **options)
    assert isinstance(forced[-1], Image.Image)
    free = inferencer.unified_generate(input_text="a fox", use_unified_system_prompt=True, **options)
    assert free


def test_the_default_size_is_what_the_model_can_hold(inferencer, recording):
    assert inferencer.model.loaded.config.max_latent_size * 16 == 1024
    large = OfficialOptions().image_params(None, 1024)
    assert (large.width, large.height) == (1024, 1024)
    small = InterleaveInferencer("pocket")
    assert small(text="a cat", num_timesteps=2)["image"].size == (96, 96)
    assert small.test_force_image_generation(input_text="a cat", num_timesteps=2).size == (96, 96)
    assert small(image=recording.image(0), text="a cat", num_timesteps=2)["image"].size == (96, 64)
