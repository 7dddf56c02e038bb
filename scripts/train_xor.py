"""Trains a network of scalars, MLP(2, [8, 1]), on the exclusive or, which no single neuron can learn, and draws the result."""

from __future__ import annotations

import command_line
import training

import nn

X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
Y = [-1.0, 1.0, 1.0, -1.0]


def main() -> None:
    args = training.arguments(__doc__, steps=200, out="out/xor").parse_args()
    model = nn.MLP(2, [8, 1], activation="tanh", rng=args.seed)
    training.run(model, X, Y, args.steps, args.out)


if __name__ == "__main__":
    command_line.run(main)
