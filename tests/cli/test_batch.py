"""`mindseye batch` from the command line, on the fake model."""

import json
from pathlib import Path

import pytest

from mindseye.cli import batch
from mindseye.cli.main import main, make_parser
from mindseye.errors import InputError

FAKE = ["--model", "fake", "--quiet"]


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [{"prompt": "a cat"}, {"prompt": "what is it?"}, {"prompt": "x", "image": "gone.png"}]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def settings(*words):
    return batch.settings_from(make_parser().parse_args(["batch", "rows.jsonl", "--quiet", *words]))


def test_a_run_prints_counts_and_its_folder(tmp_path, capsys):
    assert main(["batch", "rows.jsonl", *FAKE]) == 0
    said = capsys.readouterr()
    first, second, folder = said.out.splitlines()
    assert "gone.png" in said.err and "results.jsonl has all reasons" in said.err
    assert first == "3 rows, 1 failed, 1 pictures"
    assert second.startswith("3 rows in ")
    assert (tmp_path / folder / "results.jsonl").is_file()
    assert folder.startswith("outputs/batch_inference_")


def test_a_run_in_which_every_row_failed_says_so(tmp_path, capsys):
    (tmp_path / "bad.jsonl").write_text("{broken\n" * 2)
    assert main(["batch", "bad.jsonl", *FAKE]) == batch.EXIT_STATUS_ALL_FAILED
    said = capsys.readouterr()
    assert said.out.startswith("2 rows, 2 failed, 0 pictures\n")
    assert said.err.count("\n") == 1 and "JSON" in said.err


def test_a_run_as_json(capsys):
    assert main(["batch", "--input_jsonl", "rows.jsonl", "--output-dir", "o", "--json", *FAKE]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["counts"] == {"total": 3, "successful": 2, "failed": 1, "images": 1}
    assert said["folder"].startswith("o/batch_inference_")


def test_a_dry_run_writes_nothing(tmp_path, capsys):
    assert main(["batch", "rows.jsonl", "--dry_run", *FAKE]) == 0
    printed = capsys.readouterr().out
    assert "3 rows: 1 draw, 1 ask" in printed
    assert 'row 2: image "gone.png" was not found' in printed
    assert "1 rows would fail, 2 would be answered" in printed
    assert "with one process, by 2 rows that were tried" in printed
    assert {path.name for path in tmp_path.iterdir()} == {"rows.jsonl"}
    assert main(["batch", "rows.jsonl", "--dry-run", "--json", *FAKE]) == 0
    assert json.loads(capsys.readouterr().out)["would_fail"] == 1


@pytest.mark.parametrize("dash", ["-", "_"])
def test_both_spellings(dash, tmp_path):
    words = [
        *("--output_dir", "o", "--checkpoint_dir", "m", "--checkpoint_file", "w.safetensors", "--start_idx", "1"),
        *("--end_idx", "2", "--cfg_text_scale", "3.5", "--cfg_img_scale", "1.5", "--num_timesteps", "7"),
        *("--image_root", "i", "--batch_size", "4", "--workers", "2", "--max_images", "3", "--seed", "5"),
        *("--do_sample", "--text_temperature", "0.7", "--task", "reason"),
    ]
    found = settings(*(word.replace("_", dash) if word.startswith("--") else word for word in words))
    assert (found.output.name, found.model.name, found.model.weights) == ("o", "m", "w.safetensors")
    assert (found.start_idx, found.end_idx, found.batch_size, found.workers) == (1, 2, 4, 2)
    assert found.rows.options == {
        "cfg_text_scale": 3.5,
        "cfg_img_scale": 1.5,
        "num_timesteps": 7,
        "temperature": 0.7,
    }
    assert (found.rows.seed, found.rows.task, found.rows.max_images) == (5, "reason", 3)


def test_sampling_is_as_in_the_scripts(capsys):
    assert settings().rows.options == {}
    assert settings("--do_sample").rows.options == {"temperature": 0.3}
    assert settings("--do_sample", "False", "--text_temperature", "0.7").rows.options == {"temperature": 0.0}
    assert settings("--temperature", "0.5").rows.options == {"temperature": 0.5}
    with pytest.raises(InputError, match="give --temperature alone"):
        settings("--do_sample", "--temperature", "0.5")
    with pytest.raises(InputError, match="expected true or false"):
        settings("--do_sample", "perhaps")
    with pytest.raises(InputError, match="temperature is -1"):
        settings("--do_sample", "--text_temperature", "-1")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--batch_size", "0"], "batch_size is 0"),
        (["--batch_size", "many"], "expected a whole number, or auto"),
        (["--workers", "0"], "workers is 0"),
        (["--start_idx", "5", "--end_idx", "2"], "end_idx is 2, which lies before start_idx 5"),
        (["--task", "drwa"], 'mean "draw"'),
        (["--seed", "-1"], "seed is -1"),
        (["--model", "a", "--checkpoint_dir", "b"], "give one of them"),
        (["--num_timesteps", "1"], "num_timesteps is 1"),
        (["--input_jsonl", "nowhere.jsonl"], "does not exist"),
        (["--max_mem_per_gpu", "lots", "--model", "fake"], "such as 40GiB"),
        (["--resume", "nowhere", "--model", "fake"], "no folder"),
    ],
)
def test_what_cannot_be_is_one_line(words, said, capsys):
    assert main(["batch", "rows.jsonl", "--quiet", *words]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("mindseye: error: ")
    assert said in printed
    assert printed.count("\n") == 1


def test_no_rows_named(capsys):
    assert main(["batch", *FAKE]) == 2
    assert "no rows were named" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["batch", "--quiet"], ["evaluate"]])
def test_rows_that_are_empty_leave_no_folder(words, tmp_path, capsys):
    Path("none.jsonl").write_text("\n")
    assert main([*words, "none.jsonl", "--model", "fake"]) == 2
    assert "none.jsonl: there are no rows, so there is nothing to answer" in capsys.readouterr().err
    assert not Path("outputs").exists()


def test_a_range_without_rows_is_named(capsys):
    assert main(["batch", "rows.jsonl", *FAKE, "--start-idx", "900"]) == 2
    assert "no rows from 900 to their end" in capsys.readouterr().err
