"""Claims about the backward pass from a node whose inputs are all leaves: it is the general walk, in less time."""

import numpy as np
import pytest

import autograd
from autograd import Primitive, Tensor, Value, table
from autograd.backward import _is_alone


def twice(out):
    """The same node with another one above it, so that its backward pass is the general walk."""
    return out * 1.0


def products():
    a, b = Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([[0.5], [-1.0]])
    return (a, b), autograd.matmul(a, b)


def test_a_product_of_two_leaves_is_alone_and_something_above_it_is_not():
    _, out = products()
    assert _is_alone(out)
    assert not _is_alone(twice(out))
    assert not _is_alone(out.sum())


def test_it_gives_the_gradients_of_the_general_walk_and_adds_them_up():
    seed = np.array([[1.0], [10.0]])
    leaves, out = products()
    others, other = products()
    for _ in range(2):
        out.backward(seed)
        twice(other).backward(seed)
    for x, y in zip((*leaves, out), (*others, other), strict=True):
        np.testing.assert_array_equal(x.grad, y.grad)
        assert x.grad is not seed


def test_a_leaf_used_twice_gets_both_gradients():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    autograd.matmul(x, x).backward(np.ones((2, 2)))
    np.testing.assert_array_equal(x.grad, [[7.0, 11.0], [9.0, 13.0]])


@pytest.mark.parametrize("above", [lambda x: x, twice])
def test_leaves_do_not_share_the_array_of_their_gradients(above):
    a, b = Tensor(np.ones((1, 2))), Tensor(np.ones((1, 2)))
    out = autograd.concatenate([a, b])
    above(out).backward(np.ones((2, 2)))
    a.grad[...] = 5.0
    assert (b.grad == 1).all()
    assert (out.grad == 1).all()


def test_a_leaf_that_was_changed_after_its_use_is_noticed():
    (a, _), out = products()
    a.data[0, 0] = 7.0
    with pytest.raises(RuntimeError, match="was changed after matmul had used it"):
        out.backward(np.ones((2, 1)))


def test_constants_alone_have_no_backward_pass():
    a, b = Tensor(np.ones((2, 2))).detach(), Tensor(np.ones((2, 2))).detach()
    with pytest.raises(RuntimeError, match="constants alone"):
        autograd.matmul(a, b).backward(np.ones((2, 2)))


def test_it_is_all_or_nothing():
    class Stubborn(Tensor):
        def _receive(self, gradient, undo):
            raise KeyboardInterrupt

    def rule(g, y, a, b):
        return g

    own = Primitive(
        "own_of_this_test", symbol="o", latex="#1", scalar=None, array=np.add, vjp=(rule, rule), elementwise=False,
        cases=(autograd.Case((2,), (2,)),), doc="Own.",
    )  # fmt: skip
    try:
        a, b = Tensor([1.0, 2.0]), Stubborn([3.0, 4.0])
        a.grad = np.array([5.0, 5.0])
        out = own(a, b)
        with pytest.raises(KeyboardInterrupt):
            out.backward(np.ones(2))
        assert (a.grad == 5).all()
        assert b.grad is None
        assert out.grad is None
    finally:
        del table["own_of_this_test"]


def test_a_compiled_loss_is_alone():
    w = Value(3.0)
    loss = autograd.compile(lambda x: w * w * x)(2.0)
    assert _is_alone(loss)
    loss.backward()
    assert w.grad == 12.0
