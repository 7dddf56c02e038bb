"""Weights and states of optimizers travel to PyTorch and back, in safetensors files and in those of `torch.save`."""

import sys

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from nn import optim

torch = pytest.importorskip("torch", reason="only PyTorch can say whether it reads what is written for it")

LAYERS = {
    "LSTM": lambda m: m.LSTM(4, 3, 2, bidirectional=True), "GRU": lambda m: m.GRU(4, 3),
    "BatchNorm2d": lambda m: m.BatchNorm2d(4),
    "MultiheadAttention": lambda m: m.MultiheadAttention(8, 2),
    "MultiheadAttention with kdim": lambda m: m.MultiheadAttention(8, 2, kdim=4),
    "TransformerDecoderLayer": lambda m: m.TransformerDecoderLayer(8, 2, 16), "ConvTranspose2d": lambda m: m.ConvTranspose2d(4, 2, 3),
    "Sequential": lambda m: m.Sequential(m.Embedding(5, 4), m.LayerNorm(4), m.Linear(4, 2)),
}  # fmt: skip
OPTIMIZERS = [
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.1}), ("SGD", {"lr": 0.1}), ("Adam", {"lr": 0.1, "amsgrad": True}),
    ("AdamW", {"lr": 0.1}),
    ("RMSprop", {"lr": 0.1, "momentum": 0.9, "centered": True}), ("Adagrad", {"lr": 0.1}), ("Adadelta", {}), ("Adamax", {}), ("NAdam", {}),
    ("RAdam", {}),
]  # fmt: skip
START = [np.array([1.0, -2.0, 3.0], np.float32), np.array([[0.5, 1.5]], np.float32)]


def same(theirs, ours):
    assert list(theirs) == list(ours)
    for name, x in theirs.items():
        np.testing.assert_array_equal(np.asarray(x), ours[name])


@pytest.mark.parametrize("name", LAYERS)
def test_a_state_dict_has_pytorchs_names_and_travels_both_ways(name, tmp_path):
    from safetensors.torch import load_file, save_file

    theirs, ours = LAYERS[name](torch.nn), LAYERS[name](nn)
    save_file(theirs.state_dict(), tmp_path / "theirs.safetensors")
    nn.load(tmp_path / "theirs.safetensors", ours)
    same(theirs.state_dict(), ours.state_dict())
    for x in ours.parameters():
        x.data = x.data + 1
    nn.save(tmp_path / "ours.safetensors", ours)
    theirs.load_state_dict(load_file(tmp_path / "ours.safetensors"))
    same(theirs.state_dict(), ours.state_dict())
    torch.save(theirs.state_dict(), tmp_path / "theirs.pt")
    again = LAYERS[name](nn)
    nn.load(tmp_path / "theirs.pt", again)
    same(theirs.state_dict(), again.state_dict())


def steps(theirs, ours, parameters, twins, count):
    """Steps with the same gradients on both sides; then all numbers are the same."""
    for i in range(count):
        for p, q in zip(parameters, twins, strict=True):
            gradient = np.sin(np.arange(q.size, dtype=np.float32) + i).reshape(q.shape)
            p.grad, q.grad = torch.tensor(gradient), gradient
        theirs.step()
        ours.step()
    for p, q in zip(parameters, twins, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.data, rtol=2e-5)


@pytest.mark.parametrize(("method", "settings"), OPTIMIZERS)
def test_the_state_of_an_optimizer_travels_both_ways(method, settings, tmp_path):
    parameters, twins = [torch.nn.Parameter(torch.tensor(x)) for x in START], [Tensor(x) for x in START]
    theirs, ours = getattr(torch.optim, method)(parameters, **settings), getattr(optim, method)(twins, **settings)
    steps(theirs, ours, parameters, twins, 2)

    torch.save(theirs.state_dict(), tmp_path / "optimizer.pt")
    continued = getattr(optim, method)(twins, lr=0.5)
    nn.load(tmp_path / "optimizer.pt", optimizer=continued)
    assert continued.param_groups[0]["lr"] == theirs.param_groups[0]["lr"]
    steps(theirs, continued, parameters, twins, 2)

    back = getattr(torch.optim, method)(parameters, lr=0.5)
    back.load_state_dict(nn.utils.to_torch(continued.state_dict()))
    steps(back, continued, parameters, twins, 2)


