"""`p.grad = …`: a gradient that somebody else computed has the shape of its parameter, and is a copy."""

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from autograd.stores import move_into_store


def test_a_gradient_of_another_shape_is_refused():
    p = Tensor([1.0, 2.0], label="w")
    for wrong in (np.ones((2, 1)), np.ones(3), 1.0, [1.0], Tensor([[1.0, 2.0]])):
        with pytest.raises(ValueError, match=r"A gradient of Tensor 'w' has its shape, \(2,\), and not \("):
            p.grad = wrong
    assert p.grad is None
    v = Value(1.0)
    for wrong in (np.ones(2), [1.0], Tensor([1.0, 2.0])):
        with pytest.raises(TypeError, match="A Value is one number, not "):
            v.grad = wrong
    assert v.grad == 0.0


def test_what_is_no_number_is_refused():
    for node, wrong in ((Tensor([1.0]), ["a"]), (Tensor([1.0]), [2j]), (Value(1.0), "a"), (Value(1.0), 2j)):
        with pytest.raises(TypeError, match=r"(real numbers|is a number|a real number)"):
            node.grad = wrong


def test_a_gradient_takes_the_precision_of_its_parameter():
    p = Tensor(np.ones(2, np.float32))
    for given in (np.array([3.0, 4.0]), [3, 4], np.array([3, 4]), Tensor([3.0, 4.0])):
        p.grad = given
        assert type(p.grad) is np.ndarray
        assert p.grad.dtype == np.float32
        assert p.grad.tolist() == [3.0, 4.0]
    v = Value(1.0)
    for number in (3, np.float32(3.0), np.array(3.0), Value(3.0)):
        v.grad = number
        assert type(v.grad) is float
        assert v.grad == 3.0


def test_a_gradient_is_a_copy_of_what_was_assigned():
    p, q, given = Tensor([1.0, 2.0]), Tensor([1.0, 2.0]), np.array([3.0, 4.0])
    p.grad = given
    q.grad = p.grad
    given[0] = p.grad[1] = 0.0
    assert (p.grad.tolist(), q.grad.tolist()) == ([3.0, 0.0], [3.0, 4.0])


def test_a_gradient_may_be_changed_in_place():
    p, v = Tensor([1.0, 2.0]), Value(1.0)
    (p * v).sum().backward()
    before = p.grad
    p.grad *= 2
    p.grad += 1
    v.grad *= 2
    assert p.grad is before
    assert (p.grad.tolist(), v.grad) == ([3.0, 3.0], 6.0)


def test_none_is_no_gradient():
    stored = Value(1.0)
    move_into_store([stored], (1,), None)
    for p, blank in ((Tensor([1.0]), None), (Value(1.0), 0.0), (stored, 0.0)):
        (p * p).backward()
        p.grad = None
        assert p.grad == blank
        (p * p).backward()
        assert float(np.sum(p.grad)) == 2.0


def test_a_stored_value_takes_a_gradient_as_any_value_does():
    stored = Value(1.0)
    store = move_into_store([stored], (1,), None)
    stored.grad = np.float32(2.0)
    assert (stored.grad, store.grad.tolist()) == (2.0, [2.0])
    with pytest.raises(TypeError, match="A Value is one number"):
        stored.grad = np.ones(2)


def test_an_optimizer_uses_an_assigned_gradient():
    p = Tensor([1.0, 2.0])
    p.grad = [10.0, 20.0]
    nn.optim.SGD([p], lr=0.1).step()
    assert p.data.tolist() == [0.0, 0.0]
