"""Claims about datasets and their batches."""

import collections
import itertools
import pickle
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import Tensor, Value, no_grad
from nn.data import DataLoader, Dataset, Subset, TensorDataset, check_table, default_collate, random_split, spirals

X = np.arange(20.0).reshape(10, 2)
Y = np.arange(10)


class Squares(Dataset):
    """A dataset that says one by one what is in it."""

    def __len__(self):
        return 10

    def __getitem__(self, i):
        if not 0 <= i < 10:
            raise IndexError(i)
        return {"x": float(i), "name": f"n{i}"}, i * i


# TensorDataset


def test_a_tensor_dataset_gives_items_and_slices_of_its_arrays():
    data = TensorDataset(X, Y)
    assert len(data) == 10
    x, y = data[3]
    np.testing.assert_array_equal(x, X[3])
    assert y == 3
    x, y = data[-2:]
    np.testing.assert_array_equal(x, X[-2:])
    np.testing.assert_array_equal(y, [8, 9])
    x, y = data[[4, 1]]
    np.testing.assert_array_equal(y, [4, 1])
    with pytest.raises(IndexError):
        data[10]


def test_arrays_keep_their_precision():
    data = TensorDataset(X.astype(np.float32), Y.astype(np.int8), Y > 3)
    (batch,) = DataLoader(data, batch_size=10)
    assert [part.dtype for part in batch] == [np.float32, np.int8, np.bool_]


def test_lists_leaves_and_frames_become_arrays():
    pandas = pytest.importorskip("pandas")
    with no_grad():
        constant = Value(2.0) * Tensor(Y.astype(float))
    data = TensorDataset(X.tolist(), Tensor(X), constant, pandas.DataFrame(X, columns=["a", "b"]), pandas.Series(Y))
    assert all(type(array) is np.ndarray for array in data.arrays)
    for array, expected in zip(data.arrays, [X, X, 2.0 * Y, X, Y], strict=True):
        np.testing.assert_array_equal(array, expected)


def test_a_batch_may_be_written_to():
    data = TensorDataset(X, Y)
    for shuffle in (False, True):
        for x, y in DataLoader(data, batch_size=4, shuffle=shuffle):
            x *= 0
            y *= 0
    np.testing.assert_array_equal(data.arrays[0], np.arange(20.0).reshape(10, 2))
    np.testing.assert_array_equal(data.arrays[1], np.arange(10))


@pytest.mark.parametrize(
    ("arrays", "error", "sentence"),
    [
        ([], ValueError, "needs at least one array; pass inputs and targets: TensorDataset(X, y)"),
        ([X, Y[:9]], ValueError, "must be equally long; got the shapes (10, 2), (9,)"),
        ([X[:0], Y[:0]], ValueError, "needs at least one item; the arrays are empty"),
        ([3.0], ValueError, "Each array of a TensorDataset needs a first axis, for the items; got the shapes ()"),
        ([[[1.0], [2.0, 3.0]]], ValueError, "Array 0 of the TensorDataset has rows of different lengths"),
        ([X, list("abcdefghij")], TypeError, "made of numbers; got text; classes, labels = np.unique(names, return_inverse=True)"),
        ([X, None], TypeError, "Array 1 of the TensorDataset must be made of numbers; got None."),
        ([X, [object()] * 10], TypeError, "Array 1 of the TensorDataset must be made of numbers; got entries of type object"),
        ([X, [None] * 10], ValueError, "Array 1 of the TensorDataset has nan or infinity in 10 of 10 entries"),
        ([X * 1j], TypeError, "Array 0 of the TensorDataset must be made of numbers"),
        ([Tensor(X) * 2], TypeError, "Data are constants, and this was computed"),
        ([np.where(Y == 4, np.nan, Y)], ValueError, "Array 0 of the TensorDataset has nan or infinity in 1 of 10 entries, first at (4,)"),
        (
            [np.where(X == 5, np.inf, X)],
            ValueError,
            "Array 0 of the TensorDataset has nan or infinity in the column 1 (1 time, first in row 2)",
        ),
    ],
)
def test_what_is_no_data_is_refused(arrays, error, sentence):
    with pytest.raises(error) as caught:
        TensorDataset(*arrays)
    assert sentence in str(caught.value)


