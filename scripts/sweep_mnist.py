"""Trains the layers of `train_mnist.py` with 18 settings, in parallel: learning rate × batch size × dropout.

Each finished setting has a file in the folder --out, and is not run again. So a sweep that was
stopped continues if it is called in the same way.

The settings run in processes on this machine. With joblib's back-ends they run on a cluster of Dask
or Ray, if its workers have one thread each and share the folder:

    with joblib.parallel_config("dask"):
        sweep_mnist.main()
"""

from __future__ import annotations

import json
import sys
import zlib
from itertools import product
from pathlib import Path
from typing import Any

import joblib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tutorial
from command_line import INTERRUPTED, Arguments, folder, natural, positive, run, save_figure
from matplotlib.figure import Figure
from tqdm import tqdm
from train_mnist import mlp

import nn
from autograd.files import write_whole
from nn.plot.colours import AMOUNTS, blend

RATES, BATCH_SIZES, DROPOUTS = [1e-2, 1e-3, 1e-4], [32, 256], [0.0, 0.3, 0.5]
SETTINGS = [{"lr": lr, "batch": batch, "dropout": dropout} for lr, batch, dropout in product(RATES, BATCH_SIZES, DROPOUTS)]

Numbers = dict[str, Any]


def train(setting: Numbers, sweep: Numbers, learned: nn.data.Subset, validation: nn.data.Subset, test: nn.data.MNIST, path: Path) -> None:
    """Train with one setting, and write the result to a file. This is what runs in parallel."""
    nn.manual_seed(sweep["seed"])
    model = mlp(setting["dropout"])
    trainer = nn.Trainer(model, nn.CrossEntropyLoss(), nn.optim.Adam(model.parameters(), lr=setting["lr"]), metrics=["accuracy"])
    trainer.fit(learned, validation, epochs=sweep["epochs"], batch_size=setting["batch"], verbose=False)
    result = {"sweep": sweep, **setting, "test_accuracy": trainer.evaluate(test)["accuracy"], "history": trainer.history}
    write_whole(path, json.dumps(result).encode())


def result_path(out: Path, setting: Numbers) -> Path:
    """The file for the result of a setting."""
    return out / (",".join(f"{name}={number:g}" for name, number in setting.items()) + ".json")


def read(path: Path, sweep: Numbers) -> Numbers | None:
    """The result of a setting; None if it has to be run.

    Raises:
        ValueError: it is the result of another sweep.
    """
    try:
        result = json.loads(path.read_bytes())
        other = dict(result["sweep"])
        if {"test_accuracy", *SETTINGS[0]} - result.keys() or len(result["history"]["val_accuracy"]) != other["epochs"]:
            raise ValueError("Something is missing.")
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError):
        print(f"{path} is broken; this setting is run again.", file=sys.stderr)
        return None
    if other != sweep:
        differing = ", ".join(
            f"{name} {other.get(name)} instead of {number}" for name, number in sweep.items() if other.get(name) != number
        )
        raise ValueError(f"{str(path.parent)!r} has results of another sweep, with {differing}. Choose another folder with --out.")
    return result


class Parallel(joblib.Parallel):
    """joblib's `Parallel`, with a progress bar."""

    def __call__(self, iterable: Any) -> Any:
        with tqdm(total=len(SETTINGS), initial=len(SETTINGS) - len(iterable), unit="setting") as self.bar:
            return super().__call__(iterable)

    def print_progress(self) -> None:
        """Move the bar to the number of finished settings; joblib calls this."""
        self.bar.update(self.bar.initial + self.n_completed_tasks - self.bar.n)


def run_missing(missing: list[Numbers], sweep: Numbers, images: nn.data.MNIST, test: nn.data.MNIST, out: Path) -> None:
    """Run settings, on joblib's current back-end."""
    chosen = nn.data.Subset(images, np.random.default_rng(sweep["seed"]).permutation(len(images))[: sweep["examples"]])
    learned, validation = nn.data.random_split(chosen, [5 / 6, 1 / 6], rng=sweep["seed"])
    Parallel()([joblib.delayed(train)(setting, sweep, learned, validation, test, result_path(out, setting)) for setting in missing])


