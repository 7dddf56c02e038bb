"""PyTorch's own files and states.

Files of `torch.save` are read by `torch` itself, and states get PyTorch's tensors.

A file of `torch.save` is a pickle, which can run any program when it is read. So it is read by
`torch.load(weights_only=True)`, which takes numbers and containers only, and not at all where PyTorch is not installed.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from autograd import Node

from .types import Array

__all__ = ["PytorchFile", "read_pytorch_file", "to_torch"]

MODELS = ("model", "model_state_dict", "state_dict")  # what programs call a model's state in a checkpoint
OPTIMIZERS = ("optimizer", "optimizer_state_dict")


class PytorchFile(NamedTuple):
    """The numbers of the model in a file, and what else there is; and all of it, as it was saved."""

    arrays: dict[str, Array]
    entries: dict[str, Any]
    content: dict[str, Any]


def read_pytorch_file(path: Path) -> PytorchFile | None:
    """What `torch.save` has written: a state dict, or a dict with one under "model" or "model_state_dict".

    Returns:
        None if it is no such file, if it holds more than numbers and containers of them, or if PyTorch is not
        installed.
    """
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as file:
        if not any(name.endswith("/data.pkl") for name in file.namelist()):
            return None
    try:
        import torch
    except ModuleNotFoundError:
        return None
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # of several kinds, for damage and for whatever is no number
        return None
    content = _with_arrays(loaded)
    if not isinstance(content, dict):
        return None
    if content.keys() >= {"state", "param_groups"}:
        return PytorchFile({}, {"optimizer": content}, content)
    name = next((name for name in MODELS if isinstance(content.get(name), dict)), None)
    if name is None:
        is_model = all(isinstance(x, np.ndarray) for x in content.values())
        return PytorchFile(content if is_model else {}, {} if is_model else content, content)
    others = {"optimizer" if key in OPTIMIZERS else key: x for key, x in content.items() if key != name}
    return PytorchFile(content[name], others, content)


def _with_arrays(x: Any) -> Any:
    """Containers with arrays in the places of PyTorch's tensors.

    Numbers of 16 bits that NumPy does not have become float32.
    """
    if isinstance(x, Mapping):
        return {key: _with_arrays(item) for key, item in x.items()}
    if isinstance(x, (list, tuple)):
        return type(x)(map(_with_arrays, x))
    if not hasattr(x, "detach"):
        return x
    x = x.detach()
    return (x.float() if str(x.dtype) == "torch.bfloat16" else x).numpy().copy()


def to_torch(state: object) -> Any:
    """A state dict with PyTorch's tensors in the places of arrays.

    PyTorch's `load_state_dict` and `torch.save` take it.

    Args:
        state: the state dict of a model or an optimizer; or containers of such.

    Raises:
        ModuleNotFoundError: PyTorch is not installed.

    Example:
        >>> import nn
        >>> to_torch(nn.Linear(2, 1).state_dict())["weight"].shape    # doctest: +SKIP
        torch.Size([1, 2])
    """
    try:
        import torch
    except ModuleNotFoundError:
        raise ModuleNotFoundError("nn.utils.to_torch makes PyTorch's tensors, and needs PyTorch: pip install torch.") from None
    if isinstance(state, Node):
        state = state._datum
    if isinstance(state, Mapping):
        if state.keys() == {"state", "param_groups"}:
            return {"state": {i: _memory(torch, memory) for i, memory in state["state"].items()}, "param_groups": state["param_groups"]}
        return {key: to_torch(x) for key, x in state.items()}
    if isinstance(state, (list, tuple)):
        return type(state)(map(to_torch, state))
    return torch.from_numpy(np.array(state)) if isinstance(state, np.ndarray) else state


def _memory(torch: Any, memory: Mapping[str, Any]) -> dict[str, Any]:
    """What an optimizer remembers of one parameter.

    PyTorch's SGD counts no steps, and its NAdam has one product for all entries.
    """
    if memory.keys() <= {"step", "momentum_buffer"}:
        memory = {name: x for name, x in memory.items() if name != "step"}
    tensors = {name: torch.from_numpy(np.array(x)) for name, x in memory.items() if name != "step"}
    if "mu_product" in tensors:
        tensors["mu_product"] = tensors["mu_product"].reshape(-1)[0].clone()
    return {"step": torch.tensor(float(memory["step"])), **tensors} if "step" in memory else tensors
