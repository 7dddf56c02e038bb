"""What a function sees besides its arguments: its closure and globals, and all that hangs on them.

Two things are found there: the names of parameters, for the compiled source; and the plain
numbers, lists and arrays that the trace may have read, which must still be the same when the
program runs again. Otherwise it would be silently frozen on the numbers of its first call.
"""

from __future__ import annotations

import array
import contextvars
import dis
import functools
import operator
import random
import sys
import sysconfig
import types
import weakref
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..core import Node
from ..modes import mode
from ..texts import visible

__all__ = ["ATOMS", "Surroundings", "state_of", "variables_of"]

INSTALLED = tuple(sysconfig.get_paths()[kind] for kind in ("purelib", "platlib"))
DOUBTFUL = {"time", "perf_counter", "monotonic", "datetime", "now", "random", "Random", "default_rng", "secrets", "urandom", "uuid"}
EVERYTHING = ("globals", "eval", "exec")  # which may read any variable of a module
OPEN = ("nn", "collections")  # libraries whose objects hold what is the user's
ATOMS = (str, bytes, int, float, complex, type(None), np.generic, types.ModuleType, types.BuiltinFunctionType)
CODE_OF_A_FUNCTION = operator.attrgetter("__code__", "__defaults__", "__kwdefaults__")

Path = tuple[Any, ...]


