"""Weights that travel to PyTorch and back, as state dicts and as files. Each kind of layer by itself is in its own room."""

import numpy as np
import pytest
from pytorch_twin import waves

import nn
from autograd.structures import leaves

torch = pytest.importorskip("torch")
safetensors_torch = pytest.importorskip("safetensors.torch")

IMAGES, SEQUENCES = (4, 3, 9, 9), (5, 4, 6)
SEVERAL = {"num_layers": 2, "bidirectional": True}

# Both libraries make the same with these.
MODELS = {
    "Linear": (lambda lib: lib.Linear(6, 3), (4, 6)),
    "Linear without bias": (lambda lib: lib.Linear(6, 3, bias=False), (4, 6)),
    "Conv1d": (lambda lib: lib.Conv1d(4, 6, 3, stride=2, padding=1, groups=2), SEQUENCES),
    "Conv2d": (lambda lib: lib.Conv2d(3, 6, 3, padding=1, dilation=2), IMAGES),
    "BatchNorm1d": (lambda lib: lib.BatchNorm1d(6), (4, 6)),
    "BatchNorm2d": (lambda lib: lib.BatchNorm2d(3), IMAGES),
    "LayerNorm": (lambda lib: lib.LayerNorm(6), (4, 6)),
    "RMSNorm": (lambda lib: lib.RMSNorm(6), (4, 6)),
    "Embedding": (lambda lib: lib.Embedding(7, 3), None),
    "RNN": (lambda lib: lib.RNN(6, 3, **SEVERAL), SEQUENCES),
    "LSTM": (lambda lib: lib.LSTM(6, 3, **SEVERAL), SEQUENCES),
    "GRU": (lambda lib: lib.GRU(6, 3, **SEVERAL, batch_first=True), SEQUENCES),
    "TransformerEncoderLayer": (lambda lib: lib.TransformerEncoderLayer(6, 2, 8), SEQUENCES),
    "a perceptron": (
        lambda lib: lib.Sequential(lib.Linear(6, 8), lib.BatchNorm1d(8), lib.ReLU(), lib.Dropout(0.3), lib.Linear(8, 3)), (4, 6)
    ),
    "a convolutional network": (
        lambda lib: lib.Sequential(
            lib.Sequential(lib.Conv2d(3, 4, 3), lib.BatchNorm2d(4), lib.GELU(), lib.MaxPool2d(2)), lib.Flatten(), lib.Linear(36, 3)
        ), IMAGES,
    ),
    "lists of layers": (lambda lib: lib.Sequential(*lib.ModuleList([lib.Linear(6, 6), lib.Tanh(), lib.Linear(6, 2)])), (4, 6)),
}  # fmt: skip


def pair(name):
    """Our model and PyTorch's, with other weights each, after a pass in training that moved the buffers; and an input."""
    make, shape = MODELS[name]
    ours, theirs = make(nn), make(torch.nn)
    x = np.array([[0, 3, 6], [2, 2, 1]]) if shape is None else waves(*shape, dtype="float32")
    ours(x)
    theirs(torch.from_numpy(2 * x if shape else x))
    return ours.eval(), theirs.eval(), x


