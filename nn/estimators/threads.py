"""One thread for matrix products, so that a network is the same, bit for bit, however many cores there are.

BLAS adds in another order with another number of threads. Workers of a cluster have one each, as a rule; so do the
products here, which are too small to gain from more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["one_thread"]


class _Limit:
    """The limit, which the first of those inside sets, and the last lifts."""

    def __init__(self) -> None:
        self.lock, self.inside = Lock(), 0
        self.limiter: Any = None

    def set(self) -> None:
        _let_this_thread_set_limits()
        self.limiter = _controller().limit(limits=1)

    def lift(self) -> None:
        _let_this_thread_set_limits()
        self.limiter.restore_original_limits()
        _let_this_thread_set_limits()


_limit = _Limit()


@cache
def _controller() -> Any:
    return ThreadpoolController().select(user_api="blas")  # it looks through all loaded libraries


def _let_this_thread_set_limits() -> None:
    """threadpoolctl listens to one thread alone, and ignores what others set, unless it is told to forget that one."""
    for library in _controller().lib_controllers:
        if hasattr(library, "clear_controlling_thread"):  # since threadpoolctl 3.7
            library.clear_controlling_thread(force=True)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let BLAS use one thread inside. Several threads of Python may be inside at the same time.

    Example:
        >>> with one_thread():
        ...     sorted({library["num_threads"] for library in _controller().info()})
        [1]
    """
    with _limit.lock:
        if _limit.inside == 0:
            _limit.set()
        _limit.inside += 1
    try:
        yield
    finally:
        with _limit.lock:
            _limit.inside -= 1
            if _limit.inside == 0:
                _limit.lift()
