import os

import pytest

from mindseye.errors import InputError
from mindseye.inputs import jsonl
from mindseye.inputs.jsonl import parse_object, read_lines


def lines_of(tmp_path, data: bytes):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(data)
    return list(read_lines(path))


def test_lines_know_their_places(tmp_path):
    lines = lines_of(tmp_path, b'{"a": 1}\n\n  \r\n{"b": 2}\r\n{"c"')
    assert [(line.number, line.offset, line.data, line.is_whole) for line in lines] == [
        (1, 0, b'{"a": 1}', True),
        (4, 14, b'{"b": 2}', True),
        (5, 24, b'{"c"', False),
    ]


def test_byte_order_mark_is_no_part_of_the_first_row(tmp_path):
    [line] = lines_of(tmp_path, b'\xef\xbb\xbf{"a": 1}\n')
    assert parse_object(line) == {"a": 1}


def test_a_line_too_long_is_told_and_the_next_one_read(tmp_path, monkeypatch):
    monkeypatch.setattr(jsonl, "LONGEST_LINE", 16)
    long, short = lines_of(tmp_path, b"x" * 50 + b'\n{"a": 1}\n')
    with pytest.raises(InputError, match="line 1 is longer"):
        parse_object(long)
    assert (parse_object(short), short.offset) == ({"a": 1}, 51)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"a": ', "broken JSON"),
        (b"[1, 2]", "holds a list"),
        (b"null", "holds a null"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b'{"a": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"a": ' + b"1" * 5000 + b"}", "broken JSON"),
    ],
)
def test_what_is_no_row_is_told(tmp_path, data, said):
    [line] = lines_of(tmp_path, data)
    with pytest.raises(InputError, match=said):
        parse_object(line)


def test_only_plain_files_are_read(tmp_path):
    (tmp_path / "rows.jsonl").touch()
    os.mkfifo(tmp_path / "pipe")
    for name, said in (("row.jsonl", 'mean "rows.jsonl"'), (".", "a folder"), ("pipe", "no plain file")):
        with pytest.raises(InputError, match=said):
            list(read_lines(tmp_path / name))
