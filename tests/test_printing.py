"""Programs in C: they compute what NumPy programs compute, at once or after a refusal that says why."""

import copy
import pickle
import threading
import warnings

import numpy as np
import pytest

import autograd
import nn
from autograd import Case, Primitive, Tensor, Value, table
from autograd.compiling.printing import native, targets
from autograd.compiling.printing.building import compiler

pytestmark = pytest.mark.skipif(compiler() is None, reason="There is no C compiler here.")

w = [Value(2.0, label="w0"), Value(-1.0, label="w1")]


def gradients(nodes):
    return [np.array(x.grad) for x in nodes]


def both(f, args, nodes, rtol=1e-12):
    """The function in C; its results and gradients are those of an ordinary call."""
    compiled = autograd.compile(f, target="c")
    for function in (f, compiled, compiled):
        for x in nodes:
            x.zero_grad()
        result = function(*args)
        autograd.sum(result).backward()
        numbers = [np.array(result.data), *gradients(nodes)]
        if function is f:
            expected = numbers
        for x, y in zip(numbers, expected, strict=True):
            np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol * max(1.0, np.abs(y).max(initial=0.0)))
    return compiled


def test_a_compiled_function_runs_in_c():
    compiled = both(lambda xs: sum((w[0] * x[0] + w[1] * x[1]) ** 2 for x in xs), ([[1.0, 2.0], [3.0, 4.0]],), w)
    (program,) = compiled.programs.values()
    assert isinstance(program._variant.forward.__self__, native.Native)


def test_the_program_is_readable():
    model = nn.MLP(2, [16, 16, 1], rng=0)
    loss = autograd.compile(lambda xs, ys: nn.hinge_loss([model(x) for x in xs], ys))
    loss(np.ones((5, 2)), np.ones(5))
    text = loss.source_for("c")
    for line in (
        "static inline double relu(double x) { return x <= 0.0 ? 0.0 : x; }",
        "    // layers.1",
        "                row[j] += h1[16 * i + k] * t4[16 * k + j];",
        "            h1[16 * i + j] = relu(z1[16 * i + j]);",
        "            d_layers_1_bias[j] += d_z2[16 * i + j];",
    ):
        assert line in text.splitlines()
    assert max(map(len, text.splitlines())) <= 110


def test_the_sources_are_those_of_the_program_used_last():
    f = autograd.compile(lambda x: w[0] * x)
    with pytest.raises(RuntimeError, match=r"<lambda> has no source yet: it is compiled for the shapes of its first call\. Call it once\."):
        f.source_for("c")
    f(3.0)
    assert f.source_for("numpy") == f.source
    assert "int forward(" in f.source_for("c")
    assert "function forward(" in f.source_for("javascript")
    with pytest.raises(ValueError, match=r"The source is written in 'numpy', 'c' or 'javascript'; there is no language 'java'\."):
        f.source_for("java")


def test_an_unknown_target_is_refused():
    with pytest.raises(ValueError, match=r"The target of compile is one of 'numpy', 'c', 'auto'; 'cuda' is none of them\."):
        autograd.compile(lambda x: x, target="cuda")


def test_without_a_compiler_c_is_refused_and_auto_is_numpy(monkeypatch):
    monkeypatch.setattr(targets, "compiler", lambda: None)
    with pytest.raises(RuntimeError, match=r'needs a C compiler, and there is none here: install one with `pip install "glassgrad\[c\]"`'):
        autograd.compile(lambda x: x, target="c")
    f = autograd.compile(lambda x: w[0] * x, target="auto")
    assert f(3.0).data == 6.0
    (program,) = f.programs.values()
    assert program._variant.forward.__name__ == "forward"


def test_what_has_no_form_in_c_is_refused_and_left_to_numpy_by_auto():
    a = Tensor(np.eye(3) + 1.0, "a")
    f = lambda: autograd.sum(np.linalg.inv(a))
    message = r"lambda cannot be written in C, which has no form for 'inv'\. compile\(…, target=\"numpy\"\) runs it, and so does target="
    with pytest.raises(TypeError, match=message):
        autograd.compile(f, target="c")()
    assert np.isclose(autograd.compile(f, target="auto")().data, f().data)


def test_wide_matrix_products_are_left_to_numpy_by_auto():
    for width, in_c in ((32, True), (33, False)):
        f = autograd.compile(lambda x: autograd.sum(x @ x), target="auto")
        f(np.ones((width, width)))
        (program,) = f.programs.values()
        assert hasattr(program._variant.forward, "__self__") == in_c


