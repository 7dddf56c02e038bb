"""`Optimizer`: parameters in their groups, and the step that changes them.

It reads and writes `p.data` and `p.grad` and nothing else, so it serves `Value`s and `Tensor`s
alike. A Tensor whose gradient is None stays as it is; the gradient of a Value is 0 if it has none.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from autograd import Node, Value
from autograd.errors import describe
from autograd.stores import Store

from ..checks import is_number, number
from ..interrupts import uninterrupted
from .pieces import Memory, Piece, UnevenError, in_pieces

__all__ = ["Optimizer", "Settings", "Starts"]

Settings = Mapping[str, Any]
Starts = dict[str, float | None]

# A formula goes over its arrays once for each of its operations. In parts of this many entries,
# what it goes over stays in the processor's cache.
ENTRIES_AT_ONCE = 2**15
OFTEN = 16  # steps: so many first ones, and then each sixteenth, are looked at for nan


class Optimizer:
    """The base of all optimizers: a subclass has a formula, `update`, and says what that remembers, `memory`.

    A parameter in float16 is computed in float32, and so is what is remembered of it: in float16 an
    eps of 1e-8 would be 0, and small squares too.

    Args:
        params: the parameters to change, such as `model.parameters()`; or groups of them, a list
            of dicts such as `{"params": model.head.parameters(), "lr": 0.1}`, whose other entries
            are settings of that group.
        defaults: the settings of groups that do not have their own, such as `{"lr": 0.01}`.

    Attributes:
        unchecked: the names of settings that `check` leaves alone, since they are no numbers from 0; a subclass names its own.
        param_groups: the groups, each with all its settings. They may be changed between steps:
            `optimizer.param_groups[0]["lr"] = 0.01`.
        state: what is remembered of each parameter, such as running means.
        defaults: as given.

    Raises:
        TypeError: `params` are not Values and Tensors, or a setting is not a number.
        ValueError: there are no parameters, one of them was computed, one is in two groups, or a
            setting is unknown or out of range.

    Example:
        >>> import numpy as np
        >>> from autograd import Value
        >>> class SignDescent(Optimizer):
        ...     def update(self, p, g, *, step, lr):
        ...         p -= lr * np.sign(g)
        >>> p = Value(1.0)
        >>> (p * p).backward()
        >>> SignDescent([p], {"lr": 0.25}).step()
        >>> p.data
        0.75
    """

    unchecked: ClassVar[tuple[str, ...]] = ()

    def __init__(self, params: Iterable[Any], defaults: Settings) -> None:
        if isinstance(params, Node) or not isinstance(params, Iterable):
            raise TypeError(f"An optimizer takes a list of parameters, not a {type(params).__name__}; pass model.parameters().")
        self.defaults = dict(defaults)
        self._checked: list[dict[str, Any]] = []  # those of the groups that were found possible last
        self._was_lost = self._has_warned = False  # a step in float16
        self._steps = 0
        self._is_finite = True  # all that was changed, as far as it was looked at
        self.param_groups: list[dict[str, Any]] = []
        self._groups_in_pieces: list[list[Piece]] = []
        self._stores = 0  # how many there were when those were made
        given = list(params)
        for group in given if given and all(isinstance(group, dict) for group in given) else [{"params": given}]:
            self.add_param_group(group)

    def step(self) -> None:
        """Change every parameter once, by its gradient. Ctrl-C waits until all are changed.

        Raises:
            ValueError: a gradient has not the shape of its parameter, or a setting has become
                impossible; no parameter has been changed then.

        Warns:
            RuntimeWarning: the step was too small to change a parameter in float16; or parameters
                are nan or infinite now.
        """
        was_finite = self._is_finite
        self._steps += 1
        groups = self._gradients()
        settings = [self._settings(group) for group in self.param_groups]
        if settings != self._checked:
            for one, group in zip(settings, self.param_groups, strict=True):
                self._check(one, group["params"])
            self._checked = settings
        with uninterrupted():
            for one, gradients in zip(settings, groups, strict=True):
                starts = self.memory(one)
                for piece, g in gradients:
                    if g is not None:
                        self._change(piece, g, starts, one)
        if self._was_lost and not self._has_warned:
            self._has_warned = True
            warnings.warn(
                f"A step of {type(self).__name__} was too small to change parameters in float16, which have 3 digits. "
                "Keep the parameters in float32, or take a larger learning rate.",
                RuntimeWarning,
                stacklevel=2,
            )
        if was_finite and not self._is_finite:
            wrong = next(p for p in self._all_parameters() if not np.isfinite(p.data).all())
            warnings.warn(
                f"After this step of {type(self).__name__}, {describe(wrong)} has {'nan' if np.isnan(wrong.data).any() else 'infinity'}: "
                "the training diverges, or the data are not finite. Try a smaller learning rate, or nn.utils.clip_grad_norm_; "
                "autograd.detect_anomaly() finds the operation where it began.",
                RuntimeWarning,
                stacklevel=2,
            )

    def update(self, p: Any, g: Any, *memory: Any, step: int, **settings: Any) -> None:
        """The formula of the method, on arrays. It changes `p` and the memory in place, and leaves `g` as it is.

        It is called on several small parameters at once, or on a part of a large one, so it must
        change each entry by that entry's numbers alone.

        Args:
            p: parameters.
            g: their gradient, of the same shape.
            memory: what `memory` names, in that order, of the same shape; None for what is not
                needed.
            step: how many steps this is for them, from 1, if the method remembers anything.
            settings: those of the group.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define update(self, p, g, *, step, lr), the formula of a step.")

    def memory(self, settings: Settings) -> Starts:
        """What the method remembers of each entry of a parameter: its name and its first value.

        None in place of the value says that these settings need no such memory.
        """
        return {}

    def check(self, settings: Settings) -> None:
        """Raise where settings are impossible.

        Here that is where a number is negative or not finite, where `eps` is 0, and where `betas`
        are not from 0 to below 1. A subclass with other settings names them in `unchecked`, or
        checks them in a `check` of its own.
        """
        for name, setting in settings.items():
            if name in self.unchecked:
                continue
            if name == "betas":
                _check_betas(setting)
            elif not is_number(setting):
                raise TypeError(f"{name} must be a number; got {setting!r}. {type(self).__name__}.unchecked names settings of other kinds.")
            elif number(name, setting) == 0 and name == "eps":
                raise ValueError(f"eps must be above 0: where a gradient has always been 0, {type(self).__name__} would divide 0 by 0.")

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for pieces in self._pieces():
            for piece in pieces:
                piece.zero_grad()

    @property
    def lr(self) -> Any:
        """The learning rate of all groups. Assigning to it changes it in all of them.

        Raises:
            ValueError: the groups have different ones.
        """
        rates = [group["lr"] for group in self.param_groups]
        if any(rate != rates[0] for rate in rates):
            raise ValueError(f'The groups have different learning rates, {rates}; read optimizer.param_groups[i]["lr"].')
        return rates[0]

    @lr.setter
    def lr(self, new: float) -> None:
        for group in self.param_groups:
            self.check({**self._settings(group), "lr": new})
        for group in self.param_groups:
            group["lr"] = new
            group.pop("initial_lr", None)  # a schedule that begins now begins here

    @property
    def state(self) -> dict[Any, Memory]:
        return {p: memory for pieces in self._groups_in_pieces for piece in pieces for p, memory in piece.memories() if memory}

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Change these parameters too, with settings of their own, as in `{"params": [p, q], "lr": 0.1}`.

        Raises:
            TypeError, ValueError: as in `Optimizer`.
        """
        if not isinstance(param_group, Mapping) or "params" not in param_group:
            raise TypeError(f'A parameter group is a dict such as {{"params": model.parameters(), "lr": 0.1}}; got {param_group!r}.')
        unknown = [str(name) for name in param_group if name not in {"params", "initial_lr", *self.defaults}]
        if unknown:
            known = ", ".join(["params", *self.defaults])
            raise ValueError(f"A parameter group of {type(self).__name__} has {known}; there is no {', '.join(unknown)}.")
        params = _parameters(param_group["params"])
        taken = set(self._all_parameters())
        for p in params:
            if p in taken:
                raise ValueError(f"{describe(p)} is in two parameter groups; each parameter belongs to one.")
        group = {**self.defaults, **param_group, "params": params}
        self._check(self._settings(group), params)
        self.param_groups.append(group)
        self._remember(self.state)

    def state_dict(self) -> dict[str, Any]:
        """All that a later optimizer needs to go on from here: settings, and what is remembered of each parameter.

        Returns:
            `{"state": {0: {"step": …, …}, …}, "param_groups": [{"lr": …, "params": [0, …]}, …]}` as
            in PyTorch. Parameters are numbered through the groups; what is remembered of them are
            copies: numbers for Values, arrays for Tensors.
        """
        position = {p: i for i, p in enumerate(self._all_parameters())}
        state = {position[p]: {name: x.copy() if isinstance(x, np.ndarray) else x for name, x in memory.items()}
                 for p, memory in self.state.items()}  # fmt: skip
        return {"state": state, "param_groups": [{**g, "params": [position[p] for p in g["params"]]} for g in self.param_groups]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where another optimizer, for the same parameters in the same groups, has stopped.

        All of it fits, or nothing is changed.

        Raises:
            TypeError: it is no dict from `state_dict()`.
            ValueError: groups, settings or shapes differ; all that do are listed.

        Example:
            >>> from autograd import Value
            >>> from nn.optim import SGD
            >>> old, new = SGD([Value(1.0)], lr=0.5, momentum=0.9), SGD([Value(1.0)])
            >>> new.load_state_dict(old.state_dict())
            >>> new.param_groups[0]["momentum"]
            0.9
        """
        if not isinstance(state_dict, Mapping) or not state_dict.keys() >= {"state", "param_groups"}:
            raise TypeError("load_state_dict takes a dict with the keys 'state' and 'param_groups', as state_dict() gives.")
        groups, params, misfits = state_dict["param_groups"], self._all_parameters(), []
        if len(groups) != len(self.param_groups):
            misfits.append(f"it has {len(groups)} groups and here are {len(self.param_groups)}")
        for i, (own, group) in enumerate(zip(self.param_groups, groups, strict=False)):
            if len(group.get("params", ())) != len(own["params"]):
                misfits.append(f"group {i} has {len(group.get('params', ()))} parameters and here are {len(own['params'])}")
            misfits += [f"{name} of group {i} is missing" for name in self.defaults if name not in group]
            misfits += [f"{name} of group {i} is unknown here" for name in group if name not in {"params", "initial_lr", *self.defaults}]
        state: dict[Any, Memory] = {}
        for i, memory in state_dict["state"].items():
            if i in range(len(params)):
                faults: list[str] = []
                state[params[i]] = _loaded(params[i], memory, faults)
                misfits += [f"of parameter {i}, {fault}" for fault in faults]
            else:
                misfits.append(f"parameter {i} is unknown here")
        if misfits:
            raise ValueError(f"The state dict does not fit this {type(self).__name__}: {'; '.join(misfits)}.")
        for own, group in zip(self.param_groups, groups, strict=True):
            self._check(self._settings(group), own["params"])
        with uninterrupted():
            for own, group in zip(self.param_groups, groups, strict=True):
                own.pop("initial_lr", None)
                own.update({name: x for name, x in group.items() if name != "params"})
            self._remember(state)
            self._is_finite = True

    def __getstate__(self) -> dict[str, Any]:
        """For copies. A copy of a Value is in no store, so pieces are made anew."""
        return {**vars(self), "state": self.state, "_groups_in_pieces": []}

    def __setstate__(self, attributes: dict[str, Any]) -> None:
        state = attributes.pop("state")
        vars(self).update(attributes)
        self._remember(state)

    def _remember(self, state: Mapping[Any, Memory]) -> None:
        self._groups_in_pieces = [in_pieces({p: state.get(p, {}) for p in group["params"]}) for group in self.param_groups]
        self._stores = Store.made

    def _all_parameters(self) -> list[Any]:
        return [p for group in self.param_groups for p in group["params"]]

    def _pieces(self) -> list[list[Piece]]:
        """The parameters of each group, in as few pieces as can be by now."""
        if self._stores != Store.made:
            self._remember(self.state)
        return self._groups_in_pieces

    def _gradients(self) -> list[list[tuple[Piece, Any]]]:
        """The pieces of each group, with their gradients."""
        try:
            return [[(piece, piece.grad) for piece in pieces] for pieces in self._pieces()]
        except UnevenError:
            self._remember(self.state)
            return [[(piece, piece.grad) for piece in pieces] for pieces in self._pieces()]

    def _settings(self, group: Settings) -> dict[str, Any]:
        """The settings of a group, as Python's numbers: NumPy's would turn arrays of 32 bits into 64."""
        return {name: x.item() if isinstance(x := group[name], np.generic) else x for name in self.defaults}

    def _check(self, settings: Settings, params: Iterable[Any]) -> None:
        """Raise where settings are impossible, by themselves or in the precision of these parameters."""
        self.check(settings)
        if "eps" in self.unchecked or settings.get("eps", 1.0) >= np.finfo(np.float32).tiny:
            return
        for p in params:
            precision = np.finfo(_precision(p))
            if settings["eps"] < precision.tiny:
                raise ValueError(
                    f"eps={settings['eps']!r} is as good as 0 in {precision.dtype}, in which {describe(p)} is computed, and "
                    f"{type(self).__name__} would divide 0 by 0; take more than {precision.tiny:.0e}, such as 1e-8."
                )

    def _change(self, piece: Piece, g: Any, starts: Starts, settings: Settings) -> None:
        """Change one piece by its gradient."""
        numbers = piece.read()
        p = numbers
        if numbers.dtype == np.float16:
            p, g = numbers.astype(np.float32), g.astype(np.float32)
        _begin_memory(piece.memory, p, starts)
        memory, step = [piece.memory.get(name) for name in starts], piece.memory.get("step", 1)
        if p.size <= ENTRIES_AT_ONCE or not all(x is None or x.flags.c_contiguous for x in (p, *memory)):
            self.update(p, g, *memory, step=step, **settings)
        else:
            rows = [x if x is None else x.reshape(-1) for x in (p, g, *memory)]
            for start in range(0, p.size, ENTRIES_AT_ONCE):
                part = slice(start, start + ENTRIES_AT_ONCE)
                self.update(*(x if x is None else x[part] for x in rows), step=step, **settings)
        if p is not numbers:
            self._was_lost = self._was_lost or (np.array_equal(numbers, p.astype(np.float16)) and not np.array_equal(numbers, p))
            numbers[...] = p
        if self._is_finite and (self._steps < OFTEN or self._steps % OFTEN == 0):
            self._is_finite = _all_finite(numbers.ravel())
        piece.write(numbers)


