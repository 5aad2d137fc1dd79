"""Rows of files in any order: each once, from any place on, the same for the same seed, in little memory."""

import json
import tracemalloc
from collections import Counter
from itertools import islice

import numpy as np
import pytest

from mindseye.errors import InputError
from mindseye.inputs import row_files
from mindseye.inputs.row_files import RowFiles
from mindseye.inputs.row_order import Reading, windows


def write_lines(path, count, start=0, fill=""):
    path.write_text("".join(json.dumps({"prompt": f"row {start + n}", "fill": fill}) + "\n" for n in range(count)))
    return path


def write_table(path, count, start=0, rows_a_group=50):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    texts = [f"row {start + n}" for n in range(count)]
    parquet.write_table(pa.table({"prompt": texts, "empty": [None] * count}), path, row_group_size=rows_a_group)
    return path


def damage_group(path, number):
    """Zeros in the place of all pages of a group."""
    from pyarrow import parquet

    data = bytearray(path.read_bytes())
    group = parquet.ParquetFile(path).metadata.row_group(number)
    for column in (group.column(place) for place in range(group.num_columns)):
        start, size = column.dictionary_page_offset or column.data_page_offset, column.total_compressed_size
        data[start : start + size] = bytes(size)
    path.write_bytes(data)


@pytest.fixture
def mixed(tmp_path):
    """500 rows: JSONL of 207, a table of 193 in four groups, JSONL of 100."""
    first = write_lines(tmp_path / "a.jsonl", 207)
    second = write_table(tmp_path / "b.parquet", 193, 207)
    third = write_lines(tmp_path / "c.jsonl", 100, 400)
    return RowFiles([first, second, third])


def numbers(rows):
    found = []
    for row in rows:
        assert row.fields["prompt"] == f"row {row.number}" and "empty" not in row.fields
        found.append(row.number)
    return found


def test_in_order(mixed):
    assert len(mixed) == 500
    assert numbers(mixed.read(Reading())) == list(range(500))
    assert numbers(mixed.read(Reading(start=390))) == list(range(390, 500))


def test_shuffled_epochs_hold_every_row_once_in_another_order(mixed):
    two = numbers(mixed.read(Reading(seed=3, num_epochs=2)))
    assert sorted(two[:500]) == sorted(two[500:]) == list(range(500))
    assert two[:500] != two[500:]
    assert numbers(mixed.read(Reading(seed=3))) == two[:500] != numbers(mixed.read(Reading(seed=4)))
    jumps = np.abs(np.diff(two[:500]))
    assert np.median(jumps) > 50, "neighbours stay neighbours"


@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.parametrize("start", [0, 1, 124, 125, 126, 250, 374])
def test_a_reader_that_was_stopped_goes_on_where_it_was(mixed, seed, start):
    whole = numbers(mixed.read(Reading(seed, rank=1, num_ranks=4, num_epochs=3)))
    assert len(whole) == 375
    assert numbers(mixed.read(Reading(seed, 1, 4, start, num_epochs=3))) == whole[start:]


@pytest.mark.parametrize("seed", [None, 5])
def test_ranks_share_the_rows(mixed, seed):
    shares = [numbers(mixed.read(Reading(seed, rank, 3))) for rank in range(3)]
    assert sorted(number for share in shares for number in share) == list(range(500))
    assert sorted(map(len, shares)) == [166, 167, 167]


def test_an_order_depends_on_sizes_and_seed_alone():
    sizes = np.array([3, 1, 4])
    found = [place for window in windows(sizes, Reading(seed=1), 2) for place in window.places.tolist()]
    assert sorted(found) == [[0, 0], [0, 1], [0, 2], [1, 0], [2, 0], [2, 1], [2, 2], [2, 3]]
    assert found == [[0, 2], [0, 0], [0, 1], [1, 0], [2, 1], [2, 3], [2, 2], [2, 0]]


def test_blocks_come_in_another_order_each_epoch():
    sizes = np.full(40, 5)
    found = [(window.epoch, window.blocks) for window in windows(sizes, Reading(seed=1, num_epochs=3), width=8)]
    epochs = [[block for number, blocks in found if number == epoch for block in blocks] for epoch in range(3)]
    assert all(sorted(blocks) == list(range(40)) for blocks in epochs)
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0] and list(range(40)) not in epochs


def test_endless_readings_go_on(tmp_path):
    files = RowFiles([write_lines(tmp_path / "a.jsonl", 7)])
    assert Counter(numbers(islice(files.read(Reading(seed=0, num_epochs=None)), 70))) == dict.fromkeys(range(7), 10)
    with pytest.raises(InputError, match="wait for ever"):
        files.read(Reading(rank=7, num_ranks=8, num_epochs=None))
    assert list(files.read(Reading(rank=7, num_ranks=8))) == []


