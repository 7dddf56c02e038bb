"""The page of the documentation, made of the book itself: `python -m nn.torch` prints it."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from types import ModuleType, SimpleNamespace
from typing import Any

import nn
import nn.data.transforms
from nn import torch

__all__ = ["page"]

# What is called the same in both, under another roof.
PARTS = {
    "torch.nn": nn, "torch.nn.functional": nn.functional, "torch.nn.init": nn.init, "torch.nn.utils": nn.utils, "torch.optim": nn.optim,
    "torch.optim.lr_scheduler": nn.optim.lr_scheduler, "torch.utils.data": nn.data, "torchvision.transforms": nn.data.transforms,
}  # fmt: skip
NOT_OF_TORCH = {
    "Any", "Integral", "Iterator", "TYPE_CHECKING", "annotations", "contextmanager", "is_recording", "missing", "part",
    "plain", "set_recording", "sys", "wrap",
}  # fmt: skip
# Of a node's own.
OURS = {"flips", "frozen", "inputs", "label", "left", "origin", "primitive", "right", "scope", "static", "time"}
SPACES = ("autograd", "linalg", "cuda", "backends", "accelerator", "amp")  # which are small


def page() -> str:
    """The whole book as a page of Markdown: PyTorch's name, and what it is here.

    Example:
        >>> "| `torch.cat` | `autograd.concatenate`. |" in page()
        True
    """
    lines = ["# The phrase book of PyTorch", "", inspect.getdoc(torch) or "", "", "| PyTorch | here | names |", "|---|---|---|"]
    for name, part in PARTS.items():
        lines.append(f"| `{name}` | `{part.__name__}` | {', '.join(f'`{entry}`' for entry in part.__all__)} |")
    functions = {f"torch.{name}": entry for name, entry in vars(torch).items() if not name.startswith("_") and name not in NOT_OF_TORCH}
    functions = {name: entry for name, entry in functions.items() if not isinstance(entry, (ModuleType, SimpleNamespace))}
    lines += _table("torch", functions)
    for space in SPACES:
        entries = getattr(torch, space)
        names = entries.__all__ if isinstance(entries, ModuleType) else vars(entries)
        lines += _table(f"torch.{space}", {f"torch.{space}.{name}": getattr(entries, name) for name in names})
    methods = {
        f"x.{name}": inspect.getattr_static(torch.Tensor, name)
        for name in dir(torch.Tensor)
        if not name.startswith("_") and name not in OURS
    }
    lines += _table("torch.Tensor", methods, "`torch.NAME(x, …)` is `x.NAME(…)`. Names that are the same in NumPy are among them.")
    return "\n".join(lines)


def _table(title: str, entries: dict[str, Any], said: str = "") -> list[str]:
    rows = [f"| `{name}` | {_said_of(entries[name])} |" for name in sorted(entries)]
    return ["", f"## {title}", "", *([said, ""] if said else []), "| PyTorch | here |", "|---|---|", *rows]


def _said_of(entry: Any) -> str:
    """What an entry is here: what is said of it, or what it returns.

    Of what is taken from elsewhere as it is, it is its name there.
    """
    function = entry.fget if isinstance(entry, property) else entry
    if isinstance(function, SimpleNamespace):
        return ", ".join(f"`{name}`" for name in vars(function))
    if not callable(function):
        return f"`{function!r}`"
    if isinstance(function, type) and not function.__module__.startswith("nn."):
        return f"`{function.__module__}.{function.__name__}`".replace("builtins.", "")
    own = (function.__doc__ or "").partition("\n\n")[0].replace("\n", " ")
    return (own or f"`{_returned(function)}`").replace("|", "\\|")


def _returned(function: Any) -> str:
    """What a function returns in its last line."""
    body = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0].body  # type: ignore[attr-defined]
    text = ast.unparse(body[-1]).removeprefix("return ")
    return re.sub(r"\bself\b", "x", text).replace("._datum", ".data").replace("engine.", "autograd.").replace("\n", " ")