# Tables


def frame():
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame({"age": [30.0, np.nan, 40.0], "fare": [np.inf, np.nan, 1.0], "class": [1, 2, 3], "alone": [True, False, True]})


def test_columns_with_nan_are_named_all_at_once():
    with pytest.raises(ValueError) as caught:
        check_table(frame())
    sentence = "The table has nan or infinity in the columns 'age' (1 time, first in row 1), 'fare' (2 times, first in row 0). Drop those"
    assert sentence in str(caught.value)
    with pytest.raises(ValueError, match=r"Array 0 of the TensorDataset has nan or infinity in the columns 'age'"):
        TensorDataset(frame(), [0, 1, 2])
    with pytest.raises(ValueError, match=r"in the columns 'a' \(1 time, first in row 1\), 'b' "):
        check_table([[1.0, 2.0], [np.nan, np.nan]], columns=["a", "b"])
    with pytest.raises(ValueError, match=r"in the column 1 \(1 time, first in row 0\)"):
        check_table([[1.0, np.nan], [1.0, 2.0]])


def test_missing_numbers_of_pandas_are_nan():
    pandas = pytest.importorskip("pandas")
    with pytest.raises(ValueError, match="in the column 'n'"):
        check_table(pandas.DataFrame({"n": pandas.array([1, None], dtype="Int64")}))


def test_columns_that_are_no_numbers_are_named():
    table = frame().assign(sex=["f", "m", "f"], port=["S", None, "C"])
    with pytest.raises(TypeError, match="The table must be made of numbers, and the columns 'sex', 'port' are not; encode categories"):
        check_table(table)
    with pytest.raises(TypeError, match="and the column 1 is not"):
        check_table(np.array([[1.0, "a"], [2.0, "b"]], dtype=object))
    with pytest.raises(TypeError, match="and the column 'sex' is not"):
        check_table(np.array([[1.0, "a"], [2.0, "b"]], dtype=object), columns=["age", "sex"])


def test_a_good_table_is_an_array_of_its_numbers():
    table = frame().drop(columns=["age", "fare"])
    np.testing.assert_array_equal(check_table(table), [[1, 1], [2, 0], [3, 1]])
    np.testing.assert_array_equal(check_table(np.array([[1, 2.5]], dtype=object)), [[1, 2.5]])
    assert check_table(X.astype(np.float32)).dtype == np.float32
    huge = np.full((2, 2), 1e308)  # whose sum is infinite
    np.testing.assert_array_equal(check_table(huge), huge)


@pytest.mark.parametrize(
    ("table", "columns", "sentence"),
    [
        (np.zeros(3), None, "A table has the shape (rows, columns), at least one of each; got (3,)"),
        (np.zeros((0, 3)), None, "got (0, 3)"),
        (np.zeros((2, 3)), ["a"], "The table has 3 columns and 1 names for them"),
    ],
)
def test_what_is_no_table_is_refused(table, columns, sentence):
    with pytest.raises(ValueError) as caught:
        check_table(table, columns)
    assert sentence in str(caught.value)


# DataLoader


@given(n=st.integers(1, 40), size=st.integers(1, 45), shuffle=st.booleans(), drop=st.booleans())
def test_every_item_comes_once_in_batches_of_the_size(n, size, shuffle, drop):
    if drop and n < size:
        return
    loader = DataLoader(TensorDataset(np.arange(n)), size, shuffle, drop_last=drop, rng=0)
    batches = [x for (x,) in loader]
    assert len(batches) == len(loader)
    assert all(len(x) == size for x in batches[:-1])
    seen = np.concatenate(batches)
    assert len(seen) == (n - n % size if drop else n)
    assert len(set(seen.tolist())) == len(seen)
    if not shuffle:
        np.testing.assert_array_equal(seen, np.arange(len(seen)))


