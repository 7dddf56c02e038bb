"""The passes of a batch through a model, forward and back, and what can be seen there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import Node, Primitive, Value
from autograd.backward import ancestors
from autograd.structures import leaves

from ..finite import is_finite, kind_of
from ..locating import Places, layer_of, owner
from ..module import Module
from .finding import Finding

__all__ = ["Passes"]

# The share of a layer's units that may be 0 for the whole batch. Some are 0 by chance, and more in
# layers whose inputs are all positive. A unit that is 0 for all data has no gradient and stays dead
# (Lu and others, 2020, "Dying ReLU and initialization").
DEAD = 0.5
EXAMPLES = 16  # with fewer examples, too many units are 0 by chance, and dead ones are not looked for

# Beyond ±0.97, the derivative of tanh is below 0.06 (as in Karpathy's lecture on activations, 2022);
# beyond 0.985, that of a sigmoid is below 0.06 of its maximum. If more than this share of the outputs
# are there, a layer hardly learns.
BEYOND, SATURATED = 0.97, 0.5

# In a network that trains well, the norm of the gradient of a layer's weights, divided by the norm of
# the weights, is similar in all layers (Glorot and Bengio, 2010). A sigmoid, whose derivative is at
# most ¼, reduces it a good deal. This fraction of the last layer's, or its inverse, is too much.
VANISHING = 1e-3
# With a learning rate of 0.01, a step would change the weights by more than their own size, where a
# thousandth is usual (notes of Stanford's CS231n).
EXPLODING = 100.0


class Passes:
    """The forward pass of a batch; `gradients` is for after the backward pass.

    Args:
        model: a network of Tensors; or of Values, which is called row by row.
        inputs: arrays, the arguments of the model.

    Attributes:
        output: what the model returned; for a network of Values, the list of its outputs for the rows.
        first_not_finite: a finding about the first module with nan or infinity in its output, if
            there is one.

    Example:
        >>> import nn
        >>> passes = Passes(nn.Sequential(nn.Linear(1, 4), nn.Tanh()), [np.ones((2, 1))])
        >>> passes.output.shape, passes.title("1")
        ((2, 4), "Tanh '1'")
    """

    def __init__(self, model: Module, inputs: Sequence[ArrayLike]) -> None:
        self.places = Places(model)
        self.modules = self.places.modules
        self.parameters = dict(model.named_parameters())
        self.of_values = any(isinstance(p, Value) for p in self.parameters.values())
        self.first_not_finite: Finding | None = None
        self._paths = {id(module): path for path, module in self.modules.items()}
        self._done: dict[str, None] = {}  # the paths of modules, in the order in which they first returned
        self._inputs = inputs
        ends = [module.register_forward_hook(self._returned) for module in self.modules.values()]
        try:
            self.output = self.run(model)
        finally:
            for end in ends:
                end()
        self.examples = len(np.asarray(inputs[0]))

    def run(self, model: Module) -> Any:
        """What a model returns for the batch."""
        return [model(*row) for row in zip(*map(_rows, self._inputs), strict=True)] if self.of_values else model(*self._inputs)

    def _returned(self, module: Module, _: object, output: object) -> None:
        path = self._paths[id(module)]
        self._done.setdefault(path)
        wrong = [x for x in leaves(output) if not is_finite(x)]
        if wrong and self.first_not_finite is None:
            self.first_not_finite = Finding(
                "not finite", path, math.nan, f"{self.title(path)} is the first module whose output has {kind_of(wrong[0])}.",
                "Try scaled inputs and smaller weights; autograd.detect_anomaly() finds the operation.",
            )  # fmt: skip

    def activations(self) -> Iterator[Finding]:
        """Look for dead and saturated activations, both functions and modules.

        The output of the model is left out; it may be sure.
        """
        outputs = {x for x in leaves(self.output) if isinstance(x, Node)}
        found: dict[tuple[Primitive, str, str], list[Any]] = {}
        for node in reversed(ancestors(outputs)):
            function = node.primitive
            if function is not None and (_is_rectifier(function) or function.kind == "squashing") and node not in outputs:
                (x,) = node.inputs or ()
                path, before = self.place(node), self.place(x)
                where = self.title(path)
                if self.modules[path].children() and before != path:  # a function in a module's forward, after a layer
                    path, where = before, f"The {function.name} after {self.title(before)}"
                found.setdefault((function, path, where), []).append(node._datum)
        for (function, path, where), outs in found.items():
            yield from self._dead(path, where, outs) if _is_rectifier(function) else self._saturated(function, path, where, outs)

    def _dead(self, path: str, where: str, outs: list[NDArray[Any]]) -> Iterator[Finding]:
        if self.of_values:
            outs = [np.reshape(outs, (self.examples, -1))]
        dead = _dead_units(outs)
        if dead.mean() > DEAD and self.examples >= EXAMPLES:
            yield Finding(
                "dead ReLU", path, float(dead.mean()),
                f"{where}: {dead.sum()} of {dead.size} units are dead, 0 for the whole batch, and do not learn.",
                "Try inputs with mean 0, He initialisation (nn.init.kaiming_normal_), biases of 0, a smaller learning rate, or LeakyReLU.",
            )  # fmt: skip

    def _saturated(self, function: Primitive, path: str, where: str, outs: list[NDArray[Any]]) -> Iterator[Finding]:
        numbers = np.concatenate([np.ravel(out) for out in outs])
        low, high = function.range
        middle, reach = (low + high) / 2, BEYOND * (high - low) / 2
        share = float((np.abs(numbers - middle) > reach).mean())
        if share > SATURATED:
            ends = f"beyond ±{reach:g}" if middle == 0 else f"above {middle + reach:g} or below {middle - reach:.3g}"
            yield Finding(
                "saturation", path, share,
                f"{where}: {share:.0%} of the outputs are {ends}, where the {function.name} is flat and hardly passes a gradient on.",
                "Try scaled inputs, smaller initial weights (nn.init.xavier_uniform_), normalisation before it, or ReLU.",
            )  # fmt: skip

    def gradients(self, loss: Node) -> Iterator[Finding]:
        """Look at the gradients of the layers, after the backward pass from `loss`."""
        used, sizes = set(ancestors([loss])), {}
        for path, parameters in self._layers().items():
            if not all(is_finite(p.grad) for p in parameters if p.grad is not None):
                yield Finding(
                    "not finite", path, math.nan, f"{self.title(path)}: the gradient has nan or infinity, though the loss has not.",
                    "autograd.detect_anomaly() finds the operation.",
                )  # fmt: skip
            elif used.isdisjoint(parameters):
                yield Finding(
                    "no gradient", path, 0.0, f"{self.title(path)} gets no gradient: the loss does not depend on it.",
                    "Use it in forward, or leave it out; detach() and no_grad() stop gradients, too.",
                )  # fmt: skip
            elif loss.data and not any(np.any(p.grad) for p in parameters):
                yield Finding(
                    "no gradient", path, 0.0, f"{self.title(path)} gets a gradient of 0: nothing comes through from the loss.",
                    "Look at what comes after it: dead ReLUs, saturated sigmoids, or weights of 0.",
                )  # fmt: skip
            elif size := _relative_gradient(parameters):
                sizes[path] = size
        yield from self._steady(sizes)

    def _steady(self, sizes: dict[str, float]) -> Iterator[Finding]:
        """Whether gradients keep their size from the last layer to the first; `sizes` are relative to the weights."""
        last = next(reversed(sizes), "")
        for path, size in sizes.items():
            part = size / sizes[last]
            compared = f"as a part of the weights it is {size:.1e}, and that of {self.title(last)} {sizes[last]:.1e}"
            if part < VANISHING:
                yield Finding(
                    "vanishing gradient", path, part, f"{self.title(path)}: the gradient vanishes; {compared}.",
                    "Try ReLU instead of sigmoids, normalisation, Xavier or He initialisation (nn.init), or fewer layers.",
                )  # fmt: skip
            elif size > EXPLODING or part > 1 / VANISHING:
                comparison = f"it is {size:.3g} times as large as the weights" if size > EXPLODING else compared
                yield Finding(
                    "exploding gradient", path, size, f"{self.title(path)}: the gradient explodes; {comparison}.",
                    "Try scaled inputs and targets, smaller initial weights, normalisation, or nn.utils.clip_grad_norm_.",
                )  # fmt: skip

    def _layers(self) -> dict[str, list[Any]]:
        """The parameters of each layer that are not frozen, by the path of the layer.

        The layers stand in the order in which they computed.
        """
        layers: dict[str, list[Any]] = {layer_of(path): [] for path in self._done}
        for name, parameter in self.parameters.items():
            if parameter.requires_grad:
                layers.setdefault(layer_of(owner(name, self.modules)), []).append(parameter)
        return {path: parameters for path, parameters in layers.items() if parameters}

    def place(self, x: object) -> str:
        """The path of the innermost layer that computed `x`; "" for what no layer computed."""
        return layer_of(self.places.of(x) or "")

    def title(self, path: str) -> str:
        """What a sentence calls a module: `Linear 'encoder.0'`."""
        return self.places.title(path) if path else f"The {self.places.title(path)}"


def _rows(x: ArrayLike) -> list[Any]:
    return np.asarray(x).tolist()


def _dead_units(outs: list[NDArray[Any]]) -> NDArray[np.bool_]:
    """Which units of a ReLU were 0 in all its calls.

    Units are columns, and the channels of images. With three axes, either of the last two may be
    the axis of units; the one with more dead units is taken.
    """
    answers = []
    for axis in {2: (1,), 3: (1, 2), 4: (1,)}.get(outs[0].ndim, (-1,)):
        alive = [np.count_nonzero(np.moveaxis(out, axis, -1).reshape(-1, out.shape[axis]), axis=0) for out in outs]
        same = len({len(units) for units in alive}) == 1
        answers.append(np.sum(alive, axis=0) == 0 if same else np.concatenate(alive) == 0)
    return max(answers, key=np.mean)


def _relative_gradient(parameters: list[Any]) -> float:
    """The norm of the gradient of a layer's weights, divided by the norm of the weights whose gradient is not 0.

    In an Embedding these are the words of the batch. Biases do not count, since they begin at 0.
    """
    weights = [p for p in parameters if p.grad is not None and (isinstance(p, Value) or p.ndim > 1)]
    length = math.sqrt(sum(np.sum(np.square(p.data, dtype=np.float64) * (np.asarray(p.grad) != 0)) for p in weights))
    return math.sqrt(sum(np.sum(np.square(p.grad, dtype=np.float64)) for p in weights)) / length if length else 0.0


def _is_rectifier(function: Primitive) -> bool:
    """Whether it is 0, and flat, on one side, as ReLU is."""
    return function.elementwise and function.masks == "kink"
