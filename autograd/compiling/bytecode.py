"""What code reads, according to its bytecode: outer variables, attributes, imports, and questions about types."""

from __future__ import annotations

import dis
import functools
import types
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

__all__ = ["MAKING", "Reading", "reading_of"]

VARIABLES = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_GLOBALS", "LOAD_FROM_DICT_OR_DEREF")
READS = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR")
ATTRIBUTES = (*READS, "STORE_ATTR", "DELETE_ATTR", "IMPORT_FROM")  # an assignment may call a property or __setattr__
SKIPPED = ("EXTENDED_ARG", "PRECALL", "CACHE", "PUSH_NULL", "KW_NAMES", "RESUME")
MAKING = frozenset(  # methods that Python calls when an object is made, stored or deleted, but not when it is used
    [
        "__init__",
        "__new__",
        "__post_init__",
        "__init_subclass__",
        "__set_name__",
        "__prepare__",
        "__del__",
        "__reduce__",
        "__reduce_ex__",
        "__getstate__",
        "__setstate__",
        "__getnewargs__",
        "__copy__",
        "__deepcopy__",
    ]
)
NAMES = ("__name__", "__qualname__", "__module__")


class Reading(NamedTuple):
    """What code, and the functions and comprehensions in it, read.

    Attributes:
        variables: each variable with attributes that are read from it: `np.random.rand` is ("np", "random", "rand").
        attributes: the names of all attributes that are read from anything.
        imports: the names of imported modules, each with the level of a relative import.
        types: the line of a use of `type(x)` other than `type(self)` and `type(x).__name__`.
        asked: the names that `hasattr`, or `getattr` with a default, asks for, each with its line.
    """

    variables: tuple[tuple[str, ...], ...]
    attributes: frozenset[str]
    imports: tuple[tuple[str, int], ...]
    types: int | None
    asked: tuple[tuple[str, int], ...]


@functools.lru_cache(4096)
def reading_of(code: types.CodeType) -> Reading:
    """What code reads."""
    steps = [step for step in dis.get_instructions(code) if step.opname not in SKIPPED]
    parts = [reading_of(constant) for constant in code.co_consts if isinstance(constant, types.CodeType)]
    variables = dict.fromkeys([*_variables(steps), *(chain for part in parts for chain in part.variables)])
    lines = _lines(code)
    types_used = next((lines(step.offset) for i, step in enumerate(steps) if _asks_for_a_type(steps, i)), None)
    return Reading(
        # These are its own variables, which inner functions read.
        tuple(chain for chain in variables if chain[0] not in code.co_cellvars),
        frozenset(_attributes(steps)).union(*[part.attributes for part in parts]),
        (*_imports(steps), *(name for part in parts for name in part.imports)),
        next((line for line in (types_used, *(part.types for part in parts)) if line is not None), None),
        (*((name, lines(offset)) for name, offset in _asked(steps)), *(pair for part in parts for pair in part.asked)),
    )


def _lines(code: types.CodeType) -> Callable[[int], int]:
    """The line of each instruction."""
    found = [(start, line) for start, _, line in code.co_lines() if line is not None]
    return lambda offset: max((pair for pair in found if pair[0] <= offset), default=(0, code.co_firstlineno))[1]


def _variables(steps: Sequence[dis.Instruction]) -> Iterator[tuple[str, ...]]:
    names: tuple[str, ...] = ()
    for step in steps:
        if names and step.opname in READS:
            names = (*names, step.argval)
            continue
        if names:
            yield names
        names = (step.argval,) if step.opname in VARIABLES else ()


def _attributes(steps: Sequence[dis.Instruction]) -> Iterator[str]:
    for i, step in enumerate(steps):
        if step.opname in ATTRIBUTES:
            yield step.argval
        elif step.opname == "MATCH_CLASS":  # its names are in a tuple just before
            yield from (name for name in steps[i - 1].argval if isinstance(name, str))


def _imports(steps: Sequence[dis.Instruction]) -> Iterator[tuple[str, int]]:
    for i, step in enumerate(steps):
        if step.opname == "IMPORT_NAME":
            yield step.argval, steps[i - 2].argval or 0


def _asks_for_a_type(steps: Sequence[dis.Instruction], i: int) -> bool:
    """Whether the instruction reads `type`, and for more than the class of `self` or a class name to print."""
    if steps[i].opname not in VARIABLES or steps[i].argval != "type":
        return False
    end = next((k for k in range(i + 1, len(steps)) if not steps[k].opname.startswith(("LOAD_", "BINARY_SUBSCR"))), len(steps) - 1)
    is_call = steps[end].opname == "CALL" and steps[end].arg == 1
    if is_call and end == i + 2 and steps[i + 1].argval in ("self", "cls"):
        return False
    return not (is_call and steps[end + 1].opname == "LOAD_ATTR" and steps[end + 1].argval in NAMES)


def _asked(steps: Sequence[dis.Instruction]) -> Iterator[tuple[str, int]]:
    """The names of attributes that `hasattr(x, name)` and `getattr(x, name, default)` ask for."""
    if not any(step.opname in VARIABLES and step.argval in ("hasattr", "getattr") for step in steps):
        return
    for i, step in enumerate(steps[:-2]):
        if step.opname == "LOAD_CONST" and isinstance(step.argval, str):
            after, last = steps[i + 1], steps[i + 2]
            if (after.opname == "CALL" and after.arg == 2) or (last.opname == "CALL" and last.arg == 3):
                yield step.argval, step.offset
