"""Code generated from the table: the methods of `Value`, and a backward step on floats for each primitive.

A scalar engine in Python spends most of its time on function calls. This file avoids them. It writes the text
of a method of `Value` in which the formula of the primitive stands in place of a call, and one function, its
`pull`, with the formulas of all its rules; then it compiles these texts. For

    vjp=(lambda g, y, x: g * (1 - y * y),)

the lambda is called with symbols, nodes that hold text, and returns the text `g * (1 - y * y)`. At an `if`, both
branches are followed. Where this does not work, as with `math.exp`, the text is a call of the function. In unusual
cases (another thread, `no_grad()`, errors) the generated code falls back on `record` and `rules.step`. This is the
`pull` of `exp`, whose rule is `g * y`; the result True asks for `rules.step`:

    def pull(node, g):
     try:
      A = node.left
      y = node._datum
      da = g * y
      A._grad += da
     except UNUSUAL:
      return True

The generated functions have the dict `modes.quick` for their global variables.
"""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .core import Node, Primitive, table
from .layout import BLANK, FLOATS, MANY, NO_STATIC, NOTHING, NUMBERS, ONE, new
from .methods import named, operators
from .modes import choose_the_way, quick
from .primitives import arithmetic as a

__all__ = ["Symbol", "expression", "generate"]


class Symbol(Node):
    """A node in place of a number, with the text of the expression that computes the number."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text, self._datum = text, 0.0

    @classmethod
    def _apply(cls, primitive: Primitive, inputs: tuple[Any, ...], static: Mapping[str, Any]) -> Symbol:
        if static:
            raise TypeError(f"{primitive.name} has static arguments.")
        return Symbol(forward(primitive, *inputs))

    def __bool__(self) -> bool:
        if not _path:
            raise _ForkError(self.text)
        return _path.pop(0)

    def __abs__(self) -> Symbol:
        return Symbol(f"abs({self.text})")

    __hash__ = object.__hash__


class _ForkError(Exception):
    """The computation reached an `if` whose condition is a symbol."""


FLOATS.add(Symbol)
_path: list[bool] = []  # the branches to take at the next conditions


def _two(sign: str, swapped: bool = False) -> Callable[[Any, Any], Symbol]:
    """A method of `Symbol` for an operator with two operands."""

    def compute(x: Any, y: Any) -> Symbol:
        left, right = (_text(y), _text(x)) if swapped else (_text(x), _text(y))
        return Symbol(f"({left} {sign} {right})")

    return compute


for _name, _sign in {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "and": "&", "or": "|"}.items():
    setattr(Symbol, f"__{_name}__", _two(_sign))
    setattr(Symbol, f"__r{_name}__", _two(_sign, swapped=True))
for _name, _sign in {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}.items():
    setattr(Symbol, f"__{_name}__", _two(_sign))
for _name, _sign in {"neg": "-", "pos": "+"}.items():
    setattr(Symbol, f"__{_name}__", lambda x, sign=_sign: Symbol(f"({sign}{x.text})"))


def _text(x: Any) -> str:
    return x.text if isinstance(x, Symbol) else "NOTHING" if x is NOTHING else repr(x)


def expression(f: Callable[..., Any], *inputs: Any, path: Sequence[bool] = ()) -> str:
    """What `f` computes, as a Python expression.

    Raises:
        TypeError: `f` needs an actual number.
    """
    outer = _path[:]
    _path[:] = path
    try:
        return _text(f(*inputs))
    except _ForkError as fork:
        condition = str(fork)
    finally:
        _path[:] = outer
    yes, no = (expression(f, *inputs, path=(*path, way)) for way in (True, False))
    return f"({yes} if {condition} else {no})"


def forward(primitive: Primitive, *inputs: Any) -> str:
    """The result of a primitive on floats, as a Python expression."""
    f: Any = primitive.scalar
    try:
        return expression(f, *inputs)
    except TypeError:
        name = f"{primitive.name}_of_floats"
        quick[name] = f
        return f"{name}({', '.join(map(_text, inputs))})"


def _simple(text: str) -> str:
    """An expression without the brackets that it does not need."""
    return ast.unparse(ast.parse(text))


NODE = """node = new(Value)
{0}node._datum = {1}
{0}node._grad = BLANK
{0}node._aside = None
{0}node.left = {2}
{0}node.right = {3}
{0}node.primitive = {4}
{0}node.origin = now
{0}return node"""


def method_of_one(name: str, primitive: Primitive) -> str:
    """The text of a method such as `tanh(self)`."""
    text = forward(primitive, Symbol("self._datum"))
    return f"""
