"""The commands of a documentation page, run as they stand; `python tests/documented.py docs/*.md` renews their outputs.

A block that begins with "$ " is a console: each such line is a command, what follows is its output. Numbers with a
point are times, memory and losses, and runs bear the time of their start: any such number will do. A line "..." stands
for any lines.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d{8}_\d{6}|\d+\.\d+(e[+-]?\d+)?|\d+e[+-]\d+")
ANY = "..."


@dataclass(frozen=True)
class Command:
    """What is typed, and what is printed on standard output."""

    typed: str
    printed: str


def consoles(page: str) -> Iterator[list[Command]]:
    """The console blocks of a page."""
    for language, body in BLOCK.findall(page):
        if not language and body.startswith("$ "):
            parts = re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]
            yield [Command(*part.split("\n", 1)) for part in parts]


def pythons(page: str) -> list[str]:
    """The Python blocks of a page."""
    return [body for language, body in BLOCK.findall(page) if language == "python"]


def run(command: str, folder: Path, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    """A command as typed into a shell."""
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "100", **(environment or {})}
    return subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, env=variables)


def agrees(expected: str, found: str) -> bool:
    """Whether an output is the expected one, up to numbers with a point, ends of lines and lines left out."""
    pattern = [
        r"(?:.*\n)*?" if line.strip() == ANY else re.escape(NUMBER.sub("#", line).rstrip()) + r"\n"
        for line in expected.strip().splitlines()
    ]
    said = "".join(f"{NUMBER.sub('#', line).rstrip()}\n" for line in found.strip().splitlines())
    return re.fullmatch("".join(pattern), said) is not None


def renew(path: Path) -> None:
    """Write the page with what its commands print today; outputs with lines left out stay."""
    page = path.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for commands in consoles(page):
            for command in commands:
                found = run(command.typed, Path(folder))
                print(f"$ {command.typed}\n{found.stdout}{found.stderr}")
                if ANY not in command.printed.splitlines() and not agrees(command.printed, found.stdout):
                    before = f"$ {command.typed}\n{command.printed}"
                    tidy = "".join(f"{line.rstrip()}\n" for line in found.stdout.strip().splitlines())
                    page = page.replace(before, f"$ {command.typed}\n{tidy}", 1)
    path.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        renew(Path(name))