def _all_finite(flat: Any) -> bool:
    if flat.size > 2_000:
        with np.errstate(over="ignore", invalid="ignore"):
            # The sum of squares is quick, and finite only if all are; but it may overflow.
            if math.isfinite(flat.dot(flat)):
                return True
    return bool(np.isfinite(flat).all())


def _precision(parameter: Any) -> Any:
    """In which precision a parameter is computed, and what is remembered of it is kept."""
    dtype = np.dtype(float) if isinstance(parameter, Value) else parameter.dtype
    return np.dtype(np.float32) if dtype == np.float16 else dtype


def _check_betas(betas: Any) -> None:
    numbers = tuple(betas) if isinstance(betas, Iterable) else ()
    if not numbers or not all(is_number(beta) and 0 <= beta < 1 for beta in numbers):
        raise ValueError(f"betas must be numbers from 0 to below 1, such as (0.9, 0.999); got {betas!r}.")


def _begin_memory(memory: Memory, p: Any, starts: Starts) -> None:
    """Remember what is to be remembered from now on, and count the step."""
    for name, start in starts.items():
        if start is not None and name not in memory:
            memory.setdefault("step", 0)
            memory[name] = np.full_like(p, start)
    if memory:
        memory["step"] += 1


def _loaded(parameter: Any, memory: Memory, misfits: list[str]) -> Memory:
    """A copy of a loaded memory for a parameter; what does not fit that is added to `misfits`."""
    out: Memory = {}
    if memory and "step" not in memory:
        misfits.append("step is missing")
    for name, x in memory.items():
        shape = () if name == "step" else parameter.shape
        if np.shape(x) != shape:
            misfits.append(f"{name} has shape {np.shape(x)} and must have {shape}")
        elif name == "step":
            out[name] = int(x)
        else:
            out[name] = float(x) if isinstance(parameter, Value) else np.array(x, dtype=_precision(parameter))
    return out


def _parameters(params: Any) -> list[Any]:
    """The parameters of a group, each once, if that is what they are."""
    if not isinstance(params, (Node, Iterable)):
        raise TypeError(f"An optimizer takes a list of parameters, not a {type(params).__name__}; pass model.parameters().")
    params = [params] if isinstance(params, Node) else list(params)
    for p in params:
        if not isinstance(p, Node):
            raise TypeError(f"An optimizer changes Values and Tensors, not a {type(p).__name__}; pass model.parameters().")
        if not (p.is_leaf and p.requires_grad):
            raise ValueError(f"An optimizer cannot change {describe(p)}, which was computed or is a constant; pass model.parameters().")
    if not params:
        raise ValueError("The optimizer got no parameters; pass model.parameters().")
    return list(dict.fromkeys(params))
