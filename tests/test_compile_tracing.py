"""What would freeze a number into a compiled program is refused, with its line and what to write instead."""

import math
import random
import time
import types

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value

w = [Value(2.0), Value(-1.0)]


def names_the_line(error):
    import re

    return re.search(r"in line \d+ of .*test_compile_tracing\.py", str(error.value))


BRANCH = "autograd.where"
READ = "read numbers from what the compiled function returns"
LOOKS = [
    (lambda v: v if v > 0 else -v, BRANCH),
    (lambda v: 1 if v == 0 else v, BRANCH),
    (lambda v: v and 1.0, BRANCH),
    (lambda v: not v, BRANCH),
    (lambda v: sorted([v, 1.0 * v]), BRANCH),
    (lambda v: 0 < v < 1, BRANCH),
    (lambda v: [1.0].index(v), BRANCH),
    (lambda v: float(v), "autograd.exp"),
    (lambda v: math.exp(v), "autograd.exp"),
    (lambda v: math.floor(v), "autograd.exp"),
    (lambda v: int(v), "as it is"),
    (lambda v: complex(v), "as it is"),
    (lambda v: f"{v:.2f}", READ),
    (lambda v: range(v), "outside"),
    (lambda v: [1.0, 2.0][v], "autograd.take"),
    (lambda v: np.argmax(v), READ),
    (lambda v: np.isnan(v), READ),
]


@pytest.mark.parametrize("look", LOOKS)
def test_what_looks_at_a_number_is_refused_with_the_line_and_a_replacement(look):
    function, instead = look
    p = Value(3.0)
    for f, args in ((function, (2.0,)), (lambda: function(p * 2), ()), (lambda x: function(x[0]), ([1.0, 2.0],))):
        with pytest.raises(TypeError, match="cannot be compiled") as error:
            autograd.compile(f)(*args)
        assert instead in str(error.value)
        assert names_the_line(error)


def test_what_looks_at_a_tensor_is_refused():
    t = Tensor([1.0, 2.0])
    for look in (
        lambda: t if t.sum() > 0 else -t, lambda: t * t.data, lambda: t.numpy(), lambda: t.tolist(), lambda: float(t[0]),
        lambda: np.asarray(t), lambda: t[np.argmax(t)], lambda: np.argpartition(t, 1), lambda: np.isclose(t, 1.0), lambda: f"{t[0]:.1f}",
    ):  # fmt: skip
        with pytest.raises(TypeError, match="cannot be compiled") as error:
            autograd.compile(look)()
        assert names_the_line(error)


def test_the_arguments_array_is_hidden_as_well():
    for look in (lambda x: x.tolist(), lambda x: np.argmax(x), lambda x: x[0] if x[0] > x[1] else x[1], lambda x: [1, 2][int(x[0])]):
        with pytest.raises(TypeError, match="cannot be compiled"):
            autograd.compile(look)(np.array([1.0, 2.0]))
    f = autograd.compile(lambda x, y: autograd.where(np.greater(x, y), x, y) + autograd.where(np.ones(2) > y, 0.0, 1.0))
    a, b = np.array([1.0, 5.0]), np.array([2.0, 0.0])
    assert f(a, b).data.tolist() == [3.0, 5.0]
    assert f(b, a).data.tolist() == [3.0, 6.0]


def test_rounding_is_not_possible_in_either_world():
    with pytest.raises(TypeError):
        autograd.compile(lambda v: round(v))(2.0)


def test_parameters_cannot_be_changed_inside():
    p, t = Value(3.0), Tensor([1.0])

    def write_value():
        p.data = 1.0

    def write_tensor():
        t.data = [1.0]

    def write_entry():
        t[0] = 1.0

    def step():
        p.data -= 0.1

    for f in (write_value, write_tensor, write_entry, step):
        with pytest.raises(TypeError, match="cannot be compiled"):
            autograd.compile(f)()
    assert p.data == 3.0


