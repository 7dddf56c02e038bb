"""The source text of functions that NumPy does not have, for programs that call them."""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
import types
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..entry import entries
from .bytecode import reading_of
from .naming import identifier

__all__ = ["text_of_functions"]

MODULES = {"np": np, "math": math}


def text_of_functions(helpers: dict[str, Any], taken: Iterable[str]) -> list[str]:
    """The definitions of functions and of those that they call, under simple names and without annotations.

    Args:
        helpers: the functions by name. Those whose text can be found are removed.
        taken: all names that the program uses.
    """
    found = {name: _reached(function) for name, function in helpers.items()}
    calls = {function: called for reached in found.values() for function, called in (reached or {}).items()}
    names = {helpers.pop(name): name for name, reached in found.items() if reached is not None}
    taken = set(taken)
    taken.update(local for function in calls for local in _locals(function.__code__))
    for function in calls:
        if function not in names:
            name = identifier(function.__name__.lstrip("_"))
            while name in taken:
                name += "_"
            taken.add(name)
            names[function] = name
    return [_text(function, names, called) for function, called in calls.items()]


def _reached(function: object) -> dict[Any, dict[str, Any]] | None:
    """A function and all functions that it calls, callees first; None if the text of one is missing.

    For each there are its callees, by the names in its code.
    """
    if not isinstance(function, types.FunctionType) or function.__closure__ or hasattr(function, "__wrapped__"):
        return None
    called: dict[str, Any] = {}
    for used, *_ in reading_of(function.__code__).variables:
        if used not in function.__globals__:
            continue  # a builtin
        thing = function.__globals__[used]
        if isinstance(thing, types.FunctionType):
            called[used] = thing
        elif MODULES.get(used) is not thing:
            return None
    try:
        definition = _definition(function)
        for default in (*definition.args.defaults, *filter(None, definition.args.kw_defaults)):
            ast.literal_eval(default)
    except (OSError, SyntaxError, ValueError):
        return None
    reached: dict[Any, dict[str, Any]] = {}
    for thing in called.values():
        inner = {} if thing is function else _reached(thing)
        if inner is None:
            return None
        reached.update(inner)
    return {**reached, function: called}


def _locals(code: types.CodeType) -> Iterator[str]:
    """The local variables of code, and of the functions and comprehensions in it."""
    yield from (*code.co_varnames, *code.co_cellvars)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _locals(constant)


def _definition(function: Any) -> ast.FunctionDef:
    """The definition in the source file; a SyntaxError if the text there is something else."""
    if function.__name__ == "<lambda>":
        if not any(entry.array is function for entry in entries.values()):
            raise SyntaxError  # a lambda among the settings of a primitive must reach it as the same object
        return _definition_of_lambda(function)
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    if not isinstance(definition, ast.FunctionDef) or definition.name != function.__code__.co_name:
        raise SyntaxError
    return definition


def _definition_of_lambda(function: Any) -> ast.FunctionDef:
    """A lambda as a function: the one in the source file whose body is where that of the code is."""
    lines, _ = inspect.findsource(function)
    places = set(function.__code__.co_positions())
    for found in ast.walk(ast.parse("".join(lines))):
        if isinstance(found, ast.Lambda):
            body = found.body
            if (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset) in places:
                (definition,) = ast.parse("def f():\n    return 0").body
                assert isinstance(definition, ast.FunctionDef)
                definition.name, definition.args, definition.body = function.__name__, found.args, [ast.Return(body)]
                return definition
    raise SyntaxError


def _text(function: object, names: dict[Any, str], called: dict[str, Any]) -> str:
    """The definition of a function, in which functions have their names in the program."""
    definition = _definition(function)
    renamed = {**{used: names[thing] for used, thing in called.items()}, definition.name: names[function]}
    return ast.unparse(_Plain(renamed).visit(definition))


class _Plain(ast.NodeTransformer):
    """Removes annotations and decorators, and renames functions."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns, node.decorator_list = None, []
        node.name = self.names.get(node.name, node.name)
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.names.get(node.id, node.id)
        return node
