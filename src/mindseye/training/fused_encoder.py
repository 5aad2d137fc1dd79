"""The autoencoder's eye for fused training: bfloat16 weights, channels last, and no padding of large pictures.

The encoder halves a picture after padding it at the right and below. Of a picture turned by half a circle, with kernels
turned likewise, that is the padding of one pixel all around which a convolution does by itself.
"""
# B pictures, S side in px, z latent channels, h side of a latent

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks.vae import Autoencoder, Downsample, ResnetBlock

TURNED = (2, 3)  # rows and columns of a picture, and of a kernel


class FusedEncoder:
    """What `Autoencoder.encode` computes, up to rounding."""

    def __init__(self, autoencoder: Autoencoder) -> None:
        self.config = autoencoder.config
        encoder = copy.deepcopy(autoencoder.encoder).bfloat16().requires_grad_(False)
        halvings = [one.conv for one in encoder.down.modules() if isinstance(one, Downsample)]
        self.convolutions = [_turned(one) for one in (encoder.conv_in, *halvings)]
        self.rest = nn.Sequential(encoder.mid, encoder.norm_out, nn.SiLU(), encoder.conv_out)

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """Latents (B, z, h, h) of pixels (B, 3, S, S)."""
        with torch.autocast("cpu", enabled=False):
            x = pixels.flip(TURNED).to(torch.bfloat16, memory_format=torch.channels_last)
            for number, (weight, bias) in enumerate(self.convolutions):
                x = F.conv2d(x, weight, bias, stride=1 if number == 0 else 2, padding=1)
            moments = self.rest(x.flip(TURNED).contiguous())  # norms of few pixels are slow with channels last
        mean = moments[:, : self.config.z_channels].float()
        return self.config.scale_factor * (mean - self.config.shift_factor)


def fuse_encoder(autoencoder: Autoencoder) -> None:
    """Give the autoencoder the fast eye, if it has no residual blocks on large pictures; weights are read once."""
    if not any(isinstance(one, ResnetBlock) for one in autoencoder.encoder.down.modules()):
        autoencoder.encode = FusedEncoder(autoencoder).encode  # type: ignore[method-assign]


def _turned(convolution: nn.Conv2d) -> tuple[Tensor, Tensor | None]:
    weight = convolution.weight.flip(TURNED).to(memory_format=torch.channels_last)
    return weight, convolution.bias
