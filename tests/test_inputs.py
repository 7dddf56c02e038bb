"""Claims about clumsy input: every layer says which it is, what it takes and what it got, in one sentence."""

import numpy as np
import pytest
from one_of_each import LAYERS, LOSSES, OTHERS, modules

import nn
from autograd import Tensor, Value
from autograd.structures import leaves

LIKE_ANY_SHAPE = {"Dropout", "ELU", "GELU", "LeakyReLU", "ReLU", "SiLU", "Sigmoid", "Sin", "Softplus", "Tanh"}


def inside(name):
    """A model with the layer deep inside, at the path 'body.1'."""

    class Model(nn.Module):
        def __init__(self):
            self.body = nn.Sequential(nn.Identity(), LAYERS[name][0]())

        def forward(self, x):
            return self.body(x)

    return Model()


def complaint(name, x, *kinds):
    with pytest.raises(kinds) as caught:
        inside(name)(x)
    return str(caught.value)


def numbers(x):
    return x.data if isinstance(x, Tensor) else x


def test_every_module_is_looked_at():
    assert modules() == LAYERS.keys() | LOSSES.keys() | OTHERS


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize(
    ("x", "got"),
    [
        (None, "got None; a forward that does not end with return gives that."),
        ({"x": 1}, "a dict."),
        ({1.0, 2.0}, "a set."),
        (["a", "b"], "text"),
        (np.array([[1j, 2j]]), "complex numbers"),
        ([[1.0, 2.0], [3.0]], "takes arrays, whose rows are equally long; these are not."),
        ((Tensor(np.ones((2, 4))), Tensor(np.ones((1, 4)))), "takes one array, and got a tuple of 2."),
        ((Tensor(np.ones((1, 2, 4))), Tensor(np.ones((1, 2, 4)))), "takes one array, and got a tuple of 2."),
    ],
    ids=["None", "dict", "set", "text", "complex", "ragged", "tuple", "tuple of alike"],
)
def test_what_is_no_array_of_numbers_is_refused_with_the_name_of_the_layer(name, x, got):
    sentence = complaint(name, x, TypeError, ValueError)
    assert sentence.startswith(f"{name} 'body.1' ")
    assert got in sentence


@pytest.mark.parametrize("name", sorted(LAYERS.keys() - LIKE_ANY_SHAPE))
def test_a_wrong_shape_is_refused_with_the_name_of_the_layer_and_the_shape(name):
    x = np.ones(7) if name != "Embedding" else np.array([5])
    sentence = complaint(name, x, ValueError, IndexError)
    layer = "MultiheadAttention 'body.1.self_attn'" if name == "TransformerEncoderLayer" else f"{name} 'body.1'"
    assert sentence.startswith(layer)
    assert ("(7,)" if name != "Embedding" else "got 5") in sentence


@pytest.mark.parametrize("name", LAYERS)
def test_lists_bools_and_whole_numbers_are_taken_as_floats(name):
    layer, shape = LAYERS[name][0]().eval(), LAYERS[name][1]
    ones = np.ones(shape)
    kinds = [ones.astype(int)] if name == "Embedding" else [ones, ones.astype(int), ones > 0, ones.astype(np.uint8)]
    expected = leaves(layer(kinds[0]))
    for x in (*kinds, *(x.tolist() for x in kinds)):
        for ours, theirs in zip(leaves(layer(x)), expected, strict=True):
            assert ours.dtype in (np.float32, np.float64) or name in ("Flatten", "Unflatten")
            np.testing.assert_allclose(numbers(ours), numbers(theirs), rtol=1e-6)


