import dataclasses
import errno
import json
import random
import shutil
import time

import pytest
from PIL import Image

from mindseye.batch import results
from mindseye.batch.run import StoppedRunError, run
from mindseye.batch.settings import RowSettings
from mindseye.errors import InputError, MemoryShortError
from mindseye.generation.fake import Draw, Pause, Say
from mindseye.inputs.sample_ids import row_seed

pytestmark = pytest.mark.alone

OUTPUTS = ["output_reasoning", "output_images", "num_reasoning_steps", "num_generated_images", "sample_id"]


def prompts(count):
    return [
        {"id": f"row-{number}", "prompt": f"a thing of number {number}", "extra": number} for number in range(count)
    ]


def test_the_folder_is_exactly_that(write_rows, make_settings, make_engine, lines_of, picture):
    puzzle = {
        "Question": "<image_start>[problem_image_1]<image_end> How many?",
        "problem_image_1": str(picture),
        "Final Answer": "3",
    }
    settings = make_settings(write_rows([puzzle, {"prompt": "a cat"}, {"prompt": "what?", "image": "gone.png"}]))
    script = lambda request: [Say("look"), Draw(why="model"), Say("Final Answer: 3")]  # noqa: E731
    outcome = run(settings, make_engine(settings, script))
    folder = outcome.folder.path
    first, second, third = lines_of(outcome.folder)
    assert first == {
        **puzzle,
        "output_reasoning": "look\n<image_start>[output_image_1]<image_end>\nFinal Answer: 3",
        "output_images": ["output_images/0/output_image_1.png"],
        "num_reasoning_steps": 1,
        "num_generated_images": 1,
        "sample_id": 0,
    }
    assert list(second) == ["prompt", *OUTPUTS]
    assert third["error"].startswith('image "gone.png" was not found in ')
    assert third["output_images"] == []
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == {
        "results.jsonl",
        "summary.json",
        "output_images/0/problem_image_1.png",
        "output_images/0/output_image_1.png",
        "output_images/1/output_image_1.png",
    }
    assert Image.open(folder / "output_images/0/problem_image_1.png").getpixel((0, 0)) == (200, 20, 20)
    summary = outcome.folder.read_summary()
    assert summary["status"] == "finished"
    assert summary["counts"] == {"total": 3, "successful": 2, "failed": 1, "images": 2}
    assert {"mindseye", "torch"} <= set(summary["versions"])
    assert summary["sessions"][0]["throughput"]["rows_per_second"] > 0


def test_parquet_pictures_come_out_as_files(tmp_path, make_settings, make_engine, lines_of, picture):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    data = {"bytes": picture.read_bytes(), "path": "x"}
    rows = [{"instruction": "push it", "image": data, "reasoning_image_1": data}]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "rows.parquet")
    settings = make_settings(tmp_path / "rows.parquet")
    outcome = run(settings, make_engine(settings))
    [line] = lines_of(outcome.folder)
    assert line["num_generated_images"] == 1
    for name in (line["image"], line["reasoning_image_1"]):
        assert Image.open(outcome.folder.path / name).size == (8, 8)


def test_a_rows_result_depends_on_nothing_but_itself(write_rows, make_settings, make_engine, lines_of):
    rows = prompts(30)

    def results_of(rows, name, **changes):
        settings = make_settings(write_rows(rows, name), **changes)
        folder = run(settings, make_engine(settings)).folder
        lines = {line["sample_id"]: line for line in lines_of(folder)}
        return {key: (line, (folder.path / line["output_images"][0]).read_bytes()) for key, line in lines.items()}

    plain = results_of(rows, "a.jsonl")
    assert results_of(random.Random(0).sample(rows, 30), "b.jsonl", batch_size=1) == plain
    assert results_of(rows, "c.jsonl", batch_size=7) == plain
    part = results_of(rows, "d.jsonl", start_idx=10, end_idx=20)
    assert part == {f"row-{number}": plain[f"row-{number}"] for number in range(10, 20)}
    assert results_of(rows, "e.jsonl", seed=1)["row-0"] != plain["row-0"]


