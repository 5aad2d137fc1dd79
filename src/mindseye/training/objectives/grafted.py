"""What a language model with eyes learns: words of its answers, and which text belongs to which image."""
# N tokens, M labelled tokens, I images, T tokens of an image, D hidden_size

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...errors import SettingsError
from ...networks.grafted import Grafted
from ..attention import BucketedAttention
from ..batches import Batch, pack
from ..lessons import Lesson
from ..parallel import ALONE, Processes
from .contrastive import LARGEST_SCALE, Pairs, info_nce
from .text import cross_entropies


@dataclass(frozen=True)
class SeenBatch:
    """Lessons packed, and texts that belong to the images one by one, each packed up to the placeholder's place."""

    lessons: Batch
    texts: Batch | None = None
    """For the contrastive loss: as many texts as images, in their order."""

    @property
    def num_tokens(self) -> int:
        return self.lessons.num_tokens + (self.texts.num_tokens if self.texts else 0)

    @property
    def num_samples(self) -> int:
        return self.lessons.num_samples


def pack_seen(lessons: Sequence[Lesson], texts: Sequence[Lesson] = (), stretch: float = 1.2) -> SeenBatch:
    """One batch; `texts` are those that are compared with the images."""
    return SeenBatch(pack(lessons, stretch), pack(texts, stretch) if texts else None)


@dataclass(frozen=True)
class GraftedObjective:
    """Cross-entropy of answers (`ce`); with a weight above 0 InfoNCE (`contrastive`) and what follows each image token
    (`image_ce`), where `placeholder` is the id that stands for an image token.
    """

    device: torch.device
    contrastive_weight: float = 0.0
    processes: Processes = ALONE
    image_weight: float = 0.0
    placeholder: int = 0

    @property
    def weights(self) -> dict[str, float]:
        more = {"contrastive": self.contrastive_weight, "image_ce": self.image_weight}
        return {"ce": 1.0} | {name: weight for name, weight in more.items() if weight}

    def counts(self, batch: SeenBatch) -> dict[str, int]:
        packed = batch.lessons
        own = {"ce": len(packed.labels)}
        own |= {"contrastive": len(packed.vit_images)} if self.contrastive_weight else {}
        return own | ({"image_ce": len(after_images(packed, self.placeholder)[0])} if self.image_weight else {})

    def sums(self, model: Grafted, batch: SeenBatch, generator: torch.Generator) -> dict[str, Tensor]:
        packed = batch.lessons
        images = model.embed_images([segment.pixels for segment in packed.vit_images]) if packed.vit_images else []
        states = states_of(model, packed, images, self.device)
        found = {"ce": self.word_losses(model, states, packed.label_indices, packed.labels)}
        if self.contrastive_weight:
            found["contrastive"] = info_nce(pairs_of(model, batch, images, self.device), self.processes).sum()
        if self.image_weight:
            found["image_ce"] = self.word_losses(model, states, *after_images(packed, self.placeholder))
        return found

    def word_losses(self, model: Grafted, states: Tensor, at: np.ndarray, words: np.ndarray) -> Tensor:
        """() the summed cross-entropy of these words (M,), each predicted by the state at its place (M,)."""
        places, labels = (torch.from_numpy(each).to(self.device) for each in (at, words))
        return cross_entropies(model.logits(states[places]), labels).sum()


def after_images(batch: Batch, placeholder: int) -> tuple[np.ndarray, np.ndarray]:
    """The places (M,) of image tokens and the ids (M,) that stand behind them.

    That is `placeholder` where another image token follows, of the same image or the next, and behind the last one the
    first token of the text. An image that ends its row has nothing behind it.
    """
    num_words = len(batch.text_ids)
    here, behind = (
        np.concatenate([row[part] for row in batch.sample_rows]) for part in (slice(None, -1), slice(1, None))
    )
    here, behind = here[here >= num_words], behind[here >= num_words]
    is_image = behind >= num_words
    return here, np.where(is_image, placeholder, batch.text_ids[np.where(is_image, 0, behind)])


def states_of(model: Grafted, batch: Batch, images: Sequence[Tensor], device: torch.device) -> Tensor:
    """(N, D) states before the final norm of all tokens of a batch, whose images have become tokens (T, D) each."""
    words = model.embed_text(torch.from_numpy(batch.text_ids).to(device))
    und = torch.cat([words, *(tokens.to(words.dtype) for tokens in images)])
    positions = torch.from_numpy(batch.positions).to(device)
    states, _ = model(und, None, positions, BucketedAttention(batch.buckets, device))
    return states


def pairs_of(model: Grafted, batch: SeenBatch, images: Sequence[Tensor], device: torch.device) -> Pairs:
    """The mean of each image's tokens, and the state at the placeholder that stands behind its text."""
    if model.contrastive is None or batch.texts is None:
        raise SettingsError("the contrastive loss needs a model with a contrastive head: graft it with contrastive")
    placeholders = [model.contrastive.placeholder[None]] * len(batch.texts.vit_images)
    states = states_of(model, batch.texts, placeholders, device)
    ends = torch.tensor([int(rows[-1]) for rows in batch.texts.sample_rows], device=device)
    scale = model.contrastive.log_scale.exp().clamp(max=LARGEST_SCALE)
    return Pairs(torch.stack([tokens.mean(0) for tokens in images]), states[ends], scale)
