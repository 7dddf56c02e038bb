"""The text of functions that NumPy does not have, for programs that call them."""

from __future__ import annotations

import ast
import inspect
import textwrap
import types
from collections.abc import Callable, Iterator
from typing import Any

from .closure import variables_of

__all__ = ["text_of_functions"]


def text_of_functions(helpers: dict[str, Callable[..., Any]]) -> list[str]:
    """The definitions of functions, and of those that they call, under plain names and without annotations.

    Args:
        helpers: the functions by name. Those whose text can be found are taken out.
    """
    found = {name: _reached(function) for name, function in helpers.items()}
    calls = {function: called for reached in found.values() for function, called in (reached or {}).items()}
    names = {helpers.pop(name): name for name, reached in found.items() if reached is not None}
    taken = {"np", "math", "forward", "backward", *helpers, *names.values()}
    taken.update(local for function in calls for local in _locals(function.__code__))
    for function in calls:
        if function not in names:
            name = function.__name__.lstrip("_")
            while name in taken:
                name += "_"
            taken.add(name)
            names[function] = name
    return [_text(function, names, called) for function, called in calls.items()]


def _reached(function: Any) -> dict[Any, dict[str, Any]] | None:
    """A function after those that it calls, each with the functions it calls by the names it has for them; None if a text cannot be had."""
    if not isinstance(function, types.FunctionType) or function.__closure__ or function.__name__ == "<lambda>":
        return None
    called: dict[str, Any] = {}
    for used, *_ in variables_of(function.__code__):
        thing = function.__globals__.get(used)
        if isinstance(thing, types.FunctionType):
            called[used] = thing
        elif thing is not None and not (isinstance(thing, types.ModuleType) and used in ("np", "math")) and not isinstance(thing, type):
            return None
    try:
        ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):
        return None
    reached: dict[Any, dict[str, Any]] = {}
    for thing in called.values():
        inner = {} if thing is function else _reached(thing)
        if inner is None:
            return None
        reached.update(inner)
    return {**reached, function: called}


def _locals(code: types.CodeType) -> Iterator[str]:
    """The variables of code, and of the functions and comprehensions in it."""
    yield from (*code.co_varnames, *code.co_cellvars)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _locals(constant)


def _text(function: Any, names: dict[Any, str], called: dict[str, Any]) -> str:
    """The definition of a function, with the names that the functions in it have in the program."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    renamed = {**{used: names[thing] for used, thing in called.items()}, function.__name__: names[function]}
    return ast.unparse(_Plain(renamed).visit(tree))


class _Plain(ast.NodeTransformer):
    """Takes annotations away, and gives functions other names."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        node.name = self.names.get(node.name, node.name)
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.names.get(node.id, node.id)
        return node
