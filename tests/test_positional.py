"""Positions: `PositionalEncoding` and `LearnedPositionalEncoding`."""

import numpy as np
import pytest
from pytorch_twin import assert_twins, waves

import autograd
import nn
from autograd import Tensor, check_gradients


@pytest.mark.parametrize("d_model", [6, 7, 1])
def test_sines_and_cosines_are_those_of_the_paper(d_model):
    y = nn.PositionalEncoding(d_model, dropout=0.0, max_len=60)(np.zeros((50, d_model)))
    for p in (0, 1, 7, 49):
        for j in range(d_model):
            angle = p / 10000 ** (2 * (j // 2) / d_model)
            assert np.isclose(y[p, j], np.sin(angle) if j % 2 == 0 else np.cos(angle), rtol=1e-12)


@pytest.mark.parametrize("kind", [nn.PositionalEncoding, nn.LearnedPositionalEncoding])
def test_every_sequence_starts_at_the_first_place(kind):
    x = waves(3, 5, 4)  # 3 places of 5 sequences, or 5 places of 3
    by_place, by_sequence = kind(4, dropout=0.0, rng=0), kind(4, dropout=0.0, batch_first=True, rng=0)
    for i in range(5):
        np.testing.assert_array_equal(numbers(by_place(x))[:, i], numbers(by_place(x[:, i])))
    for i in range(3):
        np.testing.assert_array_equal(numbers(by_sequence(x))[i], numbers(by_sequence(x[i])))
    np.testing.assert_allclose(numbers(by_place(x[:, :3])), numbers(by_sequence(x[:, :3].swapaxes(0, 1))).swapaxes(0, 1), rtol=1e-12)


def numbers(y):
    return y.data if isinstance(y, Tensor) else y


@pytest.mark.parametrize("kind", [nn.PositionalEncoding, nn.LearnedPositionalEncoding])
def test_a_place_has_the_same_numbers_in_sequences_of_any_length(kind):
    layer = kind(6, dropout=0.0, max_len=40, rng=0)
    long, short = numbers(layer(np.zeros((40, 6)))), numbers(layer(np.zeros((3, 6))))
    np.testing.assert_array_equal(long[:3], short)


def test_learned_positions_train_as_an_embedding_does_in_pytorch():
    torch = pytest.importorskip("torch")

    class Twin(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(7, 4, dtype=torch.float64))

        def forward(self, x):
            return x + self.weight[: len(x), None]

    assert_twins(nn.LearnedPositionalEncoding(4, 0.0, 7, dtype=float, rng=0), Twin(), waves(5, 2, 4))


def test_learned_positions_have_these_numbers():
    layer = nn.LearnedPositionalEncoding(2, 0.0, 3, batch_first=True, dtype=float)
    layer.load_state_dict({"weight": np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])})
    y = layer(np.array([[[10.0, 20.0], [30.0, 40.0]]]))
    y.sum().backward()
    assert y.tolist() == [[[11.0, 22.0], [33.0, 44.0]]]
    assert layer.weight.grad.tolist() == [[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]


def test_first_learned_positions_are_normal_with_deviation_0_02():
    layer = nn.LearnedPositionalEncoding(64, max_len=500, rng=0)
    assert abs(layer.weight.data.std() - 0.02) < 0.0005
    assert layer.weight.dtype == np.float32
    assert (layer.weight.data == nn.LearnedPositionalEncoding(64, max_len=500, rng=0).weight.data).all()


def test_nothing_of_the_sines_is_trained_or_saved():
    assert nn.PositionalEncoding(8).state_dict() == {}


def test_float32_stays_float32():
    for x in (waves(3, 2, 4, dtype="float32"), Tensor(waves(3, 2, 4, dtype="float32")), np.ones((3, 2, 4), dtype=int)):
        assert nn.PositionalEncoding(4)(x).dtype == np.float32
    assert nn.LearnedPositionalEncoding(4)(waves(3, 2, 4)).dtype == np.float32


@pytest.mark.parametrize("kind", [nn.PositionalEncoding, nn.LearnedPositionalEncoding])
def test_dropout_is_in_training_only_and_comes_from_the_seed(kind):
    x = np.ones((20, 3, 8))
    first, again = numbers(kind(8, 0.5, rng=0)(x)), numbers(kind(8, 0.5, rng=0)(x))
    assert (first == again).all()
    assert 0.3 < (first == 0).mean() < 0.7
    assert (numbers(kind(8, 0.5, rng=0).eval()(x)) != 0).mean() > 0.9


def test_derivatives_and_compiled_programs_are_right():
    layer = nn.LearnedPositionalEncoding(3, 0.0, 6, dtype=float, rng=0)
    sines = nn.PositionalEncoding(3, 0.0)

    def loss(x):
        return (sines(layer(x)) ** 3).sum()

    assert check_gradients(autograd.grad(loss), waves(2, 2, 3))
    loss(waves(2, 2, 3)).backward()
    expected = np.array(layer.weight.grad)
    layer.zero_grad()
    autograd.compile(loss)(waves(2, 2, 3)).backward()
    np.testing.assert_allclose(layer.weight.grad, expected, rtol=1e-12)


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: nn.PositionalEncoding(0), "PositionalEncoding takes d_model as a whole number from 1; got 0"),
    (lambda: nn.LearnedPositionalEncoding(4, max_len=0), "LearnedPositionalEncoding takes max_len as a whole number from 1; got 0"),
    (lambda: nn.PositionalEncoding(4, dropout=1.0), "drops with a probability from 0 to below 1; got 1.0"),
    (lambda: nn.PositionalEncoding(4)(waves(3, 2, 5)), r"takes arrays of shape \(places, n, 4\), .* got shape \(3, 2, 5\)"),
    (lambda: nn.LearnedPositionalEncoding(4, batch_first=True)(waves(4)), r"takes arrays of shape \(n, places, 4\), .* got shape \(4,\)"),
    (lambda: nn.PositionalEncoding(4, max_len=9)(waves(10, 4)), r"PositionalEncoding knows 9 places \(max_len\), and got a sequence of 10"),
    (lambda: nn.LearnedPositionalEncoding(4, max_len=2, batch_first=True)(waves(1, 3, 4)), "knows 2 places .* got a sequence of 3"),
])  # fmt: skip
def test_mistakes_are_explained(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
