"""Attention over blocks gives what the definition gives, gathered and through a paged kernel's interface."""
# N tokens in stream order, T new tokens of a row, S tokens seen, H query heads, G key/value heads, E head_dim,
# B rows, P tokens of a block

from dataclasses import dataclass

import pytest
import torch

from mindseye.networks.attention import Row, attend_to_caches, blocks, gathered, varlen
from mindseye.networks.attention.blocks import BlockAttention
from mindseye.networks.kv_blocks import BlockPool
from mindseye.networks.kv_cache import CacheShape

H, G, E = 6, 2, 8
SIZE = 4


@dataclass
class Given:
    """A row's past and its new tokens in the two streams."""

    past: int
    und: int
    gen: int = 0
    is_causal: bool = True
    is_canvas: bool = False


CASES = {
    "writing": [Given(5, 1), Given(8, 1), Given(0, 1), Given(17, 1)],
    "writing alike": [Given(5, 1), Given(5, 1)],
    "texts from their first word": [Given(0, 7), Given(0, 3), Given(0, 5)],
    "texts that go on": [Given(6, 7), Given(4, 3), Given(40, 2)],
    "images that are seen": [Given(0, 6, is_causal=False), Given(9, 6, is_causal=False)],
    "drawings": [Given(6, 2, 9, False, True), Given(3, 2, 9, False, True), Given(0, 2, 4, False, True)],
    "everything": [
        Given(5, 1),
        Given(6, 2, 9, False, True),
        Given(0, 7),
        Given(9, 6, is_causal=False),
        Given(13, 3),
        Given(2, 1),
        Given(4, 2, 6, False),
    ],
}


def plain_paged_attention(
    q, keys, values, ends, ends_seen, most_new, most_seen, *, window_size, enable_gqa, seqused_k, block_table
):
    """What `varlen_attn` promises, a row after the other."""
    assert all(x.dtype == torch.int32 for x in (ends, ends_seen, seqused_k, block_table))
    assert enable_gqa and len(block_table) == len(seqused_k) == len(ends) - 1
    assert torch.equal(ends_seen.diff(), seqused_k) and ends_seen[0] == ends[0] == 0
    assert most_new == ends.diff().max() and most_seen == seqused_k.max()
    out = []
    for row, length in enumerate(seqused_k.tolist()):
        queries = q[ends[row] : ends[row + 1]]
        k, v = (x[block_table[row].long()].flatten(0, 1)[:length] for x in (keys, values))
        out.append(by_definition(queries, k, v, window_size == (-1, 0)))
    return torch.cat(out)


