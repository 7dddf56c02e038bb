"""`autograd.compile`: what it is called like, what it notices, and what it refuses."""

import array
import collections
import copy
import functools
import gc
import itertools
import math
import pickle
import random
import time
import types
import weakref
from typing import NamedTuple

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value
from autograd.compiling.program import Program
from autograd.state import update

w = [Value(2.0), Value(-1.0)]
factor = 2.0


def values(*numbers):
    return [Value(x) for x in numbers]


# --- calling -------------------------------------------------------------------------------------


def test_a_compiled_function_returns_nodes_whose_backward_fills_the_same_gradients():
    v = values(1.0, 2.0, 3.0)
    f = autograd.compile(lambda xs: sum(a * x for a, x in zip(v, xs, strict=False)) ** 2)
    out = f([1.0, 1.0, 0.5])
    assert isinstance(out, Value)
    assert out.data == 20.25
    out.backward()
    assert [a.grad for a in v] == [9.0, 9.0, 4.5]
    out.backward()
    assert [a.grad for a in v] == [18.0, 18.0, 9.0]


def test_results_come_in_the_structure_in_which_they_were_returned():
    class Both(NamedTuple):
        loss: object
        scores: object

    a = Value(3.0)
    f = autograd.compile(lambda xs: Both({"sum": a * sum(xs), "n": len(xs), "none": None}, ([a * x for x in xs], xs[0], "text")))
    out = f([1.0, 2.0])
    assert type(out) is Both
    assert out.loss["sum"].data == 9.0
    assert out.loss["n"] == 2
    assert out.loss["none"] is None
    assert [s.data for s in out.scores[0]] == [3.0, 6.0]
    assert out.scores[1].data == 1.0
    assert out.scores[2] == "text"
    (out.loss["sum"] + 10 * out.scores[0][1]).backward()
    assert a.grad == 23.0


@pytest.mark.parametrize("f", [lambda: None, lambda: [1, "a"], dict, lambda: 2.5])
def test_a_function_may_return_no_nodes(f):
    assert autograd.compile(f)() == f()


def test_a_function_may_return_its_argument_a_parameter_or_a_value_that_it_made():
    a, t = Value(3.0), Tensor([1.0, 2.0])
    f = autograd.compile(lambda x: [x, a, Value(7.0), t, Tensor([5.0]), a])
    x = Value(2.0)
    out = f(x)
    assert [np.array(o.data).tolist() for o in out] == [2.0, 3.0, 7.0, [1.0, 2.0], [5.0], 3.0]
    (out[0] * 2 + out[1] * 3 + out[5] + out[3].sum()).backward()
    assert (x.grad, a.grad, t.grad.tolist()) == (2.0, 4.0, [1.0, 1.0])


def test_a_returned_parameter_is_not_the_parameters_array():
    t = Tensor([1.0, 2.0])
    out = autograd.compile(lambda: +t)()
    t.data[0] = 50.0
    assert out.data.tolist() == [1.0, 2.0]


def test_arguments_may_be_numbers_lists_arrays_nodes_and_nested():
    f = autograd.compile(lambda a, b, c=2.0, *rest, **more: a["x"][0][1] * b[1] + c * rest[0] + more["k"][0])
    x, k = Value(3.0), Value(5.0)
    out = f({"x": [(1, x)]}, np.array([1.0, 2.0]), 10, np.float32(0.5), k=[k])
    out.backward()
    assert (out.data, x.grad, k.grad) == (16.0, 2.0, 1.0)
    assert f({"x": [(1, 4.0)]}, np.array([1.0, 2.0]), 10, 0.25, k=[1.0]).data == 11.5


def test_a_list_of_values_as_an_argument_gets_its_gradients():
    f = autograd.compile(lambda v, u: sum(a * a for a in v) + u[0])
    v, u = values(1.0, 2.0, 3.0), [1.0, Value(2.0)]
    f(v, u).backward()
    assert [a.grad for a in v] == [2.0, 4.0, 6.0]
    f([*v, Value(1.0)], u).backward()
    assert len(f.programs) == 2


