"""Checking that the state dict of an optimizer fits the optimizer that loads it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Value

from .groups import Parameter, precision_of
from .pieces import Memory

__all__ = ["memories_from"]

# Settings that PyTorch's groups have besides ours: of how it computes; and for two methods, which of the two it is.
OF_PYTORCH = {"foreach", "fused", "capturable", "differentiable"}
DECOUPLED = {"Adam": False, "AdamW": True}


def memories_from(state_dict: object, groups: Sequence[Mapping[str, Any]], names: Collection[str], method: str) -> dict[Parameter, Memory]:
    """What a state dict remembers of each parameter, as copies.

    Args:
        state_dict: what should be from `Optimizer.state_dict`.
        groups: the groups of the optimizer that loads it.
        names: the names of the settings of that optimizer.
        method: the name of that optimizer.

    Raises:
        TypeError: it is not a dict from `state_dict()`.
        ValueError: groups, names of settings or shapes differ; all that do are listed.

    Example:
        >>> w = Value(1.0)
        >>> state_dict = {"state": {0: {"step": 1, "sum": 0.5}}, "param_groups": [{"params": [0], "lr": 0.1}]}
        >>> memories_from(state_dict, [{"params": [w], "lr": 0.2}], ["lr"], "Adagrad")[w]
        {'step': 1, 'sum': 0.5}
    """
    if not isinstance(state_dict, Mapping) or not state_dict.keys() >= {"state", "param_groups"}:
        raise TypeError("load_state_dict takes a dict with the keys 'state' and 'param_groups', as state_dict() gives.")
    loaded, params, misfits = state_dict["param_groups"], [p for group in groups for p in group["params"]], []
    if len(loaded) != len(groups):
        misfits.append(f"it has {len(loaded)} groups instead of {len(groups)}")
    for i, (own, group) in enumerate(zip(groups, loaded, strict=False)):
        if len(group.get("params", ())) != len(own["params"]):
            misfits.append(f"group {i} has {len(group.get('params', ()))} parameters instead of {len(own['params'])}")
        misfits += [f"{name} of group {i} is missing" for name in names if name not in group]
        known = {"params", "initial_lr", *names, *OF_PYTORCH}
        if group.get("decoupled_weight_decay") == DECOUPLED.get(method):
            known.add("decoupled_weight_decay")
        misfits += [f"{name} of group {i} is unknown" for name in group if name not in known]
    memories: dict[Parameter, Memory] = {}
    for i, memory in state_dict["state"].items():
        if i not in range(len(params)):
            misfits.append(f"parameter {i} is unknown")
            continue
        p = params[i]
        memory = {name: x for name, x in memory.items() if x is not None}
        if memory.keys() == {"momentum_buffer"}:  # PyTorch's SGD counts no steps, and only the first is another
            memory = {"step": 1, **memory}
        if memory and "step" not in memory:
            misfits.append(f"of parameter {i}, step is missing")
        shapes = {name: () if name == "step" else p.shape for name in memory}
        if np.shape(memory.get("mu_product", [0])) == ():  # PyTorch's NAdam has one for all entries
            shapes["mu_product"] = ()
        wrong = [name for name, x in memory.items() if np.shape(x) != shapes[name]]
        misfits += [f"of parameter {i}, {name} has shape {np.shape(memory[name])} and must have {shapes[name]}" for name in wrong]
        if not wrong:
            memories[p] = {name: _copy(name, x, p) for name, x in memory.items()}
    if misfits:
        raise ValueError(f"The state dict does not fit this {method}: {'; '.join(misfits)}.")
    return memories


def _copy(name: str, x: Any, parameter: Parameter) -> Any:
    if name == "step":
        return int(x)
    return float(x) if isinstance(parameter, Value) else np.array(np.broadcast_to(x, parameter.shape), dtype=precision_of(parameter))
