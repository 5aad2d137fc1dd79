"""The report opened from disk in a browser: pictures load, filters work, and no file is too large."""

import json
import shutil

import pytest
from made_runs import FAILURE, make_run

from mindseye.evaluation.evaluate import choose_metrics, evaluate
from mindseye.evaluation.run_report import shards
from mindseye.evaluation.run_report.page import write_report
from mindseye.evaluation.run_report.plots import histogram
from mindseye.evaluation.samples import read_samples

NUM = 5000
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --window-size=1200,1000"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A report over 5,000 rows: 40 puzzles again and again under new ids."""
    base = make_run(tmp_path_factory.mktemp("report") / "run", num=40, errors=(7,), wrong=(3, 11))
    rows = [json.loads(line) for line in base.open()]
    with base.open("w") as file:
        for number in range(NUM):
            file.write(json.dumps({**rows[number % 40], "sample_id": f"row-{number:04d}"}) + "\n")
    evaluation = evaluate(read_samples(base), choose_metrics(["answer_exact", "followed"]))
    return write_report(evaluation, base.parent / "report.html", "Five <thousand> rows")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if not CHROMIUM or not DRIVER:
        pytest.skip("no chromium with its chromedriver is installed (apt-get install chromium chromium-driver)")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS.split(), f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def wait(driver, condition):
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(driver, 20).until(lambda _: condition())


def count_text(driver):
    return driver.execute_script("return document.getElementById('count').textContent")


def shown(driver):
    return driver.execute_script("return [...document.querySelectorAll('.sample')].map(row => row.dataset.id)")


def choose(driver, **values):
    before = driver.execute_script("return document.body.dataset.shown")
    driver.execute_script(
        "for (const [id, value] of Object.entries(arguments[0])) document.getElementById(id).value = value;"
        "document.getElementById('state').dispatchEvent(new Event('input'));",
        values,
    )
    wait(driver, lambda: driver.execute_script("return document.body.dataset.shown") != before)


@pytest.mark.slow
def test_no_file_is_larger_than_five_megabytes(report):
    sizes = {path.name: path.stat().st_size for path in (report, *(report.parent / "report").iterdir())}
    assert max(sizes.values()) <= 5_000_000
    assert sum(name.startswith("rows-") for name in sizes) > 10
    assert "Five &lt;thousand&gt; rows" in report.read_text()


@pytest.mark.slow
@pytest.mark.browser
def test_the_report_in_a_browser(report, browser):
    browser.get(report.as_uri())
    wait(browser, lambda: count_text(browser) == "5000 of 5000 rows, page 1 of 250")
    wait(browser, lambda: len(shown(browser)) == 20)
    all_loaded = (
        "const all = [...document.images]; return all.length > 50 && all.every(image => image.naturalWidth > 0)"
    )
    wait(browser, lambda: browser.execute_script(all_loaded))
    assert shown(browser)[0] == "row-0000"

    browser.execute_script("document.getElementById('after').click()")
    wait(browser, lambda: shown(browser)[:1] == ["row-0020"])

    choose(browser, state="failed")
    assert count_text(browser).startswith("125 of 5000")
    assert FAILURE in browser.find_element("css selector", ".sample .error").text

    choose(browser, state="all", metric="answer_exact", high="0", order="rising")
    assert count_text(browser).startswith("375 of 5000")  # three of forty are wrong or failed
    choose(browser, state="fine")
    assert count_text(browser).startswith("250 of 5000")
    assert shown(browser)[:2] == ["row-0003", "row-0011"]

    choose(browser, metric="any", high="", fewest="3", most="3")
    wanted = browser.execute_script("return index.filter(entry => entry[4] === 3 && !entry[3]).length")
    assert 0 < wanted < 5000
    assert count_text(browser).startswith(f"{wanted} of 5000")

    choose(browser, state="all", fewest="", most="", wanted="row-4999")
    assert shown(browser) == ["row-4999"]
    assert [line for line in browser.get_log("browser") if line["level"] == "SEVERE"] == []


def test_rows_stay_together_in_files_of_limited_size(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "LARGEST", 100)
    writer = shards.ShardWriter(tmp_path)
    places = [writer.add({"text": "x" * size}) for size in (30, 30, 30, 200, 5)]
    assert places == [(1, 0), (1, 1), (2, 0), (3, 0), (4, 0)]
    assert writer.close() == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"rows-{n}.js" for n in (1, 2, 3, 4)]
    text = (tmp_path / "rows-1.js").read_text()
    assert json.loads(text.removeprefix("mindseyeRows(1, ").removesuffix(");\n")) == [{"text": "x" * 30}] * 2
    assert shards.write_index(tmp_path, ([number] for number in range(60))) == 4


def test_plots_count_whole_numbers_and_bin_others():
    assert histogram("steps", [1, 1, 3]).count("<rect") == 3
    assert "1: 2</title>" in histogram("steps", [1, 1, 3])
    binned = histogram("psnr", [0.5 * number for number in range(100)])
    assert binned.count("<rect") == 20
    assert binned.count(": 5</title>") == 20
    assert histogram("same", [0.5, 0.5]).count("<rect") == 20
