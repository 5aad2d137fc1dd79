"""Blocks of one pool: shared by forks, copied one at a time, given back when nobody holds them."""
# G key/value heads, E head_dim

import gc

import pytest
import torch

from mindseye.networks.kv_blocks import FIRST_BLOCKS, BlockPool
from mindseye.networks.kv_cache import CacheShape

SIZE = 4


def make_pool():
    return BlockPool(CacheShape(2, 3, 4, torch.device("cpu"), torch.float32), SIZE)


def write(cache, num_tokens, value):
    """Write `num_tokens` tokens full of `value` into every layer, as a pass does, without its end."""
    cache.reserve(num_tokens)
    if cache.copy:
        cache.pool.copy(*(torch.tensor([block.number]) for block in cache.copy))
    new = torch.full((num_tokens, 3, 4), float(value))
    for layer in range(2):
        cache.pool.write(layer, torch.tensor(cache.slots(num_tokens)), new, -new)


def append(cache, num_tokens, value):
    write(cache, num_tokens, value)
    cache.commit()


def seen(cache, num_tokens=None):
    """Values that a cache sees in its last layer, one a token."""
    number = cache.length if num_tokens is None else num_tokens
    keys = cache.pool.keys[1][[block.number for block in cache.blocks]].flatten(0, 1)
    values = cache.pool.values[1][[block.number for block in cache.blocks]].flatten(0, 1)
    assert torch.equal(keys, -values)
    return keys[:number, 0, 0].int().tolist()


def numbers(cache):
    return [block.number for block in cache.blocks]


def test_a_fork_shares_its_blocks():
    cache = make_pool().new_cache()
    append(cache, 6, 1)
    fork = cache.fork()
    assert numbers(fork) == numbers(cache)
    assert fork.bytes_owned(but_not=cache) == 0


def test_forks_do_not_see_each_other_and_copy_one_block_at_most():
    cache = make_pool().new_cache()
    append(cache, 6, 1)
    left, right = cache.fork(), cache.fork()
    append(left, 3, 2)
    append(right, 3, 3)
    append(left, 1, 4)
    assert seen(left) == [1] * 6 + [2] * 3 + [4]
    assert seen(right) == [1] * 6 + [3] * 3
    assert seen(cache) == [1] * 6
    assert numbers(left)[:2] == numbers(cache)  # the first goes on in the block that they share
    assert numbers(right)[0] == numbers(cache)[0]
    assert numbers(right)[1] not in numbers(left)


def test_a_full_block_is_never_copied():
    cache = make_pool().new_cache()
    append(cache, 2 * SIZE, 1)
    left, right = cache.fork(), cache.fork()
    append(left, 1, 2)
    append(right, 1, 3)
    assert numbers(left)[:2] == numbers(right)[:2] == numbers(cache)
    assert left.bytes_owned(but_not=cache) == left.storage[0].num_bytes


def test_a_prefix_ends_where_it_is_told_to():
    cache = make_pool().new_cache()
    append(cache, 6, 1)
    append(cache, 6, 2)
    start = cache.prefix(7)
    append(start, 2, 5)
    assert seen(start) == [1] * 6 + [2, 5, 5]
    assert seen(cache) == [1] * 6 + [2] * 6
    assert cache.prefix(0).blocks == []


def test_what_was_abandoned_is_forgotten():
    cache = make_pool().new_cache()
    append(cache, 2, 1)
    write(cache, 9, 7)
    cache.abandon()
    assert cache.length == 2 and len(cache.blocks) == 1
    append(cache, 1, 8)
    assert seen(cache) == [1, 1, 8]
    assert cache.bytes_owned(but_not=cache.prefix(2)) == 0  # and the block's rest can be used again


def test_abandoning_a_copy_leaves_the_shared_block_alone():
    cache = make_pool().new_cache()
    append(cache, 2, 1)
    fork = cache.fork()
    append(cache, 1, 2)
    write(fork, 1, 3)
    fork.abandon()
    append(fork, 2, 4)
    assert seen(fork) == [1, 1, 4, 4]
    assert seen(cache) == [1, 1, 2]