class Surroundings:
    """What `function`, called with the objects `given` among its arguments, sees at one moment.

    Attributes:
        paths: for the id of each node found, the names and indices that lead to it, the shortest first.
        nodes: those nodes, which keeps the ids theirs.
        iterators: the names of variables that would give something else at the next call.
        doubtful: whether there is code that may do so, with clocks and random numbers.
    """

    def __init__(self, function: Callable[..., Any], given: Mapping[str, Any]) -> None:
        self.paths: dict[int, list[Path]] = {}
        self.nodes: list[Node] = []
        self.iterators: list[str] = []
        self.doubtful = False
        self._seen: dict[int, Any] = {}
        # What is compared at each call: variables, and how to read them; containers, and copies of them; arrays.
        self._variables: list[tuple[Path, Callable[[], Any], Any]] = []
        self._containers: list[tuple[Path, Any, Any]] = []
        self._arrays: list[tuple[Path, Any, Any]] = []
        self._generators: list[tuple[Any, Any]] = []
        self._todo: deque[tuple[Any, Path]] = deque([(function, ()), *((x, (name,)) for name, x in given.items())])
        while self._todo:
            self._visit(*self._todo.popleft())
        self._flips, self._frozen = Node.flips, [node.requires_grad for node in self.nodes]
        self._readers, self._contents = [v[1] for v in self._variables], [v[2] for v in self._variables]
        self._present, self._copies = [c[1] for c in self._containers], [c[2] for c in self._containers]

    def unchanged(self) -> bool:
        """Whether everything found is still there, with the same numbers.

        Python compares what is in lists by identity first, so this is quick where nothing has
        changed. Another node in the place of one is a change, whatever its number: a comparison
        that gets as far as asking a node ends here.
        """
        own, before = vars(mode), mode.tracing
        own["tracing"] = _another_node  # nothing is computed meanwhile
        try:
            return (
                (self._flips == Node.flips or self._same_frozen())
                and [read() for read in self._readers] == self._contents
                and self._present == self._copies
                and all(_fingerprint(array) == fingerprint for _, array, fingerprint in self._arrays)
            )
        except Exception:  # an array in another's place; a variable that is gone
            return False
        finally:
            own["tracing"] = before

    def _same_frozen(self) -> bool:
        """Whether the same nodes are frozen, after some have been frozen or thawed somewhere."""
        flips = Node.flips
        same = [node.requires_grad for node in self.nodes] == self._frozen
        self._flips = flips if same else self._flips
        return same

    def changed(self) -> str:
        """The name of something that has changed."""
        now: Any
        for path, now, then in [*((path, read, then) for path, read, then in self._variables), *self._containers, *self._arrays]:
            try:
                now = now() if callable(now) else _fingerprint(now) if isinstance(now, np.ndarray) else now
                same = now is then or bool(now == then)
            except Exception:
                same = False
            if not same:
                if isinstance(now, dict) and isinstance(then, dict):
                    path = (*path, *[key for key in {**then, **now} if now.get(key) is not then.get(key)][:1])
                return visible(".".join(map(str, path)))
        return "one of its parameters"

    def let_change(self, attributes: dict[str, Any], names: Sequence[str]) -> Callable[[], None]:
        """Do not look at some attributes of an object any more; to be called after each change of them."""
        old = {id(attributes[name]) for name in names}
        self._arrays = [entry for entry in self._arrays if id(entry[1]) not in old]
        copies = [copy for _, present, copy in self._containers if present is attributes]

        def changed() -> None:
            for copy in copies:
                copy.update({name: attributes[name] for name in names})

        return changed

    def used_generator(self) -> bool:
        """Whether random numbers have been drawn since from a generator found here."""
        return any(state_of(generator) != state for generator, state in self._generators)

    def _variable(self, path: Path, read: Callable[[], Any], of_a_function: bool = False) -> None:
        """Something with a name, which must go on to hold what it holds."""
        try:
            contents = read()
        except Exception:
            return  # it has no contents yet; reading it fails in the function, too
        self._variables.append((path, read, contents))
        if isinstance(contents, Iterator) and (len(path) == 1 or of_a_function) and not hasattr(contents, "read"):
            self.iterators.append(path[-1])
        self._todo.append((contents, path))

    def _container(self, path: Path, thing: Any, items: Any) -> None:
        self._containers.append((path, thing, thing if isinstance(thing, tuple) else thing.copy()))
        self._todo.extend((item, (*path, key)) for key, item in items)

    def _visit(self, thing: Any, path: Path) -> None:
        if isinstance(thing, Node):
            if id(thing) not in self.paths:
                self.nodes.append(thing)
            self.paths.setdefault(id(thing), []).append(path)
            return
        if isinstance(thing, ATOMS) or id(thing) in self._seen:
            return
        self._seen[id(thing)] = thing
        if isinstance(thing, np.ndarray):
            self._arrays.append((path, thing, _fingerprint(thing)))
            if thing.dtype == object:
                self._todo.extend((item, (*path, *index)) for index, item in np.ndenumerate(thing))
        elif isinstance(thing, (list, tuple, deque, set, frozenset)):
            self._container(path, thing, enumerate(thing))
        elif isinstance(thing, dict):
            self._container(path, thing, thing.items())
            self._variables.append((path, functools.partial(list, thing), list(thing)))  # the order of its keys, too
        elif isinstance(thing, (weakref.ref, contextvars.ContextVar)):
            self._variable(path, thing if isinstance(thing, weakref.ref) else thing.get)
        elif isinstance(thing, types.MappingProxyType):
            self._container(path, thing, thing.items())
        elif isinstance(thing, (bytearray, array.array)):
            self._containers.append((path, thing, thing[:]))
        elif isinstance(thing, functools.partial):
            self._todo += [(thing.keywords, path), (thing.args, path), (thing.func, path)]
        elif isinstance(thing, types.MethodType):
            self._todo += [(thing.__func__, path), (thing.__self__, path or ("self",))]
        elif isinstance(thing, (staticmethod, classmethod)):
            self._todo.append((thing.__func__, path))
        elif isinstance(thing, (property, functools.cached_property)):
            self._todo.append((thing.fget if isinstance(thing, property) else thing.func, path))
        elif isinstance(thing, types.FunctionType):
            self._visit_function(thing, path)
        elif isinstance(thing, (np.random.Generator, np.random.RandomState, random.Random)):
            self._generators.append((thing, state_of(thing)))
        elif isinstance(thing, type):
            self._visit_class(thing)
        else:
            self._visit_object(thing, path)

    def _visit_function(self, function: types.FunctionType, path: Path) -> None:
        variables = function.__globals__
        self._todo.append((getattr(function, "__wrapped__", None), ()))
        if _is_library(variables.get("__name__") or ""):
            return
        self._variable((function.__name__,), functools.partial(CODE_OF_A_FUNCTION, function))
        self.doubtful = self.doubtful or not DOUBTFUL.isdisjoint(_names_in(function.__code__))
        if vars(function):
            self._container((function.__name__,), vars(function), vars(function).items())
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        where = path if any(isinstance(part, int) for part in path) else ()  # neurons may be functions in a list
        for name, cell in cells.items():
            self._variable((*where, name), functools.partial(getattr, cell, "cell_contents"), of_a_function=True)
        for name, *rest in variables_of(function.__code__):
            if name not in cells:
                self._visit_global(variables, name, rest)
            elif isinstance(contents := _contents(cells[name]), types.ModuleType):
                self._visit_attribute(contents, rest)

    def _visit_global(self, variables: dict[str, Any], name: str, attributes: Sequence[str]) -> None:
        contents = variables.get(name)
        if name in EVERYTHING and name not in variables:
            for other in variables:
                if not other.startswith("__"):
                    self._variable((other,), functools.partial(variables.__getitem__, other))
        elif isinstance(contents, types.ModuleType):
            self._visit_attribute(contents, attributes)
        else:
            self._variable((name,), functools.partial(variables.__getitem__, name))

    def _visit_attribute(self, module: types.ModuleType, attributes: Sequence[str]) -> None:
        """What a function reads from a module."""
        if attributes and not _is_library(module.__name__):
            self._visit_global(vars(module), attributes[0], attributes[1:])

    def _visit_class(self, kind: type) -> None:
        for owner in kind.__mro__:
            if not _is_library(owner.__module__):
                for name in vars(owner):
                    if name not in ("__dict__", "__weakref__", "__doc__", "__annotations__"):
                        self._variable((owner.__name__, name), functools.partial(operator.getitem, vars(owner), name))

    def _visit_object(self, thing: Any, path: Path) -> None:
        kind = type(thing)
        attributes = vars(thing) if hasattr(thing, "__dict__") else {}
        self._todo += [(kind, ()), (attributes.get("__wrapped__"), ())]  # wrapped: of a compiled function, among others
        library = kind.__module__.split(".")[0]
        if _is_library(kind.__module__) and library not in OPEN and not kind.__name__.endswith("Namespace"):
            if library not in sys.stdlib_module_names and library not in ("autograd", "numpy"):
                for name in attributes:
                    if not name.startswith("_"):  # its own business, such as a cache
                        self._variable((*path, name), functools.partial(operator.getitem, attributes, name))
            return
        for owner in kind.__mro__:
            for name in vars(owner).get("__slots__", ()):
                self._variable((*path, name), functools.partial(getattr, thing, name))
        if hasattr(thing, "__dict__"):
            self._container(path, attributes, attributes.items())