@pytest.mark.parametrize(
    ("layer", "x", "sentence"),
    [
        (nn.Linear(1, 2), np.ones(7), "got shape (7,); x[:, None] makes a column of it."),
        (nn.Linear(784, 2), np.ones((28, 28)), "got shape (28, 28); x[None] makes a batch of this one example, before nn.Flatten()."),
        (nn.Linear(784, 2), np.ones((5, 28, 28)), "; nn.Flatten() before it makes rows of images."),
        (nn.Linear(4, 2), np.ones(()), "(in_features), and got shape ()."),
        (nn.Conv2d(3, 2, 3), np.ones((8, 8, 3)), "got shape (8, 8, 3); channels go before height and width: x.transpose(2, 0, 1)."),
        (nn.Conv2d(3, 2, 3), np.ones((5, 8, 8, 3)), "channels go before height and width: x.transpose(0, 3, 1, 2)."),
        (nn.Conv2d(3, 2, 3), np.ones((5, 1, 8, 8)), "takes arrays of shape (n, 3, height, width), or (3, height, width), and got shape"),
        (nn.Conv2d(1, 2, 3), np.ones((5, 8, 8)), "x[:, None] adds an axis for the channel."),
        (nn.Softmax(1), np.ones(3), "Softmax goes along the axis 1 (dim), and got shape (3,)."),
        (nn.LogSoftmax(-3), np.ones((3, 2)), "LogSoftmax goes along the axis -3 (dim), and got shape (3, 2)."),
        (nn.TransformerEncoderLayer(4, 2), np.ones((0, 2, 4)), "got a query without any places, of shape (0, 2, 4)."),
    ],
)
def test_where_the_way_out_can_be_told_it_is_told(layer, x, sentence):
    with pytest.raises(ValueError) as caught:
        layer(x)
    assert sentence in str(caught.value)


def test_the_outputs_of_a_recurrent_layer_are_not_taken_for_one():
    for layer in (nn.GRU(4, 3), nn.LSTM(4, 3), nn.RNN(4, 3)):
        for following in (nn.Linear(3, 1), nn.ReLU(), nn.Dropout(), nn.Flatten(), nn.LayerNorm(3)):
            for times in (1, 5):
                with pytest.raises(TypeError, match=r"'1' takes one array, and got a tuple of 2\. .* output, _ = layer\(x\)"):
                    nn.Sequential(layer, following)(np.ones((times, 2, 4)))


@pytest.mark.parametrize("batch_first", [False, True])
def test_attention_takes_an_empty_batch_but_no_empty_sequence(batch_first):
    attention = nn.MultiheadAttention(4, 2, batch_first=batch_first)
    batch, sequence = (np.ones((0, 5, 4)), np.ones((5, 0, 4)))[:: 1 if batch_first else -1]
    assert attention(batch, batch, batch)[0].shape == batch.shape
    with pytest.raises(ValueError, match="MultiheadAttention got a query without any places, of shape"):
        attention(sequence, sequence, sequence)


