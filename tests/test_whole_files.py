"""Files appear whole or not at all, whoever else writes there, and a free name has one owner."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import PIL.Image
import pytest

from mindseye.errors import InputError
from mindseye.page import Page
from mindseye.pictures import read_facts, save_png
from mindseye.whole_files import claim_folder, claim_name, give_back, whole_file

SAVES = """
import sys
import PIL.Image
from mindseye.pictures import save_png
path, grey, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for number in range(count):
    save_png(PIL.Image.new("RGB", (64, 64), (grey,) * 3), path, {"grey": grey, "number": number})
"""


def test_two_processes_save_to_one_name(tmp_path):
    path, count = tmp_path / "picture.png", 600
    writers = [
        subprocess.Popen([sys.executable, "-c", SAVES, str(path), str(grey), str(count)], stderr=subprocess.PIPE)
        for grey in (50, 200)
    ]
    num_read = 0
    while any(writer.poll() is None for writer in writers):
        if path.exists():
            with PIL.Image.open(path) as image:
                image.load()
                facts = read_facts(image)
            assert image.getpixel((0, 0)) == (facts["grey"],) * 3
            num_read += 1
    for writer in writers:
        assert writer.wait() == 0, writer.stderr.read().decode()
        writer.stderr.close()
    assert num_read > 50
    assert [file.name for file in tmp_path.iterdir()] == ["picture.png"]


def test_what_fails_leaves_nothing(tmp_path):
    class BrokenImage:
        def save(self, file, **options):
            Path(file).write_bytes(b"half a pict")
            raise OSError(28, "No space left on device")

    (tmp_path / "picture.png").write_bytes(b"before")
    with pytest.raises(InputError, match="No space left"):
        save_png(BrokenImage(), tmp_path / "picture.png")
    with pytest.raises(KeyboardInterrupt), whole_file(tmp_path / "text") as unfinished:
        unfinished.write_text("half")
        raise KeyboardInterrupt
    assert [file.name for file in tmp_path.iterdir()] == ["picture.png"]
    assert (tmp_path / "picture.png").read_bytes() == b"before"


def test_an_output_has_the_rights_that_any_new_file_has(tmp_path):
    before = os.umask(0o027)
    try:
        save_png(PIL.Image.new("RGB", (4, 4)), tmp_path / "picture.png")
        Page("title").save(tmp_path / "page.html")
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o640}


def test_a_name_may_be_as_long_as_a_name_can_be(tmp_path):
    save_png(PIL.Image.new("RGB", (4, 4)), tmp_path / ("x" * 251 + ".png"))
    assert len(list(tmp_path.iterdir())) == 1


def test_a_free_name_has_one_owner(tmp_path):
    with ThreadPoolExecutor(8) as threads:
        names = list(threads.map(lambda _: claim_name("picture", tmp_path, ".png"), range(200)))
        folders = list(threads.map(lambda _: claim_folder("trace", tmp_path), range(200)))
    assert len(set(names)) == len(set(folders)) == 200
    assert {path.name for path in names} >= {"picture.png", "picture-2.png", "picture-200.png"}


def test_only_what_was_not_filled_is_given_back(tmp_path):
    empty, full = claim_name("a", tmp_path, ""), claim_name("b", tmp_path, "")
    empty_folder, full_folder = claim_folder("c", tmp_path), claim_folder("d", tmp_path)
    full.write_text("said")
    (full_folder / "x").write_text("")
    for path in (empty, full, empty_folder, full_folder):
        give_back(path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "d"]
