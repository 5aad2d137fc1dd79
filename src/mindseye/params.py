"""Every knob of a request, with its range and its preset. Names are BAGEL's own."""

from __future__ import annotations

import dataclasses
import numbers
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from .errors import InputError, nearest

RENORM_TYPES = ("global", "channel", "text_channel")
MAX_SEED = 2**63 - 1
MOST_TOKENS = 1_000_000
MOST_TIMESTEPS = 10_000
MOST_GUIDANCE = 1_000
MOST_PIXELS = 16_384  # a side
MOST_BIASES = 1000  # tokens
MOST_BIAS = 10_000
WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    str: "a text",
    tuple: "several values, as in (0.4, 1.0)",
    type(None): "None",
}


def _check(is_right: bool, name: str, value: object, expected: str) -> None:
    if not is_right:
        raise InputError(f"{name} is {_shown(value)}; expected {expected}.")


def _shown(value: object) -> str:
    """The value as it is written, or its beginning: nobody reads a number of a thousand digits."""
    is_long = isinstance(value, int) and abs(value) >= 10**60
    text = f"a number of {value.bit_length()} bits" if is_long else repr(value)  # type: ignore[attr-defined]
    return text if len(text) <= 100 else f"{text[:97]}..."


def check_seed(seed: int) -> int:
    """The seed as an int, or InputError when it is none or out of range (0 to 2**63 - 1)."""
    is_right = isinstance(seed, numbers.Integral) and not isinstance(seed, bool) and 0 <= seed <= MAX_SEED
    _check(is_right, "seed", seed, f"a whole number from 0 to {MAX_SEED}")
    return int(seed)


def check_types(params: Any) -> None:
    """Raise InputError unless every field of a params object holds what its annotation says."""
    hints = typing.get_type_hints(type(params))
    for item in fields(params):
        hint, value = hints[item.name], getattr(params, item.name)
        kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        words = [WORDS[typing.get_origin(kind) or kind] for kind in kinds]
        _check(any(_is_a(kind, value) for kind in kinds), item.name, value, " or ".join(words))


def _is_a(kind: Any, value: object) -> bool:
    kind = typing.get_origin(kind) or kind
    if kind in (int, float):
        number = numbers.Integral if kind is int else numbers.Real
        return isinstance(value, number) and not isinstance(value, bool)
    return isinstance(value, (list, tuple) if kind is tuple else kind)


def _as_biases(given: Any) -> tuple[tuple[int, float], ...]:
    """{id: bias}, (id, bias) pairs or "id=bias" texts as pairs."""
    pairs = given.items() if isinstance(given, Mapping) else given
    try:
        pairs = [pair.split("=") if isinstance(pair, str) else pair for pair in pairs]
        found = tuple((int(token), float(bias)) for token, bias in pairs)
    except (TypeError, ValueError):
        raise InputError(f"token_bias is {given!r}; expected token ids with numbers, as in {{1234: -100.0}}.") from None
    for token, bias in found:
        is_right = token >= 0 and abs(bias) <= MOST_BIAS and len(found) <= MOST_BIASES
        _check(is_right, "token_bias", given, f"at most {MOST_BIASES} ids from 0 on, with numbers up to {MOST_BIAS}")
    return found


@dataclass(frozen=True)
class TextParams:
    """How text is written."""

    max_tokens: int = 512
    """Most tokens that one text may have (1 to 1000000)."""
    temperature: float = 0.0
    """0 takes the likeliest token; 0.001 to 100 samples, the flatter the higher."""
    top_k: int = 0
    """Sample among the k likeliest tokens (up to 10000000); 0 for all."""
    top_p: float = 1.0
    """Sample among the likeliest tokens that together have this probability (above 0, at most 1)."""
    stop: tuple[str, ...] = ()
    """Texts that end the answer; they are not part of it (up to 100, of up to 1000 letters). On the command line once
    for each."""
    max_thought_tokens: int | None = None
    """Most tokens of a thought, apart from the answer's (1 to 1000000); none counts both together before an answer. A
    thought that reaches it is closed, and the answer follows."""
    repetition_penalty: float = 1.0
    """Above 1 makes words that were said already less likely, below 1 more (0.01 to 100)."""
    token_bias: tuple[tuple[int, float], ...] = ()
    """Numbers added to the scores of up to 1000 tokens, as ID=BIAS with a bias up to 10000; -100 forbids one. On the
    command line once for each."""
    logprobs: int | None = None
    """Report each token's log-probability and as many of the likeliest tokens' (0 to 20)."""

    def __post_init__(self) -> None:
        if isinstance(self.stop, str):
            object.__setattr__(self, "stop", (self.stop,))
        object.__setattr__(self, "token_bias", _as_biases(self.token_bias))
        check_types(self)
        _check(all(isinstance(text, str) for text in self.stop), "stop", self.stop, "texts")
        _check(1 <= self.max_tokens <= MOST_TOKENS, "max_tokens", self.max_tokens, f"1 to {MOST_TOKENS}")
        is_warm = self.temperature == 0 or 1e-3 <= self.temperature <= 100
        _check(is_warm, "temperature", self.temperature, "0 (the likeliest token), or 0.001 to 100")
        _check(0 <= self.top_k <= 10_000_000, "top_k", self.top_k, "0 (all) to 10000000")
        _check(0 < self.top_p <= 1, "top_p", self.top_p, "above 0 and at most 1")
        is_short = len(self.stop) <= 100 and all(1 <= len(text) <= 1000 for text in self.stop)
        _check(is_short, "stop", self.stop, "at most 100 texts of 1 to 1000 letters")
        thought, penalty = self.max_thought_tokens, self.repetition_penalty
        _check(thought is None or 1 <= thought <= MOST_TOKENS, "max_thought_tokens", thought, f"1 to {MOST_TOKENS}")
        _check(0.01 <= penalty <= 100, "repetition_penalty", penalty, "0.01 to 100")
        _check(self.logprobs is None or 0 <= self.logprobs <= 20, "logprobs", self.logprobs, "0 to 20")


