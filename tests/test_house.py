"""The rooms of the house: who may import whom, and what costs nothing to import."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import mindseye

SOURCE = Path(mindseye.__file__).parent
LEVELS = {"inputs": 1, "networks": 1, "loaded": 1.5, "checkpoints": 2, "generation": 2}
LEVELS |= {"model": 2.5, "fake_model": 2.6, "loading": 2.7, "compat": 2.8}
LEVELS |= dict.fromkeys(("worlds", "data", "training", "evaluation", "batch", "serving", "agents", "apps"), 3) | {
    "cli": 4,
    "__main__": 5,
}
SHARED = {"training": {"worlds"}, "evaluation": {"worlds"}, "data": {"worlds"}}


def rooms_imported(path: Path) -> set[str]:
    """First folders or files of the package that a file imports, imports inside functions included."""
    found = set()
    depth = len(path.relative_to(SOURCE).parts)
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name.split(".")[1:] for alias in node.names if alias.name.startswith("mindseye.")]
        elif isinstance(node, ast.ImportFrom) and node.level:
            if node.level == depth:
                names = [node.module.split(".")] if node.module else [[alias.name] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mindseye."):
            names = [node.module.split(".")[1:]]
        elif isinstance(node, ast.ImportFrom) and node.module == "mindseye":
            names = [[alias.name] for alias in node.names]
        found |= {name[0] for name in names if name}
    return found


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def test_files_import_from_lower_rooms_or_their_own():
    wrong = []
    for path in SOURCE.rglob("*.py"):
        room = room_of(path)
        if room == "__init__":
            continue
        for other in rooms_imported(path) - {room}:
            may = LEVELS.get(other, 0) < LEVELS.get(room, 0) or other in SHARED.get(room, ())
            if not may and LEVELS.get(other, 0):
                wrong.append(f"{path.relative_to(SOURCE)} imports {other}")
    assert not wrong


def test_imports_of_our_own_are_relative():
    wrong = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            wrong += [f"{path.relative_to(SOURCE)}:{node.lineno}" for name in names if name.split(".")[0] == "mindseye"]
    assert not wrong


def test_networks_know_no_files_pictures_or_tokenizers():
    for path in (SOURCE / "networks").glob("*.py"):
        imported = {
            (node.module or "").split(".")[0]
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom)
        }
        assert not imported & {"PIL", "tokenizers", "pathlib", "safetensors"}, path.name


def test_help_loads_no_torch():
    code = (
        "import sys; from mindseye.cli.main import make_parser; make_parser().format_help(); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'numpy', 'rich.progress')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize(("given", "used"), [(None, "1"), ("0", "0")])
def test_huge_pages_are_asked_for_unless_somebody_decided(given, used):
    environment = {name: value for name, value in os.environ.items() if name != "THP_MEM_ALLOC_ENABLE"}
    if given is not None:
        environment["THP_MEM_ALLOC_ENABLE"] = given
    code = "from mindseye.cli.main import main; import os; main([]); print(os.environ['THP_MEM_ALLOC_ENABLE'])"
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.split()[-1] == used


def test_an_import_leaves_the_environment_alone():
    code = "import os; before = dict(os.environ); import mindseye.model; assert dict(os.environ) == before"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_public_names():
    assert sorted(mindseye.__all__) == [
        "Chat",
        "EngineConfig",
        "FakeModel",
        "ImageDone",
        "ImageParams",
        "Message",
        "MindseyeError",
        "Model",
        "Reply",
        "Request",
        "TextDelta",
        "TextParams",
        "TurnEnd",
        "WhenToDraw",
        "__version__",
        "load",
    ]
    assert all(getattr(mindseye, name) is not None for name in mindseye.__all__)


def test_a_question_imports_only_what_it_needs():
    code = (
        "import sys; from mindseye.cli.main import main; main(['ask', 'what is this?', '--quiet']); "
        "print([name for name in ('torch._dynamo', 'sympy', 'rich', 'yaml', 'huggingface_hub', 'mindseye.training') "
        "if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1].endswith("[]"), said.stdout
