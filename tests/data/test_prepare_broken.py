"""What is wrong with a data set is told, and stops nothing else."""

import io
import json
import zipfile

import PIL.Image
import pytest
from published import (
    checked,
    coco_json,
    flickr_name,
    found,
    jpeg,
    make_coco,
    make_flickr8k,
    make_flickr30k,
    prepared,
    rows_of,
    write,
    write_zip,
)

from mindseye.cli.main import main
from mindseye.errors import InputError


def test_what_is_wrong_with_pictures_is_told(tmp_path):
    source = make_flickr30k(tmp_path / "in", 8)
    pictures = source / "flickr30k_images" / "flickr30k_images"
    (pictures / flickr_name(1)).unlink()
    (pictures / flickr_name(2)).write_bytes(jpeg(2)[:300])
    (pictures / flickr_name(3)).write_bytes(jpeg(4))
    (pictures / flickr_name(5)).write_bytes(b"")
    (pictures / flickr_name(6)).write_bytes(b"<html>404</html>")
    write(source / "train.txt", "\n".join(map(flickr_name, range(4))))
    write(source / "test.txt", "\n".join(map(flickr_name, range(4, 8))))
    outcome = prepared("flickr30k", source, tmp_path / "out", is_checked=True)
    assert [said.split(":")[0] for said in found(outcome, "missing")] == [flickr_name(1)]
    assert [said.split(":")[0] for said in found(outcome, "corrupt")] == [flickr_name(n) for n in (2, 5, 6)]
    [said] = found(outcome, "duplicate")
    assert said == f"{flickr_name(4)}: shows the same as {flickr_name(3)} of train, across splits (test)"
    assert outcome.splits == {"train": 2, "test": 2}
    report = json.loads((tmp_path / "out" / "problems.json").read_text())
    assert report["problems"] == {"repaired": 1, "missing": 1, "corrupt": 3, "duplicate": 1}
    assert len(report["found"]) == 6


def test_a_png_of_the_same_pixels_is_a_duplicate(tmp_path):
    source = make_flickr30k(tmp_path / "in", 2)
    pictures = source / "flickr30k_images" / "flickr30k_images"
    again = io.BytesIO()
    PIL.Image.open(pictures / flickr_name(0)).save(again, "PNG")
    (pictures / flickr_name(1)).write_bytes(again.getvalue())
    assert len(found(checked("flickr30k", source), "duplicate")) == 1


def test_members_that_are_damaged_inside_an_archive(tmp_path):
    make_coco(tmp_path / "in")
    data = bytearray((tmp_path / "in" / "train2017.zip").read_bytes())
    where = data.index(jpeg(11)) + 100
    data[where : where + 20] = bytes(20)
    (tmp_path / "in" / "train2017.zip").write_bytes(data)
    for is_checked in (False, True):
        outcome = prepared("coco", tmp_path / "in", tmp_path / f"out{is_checked}", "parquet", is_checked)
        [said] = found(outcome, "corrupt")
        assert said.startswith("000000000011.jpg") and "CRC" in said
        assert outcome.splits == {"train": 5, "validation": 2}


def test_an_archive_that_is_cut_short_costs_its_pictures_only(tmp_path):
    make_coco(tmp_path / "in")
    path = tmp_path / "in" / "train2017.zip"
    path.write_bytes(path.read_bytes()[:-200])
    outcome = checked("coco", tmp_path / "in")
    assert outcome.splits == {"validation": 2} and len(found(outcome, "missing")) == 6
    assert "train2017.zip: cannot be read" in found(outcome, "archive")[0]


@pytest.mark.parametrize("name", ["../../evil.jpg", "/etc/evil.jpg", "..\\evil.jpg", "c:/evil.jpg"])
def test_names_in_archives_lead_nowhere(tmp_path, name):
    write_zip(tmp_path / "in" / "images.zip", {name: jpeg(0), "good.jpg": jpeg(1)})
    captions = (
        f"{name.replace(chr(92), '/').rpartition('/')[2]}#0\tA cat .\ngood.jpg#0\tA dog .\n../../up.jpg#0\tA fox .\n"
    )
    write(tmp_path / "in" / "Flickr8k.token.txt", captions)
    outcome = prepared("flickr8k", tmp_path / "in", tmp_path / "out")
    assert "leads elsewhere" in found(outcome, "unsafe")[0]
    assert [said.split(":")[0] for said in found(outcome, "missing")] == ["evil.jpg", "up.jpg"]
    assert sorted(p.name for p in tmp_path.rglob("*.jpg")) == ["good.jpg"]


