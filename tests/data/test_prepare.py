"""Published data sets become rows."""

import json
import shutil
import tarfile

import pytest
from published import (
    CAPTIONS,
    annotation_table,
    checked,
    flickr_name,
    found,
    jpeg,
    make_coco,
    make_flickr8k,
    make_flickr30k,
    prepared,
    rows_of,
    write,
)

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
