"""Ctrl-C waits while something is done that must not stay half done."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import Any

__all__ = ["uninterrupted"]


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Inside, Ctrl-C waits until the end.

    Example:
        >>> with uninterrupted():
        ...     pass
    """
    handler = signal.getsignal(signal.SIGINT)
    if current_thread() is not main_thread() or not callable(handler):
        yield  # Ctrl-C is for the main thread, and nobody listens to it
        return
    waiting: list[Any] = []
    signal.signal(signal.SIGINT, lambda *signal_and_frame: waiting.append(signal_and_frame))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
    if waiting:
        handler(*waiting[0])
