import re
import subprocess
import sys

import pytest

from mindseye.batch.folder import RunFolder, RunLock, new_folder, newest_folder, open_folder
from mindseye.batch.identity import check_same, hash_files, hash_model
from mindseye.errors import InputError


def test_a_folder_is_named_after_the_second_and_never_shared(tmp_path):
    first, second = new_folder(tmp_path), new_folder(tmp_path)
    assert first.path != second.path
    assert all(re.fullmatch(r"batch_inference_\d{8}_\d{6}", folder.path.name) for folder in (first, second))


def test_pictures_lie_where_the_results_say(tmp_path):
    folder = RunFolder(tmp_path)
    path = folder.picture("cat", "output_image_1")
    assert folder.relative(path) == "output_images/cat/output_image_1.png"


def test_the_newest_folder_that_has_begun_goes_on(tmp_path):
    assert open_folder("", tmp_path) is None
    for name in ("20260101_000000", "20260102_000000", "20260103_000000"):
        (tmp_path / f"batch_inference_{name}").mkdir()
    RunFolder(tmp_path / "batch_inference_20260102_000000").write_summary({"a": 1})
    assert newest_folder(tmp_path).path.name == "batch_inference_20260102_000000"
    assert newest_folder(tmp_path).read_summary() == {"a": 1}
    with pytest.raises(InputError, match="no summary"):
        open_folder(tmp_path / "batch_inference_20260101_000000", tmp_path).read_summary()
    with pytest.raises(InputError, match="no folder"):
        open_folder("nowhere", tmp_path)


def test_one_run_a_folder(tmp_path):
    folder = RunFolder(tmp_path)
    lock = RunLock(folder)
    with pytest.raises(InputError, match="another run is writing"):
        RunLock(folder)
    lock.release()
    RunLock(folder).release()


def test_the_lock_of_a_dead_run_holds_nobody_up(tmp_path):
    code = (
        "import os, sys; from pathlib import Path; from mindseye.batch.folder import RunFolder, RunLock\n"
        "RunLock(RunFolder(Path(sys.argv[1]))); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)]).returncode == -9
    RunLock(RunFolder(tmp_path)).release()


def test_what_differs_is_said():
    before = {"input_sha256": "a", "model_sha256": "b", "settings": {"seed": 1, "task": "auto"}}
    check_same(before, {**before})
    now = {"input_sha256": "c", "model_sha256": "d", "settings": {"seed": 2, "task": "auto"}}
    with pytest.raises(
        InputError, match="the input file has changed; the model's files have changed; seed was 1 and is 2"
    ):
        check_same(before, now)


def test_a_model_is_known_by_its_files(tmp_path):
    weights = tmp_path / "ema.safetensors"
    weights.write_bytes(bytes(3_000_000))
    (tmp_path / "config.json").write_text("{}")
    first = hash_model(tmp_path)
    assert hash_model(tmp_path) == first
    weights.write_bytes(bytes(2_999_999) + b"x")
    second = hash_model(tmp_path)
    (tmp_path / "config.json").write_text("{ }")
    assert len({first, second, hash_model(tmp_path)}) == 3


def test_input_is_known_by_its_content(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("x")
    second.write_text("x")
    assert hash_files([first]) == hash_files([second])
    assert hash_files([first]) != hash_files([first, second])
