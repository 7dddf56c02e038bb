"""The body of a function: the loops that compute some nodes, with neighbouring loops of one shape made one."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any

from ...tensor import Tensor
from ...texts import visible
from .formulas import Functions, Text
from .indices import Index, flat, loop_over
from .nests import Lines, Nest, Store, within
from .reading import Reading
from .tables import Tables

__all__ = ["Body"]

COMMENT = 80  # characters


class Body(Reading):
    """The lines of one function, or of one step of a recurrence in it.

    Args:
        dialect: the language.
        functions: what collects the functions that are called.
        memory: the nodes that get an array or a variable.
        names: the names of inputs, and of nodes that were computed by an earlier function.
        wanted: names for nodes that are computed, where they have one.
        tables: the constant arrays, by name.
        outer: the body that this one, of a step, is a part of.

    Attributes:
        blocks: the loops so far.
        made: the nodes that got an array or a variable here; `returned` are those of them that are results.
        targets: in a step of a recurrence, for what it computes for the next one, the array that this is put into, and
            where.
        scratch: the arrays that the steps of recurrences need: name, type and size.
    """

    def __init__(
        self, dialect: Any, functions: Functions, memory: set[Tensor], names: dict[Any, str],
        wanted: Callable[[Tensor], str], tables: Tables, outer: Body | None = None,
    ) -> None:  # fmt: skip
        super().__init__(dialect, functions, names, tables)
        self.memory, self.name_of, self._is_step = memory, wanted, outer is not None
        self.blocks: list[Nest | Lines] = []
        self.made: dict[Tensor, None] = {}
        self.returned: set[Tensor] = set()
        self.targets: dict[Tensor, tuple[Tensor, list[Index]]] = {}
        self.scratch: list[tuple[str, Any, int]] = []
        self.depth = 0
        self._scope: str | None = None
        if outer is not None:
            self.used, self.checks, self._checked, self.given = outer.used, outer.checks, outer._checked, dict(outer.given)

    def compute(self, x: Tensor, scope: str | None, writer: Callable[..., None] | None) -> None:
        """The lines that compute a node that gets an array or a variable."""
        if scope is not None:
            self._scope = visible(scope, COMMENT).rstrip("\\")  # a comment that ends with it goes on in the next line
        if x in self.targets:
            whole, first = self.targets[x]
            name = self.names[whole]
            self.nest(x.shape, lambda index: Store(name, flat([*first, *index], whole.shape), self._fresh(x, index)), x)
            self.given[x] = whole, first
            return
        name = self.name_of(x)
        self.made[x] = None
        if x.size and writer is not None:
            writer(self, x, *(x.inputs or ()), **x.static)
        elif x.size and x.shape == ():
            text = self._fresh(x, [])
            self.put(f"{self.dialect.constant(self.type(x.dtype))} {name} = {text.text};")
        elif x.size:
            self.nest(x.shape, lambda index: self.store(x, index, self._fresh(x, index)), x)
        self.names[x] = name

    def copy(self, x: Any, name: str, shape: Sequence[int], kind: str, into: object = None) -> None:
        """A loop that writes the numbers of `x` into an array, new or an input."""
        self.nest(
            shape,
            lambda index: Store(name, flat(index, shape), self.load(x, self.cast(index, x), kind)),
            into if into is not None else name,
        )

    def nest(
        self, shape: Sequence[int], make: Callable[[list[Index]], Store], x: Any, complete: bool = True, before: Sequence[str] = (),
        after: Sequence[str] = (), row: Sequence[str] = (), total: str = "",
    ) -> None:  # fmt: skip
        """Loops over an array, with a statement for each entry; within the loops before, where that is right.

        Args:
            make: gives the statement for an index.
            x: what it makes; `complete` says whether that is complete, at a place, after the statement at that place.
            before, after: lines before and after the loops.
            row: lines before the innermost loop, in the others.
            total: a variable that numbers are added up in.
        """
        index, loops = loop_over(shape)
        self._loads = []
        made = make(index)
        last = self.blocks[-1] if self.blocks else None
        if not (isinstance(last, Nest) and last.loops == loops and not row and last.takes(self._loads, x, flat(index, shape))):
            last = Nest(loops)
            self.blocks.append(last)
        if self._scope is not None and self._scope not in last.scopes:
            last.scopes.append(self._scope)
        last.before += before
        last.after += after
        last.row += row
        last.statements += [*self._take_locals(), made]
        last.totals += [total] if total else []
        last.makes[x] = complete
        last.loads += self._loads

    def store(self, x: Tensor, index: Sequence[Index], value: Text, sign: str = "=") -> Store:
        """The statement that writes the number of `x` at an index."""
        return Store(self.name_of(x), flat(index, x.shape) if x.shape else None, value, sign)

    def put(self, *lines: str) -> None:
        """Lines of their own."""
        self.begin()
        self.line(*lines)

    def begin(self) -> None:
        """Begin a block of lines."""
        last = self.blocks[-1] if self.blocks else None
        if not isinstance(last, Lines) or last.scope != self._scope:
            self.blocks.append(Lines(self._scope, []))

    def line(self, *lines: str) -> None:
        self._block().lines.extend("    " * self.depth + line for line in (*self._take_locals(), *lines) if line)

    def open(self, *loops: tuple[str, int]) -> None:
        for variable, n in loops:
            self.line(f"{self.dialect.loop(variable, n)} {{")
            self.depth += 1

    def close(self, depth: int = 0) -> None:
        while self.depth > depth:
            self.depth -= 1
            self._block().lines.append("    " * self.depth + "}")

    @property
    def has_locals(self) -> bool:
        """Whether a part of an expression waits to be written before the statement."""
        return bool(self._locals)

    def before_statement(self, lines: Sequence[str]) -> None:
        """Write lines before the statement that is being made."""
        self._locals += lines

    def zeros(self, x: Tensor) -> list[str]:
        """The line that fills the array of a node with zeros; none, if it is new and has them."""
        return [] if self.dialect.has_zeros and not self._is_step else [self.dialect.zeros(self.name_of(x), x.size)]

    def nested_lines(
        self,
        before: Sequence[str],
        outer: Sequence[tuple[str, int]],
        pragma: Sequence[str],
        inner: tuple[str, int],
        make: Callable[[], str],
    ) -> list[str]:
        """Lines, and loops with a statement in them."""
        waiting, self._locals = self._locals, []
        statement = make()
        lines, self._locals = [*self._locals, statement], waiting
        return [*before, *within(self.dialect, outer, [*pragma, *within(self.dialect, [inner], lines)])]

    def _block(self) -> Lines:
        last = self.blocks[-1]
        assert isinstance(last, Lines)
        return last

    def _take_locals(self) -> list[str]:
        taken, self._locals = self._locals, []
        return taken

    def lines(self, lasting: Container[str], after: Iterable[str]) -> list[str]:
        """All lines, before some others.

        An array that does not last, and is read only where it is computed, becomes a variable there.
        """
        self._use_variables(lasting, " ".join(after))
        lines: list[str] = []
        comment = None
        for block in self.blocks:
            scope = block.comment()
            if scope and scope != comment:
                lines.append(f"// {scope}")
            comment = scope or comment
            lines += block.text(self.dialect)
        return lines

    def _use_variables(self, lasting: Container[str], after: str) -> None:
        texts = [*(" ".join(block.text(self.dialect)) for block in self.blocks), after]
        found: dict[str, set[int]] = {}
        for i, text in enumerate(texts):
            for name in re.findall(r"[^\W\d]\w*(?=\[)", text):
                found.setdefault(name, set()).add(i)
        for x in list(self.made):
            name = self.names[x]
            if x.shape == () or name in lasting or len(found.get(name, ())) != 1:
                continue
            (i,) = found[name]
            block = self.blocks[i] if i < len(self.blocks) else None
            if isinstance(block, Nest) and block.as_variable(name, f"{self.dialect.constant(self.type(x.dtype))} {name}"):
                del self.made[x]
