"""The white list: what a compiled function may see besides its arguments, and how changes of it are noticed.

Anything that is not on the list is refused when the function is compiled. So nothing that the program
was made from can change unnoticed, and there is no need for a list of things that are known to make trouble.
"""

from __future__ import annotations

import array
import builtins
import decimal
import functools
import io
import operator
import random
import re
import sys
import sysconfig
import types
import weakref
from collections import deque, namedtuple
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from ..core import Node, Primitive
from ..window import Window

__all__ = ["ATOMS", "MISSING", "OBJECTS_OF", "is_denied", "is_exact", "kind_of", "origin_of", "refusal_of", "same_atom"]

MISSING: Final = type("Missing", (), {})()  # stands for the contents of a variable that does not exist

_Pair = namedtuple("_Pair", "x")  # to get at the type of a named tuple's fields, which has no name
# Numbers and texts. Two of them count as the same if they have the same type and are equal.
ATOMS: Final = (
    bool, int, float, complex, str, bytes, type(None), type(...), type(NotImplemented), range, slice, np.generic, np.dtype, decimal.Decimal,
)  # fmt: skip

# The kinds of things, with their types and what is compared. An instance of a subclass is also treated as an object.
KINDS: Final[dict[str, tuple[type, ...]]] = {
    "node": (Node,),  # which node it is; its number may change
    "atom": ATOMS,
    "array": (np.ndarray, np.memmap, Window),  # shape, type and bytes
    # The items, each of which is visited in its turn.
    "items": (list, tuple, dict, set, frozenset, deque, types.MappingProxyType),
    "bytes": (bytearray, array.array),
    "function": (types.FunctionType,),  # its code, and the variables that the code reads
    "parts": (types.MethodType, functools.partial, staticmethod, classmethod, property, functools.cached_property, Primitive),
    "builtin": (types.BuiltinFunctionType, types.MethodWrapperType, type(np.where), type(np.random.default_rng)),
    "class": (type,),  # those of its attributes that some code reads
    "module": (types.ModuleType,),  # the same
    # It may be passed on, but no numbers may be drawn from it.
    "generator": (np.random.Generator, np.random.RandomState, random.Random),
    "fixed": (  # these cannot change
        np.ufunc, types.CodeType, types.GenericAlias, types.UnionType, re.Pattern, operator.itemgetter, types.MethodDescriptorType,
        types.WrapperDescriptorType, types.ClassMethodDescriptorType, types.GetSetDescriptorType, types.MemberDescriptorType,
        type(vars(_Pair)["x"]),
    ),
}  # fmt: skip
# Anything else is an "object". Its class must be the user's own, or belong to one of these libraries.
OBJECTS_OF: Final = frozenset(
    ["nn", "autograd", "collections", "types", "argparse", "enum", "fractions", "typing", "abc", "contextlib", "numbers"]
)

# Libraries whose functions give the same result for the same arguments, each with the exceptions.
PURE: Final[dict[str, frozenset[str]]] = dict.fromkeys(
    [
        "abc", "argparse", "bisect", "cmath", "collections", "contextlib", "copy", "dataclasses", "decimal", "enum", "fractions",
        "functools", "heapq", "itertools", "json", "math", "numbers", "operator", "re", "statistics", "string", "textwrap", "types",
        "typing", "warnings"
    ],
    frozenset[str](),
) | {
    "autograd": frozenset(),
    "_pytest": frozenset(),  # what an `assert` becomes in a test
    "nn": frozenset(["data", "load", "manual_seed", "get_rng_state"]),
    "numpy": frozenset(
        [
            "random", "load", "loadtxt", "genfromtxt", "fromfile", "memmap", "DataSource", "geterr", "get_printoptions", "testing",
            "ctypeslib", "f2py", "distutils", "show_config", "nditer"
        ]
    ),
    "builtins": frozenset(dir(builtins)) - {name for name in dir(builtins) if isinstance(getattr(builtins, name), type)} - frozenset(
        [
            "abs", "all", "any", "ascii", "bin", "callable", "chr", "delattr", "dir", "divmod", "format", "getattr", "hasattr",
            "hash", "hex", "isinstance", "issubclass", "iter", "len", "locals", "max", "min", "next", "oct", "ord", "pow", "print",
            "repr", "round", "setattr", "sorted", "sum", "vars", "None", "True", "False", "Ellipsis", "NotImplemented", "__debug__",
            "__build_class__"
        ]
    ),
}  # fmt: skip

INSTALLED: Final = tuple(sysconfig.get_paths()[kind] for kind in ("purelib", "platlib"))


@functools.lru_cache(4096)
def kind_of(kind: Any) -> str:
    """The kind to which instances of a type belong.

    It is "object" for types that are not listed, and "refused" for those that cannot be compared.
    """
    if kind in KINDS["array"]:
        return "array"
    found = next((name for name, types in KINDS.items() if issubclass(kind, types)), "object")
    # A masked array has more than its numbers. The list that `parameters()` gives is an iterator too, but keeps its
    # items.
    if found == "array" or (found != "items" and issubclass(kind, Iterator) and origin_of(kind.__module__) != "own"):
        return "refused"
    return found


def is_exact(kind: type) -> bool:
    """Whether a type is on the list itself, and not only derived from one that is."""
    return any(kind in types for types in KINDS.values()) or issubclass(kind, (np.generic, np.dtype, *KINDS["generator"]))


@functools.cache
def origin_of(module: object) -> str:
    """Where a module with this name comes from.

    It is "pure" (listed above), "own" (the user's), "python" or "installed" (other libraries).
    """
    if not isinstance(module, str):
        return "python"  # some types written in C have no module
    top, *inner = module.split(".")
    top = top if top in PURE else top.removeprefix("_")
    if top in PURE:
        return "pure" if PURE[top].isdisjoint(inner) else "python"
    if top in sys.stdlib_module_names and top != "__main__":
        return "python"
    return "installed" if (getattr(sys.modules.get(top), "__file__", None) or "").startswith(INSTALLED) else "own"


def is_denied(thing: Any, name: str | None = None) -> bool:
    """Whether a function or class is one of the exceptions in its library; with a `name`, the attribute of a module."""
    module = thing.__name__ if name else thing.__module__ or "builtins"
    return (name or thing.__name__) in PURE.get(module.split(".")[0], ())


def same_atom(a: object, b: object) -> bool:
    """Whether two numbers or texts have the same type and are equal. 0.0 and -0.0 differ, and nan equals nan."""
    if type(a) is not type(b):
        return False
    return repr(a) == repr(b) if isinstance(a, (float, complex, np.generic)) else bool(a == b)


def refusal_of(thing: object) -> str:
    """What the error message says about something that is refused."""
    name = type(thing).__name__
    article = "an" if name[:1].lower() in "aeiou" else "a"
    if isinstance(thing, io.IOBase):
        return "a file, in which something else may stand at each call"
    if isinstance(thing, Iterator):
        return f"{article} {name}, an iterator, which gives something else at each call"
    if isinstance(thing, weakref.ref):
        return "a weak reference, whose object may be gone at the next call"
    if isinstance(thing, (types.FunctionType, type, *KINDS["builtin"])):
        what = "a class" if isinstance(thing, type) else "a function"
        return f"{what} of the library {thing.__module__}, which may give something else at each call"
    if isinstance(thing, types.ModuleType):
        return "a module that is used as an object"
    if hasattr(thing, "cache_info"):
        return "a function that keeps its results, which would be those of an earlier call"
    return f"{article} {name}, of which it cannot be seen whether it has changed"
