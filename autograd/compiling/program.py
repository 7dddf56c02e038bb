"""A compiled program: from the trace of a function to source, and from arguments to results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import zip_longest
from types import MethodType
from typing import Any, NamedTuple

import numpy as np

from ..backward import ancestors
from ..branches import spoiled, to_watch
from ..core import Node, record
from ..halves import in_single
from ..layout import ndarray
from ..modes import mode
from ..structures import rebuild, tree_map
from ..tensor import Tensor
from ..texts import visible
from ..value import Value
from .differentiate import differentiate, seed_of
from .given import Given
from .lift import Lifting
from .lifted import Lifted, stored
from .nodes import nodes_of
from .printing.targets import in_c, text_in
from .results import Call, Place
from .rewriting import is_plain, rewritten
from .simplify import Simplifier
from .source import Source
from .tracing import COMPILING, RefusedError, Trace, name_of, tracing

__all__ = ["Program", "Traced", "Variant", "traced"]

LONG = 60  # characters of the function's name


class Variant(NamedTuple):
    """The printed program, for gradients of the outputs numbered `seeded`.

    `branches` says where it is careful, and `loop_lines` what floats compute.
    """

    seeded: tuple[int, ...]
    careful: bool
    source: Source
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    variables: dict[str, Any]

    @property
    def floats(self) -> bool:
        """Whether some of it runs on Python's floats, which raise an error where NumPy's numbers become inf or nan."""
        return self.source.floats

    @property
    def is_silent(self) -> bool:
        """Whether it never warns of 1/0, as programs in C, whose functions are methods."""
        return isinstance(self.forward, MethodType)


class Program(Call):
    """One program: for arguments of one structure and shape. It is the primitive of the nodes that its calls leave.

    Attributes:
        surroundings: what the function saw besides its arguments, when it was traced.
        given: the nodes among those, parameters first of all; Values that are in a store are there
            as the store.
        inputs: the leaves of the lifted graph, a Tensor for each of `given`, then for each array
            among the arguments, then for each drawing of random numbers (`draws` are the functions
            that draw them).
        outputs: the results of the lifted graph, whose ancestors it is.
        kept: what changes of other objects are made of, see `autograd.state`; they are ancestors, too.
        quiet: whether 1/0 is inf without a word: in programs of Values, as always, and in those that choose among
            arrays, since they compute what is not chosen too.
        halves: whether something that it is given is of float16.
        watched: by which of its gradients, and whether by its data, it is seen that a branch not taken met a derivative
            that is not finite.
        traced: how many nodes the function left when it was traced.
        example: the positional and the named arguments that it was traced with, without graphs.
    """

    has_effects = False

    def __init__(
        self, function: Callable[..., Any], given: Given, args: Sequence[Any], kwargs: dict[str, Any], traced: Traced, target: str = "numpy"
    ) -> None:
        super().__init__(visible(name_of(function).split(".")[-1].strip("<>"), LONG) or "function")
        self.target = target
        self.example = tree_map(lambda x: x.detach() if isinstance(x, (Value, Tensor)) else x, (list(args), kwargs))
        self._trace, trace = traced
        self.surroundings = trace.surroundings
        self.draws = [draw for draw, _ in trace.draws]
        self._updates = trace.updates
        self._changed = [self.surroundings.guard.let_change(vars(update.owner), update.names) for update in trace.updates]
        self.surroundings.guard.prepare()
        with tracing(self.name):
            order = nodes_of(trace)
            self.traced = len(order)
            outside = self._outside(trace, order)
            self.given = stored(outside, self.surroundings)
            lifted = Lifted(trace, order, outside, self.given, self.name, as_loops=self.target == "c")
            self.inputs, self._types = lifted.inputs, lifted.types
            self._find_results(trace, lifted.lifting, lifted.flat)
            self.wanted = (
                [node.requires_grad for node in self.given] + [isinstance(x, Node) for x in given.arrays] + [False] * len(self.draws)
            )
        self._has_many = sum(self.wanted) > 1
        variables = [x for x, want in zip(self.inputs, self.wanted, strict=True) if want]
        self.watched = to_watch(ancestors(self._roots()), variables, self._roots())
        self._is_watched = any(self.watched)
        self.halves = any(x.dtype == np.float16 for x in self.inputs)
        self._floats = True
        self._variant = self._print(tuple(range(len(self.outputs))), careful=False)
        self._variants = {(self._variant.seeded, False, True): self._variant}
        self.quiet = any(isinstance(node, Value) and not node.is_leaf for node in order) or any(
            node.primitive is not None and node.primitive.masks == "choice" for node in ancestors(self.outputs)
        )

    def unchanged(self) -> bool:
        """Whether all that the program was made for is still the same."""
        return self.surroundings.guard.unchanged()

    def changed(self) -> str:
        """The name of something that has changed."""
        return self.surroundings.guard.changed()

    def _outside(self, trace: Trace, order: list[Node]) -> list[Node]:
        """The nodes from outside of the function that the program reads."""
        return [node for node in order if node.time < trace.start]

    def _roots(self) -> Sequence[Tensor]:
        """The results from which backward passes begin."""
        return self.outputs

    def __del__(self) -> None:
        for variant in getattr(self, "_variants", {}).values():
            variant.variables.clear()  # functions and the variables that they see hold each other, and large arrays

    def _find_results(self, trace: Trace, lifting: Lifting, flat: dict[Node, Any]) -> None:
        """The arrays that hold what the function returned, and where in them each number is."""
        outputs = [flat[x] if isinstance(x, Node) else x for x in trace.outputs]
        numbers = list(dict.fromkeys(x for x in outputs if isinstance(x, Value)))
        tensors = list(dict.fromkeys(x for x in outputs if isinstance(x, Tensor)))
        plain = {new for x, new in zip(trace.outputs, outputs, strict=True) if isinstance(x, Value) and is_plain(x)}
        self.outputs: list[Tensor] = []
        places: dict[Any, Place] = {}
        start = 0
        for group in lifting.together(numbers):
            places.update({x: Place(len(self.outputs), i, start + i, plain=x in plain) for i, x in enumerate(group)})
            self.outputs.append(lifting.entry(group[0]) if len(group) == 1 else lifting.read(group))
            start += len(group)
        for x in tensors:
            places[x] = Place(len(self.outputs), None, start)
            self.outputs.append(lifting.tensor(x))
            start += x.size
        self._result = rebuild(trace.out, iter([places[x] if isinstance(x, Node) else Place(None, constant=x) for x in outputs]))
        self.kept = [lifting.tensor(x) if isinstance(x, Tensor) else lifting.entry(x) for x in map(flat.__getitem__, trace.kept)]
        self._ends = np.cumsum([x.size for x in self.outputs])[:-1]
        self._seeds = [(np.result_type(x.dtype, np.float16), x.shape) for x in self.outputs]
        is_one = len(numbers) + len(tensors) == 1 and isinstance(self._result, Place) and not plain
        self._kind = (Value if numbers else Tensor) if is_one else None

    def _print(self, seeded: tuple[int, ...], careful: bool) -> Variant:
        """The program whose `backward` gives the gradients of some of the outputs.

        It is made of the lifted graph and the graph of its gradients.
        """
        seeds = [seed_of(x, "g" if len(seeded) == 1 else f"g{i + 1}") for i, x in enumerate(self.outputs)]
        with tracing(self.name):
            gradients = differentiate([self.outputs[i] for i in seeded], [seeds[i] for i in seeded], careful)
            simple = Simplifier([*self.inputs, *seeds])
            simple.read([*self.outputs, *self.kept])
            simple.read(gradients.values())
            gradient_of = {simple.of(g): simple.of(node) for node, g in reversed(gradients.items())}
        source = Source(
            self.name,
            inputs=[simple.of(x) for x in self.inputs],
            outputs=[simple.of(x) for x in [*self.outputs, *self.kept]],
            seeds=[simple.of(seeds[i]) for i in seeded],
            gradients=[(simple.of(x), simple.of(gradients.get(x))) for x, want in zip(self.inputs, self.wanted, strict=True) if want],
            gradient_of=gradient_of,
            kept=[name for update in self._updates for name, x in update.numbers.items() if isinstance(x, Node)],
            floats=self._floats and self.target == "numpy",
        )
        namespace = dict(source.helpers)
        exec(compile(source.text, f"<compiled {self.name}>", "exec"), namespace)
        forward, backward = namespace["forward"], namespace["backward"]
        if self.target != "numpy":
            with tracing(self.name):
                forward, backward = in_c(source.recipe, self.target, forward, backward)
        return Variant(seeded, careful, source, forward, backward, namespace)

    @property
    def source(self) -> str:
        """The text of the program; its `backward` is for those of the outputs that backward() came from last."""
        return self._variant.source.text

    def source_for(self, language: str) -> str:
        """The program in a language: "numpy", "c" or "javascript"."""
        if language == "numpy":
            return self.source
        with tracing(self.name):
            return text_in(language, self._variant.source.recipe)

    def __call__(self, arrays: Sequence[Any]) -> Any:
        # Copies, which the caller cannot change before the backward pass.
        given = [x if isinstance(x, Node) else x.astype(t, copy=mode.recording) for x, t in zip(arrays, self._types, strict=True)]
        inputs = (*self.given, *given, *[draw() for draw in self.draws])
        data = self._data(inputs)
        variant = self._variant  # another thread may put another in its place
        try:
            results, arrays = self._run(variant.forward, *data)
        except (ArithmeticError, ValueError) as error:
            results, variant, arrays = self._without_floats(error, variant, inputs)
        if self._updates:
            count = len(self.outputs)
            with COMPILING:
                self._keep(results[count:] if self.kept else ())
            if self.kept:
                results = results[0] if count == 1 else results[:count]
        return self._returned(results, data, inputs, {"saved": (variant, arrays)})

    def _returned(self, results: Any, data: Sequence[Any], inputs: tuple[Any, ...], static: dict[str, Any]) -> Any:
        """What the call returns: nodes for the results of `forward`, in the structure that the function returned."""
        if self._kind is Value:
            return record(Value, float(results), self, inputs, static)
        many = [results] if len(self.outputs) == 1 else results
        results = [np.asarray(x, y._datum.dtype) for x, y in zip(many, self.outputs, strict=True)]
        if self._kind is Tensor:
            if any(results[0] is x for x in data):
                results[0] = results[0].copy()  # it will not change with the parameter that it is
            return record(Tensor, results[0], self, inputs, static)
        together = np.concatenate([x.ravel() for x in results]) if results else np.zeros(0)
        node = record(Tensor, together, self, inputs, static)
        return tree_map(lambda place: place.of(results, node), self._result)

    def _keep(self, results: Sequence[Any]) -> None:
        """Make the changes of this call, which are made of these numbers."""
        numbers = iter(results)
        for update, changed in zip(self._updates, self._changed, strict=True):
            new = {name: np.array(next(numbers)) if isinstance(x, Node) else x for name, x in update.numbers.items()}
            update.change(**{name: float(new[name]) if isinstance(x, Value) else new[name] for name, x in update.numbers.items()})
            changed()

    def _run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call `forward` or `backward`."""
        try:
            if type(function) is MethodType or (not self.quiet and not (self._is_watched and function.__name__ == "backward")):
                return function(*args)
            return _quietly(function, *args)
        except IndexError as error:
            raise self._no_row(error) from None

    def _no_row(self, error: IndexError) -> IndexError:
        return IndexError(f"{self.name}: take got a number for which there is no row: {error}.")

    def vjp(self, g: Any, out: Any, *inputs: Any, saved: Any) -> list[Any]:
        """The rule of a call: the gradients of its inputs, None for those that are plain data."""
        if isinstance(g, Node):
            raise TypeError(
                f"The compiled {self.name} has first derivatives only. For second derivatives, and for jvp, call the function that it was "
                f"compiled from: {self.name}.function."
            )
        variant, arrays = saved
        seeds = [g] if len(self.outputs) == 1 else np.split(g, self._ends)
        seeds = [np.asarray(seed, t).reshape(shape) for seed, (t, shape) in zip(seeds, self._seeds, strict=True)]
        # An output that nobody used has no gradient, and then 0 is not the same: 0 times an infinite derivative is nan.
        seeded = tuple(i for i, seed in enumerate(seeds) if len(seeds) == 1 or seed.any()) or variant.seeded
        if seeded != variant.seeded:
            variant, arrays = self._switch(seeded, variant.careful, inputs)
        try:
            found = self._run(variant.backward, arrays, *[seeds[i] for i in seeded])
        except (ArithmeticError, ValueError) as error:
            _, variant, arrays = self._without_floats(error, variant, inputs)
            found = self._run(variant.backward, arrays, *[seeds[i] for i in seeded])
        if self._is_watched and not variant.careful and self._spoiled(found, inputs):
            # From now on, the program says where a branch was not taken.
            variant, arrays = self._switch(seeded, True, inputs)
            found = self._run(variant.backward, arrays, *[seeds[i] for i in seeded])
        gradients = iter(found if self._has_many else (found,))
        return [next(gradients) if want else None for want in self.wanted]

    def _spoiled(self, found: Any, inputs: Sequence[Any]) -> bool:
        gradients, data = self.watched
        watched = [found[i] for i in gradients] if self._has_many else [found]
        if data:
            watched += _data(x for x, want in zip(inputs, self.wanted, strict=True) if not want)
        return spoiled(watched)

    def _data(self, inputs: Iterable[Any]) -> list[Any]:
        """What `forward` is called with: float16 in float32, since it adds up."""
        data = _data(inputs)
        return [*map(in_single, data)] if self.halves else data

    def _switch(self, seeded: tuple[int, ...], careful: bool, inputs: Sequence[Any]) -> tuple[Variant, Any]:
        """Another program from now on, printed if need be; and what its `forward` saves."""
        _, variant, arrays = self._run_another(seeded, careful, inputs)
        return variant, arrays

    def _run_another(self, seeded: tuple[int, ...], careful: bool, inputs: Sequence[Any]) -> tuple[Any, Variant, Any]:
        """The same, with the results of `forward`."""
        if (seeded, careful, self._floats) not in self._variants:
            self._variants[seeded, careful, self._floats] = self._print(seeded, careful)
        self._variant = variant = self._variants[seeded, careful, self._floats]
        results, arrays = self._run(variant.forward, *self._data(inputs))
        return results, variant, arrays

    def _without_floats(self, error: Exception, variant: Variant, inputs: Sequence[Any]) -> tuple[Any, Variant, Any]:
        """After an error: if loops ran on Python's floats, which raise one where NumPy gives inf or nan, never again."""
        if not variant.floats:
            raise error
        self._floats = False
        return self._run_another(variant.seeded, variant.careful, inputs)

    def retraced(self) -> tuple[Trace, list[Node]]:
        """Another trace, with the numbers that parameters have now, and its results."""
        args, kwargs = self.example
        trace: Trace = self._trace(Given(args, kwargs), args, kwargs)
        variables = set()
        for argument, want in zip(trace.arguments.arrays, self.wanted[len(self.given) :], strict=False):
            for i, entry in argument.entries.items():
                index = [int(k) for k in np.unravel_index(i, argument.shape)]
                entry.label = f"{argument.label}{index or ''}"
            if want:
                variables.update([id(argument), *map(id, argument.entries.values())])
        results = [x for x in trace.outputs if isinstance(x, Node)]
        for node in ancestors(results):
            if node.is_leaf and node.time >= trace.start and id(getattr(node, "whole", node)) not in variables:
                node.inputs = None  # data
        return trace, results

    def lifted(self) -> tuple[list[Tensor], list[Tensor]]:
        """The inputs and results of a copy of the lifted graph.

        It has the numbers and gradients that the parameters have now.
        """
        copies: dict[Node, Any] = {}
        for x, node, want in zip_longest(self.inputs, self.given, self.wanted):
            copies[x] = Tensor(0.0, x.label)
            copies[x]._datum = np.asarray((x if node is None else node)._datum)
            if not want:
                copies[x].inputs = None
            elif node is not None and node.grad is not None:
                copies[x].grad = np.asarray(node.grad)
        with tracing(self.name):
            for node in reversed(ancestors(self.outputs)):
                if node not in copies:
                    mode.scope = node.scope
                    inputs = [copies[x] if isinstance(x, Node) else x for x in node.inputs or ()]
                    copies[node] = node.primitive(*inputs, **node.static) if node.primitive else node
        return [copies[x] for x in self.inputs], [copies[x] for x in self.outputs]

    def structured(self, results: Sequence[Any]) -> Any:
        """Results with a batch axis in front, in the structure that the function returned."""
        return tree_map(lambda place: place.of_batch(results), self._result)


