"""`vmap`: a function written for one example, run on many at once.

The function is traced on one example and lifted, as for `compile`; the graph of arrays that this
gives is then run again with an axis more, whatever its length. Each rule below says how one
primitive takes the additional first axis.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from ..arrays import check_complete
from ..backward import ancestors
from ..core import Node
from ..modes import mode
from ..primitives.networks import linear
from ..primitives.products import matmul
from ..primitives.reductions import broadcast_to
from ..primitives.shapes import concatenate, getitem, lookup, reshape, scatter, transpose
from ..shaping import stack
from ..structures import leaves, tree_map
from ..tensor import Tensor
from .cache import Programs
from .given import Given
from .program import Program
from .tracing import name_of

__all__ = ["vmap"]


def vmap(f: Callable[..., Any], in_axes: int | Sequence[int | None] | None = 0) -> Callable[..., Any]:
    """`f`, a function of one example, as a function of a batch of any length.

    Args:
        f: of numbers, lists and arrays, written with Values or Tensors. It is traced once for each
            shape of an example, not for each length of a batch; see `compile` for what it may do.
        in_axes: which axis of each argument counts the examples, or None for an argument that all
            share; one for all arguments, or a sequence with one for each.

    Returns:
        A function of the same arguments with that axis more. Each result is a Tensor whose first
        axis counts the examples.

    Raises:
        ValueError: the batches are of different lengths, or no argument has one; an argument lacks
            the axis.
        TypeError: `f` looks at a number, or uses a primitive that has no rule for batches.

    Example:
        >>> from autograd import Value
        >>> w = [Value(1.0), Value(10.0)]
        >>> score = vmap(lambda x: sum(wi * xi for wi, xi in zip(w, x)))
        >>> score(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
        Tensor([21., 43., 65.])
    """
    programs = Programs(f, lambda n: [f"x{i}" for i in range(n)])

    @functools.wraps(f)
    def batched(*args: Any) -> Any:
        axes = [in_axes] * len(args) if in_axes is None or isinstance(in_axes, int) else list(in_axes)
        if len(axes) != len(args):
            raise ValueError(f"vmap got {len(args)} arguments and {len(axes)} in_axes; each argument needs one (None for a shared one).")
        moved = [x if axis is None else _examples_first(x, axis, i) for i, (x, axis) in enumerate(zip(args, axes, strict=True))]
        lengths = {leaf.shape[0] for x, axis in zip(moved, axes, strict=True) if axis is not None for leaf in leaves(x)}
        if len(lengths) != 1:
            raise ValueError(f"vmap needs one length of batch for all arguments, and got {sorted(lengths) or 'none'}.")
        n = lengths.pop()
        if mode.tracing is not None:  # a part of a compiled function, which makes arrays of loops
            return _loop(f, moved, axes, n)
        examples = [x if axis is None else tree_map(_example, x) for x, axis in zip(moved, axes, strict=True)]
        given = Given(examples, {})
        program = programs.find(given, examples, {})
        if program.kept:
            raise TypeError(
                f"vmap: {name_of(f)} changes something with every example, such as a running mean; call it with a whole batch instead, "
                "or after model.eval()."
            )
        has_axis = [axis is not None for x, axis in zip(moved, axes, strict=True) for _ in Given([x], {}).arrays]
        return _Batch(n).run(program, Given(moved, {}).arrays, has_axis)

    return batched


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


def _example(x: Any) -> Any:
    """One example of a batch; of an empty one, something of its shape."""
    array = x._datum if isinstance(x, Node) else x
    return array[0] if len(array) else np.zeros(array.shape[1:], array.dtype)


def _loop(f: Callable[..., Any], args: Sequence[Any], axes: Sequence[int | None], n: int) -> Any:
    """`f` of each example, and the results stacked."""
    if not n:
        raise ValueError(f"vmap of {name_of(f)}, as a part of a compiled function, needs at least one example.")
    results = [
        f(*[x if axis is None else tree_map(lambda leaf, i=i: leaf[i], x) for x, axis in zip(args, axes, strict=True)]) for i in range(n)
    ]
    return tree_map(lambda *examples: stack(examples), *results)


class _Batch:
    """One run of a lifted graph with `n` examples: for each node, its array and whether that has the examples' axis."""

    def __init__(self, n: int) -> None:
        self.n = n

    def run(self, program: Program, arrays: Sequence[Any], has_axis: Sequence[bool]) -> Any:
        draws = [[draw() for draw in program.draws] for _ in range(self.n)]  # as a loop over the examples would
        drawn = [
            np.array([row[k] for row in draws]).reshape(self.n, *np.shape(draws[0][k] if draws else ())) for k in range(len(program.draws))
        ]
        given = [(x, False) for x in program.given] + list(zip(arrays, has_axis, strict=True)) + [(x, True) for x in drawn]
        known: dict[Any, tuple[Any, bool]] = dict(zip(program.inputs, given, strict=True))
        with np.errstate(all="ignore") if program.quiet else nullcontext():
            for node in reversed(ancestors(program.outputs)):
                if node in known:
                    continue
                if node.primitive is None:
                    known[node] = node._datum, False
                    continue
                inputs = [known[x] if isinstance(x, Node) else (x, False) for x in node.inputs or ()]
                if any(flag for _, flag in inputs):
                    known[node] = self._apply(node, inputs), True
                else:
                    known[node] = node.primitive(*[x for x, _ in inputs], **node.static), False
        return program.structured([self._full(*known[x]) for x in program.outputs])

    def _full(self, x: Any, flag: bool) -> Any:
        """`x`, repeated for all examples if it is the same for all."""
        return x if flag else broadcast_to(x if isinstance(x, Node) else np.asarray(x), shape=(self.n, *np.shape(_plain(x))))

    def _widened(self, x: Any, flag: bool, rank: int) -> Any:
        """`x` with axes of length 1 after the examples' axis, so that it broadcasts like an array of `rank` axes."""
        return reshape(x, shape=(self.n, *(1,) * (rank + 1 - x.ndim), *x.shape[1:])) if flag and x.ndim <= rank else x

    def _apply(self, node: Any, inputs: list[tuple[Any, bool]]) -> Any:
        name, static = node.primitive.name, node.static
        if node.primitive.elementwise:
            return node.primitive(*[self._widened(x, flag, node.ndim) for x, flag in inputs], **static)
        rule = getattr(self, f"_{name}", None)
        if rule is None:
            raise TypeError(
                f"vmap does not know how the primitive {name} takes a batch; write the function with others, or for whole batches."
            )
        return rule(node, inputs, **static)

    def _matmul(self, node: Any, inputs: Any) -> Any:
        (a, a_flag), (b, b_flag) = inputs
        ranks = a.ndim - a_flag, b.ndim - b_flag
        if a_flag and not b_flag and ranks == (2, 2):  # one large product instead of many small ones
            return reshape(matmul(reshape(a, shape=(self.n * a.shape[1], a.shape[2])), b), shape=(self.n, *node.shape))
        if a_flag and ranks[0] == 1:
            a = reshape(a, shape=(self.n, 1, a.shape[-1]))
        if b_flag and ranks[1] == 1:
            b = reshape(b, shape=(self.n, b.shape[-1], 1))
        rank = max(2, *ranks)
        return reshape(matmul(self._widened(a, a_flag, rank), self._widened(b, b_flag, rank)), shape=(self.n, *node.shape))

    def _linear(self, node: Any, inputs: Any) -> Any:
        (x, x_flag), (weight, w_flag), (bias, b_flag) = inputs
        if not (w_flag or b_flag):
            return linear(x, weight, bias)
        rows = reshape(x, shape=(*x.shape[:x_flag], -1, x.shape[-1]))
        product = matmul(rows, transpose(weight, axes=(0, 2, 1) if w_flag else (1, 0)))
        if b_flag:
            bias = reshape(bias, shape=(self.n, 1, -1))
        return reshape(product + bias, shape=(self.n, *node.shape))

    def _reshape(self, node: Any, inputs: Any, **static: Any) -> Any:
        return reshape(inputs[0][0], shape=(self.n, *node.shape))

    _expand_dims = _squeeze = _reshape

    def _broadcast_to(self, node: Any, inputs: Any, shape: Any) -> Any:
        x, flag = inputs[0]
        return broadcast_to(self._widened(x, flag, len(shape)), shape=(self.n, *shape))

    def _astype(self, node: Any, inputs: Any, **static: Any) -> Any:
        return node.primitive(inputs[0][0], **static)

    def _transpose(self, node: Any, inputs: Any, axes: Any = None) -> Any:
        rank = node.ndim
        axes = range(rank)[::-1] if axes is None else [a % rank for a in axes]
        return transpose(inputs[0][0], axes=(0, *(a + 1 for a in axes)))

    def _sum(self, node: Any, inputs: Any, axis: Any = None, **static: Any) -> Any:
        x = inputs[0][0]
        rank = x.ndim - 1
        axes = tuple(int(a) % rank + 1 for a in (range(rank) if axis is None else np.atleast_1d(axis)))
        return node.primitive(x, axis=axes, **static)

    _mean = _max = _min = _logsumexp = _standardize = _sum

    def _softmax(self, node: Any, inputs: Any, axis: Any = -1) -> Any:
        return self._sum(node, inputs, axis=axis)

    _log_softmax = _softmax

    def _take_along_axis(self, node: Any, inputs: Any, axis: Any, **static: Any) -> Any:
        x, index = (self._full(*x) for x in inputs)
        if "shape" in static:
            static["shape"] = (self.n, *static["shape"])
        return node.primitive(x, index, axis=axis % (x.ndim - 1) + 1, **static)

    _put_along_axis = _take_along_axis

    def _getitem(self, node: Any, inputs: Any, index: Any) -> Any:
        index = index if isinstance(index, tuple) else (index,)
        part = getitem(inputs[0][0], index=(slice(None), *index))
        # Arrays in an index that are not side by side put their axes first, before that of the examples.
        front = _axes_in_front(index)
        return transpose(part, axes=(front, *range(front), *range(front + 1, part.ndim))) if front else part

    def _scatter(self, node: Any, inputs: Any, index: Any, shape: Any) -> Any:
        g = inputs[0][0]
        index = index if isinstance(index, tuple) else (index,)
        front = _axes_in_front(index)
        if front:
            g = transpose(g, axes=(*range(1, front + 1), 0, *range(front + 1, g.ndim)))
        return scatter(g, index=(slice(None), *index), shape=(self.n, *shape))

    def _take(self, node: Any, inputs: Any, indices: Any, axis: Any = None) -> Any:
        x = inputs[0][0]
        x = reshape(x, shape=(self.n, -1)) if axis is None else x
        return node.primitive(x, indices=indices, axis=1 if axis is None else axis % (x.ndim - 1) + 1)

    def _pad(self, node: Any, inputs: Any, pad_width: Any) -> Any:
        return node.primitive(inputs[0][0], pad_width=((0, 0), *pad_width))

    def _concatenate(self, node: Any, inputs: Any, axis: int = 0) -> Any:
        return concatenate(*[self._full(*x) for x in inputs], axis=axis % node.ndim + 1)

    def _stack(self, node: Any, inputs: Any, axis: int = 0) -> Any:
        return node.primitive(*[self._full(*x) for x in inputs], axis=axis % node.ndim + 1)

    # Rows by number, where the numbers may be other ones in each example.

    def _lookup(self, node: Any, inputs: Any) -> Any:
        (x, x_flag), (index, index_flag) = inputs
        return getitem(x, index=self._rows(index, index_flag)) if x_flag else lookup(x, index)

    def _scatter_rows(self, node: Any, inputs: Any, shape: Any) -> Any:
        g, (index, index_flag) = self._full(*inputs[0]), inputs[1]
        return scatter(g, index=self._rows(index, index_flag), shape=(self.n, *shape))

    def _choose(self, node: Any, inputs: Any) -> Any:
        x, (index, index_flag) = self._full(*inputs[0]), inputs[1]
        return getitem(x, index=self._rows(index, index_flag, np.arange(node.size)))

    def _place(self, node: Any, inputs: Any, shape: Any) -> Any:
        g, (index, index_flag) = self._full(*inputs[0]), inputs[1]
        return scatter(g, index=self._rows(index, index_flag, np.arange(shape[0])), shape=(self.n, *shape))

    # Layers that take batches already: the examples' axis becomes a part of the batch's, where it may,
    # which is where all examples share the weights.

    def _conv(self, node: Any, inputs: Any, **static: Any) -> Any:
        return self._in_one_batch(node, inputs, batched=1, axis=0, out_axis=0)

    _conv_transpose = _max_pool = _sum_pool = _sum_unpool = _conv

    def _max_unpool(self, node: Any, inputs: Any, **static: Any) -> Any:
        return self._in_one_batch(node, inputs, batched=2, axis=0, out_axis=0)

    _max_pick = _max_unpool

    def _conv_weight(self, node: Any, inputs: Any, **static: Any) -> Any:
        return self._one_by_one(node, inputs)

    def _rnn(self, node: Any, inputs: Any, **static: Any) -> Any:
        return self._in_one_batch(node, inputs, batched=2, axis=1, out_axis=1)

    def _gru(self, node: Any, inputs: Any) -> Any:
        return self._in_one_batch(node, inputs, batched=2, axis=1, out_axis=2)

    def _lstm(self, node: Any, inputs: Any) -> Any:
        return self._in_one_batch(node, inputs, batched=3, axis=1, out_axis=2)

    def _reverse_sequences(self, node: Any, inputs: Any) -> Any:
        return self._in_one_batch(node, inputs, batched=2, axis=1, out_axis=1)

    def _attention(self, node: Any, inputs: Any) -> Any:
        return node.primitive(*[self._widened(x, flag, node.ndim) for x, flag in inputs])

    def _in_one_batch(self, node: Any, inputs: Any, batched: int, axis: int, out_axis: int) -> Any:
        """The primitive on one long batch. Of the inputs, the first `batched` have batches: along `axis` the
        first, along their first axis the others; the result has it along `out_axis`."""
        if any(flag for _, flag in inputs[batched:]):
            return self._one_by_one(node, inputs)
        axes = [axis, *[0] * (batched - 1)]
        long = [self._joined(self._full(*x), place) for x, place in zip(inputs, axes, strict=False)]
        y = node.primitive(*long, *[x for x, _ in inputs[batched:]], **node.static)
        y = reshape(y, shape=(*node.shape[:out_axis], self.n, *node.shape[out_axis:]))
        return transpose(y, axes=(out_axis, *(a for a in range(y.ndim) if a != out_axis)))

    def _joined(self, x: Any, axis: int) -> Any:
        """`x` with the examples' axis as a part of the axis that has the number `axis` in one example."""
        moved = transpose(x, axes=(*range(1, axis + 1), 0, *range(axis + 1, x.ndim)))
        return reshape(moved, shape=(*moved.shape[:axis], self.n * x.shape[axis + 1], *moved.shape[axis + 2 :]))

    def _one_by_one(self, node: Any, inputs: Any) -> Any:
        """The primitive on one example after the other."""
        if not self.n:
            return Tensor(np.zeros((0, *node.shape), node.dtype))
        return stack([node.primitive(*[x[i] if flag else x for x, flag in inputs], **node.static) for i in range(self.n)])

    def _rows(self, index: Any, index_flag: bool, *before: Any) -> tuple[Any, ...]:
        """The index for the rows that `index` names in each example."""
        whole = np.asarray(_plain(index)).astype(np.intp)
        return np.arange(self.n).reshape(self.n, *(1,) * (whole.ndim - index_flag)), *before, whole


def _plain(x: Any) -> Any:
    return x._datum if isinstance(x, Node) else x


def _axes_in_front(index: tuple[Any, ...]) -> int:
    """How many axes the arrays in an index put in front, because they are not side by side; 0 if they are."""
    if not any(isinstance(part, (np.ndarray, list)) for part in index):
        return 0
    advanced = [isinstance(part, (int, np.integer, np.ndarray, list)) for part in index]
    first, last = advanced.index(True), len(advanced) - advanced[::-1].index(True)
    if all(advanced[first:last]):
        return 0
    arrays = [np.asarray(part) for part, is_advanced in zip(index, advanced, strict=True) if is_advanced]
    return max(1 if array.dtype == bool else array.ndim for array in arrays)