@pytest.mark.parametrize(
    ("make", "error", "sentence"),
    [
        (lambda: nn.Dropout("0.3"), ValueError, "Dropout drops with a probability from 0 to below 1; got '0.3'."),
        (lambda: nn.LSTM(2, 3, 2, dropout="a"), ValueError, "LSTM drops with a probability from 0 to below 1; got dropout='a'."),
        (lambda: nn.LeakyReLU("a"), TypeError, "LeakyReLU takes negative_slope as a number; got 'a'."),
        (lambda: nn.ELU(None), TypeError, "ELU takes alpha as a number; got None."),
        (lambda: nn.Softplus("a"), TypeError, "Softplus takes beta as a number; got 'a'."),
        (lambda: nn.Softplus(1, None), TypeError, "Softplus takes threshold as a number; got None."),
        (lambda: nn.Softplus(0), ValueError, "Softplus divides by beta, so it cannot be 0."),
        (lambda: nn.Softmax(None), ValueError, "Softmax takes dim, the number of an axis, as a whole number; got None."),
        (lambda: nn.LogSoftmax("a"), ValueError, "LogSoftmax takes dim, the number of an axis, as a whole number; got 'a'."),
        (lambda: nn.Flatten("a"), ValueError, "Flatten takes start_dim, the number of an axis, as a whole number; got 'a'."),
        (lambda: nn.Flatten(1, 2.5), ValueError, "Flatten takes end_dim, the number of an axis, as a whole number; got 2.5."),
        (lambda: nn.Embedding(5, 3, padding_idx=1.5), ValueError, "Embedding has 5 vectors, and so none of the padding_idx 1.5."),
        (lambda: nn.BatchNorm1d(3, eps=-1), ValueError, "eps must be finite and not negative; got -1."),
        (lambda: nn.BatchNorm2d(3, momentum="a"), TypeError, "momentum must be a number; got 'a'."),
        (lambda: nn.BatchNorm2d(3, momentum=2), ValueError, "momentum must be from 0 to 1; got 2."),
        (lambda: nn.LayerNorm(3, eps="a"), TypeError, "eps must be a number; got 'a'."),
        (lambda: nn.RMSNorm(3, eps=-1), ValueError, "eps must be finite and not negative; got -1."),
        (lambda: nn.Sequential([nn.ReLU()]), TypeError, "A star before a list gives its modules one by one: nn.Sequential(*layers)."),
        (lambda: nn.Sequential(nn.ReLU())["0"], TypeError, "The modules of a Sequential are numbered from 0; got '0'."),
        (lambda: nn.ModuleList(nn.ReLU()), TypeError, "takes a list of modules, and got ReLU(); put it in brackets, [layer]."),
        (lambda: nn.HuberLoss(delta=0), ValueError, "HuberLoss takes a delta above 0, where the loss turns straight; got 0."),
        (lambda: nn.HuberLoss(delta="a"), TypeError, "delta must be a number; got 'a'."),
        (lambda: nn.CrossEntropyLoss(label_smoothing=2), ValueError, "label_smoothing must be from 0 to 1; got 2."),
        (lambda: nn.CrossEntropyLoss(weight="balanced"), TypeError, "CrossEntropyLoss takes weight as plain numbers; got 'balanced'."),
        (lambda: nn.MultiMarginLoss(p=3), ValueError, "MultiMarginLoss takes p = 1 or p = 2; got 3."),
        (lambda: nn.MSELoss(Tensor([1.0]), Tensor([2.0])), TypeError, "and then the data: nn.MSELoss()(predictions, targets)."),
        (lambda: nn.MSELoss("mean", 2.0), TypeError, "and then the data: nn.MSELoss()(predictions, targets)."),
        (lambda: nn.MSELoss("mean", [2.0]), TypeError, "and then the data: nn.MSELoss()(predictions, targets)."),
        (lambda: nn.CrossEntropyLoss(Tensor([1.0]), Tensor([2.0])), TypeError, "nn.CrossEntropyLoss()(predictions, targets)."),
        (lambda: nn.NLLLoss(np.ones(2), np.ones(2)), TypeError, "nn.NLLLoss()(predictions, targets)."),
        (lambda: nn.MultiMarginLoss(np.ones(2), np.ones(2)), TypeError, "nn.MultiMarginLoss()(predictions, targets)."),
        (lambda: nn.ReLU(Tensor([1.0])), TypeError, "ReLU is made first, and then called: nn.ReLU()(x), or nn.functional.relu(x)."),
        (lambda: nn.SiLU(np.ones(2)), TypeError, "SiLU is made first, and then called: nn.SiLU()(x), or nn.functional.silu(x)."),
        (lambda: nn.HuberLoss(Value(1.0) * 2, 1.0), TypeError, "takes its settings first, and then the data: nn.HuberLoss()(predictions,"),
        (lambda: nn.CrossEntropyLoss(Tensor([1.0, 2.0]) * 2, [0]), TypeError, "the data: nn.CrossEntropyLoss()(predictions, targets)."),
    ],
)  # fmt: skip
def test_impossible_settings_are_refused_where_they_are_made(make, error, sentence):
    with pytest.raises(error) as caught:
        make()
    assert sentence in str(caught.value)


def test_a_leaf_may_weigh_the_classes():
    expected = nn.CrossEntropyLoss(weight=[1.0, 2.0])(np.ones((2, 2)), [0, 1])
    assert nn.CrossEntropyLoss(weight=Tensor([1.0, 2.0]))(np.ones((2, 2)), [0, 1]) == expected


def test_embedding_says_how_to_make_whole_numbers_only_where_that_helps():
    layer = nn.Embedding(5, 3)
    for x in ([0.0, 1.0], np.array([True])):
        with pytest.raises(TypeError, match=r"x\.astype\(int\) makes them"):
            layer(x)
    with pytest.raises(TypeError, match=r"takes whole numbers, which say which vectors, and got a Tensor\.$"):
        layer(Tensor([1.0]))


def test_activations_take_numbers_values_and_lists_of_values():
    for name in sorted(LIKE_ANY_SHAPE - {"Dropout"}):
        activation = LAYERS[name][0]()
        value = Value(0.5)
        outs = activation([value, Value(2.0)])
        assert [out.data for out in outs] == [activation(0.5), activation(2.0)]
        outs[0].backward()
        assert value.grad != 0
    shares = nn.Softmax()([Value(0.0), Value(0.0)])
    assert [share.data for share in shares] == [0.5, 0.5]
