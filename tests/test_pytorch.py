"""PyTorch's names, arguments and defaults; and weights that travel there and back. Each kind of layer by itself is in its own room."""

import inspect

import numpy as np
import pytest
from pytorch_twin import waves

import nn
from autograd import Primitive
from autograd.structures import leaves
from nn import data, functional, init, optim, utils
from nn.optim import lr_scheduler

# --- names ----------------------------------------------------------------------------------------


torch = pytest.importorskip("torch")

EVERYWHERE = {
    "device": "there is only the CPU",
    "dtype": "is there, by name only, and of NumPy; its default is float32, as PyTorch's is",
    "size_average": "PyTorch replaced it by reduction",
    "reduce": "PyTorch replaced it by reduction",
    "foreach": "how a step is computed is the optimizer's affair",
    "fused": "how a step is computed is the optimizer's affair",
    "capturable": "is about graphs of GPU programs",
    "differentiable": "a step is not recorded; autograd.grad of a loss is a function of parameters to differentiate through",
    "last_epoch": "a schedule goes on from its state_dict",
    "_stacklevel": "is about a warning of PyTorch's",
}
LEFT_OUT = {
    "Adam": {"decoupled_weight_decay": "is AdamW"},
    "Embedding": {
        "max_norm": "changes weights in the forward pass", "norm_type": "belongs to max_norm", "scale_grad_by_freq": "is rarely used",
        "sparse": "gradients are arrays", "_weight": "assign to weight.data", "_freeze": "what is not given to the optimizer stays",
    },
    "MaxPool2d": {"return_indices": "is for MaxUnpool2d, which is not here"},
    "AdaptiveMaxPool2d": {"return_indices": "as of MaxPool2d"},
    "MaxPool1d": {"return_indices": "as of MaxPool2d"},
    "embedding": {"max_norm": "as of Embedding", "norm_type": "as of Embedding", "scale_grad_by_freq": "as of Embedding",
                  "sparse": "as of Embedding"},
    "normalize": {"out": "a function of a node is a new node"},
    "interpolate": {"antialias": "is rarely used"},
    "MultiheadAttention": {"add_bias_kv": "is rarely used", "add_zero_attn": "is rarely used"},
    "LSTM": {"proj_size": "is rarely used"},
    "GRU": {"proj_size": "is rarely used"},
    "RNN": {"proj_size": "is rarely used"},
    "DataLoader": dict.fromkeys(
        ["batch_sampler", "timeout", "worker_init_fn", "multiprocessing_context", "prefetch_factor", "persistent_workers",
         "pin_memory_device", "in_order"], "batches are made in this process, in order or in that of rng",
    ),
    "huber_loss": {"weight": "the losses as modules have none either; reduction='none' leaves them to be weighted"},
    "l1_loss": {"weight": "as of huber_loss"},
    "mse_loss": {"weight": "as of huber_loss"},
}  # fmt: skip
OTHER_DEFAULTS = {
    ("Softmax", "dim"): "the last axis; PyTorch guesses one, and warns",
    ("LogSoftmax", "dim"): "as of Softmax",
    ("softmax", "dim"): "as of Softmax",
    ("log_softmax", "dim"): "as of Softmax",
    ("TransformerEncoderLayer", "activation"): "its name, where PyTorch has the function",
    ("TransformerDecoderLayer", "activation"): "as of TransformerEncoderLayer",
    ("WeightedRandomSampler", "generator"): "None for the shared one",
    ("DataLoader", "shuffle"): "False, where PyTorch has None for the same",
}
OURS_TOO = {
    "rng": "a seed or a NumPy generator, for all that is random",
    "dtype": "see above",
    "lengths": "of sequences, where PyTorch packs them",
}

RENAMED = {"generator": "rng", "batch": "items"}


def same_names(ours, theirs):
    """The pairs of things that both libraries have."""
    return [(name, getattr(ours, name), getattr(theirs, name)) for name in ours.__all__ if callable(getattr(theirs, name, None))]


PAIRS = [
    *same_names(nn, torch.nn),
    *same_names(functional, torch.nn.functional),
    *same_names(init, torch.nn.init),
    *same_names(utils, torch.nn.utils),
    *same_names(optim, torch.optim),
    *same_names(lr_scheduler, torch.optim.lr_scheduler),
    *same_names(data, torch.utils.data),
]
PAIRS = [pair for pair in PAIRS if pair[0] != "Parameter"]  # our Tensor, which has a gradient in any case
FORWARDS = [(name, ours.forward, theirs.forward) for name, ours, theirs in PAIRS if hasattr(ours, "forward") and name not in ("Module",)]


def parameters(name, function):
    """The parameters of a function, of PyTorch's recurrent layers those that stand in their code."""
    if function in (torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU):
        found = dict(inspect.signature(torch.nn.RNNBase).parameters)
        del found["mode"]
        if name == "RNN":
            tanh = inspect.Parameter("nonlinearity", inspect.Parameter.POSITIONAL_OR_KEYWORD, default="tanh")
            found = {**dict(list(found.items())[:3]), "nonlinearity": tanh, **dict(list(found.items())[3:])}
        return found
    if isinstance(function, Primitive):  # its input is given by place, and never changed in place
        return None
    try:
        found = inspect.signature(function).parameters
    except ValueError:  # written in C++
        return None
    return {RENAMED.get(p, p): parameter for p, parameter in found.items()}


def is_anything(found):
    return any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in found.values())


@pytest.mark.parametrize(("name", "ours", "theirs"), PAIRS, ids=[f"{pair[1].__module__}.{pair[0]}" for pair in PAIRS])
def test_arguments_are_pytorchs_in_name_order_and_default(name, ours, theirs):
    our, their = parameters(name, ours), parameters(name, theirs)
    if our is None or their is None or is_anything(our) or is_anything(their):
        return
    left_out = {**EVERYWHERE, **LEFT_OUT.get(name, {})}
    assert set(their) - set(our) <= set(left_out), "not here, and no reason given"
    assert set(our) - set(their) <= set(OURS_TOO), "not in PyTorch, and no reason given"
    for p in our:
        if p in their and p not in (*EVERYWHERE, *OURS_TOO) and (name, p) not in OTHER_DEFAULTS:
            assert our[p].default == their[p].default, p
    in_order = [p for p in our if our[p].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert in_order == [p for p in their if p not in ("size_average", "reduce")][: len(in_order)]


@pytest.mark.parametrize(("name", "ours", "theirs"), FORWARDS, ids=[pair[0] for pair in FORWARDS])
def test_calls_take_what_pytorchs_take(name, ours, theirs):
    our, their = parameters(name, ours), parameters(name, theirs)
    if is_anything(our):
        return
    renamed = {"input": "x"} if "x" in our else {}
    expected = [renamed.get(p, p) for p in their]
    assert [p for p in our if p not in OURS_TOO] == expected
    for p, theirs_named in zip(expected, their, strict=True):
        assert our[p].default == their[theirs_named].default


# --- weights --------------------------------------------------------------------------------------


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
