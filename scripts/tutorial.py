"""What the programs of the tutorials share: their arguments, several seeds, Ctrl-C, and where the digits are."""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from command_line import INTERRUPTED, Arguments, folder, natural, positive, save_figure

import nn

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def arguments(description: str, out: str) -> Arguments:
    """The arguments of every program."""
    parser = Arguments(description)
    parser.add_argument("--seed", type=natural, default=0, help="the seed of everything random")
    parser.add_argument("--seeds", type=positive, metavar="N", help="train with the seeds 0 to N-1 instead, without saving anything")
    parser.add_argument("--out", type=folder, default=out, help="the folder for the results")
    return parser


def try_seeds(seeds: int, result: Callable[[int], float], what: str) -> None:
    """Print the results of the seeds 0, 1, … and their mean and range; after Ctrl-C, of those that were finished."""
    results: list[float] = []
    try:
        for seed in range(seeds):
            results.append(result(seed))
            print(f"seed {seed}: {what} {results[-1]:.4f}", flush=True)
    finally:
        if results:
            mean = statistics.mean(results)
            print(f"{what} of {len(results)} seeds: mean {mean:.4f}, min {min(results):.4f}, max {max(results):.4f}")


def until_ctrl_c(fit: Callable[[], object]) -> bool:
    """Call `fit`, and return whether Ctrl-C ended it early."""
    try:
        fit()
    except KeyboardInterrupt:
        return True
    return False


def save(out: Path, **pictures: Axes) -> None:
    """Save the figures of some axes, each under its name, and print the paths."""
    for name, ax in pictures.items():
        save_figure(out / f"{name}.png", ax.figure)


def curves(trainer: nn.Trainer) -> dict[str, Axes]:
    """The curves of training, under its name; nothing if no epoch was finished."""
    return {"curves": trainer.history.plot()[0]} if trainer.epoch else {}


def end(trainer: nn.Trainer, interrupted: bool) -> None:
    """End a program, with one line and an exit code if it was interrupted."""
    if interrupted:
        print(f"Interrupted after {trainer.epoch} whole epochs.", file=sys.stderr)
        sys.exit(INTERRUPTED)


def add_digits(parser: argparse.ArgumentParser) -> None:
    """The arguments that say where MNIST is."""
    parser.add_argument("--data", required=True, type=Path, metavar="FOLDER", help="the folder with the four files of MNIST")
    parser.add_argument("--download", action="store_true", help="get the files if they are not there")


def digits(parser: argparse.ArgumentParser, args: argparse.Namespace) -> tuple[nn.data.MNIST, nn.data.MNIST]:
    """MNIST's images for training and for the test. If they are not there, the program ends with a line that says why."""
    try:
        return nn.data.MNIST(args.data, train=True, download=args.download), nn.data.MNIST(args.data, train=False, download=args.download)
    except (OSError, ValueError) as error:  # the files are not there, cannot be downloaded, or are broken
        parser.error(str(error).replace("(with download=True)", "with --download").replace("pass download=True", "add --download"))
