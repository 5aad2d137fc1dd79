"""Every way to compute attention gives what the definition gives."""
# T new tokens, S tokens seen, G key/value heads, R queries a key/value head, E head_dim

import pytest
import torch

from mindseye.networks.attention import Row, attend_images, attend_to_caches, cpu
from mindseye.networks.attention.cpu import NextTokens, attend_parts
from mindseye.networks.attention.images import PaddedImages
from mindseye.networks.kv_cache import CacheShape
from mindseye.networks.kv_chunks import ChunkCache

G, R, E = 2, 3, 8


def by_definition(q, keys, values, mask=None):
    """q (T, G, R, E), keys and values (G, S, E) -> (T, G, R, E)."""
    scores = torch.einsum("tgre,gse->tgrs", q, keys) * E**-0.5
    if mask is not None:
        scores = scores.masked_fill(~mask[:, None, None], float("-inf"))
    return torch.einsum("tgrs,gse->tgre", scores.softmax(-1), values)


def random_case(num_new, num_seen, seed=0):
    generator = torch.Generator().manual_seed(seed)
    q = torch.randn(num_new, G, R, E, generator=generator)
    keys, values = torch.randn(2, G, num_seen, E, generator=generator)
    return q, keys, values


@pytest.mark.parametrize("by_products", [True, False])
@pytest.mark.parametrize("num_parts", [1, 3])
@pytest.mark.parametrize("is_causal", [True, False])
@pytest.mark.parametrize("num_new", [1, 5, 70])
def test_parts_equal_the_whole(monkeypatch, num_new, is_causal, num_parts, by_products):
    monkeypatch.setattr(cpu, "_prefers_products", lambda q: by_products)
    monkeypatch.setattr(cpu, "SCORES_AT_ONCE", 1000)  # several blocks
    q, keys, values = random_case(num_new, 90)
    parts = list(zip(keys.chunk(num_parts, 1), values.chunk(num_parts, 1), strict=True))
    mask = torch.ones(num_new, 90, dtype=torch.bool).tril(90 - num_new) if is_causal else None
    [answer] = attend_parts([q], parts, mask)
    assert torch.allclose(answer, by_definition(q, keys, values, mask), atol=1e-5)


def test_one_new_token_each_sees_its_own_past():
    shape = CacheShape(1, G, E, torch.device("cpu"), torch.float32)
    generator = torch.Generator().manual_seed(0)
    caches = [ChunkCache(shape) for _ in range(3)]
    seen = []
    for cache, length in zip(caches, (4, 9, 4), strict=True):
        keys, values = torch.randn(2, length, G, E, generator=generator)
        cache.reserve(length)
        cache.append(0, keys, values)
        cache.commit()
        seen.append((keys, values))
    caches[2].fork().reserve(1)  # another goes on in the chunk, so that the last one continues in parts
    q = torch.randn(3, G * R, E, generator=generator)
    k, v = torch.randn(2, 3, G, E, generator=generator)
    for cache in caches:
        cache.reserve(1)
    rows = [Row(cache, slice(i, i + 1), is_causal=True) for i, cache in enumerate(caches)]
    attend = attend_to_caches(rows, 3)
    assert isinstance(attend, NextTokens)
    answers = attend(0, q, k, v)
    for i, (keys, values) in enumerate(seen):
        whole = [torch.cat([past, now[i : i + 1]]).transpose(0, 1) for past, now in ((keys, k), (values, v))]
        right = by_definition(q[i].view(1, G, R, E), *whole)
        assert torch.allclose(answers[i], right.flatten(), atol=1e-5)


def test_pieces_of_queries_come_back_as_pieces():
    q, keys, values = random_case(7, 20)
    answers = attend_parts([q[:2], q[2:]], [(keys, values)], None)
    assert [len(answer) for answer in answers] == [2, 5]
    assert torch.allclose(torch.cat(list(answers)), by_definition(q, keys, values), atol=1e-5)


def test_bfloat16_is_near_float32():
    q, keys, values = random_case(200, 300)
    [exact] = attend_parts([q], [(keys, values)], None)
    [rough] = attend_parts([q.bfloat16()], [(keys.bfloat16(), values.bfloat16())], None)
    assert (rough - exact).abs().max() < 0.02 * exact.abs().max()


def test_images_of_any_sizes_do_not_see_each_other():
    generator = torch.Generator().manual_seed(0)
    q, k, v = torch.randn(3, 12, 2, E, generator=generator)
    for lengths in ([6, 6], [3, 9], [1, 4, 7]):
        alone = [attend_images(*x, [len(x[0])]) for x in zip(*(y.split(lengths) for y in (q, k, v)), strict=True)]
        for together in (attend_images(q, k, v, lengths), PaddedImages(lengths, q.device)(q, k, v)):
            assert torch.allclose(together, torch.cat(alone), atol=1e-6)
