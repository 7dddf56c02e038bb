"""Claims about `model.summary(input_shape)`."""

import numpy as np
import pytest

import nn


def cnn_without_convolutions():
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 256),
        nn.BatchNorm1d(256),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Sequential(nn.Linear(256, 10), nn.LogSoftmax()),
    )


TABLE = """\
Module                Output shape  Parameters
Sequential            (n, 10)
  0 (Flatten)         (n, 784)
  1 (Linear)          (n, 256)         200,960
  2 (BatchNorm1d)     (n, 256)             512
  3 (ReLU)            (n, 256)
  4 (Dropout)         (n, 256)
  5 (Sequential)      (n, 10)
    5.0 (Linear)      (n, 10)            2,570
    5.1 (LogSoftmax)  (n, 10)
204,042 parameters, 816,168 bytes"""


def test_it_lists_modules_shapes_and_parameters(capsys):
    text = cnn_without_convolutions().summary((1, 28, 28))
    assert capsys.readouterr().out == text + "\n"
    assert text == TABLE


def test_it_leaves_the_model_as_it_was():
    model = cnn_without_convolutions()
    model[4].eval()
    state, random = model.state_dict(), nn.get_rng_state()
    model.summary((1, 28, 28))
    assert [module.training for module in model] == [True, True, True, True, False, True]
    assert nn.get_rng_state() == random
    for name, numbers in model.state_dict().items():
        np.testing.assert_array_equal(numbers, state[name])
    assert all(p.grad is None for p in model.parameters())
    assert not any(module._hooks for module in model.modules())


def test_a_model_of_words_is_given_whole_numbers():
    text = nn.Sequential(nn.Embedding(27, 8), nn.Flatten(), nn.Linear(24, 5)).summary((3,), dtype=int)
    assert "0 (Embedding)  (n, 3, 8)            216" in text


def test_a_network_of_values_takes_one_example():
    text = nn.MLP(3, [4, 1], rng=0).summary((3,))
    assert "layers.0 (Layer)" in text
    assert "(4,)" in text
    assert text.endswith("21 parameters, 168 bytes")


def test_shared_parameters_and_modules_count_once():
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    model.append(model[0])
    model.append(nn.Linear(4, 4))
    model[3].weight = model[0].weight
    text = model.summary(4)
    assert text.endswith("24 parameters, 96 bytes")


def test_a_module_that_was_not_called_or_returns_several_things_is_told():
    class Several(nn.Module):
        def __init__(self):
            self.used, self.unused = nn.Linear(2, 3), nn.Linear(5, 5)

        def forward(self, x):
            return self.used(x), [x], "text"

    text = Several().summary((2,))
    assert "(n, 3), (n, 2), str" in text
    assert "unused" not in text
    assert text.endswith("39 parameters, 156 bytes")


def test_an_input_that_does_not_fit_is_an_error_that_names_the_layer():
    model = cnn_without_convolutions()
    with pytest.raises(ValueError, match=r"Linear '1' takes arrays whose last axis is 784 long"):
        model.summary((27, 28))
    assert model.training
    assert not any(module._hooks for module in model.modules())


def test_a_notebook_does_not_show_the_table_twice():
    assert hasattr(nn.Linear(2, 1).summary((2,)), "_ipython_display_")
