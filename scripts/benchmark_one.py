"""Measures one contender of `benchmark.py`, alone in this process, and prints the result as JSON.

It is called by `benchmark.py`, with whichever Python has the contender. It imports only the contender
and NumPy, so that no contender's memory, threads or garbage collector affect another one.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import pickle
import sys
import time
import tracemalloc
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

CHECKED_STEPS = 5


def speed(contender: Callable[..., Any], problem: Any, seconds: float) -> dict[str, Any]:
    """The losses of the first steps, the time of the very first step, and then of each step for about `seconds`."""
    step = contender(problem)
    start = time.perf_counter()
    losses = [step()]
    first = time.perf_counter() - start
    losses += [step() for _ in range(CHECKED_STEPS - 1)]
    samples: list[float] = []
    gc.collect()
    end = time.perf_counter() + seconds
    while len(samples) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        samples.append(time.perf_counter() - start)
    return {"losses": losses, "first": first, "samples": samples}


def first(contender: Callable[..., Any], problem: Any, seconds: float) -> dict[str, Any]:
    """The time of the very first step, each time set up anew, at least three times and for about `seconds`."""
    samples: list[float] = []
    end = time.perf_counter() + seconds
    while len(samples) < 3 or time.perf_counter() < end:
        step = contender(problem)
        gc.collect()
        start = time.perf_counter()
        step()
        samples.append(time.perf_counter() - start)
    return {"samples": samples}


def memory(contender: Callable[..., Any], problem: Any, seconds: float) -> dict[str, Any]:
    """The bytes of a graph after the forward and backward pass, as Python's allocator counts them."""
    contender(problem)  # first, so that caches that are filled on first use do not count
    gc.collect()
    tracemalloc.start()
    graph, nodes = contender(problem)
    gc.collect()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del graph
    return {"bytes": size, "nodes": nodes}


def peak(contender: Callable[..., Any], problem: Any, seconds: float) -> dict[str, Any]:
    """The most bytes of memory that training holds at a time, beyond those of the library itself, as Linux counts them.

    Everything is done once before, so that code that is loaded on first use does not count. Then all
    objects are dropped, and the memory that the C library keeps for later is given back. On other
    systems than Linux there is no number.
    """
    try:
        trim, forget_peak = ctypes.CDLL(None).malloc_trim, Path("/proc/self/clear_refs")
        train_a_little(contender, problem)
        gc.collect()
        trim(0)
        forget_peak.write_text("5", encoding="ascii")
    except (AttributeError, OSError, TypeError) as error:
        return {"unknown": str(error)}
    before = resident("VmRSS")
    train_a_little(contender, problem)
    return {"bytes": resident("VmHWM") - before}


def train_a_little(contender: Callable[..., Any], problem: Any) -> None:
    """Train for three steps."""
    step = contender(problem)
    for _ in range(3):
        step()


def resident(name: str) -> int:
    """The bytes of memory that this process holds now (VmRSS), or held at most (VmHWM)."""
    (line,) = (line for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


def runs(contender: Callable[..., Any], size: int, seconds: float) -> dict[str, Any]:
    """What a contender measures itself, such as the times of the parts of a chain, several times."""
    end = time.perf_counter() + seconds
    results = [contender(size)]
    while len(results) < 3 or time.perf_counter() < end:
        results.append(contender(size))
    return {"runs": results}


def version(package: str) -> str:
    """The version of an installed package; "" if it is unknown."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def main() -> None:
    measure, module, function, package, seconds = sys.argv[1:]
    problem = pickle.load(sys.stdin.buffer)
    try:
        contender = getattr(importlib.import_module(f"peers.{module}"), function)
    except ModuleNotFoundError as error:
        print(json.dumps({"missing": str(error)}))
        return
    result = {"speed": speed, "first": first, "memory": memory, "peak": peak, "runs": runs}[measure](contender, problem, float(seconds))
    print(json.dumps({**result, "version": version(package)}))


if __name__ == "__main__":
    main()
