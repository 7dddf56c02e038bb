"""Values in a store: from outside nothing has changed."""

import copy
import gc
import math
import pickle
import threading
import weakref

import numpy as np
import pytest

import autograd
import nn
from autograd import Node, Value, stores
from autograd.stores import Store, StoredValue, blocks, move_into_store
from nn.optim import SGD, Adam


def stored(*numbers, label=None):
    values = [Value(x, label=label) for x in numbers]
    move_into_store(values, (len(values),), "w")
    return values


def test_a_stored_value_looks_like_any_other():
    plain = Value(2.5, label="w")
    (v,) = stored(2.5, label="w")
    assert repr(v) == repr(plain)
    assert str(v) == str(plain)
    assert f"{v:.3f}" == "2.500"
    assert isinstance(v, Value)
    assert isinstance(v, Node)
    assert type(v) is v.__class__ is StoredValue
    assert (v.label, v.shape, v.ndim, v.size, v.is_leaf, v.requires_grad) == ("w", (), 0, 1, True, True)
    assert type(v.data) is float
    assert type(v.grad) is float
    assert v.item() == 2.5


def test_it_computes_and_compares():
    a, b = stored(2.0, -3.0)
    assert (a * b + a**2 - b / 2 + abs(b)).data == -6 + 4 + 1.5 + 3
    assert a > b
    assert a == 2.0
    assert a != b
    assert max(a, b) is a
    assert bool(a)
    assert np.exp(a).data == math.exp(2.0)
    assert autograd.dot([a, b], [b, a]).data == -12.0
    with pytest.raises(TypeError, match="drop the Value"):
        math.exp(a)
    with pytest.raises(TypeError, match=r"got the Value 2\.0, which is a node already"):
        Value(a)
    with pytest.raises(TypeError, match="no operation of a Value"):
        a % 2


def test_gradients_add_up_and_can_be_assigned():
    a, b = stored(2.0, -3.0)
    (a * b).backward()
    (a * b).backward()
    assert (a.grad, b.grad) == (-6.0, 4.0)
    a.grad = 0
    assert (a.grad, b.grad) == (0.0, 4.0)
    b.zero_grad()
    a.grad += 2.5
    assert (a.grad, b.grad) == (2.5, 0.0)
    a.grad = None
    assert a.grad == 0.0
    a.grad = math.nan
    assert math.isnan(a.grad)


def test_a_gradient_from_before_is_kept():
    a, b = Value(1.0), Value(2.0)
    (a * 3).backward()
    b.grad = None
    move_into_store([a, b], (2,), "w")
    assert (a.grad, b.grad) == (3.0, 0.0)


def test_data_can_be_changed_from_both_sides():
    a, b = stored(2.0, -3.0)
    store, _ = a.store()
    a.grad = 1.0
    for v in (a, b):
        v.data -= 0.5 * v.grad
    assert store.data.tolist() == [1.5, -3.0]
    store.data -= 1.0
    assert (a.data, b.data) == (0.5, -4.0)
    store.data = np.array([7.0, 8.0])
    assert (a.data, b.data) == (7.0, 8.0)
    a.data = np.float64(3)
    assert type(a.data) is float
    with pytest.raises(TypeError, match="is a number"):
        a.data = "3"


CHANGES = [
    lambda a, store: setattr(a, "data", 5.0), lambda a, store: store.data.__isub__(1.0), lambda a, store: store.data.__setitem__(0, 1.0),
    lambda a, store: setattr(store, "data", np.zeros(2)), lambda a, store: store.data.fill(2.0),
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_between_forward_and_backward_is_an_error(change):
    a, _ = stored(2.0, 3.0)
    store, _ = a.store()
    out = a * a
    change(a, store)
    with pytest.raises(RuntimeError, match="was changed after"):
        out.backward()
    (a * a).backward()


def test_a_change_of_one_entry_does_not_disturb_the_graphs_of_others():
    a, b = stored(2.0, 3.0)
    store, _ = a.store()
    store.data -= 1.0
    out = a * a
    b.data = 10.0
    out.backward()
    assert a.grad == 2.0


@pytest.mark.parametrize("singles", [0, 1, 2])
@pytest.mark.parametrize("change", CHANGES[1:])
def test_a_change_of_all_entries_is_noticed_also_after_one_of_another_entry(change, singles):
    a, b, c = stored(2.0, 3.0, 4.0)
    store, _ = a.store()
    c.data = 5.0  # a change of one entry before
    out = b * c
    if change is CHANGES[3]:
        store.data = np.zeros(3)
    else:
        change(a, store)
    for v in (a, c)[:singles]:
        v.data = 10.0
    with pytest.raises(RuntimeError, match="was changed after"):
        out.backward()


def test_who_reads_a_value_while_another_thread_moves_it_waits():
    value, found = Value(3.0), []
    store = Store(np.array([3.0]), [value])
    with stores._changing:  # as in `move_into_store`, half way
        value.__class__ = StoredValue
        thread = threading.Thread(target=lambda: found.append((value.data, value.grad)))
        thread.start()
        thread.join(0.1)
        stores._number.__set__(value, (store, 0))
    thread.join(20)
    assert found == [(3.0, 0.0)]


def test_moving_into_a_store_is_no_change():
    a, b = Value(2.0), Value(3.0)
    out = a * b
    move_into_store([a, b], (2,), "w")
    out.backward()
    assert (a.grad, b.grad) == (3.0, 2.0)


def test_copies_are_values_of_their_own():
    a, _ = stored(2.0, 3.0, label="a")
    a.grad = 5.0
    for make in (copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))):
        b = make(a)
        assert repr(b) == repr(a)
        assert type(b) is Value
        b.data = 7.0
        assert a.data == 2.0
    constant = a.detach()
    assert (constant.data, constant.requires_grad) == (2.0, False)
    graph = copy.deepcopy(a * a)
    graph.backward()
    assert a.grad == 5.0


