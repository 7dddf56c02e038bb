"""The races of `benchmark.py`: the contenders, their problems, and the goals for glassgrad.

To add a contender, write it in `peers/` and add a line here.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from peers import Examples, Names, Problem, Recurrence


class Contender(NamedTuple):
    """A contender: its name in the table, its function in `peers/`, and the package that it needs."""

    name: str
    function: str
    package: str


class Goal(NamedTuple):
    """The contender should be `factor` times as fast as its peer; or, with `at_most`, take at most `factor` times as long."""

    contender: Contender
    factor: float
    peer: Contender
    at_most: bool = False

    def row(self, medians: dict[Contender, float]) -> str:
        """The row of a table, from the median times of a step."""
        own, other = medians[self.contender], medians[self.peer]
        ratio = own / other if self.at_most else other / own
        met = ratio <= self.factor if self.at_most else ratio >= self.factor
        what, wanted = ("time", "at most") if self.at_most else ("speed", "at least")
        compared = f"{what} of {self.contender.name}, against {self.peer.name}"
        return f"| {compared} | {wanted} {self.factor:,} × | {figures(ratio)} × | {verdict(met)} |"


@dataclass
class Race:
    """Contenders that train the same network on the same data, and what was measured of them.

    Attributes:
        title: what a step is.
        yardstick: whose time the last column of the table divides.
        tolerance: the largest relative difference between the losses; float32 needs more than float64.
        samples: the seconds of each step, by contender.
        first: the seconds of its very first step, which may compile, by contender.
        losses: those of the first steps, which all contenders must share.
        failed: the contenders that could not be measured.
    """

    title: str
    problem: Any
    contenders: Sequence[Contender]
    goals: Sequence[Goal]
    yardstick: Contender
    tolerance: float = 1e-9
    samples: dict[Contender, list[float]] = field(default_factory=dict)
    first: dict[Contender, float] = field(default_factory=dict)
    losses: list[float] = field(default_factory=list)
    failed: set[Contender] = field(default_factory=set)

    def medians(self) -> dict[Contender, float]:
        """The median time of a step, by contender."""
        return {contender: statistics.median(samples) for contender, samples in self.samples.items()}

    def table(self, versions: dict[Contender, str]) -> Iterator[str]:
        """The table of the race and that of its goals, line by line."""
        medians = self.medians()
        yield from ("", f"{self.title}.", "", f"| | µs a step | middle half | × {self.yardstick.name} |", "|---|---:|---:|---:|")
        for contender in self.contenders:
            if contender in self.failed:
                yield f"| {titled(contender, versions)} | **failed** | | |"
            if contender not in self.samples:
                continue
            low, _, high = statistics.quantiles(self.samples[contender], n=4)
            ratio = figures(medians[self.yardstick] / medians[contender]) if self.yardstick in medians else ""
            yield f"| {titled(contender, versions)} | {micro(medians[contender])} | {micro(low)} – {micro(high)} | {ratio} |"
        goals = [goal for goal in self.goals if goal.contender in medians and goal.peer in medians]
        if goals:
            yield from ("", "| | wanted | measured | |", "|---|---:|---:|---|")
            yield from (goal.row(medians) for goal in goals)


@dataclass
class Compilation:
    """The time of the first step of a compiled function, which traces and compiles, beside an eager step of the same code.

    Attributes:
        seconds_goal: the seconds that the first step should stay under.
        steps_goal: the number of eager steps that it should stay under; None for any number.
        first, eager: the seconds that were measured.
    """

    title: str
    problem: Any
    compiled: Contender
    uncompiled: Contender
    seconds_goal: float
    steps_goal: float | None = None
    first: list[float] = field(default_factory=list)
    eager: list[float] = field(default_factory=list)

    def row(self) -> str:
        """The row of a table."""
        seconds = statistics.median(self.first)
        steps = seconds / statistics.median(self.eager)
        met = seconds < self.seconds_goal and (self.steps_goal is None or steps < self.steps_goal)
        wanted = f"under {self.seconds_goal:g} s" + (f" and {self.steps_goal:g} steps" if self.steps_goal else "")
        return f"| {self.title} | {figures(seconds)} | {figures(steps)} | {wanted} | {verdict(met)} |"


PAGE = 4096  # bytes; Linux counts memory in pages


@dataclass
class Peak:
    """The most memory that a few steps of training take, beyond that of the library itself.

    Attributes:
        factor: the contender should take at most so many times the memory of its peer.
        bytes: what was measured, by contender.
    """

    title: str
    problem: Any
    contender: Contender
    peer: Contender
    factor: float
    bytes: dict[Contender, int] = field(default_factory=dict)

    def row(self) -> str:
        """The row of a table."""
        own, other = (max(self.bytes[contender], PAGE) for contender in (self.contender, self.peer))
        ratio, sizes = own / other, f"{other / 1e6:.1f} | {own / 1e6:.1f}"
        return f"| {self.title} | {sizes} | {ratio:.2f} × | at most {self.factor:g} × | {verdict(ratio <= self.factor)} |"


MICROGRAD = Contender("micrograd", "micrograd.moons", "micrograd")
PLAIN_CLASS = Contender("a plain class: four slots, tuples of local derivatives", "plain_class.moons", "glassgrad")
BY_HAND = Contender("glassgrad, `Value`s, sums of products by hand", "glassgrad.by_hand", "glassgrad")
MLP = Contender("glassgrad, `nn.MLP` on `Value`s", "glassgrad.values", "glassgrad")
PYTORCH = Contender("PyTorch, eager", "pytorch.moons", "torch")
TENSORS = Contender("glassgrad, `Tensor`s, eager", "glassgrad.tensors", "glassgrad")
COMPILED = Contender("glassgrad, scalar code compiled", "glassgrad.compiled", "glassgrad")
WHOLE = Contender("glassgrad, scalar code, the whole step compiled", "glassgrad.whole", "glassgrad")
IN_C = Contender("glassgrad, scalar code, the whole step in C", "glassgrad.in_c", "glassgrad")
JAX = Contender("JAX, the whole step jitted", "jax.moons", "jax")
VMAPPED = Contender("glassgrad, scalar network vmapped", "glassgrad.vmapped", "glassgrad")
NUMPY = Contender("NumPy, forward and backward by hand", "numpy_by_hand.moons", "numpy")
MOONS = [
    MICROGRAD,
    PLAIN_CLASS,
    BY_HAND,
    MLP,
    Contender("HIPS autograd", "hips.moons", "autograd"),
    Contender("MyGrad", "mygrad.moons", "mygrad"),
    PYTORCH,
    TENSORS,
    JAX,
    COMPILED,
    WHOLE,
    IN_C,
    NUMPY,
]
MOONS_GOALS = [
    Goal(MLP, 40, MICROGRAD),
    Goal(BY_HAND, 5, MICROGRAD),
    Goal(BY_HAND, 1.5, PLAIN_CLASS),
    Goal(TENSORS, 1, PYTORCH),
    Goal(COMPILED, 3_000, MICROGRAD),
    Goal(COMPILED, 2, PYTORCH),
    Goal(COMPILED, 2.5, NUMPY, at_most=True),
    Goal(WHOLE, 1.2, NUMPY, at_most=True),
    Goal(IN_C, 0.15, NUMPY, at_most=True),
    Goal(IN_C, 0.25, JAX, at_most=True),
    Goal(IN_C, 50_000, MICROGRAD),
]

PLAIN_NAMES = Contender("plain scalars, in the style of microgpt", "plain_scalars.names", "glassgrad")
EAGER_NAMES = Contender("glassgrad, scalar code, eager", "glassgrad.names_eager", "glassgrad")
COMPILED_NAMES = Contender("glassgrad, scalar code compiled", "glassgrad.names", "glassgrad")
WHOLE_NAMES = Contender("glassgrad, scalar code, the whole step compiled", "glassgrad.names_whole", "glassgrad")
NAMES_IN_C = Contender("glassgrad, scalar code, the whole step in C", "glassgrad.names_in_c", "glassgrad")
NUMPY_NAMES = Contender("NumPy, forward and backward by hand", "numpy_by_hand.names", "numpy")
NAMES = [PLAIN_NAMES, EAGER_NAMES, COMPILED_NAMES, WHOLE_NAMES, NAMES_IN_C, NUMPY_NAMES]
NAMES_GOALS = [
    Goal(EAGER_NAMES, 1.5, PLAIN_NAMES),
    Goal(COMPILED_NAMES, 300, PLAIN_NAMES),
    Goal(COMPILED_NAMES, 5, NUMPY_NAMES, at_most=True),
    Goal(WHOLE_NAMES, 1.2, NUMPY_NAMES, at_most=True),
    Goal(NAMES_IN_C, 0.1, NUMPY_NAMES, at_most=True),
]

PYTORCH_LAYERS = Contender("PyTorch, eager", "pytorch.examples", "torch")
LAYERS = Contender("glassgrad, layers, eager", "glassgrad.examples", "glassgrad")
COMPILED_LAYERS = Contender("glassgrad, layers compiled", "glassgrad.examples_compiled", "glassgrad")
WHOLE_LAYERS = Contender("glassgrad, layers, the whole step compiled", "glassgrad.examples_whole", "glassgrad")
NUMPY_MLP = Contender("NumPy, forward and backward by hand", "numpy_by_hand.mlp", "numpy")

# In the order of `layers`, each with its tolerance. Batch normalization makes of float32's rounding, in the five steps
# in which the losses are compared, up to a five-hundredth.
LAYERS_RACES: list[tuple[list[Contender], list[Goal], float]] = [
    (
        [PYTORCH_LAYERS, LAYERS, COMPILED_LAYERS, WHOLE_LAYERS, NUMPY_MLP],
        [Goal(LAYERS, 1, PYTORCH_LAYERS), Goal(COMPILED_LAYERS, 1, PYTORCH_LAYERS), Goal(WHOLE_LAYERS, 1.6, PYTORCH_LAYERS)],
        1e-4,
    ),
    *(
        ([PYTORCH_LAYERS, LAYERS], [Goal(LAYERS, factor, PYTORCH_LAYERS, at_most=True)], tolerance)
        for factor, tolerance in ((2, 1e-4), (1.2, 1e-2), (1.2, 1e-2), (1.5, 1e-4), (1.5, 1e-4))
    ),
]
MEMORY_GOALS = [1.5, 1.5, 1.3, 1.3, 1.5, 1.5]  # times PyTorch's peak, in the order of `layers`

EAGER_NETWORK = Contender("glassgrad, scalar code, eager", "recurrences.network_eager", "glassgrad")
COMPILED_NETWORK = Contender("glassgrad, scalar code compiled", "recurrences.network_compiled", "glassgrad")
NUMPY_NETWORK = Contender("NumPy, forward and backward by hand", "numpy_by_hand.network", "numpy")
EAGER_PENDULUM = Contender("glassgrad, scalar code, eager", "recurrences.pendulum_eager", "glassgrad")
COMPILED_PENDULUM = Contender("glassgrad, scalar code compiled", "recurrences.pendulum_compiled", "glassgrad")
PENDULUM_IN_C = Contender("glassgrad, scalar code, the whole step in C", "recurrences.pendulum_in_c", "glassgrad")

EAGER_UP_TO = 1_000  # points; beyond, an eager step takes seconds


def races(quick: bool, seed: int) -> list[Race]:
    """The races, on small problems if `quick`."""
    # At most as many names as checked steps, so that every length is compiled before the clock starts; an odd number,
    # so that the median step is that of the name of median length.
    points, words = (20, ["ada"]) if quick else (100, ["ada", "sophie", "katherine"])
    return [
        Race(
            f"One step of gradient descent: `MLP(2, [16, 16, 1])`, {points} moons points, hinge loss with L2",
            moons_problem(points, seed), MOONS, MOONS_GOALS, MICROGRAD,
        ),
        Race(
            f"One step of Adam on one name: the scalar GPT of `gpt.py`, names of {min(map(len, words))} to {max(map(len, words))} letters",
            names_problem(words, seed), NAMES, NAMES_GOALS, PLAIN_NAMES,
        ),
        *(
            Race(f"One step of Adam: {title}, cross entropy, float32", problem, contenders, goals, PYTORCH_LAYERS, tolerance)
            for (title, problem), (contenders, goals, tolerance) in zip(layers(quick, seed).items(), LAYERS_RACES, strict=True)
        ),
        Race(
            f"One step of gradient descent: a recurrent network in scalars, 8 hidden numbers, {20 if quick else 200} steps of 5 numbers",
            network_problem(20 if quick else 200, seed), [EAGER_NETWORK, COMPILED_NETWORK, NUMPY_NETWORK],
            [Goal(COMPILED_NETWORK, 50, EAGER_NETWORK), Goal(COMPILED_NETWORK, 1.5, NUMPY_NETWORK, at_most=True)], EAGER_NETWORK,
        ),
        Race(
            f"One step of gradient descent: a pendulum in scalars, {20 if quick else 200} steps",
            pendulum_problem(20 if quick else 200), [EAGER_PENDULUM, COMPILED_PENDULUM, PENDULUM_IN_C],
            [Goal(COMPILED_PENDULUM, 10, EAGER_PENDULUM), Goal(PENDULUM_IN_C, 1000, EAGER_PENDULUM)], EAGER_PENDULUM,
        ),
    ]  # fmt: skip


def growth(quick: bool, seed: int) -> dict[int, Race]:
    """The step on the moons, for more and more points."""
    return {
        points: Race("", moons_problem(points, seed), [MLP, COMPILED, VMAPPED] if points <= EAGER_UP_TO else [COMPILED, VMAPPED], [], MLP)
        for points in ([5, 10] if quick else [10, 100, 1_000, 10_000])
    }


def growth_table(races: dict[int, Race]) -> Iterator[str]:
    """The table of the growth of a step, line by line."""
    yield from ("", "How the step grows with the points, in µs, and the first compiled step, which traces and compiles, in s.", "")
    contenders = [MLP, COMPILED, VMAPPED]
    yield f"| points | {' | '.join(contender.name for contender in contenders)} | compiling |"
    yield "|---:|---:|---:|---:|---:|"
    for points, race in races.items():
        medians = race.medians()
        cells = [micro(medians[contender]) if contender in medians else "" for contender in contenders]
        cells.append(figures(race.first[COMPILED]) if COMPILED in race.first else "")
        yield f"| {points:,} | {' | '.join(cells)} |"


def compilations(quick: bool, seed: int) -> list[Compilation]:
    """The moons, and the GPT for names of several lengths, each of which is compiled to a program of its own."""
    points, words = (20, ["ada"]) if quick else (100, ["ada", "hypatia", "maria-guadalupe"])
    moons = Compilation(f"moons, {points} points", moons_problem(points, seed), COMPILED, MLP, 3, 20)
    in_c = Compilation(f"moons, {points} points, the whole step in C", moons_problem(points, seed), IN_C, MLP, 1.5)
    return [moons, in_c] + [
        Compilation(f"GPT, a name of {len(word)} letters", names_problem([word], seed), COMPILED_NAMES, EAGER_NAMES, 10) for word in words
    ]


def compilation_table(compilations: list[Compilation]) -> Iterator[str]:
    """The table of first steps, line by line."""
    yield from ("", "The first step of a compiled function, which traces and compiles.", "")
    yield from ("| | seconds | eager steps | wanted | |", "|---|---:|---:|---|---|")
    yield from (compilation.row() for compilation in compilations if compilation.first and compilation.eager)


def call_table(runs: Sequence[dict[str, float]]) -> Iterator[str]:
    """The table of the calls of a small compiled function, line by line."""
    compiling, call, program = (min(run[part] for run in runs) for part in ("compile", "call", "program"))
    yield from ("", "A compiled function of three operations: the shortest times.", "", "| | µs | wanted | |", "|---|---:|---:|---|")
    yield f"| a call, beyond that of its program alone | {micro(call - program)} | at most 8 | {verdict(call - program <= 8e-6)} |"
    yield f"| compiling it | {micro(compiling)} | at most 3,000 | {verdict(compiling <= 3e-3)} |"


def peaks(quick: bool, seed: int) -> list[Peak]:
    """The memory of the networks of layers."""
    return [
        Peak(title, problem, LAYERS, PYTORCH_LAYERS, goal)
        for (title, problem), goal in zip(layers(quick, seed).items(), MEMORY_GOALS, strict=True)
    ]


def peak_table(peaks: list[Peak], versions: dict[Contender, str]) -> Iterator[str]:
    """The table of peaks of memory, line by line."""
    yield from ("", "The most memory that training holds at a time, beyond that of the library itself, in MB.", "")
    yield f"| | {titled(PYTORCH_LAYERS, versions)} | {LAYERS.name} | | wanted | |"
    yield "|---|---:|---:|---:|---|---|"
    yield from (peak.row() for peak in peaks if {peak.contender, peak.peer} <= {*peak.bytes})


def moons_problem(points: int, seed: int) -> Problem:
    """The moons and an untrained network, initialised as in micrograd."""
    from sklearn.datasets import make_moons  # on first use, since it takes a second to load

    X, y = make_moons(points, noise=0.1, random_state=seed)
    rng = np.random.default_rng(seed)
    layers = [(rng.uniform(-1, 1, (outs, ins)), np.zeros(outs)) for ins, outs in itertools.pairwise([2, 16, 16, 1])]
    return Problem(X, 2.0 * y - 1, layers)


def names_problem(words: list[str], seed: int) -> Names:
    """Each name between two marks. The alphabet is always the English one with a hyphen."""
    alphabet = "abcdefghijklmnopqrstuvwxyz-"
    mark = len(alphabet)
    return Names([[mark, *map(alphabet.index, word), mark] for word in words], len(alphabet) + 1, seed)


def network_problem(steps: int, seed: int) -> Recurrence:
    """A random sequence, and the first weights of a recurrent network."""
    rng = np.random.default_rng(seed)
    return Recurrence(rng.normal(size=(steps, 5)), [rng.normal(0, 0.3, shape) for shape in ((8, 5), (8, 8), (8, 1))])


def pendulum_problem(steps: int) -> Recurrence:
    """Angles to be met, and gravity, length, friction and the first angle of a pendulum."""
    return Recurrence(np.cos(0.03 * np.arange(steps)), [9.8, 1.0, 0.1, 0.5])


def layers(quick: bool, seed: int) -> dict[str, Examples]:
    """The networks of the tutorials: a title for each, and its problem."""
    if quick:
        return {
            "20-8-8-4 with ReLU, 6 pictures": examples_problem("mlp", (20, 8, 8, 4), (6, 20), seed),
            "a small CNN, 6 pictures": examples_problem("cnn", (10, 2, 3, 4, 3), (6, 1, 10, 10), seed),
            "a small VGG, 6 photographs": examples_problem("vgg", (3, 8, 3), (6, 3, 32, 32), seed),
            "a small ResNet, 6 photographs": examples_problem("resnet", (3, 8, 3), (6, 3, 32, 32), seed),
            "a small LSTM, 3 sequences": examples_problem("lstm", (4, 8, 3), (3, 5, 4), seed),
            "a small transformer layer, 3 sequences": examples_problem("transformer", (8, 2, 16, 3), (3, 5, 8), seed),
        }
    return {
        "784-256-128-10 with ReLU, 64 pictures": examples_problem("mlp", (784, 256, 128, 10), (64, 784), seed),
        "CNN with two 3×3 convolutions (32, 64), two max-pools and 1600-128-10, 32 pictures of 28 × 28":
            examples_problem("cnn", (28, 32, 64, 128, 10), (32, 1, 28, 28), seed),
        "VGG with batch normalization, stages of 32, 64 and 128 channels, 32 photographs of 32 × 32":
            examples_problem("vgg", (32, 64, 128, 10), (32, 3, 32, 32), seed),
        "ResNet-20, stages of 16, 32 and 64 channels, 32 photographs of 32 × 32":
            examples_problem("resnet", (16, 32, 64, 10), (32, 3, 32, 32), seed),
        "LSTM with 64 hidden numbers, 32 sequences of length 32":
            examples_problem("lstm", (64, 64, 10), (32, 32, 64), seed),
        "transformer layer of width 64 with 4 heads and 256 neurons, 32 sequences of length 32":
            examples_problem("transformer", (64, 4, 256, 10), (32, 32, 64), seed),
    }  # fmt: skip


def examples_problem(network: str, sizes: tuple[int, ...], shape: tuple[int, ...], seed: int) -> Examples:
    """Random examples and classes, and the network's first weights as this project draws them, in float32."""
    from peers import glassgrad  # on first use, since it loads the whole library

    rng = np.random.default_rng(seed)
    glassgrad.nn.manual_seed(seed)
    weights = glassgrad.NETWORKS[network](*sizes).state_dict()
    return Examples((network, sizes), rng.normal(size=shape).astype(np.float32), rng.integers(0, sizes[-1], shape[0]), weights)


def titled(contender: Contender, versions: dict[Contender, str]) -> str:
    """The name of a contender, with the version of another library."""
    return f"{contender.name} {'' if contender.package == 'glassgrad' else versions.get(contender, '')}".strip()


def micro(seconds: float) -> str:
    """A time in microseconds, with three significant digits."""
    return figures(seconds * 1e6)


def figures(x: float) -> str:
    """A positive number with three significant digits, such as 1,170,000."""
    digits = 2 - math.floor(math.log10(x))
    return f"{round(x, digits):,.{max(digits, 0)}f}"


def verdict(met: bool) -> str:
    return "met" if met else "**missed**"
