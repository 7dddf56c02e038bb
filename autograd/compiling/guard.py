"""The guard: at each call of a compiled function, whether what it saw when it was traced is still the same."""

from __future__ import annotations

import operator
import types
import zlib
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from ..core import Node
from ..modes import mode
from ..texts import visible
from .kinds import ATOMS, same_atom

__all__ = ["Guard", "Names", "Path"]

Path = tuple[Any, ...]
STRICT = (Node, str, bytes, type(None))  # `==` says of them what `is` and the type say
SMALL = 65536  # bytes: up to here, comparing an array with a copy takes a quarter of the time of a checksum (0.3 in place of 1.1 µs for 1 kB)


class Names:
    """The names of the attributes that count: those that are `mentioned`, or all if there is "*" among them, and "
    "`also` some; `but` not others."""

    __slots__ = ("also", "but", "mentioned")

    def __init__(self, mentioned: set[str], also: Collection[str] = (), but: Collection[str] = ()) -> None:
        self.mentioned, self.also, self.but = mentioned, also, but

    def __contains__(self, name: object) -> bool:
        return name not in self.but and (name in self.mentioned or "*" in self.mentioned or name in self.also)


class Variable(NamedTuple):
    """A variable, how it is read, and what it held."""

    path: Path
    read: Callable[[], Any]
    contents: Any


class Container(NamedTuple):
    """A container, or the attributes of something, and a copy of it; of attributes, the names of those that count."""

    path: Path
    present: Any
    copy: Any
    names: Names | None


class Guard:
    """What is compared at each call.

    First at a glance: Python compares what is in lists by identity first, so this is quick where
    nothing has changed. Where something is not the same object, a closer look says whether it is
    an equal number or text, or a list of such, in its place.
    """

    def __init__(self) -> None:
        self.variables: list[Variable] = []
        self.containers: list[Container] = []
        self.arrays: list[tuple[Path, Any, Any]] = []
        self._copies: dict[int, Any] = {}
        self._objects: list[Any] = []

    def variable(self, path: Path, read: Callable[[], Any]) -> Any:
        """Something with a name, which must go on to hold what it holds; what that is."""
        contents = read()
        self.variables.append(Variable(path, read, contents))
        return contents

    def items(self, path: Path, present: Any) -> None:
        """Something that must go on to hold the same items in the same order."""
        kind = next((kind for kind in (dict, list, set) if isinstance(present, kind)), None)
        copy = kind(present) if kind else present if isinstance(present, (tuple, frozenset)) else copy_of(present)
        self.containers.append(Container(path, present, copy, None))
        self._copies[id(present)] = copy

    def attributes(self, path: Path, present: Mapping[str, Any], names: Names) -> None:
        """Attributes, of which those with some names must go on to be the same."""
        self.containers.append(Container(path, present, dict(present), names))

    def object(self, path: Path, present: Any) -> None:
        """An object, which must go on to be of its class."""
        self._objects.append(present)

    def array(self, path: Path, present: Any) -> None:
        self.arrays.append((path, present, _fingerprint(present)))

    def ready(self, nodes: Sequence[Node] = ()) -> None:
        """All has been found. Of the `nodes`, the same must go on to be frozen."""
        self._nodes = nodes
        self._flips, self._frozen = Node.flips, [node.requires_grad for node in nodes]
        self._readers, self._contents = [v.read for v in self.variables], [v.contents for v in self.variables]
        self._types = list(map(type, self._objects))
        whole = [c for c in self.containers if not isinstance(c.copy, (tuple, frozenset))]  # in a tuple nothing changes
        self._present, self._whole = [c.present for c in whole], [c.copy for c in whole]
        loose = [c for c in whole if not _is_strict(c)]
        # Of these, the keys and the items one by one, by identity: 1 == True, 0.0 == -0.0, and a user's objects may equal anything.
        self._items = [items for c in loose for items in _items(c.present, c.names)]
        self._earlier_items = [items for c in loose for items in _items(c.copy, c.names)]
        self._sort_arrays()

    def _sort_arrays(self) -> None:
        arrays = [array for _, array, _ in self.arrays]
        self._small = [array for array in arrays if array.nbytes <= SMALL and array.dtype != object]
        self._earlier_small = _contents_of(self._small)
        self._large = [entry for entry in self.arrays if entry[1].nbytes > SMALL or entry[1].dtype == object]

    def unchanged(self) -> bool:
        """Whether everything is still there, with the same numbers."""
        if self._flips != Node.flips and not self._same_frozen():
            return False
        own, before = vars(mode), mode.tracing
        own["tracing"] = _another_node  # a node is compared with another one by identity only
        try:
            same = (
                all(map(operator.is_, [read() for read in self._readers], self._contents))
                and self._present == self._whole
                and list(map(type, self._objects)) == self._types
                and (not self._items or all(map(operator.is_, chain(*self._items), chain(*self._earlier_items))))
                and (not self._small or _contents_of(self._small) == self._earlier_small)
                and (not self._large or all(_fingerprint(array) == earlier for _, array, earlier in self._large))
            )
        except Exception:  # another node, or an array, in the place of something
            same = False
        finally:
            own["tracing"] = before
        return same or self.difference() is None

    def _same_frozen(self) -> bool:
        """Whether the same nodes are frozen, after some have been frozen or thawed somewhere."""
        flips = Node.flips
        same = [node.requires_grad for node in self._nodes] == self._frozen
        self._flips = flips if same else self._flips
        return same

    def changed(self) -> str:
        """The name of something that has changed."""
        return visible(".".join(map(str, self.difference() or ("one of its parameters",))))

    def difference(self) -> Path | None:
        """The path to something that has changed; on a closer look."""
        for path, read, then in self.variables:
            if not self._same(read(), then):
                return path
        if list(map(type, self._objects)) != self._types:
            return ("the class of an object",)
        for path, present, copy, names in self.containers:
            key = self._different_item(present, copy) if names is None else self._different_attribute(present, copy, names)
            if key is not None:
                return path if key is ... else (*path, key)
        return next((path for path, array, earlier in self.arrays if _fingerprint(array) != earlier), None)

    def let_change(self, attributes: dict[str, Any], names: Sequence[str]) -> Callable[[], None]:
        """Do not look at some attributes of an object any more; to be called after each change of them."""
        old = {id(attributes[name]) for name in names}
        self.arrays = [entry for entry in self.arrays if id(entry[1]) not in old]
        self._sort_arrays()
        copies = [c.copy for c in self.containers if c.present is attributes]

        def changed() -> None:
            for copy in copies:
                copy.update({name: attributes[name] for name in names})

        return changed

    def _different_item(self, present: Any, copy: Any) -> Any:
        """The key of an item that is another now; ... if there are more or fewer or in another order, None if all are the same."""
        if len(present) != len(copy) or not all(map(self._same, present, copy)):
            return ...
        return next((key for key in copy if not self._same(present[key], copy[key])), None) if isinstance(copy, dict) else None

    def _different_attribute(self, present: Mapping[str, Any], copy: dict[str, Any], names: Names) -> str | None:
        """The name of an attribute that counts and is another now."""
        others = [name for name in {**copy, **present} if not self._same(present.get(name, copy), copy.get(name, copy))]
        found = next((name for name in others if name in names), None)
        if found is None and others:  # nobody reads them
            copy.clear()
            copy.update(present)
        return found

    def _same(self, now: Any, then: Any) -> bool:
        if now is then:
            return True
        if type(now) is not type(then) or isinstance(now, Node):
            return False
        if isinstance(now, ATOMS):
            return same_atom(now, then)
        if type(now) is types.MethodType:
            return now.__func__ is then.__func__ and now.__self__ is then.__self__
        if type(now) in (list, tuple, dict, set, frozenset, deque):
            earlier = self._copies.get(id(then))
            return earlier is not None and self._different_item(now, earlier) is None
        return False


