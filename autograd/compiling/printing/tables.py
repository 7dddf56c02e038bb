"""The constant arrays of a program, and the names of a function."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

__all__ = ["Tables"]


class Tables:
    """The constant arrays of a program, which are those of another one too, and the names of a function."""

    def __init__(self, dialect: Any, taken: set[str], like: Tables | None = None) -> None:
        self.dialect, self.taken = dialect, taken
        self.names: dict[Any, str] = like.names if like is not None else {}
        self.lines: list[str] = like.lines if like is not None else []
        taken.update(self.names.values())

    @cached_property
    def time(self) -> str:
        """The variable that counts the steps of recurrences."""
        return self.free("t")

    def fresh(self, hint: str) -> str:
        """A name that is not taken: `z1`, `z2`, …"""
        number = 1
        while f"{hint}{number}" in self.taken:
            number += 1
        self.taken.add(f"{hint}{number}")
        return f"{hint}{number}"

    def free(self, name: str) -> str:
        """The name, or one like it if it is taken."""
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name

    def of(self, array: Any) -> str:
        """The name of a constant array."""
        array = np.asarray(array)
        key = array.dtype.str, array.tobytes()
        if key not in self.names:
            self.names[key] = name = self.fresh("constant" if array.dtype.kind == "f" else "index")
            self.lines.append(self.dialect.table(name, array))
        return self.names[key]
