"""NumPy's functions in a compiled function: what looks at numbers is asked anew at each call, or refused."""

import numpy as np
import pytest

import autograd
from autograd import Tensor

REGULAR, SINGULAR = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 2.0], [2.0, 4.0]])


def slope(f, x):
    t = Tensor(x)
    f(t).backward()
    return t.grad


@pytest.mark.parametrize("pair", [(REGULAR, SINGULAR), (SINGULAR, REGULAR)])
def test_the_gradient_of_a_determinant_is_right_for_both_kinds_of_matrices(pair):
    f = autograd.compile(np.linalg.det)
    stacked = autograd.compile(lambda x: np.linalg.det(x).sum())
    steep = autograd.grad(lambda x: (autograd.grad(np.linalg.det)(x) ** 3).sum())
    compiled = autograd.compile(steep)
    for x in pair:
        (a, b), (c, d) = x
        np.testing.assert_allclose(slope(f, x), [[d, -c], [-b, a]], atol=1e-12)
        np.testing.assert_allclose(np.asarray(compiled(x).data), [[3 * a * a, -3 * b * b], [-3 * c * c, 3 * d * d]], atol=1e-10)
    np.testing.assert_allclose(slope(stacked, np.stack(pair)), [slope(np.linalg.det, x) for x in pair], atol=1e-12)
    assert len(f.programs) == len(compiled.programs) == 1


@pytest.mark.parametrize("order", [1, -1])
def test_least_squares_finds_the_rank_at_each_call(order):
    y = np.array([1.0, 2.0, 4.0])
    f = autograd.compile(lambda x: np.linalg.lstsq(x, y))
    full, short = np.array([[3.0, 1.0], [2.0, 4.0], [1.0, 1.0]]), np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])
    for x in (full, short)[::order]:
        found, expected = f(x), np.linalg.lstsq(x, y)
        for i in (0, 2, 3):
            np.testing.assert_allclose(found[i].data, expected[i], atol=1e-12)
        np.testing.assert_allclose(found[1].data, expected[1] if x is full else [np.nan])


@pytest.mark.parametrize("axis", [-1, 0, None])
def test_an_order_is_a_part_of_the_program(axis):
    x = np.array([[3.0, 1.0, 2.0], [0.0, 5.0, 4.0]])
    for order in (lambda t: t.argsort(axis), lambda t: np.argsort(t, axis), lambda t: np.argsort(t, axis=axis, kind="stable")):
        f = autograd.compile(order)
        for t in (x, -x):
            assert f(t).data.tolist() == order(Tensor(t)).tolist() == np.argsort(t, axis).tolist()


def test_what_moves_entries_by_numbers_of_the_call_is_refused():
    for f in (lambda x: np.extract(x > 1, x), lambda x: np.compress(x > 1, x), lambda x: np.bincount(x), lambda x: np.roll(x, x[0])):
        for x in (np.array([1.0, 2.0]), Tensor([1.0, 2.0])):
            with pytest.raises(TypeError, match=r"np\.\w+ in line .* would freeze the program"):
                autograd.compile(f)(x)
    assert np.extract(Tensor([0.0, 1.0]), Tensor([3.0, 4.0])).data.tolist() == [4.0]
    with pytest.raises(TypeError, match=r"np\.bincount") as error:
        autograd.compile(lambda x: np.bincount(x, minlength=2))(np.array([1, 0]))
    assert "pass whole numbers" in str(error.value)
