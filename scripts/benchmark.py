"""How fast glassgrad is and how little memory it takes, next to its peers, as ratios measured in one run.

In each race (see `races.py`), every contender (see `peers/`) trains the same network on the same
data, in a process of its own, in several rounds in which the contenders take turns. If a contender
fails, or if its losses differ from those of the others, since it computes something else, the table
says "failed" in its place, and the others go on.
"""

from __future__ import annotations

import json
import os
import pickle
import platform
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from command_line import INTERRUPTED, Arguments, file, positive, run
from peers import Problem
from races import (
    Compilation,
    Contender,
    Peak,
    Race,
    call_table,
    compilation_table,
    compilations,
    growth,
    growth_table,
    moons_problem,
    peak_table,
    peaks,
    races,
    titled,
    verdict,
)
from tqdm import tqdm

GRAPHS = [Contender("micrograd", "micrograd.graph", "micrograd"), Contender("glassgrad", "glassgrad.graph", "glassgrad")]
MEMORY_GOAL = 0.3  # of micrograd's bytes for each node

CALLS = Contender("a small compiled function", "glassgrad.calls", "glassgrad")
CHAIN = Contender("a chain of operations", "glassgrad.chain", "glassgrad")

# One thread for every library, since by default each chooses another number.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "VECLIB_MAXIMUM_THREADS": "1"}

# This variable overrides OpenBLAS's choice of kernels for the processor. NumPy's matrix products are OpenBLAS's.
KERNELS = "OPENBLAS_CORETYPE"


HEAD = """# Figures

What `python scripts/benchmark.py` measured, in one run; it writes this file itself with `--save scripts/FIGURES.md`.
`--other-python PYTHON` names a Python that has HIPS autograd and JAX; whatever is not installed is skipped and named.
"""


class ContenderError(Exception):
    """A contender could not be measured; the message says who, and why."""


