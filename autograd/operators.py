"""What `Value` and `Tensor` have in common: operators, methods and comparisons, one line each.

All of them call the table; nothing here knows a derivative.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NoReturn, Self

import numpy as np

from . import functions as f
from . import numpy_interface
from .arrays import numbers
from .backward import backward
from .copying import copy_graph, reduce_graph
from .core import Node, Primitive
from .errors import describe
from .layout import NO_STATIC
from .modes import mode, no_grad
from .numpy_interface import READ_INSTEAD
from .primitives import arithmetic as a
from .primitives import elementary as e

__all__ = ["READ_INSTEAD", "Operators"]

ASSIGN_INSTEAD = "change parameters outside of the compiled function"
COUNT_INSTEAD = "write autograd.take(table, i) to choose by it; what counts steps is a variable outside of the function"
BRANCH_INSTEAD = "use autograd.where, maximum, minimum, max, min or clip, which choose anew at every call"
COMPUTED = (
    "{} was computed, so its data follows from its inputs. Make a new node of it, as in x = autograd.where(x < 0, 0.0, x), or change its "
    "inputs and compute again. An argument inside grad and its relatives counts as computed."
)
NO_DERIVATIVE = (
    "{} is no operation of a {}: it goes in steps, and has no derivative that helps. For the plain number compute with `.data`."
)
COMPARISONS = {
    operator.lt: a.less, operator.le: a.less_equal, operator.gt: a.greater, operator.ge: a.greater_equal,
    operator.eq: a.equal, operator.ne: a.not_equal,
}  # fmt: skip
COMBINING = (a.multiply, a.maximum)


def _is_condition(x: Any) -> bool:
    """Whether `x` is made of comparisons, or of plain bools."""
    todo = [x]
    while todo:
        x = todo.pop()
        if not isinstance(x, Node):
            if np.asarray(x).dtype.kind != "b":
                return False
        elif x.primitive in COMBINING:
            todo += x.inputs or ()
        elif x.primitive not in COMPARISONS.values() and not getattr(x, "booleans", False):
            return False
    return True


def _compare(relation: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """The plain bool (or array of them) that Python's operators give for the data."""
    if mode.tracing is not None and left is not None and right is not None:
        return COMPARISONS[relation](left, right)
    left, right = (x._datum if isinstance(x, Node) else x for x in (left, right))
    if type(right) is not np.ndarray and hasattr(right, "__array__") and not isinstance(right, np.generic):
        right = numbers(right, "A comparison is of numbers and arrays of numbers")
    if isinstance(left, str) or isinstance(right, str) or left is None or right is None:
        return NotImplemented
    return relation(left, right)


