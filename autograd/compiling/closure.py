"""What a function can see besides its arguments: its closure, its globals, and everything reachable from these.

The search has two results. One is the names of the parameters, for the compiled source. The other is a list of
everything that the trace may have read. All of it must still be the same whenever the program runs again, or the
program would silently go on with the numbers of the first call; `guard` compares it. What is not on the white
list of `kinds` is refused.

An attribute counts only if its name stands in code that the function may call. So a class may have a method that opens
a file, as long as the function only calls other methods.
"""

from __future__ import annotations

import builtins
import enum
import functools
import importlib
import importlib.util
import random
import types
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from ..core import Node
from ..tensor import Tensor
from ..texts import visible
from ..updating import Live, Updater
from ..value import Value
from .bytecode import MAKING, Reading, reading_of
from .guard import Guard, Names, Path
from .kinds import ATOMS, MISSING, OBJECTS_OF, is_denied, is_exact, kind_of, origin_of, refusal_of
from .places import Attribute, Cell, Item, Place

__all__ = ["Surroundings", "state_of"]

# Functions (and, in the second set, attributes) that read attributes whose names are not in the code. If one of them is
# used, all attributes count.
READS_BY_NAME: Final = frozenset(["getattr", "vars", "attrgetter", "methodcaller", "copy", "deepcopy", "asdict", "astuple", "replace"])
NAMES_NOTHING: Final = frozenset(["__dict__", "__getattribute__", "format", "format_map"])
# Libraries whose classes read no attributes of their instances.
NO_ATTRIBUTES: Final = frozenset(["typing", "abc", "types", "argparse", "contextlib", "autograd"])
# What nodes have, and plain numbers and arrays do not.
NODES_HAVE: Final = frozenset({*dir(Value), *dir(Tensor)} - {*dir(np.ndarray), *dir(float), *dir(int)})
CALLED: Final = (types.FunctionType, staticmethod, classmethod, property)
BOOKKEEPING: Final = frozenset({"_name", "_number"})  # attributes of a module of `nn` that only pictures use


class Holder(NamedTuple):
    """An object whose attributes count as soon as some code mentions their names. Those in `done` have been visited.

    Attributes:
        place: a function from a name to the place of that attribute, if each is guarded separately; None if all are
            guarded together.
    """

    names: Collection[str]
    read: Callable[[str], Any]
    path: Path
    done: set[str]
    place: Callable[[str], Place] | None = None