def {name}(self):
    if usual and get_ident() == main:
        try:
            {NODE.format(" " * 12, text, "self", "ONE", f"{primitive.name}_entry")}
        except UNUSUAL:
            pass
    return self._apply({primitive.name}_entry, (self,), NO_STATIC)
"""


def method_of_two(name: str, primitive: Primitive, swapped: bool = False) -> str:
    """The text of a method such as `__mul__(self, other)`; if `swapped`, such as `__rmul__`."""
    pair = [Symbol("self._datum"), Symbol("other._datum")]
    nodes, number = forward(primitive, *pair), forward(primitive, *([Symbol("other"), pair[0]] if swapped else [pair[0], Symbol("other")]))
    left, right = ("other", "self") if swapped else ("self", "other")
    plain = "type(other) is float" if primitive.masks else "type(other) in NUMBERS"  # which may be the result as it is
    of_nodes = f"""    if type(other) is usual and get_ident() == main:
        try:
            {NODE.format(" " * 12, nodes, left, right, f"{primitive.name}_entry")}
        except UNUSUAL:
            pass
    elif""" if not swapped else "    if"
    return f"""
def {name}(self, other):
{of_nodes} {plain} and usual and get_ident() == main:
        try:
            {NODE.format(" " * 12, number, left, right, f"{primitive.name}_entry")}
        except UNUSUAL:
            pass
    return self._apply({primitive.name}_entry, ({left}, {right}), NO_STATIC)
"""


def pull_of(primitive: Primitive) -> str | None:
    """The text of the function that passes the gradient `g` of a node on to its one or two inputs; None if the rules do not allow it.

    The function returns True, and has done nothing, if the general code must be used.
    """
    rules = primitive.vjp
    if not isinstance(rules, tuple) or len(rules) > 2 or not primitive.elementwise or None in rules or primitive.scalar is None:
        return None
    names = ["a", "b"][: len(rules)]
    if any(len(inspect.signature(rule).parameters) != 2 + len(rules) for rule in rules if rule is not None):
        return None  # it has static arguments
    try:
        of = {x: _simple(expression(rule, *map(Symbol, ("g", "y", *names)))) for x, rule in zip(names, rules, strict=True) if rule}
    except TypeError:
        return None
    lines = ["def pull(node, g):", " try:"]
    if len(names) == 1:
        lines += ["  A = node.left", *_given(of.values(), y="node._datum", a="A._datum"), f"  da = {of['a']}"]
        lines += _added(2, "A", "da", of["a"]) + _failing(1)
    else:
        lines += ["  A, B = node.left, node.right", "  if type(A) is type(B):"]
        lines += [*_given(of.values(), 3, y="node._datum", a="A._datum", b="B._datum"), f"   da = {of['a']}", f"   db = {of['b']}"]
        lines += _added(3, "A", "da", of["a"]) + _added(3, "B", "db", of["b"])
        for number, x, node, d in (("B", "a", "A", "da"), ("A", "b", "B", "db")):
            sources = {"y": "node._datum", "a": "A._datum", "b": "B._datum", number.lower(): number}
            lines += [f"  elif type({number}) in NUMBERS:", *_given([of[x]], 3, **sources), f"   {d} = {of[x]}", *_added(3, node, d, of[x])]
        lines += ["  else:", "   return True", *_failing(1)]
    return "\n".join(lines) + "\n"


def _given(expressions: Any, indent: int = 2, **sources: str) -> list[str]:
    """Lines that assign the numbers to those names that occur in the expressions."""
    used = {node.id for text in expressions for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    return [f"{' ' * indent}{name} = {source}" for name, source in sources.items() if name in used]


def _failing(indent: int) -> list[str]:
    return [f"{' ' * indent}except UNUSUAL:", f"{' ' * indent} return True"]


def _added(indent: int, node: str, gradient: str, text: str) -> list[str]:
    """Lines that add to the gradient of a node, unless there is `NOTHING` to add."""
    space = " " * indent
    if "NOTHING" in text:
        return [f"{space}if {gradient} is not NOTHING:", f"{space} {node}._grad += {gradient}"]
    return [f"{space}{node}._grad += {gradient}"]


def _pull_sum(node: Node, g: float) -> bool | None:
    """The `pull` of `add_n`."""
    inputs: Any = node.inputs
    if not KINDS.issuperset(map(type, inputs)):
        return True
    for x in inputs:
        if type(x) is not float:
            x._grad += g
    return None


KINDS: set[type] = {float}  # the types of inputs that generated code handles
LONGEST = 130  # inputs of a sum of products that is written out; for more, the text would be long, and the saved call matters less


@functools.cache
def _dot_of(count: int, on_data: bool = False) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The method and the pull of `dot_n` for this number of inputs: all nodes, or nodes and floats (weights and a row of data)."""
    n = count // 2
    a, b, c = [f"a{i}" for i in range(n)], [f"b{i}" for i in range(n)], ["c"] * (count % 2)
    of_a, of_b = [f"{x}._datum" for x in a], b if on_data else [f"{x}._datum" for x in b]
    total = " + ".join(["c._datum" if c else "0.0", *[f"{x} * {y}" for x, y in zip(of_a, of_b, strict=True)]])
    lines = [
        "def forward(inputs):", " if usual and get_ident() == main:", "  try:",
        f"   {', '.join([*a, *b, *c])} = inputs", f"   total = {total}",
        "   if type(total) is float:", f"    {NODE.format('    ', 'total', 'inputs', 'MANY', 'dot_n_entry')}",
        "  except UNUSUAL:", "   pass",
        "def pull(node, g):", " try:", f"  {', '.join([*a, *b, *c])} = node.left",
        *([f"  if {' or '.join(f'type({x}) is not float' for x in b)}: return True"] if on_data else []),
        *[f"  d{x} = g * {y}" for x, y in zip([*a, *([] if on_data else b)], [*of_b, *of_a], strict=False)],
        " except UNUSUAL:", "  return True",
        *[f" {x}._grad += d{x}" for x in [*a, *([] if on_data else b)]], *[f" {x}._grad += g" for x in c],
    ]  # fmt: skip
    made = _made("\n".join(lines))
    return made["forward"], made["pull"]


