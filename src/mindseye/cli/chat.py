"""`mindseye chat`: many turns, pictures in and out."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, MindseyeError, nearest
from ..params import check_seed
from ..printable import printable, printable_json
from .inputs import PIPE, free_name, make_folder, open_given
from .options import Commands, add_model_options, load_model
from .saving import add_outlet_options

if TYPE_CHECKING:
    from ..messages import Image
    from ..model import Chat

HELP = """/image FILE   show a picture with the next thing you say
/draw WORDS   draw, whatever the model would do by itself
/edit WORDS   change the newest picture
/ask WORDS    answer in words only
/new          forget everything
/quit         leave"""
COMMANDS = ("/image", "/draw", "/edit", "/ask", "/new", "/quit")
TASKS = {"/draw": "draw", "/edit": "edit", "/ask": "ask"}


def register(commands: Commands) -> None:
    parser = commands.add_parser("chat", help="talk in many turns, with pictures in and out")
    parser.add_argument("-o", "--output", type=Path, default=Path(), help="folder for the pictures (default: here)")
    add_outlet_options(parser)
    add_model_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Read lines until the end of the input or /quit."""
    if sys.stdin is None:
        raise InputError("chat reads what you say from standard input, which is closed")
    if args.seed is not None:
        check_seed(args.seed)
    make_folder(args.output)
    chat = load_model(args).chat()
    pictures: list[Image] = []
    if sys.stdin.isatty():
        print(HELP)
    while (line := _read_line()) is not None:
        command, words = (*line.split(maxsplit=1), "", "")[:2]
        if command == "/quit":
            break
        if command == "/new":
            chat, pictures = chat.model.chat(), []
        elif command == "/image":
            pictures += _opened(words.strip("\"'"))
        elif command.startswith("/") and command not in TASKS:
            print(f"there is no {printable(command)}{nearest(command, COMMANDS)}\n{HELP}")
        elif line.strip():
            said = words if command in TASKS else line
            if _turn(chat, args, TASKS.get(command, "generate"), [*pictures, said]):
                pictures = []
    return 0


def _read_line() -> str | None:
    try:
        return input("> " if sys.stdin.isatty() else "").strip()
    except EOFError:
        return None
    except UnicodeDecodeError as error:
        print(f"error: a line is not UTF-8 ({error.reason}); it was left out", file=sys.stderr)
        return ""


def _opened(name: str) -> list[Image]:
    """The picture in a file, or none and a line that says why."""
    if not name:
        print("error: which picture? /image FILE", file=sys.stderr)
        return []
    try:
        if name == PIPE:
            raise InputError("standard input is what you say; give the name of a file")
        picture = open_given(Path(name).expanduser())
    except (MindseyeError, RuntimeError) as error:
        print(f"error: {printable(str(error))}", file=sys.stderr)
        return []
    print(f"{printable(name)} will be shown with what you say next", file=sys.stderr)
    return [picture]


def _turn(chat: Chat, args: argparse.Namespace, task: str, items: list[object]) -> bool:
    """One turn; what goes wrong in it ends the turn, not the chat. Whether it was finished."""
    from .notes import note_unknown
    from .saving import Outlet, Saver
    from .show import Screen, end_facts

    is_edit = task == "edit" and chat.conversation.last_size is not None
    try:
        request = chat.model.request("draw" if is_edit else task, items, seed=args.seed)  # type: ignore[arg-type]
        if is_edit:  # the picture to change is in the conversation already
            request = chat.model.with_params(request, request.text, chat.model.defaults.edit)
        outlet = Outlet.of(args).telling({"is_from_talk": True})
        saver = Saver(chat.model, request, lambda number: free_name("picture", args.output), outlet, is_quiet=args.json)
        reply = chat.model.reply(request, Screen(args, saver).show(chat.stream(request)))
        note_unknown(args, items)
        if args.json:
            print(printable_json({"parts": saver.parts(reply.parts), **end_facts(reply.end)}, None))
    except MindseyeError as error:
        if args.json:
            print(printable_json({"error": str(error)}, None))
        print(f"error: {printable(str(error))}", file=sys.stderr)
        return False
    except KeyboardInterrupt as stop:
        if getattr(stop, "number", signal.SIGINT) != signal.SIGINT:
            raise
        print("\nstopped", file=sys.stderr)
        return False
    return True
