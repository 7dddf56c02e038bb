"""How an entry of the table is written in Python: its operator and the signature of its function."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Any, Final

__all__ = ["COMPARISONS", "OF_ONE", "OF_TWO", "SIGNS", "signature_of"]

# Python's operators, and the special method that each calls.
OF_ONE: Final = {"-": "neg", "+": "pos", "abs": "abs"}
OF_TWO: Final = {"+": "add", "-": "sub", "*": "mul", "/": "truediv", "**": "pow"}
COMPARISONS: Final = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}
SIGNS: Final = dict.fromkeys([*OF_ONE, *OF_TWO, *COMPARISONS])


def signature_of(vjp: Any, scalar: Callable[..., Any] | None, array: Callable[..., Any]) -> Signature:
    """The inputs of an entry, and then its static arguments, which are given by name.

    They have the names that follow `g` and `y` in its rules.

    Example:
        >>> from autograd import leaky_relu
        >>> leaky_relu.__signature__
        <Signature (x, /, *, negative_slope=0.01)>
    """
    rule = next(filter(None, vjp), None) if isinstance(vjp, tuple) else vjp
    try:
        found = _parameters(scalar or array) if rule is None else _parameters(rule)[2:]
        if any(x.kind is Parameter.VAR_KEYWORD for x in found):
            found = _parameters(array)
        count = len(vjp) if isinstance(vjp, tuple) else sum(x.default is Parameter.empty for x in found)
        if count <= len(found):
            return Signature([_placed(x, i < count) for i, x in enumerate(found)])
    except (TypeError, ValueError):
        pass  # functions written in C may have no signature
    return Signature([Parameter("inputs", Parameter.VAR_POSITIONAL), Parameter("static", Parameter.VAR_KEYWORD)])


def _parameters(function: Callable[..., Any]) -> list[Parameter]:
    return list(signature(function).parameters.values())


def _placed(x: Parameter, is_input: bool) -> Parameter:
    kind = Parameter.POSITIONAL_ONLY if is_input else Parameter.KEYWORD_ONLY
    return x.replace(kind=x.kind if x.kind is Parameter.VAR_POSITIONAL else kind, annotation=Parameter.empty)
