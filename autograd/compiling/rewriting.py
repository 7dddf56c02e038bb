"""Rewriting: a function for tracing, in which what looks at numbers has become what computes with them.

While a function is traced, three things that Python does by itself would look at a number: `max(values)` and
`min(values)` compare, `rows[token]` needs to know which row, and `value.data` is the number. If a function does one of
them, it is traced
once more with these replaced in a copy of its code, and in the functions that it calls: by the largest of many numbers,
a choice of a row, and the number without its derivative, all as nodes of the graph. (TensorFlow's AutoGraph works in
this way.) The function itself stays as it is. A nan among the numbers is the largest, as in NumPy; to Python, that
depends on the order.
"""

from __future__ import annotations

import ast
import copy
import functools
import linecache
import sys
import types
from builtins import max as largest
from builtins import min as smallest
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from ..core import Node
from ..primitives.arithmetic import stop_gradient
from ..primitives.choices import first_max_n
from ..shaping import take
from ..value import Value
from .asked import LIBRARY
from .standins import Entry, as_kind

__all__ = ["is_plain", "rewritten"]

NAMES: Final = ("call_", "item_", "data_")  # what the code of a rewritten function calls
ABOUT_FRAMES: Final = frozenset({"super", "locals", "globals", "vars", "dir", "eval", "exec", "breakpoint"})
_copies: Final[dict[types.CodeType, types.CodeType | None]] = {}


def rewritten(function: object) -> Any:
    """A function that does the same, but computes with numbers where `function` looks at them.

    It is the function itself if its text is not known.
    """
    if isinstance(function, types.MethodType) and isinstance(function.__func__, types.FunctionType):
        return types.MethodType(rewritten(function.__func__), function.__self__)
    if not isinstance(function, types.FunctionType):
        call = getattr(type(function), "__call__", None)  # noqa: B004 -- whose text is wanted
        is_users = isinstance(call, types.FunctionType) and not isinstance(function, type)
        return types.MethodType(rewritten(call), function) if is_users else function
    name = (function.__module__ or "").partition(".")[0]
    if name in LIBRARY or (name in sys.stdlib_module_names and name != "__main__"):
        return function
    code = function.__code__
    if code not in _copies:
        _copies[code] = _copy_of(code)
    changed = _copies[code]
    if changed is None:
        return function
    cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    cells.update(zip(NAMES, map(types.CellType, (_call, _item, _data)), strict=True))
    made = types.FunctionType(
        changed, function.__globals__, function.__name__, function.__defaults__, tuple(cells[name] for name in changed.co_freevars)
    )
    made.__kwdefaults__, made.__module__, made.__qualname__ = function.__kwdefaults__, function.__module__, function.__qualname__
    return made


def _call(function: Any, /, *args: Any, **kwargs: Any) -> Any:
    """`function(*args, **kwargs)`."""
    if (function is largest or function is smallest) and args and "key" not in kwargs:
        items = list(args if len(args) > 1 else args[0])
        if any(isinstance(x, Value) for x in items) and all(isinstance(x, (Value, float, int, np.number)) for x in items):
            if function is largest:
                return first_max_n(*items)
            return -first_max_n(*[-x for x in items])
        return function(items, **kwargs)
    if getattr(function, "__func__", None) is Value.item:
        return _data(function.__self__)
    if (function is map or function is filter) and args:
        return function(rewritten(args[0]), *args[1:], **kwargs)
    return rewritten(function)(*args, **kwargs)


def _item(things: Any, index: Any, /) -> Any:
    """`things[index]`."""
    counts = type(index) is Entry and index.kind is not None and issubclass(index.kind, (int, np.integer))
    if counts and type(things) in (list, tuple, np.ndarray) and _are_numbers(things):
        return take(things, index, *([0] if isinstance(things, np.ndarray) else []))
    return things[index]


def _are_numbers(things: Any) -> bool:
    """Whether something is an array, or a list of numbers, or of rows of numbers of one length."""
    if isinstance(things, np.ndarray):
        return things.dtype.kind in "fiu"
    if things and all(isinstance(x, (list, tuple)) for x in things):
        return len({len(row) for row in things}) == 1 and all(map(_are_numbers, things))
    return bool(things) and all(isinstance(x, (Value, float, int)) for x in things)


