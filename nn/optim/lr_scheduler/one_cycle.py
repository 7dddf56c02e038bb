"""`OneCycleLR`: one cycle of the learning rate and the momentum over all of training."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

from autograd.interrupts import uninterrupted

from ...checks import count, number
from ..optimizer import Optimizer
from .scheduler import LRScheduler, one_for_each_group

__all__ = ["OneCycleLR"]


class OneCycleLR(LRScheduler):
    """One cycle over all of training: up to `max_lr`, then down to nearly 0 (Smith and Topin, 2018).

    The momentum does the opposite.

    Call `step()` after every batch.

    Args:
        optimizer: see `LRScheduler`; its learning rate is replaced.
        max_lr: the highest learning rate, one number or one for each group.
        total_steps: the number of all steps; or give `epochs` and `steps_per_epoch`, whose product it is.
        pct_start: the fraction of the steps in which the learning rate rises, from 0 to 1.
        anneal_strategy: the shape of the rise and the fall, "cos" or "linear".
        cycle_momentum: whether the momentum (or the first beta of Adam) falls from `max_momentum`
            to `base_momentum` while the learning rate rises, and then rises again.
        base_momentum, max_momentum: one number, or one for each group.
        div_factor: the first learning rate is max_lr / div_factor.
        final_div_factor: the last learning rate is the first divided by this.
        three_phase: whether the learning rate falls to its first value in as many steps as it rose, and in the
            remaining steps to its last.

    Raises:
        TypeError: an argument is not a number, or a number of steps is not whole.
        ValueError: an argument is out of range; the number of steps is missing; the optimizer has
            no momentum to cycle; or, in `step()`, the steps are used up, or a group was added.

    Example:
        >>> from autograd import Value
        >>> from nn.optim import SGD
        >>> optimizer = SGD([Value(1.0)], momentum=0.9)
        >>> schedule, rates = OneCycleLR(optimizer, max_lr=1.0, total_steps=9, pct_start=0.5), []
        >>> for step in range(9):
        ...     rates.append(round(optimizer.lr, 2))
        ...     optimizer.step()
        ...     schedule.step()
        >>> rates
        [0.04, 0.22, 0.63, 0.95, 0.97, 0.75, 0.41, 0.12, 0.0]
    """

    sets = ("lr", "initial_lr", "momentum", "betas")

    def __init__(
        self, optimizer: Optimizer, max_lr: float | Sequence[float], total_steps: int | None = None,
        epochs: int | None = None, steps_per_epoch: int | None = None, pct_start: float = 0.3, anneal_strategy: str = "cos",
        cycle_momentum: bool = True, base_momentum: float | Sequence[float] = 0.85, max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0, final_div_factor: float = 1e4, three_phase: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(optimizer)
        if total_steps is None and (epochs is None or steps_per_epoch is None):
            raise ValueError("OneCycleLR needs total_steps, or both epochs and steps_per_epoch.")
        if total_steps is None:
            total_steps = count("epochs", epochs) * count("steps_per_epoch", steps_per_epoch)
        self.total_steps = count("total_steps", total_steps)
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be 'cos' or 'linear'; got {anneal_strategy!r}.")
        self.anneal_strategy = anneal_strategy
        if number("div_factor", div_factor) == 0 or number("final_div_factor", final_div_factor) == 0:
            raise ValueError("div_factor and final_div_factor must be above 0.")
        self.cycle_momentum = cycle_momentum
        if cycle_momentum and not {"momentum", "betas"} & optimizer.defaults.keys():
            raise ValueError(f"{type(optimizer).__name__} has no momentum to cycle; pass cycle_momentum=False.")

        top = one_for_each_group("max_lr", max_lr, optimizer)
        self.rates = [{"first": lr / div_factor, "max": lr, "last": lr / div_factor / final_div_factor} for lr in top]
        low, high = (one_for_each_group(*m, optimizer) for m in (("base_momentum", base_momentum), ("max_momentum", max_momentum)))
        self.momenta = [{"base": a, "max": b} for a, b in zip(low, high, strict=True)]
        # Of each phase: its last step, and where the learning rate and the momentum start and end.
        peak, end = number("pct_start", pct_start, most=1) * self.total_steps - 1, self.total_steps - 1
        self.phases = [(peak, "first", "max", "max", "base")]
        if three_phase:
            self.phases += [(2 * peak, "max", "first", "base", "max"), (end, "first", "last", "max", "max")]
        else:
            self.phases += [(end, "max", "last", "base", "max")]
        for group, rate in zip(optimizer.param_groups, self.rates, strict=True):
            group["initial_lr"] = rate["first"]
        self.step()

    def step(self) -> None:
        groups = self.optimizer.param_groups
        if self.last_epoch >= self.total_steps:
            raise ValueError(
                f"OneCycleLR was made for {self.total_steps} steps, and they are used up; give it the steps of the whole training."
            )
        if len(groups) != len(self.rates):
            raise ValueError("A parameter group was added after OneCycleLR had been made; add it before.")
        with uninterrupted():
            self.last_epoch += 1
            ends = [phase[0] for phase in self.phases]
            i = bisect_left(ends[:-1], self.last_epoch)
            begin, (end, lr_from, lr_to, momentum_from, momentum_to) = ends[i - 1] if i else 0.0, self.phases[i]
            done = min((self.last_epoch - begin) / (end - begin), 1.0) if end != begin else 1.0
            for group, rate, momentum in zip(groups, self.rates, self.momenta, strict=True):
                group["lr"] = self._between(rate[lr_from], rate[lr_to], done)
                if self.cycle_momentum:
                    now = self._between(momentum[momentum_from], momentum[momentum_to], done)
                    group.update({"betas": (now, group["betas"][1])} if "betas" in group else {"momentum": now})

    def _between(self, start: float, end: float, done: float) -> float:
        if self.anneal_strategy == "cos":
            return end + (start - end) / 2 * (1 + math.cos(math.pi * done))
        return start + (end - start) * done
