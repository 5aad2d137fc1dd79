"""Every command of every page can be pasted after `pip install`, and prints what the page says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from documented import agrees, consoles, pythons, run

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PRELUDE = """
from pathlib import Path
import mindseye
model = mindseye.load("pocket")
image = first = second = Path("sample:animals")
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a shell in which the wheel is installed, and nothing of the checkout is seen."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", str(folder), str(ROOT)], check=True)
    [wheel] = folder.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", str(folder / "site"), str(wheel)], check=True)
    command = folder / "bin" / "mindseye"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mindseye "$@"\n')
    command.chmod(0o755)
    system = "/usr/local/bin:/usr/bin:/bin"
    return {"PYTHONPATH": str(folder / "site"), "PATH": f"{command.parent}:{system}", "HF_HUB_OFFLINE": "1"}


@pytest.mark.slow
def test_the_wheel_holds_all_that_the_pages_need(installed: dict[str, str], tmp_path: Path) -> None:
    code = "import mindseye; print(mindseye.__file__)"
    found = run(f"{sys.executable} -c '{code}'", tmp_path, installed)
    assert found.stdout.startswith(installed["PYTHONPATH"]), found.stderr
    listed = run("mindseye samples --json", tmp_path, installed)
    assert listed.stdout.count(installed["PYTHONPATH"]) == listed.stdout.count('"path"') > 5, listed.stderr


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_what_a_page_shows_is_what_one_gets(path: Path, installed: dict[str, str], tmp_path: Path) -> None:
    for commands in consoles(path.read_text(encoding="utf-8")):
        for command in commands:
            found = run(command.typed, tmp_path, installed)
            assert found.returncode == 0, f"$ {command.typed}\n{found.stderr}"
            assert agrees(command.printed, found.stdout), f"$ {command.typed}\n{found.stdout}"


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_python_of_a_page_runs(path: Path, installed: dict[str, str], tmp_path: Path) -> None:
    blocks = pythons(path.read_text(encoding="utf-8"))
    if not blocks:
        pytest.skip("no Python on this page")
    (tmp_path / "page.py").write_text(PRELUDE + "\n".join(blocks), encoding="utf-8")
    found = run(f"{sys.executable} page.py", tmp_path, installed)
    assert found.returncode == 0, found.stderr


def test_the_comparison_can_fail() -> None:
    assert agrees("a cat\n...\n1.5 s", "a cat\nb\nc\n2.25 s\n")
    assert not agrees("a cat", "a dog") and not agrees("2 things", "3 things") and not agrees("a\n...", "b\na")
