"""`torch.cuda`, `torch.backends`, `torch.accelerator` and `torch.amp`: what programs ask for before they use a GPU.

There is none here.
"""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

from nn.lookup import part

__all__ = ["accelerator", "amp", "autocast", "backends", "cuda"]


class GradScaler:
    """PyTorch's, where it does nothing, as it does without a GPU: losses and gradients are as they are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def scale(self, loss: Any) -> Any:
        return loss

    def unscale_(self, optimizer: Any) -> None:
        """Nothing."""

    def step(self, optimizer: Any) -> Any:
        return optimizer.step()

    def update(self) -> None:
        """Nothing."""


def autocast(*args: Any, **kwargs: Any) -> Any:
    """Nothing: everything is computed in the precision that it has."""
    return nullcontext()


def _nothing(*args: Any) -> None:
    """Nothing."""


def _no() -> bool:
    """False: there is none."""
    return False


def _none() -> int:
    """0: there is none."""
    return 0


amp = part("torch.amp", GradScaler=GradScaler, autocast=autocast)
cuda = part(
    "torch.cuda", is_available=_no, device_count=_none, manual_seed=_nothing, manual_seed_all=_nothing, empty_cache=_nothing,
    synchronize=_nothing, amp=amp,
)  # fmt: skip
backends = part(
    "torch.backends",
    mps=SimpleNamespace(is_available=_no),
    cuda=SimpleNamespace(matmul=SimpleNamespace(allow_tf32=False)),
    cudnn=SimpleNamespace(deterministic=True, benchmark=False, allow_tf32=False),
)
accelerator = part("torch.accelerator", is_available=_no, current_accelerator=_nothing)
