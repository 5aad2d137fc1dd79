"""How much memory a model and its work need: arithmetic on sizes, without torch, weights or a device.

Every number is in bytes. Weights and keys and values are exact; activations are the largest set that lives
at once, counted from the network's own operations, so real peaks lie near it and an allocator adds its slack.
"""
# N tokens in a forward pass, S tokens seen, D hidden_size, I intermediate_size, G key/value heads, E head_dim

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..messages import Message, Text
from ..networks.config import UnifiedConfig, VaeConfig
from ..params import ImageParams, TextParams

if TYPE_CHECKING:
    from ..loaded import LoadedModel

FLOAT32 = 4
TIMESTEP_FREQUENCIES = 256
RATIOS = ((1, 1), (4, 3), (3, 4), (16, 9), (9, 16))


@dataclass(frozen=True)
class PartCounts:
    """Parameters of each part; und and gen are the experts' layers and final norms."""

    words: int
    und: int
    gen: int
    vit: int
    connector: int
    latents: int
    tables: int
    autoencoder: int

    @property
    def total(self) -> int:
        return sum(vars(self).values())

    def for_understanding(self, config: UnifiedConfig) -> PartCounts:
        """The same without what only drawing needs."""
        eye_table = config.vit_max_num_patch_per_side**2 * config.decoder.hidden_size
        return replace(self, gen=0, latents=0, tables=eye_table, autoencoder=0)


def count_parameters(config: UnifiedConfig) -> PartCounts:
    """Parameters of each part of a model with these sizes."""
    decoder, vit, width = config.decoder, config.vit, config.decoder.hidden_size
    kv_width = decoder.num_key_value_heads * decoder.head_dim
    attention = 2 * width * (width + kv_width) + width + 2 * kv_width + 2 * decoder.head_dim
    layer = attention + 3 * width * decoder.intermediate_size + 2 * width
    expert = decoder.num_hidden_layers * layer + width
    v, patch_numbers = vit.hidden_size, vit.num_channels * vit.patch_size**2
    vit_layer = 4 * (v * v + v) + 2 * v * vit.intermediate_size + vit.intermediate_size + v + 4 * v
    eyes = (patch_numbers + 1) * v + vit.num_patches_per_side**2 * v + vit.num_hidden_layers * vit_layer + 2 * v
    z = config.latent_token_size
    times = (TIMESTEP_FREQUENCIES + 1) * width + (width + 1) * width
    return PartCounts(
        words=2 * decoder.vocab_size * width,
        und=expert,
        gen=expert,
        vit=eyes,
        connector=(v + 1) * width + (width + 1) * width,
        latents=(z + 1) * width + (width + 1) * z + times,
        tables=(config.max_latent_size**2 + config.vit_max_num_patch_per_side**2) * width,
        autoencoder=count_autoencoder(config.vae),
    )


def count_autoencoder(vae: VaeConfig) -> int:
    """Parameters of the autoencoder."""
    widths = [vae.ch * multiple for multiple in vae.ch_mult]

    def conv(a: int, b: int, side: int = 3) -> int:
        return side * side * a * b + b

    def block(a: int, b: int) -> int:
        return 2 * a + conv(a, b) + 2 * b + conv(b, b) + (conv(a, b, 1) if a != b else 0)

    top = widths[-1]
    middle = 2 * block(top, top) + 2 * top + 4 * conv(top, top, 1)
    encoder = conv(vae.in_channels, widths[0]) + middle + 2 * top + conv(top, 2 * vae.z_channels)
    decoder = conv(vae.z_channels, top) + middle + 2 * widths[0] + conv(widths[0], vae.out_ch)
    for i, width in enumerate(widths):
        before = widths[i - 1] if i else vae.ch
        after = widths[i + 1] if i + 1 < len(widths) else top
        encoder += block(before, width) + (vae.num_res_blocks - 1) * block(width, width)
        decoder += block(after, width) + vae.num_res_blocks * block(width, width)
        encoder += conv(width, width) if i + 1 < len(widths) else 0
        decoder += conv(width, width) if i else 0
    return encoder + decoder


PART_NAMES = {
    "words": "word embeddings and head",
    "und": "understanding expert",
    "gen": "drawing expert",
    "vit": "eyes (ViT)",
    "connector": "connector",
    "latents": "ways into and out of latents",
    "tables": "fixed position tables",
    "autoencoder": "autoencoder",
}


def part_of(name: str) -> str:
    """The field of `PartCounts` that a tensor of a checkpoint belongs to."""
    if name.startswith(("encoder.", "decoder.")):
        return "autoencoder"
    if "pos_embed." in name:
        return "tables"
    if name.startswith(("vit_model.", "connector.")):
        return name.split(".")[0].removesuffix("_model")
    if name.startswith("language_model."):
        if "embed_tokens" in name or "lm_head" in name:
            return "words"
        return "gen" if "_moe_gen" in name else "und"
    return "latents"


@dataclass(frozen=True)
class Work:
    """What is to be done: `kind` "read", "draw" or "edit", one picture of width x height pixels a request.

    `branches` are the contexts of guidance (1 without guidance, up to 3).
    """

    kind: str
    width: int = 1024
    height: int = 1024
    batch: int = 1
    branches: int = 2
    prompt_tokens: int = 256
    answer_tokens: int = 512


@dataclass(frozen=True)
class MemoryEstimate:
    """Bytes at the peak; either the network's activations or the autoencoder's live, never both."""

    weights: int
    kv_cache: int
    activations: int
    autoencoder: int

    @property
    def total(self) -> int:
        return self.weights + self.kv_cache + max(self.activations, self.autoencoder)


