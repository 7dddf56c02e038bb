"""The forward of an elementwise primitive in another language, read from the text of its Python function on floats.

`lambda x: x if x > 0 else 0.01 * x` is `x > 0 ? x : 0.01 * x` in C and in JavaScript. So an entry of the table, also
one that a program adds, is printed in every language without saying more than it does.
"""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import linecache
import math
import operator
import types
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...core import table

__all__ = ["ATOM", "COMPARISON", "PRODUCT", "SUM", "TERNARY", "UNARY", "Functions", "Text", "UnprintableError", "infix"]

TERNARY, OR, AND, COMPARISON, SUM, PRODUCT, UNARY, ATOM = range(8)  # how tightly a text binds


class Text(NamedTuple):
    """A piece of a program, and how tightly it binds."""

    text: str
    strength: int = ATOM

    def bound(self, strength: int) -> str:
        """The text as it is written beside an operator that binds as tightly as `strength`."""
        return self.text if self.strength >= strength else f"({self.text})"


class UnprintableError(Exception):
    """A program cannot be printed in a language; the message says what has no form in it."""


SIGNS = {
    operator.add: "+", operator.sub: "-", operator.mul: "*", operator.truediv: "/", operator.lt: "<", operator.le: "<=",
    operator.gt: ">", operator.ge: ">=", operator.eq: "==", operator.ne: "!=",
}  # fmt: skip
STRENGTH = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "&&": AND, "||": OR}
SIGN_OF: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Eq: "==", ast.NotEq: "!=", ast.And: "&&", ast.Or: "||",
}  # fmt: skip


def infix(sign: str, left: Text, right: Text) -> Text:
    """Two texts with an operator between them."""
    strength = STRENGTH.get(sign, COMPARISON)
    if strength == COMPARISON:
        return Text(f"{left.bound(SUM)} {sign} {right.bound(SUM)}", COMPARISON)
    return Text(f"{left.bound(strength)} {sign} {right.bound(strength + 1)}", strength)


def choice(condition: Text, a: Text, b: Text) -> Text:
    return Text(f"{condition.bound(OR)} ? {a.bound(OR)} : {b.bound(TERNARY)}", TERNARY)


def negative(x: Text) -> Text:
    return Text(f"-{x.bound(ATOM)}", UNARY)


# Functions that Python has and the other languages have not, in Python.
def _remainder(a: float, b: float) -> float:
    m = math.fmod(a, b)
    return m + b if m != 0 and (m < 0) != (b < 0) else m


def _floor_quotient(a: float, b: float) -> float:
    return a / b if b == 0 else round((a - _remainder(a, b)) / b)


PYTHONS = {operator.mod: _remainder, operator.floordiv: _floor_quotient}