def _another_node(what: str, instead: str) -> Any:
    raise TypeError("A node stands where another one stood.")


def copy_of(container: Any) -> Any:
    return container[:] if hasattr(container, "typecode") else container.copy()


def _is_strict(container: Container) -> bool:
    """Whether `==` on the items says whether they are the same, in the same order."""
    if container.names is not None:
        return all(_says_what_is(item) for name, item in container.copy.items() if name in container.names)
    return isinstance(container.copy, bytearray) or hasattr(container.copy, "typecode") or _says_what_is(container.present)


def _says_what_is(x: Any, depth: int = 0) -> bool:
    if type(x) in (list, deque) or (isinstance(x, list) and type(x).__eq__ is list.__eq__ and type(x).__iter__ is list.__iter__):
        return depth < 9 and all(_says_what_is(item, depth + 1) for item in x)
    return isinstance(x, STRICT)


def _items(container: Any, names: Names | None) -> Iterator[Any]:
    """The items in order, and the keys, which of attributes need not be in order."""
    if names is None:
        yield container
    if isinstance(container, (dict, types.MappingProxyType)):
        yield container.values()


def _contents_of(arrays: list[Any]) -> list[Any]:
    """What changes when the entries of one of these arrays do."""
    return [[x.tobytes() for x in arrays], [x.shape for x in arrays], [x.dtype for x in arrays]]


def _fingerprint(array: Any) -> Any:
    """Something that changes when the entries do."""
    if array.dtype == object:
        return array.shape, tuple(map(id, array.ravel().tolist()))  # they are kept where they were found
    return array.shape, array.dtype, zlib.crc32(np.ascontiguousarray(array))  # type: ignore[arg-type]
