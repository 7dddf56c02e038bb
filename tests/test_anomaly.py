"""`detect_anomaly()` names the operation, and the line of user code, where a nan was born."""

import inspect
import math
import re
import threading

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, detect_anomaly, grad, no_grad


def line(of):
    """The line in this file that carries the mark `# (of)`."""
    lines, start = inspect.getsourcelines(inspect.getmodule(line))
    return next(i for i, text in enumerate(lines, start or 1) if text.rstrip().endswith(f"# ({of})"))


def here(mark):
    return re.escape(f"in line {line(mark)} of {__file__}")


def test_nan_in_a_forward_pass():
    x = Value(-4.0, label="x")
    with detect_anomaly(), pytest.raises(FloatingPointError, match=f"^sqrt gave nan {here('root')}, from the inputs -4.0"):
        x.sqrt()  # (root)


def test_nan_in_a_forward_pass_of_tensors():
    x = Tensor([1.0, -1.0])
    with (
        np.errstate(invalid="ignore"),
        detect_anomaly(),
        pytest.raises(FloatingPointError, match=f"^log gave nan {here('log')}, from the inputs an array of shape \\(2,\\)"),
    ):
        autograd.log(x)  # (log)


def test_nan_in_a_backward_pass():
    """sqrt(x²) at 0: the root's derivative is infinite, the square's 0, and their product nan."""
    x = Value(0.0)
    with detect_anomaly():
        square = x * x  # (square)
        y = square.sqrt()
        with pytest.raises(
            FloatingPointError, match=f"The derivative of multiply is nan; it was computed {here('square')}, from the inputs 0.0, 0.0"
        ):
            y.backward()


def test_the_line_is_that_of_the_user_and_not_of_the_library():
    neuron = nn.Neuron(1, activation="tanh", rng=0)
    with detect_anomaly(), pytest.raises(FloatingPointError, match=f"dot_n gave nan {here('neuron')}, from the inputs"):
        neuron([math.inf]) * 0 + autograd.dot([Value(math.inf)], [Value(0.0)])  # (neuron)


def test_a_label_is_named():
    x = Value(0.0)
    y = x * x
    y.label = "energy"
    with detect_anomaly(), pytest.raises(FloatingPointError, match=r"The derivative of multiply \('energy'\) is nan"):
        y.sqrt().backward()


def test_an_operation_from_before_has_no_line():
    x = Value(0.0)
    y = (x * x).sqrt()
    with detect_anomaly(), pytest.raises(FloatingPointError, match="computed before detect_anomaly\\(\\) began, so its line is not known"):
        y.backward()


def test_nan_in_a_second_derivative():
    with detect_anomaly(), pytest.raises(FloatingPointError, match=r"gave nan|is nan"):
        grad(grad(lambda x: (x * x).sqrt()))(0.0)


def test_infinities_that_meet_in_a_sum():
    x = Value(0.0, label="x")
    with detect_anomaly(), pytest.raises(FloatingPointError, match="The gradients that meet in Value 'x' add up to nan: infinities of"):
        (x.sqrt() - x.sqrt()).backward()


def test_nan_that_was_there_before_is_not_born_again():
    with detect_anomaly():
        assert math.isnan((Value(math.nan) * 2).data)
        assert np.isnan((Tensor([math.nan]) * np.array([2.0])).data).all()


def test_many_inputs_are_listed_in_short():
    xs = [Value(math.inf), Value(1.0), Value(1.0), Value(1.0), Value(-math.inf)]
    with detect_anomaly(), pytest.raises(FloatingPointError, match=r"from the inputs inf, 1\.0, 1\.0, 1\.0, …\.$"):
        autograd.sum(xs)


def test_infinity_and_whole_numbers_are_no_anomaly():
    with detect_anomaly():
        x = Value(0.0)
        (1 / x + x**2).backward()
        assert x.grad == -math.inf
        assert (Tensor([1.0, 2.0])[np.array([1])] * 3).shape == (1,)
        with no_grad():
            assert math.isnan(Value(-1.0).log().data), "nothing is recorded, so nothing is watched"


def test_it_ends_with_its_block():
    with pytest.raises(KeyError), detect_anomaly():
        raise KeyError
    assert math.isnan(Value(-1.0).log().data)


def test_it_watches_the_thread_it_was_called_in():
    def other():
        x = Value(0.0)
        (x * x).sqrt().backward()
        found.append(x.grad)
        found.append(Value(-1.0).log().data)

    found = []
    with detect_anomaly():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(found) == 2
    assert all(map(math.isnan, found))