def test_nested_lists_of_values_are_arrays_of_the_program():
    rng = np.random.default_rng(0)
    hidden = [values(*row) for row in rng.normal(size=(4, 3))], values(*rng.normal(size=4))
    network = [hidden, ([values(*rng.normal(size=4))], values(0.5))]

    @autograd.compile
    def loss(network, xs):
        total = 0.0
        for x in xs:
            for rows, biases in network:
                x = [(sum(w * v for w, v in zip(row, x, strict=True)) + b).tanh() for row, b in zip(rows, biases, strict=True)]
            total = total + x[0]
        return total

    xs = rng.normal(size=(5, 3))
    parameters = [v for rows, biases in network for v in [*(w for row in rows for w in row), *biases]]
    gradients = []
    for f in (loss, loss.function):
        for v in parameters:
            v.zero_grad()
        f(network, xs).backward()
        gradients.append([v.grad for v in parameters])
    np.testing.assert_allclose(*gradients, rtol=1e-12)
    assert loss.source.count(" @ ") == 5
    assert all(f"network_{i}_{j}" in loss.source for i in (0, 1) for j in (0, 1))


def test_a_value_that_is_both_argument_and_parameter_gets_both_gradients():
    a = Value(3.0)
    f = autograd.compile(lambda x: x * a)
    f(a).backward()
    assert a.grad == 6.0


def test_rows_of_an_array_are_arrays_whose_numbers_are_values():
    weights = Tensor([[1.0, 2.0], [3.0, 4.0]])

    def f(x):
        row = x[0]
        assert not isinstance(row, list)
        assert all(isinstance(v, (Value, float)) for v in row)
        assert len(row) == 2
        return sum(row) + (row * 2 + x[1]).sum() + (row @ weights).sum() + (3 - row).mean() + row[-1]

    x = np.array([[1.0, 2.0], [5.0, 7.0]])
    expected = 3 + (x[0] * 2 + x[1]).sum() + (x[0] @ weights.data).sum() + (3 - x[0]).mean() + 2
    assert autograd.compile(f)(x).data == pytest.approx(expected)


def test_float32_arguments_do_not_lower_the_precision_of_later_calls():
    f = autograd.compile(lambda x: x / 3)
    assert f(np.float32(1.0)).data == pytest.approx(1 / 3, rel=1e-6)
    assert f(1.0).data == 1 / 3
    g = autograd.compile(lambda xs: xs[0] / 3)
    g([np.float32(1.0)])
    assert g([1.0]).data == 1 / 3


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


def test_source_before_the_first_call_says_to_call():
    with pytest.raises(RuntimeError, match="Call it once"):
        _ = autograd.compile(lambda x: x).source


def test_an_argument_that_is_no_number_is_refused_or_the_program_is_for_it():
    f = autograd.compile(lambda x, how: x * 2 if how == "double" else -x)
    assert [f(2.0, "double").data, f(2.0, "negate").data, f(3.0, "double").data] == [4.0, -2.0, 6.0]
    assert len(f.programs) == 2
    g = autograd.compile(lambda x, flag: x if flag else -x)
    assert [g(2.0, True).data, g(2.0, False).data] == [2.0, -2.0]


def test_a_module_may_be_an_argument():
    f = autograd.compile(lambda model, x: model(x))
    first, second = nn.MLP(2, [3, 1], rng=0), nn.MLP(2, [3, 1], rng=1)
    for model in (first, second, first):
        assert f(model, [1.0, -2.0]).data == pytest.approx(model([1.0, -2.0]).data, rel=1e-12)
    first.layers[0].neurons[0].activation = "tanh"
    assert f(first, [1.0, -2.0]).data == pytest.approx(first([1.0, -2.0]).data, rel=1e-12)


# --- whatever is callable --------------------------------------------------------------------------


class Line:
    def __init__(self):
        self.slope, self.scale = Value(2.0), 1.0

    @autograd.compile
    def compiled(self, x):
        """A line."""
        return self.slope * x * self.scale

    def plain(self, x):
        return self.slope * x * self.scale

    def __call__(self, x):
        return self.plain(x) + 1