def test_broken_lines_are_rows_that_say_so(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"prompt": "row 0"}\n\n{broken\n[1]\n{"prompt": "\xff"}\n{"prompt": "row 4"}')
    said = ["", "line 3 is broken JSON", "line 4 holds a list", "line 5 is not UTF-8", ""]
    for reading in (Reading(), Reading(seed=2)):
        rows = sorted(RowFiles([path]).read(reading), key=lambda row: row.number)
        assert [row.number for row in rows] == [0, 1, 2, 3, 4]
        assert all((row.broken or "").startswith(begin) for row, begin in zip(rows, said, strict=True))
        assert [row.fields.get("prompt") for row in rows] == ["row 0", None, None, None, "row 4"]


@pytest.mark.parametrize("seed", [None, 1])
def test_rows_of_a_damaged_group_are_broken_and_the_others_are_read(tmp_path, seed):
    path = write_table(tmp_path / "a.parquet", 200)
    damage_group(path, 1)
    rows = list(RowFiles([path]).read(Reading(seed)))
    assert sorted(row.number for row in rows) == list(range(200))
    broken = {row.number for row in rows if row.broken}
    assert broken == set(range(50, 100))
    assert all(row.fields["prompt"] == f"row {row.number}" for row in rows if not row.broken)


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "none.parquet").write_bytes(b"no table")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        RowFiles([tmp_path / "none.parquet"])
    with pytest.raises(InputError, match="does not exist"):
        RowFiles([tmp_path / "missing.jsonl"])
    (tmp_path / "empty.jsonl").write_bytes(b"")
    assert len(RowFiles([tmp_path / "empty.jsonl"])) == 0
    assert list(RowFiles([tmp_path / "empty.jsonl"]).read(Reading(seed=1))) == []


def test_a_file_that_changes_is_noticed(tmp_path):
    path = write_lines(tmp_path / "a.jsonl", 70)
    files = RowFiles([path])
    write_lines(path, 90)
    with pytest.raises(InputError, match="was changed"):
        list(files.read(Reading(seed=0)))


def test_groups_too_large_for_memory_are_refused_where_order_needs_them(tmp_path, monkeypatch):
    path = write_table(tmp_path / "a.parquet", 200, rows_a_group=200)
    monkeypatch.setattr(row_files, "LARGEST_BLOCK", 1000)
    assert len(numbers(RowFiles([path]).read(Reading()))) == 200
    with pytest.raises(InputError, match="row_group_size"):
        list(RowFiles([path]).read(Reading(seed=0)))


@pytest.mark.parametrize(("seed", "most"), [(None, 1), (7, 12)])
def test_memory_does_not_grow_with_the_file(tmp_path, seed, most):
    peaks = []
    for count in (4_000, 40_000):
        path = write_lines(tmp_path / f"{count}.jsonl", count, fill="x" * 1000)
        tracemalloc.start()
        assert sum(1 for _ in RowFiles([path]).read(Reading(seed))) == count
        peaks.append(tracemalloc.get_traced_memory()[1] / 1e6)
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 0.3 and peaks[1] < most, peaks


@pytest.mark.parametrize(("seed", "most"), [(None, 3), (7, 14)])
def test_memory_does_not_grow_with_a_table(tmp_path, seed, most):
    """Groups of 64 rows of 10 KB: one at a time in order, 16 where they are shuffled."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rng, before, peaks = np.random.default_rng(0), pa.default_memory_pool(), []
    try:
        for groups in (32, 128):
            path = tmp_path / f"{groups}.parquet"
            table = pa.table({"image_bytes": [rng.bytes(10_000) for _ in range(64 * groups)]})
            parquet.write_table(table, path, row_group_size=64)
            pool = pa.proxy_memory_pool(before)
            pa.set_memory_pool(pool)
            assert (
                sum(len(row.fields["image_bytes"]) for row in RowFiles([path]).read(Reading(seed))) == 640_000 * groups
            )
            pa.set_memory_pool(before)
            peaks.append(pool.max_memory() / 1e6)
    finally:
        pa.set_memory_pool(before)
    assert peaks[0] > 0.5 and peaks[1] < 1.2 * peaks[0] and peaks[1] < most, peaks


@pytest.mark.parametrize("said", [{"rank": 2, "num_ranks": 2}, {"start": -1}, {"num_epochs": -1}, {"seed": -1}])
def test_readings_that_cannot_be(said):
    with pytest.raises(InputError):
        Reading(**said)
