"""`model.summary(input_shape)`: what a model is made of, as a table of its modules."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Node, Value, no_grad
from autograd.texts import visible

from .mlp import Layer

if TYPE_CHECKING:
    from .module import Module

__all__ = ["summary"]

LONG = 80  # characters of a module's name


def summary(model: Module, input_shape: tuple[int, ...], dtype: Any) -> str:
    """What `model.summary(input_shape, dtype)` does."""
    shape = _checked(model, input_shape)
    neurons = {id(neuron) for layer in model.modules() if isinstance(layer, Layer) for neuron in layer.neurons}
    modules = {path: module for path, module in model.named_modules() if id(module) not in neurons}
    if any(isinstance(p, Value) for p in model.parameters()):  # a network of Values takes one example
        once = again = _run(model, np.zeros(shape, dtype))
    else:
        once, again = (_run(model, np.zeros((n, *shape), dtype)) for n in (2, 3))  # what differs is the batch's
    table = [["Module", "Output shape", "Parameters"]]
    shown: list[str] = []
    for path, module in modules.items():
        if id(module) in once:
            depth = sum(path.startswith(f"{outer}.") or not outer for outer in shown)
            shapes = ", ".join(map(_shape, once[id(module)], again[id(module)]))
            own = _own_parameters(module)
            kind = visible(type(module).__name__, LONG)
            table.append(["  " * depth + (f"{visible(path, LONG)} ({kind})" if path else kind), shapes, f"{own:,}" if own else ""])
            shown.append(path)
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}".rstrip() for a, b, c in table]
    sizes = [(p.size, p.dtype.itemsize) if not isinstance(p, Value) else (1, 8) for p in model.parameters()]
    lines.append(f"{sum(n for n, _ in sizes):,} parameters, {sum(n * bytes_each for n, bytes_each in sizes):,} bytes")
    text = "\n".join(lines)
    print(text)
    return _Printed(text)


class _Printed(str):
    """A text that was printed already, so that a notebook need not show it again."""

    __slots__ = ()

    def _ipython_display_(self) -> None:
        pass


def _checked(model: Module, input_shape: Any) -> tuple[int, ...]:
    shape = input_shape if isinstance(input_shape, (tuple, list)) else (input_shape,)
    if not all(isinstance(n, (int, np.integer)) and n > 0 for n in shape):
        raise ValueError(f"summary takes the shape of one example without the batch, such as (784,) or (1, 28, 28); got {input_shape!r}.")
    try:
        inspect.signature(model.forward).bind(None)
    except TypeError:
        takes = ", ".join(inspect.signature(model.forward).parameters)
        raise TypeError(f"summary calls a model on one input, and {type(model).__name__} takes {takes}.") from None
    return tuple(shape)


def _run(model: Module, x: Any) -> dict[int, list[Any]]:
    """Call the model for evaluation; for each module that was called, by its id, what it returned."""
    outputs: dict[int, list[Any]] = {}

    def note(module: Module, _: Any, output: Any) -> None:
        outputs[id(module)] = _parts(output)

    modules = model.modules()
    ends = [module.register_forward_hook(note) for module in modules]
    before = [module.training for module in modules]
    model.eval()
    try:
        with no_grad():
            note(model, None, model(x))
    finally:
        for module, training, end in zip(modules, before, ends, strict=True):
            module.training = training
            end()
    return outputs


def _own_parameters(module: Module) -> int:
    """How many numbers are trained in the module itself, not in the modules inside; those of neurons are their layer's."""
    inside = {id(p) for child in module.children() for p in child.parameters() if not isinstance(module, Layer)}
    return sum(p.size for p in module.parameters() if id(p) not in inside)


def _parts(output: Any) -> list[Any]:
    """The shapes of all that a module returned, or the names of their types."""
    if isinstance(output, Node) or hasattr(output, "shape"):
        return [output.shape]
    if isinstance(output, dict):
        output = list(output.values())
    if isinstance(output, (list, tuple)) and output:
        if all(isinstance(x, Value) for x in output):
            return [(len(output),)]
        return [part for x in output if x is not None for part in _parts(x)]
    return [type(output).__name__]


def _shape(once: Any, again: Any) -> str:
    """A shape as text, with n for what depends on the number of examples."""
    if isinstance(once, str) or len(once) != len(again):
        return str(once)
    axes = ["n" if a != b else str(a) for a, b in zip(once, again, strict=True)]
    return f"({', '.join(axes)}{',' if len(axes) == 1 else ''})"
