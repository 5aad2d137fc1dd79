import json
import tracemalloc

import pytest

from mindseye.batch.tasks import task_of
from mindseye.errors import InputError
from mindseye.inputs.rows import count_rows, find_files, read_rows
from mindseye.inputs.sample_ids import folder_name, row_seed


def write(path, *rows):
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return path


def test_rows_of_many_files_are_numbered_through(tmp_path):
    first = write(tmp_path / "a.jsonl", {"prompt": "one"}, "{broken", "")
    second = write(tmp_path / "b.jsonl", {"prompt": "two", "extra": [1]})
    rows = list(read_rows([first, second]))
    assert [(row.number, row.sample_id) for row in rows] == [(0, 0), (1, 1), (2, 2)]
    assert rows[2].fields == {"prompt": "two", "extra": [1]}
    with pytest.raises(InputError, match="line 2 is broken JSON"):
        _ = rows[1].asked
    assert count_rows([first, second]) == 3
    assert [row.number for row in read_rows([first, second], 1, 2)] == [1]


def test_every_row_has_an_id_of_its_own(tmp_path):
    ids = [
        {"id": "a"},
        {"id": "a"},
        {"sample_id": 7, "id": "b"},
        {},
        {"id": True},
        {"id": ""},
        {"id": "a-2"},
        {"id": 3},
    ]
    path = write(tmp_path / "a.jsonl", *ids)
    assert [row.sample_id for row in read_rows([path])] == ["a", "a-2", 7, 3, 4, 5, "a-2-2", "3-2"]
    assert [row.sample_id for row in read_rows([path], start=6)] == ["a-2-2", "3-2"]


def test_folders_are_searched_for_files(tmp_path):
    write(tmp_path / "b.jsonl", {})
    write(tmp_path / "a.jsonl", {})
    write(tmp_path / "c.txt", {})
    assert [path.name for path in find_files([tmp_path])] == ["a.jsonl", "b.jsonl"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"holds no \.jsonl"):
        find_files([tmp_path / "empty"])


@pytest.mark.parametrize("key", ["..", "a/b", "", "x" * 3000, "a\nb", ".hidden", "c:\\d"])
def test_no_id_leads_out_of_its_folder(key):
    name = folder_name(key)
    assert name
    assert len(name) <= 100
    assert not set(name) & set("/\\\n\0:")
    assert not name.startswith(".")
    assert name != folder_name(key + "!")


def test_plain_ids_are_their_own_folders():
    assert [folder_name(key) for key in (7, "cat_1", "猫-2", "a.b")] == ["7", "cat_1", "猫-2", "a.b"]


def test_a_rows_seed_is_its_own():
    seeds = {row_seed(seed, key) for seed in range(50) for key in range(50)}
    assert len(seeds) == 2500
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert row_seed(1, 7) == row_seed(1, "7") == 1449776176202656405


def test_parquet_rows_keep_pictures_as_bytes(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = [
        {"prompt": "x", "image": {"bytes": b"png", "path": "a"}, "id": "a"},
        {"prompt": "y", "image": None, "id": "b"},
    ]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "rows.parquet")
    first, second = read_rows([tmp_path / "rows.parquet"])
    assert first.asked.pictures[0].source == b"png"
    assert second.fields == {"prompt": "y", "id": "b"}
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        list(read_rows([tmp_path / "bad.parquet"]))


@pytest.mark.parametrize(
    ("fields", "task"),
    [
        ({"Question": "how many?"}, "reason"),
        ({"conversations": [{"from": "human", "value": "draw it"}]}, "ask"),
        ({"messages": [{"role": "user", "content": "draw it"}]}, "ask"),
        ({"question": "what is it"}, "ask"),
        ({"prompt": "what is it?", "image": "a"}, "ask"),
        ({"prompt": "有几只猫？", "image": "a"}, "ask"),
        ({"prompt": "remove the cat", "image": "a"}, "edit"),
        ({"prompt": "a cat"}, "draw"),
        ({"instruction": "what if it rained?", "image": "a"}, "edit"),
        ({"prompt": "what?", "task": "generate"}, "generate"),
    ],
)
def test_what_a_row_wants(tmp_path, fields, task):
    [row] = read_rows([write(tmp_path / "a.jsonl", fields)])
    assert task_of(row.asked, row.fields, "auto") == task
    assert task_of(row.asked, row.fields, "draw") == "draw"


def test_a_misspelt_task_is_told(tmp_path):
    [row] = read_rows([write(tmp_path / "a.jsonl", {"prompt": "x", "task": "drwa"})])
    with pytest.raises(InputError, match=r'mean "draw".*expected one of ask'):
        task_of(row.asked, row.fields, "auto")


def test_rows_take_no_memory(tmp_path):
    path = tmp_path / "many.jsonl"
    line = json.dumps({"prompt": "a cat", "notes": "x" * 3000}) + "\n"
    path.write_text(line * 20_000)
    tracemalloc.start()
    count = sum(1 for _ in read_rows([path]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 8e6  # the file has 60 MB; what is kept are eight bytes a row, in a set