class Benchmark:
    """The measurements, and the tables made from them; what was not measured is left out.

    Args:
        pythons: the programs to look for contenders in, one after the other.
        seconds: how long each measurement takes.
    """

    def __init__(self, pythons: list[str], seconds: float) -> None:
        self.pythons, self.seconds = pythons, seconds
        self.races: list[Race] = []
        self.growth: dict[int, Race] = {}
        self.compilations: list[Compilation] = []
        self.peaks: list[Peak] = []
        self.graphs: dict[Contender, dict[str, Any]] = {}
        self.chains: dict[int, list[dict[str, float]]] = {}
        self.calls: list[dict[str, float]] = []
        self.versions: dict[Contender, str] = {}
        self.skipped: dict[str, str] = {}
        self.failures: list[str] = []

    def attempt(self, work: Callable[..., None], *subjects: Any) -> None:
        """Do a part of the work; if a contender fails, note it and go on."""
        try:
            work(*subjects)
        except ContenderError as error:
            self.failures.append(str(error))

    def measure(self, what: str, contender: Contender, subject: Any) -> dict[str, Any] | None:
        """The result of `benchmark_one.py`, run by the first Python that has the contender; None if none has it.

        Raises:
            ContenderError: the contender ended with an error.
        """
        if contender.name in self.skipped:
            return None
        for python in self.pythons:
            environment = {**os.environ, **ONE_THREAD}
            environment.pop(KERNELS, None)
            if python != sys.executable:
                environment.pop("PYTHONPATH", None)  # it leads to the packages of this environment
            module, function = contender.function.split(".")
            done = subprocess.run(
                [python, Path(__file__).with_name("benchmark_one.py"), what, module, function, contender.package, str(self.seconds)],
                input=pickle.dumps(subject), capture_output=True, env=environment, check=False,
            )  # fmt: skip
            if done.returncode:
                raise ContenderError(f"{contender.name} failed:\n{done.stderr.decode()}")
            result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
            if "missing" not in result:
                self.versions[contender] = result["version"]
                return result
        if contender.package == "glassgrad":
            sys.exit(f"glassgrad is not installed here ({result['missing']}). Install it: pip install .")
        self.skipped[contender.name] = result["missing"]
        return None

    def race(self, race: Race, contender: Contender) -> None:
        """Measure the steps of a contender in a race, and compare its losses with those of the others.

        Raises:
            ContenderError: it ended with an error, or computes something else.
        """
        if contender in race.failed:
            return
        try:
            result = self.measure("speed", contender, race.problem)
            if result is None:
                return
            race.losses = race.losses or result["losses"]
            if not np.allclose(result["losses"], race.losses, rtol=race.tolerance, atol=0):
                raise ContenderError(
                    f"{contender.name} computes something else: its losses are {result['losses']}, those of the others {race.losses}."
                )
        except ContenderError:
            race.failed.add(contender)
            race.samples.pop(contender, None)
            raise
        race.first[contender] = result["first"]
        race.samples.setdefault(contender, []).extend(result["samples"])

    def compile(self, compilation: Compilation) -> None:
        """Measure the first step of a compiled function, and a step of the same code eagerly."""
        for measure, contender, samples in (
            ("first", compilation.compiled, compilation.first),
            ("speed", compilation.uncompiled, compilation.eager),
        ):
            result = self.measure(measure, contender, compilation.problem)
            if result is not None:
                samples.extend(result["samples"])

    def peak(self, peak: Peak, contender: Contender) -> None:
        """Measure how much memory a contender takes at most."""
        result = self.measure("peak", contender, peak.problem)
        if result is not None and "bytes" in result:
            peak.bytes[contender] = result["bytes"]

    def weigh(self, contender: Contender, problem: Problem) -> None:
        """Measure the memory of a contender's graph."""
        result = self.measure("memory", contender, problem)
        if result is not None:
            self.graphs[contender] = result

    def lengthen(self, length: int) -> None:
        """Measure a chain of so many operations."""
        result = self.measure("runs", CHAIN, length)
        if result is not None:
            self.chains[length] = result["runs"]

    def call(self, times: int) -> None:
        """Measure the calls of a small compiled function, and how long it takes to compile it."""
        result = self.measure("runs", CALLS, times)
        if result is not None:
            self.calls = result["runs"]

    def tables(self) -> Iterator[str]:
        """The report, line by line, in Markdown."""
        yield (
            f"Measured with Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores, "
            "one thread for each contender. Only ratios can be compared between machines. glassgrad's contenders, and the plain "
            "scalars beside them, call `autograd.collect_cycles_less_often()`."
        )
        if KERNELS in os.environ:
            yield f"{KERNELS}={os.environ[KERNELS]} is set here, and not passed on: it would slow NumPy down, but not PyTorch."
        for race in self.races:
            if race.samples or race.failed:
                yield from race.table(self.versions)
        if any(compilation.eager for compilation in self.compilations):
            yield from compilation_table(self.compilations)
        if self.calls:
            yield from call_table(self.calls)
        if any(race.samples for race in self.growth.values()):
            yield from growth_table(self.growth)
        if any(peak.bytes for peak in self.peaks):
            yield from peak_table(self.peaks, self.versions)
        if self.graphs:
            yield from self.memory_table()
        if self.chains:
            yield from self.chain_table()
        for name, reason in self.skipped.items():
            yield from ("", f"Skipped: {name}, which is not installed here ({reason}).")
        for failure in self.failures:
            yield from ("", failure)

    def memory_table(self) -> Iterator[str]:
        """The table of the bytes of a node, line by line."""
        yield from ("", "Memory for each node, after forward and backward of the same program (sums of products by hand).", "")
        yield "| | nodes | bytes a node | of micrograd's |"
        yield "|---|---:|---:|---:|"
        sizes = {contender.name: graph["bytes"] / graph["nodes"] for contender, graph in self.graphs.items()}
        for contender, graph in self.graphs.items():
            ratio = f"{sizes[contender.name] / sizes['micrograd']:.2f}" if "micrograd" in sizes else ""
            yield f"| {titled(contender, self.versions)} | {graph['nodes']:,} | {sizes[contender.name]:.0f} | {ratio} |"
        if len(sizes) == 2:
            ratio = sizes["glassgrad"] / sizes["micrograd"]
            yield from ("", f"Goal: at most {MEMORY_GOAL} of micrograd's; measured {ratio:.2f}, {verdict(ratio <= MEMORY_GOAL)}.")

    def chain_table(self) -> Iterator[str]:
        """The table of the times of a chain of operations, line by line."""
        yield from ("", "A chain of operations on `Value`s, in seconds; with linear growth, each row has the same nanoseconds.", "")
        yield "| operations | forward | backward | destruction | ns an operation |"
        yield "|---:|---:|---:|---:|---:|"
        for length, runs in self.chains.items():
            parts = [statistics.median(run[part] for run in runs) for part in ("forward", "backward", "destruction")]
            yield f"| {length:,} | {' | '.join(f'{part:.3g}' for part in parts)} | {sum(parts) / length * 1e9:,.0f} |"


