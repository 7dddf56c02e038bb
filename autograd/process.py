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

PYTHONS_OWN_THRESHOLDS: Final = (700, 2000)  # up to 3.12, and since
SELDOM: Final = 50_000

LARGEST_BLOCK: Final = 31 * 2**20  # bytes; glibc learns from none above 32 MB
ALWAYS, SOMETIMES = 5, 101  # odd, so that a step which comes by twice is not always looked at in the same place
_visits: Final = itertools.count(1).__next__
_largest = 0  # block so far, in bytes


def expect_again(nodes: Sequence[Node], ends: Sequence[tuple[Node, Any]] = ()) -> None:
    """Let the C library learn how much memory a step takes, which the next will take again.

    Linux's C library gives the memory of large arrays back to the system, which hands it out again
    at the next step page by page, filled with zeros: a third of the time of a step of an LSTM. How
    much it keeps it learns from the largest block that the program has freed (in mallopt(3), the
    "dynamic" threshold). A step has many arrays where it expects one. So here is one as large as
    all of them, rounded up, which is never written to and so takes no memory, and is freed at once.

    Where the user has set the C library's variables, it does not learn, and nothing happens.
    """
    global _largest
    visit = _visits()
    if visit > ALWAYS and visit % SOMETIMES:
        return
    nodes = [*nodes, *[x for x, _ in ends]]
    parts = [node._datum for node in nodes if type(node._datum) is np.ndarray]
    parts += [x for node in nodes if node.static for x in node.static.values()]  # a compiled program keeps its arrays there
    block = min(1 << _bytes(parts).bit_length(), LARGEST_BLOCK)
    if block > _largest:  # one that is no larger than those before would come from what is kept, and would make glibc give it back
        _largest = block
        np.empty(block, np.uint8)


def _bytes(x: Any) -> int:
    if isinstance(x, (tuple, list)):
        return sum(map(_bytes, x))
    return x.nbytes if type(x) is np.ndarray else 0


class _Request(AbstractContextManager[None]):
    """One wish that cycles be collected less often; the last one that ends gives the threshold back."""

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
                if first == SELDOM:  # nobody has chosen another in between
                    gc.set_threshold(_Request.before, *others)
                _Request.before = None


def collect_cycles_less_often() -> AbstractContextManager[None]:
    """Have Python look for reference cycles after every 50,000 new objects; in a `with`, until its end.

    A graph of a million nodes is a million live objects without one cycle. Python looks again after
    every 700 new ones (2,000 in Python 3.13), and a training of `Value`s takes 10 to 25 % longer for that.
    Call it at the beginning of a program that trains in scalars, unless the program leaves large
    objects in cycles, which then stay longer. `nn.Trainer` does so for the time of its `fit`. A
    threshold that the program has chosen itself is left alone.

    Example:
        >>> before = gc.get_threshold()
        >>> with collect_cycles_less_often():
        ...     print(gc.get_threshold()[0])
        50000
        >>> gc.get_threshold() == before
        True
    """
    return _Request()
