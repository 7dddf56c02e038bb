"""Trains a network to read handwritten digits (MNIST), 784-256-128-10 or with convolutions, and shows its filters and its mistakes."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import tutorial
from command_line import positive, run
from matplotlib.axes import Axes
from numpy.typing import NDArray

import nn

MISTAKES = (4, 8)  # rows and columns of their picture


def mlp(dropout: float = 0.3) -> nn.Sequential:
    """784-256-128-10, with ReLU and dropout."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 256), nn.ReLU(), nn.Dropout(dropout),
        nn.Linear(256, 128), nn.ReLU(), nn.Dropout(dropout),
        nn.Linear(128, 10),
    )  # fmt: skip


def cnn() -> nn.Sequential:
    """Two convolutions, each with max pooling, and two layers of neurons."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),   # 28×28 pixels become 26×26, and then 13×13
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),  # 11×11, and then 5×5
        nn.Flatten(),
        nn.Linear(1600, 128), nn.ReLU(), nn.Dropout(0.3),
        nn.Linear(128, 10),
    )  # fmt: skip


class Plan(NamedTuple):
    """How a network is trained. With `one_cycle` the learning rate first rises to 0.003 and then falls to 0, which saves epochs."""

    network: Callable[[], nn.Sequential]
    epochs: int
    one_cycle: bool


PLANS = {"mlp": Plan(mlp, 20, False), "cnn": Plan(cnn, 5, True)}


def lesson(plan: Plan, train: nn.data.MNIST, test: nn.data.MNIST, seed: int, epochs: int) -> tuple[nn.Trainer, Callable[[], nn.History]]:
    """A trainer, and its `fit` with its arguments.

    The test images are measured after each epoch. Nothing is chosen by the result, so they stay a test.
    """
    nn.manual_seed(seed)
    model = plan.network()
    optimizer = nn.optim.Adam(model.parameters(), lr=0.001)
    batches = nn.data.DataLoader(train, batch_size=128, shuffle=True)
    callbacks = []
    if plan.one_cycle:
        schedule = nn.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.003, total_steps=epochs * len(batches))
        callbacks.append(nn.callbacks.LearningRateSchedule(schedule, every="batch"))
    trainer = nn.Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics=["accuracy"], callbacks=callbacks)
    return trainer, partial(trainer.fit, batches, test, epochs=epochs)


def first_filters(model: nn.Module) -> Axes:
    """The weights of the first layer, which sees the pixels, as small images."""
    layer = next(module for module in model.modules() if isinstance(module, (nn.Conv2d, nn.Linear)))
    return nn.plot.filters(layer if isinstance(layer, nn.Conv2d) else layer.weight.data[:64].reshape(-1, 1, 28, 28))


def mistakes(logits: NDArray[np.float32], test: nn.data.MNIST) -> Axes:
    """The digits that the network got wrong, those first of which it was surest."""
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
        panel.set_title(f"{test.targets[i]} read as {guesses[i]}", fontsize=8)
    return panels[0, 0]


def main() -> None:
    parser = tutorial.arguments(__doc__, out="out/mnist")
    tutorial.add_digits(parser)
    parser.add_argument("--model", choices=list(PLANS), default="mlp", help="layers of neurons, or convolutions before them")
    parser.add_argument("--epochs", type=positive, help="how often it sees each image (default: 20 for mlp, 5 for cnn)")
    args = parser.parse_args()
    train, test = tutorial.digits(parser, args)
    plan = PLANS[args.model]
    epochs = args.epochs or plan.epochs

    def test_accuracy(seed: int) -> float:
        trainer, fit = lesson(plan, train, test, seed, epochs)
        fit()
        return trainer.history["val_accuracy"][-1]

    if args.seeds:
        tutorial.try_seeds(args.seeds, test_accuracy, "test accuracy")
        return
    trainer, fit = lesson(plan, train, test, args.seed, epochs)
    interrupted = tutorial.until_ctrl_c(fit)
    logits = trainer.predict(test)
    print(f"test accuracy {nn.metrics.accuracy(logits, test.targets):.4f}, of {len(test)} images")
    if trainer.epoch:
        print(f"{statistics.mean(trainer.history['seconds']):.1f} seconds an epoch, {trainer.epoch} epochs")
    tutorial.save(
        args.out,
        **tutorial.curves(trainer),
        confusion=nn.plot.confusion_matrix(nn.metrics.confusion_matrix(logits, test.targets)),
        filters=first_filters(trainer.model),
        mistakes=mistakes(logits, test),
    )
    nn.save(args.out / "model.safetensors", trainer.model)
    print(f"Saved {args.out / 'model.safetensors'}")
    tutorial.end(trainer, interrupted)


if __name__ == "__main__":
    run(main)
