"""Which tokens of a conversation a model learns to write: its own words and their end, nothing that it was given.

A label is a token that is to be predicted from what stands before it. Of an answer these are all tokens that a model
would write after the opening, up to the one that ends it: the opening is given when it answers, too.
"""
# N tokens of all segments, n of one

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .formats import PromptFormat
from .segments import LatentSegment, Segment, TextSegment, VitSegment

WRITERS = ("assistant", "thought")
"""Roles whose words are the model's."""


def loss_mask(segments: Sequence[Segment], prompt_format: PromptFormat, has_image_loss: bool = False) -> Tensor:
    """(N,) bool: True where a token is a label; segments of `prompt_format` in their order, a token a place.

    An image takes its marks and a place for each of its features. `has_image_loss` labels the features (not the
    marks), for recipes that predict something there.
    """
    masks = [segment_mask(segment, prompt_format, has_image_loss) for segment in segments]
    return torch.cat(masks) if masks else torch.zeros(0, dtype=torch.bool)


def segment_mask(segment: Segment, prompt_format: PromptFormat, has_image_loss: bool = False) -> Tensor:
    """(n,) the same for one segment."""
    if isinstance(segment, TextSegment):
        return _text_mask(segment, prompt_format)
    mask = torch.zeros(num_tokens(segment), dtype=torch.bool)
    start = len(segment.frame.marks[:1])
    mask[start : start + num_features(segment)] = has_image_loss
    return mask


def num_tokens(segment: Segment) -> int:
    """Places that a segment takes in a sequence."""
    if isinstance(segment, TextSegment):
        return len(segment.ids)
    return len(segment.frame.marks) + num_features(segment)


def num_features(segment: VitSegment | LatentSegment) -> int:
    """Places of an image between its marks."""
    if isinstance(segment, VitSegment):
        return segment.num_tokens
    assert segment.latent_tokens is not None, "its latents are not made yet"
    return segment.latent_tokens.shape[0]


def predicting(mask: Tensor) -> Tensor:
    """(N,) bool: the places whose output predicts a label; (N,) is the mask of labels.

    A first token that is a label has nothing before it and is predicted nowhere.
    """
    return torch.cat([mask[1:], mask.new_zeros(min(1, len(mask)))])


def _text_mask(segment: TextSegment, prompt_format: PromptFormat) -> Tensor:
    mask = torch.zeros(len(segment.ids), dtype=torch.bool)
    if segment.role not in WRITERS:
        return mask
    start = _shared_start(segment.ids, prompt_format.opening)
    ends = [place for place in range(start, len(segment.ids)) if segment.ids[place] in prompt_format.stop_ids]
    mask[start : ends[0] + 1 if ends else None] = True
    return mask


def _shared_start(ids: Sequence[int], opening: Sequence[int]) -> int:
    """How many tokens of the opening a text begins with: after an image within an answer it has none."""
    count = 0
    for ours, theirs in zip(ids, opening, strict=False):
        if ours != theirs:
            break
        count += 1
    return count
