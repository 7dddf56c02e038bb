"""Claims about what a playground refuses, in one sentence each, and about what it reads from a network."""

import json
import re
from operator import add, mul

import numpy as np
import pytest

import nn
from autograd import Primitive, Value, table
from nn.playground.rows import RowsError, for_any_rows
from nn.playground.task import task_of
from nn.playground.units import columns_of_values

X = np.random.default_rng(0).normal(size=(12, 2))
y = np.where(X[:, 0] > 0, 1.0, -1.0)


play = nn.playground


@pytest.mark.parametrize(
    ("model", "y", "loss"),
    [
        (nn.MLP(2, [3, 1], rng=0), y, nn.hinge_loss),
        (nn.MLP(2, [3, 1], rng=0), y > 0, nn.binary_cross_entropy_with_logits),
        (nn.Sequential(nn.Linear(2, 1), nn.Sigmoid()), y > 0, nn.binary_cross_entropy),
        (nn.MLP(2, [3, 1], rng=0), X[:, 0], nn.mse_loss),
        (nn.MLP(2, [3, 2], rng=0), X, nn.mse_loss),
        (nn.MLP(2, [3, 2], rng=0), np.eye(2)[np.arange(12) % 2], nn.cross_entropy),
        (nn.MLP(2, [3, 2], rng=0), np.arange(12) % 2.0, nn.cross_entropy),
    ],
    ids=["sides", "yes or no", "probabilities", "numbers", "two numbers", "one-hot", "labels"],
)
def test_without_a_loss_it_is_the_usual_one_for_the_targets(tmp_path, model, y, loss):
    page = play(model, X, y, path=tmp_path / "page.html").path.read_text(encoding="utf-8")
    spec = json.loads(re.search(r'id="spec">(.*?)</script>', page)[1])
    assert spec["loss"] == loss.__name__.replace("_", " ")


def test_of_a_few_points_none_is_held_out(tmp_path):
    corners = [[0, 0], [0, 1], [1, 0], [1, 1]]
    for targets in ([0, 1, 1, 0], [[0], [1], [1], [0]]):
        page = play(mlp(), corners, targets, path=tmp_path / "page.html").path.read_text(encoding="utf-8")
        assert '"held": 0' in page


def mlp(*sizes, **options):
    return nn.MLP(2, list(sizes) or [3, 1], rng=0, **options)


def dropping():
    return nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.5), nn.Linear(4, 1))


def beside():
    class Beside(nn.Module):
        def __init__(self):
            self.one, self.two = nn.Linear(2, 3), nn.Linear(2, 3)

        def forward(self, x):
            return (self.one(x) + self.two(x)).sum(axis=1)

    return Beside()


def constant():
    class Constant(nn.Module):
        def __init__(self):
            self.w = Value(1.0)

        def forward(self, x):
            return self.w * 2.0

    return Constant()


def frozen():
    return mlp().requires_grad_(False)


class Inverted(nn.Linear):
    def forward(self, x):
        return super().forward(x) @ np.linalg.inv(self.weight)


def weighted_by_place(outputs, targets):
    return sum(i * (a - b) ** 2 for i, (a, b) in enumerate(zip(outputs, targets, strict=True)))