def test_a_wrong_first_call_falls_back_to_numpy_with_a_warning(monkeypatch):
    library = targets.library
    monkeypatch.setattr(targets, "library", lambda text: library(text.replace("0.5", "0.75")))
    f = autograd.compile(lambda x: 0.5 * w[0] * x, target="c")
    with pytest.warns(RuntimeWarning, match=r"The C program of lambda computed something else than the NumPy program at its first call"):
        assert f(3.0).data == 3.0
    assert f(5.0).data == 5.0
    w[0].zero_grad()
    f(3.0).backward()
    assert w[0].grad == 1.5


def test_a_wrong_first_gradient_falls_back_too(monkeypatch):
    library = targets.library
    monkeypatch.setattr(
        targets,
        "library",
        lambda text: library(text[: text.index("int backward")] + text[text.index("int backward") :].replace("2.0", "3.0")),
    )
    f = autograd.compile(lambda x: (w[0] * x) ** 2, target="c")
    result, other = f(3.0), f(3.0)
    w[0].zero_grad()
    with pytest.warns(RuntimeWarning, match="computed something else"):
        result.backward()
    other.backward()
    assert w[0].grad == 72.0


def test_a_program_that_the_compiler_refuses_runs_in_numpy_with_a_warning(monkeypatch):
    library = targets.library
    monkeypatch.setattr(targets, "library", lambda text: library(text + "!"))
    with pytest.warns(
        RuntimeWarning, match=r"The C program of lambda could not be compiled \(.*error.*\); the NumPy program runs in its place\."
    ):
        assert autograd.compile(lambda x: w[0] * x, target="c")(3.0).data == 6.0


def test_float32_is_computed_in_float32():
    a = Tensor(np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3), "a")
    f = both(lambda x: autograd.sum(autograd.sigmoid(a @ x) * 0.1 + a[0, 0]), (np.ones((3, 2), np.float32),), [a], rtol=2e-6)
    assert "sigmoidf(" in f.source_for("c")
    assert "0.1f" in f.source_for("c")
    assert a.grad.dtype == np.float32


def test_indices_are_checked_before_anything_is_computed():
    rows = Tensor(np.arange(6.0).reshape(3, 2), "rows")
    f = autograd.compile(lambda i: autograd.sum(autograd.take(rows, i, axis=0)), target="c")
    assert f(np.array([0, 2])).data == 10.0
    assert f(np.array([0, -1])).data == 10.0
    for wrong in (3, -4):
        with pytest.raises(IndexError, match="take got a number for which there is no row"):
            f(np.array([0, wrong]))


def test_threads_compute_their_own():
    a = Tensor(np.arange(200.0), "a")
    f = autograd.compile(lambda x: autograd.sum(autograd.tanh(a * x)), target="c")
    f(0.1)
    wrong = []

    def work(k):
        for i in range(200):
            x = 0.001 * (k + i)
            if not np.isclose(f(x).data, np.tanh(np.arange(200.0) * x).sum(), rtol=1e-12):
                wrong.append((k, i))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_results_and_gradients_are_not_written_to_again():
    a = Tensor([1.0, 2.0], "a")
    f = autograd.compile(lambda x: a * x, target="c")
    first, second = f(2.0), f(3.0)
    autograd.sum(second).backward()
    kept = a.grad
    a.grad = None
    part = f(4.0).data[1:]
    autograd.sum(f(5.0)).backward()
    for _ in range(5):
        f(9.0)
    assert (first.data == [2.0, 4.0]).all()
    assert (second.data == [3.0, 6.0]).all()
    assert (kept == 3.0).all()
    assert (a.grad == 5.0).all()
    assert part == [8.0]


def test_a_call_keeps_its_numbers_until_backward():
    f = autograd.compile(lambda x: autograd.exp(w[0] * x) + w[1], target="c")
    calls = [f(0.1 * i) for i in range(5)]
    for i, call in enumerate(calls):
        w[0].zero_grad()
        call.backward()
        assert np.isclose(w[0].grad, 0.1 * i * np.exp(0.2 * i), rtol=1e-12)


def loss(x):
    return (w[0] * x) ** 2


in_c = autograd.compile(loss, target="c")


def test_copies_keep_the_target():
    f = autograd.compile(nn.Linear(2, 1, rng=0), target="c")
    for other in (copy.deepcopy(f), pickle.loads(pickle.dumps(f))):
        assert other.target == "c"
        assert np.allclose(other(np.ones(2)).data, f(np.ones(2)).data)