def test_methods_compile():
    line, other = Line(), Line()
    other.slope.data = 5.0
    assert [line.compiled(3.0).data, other.compiled(3.0).data] == [6.0, 15.0]
    assert "forward" in line.compiled.source
    assert line.compiled.__doc__ == "A line."
    line.scale = 10.0
    assert line.compiled(3.0).data == 60.0
    assert autograd.compile(line.plain)(3.0).data == 60.0


def test_objects_lambdas_and_partial_functions_compile():
    line = Line()
    assert autograd.compile(line)(3.0).data == 7.0
    assert autograd.compile(functools.partial(lambda k, x: k * x * line.slope, 3.0))(2.0).data == 12.0
    partial = functools.partial(lambda x, k: x * k, k=4.0)
    f = autograd.compile(partial)
    assert f(2.0).data == 8.0
    assert "partial" not in f.source
    assert "<lambda>" in repr(f) or "lambda" in repr(f)


def test_recursion_and_functions_within_functions():
    def power(x, n):
        return x if n == 1 else x * power(x, n - 1)

    @autograd.compile
    def f(x):
        def inner(y):
            return power(y, 3) + scaled(y)

        return inner(x)

    x = Value(2.0)
    f(x).backward()
    assert x.grad == 12.0 + factor


def scaled(x):
    return x * factor


def test_a_compiled_function_within_a_compiled_function():
    a, k = Value(3.0), [2.0]

    @autograd.compile
    def inner(x):
        return a * x * k[0]

    outer = autograd.compile(lambda x: inner(x) + inner(x + 1))
    outer(1.0).backward()
    assert a.grad == 6.0
    k[0] = 10.0
    assert outer(1.0).data == 90.0


def test_a_compiled_call_is_a_node_of_a_larger_graph():
    a, b = Value(3.0), Value(2.0)
    f = autograd.compile(lambda x: a * x)
    (f(b * b) * b).backward()
    assert (a.grad, b.grad) == (8.0, 36.0)


def test_a_value_computed_outside_keeps_its_history():
    a = Value(3.0)
    h = a * a
    f = autograd.compile(lambda x: h * x)
    f(2.0).backward()
    assert a.grad == 12.0
    frozen = h.detach()
    g = autograd.compile(lambda x: frozen * x + a)
    a.zero_grad()
    g(2.0).backward()
    assert a.grad == 1.0


def test_second_derivatives_say_to_use_the_function_itself():
    f = autograd.compile(lambda x: x**3)
    with pytest.raises(TypeError, match="first derivatives only"):
        autograd.grad(autograd.grad(f))(2.0)
    assert autograd.grad(f)(2.0) == pytest.approx(12.0)
    assert autograd.compile(autograd.grad(lambda x: x**3))(2.0).data == pytest.approx(12.0)
    a = Value(2.0)
    g = autograd.compile(lambda x: autograd.grad(lambda y: a * y**3)(x))
    out = g(2.0)
    out.backward()
    assert (out.data, a.grad) == (24.0, 12.0)


def test_under_no_grad_a_call_gives_a_constant():
    a = Value(3.0)
    f = autograd.compile(lambda x: a * x)
    with autograd.no_grad():
        out = f(2.0)
    assert (out.data, out.requires_grad) == (6.0, False)
    f(2.0).backward()
    assert a.grad == 2.0


def test_a_parameter_changed_between_forward_and_backward_is_an_error():
    for p in (Value(3.0), Tensor([3.0])):
        f = autograd.compile(lambda x: p * x)  # noqa: B023
        out = f(2.0) if isinstance(p, Value) else f(2.0).sum()
        p.data -= 0.1
        with pytest.raises(RuntimeError, match="was changed after"):
            out.backward()