def _data(thing: Any, /) -> Any:
    """`thing.data`."""
    if isinstance(thing, Value):
        number = as_kind(Entry, stop_gradient(thing))
        number.type, number.kind = np.dtype(float), float
        return number
    return thing.data


def is_plain(x: object) -> bool:
    """Whether a result of a rewritten function is a plain number in an ordinary call.

    It is, if it is computed from such as `value.data`.
    """
    todo, found = [x], False
    while todo:
        node = todo.pop()
        if type(node) is Entry and node.type is not None:
            found = found or not node.is_leaf
        elif isinstance(node, Node):
            if node.is_leaf:
                return False
            todo += node.inputs or ()
    return found


def _copy_of(code: types.CodeType) -> types.CodeType | None:
    """The code of a function with calls of the functions above.

    It is None if the text is not known, or depends on where it stands.
    """
    if "__class__" in code.co_freevars or set(NAMES) & {*code.co_names, *code.co_varnames, *code.co_freevars}:
        return None
    definition = _definition(code)
    if definition is None:
        return None
    _Rewriter().visit(definition)
    if isinstance(definition, ast.Lambda):
        definition = ast.copy_location(
            ast.FunctionDef("_lambda", definition.args, [ast.copy_location(ast.Return(definition.body), definition)], []), definition
        )
    names = ", ".join(dict.fromkeys([*code.co_freevars, *NAMES]))
    around = ast.parse(f"def around({names}):\n    pass")
    definition.decorator_list = []
    around.body[0].body = [definition]  # type: ignore[attr-defined]
    module = compile(ast.fix_missing_locations(around), code.co_filename, "exec")
    outer = next(x for x in module.co_consts if isinstance(x, types.CodeType))
    changed: types.CodeType = next(x for x in outer.co_consts if isinstance(x, types.CodeType))
    return changed.replace(co_name=code.co_name, co_qualname=code.co_qualname)


def _definition(code: types.CodeType) -> Any:
    """The function that a code was made of, in the text of its file."""
    try:
        tree = _tree(code.co_filename, "".join(linecache.getlines(code.co_filename)))
    except SyntaxError:
        return None
    found = [node for node in _functions(tree) if _starts_at(node) == code.co_firstlineno and _name(node) == code.co_name]
    if len(found) != 1 or any(_is_private(node) for node in ast.walk(found[0])):
        return None
    return copy.deepcopy(found[0])


@functools.lru_cache(maxsize=8)
def _tree(file: str, text: str) -> ast.Module:
    return ast.parse(text)


def _functions(tree: ast.Module) -> Iterator[Any]:
    return (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.Lambda)))


def _starts_at(node: Any) -> int:
    """The first line of a function, its decorators included."""
    return smallest([node.lineno, *[decorator.lineno for decorator in getattr(node, "decorator_list", ())]])


def _name(node: Any) -> str:
    return "<lambda>" if isinstance(node, ast.Lambda) else node.name


def _is_private(node: ast.AST) -> bool:
    """Whether a name means another one in a class than elsewhere."""
    name = getattr(node, "id", None) or getattr(node, "attr", None) or ""
    return isinstance(name, str) and name.startswith("__") and not name.endswith("__")


class _Rewriter(ast.NodeTransformer):
    """Replaces calls, items and `.data`."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in ABOUT_FRAMES:
            return node
        return ast.copy_location(ast.Call(_helper("call_", node), [node.func, *node.args], node.keywords), node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load) or isinstance(node.slice, (ast.Slice, ast.Tuple, ast.Constant)):
            return node
        return ast.copy_location(ast.Call(_helper("item_", node), [node.value, node.slice], []), node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load) or node.attr != "data":
            return node
        return ast.copy_location(ast.Call(_helper("data_", node), [node.value], []), node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node


def _helper(name: str, like: ast.AST) -> ast.Name:
    return ast.copy_location(ast.Name(name, ast.Load()), like)
