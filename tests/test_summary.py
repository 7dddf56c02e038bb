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


TABLE_OF_VALUES = """\
Module              Output shape  Parameters
MLP                 ()
  layers.0 (Layer)  (4,)                  16
  layers.1 (Layer)  ()                     5
21 parameters, 168 bytes"""


def test_a_network_of_values_takes_one_example_and_shows_its_layers():
    assert nn.MLP(3, [4, 1], rng=0).summary((3,)) == TABLE_OF_VALUES
    assert nn.Neuron(2).summary(2).splitlines()[1] == "Neuron  ()                     3"


def test_a_convolutional_network():
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip
    lines = model.summary((1, 28, 28)).splitlines()
    assert lines[2] == "  0 (Conv2d)     (n, 32, 26, 26)         320"
    assert lines[7] == "  5 (MaxPool2d)  (n, 64, 5, 5)"
    assert lines[-1] == "225,034 parameters, 900,136 bytes"


class Names(nn.Module):
    def __init__(self):
        self.embedding, self.lstm, self.head = nn.Embedding(27, 16), nn.LSTM(16, 32, 2, batch_first=True), nn.Linear(32, 27)

    def forward(self, x):
        return self.head(self.lstm(self.embedding(x))[0])


def test_n_stands_wherever_the_batch_is():
    assert "lstm (LSTM)            (n, 7, 32), (2, n, 32), (2, n, 32)      14,848" in Names().summary((7,), dtype=int)


def test_a_size_that_happens_to_be_that_of_the_batch_is_not_taken_for_it():
    for size in (1, 2, 3):
        text = nn.Sequential(nn.Linear(4, size), nn.Flatten(0)).summary((size, 4))
        assert f"0 (Linear)   (n, {size}, {size})" in text


def test_what_is_in_a_list_is_indented_like_what_is_an_attribute():
    class Stack(nn.Module):
        def __init__(self):
            self.blocks = nn.ModuleList([nn.TransformerEncoderLayer(8, 2, 16, batch_first=True) for _ in range(2)])
            self.head = nn.Linear(8, 3)

        def forward(self, x):
            for block in self.blocks:
                x = block(x)
            return self.head(x)

    lines = Stack().summary((5, 8)).splitlines()
    assert [len(line) - len(line.lstrip()) for line in lines] == [0, 0, *2 * [2, 4, 6, *7 * [4]], 2, 0]
    assert lines[3] == "    blocks.0.self_attn (MultiheadAttention)  (n, 5, 8)            216"
    parameters = sum(p.size for p in Stack().parameters())
    assert lines[-1] == f"{parameters:,} parameters, {4 * parameters:,} bytes"


def test_a_module_written_for_micrograd_is_listed_too():
    class Old(nn.Module):
        def __init__(self):
            self.linear = nn.Linear(2, 4)

        def __call__(self, x):
            return {"scores": self.linear(x), "nothing": None}

    assert Old().summary((2,)).splitlines()[1:3] == ["Old                (n, 4)", "  linear (Linear)  (n, 4)                12"]


@pytest.mark.parametrize("shape", [(None, 3), (-1, 3), (0,), "3", (2.5,)])
def test_what_is_no_shape_is_refused(shape):
    with pytest.raises(ValueError, match="the shape of one example without the batch"):
        nn.Linear(3, 2).summary(shape)


def test_a_model_of_several_inputs_is_refused():
    with pytest.raises(TypeError, match="calls a model on one input, and MultiheadAttention takes query, key, value"):
        nn.MultiheadAttention(8, 2).summary((5, 8))


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
