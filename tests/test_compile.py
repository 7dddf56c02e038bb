"""`autograd.compile`: what it is called like, what it takes and returns, and that its numbers are those of the eager run."""

import copy
import functools
import itertools
import math
import pickle
from typing import NamedTuple

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value

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


def test_a_copy_inside_is_made_anew_at_each_call():
    import copy

    f = autograd.compile(lambda x: copy.copy(x) * x + copy.deepcopy(x * x))
    for number in (2.0, 3.0):
        x = Value(number)
        out = f(x)
        out.backward()
        assert (out.data, x.grad) == (2 * number**2, number)


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


# --- numbers --------------------------------------------------------------------------------------


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