def test_a_failed_reservation_leaves_the_others_words_alone(monkeypatch):
    pool = make_pool()
    cache = pool.new_cache()
    append(cache, 2, 1)
    fork = cache.fork()
    append(cache, 1, 2)
    with monkeypatch.context() as patch:
        patch.setattr(pool, "take", lambda: (_ for _ in ()).throw(torch.OutOfMemoryError("full")))
        with pytest.raises(torch.OutOfMemoryError):
            fork.reserve(1)
    fork.abandon()
    append(fork, 1, 3)
    assert seen(cache) == [1, 1, 2]
    assert seen(fork) == [1, 1, 3]


def test_nothing_reserved_is_nothing_kept():
    cache = make_pool().new_cache()
    append(cache, 2, 1)
    fork = cache.fork()
    fork.reserve(0)
    fork.commit()
    assert fork.length == 2 and fork.copy is None


def test_blocks_come_back_when_nobody_holds_them():
    pool = make_pool()
    cache = pool.new_cache()
    append(cache, 6, 1)
    fork, canvas = cache.fork(), cache.canvas(5)
    held = pool.shape.ledger.num_bytes
    assert held == 4 * cache.storage[0].num_bytes  # two, one copied for the canvas, one more for its end
    del cache
    assert pool.shape.ledger.num_bytes == held
    del canvas
    assert pool.shape.ledger.num_bytes == held // 2
    del fork
    gc.collect()
    assert pool.shape.ledger.num_bytes == 0
    assert sorted(pool.free) == list(range(FIRST_BLOCKS))


def test_a_pool_grows_and_keeps_what_was_written():
    pool = make_pool()
    caches = [pool.new_cache() for _ in range(3 * FIRST_BLOCKS)]
    for i, cache in enumerate(caches):
        append(cache, SIZE - 1, i)
    assert [seen(cache) for cache in caches] == [[i] * (SIZE - 1) for i in range(len(caches))]
    assert len({numbers(cache)[0] for cache in caches}) == len(caches)


def test_growth_that_fails_half_way_is_taken_up_again(monkeypatch):
    pool = make_pool()
    caches = [pool.new_cache() for _ in range(FIRST_BLOCKS + 1)]
    for i, cache in enumerate(caches[:-1]):
        append(cache, SIZE, i)
    joined, calls = torch.cat, []

    def fails_at_third(tensors):
        calls.append(len(tensors))
        if len(calls) == 3:
            raise torch.OutOfMemoryError("full")
        return joined(tensors)

    monkeypatch.setattr(torch, "cat", fails_at_third)
    with pytest.raises(torch.OutOfMemoryError):
        caches[-1].reserve(1)
    caches[-1].abandon()
    append(caches[-1], 1, 77)
    assert {len(x) for x in (*pool.keys, *pool.values)} == {pool.num_blocks}
    assert [seen(cache)[0] for cache in caches] == [*range(FIRST_BLOCKS), 77]


def test_a_canvas_is_overwritten_and_leaves_its_context_alone():
    cache = make_pool().new_cache()
    append(cache, 6, 1)
    canvas = cache.canvas(5)
    append(cache, 1, 9)
    for value in (5, 6):
        write(canvas, 5, value)
        canvas.commit()
        assert seen(canvas, 11) == [1] * 6 + [value] * 5
    assert canvas.length == 6
    assert seen(cache) == [1] * 6 + [9]


def test_a_canvas_whose_first_pass_failed_copies_again():
    cache = make_pool().new_cache()
    append(cache, 2, 1)
    canvas = cache.canvas(1)
    canvas.reserve(1)
    canvas.abandon()
    assert canvas.copy is not None
    write(canvas, 1, 5)
    assert seen(canvas, 3) == [1, 1, 5]
