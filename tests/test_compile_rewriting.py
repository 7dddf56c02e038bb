"""What looks at numbers and can be compiled all the same: max(), min(), a token as an index, and .data."""

import linecache

import numpy as np
import pytest
from as_written import gpt_of_lists, moons

import autograd
from autograd import Value
from autograd.structures import leaves


def both(f, args, parameters):
    """The results and gradients of a function, and of the compiled one."""
    found = []
    compiled = autograd.compile(f)
    for run in (f, compiled):
        for p in parameters:
            p.zero_grad()
        out = run(*args)
        out.backward()
        found.append([out.data, *[p.grad for p in parameters]])
    np.testing.assert_allclose(found[1], found[0], rtol=1e-12, atol=1e-14)
    return compiled


def test_micrograds_demo_compiles_as_its_author_wrote_it():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 2)), rng.choice([-1, 1], size=20)
    model, loss = moons(X, y)
    for _ in range(3):
        expected, accuracy = loss.function()
        expected.backward()
        gradients = [p.grad for p in model.parameters()]
        model.zero_grad()
        total, found = loss()
        total.backward()
        assert total.data == pytest.approx(expected.data, rel=1e-12)
        assert type(found) is float
        assert found == pytest.approx(accuracy)
        np.testing.assert_allclose([p.grad for p in model.parameters()], gradients, rtol=1e-9, atol=1e-14)
        for p in model.parameters():
            p.data -= 0.5 * p.grad
        model.zero_grad()
    assert len(loss.programs) == 1
    assert loss.source.count("@") == 8


def test_a_gpt_of_lists_compiles_as_its_author_wrote_it():
    state, loss = gpt_of_lists(vocab_size=7)
    parameters = leaves(state)
    for tokens in ([0, 3, 2, 5, 1, 0], [0, 1, 6, 2, 4, 0], [0, 0, 0, 0, 0, 0]):
        expected = loss.function(tokens)
        expected.backward()
        gradients = [p.grad for p in parameters]
        for p in parameters:
            p.grad = 0
        found = loss(tokens)
        found.backward()
        assert found.data == pytest.approx(expected.data, rel=1e-12)
        np.testing.assert_allclose([p.grad for p in parameters], gradients, rtol=1e-9, atol=1e-14)
        for p in parameters:
            p.data -= 0.1 * p.grad
            p.grad = 0
    assert len(loss.programs) == 1
    assert "wte[t1]" in loss.source
    assert len(loss.source.splitlines()) < 120
    with pytest.raises(IndexError, match="no row"):
        loss([0, 1, 7, 2, 4, 0])


@pytest.mark.parametrize("numbers", [[1.0, 3.0, 2.0], [2.0, 2.0, 1.0], [1.0, 2.0, 2.0], [0.0, -0.0, -1.0], [5.0]])
def test_max_and_min_of_values_are_python_s(numbers):
    v = [Value(x) for x in numbers]
    both(lambda: max(v) * 2 + min(v) * v[0], (), v)
    both(lambda: max(*v, 1.5) - min(1.5, *v) * v[-1], (), v)
    both(lambda: sum(max(a * b for b in v) for a in v), (), v)
    both(lambda x: max(0, v[0] * x) + max([x * w for w in v] + v), (2.0,), v)


def test_of_equal_distances_only_the_first_gets_the_gradient():
    centers = [[Value(1.0), Value(0.0)], [Value(-1.0), Value(0.0)], [Value(1.0), Value(0.0)]]

    def loss(points):
        return sum(min(sum((a - b) ** 2 for a, b in zip(p, c, strict=True)) for c in centers) for p in points)

    both(loss, ([[0.0, 0.5], [0.0, 1.0], [1.0, 1.0]],), leaves(centers))


def test_max_with_a_key_and_of_plain_numbers_stays_what_it_is():
    v, names = [Value(1.0), Value(2.0)], ["a", "bcd"]
    both(lambda x: v[0] * len(max(names, key=len)) + max(v) * max(2, 3) + max([], default=1) * x, (1.0,), v)


def test_data_is_the_number_without_its_derivative():
    v = [Value(1.0), Value(2.0), Value(-1.5)]

    def loss(x):
        top = max(w.data for w in v)
        return sum((w - top) * w.data * x for w in v) + v[0].item() * v[1]

    both(loss, (3.0,), v)


def test_numbers_made_of_data_are_returned_as_numbers():
    v = [Value(1.0), Value(-2.0)]
    f = autograd.compile(lambda x: (v[0] * x, [v[1].data * 2, (v[0].data > 0) + x, v[0]], x))
    total, (double, positive, same), given = f(3.0)
    assert type(double) is type(positive) is float
    assert (double, positive) == (-4.0, 4.0)
    assert same.data == 1.0
    assert isinstance(given, Value)
    total.backward()
    assert v[0].grad == 3.0
    v[1].data = 5.0
    assert f(3.0)[1][0] == 10.0


def test_a_list_is_indexed_by_an_argument():
    table, numbers = [[Value(float(i + 2 * j)) for j in range(3)] for i in range(4)], [10.0, 20.0, 30.0, 40.0]

    def loss(i, tokens):
        rows = [[v * v for v in row] for row in table]
        return sum(rows[i]) * numbers[i] + sum(table[t][-1] * rows[t][0] for t in tokens) + table[0][tokens[0]]

    f = both(loss, (2, [1, 0, 2]), leaves(table))
    for args in ((0, [2, 2, 1]), (-1, [0, 0, 0])):
        assert f(*args).data == pytest.approx(loss(*args).data, rel=1e-12)
    assert len(f.programs) == 1


class Model:
    """With a method, a helper that is a lambda, and a nested function."""

    def __init__(self):
        self.w = [Value(0.5), Value(-0.5), Value(2.0)]
        self.scale = lambda x: x * max(self.w)

    def scores(self, x, *, power=2):
        def inner(v):
            return max(v * x, 0.1) ** power

        return [inner(v) for v in self.w]

    def __call__(self, x):
        return self.scale(max(self.scores(x))) + sum(map(self.positive, self.w))

    @staticmethod
    def positive(v):
        return max(v, -v)


def test_methods_lambdas_and_nested_functions_are_rewritten_too():
    model = Model()
    both(model, (1.5,), model.w)
    both(lambda x: model(x) * 2, (1.5,), model.w)
    assert Model.positive(Value(-3.0)).data == 3.0


def test_the_line_of_a_refusal_is_that_of_the_user():
    v = Value(1.0)

    def f(x):
        top = max(v, x)
        return top if top > 0 else v

    with pytest.raises(TypeError, match=r"an `if`.* in line \d+ of .*test_compile_rewriting\.py") as error:
        autograd.compile(f)(2.0)
    file, number = __file__, int(str(error.value).split("in line ")[1].split()[0])
    assert "if top > 0" in linecache.getline(file, number)


def test_a_function_without_its_text_is_refused():
    namespace = {"v": Value(1.0)}
    exec("def f(x):\n    return max(v, x)", namespace)
    with pytest.raises(TypeError, match="cannot be compiled"):
        autograd.compile(namespace["f"])(2.0)