def _another_node(what: str, instead: str) -> Any:
    raise TypeError("A node stands where another one stood.")


@functools.cache
def _is_library(module: str) -> bool:
    """Whether a module is nobody's own: its variables do not change between calls."""
    top = module.split(".")[0]
    if top in ("autograd", "nn", "numpy") or top in sys.stdlib_module_names:
        return True
    return (getattr(sys.modules.get(top), "__file__", None) or "").startswith(INSTALLED)


def variables_of(code: types.CodeType) -> Iterator[tuple[str, ...]]:
    """The variables from outside that code, and the functions and comprehensions in it, read; with the attributes read from each."""
    names: tuple[str, ...] = ()
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF"):
            if names:
                yield names
            names = (instruction.argval,)
        elif names and instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            names = (*names, instruction.argval)
        elif names and instruction.opname != "EXTENDED_ARG":
            yield names
            names = ()
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from variables_of(constant)


def _names_in(code: types.CodeType) -> Iterator[str]:
    """All names that code, and the functions and comprehensions in it, mention."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names_in(constant)


def _contents(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _fingerprint(array: Any) -> Any:
    """Something that changes when the entries do."""
    if array.dtype == object:
        return array.ravel().tolist()
    return array.shape, zlib.crc32(np.ascontiguousarray(array))  # type: ignore[arg-type]


def state_of(generator: Any) -> Any:
    """The state of a random generator, as something to compare."""
    if isinstance(generator, random.Random):
        return generator.getstate()
    if isinstance(generator, np.random.Generator):
        return _comparable(generator.bit_generator.state)
    return _comparable(generator.get_state(legacy=False))


def _comparable(state: Any) -> Any:
    if isinstance(state, dict):
        return {key: _comparable(part) for key, part in state.items()}
    return state.tobytes() if isinstance(state, np.ndarray) else state
