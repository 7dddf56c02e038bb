"""`vmap`: a function written for one example, run on many at once.

The function is traced on one example and lifted, as for `compile`. The graph of arrays that this
gives is then computed with one axis more, whatever its length. How a primitive takes that axis is
said in its entry of the table.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from ..arrays import check_complete
from ..backward import ancestors
from ..core import Node, Primitive
from ..modes import Scope, mode, observers, set_scope
from ..primitives.batching import Batch, rule_of
from ..primitives.reductions import broadcast_to
from ..primitives.shapes import transpose
from ..shaping import stack
from ..structures import leaves, tree_map
from .cache import Programs
from .given import Given
from .program import Program
from .tracing import name_of

__all__ = ["vmap"]


def vmap(f: Callable[..., Any], in_axes: int | Sequence[int | None] | None = 0) -> Callable[..., Any]:
    """`f`, a function of one example, as a function of a batch of any length.

    The name and its meaning are JAX's; it is short for "vectorizing map". Each primitive says in its
    entry how it computes a batch. For one that does not, and is not elementwise, JAX raises an error;
    here it is computed for one example after the other.

    Args:
        f: a function of numbers, arrays, and lists and dicts of them, written with Values or Tensors.
            It is traced once for each shape of an example, not for each length of a batch; see
            `compile` for what it may do.
        in_axes: which axis of each argument counts the examples, or None for an argument that all
            examples share; one for all arguments, or a sequence with one for each.

    Returns:
        A function of the same arguments with that axis more: where `f` takes an array of shape `s`,
        it takes one of shape `(n, *s)`, and where `f` returns shape `r`, it returns `(n, *r)`. Its
        results are Tensors if `f` or the arguments have nodes, and arrays otherwise. A constant
        that `f` returns, such as 3.0, is returned as it is.

    Raises:
        ValueError: the batches are of different lengths, or no argument has one; an argument lacks
            the axis; there are more or fewer `in_axes` than arguments; a primitive's batch rule gives
            another shape than that of the results of all examples.
        TypeError: `f` looks at a number, or changes an object.

    Example:
        >>> from autograd import Value
        >>> w = [Value(1.0), Value(10.0)]
        >>> score = vmap(lambda x: sum(wi * xi for wi, xi in zip(w, x)))
        >>> scores = score(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
        >>> scores
        Tensor([21., 43., 65.])
        >>> scores.sum().backward()
        >>> w[0].grad
        9.0
    """
    programs = Programs(f, lambda n: [f"x{i}" for i in range(n)], is_example=True)
    plans: WeakKeyDictionary[Program, _Plan] = WeakKeyDictionary()

    @functools.wraps(f)
    def batched(*args: Any) -> Any:
        axes = _one_for_each(in_axes, args)
        moved = [x if axis is None else _examples_first(x, axis, i) for i, (x, axis) in enumerate(zip(args, axes, strict=True))]
        size = _size(moved, axes)
        if mode.tracing is not None:  # a part of a compiled function, which makes arrays of loops
            return _loop(f, moved, axes, size)
        examples = [x if axis is None else _example(x) for x, axis in zip(moved, axes, strict=True)]
        program = programs.find(Given(examples, {}), examples, {})
        plan = plans.get(program)
        if plan is None:
            _check_only_computes(program, f)
            plan = plans[program] = _Plan(program, [axis is not None for x, axis in zip(moved, axes, strict=True) for _ in _arrays([x])])
        return plan.run(program, _arrays(moved), size)

    return batched


def _one_for_each(in_axes: int | Sequence[int | None] | None, args: Sequence[Any]) -> Sequence[int | None]:
    axes = [in_axes] * len(args) if in_axes is None or isinstance(in_axes, int) else list(in_axes)
    if len(axes) != len(args):
        raise ValueError(f"vmap got {len(args)} arguments and {len(axes)} in_axes; each argument needs one (None for a shared one).")
    return axes


def _examples_first(x: Any, axis: int, i: int) -> Any:
    """Argument `i` as arrays whose first axis counts the examples."""
    if isinstance(x, dict):
        return {key: _examples_first(item, axis, i) for key, item in x.items()}
    check_complete(x, "vmap takes arrays of numbers")
    if not isinstance(x, (Node, np.ndarray)):
        x = stack(x) if any(isinstance(leaf, Node) for leaf in leaves(x)) else np.asarray(x)
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(
            f"vmap: argument {i} has shape {x.shape}, and so no axis {axis} to count the examples; for a shared one in_axes is None."
        )
    axis %= x.ndim
    return transpose(x, axes=(axis, *(a for a in range(x.ndim) if a != axis))) if axis else x


def _size(args: Sequence[Any], axes: Sequence[int | None]) -> int:
    """The number of examples."""
    lengths = {leaf.shape[0] for x, axis in zip(args, axes, strict=True) if axis is not None for leaf in leaves(x)}
    if len(lengths) != 1:
        raise ValueError(f"vmap needs one length of batch for all arguments, and got {sorted(lengths) or 'none'}.")
    return lengths.pop()


def _example(x: Any) -> Any:
    """One example of a batch; of an empty one, something of its shape."""
    if isinstance(x, dict):
        return {key: _example(item) for key, item in x.items()}
    array = x._datum if isinstance(x, Node) else x
    return array[0] if len(array) else np.zeros(array.shape[1:], array.dtype)


def _arrays(args: Sequence[Any]) -> list[Any]:
    return Given(args, {}).arrays


def _check_only_computes(program: Program, f: Callable[..., Any]) -> None:
    if program.kept:
        raise TypeError(
            f"vmap: {name_of(f)} changes something with every example, such as a running mean; call it with a whole batch instead, "
            "or after model.eval()."
        )


def _loop(f: Callable[..., Any], args: Sequence[Any], axes: Sequence[int | None], size: int) -> Any:
    """`f` of each example, and the results stacked."""
    if not size:
        raise ValueError(f"vmap of {name_of(f)}, as a part of a compiled function, needs at least one example.")
    results = [
        f(*[x if axis is None else tree_map(lambda leaf, i=i: leaf[i], x) for x, axis in zip(args, axes, strict=True)])
        for i in range(size)
    ]  # fmt: skip
    return tree_map(lambda *examples: stack(examples), *results)


class _Step(NamedTuple):
    """The computation of one node for all examples.

    Its inputs are given by their numbers, in the order in which they become known.
    """

    primitive: Primitive
    rule: Callable[..., Any] | None  # None, if it is computed as for one example
    inputs: list[int]
    static: Mapping[str, Any]
    has_axis: tuple[bool, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class _Plan:
    """The lifted graph of a program as a list of steps; to make it anew at each call would take 35 of 97 µs for moons.

    Args:
        program: the program of one example.
        has_axis: for each array among its arguments, whether it has the axis of the examples.
    """

    def __init__(self, program: Program, has_axis: Sequence[bool]) -> None:
        order = ancestors(program.outputs)[::-1]
        computed: list[Any] = [node for node in order if node.primitive is not None]
        given = dict.fromkeys(program.inputs)
        constants = [node for node in order if node.primitive is None and node not in given]
        constants += [x for node in computed for x in node.inputs or () if not isinstance(x, Node)]
        self._constants = [x._datum if isinstance(x, Node) else x for x in constants]
        numbers = {id(x): i for i, x in enumerate([*given, *constants, *computed])}
        axes = [False] * len(program.given) + list(has_axis) + [True] * len(program.draws) + [False] * len(constants)
        self._steps: list[_Step] = []
        self._scopes: list[Scope | None] = [node.scope for node in computed]
        for node in computed:
            inputs = [numbers[id(x)] for x in node.inputs or ()]
            flags = tuple([axes[i] for i in inputs])
            axes.append(any(flags))
            self._steps.append(_Step(node.primitive, rule_of(node, flags), inputs, node.static, flags, node.shape, node.dtype))
        self._outputs = [(numbers[id(x)], axes[numbers[id(x)]]) for x in program.outputs]

    def _in_scopes(self) -> Iterator[_Step]:
        """The steps, each in its scope, for those who watch.

        Always to change the scope would take a seventh of a vmap's time.
        """
        before = mode.scope
        for step, scope in zip(self._steps, self._scopes, strict=True):
            set_scope(scope)
            yield step
        set_scope(before)

    def run(self, program: Program, arrays: Sequence[Any], size: int) -> Any:
        """What the function returns, for `size` examples."""
        known = [*program.given, *arrays, *_drawn(program, size), *self._constants]
        with np.errstate(all="ignore") if program.quiet else nullcontext():
            for primitive, rule, inputs, static, has_axis, shape, dtype in self._in_scopes() if observers else self._steps:
                data = [known[i] for i in inputs]
                if rule is None:
                    known.append(primitive(*data, **static))
                    continue
                result = rule(Batch(size, has_axis, shape, dtype), *data, **static)
                if np.shape(result) != (size, *shape):
                    raise ValueError(
                        f"The batch rule of {primitive.name} gave shape {np.shape(result)} for {size} examples whose results have shape "
                        f"{shape}; it must give all of them, in shape {(size, *shape)}."
                    )
                known.append(result)
        results = [known[i] for i, _ in self._outputs]
        return program.structured(
            [x if flag else broadcast_to(x, shape=(size, *np.shape(x))) for x, (_, flag) in zip(results, self._outputs, strict=True)]
        )


def _drawn(program: Program, size: int) -> list[Any]:
    """Random numbers for all examples, drawn as a loop over the examples would."""
    if not program.draws:
        return []
    rows = [[draw() for draw in program.draws] for _ in range(size)]
    like = program.inputs[-len(program.draws) :]
    return [np.array([row[k] for row in rows]).reshape(size, *x.shape) for k, x in enumerate(like)]
