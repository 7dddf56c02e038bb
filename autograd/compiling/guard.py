"""The guard: at each call of a compiled function, it compares what the trace saw with what is there now."""

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
from .places import Comparison, Place

__all__ = ["Guard", "Names", "Path"]

Path = tuple[Any, ...]
# Types whose objects are the same if they are equal. Objects whose class defines no `==` are another such case; numbers
# are not: 1 == True == 1.0.
STRICT = (Node, str, bytes, type(None))
MOST = 500  # conditions of a generated comparison; the items of further containers are compared in a loop
# Bytes. A smaller array is compared with a copy, in a quarter of the time of a checksum (0.3 µs, not 1.1, for 1 kB).
SMALL = 65536


class Names:
    """The names of the attributes that count.

    Args:
        mentioned: names that some code mentions; with "*" among them, all names count.
        also: names that count in any case.
        but: names that never count.
    """

    __slots__ = ("also", "but", "mentioned")

    def __init__(self, mentioned: set[str], also: Collection[str] = (), but: Collection[str] = ()) -> None:
        self.mentioned, self.also, self.but = mentioned, also, but

    def __contains__(self, name: object) -> bool:
        return name not in self.but and (name in self.mentioned or "*" in self.mentioned or name in self.also)


class Variable(NamedTuple):
    """A variable, where it is, and what it held when the function was traced."""

    path: Path
    place: Place
    contents: Any


class Container(NamedTuple):
    """A container and a copy of it; or the attributes of an object, a copy, and the names of those that count."""

    path: Path
    present: Any
    copy: Any
    names: Names | None


