"""What somebody gives is looked at before it is read; what it says cannot move a cursor."""

import json
import os
import socket

import pytest

from mindseye.errors import InputError
from mindseye.given_files import parse_json, read_given, read_json
from mindseye.page import Page
from mindseye.printable import printable, printable_json


def test_special_files_are_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "socket"))
    for path in (tmp_path / "pipe", "/dev/zero", "/dev/null"):
        with pytest.raises(InputError, match="device or a pipe"):
            read_given(type(tmp_path)(path), 10)
    with pytest.raises(OSError):
        read_given(tmp_path / "socket", 10)
    listener.close()


def test_size_counts_before_the_first_byte(tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(10**12)  # a file of holes
    with pytest.raises(InputError, match="1,000,000 MB"):
        read_given(path, 10_000_000)
    path.write_bytes(b"x" * 11)
    with pytest.raises(InputError, match="11 bytes"):
        read_given(path, 10)
    assert read_given(path, 11) == b"x" * 11


def test_json_that_is_none(tmp_path):
    for text in ("[" * 100_000, '{"a":' * 100_000, "{", "1" * 5000, b"\xff\xfe"):
        with pytest.raises(ValueError):
            parse_json(text)
    path = tmp_path / "said.json"
    path.write_text('{"a": [1]}')
    assert read_json(path) == {"a": [1]}


def test_control_characters_become_escapes():
    assert printable("a\x1b[31mred\x07\x9b2J\u202eback") == "a\\x1b[31mred\\x07\\x9b2J\\u202eback"
    for harmless in ("a cat\n\tand 猫", "👩\u200d🚀", "é\u0301", "a\xa0b"):
        assert printable(harmless) == harmless


def test_a_page_shows_escapes(tmp_path):
    page = Page("a\x1b]0;title\x07", "sub\x00title")
    page.text("<script>\x1b[2J")
    written = page.save(tmp_path / "page.html").read_text()
    assert not set(written) & {"\x1b", "\x07", "\x00"}
    assert "&lt;script&gt;\\x1b[2J" in written


def test_json_says_the_same_without_control_characters():
    facts = {"\x9b2J": ["\u202e\x7f\x1b", "猫\n"], "n": 1.5}
    for indent in (None, 1):
        said = printable_json(facts, indent)
        assert json.loads(said) == facts
        assert "猫" in said and not set(said) & {"\x9b", "\u202e", "\x7f", "\x1b"}
