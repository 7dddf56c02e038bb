"""`torch.save` and `torch.load`, in files of `nn.save`: unlike PyTorch's, they cannot run a program when they are read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import nn
from autograd import Node

from ..pytorch_files import read_pytorch_file
from .base import wrap

__all__ = ["load", "save"]


class _Whatever(nn.Module):
    """A model that takes over nothing, so that `nn.load` gives the other entries."""

    def load_state_dict(self, state: Any, strict: bool = True) -> Any:
        """Take nothing."""


def save(obj: Any, f: str | os.PathLike[str]) -> None:
    """Store a state dict, or a dict of several, in a file.

    For example `{"model": model.state_dict(), "epoch": 3}`. The file is whole at any moment.

    Raises:
        TypeError: it is a module, of which the state dict can be stored, or made of something else than numbers, texts
            and arrays.

    Example:
        >>> import tempfile
        >>> path = tempfile.mkdtemp() + "/model.pt"
        >>> save({"epoch": 3, "weights": {"w": np.ones(2)}}, path)
        >>> load(path)
        {'epoch': 3, 'weights': {'w': tensor([1., 1.], dtype=torch.float64)}}
    """
    if isinstance(obj, nn.Module):
        raise TypeError("torch.save stores numbers, not a program: save model.state_dict(), and load it into a model that is made anew.")
    if isinstance(obj, Mapping) and obj and all(isinstance(x, (Node, np.ndarray)) for x in obj.values()):
        nn.save(f, obj)  # a file as `safetensors.torch.save_file` writes it
    else:
        nn.save(f, {}, object=obj)


def load(f: str | os.PathLike[str], map_location: Any = None, weights_only: bool = True) -> Any:
    """What `save` has stored, with its arrays as Tensors.

    It also reads what PyTorch's own `torch.save` has stored, where PyTorch is installed.

    Raises:
        FileNotFoundError, ValueError: there is no such file, or it is damaged, or PyTorch's own, a pickle that it does
            not read.
    """
    if (of_torch := read_pytorch_file(Path(f))) is not None:
        return _with_tensors(of_torch.content)
    entries = nn.load(f, _Whatever())
    return _with_tensors(entries["object"] if "object" in entries else nn.load(f))


def _with_tensors(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return wrap(x)
    if isinstance(x, dict):
        return {key: _with_tensors(item) for key, item in x.items()}
    return type(x)(map(_with_tensors, x)) if isinstance(x, (list, tuple)) else x
