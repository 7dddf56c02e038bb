"""What `Value` and `Tensor` have in common, besides the operators and methods that are made from the table.

There are no derivatives in this file.
"""

from __future__ import annotations

from typing import Any, NoReturn, Self

import numpy as np

from . import functions as f
from . import numpy_interface
from .arrays import numbers
from .backward import backward
from .copying import copy_graph, reduce_graph
from .core import Node, Primitive, table
from .errors import describe
from .layout import NO_STATIC
from .methods import Methods
from .modes import mode, no_grad
from .numpy_interface import READ_INSTEAD
from .primitives import arithmetic as a
from .types import Operand

__all__ = ["READ_INSTEAD", "Operators"]

ASSIGN_INSTEAD = "change parameters outside of the compiled function"
COUNT_INSTEAD = "write autograd.take(table, i) to choose by it; what counts steps is a variable outside of the function"
BRANCH_INSTEAD = "use autograd.where, maximum, minimum, max, min or clip, which choose anew at every call"
COMPUTED = (
    "{} was computed, so its data follows from its inputs. Make a new node of it, as in x = autograd.where(x < 0, 0.0, x), or change its "
    "inputs and compute again. An argument inside grad and its relatives counts as computed."
)
NO_DERIVATIVE = "{} is no operation of a {}: it goes in steps, and has no derivative that helps. For the plain number compute with `.data`."


def _is_condition(x: object) -> bool:
    """Whether `x` is made of comparisons, or of plain bools."""
    todo = [x]
    while todo:
        x = todo.pop()
        if not isinstance(x, Node):
            if np.asarray(x).dtype.kind != "b":
                return False
        elif x.primitive is None:
            if not getattr(x, "booleans", False):
                return False
        elif not x.primitive.compares:
            if x.primitive.logic is None:
                return False
            todo += x.inputs or ()
    return True