def assert_alike(ours, theirs, x):
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for name, numbers in theirs.state_dict().items():
        mine = ours.state_dict()[name]
        assert (mine.dtype, mine.shape, mine.tobytes()) == (numbers.numpy().dtype, numbers.shape, numbers.numpy().tobytes())
    with torch.no_grad():
        expected = leaves(theirs(torch.from_numpy(x)))
    for a, b in zip(leaves(ours(x)), expected, strict=True):
        np.testing.assert_allclose(a.data, b.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_weights_come_from_pytorch(name):
    ours, theirs, x = pair(name)
    ours.load_state_dict(theirs.state_dict())
    assert_alike(ours, theirs, x)


@pytest.mark.parametrize("name", MODELS)
def test_weights_go_to_pytorch(name):
    ours, theirs, x = pair(name)
    theirs.load_state_dict({key: torch.from_numpy(numbers) for key, numbers in ours.state_dict().items()})
    assert_alike(ours, theirs, x)


@pytest.mark.parametrize("name", MODELS)
def test_weights_come_in_a_file_from_pytorch(name, tmp_path):
    ours, theirs, x = pair(name)
    safetensors_torch.save_file(theirs.state_dict(), tmp_path / "model.safetensors")
    nn.load(tmp_path / "model.safetensors", ours)
    assert_alike(ours, theirs, x)


@pytest.mark.parametrize("name", MODELS)
def test_weights_go_in_a_file_to_pytorch(name, tmp_path):
    ours, theirs, x = pair(name)
    nn.save(tmp_path / "model.safetensors", ours)
    theirs.load_state_dict(safetensors_torch.load_file(tmp_path / "model.safetensors"))
    assert_alike(ours, theirs, x)


@pytest.mark.parametrize("options", [{}, {"kdim": 4, "vdim": 5}, {"bias": False, "batch_first": True}])
def test_attention_comes_and_goes_in_a_file(options, tmp_path):
    """It takes three inputs, of their own sizes."""
    path = tmp_path / "attention.safetensors"
    ours, theirs = nn.MultiheadAttention(6, 2, **options), torch.nn.MultiheadAttention(6, 2, **options)
    x = [waves(3, 2, size, dtype="float32") for size in (6, options.get("kdim", 6), options.get("vdim", 6))]

    def assert_same_outputs():
        for a, b in zip(ours(*x), theirs(*map(torch.from_numpy, x)), strict=True):
            np.testing.assert_allclose(a.data, b.detach().numpy(), rtol=1e-4, atol=1e-5)

    safetensors_torch.save_file(theirs.state_dict(), path)
    nn.load(path, ours)
    assert_same_outputs()
    ours = nn.MultiheadAttention(6, 2, **options)
    nn.save(path, ours)
    theirs.load_state_dict(safetensors_torch.load_file(path))
    assert_same_outputs()


def test_a_checkpoint_with_more_than_a_model_keeps_its_names(tmp_path):
    """PyTorch's loader sees the optimizer's arrays too, under names that are not the model's."""
    ours, theirs, x = pair("a perceptron")
    optimizer = nn.optim.Adam(ours.parameters())
    (ours(x) ** 2).mean().backward()
    optimizer.step()
    nn.save(tmp_path / "checkpoint.safetensors", ours, optimizer)
    arrays = safetensors_torch.load_file(tmp_path / "checkpoint.safetensors")
    assert "optimizer/state/0/exp_avg" in arrays
    theirs.load_state_dict({name: numbers for name, numbers in arrays.items() if not name.startswith("optimizer/")})
    assert_alike(ours, theirs, x)


def test_a_file_of_half_precision_is_loaded_into_the_precision_of_the_model(tmp_path):
    path = tmp_path / "half.safetensors"
    theirs, ours = torch.nn.Linear(4, 2).half(), nn.Linear(4, 2)
    safetensors_torch.save_file(theirs.state_dict(), path)
    nn.load(path, ours)
    assert ours.weight.dtype == np.float32
    np.testing.assert_array_equal(ours.weight.data, theirs.weight.detach().float().numpy())
    safetensors_torch.save_file(theirs.bfloat16().state_dict(), path)
    with pytest.raises(
        ValueError, match=r"holds BF16, a type that NumPy does not have; save model\.float\(\)\.state_dict\(\) from PyTorch"
    ):
        nn.load(path, ours)


def test_a_file_of_torch_save_is_refused_with_advice(tmp_path):
    for path, options in ((tmp_path / "zip.pt", {}), (tmp_path / "old.pt", {"_use_new_zipfile_serialization": False})):
        torch.save(torch.nn.Linear(4, 2).state_dict(), path, **options)
        with pytest.raises(ValueError, match=r"is a file of torch\.save, .* In PyTorch, write it with safetensors\.torch\.save_file"):
            nn.load(path)
