"""Trains a network to read handwritten digits (MNIST), 784-256-128-10 or with convolutions, and shows its filters and its mistakes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import tutorial
from command_line import positive, run

import nn


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


def lesson(plan: Plan, train: nn.data.MNIST, test: nn.data.MNIST, seed: int, epochs: int) -> tutorial.Lesson:
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


def main() -> None:
    parser = tutorial.arguments(__doc__, out="out/mnist")
    tutorial.add_images(parser, "the four files of MNIST")
    parser.add_argument("--model", choices=list(PLANS), default="mlp", help="layers of neurons, or convolutions before them")
    parser.add_argument("--epochs", type=positive, help="how often it sees each image (default: 20 for mlp, 5 for cnn)")
    args = parser.parse_args()
    train, test = tutorial.images(parser, args, nn.data.MNIST)
    plan = PLANS[args.model]
    epochs = args.epochs or plan.epochs
    if args.seeds:
        tutorial.try_seeds(args.seeds, lambda seed: tutorial.test_accuracy(*lesson(plan, train, test, seed, epochs)), "test accuracy")
        return
    tutorial.train_and_show(args.out, *lesson(plan, train, test, args.seed, epochs), test)


if __name__ == "__main__":
    run(main)
