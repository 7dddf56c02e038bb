"""A constant is a number: where no derivative can be lost, Python and NumPy may have it."""

import math
import re

import numpy as np
import pytest

from autograd import Tensor, Value, compile, no_grad


def constants():
    v, t = Value(2.5), Tensor([2.5])
    with no_grad():
        computed = [v * 1, t * 1, (t * 1).sum()]
    return [v.detach(), t.detach(), t.sum().detach(), *computed]


def test_a_constant_is_a_number_for_python():
    for c in constants():
        assert (float(c), int(c), complex(c), math.exp(c), f"{c:.2f}") == (2.5, 2, 2.5 + 0j, math.exp(2.5), "2.50")
        assert type(float(c)) is float


def test_a_constant_is_a_number_for_numpy_and_a_copy():
    for c in constants():
        array = np.asarray(c)
        assert array.dtype == float
        assert array.ravel().tolist() == [2.5]
        array[...] = 0.0
        assert float(c) == 2.5
        assert np.asarray(c, dtype=np.float32).dtype == np.float32
        assert np.array([c, c]).ravel().tolist() == np.array([c, c], dtype=float).ravel().tolist() == [2.5, 2.5]


def test_losses_without_a_history_are_plotted():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    v, t = Value(2.0), Tensor([2.0])
    figure, axes = pyplot.subplots()
    for node in (v, t.sum()):
        (line,) = axes.plot([(node * k).detach() for k in (1, 2)])
        assert np.asarray(line.get_ydata(), dtype=float).tolist() == [2.0, 4.0]
        with pytest.raises(TypeError, match=re.escape("For the plain number write `.item()`")):
            axes.plot([node * 1, node * 2])
    pyplot.close(figure)


def test_a_node_with_a_history_is_not_turned_into_a_number():
    for node in (Value(2.5), Tensor(2.5), Value(2.5) * 1, Tensor(2.5) * 1):
        for use in (float, int, complex, math.exp, lambda x: np.array([x], dtype=float)):
            with pytest.raises(TypeError, match=re.escape("and its derivative with it. For the plain number write `.item()`")):
                use(node)
    with pytest.raises(TypeError, match=re.escape("For the plain number write `.data`")):
        np.asarray(Tensor([1.0, 2.0]))


def test_only_a_single_number_becomes_a_float():
    with pytest.raises(ValueError, match=re.escape("has 2 entries, and item() is for one")):
        float(Tensor([1.0, 2.0]).detach())


def test_an_array_of_values_holds_the_values():
    v = Value(2.0)
    assert np.array([v, v * 2]).dtype == object
    assert np.array([v, v * 2])[0] is v


def test_a_constant_is_no_number_while_a_function_is_compiled():
    c = Tensor([2.0]).detach()
    with pytest.raises(TypeError, match="would freeze the program"):
        compile(lambda x: x * float(c))(1.0)
