"""A constant is a number: where no derivative can be lost, Python and NumPy may have it."""

import math
import re

import numpy as np
import pytest

from autograd import Tensor, Value, compile, grad, no_grad


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


def test_what_is_computed_from_constants_alone_is_a_number_too():
    v, t = Value(2.0), Tensor([2.0, 4.0])
    with no_grad():
        c = t * 1.0
    for node in (c[0], c.sum() / 3, v.detach() * 2 - 2, (c * c.detach()).mean() / 5, sum(c) / 3):
        assert float(node) == int(node) == 2
        assert round(node) == 2
        assert round(node, 1) == 2.0
    assert np.asarray(c * 2).tolist() == [4.0, 8.0]
    assert [float(x) for x in c] == [2.0, 4.0]
    for node in (c[0] * v, t.sum() * c[0], v * v.detach(), round):
        with pytest.raises(TypeError):
            float(node)
    with pytest.raises(TypeError, match=r"round\(…\) is no operation of a Tensor"):
        round(t.sum() * c[0], 1)


def test_what_a_compiled_function_makes_of_plain_numbers_is_a_number_too():
    slope = compile(grad(lambda x: (x**3).sum()))
    assert np.asarray(slope(np.array([1.0, 2.0]))).tolist() == [3.0, 12.0]
    assert float(compile(lambda x: x * x)(3.0)) == 9.0
    w = Value(2.0)
    with pytest.raises(TypeError, match="would drop the Value from the graph"):
        float(compile(lambda x: w * x)(3.0))


def test_numpys_functions_without_a_derivative_take_constants():
    t = Tensor([3.0, 1.0, 2.0])
    c, total = t.detach(), np.zeros(3)
    assert np.sort(c).tolist() == [1.0, 2.0, 3.0]
    assert np.median(c) == 2.0
    assert np.floor(c / 2).tolist() == [1.0, 0.0, 1.0]
    assert np.histogram(c, bins=2)[0].tolist() == [1, 2]
    total += c
    assert total.tolist() == np.maximum.reduce(np.array([c, c])).tolist() == [3.0, 1.0, 2.0]
    np.add.at(total, [0], c[1])
    assert total.tolist() == [4.0, 1.0, 2.0]
    for write in (lambda: np.put(c, [0], 9.0), lambda: np.copyto(c, 0.0), lambda: np.add.at(c, [0], 1.0)):
        with pytest.raises((ValueError, TypeError), match=r"read-only|np\.add\.at"):
            write()
    assert c.tolist() == [3.0, 1.0, 2.0]
    for use in (np.sort, np.median, np.floor, lambda x: np.add(total, x, out=total)):
        with pytest.raises(TypeError):
            use(t * 1.0)


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
