"""Trains a network to tell three kinds of iris apart by the sizes of their sepals and petals: 4-16-3, or a deeper one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import tutorial
from command_line import run
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import nn

Fit = Callable[..., nn.History]


def flowers() -> tuple[nn.data.TensorDataset, nn.data.TensorDataset]:
    """120 flowers for training and 30 for the test: four lengths and widths, and which of the three kinds it is.

    Both are scaled by the mean and the standard deviation of the training flowers, since those of the
    test are not known in training.
    """
    X, y = load_iris(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)
    scaler = StandardScaler().fit(X_train)
    return nn.data.TensorDataset(scaler.transform(X_train), y_train), nn.data.TensorDataset(scaler.transform(X_test), y_test)


def shallow(seed: int) -> tuple[nn.Trainer, Fit]:
    """4-16-3, trained by gradient descent with momentum on all flowers at once: the trainer, and its `fit` with its arguments."""
    nn.manual_seed(seed)
    train, _ = flowers()
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = nn.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    trainer = nn.Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics=["accuracy"])
    return trainer, partial(trainer.fit, train, epochs=500, batch_size=len(train))


def deep(seed: int) -> tuple[nn.Trainer, Fit]:
    """4-64-32-3, trained until it no longer gets better on validation flowers; the same two things."""
    nn.manual_seed(seed)
    train, validation = nn.data.random_split(flowers()[0], [0.8, 0.2])
    model = nn.Sequential(
        nn.Linear(4, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.3),
        nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2),
        nn.Linear(32, 3),
    )  # fmt: skip
    optimizer = nn.optim.Adam(model.parameters(), lr=0.001)
    stop = nn.callbacks.EarlyStopping(patience=10, restore_best_weights=True)
    trainer = nn.Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics=["accuracy"], callbacks=[stop])
    return trainer, partial(trainer.fit, train, validation, epochs=500, batch_size=16)


def main() -> None:
    parser = tutorial.arguments(__doc__, out="out/iris")
    parser.add_argument("--deep", action="store_true", help="4-64-32-3 with batch normalization, dropout and early stopping")
    args = parser.parse_args()
    lesson = deep if args.deep else shallow
    _, test = flowers()

    def test_accuracy(seed: int) -> float:
        trainer, fit = lesson(seed)
        fit(verbose=False)
        return trainer.evaluate(test)["accuracy"]

    if args.seeds:
        tutorial.try_seeds(args.seeds, test_accuracy, "test accuracy")
        return
    trainer, fit = lesson(args.seed)
    interrupted = tutorial.until_ctrl_c(fit)
    print(f"test accuracy {trainer.evaluate(test)['accuracy']:.4f}, of {len(test)} flowers that it has not seen")
    print(f"trained for {trainer.epoch} epochs")
    tutorial.save(args.out, **tutorial.curves(trainer))
    tutorial.end(trainer, interrupted)


if __name__ == "__main__":
    run(main)
