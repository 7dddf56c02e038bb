"""Functions that take a function and return its derivatives, with JAX's names and meaning.

Each of them calls the function on fresh nodes and walks the graph that the call leaves. The results
are plain numbers and arrays if the arguments are. If an argument is a node (as it is when `grad` is
nested), or the function uses nodes from outside, the derivatives are nodes too, and can be
differentiated again.

Arguments may be numbers, arrays, nodes, and nested lists, tuples and dicts of them. A result that
does not depend on an argument has the derivative 0. Nothing is added to `.grad`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from .arrays import plain
from .backward import ancestors, gradients
from .core import Node
from .errors import describe
from .modes import mode, tick
from .primitives.arithmetic import identity
from .shaping import reshape, stack
from .structures import leaves, matching, rebuild, tree_map
from .tensor import Tensor
from .value import Value

__all__ = ["grad", "hessian", "jacobian", "jvp", "value_and_grad", "vjp"]


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function that returns the gradient of `f`, whose result must be a single number.

    Args:
        f: a function of numbers, arrays and nested lists, tuples and dicts of them.
        argnums: the position of the argument to differentiate with respect to, or a tuple of
            positions; negative ones count from the end. Other arguments, and keyword arguments,
            reach `f` as they are.

    Returns:
        A function of the same arguments. Its result has the structure and the shapes of the
        argument; for several, it is a tuple with one for each.

    Raises:
        TypeError: of the call: `f` does not return a single number, or `argnums` does not name
            arguments of the call, each once.

    Example:
        >>> grad(lambda x: x**3)(2.0)
        12.0
        >>> grad(grad(lambda x: x**3))(2.0)
        12.0
        >>> grad(lambda p: p["w"] * p["b"] ** 2)({"w": 2.0, "b": 3.0})
        {'w': 9.0, 'b': 12.0}
    """
    both = value_and_grad(f, argnums)

    @wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function that returns the value of `f` and its gradient, as a pair, from one forward pass.

    Args:
        f, argnums: as for `grad`.

    Returns:
        A function of the same arguments. Its result is what `f` returns, and what `grad(f)` does.

    Raises:
        TypeError: as for `grad`.

    Example:
        >>> value_and_grad(lambda x: x**3)(2.0)
        (8.0, 12.0)
        >>> value_and_grad(lambda w, x: (w * x).sum())(2.0, np.array([1.0, 3.0]))
        (array(8.), 4.0)
    """

    @wraps(f)
    def both(*args: Any, **kwargs: Any) -> Any:
        chosen = _chosen(args, argnums, f)
        out, pull = vjp(_with_args(f, args, kwargs, argnums), *chosen)
        if isinstance(out, (list, tuple, dict)) or np.size(plain(out)) != 1:
            raise TypeError(
                f"grad needs a function that returns a single number, and {_name(f)} returned {_shape_text(out)}. "
                "Reduce it with sum() or mean(), or use jacobian."
            )
        gradients = pull(_zeros(out) + 1.0)
        return out, gradients[0] if isinstance(argnums, int) else gradients

    return both


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """`f(*primals)`, and the function that pulls a gradient of the result back to the arguments.

    For `f` with the Jacobian J, that is the vector-Jacobian product: from a cotangent v to vᵀJ, for
    the price of one backward pass. It may be called any number of times.

    Args:
        f: a function of the `primals`.
        primals: its arguments.

    Returns:
        The result, and a function from a cotangent to the tuple of the gradients of all arguments,
        in their structures and shapes. A cotangent has the structure and the shapes of the result;
        None in place of a part of it stands for zeros.

    Raises:
        TypeError: `f` returns something other than numbers and arrays, such as a comparison; a
            cotangent has another structure than the result.
        ValueError: a part of a cotangent has another shape than that of the result.
        RuntimeError: a node from outside was changed before the cotangent was pulled back.

    Example:
        >>> out, pull = vjp(lambda x, y: x * y, 2.0, 3.0)
        >>> out, pull(1.0)
        (6.0, (3.0, 2.0))
        >>> _, pull = vjp(lambda p: {"sum": p[0] + p[1], "product": p[0] * p[1]}, [2.0, 3.0])
        >>> pull({"sum": None, "product": 1.0})
        ([3.0, 2.0],)
    """
    start = tick()
    with _Recording():
        variables = tree_map(_variable, list(primals))
        nodes = leaves(variables)
        out = f(*rebuild(variables, iter(nodes)))  # `f` may change the lists and dicts that it gets
    outs = leaves(out)
    for o in outs:
        _check_result(o, f)
    stop = frozenset(nodes)
    given_nodes = any(isinstance(x, Node) for x in leaves(list(primals)))
    linked = mode.recording and (given_nodes or _has_foreign_leaf(outs, stop, start))

    def pull(cotangent: object) -> tuple[Any, ...]:
        given = matching(out, cotangent, f"The cotangent for the result of {_name(f)}")
        as_nodes = linked or any(isinstance(g, Node) for g in given)
        seeds: dict[Node, Any] = {}
        for o, g in zip(outs, given, strict=True):
            if g is not None and isinstance(o, Node) and o.requires_grad:
                seed = _checked(g, o) if isinstance(g, Node) else o._seed(g)
                if as_nodes and not isinstance(seed, Node):
                    seed = _as_node(seed)
                seeds[o] = seeds[o] + seed if o in seeds else seed
        walked = gradients(seeds, as_nodes=as_nodes, stop=stop)
        found = {node: _as_array(gradient) if isinstance(node, Tensor) else gradient for node, gradient in walked}
        convert = _as_node if as_nodes or given_nodes else _copied
        return tuple(rebuild(variables, iter([convert(found.get(node, _zeros(node))) for node in nodes])))

    if not linked:
        out = tree_map(_constant if given_nodes else _copied, out)
    return out, pull


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """`f(*primals)`, and its derivative in the direction of `tangents`.

    For `f` with the Jacobian J and a direction t, that is the Jacobian-vector product Jt. It is
    computed as the vjp of a vjp (Townsend, 2017, "A new trick for calculating Jacobian vector
    products"): vᵀJ is linear in the cotangent v, and the transpose of that linear map is Jt.

    Args:
        f: a function of the `primals`.
        primals: its arguments, as a list or tuple.
        tangents: the direction, of the same structure and shapes.

    Returns:
        The result, and the derivative, of the result's structure and shapes.

    Raises:
        TypeError: the arguments or tangents are no list or tuple, or their structures differ; `f`
            returns something other than numbers and arrays.
        ValueError: a tangent has another shape than its argument.

    Example:
        >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
        (6.0, 23.0)
        >>> jvp(lambda x: x**2, (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
        (array([1., 4.]), array([2., 0.]))
    """
    if not isinstance(primals, (list, tuple)) or not isinstance(tangents, (list, tuple)):
        raise TypeError("jvp takes the arguments of the function as one list or tuple, and the tangents as another: jvp(f, (x,), (1.0,)).")
    primals, tangents = tuple(primals), tuple(tangents)
    for x, tangent in zip(leaves(primals), matching(primals, tangents, "The tangents of jvp"), strict=True):
        if np.shape(plain(x)) != np.shape(plain(tangent)):
            raise ValueError(f"jvp got a tangent of shape {np.shape(plain(tangent))} for an argument of shape {np.shape(plain(x))}.")
    out, pull = vjp(f, *primals)
    _, push = vjp(pull, tree_map(_zeros, out))
    (tangent_out,) = push(tangents)
    linked = any(isinstance(x, Node) for x in leaves([out, primals, tangents]))
    return out, tangent_out if linked else tree_map(plain, tangent_out)


def jacobian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function that returns the derivatives of `f`'s result with respect to its argument.

    There is one for each entry of the result and each entry of the argument.

    `f` is called once; then there is one backward pass for each entry of the result.

    Args:
        f: a function of numbers, arrays and nested lists, tuples and dicts of them, that returns such.
        argnums: as for `grad`.

    Returns:
        A function of the same arguments. For a result of shape `s` and an argument of shape `t`
        it returns an array of shape `s + t`. If the result is a list, tuple or dict, so is what it
        returns; and each leaf of that has the structure of the argument.

    Raises:
        TypeError: of the call: `f` returns something other than numbers and arrays, or `argnums`
            does not name arguments of the call, each once.

    Example:
        >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
        array([[2., 0.],
               [0., 4.]])
        >>> jacobian(lambda p: [p[0] * p[1], p[0]])([2.0, 3.0])
        [[3.0, 2.0], [1.0, 0.0]]
    """

    @wraps(f)
    def derivatives(*args: Any, **kwargs: Any) -> Any:
        chosen = _chosen(args, argnums, f)
        out, pull = vjp(_with_args(f, args, kwargs, argnums), *chosen)
        outs = leaves(out)

        def of(i: int) -> Any:
            """The derivatives of the i-th leaf of the result, in the structure of the arguments."""
            shape = getattr(outs[i], "shape", ())
            rows = []
            for place in np.ndindex(shape):
                one = _zeros(outs[i])
                if isinstance(one, np.ndarray):
                    one[place] = 1.0
                else:
                    one = 1.0
                gradients = pull(rebuild(out, iter([None] * i + [one] + [None] * (len(outs) - i - 1))))
                rows.append(gradients[0] if isinstance(argnums, int) else gradients)
            if not shape:
                return rows[0]
            like = chosen[0] if isinstance(argnums, int) else tuple(chosen)
            if not rows:  # a result without entries has a Jacobian without entries
                return tree_map(lambda x: np.zeros(shape + np.shape(plain(x))), like)
            return tree_map(lambda *column: _stacked(column, shape), *rows)

        return rebuild(out, iter([of(i) for i in range(len(outs))]))

    return derivatives


def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function that returns the second derivatives of `f`: the Jacobian of its gradient.

    Args:
        f, argnums: as for `grad`.

    Returns:
        A function of the same arguments. For an argument of shape `t` it returns an array of shape
        `t + t`; for a list, tuple or dict, one in whose leaves there is the structure again.

    Raises:
        TypeError: as for `grad`.

    Example:
        >>> hessian(lambda x: (x**3).sum())(np.array([1.0, 2.0]))
        array([[ 6.,  0.],
               [ 0., 12.]])
        >>> hessian(lambda p: p["a"] ** 2 * p["b"])({"a": 2.0, "b": 3.0})
        {'a': {'a': 6.0, 'b': 4.0}, 'b': {'a': 4.0, 'b': 0.0}}
    """
    return jacobian(grad(f, argnums), argnums)


class _Recording:
    """Recording, even if the caller is inside `no_grad()`: a derivative needs the graph."""

    def __enter__(self) -> None:
        self.before = mode.recording
        mode.recording = True

    def __exit__(self, *error: object) -> None:
        mode.recording = self.before


def _variable(x: Any) -> Node:
    """A new node to differentiate with respect to.

    It counts as computed from `x`, so that its data cannot be assigned to.
    """
    if not isinstance(x, Node):
        x = Tensor(x) if isinstance(x, np.ndarray) or np.ndim(x) else Value(x)
    return identity(x)


def _check_result(x: object, f: Callable[..., Any]) -> None:
    """Refuse a result that has no derivative, instead of giving it the derivative 0."""
    if isinstance(x, Node) or (np.asarray(x).dtype.kind in "fiu"):
        return
    why = " A comparison has no derivative; where(condition, a, b) chooses between numbers." if np.asarray(x).dtype.kind == "b" else ""
    why = " Does it lack a `return`?" if x is None else why
    raise TypeError(f"{_name(f)} returned {x!r:.100}; it must return numbers, arrays or nodes, or lists and dicts of them.{why}")


def _has_foreign_leaf(outs: Sequence[Any], variables: frozenset[Node], start: int) -> bool:
    """Whether a result depends on a leaf that was made before the call, whose time is `start`."""
    nodes = ancestors([o for o in outs if isinstance(o, Node)], variables)
    return any(node.primitive is None and node.requires_grad and node.time < start for node in nodes)


def _checked(cotangent: Node, out: Node) -> Node:
    if np.shape(cotangent._datum) != np.shape(out._datum):
        raise ValueError(f"A gradient of {describe(out)} has its shape, {np.shape(out._datum)}, and not {np.shape(cotangent._datum)}.")
    return cotangent


def _copied(x: object) -> Any:
    """The plain number, or an array that the caller may write to."""
    x = plain(x)
    return np.array(x) if isinstance(x, np.ndarray) else x


def _as_array(x: object) -> Any:
    """The gradient of a Tensor as an array: NumPy's arithmetic turns arrays of shape () into numbers."""
    return x if isinstance(x, Node) else np.asarray(x)


def _constant(x: Any) -> Any:
    """`x` as a constant node."""
    node: Any = x if isinstance(x, Node) else Tensor(x) if isinstance(x, np.ndarray) else Value(x)
    return node.detach()


def _as_node(x: object) -> Any:
    return x if isinstance(x, Node) else _constant(x)


def _zeros(x: object) -> Any:
    """The cotangent 0 for a number or array."""
    return np.zeros_like(plain(x)) if isinstance(plain(x), np.ndarray) else 0.0


def _stacked(column: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Rows of derivatives as one array, whose leading axes are those of the result."""
    return reshape(stack(column), shape + np.shape(plain(column[0])))


def _chosen(args: tuple[Any, ...], argnums: int | Sequence[int], f: Callable[..., Any]) -> list[Any]:
    numbers = [argnums] if isinstance(argnums, int) else argnums
    if not isinstance(numbers, (list, tuple)) or not all(isinstance(number, int) for number in numbers):
        raise TypeError(f"argnums is the position of an argument or a tuple of positions, not {argnums!r}.")
    for number in numbers:
        if not -len(args) <= number < len(args):
            count = f"{len(args)} positional argument{'' if len(args) == 1 else 's'}"
            raise TypeError(f"argnums names argument {number}, and {_name(f)} was called with {count}.")
    if len({number % len(args) for number in numbers}) < len(numbers):
        raise TypeError(f"argnums names an argument twice: {argnums}.")
    return [args[number] for number in numbers]


def _with_args(f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], argnums: int | Sequence[int]) -> Callable[..., Any]:
    """`f` as a function of the chosen arguments alone."""
    numbers = [argnums] if isinstance(argnums, int) else list(argnums)

    def partial(*chosen: Any) -> Any:
        full = list(args)
        for number, x in zip(numbers, chosen, strict=True):
            full[number] = x
        return f(*full, **kwargs)

    partial.__name__ = _name(f)
    return partial


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", repr(f))


def _shape_text(out: object) -> str:
    if isinstance(out, (list, tuple, dict)):
        return f"a {type(out).__name__}"
    return f"an array of shape {np.shape(plain(out))}" if np.size(plain(out)) != 1 else repr(out)
