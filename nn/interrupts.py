"""Ctrl-C waits while something is done that must not stay half done."""

from __future__ import annotations

from _signal import getsignal, signal  # type: ignore[import-not-found]  # what `signal` wraps, and ten times as quick
from signal import SIGINT
from threading import get_ident, main_thread
from types import TracebackType
from typing import Any

__all__ = ["uninterrupted"]

CTRL_C = int(SIGINT)


class uninterrupted:  # noqa: N801  # it is used like contextlib.suppress
    """Inside, Ctrl-C waits until the end.

    Example:
        >>> with uninterrupted():
        ...     pass
    """

    __slots__ = ("handler", "waiting")

    def __enter__(self) -> None:
        self.waiting: tuple[Any, ...] | None = None
        self.handler: Any = getsignal(CTRL_C)
        if not callable(self.handler) or get_ident() != main_thread().ident:
            self.handler = None  # nobody listens to Ctrl-C; or it is for another thread, the main one
        else:
            signal(CTRL_C, self._wait)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.handler is not None:
            signal(CTRL_C, self.handler)
            if self.waiting is not None:
                self.handler(*self.waiting)

    def _wait(self, *signal_and_frame: Any) -> None:
        self.waiting = signal_and_frame
