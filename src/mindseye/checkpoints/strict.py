"""Every tensor a network wants must be there in its shape, and nothing else: half a model draws noise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..errors import CheckpointError, nearest

PATCH_EMBEDDING = "embeddings.patch_embedding.weight"
LM_HEAD = "language_model.lm_head.weight"
DRAWING_ONLY = ("time_embedder.", "vae2llm.", "llm2vae.", "latent_pos_embed.")
SHOWN = 3

Shape = tuple[int, ...]


def is_drawing_only(name: str) -> bool:
    """Whether a tensor serves drawing alone, so that understanding goes without it."""
    return "_moe_gen" in name or name.startswith(DRAWING_ONLY)


def is_convolution(name: str, shape: Shape) -> bool:
    """Whether this is the ViT's patch embedding kept as a convolution (D, C, p, p)."""
    return name.endswith(PATCH_EMBEDDING) and len(shape) == 4


def check_tensors(where: Path, wanted: Mapping[str, Shape], found: Mapping[str, Shape], kind: str) -> None:
    """Raise CheckpointError for a missing, superfluous or misshapen tensor, naming it.

    `kind` says what the weights probably are, '' for no idea.
    """
    kind = kind or "half a download, or a model of another family"
    missing = [name for name in wanted if name not in found]
    extra = [name for name in found if name not in wanted]
    if missing:
        message = f"{where}: the weights lack {len(missing)} tensors: {_some(missing)}{nearest(missing[0], extra)}"
        raise CheckpointError(f"{message}; {_remedy(missing, found) or kind}")
    if extra:
        raise CheckpointError(
            f"{where}: the weights hold {len(extra)} tensors that this network has no place for: "
            f"{_some(extra)}{nearest(extra[0], wanted)}; {kind}"
        )
    for name, shape in wanted.items():
        if found[name] != shape:
            raise CheckpointError(
                f"{where}: {name} is {list(found[name])}, expected {list(shape)}; the files belong to "
                "different models, or a config does"
            )


def _remedy(missing: list[str], found: Mapping[str, Shape]) -> str:
    if all(is_drawing_only(name) for name in missing) and not any("_moe_gen" in name for name in found):
        return "they can read but not draw: load them with understanding_only"
    if missing == [LM_HEAD]:
        return "llm_config.json must say tie_word_embeddings if the word head is the embedding table"
    return ""


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
