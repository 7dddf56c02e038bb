"""`Tensor` as an array: what it is made from, its data, its axes, indexing and iteration."""

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, no_grad, table


def test_data_is_copied_and_keeps_its_precision():
    original = np.ones(2, dtype=np.float32)
    x = Tensor(original)
    original[0] = 9.0
    assert np.array_equal(x.data, [1.0, 1.0])
    assert x.dtype == np.float32
    assert (x * 2.0 + 1).dtype == np.float32
    assert Tensor([1, 2]).dtype == Tensor(3).dtype == Tensor([True]).dtype == np.float64


def test_shape_size_length_and_numbers():
    x = Tensor(np.arange(6.0).reshape(2, 3))
    assert (x.shape, x.ndim, x.size, len(x), x.T.shape) == ((2, 3), 2, 6, 2, (3, 2))
    assert x.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert Tensor(3.0).item() == 3.0
    assert type(Tensor([[3.0]]).item()) is float
    array = x.numpy()
    array[0, 0] = 9.0
    assert x.data[0, 0] == 0.0


def test_repr_and_format():
    assert repr(Tensor([1.0, 2.0])) == "Tensor([1., 2.])"
    assert repr(Tensor([[1.0], [2.0]], label="x")) == "Tensor([[1.],\n        [2.]], label='x')"
    assert repr(Tensor(np.ones(1, np.float32))) == f"{Tensor(np.ones(1, np.float32))}" == "Tensor([1.], dtype=float32)"
    assert f"{Tensor([2.0]):.3f}" == "2.000"


def test_truth_of_one_entry_and_comparisons_of_all():
    assert Tensor([[1.0]])
    assert not Tensor(0.0)
    x = Tensor([1.0, 2.0])
    assert np.array_equal(x > 1.5, [False, True])
    assert np.array_equal(x == Tensor([1.0, 5.0]), [True, False])
    assert np.array_equal(np.ones(2) < x, [False, True])
    assert type(x > 1.5) is np.ndarray
    assert x != None  # noqa: E711
    assert (x == "a") is False
    assert x in {x}


WRITES = [  # a way to write, and what becomes of [[1, 2], [3, 4]]
    ("x.data = [[5, 6], [7, 8]]", [[5, 6], [7, 8]]),
    ("x.data = x.data.T", [[1, 3], [2, 4]]),
    ("x.data = x.data[::-1]", [[3, 4], [1, 2]]),
    ("x.data[0, 0] = 9", [[9, 2], [3, 4]]),
    ("x[0] = 9", [[9, 9], [3, 4]]),
    ("x.data[0][1] = 9", [[1, 9], [3, 4]]),
    ("x.data[:, 1] = [8, 9]", [[1, 8], [3, 9]]),
    ("x.data[x.data > 2] = 0", [[1, 2], [0, 0]]),
    ("x.data[[0, 1], [1, 0]] -= 1", [[1, 1], [2, 4]]),
    ("x.data -= 1", [[0, 1], [2, 3]]),
    ("x.data += np.array([1, 2])", [[2, 4], [4, 6]]),
    ("x.data *= 2", [[2, 4], [6, 8]]),
    ("x.data /= 2", [[0.5, 1], [1.5, 2]]),
    ("x.data **= 2", [[1, 4], [9, 16]]),
    ("x.data[1] -= 1", [[1, 2], [2, 3]]),
    ("d = x.data; d -= 1", [[0, 1], [2, 3]]),
    ("d = x.data; d[0] = 0; d -= 1", [[-1, -1], [2, 3]]),
    ("row = x.data[0]; row *= 10", [[10, 20], [3, 4]]),
    ("x.data.T[0] = 9", [[9, 2], [9, 4]]),
    ("x.data.reshape(-1)[3] = 9", [[1, 2], [3, 9]]),
    ("x.data.fill(0)", [[0, 0], [0, 0]]),
    ("x.data //= 2", [[0, 1], [1, 2]]),
    ("np.add(x.data, 1, out=x.data)", [[2, 3], [4, 5]]),
    ("np.maximum(np.ones((2, 2)), 2, out=x.data)", [[2, 2], [2, 2]]),
    ("np.cumsum(x.data, axis=0, out=x.data)", [[1, 2], [4, 6]]),
    ("np.clip(x.data, 2, 3, out=x.data)", [[2, 2], [3, 3]]),
    ("np.modf(x.data + 0.5, out=(np.ones((2, 2)), x.data))", [[1, 2], [3, 4]]),
    ("np.add.at(x.data, [0, 0], 1)", [[3, 4], [3, 4]]),
    ("np.add.at(x.data[0], [1, 1], 1)", [[1, 4], [3, 4]]),
    ("np.sqrt.at(x.data[1], [1])", [[1, 2], [3, 2]]),
    ("np.put_along_axis(x.data, np.array([[0], [1]]), 9, 1)", [[9, 2], [3, 9]]),
    ("import random; random.Random(1).shuffle(x.data[0])", [[2, 1], [3, 4]]),
]


