"""Printing: a simple graph becomes the NumPy program that a person would have written.

`forward` computes the results and hands on what `backward` will need. A node that is read
once, and fits on a line, is written where it is read; the others get a name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from ..core import Node
from ..primitives.indexing import getitem
from ..primitives.printing import ATOM, View, is_basic, way_of
from ..primitives.shapes import transpose
from ..texts import in_docstring, visible
from .floats import call_of_floats, is_operator, on_floats
from .helpers import text_of_functions
from .loop_lines import is_slice, is_slice_of_states, runs_on_floats
from .naming import identifier
from .printing.programs import Recipe
from .scopes import ends_of_parts, scopes_of
from .wrapping import wrapped
from .writers import Writer, is_assigned, is_loop, is_sum, is_view

__all__ = ["Source"]

SHORT = 92  # characters: what is longer gets a name
NAME, COMMENT = 40, 80  # characters of the function's name, and of a scope's in a comment
MOST_TERMS = 50  # of a sum that is written as one


class Source(Writer):
    """The text of a program, and what it needs besides NumPy.

    Args:
        name: of the function it was compiled from.
        inputs: what `forward` is called with.
        outputs: what it returns, nodes and numbers.
        seeds: what `backward` is called with besides: the gradients of the outputs.
        gradients: some of the inputs, each with its gradient; None if it has none.
        gradient_of: for some nodes, the node whose gradient they are.
        kept: names for the last of the outputs, which are for others than the caller.
        more: what `backward` returns after the gradients, each with a name.
        functions: the text of other functions of the program.
        floats: whether single numbers, and loops of them, are computed with Python's floats.

    Attributes:
        text: the program.
        floats: whether some of it runs on Python's floats.
        recipe: what is computed, and what it is called, to print it in another language.
        helpers: functions whose text cannot be found, such as one that was typed at Python's prompt.
    """

    def __init__(
        self, name: str, inputs: Sequence[Node], outputs: Sequence[Any], seeds: Sequence[Node],
        gradients: Sequence[tuple[Node, Any]], gradient_of: dict[Any, Any], kept: Sequence[str] = (),
        more: Sequence[tuple[str, Any]] = (), functions: Sequence[str] = (), floats: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self._on_floats: set[Node] = set()  # nodes that are computed with Python's floats
        self._used: Counter[str] = Counter()  # the largest number of each kind of name
        for x in [*inputs, *seeds]:
            self._give_name(x, identifier(x.label or "x"))
        self.time = next(name for name in ("t", "time", "step", "t_") if name not in self.taken)  # of loops
        self.taken.add(self.time)
        self._gradient_of = gradient_of
        roots = [*(g for _, g in gradients), *(x for _, x in more)]
        forward = _reachable(outputs)
        forward = [*(x for x in inputs if x not in set(forward)), *forward]  # `backward` gets all inputs from `forward`
        # The gradients of the last layers first, as they are found in this order.
        backward = _reachable([*(g for _, g in reversed(gradients)), *(x for _, x in more)])
        forward = self._with_states(forward, backward)
        self._forward = set(forward)
        backward = [x for x in backward if x not in self._forward]
        self._bodies = {x: _body(x) for x in forward + backward if is_loop(x)}
        steps = [x for body in self._bodies.values() for x in body]
        self._reads = Counter(arg for x in forward + backward + steps for arg in _nodes(x.inputs))
        self._reads.update(_nodes([*outputs, *roots]))
        self._readers = {arg: x for x in forward + backward + steps for arg in _nodes(x.inputs)}
        keep = _saved([arg for x in backward for arg in _nodes(x.inputs)] + _nodes(roots), self._forward)
        self._named = {x for x in keep if x.primitive is not None}
        for x, body in self._bodies.items():
            if floats and runs_on_floats(x.static["body"].leaves, body):
                self._compute_on_floats(body)
            else:
                self._named.update(arg for arg in _nodes(x.inputs) if arg.primitive is not None and not self._is_cheap(arg))
        leaves = [*inputs, *seeds]
        if floats and not self._bodies and not functions:  # which are for arrays
            self._compute_on_floats(on_floats(leaves, forward + backward))
        self._scopes = scopes_of(forward, self.names)
        self._named |= ends_of_parts(forward, self._scopes, self._readers)
        for x in backward:
            of = gradient_of.get(x)
            self._scopes[x] = self._scopes.get(of) if of in self._forward else None
        self._result = outputs[0] if len(outputs) - len(kept) == 1 and isinstance(outputs[0], Node) else None
        if self._result is not None and self._result.primitive is not None:
            self._named.add(self._result)
        computed = [(x, g) for x, g in reversed(gradients) if isinstance(g, Node) and g not in self._forward]
        self._hints = {g: f"d_{self.names.get(x, 'unused')}" for x, g in computed}
        taken = {*self._hints, *self._forward, *self.names}
        self._hints.update((x, name) for name, x in more if isinstance(x, Node) and x not in taken)
        changes = zip(outputs[len(outputs) - len(kept) :], map(identifier, kept), strict=True)
        self._hints.update((x, name) for x, name in changes if isinstance(x, Node) and x not in self.names)
        self._named |= set(self._hints)
        self._scopes.update({g: self._scopes.get(x) for x, g in gradients if g in self._hints})
        self._scopes.update(dict.fromkeys(steps))
        self._function = identifier(name)
        self._sums = self._find_sums(forward + backward + steps)
        self._targets: dict[Node, str] = {}  # how the entries are written that nodes of a loop's body are put into
        self._depth: dict[Node, int] = defaultdict(int)  # of sums within sums

        self._forward.update(node for x in forward for node in self._bodies.get(x, ()))
        forward_lines = [*self._as_floats(inputs), *self._lines(forward)]
        results = ", ".join(self.text_of(x) for x in outputs)
        saved = [self.names[x] for x in forward if x in keep and not self._is_constant(x)]
        results = results if len(outputs) == 1 else f"({results})"
        ends = [f"return {results}, ({_tuple(saved)})"]
        if len(ends[0]) > SHORT:
            ends = [f"saved = {_tuple(saved) or '()'}", f"return {results}, saved"]
        for x in self._forward - keep:  # `backward` writes views itself
            if is_view(x):
                self.names.pop(x, None)
        backward_lines = [f"{_tuple(saved)} = saved"] if saved else []
        backward_lines += [*self._as_floats(seeds), *self._lines(backward)]
        returned = f"return {', '.join(map(self.text_of, roots)) or '()'}"
        contents = ": forward, backward and update" if functions else ", forward and backward"
        helpers = text_of_functions(self.helpers, self.taken)
        texts = [*helpers, *self.constants, *forward_lines, *ends, *backward_lines, returned]
        parts = [
            f'"""{in_docstring(name, NAME)}{contents}, as a program for NumPy."""', "",
            *(["import math", ""] if any("math." in text for text in texts) else []),
            "import numpy as np", "",
            *(line for text in helpers for line in ("", wrapped(text), "")),
            *map(wrapped, self.constants), *([""] if self.constants else []), "",
            wrapped(f"def forward({', '.join(self.names[x] for x in inputs)}):"),
            *_block([*forward_lines, *ends]), "", "",
            wrapped(f"def backward({', '.join(['saved', *(self.names[x] for x in seeds)])}):"),
            *_block([*backward_lines, returned]), "",
            *(line for text in functions for line in ("", text, "")),
        ]  # fmt: skip
        self.floats = bool(self._on_floats)
        self.text = "\n".join(parts)
        self.recipe = Recipe(name, inputs, outputs, seeds, roots, self.names, self._scopes)

    def _compute_on_floats(self, nodes: Collection[Node]) -> None:
        self._on_floats.update(nodes)
        # May have an input twice.
        formulas = [x for x in nodes if not is_operator(x) and "math." not in (call_of_floats(x) or "math.")]
        self._named.update(arg for x in formulas for arg in _nodes(x.inputs) if arg.primitive is not None)

    def _as_floats(self, leaves: Iterable[Node]) -> list[str]:
        """The line that makes floats of what a program of single numbers is given."""
        names = [self.names[x] for x in leaves if x.shape == () and self._reads[x]] if self._on_floats and not self._bodies else []
        return [f"{', '.join(names)} = {', '.join(f'float({name})' for name in names)}"] if names else []

    def _with_states(self, forward: list[Node], backward: list[Node]) -> list[Node]:
        """The nodes of `forward`, and behind each of its loops those of its states that only `backward` needs."""
        self._states: dict[Node, dict[int, Node]] = {x: {} for x in [*forward, *backward] if is_loop(x)}
        known = set(forward)
        late: dict[Node, list[Node]] = defaultdict(list)
        for x in dict.fromkeys([*forward, *backward]):
            if x.left in self._states if isinstance(x.left, Node) else False:
                self._states[x.left][x.static.get("start", 0)] = x
                if x not in known and x.left in known:
                    late[x.left].append(x)
        return [y for x in forward for y in (x, *late.get(x, ()))]

    def write(self, x: object) -> tuple[str, int]:
        if x in self._on_floats and isinstance(way_of(x), View):
            return f"float({super().write(x)[0]})", ATOM
        if x in self._on_floats and not is_operator(x):
            return call_of_floats(x, self) or "", ATOM
        return super().write(x)

    def body_of(self, x: Node) -> tuple[list[Node], bool]:
        """The nodes of a loop's body, each after its inputs, and whether they are computed with Python's floats."""
        return self._bodies[x], not self._on_floats.isdisjoint(self._bodies[x])

    def state_name(self, x: Node, k: int) -> str:
        """The name of a loop's states, those of the carried leaf `k`, which they get here."""
        carried = x.static["body"].carried
        start = sum(leaf.size for leaf in carried[:k])
        name = self.fresh_name(carried[k].label or "s")
        if start in self._states[x]:
            self.names[self._states[x][start]] = name
        return name

    def is_read(self, x: Node, k: int) -> bool:
        """Whether the states of the carried leaf `k` are read after the loop."""
        return sum(leaf.size for leaf in x.static["body"].carried[:k]) in self._states[x]

    def fresh_name(self, hint: str) -> str:
        """A name that is not taken yet."""
        name, number = hint if len(hint) > 1 or hint == "h" else f"{hint}1", 2
        while name in self.taken:
            name, number = f"{hint}{number}", number + 1
        self.taken.add(name)
        return name

    def lines_of(self, nodes: Iterable[Node], targets: dict[Node, str]) -> list[str]:
        """The statements of a body; what the nodes in `targets` are called."""
        self._targets.update(targets)
        self._named.update(targets)
        return self._lines(nodes)

    def _lines(self, nodes: Iterable[Node]) -> list[str]:
        """The statements that compute those of the nodes that get a name."""
        lines: list[str] = []
        scope = None
        for x in nodes:
            if x.primitive is None or x in self.absorbed or x in self.names or not self._needs_name(x):
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

    def _needs_name(self, x: Node) -> bool:
        if x in self._named or x in self._sums or is_assigned(x) or is_loop(x):
            return True
        reader = self._readers.get(x)
        if is_sum(x):
            self._depth[x] = depth = 1 + max(self._depth[arg] if arg not in self.names else 0 for arg in _nodes(x.inputs))
            if depth < MOST_TERMS and self._reads[x] == 1 and is_sum(reader):
                return False  # a part of a longer sum, which may take several lines
        text, _ = self.write(x)
        is_short = self._is_short_view(x) or is_slice_of_states(x)
        return self._depth[x] >= MOST_TERMS or len(text) > SHORT or (self._reads[x] > 1 and not is_short)

    def _is_cheap(self, x: Any) -> bool:
        """Whether an input of a loop needs no name of its own.

        It may be a few rows or columns of something that has a name, or the transpose of it.
        """
        inner = x.left if x.primitive is transpose else x
        return (
            is_slice(x)
            or (inner.primitive is getitem and is_basic(inner.static["index"]) and inner.left.primitive is None)
            or (inner is not x and (inner.primitive is None or inner in self._named))
        )

    def _is_short_view(self, x: Any) -> bool:
        """Whether `x` is another view of something that has a name, and has a short text."""
        viewed = x
        while is_view(viewed):
            viewed = viewed.left
        return viewed in self.names and len(self.write(x)[0]) < 30

    def _statements(self, x: Node) -> list[str]:
        """The lines that give `x` its name; parts of it that do not fit on a line come before."""
        if is_loop(x):
            return list(way_of(x).lines(self, x))
        if x in self._sums or is_assigned(x):
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
            inner = [arg for arg in _nodes(x.inputs) if arg not in self.names and arg.primitive is not None]
            parts = [arg for arg in inner if not self._is_short_view(arg)]
            if not parts:
                break
            lines += self._statements(max(parts, key=lambda arg: len(self.write(arg)[0])))
        text, _ = self.write(x)
        self._give_name(x, self._fresh(x))
        return [*lines, f"{self.names[x]} = {text}"]

    def _terms(self, x: Any) -> list[str]:
        """The terms of a sum as the lines of a column."""
        terms: list[str] = []
        while is_sum(x) and x not in self.names:
            terms.append(way_of(x).term(self, x.left, x.right))
            x = x.left
        return [self.bound(x, 1), *reversed(terms)]

    def _find_sums(self, nodes: list[Node]) -> dict[Node, list[Node]]:
        """Sums with terms that are zero but for some entries, which are added in place: the terms of each."""
        sums = {}
        parts: set[Node] = set()
        for x in reversed(nodes):
            if is_sum(x, "+") and x not in parts:
                terms, inner, todo = [], [], list(reversed(_nodes(x.inputs)))
                while todo:
                    term = todo.pop()
                    alone = self._reads[term] == 1 and term not in self._named and term.shape == x.shape
                    if is_sum(term, "+") and alone:
                        inner.append(term)
                        todo.extend(reversed(_nodes(term.inputs)))
                    else:
                        terms.append(term)
                places = [term for term in terms if is_assigned(term) and self._reads[term] == 1 and term not in self._named]
                plain = all(isinstance(arg, Node) for y in (x, *inner) for arg in y.inputs or ())
                if places and plain and all(term.shape == x.shape for term in terms):
                    sums[x] = terms
                    self.absorbed.update(inner, places)
                if x in sums or not places:
                    parts.update(inner)
        return sums

    def _give_name(self, x: Node, name: str) -> None:
        number = self._used[name]
        free = name
        while free in self.taken:
            number += 1
            free = f"{name}_{number + 1}"
        self._used[name] = number
        self.taken.add(free)
        self.names[x] = free

    def _fresh(self, x: Node) -> str:
        """A name that is not taken yet: z1, z2, …; d_z1 for the gradient of z1."""
        if x in self._targets:
            return self._targets[x]
        hint = self._hints.get(x) or self._hint(x)
        if hint not in self.taken and (len(hint) > 2 or x is self._result or x in self._hints):
            return hint
        number = self._used[hint] + 1
        while f"{hint}{number}" in self.taken:
            number += 1
        self._used[hint] = number
        return f"{hint}{number}"

    def _hint(self, x: Any) -> str:
        if x is self._result:
            return self._function
        if x not in self._forward:
            of = self._gradient_of.get(x)
            is_state = of is not None and of.left in self._states
            return "d" if is_state or of not in self.names else f"d_{self.names[of]}"
        variable = x.primitive.variable
        return (variable(*x.inputs) if callable(variable) else variable) or "t"

    def _is_constant(self, x: Node) -> bool:
        return x.primitive is None and x.left is None


