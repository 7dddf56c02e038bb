"""`keras.optimizers`: an optimizer gets its parameters when `fit` begins; until then it is a list of settings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from .. import optim
from ..checks import is_number, number
from ..lookup import missing
from ..optim.optimizer import Optimizer as Ours
from ..types import Array
from ..utils import clip_grad_norm_, clip_grad_value_
from .entries import Described, looked_up

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "get", "schedules"]


class _Adam(optim.Adam):
    """Adam with Keras' epsilon, which is not divided by the correction of √v̂."""

    elementwise = True

    def update(self, p: Array, g: Array, *memory: Any, step: int, betas: tuple[float, float], eps: float, **settings: Any) -> None:
        super().update(p, g, *memory, step=step, betas=betas, eps=eps / (1 - betas[1] ** step) ** 0.5, **settings)


class _AdamW(_Adam):
    elementwise = True

    def update(self, p: Array, g: Array, *memory: Any, **settings: Any) -> None:
        p *= 1 - settings["lr"] * settings["weight_decay"]
        super().update(p, g, *memory, **{**settings, "weight_decay": 0.0})


class _RMSprop(optim.RMSprop):
    """RMSprop with Keras' formulas: epsilon is added under the root, and the learning rate is inside the velocity."""

    elementwise = True

    def update(
        self, p: Array, g: Array, v: Array, mean: Array, velocity: Array, *,
        step: int, lr: float, alpha: float, eps: float, momentum: float, centered: bool, **_: Any,
    ) -> None:  # fmt: skip
        v += (1 - alpha) * (g * g - v)
        variance = v
        if centered:
            mean += (1 - alpha) * (g - mean)
            variance = v - mean * mean
        change = lr * g / (variance + eps) ** 0.5
        if momentum:
            velocity *= momentum
            velocity += change
            change = velocity
        p -= change


class _Adagrad(optim.Adagrad):
    """Adagrad with Keras' formula: epsilon is added under the root."""

    elementwise = True

    def update(self, p: Array, g: Array, s: Array, *, lr: float, eps: float, **_: Any) -> None:
        s += g * g
        p -= lr * g / (s + eps) ** 0.5


class _SGD(optim.SGD):
    """SGD with Keras' velocity, which has the learning rate inside."""

    elementwise = True

    def update(self, p: Array, g: Array, v: Array, *, lr: float, momentum: float, nesterov: bool, **_: Any) -> None:
        if not momentum:
            p -= lr * g
            return
        v *= momentum
        v -= lr * g
        p += momentum * v - lr * g if nesterov else v


class Optimizer(Described):
    """The base of optimizers: settings, and an optimizer of `nn.optim` once the parameters are known.

    Attributes:
        learning_rate: a number, or a schedule of `keras.optimizers.schedules`; it can be assigned to.
        iterations: how many steps were taken.

    Example:
        >>> optimizer = Adam(learning_rate=0.01)
        >>> optimizer.learning_rate = 0.02
        >>> optimizer.learning_rate
        0.02
    """

    kind: ClassVar[Callable[..., Ours]]

    def __init__(
        self, learning_rate: Any, clipnorm: float | None = None, clipvalue: float | None = None, global_clipnorm: float | None = None,
        name: str | None = None, **settings: Any,
    ) -> None:  # fmt: skip
        self._schedule = learning_rate if isinstance(learning_rate, schedules.LearningRateSchedule) else None
        if self._schedule is None and not is_number(learning_rate):
            raise TypeError(f"learning_rate is a number, or a schedule of keras.optimizers.schedules; got {learning_rate!r}.")
        self._lr = number("learning_rate", learning_rate) if self._schedule is None else float(self._schedule(0))
        self.name, self._settings, self.iterations = name or type(self).__name__.lower(), settings, 0
        self._clips = clipnorm, clipvalue, global_clipnorm
        self.inside: Any = None

    def bind(self, parameters: list[Any]) -> Any:
        """The optimizer of `nn.optim` for these parameters; the same as before, if they are the same."""
        if self.inside is None or self.inside.param_groups[0]["params"] != parameters:
            self.inside = self.kind(parameters, lr=self._lr, **self._settings)
        return self.inside

    @property
    def learning_rate(self) -> Any:
        return self._lr if self.inside is None else self.inside.lr

    @learning_rate.setter
    def learning_rate(self, new: Any) -> None:
        self._lr, self._schedule = number("learning_rate", new), None
        if self.inside is not None:
            self.inside.lr = self._lr

    lr = learning_rate

    def before_step(self) -> None:
        """Follow the schedule, and clip the gradients."""
        if self._schedule is not None:
            self.inside.lr = self._lr = float(self._schedule(self.iterations))
        norm, value, together = self._clips
        parameters = [p for group in self.inside.param_groups for p in group["params"]]
        if norm is not None:
            for p in parameters:
                clip_grad_norm_([p], norm)
        if together is not None:
            clip_grad_norm_(parameters, together)
        if value is not None:
            clip_grad_value_(parameters, value)
        self.iterations += 1