def _dot(inputs: tuple[Any, ...]) -> Any:
    """The node of a sum of products, or None if the general code must be used."""
    count = len(inputs)
    if not 3 < count <= LONGEST:
        return None
    return (_dot_of(count, True) if type(inputs[count // 2]) is float else _dot_of(count))[0](inputs)


def _pull_dot(node: Node, g: float) -> Any:
    """The `pull` of `dot_n`."""
    inputs: Any = node.left
    if node.right is not MANY or not 3 < (count := len(inputs)) <= LONGEST or (count % 2 and type(inputs[-1]) is float):
        return True
    return (_dot_of(count, True) if type(inputs[count // 2]) is float else _dot_of(count))[1](node, g)


def generate(kind: type[Node]) -> None:
    """Give `kind`, which is `Value`, its methods, and the primitives their `pull`."""
    KINDS.add(kind)
    a.add_n.pull, a.dot_n.pull, a.dot_n.short = _pull_sum, _pull_dot, _dot
    quick["dot_n_entry"] = a.dot_n
    quick.update(Value=kind, new=new, BLANK=BLANK, ONE=ONE, MANY=MANY, NO_STATIC=NO_STATIC, NOTHING=NOTHING, NUMBERS=NUMBERS)
    quick["UNUSUAL"] = (ArithmeticError, ValueError, TypeError, AttributeError)  # the general code handles these
    methods: dict[str, tuple[str, Primitive]] = {}
    for name, primitive in {**named(), **operators()}.items():
        count = len(primitive.__signature__.parameters)
        if primitive.compares or primitive.scalar is None or count != primitive.arity:
            continue  # primitives with static arguments use the general code
        if count == 1:
            methods[name] = method_of_one(name, primitive), primitive
        elif count == 2:
            methods[name] = method_of_two(name, primitive), primitive
            if primitive.operator is not None:
                swapped = name.replace("__", "__r", 1)
                methods[swapped] = method_of_two(swapped, primitive, swapped=True), primitive
    made = _made("\n".join(text for text, _ in methods.values()))
    for name, (_, primitive) in methods.items():
        quick[f"{primitive.name}_entry"] = primitive
        made[name].__doc__, made[name].__module__, made[name].__qualname__ = primitive.__doc__, __name__, f"{kind.__name__}.{name}"
        setattr(kind, name, made[name])
    for primitive in table.values():
        text = pull_of(primitive)
        if text is not None:
            primitive.pull = _made(text)["pull"]
    choose_the_way()


def _made(source: str) -> dict[str, Any]:
    """The functions that a text defines, by name."""
    made: dict[str, Any] = {}
    name = __file__.replace("generated", "<generated>")  # tracebacks show a file of this package
    exec(compile(source, name, "exec"), quick, made)
    return made
