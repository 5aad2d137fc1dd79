"""The sizes of every part of the network, as frozen dataclasses. They come from a checkpoint, never from a user."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class DecoderConfig:
    """Sizes of a decoder of the Llama kind, with one expert or two; names as in transformers' `config.json`.

    BAGEL's is Qwen2's (biases on queries, keys and values) with Qwen3's norms of queries and keys. `head_dim` 0 is
    hidden_size / num_attention_heads.
    """

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    rms_norm_eps: float = 1e-6
    rope_theta: float = 1e6
    max_position_embeddings: int = 32768
    head_dim: int = 0
    attention_bias: bool = True
    use_qk_norm: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "head_dim", self.head_dim or self.hidden_size // self.num_attention_heads)

    @property
    def weights_per_token(self) -> int:
        """Weights of all layers that one token is multiplied with, roughly."""
        layer = self.hidden_size * (2 * self.hidden_size + 3 * self.intermediate_size)
        return self.num_hidden_layers * layer


@dataclass(frozen=True)
class VitConfig:
    """Sizes of the SigLIP encoder; `num_hidden_layers` counts the layers that are really there."""

    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    patch_size: int = 14
    num_channels: int = 3
    num_patches_per_side: int = 70
    layer_norm_eps: float = 1e-6


@dataclass(frozen=True)
class VaeConfig:
    """Sizes of the FLUX autoencoder; the defaults are the published ones."""

    in_channels: int = 3
    out_ch: int = 3
    ch: int = 128
    ch_mult: tuple[int, ...] = (1, 2, 4, 4)
    num_res_blocks: int = 2
    z_channels: int = 16
    scale_factor: float = 0.3611
    shift_factor: float = 0.1159
    norm_num_groups: int = 32

    @property
    def downsample(self) -> int:
        """Pixels a side of one latent pixel."""
        return 2 ** (len(self.ch_mult) - 1)


@dataclass(frozen=True)
class LatentGrid:
    """What a network draws: at most `side` x `side` tokens of `token_size` numbers, `patch` x `patch` latent pixels
    and `pixels_per_token` x `pixels_per_token` pixels each."""

    side: int
    patch: int
    token_size: int
    pixels_per_token: int

    @property
    def most_pixels(self) -> int:
        """Pixels of the longest side that can be drawn."""
        return self.side * self.pixels_per_token


@dataclass(frozen=True)
class UnifiedConfig:
    """A whole BAGEL-family model."""

    decoder: DecoderConfig
    vit: VitConfig
    vae: VaeConfig = field(default_factory=VaeConfig)
    latent_patch_size: int = 2
    max_latent_size: int = 64
    vit_max_num_patch_per_side: int = 70
    timestep_shift: float = 1.0

    @property
    def latent_token_size(self) -> int:
        """Numbers in one latent token."""
        return self.latent_patch_size**2 * self.vae.z_channels

    @property
    def pixels_per_token(self) -> int:
        """Pixels a side of one latent token."""
        return self.latent_patch_size * self.vae.downsample

    @property
    def latents(self) -> LatentGrid:
        """What a model of these sizes draws."""
        return LatentGrid(self.max_latent_size, self.latent_patch_size, self.latent_token_size, self.pixels_per_token)