def by_definition(q, k, v, is_causal):
    """q (T, H, E), k and v (S, G, E) -> (T, H, E); with `is_causal` the last query sees everything."""
    k, v = (x.repeat_interleave(H // G, dim=1) for x in (k, v))
    scores = torch.einsum("the,she->ths", q, k) * E**-0.5
    if is_causal:
        mask = torch.ones(len(q), len(k), dtype=torch.bool).tril(len(k) - len(q))
        scores = scores.masked_fill(~mask[:, None], float("-inf"))
    return torch.einsum("ths,she->the", scores.softmax(-1), v)


def fill(cache, keys, values):
    """Write a past (S, G, E) into the only layer."""
    cache.reserve(len(keys))
    cache.pool.write(0, torch.tensor(cache.slots(len(keys)), dtype=torch.long), keys, values)
    cache.commit()


def check(given, attends=None):
    """Attend with these rows; returns the attention object."""
    generator = torch.Generator().manual_seed(0)
    pool = BlockPool(CacheShape(1, G, E, torch.device("cpu"), torch.float32), SIZE)
    rows, pasts, num_und, num_gen = [], [], 0, 0
    for row in given:
        cache = pool.new_cache()
        past = torch.randn(2, row.past, G, E, generator=generator)
        if row.past:
            fill(cache, *past)
        other = cache.fork()  # somebody else goes on from the same past, so that the last block is copied
        if row.past and not row.is_canvas:
            fill(other, *torch.full((2, 2, G, E), torch.nan))
        if row.is_canvas:
            cache = cache.canvas(row.und + row.gen)
        cache.reserve(row.und + row.gen)
        gen = slice(num_gen, num_gen + row.gen) if row.gen else None
        rows.append(Row(cache, slice(num_und, num_und + row.und), gen, row.is_causal))
        pasts.append(past)
        num_und, num_gen = num_und + row.und, num_gen + row.gen
    q = torch.randn(num_und + num_gen, H, E, generator=generator)
    k, v = torch.randn(2, num_und + num_gen, G, E, generator=generator)
    attend = attend_to_caches(rows, num_und)
    assert isinstance(attend, BlockAttention)
    answers = attend(0, q, k, v).unflatten(1, (H, E))
    for row, past in zip(rows, pasts, strict=True):
        places = list(range(row.und.start, row.und.stop))
        places += [num_und + i for i in range(row.gen.start, row.gen.stop)] if row.gen else []
        keys, values = (torch.cat([old, new[places]]) for old, new in zip(past, (k, v), strict=True))
        right = by_definition(q[places], keys, values, row.is_causal)
        assert torch.allclose(answers[places], right, atol=1e-5)
    return attend


@pytest.fixture(params=["gathered", "paged"])
def kernel(request, monkeypatch):
    if request.param == "paged":
        monkeypatch.setattr(blocks, "has_paged_kernels", lambda shape: True)
        monkeypatch.setattr(varlen, "paged_attention", lambda: plain_paged_attention)
    return request.param


@pytest.mark.parametrize("case", CASES)
def test_every_kind_of_row_equals_the_definition(kernel, case):
    check(CASES[case])


@pytest.mark.parametrize("num_rows", [1, 5, 40])
def test_writing_is_one_call_however_many_write(kernel, num_rows):
    attend = check([Given(3 * i % 70, 1) for i in range(num_rows)])
    assert len(attend.groups) == 1


def test_rows_of_very_different_shapes_are_not_padded_to_the_longest():
    shapes = [(2, 4), (3, 5), (2, 60), (60, 64)]
    attend = check([Given(seen - new, new, is_causal=False) for new, seen in shapes])
    cells = sum(len(group.places) * group.num_seen for group in attend.groups)
    assert cells <= gathered.MOST_WASTE * sum(new * seen for new, seen in shapes)
    assert len(attend.groups) < len(shapes)


def test_no_mask_where_all_see_everything():
    for given in (CASES["texts from their first word"], CASES["writing alike"], [Given(9, 6, is_causal=False)]):
        assert all(group._mask is None for group in check(given).groups)


def test_a_mask_is_made_once_a_pass():
    attend = check([Given(6, 7), Given(4, 7)])
    [group] = attend.groups
    before = group._mask
    assert before is not None
    q, (k, v) = torch.randn(14, H, E), torch.randn(2, 14, G, E)
    attend(0, q, k, v)
    assert group._mask is before


def test_sixteen_bits_are_near_float32():
    torch.manual_seed(0)
    answers = []
    for dtype in (torch.float32, torch.bfloat16):
        generator = torch.Generator().manual_seed(0)
        pool = BlockPool(CacheShape(1, G, E, torch.device("cpu"), dtype), SIZE)
        caches = [pool.new_cache() for _ in range(2)]
        for cache, length in zip(caches, (30, 11), strict=True):
            fill(cache, *torch.randn(2, length, G, E, generator=generator).to(dtype))
            cache.reserve(1)
        rows = [Row(cache, slice(i, i + 1), is_causal=True) for i, cache in enumerate(caches)]
        q = torch.randn(2, H, E, generator=generator).to(dtype)
        k, v = torch.randn(2, 2, G, E, generator=generator).to(dtype)
        answers.append(attend_to_caches(rows, 2)(0, q, k, v).float())
    assert (answers[0] - answers[1]).abs().max() < 0.02 * answers[0].abs().max()


def test_paged_kernels_are_for_cuda_and_sixteen_bits():
    on_cpu = CacheShape(1, G, E, torch.device("cpu"), torch.bfloat16)
    assert not varlen.has_paged_kernels(on_cpu)
    assert not varlen.has_paged_kernels(CacheShape(1, G, E, torch.device("cuda"), torch.float32))
    assert not varlen.has_paged_kernels(CacheShape(1, G, 12, torch.device("cuda"), torch.bfloat16))


def test_this_torch_has_the_interface_that_is_called():
    kernel = varlen.paged_attention()
    if kernel is None:
        pytest.skip("this torch's varlen_attn knows no blocks")
    q = torch.empty(3, H, E, device="meta", dtype=torch.bfloat16)
    pool = torch.empty(5, 256, G, E, device="meta", dtype=torch.bfloat16)
    short = torch.empty(3, device="meta", dtype=torch.int32)
    out = kernel(
        q,
        pool,
        pool,
        short,
        short,
        1,
        9,
        window_size=varlen.CAUSAL,
        enable_gqa=True,
        seqused_k=short[:2],
        block_table=short.view(1, 3),
    )
    assert out.shape == q.shape