@pytest.mark.parametrize(("write", "expected"), WRITES)
def test_every_way_to_write_data_writes_and_is_noticed(write, expected):
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    before = (x * x).sum()
    exec(write, {"x": x, "np": np})
    assert np.array_equal(x.data, expected)
    with pytest.raises(RuntimeError, match="was changed after multiply had used it"):
        before.backward()
    after = (x * x).sum()
    after.backward()
    assert np.array_equal(x.grad, 2 * np.array(expected, float))


def half_written(x):
    with np.errstate(all="raise"):
        x.data /= [2.0, 0.0]


@pytest.mark.parametrize("write", [half_written, lambda x: x.data.__setitem__(..., np.array([9.0, "no"], dtype=object))])
def test_a_write_that_fails_half_way_is_noticed(write):
    x = Tensor([1.0, 2.0])
    out = (x * x).sum()
    with pytest.raises((FloatingPointError, ValueError)):
        write(x)
    assert x.data[0] != 1.0
    with pytest.raises(RuntimeError, match="was changed after multiply had used it"):
        out.backward()


REFUSED = [
    "np.copyto(x.data, 0)", "np.put(x.data, 0, 1)", "np.place(x.data, x.data > 0, [1])", "np.putmask(x.data, x.data > 0, 1)",
    "np.asarray(x.data)[0] = 0", "x.data.view(np.ndarray)[0] = 0", "np.fill_diagonal(x.data, 0)", "x.data.flat[0] = 0", "x.data.sort()",
    "np.random.default_rng(0).shuffle(x.data)", "memoryview(x.data)[0, 0] = 1.0", "x.data.partition(1)", "x.data.byteswap(inplace=True)",
    "np.nan_to_num(x.data, copy=False)", "np.take(np.eye(2), [0, 1], axis=0, out=x.data)", "x.data.flat = 0", "np.ndarray.fill(x.data, 0)",
    "np.median(x.data, overwrite_input=True)", "np.lib.stride_tricks.as_strided(x.data)[0] = 0", "np.random.shuffle(x.data)",
    "np.einsum('ij->ij', np.eye(2), out=x.data)", "[n.__setitem__(..., 0) for n in np.nditer(x.data, op_flags=[['readwrite']])]",
    "np.frombuffer(x.data)[0] = 0", "x.data.resize(1)", "x.data.setfield(1.0, float)",
]  # fmt: skip


@pytest.mark.parametrize("write", REFUSED)
def test_writes_that_could_not_be_noticed_are_refused(write):
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises((ValueError, TypeError)):
        exec(write, {"x": x, "np": np})
    assert np.array_equal(x.data, [[1.0, 2.0], [3.0, 4.0]])


def test_a_function_of_numpy_that_would_write_into_data_is_refused_with_what_to_write():
    sentence = r"np\.copyto would write into the data of a Tensor without its knowledge; .* t\.data\[\.\.\.\] = copy"
    with pytest.raises(ValueError, match=sentence):
        np.copyto(Tensor([1.0, 2.0]).data, 0.0)


def test_the_data_of_a_computed_tensor_are_not_written_by_any_ufunc():
    y = Tensor([1.0, 2.0]) * 2
    for write in (lambda: np.add.at(y.data, [0, 0], 1.0), lambda: np.negative(y.data, out=y.data)):
        with pytest.raises(RuntimeError, match="data of a computed Tensor"):
            write()
    assert np.array_equal(y.data, [2.0, 4.0])