@pytest.fixture
def own():
    before = dict(table)
    parts = {"symbol": "f", "latex": "f(#1)", "doc": "A function."}
    yield lambda name, **more: Primitive(name, **{**parts, **more})
    table.clear()
    table.update(before)


def shifted(x):
    """A function with more in it than an expression."""
    big = x * x
    if big > 4:
        return big - 1.0
    return big // 0.75 if x >= 0 and big != 1 else abs(x) % 0.3


def test_a_primitive_of_the_users_own_is_printed_from_its_function(own):
    cube = own("cube", scalar=lambda x: x * x * x, array=lambda x: x * x * x, vjp=(lambda g, y, x: g * 3 * x * x,))
    f = both(lambda x: autograd.sum(cube(w[0] * x)), (np.arange(3.0),), w[:1])
    assert "static inline double cube(double x) { return x * x * x; }" in f.source_for("c")
    shift = own("shift", scalar=shifted, array=lambda x: np.array([shifted(v) for v in x]), vjp=(lambda g, y, x: g * 2 * x,))
    a = Tensor([0.5, -0.7, 1.0, 3.0, -3.0], "a")
    both(lambda: autograd.sum(shift(a)), (), [a])


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ({"scalar": float.__abs__, "array": np.abs}, "'__abs__', which is no Python function"),
        ({"scalar": lambda x: sum([x, x]), "array": np.abs}, r"the expression `\[x, x\]`"),
        ({"scalar": lambda x: sorted((x,))[0], "array": np.abs}, r"the expression `sorted\(\(x,\)\)\[0\]`"),
        ({"scalar": eval("lambda x: x"), "array": np.abs}, "the function <lambda>, whose text cannot be found"),
        ({"scalar": None, "array": lambda x: x[::-1], "elementwise": False, "cases": (Case((3,)),)}, "'flip'"),
    ],
)
def test_a_primitive_that_cannot_be_printed_is_refused_with_what_has_no_form(own, parts, what):
    flip = own("flip", vjp=(lambda g, y, x: g,), **parts)
    a = Tensor([1.0, 2.0], "a")
    with pytest.raises(TypeError, match=f"lambda cannot be written in C, which has no form for {what}"):
        autograd.compile(lambda: autograd.sum(flip(a)), target="c")()


def test_names_that_c_has_are_given_to_no_variable():
    y1, double, exp = Value(2.0, label="y1"), Value(3.0, label="double"), Value(0.5, label="exp")
    both(lambda i, j, saved: autograd.exp(y1 * i) * double + exp * j + saved, (0.1, 0.2, 0.3), [y1, double, exp])


def test_nothing_is_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        f = autograd.compile(lambda x: autograd.log(x) + 1 / x, target="c")
        assert f(0.0).data == np.inf - np.inf or np.isnan(f(0.0).data)


def test_compile_is_a_decorator_with_a_target_too():
    @autograd.compile(target="c")
    def f(x):
        return w[0] * x

    assert f.target == "c"
    assert f(3.0).data == 6.0


def test_large_programs_are_left_to_numpy_by_auto(monkeypatch):
    for limit in ("LARGE", "LONG"):
        monkeypatch.setattr(targets, limit, 1)
        f = autograd.compile(lambda x: w[0] * x + w[1], target="auto")
        f(3.0)
        (program,) = f.programs.values()
        assert program._variant.forward.__name__ == "forward"
        assert not hasattr(program._variant.forward, "__self__")


def test_whole_numbers_are_compared_with_others():
    def f(i, x):
        return [autograd.where(i > 1.5, x, 2.0 * x), (i == 2) * x, i * 0.5 + i / 4, autograd.where(i >= 2, i, 7) * x]

    compiled = autograd.compile(f, target="c")
    i, x = np.array([0, 1, 2, 3]), np.linspace(0.5, 1.0, 4)
    for a, b in zip(compiled(i, x), f(i, Tensor(x)), strict=True):
        np.testing.assert_array_equal(a.data, b.data)


def test_what_is_read_through_views_again_and_again_is_computed_once():
    def f(x):
        for _ in range(25):
            x = x * 0.5
            x = x.T + x.T
        return x

    a = Tensor(np.arange(6.0).reshape(2, 3))
    compiled = both(lambda: f(a), (), [a])
    assert len(compiled.source_for("c")) < 30_000
