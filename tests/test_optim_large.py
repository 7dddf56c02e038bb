"""Claims about large parameters, whose formula is computed in parts: every entry is changed, and as PyTorch changes it."""

import numpy as np
import pytest

from autograd import Tensor
from nn import optim
from nn.optim.optimizer import ENTRIES_AT_ONCE

SETTINGS = [
    (optim.SGD, {"lr": 0.5}),
    (optim.SGD, {"lr": 0.5, "momentum": 0.9, "nesterov": True}),
    (optim.Adam, {"lr": 0.5}),
    (optim.AdamW, {"lr": 0.5, "amsgrad": True}),
    (optim.RMSprop, {"lr": 0.5, "momentum": 0.9, "centered": True}),
    (optim.Adagrad, {"lr": 0.5, "lr_decay": 0.1}),
]
SIZES = [ENTRIES_AT_ONCE - 1, ENTRIES_AT_ONCE, ENTRIES_AT_ONCE + 1, 2 * ENTRIES_AT_ONCE, 2 * ENTRIES_AT_ONCE + 1]


def numbers(size, seed, dtype=float):
    return np.random.default_rng(seed).uniform(0.5, 1.0, size).astype(dtype)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("method", "settings"), SETTINGS)
def test_every_entry_of_a_large_parameter_is_changed_as_it_would_be_alone(method, settings, size):
    start, gradients = numbers(size, 0), [numbers(size, seed) for seed in (1, 2, 3)]
    p = Tensor(start)
    descent = method([p], **settings)
    # One entry of each part, the ends of the parts, and the last.
    around = [i for end in range(0, size, ENTRIES_AT_ONCE) for i in (end - 1, end, end + 7)]
    some = sorted({i for i in (*around, size - 1) if 0 <= i < size})
    alone = [Tensor([start[i]]) for i in some]
    descents = [method([q], **settings) for q in alone]
    for gradient in gradients:
        before = p.data.copy()
        p.grad = gradient
        descent.step()
        assert (p.data != before).all()
        for i, q, each in zip(some, alone, descents, strict=True):
            q.grad = gradient[[i]]
            each.step()
    np.testing.assert_allclose(p.data[some], [q.data[0] for q in alone], rtol=1e-14)


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("method", "settings"), SETTINGS)
def test_large_parameters_are_pytorchs_entry_by_entry(method, settings, dtype, joined):
    torch = pytest.importorskip("torch")
    size = 2 * ENTRIES_AT_ONCE + 100
    start = numbers(size, 0, dtype)
    ours = [Tensor(part) for part in (np.array_split(start, 40) if joined else [start])]  # small ones make one large piece
    theirs = torch.tensor(start, requires_grad=True)
    descent, reference = method(ours, **settings), getattr(torch.optim, method.__name__)([theirs], **settings)
    for seed in (1, 2, 3):
        gradient = numbers(size, seed, dtype)
        for p, part in zip(ours, np.array_split(gradient, len(ours)), strict=True):
            p.grad = part
        theirs.grad = torch.tensor(gradient)
        descent.step()
        reference.step()
        found, tolerance = np.concatenate([p.data for p in ours]), 1e-5 if dtype is np.float32 else 1e-11
        np.testing.assert_allclose(found, theirs.detach().numpy(), rtol=tolerance, atol=tolerance)
