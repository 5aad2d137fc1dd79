"""First weights of a run out of a checkpoint: the same sizes, or those of an earlier, smaller world.

What a network knows of tokens, places and patches is carried over where a new vocabulary, longer sides or other
patches ask for other tables; everything else must fit. A new token begins as the mean of the old tokens that spell it.
Patches of latents are resized as in FlexiViT (https://arxiv.org/abs/2212.08013), so that an enlarged picture looks as
it did; smaller ones are resized in the same way, and must be learnt again.
"""
# V words, D hidden_size, S patches a side, p latents a side of a token, z latent channels

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from einops import rearrange
from safetensors.torch import load_file
from torch import Tensor

from ..checkpoints.weights import weights_file
from ..errors import SettingsError
from ..inputs.tokenizer import Tokenizer
from ..networks.unified import UnifiedModel

WORDS = ("language_model.model.embed_tokens.weight", "language_model.lm_head.weight")
SEEN_PLACES = "vit_model.vision_model.embeddings.position_embedding.weight"
FIXED_PLACES = ("vit_pos_embed.pos_embed", "latent_pos_embed.pos_embed")
LATENTS_IN = "vae2llm.weight"
LATENTS_OUT = ("llm2vae.weight", "llm2vae.bias")


def start_from(model: UnifiedModel, folder: Path, tokenizer: Tokenizer) -> None:
    """Weights of a checkpoint folder into `model` with the words of `tokenizer`; SettingsError when they don't fit."""
    given = {name: weight.float() for name, weight in load_file(weights_file(folder)).items()}
    wanted = model.state_dict()
    try:
        if any(wanted[name].shape[0] != given[name].shape[0] for name in WORDS):
            spelling = spellings(tokenizer, Tokenizer.from_folder(folder))
            for name in WORDS:
                given[name] = words_anew(given[name], spelling, wanted[name])
        for name in FIXED_PLACES:  # they follow from the sizes
            if name in wanted and wanted[name].shape != given[name].shape:
                given[name] = wanted[name]
        given[SEEN_PLACES] = places_anew(given[SEEN_PLACES], len(wanted[SEEN_PLACES]))
        if LATENTS_IN in wanted and given[LATENTS_IN].shape != wanted[LATENTS_IN].shape:
            side = model.config.latent_patch_size
            channels = wanted[LATENTS_IN].shape[1] // side**2
            given[LATENTS_IN] = latents_in_anew(given[LATENTS_IN], side, channels)
            given |= {name: latents_out_anew(given[name], side, channels) for name in LATENTS_OUT}
        model.load_state_dict(given)
    except KeyError as error:
        raise SettingsError(f"start_from is {folder}, a model of another kind: it has no {error}") from error
    except RuntimeError as error:
        raise SettingsError(f"the weights of {folder} are of other sizes than the recipe's model: {error}") from error


def spellings(new: Tokenizer, old: Tokenizer) -> list[list[int]]:
    """For each id of `new` the ids of `old` that spell it: byte by byte where it cuts a character in two."""
    known = {old.token_bytes(i): i for i in range(old.largest_id + 1)}
    marks = {i: name for name, i in new.special_ids.items()}

    def spelt(token: int) -> list[int]:
        written = new.token_bytes(token)
        if token in marks or written in known:
            return [known[written]] if written in known else []
        text = written.decode("utf-8", "ignore")
        whole = old.encode(text) if text.encode() == written else [known.get(bytes([byte])) for byte in written]
        return [i for i in whole if i is not None]

    return [spelt(token) for token in range(new.largest_id + 1)]


def words_anew(old: Tensor, spelling: list[list[int]], begun: Tensor) -> Tensor:
    """(V, D) rows of new tokens as means of the old ones that spell them; those of `begun` where nothing does."""
    rows = begun.clone()
    for token, ids in enumerate(spelling):
        if ids:
            rows[token] = old[ids].mean(0)
    return rows


def places_anew(old: Tensor, count: int) -> Tensor:
    """(S * S, D) a learned table of places at another resolution."""
    if len(old) == count:
        return old
    square = rearrange(old, "(r c) d -> 1 d r c", r=_side(len(old)))
    resized = F.interpolate(square, size=(_side(count),) * 2, mode="bilinear", align_corners=False)
    return rearrange(resized, "1 d r c -> (r c) d")


def latents_in_anew(old: Tensor, side: int, channels: int) -> Tensor:
    """(D, p * p * z) weights that read an enlarged patch as the old ones read the patch."""
    enlarge = _enlarging(_side(old.shape[1] // channels), side)
    parts = rearrange(old, "d (p z) -> d p z", z=channels)
    return torch.einsum("d p z, p q -> d q z", parts, torch.linalg.pinv(enlarge)).flatten(1)


def latents_out_anew(old: Tensor, side: int, channels: int) -> Tensor:
    """(p * p * z, D) weights, or (p * p * z,) biases, that give what the old ones gave, enlarged."""
    enlarge = _enlarging(_side(len(old) // channels), side)
    parts = rearrange(old.reshape(len(old), -1), "(p z) d -> p z d", z=channels)
    return torch.einsum("q p, p z d -> q z d", enlarge, parts).reshape(-1, *old.shape[1:])


def _enlarging(old: int, new: int) -> Tensor:
    """(new * new, old * old) the bilinear enlargement of a square as a matrix."""
    squares = torch.eye(old * old).view(old * old, 1, old, old)
    return F.interpolate(squares, size=(new, new), mode="bilinear", align_corners=False).flatten(1).T


def _side(count: int) -> int:
    side = round(count**0.5)
    if side * side != count:
        raise SettingsError(f"{count} patches are no square")
    return side