def test_two_compiled_functions_share_parameters_in_any_order():
    v = values(1.0, 2.0, 3.0, 4.0)
    rows = [v[:2], v[2:]]
    f = autograd.compile(lambda: sum(a * a for a in v))
    g = autograd.compile(lambda x: sum(b * c for row in rows[::-1] for b, c in zip(row[::-1], x, strict=False)))
    h = autograd.compile(lambda: v[3] * v[0])
    for _ in range(2):
        for a in v:
            a.zero_grad()
        (f() + g([10.0, 20.0]) + h() + v[1] * 100).backward()
        assert [a.grad for a in v] == [2 + 20 + 4, 4 + 10 + 100, 6 + 20, 8 + 10 + 1]


def test_values_made_inside_are_part_of_the_program():
    a = Value(3.0)

    @autograd.compile
    def f(xs):
        total, one = Value(0.0), Tensor([1.0, 1.0])
        for x in xs:
            total = total + a * x
        return total + (one * total).sum()

    assert f([1.0, 2.0]).data == 27.0
    assert f([2.0, 2.0]).data == 36.0


def test_parameters_made_by_the_first_call_are_found():
    class Lazy:
        weight = None

        def __call__(self, x):
            if self.weight is None:
                self.weight = Value(3.0)
            return self.weight * x

    lazy = Lazy()
    f = autograd.compile(lambda x: lazy(x))
    f(2.0).backward()
    assert lazy.weight.grad == 2.0
    lazy.weight.data = 10.0
    assert f(2.0).data == 20.0


# --- never frozen ----------------------------------------------------------------------------------


def names_the_line(error):
    import re

    return re.search(r"in line \d+ of .*test_compile\.py", str(error.value))


