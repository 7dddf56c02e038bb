"""Tables of positions as views: whatever the pattern, the numbers are those that the table names; and how parameters get their arrays."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Tensor, Value
from autograd.compiling.naming import families
from autograd.compiling.views import cost, is_gather, view

SHAPES = [(12,), (3, 4), (1, 12), (12, 1), (2, 3, 2), (4, 3), (1,), (2, 2, 3)]


def agrees(shape, table):
    source = Tensor(np.arange(float(np.prod(shape))).reshape(shape) * 10)
    array = view(source, table)
    np.testing.assert_array_equal(np.broadcast_to(array.data, table.shape), source.data.ravel()[table])
    used = {node.primitive.name for node in ancestors_of(array)}
    indices = [node.static["index"] for node in ancestors_of(array) if node.primitive.name == "getitem"]
    parts = [part for index in indices for part in (index if isinstance(index, tuple) else (index,))]
    assert is_gather(source, table) == any(isinstance(part, np.ndarray) for part in parts)
    assert used <= {"getitem", "reshape", "rolled", "transpose", "windows"}


def ancestors_of(node):
    while node.primitive is not None:
        yield node
        node = node.inputs[0]


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_evenly_spaced_tables_are_the_numbers_that_they_name(data):
    shape = data.draw(st.sampled_from(SHAPES))
    size = int(np.prod(shape))
    dims = data.draw(st.lists(st.integers(1, 4), max_size=3))
    steps = [data.draw(st.sampled_from([0, 1, 1, -1, 2, 3, 4, shape[-1]])) for _ in dims]
    table = np.zeros(dims, dtype=np.intp)
    for axis, (n, step) in enumerate(zip(dims, steps, strict=True)):
        table += (np.arange(n) * step).reshape([-1 if i == axis else 1 for i in range(len(dims))])
    table -= table.min()
    if table.max() >= size:
        table %= size
    else:
        table += data.draw(st.integers(0, size - 1 - int(table.max())))
    agrees(shape, table)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_tables_without_a_pattern_are_the_numbers_that_they_name(data):
    shape = data.draw(st.sampled_from(SHAPES))
    dims = data.draw(st.lists(st.integers(1, 4), max_size=3))
    positions = st.integers(0, int(np.prod(shape)) - 1)
    table = np.array([data.draw(positions) for _ in range(int(np.prod(dims)))], dtype=np.intp).reshape(dims)
    agrees(shape, table)


@pytest.mark.parametrize(
    ("shape", "table"),
    [
        ((4, 3), np.arange(12).reshape(4, 3)[:, 1]),
        ((4, 3), np.arange(12).reshape(4, 3)[1:3, 2]),
        ((4, 3), np.arange(12).reshape(4, 3)[:, :2]),
        ((4, 3), np.arange(12).reshape(4, 3)[:, 1:].T),
        ((4, 3), np.arange(12).reshape(4, 3)[2]),
        ((2, 2, 3), np.arange(12).reshape(2, 2, 3)[1]),
        ((2, 2, 3), np.arange(12).reshape(2, 2, 3)[1, 0, 1:]),
        ((12,), np.arange(12)[2::3]),
        ((12,), np.arange(12)[::-1]),
        ((12,), np.arange(12).reshape(4, 3)[:, :2]),
        ((12,), np.arange(12).reshape(4, 3)[:, 1:]),
        ((12,), np.arange(12).reshape(4, 3)[:3, 1:].T),
        ((12,), np.arange(10)[:, None] + np.arange(3)),
        ((3, 4), np.array([0, 1, 4, 5])[:, None] + np.array([0, 1, 4, 5])),
        ((12,), np.roll(np.arange(12), 3)),
        ((3, 4), np.roll(np.arange(12).reshape(3, 4), -1, 1)),
        ((2, 3, 2), np.arange(12).reshape(2, 3, 2).transpose(2, 0, 1)),
        ((2, 3, 2), np.arange(12).reshape(2, 3, 2)[:, ::2, ::-1]),
        ((4, 3), np.arange(12).reshape(4, 3)[::-2]),
        ((3, 4), np.arange(12).reshape(3, 2, 2).transpose(1, 0, 2)),
    ],
)
def test_what_a_person_would_write_as_a_view_is_no_gather(shape, table):
    assert not is_gather(Tensor(np.zeros(shape)), table)
    agrees(shape, table)


@pytest.mark.parametrize(
    "table",
    [
        np.arange(12).reshape(4, 3)[[2, 0, 0, 3, 1]], np.arange(12).reshape(4, 3)[[3, 0, 1], 1:],
        np.arange(12).reshape(4, 3)[:, [1, 0, 0, 2]].T, np.arange(12).reshape(4, 3)[np.arange(4), [0, 2, 2, 1]],
        np.arange(12).reshape(4, 3)[:3, :3][np.tril_indices(3)],
    ],
)  # fmt: skip
def test_rows_and_columns_in_any_order_are_indices_of_the_matrix(table):
    agrees((4, 3), table)
    source = Tensor(np.zeros((4, 3)))
    assert cost(source.shape, table) < cost(source.shape, np.array([0, 5, 7, 1, 3, 3]))
    assert view(source, table).primitive.name in ("getitem", "transpose")


def names_and_shapes(paths):
    """What becomes of values on paths: the name and shape of each array."""
    values = [Value(float(i)) for i in range(len(paths))]
    by_id = {id(value): path if isinstance(path, list) else [path] for value, path in zip(values, paths, strict=True)}
    found = families(values, by_id)
    assert sorted(v.data for _, group, _ in found for v in group) == [float(i) for i in range(len(paths))]
    assert all(len(group) == int(np.prod(shape)) for _, group, shape in found)
    return {name: shape for name, _, shape in found}


def grid(*parts):
    """All paths with an int below n in the place of a range(n)."""
    return list(itertools.product(*[part if isinstance(part, range) else [part] for part in parts]))


def test_nested_lists_are_matrices_one_for_each_layer():
    matrices, vectors = [*grid("w", 0, range(8), range(2)), *grid("w", 1, range(1), range(8))], [*grid("b", 0, range(8)), ("b", 1, 0)]
    assert names_and_shapes(matrices + vectors) == {"w.0": (8, 2), "w.1": (1, 8), "b.0": (8,), "b.1": (1,)}


def test_objects_in_lists_are_rows():
    neurons = [*grid("net", 0, range(4), "w", range(2)), *grid("net", 0, range(4), "b"), *grid("net", 1, range(2), "w", range(4))]
    assert names_and_shapes(neurons) == {"net.0.w": (4, 2), "net.0.b": (4,), "net.1.w": (2, 4)}
    two_lists = [*grid("hidden", range(3), "w", range(2)), *grid("out", range(3), "w", range(3))]
    assert names_and_shapes(two_lists) == {"hidden.w": (3, 2), "out.w": (3, 3)}


def test_objects_with_matrices_stay_apart():
    blocks = [*grid("blocks", range(2), "w", range(3), range(3)), *grid("blocks", range(2), "b", range(3))]
    assert set(names_and_shapes(blocks)) == {"blocks.0.w", "blocks.1.w", "blocks.0.b", "blocks.1.b"}


def test_pairs_are_a_matrix_and_a_vector():
    pairs = [path for i, n in enumerate((4, 3)) for path in [*grid("net", i, range(n), 0, range(2)), *grid("net", i, range(n), 1)]]
    assert names_and_shapes(pairs) == {"net.0.0": (4, 2), "net.0.1": (4,), "net.1.0": (3, 2), "net.1.1": (3,)}


def test_many_rows_of_different_lengths_are_one_list():
    triangle = [("w", i, j) for i in range(12) for j in range(i + 1)]
    assert names_and_shapes(triangle) == {"w": (78,)}


def test_a_list_of_everything_does_not_give_the_name():
    w, b = grid("w", range(3), range(2)), grid("b", range(3))
    both = [[("parameters", i), path] for i, path in enumerate([*w, *b])]
    assert names_and_shapes(both) == {"w": (3, 2), "b": (3,)}
    last = [[("last",), ("w", 2, 1)] if path == ("w", 2, 1) else path for path in w]
    assert names_and_shapes(last) == {"w": (3, 2)}


def test_what_belongs_to_one_model_is_named_without_it():
    assert set(names_and_shapes([("model", "w", 0), ("model", "b")])) == {"w", "b"}
    assert set(names_and_shapes([("one", "w", 0), ("two", "w", 0)])) == {"one.w", "two.w"}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.one_of(st.sampled_from("abw"), st.integers(0, 3)), min_size=1, max_size=5).map(tuple), min_size=1, unique=True))
def test_any_paths_give_each_value_one_place(paths):
    names_and_shapes(paths)
