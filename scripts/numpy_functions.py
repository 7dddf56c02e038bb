"""What NumPy's functions do with nodes, as a page of Markdown: `python -m scripts.numpy_functions > scripts/NUMPY.md`.

Nothing is written by hand. The functions are those that NumPy hands over to other kinds of arrays, and the library says of each
whether it is recorded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd.numpy_interface import COMPOSED, FUNCTIONS, LOGIC, PLAIN, entry_for

TITLES = {
    "entry": "One entry of the table of derivatives",
    "composed": "Composed of entries",
    "plain": "No derivative to lose: a plain answer",
    "refused": "Refused with a sentence",
}


def dispatched() -> Iterator[tuple[str, Any]]:
    """The functions that NumPy hands over, by name."""
    for prefix, room in (("", np), ("linalg.", np.linalg)):
        for name in sorted(room.__all__):
            function = getattr(room, name)
            if isinstance(function, np.ufunc) or hasattr(function, "_implementation"):
                yield prefix + name, function


def kind_of(function: Any) -> str:
    """What it does with nodes: one of the `TITLES`.

    Example:
        >>> kind_of(np.tanh), kind_of(np.median), kind_of(np.argmax), kind_of(np.linalg.eig)
        ('entry', 'composed', 'plain', 'refused')
    """
    if function in PLAIN or function in LOGIC:
        return "plain"
    if function in FUNCTIONS or function in COMPOSED:
        return "composed"
    return "entry" if entry_for(function) is not None else "refused"


def page() -> str:
    """The whole list, as Markdown."""
    kinds: dict[str, list[str]] = {kind: [] for kind in TITLES}
    for name, function in dispatched():
        kinds[kind_of(function)].append(f"`{name}`")
    parts = [f"## {title} ({len(kinds[kind])})\n\n{', '.join(kinds[kind])}\n" for kind, title in TITLES.items()]
    return "\n".join([f"# NumPy's functions on Values and Tensors (NumPy {np.__version__})\n", *parts])


if __name__ == "__main__":
    print(page(), end="")