def table(results: list[Numbers]) -> pd.DataFrame:
    """A row for each setting, the best on the validation images first."""
    rows = [
        {
            **{name: result[name] for name in SETTINGS[0]},
            **{name: result["history"][name][-1] for name in ("loss", "accuracy", "val_loss", "val_accuracy")},
            "seconds": sum(result["history"]["seconds"]),
            "test_accuracy": result["test_accuracy"],
        }
        for result in results
    ]
    return pd.DataFrame(rows).sort_values("val_accuracy", ascending=False, kind="stable")


def curves(results: list[Numbers]) -> Figure:
    """The accuracy on the validation images, epoch by epoch: a panel for each learning rate, a shade for each dropout."""
    figure, panels = plt.subplots(1, len(RATES), figsize=(4 * len(RATES) + 2, 3.6), sharey=True, layout="constrained")
    shades = blend(*AMOUNTS)
    for result in results:
        accuracies = result["history"]["val_accuracy"]
        batch = BATCH_SIZES.index(result["batch"])
        panels[RATES.index(result["lr"])].plot(
            range(1, len(accuracies) + 1), accuracies,
            color=shades((1 + DROPOUTS.index(result["dropout"])) / len(DROPOUTS)), linestyle=["-", "--"][batch],
            marker="os"[batch] if len(accuracies) <= 15 else None, markersize=4,
            label=f"batch {result['batch']}, dropout {result['dropout']:g}",
        )  # fmt: skip
    for panel, rate in zip(panels, RATES, strict=True):
        panel.set(title=f"learning rate {rate:g}", xlabel="epoch")
        panel.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        panel.grid(axis="y", alpha=0.3)
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("accuracy on the validation images")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center")
    return figure


def report(results: list[Numbers], out: Path) -> None:
    """Print the table, save it and the figure, and print how well the best does on test images, by which it was not chosen."""
    rows = table(results)
    print(rows.to_string(index=False, float_format="{:.4g}".format))
    best = rows.iloc[0]
    print(f"best of {len(rows)}: lr {best.lr:g}, batch {best.batch:g}, dropout {best.dropout:g}; test accuracy {best.test_accuracy:.4f}")
    write_whole(out / "table.csv", rows.to_csv(index=False).encode())
    print(f"Saved {out / 'table.csv'}")
    save_figure(out / "curves.png", curves(results))


def main() -> None:
    parser = Arguments(__doc__)
    tutorial.add_images(parser, "the four files of MNIST")
    parser.add_argument("--epochs", type=positive, default=20, help="how often a network sees each image")
    parser.add_argument("--examples", type=positive, default=60_000, help="how many images to use; a sixth of them is for validation")
    parser.add_argument("--seed", type=natural, default=0, help="the seed of everything random")
    parser.add_argument("--jobs", type=positive, default=joblib.cpu_count(), help="how many settings to train at the same time")
    parser.add_argument("--out", type=folder, default="out/sweep", help="the folder for the results, the table and the figure")
    args = parser.parse_args()
    if args.examples < 6:
        parser.error(f"a sixth of the images is for validation, so at least 6 are needed; got {args.examples}.")
    images, test = tutorial.images(parser, args, nn.data.MNIST)
    sweep = {"epochs": args.epochs, "examples": min(args.examples, len(images)), "seed": args.seed, "images": zlib.crc32(images.images)}

    def results() -> list[Numbers]:
        return [result for setting in SETTINGS if (result := read(result_path(args.out, setting), sweep))]

    try:
        finished = results()
    except ValueError as error:
        parser.error(str(error))
    missing = [setting for setting in SETTINGS if not any(setting.items() <= result.items() for result in finished)]
    interrupted = False
    with joblib.parallel_config(n_jobs=args.jobs):  # joblib gives each process its share of the cores, for the matrix products inside
        try:
            run_missing(missing, sweep, images, test, args.out)
        except KeyboardInterrupt:
            interrupted = True
    if finished := results():
        report(finished, args.out)
    if interrupted:
        print(f"Interrupted: {len(finished)} of {len(SETTINGS)} settings are finished. Call it again to go on.", file=sys.stderr)
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    run(main)