class Functions:
    """The functions that a program calls, which are defined before it.

    Args:
        dialect: the language; see `dialects`.
        taken: all names of the program.

    Attributes:
        definitions: the text of each function, by its name, in the order in which they need each other.
    """

    def __init__(self, dialect: Any, taken: set[str]) -> None:
        self.dialect, self._taken = dialect, taken
        self.definitions: dict[str, str] = {}
        self._names: dict[Any, str] = {}

    def call(self, function: Any, args: Sequence[Text], kind: str, static: dict[str, Any] | None = None, name: str = "") -> Text:
        """A call of a function on floats.

        Args:
            function: the function.
            args: its arguments; `static` are those that it is given by name, numbers.
            kind: the type of its numbers.
            name: what to call it, if it has no name of its own.

        Raises:
            UnprintableError: its text cannot be found, or has more in it than expressions.
        """
        if function in SIGNS:
            return infix(SIGNS[function], *args)
        if function is operator.neg:
            return negative(args[0])
        if function is operator.pos or function is float:
            return args[0]
        if function in (abs, math.fabs):
            return self._named("fabs", args, kind)
        if function in (operator.pow, pow):
            return self._named("pow", args, kind)
        if function is round and len(args) == 1:
            return self._named("rint", args, kind)
        if function in (max, min) and len(args) == 2:
            a, b = args
            return choice(infix(">" if function is max else "<", b, a), b, a)
        if getattr(math, getattr(function, "__name__", ""), None) is function and isinstance(function, types.BuiltinFunctionType):
            return self._named(function.__name__, args, kind)
        if isinstance(function, np.ufunc):
            known = next((entry.scalar for entry in table.values() if entry.array is function and entry.scalar is not None), None)
            return self.call(known, args, kind, static, name)
        function = PYTHONS.get(function, function)
        if not isinstance(function, types.FunctionType):
            raise UnprintableError(f"{getattr(function, '__name__', function)!r}, which is no Python function")
        return self._of_python(function, list(args), kind, static or {}, name)

    def _named(self, name: str, args: Sequence[Text], kind: str) -> Text:
        known = self.dialect.function(name, kind)
        if known is None or (name == "log" and len(args) > 1):
            raise UnprintableError(f"math.{name}")
        called, definition = known
        if definition:
            self.definitions.setdefault(called, definition)
        return Text(f"{called}({', '.join(arg.text for arg in args)})")

    def _of_python(self, function: types.FunctionType, args: list[Text], kind: str, static: dict[str, Any], name: str) -> Text:
        tree = definition_of(function)
        parameters = [a.arg for a in (*tree.args.posonlyargs, *tree.args.args)]
        if tree.args.vararg or tree.args.kwarg or tree.args.kwonlyargs:
            raise UnprintableError(f"a function of any number of inputs ({function.__name__})")
        defaults = dict(zip(parameters[::-1], (function.__defaults__ or ())[::-1], strict=False))
        for parameter in parameters[len(args) :]:
            args.append(self._number(static.get(parameter, defaults.get(parameter)), kind))
        reader = _Reader(self, function, kind)
        if isinstance(tree, ast.Lambda) and all(_count(tree.body, parameter) <= 1 for parameter in parameters):
            reader.names.update(zip(parameters, args, strict=True))
            return reader.expression(tree.body)
        key = function.__code__, tuple(cell.cell_contents for cell in function.__closure__ or ()), kind
        if key not in self._names:
            reader.names.update((parameter, Text(f"{parameter}")) for parameter in parameters)
            own = function.__name__.strip("_").removesuffix("_scalar") if isinstance(tree, ast.FunctionDef) else name.strip("_")
            called = own + self.dialect.suffix(kind)
            while called in self._taken:
                called += "_"
            self._taken.add(called)
            self._names[key] = called
            lines = [f"return {reader.expression(tree.body).text};"] if isinstance(tree, ast.Lambda) else reader.statements(tree.body)
            self.definitions[called] = self.dialect.define(called, parameters, lines, kind)
        return Text(f"{self._names[key]}({', '.join(arg.text for arg in args)})")

    def row(self, text: str, n: int) -> str:
        """The number of one of `n` rows, which counts from the end if it is negative."""
        self.definitions.setdefault("at", self.dialect.AT)
        return f"at({text}, {n})"

    def _number(self, value: Any, kind: str) -> Text:
        if not isinstance(value, (bool, int, float)):
            raise UnprintableError(f"the setting {value!r}")
        return number(self.dialect, value, kind)


def number(dialect: Any, value: object, kind: str) -> Text:
    text = dialect.number(value, kind)
    return Text(text, UNARY if text.startswith("-") else ATOM)


