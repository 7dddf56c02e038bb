"""The process: how Python and the C library keep house while graphs come and go.

A step of training makes a graph, reads it, and drops it whole. Two defaults are made for other
programs and cost as much here as the mathematics: they are changed when `autograd` is imported,
unless the program (or whoever started it) has chosen its own.
"""

from __future__ import annotations

import ctypes
import gc
import os

__all__ = ["collect_cycles_less_often", "keep_freed_memory"]

PYTHONS_OWN_THRESHOLDS = (700, 2000)  # up to 3.12, and since
KEPT, ONE_ARRAY = 256 * 2**20, 32 * 2**20  # bytes; no version of glibc takes more than 32 MB for the second
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # as numbered in glibc's malloc.h


def collect_cycles_less_often() -> None:
    """Have Python look for reference cycles after every 50,000 new objects.

    A graph of a million nodes is a million live objects without one cycle. Looking again after
    every 700 new ones doubles or triples the time of a forward pass.

    Example:
        >>> collect_cycles_less_often()
        >>> gc.get_threshold()[0] not in PYTHONS_OWN_THRESHOLDS
        True
    """
    first, *others = gc.get_threshold()
    if first in PYTHONS_OWN_THRESHOLDS:
        gc.set_threshold(50_000, *others)


def keep_freed_memory() -> bool:
    """Have the C library keep up to 256 MB of what was freed; return whether it could be told.

    By default the C library of Linux gives the memory of large arrays back to the system, which
    hands it out again at the next step, page by page, filled with zeros. Only glibc listens;
    whoever has set its variables (MALLOC_TRIM_THRESHOLD_ and the like, or GLIBC_TUNABLES) is
    left alone.

    Example:
        >>> keep_freed_memory() in (True, False)
        True
    """
    if any(name.startswith("MALLOC_") for name in os.environ) or "malloc" in os.environ.get("GLIBC_TUNABLES", ""):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library; on Windows there is no handle None
        return False
    return bool(mallopt(TRIM_THRESHOLD, KEPT) and mallopt(MMAP_THRESHOLD, ONE_ARRAY))
