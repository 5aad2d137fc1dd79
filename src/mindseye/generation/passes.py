"""One forward pass over whatever the running requests want: texts, images, single tokens and drawings alike."""
# B feeds, Nu and Ng tokens of the two streams, D hidden_size, V vocab_size, Z latent_token_size

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..networks.attention import Row, attend_to_caches
from ..networks.interface import Network
from ..networks.kv_cache import KVCache
from .sampler import choose
from .work import Feed, Logits


@torch.inference_mode()
def run_pass(network: Network, feeds: Sequence[Feed]) -> list[Logits | Tensor | None]:
    """What each feed wants, in order. Caches grow by their feeds; on failure they are left as they were."""
    rows = _rows(feeds)
    device = network.device
    try:
        for feed in feeds:
            if isinstance(feed.cache, KVCache):
                feed.cache.reserve(feed.num_tokens, feed.capacity)
        und = _und_stream(network, feeds, device)
        gen = _gen_stream(network, feeds, device)
        attend = attend_to_caches(rows, und.shape[0])
        und, gen = network(und, gen, _positions(feeds, device), attend)
        results = _results(network, feeds, rows, und, gen)
    except BaseException:
        for feed in feeds:
            if isinstance(feed.cache, KVCache):
                feed.cache.abandon()
        raise
    for feed in feeds:
        if isinstance(feed.cache, KVCache):
            feed.cache.commit()
    return results


def _rows(feeds: Sequence[Feed]) -> list[Row]:
    rows, num_und, num_gen = [], 0, 0
    for feed in feeds:
        und = slice(num_und, num_und + feed.num_und)
        gen = slice(num_gen, num_gen + feed.num_gen) if feed.latents else None
        rows.append(Row(feed.cache, und, gen, feed.is_causal))
        num_und, num_gen = und.stop, num_gen + feed.num_gen
    return rows


def _und_stream(network: Network, feeds: Sequence[Feed], device: torch.device) -> Tensor:
    """(Nu, D): each feed's texts or marks, followed by its image's tokens."""
    ids = torch.tensor([i for feed in feeds for i in feed.ids], dtype=torch.long, device=device)
    words = network.embed_text(ids)
    seen = [feed.vit for feed in feeds if feed.vit]
    if not seen:
        return words
    features = iter(network.embed_images([vit.pixels for vit in seen]))
    pieces: list[Tensor] = []
    for feed, word in zip(feeds, words.split([len(feed.ids) for feed in feeds]), strict=True):
        pieces += [word, next(features)] if feed.vit else [word]
    return torch.cat(pieces)


def _gen_stream(network: Network, feeds: Sequence[Feed], device: torch.device) -> Tensor | None:
    """(Ng, D): each feed's latent tokens at its own time."""
    latents = [feed.latents for feed in feeds if feed.latents]
    if not latents:
        return None
    lengths = torch.tensor([x.tokens.shape[0] for x in latents], device=device)
    times = torch.tensor([x.t for x in latents], dtype=torch.float32, device=device)
    tokens = torch.cat([x.tokens for x in latents]).to(device)
    indices = torch.cat([x.position_indices for x in latents]).to(device)
    return network.embed_latents(tokens, times, lengths, indices)


def _positions(feeds: Sequence[Feed], device: torch.device) -> Tensor:
    """(Nu + Ng,) rotary positions in stream order: texts count on, an image's tokens share one."""
    und: list[int] = []
    gen: list[int] = []
    for feed in feeds:
        if feed.is_causal:
            und += range(feed.position, feed.position + feed.num_und)
        else:
            und += [feed.position] * feed.num_und
            gen += [feed.position] * feed.num_gen
    return torch.tensor(und + gen, device=device)


def _last_token(feed: Feed, row: Row) -> int:
    """Where a feed ends in the und stream: a text's last token, an image's end mark, or its last patch."""
    return row.und.start + len(feed.ids) - 1 if feed.ids else row.und.stop - 1


def _results(
    network: Network, feeds: Sequence[Feed], rows: Sequence[Row], und: Tensor, gen: Tensor | None
) -> list[Logits | Tensor | None]:
    results: list[Logits | Tensor | None] = [None] * len(feeds)
    asking = [i for i, feed in enumerate(feeds) if feed.wants == "logits"]
    if asking:
        ends = [_last_token(feeds[i], rows[i]) for i in asking]
        last = und if len(ends) == len(und) else und[ends]
        scores = network.logits(last).float()  # (asking, V)
        for i, logits in zip(asking, choose(scores, [feeds[i].choice for i in asking]), strict=True):
            results[i] = logits
    drawing = [i for i, feed in enumerate(feeds) if feed.wants == "velocity"]
    if drawing and gen is not None:
        velocity = network.velocity(gen).float()
        for i in drawing:
            results[i] = velocity[rows[i].gen]
    for i, feed in enumerate(feeds):
        if feed.wants == "states" and gen is not None:
            results[i] = gen[rows[i].gen]
    return results