def _saved(read: Iterable[Node], forward: set[Node]) -> set[Node]:
    """Those of the forward pass's nodes that `backward` reads; of a view, what it is a view of."""
    saved = set()
    todo = [x for x in read if x in forward]
    while todo:
        x = todo.pop()
        if (is_view(x) and isinstance(x.left, Node)) or is_slice_of_states(x):
            todo.append(x.left)
        else:
            saved.add(x)
    return saved


def _reachable(roots: Iterable[Any]) -> list[Node]:
    """All nodes that the roots are made of, each after its inputs."""
    order: dict[Node, None] = {}
    todo = [(x, False) for x in reversed(_nodes(roots))]
    while todo:
        x, ready = todo.pop()
        if x in order:
            continue
        if ready:
            order[x] = None
        else:
            todo.append((x, True))
            todo.extend((arg, False) for arg in reversed(_nodes(x.inputs)))
    return list(order)


def _nodes(inputs: Iterable[Any] | None) -> list[Any]:
    return [x for x in inputs or () if isinstance(x, Node)]


def _body(x: Node) -> list[Node]:
    """The computed nodes of a loop's body, each after its inputs."""
    body = x.static["body"]
    leaves = set(body.leaves)
    return [node for node in _reachable(body.results) if node not in leaves and node.primitive is not None]


def _tuple(names: Sequence[str]) -> str:
    return ", ".join(names) + ("," if len(names) == 1 else "")


def _block(lines: Iterable[str]) -> list[str]:
    return [wrapped(line, 4) for line in lines]
