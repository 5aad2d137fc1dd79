"""The FLUX autoencoder: pixels to latents of an eighth of the side, and back.

Parameter names are those of the published `ae.safetensors`.
"""

# B images, C channels, H rows, W columns, h = H / downsample, w = W / downsample, z latent channels

from __future__ import annotations

import itertools

import torch.nn.functional as F
from torch import Tensor, nn

from .config import VaeConfig
from .placed import Placed

NORM_EPS = 1e-6


def group_norm(num_channels: int, num_groups: int) -> nn.GroupNorm:
    return nn.GroupNorm(num_groups, num_channels, eps=NORM_EPS)


class ResnetBlock(nn.Module):
    """Two norm-swish-convolution steps beside a shortcut."""

    def __init__(self, in_channels: int, out_channels: int, num_groups: int):
        super().__init__()
        self.norm1 = group_norm(in_channels, num_groups)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.norm2 = group_norm(out_channels, num_groups)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        if in_channels != out_channels:
            self.nin_shortcut = nn.Conv2d(in_channels, out_channels, 1)
        self.changes_width = in_channels != out_channels

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        return (self.nin_shortcut(x) if self.changes_width else x) + h


class AttnBlock(nn.Module):
    """One head of attention over all pixels of the smallest scale."""

    def __init__(self, channels: int, num_groups: int):
        super().__init__()
        self.norm = group_norm(channels, num_groups)
        self.q = nn.Conv2d(channels, channels, 1)
        self.k = nn.Conv2d(channels, channels, 1)
        self.v = nn.Conv2d(channels, channels, 1)
        self.proj_out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(x)
        q, k, v = (layer(h).flatten(2).transpose(1, 2) for layer in (self.q, self.k, self.v))  # (B, h*w, C)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return x + self.proj_out(mixed.transpose(1, 2).reshape_as(x))


class Downsample(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.pad(x, (0, 1, 0, 1)))  # only right and below: so was it trained


class Upsample(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class Middle(nn.Module):
    def __init__(self, channels: int, num_groups: int):
        super().__init__()
        self.block_1 = ResnetBlock(channels, channels, num_groups)
        self.attn_1 = AttnBlock(channels, num_groups)
        self.block_2 = ResnetBlock(channels, channels, num_groups)

    def forward(self, x: Tensor) -> Tensor:
        return self.block_2(self.attn_1(self.block_1(x)))


class Scale(nn.Module):
    """The residual blocks of one resolution and the change to the next one, if any."""

    def __init__(self, widths: tuple[int, ...], num_groups: int, change: str | None):
        super().__init__()
        self.block = nn.ModuleList(ResnetBlock(a, b, num_groups) for a, b in itertools.pairwise(widths))
        if change == "down":
            self.downsample = Downsample(widths[-1])
        elif change == "up":
            self.upsample = Upsample(widths[-1])
        self.change = change

    def forward(self, x: Tensor) -> Tensor:
        for block in self.block:
            x = block(x)
        if self.change == "down":
            return self.downsample(x)
        return self.upsample(x) if self.change == "up" else x


class Encoder(nn.Module):
    """Pixels (B, 3, H, W) to mean and log variance (B, 2z, h, w)."""

    def __init__(self, config: VaeConfig):
        super().__init__()
        groups, widths = config.norm_num_groups, [config.ch * multiple for multiple in config.ch_mult]
        self.conv_in = nn.Conv2d(config.in_channels, config.ch, 3, padding=1)
        self.down = nn.ModuleList(
            Scale((before, *[width] * config.num_res_blocks), groups, "down" if i + 1 < len(widths) else None)
            for i, (before, width) in enumerate(zip([config.ch, *widths], widths, strict=False))
        )
        self.mid = Middle(widths[-1], groups)
        self.norm_out = group_norm(widths[-1], groups)
        self.conv_out = nn.Conv2d(widths[-1], 2 * config.z_channels, 3, padding=1)

    def forward(self, pixels: Tensor) -> Tensor:
        x = self.conv_in(pixels)
        for scale in self.down:
            x = scale(x)
        return self.conv_out(F.silu(self.norm_out(self.mid(x))))


class Decoder(nn.Module):
    """Unscaled latents (B, z, h, w) to pixels (B, 3, H, W)."""

    def __init__(self, config: VaeConfig):
        super().__init__()
        groups, widths = config.norm_num_groups, [config.ch * multiple for multiple in config.ch_mult]
        self.conv_in = nn.Conv2d(config.z_channels, widths[-1], 3, padding=1)
        self.mid = Middle(widths[-1], groups)
        self.up = nn.ModuleList(  # up.0 is the full resolution, so it runs last
            Scale((above, *[width] * (config.num_res_blocks + 1)), groups, "up" if i > 0 else None)
            for i, (above, width) in enumerate(zip([*widths[1:], widths[-1]], widths, strict=True))
        )
        self.norm_out = group_norm(widths[0], groups)
        self.conv_out = nn.Conv2d(widths[0], config.out_ch, 3, padding=1)

    def forward(self, latents: Tensor) -> Tensor:
        x = self.mid(self.conv_in(latents))
        for scale in reversed(self.up):
            x = scale(x)
        return self.conv_out(F.silu(self.norm_out(x)))


class Autoencoder(Placed):
    """Pixels in -1..1 to latents of mean near 0 and spread near 1, and back."""

    def __init__(self, config: VaeConfig):
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)

    def encode_moments(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance, (B, z, h, w) each, before scale and shift."""
        mean, log_variance = self.encoder(pixels).chunk(2, dim=1)
        return mean, log_variance

    def encode(self, pixels: Tensor) -> Tensor:
        """Latents (B, z, h, w) of pixels (B, 3, H, W): the mean, never a sample, so no chance enters."""
        mean, _ = self.encode_moments(pixels)
        return self.config.scale_factor * (mean - self.config.shift_factor)

    def decode(self, latents: Tensor) -> Tensor:
        """Pixels (B, 3, H, W) of latents (B, z, h, w); not clamped to -1..1."""
        return self.decoder(latents / self.config.scale_factor + self.config.shift_factor)
