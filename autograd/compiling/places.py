"""Where a function finds what it sees, as an expression; and one function that compares many of these places at once."""

from __future__ import annotations

from collections.abc import Callable
from keyword import iskeyword
from typing import Any, ClassVar

from .kinds import MISSING

__all__ = ["Attribute", "Cell", "Comparison", "Item", "Place"]


class Place:
    """Where something is: as an expression, `text`, of its owner and its name."""

    __slots__ = ("name", "owner")

    text: ClassVar[str]

    def __init__(self, owner: Any, name: str = "") -> None:
        self.owner, self.name = owner, name

    def read(self) -> Any:
        """What is there; MISSING if there is nothing."""
        raise NotImplementedError


class Cell(Place):
    """A variable of a function around."""

    text = "{}.cell_contents"

    def read(self) -> Any:
        try:
            return self.owner.cell_contents
        except ValueError:
            return MISSING


class Item(Place):
    """An item of a dict, such as a global variable."""

    text = "{}[{!r}]"

    def read(self) -> Any:
        return self.owner.get(self.name, MISSING)


class Attribute(Place):
    """An attribute."""

    text = "{}.{}"

    def read(self) -> Any:
        return getattr(self.owner, self.name, MISSING)


class Comparison:
    """Conditions for which one function is generated, `x1.cell_contents is x2 and x3['w'] is x4 and …`.

    For 18 variables and 70 items it takes 1.4 µs; a loop that calls a function for each place takes 3.9.

    Example:
        >>> settings = {"lr": 0.1}
        >>> comparison = Comparison()
        >>> comparison.held(Item(settings, "lr"), settings["lr"])
        >>> same = comparison.function()
        >>> same()
        True
        >>> settings["lr"] = 0.2
        >>> same()
        False
    """

    def __init__(self) -> None:
        self._conditions: dict[str, None] = {}
        self._known: dict[str, Any] = {}
        self._names: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._conditions)

    def held(self, place: Place, contents: Any) -> None:
        """In this place there still is the same object; or still nothing, if `contents` are MISSING."""
        has_text = type(place) is not Attribute or (place.name.isidentifier() and not iskeyword(place.name))
        if contents is not MISSING and has_text:
            self.condition(place.text.format(self.name_of(place.owner), place.name) + f" is {self.name_of(contents)}")
        elif type(place) is Item:
            self.condition(f"{place.name!r} not in {self.name_of(place.owner)}")
        else:
            self.condition(f"{self.name_of(place.read)}() is {self.name_of(contents)}")

    def condition(self, text: str) -> None:
        """Another condition, in which objects have the names that `name_of` gives."""
        self._conditions[text] = None

    def name_of(self, x: Any) -> str:
        """A name for an object; the object is kept alive, so that its id stays its own."""
        name = self._names.setdefault(id(x), f"x{len(self._names) + 1}")
        self._known[name] = x
        return name

    def function(self) -> Callable[[], bool]:
        """The function. It raises an error where something is not there any more."""
        made: Callable[[], bool] = eval(f"lambda: {' and '.join(self._conditions) or True}", self._known)
        return made
