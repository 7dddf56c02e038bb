"""A compiled step of training: a program that makes its backward passes and its updates itself.

Between two calls, the numbers of parameters, their gradients, and what an optimizer remembers of them are where they
always are: the program computes with the same arrays. It changes them at the end of a call, when all that could fail is
done; so a call makes its whole step, or none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, NoReturn

import numpy as np

from ..backward import ancestors, backward
from ..branches import spoiled
from ..core import Node, walking
from ..layout import ndarray
from ..primitives.joining import concatenate
from ..primitives.shapes import reshape
from ..stores import Store
from ..tensor import Tensor
from ..value import Value
from .effects import Backward, Step
from .gradients import Gradients, Leaves
from .lift import Lifting
from .printing.targets import step_in_c
from .program import Program, Variant
from .simplify import Simplifier
from .source import Source
from .tracing import Trace, global_states, tracing

__all__ = ["WholeStep"]

datum_of = attrgetter("_datum")


class WholeStep(Program):
    """A program with backward passes, and perhaps steps of optimizers, in it.

    Attributes:
        effects: what it does besides computing, in order.
        leaves: its inputs that get a gradient.
    """

    has_effects = True

    def _outside(self, trace: Trace, order: list[Node]) -> list[Node]:
        changed = [leaf for updater in trace.effects.updaters for leaf in updater.leaves()]
        return list(dict.fromkeys([*super()._outside(trace, order), *changed]))

    def _find_results(self, trace: Trace, lifting: Lifting, flat: dict[Node, Any]) -> None:
        super()._find_results(trace, lifting, flat)
        self._check_order(trace)
        self.effects = trace.effects.effects
        self._lifted: dict[Node, Any] = {}
        for x in [*trace.effects.nodes, *trace.effects.results]:
            node = flat.get(x, x)
            self._lifted[x] = lifting.tensor(node) if isinstance(node, Tensor) else lifting.entry(node)
        stand_ins = {self._lifted[x] for x in trace.effects.results}
        self._late = [i for i, x in enumerate(self.outputs) if not stand_ins.isdisjoint(ancestors([x]))]
        self._early = [i for i in range(len(self.outputs)) if i not in self._late]

    def _roots(self) -> list[Tensor]:
        return [self._lifted[effect.root] for effect in self.effects if isinstance(effect, Backward)]

    def _check_order(self, trace: Trace) -> None:
        """Refuse to compute with parameters that have been changed: that needs another program, after this one."""
        changed: dict[Node, int] = {}
        for effect in trace.effects.effects:
            if isinstance(effect, Step):
                for leaf in effect.updater.leaves():
                    changed.setdefault(leaf, effect.time)
        if not changed:
            return
        passes = [effect for effect in trace.effects.effects if isinstance(effect, Backward)]
        if (
            any(x in changed and changed[x] < effect.time for effect in passes for x in ancestors([effect.root]))
            or any(
                x in changed and changed[x] < node.time
                for node in ancestors(trace.roots)
                if node.primitive is not None and node.time >= trace.start
                for x in node.inputs or ()
                if isinstance(x, Node)
            )
            or not changed.keys().isdisjoint(x for x in trace.outputs if isinstance(x, Node))
        ):
            raise TypeError(
                f"{self.name} cannot be compiled: it uses parameters after optimizer.step() has changed them. Make a compiled function of "
                "its own of what comes after the step."
            )

    def _print(self, seeded: tuple[int, ...], careful: bool) -> Variant:
        if not hasattr(self, "leaves"):
            self.leaves = Leaves(self.name, self.given, self.inputs, self.wanted, self._lifted)
        with tracing(self.name):
            before = global_states()
            found = Gradients(self.leaves, careful)
            found.run(self.effects)
            if before != global_states() or self.surroundings.used_generator():
                raise TypeError(
                    f"{self.name} cannot be compiled: the formula of its optimizer draws random numbers, which would be the same at every "
                    "step. Let the optimizer take its step outside of the compiled function."
                )
            inputs = [*self.inputs, *self.leaves.before.values()]
            simple = Simplifier([*inputs, *[x for x, _ in found.numbers]])
            early = [self.outputs[i] for i in self._early]
            simple.read([*early, *self.kept])
            simple.read(g for _, g in found.of)
            for stand_in, number in found.numbers:
                simple.replace(stand_in, number)
            outputs = [simple.of(x) for x in [*early, *self.kept]]
            own = [i for i, x in enumerate(self.given) if x.primitive is None and isinstance(found.state[i], Node)]
            others = [i for i, g in enumerate(found.state) if isinstance(g, Node) and i not in own]
            self._forgotten = [i for i, g in enumerate(found.state) if g is None]
            gradients = [(simple.of(self.inputs[i]), simple.of(found.state[i])) for i in [*own, *others]]
            own_gradients = {g for _, g in gradients if isinstance(g, Node)}
            steps = [[simple.of(g) for g in pieces] for pieces in found.steps]
            joined = list(dict.fromkeys(g for pieces in steps for g in pieces if g not in own_gradients))
            more = [("g", g) for g in joined] + [("number", simple.of(self.outputs[i])) for i in self._late]
            gradient_of = {simple.of(g): simple.of(node) for node, g in reversed(found.of)}
        roots = [*outputs, *[g for _, g in gradients], *[x for _, x in more]]
        read = set(ancestors(x for x in roots if isinstance(x, Node)))
        self._read = [i for i, x in enumerate(inputs) if simple.of(x) in read]
        shared = set(ancestors(x for x in outputs if isinstance(x, Node)))
        places = {g: k for k, g in enumerate([*[g for _, g in gradients], *joined])}
        self._pieces = [[places[g] for g in pieces] for pieces in steps]  # where in what `backward` returns
        self._learning: list[Any] = [self.given[i] for i in own]
        self._passed_on = list(enumerate(others, start=len(own)))
        wanted = [i for i, want in enumerate(self.wanted) if want]
        watched = {wanted[k] for k in self.watched[0]}
        self._watched = [k for k, i in enumerate([*own, *others]) if i in watched]
        if not watched.issubset([*own, *others]):  # a gradient is used in a step, and then forgotten
            self._watched += [k for pieces in self._pieces for k in pieces if k not in self._watched]
        for g in joined:  # one long array is searched in less time than the short ones that it is made of
            parts = _parts(g)
            alone = [k for k in self._watched if k >= len(gradients) or gradients[k][1] not in parts]
            if len(alone) < len(self._watched):
                self._watched = list(dict.fromkeys([*alone, places[g]]))
        self._data_watched = [i for i in range(len(inputs)) if not (i < len(self.wanted) and self.wanted[i])] if self.watched[1] else []
        self._fresh = []
        for x, g in gradients[: len(own)]:
            alike = isinstance(g, Tensor) and isinstance(x, Tensor) and (g.shape, g.dtype) == (x.shape, x.dtype)
            self._fresh.append(alike and g.primitive is not None and g not in shared and not self.halves)
            shared.add(g)
        taken = {"forward", "backward"}
        source = Source(
            self.name, [simple.of(inputs[i]) for i in self._read], outputs, [], gradients, gradient_of,
            kept=[name for update in self._updates for name, x in update.numbers.items() if isinstance(x, Node)],
            more=more, functions=[text for update in self.leaves.updates for text in update.written(taken)],
            floats=self._floats and self.target == "numpy",
        )  # fmt: skip
        namespace = dict(source.helpers)
        exec(compile(source.text, f"<compiled {self.name}>", "exec"), namespace)
        forward, backward = namespace["forward"], namespace["backward"]
        changes = [change for update in self.leaves.updates for change in update.changes()]
        functions: Sequence[Callable[..., Any]] = [namespace[change.name] for change in changes]
        source.recipe = source.recipe._replace(changes=changes)
        if self.target != "numpy":
            with tracing(self.name):
                forward, backward, functions = step_in_c(source.recipe, self.target, forward, backward, functions)
        left = iter(functions)
        for update in self.leaves.updates:
            update.link([next(left) for _ in update.parts])
        self._anchors = tuple(self.given)
        self._is_uneven = self.halves or any(isinstance(x, Value) for x in self.given) or any(self.wanted[len(self.given) :])
        self._is_single = len(gradients) + len(more) == 1
        return Variant(seeded, careful, source, forward, backward, namespace)

    def unchanged(self) -> bool:
        if not super().unchanged():
            return False
        for update in self.leaves.updates:
            if not update.unchanged():
                return False
        return not self.leaves.had or all((self.given[i]._grad is not None) == had for i, had in self.leaves.had.items())

    def _earlier(self, i: int) -> Any:
        """The gradient that an input had before the call."""
        x = self.given[i]
        g = x.total if isinstance(x, Store) else x._grad
        return np.zeros(self.inputs[i].shape, self.inputs[i].dtype) if g is None else np.asarray(g)

    def __call__(self, arrays: Sequence[Any]) -> Any:
        given = [x if isinstance(x, Node) or x.dtype == t else x.astype(t) for x, t in zip(arrays, self._types, strict=True)]
        data = self._data((*self.given, *given)) if self._is_uneven else [*map(datum_of, self.given), *given]
        if self.draws or self.leaves.before:
            data += [*[draw() for draw in self.draws], *[self._earlier(i) for i in self.leaves.before]]
        try:
            results, found = self._computed(data)
        except IndexError as error:
            raise self._no_row(error) from None
        gradients = [
            g if is_fresh and type(g) is ndarray and g.base is None and g.dtype == x._datum.dtype else _own(g, x)
            for x, is_fresh, g in zip(self._learning, self._fresh, found, strict=False)
        ]
        with walking:
            node = self._returned(self._in_order(results, found), data, self._anchors, {})
            for update, pieces in zip(self.leaves.updates, self._pieces, strict=True):
                update.run([found[k] for k in pieces] if not self._variant.floats else [np.asarray(found[k]) for k in pieces])
            for i in self._forgotten:
                _set_gradient(self.given[i], None)
            for x, g in zip(self._learning, gradients, strict=True):
                _set_gradient(x, g)
        if self._passed_on:
            inputs = (*self.given, *given)
            for k, i in self._passed_on:  # arguments, and what was computed outside: further back
                if isinstance(inputs[i], Node) and inputs[i].requires_grad:
                    backward(inputs[i], found[k])
        return node

    def _computed(self, data: list[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        """The results of `forward` and of `backward`."""
        variant, read = self._variant, [data[i] for i in self._read]
        as_it_is = variant.is_silent or not (self.quiet or self._is_watched)
        results, found = self._passes(variant, read) if as_it_is else self._quiet_passes(variant, read)
        if self._is_watched and not self._variant.careful and self._spoiled(found, data):
            # From now on, the program says where a branch was not taken.
            self._variant = self._print(self._variant.seeded, careful=True)
            return self._computed(data)
        return results, found

    @np.errstate(all="ignore")  # half of the time of a `with` statement, 0.4 µs
    def _quiet_passes(self, variant: Variant, data: list[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        return self._passes(variant, data)

    def _passes(self, variant: Variant, data: list[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        try:
            results, saved = variant.forward(*data)
            found = variant.backward(saved)
        except (ArithmeticError, ValueError):
            if not variant.floats:
                raise
            self._floats = False  # Python's floats raise where NumPy's numbers become inf or nan
            self._variant = self._print(variant.seeded, variant.careful)
            return self._passes(self._variant, data)
        return (results,) if len(self._early) + len(self.kept) == 1 else results, (found,) if self._is_single else found

    def _spoiled(self, found: Sequence[Any], data: Sequence[Any]) -> bool:
        """Whether there is an inf or nan where it would come from a branch that was not taken."""
        return spoiled([*[found[k] for k in self._watched], *[data[i] for i in self._data_watched]])

    def _in_order(self, results: Sequence[Any], found: Sequence[Any]) -> Any:
        """The results that the function returns, of which some come from `forward` and some from `backward`."""
        if self._updates:
            self._keep(results[len(self._early) :])
        if not self._late:
            return results[0] if len(self._early) == 1 else results[: len(self._early)]
        every = [*results[: len(self._early)], *found[len(found) - len(self._late) :]]
        numbers = dict(zip([*self._early, *self._late], every, strict=True))
        return numbers[0] if len(numbers) == 1 else [numbers[i] for i in range(len(numbers))]

    def vjp(self, g: Any, out: Any, *inputs: Any, **static: Any) -> NoReturn:
        raise TypeError(f"{self.name} calls backward() itself, so that its results have no derivative any more.")


def _own(g: object, x: Any) -> Any:
    """A copy of a gradient, for the node `x` alone."""
    own = np.empty(np.shape(x._datum), x._datum.dtype if isinstance(x, Tensor) else float)
    own[...] = g
    return own


def _set_gradient(x: Any, g: Any) -> None:
    if type(x) is Store:
        x.total = g
    else:
        x._grad = x._blank_grad if g is None else float(g) if isinstance(x, Value) else g


def _parts(g: Any) -> set[Any]:
    """The arrays of which an array consists, flat and one after the other."""
    if g.primitive is not concatenate:
        return set()
    return {x.left if x.primitive is reshape else x for x in g.inputs if isinstance(x, Node)}
