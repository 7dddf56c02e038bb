"""`LRScheduler`, the base of all schedules, and `SequentialLR`, several schedules in sequence."""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from autograd.interrupts import uninterrupted
from autograd.state import effects, update
from autograd.updating import Live

from ...checks import count, number
from ..optimizer import Optimizer

__all__ = ["LRScheduler", "SequentialLR", "one_for_each_group"]


class LRScheduler(Live):
    """The base class of all schedules.

    A subclass sets the learning rates of the next epoch in `step`; its `__init__` takes the first step.

    Args:
        optimizer: whose learning rates it changes.

    Attributes:
        last_epoch: the epoch, from 0, whose learning rates the optimizer has now.
        needs_metric: whether `step` takes the metric of the epoch, as that of `ReduceLROnPlateau`.
        sets: the settings of a group that it may change.

    Raises:
        TypeError: `optimizer` is not an optimizer.

    Example:
        A learning rate that falls with the square root of the epoch.

        >>> from autograd import Value
        >>> from nn.optim import SGD
        >>> class InverseSquareRootLR(LRScheduler):
        ...     def __init__(self, optimizer):
        ...         super().__init__(optimizer)
        ...         self.step()
        ...     def step(self):
        ...         self.last_epoch += 1
        ...         for group in self.optimizer.param_groups:
        ...             group["lr"] = group["initial_lr"] / (self.last_epoch + 1) ** 0.5
        >>> schedule = InverseSquareRootLR(SGD([Value(1.0)], lr=0.5))
        >>> for epoch in range(3):
        ...     schedule.step()
        >>> schedule.get_last_lr()
        [0.25]
    """

    seen = ("get_last_lr", "state_dict")
    needs_metric: ClassVar[bool] = False
    sets: ClassVar[tuple[str, ...]] = ("lr", "initial_lr")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "step" in vars(cls):
            cls.step = _at_each_call(cls.step)  # type: ignore[method-assign]

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__} changes the learning rates of an optimizer, and got {type(optimizer).__name__}.")
        self.optimizer = optimizer
        self.last_epoch = -1
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])

    def seen_as(self, name: str) -> Any:
        return self.optimizer.param_groups

    def step(self) -> None:
        """Set the learning rates of the next epoch.

        Call it after `optimizer.step()`. Ctrl-C takes effect only after all are set.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define step(self), which sets the learning rates of the next epoch.")

    def restart(self) -> None:
        """Go to epoch 0, with the initial learning rates."""
        with uninterrupted():
            for group in self.optimizer.param_groups:
                group["lr"] = group.setdefault("initial_lr", group["lr"])
            self.last_epoch = -1
            self.step()

    def get_last_lr(self) -> list[float]:
        """The learning rates of the optimizer's groups."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Everything that another schedule needs to continue from here.

        That includes what it has set in the optimizer's groups.
        """
        groups = [{name: group[name] for name in self.sets if name in group} for group in self.optimizer.param_groups]
        return {**{name: x for name, x in vars(self).items() if name != "optimizer"}, "groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue where another schedule has stopped, with the learning rates that it had set.

        Load the optimizer's state dict as well, before or after. A schedule changes the learning
        rates when it is made; this sets them right again.

        Raises:
            TypeError: it is not a dict.
            ValueError: it is from another kind of schedule, or for another number of groups.

        Example:
            >>> from autograd import Value
            >>> from nn.optim import SGD, ExponentialLR
            >>> old = ExponentialLR(SGD([Value(1.0)], lr=0.1), gamma=0.5)
            >>> new = ExponentialLR(SGD([Value(1.0)], lr=0.1), gamma=0.9)
            >>> old.step()
            >>> new.load_state_dict(old.state_dict())
            >>> new.last_epoch, new.gamma
            (1, 0.5)
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"load_state_dict takes a dict, as state_dict() gives, not a {type(state_dict).__name__}.")
        misfits = self._misfits(state_dict)
        if misfits:
            raise ValueError(f"The state dict does not fit this {type(self).__name__}: {'; '.join(misfits)}.")
        self._take_over(state_dict)

    def _misfits(self, state_dict: Mapping[str, Any]) -> list[str]:
        own = self.state_dict()
        groups, here = len(state_dict.get("groups", own["groups"])), len(own["groups"])
        return [
            # States of earlier versions have no groups.
            *(f"{x} is missing" for x in own if x not in state_dict and x != "groups"),
            *(f"{x} is unknown" for x in state_dict if x not in own),
            *([f"it has {groups} groups instead of {here}"] if groups != here else []),
        ]

    def _take_over(self, state_dict: Mapping[str, Any]) -> None:
        vars(self).update({name: x for name, x in state_dict.items() if name != "groups"})
        for group, settings in zip(self.optimizer.param_groups, state_dict.get("groups", ()), strict=False):
            group.update(settings)


def _at_each_call(step: Callable[..., None]) -> Callable[..., None]:
    """A schedule's `step` that a compiled function makes at each of its calls."""

    @functools.wraps(step)
    def noted(self: LRScheduler, *metrics: Any, **named: Any) -> None:
        if effects() is None:
            step(self, *metrics, **named)
            return
        given = [*metrics, *named.values()]
        update(self, (), lambda **numbers: step(self, *numbers.values()), **{f"metric{i}": x for i, x in enumerate(given)})

    return noted


