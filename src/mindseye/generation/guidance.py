"""Merging the velocities of several contexts into one.

A context without the newest text and one without images tell what words and images add; guidance goes further in
these directions, and a renormalisation keeps the result from growing.
"""
# L latent tokens, Z latent_token_size

from __future__ import annotations

import torch
from torch import Tensor

from ..params import ImageParams

TINY = 1e-8


def merge(full: Tensor, no_text: Tensor, no_image: Tensor | None, params: ImageParams) -> Tensor:
    """Velocities (L, Z) of one image from its contexts -> the guided velocity (L, Z)."""
    worded = no_text + params.cfg_text_scale * (full - no_text)
    if params.cfg_renorm_type == "text_channel":
        worded = _limit(worded, full, -1, params)
    guided = worded if no_image is None else no_image + params.cfg_img_scale * (worded - no_image)
    if params.cfg_renorm_type == "global":
        return _limit(guided, full, None, params)
    if params.cfg_renorm_type == "channel":
        return _limit(guided, full, -1, params)
    return guided


def _limit(guided: Tensor, full: Tensor, dim: int | None, params: ImageParams) -> Tensor:
    """`guided`, scaled down where its norm exceeds that of `full`, by no less than `cfg_renorm_min`."""
    norm = torch.linalg.vector_norm(full, dim=dim, keepdim=True)
    guided_norm = torch.linalg.vector_norm(guided, dim=dim, keepdim=True)
    return guided * (norm / (guided_norm + TINY)).clamp(params.cfg_renorm_min, 1.0)
