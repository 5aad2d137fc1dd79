"""Made-up data sets in the exact forms in which COCO, Flickr8k and Flickr30k are published."""

import io
import json
import zipfile

import numpy as np
import PIL.Image

from mindseye.data.prepare import Wanted, prepare

CAPTIONS = [
    "A child in a pink dress is climbing up a set of stairs in an entry way .",
    "A girl going into a wooden building .",
    "A little girl climbing into a wooden playhouse .",
    "A little girl climbing the stairs to her playhouse .",
    "A little girl in a pink dress going into a wooden cabin .",
]


def jpeg(number):
    """A small JPEG that looks like no other."""
    pixels = np.random.default_rng(number).integers(0, 255, (4, 6, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def write_zip(path, files):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def coco_json(first_id, count, year=2017, split="train"):
    """What captions_train2017.json holds."""
    named = {n: f"{n:012d}.jpg" for n in range(first_id, first_id + count)}
    return {
        "info": {"description": "COCO 2017 Dataset", "url": "http://cocodataset.org", "version": "1.0", "year": year},
        "licenses": [{"url": "http://creativecommons.org/licenses/by/2.0/", "id": 4, "name": "Attribution License"}],
        "images": [
            {
                "license": 4,
                "file_name": name,
                "coco_url": f"http://images.cocodataset.org/{split}{year}/{name}",
                "height": 32,
                "width": 48,
                "date_captured": "2013-11-14 11:18:45",
                "flickr_url": "http://farm4.staticflickr.com/3153/2970773875_164f0c0b83_z.jpg",
                "id": number,
            }
            for number, name in named.items()
        ],
        "annotations": [
            {"image_id": number, "id": number * 10 + k, "caption": f"{caption[:-2]} {number}."}
            for k, caption in enumerate(CAPTIONS)
            for number in named
        ],
    }


def make_coco(folder):
    """train2017.zip with six pictures, val2017 as a folder with two, annotations as a zip."""
    train, val = coco_json(9, 6), coco_json(139, 2, split="val")
    write_zip(folder / "train2017.zip", {f"train2017/{n:012d}.jpg": jpeg(n) for n in range(9, 15)})
    for number in (139, 140):
        write(folder / "val2017" / f"{number:012d}.jpg", jpeg(number))
    files = {"annotations/captions_train2017.json": train, "annotations/captions_val2017.json": val}
    files["annotations/instances_val2017.json"] = {"images": [], "annotations": []}
    write_zip(folder / "annotations_trainval2017.zip", {name: json.dumps(said) for name, said in files.items()})
    return folder


def flickr_name(number):
    return f"{1000268201 + number}_693b08cb0e.jpg"


def make_flickr8k(folder, splits=(("train", 4), ("dev", 2), ("test", 2))):
    """Flickr8k_Dataset.zip and Flickr8k_text.zip, as they are handed out."""
    count = sum(size for _, size in splits)
    pictures = {f"Flicker8k_Dataset/{flickr_name(n)}": jpeg(n) for n in range(count)}
    clutter = {f"__MACOSX/Flicker8k_Dataset/._{flickr_name(0)}": b"\0\5\26\7"}
    write_zip(folder / "Flickr8k_Dataset.zip", {**pictures, **clutter})
    lines = [f"{flickr_name(n)}#{k}\t{caption}\n" for n in range(count) for k, caption in enumerate(CAPTIONS)]
    texts, first = {"Flickr8k.token.txt": "".join(lines), "__MACOSX/._Flickr8k.token.txt": b"\0"}, 0
    for split, size in splits:
        names = [f"{flickr_name(n)}\n" for n in range(first, first + size)]
        texts[f"Flickr_8k.{split}Images.txt"], first = "".join(names), first + size
    write_zip(folder / "Flickr8k_text.zip", texts)
    return folder


def pipe_lines(count):
    """results.csv, with the line that lacks a bar: "2199200615.jpg| 4   A dog runs across the grass ."."""
    lines = ["image_name| comment_number| comment\n"]
    for n in range(count):
        lines += [f"{flickr_name(n)}| {k}| {caption}\n" for k, caption in enumerate(CAPTIONS)]
    lines[-1] = f"{flickr_name(count - 1)}| 4   A dog runs across the grass .\n"
    return "".join(lines)


def annotation_table(splits):
    """flickr_annotations_30k.csv: raw,sentids,split,filename,img_id."""
    lines = ["raw,sentids,split,filename,img_id\n"]
    for n, split in enumerate(splits):
        raw = json.dumps(CAPTIONS).replace('"', '""')
        lines.append(f'"{raw}","{list(range(n * 5, n * 5 + 5))}",{split},{flickr_name(n)},{n}\n')
    return "".join(lines)


def make_flickr30k(folder, count=5):
    """The folder flickr30k_images with its pictures and results.csv."""
    for n in range(count):
        write(folder / "flickr30k_images" / "flickr30k_images" / flickr_name(n), jpeg(n))
    write(folder / "flickr30k_images" / "results.csv", pipe_lines(count))
    return folder


def prepared(name, folder, output, kind="jsonl", is_checked=False):
    output.mkdir()
    return prepare(name, folder, Wanted(output, kind, is_checked))


def checked(name, folder):
    return prepare(name, folder, Wanted(None, is_checked=True))


def rows_of(folder, split="train"):
    return [json.loads(line) for line in (folder / f"{split}.jsonl").read_text().splitlines()]


def found(outcome, kind):
    return [f"{problem.where}: {problem.what}" for problem in outcome.problems.of(kind)]
