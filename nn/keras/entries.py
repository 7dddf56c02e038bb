"""The entries of the book: how a text such as "relu" is looked up, and how an object is written down."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping
from typing import Any

from ..lookup import no_such_name

__all__ = ["Described", "looked_up"]


def looked_up(kind: str, name: object, table: Mapping[str, Any]) -> Any:
    """The entry for a text, which may be the name of its class; a function or an object as it is.

    Raises:
        ValueError: there is no such entry.
        TypeError: it is neither a text nor something that can be called.

    Example:
        >>> looked_up("loss", "mae", {"mse": 1, "mean_absolute_error": 2})
        Traceback (most recent call last):
        ...
        ValueError: The loss 'mae' is not here; losses are mse, mean_absolute_error.
    """
    if not isinstance(name, str):
        if not callable(name):
            raise TypeError(f"The {kind} is a name, such as {next(iter(table))!r}, or an object; got {name!r:.80}.")
        return name
    classes = {entry.__name__: entry for entry in table.values() if isinstance(entry, type)}
    for same in (name, name.lower()):
        if same in table or same in classes:
            return table[same] if same in table else classes[same]
    several = f"{kind}s" if not kind.endswith("s") else f"{kind}es"
    near = difflib.get_close_matches(name, table, 1, 0.75)
    raise ValueError(
        f"The {kind} {name!r} is not here; " + (f"did you mean {near[0]!r}?" if near else f"{several} are {', '.join(table)}.")
    )


class Described:
    """Something that remembers the arguments it was made with, so that it can be written down and made again.

    Example:
        >>> class Scale(Described):
        ...     def __init__(self, by=2.0):
        ...         self.by = by
        >>> Scale(3.0).get_config()
        {'by': 3.0}
        >>> Scale.from_config({"by": 3.0}).by
        3.0
    """

    _made_with: _Arguments

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        thing = super().__new__(cls)
        thing._made_with = _Arguments({})
        signature = inspect.signature(cls.__init__)
        try:
            bound = signature.bind(thing, *args, **kwargs).arguments
        except TypeError as error:
            if not args and not kwargs:  # a copy, which gets its attributes later; else __init__ refuses
                return thing
            raise TypeError(_wrong_arguments(cls, error, signature)) from None
        kinds = {name: p.kind for name, p in signature.parameters.items()}
        given: dict[str, Any] = {}
        for name, value in list(bound.items())[1:]:
            given.update(value if kinds[name] is inspect.Parameter.VAR_KEYWORD else {name: value})
        thing._made_with = _Arguments(given)
        return thing

    def get_config(self) -> dict[str, Any]:
        """The arguments that it was made with."""
        return dict(self._made_with.given)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """Another one of the same arguments."""
        return cls(**config)


class _Arguments:
    """What a thing was made with; not a dict, in which `nn.Module` would look for modules."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given


def _wrong_arguments(cls: type, error: TypeError, signature: inspect.Signature) -> str:
    known = [name for name in signature.parameters if name not in ("self", "kwargs")]
    name = str(error).rpartition(" argument ")[2].strip("'")
    if "unexpected keyword" not in str(error):
        return f"{cls.__name__}: {error}; it takes {', '.join(known)}."
    return no_such_name(f"{cls.__name__}({name}=…)", [f"{cls.__name__}({other}=…)" for other in known]) + f" It takes {', '.join(known)}."
