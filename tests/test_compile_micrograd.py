# ruff: noqa: B905, E501
"""micrograd's demo, compiled: as its author wrote it, but for the line that reads numbers, which the error shows rewritten."""

import inspect
import linecache
import re
import textwrap

import numpy as np
import pytest
from test_micrograd import moons

import autograd
from autograd import Tensor, Value
from nn import MLP

X, y = moons(30)
model = MLP(2, [16, 16, 1], rng=0)


def loss(Xb=X, yb=y):
    inputs = [list(map(Value, xrow)) for xrow in Xb]
    scores = list(map(model, inputs))
    losses = [(1 + -yi*scorei).relu() for yi, scorei in zip(yb, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    alpha = 1e-4
    reg_loss = alpha * sum(p*p for p in model.parameters())
    total_loss = data_loss + reg_loss
    accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(yb, scores)]
    return total_loss, sum(accuracy) / len(accuracy)


def rewritten(error):
    """`loss` with its line in the place that an error names written as the error says."""
    number, line = re.search(r"in line (\d+) of .* returns: (.*)$", str(error)).groups()
    lines = inspect.getsource(loss).splitlines(keepends=True)
    i = int(number) - inspect.getsourcelines(loss)[1]
    lines[i] = lines[i][: len(lines[i]) - len(lines[i].lstrip())] + line + "\n"
    namespace = dict(globals())
    text = textwrap.dedent("".join(lines))
    linecache.cache["<rewritten>"] = (len(text), None, text.splitlines(keepends=True), "<rewritten>")
    exec(compile(text, "<rewritten>", "exec"), namespace)
    return namespace["loss"]


@pytest.mark.parametrize("args", [(), (X, y), (X.tolist(), y.tolist())])
def test_the_demo_compiles_once_its_line_is_rewritten_as_the_error_says(args):
    with pytest.raises(TypeError, match=r"cannot be compiled: \.data in line") as error:
        autograd.compile(loss)(*args)
    assert str(error.value).endswith("returns: accuracy = [(yi > 0) == (scorei > 0) for yi, scorei in zip(yb, scores)]")
    f = autograd.compile(rewritten(error.value))
    for step in range(10):
        gradients = []
        for run in (loss, f):
            model.zero_grad()
            total, accuracy = run(*args)
            total.backward()
            gradients.append([total.data, float(accuracy.data if isinstance(accuracy, autograd.Node) else accuracy), *[p.grad for p in model.parameters()]])
        np.testing.assert_allclose(*gradients, rtol=1e-9, atol=1e-14)
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * step / 100) * p.grad
    assert len(f.programs) == 1
    assert f.source.count("@") == 8 or args == ()


def test_a_random_batch_is_refused():
    def batch_loss(batch_size):
        ri = np.random.permutation(X.shape[0])[:5]
        return sum(model(list(map(Value, x))) for x in X[ri]) * batch_size

    with pytest.raises(TypeError, match="draws random numbers"):
        autograd.compile(batch_loss)(5)


w = [Value(2.0), Value(3.0)]
ROWS = np.array([[1.0, 2.0], [3.0, 4.0]])
MADE = [
    lambda rows: sum(a * b for row in rows for a, b in zip(w, map(Value, row))),
    lambda rows: sum(a * Value(b * 2 + 1) for row in rows for a, b in zip(w, row)),
    lambda rows: sum(a * Value(b, label="x") for row in rows for a, b in zip(w, [row[0], row[1] + 2])),
    lambda rows: (Tensor(rows) * Tensor(rows[0])).sum() * w[0],
    lambda rows: (Tensor([rows[0][1], 2.0]) * Tensor(rows)).sum() * w[1],
    lambda rows: (Tensor([[v * 2 for v in row] for row in rows]) @ autograd.stack(w)).sum(),
]


@pytest.mark.parametrize("f", MADE)
@pytest.mark.parametrize("rows", [ROWS, ROWS.tolist()], ids=["array", "lists"])
def test_values_and_tensors_made_of_arguments_are_those_of_an_ordinary_call(f, rows):
    compiled = autograd.compile(f)
    for args in (rows, ROWS + 1.0 if rows is ROWS else (ROWS + 1.0).tolist()):
        found = []
        for run in (f, compiled):
            for v in w:
                v.zero_grad()
            out = run(args)
            out.backward()
            found.append([float(out.data), *[v.grad for v in w]])
        assert found[0] == pytest.approx(found[1])
    assert len(compiled.programs) == 1


@pytest.mark.parametrize("f", [lambda x: Value(w[0] * x), lambda x: Value(Value(1.0)) * x, lambda x: Tensor([w[0], x])])
def test_a_value_of_a_computed_value_is_refused_as_without_compiling(f):
    for run in (f, autograd.compile(f)):
        with pytest.raises(TypeError, match=r"got the Value|which is a node already|holds real numbers"):
            run(2.0)
    with pytest.raises(TypeError, match="which is a node already"):
        autograd.compile(lambda x: Value(x))(Value(2.0))
