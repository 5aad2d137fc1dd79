"""One forward pass over whatever the running requests want: texts, images, single tokens and drawings alike."""
# B feeds, Nu and Ng tokens of the two streams, D hidden_size, V vocab_size, Z latent_token_size

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..networks.attention import Row, attend_to_caches
from ..networks.interface import Network
from ..networks.to_device import send
from .device import read_back
from .sampler import ReadBack, choose
from .work import Feed, Logits


@dataclass(frozen=True)
class Inputs:
    """What a pass needs to know on the device."""

    ids: Tensor
    """(words,) of all feeds."""
    positions: Tensor
    """(Nu + Ng,) rotary positions in stream order: texts count on, an image's tokens share one."""
    ends: Tensor | None
    """(asking,) where those end in the und stream that want scores; None where that is everywhere."""
    lengths: Tensor
    """(I,) latent tokens of each image."""
    places: Tensor
    """(Ng,) of latent tokens in their grid."""


@torch.inference_mode()
def run_pass(network: Network, feeds: Sequence[Feed], read_back: ReadBack = read_back) -> list[Logits | Tensor | None]:
    """What each feed wants, in order. Caches grow by their feeds; on failure they are left as they were."""
    rows = _rows(feeds)
    try:
        for feed in feeds:
            feed.cache.reserve(feed.num_tokens, feed.capacity)
        inputs = _inputs(feeds, rows, network.device)
        und = _und_stream(network, feeds, inputs)
        gen = _gen_stream(network, feeds, inputs)
        attend = attend_to_caches(rows, und.shape[0])
        und, gen = network(und, gen, inputs.positions, attend)
        results = _drawn(network, feeds, rows, gen)
        for i, logits in _scored(network, feeds, und, inputs.ends, read_back):
            results[i] = logits
    except BaseException:
        for feed in feeds:
            feed.cache.abandon()
        raise
    for feed in feeds:
        feed.cache.commit()
    return results


def _inputs(feeds: Sequence[Feed], rows: Sequence[Row], device: torch.device) -> Inputs:
    """All whole numbers of the pass, in one copy to the device."""
    ends = [_last_token(feed, row) for feed, row in zip(feeds, rows, strict=True) if feed.wants == "logits"]
    is_everywhere = len(ends) == rows[-1].und.stop
    latents = [feed.latents for feed in feeds if feed.latents]
    lists: list[list[int] | Tensor] = [
        [i for feed in feeds for i in feed.ids],
        _positions(feeds),
        [] if is_everywhere else ends,
        [len(image.tokens) for image in latents],
        torch.cat([image.position_indices for image in latents]) if latents else [],
    ]
    ids, positions, sent, lengths, places = send(lists, device)
    return Inputs(ids, positions, None if is_everywhere else sent, lengths, places)


def _rows(feeds: Sequence[Feed]) -> list[Row]:
    rows, num_und, num_gen = [], 0, 0
    for feed in feeds:
        und = slice(num_und, num_und + feed.num_und)
        gen = slice(num_gen, num_gen + feed.num_gen) if feed.latents else None
        rows.append(Row(feed.cache, und, gen, feed.is_causal))
        num_und, num_gen = und.stop, num_gen + feed.num_gen
    return rows


def _und_stream(network: Network, feeds: Sequence[Feed], inputs: Inputs) -> Tensor:
    """(Nu, D): each feed's texts or marks, followed by its image's tokens."""
    words = network.embed_text(inputs.ids)
    seen = [feed.vit for feed in feeds if feed.vit]
    if not seen:
        return words
    features = iter(network.embed_images([vit.pixels for vit in seen]))
    pieces: list[Tensor] = []
    for feed, word in zip(feeds, words.split([len(feed.ids) for feed in feeds]), strict=True):
        pieces += [word, next(features)] if feed.vit else [word]
    return torch.cat(pieces)


def _gen_stream(network: Network, feeds: Sequence[Feed], inputs: Inputs) -> Tensor | None:
    """(Ng, D): each feed's latent tokens at its own time."""
    latents = [feed.latents for feed in feeds if feed.latents]
    if not latents:
        return None
    times = torch.tensor([x.t for x in latents], dtype=torch.float32).to(network.device)
    tokens = torch.cat([x.tokens for x in latents]).to(network.device)
    return network.embed_latents(tokens, times, inputs.lengths, inputs.places)


def _positions(feeds: Sequence[Feed]) -> list[int]:
    und: list[int] = []
    gen: list[int] = []
    for feed in feeds:
        if feed.is_causal:
            und += range(feed.position, feed.position + feed.num_und)
        else:
            und += [feed.position] * feed.num_und
            gen += [feed.position] * feed.num_gen
    return und + gen


def _last_token(feed: Feed, row: Row) -> int:
    """Where a feed ends in the und stream: a text's last token, an image's end mark, or its last patch."""
    return row.und.start + len(feed.ids) - 1 if feed.ids else row.und.stop - 1


def _scored(
    network: Network, feeds: Sequence[Feed], und: Tensor, ends: Tensor | None, read_back: ReadBack
) -> Iterable[tuple[int, Logits]]:
    """The feeds that want scores by their numbers, with what was chosen."""
    asking = [i for i, feed in enumerate(feeds) if feed.wants == "logits"]
    if not asking:
        return ()
    last = und if ends is None else und.index_select(0, ends)
    scores = network.logits(last).float()  # (asking, V)
    return zip(asking, choose(scores, [feeds[i].choice for i in asking], read_back), strict=True)


def _drawn(
    network: Network, feeds: Sequence[Feed], rows: Sequence[Row], gen: Tensor | None
) -> list[Logits | Tensor | None]:
    """A row's velocity or its states before the final norm, where it wants them."""
    wanted = [feed.wants for feed in feeds]
    if gen is None or not {"velocity", "states"} & set(wanted):
        return [None] * len(feeds)
    whole = {"states": gen, "velocity": network.velocity(gen).float() if "velocity" in wanted else gen}
    return [whole[want][row.gen] if want in whole else None for want, row in zip(wanted, rows, strict=True)]