class SequentialLR(LRScheduler):
    """Several schedules in sequence, such as a warm-up and then a decay.

    Each begins with the learning rates that the optimizer had before any schedule.

    Args:
        optimizer: the one that all the schedules were made for.
        schedulers: the schedules, at least one.
        milestones: the epochs at which the second, the third, … begin.

    Raises:
        TypeError: one of `schedulers` is not a schedule, or a milestone is not a whole number.
        ValueError: a schedule was made for another optimizer, or needs a metric; or there is not one
            milestone between each two schedules; or the milestones do not increase.

    Example:
        >>> from autograd import Value
        >>> from nn.optim import SGD, CosineAnnealingLR, LinearLR
        >>> optimizer = SGD([Value(1.0)], lr=0.5)
        >>> warm_up, decay = LinearLR(optimizer, start_factor=0.5, total_iters=2), CosineAnnealingLR(optimizer, T_max=4)
        >>> schedule, rates = SequentialLR(optimizer, [warm_up, decay], milestones=[2]), []
        >>> for epoch in range(7):
        ...     rates.append(round(optimizer.lr, 3))
        ...     optimizer.step()
        ...     schedule.step()
        >>> rates
        [0.25, 0.375, 0.5, 0.427, 0.25, 0.073, 0.0]
    """

    def __init__(self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int]) -> None:
        super().__init__(optimizer)
        self.schedulers, self.milestones = list(schedulers), [count("a milestone", milestone) for milestone in milestones]
        if not self.schedulers or len(self.schedulers) != len(self.milestones) + 1:
            raise ValueError(
                f"SequentialLR needs a milestone between each two schedules; got {len(self.milestones)} for {len(self.schedulers)}."
            )
        if sorted(set(self.milestones)) != self.milestones:
            raise ValueError(f"The milestones of SequentialLR must increase; got {self.milestones}.")
        for schedule in self.schedulers:
            if not isinstance(schedule, LRScheduler):
                raise TypeError(f"SequentialLR takes schedules, and got {type(schedule).__name__}.")
            if schedule.optimizer is not optimizer:
                raise ValueError(f"SequentialLR got a {type(schedule).__name__} of another optimizer; all must have one.")
            if schedule.needs_metric:
                raise ValueError(f"SequentialLR cannot hold a {type(schedule).__name__}, whose step() needs a metric; step it on its own.")
        self.restart()

    def step(self) -> None:
        with uninterrupted():
            self.last_epoch += 1
            schedule = self.schedulers[bisect_right(self.milestones, self.last_epoch)]
            if self.last_epoch in (0, *self.milestones):
                schedule.restart()
            else:
                schedule.step()

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "schedulers": [schedule.state_dict() for schedule in self.schedulers]}

    def _misfits(self, state_dict: Mapping[str, Any]) -> list[str]:
        states = state_dict.get("schedulers", [])
        if len(states) != len(self.schedulers):
            return [f"it has {len(states)} schedules instead of {len(self.schedulers)}"]
        inner = [misfit for schedule, state in zip(self.schedulers, states, strict=True) for misfit in schedule._misfits(state)]
        return super()._misfits(state_dict) + inner

    def _take_over(self, state_dict: Mapping[str, Any]) -> None:
        for schedule, state in zip(self.schedulers, state_dict["schedulers"], strict=True):
            schedule._take_over(state)
        super()._take_over({**state_dict, "schedulers": self.schedulers})


def one_for_each_group(name: str, x: object, optimizer: Optimizer) -> list[float]:
    """A number for each group of the optimizer, from a list of them or one number for all.

    Raises:
        TypeError: one of them is not a number.
        ValueError: one is negative or not finite, or there are more or fewer than groups.

    Example:
        >>> from autograd import Value
        >>> from nn.optim import SGD
        >>> one_for_each_group("max_lr", 0.5, SGD([{"params": Value(1.0)}, {"params": Value(2.0)}]))
        [0.5, 0.5]
    """
    groups = len(optimizer.param_groups)
    if isinstance(x, (list, tuple)) and len(x) != groups:
        raise ValueError(f"{name} must be one number or one for each of the {groups} groups; got {len(x)}.")
    return [number(name, y) for y in (x if isinstance(x, (list, tuple)) else [x] * groups)]
