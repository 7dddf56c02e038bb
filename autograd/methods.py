"""The operators and methods of nodes, made from the table: `x + y` and `x < y`, `x.tanh()` and `x.maximum(y)`.

An entry with an `operator` is called by that operator. An elementwise entry whose first input has a derivative
is also a method. The method has the arguments of the entry's rules, and the documentation of the entry.
Editors do not run this code; they read the methods in `methods.pyi`, which `tests/test_methods.py` writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from inspect import Parameter
from typing import Any, NamedTuple

from .core import Node, Primitive
from .layout import NO_STATIC
from .primitives import __name__ as table_room
from .primitives import table
from .spelling import COMPARISONS, OF_ONE, OF_TWO

__all__ = ["Methods", "methods", "named", "operators"]


class Method(NamedTuple):
    """A method: its arguments after `self`, the expression that it returns, and the entry behind it."""

    name: str
    arguments: list[Parameter]
    expression: str
    entry: Primitive


def operators() -> dict[str, Primitive]:
    """The entries behind Python's operators, by the method that each calls, such as `__add__`."""
    found = {}
    for entry in table.values():
        if entry.operator is not None:
            names = COMPARISONS if entry.compares else OF_ONE if entry.arity == 1 else OF_TWO
            found[f"__{names[entry.operator]}__"] = entry
    return found


def named() -> dict[str, Primitive]:
    """The entries that are methods by their own name."""
    return {
        name: entry
        for name, entry in table.items()
        if entry.elementwise and entry.operator in (None, "abs") and isinstance(entry.vjp, tuple) and entry.vjp[0]
    }


def methods() -> Iterator[Method]:
    """All operators and methods."""
    other = [Parameter("other", Parameter.POSITIONAL_OR_KEYWORD)]
    for name, entry in operators().items():
        if entry.arity == 1:
            yield Method(name, [], "entry(self)", entry)
        elif entry.compares:
            yield Method(name, other, "self._compare(entry, other)", entry)
        else:  # calls `_apply` directly, as a node is among the inputs
            yield Method(name, other, "self._apply(entry, (self, other), NO_STATIC)", entry)
            yield Method(name.replace("__", "__r", 1), other, "self._apply(entry, (other, self), NO_STATIC)", entry)
            # in place: a leaf changes, a computed node gives a new one
            in_place = f"self {entry.operator} other if self.primitive else self._change(entry, other)"
            yield Method(name.replace("__", "__i", 1), other, in_place, entry)
    for name, entry in named().items():
        given = list(entry.__signature__.parameters.values())[1:]
        static = [x for x in given if x.kind is Parameter.KEYWORD_ONLY]
        inputs = other if entry.arity == 2 else given[: len(given) - len(static)]
        call = ", ".join(["self", *(x.name for x in inputs), *(f"{x.name}={x.name}" for x in static)])
        yield Method(name, [x.replace(kind=Parameter.POSITIONAL_OR_KEYWORD) for x in (*inputs, *static)], f"entry({call})", entry)


class Methods(Node):
    """The base class of nodes, with the methods that are made from the table."""

    __slots__ = ()


for _method in methods():
    _text = f"def {_method.name}({', '.join(map(str, ['self', *_method.arguments]))}):\n    return {_method.expression}\n"
    _made: dict[str, Any] = {}
    exec(compile(_text, __file__, "exec"), {"entry": _method.entry, "NO_STATIC": NO_STATIC, "__name__": table_room}, _made)
    _made[_method.name].__doc__, _made[_method.name].__qualname__ = _method.entry.__doc__, f"Methods.{_method.name}"
    setattr(Methods, _method.name, _made[_method.name])