class _Reader:
    """Reads the expressions of a function's text."""

    def __init__(self, functions: Functions, function: types.FunctionType, kind: str) -> None:
        self.functions, self.kind = functions, kind
        closed = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        self.seen = {**vars(builtins), **function.__globals__, **{name: cell.cell_contents for name, cell in closed.items()}}
        self.names: dict[str, Text] = {}

    def statements(self, body: Sequence[ast.stmt]) -> list[str]:
        lines: list[str] = []
        for statement in body:
            match statement:
                case ast.Expr(value=ast.Constant()):
                    pass  # a docstring
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if name not in self.names:
                    lines.append(f"{self.functions.dialect.constant(self.kind)} {name} = {self.expression(value).text};")
                    self.names[name] = Text(name)
                case ast.Return(value=ast.expr() as value):
                    lines.append(f"return {self.expression(value).text};")
                case ast.If(test=test, body=then, orelse=otherwise):
                    lines.append(f"if ({self.expression(test).text}) {{")
                    lines += [f"    {line}" for line in self.statements(then)]
                    if otherwise:
                        lines += ["} else {", *(f"    {line}" for line in self.statements(otherwise))]
                    lines.append("}")
                case _:
                    raise UnprintableError(f"the statement `{ast.unparse(statement)}`")
        return lines

    def expression(self, x: ast.expr) -> Text:
        of = self.expression
        match x:
            case ast.Name(id=name) if name in self.names:
                return self.names[name]
            case ast.Constant(value=bool() | int() | float() as value):
                return number(self.functions.dialect, value, self.kind)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return negative(of(operand))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return of(operand)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Text(f"!{of(operand).bound(ATOM)}", UNARY)
            case ast.BinOp(op=op, left=left, right=right):
                if type(op) in SIGN_OF:
                    return infix(SIGN_OF[type(op)], of(left), of(right))
                functions: dict[Any, Any] = {ast.Pow: pow, ast.Mod: operator.mod, ast.FloorDiv: operator.floordiv}
                if type(op) in functions:
                    return self.functions.call(functions[type(op)], [of(left), of(right)], self.kind)
            case ast.Compare(left=left, ops=ops, comparators=others):
                terms = [left, *others]
                parts = [
                    infix(SIGN_OF[type(op)], of(a), of(b)) for op, a, b in zip(ops, terms, others, strict=False) if type(op) in SIGN_OF
                ]
                if len(parts) == len(ops):
                    return functools.reduce(functools.partial(infix, "&&"), parts)
            case ast.BoolOp(op=op, values=values):
                return functools.reduce(functools.partial(infix, SIGN_OF[type(op)]), map(of, values))
            case ast.IfExp(test=test, body=a, orelse=b):
                return choice(of(test), of(a), of(b))
            case ast.Call(func=func, args=args, keywords=[]):
                return self.functions.call(self.resolved(func), [of(arg) for arg in args], self.kind)
            case ast.Name() | ast.Attribute():
                value = self.resolved(x)
                if isinstance(value, (bool, int, float)):
                    return number(self.functions.dialect, value, self.kind)
        raise UnprintableError(f"the expression `{ast.unparse(x)}`")

    def resolved(self, x: ast.expr) -> Any:
        """What a name means that is no variable of the function."""
        match x:
            case ast.Name(id=name) if name in self.seen and name not in self.names:
                return self.seen[name]
            case ast.Attribute(value=ast.Name(id=owner), attr=attr) if isinstance(self.seen.get(owner), types.ModuleType):
                return getattr(self.seen[owner], attr)
        raise UnprintableError(f"`{ast.unparse(x)}`")


def _count(tree: ast.AST, name: str) -> int:
    return builtins.sum(isinstance(node, ast.Name) and node.id == name for node in ast.walk(tree))


@functools.lru_cache(64)
def _definitions_in(text: str) -> dict[int, list[Any]]:
    """The functions in a file, by the line in which they begin."""
    found: dict[int, list[Any]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Lambda, ast.FunctionDef)):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            found.setdefault(first, []).append(node)
    return found


def definition_of(function: types.FunctionType) -> Any:
    """A function's definition as it stands in its file."""
    code = function.__code__
    try:
        lines = linecache.getlines(inspect.getsourcefile(function) or "", function.__globals__)
        found = _definitions_in("".join(lines)).get(code.co_firstlineno, [])
    except (OSError, TypeError, SyntaxError):
        found = []
    fitting = [tree for tree in found if isinstance(tree, ast.FunctionDef) or _spans(tree.body, code)]
    if not fitting:
        raise UnprintableError(f"the function {function.__name__}, whose text cannot be found")
    return min(fitting, key=lambda tree: len(ast.unparse(tree)))  # the innermost of nested ones


def _spans(body: ast.expr, code: types.CodeType) -> bool:
    """Whether code was made of this expression, of those in one line."""
    places = [(line, end_line, start, end) for line, end_line, start, end in code.co_positions() if line and end]
    start, end = (body.lineno, body.col_offset), (body.end_lineno or 0, body.end_col_offset or 0)
    return all(start <= (line, first or 0) and (last or 0, stop or 0) <= end for line, last, first, stop in places)
