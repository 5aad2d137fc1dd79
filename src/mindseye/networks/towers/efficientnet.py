"""EfficientNet-Lite0, the image classifier of ImageNet that fits a phone: 7 x 7 features of 1,280 numbers.

Names are those of its published PyTorch weights (lukemelas' EfficientNet). The classifier behind the features, `_fc`,
is kept: its rows tell where each class lies among them.
"""
# B images, C channels, S side in px, K channels of a layer, H height, W width, P places of the last grid

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDTH = 1280
STEM = 32
STAGES = (  # blocks, kernel, stride of the first block, expansion, channels
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
EPS = 1e-3


@dataclass(frozen=True)
class Lite0Config:
    """What is told of a network whose sizes are fixed."""

    image_size: int = 224
    num_classes: int = 1000

    width: ClassVar[int] = WIDTH

    @property
    def grid(self) -> int:
        """Features a side."""
        return -(-self.image_size // 32)

    @property
    def num_features(self) -> int:
        """Features of an image."""
        return self.grid**2


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow does: an odd pixel too much goes to the right and below."""

    def forward(self, x: Tensor) -> Tensor:
        sides = []
        for size, kernel, stride in zip(x.shape[:1:-1], self.kernel_size[::-1], self.stride[::-1]):
            missing = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            sides += [missing // 2, missing - missing // 2]
        return super().forward(F.pad(x, sides) if any(sides) else x)


class FixedBatchNorm(nn.Module):
    """A batch norm that only knows what it once learnt: batches of few images would ruin it."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:  # (B, K, H, W)
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, EPS)


class Block(nn.Module):
    """Widen, filter each channel, narrow; added to what came in where the shape stays."""

    def __init__(self, channels: tuple[int, int], kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        before, after = channels
        inner = before * expansion
        self.is_residual = stride == 1 and before == after
        self.expands = expansion > 1
        if self.expands:
            self._expand_conv = SameConv(before, inner, 1, bias=False)
            self._bn0 = FixedBatchNorm(inner)
        self._depthwise_conv = SameConv(inner, inner, kernel, stride, groups=inner, bias=False)
        self._bn1 = FixedBatchNorm(inner)
        self._project_conv = SameConv(inner, after, 1, bias=False)
        self._bn2 = FixedBatchNorm(after)

    def forward(self, x: Tensor) -> Tensor:
        inner = F.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        inner = F.relu6(self._bn1(self._depthwise_conv(inner)))
        inner = self._bn2(self._project_conv(inner))
        return x + inner if self.is_residual else inner


class EfficientNetLite0(nn.Module):
    """The classifier as a tower."""

    def __init__(self, config: Lite0Config) -> None:
        super().__init__()
        self.config = config
        self._conv_stem = SameConv(3, STEM, 3, 2, bias=False)
        self._bn0 = FixedBatchNorm(STEM)
        self._blocks = nn.ModuleList()
        before = STEM
        for number, kernel, stride, expansion, after in STAGES:
            for i in range(number):
                self._blocks.append(Block((before, after), kernel, stride if i == 0 else 1, expansion))
                before = after
        self._conv_head = SameConv(before, WIDTH, 1, bias=False)
        self._bn1 = FixedBatchNorm(WIDTH)
        self._fc = nn.Linear(WIDTH, config.num_classes)

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, C, S, S) -> (B, P, K)."""
        pixels = pixels.contiguous(memory_format=torch.channels_last)  # in which a CPU convolves in half the time
        x = F.relu6(self._bn0(self._conv_stem(pixels)))
        for block in self._blocks:
            x = block(x)
        return F.relu6(self._bn1(self._conv_head(x))).flatten(2).transpose(1, 2)

    def classify(self, features: Tensor) -> Tensor:
        """(B, P, K) -> scores (B, classes) of the mean over the places."""
        return self._fc(features.mean(1))
