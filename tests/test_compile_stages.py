"""Claims about the stages of a compiled function: each is a graph that can be drawn and has the same numbers; the last has the source."""

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, draw
from autograd.backward import ancestors

NAMES = ["trace", "roll", "flatten", "lift", "differentiate", "simplify", "print"]


def scalar_loss():
    w = [Value(2.0, label="w0"), Value(-1.0, label="w1")]

    @autograd.compile
    def loss(xs):
        return sum((w[0] * x[0] + w[1] * x[1] - 1.0) ** 2 for x in xs)

    xs = [[1.0, 1.0], [2.0, 0.5], [0.5, 3.0]]
    loss(xs).backward()
    return loss, xs, [p.grad for p in w]


def array_loss():
    w = Tensor(np.arange(6.0).reshape(3, 2), "w")

    @autograd.compile
    def loss(x):
        return (x @ w).tanh().sum()

    x = np.random.default_rng(0).normal(size=(4, 3))
    loss(x).backward()
    return loss, x, [w.grad]


def network_loss():
    model = nn.MLP(2, [4, 1], rng=np.random.default_rng(0))

    @autograd.compile
    def loss(xs):
        return nn.hinge_loss([model(x) for x in xs], [1, -1, 1, -1])

    xs = np.random.default_rng(1).normal(size=(4, 2)).tolist()
    loss(xs).backward()
    return loss, xs, [p.grad for p in model.parameters()]


def recurrent_loss():
    w = [Value(0.5, label="w0"), Value(-0.8, label="w1"), Value(0.1, label="w2")]

    @autograd.compile
    def loss(xs):
        h, total = 0.0, 0.0
        for x in xs:
            h = autograd.tanh(w[0] * x + w[1] * h + w[2])
            total = total + h * h
        return total

    xs = np.random.default_rng(2).normal(size=12).tolist()
    loss(xs).backward()
    return loss, xs, [p.grad for p in w]


LOSSES = pytest.mark.parametrize("make", [scalar_loss, array_loss, network_loss, recurrent_loss])


def computed(roots):
    """The numbers of nodes, computed anew from their leaves."""
    found = {}
    for node in reversed(ancestors(roots)):
        data = [found[x] if isinstance(x, autograd.Node) else x for x in node.inputs or ()]
        found[node] = node._datum if node.primitive is None else node.primitive(*data, **node.static)
    return [found[x] for x in roots]


@LOSSES
def test_every_stage_computes_the_same_number(make):
    loss, x, _ = make()
    expected = loss.function(x).item()
    assert [stage.name for stage in loss.stages] == NAMES
    for stage in loss.stages:
        assert np.isclose(np.asarray(computed(stage.roots[:1])[0]).item(), expected), stage.name
        assert np.isclose(stage.roots[0].item(), expected), stage.name


@LOSSES
def test_the_gradients_among_the_roots_are_those_of_backward(make):
    loss, _, gradients = make()
    expected = sorted(np.concatenate([np.ravel(g) for g in gradients]))
    for stage in loss.stages[4:]:
        np.testing.assert_allclose(sorted(np.concatenate([np.ravel(g) for g in computed(stage.roots[1:])])), expected)


@LOSSES
def test_every_stage_can_be_drawn(make):
    loss, _, _ = make()
    for stage in loss.stages:
        assert "digraph" in draw(stage).source


@LOSSES
def test_only_the_last_stage_has_the_source_and_each_says_what_it_does(make):
    loss, _, _ = make()
    *others, last = loss.stages
    assert last.source == loss.source
    assert [stage.source for stage in others] == [None] * 6
    assert all(stage.about.endswith(".") and stage.about in repr(stage) for stage in loss.stages)


def test_the_passes_make_the_graph_smaller():
    loss, _, _ = scalar_loss()
    counts = [sum(x.primitive is not None for x in ancestors(stage.roots)) for stage in loss.stages]
    trace, roll, flatten, lift, differentiate, simplify, _ = counts
    assert trace == roll > flatten > lift
    assert differentiate > simplify


def test_looking_at_the_stages_changes_nothing():
    loss, xs, gradients = scalar_loss()
    source = loss.source
    waiting = loss(xs)
    assert len(loss.stages) == 7
    waiting.backward()
    assert loss.source == source
    assert len(loss.programs) == 1
    del gradients


def test_the_stages_have_the_numbers_that_parameters_have_now():
    w = Value(2.0, label="w")
    f = autograd.compile(lambda x: w * x)
    f(3.0)
    w.data = 5.0
    assert {stage.roots[0].item() for stage in f.stages} == {15.0}


def test_stages_before_the_first_call_or_after_a_change_say_what_to_do():
    strength = {"of": 2.0}
    w = Value(2.0)

    @autograd.compile
    def f(x):
        return w * x * strength["of"]

    with pytest.raises(RuntimeError, match=r"^f has no stages yet: .*Call it once\.$"):
        _ = f.stages
    f(1.0)
    strength["of"] = 3.0
    with pytest.raises(RuntimeError, match=r"^f will be compiled anew, as `strength\.of` was changed .*look at its stages then\.$"):
        _ = f.stages
