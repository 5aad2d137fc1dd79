"""The vision transformers of CLIP, SigLIP and DINOv2: one network, its differences said by its config.

Names are CLIP's and SigLIP's in transformers; DINOv2's are mapped to them where it is loaded.
"""
# B images, C channels, S side in px, P patches, T tokens (patches and maybe one for the class), D hidden_size,
# H heads, E head_dim

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "gelu": F.gelu,
    "gelu_pytorch_tanh": lambda x: F.gelu(x, approximate="tanh"),
}


@dataclass(frozen=True)
class VitTowerConfig:
    """Sizes as in transformers, then what differs between the three."""

    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    image_size: int
    patch_size: int
    layer_norm_eps: float
    hidden_act: str
    num_channels: int = 3
    has_class_token: bool = False
    has_pre_norm: bool = False
    """A norm before the first layer: CLIP."""
    has_patch_bias: bool = True
    has_layer_scale: bool = False
    """Each branch scaled by learnt numbers: DINOv2."""
    feature_layer: int = -1
    """Whose output the features are: -1 the last layer's, -2 that of the one before."""
    has_post_norm: bool = False
    """A norm behind it."""
    keeps_class_token: bool = False
    """Whether the class' token is one of the features."""

    @property
    def grid(self) -> int:
        """Patches a side."""
        return self.image_size // self.patch_size

    @property
    def width(self) -> int:
        """Numbers of a feature."""
        return self.hidden_size

    @property
    def num_features(self) -> int:
        """Features of an image."""
        return self.grid**2 + (self.has_class_token and self.keeps_class_token)

    @property
    def num_layers_used(self) -> int:
        """Layers that the features need."""
        return self.num_hidden_layers + 1 + self.feature_layer


class Embeddings(nn.Module):
    """Patches, maybe a class token before them, and their learnt places."""

    def __init__(self, config: VitTowerConfig) -> None:
        super().__init__()
        width, patch = config.hidden_size, config.patch_size
        self.class_embedding = nn.Parameter(torch.zeros(width)) if config.has_class_token else None
        self.patch_embedding = nn.Conv2d(config.num_channels, width, patch, patch, bias=config.has_patch_bias)
        self.position_embedding = nn.Embedding(config.grid**2 + config.has_class_token, width)

    def forward(self, pixels: Tensor) -> Tensor:  # (B, C, S, S) -> (B, T, D)
        x = self.patch_embedding(pixels).flatten(2).transpose(1, 2)
        if self.class_embedding is not None:
            x = torch.cat([self.class_embedding.expand(len(x), 1, -1), x], dim=1)
        return x + self.position_embedding.weight


class Attention(nn.Module):
    """Every token sees all others of its image."""

    def __init__(self, config: VitTowerConfig) -> None:
        super().__init__()
        self.num_heads = config.num_attention_heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (
            nn.Linear(config.hidden_size, config.hidden_size) for _ in range(4)
        )

    def forward(self, x: Tensor) -> Tensor:
        heads = (project(x).unflatten(-1, (self.num_heads, -1)) for project in (self.q_proj, self.k_proj, self.v_proj))
        q, k, v = (x.transpose(1, 2) for x in heads)  # (B, H, T, E)
        return self.out_proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    def __init__(self, config: VitTowerConfig) -> None:
        super().__init__()
        self.activate = ACTIVATIONS[config.hidden_act]
        self.fc1 = nn.Linear(config.hidden_size, config.intermediate_size)
        self.fc2 = nn.Linear(config.intermediate_size, config.hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.activate(self.fc1(x)))


class Layer(nn.Module):
    def __init__(self, config: VitTowerConfig) -> None:
        super().__init__()
        self.self_attn = Attention(config)
        self.layer_norm1 = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.mlp = Mlp(config)
        self.layer_norm2 = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        scale = torch.ones(config.hidden_size)
        self.layer_scale1 = nn.Parameter(scale) if config.has_layer_scale else None
        self.layer_scale2 = nn.Parameter(scale.clone()) if config.has_layer_scale else None

    def forward(self, x: Tensor) -> Tensor:
        x = x + scaled(self.self_attn(self.layer_norm1(x)), self.layer_scale1)
        return x + scaled(self.mlp(self.layer_norm2(x)), self.layer_scale2)


class Encoder(nn.Module):
    def __init__(self, config: VitTowerConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_layers_used))


class VisionTransformer(nn.Module):
    """Only the layers that the features need exist."""

    def __init__(self, config: VitTowerConfig) -> None:
        super().__init__()
        norm = (config.hidden_size, config.layer_norm_eps)
        self.embeddings = Embeddings(config)
        self.pre_layrnorm = nn.LayerNorm(*norm) if config.has_pre_norm else None  # transformers' own spelling
        self.encoder = Encoder(config)
        self.post_layernorm = nn.LayerNorm(*norm) if config.has_post_norm else None

    def forward(self, pixels: Tensor) -> Tensor:
        x = self.embeddings(pixels)
        if self.pre_layrnorm is not None:
            x = self.pre_layrnorm(x)
        for layer in self.encoder.layers:
            x = layer(x)
        return x if self.post_layernorm is None else self.post_layernorm(x)


class VitTower(nn.Module):
    """A vision transformer as a tower."""

    def __init__(self, config: VitTowerConfig) -> None:
        super().__init__()
        self.config = config
        self.vision_model = VisionTransformer(config)

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, C, S, S) -> (B, P, D); P counts the class' token where it is kept."""
        x = self.vision_model(pixels)
        return x[:, 1:] if self.config.has_class_token and not self.config.keeps_class_token else x


def scaled(x: Tensor, scale: Tensor | None) -> Tensor:
    """x, times its scale where it has one."""
    return x if scale is None else x * scale
