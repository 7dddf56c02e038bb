"""Claims about `Linear`, `Embedding`, `Flatten` and `Identity`."""

import numpy as np
import pytest
from pytorch_twin import assert_twins, waves
from references import Case, assert_pytorchs

import autograd
import nn
from autograd import Tensor, Value


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 3), (1, 1, 1, 3)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear_is_pytorchs_on_any_number_of_axes(shape, bias, pytorch):
    assert_pytorchs(Case(lambda n, f64: n.Linear(3, 2, bias=bias, dtype=f64), waves(*shape)), pytorch)


def test_linear_and_embedding_print_as_pytorchs():
    torch = pytest.importorskip("torch")
    for make in (
        lambda n: n.Linear(3, 2), lambda n: n.Linear(3, 2, bias=False), lambda n: n.Embedding(5, 3),
        lambda n: n.Embedding(5, 3, padding_idx=2), lambda n: n.Embedding(5, 3, padding_idx=-1),
    ):  # fmt: skip
        assert str(make(nn)) == str(make(torch.nn))


def test_linear_and_embedding_take_no_rows():
    assert nn.Linear(3, 2)(np.ones((0, 3))).shape == (0, 2)
    assert nn.Embedding(5, 3)(np.zeros(0, dtype=int)).shape == (0, 3)


def test_linear_in_float32_is_pytorchs_to_rounding():
    torch = pytest.importorskip("torch")
    assert_twins(nn.Linear(3, 2, rng=0), torch.nn.Linear(3, 2), waves(4, 3, dtype="float32"), rtol=1e-4, atol=1e-6)


def test_the_numbers_are_x_times_the_transposed_weight_plus_the_bias():
    layer = nn.Linear(3, 2, rng=0)
    assert layer.weight.shape == (2, 3)
    x = waves(4, 3, dtype="float32")
    np.testing.assert_allclose(layer(x).data, x @ layer.weight.data.T + layer.bias.data, rtol=1e-6)


def test_first_weights_and_biases_are_uniform_within_one_over_the_root_of_the_inputs():
    layer = nn.Linear(400, 300, rng=0)
    for parameter in layer.parameters():
        assert 0.049 < abs(parameter.data).max() <= 0.05
        assert abs(parameter.data.mean()) < 0.005
        assert parameter.data.std() == pytest.approx(0.05 / 3**0.5, rel=0.1)


def test_the_same_seed_gives_the_same_layer():
    assert (nn.Linear(3, 2, rng=1).weight == nn.Linear(3, 2, rng=1).weight).all()
    assert (nn.Linear(3, 2, rng=1).weight != nn.Linear(3, 2, rng=2).weight).all()
    nn.manual_seed(7)
    first = nn.Linear(3, 2), nn.Embedding(3, 2)
    nn.manual_seed(7)
    second = nn.Linear(3, 2), nn.Embedding(3, 2)
    assert all((a.weight == b.weight).all() for a, b in zip(first, second, strict=True))


def test_lists_and_integers_are_converted():
    layer = nn.Linear(3, 2, rng=0)
    expected = layer(np.array([[1.0, 2.0, 3.0]])).data
    for x in ([[1, 2, 3]], [[1.0, 2.0, 3.0]], np.array([[1, 2, 3]], dtype=np.uint8), Tensor([[1.0, 2.0, 3.0]])):
        np.testing.assert_array_equal(layer(x).data, expected)


def test_a_list_of_values_or_tensors_is_taken_and_gets_its_gradients():
    layer = nn.Linear(2, 1, rng=0)
    values, rows = [Value(1.0), Value(2.0)], [Tensor([1.0, 2.0]), Tensor([3.0, 4.0])]
    layer(values).sum().backward()
    layer(rows).sum().backward()
    np.testing.assert_allclose([v.grad for v in values], layer.weight.data[0])
    np.testing.assert_allclose(rows[1].grad, layer.weight.data[0])


def test_linear_compiles_with_and_without_a_batch():
    layer = nn.Linear(3, 2, rng=0)
    compiled = autograd.compile(lambda x: layer(x).tanh())
    for x in (waves(4, 3), waves(3), waves(2, 2, 3)):
        np.testing.assert_array_equal(compiled(x).data, layer(x).tanh().data)


@pytest.mark.parametrize(
    ("x", "sentence"),
    [
        (np.ones((4, 2)), "Linear '1' takes arrays whose last axis is 3 long (in_features), and got shape (4, 2)."),
        (np.ones(()), "Linear '1' takes arrays whose last axis is 3 long (in_features), and got shape ()."),
        (np.ones((5, 3, 1)), "and got shape (5, 3, 1); nn.Flatten() before it makes rows of images."),
        ([[1.0, 2.0, 3.0], [1.0]], "Linear '1' takes arrays, whose rows are equally long; these are not."),
    ],
)
def test_inputs_that_do_not_fit_are_refused_with_the_name_of_the_layer(x, sentence):
    model = nn.Sequential(nn.Identity(), nn.Linear(3, 2))
    with pytest.raises(ValueError) as caught:
        model(x)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("x", "what"),
    [(np.array(["a", "b", "c"]), "text"), (np.ones(3) * 1j, "complex numbers"), (np.array([None] * 3), "Python objects")],
)
def test_what_is_no_number_is_refused(x, what):
    with pytest.raises(TypeError, match=f"Linear takes Tensors and arrays of numbers, not {what}"):
        nn.Linear(3, 2)(x)
    with pytest.raises(TypeError, match=r"Linear takes Tensors and arrays, not a single Value; networks of Values are made of nn\.Layer"):
        nn.Linear(3, 2)(Value(1.0))


