"""What is said of a name that is not here, and what a phrase book says of one that is.

A name that is not here gets one sentence, with a name that is near.
"""

from __future__ import annotations

import difflib
import dis
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

__all__ = ["missing", "no_such_name", "part", "said_of"]


def no_such_name(name: str, known: Iterable[str]) -> str:
    """The sentence about a name that is not here, with one that is near, if there is one.

    Example:
        >>> no_such_name("keras.layers.Dens", ["keras.layers.Dense"])
        'keras.layers.Dens is not here; did you mean keras.layers.Dense?'
    """
    ends = {other.rpartition(".")[2]: other for other in known}
    near = [ends[end] for end in difflib.get_close_matches(name.rpartition(".")[2], ends, 1, 0.8)]
    return f"{name} is not here" + (f"; did you mean {near[0]}?" if near else ".")


def missing(module: Mapping[str, Any], made: Callable[[str], Any] = lambda name: None) -> Callable[[str], Any]:
    """The `__getattr__` of a module, made of its `globals()`: it says that a name is not here.

    Args:
        module: the names that there are.
        made: makes an entry when it is asked for; None, if it is not here either.

    Example:
        >>> missing({"__name__": "nn.keras.layers", "__all__": ["Dense"]})("ConvLSTM2D")
        Traceback (most recent call last):
        ...
        AttributeError: keras.layers.ConvLSTM2D is not here.
    """
    book = module["__name__"].removeprefix("nn.") if module["__name__"].startswith(("nn.keras", "nn.torch")) else module["__name__"]

    def getattr_(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if (entry := made(name)) is not None:
            return entry
        if "__path__" in module and find_spec(f"{module['__name__']}.{name}"):  # a part not imported yet
            raise AttributeError(name)
        known = module["__dir__"]() if "__dir__" in module else module.get("__all__", module)
        sentence = no_such_name(f"{book}.{name}", [f"{book}.{other}" for other in known if not other.startswith("_")])
        if book == "nn" and sentence.endswith(" here."):
            sentence = sentence[:-1] + _elsewhere(name)
        frame = sys._getframe(1)
        imports = frame.f_code.co_code[frame.f_lasti] == dis.opmap["IMPORT_FROM"]
        # An AttributeError would give way to Python's own sentence.
        raise (ImportError if imports else AttributeError)(sentence)

    return getattr_


def part(name: str, **entries: Any) -> Any:
    """A small part of a book, such as `torch.linalg`, which says that a name is not in it.

    Example:
        >>> part("torch.linalg", norm=max).norms
        Traceback (most recent call last):
        ...
        AttributeError: torch.linalg.norms is not here; did you mean torch.linalg.norm?
    """

    def getattr_(self: object, missing: str) -> Any:
        if missing.startswith("_"):
            raise AttributeError(missing)
        raise AttributeError(no_such_name(f"{name}.{missing}", [f"{name}.{other}" for other in vars(self)]))

    return type("Part", (SimpleNamespace,), {"__getattr__": getattr_})(**entries)


def _elsewhere(name: str) -> str:
    """The end of the sentence about a name that `nn` lacks, if it is Keras'."""
    keras = import_module("nn.keras")  # only now: it takes time
    found = next((theme for theme in ("layers", "losses", "callbacks", "optimizers") if name in getattr(keras, theme).__all__), None)
    return "." if found is None else f"; it is Keras' name, and stands in nn.keras.{found}."


def said_of(entry: object) -> str:
    """The first sentence of an entry's documentation, for a table of Markdown.

    Example:
        >>> said_of(no_such_name)
        'The sentence about a name that is not here, with one that is near, if there is one.'
    """
    return (inspect.getdoc(entry) or "").partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")