def test_seeds_come_of_the_runs_seed_and_the_id(write_rows, make_settings, make_engine):
    seen = {}
    settings = make_settings(write_rows(prompts(5)), seed=9)

    def script(request):
        seen[request.said[-1].text] = request.seed
        return [Draw()]

    run(settings, make_engine(settings, script))
    assert seen == {f"a thing of number {number}": row_seed(9, f"row-{number}") for number in range(5)}


def test_rows_run_together(write_rows, make_settings, make_engine):
    settings = make_settings(write_rows(prompts(32)), batch_size=16)
    engine = make_engine(settings, lambda request: [Pause(0.1), Draw()])
    started = time.perf_counter()
    run(settings, engine)
    assert time.perf_counter() - started < 1.6  # one after the other they take 3.2 s


def test_results_are_in_the_order_of_the_input(write_rows, make_settings, make_engine, lines_of):
    settings = make_settings(write_rows(prompts(12)), batch_size=12)
    slow_first = lambda request: [Pause(0.02 * (12 - int(request.said[-1].text.split()[-1]))), Draw()]  # noqa: E731
    watched = []
    engine = make_engine(settings, slow_first)
    folder = run(settings, engine, watch=lambda counts, seconds: watched.append(counts.rows)).folder
    assert [line["sample_id"] for line in lines_of(folder)] == [f"row-{number}" for number in range(12)]
    assert watched == list(range(1, 13))


def test_a_stopped_run_goes_on(write_rows, make_settings, make_engine, lines_of):
    settings = make_settings(write_rows(prompts(40)), batch_size=4)
    done = []
    asked = []

    def script(request):
        asked.append(request.said[-1].text)
        return [Draw()]

    watch = lambda counts, seconds: done.append(counts.rows)  # noqa: E731
    first = run(settings, make_engine(settings, script), watch=watch, is_stopped=lambda: len(done) >= 10)
    assert not first.is_finished
    assert first.summary["status"] == "stopped"
    assert 10 <= len(lines_of(first.folder)) <= 14  # those on their way were finished
    second = run(settings, make_engine(settings, script), resume="")
    assert second.is_finished
    assert second.folder == first.folder
    assert len(asked) == len(set(asked)) == 40
    whole = run(settings, make_engine(settings))
    assert second.folder.results.read_bytes() == whole.folder.results.read_bytes()
    again = run(settings, make_engine(settings, script), resume=str(second.folder.path))
    assert again.is_finished
    assert len(asked) == 40


def test_rows_whose_pictures_are_lost_are_done_again(write_rows, make_settings, make_engine):
    settings = make_settings(write_rows(prompts(5)))
    folder = run(settings, make_engine(settings)).folder
    before = folder.results.read_bytes()
    lost = folder.picture("row-3", "output_image_1")
    whole = lost.read_bytes()
    lost.write_bytes(b"")
    run(settings, make_engine(settings), resume="")
    assert lost.read_bytes() == whole
    assert folder.results.read_bytes() == before


def test_what_is_another_run_is_refused(write_rows, make_settings, make_engine):
    path = write_rows(prompts(3))
    settings = make_settings(path)
    run(settings, make_engine(settings))
    other = dataclasses.replace(settings, rows=RowSettings(seed=5, options={"num_timesteps": 7}))
    with pytest.raises(InputError, match=r"seed was 0 and is 5; num_timesteps was None and is 7"):
        run(other, make_engine(other), resume="")
    engine = make_engine(settings)
    engine.model_sha256 = "another"
    with pytest.raises(InputError, match="the model's files have changed"):
        run(settings, engine, resume="")
    path.write_text(path.read_text() + '{"prompt": "one more"}\n')
    with pytest.raises(InputError, match="the input file has changed"):
        run(settings, make_engine(settings), resume="")
    more = dataclasses.replace(settings, batch_size=3)
    path.write_text("".join(json.dumps(row) + "\n" for row in prompts(3)))
    assert run(more, make_engine(more), resume="").is_finished  # how it is run is its own affair


