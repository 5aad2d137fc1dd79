"""Prepared rows on the disk."""

import pytest

from mindseye.data import writing
from mindseye.data.writing import Prepared, write_rows
from mindseye.errors import InputError


def rows(count, split="train"):
    for number in range(count):
        fields = {
            "sample_id": str(number),
            "split": split,
            "captions": ["a", "b"],
            "truth": {"n": number},
            "number": number,
        }
        yield Prepared(fields, b"x" * 100, f"{number}.png")


@pytest.mark.parametrize(("most_bytes", "sizes"), [(2**20, [64, 64, 22]), (1000, [10] * 15)])
def test_groups_of_a_table_are_small(tmp_path, monkeypatch, most_bytes, sizes):
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(writing, "BYTES_A_GROUP", most_bytes)
    assert write_rows(rows(150), tmp_path, "parquet") == {"train.parquet": 150}
    table = parquet.ParquetFile(tmp_path / "train.parquet")
    assert [table.metadata.row_group(n).num_rows for n in range(table.num_row_groups)] == sizes
    last = table.read().to_pylist()[-1]
    assert last["captions"] == ["a", "b"] and last["truth"] == '{"n": 149}' and last["number"] == 149
    assert last["image_bytes"] == b"x" * 100


def test_names_of_splits_lead_nowhere(tmp_path):
    (tmp_path / "out").mkdir()
    [name] = write_rows(rows(1, "../up"), tmp_path / "out", "jsonl")
    assert "/" not in name
    assert all((tmp_path / "out") in path.parents for path in tmp_path.rglob("*.*"))


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    for kind in ("jsonl", "parquet"):
        with pytest.raises(InputError, match="cannot be written"):
            write_rows(rows(1), tmp_path / "file", kind)


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
@pytest.mark.parametrize("ended", [KeyboardInterrupt, InputError])
def test_what_ends_early_leaves_nothing(tmp_path, kind, ended):
    if kind == "parquet":
        pytest.importorskip("pyarrow")

    def broken():
        yield from rows(3)
        raise ended

    with pytest.raises(ended):
        write_rows(broken(), tmp_path, kind)
    assert not list(tmp_path.iterdir())
    assert write_rows(rows(3), tmp_path, kind) == {f"train.{kind}": 3}


def test_pictures_that_were_there_before_stay(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "mine.png").write_bytes(b"x")

    def broken():
        yield from rows(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_rows(broken(), tmp_path, "jsonl")
    assert (tmp_path / "images" / "mine.png").is_file()