def test_a_stored_value_in_sets_and_dicts_is_itself():
    a, b = Value(2.0), Value(2.0)
    names = {a: "a", b: "b"}
    found = {a, b}
    move_into_store([a, b], (2,), "w")
    assert (names[a], names[b]) == ("a", "b")
    assert a in found
    assert len({a, b}) == 2


def compiled_model():
    model = nn.MLP(2, [3, 1], rng=0)
    autograd.compile(lambda x: model(x))([1.0, 2.0]).backward()
    assert all(type(p) is StoredValue for p in model.parameters())
    return model


def test_models_can_be_copied_pickled_saved_and_loaded():
    model = compiled_model()
    x = [0.5, -1.5]
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert other(x).data == model(x).data
        assert [p.grad for p in other.parameters()] == [p.grad for p in model.parameters()]
        other.parameters()[0].data += 1.0
        assert other(x).data != model(x).data
    state = model.state_dict()
    assert all(type(number) is float for number in state.values())
    fresh = nn.MLP(2, [3, 1], rng=1)
    fresh.load_state_dict(state)
    assert fresh(x).data == model(x).data
    model.load_state_dict(nn.MLP(2, [3, 1], rng=2).state_dict())
    assert model(x).data == nn.MLP(2, [3, 1], rng=2)(x).data
    model.zero_grad()
    assert {p.grad for p in model.parameters()} == {0.0}


@pytest.mark.parametrize("optimizer", [lambda p: SGD(p, lr=0.1, momentum=0.9, weight_decay=0.1), lambda p: Adam(p, lr=0.01)])
def test_training_is_the_same_with_and_without_compiling(optimizer):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(10, 2)), rng.choice([-1.0, 1.0], size=10)
    trained = []
    for wrap in (lambda f: f, autograd.compile):
        model = nn.MLP(2, [4, 1], rng=0)

        def loss(xs, ys):
            return sum((1 - y * model(x)).relu() for x, y in zip(xs, ys, strict=False))  # noqa: B023

        loss = wrap(loss)
        opt = optimizer(model.parameters())
        for step in range(6):
            opt.zero_grad()
            if step != 3:  # one step without a gradient
                loss(X, Y).backward()
            opt.step()
        trained.append([p.data for p in model.parameters()])
    np.testing.assert_allclose(*trained, rtol=1e-10)


def test_eager_and_compiled_gradients_add_up():
    model = nn.MLP(2, [3, 1], rng=0)
    f = autograd.compile(lambda x: model(x))
    model([1.0, 2.0]).backward()
    eager = [p.grad for p in model.parameters()]
    f([1.0, 2.0]).backward()
    (model([1.0, 2.0]) + f([1.0, 2.0])).backward()
    np.testing.assert_allclose([p.grad for p in model.parameters()], [4 * g for g in eager], rtol=1e-12)


def test_blocks_takes_a_store_for_its_values_if_all_are_there():
    a, b = stored(1.0, 2.0)
    c = Value(3.0)
    store, _ = a.store()
    assert blocks([a, c, b]) == [store, c] or [type(x) for x in blocks([a, c, b])] == [Store, Value]
    assert all(x is y for x, y in zip(blocks([a, c]), [a, c], strict=True))


def test_a_store_goes_with_its_values():
    values = stored(1.0, 2.0)
    array = weakref.ref(values[0].store()[0]._datum)
    first = values.pop(0)
    del values
    gc.collect()
    assert array() is not None
    assert first.data == 1.0
    del first
    gc.collect()
    assert array() is None


def test_parameters_of_a_function_that_is_gone_go():
    def make():
        model = nn.MLP(2, [3, 1], rng=0)
        f = autograd.compile(lambda x: model(x))
        f([1.0, 2.0]).backward()
        return weakref.ref(model.parameters()[0].store()[0]._datum)

    array = make()
    gc.collect()
    assert array() is None
