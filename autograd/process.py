"""Settings of the process: Python's garbage collector, and the memory that the C library keeps.

A step of training makes a graph, reads it, and frees all of it. The defaults of Python and of the C library
suit other programs better. Importing this file changes nothing. `expect_again` is called in each backward
pass; `collect_cycles_less_often` is for users to call.
"""

from __future__ import annotations

import gc
import itertools
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

import numpy as np

from .core import Node

__all__ = ["collect_cycles_less_often", "expect_again"]

PYTHONS_OWN_THRESHOLDS: Final = (700, 2000)  # up to Python 3.12, and from 3.13 on
SELDOM: Final = 50_000

LARGEST_BLOCK: Final = 31 * 2**20  # bytes; glibc does not learn from blocks above 32 MB
# The first passes, then every 101st; an odd number, in case a step of training has two passes.
ALWAYS, SOMETIMES = 5, 101
_visits: Final = itertools.count(1).__next__
_largest = 0  # the largest block so far, in bytes


def expect_again(nodes: Sequence[Node], ends: Sequence[tuple[Node, Any]] = ()) -> None:
    """Let the C library learn how much memory a step of training takes, as the next step will need it again.

    Linux's C library returns the memory of large arrays to the system. At the next step it asks for it again,
    and the system fills it with zeros, page by page, which takes a third of the time of a step of an LSTM. The
    library learns how much to keep from the largest block that the program has freed (the "dynamic"
    threshold in mallopt(3)), but a step has many arrays instead of one block. So this function allocates and
    frees a block as large as all of them, rounded up. It is never written to, so it takes no memory.

    If the user has set the C library's environment variables, it does not learn, and this has no effect.
    """
    global _largest
    visit = _visits()
    if visit > ALWAYS and visit % SOMETIMES:
        return
    nodes = [*nodes, *[x for x, _ in ends]]
    parts = [node._datum for node in nodes if type(node._datum) is np.ndarray]
    # A compiled program keeps its arrays there.
    parts += [x for node in nodes if node.static for x in node.static.values()]
    block = min(1 << _bytes(parts).bit_length(), LARGEST_BLOCK)
    if block > _largest:  # a smaller one would come from the memory that is kept, and make glibc return it
        _largest = block
        np.empty(block, np.uint8)


def _bytes(x: object) -> int:
    if isinstance(x, (tuple, list)):
        return sum(map(_bytes, x))
    return x.nbytes if type(x) is np.ndarray else 0


class _Request(AbstractContextManager[None]):
    """A request to collect cycles less often; when the last request ends, the threshold is restored."""

    lock: Final = threading.Lock()
    open = 0
    before: int | None = None  # the threshold, if it was changed

    def __init__(self) -> None:
        with self.lock:
            first, *others = gc.get_threshold()
            if first in PYTHONS_OWN_THRESHOLDS:
                _Request.before = first
                gc.set_threshold(SELDOM, *others)
            _Request.open += 1

    def __exit__(self, *error: object) -> None:
        with self.lock:
            _Request.open -= 1
            first, *others = gc.get_threshold()
            if _Request.open == 0 and _Request.before is not None:
                if first == SELDOM:  # the program has not changed it since
                    gc.set_threshold(_Request.before, *others)
                _Request.before = None


def collect_cycles_less_often() -> AbstractContextManager[None]:
    """Let Python look for reference cycles only after every 50,000 new objects; as a `with` statement, until its end.

    A graph of a million nodes is a million live objects without one cycle. Python looks again after
    every 700 new ones (2,000 in Python 3.13), which makes training with `Value`s 10 to 25 % slower. Call
    this function at the beginning of a program that trains scalars, unless the program leaves large objects in
    cycles, which would then stay longer. `nn.Trainer` does so during `fit`. If the program has set the
    threshold itself, it stays as it is.

    Example:
        >>> before = gc.get_threshold()
        >>> with collect_cycles_less_often():
        ...     print(gc.get_threshold()[0])
        50000
        >>> gc.get_threshold() == before
        True
    """
    return _Request()