class Traced(NamedTuple):
    """How a function is traced, and its trace."""

    again: Callable[..., Trace]
    trace: Trace


def traced(
    function: Callable[..., Any], given: Given, args: Sequence[Any], kwargs: dict[str, Any], names: Sequence[str], whole_steps: bool
) -> Traced:
    """The trace of a function that changes nothing that it sees, but by what is known.

    Raises:
        TypeError: it does.
    """
    again = partial(Trace, function, names=names, whole_steps=whole_steps)
    try:
        trace = again(given, args, kwargs)
    except RefusedError:  # it looked at a number
        again = partial(again, call=rewritten(function))
        trace = again(given, args, kwargs)
    if not trace.surroundings.guard.unchanged():  # the call made something that it sees, such as parameters
        trace = again(given, args, kwargs)
        if not trace.surroundings.guard.unchanged():
            raise TypeError(
                f"{name_of(function)} cannot be compiled: each call changes `{trace.surroundings.guard.changed()}`, which it can see, and "
                "the program would not. Let it return what is new, and change that outside."
            )
    if any(update.names for update in trace.updates):  # what it changes, it may not read
        trace = again(given, args, kwargs, changing=trace.updates)
    return Traced(again, trace)


@np.errstate(all="ignore")  # half of the time of a `with` statement, 0.4 µs
def _quietly(function: Callable[..., Any], *args: Any) -> Any:
    return function(*args)


def _data(inputs: Iterable[Any]) -> list[Any]:
    data = [x._datum if isinstance(x, Node) else x for x in inputs]
    return [x if type(x) is ndarray else np.asarray(x) for x in data]
