"""The arguments of a Trainer: checked, and put in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .. import metrics as known_metrics
from ..callbacks import Callback, ModelCheckpoint, TerminateOnNaN
from ..callbacks.training import Loss
from ..module import Module
from ..optim import Optimizer
from .measuring import Metric

__all__ = ["callbacks_in_order", "check_parts", "metrics_by_name"]


def check_parts(model: object, loss: object, optimizer: object) -> None:
    """Check that a model, a loss and an optimizer can be trained together.

    Raises:
        TypeError: one of them is of the wrong kind.
        ValueError: the optimizer has no parameter of the model.

    Example:
        >>> import nn
        >>> check_parts(nn.Identity(), nn.MSELoss(), None)
        Traceback (most recent call last):
        ...
        TypeError: The optimizer is one of nn.optim, such as nn.optim.Adam(model.parameters()), and not a NoneType.
    """
    if not isinstance(model, Module):
        raise TypeError(f"A Trainer trains an nn.Module, not a {_kind(model)}.")
    if isinstance(loss, type) or not callable(loss):
        raise TypeError(f"The loss is a function of output and target, such as nn.CrossEntropyLoss(), and not a {_kind(loss)}.")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"The optimizer is one of nn.optim, such as nn.optim.Adam(model.parameters()), and not a {_kind(optimizer)}.")
    parameters = set(model.parameters())
    if not any(p in parameters for group in optimizer.param_groups for p in group["params"]):
        raise ValueError(f"The optimizer changes no parameter of this {type(model).__name__}; make it with model.parameters().")


def metrics_by_name(metrics: Sequence[str | Metric], loss: Loss) -> dict[str, Metric]:
    """The metrics as functions, by name.

    Raises:
        TypeError: `metrics` is not a list.
        ValueError: a name is unknown, or used twice.
        ModuleNotFoundError: one needs scikit-learn, which is not installed.

    Example:
        >>> def largest_error(predictions, targets):
        ...     return abs(predictions - targets).max()
        >>> list(metrics_by_name([largest_error], max))
        ['largest_error']
    """
    if isinstance(metrics, str) or not isinstance(metrics, Iterable):
        raise TypeError(f'metrics is a list of names and functions, such as ["accuracy"]; got {metrics!r}.')
    named: dict[str, Metric] = {}
    for metric in metrics:
        name = getattr(metric, "__name__", type(metric).__name__) if callable(metric) else metric
        if name in named or name == "loss":
            raise ValueError(f"There are two measures called {name!r}; give the metric another name, as the function's __name__.")
        named[name] = metric if callable(metric) else known_metrics.by_name(metric, loss)
        if not callable(metric) or metric in known_metrics.METRICS.values():
            known_metrics.require_sklearn()
    return named


def callbacks_in_order(callbacks: Sequence[Callback], terminate_on_nan: bool) -> list[Callback]:
    """The callbacks with checkpoints last, and before them one that looks for nan, if there is none.

    Raises:
        TypeError: one of them is not a callback.

    Example:
        >>> [type(callback).__name__ for callback in callbacks_in_order([Callback()], terminate_on_nan=True)]
        ['Callback', 'TerminateOnNaN']
    """
    callbacks = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks]
    for callback in callbacks:
        if not isinstance(callback, Callback):
            raise TypeError(f"callbacks is a list of nn.callbacks.Callback, such as nn.callbacks.EarlyStopping(); got a {_kind(callback)}.")
    if terminate_on_nan and not any(isinstance(callback, TerminateOnNaN) for callback in callbacks):
        callbacks.append(TerminateOnNaN())
    return sorted(callbacks, key=lambda callback: isinstance(callback, ModelCheckpoint))


def _kind(x: object) -> str:
    return f"class {x.__name__}; make one of it" if isinstance(x, type) else type(x).__name__