REFUSED = {
    "no module": (lambda: play(3, X, y), TypeError, r"trains a network, an nn.Module such as nn.MLP\(2, \[8, 1\]\); got a int"),
    "no parameters": (lambda: play(nn.ReLU(), X, y), TypeError, "this ReLU has no parameters to train"),
    "frozen": (lambda: play(frozen(), X, y), TypeError, "this MLP has no parameters to train"),
    "too large": (lambda: play(nn.Sequential(nn.Linear(2, 9000)), X, y), ValueError, "has 27,000; take one with at most 10,000"),
    "too wide": (lambda: play(mlp(40, 1), X, y), ValueError, "at most 32 side by side, in 10 layers; it has 2 → 40 → 1"),
    "too deep": (lambda: play(mlp(*[2] * 12), X, y[:, None] * [1, 1]), ValueError, "too large for that: at most 32"),
    "too many points": (
        lambda: play(mlp(), np.zeros((2001, 2)), np.zeros(2001)),
        ValueError,
        "these are 2,001; take at most 2,000, such as X",
    ),
    "flat points": (lambda: play(mlp(), X[:, 0], y), ValueError, r"points X as numbers of shape \(n, inputs\); got shape \(12,\)"),
    "too few targets": (lambda: play(mlp(), X, y[:5]), ValueError, r"X has 12 rows, and y has the shape \(5,\)"),
    "nan": (lambda: play(mlp(), X * np.nan, y), ValueError, "There is a nan or an infinite number in X or y"),
    "labels": (lambda: play(mlp(3, 2), X, np.arange(12), nn.cross_entropy), ValueError, "2 outputs, for the classes 0 to 1; y has 0 to 11"),
    "outputs": (lambda: play(mlp(3, 2), X, y), ValueError, "The network has 2 outputs for each point, and y has 1 numbers"),
    "random": (lambda: play(dropping(), X, y), TypeError, r"draws random numbers or remembers its batches, .* call model.eval\(\) first"),
    "beside": (lambda: play(beside(), X, y), ValueError, "A playground draws layers in a row"),
    "no JavaScript": (
        lambda: play(nn.Sequential(Inverted(2, 2)), X, (y > 0).astype(int), nn.cross_entropy),
        TypeError,
        "runs the network as JavaScript, and cannot run this one",
    ),
    "constant": (lambda: play(constant(), X, y), ValueError, "an output of this one is not computed from its inputs"),
    "rows": (lambda: play(mlp(), X, y, weighted_by_place), ValueError, "cannot write the program of this network for any number of points"),
    "lr": (lambda: play(mlp(), X, y, lr=0), ValueError, "learning rate lr as a positive number; got 0"),
    "optimizer": (lambda: play(mlp(), X, y, optimizer="lion"), ValueError, "has the optimizers 'sgd', 'momentum', 'adam'; got 'lion'"),
    "batch": (lambda: play(mlp(), X, y, batch_size=0), ValueError, "batch_size as a whole number from 1, or None for all points"),
    "held out": (lambda: play(mlp(), X, y, held_out=1), ValueError, "holds out a part of the points from 0 to 0.9; got held_out=1"),
    "suffix": (lambda: play(mlp(), X, y, path="moons.png"), ValueError, "its path ends in .html; got 'moons.png'"),
    "folder": (lambda: play(mlp(), X, y, path="none/moons.html"), FileNotFoundError, "There is no folder 'none' to save the page in"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_shown_is_refused_in_a_sentence(tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    call, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        call()
    assert list(tmp_path.iterdir()) == []


# Programs for any number of rows


def test_numbers_follow_from_the_number_of_rows():
    texts = [f"a[{3 * n}] = {n - 1} + {1 / n!r} + 7 + {2.5 / n!r}" for n in (5, 7, 11)]
    assert for_any_rows(texts, [5, 7, 11], "n") == "a[3 * n] = (n - 1) + (1 / n) + 7 + (2.5 / n)"


@pytest.mark.parametrize(
    "texts", [["a", "a b", "a b c"], ["x5", "x7", "x11"], ["4", "4", "5"], ["25", "49", "121"], ["10", "14", "23"]], ids=repr
)
def test_what_does_not_follow_from_it_is_refused(texts):
    with pytest.raises(RowsError):
        for_any_rows(texts, [5, 7, 11])


# Units


def units(function, *parameters):
    row = [Value(0.5, label="x1"), Value(-0.3, label="x2")]
    names = {p: name for name, p in zip("abcd", parameters, strict=False)}
    columns = columns_of_values([function(row)], row, parameters)

    def name(weight):
        return names[weight[0]] if weight else None

    def unit(edges, bias):
        return [(edge.source, name(edge.weight)) for edge in edges], name(bias)

    return [[unit(*parts) for parts in zip(column.edges, column.biases, strict=True)] for column in columns]


def test_a_sum_of_products_written_by_hand_is_a_neuron():
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    assert units(lambda x: (a * x[0] + x[1] * b + c).tanh(), a, b, c) == [[([((0, 1), "b"), ((0, 0), "a")], "c")]]


def test_a_sum_and_a_product_of_ones_own_make_a_neuron(monkeypatch):
    monkeypatch.setattr("autograd.entry.entries", dict(table))
    parts = {"symbol": "own", "latex": "#1", "doc": "Own.", "vjp": (None, None)}
    plus = Primitive("plus", scalar=add, array=np.add, terms=(1, 1), **parts)
    times = Primitive("times", scalar=mul, array=np.multiply, products=True, **parts)
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    assert units(lambda x: plus(plus(times(a, x[0]), times(x[1], b)), c).tanh(), a, b, c) == [[([((0, 1), "b"), ((0, 0), "a")], "c")]]


def test_a_neuron_that_is_used_twice_is_one_unit_and_a_product_of_two_another():
    a, b = Value(1.0), Value(2.0)

    def f(x):
        h = (a * x[0]).tanh()
        return (h * (b * x[1]).sigmoid()).tanh() + h

    first, product, total = units(f, a, b)
    assert first == [([((0, 0), "a")], None), ([((0, 1), "b")], None)]
    assert product == [([((1, 0), None), ((1, 1), None)], None)]
    assert sorted(total[0][0]) == [((1, 0), None), ((2, 0), None)]


# Tasks


def test_classes_are_on_the_sides_of_0_for_logits_and_of_a_half_for_probabilities():
    targets, outputs = np.array([0.0, 1.0, 1.0]), np.zeros(3)
    assert task_of(targets, outputs, nn.binary_cross_entropy_with_logits, True).threshold == 0
    assert task_of(targets, outputs, nn.binary_cross_entropy, True).threshold == 0.5
    assert task_of(2 * targets - 1, outputs, nn.mse_loss, True).threshold == 0
    assert task_of(np.array([0.1, 0.7, 2.0]), outputs, nn.mse_loss, True).kind == "numbers"


def test_a_1_among_0s_names_the_class_as_its_number_does():
    y, outputs = np.array([2, 0, 1]), np.zeros((3, 3))
    by_number, by_share = (task_of(targets, outputs, nn.cross_entropy, False) for targets in (y, np.eye(3)[y]))
    assert by_number.kind == by_share.kind == "largest"
    np.testing.assert_array_equal(by_number.y, by_share.y)
    np.testing.assert_array_equal(by_number.targets, by_share.targets)
