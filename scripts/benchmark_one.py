"""Measures one contender of `benchmark.py`, alone in this process, and prints the result as JSON.

Called by `benchmark.py`, in whichever Python has the contender. It imports the contender and
NumPy only, so that nobody's memory, threads or garbage collector weigh on anybody else.
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
    """The losses of the first steps and the time of the very first, and then that of each step for about `seconds`."""
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
    """The time of the very first step, three times or for about `seconds`, each time set up anew."""
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
    """The bytes of a graph after forward and backward, as Python's allocator counts them."""
    contender(problem)  # once before, so that caches filled on first use are not counted
    gc.collect()
    tracemalloc.start()
    graph, nodes = contender(problem)
    gc.collect()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del graph
    return {"bytes": size, "nodes": nodes}


def peak(contender: Callable[..., Any], problem: Any, seconds: float) -> dict[str, Any]:
    """The most bytes of memory that training holds at a time, beyond those that the library itself takes; as Linux counts them.

    Everything is done once before, so that the code is there that is loaded on first use. Then all
    is dropped, and what the C library keeps for later is given back. Elsewhere than on Linux there
    is no number.
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
    step = contender(problem)
    for _ in range(3):
        step()


def resident(name: str) -> int:
    """The bytes of memory that this process has now (VmRSS), or had at most (VmHWM)."""
    (line,) = (line for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


def chain(contender: Callable[..., Any], length: int, seconds: float) -> dict[str, Any]:
    """The times of a forward pass, a backward pass and the destruction of a chain, several times over."""
    end = time.perf_counter() + seconds
    runs = [contender(length)]
    while len(runs) < 3 or time.perf_counter() < end:
        runs.append(contender(length))
    return {"runs": runs}


def version(package: str) -> str:
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
    result = {"speed": speed, "first": first, "memory": memory, "peak": peak, "chain": chain}[measure](contender, problem, float(seconds))
    print(json.dumps({**result, "version": version(package)}))


if __name__ == "__main__":
    main()
