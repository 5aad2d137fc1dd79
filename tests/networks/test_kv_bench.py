"""Caches that write together on a bench see what each would see alone."""
# B caches, G key/value heads, R queries a key/value head, E head_dim

import gc

import pytest
import torch

from mindseye.networks import kv_bench
from mindseye.networks.attention import Row, attend_to_caches
from mindseye.networks.attention.cpu import NextTokens
from mindseye.networks.kv_bench import SETTLED, Place, Together
from mindseye.networks.kv_cache import CacheShape
from mindseye.networks.kv_chunks import SPARE_CAPACITY, ChunkCache

G, R, E, LAYERS = 2, 3, 8, 2
LENGTHS = (7, 12, 12)


def shape_of(dtype=torch.float32):
    return CacheShape(LAYERS, G, E, torch.device("cpu"), dtype)


def read(cache, num_tokens, generator):
    """Let a cache hold random keys and values."""
    cache.reserve(num_tokens)
    for layer in range(LAYERS):
        new = torch.randn(2, num_tokens, G, E, generator=generator).to(cache.shape.dtype)
        cache.append(layer, *new)
    cache.commit()


def some_caches(lengths=LENGTHS, dtype=torch.float32):
    """Caches of these lengths, and twins of the same content that share nothing."""
    shape = shape_of(dtype)
    both = []
    for _ in range(2):
        generator = torch.Generator().manual_seed(0)
        caches = [ChunkCache(shape) for _ in lengths]
        for cache, length in zip(caches, lengths, strict=True):
            read(cache, length, generator)
        both.append(caches)
    return both


def write(caches, seed, is_kept=True):
    """A token each in one pass; returns who answered and its answers in each layer."""
    generator = torch.Generator().manual_seed(seed)
    for cache in caches:
        cache.reserve(1)
    attend = attend_to_caches(
        [Row(cache, slice(i, i + 1), is_causal=True) for i, cache in enumerate(caches)], len(caches)
    )
    dtype = caches[0].shape.dtype
    answers = []
    for layer in range(LAYERS):
        q = torch.randn(len(caches), G * R, E, generator=generator).to(dtype)
        k, v = torch.randn(2, len(caches), G, E, generator=generator).to(dtype)
        answers.append(attend(layer, q, k, v))
    for cache in caches:
        cache.commit() if is_kept else cache.abandon()
    return attend, torch.stack(answers)


def write_alone(caches, seed):
    """The same tokens, every cache by itself: their answers."""
    generator = torch.Generator().manual_seed(seed)
    for cache in caches:
        cache.reserve(1)
    attend, dtype = NextTokens(caches), caches[0].shape.dtype
    answers = []
    for layer in range(LAYERS):
        q = torch.randn(len(caches), G * R, E, generator=generator).to(dtype)
        k, v = torch.randn(2, len(caches), G, E, generator=generator).to(dtype)
        answers.append(attend(layer, q, k, v))
    for cache in caches:
        cache.commit()
    return torch.stack(answers)


def settle(caches, twins):
    """Write until they sit on a bench."""
    for seed in range(SETTLED + 1):
        attend, _ = write(caches, seed)
        write_alone(twins, seed)
    assert isinstance(attend, Together)


@pytest.mark.parametrize(("dtype", "atol"), [(torch.float32, 1e-5), (torch.bfloat16, 2e-2)])
@pytest.mark.parametrize("lengths", [LENGTHS, (9, 9)])
def test_answers_are_those_of_each_alone(lengths, dtype, atol):
    caches, twins = some_caches(lengths, dtype)
    kinds = []
    for seed in range(SPARE_CAPACITY + 20):  # more than a bench has room for
        attend, answers = write(caches, seed)
        kinds.append(type(attend))
        assert torch.allclose(answers, write_alone(twins, seed), atol=atol), seed
    assert kinds[:SETTLED] == [NextTokens] * SETTLED
    assert set(kinds[SETTLED:]) == {Together}


def test_who_goes_on_in_other_company_or_alone_keeps_its_own():
    caches, twins = some_caches()
    settle(caches, twins)
    for seed, some in enumerate([(0, 2), (2, 0), (1,), (0, 1, 2)], 100):
        mine = [caches[i] for i in some]
        attend, answers = write(mine, seed)
        assert isinstance(attend, NextTokens)
        assert torch.allclose(answers, write_alone([twins[i] for i in some], seed), atol=1e-5)


def test_a_pass_that_failed_leaves_no_trace():
    caches, twins = some_caches()
    settle(caches, twins)
    write(caches, 50, is_kept=False)
    attend, answers = write(caches, 51)
    assert isinstance(attend, Together)
    assert torch.allclose(answers, write_alone(twins, 51), atol=1e-5)


def test_a_fork_is_not_touched_by_what_its_origin_writes():
    caches, twins = some_caches()
    settle(caches, twins)
    fork, twin = caches[0].fork(), twins[0].fork()
    assert not any(isinstance(piece, Place) for piece in fork.storage)
    for seed in range(60, 62):
        write(caches, seed)
        write_alone(twins, seed)
    _, answers = write([fork], 70)
    assert torch.allclose(answers, write_alone([twin], 70), atol=1e-5)


def test_reading_several_tokens_leaves_the_bench():
    caches, twins = some_caches()
    settle(caches, twins)
    caches[1].reserve(2)
    attend = attend_to_caches([Row(caches[1], slice(0, 2), is_causal=True)], 2)
    assert not any(isinstance(piece, Place) for piece in caches[1].storage)
    for layer in range(LAYERS):
        attend(layer, torch.randn(2, G * R, E), torch.randn(2, G, E), torch.randn(2, G, E))
    caches[1].commit()
    assert caches[1].length == twins[1].length + 2


def test_bytes_are_counted_once_and_given_back():
    caches, twins = some_caches()
    del twins
    ledger = caches[0].shape.ledger
    settle(caches, some_caches()[0])
    [bench] = {place.bench for cache in caches for place in cache.storage}
    assert ledger.num_bytes == bench.num_bytes
    del bench, caches
    gc.collect()
    assert ledger.num_bytes == 0


@pytest.mark.parametrize(("name", "value"), [("MOST_BYTES", 1000), ("MOST_PADDING", 1.0)])
def test_a_bench_that_would_be_large_or_mostly_empty_is_not_set_up(monkeypatch, name, value):
    monkeypatch.setattr(kv_bench, name, value)
    caches, _ = some_caches()
    kinds = {type(write(caches, seed)[0]) for seed in range(SETTLED + 3)}
    assert kinds == {NextTokens}