def test_an_archive_that_unpacks_to_more_than_it_says(tmp_path, monkeypatch):
    write_zip(tmp_path / "in" / "images.zip", {"a.jpg": jpeg(0), "b.jpg": jpeg(1)})
    write(tmp_path / "in" / "Flickr8k.token.txt", "a.jpg#0\tA cat .\nb.jpg#0\tA dog .\n")
    monkeypatch.setattr("mindseye.data.archives.LARGEST_FILE", 10)
    monkeypatch.setattr("mindseye.data.archives.Found.read.__defaults__", (10,))
    outcome = checked("flickr8k", tmp_path / "in")
    assert len(found(outcome, "corrupt")) == 2 and "at most" in found(outcome, "corrupt")[0]


def test_broken_lines_are_told_and_the_others_count(tmp_path):
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        write(tmp_path / "in" / name, jpeg(ord(name[0])))
    lines = [b"a.jpg#0\tA cat .", b"no tab here", b"b.jpg#0\t", b"", b"b.jpg#1\tA \xff dog .", b"a.jpg#1\tAn animal ."]
    write(tmp_path / "in" / "Flickr8k.token.txt", b"\r\n".join(lines))
    write(tmp_path / "in" / "Flickr_8k.trainImages.txt", "a.jpg\nb.jpg\nc.jpg\n")
    write(tmp_path / "in" / "Flickr_8k.testImages.txt", "a.jpg\n")
    outcome = prepared("flickr8k", tmp_path / "in", tmp_path / "out")
    said = " / ".join(found(outcome, "line"))
    assert [f"line {n}" in said for n in (1, 2, 3, 4, 5, 6)] == [True, True, True, False, True, False]
    assert "a.jpg is in two splits" in said
    assert found(outcome, "uncaptioned") == [f"{name}.jpg: no annotation describes it" for name in "bc"]
    assert [row["captions"] for row in rows_of(tmp_path / "out")] == [["A cat .", "An animal ."]]


def test_broken_annotations_of_coco_are_told(tmp_path):
    said = coco_json(1, 3)
    said["images"] += [{"id": 7}, "x", {"id": 8, "file_name": ".."}]
    said["annotations"] += [{"image_id": 99, "id": 1, "caption": "x"}, {"image_id": 1, "caption": None}, 3]
    write(tmp_path / "in" / "annotations" / "captions_train2017.json", json.dumps(said))
    write(tmp_path / "in" / "annotations" / "captions_train2014.json", json.dumps(coco_json(50, 1)))
    for number in (1, 2, 3):
        write(tmp_path / "in" / "train2017" / f"{number:012d}.jpg", jpeg(number))
    outcome = checked("coco", tmp_path / "in")
    assert outcome.splits == {"train": 3} and outcome.num_captions == 15 and len(found(outcome, "line")) == 7
    assert "left aside" in " ".join(found(outcome, "line"))


