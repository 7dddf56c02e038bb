"""What the scripts that train networks of scalars share: training, and the pictures of its result."""

from __future__ import annotations

import sys
from pathlib import Path

from command_line import INTERRUPTED, Arguments, folder, natural, positive, save_figure
from tqdm import tqdm

import autograd
import nn
from autograd import Drawing, Value, draw

Points = list[list[float]]

LEARNING_RATE = 0.05
ALPHA = 1e-4  # the weight of the L2 penalty


def arguments(description: str, steps: int, out: str) -> Arguments:
    """The arguments of every training script."""
    parser = Arguments(description)
    parser.add_argument("--seed", type=natural, default=0, help="the seed of everything random")
    parser.add_argument("--steps", type=positive, default=steps, help="how many times the weights are improved")
    parser.add_argument("--out", type=folder, default=out, help="the folder for the pictures")
    return parser


def right(model: nn.MLP, X: Points, y: list[float]) -> int:
    """How many points get the right class from the sign of their score."""
    with autograd.no_grad():
        return sum((model(x) > 0) == (target > 0) for x, target in zip(X, y, strict=True))


def train(model: nn.MLP, X: Points, y: list[float], steps: int, quiet: bool = False) -> tuple[dict[str, list[float]], bool]:
    """Train `model` to tell the classes y, -1 and 1, of the points X apart.

    Returns:
        The loss and the accuracy before each step, and whether Ctrl-C ended it early.
    """
    history: dict[str, list[float]] = {"loss": [], "accuracy": []}
    parameters = model.parameters()
    optimizer = nn.optim.Adam(parameters, lr=LEARNING_RATE)
    try:
        with autograd.collect_cycles_less_often(), tqdm(range(steps), unit="step", disable=quiet) as bar:
            for step in bar:
                optimizer.lr = LEARNING_RATE * (1 - 0.9 * step / steps)  # small steps at the end, to settle
                scores = [model(x) for x in X]
                loss = nn.hinge_loss(scores, y) + ALPHA * autograd.dot(parameters, parameters)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

                history["loss"].append(loss.data)
                history["accuracy"].append(sum((s > 0) == (t > 0) for s, t in zip(scores, y, strict=True)) / len(y))
                bar.set_postfix(loss=f"{loss.data:.4f}", accuracy=f"{history['accuracy'][-1]:.0%}")
    except KeyboardInterrupt:
        return history, True
    return history, False


def neuron_graph(model: nn.MLP, X: Points) -> Drawing:
    """The graph of the first neuron for the point with its largest output, with all derivatives."""
    neuron = model.layers[0].neurons[0]
    x = max(X, key=lambda point: neuron(point).data)
    model.zero_grad()
    inputs = [Value(number, label=f"x{i}") for i, number in enumerate(x, start=1)]
    output = neuron(inputs)
    output.label = "output"
    output.backward()
    return draw(output)


def network_graph(model: nn.MLP, x: list[float]) -> Drawing:
    """The graph of the whole network for one point, with a box for each layer."""
    model.zero_grad()
    score = model([Value(number, label=f"x{i}") for i, number in enumerate(x, start=1)])
    score.label = "score"
    score.backward()
    return draw(score, fold=1)


def run(model: nn.MLP, X: Points, y: list[float], steps: int, out: Path) -> None:
    """Train, save the pictures, and print how well it went and where they are."""
    history, interrupted = train(model, X, y, steps)
    print(f"{right(model, X, y)} of {len(y)} right")
    save_figure(out / "boundary.png", nn.plot.decision_boundary(lambda points: [model(p) for p in points], X, y).figure)
    if history["loss"]:
        save_figure(out / "curves.png", nn.plot.curves(history)[0].figure)
    for name, graph in {"neuron.svg": neuron_graph(model, X), "network.svg": network_graph(model, X[0])}.items():
        print(f"Saved {graph.save(out / name)}")
    if interrupted:
        print(f"Interrupted after {len(history['loss'])} of {steps} steps.", file=sys.stderr)
        sys.exit(INTERRUPTED)
