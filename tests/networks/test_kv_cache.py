"""A cache that forks without copying, and the cache that a picture is drawn on."""
# L layers, G key/value heads, E head_dim

import pytest
import torch

from mindseye.networks.kv_cache import CacheShape
from mindseye.networks.kv_chunks import SHORT, SPARE_CAPACITY, ChunkCache

SHAPE = CacheShape(2, 3, 4, torch.device("cpu"), torch.float32)


def append(cache, num_tokens, value, capacity=0):
    """Write `num_tokens` tokens full of `value` into every layer; returns the last layer's parts."""
    new = torch.full((num_tokens, 3, 4), float(value))
    cache.reserve(num_tokens, capacity)
    parts = [cache.write(layer, [new], [-new]) for layer in range(2)][-1]
    cache.commit()
    return parts


def seen(cache):
    """Values that a cache sees, one a token."""
    parts = append(cache, 1, 99)
    return torch.cat([values for _, values in parts], dim=1)[0, :-1, 0].neg().int().tolist()


def test_a_fork_shares_storage():
    cache = ChunkCache(SHAPE)
    append(cache, SHORT + 1, 1)
    fork = cache.fork()
    assert fork.bytes_owned(but_not=cache) == 0
    first, again = append(cache, 1, 2)[0][0], append(fork.prefix(SHORT + 1), 1, 3)[0][0]
    assert first.data_ptr() == again.data_ptr()


@pytest.mark.parametrize(("length", "num_parts"), [(SHORT, 1), (SHORT + 1, 2)])
def test_who_starts_a_chunk_takes_a_short_beginning_along(length, num_parts):
    cache = ChunkCache(SHAPE)
    append(cache, length, 1)
    fork = cache.fork()
    append(cache, 1, 2)
    assert len(append(fork, 1, 3)) == num_parts
    assert seen(fork) == [1] * length + [3]
    assert seen(cache) == [1] * length + [2]


def test_forks_do_not_see_each_other():
    cache = ChunkCache(SHAPE)
    append(cache, 3, 1)
    left, right = cache.fork(), cache.fork()
    append(left, 2, 2)
    append(right, 2, 3)
    append(left, 1, 4)
    assert seen(right) == [1, 1, 1, 3, 3]
    assert seen(left) == [1, 1, 1, 2, 2, 4]
    assert seen(cache) == [1, 1, 1]


def test_only_the_second_to_go_on_needs_storage_of_its_own():
    cache = ChunkCache(SHAPE)
    append(cache, 3, 1)
    left, right = cache.fork(), cache.fork()
    append(left, 2, 2)
    assert left.bytes_owned(but_not=cache) == 0
    append(right, 2, 3)
    assert right.bytes_owned(but_not=cache) > 0


def test_a_prefix_ends_where_it_is_told_to():
    cache = ChunkCache(SHAPE)
    append(cache, SPARE_CAPACITY + 1, 1)
    append(cache, SPARE_CAPACITY + 1, 2)
    start = cache.prefix(SPARE_CAPACITY + 3)
    assert start.length == SPARE_CAPACITY + 3
    assert seen(start) == [1] * (SPARE_CAPACITY + 1) + [2, 2]


def test_a_long_story_has_few_chunks():
    cache = ChunkCache(SHAPE)
    for i in range(60):
        append(cache, 100, i)
    assert len(append(cache, 1, 99)) <= 8
    assert seen(cache) == [i for i in range(60) for _ in range(100)] + [99]


def test_what_was_abandoned_is_forgotten():
    cache = ChunkCache(SHAPE)
    append(cache, 2, 1)
    cache.reserve(4)
    cache.write(0, [torch.zeros(4, 3, 4)], [torch.zeros(4, 3, 4)])
    cache.abandon()
    assert cache.length == 2
    append(cache, 1, 7)
    assert seen(cache) == [1, 1, 7]
    assert cache.bytes_owned(but_not=cache.prefix(2)) == 0


def test_a_drawing_cache_is_overwritten_and_leaves_its_context_alone():
    cache = ChunkCache(SHAPE)
    append(cache, 3, 1)
    canvas = cache.canvas(4)
    for value in (5.0, 6.0):
        marks, latents = torch.full((2, 3, 4), value), torch.full((2, 3, 4), value + 0.5)
        [(keys, values)] = canvas.write(1, [marks, latents], [-marks, -latents])
        assert keys[0, :, 0].tolist() == [1, 1, 1, value, value, value + 0.5, value + 0.5]
        assert torch.equal(values, -keys)
    assert seen(cache) == [1, 1, 1]
