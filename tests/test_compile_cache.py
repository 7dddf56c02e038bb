# ruff: noqa: B905, E501
"""Which calls one program serves: shapes, modes, arguments that are no numbers; and who is told that each call compiles."""

import dataclasses
import functools
import warnings

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from autograd.compiling.program import Program

# --- arguments that are no numbers ----------------------------------------------------------------

w = Value(2.0)
FLAT = np.array([1.0, 2.0, 3.0, 4.0])


@dataclasses.dataclass(frozen=True)
class Options:
    rate: float = 0.5
    names: tuple = ("a", "b")


@dataclasses.dataclass
class Changing:
    rate: float = 0.5


class Plain:
    rate = 0.5


def scaled_by(k):
    return lambda x: x * k


def numbers_of(n):
    yield from range(n)


EQUAL = {
    "range": lambda: range(5), "lambda": lambda: lambda x: 2 * x, "closure": lambda: scaled_by(2.0), "partial": lambda: functools.partial(max, 1.0),
    "frozen": Options, "set": lambda: {1, 2, 3}, "frozenset": lambda: frozenset("ab"), "none": lambda: None, "text": lambda: "".join(["a", "b"]),
    "nested": lambda: [range(2), {"k": (Options(), {1.5})}], "bound method": lambda: w.relu, "complex": lambda: complex(1, 2),
    "builtin method": lambda: FLAT.sum, "recursive": lambda: recursive(), "defaults": lambda: lambda x, k=2.0, *, j=(1, 2): x,
}  # fmt: skip
ANOTHER = {"dataclass": Changing, "object": Plain, "zip": lambda: zip([1.0], [2.0]), "generator": lambda: numbers_of(3), "iterator": lambda: iter([1.0]), "map": lambda: map(abs, [1])}


def recursive():
    def down(n):
        return 0 if n == 0 else down(n - 1)

    return down


@pytest.mark.parametrize("make", EQUAL.values(), ids=EQUAL)
def test_equal_arguments_are_served_by_one_program(make):
    f = autograd.compile(lambda x, thing: w * x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for i in range(20):
            assert f(float(i), make()).data == 2.0 * i
    assert len(f.programs) == 1


@pytest.mark.parametrize("make", ANOTHER.values(), ids=ANOTHER)
def test_who_compiles_at_every_call_is_told_once_what_differs(make):
    f = autograd.compile(lambda x, thing: w * (x[0] if isinstance(x, list) else x))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for i in range(8):
            f(float(i), make())
        assert not caught
        for i in range(40):
            f(float(i), make())
            f([1.0] * (i % 3 + 1), "other shapes")
    (warning,) = caught
    assert "compiled 9 times in a row" in str(warning.message)
    assert "its argument `thing` is" in str(warning.message)
    assert ("list(thing)" in str(warning.message)) == (make in list(ANOTHER.values())[2:])
    assert warning.filename == __file__
    assert len(f.programs) <= 64


DIFFERENT = [
    (range(3), range(4), lambda r: sum(r)), (range(0, 3, 2), range(0, 4, 2), lambda r: r.stop), (scaled_by(2.0), scaled_by(3.0), lambda k: k(1.0)),
    (Options(0.5), Options(0.25), lambda o: o.rate), ({1, 2}, {1, 3}, sum), ({1}, {1.5}, sum), (Options(1), Options(True), lambda o: 3.0 if o.rate is True else 5.0),
    ((Options(0.0),), (Options(-0.0),), lambda o: np.copysign(1.0, o[0].rate)), (functools.partial(max, 1.0), functools.partial(max, 9.0), lambda f: f(3.0)),
    (lambda x, k=2.0: x * k, lambda x, k=3.0: x * k, lambda f: f(1.0)), ({2}, frozenset({2}), lambda s: 1.0 if isinstance(s, frozenset) else 2.0),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "number"), DIFFERENT)
def test_arguments_that_differ_are_told_apart(one, other, number):
    f = autograd.compile(lambda x, thing: w * x * number(thing))
    for thing in (one, other, one):
        assert f(2.0, thing).data == f.function(2.0, thing).data
    assert len(f.programs) == 2


def test_a_closure_that_was_changed_is_another():
    k = 2.0

    def scaled(x):
        return x * k

    f = autograd.compile(lambda x, g: w * g(x))
    assert f(1.0, scaled).data == 4.0
    k = 5.0
    assert f(1.0, scaled).data == 10.0


def test_an_iterator_is_read_once_as_far_as_it_is_used():
    f = autograd.compile(lambda x, numbers: w * x * next(numbers) + next(numbers))
    numbers = iter([1.0, 10.0, 2.0, 20.0, 5.0])
    assert [f(1.0, numbers).data, f(1.0, numbers).data, next(numbers)] == [12.0, 24.0, 5.0]
    made = []

    def lazy(x, pairs):
        if not made:
            made.append(Value(3.0))
        return made[0] * x * sum(a * b for a, b in pairs)

    assert autograd.compile(lazy)(1.0, zip([1.0, 2.0], [3.0, 4.0])).data == 33.0


def test_hits_between_reset_the_count():
    f = autograd.compile(lambda x, thing: w * x)
    for _ in range(30):
        thing = Plain()
        for _ in range(2):
            f(1.0, thing)


# --- shapes and modes -----------------------------------------------------------------------------


def test_a_new_shape_makes_a_new_program_and_the_cache_is_bounded():
    f = autograd.compile(lambda xs: sum(x * x for x in xs))
    for n in range(1, 100):
        assert f([2.0] * n).data == 4.0 * n
    assert len(f.programs) == 64
    latest = f.programs[next(reversed(f.programs))]
    assert latest.source == f.source


def test_the_same_shapes_use_the_same_program():
    f = autograd.compile(lambda xs, y: sum(xs) * y)
    for y in (1.0, 2.0, -3.0):
        f([y, 1.0], y)
    assert len(f.programs) == 1
    assert repr(f) == "<compiled test_the_same_shapes_use_the_same_program.<locals>.<lambda>, 1 program>" or "1 program>" in repr(f)


def test_training_and_evaluation_are_different_programs_of_a_module():
    class Noisy(nn.Module):
        def __init__(self):
            self.w = Value(2.0)

        def forward(self, x):
            return self.w * x if self.training else x

    model = Noisy()
    f = autograd.compile(lambda x: model(x))
    assert f(3.0).data == 6.0
    model.eval()
    assert f(3.0).data == 3.0
    model.train()
    assert f(3.0).data == 6.0


def test_from_training_to_evaluation_and_back_takes_two_programs(monkeypatch):
    made = []

    class Counted(Program):
        def __init__(self, *args):
            made.append(self)
            super().__init__(*args)

    monkeypatch.setattr("autograd.compiling.cache.Program", Counted)
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Dropout(0.5, rng=0))
    f = autograd.compile(lambda x: model(x).sum())
    x = np.ones((3, 2))
    expected = model.eval()(x).sum().item()
    for _ in range(3):
        model.train()
        f(x)
        model.eval()
        assert f(x).item() == pytest.approx(expected)
    assert len(made) == 2


def test_compiling_again_and_again_for_the_same_shapes_is_told():
    class Trainer:
        def __init__(self):
            self.w, self.history = Value(1.0), []

    trainer = Trainer()
    f = autograd.compile(lambda x: trainer.w * x * len([*trainer.history, 1][:1]))
    g = autograd.compile(lambda x: trainer.w * x)  # does not look at it

    def train(f):
        for i in range(20):
            trainer.history.append(i)
            assert f(1.0).data == 1.0

    with pytest.warns(UserWarning, match="history"):
        train(f)
    train(g)