def test_a_state_of_pytorch_is_loaded_as_it_is():
    p = torch.nn.Parameter(torch.ones(2))
    theirs = torch.optim.Adam([p], lr=0.3)
    p.grad = torch.ones(2)
    theirs.step()
    ours = optim.Adam([Tensor(np.ones(2))])
    ours.load_state_dict(theirs.state_dict())
    assert ours.param_groups[0]["lr"] == 0.3
    assert "foreach" not in ours.param_groups[0]
    assert ours.state_dict()["state"][0]["step"] == 1


def test_the_state_of_adamw_is_none_of_adam():
    state = torch.optim.AdamW([torch.nn.Parameter(torch.ones(2))]).state_dict()
    with pytest.raises(ValueError, match="does not fit this Adam: decoupled_weight_decay of group 0 is unknown"):
        optim.Adam([Tensor(np.ones(2))]).load_state_dict(state)


@pytest.mark.parametrize("names", [("model", "optimizer"), ("model_state_dict", "optimizer_state_dict")])
def test_a_checkpoint_of_pytorch_is_loaded_by_the_names_that_programs_use(names, tmp_path):
    theirs = torch.nn.Linear(3, 2)
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.7, momentum=0.9)
    torch.save({names[0]: theirs.state_dict(), names[1]: optimizer.state_dict(), "epoch": 3}, tmp_path / "checkpoint.pt")
    ours = nn.Linear(3, 2)
    descent = optim.SGD(ours.parameters(), lr=0.1)
    assert nn.load(tmp_path / "checkpoint.pt", ours, descent) == {"epoch": 3}
    same(theirs.state_dict(), ours.state_dict())
    assert descent.param_groups[0]["lr"] == 0.7


def test_the_phrase_book_loads_what_pytorch_has_saved_as_it_was(tmp_path):
    from nn import torch as book

    torch.save({"model": {"weight": torch.ones(2)}, "epoch": 3, "losses": [0.5]}, tmp_path / "checkpoint.pt")
    loaded = book.load(tmp_path / "checkpoint.pt")
    assert (loaded["epoch"], loaded["losses"]) == (3, [0.5])
    assert isinstance(loaded["model"]["weight"], book.Tensor)


def test_numbers_in_bfloat16_become_float32(tmp_path):
    torch.save({"weight": torch.tensor([1.5, -2.0], dtype=torch.bfloat16)}, tmp_path / "model.pt")
    assert nn.load(tmp_path / "model.pt")["weight"].tolist() == [1.5, -2.0]


def test_a_whole_module_of_pytorch_is_refused_since_it_is_a_program(tmp_path):
    torch.save(torch.nn.Linear(2, 1), tmp_path / "model.pt")
    with pytest.raises(ValueError, match=r"is a file of torch\.save, np\.savez or pickle, which nn\.load does not read itself"):
        nn.load(tmp_path / "model.pt")


def test_without_pytorch_its_files_are_refused_with_advice(tmp_path, monkeypatch):
    torch.save({"weight": torch.ones(2)}, tmp_path / "model.pt")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ValueError, match=r"where PyTorch is installed, it reads state dicts by torch\.load\(path, weights_only=True\)"):
        nn.load(tmp_path / "model.pt")
    with pytest.raises(ModuleNotFoundError, match=r"nn\.utils\.to_torch makes PyTorch's tensors, and needs PyTorch"):
        nn.utils.to_torch({"weight": np.ones(2)})


def test_arrays_and_scalars_in_containers_become_tensors():
    made = nn.utils.to_torch({"a": [np.ones(2), 3], "b": (Value(2.0), "text"), "c": Tensor([1.0])})
    assert torch.equal(made["a"][0], torch.ones(2, dtype=torch.float64))
    assert made["a"][1] == 3
    assert made["b"] == (2.0, "text")
    assert made["c"].tolist() == [1.0]
