"""The formula of a graph in LaTeX, with parentheses where they are needed and nowhere else.

The table gives each primitive a template such as `#1 + #2`. An input is put in parentheses if it
binds less tightly than its place in the template requires.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..backward import ancestors
from ..core import Node, Primitive
from ..primitives.arithmetic import identity
from ..texts import in_latex
from .picture import number, symbol_of

__all__ = ["latex", "typeset"]

LONGEST = 1000  # operations; a longer formula cannot be read

# How tightly a formula binds: a comparison, a sum, a product with a dot, a product of factors side by side,
# something with an exponent or an index (or a fraction), and a single symbol or number.
RELATION, SUM, PRODUCT, JUXTAPOSED, SCRIPTED, SINGLE = range(6)


def latex(node: Node) -> str:
    """The formula by which a node was computed, as LaTeX.

    Leaves and constants appear with their labels, or without a label as numbers (arrays with their
    shapes). What is used more than once is repeated.

    Raises:
        TypeError: `node` is not a Value or a Tensor.
        ValueError: the formula has more than 1,000 operations.

    Example:
        >>> from autograd import Value
        >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
        >>> latex((a + b) * a.tanh() ** 2)
        '(a + b) \\\\cdot \\\\tanh(a)^{2}'
    """
    if not isinstance(node, Node):
        raise TypeError(f"latex() takes a Value or a Tensor, not a {type(node).__name__}.")
    computed = [x for x in reversed(ancestors([node])) if x.primitive is not None]
    operations: dict[Node, int] = {}
    for x in computed:
        operations[x] = 1 + sum(operations.get(i, 0) for i in x.inputs or () if isinstance(i, Node))
    if operations.get(node, 0) > LONGEST:
        raise ValueError(
            f"This formula would have {operations[node]:,} operations, counting twice what is used twice, and nobody reads more than "
            f"{LONGEST:,}. Typeset a part of it, or draw() it folded."
        )
    return _formula(node, computed).text


def typeset(node: object, names: Mapping[Node, str]) -> str:
    """A formula in which every step is shown, and some nodes have names, LaTeX of their own.

    A reshape, which has no sign, is shown too.

    Example:
        >>> from autograd import Value
        >>> x = Value(2.0)
        >>> typeset(x * x + 1, {x: "z"})
        'z^{2} + 1'
    """
    computed = (
        [x for x in reversed(ancestors([node], stop=names)) if x not in names and x.primitive is not None] if isinstance(node, Node) else []
    )
    return _formula(node, computed, {x: _Formula(name, SINGLE) for x, name in names.items()}, all_steps=True).text


def _formula(node: Any, computed: Sequence[Node], formulas: dict[Node, _Formula] | None = None, all_steps: bool = False) -> _Formula:
    """The formula of a node from those of what it was `computed` from, oldest first."""
    formulas = {} if formulas is None else formulas
    for x in computed:
        inputs = [formulas[i] if isinstance(i, Node) and i in formulas else _leaf(i) for i in x.inputs or ()]
        template = _template(x.primitive, len(inputs))  # type: ignore[arg-type]
        if all_steps and x.primitive.products and x.left is x.right:  # type: ignore[union-attr]
            template, inputs = _analysed("#1^{2}"), inputs[:1]
        elif all_steps and template.texts == ["", ""] and x.primitive is not identity:
            template = _analysed(rf"\operatorname{{{in_latex(symbol_of(x))}}}(#1)")
        formulas[x] = _filled(template, inputs)
    return formulas[node] if isinstance(node, Node) and node in formulas else _leaf(node)


class _Formula(NamedTuple):
    r"""Typeset text, how tightly it binds, and whether it is open.

    Open means that a product after it would belong to it, as to a `\sum`.
    """

    text: str
    binding: int
    open: bool = False


def _leaf(x: Node | ArrayLike) -> _Formula:
    """The formula of a leaf or a constant: its label, its number, or the shape of its array."""
    if isinstance(x, Node) and x.label and not x.label.isspace():
        return _Formula(_symbol(x.label), SINGLE)
    data: Any = x._datum if isinstance(x, Node) else x
    if np.ndim(data):
        size = r" \times ".join(map(str, np.shape(data)))
        return _Formula(rf"\mathrm{{array}}_{{{size}}}", SCRIPTED)
    digits, _, exponent = number(data).replace("inf", r"\infty").replace("nan", r"\mathrm{nan}").partition("e")
    if not exponent:
        return _Formula(digits, SINGLE)
    power = f"10^{{{int(exponent)}}}"
    return _Formula(power, SCRIPTED) if digits == "1" else _Formula(rf"{digits} \cdot {power}", PRODUCT)


def _symbol(label: str) -> str:
    """A label as a symbol: a single letter as it is, x1 and x_1 with an index, and anything else as upright text.

    Example:
        >>> _symbol("x"), _symbol("w12"), _symbol("layer.bias")
        ('x', 'w_{12}', '\\\\mathrm{layer.bias}')
    """
    if len(label) == 1 and label.isalpha():
        return label
    if indexed := re.fullmatch(r"([^\W\d_])_?(\d+)", label):
        return f"{indexed[1]}_{{{indexed[2]}}}"
    return rf"\mathrm{{{in_latex(label)}}}"


class _Slot(NamedTuple):
    """What a place in a template requires of an input without parentheses."""

    binding: int
    may_be_negative: bool
    may_be_open: bool


@dataclass
class _Template:
    """A template, cut at its slots, and how tightly the whole formula binds."""

    texts: list[str]
    inputs: list[int] = field(default_factory=list)
    slots: list[_Slot] = field(default_factory=list)
    binding: int = SINGLE
    open: bool = False


def _filled(template: _Template, inputs: list[_Formula]) -> _Formula:
    """The template with its inputs, in parentheses where necessary."""
    if template.texts == ["", ""]:
        return inputs[template.inputs[0]]  # such as reshape, which is not shown
    text, ends_open = template.texts[0], False
    for i, slot, after in zip(template.inputs, template.slots, template.texts[1:], strict=True):
        x = inputs[i]
        fits = x.binding >= slot.binding and (slot.may_be_negative or x.text[0] != "-") and (slot.may_be_open or not x.open)
        tall = r"\frac" in x.text or r"\begin" in x.text
        text += (x.text if fits else rf"\left({x.text}\right)" if tall else f"({x.text})") + after
        ends_open = fits and x.open and not after
    return _Formula(text, template.binding, template.open or ends_open)


def _template(primitive: Primitive, count: int) -> _Template:
    text = primitive.latex if isinstance(primitive.latex, str) else primitive.latex(*(f"#{i + 1}" for i in range(count)))
    return _analysed(text)


TOKEN = re.compile(r"#\d+|\\(?:left|right)\s*(?:\\.|.)|\\(?:begin|end)\{\w+\}|\\[A-Za-z]+|\\.|\d+|\S", re.DOTALL)
OPENING, CLOSING = ("{", "(", "[", r"\left", r"\begin"), ("}", ")", "]", r"\right", r"\end")
DOTS = (r"\cdot", r"\times", r"\circ", "/", "*")
SPACES = (r"\,", r"\;", r"\:", r"\ ")
RELATIONS = ("=", "<", ">", r"\leq", r"\geq", r"\neq")
# Beside these, an input needs no parentheses.
BREAKS = ("", ",", ";", ":", "&", "\\\\", "=", "<", ">", r"\lt", r"\gt", r"\le", r"\ge")


@lru_cache(maxsize=1024)
def _analysed(text: str) -> _Template:
    """What a template requires of its inputs, read from the signs beside each slot, and how tightly it binds itself."""
    tokens = [(match[0], match.start(), match.end()) for match in TOKEN.finditer(text)]
    words = [token for token, _, _ in tokens]
    template = _Template(texts=[])
    end = depth = 0
    top: list[str] = []  # the tokens outside of all brackets, with a closing bracket for each group
    for i, (token, start, stop) in enumerate(tokens):
        if token.startswith(CLOSING):
            depth -= 1
        if depth == 0:
            top.append(token)
        if token.startswith(OPENING):
            depth += 1
        if re.fullmatch(r"#\d+", token):
            before, after = words[i - 1] if i else "", words[i + 1] if i + 1 < len(words) else ""
            template.texts.append(text[end:start])
            template.inputs.append(int(token[1:]) - 1)
            template.slots.append(_slot(before, after))
            end = stop
    template.texts.append(text[end:])
    template.binding, template.open = _binding(top)
    return template


def _slot(before: str, after: str) -> _Slot:
    """What is required of an input between two tokens."""
    begins = before in BREAKS or before.startswith(OPENING)
    ends = after in BREAKS or after.startswith(CLOSING)
    if before == "}" and after == "\\\\":
        binding = RELATION  # the condition in a line of cases
    elif begins or before == "+":
        binding = SUM
    elif before == "-" or before in DOTS:
        binding = PRODUCT
    elif before in SPACES:
        binding = JUXTAPOSED
    else:
        binding = SCRIPTED  # the argument of a function, or a factor beside another
    if after in ("^", "_"):
        binding = SINGLE
    elif after in DOTS:
        binding = max(binding, PRODUCT)
    elif not ends and after not in ("+", "-"):
        binding = max(binding, JUXTAPOSED)
    return _Slot(binding, may_be_negative=begins and after not in ("^", "_"), may_be_open=ends or after in ("+", "-"))


def _binding(top: list[str]) -> tuple[int, bool]:
    """How tightly a template binds, and whether it is open, from its tokens outside of brackets."""
    if any(token in RELATIONS for token in top):
        return RELATION, False
    if "+" in top[1:] or "-" in top[1:]:
        return SUM, False
    # A name before its argument without parentheses, as in `\\sum x`, or a product without a sign.
    side_by_side = any((_is_word(left) or left == "}") and _is_word(right) for left, right in pairwise(top))
    if any(token in DOTS for token in top) or top[0] == "-":
        return PRODUCT, side_by_side
    if side_by_side or any(token in SPACES for token in top):
        return JUXTAPOSED, side_by_side
    if any(token in ("^", "_", r"\frac") or token.startswith(r"\begin") for token in top):
        return SCRIPTED, False
    return SINGLE, False


def _is_word(token: str) -> bool:
    """Whether a token is a slot, a name or a number, rather than a sign or a bracket."""
    if token in (*DOTS, *SPACES, *BREAKS) or token.startswith((*OPENING, *CLOSING)):
        return False
    return token[0] in "#\\" or token[0].isalnum()