BRANCH = "autograd.where"
READ = "read numbers from what the compiled function returns"
LOOKS = [
    (lambda v: v if v > 0 else -v, BRANCH),
    (lambda v: 1 if v == 0 else v, BRANCH),
    (lambda v: v and 1.0, BRANCH),
    (lambda v: not v, BRANCH),
    (lambda v: max([v, 1.0]), BRANCH),
    (lambda v: min(v, 1.0), BRANCH),
    (lambda v: sorted([v, 1.0 * v]), BRANCH),
    (lambda v: 0 < v < 1, BRANCH),
    (lambda v: [1.0].index(v), BRANCH),
    (lambda v: v.data * v, READ),
    (lambda v: v.item() * v, READ),
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
    (lambda v: v.backward(), "autograd.grad"),
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
        lambda: np.asarray(t), lambda: t[np.argmax(t)], lambda: np.argsort(t), lambda: np.isclose(t, 1.0), lambda: f"{t[0]:.1f}",
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


def test_a_copy_inside_is_made_anew_at_each_call():
    import copy

    f = autograd.compile(lambda x: copy.copy(x) * x + copy.deepcopy(x * x))
    for number in (2.0, 3.0):
        x = Value(number)
        out = f(x)
        out.backward()
        assert (out.data, x.grad) == (2 * number**2, number)


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


def test_no_grad_and_detach_inside_cut_the_derivative_and_nothing_else():
    p = Value(3.0)

    @autograd.compile
    def f(x):
        with autograd.no_grad():
            scale = x * p
        return scale * p + p.detach() * x

    for x in (2.0, 5.0):
        p.zero_grad()
        out = f(x)
        out.backward()
        assert out.data == x * p.data**2 + p.data * x
        assert p.grad == x * p.data
        p.data += 1.0


# --- what it sees outside ----------------------------------------------------------------------------


def test_a_global_number_may_change(monkeypatch):
    f = autograd.compile(lambda x: scaled(x) + factor)
    assert f(3.0).data == 8.0
    monkeypatch.setitem(globals(), "factor", 10.0)
    assert f(3.0).data == 40.0
    assert len(f.programs) == 1


def test_a_closed_over_number_list_dict_set_or_array_may_change():
    k, items, names, array, nested = 2.0, [1.0], {"a": 1.0}, np.array([1.0, 2.0]), {"x": [(1.0, [2.0])]}
    chosen = {0}

    @autograd.compile
    def f(x):
        return x * k + sum(items) + names["a"] + float(array[0]) + nested["x"][0][1][0] + len(chosen)

    def expect(number):
        assert f(1.0).data == number
        assert f(1.0).data == number

    expect(2 + 1 + 1 + 1 + 2 + 1)
    k = 3.0
    expect(9.0)
    items.append(10.0)
    expect(19.0)
    items[0] = 2.0
    expect(20.0)
    names["a"] = 5.0
    expect(24.0)
    array[0] = 2.0
    expect(25.0)
    nested["x"][0][1][0] = 3.0
    expect(26.0)
    array = np.array([7.0])
    expect(31.0)
    array[0] = 8.0
    expect(32.0)
    chosen.add(1)
    expect(33.0)


def test_parameters_may_be_replaced_even_by_equal_ones():
    v = values(1.0, 2.0)
    box = {"b": Value(3.0)}
    f = autograd.compile(lambda x: sum(a * x for a in v) + box["b"])
    f(2.0).backward()
    old, v[0] = v[0], Value(1.0)
    old.zero_grad()
    f(2.0).backward()
    assert (old.grad, v[0].grad) == (0.0, 2.0)
    old, box["b"] = box["b"], Value(3.0)
    old.zero_grad()
    f(2.0).backward()
    assert (old.grad, box["b"].grad) == (0.0, 1.0)
    v = values(1.0, 2.0)
    f(2.0).backward()
    assert v[1].grad == 2.0


def test_attributes_classes_slots_properties_and_defaults_may_change():
    class Base:
        slope = 2.0

        @property
        def double(self):
            return 2 * self.half * factor

        @staticmethod
        def shift(x, by=1.0):
            return x + by

    class Slotted(Base):
        __slots__ = ("half",)

    thing = Slotted()
    thing.half = 0.5
    f = autograd.compile(lambda x: Slotted.shift(x * thing.slope * thing.double))
    assert f(1.0).data == 5.0
    thing.half = 1.0
    assert f(1.0).data == 9.0
    Base.slope = 3.0
    assert f(1.0).data == 13.0
    Base.shift.__defaults__ = (2.0,)
    assert f(1.0).data == 14.0
    Base.double = property(lambda self: 1.0)
    assert f(1.0).data == 5.0

    def g(x, k=2.0, *, shift=1.0):
        return x * k + shift

    compiled = autograd.compile(g)
    assert compiled(3.0).data == 7.0
    g.__defaults__ = (5.0,)
    g.__kwdefaults__["shift"] = 0.5
    assert compiled(3.0).data == 15.5


def test_methods_of_users_classes_read_globals_too(monkeypatch):
    class Model(nn.Module):
        def __init__(self):
            self.w = Value(2.0)

        def forward(self, x):
            return self.w * x * factor

    model = Model()
    f = autograd.compile(lambda x: model(x))
    assert f(1.0).data == 4.0
    monkeypatch.setitem(globals(), "factor", 3.0)
    assert f(1.0).data == 6.0


def test_a_modules_variable_may_change(monkeypatch):
    import sys
    import types

    config = types.ModuleType("config_of_this_test")
    config.rate = 2.0
    monkeypatch.setitem(sys.modules, config.__name__, config)
    monkeypatch.setitem(globals(), "config", config)
    f = autograd.compile(lambda x: x * config.rate)
    assert f(1.0).data == 2.0
    config.rate = 3.0
    assert f(1.0).data == 3.0


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


def test_what_is_read_for_other_names_does_not_compile_again():
    data = [1.0]  # the function reads an attribute of this name, not this variable

    class Box:
        data = 2.0

    box = Box()
    f = autograd.compile(lambda x: x * box.data)
    f(1.0)
    program = f.programs[next(iter(f.programs))]
    data.append(2.0)
    f(1.0)
    assert f.programs[next(iter(f.programs))] is program


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


class Cached:
    """It answers for any attribute."""

    def __getattr__(self, name):
        return {"scale": factor}[name]


def test_containers_of_the_standard_library_may_change():
    mapping = {"a": 1.0, "b": 2.0}
    seen = collections.UserDict(a=1.0)
    chain = collections.ChainMap({"a": 1.0})
    raw = bytearray(b"\x01")
    numbers = array.array("d", [1.0])
    view = types.MappingProxyType(mapping)

    def reorder():
        mapping["a"] = mapping.pop("a")

    cases = [
        (lambda x: w[0] * x * seen["a"], lambda: seen.update(a=3.0)),
        (lambda x: w[0] * x * chain["a"], lambda: chain.update(a=3.0)),
        (lambda x: w[0] * x * raw[0], lambda: raw.__setitem__(0, 3)),
        (lambda x: w[0] * x * numbers[0], lambda: numbers.__setitem__(0, 3.0)),
        (lambda x: w[0] * x * next(iter(mapping.values())), reorder),
        (lambda x: w[0] * x * view["b"], lambda: mapping.update(b=3.0)),
    ]
    for f, change in cases:
        compiled = autograd.compile(f)
        before = compiled(2.0).data
        assert before == f(2.0).data
        change()
        assert compiled(2.0).data == f(2.0).data != before


@pytest.mark.parametrize("f", [lambda x: w[0] * x * globals()["factor"], lambda x: w[0] * x * eval("factor")], ids=["globals", "eval"])
def test_variables_read_by_their_name_are_refused(f):
    with pytest.raises(TypeError, match=r"it can see `(globals|eval)`, .* pass it as an argument"):
        autograd.compile(f)(1.0)


def test_an_object_that_answers_for_any_attribute(monkeypatch):
    cached = Cached()
    f = autograd.compile(lambda x: w[0] * x * cached.scale)
    assert f(1.0).data == 4.0
    monkeypatch.setitem(globals(), "factor", 5.0)
    assert f(1.0).data == f.function(1.0).data


def test_another_librarys_object_is_refused():
    scaler = pytest.importorskip("sklearn.preprocessing").StandardScaler().fit([[1.0], [3.0]])
    f = autograd.compile(lambda x: w[0] * (x - scaler.mean_[0]))
    with pytest.raises(TypeError, match=r"it can see `scaler`, a StandardScaler, .* pass it as an argument"):
        f(5.0)


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


def test_a_change_that_is_said_through_update_happens_at_each_call():
    seen = types.SimpleNamespace(last=None, shape=None, other=1.0)

    def change(y, z, text):
        seen.last, seen.shape = y, (z.shape, text)

    @autograd.compile
    def f(x):
        y = w[0] * x[0]
        update(seen, ["last", "shape"], change, y=y, z=Tensor(np.ones(2)) * y, text="a")
        return y * y * seen.other

    for x in (1.0, 3.0):
        result = f([x])
        assert seen.last == 2.0 * x
        assert seen.shape == ((2,), "a")
        result.backward()
        assert w[0].grad == 4.0 * x * x
        w[0].zero_grad()
    assert len(f.programs) == 1
    program = next(iter(f.programs.values()))
    f([4.0])
    assert next(iter(f.programs.values())) is program
    seen.other = 2.0
    assert f([1.0]).data == 8.0
    f.function([5.0])
    assert seen.last == 10.0


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


def test_an_array_of_values_is_returned_as_one():
    f = autograd.compile(lambda x: (np.array([[w[0] * x], [w[1]]]), 3))
    for x in (1.0, 5.0):
        found, three = f(x)
        assert found.shape == (2, 1)
        assert [v.data for v in found.ravel()] == [2.0 * x, -1.0]
        assert three == 3


@autograd.compile
def line(x):
    return w[0] * x + w[1]


def test_copies_and_pickles_of_a_compiled_function_are_those_of_the_function():
    assert pickle.loads(pickle.dumps(line)) is line
    assert copy.deepcopy(line)(3.0).data == line(3.0).data

    class Trainer:
        def __init__(self):
            self.model = nn.Linear(2, 1, rng=0)
            self.run = autograd.compile(self.model)

    one = Trainer()
    one.run(np.ones(2))
    other = copy.deepcopy(one)
    other.model.weight.data[:] = 0.0
    other.model.bias.data[:] = 7.0
    assert other.run(np.ones(2)).data.tolist() == [7.0]
    assert one.run(np.ones(2)).data.tolist() != [7.0]
    model = pickle.loads(pickle.dumps(autograd.compile(one.model)))
    assert model(np.ones(2)).data.tolist() == one.run(np.ones(2)).data.tolist()


def test_a_result_cannot_be_pickled_with_its_graph():
    with pytest.raises(TypeError, match=r"pickle its number, line\(…\)\.data"):
        pickle.dumps(line(2.0))


# --- rows by number ------------------------------------------------------------------------------------


def test_an_integer_argument_chooses_rows():
    rows = [values(1.0, 2.0), values(3.0, 4.0), values(5.0, 6.0)]

    flat = [v for row in rows for v in row]

    @autograd.compile
    def f(tokens):
        chosen = [autograd.take(rows, i) for i in tokens]
        return sum(a * b for first, second in itertools.pairwise(chosen) for a, b in zip(first, second, strict=True))

    for tokens in ([0, 1, 2], [2, 2, 0], [1, -1, 1]):
        for eager in (False, True):
            for v in flat:
                v.zero_grad()
            out = (f.function if eager else f)(tokens)
            out.backward()
            if not eager:
                number, found = out.data, [[v.grad for v in row] for row in rows]
        assert out.data == number
        assert [[v.grad for v in row] for row in rows] == found
    assert len(f.programs) == 1


def test_tensors_of_one_number_stand_among_the_candidates():
    w, t = Value(2.0), Tensor(np.array([1.0, 2.0]))
    f = autograd.compile(lambda x, i: autograd.take([w, x, x * w, t.sum(), w * 3, t[0] * w], i) * w)
    for i in range(6):
        found = []
        for run in (f.function, f):
            w.zero_grad(), t.zero_grad()
            out = run(Value(0.5), i)
            out.backward()
            found.append([float(out.data), w.grad, *np.ravel(t.grad if t.grad is not None else np.zeros(2))])
        assert found[0] == pytest.approx(found[1])


@pytest.mark.parametrize("i", [3, -4, 100])
def test_a_number_without_a_row_is_an_error(i):
    v = values(1.0, 2.0, 3.0)
    table = [v, v[::-1], [v[0] * 2, v[1], v[2]]]
    for f in (
        lambda i: autograd.take(v, i), lambda i: sum(autograd.take(table, i)), lambda i: autograd.take(v, i + 0) + autograd.take(v[:3], i),
        lambda i: [autograd.take(v, i), autograd.take([v[2], v[1], v[0]], i)], lambda i: autograd.take(Tensor([1.0, 2.0, 3.0]), i),
    ):  # fmt: skip
        compiled = autograd.compile(f)
        compiled(0)
        with pytest.raises(IndexError):
            compiled(i)


def test_only_whole_numbers_choose():
    v = values(1.0, 2.0, 3.0)
    for argument in (1.5, [1.5]):
        with pytest.raises(TypeError, match="whole numbers"):
            autograd.compile(lambda i: autograd.take(v, i[0] if isinstance(i, list) else i))(argument)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("index", [1, np.array([1, 0, 1]), np.array([[0, 1], [1, 1]])])
def test_rows_of_tensors_are_chosen_along_any_axis(axis, index):
    t = Tensor(np.arange(12.0).reshape(2, 3, 2))
    f = autograd.compile(lambda i: autograd.take(t, i, axis=axis))
    for shift in (0, -1):
        i = index + shift
        t.zero_grad()
        (f(i) * np.arange(f(i).size).reshape(f(i).shape)).sum().backward()
        expected = autograd.take(t, i, axis=axis)
        assert f(i).data.tolist() == expected.data.tolist()
        found = t.grad
        t.zero_grad()
        (expected * np.arange(expected.size).reshape(expected.shape)).sum().backward()
        assert t.grad.tolist() == found.tolist()
    assert len(f.programs) == 1


def test_an_array_argument_of_integers_is_an_index():
    t = Tensor(np.arange(6.0).reshape(3, 2))
    f = autograd.compile(lambda i, x: (t[i] * x).sum())
    f(np.array([2, 0]), np.ones((2, 2))).backward()
    assert t.grad.tolist() == [[1, 1], [0, 0], [1, 1]]
    with pytest.raises(TypeError, match="index"):
        autograd.compile(lambda x: t[x > 0])(np.ones(3))


# --- memory ----------------------------------------------------------------------------------------------


def test_calls_leave_no_garbage():
    v = values(1.0, 2.0)
    f = autograd.compile(lambda xs: [sum(a * x for a, x in zip(v, xs, strict=False)), v[0] * xs[0]])
    f([1.0, 2.0])[0].backward()
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            f([1.0, 2.0])[1].backward()
        before = len(gc.get_objects())
        for _ in range(50):
            f([1.0, 2.0])[0].backward()
        assert len(gc.get_objects()) - before < 10
    finally:
        gc.enable()


def test_a_result_keeps_what_backward_needs_and_frees_it():
    t = Tensor(np.ones(1000))
    f = autograd.compile(lambda x: autograd.exp(t * x).sum())
    out = f(2.0)
    saved = [weakref.ref(x) for x in out.static["saved"][1] if x.size == 1000 and x is not t._datum]
    assert saved
    out.backward()
    del out
    assert all(x() is None for x in saved)


def test_nothing_that_a_program_computes_with_is_handed_out():
    a, b = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    f = autograd.compile(lambda: (a.detach() * b).sum())
    for _ in range(2):
        f().backward()
        assert b.grad.tolist() == [1.0, 2.0]
        b.grad *= 100
        assert a.data.tolist() == [1.0, 2.0]
        b.zero_grad()
    v = values(1.0, 2.0)
    g = autograd.compile(lambda: v[0] * 2)
    for _ in range(2):
        g().backward()
        assert (v[0].grad, v[1].grad) == (2.0, 0.0)
        v[1].grad = 5.0
        v[0].zero_grad()
        v[1].zero_grad()


def test_infinities_and_nan_are_as_in_the_eager_run_and_silent():
    f = autograd.compile(lambda x: [1 / x, autograd.log(x), autograd.exp(1000 * x), x**3, autograd.sqrt(x), autograd.max([x, 1 / x])])
    for number in (0.0, -1.0, 1.0, math.inf, -math.inf, math.nan):
        for k in range(6):
            eager, fast = Value(number), Value(number)
            a, b = f.function(eager)[k], f(fast)[k]
            np.testing.assert_equal(b.data, a.data)
            a.backward()
            b.backward()
            np.testing.assert_array_equal(fast.grad, eager.grad)  # a branch not taken adds no +0 to a -0


def test_the_sign_of_zero_is_kept():
    def f(x):
        return [x * 0.0, -x * 0.0, x * -0.0, 0.0 * x + (-0.0), -(x * 0.0)]

    compiled = autograd.compile(f)
    for number in (3.0, -3.0):
        assert repr([v.data for v in compiled(number)]) == repr([v.data for v in f(Value(number))])


def test_whole_numbers_may_be_large():
    f = autograd.compile(lambda x: w[0] * x * 10**25 + 2**70)
    for number in (3, 10**25, -(10**25)):
        assert f(number).data == f.function(Value(number)).data


def test_constants_inside_are_numbers_like_any_other():
    rows = [Value(1.0), Value(2.0)]

    @autograd.compile
    def f(x):
        zero, one = Value(0.0), Value(1.0)
        chosen = autograd.take(rows, one)
        return [autograd.dot([zero, one], [2.0, 3.0]), autograd.max([zero, one]) + x, chosen * x, one / 3, (zero + one) * x]

    for x in (2.0, 3.0):
        np.testing.assert_allclose([out.data for out in f(x)], [3.0, 1.0 + x, 2.0 * x, 1 / 3, x])


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