@dataclass(frozen=True)
class ImageParams:
    """How a picture is drawn. The defaults are BAGEL's preset for drawing from words."""

    width: int | None = None
    """Width in pixels (up to 16384; a model may hold less); none takes the last image's, or the model's own size."""
    height: int | None = None
    """Height in pixels (up to 16384; a model may hold less); none takes the last image's, or the model's own size."""
    num_timesteps: int = 50
    """Points of the schedule (2 to 10000); N points are N - 1 updates."""
    timestep_shift: float = 3.0
    """Above 1 spends more of the schedule near noise (0.001 to 1000)."""
    cfg_text_scale: float = 4.0
    """Guidance towards the newest text (0 to 1000); 1 or less switches all guidance off."""
    cfg_img_scale: float = 1.0
    """Guidance towards the images (0 to 1000); 1 or less switches it off."""
    cfg_interval: tuple[float, float] = (0.4, 1.0)
    """Guidance is on where low < t <= high (both 0 to 1); t is 1 for noise and 0 for the finished image."""
    cfg_renorm_type: str = "global"
    """Keeps guided velocities from growing: "global" over the image, "channel" a token, "text_channel" a token
    before the image step."""
    cfg_renorm_min: float = 0.0
    """Least factor of that renormalisation (0 to 1)."""
    enable_taylorseer: bool = False
    """Computes a third of the later steps and extrapolates the rest: faster, not exact."""
    preview_every: int = 0
    """Show what the picture will be after every so many steps (up to 10000); 0 for never. The picture itself stays the
    same."""

    def __post_init__(self) -> None:
        check_types(self)
        points = f"2 to {MOST_TIMESTEPS} (N points are N - 1 updates)"
        _check(2 <= self.num_timesteps <= MOST_TIMESTEPS, "num_timesteps", self.num_timesteps, points)
        _check(1e-3 <= self.timestep_shift <= 1e3, "timestep_shift", self.timestep_shift, "0.001 to 1000")
        for name in ("cfg_text_scale", "cfg_img_scale"):
            _check(0 <= getattr(self, name) <= MOST_GUIDANCE, name, getattr(self, name), f"0 to {MOST_GUIDANCE}")
        _check(0 <= self.cfg_renorm_min <= 1, "cfg_renorm_min", self.cfg_renorm_min, "0 to 1")
        object.__setattr__(self, "cfg_interval", tuple(self.cfg_interval))
        low_high = self.cfg_interval
        are_numbers = all(_is_a(float, bound) for bound in low_high)
        is_interval = are_numbers and len(low_high) == 2 and 0 <= low_high[0] <= low_high[1] <= 1
        _check(is_interval, "cfg_interval", low_high, "two numbers with 0 <= low <= high <= 1")
        if self.cfg_renorm_type not in RENORM_TYPES:
            hint = nearest(self.cfg_renorm_type, RENORM_TYPES)
            raise InputError(
                f'cfg_renorm_type is "{self.cfg_renorm_type}"; expected one of {", ".join(RENORM_TYPES)}{hint}.'
            )
        _check(0 <= self.preview_every <= MOST_TIMESTEPS, "preview_every", self.preview_every, f"0 to {MOST_TIMESTEPS}")
        for name in ("width", "height"):
            value = getattr(self, name)
            _check(value is None or 1 <= value <= MOST_PIXELS, name, value, f"1 to {MOST_PIXELS} pixels")

    @property
    def has_text_guidance(self) -> bool:
        return self.cfg_text_scale > 1

    @property
    def has_image_guidance(self) -> bool:
        return self.has_text_guidance and self.cfg_img_scale > 1


DRAW = ImageParams()
EDIT = ImageParams(cfg_img_scale=2.0, cfg_interval=(0.0, 1.0), cfg_renorm_type="text_channel")


def replace_known(params: Any, options: dict[str, Any]) -> Any:
    """`params` with some fields replaced; an unknown name raises InputError and names the nearest one."""
    known = [f.name for f in fields(params)]
    for name in options:
        if name not in known:
            raise InputError(
                f'unknown option "{name}"{nearest(name, known)}; {type(params).__name__} has {", ".join(known)}.'
            )
    return dataclasses.replace(params, **options)