def test_a_second_run_into_the_folder_is_refused(write_rows, make_settings, make_engine):
    settings = make_settings(write_rows(prompts(3)))
    refused = []

    def watch(counts, seconds):
        with pytest.raises(InputError, match="another run is writing") as caught:
            run(settings, make_engine(settings), resume="")
        refused.append(caught.value)

    run(settings, make_engine(settings), watch=watch)
    assert len(refused) == 3


def test_resume_begins_where_there_is_nothing(write_rows, make_settings, make_engine):
    settings = make_settings(write_rows(prompts(2)))
    assert run(settings, make_engine(settings), resume="").is_finished


def test_a_full_disk_stops_and_can_be_resumed(write_rows, make_settings, make_engine, monkeypatch):
    settings = make_settings(write_rows(prompts(20)), batch_size=4)
    real, written = results.os.write, []

    def write(handle, data):
        written.append(data)
        if len(written) > 7:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(handle, data)

    monkeypatch.setattr(results.os, "write", write)
    with pytest.raises(StoppedRunError, match=r"No space left on device.*--resume goes on"):
        run(settings, make_engine(settings))
    monkeypatch.setattr(results.os, "write", real)
    resumed = run(settings, make_engine(settings), resume="")
    assert resumed.summary["sessions"][0]["rows"] == 7
    whole = run(settings, make_engine(settings))
    assert resumed.folder.results.read_bytes() == whole.folder.results.read_bytes()


def test_short_memory_makes_the_batch_smaller(write_rows, make_settings, make_engine, lines_of):
    settings = make_settings(write_rows(prompts(30)), batch_size=16)
    engine = make_engine(settings)
    model = engine._actor.model

    def script(request):
        if len(model.engine.scheduler.running) > 5:
            return [MemoryShortError("not enough memory")]
        return [Pause(0.01), Draw()]

    model.script = script
    lines = lines_of(run(settings, engine).folder)
    assert [line["sample_id"] for line in lines if "error" in line] == []
    assert len(lines) == 30
    assert engine.facts["batch_size"] == 4


def test_a_row_that_is_too_large_by_itself_leaves_the_batch_alone(write_rows, make_settings, make_engine, lines_of):
    settings = make_settings(write_rows(prompts(30)), batch_size=16)
    too_large = MemoryShortError("the request needs 10 TB")
    engine = make_engine(settings, lambda request: [too_large if request.said[-1].text.endswith(" 7") else Draw()])
    lines = lines_of(run(settings, engine).folder)
    assert [line["error"] for line in lines if "error" in line] == ["MemoryShortError: the request needs 10 TB"]
    assert engine.facts["batch_size"] == 16


def test_a_thought_stands_before_the_answer(write_rows, make_settings, make_engine, lines_of):
    settings = make_settings(write_rows([{"prompt": "a cat"}]))
    thinks = lambda request: [Say("<think>big</think>", is_thought=True), Draw()]  # noqa: E731
    [line] = lines_of(run(settings, make_engine(settings, thinks)).folder)
    assert line["output_reasoning"] == "<think>big</think>\n<image_start>[output_image_1]<image_end>"


def test_results_can_be_rows_again(write_rows, make_settings, make_engine, lines_of, tmp_path):
    settings = make_settings(write_rows([{"prompt": "a cat", "id": "x"}, {"prompt": "what?", "image": "no.png"}]))
    folder = run(settings, make_engine(settings)).folder
    shutil.copy(folder.results, tmp_path / "again.jsonl")
    again = make_settings(tmp_path / "again.jsonl")
    assert lines_of(run(again, make_engine(again)).folder) == lines_of(folder)
