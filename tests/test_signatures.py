"""Claims about names: arguments, their order and their defaults are PyTorch's, but for those that are left out for a reason."""

import inspect

import pytest

import nn
from autograd import Primitive
from nn import data, functional, init, optim, utils
from nn.optim import lr_scheduler

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
    "MultiheadAttention": {"add_bias_kv": "is rarely used", "add_zero_attn": "is rarely used"},
    "LSTM": {"proj_size": "is rarely used"},
    "GRU": {"proj_size": "is rarely used"},
    "RNN": {"proj_size": "is rarely used"},
    "DataLoader": dict.fromkeys(
        ["sampler", "batch_sampler", "timeout", "worker_init_fn", "multiprocessing_context", "prefetch_factor", "persistent_workers",
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