@pytest.mark.parametrize("size", [0, -1, 2.0, "3", None, True])
def test_a_size_is_a_whole_number_from_1(size):
    for make, name in (
        (lambda: nn.Linear(size, 2), "Linear takes in_features"), (lambda: nn.Linear(2, size), "Linear takes out_features"),
        (lambda: nn.Embedding(size, 2), "Embedding takes num_embeddings"), (lambda: nn.Embedding(2, size), "Embedding takes embedding_dim"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f"{name} as a whole number from 1; got {size!r}"):
            make()


@pytest.mark.parametrize("shape", [(), (3,), (2, 4), (2, 1, 3)])
@pytest.mark.parametrize("padding", [None, 2, -1])
def test_embedding_is_pytorchs(shape, padding, pytorch):
    numbers = np.asarray(np.random.default_rng(0).integers(0, 5, shape))
    assert_pytorchs(Case(lambda n, f64: n.Embedding(5, 3, padding_idx=padding, dtype=f64), given=[numbers]), pytorch)


def test_the_vector_of_padding_starts_at_0_and_is_not_trained():
    layer = nn.Embedding(4, 2, padding_idx=-1, rng=0)
    assert layer.weight.data[3].tolist() == [0.0, 0.0]
    layer([[3, 1, 3]]).sum().backward()
    assert layer.weight.grad.tolist() == [[0.0, 0.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]


def test_first_vectors_are_normal():
    numbers = nn.Embedding(200, 100, rng=0).weight.data
    assert abs(numbers.mean()) < 0.02
    assert numbers.std() == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize("padding", [None, 1])
def test_embedding_compiles_with_its_numbers_as_an_argument(padding):
    layer = nn.Embedding(4, 2, padding_idx=padding, rng=0)
    compiled = autograd.compile(lambda numbers: (layer(numbers) ** 2).sum())
    for numbers in (np.array([[0, 1, 3]]), np.array([[2, 2, 1]]), [0, 3]):
        layer.zero_grad()
        expected = (layer(numbers) ** 2).sum()
        expected.backward()
        gradient = layer.weight.grad
        layer.zero_grad()
        result = compiled(numbers)
        result.backward()
        assert result.item() == pytest.approx(expected.item(), rel=1e-6)
        np.testing.assert_allclose(layer.weight.grad, gradient, rtol=1e-6)


@pytest.mark.parametrize(
    ("x", "error", "sentence"),
    [
        ([0, 4], IndexError, "Embedding 'table' has 4 vectors, with numbers from 0 to 3, and got 4."),
        ([-1], IndexError, "Embedding 'table' has 4 vectors, with numbers from 0 to 3, and got -1."),
        ([0.0, 1.0], TypeError, "takes whole numbers, which say which vectors, and got an array of float64; x.astype(int) makes them."),
        (["a"], TypeError, "Embedding 'table' takes Tensors and arrays of numbers, not text."),
        (Tensor([0.0]), TypeError, "and got a Tensor"),
        ([True], TypeError, "and got an array of bool"),
    ],
)
def test_numbers_of_no_vector_are_refused_with_the_name_of_the_layer(x, error, sentence):
    model = nn.Module()
    model.table = nn.Embedding(4, 2)
    model.forward = lambda x: model.table(x)
    with pytest.raises(error) as caught:
        model(x)
    assert sentence in str(caught.value)


def test_there_must_be_a_vector_for_padding():
    for padding in (4, -5):
        with pytest.raises(ValueError, match=f"Embedding has 4 vectors, and so none of the padding_idx {padding}"):
            nn.Embedding(4, 2, padding_idx=padding)


def test_many_rows_of_one_number_are_added_up():
    rng = np.random.default_rng(0)
    layer = nn.Embedding(6, 3, dtype=float, rng=0)
    numbers = rng.integers(0, 5, (40, 5))
    seed = rng.normal(size=(40, 5, 3))
    layer(numbers).backward(seed)
    expected = np.zeros((6, 3))
    for place in np.ndindex(numbers.shape):
        expected[numbers[place]] += seed[place]
    np.testing.assert_allclose(layer.weight.grad, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("settings", "shape"), [((), (2, 12)), ((0, 1), (6, 4)), ((0, -1), (24,)), ((2, 2), (2, 3, 4)), ((-2, -1), (2, 12))]
)
def test_flatten_joins_axes_as_pytorchs_does(settings, shape):
    layer = nn.Flatten(*settings)
    x = waves(2, 3, 4)
    assert layer(x).shape == layer(Tensor(x)).shape == shape
    np.testing.assert_array_equal(layer(x).ravel(), x.ravel())
    try:
        import torch
    except ImportError:
        return
    assert tuple(torch.nn.Flatten(*settings)(torch.tensor(x)).shape) == shape
    assert str(layer) == str(torch.nn.Flatten(*settings))


@pytest.mark.parametrize("shape", [(), (3,)])
def test_flatten_without_such_axes_says_so(shape):
    with pytest.raises(ValueError, match=rf"Flatten joins the axes 1 to -1, and got shape \({shape[0] if shape else ''}"):
        nn.Flatten()(np.ones(shape))
    with pytest.raises(ValueError, match="Flatten joins the axes 2 to 1"):
        nn.Flatten(2, 1)(np.ones((2, 3, 4)))


def test_identity_changes_nothing():
    x = Tensor([1.0])
    assert nn.Identity()(x) is x
    assert str(nn.Identity()) == "Identity()"
