# ruff: noqa: B905, E501, RUF005, RUF007, RUF015
"""What a compiled function sees of its arguments: arrays are arrays, lists are lists, whatever it does with them."""

import enum

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import autograd
from autograd import Node, Tensor, Value

w = Value(2.0)
FLAT = np.array([1.0, 2.0, 3.0, 4.0])
TABLE = np.arange(12.0).reshape(3, 4)
CUBE = np.arange(24.0).reshape(2, 3, 4) / 4


def total(x):
    """One number of whatever a program made, in which each entry counts otherwise."""
    if isinstance(x, (list, tuple)):
        return sum((i + 1) * total(item) for i, item in enumerate(x)) + 100.0 * len(x)
    if isinstance(x, Node) and x.ndim == 0:
        return x
    if isinstance(x, (Node, np.ndarray)) and np.ndim(x):
        return sum((i + 1) * total(item) for i, item in enumerate(x)) + 1000.0 * len(x)
    return x


def agree(f, *args, other=None):
    """The compiled `f` gives what `f` gives, for these arguments and for others of their shapes."""
    compiled = autograd.compile(lambda *args: w * total(f(*args)))
    for given_args in (args, args if other is None else other):
        found = []
        for run in (compiled.function, compiled):
            w.zero_grad()
            out = run(*given_args)
            out.sum().backward() if isinstance(out, Tensor) else out.backward()
            found.append((float(out.data), w.grad))
        assert found[0] == pytest.approx(found[1]), f
    assert len(compiled.programs) == 1


ROWS = [
    lambda r: r[:2] + r[2:], lambda r: r + r, lambda r: r * 2, lambda r: 2 * r, lambda r: r[::-1], lambda r: r[::2] + r[1::2],
    lambda r: list(r) + list(r), lambda r: [*r, 5.0], lambda r: r[-1], lambda r: list(reversed(r)), lambda r: list(enumerate(r)),
    lambda r: list(zip(r, r[1:])), lambda r: sum(r), lambda r: len(r[1:3]) * r[0], lambda r: tuple(r) * 2, lambda r: r[:0],
    lambda r: [1.0] if len(r[:0]) else [2.0], lambda r: [v * 2 for v in r[1:]], lambda r: r[1:][0] + r[:-1][-1], lambda r: r[:],
    lambda r: dict(zip("abcd", r))["c"], lambda r: max(len(r), 2) * r[1], lambda r: r[slice(1, 3)] * 3,
]  # fmt: skip
ONLY_LISTS = [
    lambda r: r + [1.0], lambda r: [0.0] + r, lambda r: r.copy(), lambda r: (r or [1.0]), lambda r: r and [1.0], lambda r: r[:1] * 3,
    lambda r: sorted(r[:1]), lambda r: r.index(r[0]), lambda r: [r.copy().pop(), *r], lambda r: r[1:2] + r[:1] * 2, lambda r: float(r == r),
    lambda r: [1.0] if r[0] in r else [0.0],
]  # fmt: skip
ONLY_ARRAYS = [
    lambda r: r.sum(), lambda r: r.mean() + r.max(), lambda r: r + 1.0, lambda r: -r, lambda r: r / 2 - r**2, lambda r: r.T, lambda r: r.shape[0] * r,
    lambda r: r @ r, lambda r: r.reshape(2, 2), lambda r: r.reshape(2, 2).T[0], lambda r: r.reshape(-1, 1)[2], lambda r: r[None], lambda r: r[..., 1],
    lambda r: r[[0, 2]], lambda r: r[np.array([3, 3, 0])], lambda r: r[[True, False, True, False]], lambda r: r.ndim * r.size * r[0],
    lambda r: np.exp(r / 4), lambda r: np.concatenate([r, r[:1]]), lambda r: np.stack([r, r])[1], lambda r: autograd.softmax(r) + autograd.softmax(r),
    lambda r: np.array(r) * 2.0, lambda r: np.array([r, r])[1], lambda r: np.asarray(r)[1:], lambda r: list(np.array(list(r)) + 1.0),
    lambda r: autograd.dot(r, r), lambda r: autograd.dot([w, w, 1.0, w], r), lambda r: [1.0, 2.0, 3.0, 4.0] + r, lambda r: r + [1.0, 2.0, 3.0, 4.0],
    lambda r: autograd.where(r > 2, r, 0.0), lambda r: (r == r[::-1]) * 1.0, lambda r: r[()],
]  # fmt: skip


@pytest.mark.parametrize("f", [*ROWS, *ONLY_LISTS])
@pytest.mark.parametrize("kind", [list, tuple])
def test_a_list_computes_as_the_list_that_it_is(f, kind):
    if kind is tuple and f in ONLY_LISTS:
        pytest.skip("lists only")
    agree(f, kind(FLAT.tolist()), other=(kind((-FLAT).tolist()),))
    agree(lambda rows: f(rows[1]), [kind(row) for row in TABLE.tolist()])
    agree(lambda rows: [f(row) for row in rows], kind(kind(row) for row in TABLE.tolist()))