def test_a_copy_of_data_is_an_array_like_any_other():
    x = Tensor([1.0, 2.0])
    for copy in (x.data.copy(), x.data[[0, 1]], np.array(x.data), x.data * 1, x.numpy()):
        same = copy
        copy -= 1
        copy[0] = 7.0
        assert same is copy
        assert np.array_equal(copy, [7.0, 1.0])
    assert np.array_equal(x.data, [1.0, 2.0])
    assert repr(x.data) == "array([1., 2.])"
    assert type(x.data + 1) is type(np.sqrt(x.data)) is np.ndarray
    assert type(x.data.sum()) is np.float64


def test_data_of_no_entries_and_of_one_number_can_be_written():
    empty, one = Tensor(np.empty((0, 2))), Tensor(3.0)
    empty.data -= 1
    one.data -= 1
    one.data[...] *= 2
    assert (one.item(), empty.shape) == (4.0, (0, 2))


def test_what_was_computed_under_no_grad_may_be_written_and_shares_nothing():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    out = (x * x).sum()
    with no_grad():
        views = [x[0], x.T, x.reshape(4), autograd.squeeze(x), autograd.broadcast_to(x, (2, 2, 2)), x.detach()]
    for view in views:
        view.data[...] = 0.0
    assert np.array_equal(x.data, [[1.0, 2.0], [3.0, 4.0]])
    out.backward()
    assert np.array_equal(x.grad, [[2.0, 4.0], [6.0, 8.0]])


def test_data_used_as_a_constant_is_the_data_of_that_moment():
    w, t = Tensor([1.0, 1.0]), Tensor([2.0, 3.0])
    out = (w * t.data).sum()
    t.data -= 1
    out.backward()
    assert np.array_equal(w.grad, [2.0, 3.0])


