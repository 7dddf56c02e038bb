"""What all scripts share: their arguments, how they save figures, and how they end.

A wrong argument ends a script with one line and exit code 2, before any work begins. Ctrl-C ends it
with one line and exit code 130.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from autograd.files import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INTERRUPTED = 130  # the exit code, in shells, of a program that Ctrl-C ended


class Help(argparse.RawDescriptionHelpFormatter):
    """Help that shows the default of each argument that has one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        silent = action.default in (None, argparse.SUPPRESS, []) or action.default is False
        return action.help if silent else f"{action.help} (default: %(default)s)"


class Arguments(argparse.ArgumentParser):
    """An argument parser whose errors are one line, and whose help shows the defaults."""

    def __init__(self, description: str) -> None:
        super().__init__(description=description, formatter_class=Help)

    def error(self, message: str) -> NoReturn:
        """End the program with one line."""
        self.exit(2, f"{self.prog}: {message}\n")


def folder(text: str) -> Path:
    """A folder that can be written to; it is created if it is missing.

    Raises:
        ArgumentTypeError: it cannot be written to.
    """
    path = Path(text)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot write to the folder {text!r}: {error.strerror}. Choose another one.") from None
    return path


def file(text: str) -> Path:
    """A file in a folder that can be written to.

    Raises:
        ArgumentTypeError: the folder cannot be written to, or the path is a folder.
    """
    path = Path(text)
    folder(str(path.parent))
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a folder. Add the name of a file.")
    return path


def positive(text: str) -> int:
    """A whole number from 1.

    Raises:
        ArgumentTypeError: it is something else.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1.")
    return int(text)


def natural(text: str) -> int:
    """A whole number from 0.

    Raises:
        ArgumentTypeError: it is something else.
    """
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0.")
    return int(text)


def save_figure(path: Path, figure: Figure) -> None:
    """Save a matplotlib figure, whole or not at all, and print its path."""
    with whole_file(path) as file:
        figure.savefig(file, format=path.suffix[1:], dpi=150)
    print(f"Saved {path}")


def run(main: Callable[[], None]) -> NoReturn:
    """Run a script's `main`, and end without a traceback if it is interrupted."""
    try:
        main()
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    sys.exit(0)