def test_gradients_are_hidden_as_well():
    p, t = Value(3.0), Tensor([1.0, 2.0])
    p.grad, t.grad = 5.0, np.array([1.0, 1.0])
    looks = [lambda: p * p.grad, lambda: p * 2 if p.grad else p, lambda: t * t.grad, lambda: 1 / p.grad * p, lambda: t * t.grad.sum()]
    for f in looks:
        for _ in range(2):
            with pytest.raises(TypeError, match=r"cannot be compiled: \.grad") as error:
                autograd.compile(f)()
            assert names_the_line(error)
    autograd.compile(lambda: p * 2)()  # now it is in a store
    with pytest.raises(TypeError, match=r"cannot be compiled: \.grad"):
        autograd.compile(looks[0])()
    assert (p.grad, t.grad.tolist()) == (5.0, [1.0, 1.0])


def test_after_an_error_everything_is_as_before():
    p = Value(3.0)
    with pytest.raises(TypeError, match="cannot be compiled"):
        autograd.compile(lambda x: p if x > 0 else x)(1.0)
    with pytest.raises(ZeroDivisionError):
        autograd.compile(lambda x: 1 // 0)(1.0)
    assert p > 2
    assert p.data == 3.0
    assert f"{p:.1f}" == "3.0"


def test_random_numbers_of_python_and_numpy_are_refused():
    rng = np.random.default_rng(0)
    dice = random.Random(0)
    for draw in (
        lambda x: x * random.random(), lambda x: x * np.random.rand(), lambda x: x * rng.normal(), lambda x: x * dice.random(),
        lambda x: x * random.choice([1.0, 2.0]),
    ):  # fmt: skip
        with pytest.raises(TypeError, match="draws random numbers"):
            autograd.compile(draw)(1.0)


def test_an_iterator_is_refused():
    batches = iter([1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match=r"it can see `batches`, a list_iterator, an iterator, .* pass it as an argument"):
        autograd.compile(lambda x: x * next(batches))(1.0)
    assert next(batches) == 1.0


def test_what_changes_at_each_call_is_refused():
    calls, count = [], 0

    def logs(x):
        calls.append(1)
        return w[0] * x

    def counts(x):
        nonlocal count
        count += 1
        return w[0] * x * count

    class Counter:
        n = 0

        def __call__(self, x):
            self.n += 1
            return w[0] * x * self.n

    for f, name in [(logs, "calls"), (counts, "count"), (Counter(), r"self\.n|n")]:
        with pytest.raises(TypeError, match=f"each call changes `({name})`"):
            autograd.compile(f)(1.0)


def test_the_time_and_new_generators_of_random_numbers_are_refused():
    for f, what in (
        (lambda x: w[0] * x * time.perf_counter(), "a function of the library time"),
        (lambda x: w[0] * x * np.random.default_rng().random(), "a function of the library numpy.random"),
        (lambda x: Value(random.Random().random()) * x, "a class of the library random"),
    ):
        with pytest.raises(TypeError, match=f"it can see `.*`, {what}, .* pass it as an argument"):
            autograd.compile(f)(1.0)


@pytest.mark.parametrize(
    "pack",
    [lambda y: (v for v in [y]), lambda y: {y}, lambda y: (lambda: y), lambda y: map(abs, [y]), lambda y: types.SimpleNamespace(y=y)],
    ids=["generator", "set", "function", "map", "namespace"],
)
def test_values_hidden_in_a_result_are_refused(pack):
    with pytest.raises(TypeError, match=r"it returns a \w+, in which Values would stay"):
        autograd.compile(lambda x: pack(w[0] * x))(1.0)


def test_the_text_of_what_is_traced_has_no_number_that_could_be_frozen():
    texts = []
    w, t = Value(3.0, label="w"), Tensor([4.0, 5.0], label="t")

    def f(x):
        nonlocal texts
        texts = [repr(w), f"{w}", str(w * x), repr(t), str(t * x)]
        return w * x + t.sum()

    autograd.compile(f)(2.0)
    assert texts == ["Value(…, label='w')", "Value(…, label='w')", "Value(…)", "Tensor(…, shape=(2,), label='t')", "Tensor(…, shape=(2,))"]


def test_a_number_cannot_be_read_from_a_text_while_compiling():
    w = Value(3.0)
    with pytest.raises(ValueError, match="could not convert"):
        autograd.compile(lambda x: w * x * float(repr(w).removeprefix("Value(data=").partition(",")[0]))(2.0)
