"""`LRScheduler`, what all schedules share; and `SequentialLR`, one schedule after the other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ...checks import count, number
from ...interrupts import uninterrupted
from ..optimizer import Optimizer

__all__ = ["LRScheduler", "SequentialLR", "one_for_each_group"]


class LRScheduler:
    """The base of all schedules. A subclass says in `step` how the learning rates go on; `__init__` takes the first step.

    Args:
        optimizer: whose learning rates it changes.

    Attributes:
        last_epoch: the epoch, from 0, whose learning rates the optimizer has now.

    Raises:
        TypeError: that is no optimizer.
    """

    needs_metric = False
    sets: ClassVar[tuple[str, ...]] = ("lr", "initial_lr")  # which settings of a group it may change

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__} changes the learning rates of an optimizer, and got a {type(optimizer).__name__}.")
        self.optimizer = optimizer
        self.last_epoch = -1
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])

    def step(self) -> None:
        """Go on to the next epoch; after `optimizer.step()`. Ctrl-C waits until that is done."""
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
        """All that a later schedule needs to go on from here, with what it has set in the optimizer's groups."""
        groups = [{name: group[name] for name in self.sets if name in group} for group in self.optimizer.param_groups]
        return {**{name: x for name, x in vars(self).items() if name != "optimizer"}, "groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where another schedule has stopped, with the learning rates that it had set.

        The optimizer's state dict is to be loaded as well, before or after; a schedule that is made
        in between has changed the learning rates, and here they are set right again.

        Raises:
            TypeError: it is no dict.
            ValueError: it is that of another kind of schedule.

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
            *(f"{x} is missing" for x in own if x not in state_dict and x != "groups"),  # states had none at first
            *(f"{x} is unknown here" for x in state_dict if x not in own),
            *([f"it has {groups} groups and here are {here}"] if groups != here else []),
        ]

    def _take_over(self, state_dict: Mapping[str, Any]) -> None:
        vars(self).update({name: x for name, x in state_dict.items() if name != "groups"})
        for group, settings in zip(self.optimizer.param_groups, state_dict.get("groups", ()), strict=False):
            group.update(settings)


class SequentialLR(LRScheduler):
    """One schedule after the other, such as a warm-up and then a decay.

    Each begins with the learning rates that the optimizer had before any schedule.

    Args:
        optimizer: that of all the schedules.
        schedulers: the schedules, at least one.
        milestones: the epochs at which the second, the third, … begin.

    Raises:
        TypeError: there is something else than schedules among them.
        ValueError: a schedule is that of another optimizer, or needs a metric; or there are more
            or fewer milestones, or they do not increase.

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
                raise TypeError(f"SequentialLR takes schedules, and got a {type(schedule).__name__}.")
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
            return [f"it has {len(states)} schedules and here are {len(self.schedulers)}"]
        inner = [misfit for schedule, state in zip(self.schedulers, states, strict=True) for misfit in schedule._misfits(state)]
        return super()._misfits(state_dict) + inner

    def _take_over(self, state_dict: Mapping[str, Any]) -> None:
        for schedule, state in zip(self.schedulers, state_dict["schedulers"], strict=True):
            schedule._take_over(state)
        super()._take_over({**state_dict, "schedulers": self.schedulers})


def one_for_each_group(name: str, x: Any, optimizer: Optimizer) -> list[float]:
    """A number for each group of the optimizer, from one number for all or a list."""
    groups = len(optimizer.param_groups)
    if isinstance(x, (list, tuple)) and len(x) != groups:
        raise ValueError(f"{name} must be one number or one for each of the {groups} groups; got {len(x)}.")
    return [number(name, y) for y in (x if isinstance(x, (list, tuple)) else [x] * groups)]
