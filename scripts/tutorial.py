"""What the programs of the tutorials share: their arguments, several seeds, Ctrl-C, and how images are read and results shown."""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
from command_line import INTERRUPTED, Arguments, folder, natural, positive, save_figure
from numpy.typing import NDArray

import nn

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MISTAKES = (4, 8)  # rows and columns of their picture

Lesson: TypeAlias = tuple[nn.Trainer, Callable[..., object]]  # a trainer, and its `fit` with its arguments
Images = TypeVar("Images", nn.data.MNIST, nn.data.CIFAR10)


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


def add_images(parser: argparse.ArgumentParser, what: str) -> None:
    """The arguments that say where a dataset of images is; `what` says what is in the folder."""
    parser.add_argument("--data", required=True, type=Path, metavar="FOLDER", help=f"the folder with {what}")
    parser.add_argument("--download", action="store_true", help="get the files if they are not there")


def images(parser: argparse.ArgumentParser, args: argparse.Namespace, kind: type[Images]) -> tuple[Images, Images]:
    """The images for training and for the test. If they are not there, the program ends with a line that says why."""
    try:
        return kind(args.data, train=True, download=args.download), kind(args.data, train=False, download=args.download)
    except (OSError, ValueError) as error:  # the files are not there, cannot be downloaded, or are broken
        parser.error(str(error).replace("(with download=True)", "with --download").replace("pass download=True", "add --download"))


def test_accuracy(trainer: nn.Trainer, fit: Callable[[], object]) -> float:
    """The accuracy on the test images after training."""
    fit()
    return trainer.history["val_accuracy"][-1]


def resumed(parser: argparse.ArgumentParser, trainer: nn.Trainer, fit: Callable[..., object], checkpoint: Path) -> Callable[[], object]:
    """A `fit` that continues from a checkpoint. If there is none that fits, the program ends with a line that says why."""
    try:
        trainer.load(checkpoint)
    except (OSError, ValueError) as error:
        parser.error(f"argument --resume: {error}")
    return partial(fit, resume_from=checkpoint)


def train_and_show(out: Path, trainer: nn.Trainer, fit: Callable[[], object], test: Images) -> None:
    """Train a network on images; print how well it reads those of the test, and save it and pictures of what it does."""
    interrupted = until_ctrl_c(fit)
    logits = trainer.predict(test)
    print(f"test accuracy {nn.metrics.accuracy(logits, test.targets):.4f}, of {len(test)} images")
    if trainer.epoch:
        print(f"{statistics.mean(trainer.history['seconds']):.1f} seconds an epoch, {trainer.epoch} epochs")
    save(
        out,
        **curves(trainer),
        confusion=nn.plot.confusion_matrix(nn.metrics.confusion_matrix(logits, test.targets)),
        filters=first_filters(trainer.model),
        mistakes=mistakes(logits, test),
    )
    nn.save(out / "model.safetensors", trainer.model)
    print(f"Saved {out / 'model.safetensors'}")
    end(trainer, interrupted)


def first_filters(model: nn.Module) -> Axes:
    """The weights of the first layer, which sees the pixels, as small images."""
    layer = next(module for module in model.modules() if isinstance(module, (nn.Conv2d, nn.Linear)))
    return nn.plot.filters(layer if isinstance(layer, nn.Conv2d) else layer.weight.data[:64].reshape(-1, 1, 28, 28))


def mistakes(logits: NDArray[np.float32], test: Images) -> Axes:
    """The images that the network got wrong, those first of which it was surest."""
    import matplotlib.pyplot as plt  # here, since not every program draws

    guesses = logits.argmax(axis=1)
    sureness = logits.max(axis=1) - logits[np.arange(len(test)), test.targets]
    rows, columns = MISTAKES
    figure, panels = plt.subplots(rows, columns, figsize=(columns, 1.3 * rows), layout="constrained")
    wrong = [i for i in np.argsort(-sureness) if guesses[i] != test.targets[i]]
    figure.suptitle(f"{len(wrong)} of {len(test)} are wrong", fontsize=10)
    for panel in panels.flat:
        panel.set_axis_off()
    for panel, i in zip(panels.flat, wrong, strict=False):
        panel.imshow(test.data[i], cmap="gray_r")
        panel.set_title(f"{test.classes[test.targets[i]]} read as {test.classes[guesses[i]]}", fontsize=8)
    return panels[0, 0]
