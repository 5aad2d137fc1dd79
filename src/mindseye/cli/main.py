"""The command `mindseye`: a file a verb, errors as one line."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from ..errors import CancelledError, MindseyeError, nearest
from ..printable import printable
from ..version import __version__
from .stops import stopped_by_signals

VERBS = (
    "demo",
    "ask",
    "draw",
    "edit",
    "imagine",
    "generate",
    "reason",
    "chat",
    "redo",
    "words",
    "samples",
    "info",
    "verify",
    "judge",
    "check_drawing",
    "train",
    "batch",
    "evaluate",
    "compare",
    "world",
    "graft",
    "retrieve",
    "doctor",
    "data",
)
STOPPED = 128  # and the number of the signal
EXIT_STATUS: dict[type[BaseException], int] = {CancelledError: 130, MindseyeError: 2}


class Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """A verb complains itself about what it does not know: it knows what could have been meant."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown and self._subparsers is None:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown

    def error(self, message: str) -> NoReturn:
        words = message.split("'")
        hint = ""
        if "invalid choice" in message and len(words) > 1:
            hint = nearest(words[1], [verb.replace("_", "-") for verb in VERBS])
        if message.startswith("unrecognized arguments:"):
            known = [flag for action in self._actions for flag in action.option_strings]
            first = message.split()[2].split("=")[0]
            hint = nearest(first, known) if first.startswith("-") else "; write what you say in quotes, as one"
        if message.endswith("expected 2 arguments"):
            hint = ", two numbers with a space between"
        said = " ".join(printable(f"{message}{hint}").split())
        self.exit(2, f"{self.prog}: error: {said} (see {self.prog} --help)\n")


def make_parser() -> Parser:
    """The whole command line; imports no torch."""
    parser = Parser(
        prog="mindseye",
        description="One network that reads text and images and answers with text and images.",
        epilog='Start with "mindseye demo". Every verb has its own --help.',
    )
    parser.add_argument("--version", action="version", version=f"mindseye {__version__}")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(title="verbs", metavar="VERB", parser_class=Parser)
    for verb in VERBS:
        importlib.import_module(f".{verb}", __package__).register(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    argv = [_as_utf8(word) for word in (sys.argv[1:] if argv is None else argv)]
    is_debug = "--debug" in argv
    argv = [word for word in argv if word != "--debug"]
    _speak_any_language()
    ask_for_huge_pages()
    try:
        parser = make_parser()
        args = parser.parse_args(argv)
        if not hasattr(args, "func"):
            parser.print_help()
            return 2
        with stopped_by_signals():
            return _written(args.func(args))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (Exception, KeyboardInterrupt) as error:
        if is_debug:
            raise
        return _report(error)


def _written(status: int) -> int:
    """The status, once all that was said is out: a full disk must not be found when nobody listens any more."""
    sys.stdout.flush()
    return status


def _as_utf8(word: str) -> str:
    """A word as it was typed; a locale that knows no UTF-8 leaves its bytes as halves of characters."""
    try:
        return word.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeError:
        return word  # really no UTF-8: whoever uses it says so


def ask_for_huge_pages() -> None:
    """torch asks once, at its first large allocation; reading weights is a third faster with huge pages."""
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")


def _speak_any_language() -> None:
    """A terminal without UTF-8 gets escapes for what it cannot show, not an error; plain C means UTF-8 nowadays."""
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - closed by the shell (>&-)
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            is_plain = stream.encoding.lower() in ("ascii", "ansi_x3.4-1968", "us-ascii")
            stream.reconfigure(encoding="utf-8" if is_plain else None, errors="backslashreplace")
    if isinstance(sys.stdin, io.TextIOWrapper) and sys.stdin.encoding.lower() in ("ascii", "ansi_x3.4-1968"):
        sys.stdin.reconfigure(encoding="utf-8", errors="strict")


def _report(error: BaseException) -> int:
    """One line on stderr, and the exit status."""
    if isinstance(error, KeyboardInterrupt):
        print("\nmindseye: stopped", file=sys.stderr)
        return STOPPED + getattr(error, "number", signal.SIGINT)
    if isinstance(error, MindseyeError):
        print(f"mindseye: error: {printable(' '.join(str(error).split()))}", file=sys.stderr)
        return next(status for kind, status in EXIT_STATUS.items() if isinstance(error, kind))
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
        print("mindseye: error: not enough memory; use a smaller image or fewer at once", file=sys.stderr)
        return 2
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        print(f"mindseye: error: {printable(f'{error.strerror}{where}')}", file=sys.stderr)
        return 2
    kind, said = type(error).__name__, printable(" ".join(str(error).split()))[:300]
    print(f"mindseye: unexpected {kind}: {said} (run with --debug for the traceback)", file=sys.stderr)
    return 1