@pytest.mark.parametrize("f", [*ROWS, *ONLY_ARRAYS])
def test_an_array_and_its_rows_compute_as_the_arrays_that_they_are(f):
    agree(f, FLAT, other=(-FLAT,))
    agree(lambda table: f(table[1]), TABLE)
    agree(lambda table: f(table[::-1][1]), TABLE)
    agree(lambda table: [f(row) for row in table], TABLE)
    agree(lambda table: f(table.reshape(4, 3).T[2]), TABLE)
    agree(lambda cube: f(cube[1][-1]), CUBE)
    agree(lambda cube: f(cube[1, ::-1, :][0]), CUBE)
    agree(lambda rows: f(rows[1]), [FLAT, FLAT * 2])


TABLES = [
    lambda t: t[:2] + t[1:], lambda t: t * 2, lambda t: t[::-1], lambda t: t.T, lambda t: t.T[1:3], lambda t: t[:, 1], lambda t: t[1:, ::2],
    lambda t: list(zip(*t)), lambda t: [a - b for a, b in zip(t, t[1:])], lambda t: sum(t), lambda t: t[0] @ t.T, lambda t: t.transpose(1, 0)[0],
    lambda t: t.reshape(-1)[5], lambda t: t.reshape(2, 6)[1], lambda t: t[[0, 2], [1, 3]], lambda t: t[..., None], lambda t: t[t.shape[0] - 1],
    lambda t: [v for row in t[1:] for v in row[::2]], lambda t: t.sum(axis=0), lambda t: [*t][0] + [*t][1], lambda t: len(t.T) * t[0][0],
]  # fmt: skip


@pytest.mark.parametrize("f", TABLES)
def test_tables_and_their_parts_compute_as_arrays(f):
    agree(f, TABLE, other=(TABLE[::-1] - 3.0,))
    agree(lambda cube: f(cube[1]), CUBE)
    agree(lambda cube: f(cube.reshape(6, 4)[:3]), CUBE)


REFUSED = [
    (lambda r: r.tolist(), r"\.data"), (lambda r: r.partition(1), r"\.partition of an array"), (lambda r: r.copy(), r"\.copy of an array"), (lambda r: sorted(r), "if"),
    (lambda r: [1.0] if r[0] in r[1:] else [0.0], "if"), (lambda r: r.any(), r"np\.any .* would freeze"), (lambda r: np.array(r, dtype=float), "NumPy array"),
    (lambda r: hasattr(r, "nonzero"), r"\.nonzero of an array"), (lambda r: r.sort(), r"\.sort"), (lambda r: r[0].__round__ and float(r[0]), "has no attribute|float"),
]  # fmt: skip


@pytest.mark.parametrize(("f", "what"), REFUSED)
def test_what_cannot_be_done_with_an_array_is_refused(f, what):
    for args in (lambda r: f(r), lambda r: f(r[::-1])):
        with pytest.raises((TypeError, AttributeError), match=what):
            autograd.compile(args)(FLAT)


def add_in_place(x):
    x += 1.0
    return x


def add_in_place_to_a_part(x):
    first = x[:2]
    first *= 2.0
    return x


def write(x):
    x[0] = 5.0
    return x


def write_row(x):
    x.reshape(2, 2)[0][1] = 5.0
    return x


@pytest.mark.parametrize("f", [add_in_place, add_in_place_to_a_part, write, write_row])
def test_an_array_argument_may_not_be_changed(f):
    x = FLAT.copy()
    with pytest.raises(TypeError, match=r"cannot be compiled: (changing an argument in place|writing into an argument)"):
        autograd.compile(f)(x)
    assert x.tolist() == FLAT.tolist()


def test_a_sum_begun_with_a_tensor_argument_may_go_on_with_in_place_operators():
    def f(t):
        out = t
        out += w
        return out.sum()

    t = Tensor(FLAT) * 1.0
    assert autograd.compile(f)(t).data == f(t).data


@pytest.mark.parametrize(
    "f",
    [
        lambda xs: xs.append(1.0), lambda xs: xs.pop(), lambda xs: xs.reverse(), lambda xs: xs.__setitem__(0, 1.0), lambda xs: xs.clear(),
        lambda xs: xs.extend(xs), lambda xs: xs.insert(0, xs[1]),
    ],
)  # fmt: skip
def test_a_list_argument_may_not_be_changed(f):
    with pytest.raises(TypeError, match="it changes its argument `xs"):
        autograd.compile(lambda xs: (f(xs), w)[1])([1.0, 2.0])
    with pytest.raises(TypeError, match="it changes its argument `xs"):
        autograd.compile(lambda xs: (f(xs["a"][0]), w)[1])({"a": [[1.0, 2.0], "x"]})
    with pytest.raises(TypeError, match="it changes its argument `d`"):
        autograd.compile(lambda d: d.pop("a") * w)({"a": 1.0})
    assert autograd.compile(lambda xs: sum([*xs, 1.0]) * w)([1.0, 2.0]).data == 8.0