class SGD(Optimizer):
    """`nn.optim.SGD`."""

    kind = _SGD

    def __init__(self, learning_rate: Any = 0.01, momentum: float = 0.0, nesterov: bool = False, **kwargs: Any) -> None:
        super().__init__(learning_rate, momentum=momentum, nesterov=nesterov and momentum > 0, **_checked(SGD, kwargs))


class Adam(Optimizer):
    """`nn.optim.Adam`, with Keras' epsilon of 1e-7."""

    kind = _Adam

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7, amsgrad: bool = False,
        weight_decay: float | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        if weight_decay:
            self.kind = _AdamW  # type: ignore[misc]
        super().__init__(
            learning_rate, betas=(beta_1, beta_2), eps=epsilon, amsgrad=amsgrad, weight_decay=weight_decay or 0.0, **_checked(Adam, kwargs)
        )


class AdamW(Adam):
    """`nn.optim.AdamW`, with a weight decay of 0.004."""

    def __init__(self, learning_rate: Any = 0.001, weight_decay: float = 0.004, **kwargs: Any) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay, **kwargs)


class RMSprop(Optimizer):
    """`nn.optim.RMSprop`, with epsilon under the root."""

    kind = _RMSprop

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, alpha=rho, momentum=momentum, eps=epsilon, centered=centered, **_checked(RMSprop, kwargs))


class Adagrad(Optimizer):
    """`nn.optim.Adagrad`, with epsilon under the root."""

    kind = _Adagrad

    def __init__(self, learning_rate: Any = 0.001, initial_accumulator_value: float = 0.1, epsilon: float = 1e-7, **kwargs: Any) -> None:
        super().__init__(learning_rate, initial_accumulator_value=initial_accumulator_value, eps=epsilon, **_checked(Adagrad, kwargs))


def _checked(kind: type, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The settings that all optimizers have; others are refused."""
    known = ("clipnorm", "clipvalue", "global_clipnorm", "name")
    for unknown in kwargs.keys() - set(known):
        hint = "; write learning_rate" if unknown == "lr" else f"; besides its own settings it takes {', '.join(known)}"
        raise TypeError(f"{kind.__name__}({unknown}=…) is not here{hint}.")
    return kwargs


BY_NAME = {"sgd": SGD, "adam": Adam, "adamw": AdamW, "rmsprop": RMSprop, "adagrad": Adagrad}


def get(identifier: Any) -> Any:
    """The optimizer of a name, with its usual settings; an optimizer as it is.

    Raises:
        ValueError: there is none of that name.
        TypeError: it is neither a name nor an optimizer.

    Example:
        >>> get("adam").learning_rate
        0.001
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if not isinstance(identifier, (str, type)):
        raise TypeError(f'The optimizer is a name, such as "adam", or one of keras.optimizers; got {identifier!r:.80}.')
    return looked_up("optimizer", identifier, BY_NAME)()


class schedules:  # noqa: N801  # Keras' name of a module
    """`keras.optimizers.schedules`: learning rates that depend on the number of steps."""

    class LearningRateSchedule(Described):
        """The base of schedules: called with the number of steps so far, they give a learning rate."""

        def __call__(self, step: int) -> float:
            raise NotImplementedError(f"{type(self).__name__} does not define __call__(self, step), the learning rate.")

    class ExponentialDecay(LearningRateSchedule):
        """`nn.optim.ExponentialLR`, for steps."""

        def __init__(
            self, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False, name: str | None = None
        ) -> None:
            self.start, self.steps, self.rate, self.staircase = initial_learning_rate, decay_steps, decay_rate, staircase

        def __call__(self, step: int) -> float:
            part = step / self.steps
            return self.start * self.rate ** (math.floor(part) if self.staircase else part)

    class CosineDecay(LearningRateSchedule):
        """`nn.optim.CosineAnnealingLR`, for steps."""

        def __init__(self, initial_learning_rate: float, decay_steps: int, alpha: float = 0.0, name: str | None = None) -> None:
            self.start, self.steps, self.alpha = initial_learning_rate, decay_steps, alpha

        def __call__(self, step: int) -> float:
            cosine = 0.5 * (1 + math.cos(math.pi * min(step, self.steps) / self.steps))
            return self.start * ((1 - self.alpha) * cosine + self.alpha)

    class PiecewiseConstantDecay(LearningRateSchedule):
        """One rate up to each boundary, and another after the last."""

        def __init__(self, boundaries: Any, values: Any, name: str | None = None) -> None:
            if len(values) != len(boundaries) + 1:
                raise ValueError(f"PiecewiseConstantDecay takes one value more than boundaries; got {len(values)} and {len(boundaries)}.")
            self.boundaries, self.values = list(boundaries), list(values)

        def __call__(self, step: int) -> float:
            return float(self.values[int(np.searchsorted(self.boundaries, step))])


__getattr__ = missing(globals())
