"""Delaying Ctrl-C while something is done that must not be left half done."""

from __future__ import annotations

from _signal import getsignal, signal  # type: ignore[import-not-found]  # what `signal` wraps; ten times as fast
from collections.abc import Callable
from signal import SIGINT
from threading import get_ident, main_thread
from types import FrameType, TracebackType

__all__ = ["uninterrupted"]

CTRL_C = int(SIGINT)


class uninterrupted:  # noqa: N801  # it is used like contextlib.suppress
    """Inside, Ctrl-C takes effect only at the end.

    Example:
        >>> with uninterrupted():
        ...     pass
    """

    __slots__ = ("handler", "waiting")

    handler: Callable[[int, FrameType | None], object] | None  # the handler of Ctrl-C outside
    waiting: tuple[int, FrameType | None] | None  # the arguments of the handler, if Ctrl-C was pressed

    def __enter__(self) -> None:
        self.handler = self.waiting = None
        handler = getsignal(CTRL_C)
        if callable(handler) and get_ident() == main_thread().ident:  # Python handles Ctrl-C on the main thread
            self.handler = handler
            signal(CTRL_C, self._wait)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.handler is not None:
            signal(CTRL_C, self.handler)
            if self.waiting is not None:
                self.handler(*self.waiting)

    def _wait(self, number: int, frame: FrameType | None) -> None:
        self.waiting = number, frame