class Surroundings:
    """What `function` can see at this moment, if the objects `given` are among its arguments.

    Args:
        everything: whether all attributes count, not only those that some code mentions.

    Attributes:
        paths: for the id of each node that was found, the names and indices that lead to it, the shortest first.
        nodes: these nodes. The list keeps them alive, so that no other object gets one of their ids.
        refused: why the function cannot be compiled, if it can see something that is not on the white list.
        guard: compares everything that was found with what is there later.
    """

    def __init__(self, function: Callable[..., Any], given: Mapping[str, Any], everything: bool = False) -> None:
        self.paths: dict[int, list[Path]] = {}
        self.nodes: list[Node] = []
        self.refused: str | None = None
        self.guard = Guard()
        self._names = Names({"*"} if everything else set())
        self._seen: dict[int, Any] = {}
        self._classes: dict[type, set[str]] = {}  # those visited, each with the methods that Python calls by itself
        self._holders: list[Holder] = []
        # In attributes of `nn`'s modules that the code of `nn` does not read.
        self._excused: list[tuple[Any, Path, str]] = []
        self._updated: list[tuple[Any, Path]] = []  # parameters of optimizers; most have a better name elsewhere
        self._generators: list[tuple[Any, Any]] = []
        self._todo: deque[tuple[Any, Path, str | None]] = deque([(function, (), None), *((x, (name,), None) for name, x in given.items())])
        while self.refused is None and (self._todo or self._mentioned()):
            self._visit(*self._todo.popleft())
        for leaf, path in self._updated:
            if id(leaf) not in self.paths:
                self._visit(leaf, path, None)
        self._holders.clear()
        self.guard.ready(self.nodes)

    def used_generator(self) -> bool:
        """Whether random numbers have been drawn from one of the generators since the search."""
        return any(state_of(generator) != state for generator, state in self._generators)

    def _add(self, thing: object, path: Path, excuse: str | None = None) -> None:
        self._todo.append((thing, path, excuse))

    def _variable(self, path: Path, place: Place) -> None:
        """Visit what a variable holds. The variable must not change."""
        self._add(self.guard.variable(path, place), path)

    def _mentioned(self) -> bool:
        """Plan visits to the attributes that have been mentioned in the meantime; return whether there are any."""
        for holder in self._holders:
            for name in [name for name in holder.names if name not in holder.done and name in self._names]:
                holder.done.add(name)
                if holder.place is not None:
                    self._variable((*holder.path, name), holder.place(name))
                else:
                    self._add(holder.read(name), (*holder.path, name))
        self._todo += [(thing, path, None) for thing, path, name in self._excused if name in self._names]
        self._excused = [entry for entry in self._excused if entry[2] not in self._names]
        return bool(self._todo)

    def _mention(self, *names: str, attributes: bool = False) -> None:
        if attributes:
            self._names.mentioned.update(names)
        if not (NAMES_NOTHING if attributes else READS_BY_NAME).isdisjoint(names):
            self._names.mentioned.add("*")

    def _refuse(self, thing: object, path: Path, what: str | None = None) -> None:
        place = visible(".".join(map(str, path)) or getattr(thing, "__name__", type(thing).__name__))
        self.refused = self.refused or (
            f"it can see `{place}`, {what or refusal_of(thing)}. Take what it needs of that outside of the function, "
            "and pass it as an argument."
        )

    def _visit(self, thing: Any, path: Path, excuse: str | None) -> None:
        kind = kind_of(type(thing))  # type: ignore[arg-type]
        if kind == "node":
            if id(thing) not in self.paths:
                self.nodes.append(thing)
            self.paths.setdefault(id(thing), []).append(path)
            return
        if (kind in ("atom", "fixed") and is_exact(type(thing))) or thing is MISSING or id(thing) in self._seen:
            return
        if excuse is not None and kind not in ("array", "items", "generator") and not _is_of_nn(type(thing)):
            self._excused.append((thing, path, excuse))
            return
        self._seen[id(thing)] = thing
        if kind == "array":
            self.guard.array(path, thing)
            if thing.dtype == object:
                for index, item in np.ndenumerate(thing):
                    self._add(item, (*path, *index), excuse)
        elif kind == "items":
            self._visit_items(thing, path, excuse)
        elif kind == "bytes":
            self.guard.items(path, thing)
        elif kind == "generator":
            self._generators.append((thing, state_of(thing)))
        elif kind == "refused":
            self._refuse(thing, path)
        elif kind in ("function", "parts", "builtin", "class", "module"):
            getattr(self, f"_visit_{kind}")(thing, path)
        if kind == "object" or (kind in ("atom", "fixed", "items", "bytes") and not is_exact(type(thing))):
            self._visit_object(thing, path)

    def _visit_items(self, thing: Any, path: Path, excuse: str | None) -> None:
        self.guard.items(path, thing)
        if isinstance(thing, (dict, types.MappingProxyType)):
            for key, item in thing.items():
                self._add(item, (*path, key), excuse)
                if not isinstance(key, ATOMS):
                    self._add(key, (*path, key), excuse)
        else:
            for i, item in enumerate(thing):
                self._add(item, (*path, i), excuse)
        if isinstance(thing, defaultdict):
            self._variable((*path, "default_factory"), Attribute(thing, "default_factory"))

    def _visit_object(self, thing: object, path: Path) -> None:
        """Visit the attributes and the class of an object."""
        kind = type(thing)
        of_nn, everything = _is_of_nn(kind), False
        for owner in kind.__mro__:
            library = str(owner.__module__).split(".")[0]
            if library in OBJECTS_OF:
                everything = everything or library not in NO_ATTRIBUTES
            elif not _is_own(owner, of_nn) and not _is_plain_base(owner):
                self._refuse(thing, path)
                return
        if not of_nn:  # nobody changes the class of a module
            self.guard.object(path, thing)
        self._look_at_class(kind)
        if kind.__module__.split(".")[0] == "autograd":
            self._add(getattr(thing, "__wrapped__", None), path)  # of a compiled function
            return
        attributes = getattr(thing, "__dict__", {})
        if isinstance(thing, Live):
            self._visit_live(thing, attributes, path)
            return
        names = Names({"*"}, but=BOOKKEEPING) if everything else self._names
        if hasattr(thing, "__dict__"):
            self.guard.attributes(path, attributes, names)
        slots = {name: None for owner in kind.__mro__ for name in _slots(owner)}
        if everything:
            for name, item in attributes.items():
                self._add(item, (*path, name), name if of_nn else None)
            for name in slots:
                self._variable((*path, name), Attribute(thing, name))
        else:
            self._holders.append(Holder(attributes, attributes.get, path, set()))
            self._holders.append(Holder(slots, slots.get, path, set(), functools.partial(Attribute, thing)))

    def _visit_live(self, thing: Live, attributes: dict[str, Any], path: Path) -> None:
        """Visit an optimizer or a schedule, whose attributes change with each step."""
        self._holders.append(Holder(thing.seen, thing.seen_as, path, set()))
        if not isinstance(thing, Updater):
            self._holders.append(Holder(attributes, attributes.get, path, set(), functools.partial(Item, attributes)))
            return
        for name in {"update", *attributes} - thing.own:
            self._variable((*path, name), Item(attributes, name))
        self._updated += [(leaf, (*path, "params", i)) for i, leaf in enumerate(thing.leaves())]

    def _visit_class(self, kind: type, path: Path) -> None:
        """Visit a class that some code may call."""
        if origin_of(kind.__module__) == "pure" and not is_denied(kind):
            self._mention(kind.__name__)
        elif _is_own(kind, _is_of_nn(kind)):
            self._look_at_class(kind, makes=True)
        elif not issubclass(kind, BaseException):
            self._refuse(kind, path)

    def _look_at_class(self, kind: type, makes: bool = False) -> None:
        """Visit those attributes of a class and its bases that are mentioned, or are called by Python or by a library."""
        own = [owner for owner in kind.__mro__ if _is_own(owner, _is_of_nn(kind))]
        inherited = {name for owner in kind.__mro__ if owner not in own and owner is not object for name in vars(owner)}
        for owner in own:
            attributes = vars(owner)
            called = {name for name, thing in attributes.items() if isinstance(thing, CALLED) and (name[:2] == "__" or name in inherited)}
            if not makes:
                called -= MAKING
            if owner not in self._classes:
                done = self._classes[owner] = set()
                self.guard.attributes((owner.__name__,), attributes, Names(self._names.mentioned, also=done))
                self.guard.variable((owner.__name__, "__mro__"), Attribute(owner, "__mro__"))
                self._holders.append(Holder(attributes, attributes.get, (owner.__name__,), done))
                self._add(type(owner), (owner.__name__,))
                if isinstance(owner, enum.EnumMeta):
                    called.update(attributes)
            for name in called - self._classes[owner]:
                self._add(attributes[name], (owner.__name__, name))
            self._classes[owner] |= called

    def _visit_parts(self, thing: object, path: Path) -> None:
        """Visit something that is made of functions, such as a bound method."""
        if isinstance(thing, types.MethodType):
            parts = [(thing.__self__, path or ("self",))]
            if kind_of(type(thing.__func__)) != "builtin" and kind_of(type(thing.__self__)) != "generator":  # type: ignore[arg-type]
                parts.insert(0, (thing.__func__, path))
        elif isinstance(thing, functools.partial):
            parts = [(thing.keywords, path), (thing.args, path), (thing.func, path)]
        else:
            names = ("__func__", "fget", "fset", "fdel", "func", "scalar", "array", "vjp")
            parts = [(getattr(thing, name, None), path) for name in names]
        for part, place in parts:
            self._add(part, place)

    def _visit_function(self, function: types.FunctionType, path: Path) -> None:
        variables, code = function.__globals__, function.__code__
        origin = origin_of(variables.get("__name__") or "")
        cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
        if origin == "python" or (origin == "pure" and is_denied(function)):
            self._refuse(function, path)
        elif origin == "pure":
            self._mention(function.__name__)
            for cell in cells.values():  # such as the user's function, in a decorated one
                self._add(Cell(cell).read(), path, "")
            self._add(getattr(function, "__wrapped__", None), path)
        else:
            name, reading = function.__name__, reading_of(code)
            for attribute in ("__code__", "__defaults__", "__kwdefaults__"):
                self._variable((name,), Attribute(function, attribute))
            if vars(function):
                self.guard.attributes((name,), vars(function), self._names)
                self._holders.append(Holder(vars(function), vars(function).get, (name,), set()))
            self._mention(*reading.attributes, attributes=True)
            self._check_questions(reading, function)
            self._visit_variables(reading, variables, cells, path if any(isinstance(part, int) for part in path) else ())

    def _visit_variables(self, reading: Reading, variables: dict[str, Any], cells: Mapping[str, Any], where: Path) -> None:
        """Visit the variables and modules that a function reads. `where` is its path, if it stands in a list."""
        for name, *attributes in reading.variables:
            if name in cells:
                self._visit_chain((*where, name), Cell(cells[name]), attributes)
            else:
                self._visit_chain((*where, name), Item(variables, name), attributes)
        for name, level in reading.imports:
            full = importlib.util.resolve_name("." * level + name, variables.get("__package__") or "") if level else name
            if origin_of(full) not in ("pure", "own"):
                self._refuse(None, (full,), "a module that it imports")
                continue
            for module in dict.fromkeys((full.split(".")[0], full)):
                try:
                    self._add(importlib.import_module(module), (module,))
                except ImportError:
                    pass  # the function will raise the error itself

    def _visit_chain(self, path: Path, place: Place, attributes: Sequence[str]) -> None:
        """Visit a variable; if it holds a module, visit only the attributes that are read from it."""
        contents = place.read()
        for name in attributes:
            if not isinstance(contents, types.ModuleType):
                break
            self.guard.variable(path, place)
            if origin_of(contents.__name__) == "pure" and not is_denied(contents, name):
                self._mention(*attributes)
                return
            path, place = (*path, name), Attribute(contents, name)
            contents = place.read()
        self._variable(path, place)
        if contents is MISSING and path[-1] in vars(builtins):  # no variable has this name, so it is the builtin
            self._add(vars(builtins)[path[-1]], path)

    def _visit_module(self, module: types.ModuleType, path: Path) -> None:
        """Visit a module that is used as an object. Any name that some code mentions may be read from it."""
        origin = origin_of(module.__name__)
        if origin == "own":
            self.guard.attributes(path, vars(module), self._names)
            self._holders.append(Holder(vars(module), vars(module).get, path, set()))
        elif origin == "pure":
            denied = {name: thing for name, thing in vars(module).items() if is_denied(module, name)}
            self._holders.append(Holder(denied, denied.get, path, set()))
        else:
            self._refuse(module, path)

    def _visit_builtin(self, function: Any, path: Path) -> None:
        """Visit a function written in C, of a library on the white list, or a method of something that may be seen."""
        owner = getattr(function, "__self__", None)
        if owner is not None and not isinstance(owner, types.ModuleType):
            self._add(owner, path)
        elif origin_of(function.__module__ or "builtins") != "pure" or is_denied(function):
            self._refuse(function, path)
        else:
            self._mention(function.__name__)

    def _check_questions(self, reading: Reading, function: types.FunctionType) -> None:
        """Refuse questions that a stand-in for an argument would answer differently from the argument."""
        asked: list[tuple[str, int]] = [] if reading.types is None else [("type(…)", reading.types)]
        asked += [(f"hasattr(…, {name!r})", line) for name, line in reading.asked if name in NODES_HAVE]
        variables = {
            name for name, *_ in reading.variables if name not in function.__globals__ and name not in function.__code__.co_freevars
        }
        for what, line in asked:
            if (what.startswith("type") and "type" in variables) or (
                what.startswith("has") and not {"hasattr", "getattr"}.isdisjoint(variables)
            ):
                self.refused = self.refused or (
                    f"`{what}` in line {line} of {visible(function.__code__.co_filename)} would not tell numbers and "
                    "arrays from what stands for them while the function is compiled. Ask with isinstance(…), or find it "
                    "out outside of the function, and pass it as an argument."
                )


