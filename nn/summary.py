"""`model.summary(input_shape)`: what a model is made of, as a table of its modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Node, Value, no_grad

if TYPE_CHECKING:
    from .module import Module

__all__ = ["summary"]

BATCH = 3  # how many examples the model is tried on; the table says n


def summary(model: Module, input_shape: tuple[int, ...], dtype: Any) -> str:
    """What `model.summary(input_shape, dtype)` does."""
    names = {id(module): path for path, module in model.named_modules()}
    rows: dict[int, list[str]] = {}

    def note(module: Module, _: Any, output: Any) -> None:
        own = _own_parameters(module)
        rows[id(module)] = [_title(names[id(module)], module), _shapes(output), f"{own:,}" if own else ""]

    _run(model, input_shape, dtype, note)
    table = [["Module", "Output shape", "Parameters"]] + [rows[key] for key in names if key in rows]
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


def _run(model: Module, input_shape: tuple[int, ...], dtype: Any, note: Any) -> None:
    """Call the model once, for evaluation and with zeros, and tell `note` of every module's output."""
    modules = model.modules()
    scalar = any(isinstance(p, Value) for p in model.parameters())  # a network of Values takes one example
    ends = [module.register_forward_hook(note) for module in modules]
    before = [module.training for module in modules]
    model.eval()
    try:
        with no_grad():
            shape = tuple(np.atleast_1d(input_shape).tolist())
            model(np.zeros(shape if scalar else (BATCH, *shape), dtype))
    finally:
        for module, training, end in zip(modules, before, ends, strict=True):
            module.training = training
            end()


def _title(path: str, module: Module) -> str:
    kind = type(module).__name__
    return "  " * (path.count(".") + 1) + f"{path} ({kind})" if path else kind


def _own_parameters(module: Module) -> int:
    """How many numbers are trained in the module itself, not in the modules inside."""
    inside = {id(p) for child in module.children() for p in child.parameters()}
    return sum(p.size for p in module.parameters() if id(p) not in inside)


def _shapes(output: Any) -> str:
    """The shape of what a module returned; of several, one after the other."""
    if isinstance(output, Node) or hasattr(output, "shape"):
        shape = output.shape
        return f"({', '.join(['n', *map(str, shape[1:])])}{',' if len(shape) == 1 else ''})" if shape[:1] == (BATCH,) else str(shape)
    if isinstance(output, (list, tuple)):
        return f"({len(output)},)" if all(isinstance(x, Value) for x in output) else ", ".join(map(_shapes, output))
    return type(output).__name__
