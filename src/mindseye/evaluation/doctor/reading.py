"""A row as the network reads it in one pass: its tokens in order, who sees whom, what is to be learnt."""
# N tokens of a row, T tokens of an image, D hidden_size, M labels

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ...inputs.segments import TextSegment, VitSegment
from ...networks.attention import Attend

Seen = TextSegment | VitSegment
NO_WORD = -1  # in place of the id where a feature of an image stands


@dataclass(frozen=True, eq=False)
class Reading:
    """A row of segments. mask: (N,) bool, True for labels."""

    segments: tuple[Seen, ...]
    mask: Tensor

    @property
    def images(self) -> list[VitSegment]:
        """In order."""
        return [segment for segment in self.segments if isinstance(segment, VitSegment)]

    @property
    def ids(self) -> Tensor:
        """(N,) ids, NO_WORD for features."""
        return torch.tensor([number for segment in self.segments for number in _ids(segment)])

    @property
    def positions(self) -> Tensor:
        """(N,) rotary positions: an image that sees all of itself stands at one."""
        found, start = [], 0
        for segment in self.segments:
            count = len(_ids(segment))
            steps = count if segment.num_positions == count else 0
            found += [start + (n if steps else 0) for n in range(count)]
            start += segment.num_positions
        return torch.tensor(found)

    @property
    def visible(self) -> Tensor:
        """(N, N) bool: whether the token of a row sees that of a column."""
        counts = [len(_ids(segment)) for segment in self.segments]
        number = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
        is_mutual = torch.tensor([isinstance(s, VitSegment) and not s.frame.is_causal for s in self.segments])
        same = (number[:, None] == number) & is_mutual[number][:, None]
        return same | torch.ones(len(number), len(number)).tril().bool()

    @property
    def predicting(self) -> Tensor:
        """(M,) places whose output predicts a label."""
        return self.mask[1:].nonzero().flatten()


def _ids(segment: Seen) -> list[int]:
    if isinstance(segment, TextSegment):
        return list(segment.ids)
    before, after = segment.frame.marks[:1], segment.frame.marks[1:]
    return [*before, *[NO_WORD] * segment.num_tokens, *after]


def states_of(network: Any, reading: Reading, images: Sequence[Tensor], attend: Attend) -> Tensor:
    """(N, D) states before the final norm, of a reading whose images have become tokens (T, D) each."""
    ids = reading.ids.to(network.device)
    is_feature = ids == NO_WORD
    words = network.embed_text(ids.clamp(min=0))
    if images:
        words = words.masked_scatter(is_feature[:, None], torch.cat(list(images)).to(words.dtype))
    states, _ = network(words, None, reading.positions.to(network.device), attend)
    return states


def loss_of(network: Any, reading: Reading, images: Sequence[Tensor], attend: Attend) -> Tensor:
    """() mean cross-entropy of the labels, in nats a token."""
    states = states_of(network, reading, images, attend)
    labels = reading.ids[reading.predicting + 1].to(network.device)
    is_word = labels != NO_WORD
    scores = network.logits(states[reading.predicting.to(network.device)][is_word])
    return F.cross_entropy(scores.float(), labels[is_word])