def test_lists_and_tuples_inside_are_told_apart():
    def f(rows):
        return w * sum(1.0 if isinstance(row, tuple) else 10.0 for row in rows)

    compiled = autograd.compile(f)
    for rows in ([[1, 2], [3, 4]], [[1, 2], (3, 4)], [(1, 2), [3, 4]], ([1, 2], (3, 4))):
        assert compiled(rows).data == f(rows).data


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint64, bool])
def test_whole_numbers_that_wrap_around_are_refused(dtype):
    x = np.array([1, 0, 1, 1]).astype(dtype)
    for f in (lambda x: x[:2] + x[2:], lambda x: x[0] + x[1], lambda x: w * (x[0] + x[2]), lambda x: x + x[0]):
        with pytest.raises(TypeError, match=f"add in whole numbers of type {np.dtype(dtype)}, which wrap around"):
            autograd.compile(f)(x)
    for f in (lambda x: x / 2, lambda x: w * x[0] + x[1] * 0.5, lambda x: x * 1.0 + x.astype(float), lambda x: autograd.where(x, 3.0, 1.0)):
        compiled = autograd.compile(f)
        np.testing.assert_allclose(compiled(x).data, np.asarray(getattr(f(x), "data", f(x))))


def test_arrays_of_different_types_have_programs_of_their_own():
    t = Tensor(np.float32([1.0, 2.0]))
    f = autograd.compile(lambda x: x / 3 * t)
    for dtype in (np.float32, np.float64, np.int64, np.float32):
        x = np.ones(2, dtype)
        assert f(x).data.tolist() == f.function(x).data.tolist()
        assert f(x).data.dtype == f.function(x).data.dtype
    assert len(f.programs) == 3


def test_masks_multiply():
    x = np.array([True, False])
    assert autograd.compile(lambda x: w * (x[0] * x[1]) + (x * x).sum())(x).data == 1.0


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_a_matrix_and_a_masked_array_are_refused():
    for x in (np.eye(2).view(np.matrix), np.ma.array([1.0, 2.0], mask=[0, 1])):
        with pytest.raises(TypeError, match=r"`x` of a compiled function is a \w+, .* Pass a plain array: np.asarray\(x\)"):
            autograd.compile(lambda x: w * x)(x)


class Colour(enum.IntEnum):
    RED = 1
    BLUE = 2


def test_an_enumeration_is_no_number_that_changes():
    f = autograd.compile(lambda colour, x: x * w if colour is Colour.RED else -x)
    assert [f(Colour.RED, 3.0).data, f(Colour.BLUE, 3.0).data, f(Colour.RED, 4.0).data] == [6.0, -3.0, 8.0]
    g = autograd.compile(lambda names, x: x * w * len(names) if names[0] == "a" else x)
    assert [g(np.array(["a", "b"]), 3.0).data, g(np.array(["b", "b"]), 3.0).data, g(np.str_("ab"), 1.0).data] == [12.0, 3.0, 4.0]


# --- programs drawn at random ----------------------------------------------------------------------------

STEPS = st.lists(st.integers(0, 10**9), min_size=1, max_size=6)


def step(x, code):
    """Something that is done with a list or an array alike, and means something else for each."""
    i, code = code % 14, code // 14
    n = len(x) if not isinstance(x, Node) or x.ndim else 0
    a = code % max(n, 1)
    if i == 0:
        return x[a:]
    if i == 1:
        return x[::-1]
    if i == 2:
        return x[a:] + x[: n - a] if not isinstance(x, list) else x[a:] + x[:a]
    if i == 3:
        return x * 2
    if i == 4:
        return x + x
    if i == 5:
        return x[:: 1 + code % 3]
    if i == 6:
        return [*x, x[a]]
    if i == 7:
        return list(reversed(x))
    if i == 8:
        return [p for pair in zip(x, x[1:]) for p in pair] or x
    if i == 9:
        return 2 * x[: a + 1]
    if i == 10:
        return x[-1 - a :]
    if i == 11:
        return x[: a + 1] if len(x[: a + 1]) > 1 else x
    if i == 12:
        return list(x)[a:] or x
    return [x[k] for k, _ in enumerate(x) if k % 2 == code % 2] or x


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS, st.sampled_from(["array", "list", "table", "lists", "cube"]))
def test_random_programs_of_rows_and_slices_agree_with_ordinary_calls(codes, kind):
    argument = {"array": FLAT, "list": FLAT.tolist(), "table": TABLE, "lists": TABLE.tolist(), "cube": CUBE}[kind]

    def f(x):
        for code in codes:
            if len(x) > 40:
                break
            x = step(x, code)
        return x

    agree(f, argument)
