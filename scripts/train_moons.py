"""Trains a network of scalars, MLP(2, [16, 16, 1]), to tell two moons of 100 points apart, and draws the result."""

from __future__ import annotations

import multiprocessing
import signal
from functools import partial

import command_line
import training
from tqdm import tqdm

import nn


def moons(seed: int) -> tuple[list[list[float]], list[float]]:
    """100 points in the plane and their classes, -1 and 1."""
    from sklearn.datasets import make_moons  # here, since it takes a second to load

    X, y = make_moons(100, noise=0.1, random_state=seed)
    return X.tolist(), (2.0 * y - 1).tolist()


def network(seed: int) -> nn.MLP:
    """An untrained network."""
    return nn.MLP(2, [16, 16, 1], rng=seed)


def right_after_training(steps: int, seed: int) -> int:
    """How many points a network gets right after training."""
    X, y = moons(seed)
    model = network(seed)
    training.train(model, X, y, steps, quiet=True)
    return training.right(model, X, y)


def try_seeds(seeds: int, steps: int) -> None:
    """Train with the seeds 0, 1, … on all cores, and print how many points each gets right."""
    with (
        multiprocessing.Pool(initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)) as pool,
        tqdm(pool.imap(partial(right_after_training, steps), range(seeds)), total=seeds, unit="seed") as bar,
    ):
        counts = list(bar)
    for seed, count in enumerate(counts):
        print(f"seed {seed}: {count} of 100 right")
    print(f"worst of {seeds}: {min(counts)} %")


def main() -> None:
    parser = training.arguments(__doc__, steps=100, out="out/moons")
    parser.add_argument("--seeds", type=command_line.positive, metavar="N", help="train with the seeds 0 to N-1 instead, without pictures")
    args = parser.parse_args()
    if args.seeds:
        try_seeds(args.seeds, args.steps)
        return
    X, y = moons(args.seed)
    training.run(network(args.seed), X, y, args.steps, args.out)


if __name__ == "__main__":
    command_line.run(main)