def _is_of_nn(kind: type) -> bool:
    """Whether a class is a module, or another class of `nn`."""
    return any(str(owner.__module__).split(".")[0] == "nn" for owner in kind.__mro__)


def _is_own(owner: type, of_nn: bool) -> bool:
    """Whether a class is the user's own.

    One of another library counts as such if it is derived from a module of `nn`.
    """
    origin = origin_of(owner.__module__)
    return origin == "own" or (of_nn and origin == "installed")


def _is_plain_base(owner: type) -> bool:
    return owner is object or is_exact(owner) or (issubclass(owner, BaseException) and owner.__module__ == "builtins")


def _slots(owner: type) -> Sequence[str]:
    slots = vars(owner).get("__slots__", ())
    names = [slots] if isinstance(slots, str) else slots
    return [f"_{owner.__name__.lstrip('_')}{name}" if name[:2] == "__" and name[-2:] != "__" else name for name in names]


def state_of(generator: Any) -> Any:
    """The state of a random generator, in a form that can be compared."""
    if isinstance(generator, random.Random):
        return generator.getstate()
    if isinstance(generator, np.random.Generator):
        return _comparable(generator.bit_generator.state)
    return _comparable(generator.get_state(legacy=False))


def _comparable(state: object) -> Any:
    if isinstance(state, dict):
        return {key: _comparable(part) for key, part in state.items()}
    return state.tobytes() if isinstance(state, np.ndarray) else state