def estimate_memory(config: UnifiedConfig, work: Work, number_bytes: int = 2) -> MemoryEstimate:
    """The memory that `work` needs; `number_bytes` is 2 for bfloat16, 4 for float32.

    weights      parameters x bytes
    kv_cache     2 x layers x G x E x tokens x bytes, for the context, and for each branch's own copy of it while
                 an image is drawn
    activations  a layer's widest moment for N tokens: N (4 D + 2 G E + 3 I) x bytes and one float32 copy of N D
                 for the norm; for reading also the ViT's, over all patches, by the same rule
    autoencoder  decoding holds four maps of the width that enters the full resolution, or the middle's
                 attention scores where those are more
    """
    counts = count_parameters(config)
    sides = [min(n // config.vit.patch_size + 1, config.vit_max_num_patch_per_side) for n in (work.width, work.height)]
    patches = work.batch * sides[0] * sides[1]
    latents = (work.width // config.pixels_per_token) * (work.height // config.pixels_per_token)
    seen = patches // work.batch + 2 if work.kind != "draw" else 0
    if work.kind == "read":
        counts = counts.for_understanding(config)
        context, canvas = seen + work.prompt_tokens + work.answer_tokens, 0
        new_tokens = patches
    else:
        context = work.prompt_tokens + seen + (latents + 2 if work.kind == "edit" else 0)
        canvas = work.branches * (context + latents + 2)
        new_tokens = work.batch * max(work.branches * (latents + 2), seen, work.prompt_tokens)
    return MemoryEstimate(
        weights=counts.total * number_bytes,
        kv_cache=work.batch * (context + canvas) * bytes_per_token(config, number_bytes),
        activations=max(
            _decoder_activations(config, new_tokens, number_bytes),
            _vit_activations(config, patches if seen else 0, number_bytes),
        ),
        autoencoder=0 if work.kind == "read" else _autoencoder_peak(config.vae, work, number_bytes),
    )


def bytes_per_token(config: UnifiedConfig, number_bytes: int = 2) -> int:
    """Keys and values of one token over all layers."""
    decoder = config.decoder
    return 2 * decoder.num_hidden_layers * decoder.num_key_value_heads * decoder.head_dim * number_bytes


def _decoder_activations(config: UnifiedConfig, num_tokens: int, number_bytes: int) -> int:
    decoder = config.decoder
    kv = 2 * decoder.num_key_value_heads * decoder.head_dim
    widest = 4 * decoder.hidden_size + kv + 3 * decoder.intermediate_size
    return num_tokens * (widest * number_bytes + decoder.hidden_size * FLOAT32)


def _vit_activations(config: UnifiedConfig, num_patches: int, number_bytes: int) -> int:
    vit = config.vit
    return num_patches * number_bytes * (5 * vit.hidden_size + 2 * vit.intermediate_size)


def _autoencoder_peak(vae: VaeConfig, work: Work, number_bytes: int) -> int:
    """One picture at a time is decoded."""
    width = vae.ch * (vae.ch_mult[1] if len(vae.ch_mult) > 1 else vae.ch_mult[0])
    maps = 4 * width * work.width * work.height * number_bytes
    middle = (work.width // vae.downsample) * (work.height // vae.downsample)
    return max(maps, middle**2 * number_bytes)


@dataclass(frozen=True)
class LegalSizes:
    """Pixels a side of what a model can draw: multiples of `step` up to `largest`, and the largest by ratio."""

    step: int
    largest: int
    by_ratio: dict[str, tuple[int, int]]


def legal_sizes(config: UnifiedConfig) -> LegalSizes:
    """The picture sizes that the model's latent positions reach."""
    step, largest = config.pixels_per_token, config.pixels_per_token * config.max_latent_size
    by_ratio = {
        f"{w}:{h}": tuple(max(step, round(largest * side / max(w, h) / step) * step) for side in (w, h))
        for w, h in RATIOS
    }
    return LegalSizes(step, largest, {ratio: (size[0], size[1]) for ratio, size in by_ratio.items()})


def request_cache_bytes(
    loaded: LoadedModel, said: Sequence[Message], text: TextParams, image: ImageParams, task: str
) -> int:
    """Bytes of keys and values that a request will take: what it reads, the text it writes and one picture.

    A token is taken for three bytes of text. A picture is drawn from a copy of its context for each branch of guidance.
    """
    network, grid, most = loaded.network, loaded.network.latents, loaded.network.max_position_embeddings
    num_texts = num_seen = num_latents = 0
    for item in (item for message in said for item in message.items):
        if isinstance(item, Text):
            num_texts += len(item.text.encode()) // 3 + 4
            continue
        count = loaded.image_processor.count(*item.image.size)
        num_seen += count.seen + 2
        num_latents += count.latents + 2
    num_tokens = num_texts + num_seen + (min(text.max_tokens, most) if task in ("ask", "generate") else 0)
    if task != "ask" and grid is not None:
        side, step = min(loaded.image_processor.usual_side, grid.most_pixels), grid.pixels_per_token
        drawn = ((image.width or side) // step) * ((image.height or side) // step) + 2
        branches = 1 + image.has_text_guidance + image.has_image_guidance
        num_tokens += num_latents + branches * (num_texts + num_seen + num_latents + drawn)
    shape = network.cache_shape
    numbers = 2 * shape.num_layers * shape.num_key_value_heads * shape.head_dim
    return num_tokens * numbers * shape.dtype.itemsize