def main() -> None:
    parser = Arguments(__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=positive, default=2, help="how many turns each contender takes")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long a turn is measured")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the points and of the first weights")
    parser.add_argument("--quick", action="store_true", help="a small run, to check that everything works; its numbers mean little")
    parser.add_argument("--other-python", metavar="PYTHON", help="a Python for the peers not installed in this one; HIPS autograd has "
                        "our import name and needs an environment of its own")  # fmt: skip
    parser.add_argument("--save", type=file, metavar="FILE", help="where to write the tables as well")
    args = parser.parse_args()
    if args.other_python and not shutil.which(args.other_python):
        parser.error(f"argument --other-python: there is no program {args.other_python!r}.")
    if args.quick:
        args.rounds, args.seconds = 1, 0.02
    pythons = [sys.executable, *([args.other_python] if args.other_python else [])]
    benchmark = Benchmark(pythons, args.seconds)
    benchmark.races = races(args.quick, args.seed)
    benchmark.growth = growth(args.quick, args.seed)
    benchmark.compilations = compilations(args.quick, args.seed)
    benchmark.peaks = peaks(args.quick, args.seed)
    small = moons_problem(20 if args.quick else 100, args.seed)
    work: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
    for _ in range(args.rounds):
        work += [(benchmark.race, (race, contender)) for race in benchmark.races for contender in race.contenders]
    work += [(benchmark.compile, (compilation,)) for compilation in benchmark.compilations]
    work += [(benchmark.call, (100 if args.quick else 10_000,))]
    work += [(benchmark.race, (race, contender)) for race in benchmark.growth.values() for contender in race.contenders]
    work += [(benchmark.peak, (peak, contender)) for peak in benchmark.peaks for contender in (peak.peer, peak.contender)]
    work += [(benchmark.weigh, (contender, small)) for contender in GRAPHS]
    work += [(benchmark.lengthen, (length,)) for length in ([100, 1_000] if args.quick else [10_000, 100_000, 1_000_000])]
    interrupted = False
    try:
        with tqdm(work, leave=False) as bar:
            for measure, subjects in bar:
                benchmark.attempt(measure, *subjects)
    except KeyboardInterrupt:
        interrupted = True
    report = "\n".join(benchmark.tables())
    print(report)
    if args.save:
        args.save.write_text(f"{HEAD}\n{report}\n", encoding="utf-8")
        print(f"\nSaved {args.save}")
    if interrupted:
        print("Interrupted: the tables hold what was measured until then.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    if benchmark.failures:
        sys.exit("Some contenders failed; the tables say which, and why is below them.")


if __name__ == "__main__":
    run(main)