class Guard:
    """Everything that is compared at each call.

    There are two comparisons. The quick one is generated code that compares identities. It usually finds that nothing
    has changed. If it does find a change, the thorough one, `difference`, goes through everything. It accepts another
    object in place of the first one, if both are equal numbers or texts, or containers of these.
    """

    def __init__(self) -> None:
        self.variables: list[Variable] = []
        self.containers: list[Container] = []
        self.arrays: list[tuple[Path, Any, Any]] = []
        self._copies: dict[int, Any] = {}
        self._objects: list[Any] = []
        self._changing: set[int] = set()  # attributes that may change, by the id of their dict
        self._quick: Callable[[], bool] | None = None

    def variable(self, path: Path, place: Place) -> Any:
        """Guard a variable, which must not change, and return what it holds."""
        contents = place.read()
        self.variables.append(Variable(path, place, contents))
        return contents

    def items(self, path: Path, present: Any) -> None:
        """Guard a container, which must keep the same items in the same order."""
        kind = next((kind for kind in (dict, list, set) if isinstance(present, kind)), None)
        copy = kind(present) if kind else present if isinstance(present, (tuple, frozenset)) else copy_of(present)
        self.containers.append(Container(path, present, copy, None))
        self._copies[id(present)] = copy

    def attributes(self, path: Path, present: Mapping[str, Any], names: Names) -> None:
        """Guard attributes, of which those with these names must not change."""
        self.containers.append(Container(path, present, dict(present), names))

    def object(self, path: Path, present: Any) -> None:
        """Guard the class of an object."""
        self._objects.append(present)

    def array(self, path: Path, present: Any) -> None:
        self.arrays.append((path, present, _fingerprint(present)))

    def ready(self, nodes: Sequence[Node] = ()) -> None:
        """Called when everything has been found.

        Those of the `nodes` that are frozen must stay frozen, and no others.
        """
        self._nodes = nodes
        self._flips, self._frozen = Node.flips, [node.requires_grad for node in nodes]
        self._types = list(map(type, self._objects))

    def prepare(self) -> None:
        """Generate the quick comparison, after the last `let_change`. For moons it takes 4 µs, the thorough one 100."""
        comparison = Comparison()
        name_of = comparison.name_of
        for variable in self.variables:
            comparison.held(variable.place, variable.contents)
        if self._objects:
            comparison.condition(f"[*map({name_of(type)}, {name_of(self._objects)})] == {name_of(self._types)}")
        alike, items = [], []  # containers to compare as a whole, and those whose items are compared by identity, too
        for container in self.containers:
            if isinstance(container.copy, (tuple, frozenset)):
                continue  # which cannot change
            if _is_strict(container):
                alike.append(container)
            elif not self._compare_items(container, comparison):
                alike.append(container)
                items.append(container)
        if alike:
            comparison.condition(f"{name_of([c.present for c in alike])} == {name_of([c.copy for c in alike])}")
        if items:  # since 1 == True, 0.0 == -0.0, and a user's class may define any `==`
            now = name_of([some for c in items for some in _items(c.present, c.names)])
            then = name_of([some for c in items for some in _items(c.copy, c.names)])
            comparison.condition(f"all(map({name_of(operator.is_)}, {name_of(chain)}(*{now}), {name_of(chain)}(*{then})))")
        for _, array, earlier in self.arrays:
            if array.nbytes > SMALL or array.dtype == object:
                comparison.condition(f"{name_of(_fingerprint)}({name_of(array)}) == {name_of(earlier)}")
            else:
                x = name_of(array)
                comparison.condition(f"{x}.tobytes() == {name_of(array.tobytes())}")
                comparison.condition(f"{x}.shape == {name_of(array.shape)} and {x}.dtype is {name_of(array.dtype)}")
        self._quick = comparison.function()

    def _compare_items(self, container: Container, comparison: Comparison) -> bool:
        """Compare the identity of each item of a list, or of each attribute; False if that is impossible, or long."""
        _, present, copy, names = container
        if len(comparison) + len(copy) > MOST or id(present) in self._changing:
            return False
        if type(present) is not list if names is None else not all(type(key) is str for key in copy):
            return False
        x = comparison.name_of(present)
        comparison.condition(f"len({x}) == {len(copy)}")
        for key, item in enumerate(copy) if names is None else copy.items():
            comparison.condition(f"{x}[{key!r}] is {comparison.name_of(item)}")
        return True

    def unchanged(self) -> bool:
        """Whether everything is still there, with the same numbers."""
        if self._flips != Node.flips and not self._same_frozen():
            return False
        if self._quick is None:
            return self.difference() is None
        own, before = vars(mode), mode.tracing
        try:
            own["tracing"] = _another_node  # a node is never equal to another one here
            if self._quick():
                return True
        except Exception:  # something is no longer there, or the comparison met another node or an array
            pass
        finally:
            own["tracing"] = before
        changing = len(self._changing)
        if self.difference() is not None:
            return False
        if len(self._changing) != changing:
            self.prepare()
        return True

    def _same_frozen(self) -> bool:
        """Whether still the same nodes are frozen; asked when some have been frozen or thawed anywhere."""
        flips = Node.flips
        same = [node.requires_grad for node in self._nodes] == self._frozen
        self._flips = flips if same else self._flips
        return same

    def changed(self) -> str:
        """The name of the first thing that has changed."""
        return visible(".".join(map(str, self.difference() or ("one of its parameters",))))

    def difference(self) -> Path | None:
        """The path to the first thing that has changed, by the thorough comparison; None if nothing has."""
        for path, place, then in self.variables:
            if not self._same(place.read(), then):
                return path
        if list(map(type, self._objects)) != self._types:
            return ("the class of an object",)
        for path, present, copy, names in self.containers:
            key = self._different_item(present, copy) if names is None else self._different_attribute(present, copy, names)
            if key is not None:
                return path if key is ... else (*path, key)
        return next((path for path, array, earlier in self.arrays if _fingerprint(array) != earlier), None)

    def let_change(self, attributes: dict[str, Any], names: Sequence[str]) -> Callable[[], None]:
        """Allow the function itself to change some attributes of an object. Call what is returned after each change."""
        old = {id(attributes[name]) for name in names}
        self.arrays = [entry for entry in self.arrays if id(entry[1]) not in old]
        self._changing.add(id(attributes))
        copies = [c.copy for c in self.containers if c.present is attributes]

        def changed() -> None:
            for copy in copies:
                copy.update({name: attributes[name] for name in names})

        return changed

    def _different_item(self, present: Any, copy: Any) -> Any:
        """The key of the first item that has changed; `...` if their number or order has; None if nothing has."""
        if len(present) != len(copy) or not all(map(self._same, present, copy)):
            return ...
        return next((key for key in copy if not self._same(present[key], copy[key])), None) if isinstance(copy, dict) else None

    def _different_attribute(self, present: Mapping[str, Any], copy: dict[str, Any], names: Names) -> str | None:
        """The name of the first attribute that counts and has changed."""
        others = [name for name in {**copy, **present} if not self._same(present.get(name, copy), copy.get(name, copy))]
        found = next((name for name in others if name in names), None)
        if found is None and others:  # only attributes that nobody reads have changed
            if self._quick is not None:
                self._changing.add(id(present))
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
    """Whether `==` of the containers finds every change of an item or of their order."""
    if container.names is not None:
        return all(_says_what_is(item) for name, item in container.copy.items() if name in container.names)
    return isinstance(container.copy, bytearray) or hasattr(container.copy, "typecode") or _says_what_is(container.present)


def _says_what_is(x: Any, depth: int = 0) -> bool:
    if type(x) in (list, deque) or (isinstance(x, list) and type(x).__eq__ is list.__eq__ and type(x).__iter__ is list.__iter__):
        return depth < 9 and all(_says_what_is(item, depth + 1) for item in x)
    equal: object = type(x).__eq__
    return isinstance(x, STRICT) or equal is object.__eq__


def _items(container: object, names: Names | None) -> Iterator[Any]:
    """The items in their order, and the keys; not the keys of attributes, whose order does not matter."""
    if names is None:
        yield container
    if isinstance(container, (dict, types.MappingProxyType)):
        yield container.values()


def _fingerprint(array: Any) -> Any:
    """A value that changes when the entries do."""
    if array.dtype == object:
        # No other object gets one of these ids, since the objects are kept alive.
        return array.shape, tuple(map(id, array.ravel().tolist()))
    return array.shape, array.dtype, zlib.crc32(np.ascontiguousarray(array))  # type: ignore[arg-type]
