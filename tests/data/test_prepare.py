"""Published data sets become rows; what is wrong with them is told, and stops nothing else."""

import io
import json
import shutil
import tarfile
import zipfile

import PIL.Image
import pytest
from published import (
    CAPTIONS,
    annotation_table,
    coco_json,
    flickr_name,
    jpeg,
    make_coco,
    make_flickr8k,
    make_flickr30k,
    write,
    write_zip,
)

from mindseye.data.prepare import Wanted, prepare
from mindseye.errors import InputError
from mindseye.inputs.row_files import RowFiles
from mindseye.inputs.row_lessons import Broken, lessons_of, open_lesson
from mindseye.inputs.row_order import Reading
from mindseye.inputs.row_pictures import PictureFinder

MAKERS = {"coco": make_coco, "flickr8k": make_flickr8k, "flickr30k": make_flickr30k}
SIZES = {
    "coco": {"train": 6, "validation": 2},
    "flickr8k": {"train": 4, "validation": 2, "test": 2},
    "flickr30k": {"train": 5},
}


def prepared(name, folder, output, kind="jsonl", is_checked=False):
    output.mkdir()
    return prepare(name, folder, Wanted(output, kind, is_checked))


def checked(name, folder):
    return prepare(name, folder, Wanted(None, is_checked=True))


def rows_of(folder, split="train"):
    return [json.loads(line) for line in (folder / f"{split}.jsonl").read_text().splitlines()]


def found(outcome, kind):
    return [f"{problem.where}: {problem.what}" for problem in outcome.problems.of(kind)]


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
@pytest.mark.parametrize("name", MAKERS)
def test_a_data_set_becomes_lessons(tmp_path, name, kind):
    outcome = prepared(name, MAKERS[name](tmp_path / "in"), tmp_path / "out", kind)
    shutil.rmtree(tmp_path / "in")  # the rows stand alone
    assert outcome.splits == SIZES[name] and outcome.num_captions == 5 * sum(SIZES[name].values())
    assert outcome.files == {f"{split}.{kind}": size for split, size in SIZES[name].items()}
    broken = Broken()
    for split, size in SIZES[name].items():
        path = tmp_path / "out" / f"{split}.{kind}"
        rows = RowFiles([path]).read(Reading(seed=1))
        lessons = [
            (row, open_lesson(lesson, PictureFinder((path.parent,)))) for row, lesson in lessons_of(rows, broken)
        ]
        assert len(lessons) == size and not broken.count
        for row, (asked, answer) in lessons:
            assert (
                row.fields["split"] == split
                and row.sample_id.startswith(f"{name}-")
                and len(row.fields["captions"]) == 5
            )
            assert asked.items[0].image.size == (48, 32) and asked.items[1].text == "describe the picture"
            assert answer.text == row.fields["captions"][0]


def test_every_picture_keeps_its_own_captions(tmp_path):
    prepared("coco", make_coco(tmp_path / "in"), tmp_path / "out")
    for row in [*rows_of(tmp_path / "out"), *rows_of(tmp_path / "out", "validation")]:
        number = int(row["sample_id"].removeprefix("coco-"))
        assert row["captions"] == [f"{caption[:-2]} {number}." for caption in CAPTIONS]
        assert (tmp_path / "out" / row["image"]).read_bytes() == jpeg(number)


def test_the_line_without_a_bar_is_repaired(tmp_path):
    outcome = prepared("flickr30k", make_flickr30k(tmp_path / "in"), tmp_path / "out")
    [said] = found(outcome, "repaired")
    assert "results.csv, line 26" in said
    assert rows_of(tmp_path / "out")[-1]["captions"][4] == "A dog runs across the grass ."


def test_flickr30k_with_splits(tmp_path):
    make_flickr30k(tmp_path / "in", 6)
    splits = ["train", "train", "val", "test", "test", "train"]
    write(tmp_path / "in" / "flickr_annotations_30k.csv", annotation_table(splits))
    outcome = prepared("flickr30k", tmp_path / "in", tmp_path / "out")
    assert outcome.splits == {"train": 3, "validation": 1, "test": 2}
    assert rows_of(tmp_path / "out", "validation")[0]["captions"] == CAPTIONS
    assert rows_of(tmp_path / "out", "validation")[0]["sample_id"] == f"flickr30k-{flickr_name(2)[:-4]}"


def test_flickr30k_with_lists_of_ids(tmp_path):
    make_flickr30k(tmp_path / "in", 3)
    for number, split in enumerate(("train", "val", "test")):
        write(tmp_path / "in" / f"{split}.txt", flickr_name(number)[:-4] + "\n")
    assert checked("flickr30k", tmp_path / "in").splits == {"train": 1, "validation": 1, "test": 1}


def test_flickr8k_as_one_table(tmp_path):
    write(tmp_path / "in" / "Images" / "a.jpg", jpeg(1))
    write(tmp_path / "in" / "captions.txt", 'image,caption\na.jpg,A dog runs .\na.jpg,"A dog , ""Rex"" , runs ."\n')
    prepared("flickr8k", tmp_path / "in", tmp_path / "out")
    assert rows_of(tmp_path / "out")[0]["captions"] == ["A dog runs .", 'A dog , "Rex" , runs .']


def test_karpathys_splits(tmp_path):
    sentences = [{"raw": "A dog .", "tokens": ["a", "dog"], "imgid": 0, "sentid": 0}]
    splits = {"train": "train", "restval": "train", "val": "validation", "test": "test"}
    images = [{"filename": f"{n}.jpg", "split": s, "sentences": sentences, "imgid": n} for n, s in enumerate(splits)]
    write(tmp_path / "in" / "dataset_coco.json", json.dumps({"images": images, "dataset": "coco"}))
    for n in range(4):
        write(tmp_path / "in" / "val2014" / f"{n}.jpg", jpeg(n))
    assert checked("coco", tmp_path / "in").splits == {"train": 2, "validation": 1, "test": 1}


def test_pictures_in_tar_archives(tmp_path):
    make_flickr30k(tmp_path / "in", 3)
    with tarfile.open(tmp_path / "in" / "flickr30k-images.tar", "w") as archive:
        archive.add(tmp_path / "in" / "flickr30k_images" / "flickr30k_images", "flickr30k-images")
    shutil.rmtree(tmp_path / "in" / "flickr30k_images" / "flickr30k_images")
    write(tmp_path / "in" / "more.tar.gz", b"x")
    outcome = prepared("flickr30k", tmp_path / "in", tmp_path / "out", is_checked=True)
    assert outcome.splits == {"train": 3} and "unpack it" in found(outcome, "archive")[0]
    assert (tmp_path / "out" / rows_of(tmp_path / "out")[1]["image"]).read_bytes() == jpeg(1)


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
    assert outcome.splits == SIZES["flickr8k"]