def test_by_default_each_item_is_a_batch_of_its_own_in_order():
    assert [y.tolist() for _, y in DataLoader(TensorDataset(X, Y))] == [[i] for i in range(10)]


def order(loader):
    return np.concatenate([y for _, y in loader]).tolist()


def test_a_seed_gives_the_same_orders_and_each_epoch_another():
    one, other = (DataLoader(TensorDataset(X, Y), 3, shuffle=True, rng=7) for _ in range(2))
    first, second = order(one), order(one)
    assert [first, second] == [order(other), order(other)]
    assert first != second
    assert sorted(first) == sorted(second) == Y.tolist()


def test_the_state_of_its_generator_says_which_order_comes_next():
    loader = DataLoader(TensorDataset(X, Y), 3, shuffle=True, rng=7)
    order(loader)
    state = loader.rng.bit_generator.state
    following = order(loader)
    other = DataLoader(TensorDataset(X, Y), 3, shuffle=True)
    other.rng = np.random.default_rng()
    other.rng.bit_generator.state = state
    assert order(other) == following


@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("given", [0, 1, 2, 3])
def test_a_loader_goes_on_where_another_has_stopped_even_inside_a_loop(given, shuffle, drop):
    loader, other = (DataLoader(TensorDataset(X, Y), 3, shuffle, drop_last=drop, rng=rng) for rng in (7, 8))
    order(loader)
    state, rest = loader.state_dict(), []
    for i, (_, y) in enumerate(loader):
        if i == given - 1:
            state = loader.state_dict()
        elif i >= given:
            rest += y.tolist()
    other.load_state_dict(state)
    assert [i for _, y in other for i in y.tolist()] == rest
    assert [order(other), order(other)] == [order(loader), order(loader)]


def test_a_loop_that_was_left_is_over():
    loader, other = (DataLoader(TensorDataset(X, Y), 3, shuffle=True, rng=rng) for rng in (7, 8))
    for _ in loader:
        break
    other.load_state_dict(loader.state_dict())
    assert order(other) == order(loader)


def test_a_state_that_is_not_of_such_a_loader_is_refused_and_changes_nothing():
    loader, other = DataLoader(range(12), 5), DataLoader(range(9), shuffle=True, rng=7)
    before = other.state_dict()
    for state in ({}, [], {"rng": before["rng"]}):
        with pytest.raises(TypeError, match="takes a dict with the keys 'rng' and 'to_come', as state_dict\\(\\) gives"):
            other.load_state_dict(state)
    for _ in loader:
        with pytest.raises(ValueError, match="The state is that of a loader of more items: it has item 11, and here are 9"):
            other.load_state_dict(loader.state_dict())
        break
    with pytest.raises(ValueError, match="state must be for a PCG64"):
        other.load_state_dict({"rng": np.random.MT19937(0).state, "to_come": np.arange(3)})
    assert other.state_dict() == before


def test_without_a_seed_manual_seed_decides():
    def run():
        nn.manual_seed(3)
        return order(DataLoader(TensorDataset(X, Y), 3, shuffle=True)), [list(part.indices) for part in random_split(Y, [5, 5])]

    assert run() == run()


def test_loops_may_be_nested():
    loader = DataLoader(TensorDataset(X, Y), 5)
    assert len(list(itertools.product(loader, loader))) == 4


def test_inputs_and_targets_stay_together():
    for x, y in DataLoader(TensorDataset(X, Y), 3, shuffle=True, rng=0):
        np.testing.assert_array_equal(x, X[y])


def test_a_dataset_of_the_users_own_is_collated_item_by_item():
    (first, squares), *rest = DataLoader(Squares(), batch_size=4)
    np.testing.assert_array_equal(first["x"], [0.0, 1.0, 2.0, 3.0])
    assert first["name"] == ["n0", "n1", "n2", "n3"]
    np.testing.assert_array_equal(squares, [0, 1, 4, 9])
    assert len(rest) == 2