class Operators(Node):
    """The arithmetic of nodes."""

    __slots__ = ()
    __pandas_priority__ = 10_000  # above a DataFrame's: `series * tensor` is ours

    # The first four enter the table by `_apply`, as calling an entry does once it has found a node among its inputs.

    def __add__(self, other: Any) -> Any:
        return self._apply(a.add, (self, other), NO_STATIC)

    def __radd__(self, other: Any) -> Any:
        return self._apply(a.add, (other, self), NO_STATIC)

    def __sub__(self, other: Any) -> Any:
        return self._apply(a.subtract, (self, other), NO_STATIC)

    def __rsub__(self, other: Any) -> Any:
        return self._apply(a.subtract, (other, self), NO_STATIC)

    def __mul__(self, other: Any) -> Any:
        return self._apply(a.multiply, (self, other), NO_STATIC)

    def __rmul__(self, other: Any) -> Any:
        return self._apply(a.multiply, (other, self), NO_STATIC)

    def __truediv__(self, other: Any) -> Any:
        return self._apply(a.divide, (self, other), NO_STATIC)

    def __rtruediv__(self, other: Any) -> Any:
        return self._apply(a.divide, (other, self), NO_STATIC)

    def __pow__(self, other: Any) -> Any:
        return e.power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return e.power(other, self)

    def __neg__(self) -> Any:
        return a.negative(self)

    def __pos__(self) -> Any:
        return a.identity(self)

    def __abs__(self) -> Any:
        return a.abs_(self)

    # In place, a leaf changes and a computed node makes a new one; see `_change`.

    def __iadd__(self, other: Any) -> Any:
        return self + other if self.primitive else self._change(a.add, "+", other)

    def __isub__(self, other: Any) -> Any:
        return self - other if self.primitive else self._change(a.subtract, "-", other)

    def __imul__(self, other: Any) -> Any:
        return self * other if self.primitive else self._change(a.multiply, "*", other)

    def __itruediv__(self, other: Any) -> Any:
        return self / other if self.primitive else self._change(a.divide, "/", other)

    def __ipow__(self, other: Any) -> Any:
        return self ** other if self.primitive else self._change(e.power, "**", other)

    def _change(self, primitive: Primitive, symbol: str, other: Any) -> Any:
        """What `self += other` and its like give where `self` is a leaf or a constant.

        With another node it is a new node, as in `total += loss`. A plain number or array changes
        a constant; a leaf only under `no_grad()`, where another node counts as a number.

        Raises:
            RuntimeError: a leaf would be changed while operations are recorded.
            ValueError: the result has another shape.
        """
        is_leaf = self.inputs is not None
        if mode.recording and isinstance(other, Node) and (is_leaf or other.requires_grad):
            return self._apply(primitive, (self, other), NO_STATIC)
        if mode.tracing is not None:
            if self.time >= mode.start:  # an argument, which stands for a plain number or array
                return self._apply(primitive, (self, other), NO_STATIC)
            mode.tracing(f"`x {symbol}= …`", f"write x = x {symbol} … for a new node, and {ASSIGN_INSTEAD}")
        if mode.recording and is_leaf:
            raise RuntimeError(
                f"`w {symbol}= …` would change {describe(self)}, a leaf, while operations are recorded. To let it learn, write "
                f"`w.data {symbol}= …`, or `w {symbol}= …` under no_grad(); for a new node, `w = w {symbol} …`."
            )
        with no_grad():
            new = self._apply(primitive, (self, other), NO_STATIC)
        if new.shape != self.shape:
            raise ValueError(
                f"`w {symbol}= …` cannot change {describe(self)} in place: the result has shape {new.shape}; write `w = w {symbol} …`."
            )
        self._overwrite(new._datum)
        return self

    # Conditions (comparisons while `compile` traces) combine as the numbers 0 and 1; numbers do not.

    def __and__(self, other: Any) -> Any:
        return self._combined("&", a.multiply, other)

    def __or__(self, other: Any) -> Any:
        return self._combined("|", a.maximum, other)

    def __xor__(self, other: Any) -> Any:
        return self._combined("^", a.not_equal, other)

    def __invert__(self) -> Any:
        return self._combined("~", a.not_equal, True)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def _combined(self, symbol: str, primitive: Primitive, other: Any) -> Any:
        if mode.tracing is not None and _is_condition(self) and _is_condition(other):
            return primitive(self, other)
        raise TypeError(
            f"`{symbol}` combines conditions, not Values and Tensors, and it binds more tightly than a comparison: put brackets around "
            "each comparison, as in `(a > 1) & (b < 3)`."
            + (" For a power write **." if symbol == "^" else "")
        )

    def __lt__(self, other: Any) -> Any:
        return _compare(operator.lt, self, other)

    def __le__(self, other: Any) -> Any:
        return _compare(operator.le, self, other)

    def __gt__(self, other: Any) -> Any:
        return _compare(operator.gt, self, other)

    def __ge__(self, other: Any) -> Any:
        return _compare(operator.ge, self, other)

    def __eq__(self, other: object) -> Any:
        return _compare(operator.eq, self, other)

    def __ne__(self, other: object) -> Any:
        return _compare(operator.ne, self, other)

    # Equality is of numbers, but a node in a set or a dictionary is itself, as in PyTorch.
    __hash__ = object.__hash__

    def exp(self) -> Any:
        return e.exp(self)

    def expm1(self) -> Any:
        return e.expm1(self)

    def log(self) -> Any:
        return e.log(self)

    def log1p(self) -> Any:
        return e.log1p(self)

    def sqrt(self) -> Any:
        return e.sqrt(self)

    def sin(self) -> Any:
        return e.sin(self)

    def cos(self) -> Any:
        return e.cos(self)

    def tanh(self) -> Any:
        return e.tanh(self)

    def erf(self) -> Any:
        return e.erf(self)

    def sigmoid(self) -> Any:
        return e.sigmoid(self)

    def relu(self) -> Any:
        return e.relu(self)

    def leaky_relu(self, negative_slope: float = 0.01) -> Any:
        return e.leaky_relu(self, negative_slope=negative_slope)

    def elu(self, alpha: float = 1.0) -> Any:
        return e.elu(self, alpha=alpha)

    def gelu(self) -> Any:
        return e.gelu(self)

    def silu(self) -> Any:
        return e.silu(self)

    def softplus(self) -> Any:
        return e.softplus(self)

    def abs(self) -> Any:
        return a.abs_(self)

    def sign(self) -> Any:
        return a.sign(self)

    def maximum(self, other: Any) -> Any:
        return a.maximum(self, other)

    def minimum(self, other: Any) -> Any:
        return a.minimum(self, other)

    def clip(self, low: Any = None, high: Any = None) -> Any:
        return f.clip(self, low, high)

    def backward(self, gradient: Any = None) -> None:
        """Add to `.grad` of every node that this one was computed from its derivative.

        Args:
            gradient: what to start from, of this node's shape: the derivative of something
                further with respect to this node. It may be left out for a single number,
                where it is 1.

        Raises:
            RuntimeError: the node is a constant or computed from constants alone, or a leaf was changed after it was used.
            ValueError: `gradient` is missing, or of another shape.

        Example:
            >>> from autograd import Value
            >>> x = Value(3.0)
            >>> (x * x).backward()
            >>> x.grad
            6.0
        """
        if mode.tracing is not None:
            mode.tracing("backward()", "call it on what the compiled function returns, or compute with autograd.grad")
        backward(self, gradient)

    def zero_grad(self) -> None:
        """Forget the gradient that was accumulated."""
        self.grad = None

    def detach(self) -> Self:
        """The same number as a constant: what is computed from it has no derivative here.

        Example:
            >>> from autograd import Value
            >>> x = Value(3.0)
            >>> (x * x.detach()).backward()
            >>> x.grad
            3.0
        """
        if mode.tracing is not None:
            return a.stop_gradient(self)  # type: ignore[no-any-return]
        constant = copy_graph(self, None)
        constant.primitive = None
        constant.static = NO_STATIC
        constant._grad = self._blank_grad
        constant.inputs = None
        return constant  # type: ignore[no-any-return]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return numpy_interface.call_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return numpy_interface.call_function(function, args, kwargs)

    @property
    def _data(self) -> NoReturn:
        """What `np.ma` asks for, before it would compute with a masked array on the left."""
        raise TypeError("A masked array does not compute with Values and Tensors: its mask would be lost. Fill it first, m.filled(0.0).")

    def _refuse(self, call: str, instead: str) -> NoReturn:
        if mode.tracing is not None:
            mode.tracing(call.removesuffix(","), instead)
        raise TypeError(
            f"{call} would drop the {self.__class__.__name__} from the graph, and its derivative with it. "
            f"For the plain number write `{'.item()' if self.size == 1 else '.data'}`; to keep the derivative {instead}."
        )

    def _has_none(self) -> bool:
        """Whether there is no derivative to lose where the number leaves the graph: it is a constant, or computed from constants alone."""
        todo: list[Any] = [self]
        seen = set()
        while todo:
            node = todo.pop()
            if node.inputs == ():
                return False
            if node.inputs is not None and node not in seen:
                seen.add(node)
                todo += [x for x in node.inputs if isinstance(x, Node)]
        return mode.tracing is None

    def __float__(self) -> float:
        if self._has_none():
            return self.item()
        return self._refuse(
            "float(…), or a function of the math module,",
            "write autograd.exp(x), autograd.sqrt(x), … for math.exp(x), math.sqrt(x), …",
        )

    def __int__(self) -> int:
        return int(self.item()) if self._has_none() else self._refuse("int(…)", "leave it as it is")

    def __complex__(self) -> complex:
        return complex(self.item()) if self._has_none() else self._refuse("complex(…)", "leave it as it is")

    def __round__(self, digits: int | None = None) -> Any:
        if self._has_none():
            return round(self.item(), digits)
        raise TypeError(NO_DERIVATIVE.format("round(…)", self.__class__.__name__))

    def __index__(self) -> int:
        self._refuse("Using it as an index, or as a count for range(),", COUNT_INSTEAD)

    def __copy__(self) -> Self:
        if mode.tracing is not None:
            return (a.stop_gradient if self.is_leaf else a.identity)(self)  # type: ignore[no-any-return]
        return copy_graph(self, None)  # type: ignore[no-any-return]

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        if mode.tracing is not None:
            return self.detach()
        return copy_graph(self, memo)  # type: ignore[no-any-return]

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return reduce_graph(self)


def _no_derivative(name: str, symbol: str) -> Any:
    def refuse(self: Operators, *others: Any) -> NoReturn:
        raise TypeError(NO_DERIVATIVE.format(symbol, self.__class__.__name__))

    refuse.__name__ = name
    return refuse


for _symbol, _names in {
    "%": ("mod", "rmod"), "//": ("floordiv", "rfloordiv"), "divmod(…)": ("divmod", "rdivmod"),
    "<<": ("lshift", "rlshift"), ">>": ("rshift", "rrshift"),
}.items():  # fmt: skip
    for _name in _names:
        setattr(Operators, f"__{_name}__", _no_derivative(f"__{_name}__", _symbol))