@pytest.mark.parametrize(
    ("name", "files", "said"),
    [
        ("coco", {"captions_train2017.json": '{"images": ['}, "broken JSON"),
        ("coco", {"captions_train2017.json": ""}, "is empty"),
        ("coco", {"captions_train2017.json": "[]"}, "lists of images"),
        ("coco", {"captions_train2017.jsn": "[]"}, 'no captions_train2017.json.*did you mean "captions_train2017.jsn"'),
        ("flickr8k", {"Flickr8k.token.txt": ""}, "is empty"),
        ("flickr8k", {"captions.txt": "picture;text\n"}, 'expected "image,caption"'),
        ("flickr8k", {"x.jpg": "x"}, "no Flickr8k.token.txt"),
        ("flickr30k", {"results.csv": ""}, 'expected "image_name'),
        ("flickr30k", {"results.csv": "image,comment\n"}, 'expected "image_name'),
        ("flickr30k", {"flickr_annotations_30k.csv": "raw,sentids,filename\n"}, "no column split"),
        ("flickr30k", {"flickr_annotations_30k.csv": b"raw,split,filename\n\xff"}, "no table of UTF-8"),
        ("flickr8k", {"Flickr8k.token.txt": "a.jpg#0\tA cat .\n"}, "no picture with a caption to write.*1 missing"),
        ("flickr31k", {"x": "x"}, 'did you mean "flickr30k"'),
        ("coco", {}, "holds no file"),
    ],
)
def test_what_cannot_be_prepared(tmp_path, name, files, said):
    (tmp_path / "in").mkdir()
    for file, data in files.items():
        write(tmp_path / "in" / file, data)
    with pytest.raises(InputError, match=said):
        prepared(name, tmp_path / "in", tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.jsonl")) and not list((tmp_path / "out").glob(".*"))


def test_rows_without_a_picture_of_their_own_are_only_left_out(tmp_path):
    source = make_flickr8k(tmp_path / "in")
    with zipfile.ZipFile(source / "Flickr8k_text.zip") as archive:
        tokens = archive.read("Flickr8k.token.txt").decode()
    odd = "2258277193_586949ec62.jpg.1"  # such a name is in the published file, and there is no such picture
    (source / "Flickr8k.token.txt").write_text(tokens + f"{odd}#0\tA boy .\n")
    outcome = checked("flickr8k", source)
    assert found(outcome, "missing") == [f"{odd}: of unlisted is in no folder and no archive"]
    assert outcome.splits == {"train": 4, "validation": 2, "test": 2}


def test_the_command_tells_what_is_wrong(tmp_path, capsys):
    source = make_flickr30k(tmp_path / "in", 9)
    for number in range(7):
        (source / "flickr30k_images" / "flickr30k_images" / flickr_name(number)).unlink()
    words = ["data", "prepare", "flickr30k", "--source", str(source)]
    assert main([*words, "--check"]) == 1
    said = capsys.readouterr().out
    assert "pictures with captions: 2 train; 10 captions" in said and "missing pictures: 7" in said
    assert said.count("is in no folder") == 5 and "  and 2 more" in said and not (tmp_path / "out").exists()
    assert main([*words, "-o", str(tmp_path / "out"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["files"] == {"train.jsonl": 2} and said["problems"] == {"repaired": 1, "missing": 7}
    assert main([*words, "-o", str(tmp_path / "out")]) == 2
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "is not empty" in said and "-o DIR" in said
    assert main([*words, "-o", str(tmp_path / "x"), "--format", "parket"]) == 2
    assert 'mean "parquet"' in capsys.readouterr().err and not (tmp_path / "x").exists()


def test_nothing_wrong_is_told_too(tmp_path, capsys):
    assert main(["data", "prepare", "coco", "--source", str(make_coco(tmp_path / "in")), "--check"]) == 0
    assert "nothing is wrong" in capsys.readouterr().out


def test_an_interrupted_run_leaves_no_rows(tmp_path, monkeypatch):
    def stop(self, row):
        raise KeyboardInterrupt

    source = make_coco(tmp_path / "in")
    for kind, name in (("jsonl", "Lines"), ("parquet", "Groups")):
        monkeypatch.setattr(f"mindseye.data.writing.{name}.write", stop)
        with pytest.raises(KeyboardInterrupt):
            prepared("coco", source, tmp_path / kind, kind)
        assert not list((tmp_path / kind).iterdir())


def test_a_source_that_is_a_file_is_not_proposed_again(tmp_path):
    file = write(tmp_path / "captions.json", "{}")
    with pytest.raises(InputError) as caught:
        prepared("coco", file, tmp_path / "out")
    assert f"is a file; name the folder in which it lies: {tmp_path}" in str(caught.value)
    assert "did you mean" not in str(caught.value)