def test_anything_with_a_length_and_items_is_a_dataset():
    pairs = [(np.full(2, i), i) for i in range(5)]
    x, y = next(iter(DataLoader(pairs, batch_size=3)))
    np.testing.assert_array_equal(x, [[0, 0], [1, 1], [2, 2]])
    np.testing.assert_array_equal(y, [0, 1, 2])


def test_a_collate_fn_makes_batches_of_items_that_are_not_alike():
    def pad(items):
        longest = max(map(len, items))
        return np.array([item + [0] * (longest - len(item)) for item in items])

    loader = DataLoader([[1], [2, 3], [4, 5, 6]], batch_size=2, collate_fn=pad)
    assert [batch.tolist() for batch in loader] == [[[1, 0], [2, 3]], [[4, 5, 6]]]


def test_batches_are_constants_to_the_engine():
    weight = Tensor([[1.0], [1.0]])
    x, _ = next(iter(DataLoader(TensorDataset(X, Y), 4)))
    (x @ weight).sum().backward()
    np.testing.assert_array_equal(weight.grad, x.sum(axis=0)[:, None])


def test_orders_do_not_touch_the_generators_of_the_user():
    before = random.getstate(), np.random.get_state()[1].tolist()
    order(DataLoader(TensorDataset(X, Y), 3, shuffle=True, rng=0))
    assert before == (random.getstate(), np.random.get_state()[1].tolist())


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ((TensorDataset(X), 0), ValueError, "batch_size must be at least 1; got 0"),
        ((TensorDataset(X), -3), ValueError, "batch_size must be at least 1; got -3"),
        ((TensorDataset(X), 2.5), TypeError, "batch_size must be a whole number; got 2.5"),
        ((TensorDataset(X), None), TypeError, "batch_size must be a whole number; got None"),
        (([],), ValueError, "The dataset of a DataLoader is empty; it needs at least one item"),
        ((3,), TypeError, "takes a dataset, with a length and items by number, not a int"),
        ((iter([1]),), TypeError, "takes a dataset, with a length and items by number"),
        ((X, Y), TypeError, "and then the batch_size; make one of inputs and targets: TensorDataset(X, y)."),
        (((X, Y), 2), TypeError, "A DataLoader takes one dataset, and then the batch_size"),
    ],
)
def test_loaders_of_nothing_are_refused(arguments, error, sentence):
    with pytest.raises(error) as caught:
        DataLoader(*arguments)
    assert sentence in str(caught.value)


def test_what_pytorch_needs_for_its_workers_is_taken_and_changes_nothing():
    data = TensorDataset(X, Y)
    batches = [list(DataLoader(data, 4, True, rng=0, **more)) for more in ({}, {"num_workers": 2, "pin_memory": True})]
    for ours, theirs in zip(*batches, strict=True):
        np.testing.assert_array_equal(ours[0], theirs[0])


def test_a_loader_that_would_drop_all_is_refused():
    with pytest.raises(ValueError, match="drop_last leaves no batch: there are 10 items, and a batch has 32"):
        DataLoader(TensorDataset(X), 32, drop_last=True)


def test_a_seed_that_is_none_is_refused():
    with pytest.raises(ValueError, match="rng is a seed"):
        DataLoader(TensorDataset(X), 2, shuffle=True, rng="seed")


def test_a_dataset_that_lacks_a_part_says_so():
    class Nothing(Dataset):
        pass

    with pytest.raises(NotImplementedError, match=r"Nothing does not define __len__\(self\)"):
        len(Nothing())
    with pytest.raises(NotImplementedError, match=r"Nothing does not define __getitem__\(self, i\)"):
        Nothing()[0]


# default_collate


