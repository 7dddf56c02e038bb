"""Copies and pickles of graphs: what is shared, what is copied, and that gradients still flow."""

import copy
import gc
import pickle
import threading

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, no_grad, scope


class Weight(Value):
    """A subclass with something more."""


def again_by(how):
    """Python's ways to make the same thing again; the last is the pickler written in Python, which others build on."""
    return {
        "deepcopy": copy.deepcopy,
        "pickle": lambda x: pickle.loads(pickle.dumps(x)),
        "oldest protocol": lambda x: pickle.loads(pickle.dumps(x, protocol=0)),
        "pickle in Python": lambda x: pickle._loads(pickle._dumps(x)),
    }[how]


WAYS = pytest.mark.parametrize("how", ["deepcopy", "pickle", "oldest protocol", "pickle in Python"])


@WAYS
def test_a_graph_made_again_is_separate_and_complete(how):
    x, t = Value(2.0, label="x"), Tensor(np.array([1.0, 2.0], np.float32), label="t")
    with scope("part"):
        out = (x * t)[np.array([0, 0, 1])].sum() * 2
    out.backward()
    twin_out, twin_x, twin_t = again_by(how)([out, x, t])
    assert (twin_x.data, twin_x.grad, twin_x.label) == (2.0, x.grad, "x")
    assert np.array_equal(twin_t.grad, t.grad)
    assert twin_t.dtype == np.float32
    assert twin_out.item() == out.item()
    assert twin_out.inputs[0].scope.name == "part"
    twin_out.backward()
    assert twin_x.grad == 2 * x.grad
    assert np.array_equal(twin_t.grad, 2 * t.grad)
    twin_t.data[0] = 9.0
    twin_t.grad[0] = 9.0
    assert t.data[0] == 1.0
    assert t.grad[0] != 9.0


@WAYS
def test_what_was_shared_stays_shared(how):
    x = Value(3.0)
    y = x * x
    both = again_by(how)({"y": y, "z": y + x, "x": x})
    both["z"].backward()
    assert both["x"].grad == 7.0
    assert both["y"].grad == 1.0
    assert x.grad == 0.0


@WAYS
def test_constants_and_leaves_stay_what_they_are(how):
    x = Value(3.0)
    with no_grad():
        constant = x * 2
    assert [node.requires_grad for node in again_by(how)([x, constant, x.detach()])] == [True, False, False]
    array = np.ones(2)
    twin = again_by(how)(Tensor([1.0, 2.0]) * array)
    twin.inputs[1][0] = 5.0
    assert array[0] == 1.0


@WAYS
def test_attributes_of_a_subclass_come_along(how):
    weight = Weight(2.0, label="w")
    weight.history = [1, 2]
    twin = again_by(how)(weight)
    assert type(twin) is Weight
    assert twin.history == [1, 2]
    assert twin.history is not weight.history
    assert again_by(how)(weight * weight).inputs[0].history == [1, 2]


@WAYS
def test_the_order_of_time_survives(how):
    """The new graph passes the check for stale leaves, and fails it after a change."""
    x = Value(3.0)
    y, x = again_by(how)((x * x, x))
    (y * x).backward()
    x.data = 4.0
    with pytest.raises(RuntimeError, match="was changed after"):
        y.backward()


@WAYS
def test_a_graph_with_a_changed_leaf_is_not_made_again_as_if_it_were_fresh(how):
    x = Value(3.0)
    y = x * x
    x.data = 4.0
    with pytest.raises(RuntimeError, match="was changed after multiply had used it"):
        again_by(how)(y)
    assert again_by(how)(x).data == 4.0


def test_a_shallow_copy_shares_the_inputs_and_not_the_numbers():
    x, t = Value(3.0), Tensor([1.0, 2.0])
    y = copy.copy(x * x)
    y.backward()
    assert x.grad == 6.0
    t.sum().backward()
    twin = copy.copy(t)
    twin.data[0] = twin.grad[0] = 9.0
    assert np.array_equal(t.data, [1.0, 2.0])
    assert np.array_equal(t.grad, [1.0, 1.0])
    weight = Weight(1.0)
    weight.name = "w"
    assert copy.copy(weight).name == "w"


def test_data_is_pickled_and_copied_as_an_array():
    t = Tensor([1.0, 2.0])
    for array in (pickle.loads(pickle.dumps(t.data)), copy.deepcopy(t.data), copy.copy(t.data)):
        array[0] = 9.0
        assert np.array_equal(t.data, [1.0, 2.0])
        assert array[0] == 9.0


def test_a_pickle_that_fails_leaves_the_next_one_sound():
    class Unpicklable(Value):
        def __reduce_ex__(self, protocol):
            raise KeyError("no")

    bad = Unpicklable(1.0) * 2 + Value(1.0)
    with pytest.raises(KeyError):
        pickle.dumps(bad)
    gc.collect()
    deep = Value(1.0)
    for _ in range(5000):
        deep = deep + 1
    assert pickle.loads(pickle.dumps(deep)).data == 5001.0


def test_pickling_in_one_thread_is_none_of_anothers():
    def work():
        x = Value(1.0)
        for _ in range(3000):
            x = x + 1
        results.append(pickle.loads(pickle.dumps(x)).data)

    results = []
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [3001.0] * 4


def test_primitives_are_pickled_by_name():
    tanh = autograd.table["tanh"]
    assert pickle.loads(pickle.dumps(tanh)) is copy.deepcopy(tanh) is tanh
