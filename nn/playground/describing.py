"""What a page knows of its network: the parameters and where they stand, the units and their weights, the data, and the programs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np

from autograd import Node
from autograd.texts import visible

from ..mlp import MLP
from .home import point_to_ask, programs_to_take
from .programs import Argument, Network, Printed, positions, update_programs
from .task import Task
from .units import Column, Weight

__all__ = ["Description", "described"]

WIDEST, DEEPEST = 32, 10  # units side by side, and columns of them, that a page has room for
LONG, BRIEF = 60, 16  # characters of a name, and of that of a function


class Description(NamedTuple):
    """The data of a page, and its two programs: of the step, and of what the units answer."""

    spec: dict[str, Any]
    step: str
    answers: str


def described(network: Network, task: Task, frozen: Collection[Node]) -> Description:
    """Describe a network for a page, where some parameters are frozen.

    Raises:
        ValueError: it is too large to be drawn.
        TypeError: it cannot be printed as JavaScript.
    """
    wired = network.wired()
    widths = [network.X.shape[1], *(len(column.edges) for column in wired.columns)]
    if max(widths) > WIDEST or len(widths) > DEEPEST + 1:
        raise ValueError(
            f"A playground draws each neuron, and this network is too large for that: at most {WIDEST} side by side, in {DEEPEST} layers; "
            f"it has {' → '.join(map(str, widths[:20]))}."
        )
    step, answers = network.step(), network.answers(wired)
    used = list({id(argument.node): argument for argument in (*step.arguments, *answers.arguments)}.values())
    learning = {p for p, _ in positions(used)} & {p for p in network.model.parameters() if p not in frozen}
    arguments = _in_order(network, used)
    places = positions(arguments)
    starts = {id(argument.node): places[next(iter(positions([argument])))] for argument in arguments}
    numbers = np.concatenate([np.ravel(argument.node.data) for argument in arguments])
    updates = update_programs(len(numbers))
    spec = {
        "title": _title(network, widths), "loss": _name(network.loss), "numbers": numbers.tolist(),
        "frozen": [place for (node, _), place in places.items() if node not in learning],
        "parameters": _parameters(network, places),
        "step": _taken(step, starts), "answers": _taken(answers, starts), "groups": wired.groups,
        "updates": {name: _arguments_of(text) for name, text in updates.items()},
        "columns": [_column(column, places) for column in wired.columns], "inputs": widths[0], "outputs": wired.outputs,
        "task": {"kind": task.kind, "classes": task.classes, "threshold": task.threshold, "width": _width(task)},
        "data": {"X": network.X.tolist(), "y": task.y.tolist(), "order": np.random.default_rng(0).permutation(len(network.X)).tolist()},
        "taken": point_to_ask(network), "home": [program._asdict() for program in programs_to_take(network, places)],
    }  # fmt: skip
    return Description(spec, "\n".join([step.text, *updates.values()]), answers.text)


def _title(network: Network, widths: list[int]) -> str:
    model = network.model
    name = visible(type(model).__name__, LONG)
    return f"{name}({widths[0]}, {widths[1:]})" if type(model) is MLP else f"{name}, {' → '.join(map(str, widths))}"


def _name(loss: Any) -> str:
    name: str = getattr(loss, "__name__", type(loss).__name__)
    return "a loss of your own" if name == "<lambda>" else visible(name.replace("_", " "), LONG)


def _width(task: Task) -> int:
    """How many numbers the loss is given for a point."""
    return 1 if task.targets.ndim == 1 else int(task.targets.shape[1])


def _in_order(network: Network, used: list[Argument]) -> list[Argument]:
    """What programs take, and the parameters that none takes, in the order of the parameters."""
    found = {p for p, _ in positions(used)}
    unused = [Argument(name, p) for name, p in network.model.named_parameters() if p not in found]
    order = {p: i for i, p in enumerate(network.model.parameters())}
    return sorted([*used, *unused], key=lambda argument: min(order.get(node, len(order)) for node, _ in positions([argument])))


def _parameters(network: Network, places: dict[Weight, int]) -> list[dict[str, Any]]:
    return [
        {"name": name, "shape": list(np.shape(p.data)), "at": [places[p, i] for i in range(int(np.size(p.data)))]}
        for name, p in network.model.named_parameters()
    ]


def _taken(printed: Printed, starts: dict[int, int]) -> list[list[Any]]:
    """For each argument of a program where it starts, how many numbers it has, whether it is one number, and its name."""
    return [[starts[id(argument.node)], argument.size, not argument.shape, argument.name] for argument in printed.arguments]


def _arguments_of(text: str) -> list[str]:
    """The names of the arguments of the function that a text begins with."""
    return text.partition("(")[2].partition(")")[0].replace("\n", " ").replace(" ", "").split(",")


def _column(column: Column, places: dict[Weight, int]) -> dict[str, Any]:
    """For each unit what it gets, as column, unit and the place of the weight, -1 for none; and the place of its bias."""
    at = [[[*edge.source, -1 if edge.weight is None else places[edge.weight]] for edge in edges] for edges in column.edges]
    biases = [-1 if bias is None else places[bias] for bias in column.biases]
    return {"edges": at, "biases": biases, "functions": [visible(name, BRIEF) for name in column.functions]}
