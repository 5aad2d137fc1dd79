import base64

import pytest

from mindseye.errors import InputError
from mindseye.inputs.row_forms import PictureField
from mindseye.inputs.row_pictures import PictureFinder


@pytest.fixture
def finder(tmp_path, monkeypatch):
    for name in ("here", "rows", "root"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.png").write_bytes(name.encode())
        (tmp_path / name / "all.png").write_bytes(name.encode())
    monkeypatch.chdir(tmp_path / "here")
    return PictureFinder.beside(tmp_path / "rows" / "rows.jsonl", tmp_path / "root")


def test_folders_are_tried_in_order(finder, tmp_path):
    def content(source):
        return finder.find(PictureField("image", source)).read_bytes()

    assert [content(f"{name}.png") for name in ("here", "rows", "root")] == [b"here", b"rows", b"root"]
    assert content("all.png") == b"here"
    assert content(str(tmp_path / "root" / "all.png")) == b"root"
    assert content((tmp_path / "root" / "all.png").as_uri()) == b"root"


def test_data_urls_and_bytes(finder):
    url = "data:image/png;base64," + base64.b64encode(b"picture").decode()
    assert finder.find(PictureField("image", url)) == b"picture"
    assert finder.find(PictureField("image", "data:image/svg+xml,%3Csvg%3E")) == b"<svg>"
    assert finder.find(PictureField("image", b"raw")) == b"raw"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("hero.png", 'image "hero.png" was not found in .*rows, .*root .*mean "here.png"'),
        ("../rows", "a folder"),
        ("https://example.org/a.png", "download it first"),
        ("data:image/png;base64,?", "base64 is broken"),
        ("data:text/html,x", "data URL of text/html"),
        ("data:image/png;base64", "without a comma"),
        ("a\0b", "cannot be the name"),
        ("x" * 5000, "cannot be the name"),
    ],
)
def test_what_cannot_be_found_is_told(finder, source, said):
    with pytest.raises(InputError, match=said):
        finder.find(PictureField("image", source))