def test_items_are_collated_as_in_pytorch():
    torch = pytest.importorskip("torch")
    items = [({"a": i, "b": [float(i), 2.0]}, np.full((2, 1), i, np.float32), (i > 1, "text")) for i in range(3)]
    ours, theirs = default_collate(items), torch.utils.data.default_collate(items)
    np.testing.assert_array_equal(ours[0]["a"], theirs[0]["a"].numpy())
    for mine, expected in zip(ours[0]["b"], theirs[0]["b"], strict=True):
        np.testing.assert_array_equal(mine, expected.numpy())
        assert mine.dtype == expected.numpy().dtype
    np.testing.assert_array_equal(ours[1], theirs[1].numpy())
    assert ours[1].dtype == np.float32
    np.testing.assert_array_equal(ours[2][0], theirs[2][0].numpy())
    assert list(ours[2][1]) == list(theirs[2][1])


def test_named_tuples_stay_so():
    Point = collections.namedtuple("Point", "x y")
    batch = default_collate([Point(1, 2), Point(3, 4)])
    assert type(batch) is Point
    np.testing.assert_array_equal(batch.y, [2, 4])


def test_leaves_among_items_become_arrays():
    np.testing.assert_array_equal(default_collate([Tensor([1.0, 2.0]), Tensor([3.0, 4.0])]), [[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(default_collate([Value(1.0), Value(2.0)]), [1.0, 2.0])


@pytest.mark.parametrize(
    ("items", "error", "sentence"),
    [
        ([], ValueError, "There are no items to make a batch of"),
        ([np.zeros(2), np.zeros(3)], ValueError, "have the shapes (2,) and (3,); pad them, or pass a collate_fn"),
        ([(1, 2), (1,)], ValueError, "have 1 and 2 parts; pad them"),
        ([{"a": 1}, {"b": 1}], ValueError, "dicts with different keys"),
        ([object(), object()], TypeError, "not of a object; pass a collate_fn"),
        ([None, None], TypeError, "not of a NoneType; pass a collate_fn"),
        ([Value(1.0) * 2], TypeError, "Data are constants, and this was computed"),
    ],
)
def test_items_that_make_no_batch_are_refused(items, error, sentence):
    with pytest.raises(error) as caught:
        default_collate(items)
    assert sentence in str(caught.value)


# Parts


def test_a_subset_has_its_items_in_its_order():
    subset = Subset(TensorDataset(X, Y), [7, 2, 2])
    assert len(subset) == 3
    assert subset[0][1] == 7
    np.testing.assert_array_equal(subset[1:][1], [2, 2])
    assert order(DataLoader(subset, 2)) == [7, 2, 2]
    assert order(DataLoader(Subset(subset, [1, 0]), 2)) == [2, 7]


def test_a_subset_of_the_users_dataset_is_collated():
    batch, squares = next(iter(DataLoader(Subset(Squares(), range(3, 6)), batch_size=3)))
    assert batch["name"] == ["n3", "n4", "n5"]
    np.testing.assert_array_equal(squares, [9, 16, 25])


@pytest.mark.parametrize(
    ("indices", "error", "sentence"),
    [
        ([10], IndexError, "There is no item 10 in a dataset of 10; they are numbered from 0"),
        ([-1], IndexError, "There is no item -1 in a dataset of 10"),
        ([0.5], TypeError, "a list of whole numbers; got [0.5]"),
        ([True, False], TypeError, "a list of whole numbers"),
        (["a"], TypeError, "a list of whole numbers"),
        (3, TypeError, "a list of whole numbers; got 3"),
    ],
)
def test_a_subset_of_items_that_are_not_there_is_refused(indices, error, sentence):
    with pytest.raises(error) as caught:
        Subset(TensorDataset(X), indices)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("n", "lengths", "counts"),
    [
        (10, [7, 3], [7, 3]),
        (10, [0.7, 0.3], [7, 3]),
        (10, (0.5, 0.25, 0.25), [6, 2, 2]),
        (11, [1 / 3, 1 / 3, 1 / 3], [4, 4, 3]),
        (100, [0.71, 0.29], [71, 29]),
        (150, [0.8, 0.2], [120, 30]),
        (1, [1], [1]),
        (5, [1], [5]),
        (10, np.array([4, 6]), [4, 6]),
    ],
)
def test_a_split_deals_all_items_out(n, lengths, counts):
    parts = random_split(range(n), lengths, rng=0)
    assert [len(part) for part in parts] == counts
    assert sorted(i for part in parts for i in part.indices) == list(range(n))


def test_a_split_is_random_and_a_seed_repeats_it():
    one, other, third = (random_split(TensorDataset(Y), [0.5, 0.5], rng=seed)[0].indices.tolist() for seed in (0, 0, 1))
    assert one == other != third
    assert one != sorted(one)


@pytest.mark.parametrize(
    ("lengths", "error", "sentence"),
    [
        ([7, 4], ValueError, "must sum to 10, or to 1 as fractions; [7, 4] sum to 11"),
        ([0.7, 0.2], ValueError, "must sum to 10, or to 1 as fractions"),
        ([5.0, 5.0], ValueError, "[5.0, 5.0] sum to 10.0"),
        ([], ValueError, "[] sum to 0"),
        (0.8, ValueError, "[0.8] sum to 0.8"),
        ([10, 0], ValueError, "A split of 10 items into [10, 0] has an empty part"),
        ([12, -2], ValueError, "has an empty part"),
        ([0.99, 0.01], ValueError, "A split of 10 items into [10, 0] has an empty part"),
        ([1.5, -0.5], ValueError, "must sum to 10, or to 1 as fractions"),
        (["half", "half"], TypeError, "The lengths of a split are numbers; got ['half', 'half']"),
    ],
)
def test_splits_that_do_not_add_up_are_refused(lengths, error, sentence):
    with pytest.raises(error) as caught:
        random_split(Y, lengths)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("thing", [TensorDataset(X, Y), Subset(TensorDataset(X, Y), [1]), DataLoader(TensorDataset(X, Y), 3, True, rng=1)])
def test_datasets_and_loaders_can_be_pickled(thing):
    assert len(pickle.loads(pickle.dumps(thing))) == len(thing)


# Spirals


def test_arms_without_noise_wind_outwards_by_four_radians():
    X, y = spirals(99, classes=3, noise=0.0, rng=0)
    r, angle = np.hypot(*X.T), np.arctan2(X[:, 1], X[:, 0])
    np.testing.assert_allclose(np.cos(angle[r > 0] - (2 * np.pi * y / 3 + 4 * r)[r > 0]), 1.0)
    for arm in range(3):
        np.testing.assert_allclose(np.sort(r[y == arm]), np.linspace(0, 1, 33))


def test_by_default_there_are_300_points_in_3_arms():
    assert np.bincount(spirals()[1]).tolist() == [100, 100, 100]


def test_spirals_are_random_and_a_seed_repeats_them():
    (X1, y1), (X2, y2), (X3, _) = spirals(50, rng=1), spirals(50, rng=1), spirals(50, rng=2)
    np.testing.assert_array_equal(X1, X2)
    np.testing.assert_array_equal(y1, y2)
    assert (X1 != X3).any()
    assert (np.diff(y1) != 0).any()


@pytest.mark.parametrize(("n", "classes"), [(3, 3), (10, 3), (7, 1), (5, 5)])
def test_arms_have_as_many_points_each_give_or_take_one(n, classes):
    X, y = spirals(n, classes, rng=0)
    assert X.shape == (n, 2)
    assert np.isfinite(X).all()
    counts = np.bincount(y, minlength=classes)
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"n": 0}, ValueError, "n must be at least 1; got 0"),
        ({"n": 2}, ValueError, "n must be at least the number of classes, 3, to have a point of each; got 2"),
        ({"classes": 0}, ValueError, "classes must be at least 1; got 0"),
        ({"n": 3.5}, TypeError, "n must be a whole number; got 3.5"),
        ({"noise": -1}, ValueError, "noise must be finite and not negative; got -1"),
        ({"rng": -1}, ValueError, "rng is a seed"),
    ],
)
def test_spirals_that_cannot_be_are_refused(arguments, error, sentence):
    with pytest.raises(error) as caught:
        spirals(**arguments)
    assert sentence in str(caught.value)