class Operators(Methods):
    """What `Value` and `Tensor` have in common."""

    __slots__ = ()
    __pandas_priority__ = 10_000  # above that of a DataFrame, so that pandas leaves `series * tensor` to the Tensor

    def _change(self, primitive: Primitive, other: Operand) -> Any:
        """The result of `self += other` and the like, if `self` is a leaf or a constant.

        If `other` is a node, the result is a new node, as in `total += loss`. A plain number or array changes
        a constant in place. A leaf is changed only under `no_grad()`, where a node counts as a number.

        Raises:
            RuntimeError: a leaf would be changed while operations are recorded.
            ValueError: the result has another shape.
        """
        symbol, is_leaf = primitive.operator, self.inputs is not None
        if mode.recording and isinstance(other, Node) and (is_leaf or other.requires_grad):
            return self._apply(primitive, (self, other), NO_STATIC)
        if mode.tracing is not None:
            if self.time >= mode.start:  # an argument of the traced function, in place of a plain number or array
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

    def __and__(self, other: Operand) -> Any:
        return self._combined("&", other)

    def __or__(self, other: Operand) -> Any:
        return self._combined("|", other)

    def __xor__(self, other: Operand) -> Any:
        return self._combined("^", other)

    def __invert__(self) -> Any:
        return self._combined("^", True, shown="~")

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def _combined(self, symbol: str, other: Operand, shown: str | None = None) -> Any:
        if mode.tracing is not None and _is_condition(self) and _is_condition(other):
            return next(entry for entry in table.values() if entry.logic == symbol)(self, other)
        raise TypeError(
            f"`{shown or symbol}` combines conditions, not Values and Tensors, and it binds more tightly than a comparison: put brackets "
            "around each comparison, as in `(a > 1) & (b < 3)`." + (" For a power write **." if (shown or symbol) == "^" else "")
        )

    def _compare(self, relation: Primitive, other: Operand) -> Any:
        """The result of a comparison: a plain bool, or an array of bools."""
        if mode.tracing is not None and other is not None:
            return relation(self, other)
        left, right = self._datum, other._datum if isinstance(other, Node) else other
        if type(right) is not np.ndarray and hasattr(right, "__array__") and not isinstance(right, np.generic):
            right = numbers(right, "A comparison is of numbers and arrays of numbers")
        if isinstance(right, str) or right is None:
            return NotImplemented
        return relation.scalar(left, right)  # type: ignore[misc]

    # `==` compares numbers, but sets and dictionaries tell nodes apart by identity, as in PyTorch.
    __hash__ = object.__hash__

    def clip(self, low: Any = None, high: Any = None) -> Any:
        """The numbers limited to the range from `low` to `high`; None means no limit.

        Example:
            >>> from autograd import Value
            >>> Value(5.0).clip(high=1.0).data
            1.0
        """
        return f.clip(self, low, high)

    def backward(self, gradient: Operand | None = None, retain_graph: bool | None = None) -> None:
        """Compute the derivatives of this node with respect to all nodes below it, and add them to their `.grad`.

        A computed Tensor of more than 100,000 entries keeps its gradient only if the program refers to it, by a
        name or in a list. Otherwise the pass releases that memory as soon as it can.

        Args:
            gradient: the gradient to start from, of this node's shape: the derivative of a later result with
                respect to this node. For a single number it may be left out, and is 1.
            retain_graph: ignored; it is accepted so that PyTorch's programs run. A graph stays as long
                as something refers to it.

        Raises:
            RuntimeError: the node is a constant or computed from constants alone, or a leaf was changed after it was
                used.
            ValueError: `gradient` is missing, or of another shape.

        Example:
            >>> from autograd import Value
            >>> x = Value(3.0)
            >>> (x * x).backward()
            >>> x.grad
            6.0
        """
        if mode.effects is not None:
            mode.effects.backward(self, gradient)
            return
        if mode.tracing is not None:
            mode.tracing("backward()", "call it on what the compiled function returns, or compute with autograd.grad")
        backward(self, gradient)

    def zero_grad(self) -> None:
        """Clear the accumulated gradient."""
        self.grad = None

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Assign to `requires_grad`, and return the node.

        Example:
            >>> from autograd import Value
            >>> Value(3.0).requires_grad_(False).requires_grad
            False
        """
        self.requires_grad = requires_grad
        return self

    def detach(self) -> Self:
        """A constant with the same data. No gradient flows through it.

        Example:
            >>> from autograd import Value
            >>> x = Value(3.0)
            >>> (x * x.detach()).backward()
            >>> x.grad
            3.0
        """
        if mode.tracing is not None:
            return a.stop_gradient(self)
        constant = copy_graph(self, None)
        constant.primitive = None
        constant.static = NO_STATIC
        constant._grad = self._blank_grad
        constant.inputs = None
        return constant

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        return numpy_interface.call_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: object, types: Any, args: Any, kwargs: Any) -> Any:
        return numpy_interface.call_function(function, args, kwargs)

    @property
    def _data(self) -> NoReturn:
        """Read by `np.ma` before it computes with a masked array on the left."""
        raise TypeError("A masked array does not compute with Values and Tensors: its mask would be lost. Fill it first, m.filled(0.0).")

    def _refuse(self, call: str, instead: str) -> NoReturn:
        if mode.tracing is not None:
            mode.tracing(call.removesuffix(","), instead)
        raise TypeError(
            f"{call} would drop the {self._kind().__name__} from the graph, and its derivative with it. "
            f"For the plain number write `{'.item()' if self.size == 1 else '.data'}`; to keep the derivative {instead}."
        )

    def _has_none(self) -> bool:
        """Whether no derivative is lost if the number leaves the graph.

        None is if the node is a constant, or computed from constants alone.
        """
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
        raise TypeError(NO_DERIVATIVE.format("round(…)", self._kind().__name__))

    def __index__(self) -> int:
        self._refuse("Using it as an index, or as a count for range(),", COUNT_INSTEAD)

    def __copy__(self) -> Self:
        if mode.tracing is not None:
            return (a.stop_gradient if self.is_leaf else a.identity)(self)
        return copy_graph(self, None)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        if mode.tracing is not None:
            return self.detach()
        return copy_graph(self, memo)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return reduce_graph(self)


def _no_derivative(name: str, symbol: str) -> Any:
    def refuse(self: Operators, *others: Any) -> NoReturn:
        raise TypeError(NO_DERIVATIVE.format(symbol, self._kind().__name__))

    refuse.__name__ = name
    return refuse


for _symbol, _names in {
    "%": ("mod", "rmod"), "//": ("floordiv", "rfloordiv"), "divmod(…)": ("divmod", "rdivmod"),
    "<<": ("lshift", "rlshift"), ">>": ("rshift", "rrshift"),
}.items():  # fmt: skip
    for _name in _names:
        setattr(Operators, f"__{_name}__", _no_derivative(f"__{_name}__", _symbol))