INDICES = [
    0, -1, slice(None, None, -1), (0, 1), (slice(None), 1), ..., None, (None, ..., 0), [0, 0, 1], np.array([1]), (np.array([0, 1]), [2, 2]),
    np.array([[True, False, True], [False, False, True]]), [True, False], (slice(1), [0, 2]), [], np.array(1), True, slice(5, 9),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_indexing_is_numpys_and_entries_read_twice_get_both_gradients(index):
    array = np.arange(6.0).reshape(2, 3)
    x = Tensor(array)
    out = x[index]
    assert np.array_equal(out.data, array[index])
    out.backward(np.ones(out.shape))
    expected = np.zeros((2, 3))
    np.add.at(expected, index, 1.0)
    assert np.array_equal(x.grad, expected)
    assert np.array_equal(autograd.getitem(array, index), array[index])


def test_an_index_that_changes_later_does_not_change_the_gradient():
    x, rows, columns = Tensor(np.ones((2, 2))), np.array([0, 0]), [1, 1]
    out = x[rows, columns].sum() + autograd.take(x, rows, axis=0).sum()
    rows[:] = 1
    columns[:] = [0, 0]
    out.backward()
    assert np.array_equal(x.grad, [[2.0, 4.0], [0.0, 0.0]])


def test_iterating_and_unpacking_give_nodes():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    first, second = x
    (first * second).sum().backward()
    assert np.array_equal(x.grad, [[3.0, 4.0], [1.0, 2.0]])
    assert [row.shape for row in x] == [(2,), (2,)]


def test_methods_for_axes_and_shapes_are_the_functions():
    array = np.random.default_rng(0).normal(size=(2, 3))
    x = Tensor(array)
    pairs = [
        (x.sum(), array.sum()), (x.sum(axis=0), array.sum(axis=0)), (x.sum(axis=[0, 1], keepdims=True), array.sum(keepdims=True)),
        (x.mean(axis=-1), array.mean(axis=-1)), (x.max(axis=0), array.max(axis=0)), (x.min(), array.min()),
        (x.logsumexp(axis=0), np.log(np.exp(array).sum(axis=0))), (x.softmax(), np.exp(array) / np.exp(array).sum(axis=1, keepdims=True)),
        (x.log_softmax(axis=0), array - np.log(np.exp(array).sum(axis=0))), (x.reshape(3, 2), array.reshape(3, 2)),
        (x.reshape((3, -1)), array.reshape(3, 2)), (x.reshape(-1), array.ravel()), (x.transpose(), array.T),
        (x.transpose(1, 0), array.T), (x.transpose((1, 0)), array.T), (x[0].transpose(0), array[0]), (x.T, array.T),
        (x.reshape(2, 1, 3).squeeze(), array), (x.reshape(2, 1, 3).squeeze(1), array), (x.take([1, 0], axis=0), array[::-1]),
        (x.take(4), array.flat[4]), (x.dot(array.T), array @ array.T), (x @ array.T, array @ array.T), (array.T @ x, array.T @ array),
        (x.astype(np.float32), array.astype(np.float32)), (x[0].reshape(3, 1)[0].reshape(()), array[0, 0]),
    ]  # fmt: skip
    for node, expected in pairs:
        assert isinstance(node, Tensor)
        np.testing.assert_allclose(node.data, expected, rtol=1e-14)


def test_functions_take_plain_arrays_and_lists_as_well():
    rows = [[1.0, 2.0], [3.0, 4.0]]
    assert autograd.sum(rows) == 10.0
    assert np.array_equal(autograd.max(rows, axis=0), [3.0, 4.0])
    assert np.array_equal(autograd.min(np.array(rows), axis=1, keepdims=True), [[1.0], [3.0]])
    assert autograd.mean(np.array([1, 2])) == 1.5
    assert autograd.softmax([0.0, 0.0]) == [0.5, 0.5]
    assert np.allclose(autograd.softmax(rows).sum(axis=1), 1.0)
    assert np.allclose(autograd.log_softmax(np.array([1, 1])), np.log(0.5))
    assert autograd.logsumexp([0.0, 0.0]) == autograd.logsumexp(np.zeros(2)) == np.log(2.0)
    assert autograd.dot([1, 2], [3, 4], start=1) == 12
    assert autograd.dot(np.array([1, 2]), np.array([3, 4]), start=1) == 12
    assert np.array_equal(autograd.matmul(rows, rows), np.array(rows) @ rows)
    assert np.array_equal(autograd.take(rows, -1), [3.0, 4.0])
    assert np.array_equal(autograd.take(np.array(rows), np.int64(1), axis=1), [2.0, 4.0])
    assert autograd.take(np.array(rows), []).shape == (0,)
    assert autograd.pad(rows, 1).shape == (4, 4)
    assert autograd.broadcast_to(np.ones(1), 3).shape == (3,)
    assert autograd.clip(5.0) == 5.0
    assert np.array_equal(autograd.erf(np.array([0, 1])), [0.0, 0.8427007929497149])


def test_lists_of_nodes_are_stacked():
    a, b = Value(1.0), Value(2.0)
    grid = autograd.sum([[a, b], [b, 3.0]], axis=0)
    assert np.array_equal(grid.data, [3.0, 5.0])
    autograd.getitem(grid, 0).backward()
    assert (a.grad, b.grad) == (1.0, 1.0)
    rows = autograd.stack([Tensor([1.0, 2.0]), np.zeros(2), [3.0, 4.0]])
    assert rows.shape == (3, 2)


def test_an_array_of_values_is_stacked_too():
    values = np.array([Value(1.0), Value(2.0)])
    assert autograd.sum(values).primitive is table["add_n"]
    assert autograd.logsumexp(values.reshape(1, 2), axis=1).shape == (1,)
    assert autograd.sum(np.array(Value(3.0)), axis=()).item() == 3.0


def test_a_change_of_precision_stays_in_the_graph():
    x = Tensor([1.0, 2.0])
    (x.astype(np.float32) * np.float32(3)).sum().backward()
    assert x.grad.dtype == np.float64
    assert np.array_equal(x.grad, [3.0, 3.0])


def test_a_subclass_takes_part_in_a_graph():
    class Weight(Tensor):
        """A Tensor with something more."""

    w = Weight([2.0])
    assert type(autograd.maximum(Value(5.0), w)) is Tensor
    assert type(Value(5.0) * w) is type(w * 2) is Tensor
    assert type(w.detach()) is Weight
