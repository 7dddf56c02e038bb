"""Printing: expressions become the NumPy program that a person would have written.

`forward` computes the results and hands on what `backward` will need. An expression that is read
once, and fits on a line, is written where it is read; the others get a name.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from ..texts import in_docstring, visible
from .helpers import text_of_functions
from .naming import identifier
from .simplify import Expression
from .wrapping import wrapped
from .writers import Writer, adds

__all__ = ["Source"]

HINTS = {
    "matmul": "z", "relu": "h", "leaky_relu": "h", "elu": "h", "gelu": "h", "silu": "h", "tanh": "h", "sigmoid": "h", "softmax": "p",
    "exp": "e", "max": "top", "sum": "s",
}  # fmt: skip
SUMS = ("add", "subtract")
VIEWS = ("transpose", "reshape", "broadcast_to")
SHORT = 92  # characters: what is longer gets a name
NAME, COMMENT = 40, 80  # characters of the function's name, and of a scope's in a comment
MOST_TERMS = 50  # of a sum that is written as one


class Source(Writer):
    """The text of a program, and what it needs besides NumPy.

    Args:
        name: of the function it was compiled from.
        inputs: what `forward` is called with.
        outputs: what it returns: an expression, or a tuple of them.
        seeds: what `backward` is called with besides: the gradients of the outputs.
        gradients: some of the inputs, each with the expression of its gradient; None if it has none.
        gradient_of: for some expressions, the expression whose gradient they are.
        kept: names for the last of the outputs, which are for others than the caller.

    Attributes:
        text: the program.
        helpers: functions whose text cannot be found, such as a lambda in a primitive of the user's.
    """

    def __init__(
        self, name: str, inputs: Sequence[Expression], outputs: Sequence[Any], seeds: Sequence[Expression],
        gradients: Sequence[tuple[Expression, Any]], gradient_of: dict[Any, Any], kept: Sequence[str] = (),
    ) -> None:  # fmt: skip
        super().__init__()
        self._used: Counter[str] = Counter()  # the largest number of each kind of name
        for x in [*inputs, *seeds]:
            self._give_name(x, identifier(x.data))
        self._gradient_of = gradient_of
        roots = [g for _, g in gradients]
        forward = _reachable(outputs)
        self._forward = set(forward)
        # The gradients of the last layers first, as they are found in this order.
        backward = [x for x in _reachable(reversed(roots)) if x not in self._forward]
        self._reads = Counter(arg for x in forward + backward for arg in _expressions(x.args))
        self._reads.update(_expressions([*outputs, *roots]))
        self._readers = {arg: x for x in forward + backward for arg in _expressions(x.args)}
        keep = _saved([arg for x in backward for arg in _expressions(x.args)] + _expressions(roots), self._forward)
        self._named = {x for x in keep if x.op not in ("input", "constant")}
        self._scopes = self._find_scopes(forward, backward)
        self._named |= {x for x in forward if self._ends_block(x)}
        self._result = outputs[0] if len(outputs) - len(kept) == 1 and isinstance(outputs[0], Expression) else None
        if self._result is not None and self._result.op not in ("input", "constant"):
            self._named.add(self._result)
        self._hints = {g: f"d_{self.names[x]}" for x, g in reversed(gradients) if isinstance(g, Expression) and g not in self._forward}
        changes = zip(outputs[len(outputs) - len(kept) :], map(identifier, kept), strict=True)
        self._hints.update((x, name) for x, name in changes if x not in inputs)
        self._named |= set(self._hints)
        self._scopes.update({g: self._scopes.get(x) for x, g in gradients if g in self._hints})
        self._function = identifier(name)
        self._sums = self._find_sums(forward + backward)
        self._depth: dict[Expression, int] = defaultdict(int)  # of sums within sums

        forward_lines = self._lines(forward)
        results = ", ".join(self.text_of(x) for x in outputs)
        saved = [self.names[x] for x in forward if x in keep and x.op != "constant"]
        results = results if len(outputs) == 1 else f"({results})"
        ends = [f"return {results}, ({_tuple(saved)})"]
        if len(ends[0]) > SHORT:
            ends = [f"saved = {_tuple(saved)}", f"return {results}, saved"]
        for x in self._forward - keep:  # `backward` writes views itself
            if x.op in VIEWS:
                self.names.pop(x, None)
        backward_lines = [f"{_tuple(saved)} = saved"] if saved else []
        backward_lines += self._lines(backward)
        returned = f"return {', '.join(map(self.text_of, roots)) or '()'}"
        helpers = text_of_functions(self.helpers, self.taken)
        parts = [
            f'"""{in_docstring(name, NAME)}, forward and backward, as a program for NumPy."""', "",
            *(["import math", ""] if any("math." in text for text in helpers) else []),
            "import numpy as np", "",
            *(line for text in helpers for line in ("", wrapped(text), "")),
            *map(wrapped, self.constants), *([""] if self.constants else []), "",
            wrapped(f"def forward({', '.join(self.names[x] for x in inputs)}):"),
            *_block([*forward_lines, *ends]), "", "",
            wrapped(f"def backward({', '.join(['saved', *(self.names[x] for x in seeds)])}):"),
            *_block([*backward_lines, returned]), "",
        ]  # fmt: skip
        self.text = "\n".join(parts)

    def _lines(self, expressions: Iterable[Expression]) -> list[str]:
        """The statements that compute those of the expressions that get a name."""
        lines: list[str] = []
        scope = None
        for x in expressions:
            if x.op in ("input", "constant") or x in self.absorbed or not self._needs_name(x):
                continue
            statements = self._statements(x)
            here = self._scopes[x]
            if here is None and scope is not None and x in self._forward:
                lines.append("")
            elif here is not None and here != scope:
                lines.append(f"# {visible(here, COMMENT)}")
            if here is not None or x in self._forward:
                scope = here
            lines += statements
        return lines

    def _needs_name(self, x: Expression) -> bool:
        if x in self._named or x in self._sums or adds(x):
            return True
        reader = self._readers.get(x)
        if x.op in SUMS:
            self._depth[x] = depth = 1 + max(self._depth[arg] if arg not in self.names else 0 for arg in _expressions(x.args))
            if depth < MOST_TERMS and self._reads[x] == 1 and reader is not None and reader.op in SUMS:
                return False  # a part of a longer sum, which may take several lines
        text, _ = self.write(x)
        return self._depth[x] >= MOST_TERMS or len(text) > SHORT or (self._reads[x] > 1 and not (self._is_view(x) and len(text) < 30))

    def _is_view(self, x: Any) -> bool:
        """Whether `x` is another view of something that has a name."""
        while isinstance(x, Expression) and x.op in VIEWS:
            x = x.args[0]
        return x in self.names

    def _statements(self, x: Expression) -> list[str]:
        """The lines that give `x` its name; parts of it that do not fit on a line come before."""
        if x in self._sums or adds(x):
            name = self._fresh(x)
            accumulated = self.accumulate(x, self._sums.get(x, [x]), name)
            self._give_name(x, name)
            return accumulated
        lines: list[str] = []
        while len(self.write(x)[0]) + 12 > SHORT:
            terms = self._terms(x)
            if len(terms) > 2 and max(map(len, terms)) < SHORT:
                self._give_name(x, self._fresh(x))
                return [*lines, f"{self.names[x]} = (", *(f"    {term}" for term in terms), ")"]
            parts = [arg for arg in _expressions(x.args) if arg not in self.names and arg.op != "constant"]
            if not parts:
                break
            lines += self._statements(max(parts, key=lambda arg: len(self.write(arg)[0])))
        text, _ = self.write(x)
        self._give_name(x, self._fresh(x))
        return [*lines, f"{self.names[x]} = {text}"]

    def _terms(self, x: Expression) -> list[str]:
        """The terms of a sum as the lines of a column."""
        terms: list[str] = []
        while isinstance(x, Expression) and x.op in SUMS and x not in self.names:
            terms.append(self.term(x))
            x = x.args[0]
        return [self.bound(x, 1), *reversed(terms)]

    def _find_sums(self, expressions: list[Expression]) -> dict[Expression, list[Expression]]:
        """Sums with terms that are zero but for some entries, which are added in place: the terms of each."""
        sums = {}
        parts: set[Expression] = set()
        for x in reversed(expressions):
            if x.op == "add" and x not in parts:
                terms, inner, todo = [], [], list(reversed(_expressions(x.args)))
                while todo:
                    term = todo.pop()
                    alone = self._reads[term] == 1 and term not in self._named and term.shape == x.shape
                    if term.op == "add" and alone:
                        inner.append(term)
                        todo.extend(reversed(_expressions(term.args)))
                    else:
                        terms.append(term)
                places = [term for term in terms if adds(term) and self._reads[term] == 1 and term not in self._named]
                plain = all(isinstance(arg, Expression) for y in (x, *inner) for arg in y.args)
                if places and plain and all(term.shape == x.shape for term in terms):
                    sums[x] = terms
                    self.absorbed.update(inner, places)
                if x in sums or not places:
                    parts.update(inner)
        return sums

    def _ends_block(self, x: Expression) -> bool:
        """Whether `x` is the last of its part of the network, such as a layer."""
        scope = self._scopes[x]
        if scope is None or x.op in VIEWS or x.op in ("input", "constant"):
            return False
        reader = self._readers.get(x)
        while reader is not None and reader.op in VIEWS:
            reader = self._readers.get(reader)
        return reader in self._forward and self._scopes[reader] != scope

    def _find_scopes(self, forward: list[Expression], backward: list[Expression]) -> dict[Expression, str | None]:
        """The part of the network, such as a layer, that each expression belongs to.

        Modules say so; for the others, an expression belongs to the part whose parameters it reads,
        such as `layers.0` for `layers.0.w`, and an activation to the part that it follows.
        """
        numbered = {x: re.match(r"(.+\.\d+)\.\D+$", x.data) for x in forward if x.op == "input"}
        parts = {x: match[1] for x, match in numbered.items() if match}
        scopes: dict[Expression, str | None] = {}
        for x in forward:
            args = _expressions(x.args)
            scope = x.scope or parts.get(x)
            if scope is None and (x.op in VIEWS or x.op in HINTS or x.op == "add"):
                found = {scopes[arg] for arg in args} - {None}
                scope = found.pop() if len(found) == 1 else None
            scopes[x] = next((part for part in parts.values() if scope is not None and scope.startswith(f"{part}.")), scope)
        for x in backward:
            of = self._gradient_of.get(x)
            scopes[x] = scopes.get(of) if of in self._forward else None
        return scopes

    def _give_name(self, x: Expression, name: str) -> None:
        number = self._used[name]
        free = name
        while free in self.taken:
            number += 1
            free = f"{name}_{number + 1}"
        self._used[name] = number
        self.taken.add(free)
        self.names[x] = free

    def _fresh(self, x: Expression) -> str:
        """A name that is not taken yet: z1, z2, …; d_z1 for the gradient of z1."""
        hint = self._hints.get(x) or self._hint(x)
        if hint not in self.taken and (len(hint) > 2 or x is self._result):
            return hint
        number = self._used[hint] + 1
        while f"{hint}{number}" in self.taken:
            number += 1
        self._used[hint] = number
        return f"{hint}{number}"

    def _hint(self, x: Expression) -> str:
        if x is self._result:
            return self._function
        if x not in self._forward:
            of = self.names.get(self._gradient_of.get(x))
            return f"d_{of}" if of else "d"
        return "z" if x.op == "add" and any(arg.op == "matmul" for arg in _expressions(x.args)) else HINTS.get(x.op, "t")


def _saved(read: Iterable[Expression], forward: set[Expression]) -> set[Expression]:
    """Those of the forward expressions that `backward` reads; of a view, what it is a view of."""
    saved = set()
    todo = [x for x in read if x in forward]
    while todo:
        x = todo.pop()
        if x.op in VIEWS and isinstance(x.args[0], Expression):
            todo.append(x.args[0])
        else:
            saved.add(x)
    return saved


def _reachable(roots: Iterable[Any]) -> list[Expression]:
    """All expressions that the roots are made of, each after its arguments."""
    order: dict[Expression, None] = {}
    todo = [(x, False) for x in reversed(_expressions(roots))]
    while todo:
        x, ready = todo.pop()
        if x in order:
            continue
        if ready:
            order[x] = None
        else:
            todo.append((x, True))
            todo.extend((arg, False) for arg in reversed(_expressions(x.args)))
    return list(order)


def _expressions(args: Iterable[Any]) -> list[Expression]:
    return [arg for arg in args if isinstance(arg, Expression)]


def _tuple(names: Sequence[str]) -> str:
    return ", ".join(names) + ("," if len(names) == 1 else "")


def _block(lines: Iterable[str]) -> list[str]:
    return [wrapped(line, 4) for line in lines]
