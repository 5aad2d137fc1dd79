"""The SigLIP vision encoder on packed patches: images of any sizes in one row, without padding."""
# P patches of all images, D hidden_size, H heads, E head_dim

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from .attention.images import AttendImages, attend_within_images
from .config import VitConfig


class PatchEmbeddings(nn.Module):
    """Patches and their learned two-dimensional positions."""

    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        patch_numbers = config.num_channels * config.patch_size**2
        self.patch_embedding = nn.Linear(patch_numbers, config.hidden_size)
        self.position_embedding = nn.Embedding(config.num_patches_per_side**2, config.hidden_size)

    def forward(self, patches: Tensor, position_indices: Tensor) -> Tensor:
        return self.patch_embedding(patches) + self.position_embedding(position_indices)


class VitAttention(nn.Module):
    """Full attention inside each image."""

    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        self.num_heads = config.num_attention_heads
        self.q_proj: nn.Linear
        self.k_proj: nn.Linear
        self.v_proj: nn.Linear
        self.out_proj: nn.Linear
        for name in ("k_proj", "v_proj", "q_proj", "out_proj"):
            self.add_module(name, nn.Linear(config.hidden_size, config.hidden_size))

    def forward(self, x: Tensor, attend: AttendImages) -> Tensor:
        heads = (self.num_heads, -1)
        q, k, v = (project(x).unflatten(-1, heads) for project in (self.q_proj, self.k_proj, self.v_proj))
        return self.out_proj(attend(q, k, v))


class VitMLP(nn.Module):
    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        self.fc1 = nn.Linear(config.hidden_size, config.intermediate_size)
        self.fc2 = nn.Linear(config.intermediate_size, config.hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x), approximate="tanh"))


class VitLayer(nn.Module):
    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        self.self_attn = VitAttention(config)
        self.layer_norm1 = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.mlp = VitMLP(config)
        self.layer_norm2 = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)

    def forward(self, x: Tensor, attend: AttendImages) -> Tensor:
        x = x + self.self_attn(self.layer_norm1(x), attend)
        return x + self.mlp(self.layer_norm2(x))


class VitEncoder(nn.Module):
    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(VitLayer(config) for _ in range(config.num_hidden_layers))


class VisionTransformer(nn.Module):
    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        self.embeddings = PatchEmbeddings(config)
        self.encoder = VitEncoder(config)
        self.post_layernorm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)

    def forward(self, patches: Tensor, position_indices: Tensor, lengths: Sequence[int]) -> Tensor:
        x = self.embeddings(patches, position_indices)
        attend = attend_within_images(lengths, x.device)
        for layer in self.encoder.layers:
            x = layer(x, attend)
        return self.post_layernorm(x)


class Vit(nn.Module):
    """The encoder under the name that checkpoints give it, `vit_model.vision_model`."""

    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        self.vision_model = VisionTransformer(config)

    def forward(self, patches: Tensor, position_indices: Tensor, lengths: Sequence[int]) -> Tensor:
        """patches (P, rows * columns * channels), position_indices (P,), patches an image -> (P, D)."""
        return self.vision_model(patches, position_indices, lengths)
