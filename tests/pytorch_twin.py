"""A layer held against PyTorch's of the same name: the tests of several rooms share this."""

import numpy as np

import nn
from autograd import Tensor
from autograd.structures import leaves


def assert_twins(layer, twin, *inputs, steps=10, rtol=1e-9, atol=1e-11, **options):
    """With the same weights, `layer` and PyTorch's `twin` have the same outputs, gradients, and weights after training.

    `inputs` are arrays (None and arrays that are not floats pass as they are); `options` go to both calls.
    """
    import torch

    weights = layer.state_dict()
    assert list(weights) == list(twin.state_dict())
    twin.load_state_dict({name: torch.from_numpy(numbers) for name, numbers in weights.items()})
    ours = [Tensor(x) if is_floats(x) else x for x in inputs]
    theirs = [torch.tensor(x, requires_grad=True) if is_floats(x) else as_torch(x) for x in inputs]
    their_options = {name: as_torch(x) for name, x in options.items()}
    optimizer, their_optimizer = nn.optim.SGD(layer.parameters() or ours, lr=0.1), torch.optim.SGD([*twin.parameters()] or theirs, lr=0.1)
    for step in range(max(1, steps)):
        out, their_out = leaves(layer(*ours, **options)), leaves(twin(*theirs, **their_options))
        assert len(out) == len(their_out)
        loss, their_loss = 0.0, 0.0
        for i, (a, b) in enumerate(zip(out, their_out, strict=True)):
            if b is None:
                assert a is None
                continue
            np.testing.assert_allclose(a.data, b.detach().numpy(), rtol=rtol, atol=atol, err_msg=f"output {i} at step {step}")
            assert a.dtype == b.detach().numpy().dtype
            seed = np.random.default_rng(i).uniform(-1, 1, a.shape).astype(a.dtype)
            loss, their_loss = loss + (a * seed).mean(), their_loss + (b * torch.from_numpy(seed)).mean()
        for x in ours:
            if isinstance(x, Tensor):
                x.grad = None
        for x in theirs:
            if is_floats(x):
                x.grad = None
        optimizer.zero_grad()
        their_optimizer.zero_grad()
        loss.backward()
        their_loss.backward()
        pairs = [*zip(ours, theirs, strict=True), *zip(layer.parameters(), twin.parameters(), strict=True)]
        for i, (a, b) in enumerate(pairs):
            if isinstance(a, Tensor) and b.grad is not None:
                np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=rtol, atol=atol, err_msg=f"gradient {i} at step {step}")
                assert a.grad.dtype == a.dtype
        optimizer.step()
        their_optimizer.step()
    for name, numbers in twin.state_dict().items():
        np.testing.assert_allclose(layer.state_dict()[name], numbers.numpy(), rtol=rtol, atol=atol, err_msg=name)
    layer.load_state_dict({name: numbers.numpy() for name, numbers in twin.state_dict().items()})


def is_floats(x):
    return x is not None and hasattr(x, "dtype") and str(x.dtype).removeprefix("torch.") in ("float32", "float64")


def as_torch(x):
    import torch

    return torch.from_numpy(x) if isinstance(x, np.ndarray) else x


def fill(layer):
    """Give a layer weights that anybody can make again: sin(1), sin(2), …"""
    for parameter in layer.parameters():
        parameter.data = np.sin(1 + np.arange(parameter.size)).reshape(parameter.shape)
    return layer


def waves(*shape, dtype="float64"):
    """Inputs that anybody can make again: cos(1), cos(2), …"""
    return np.cos(1 + np.arange(np.prod(shape))).reshape(shape).astype(dtype)
