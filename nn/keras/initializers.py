"""`keras.initializers`: how weights start. Shapes are Keras': (…window, ins, outs)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..lookup import missing
from ..randomness import Seed, generator
from ..types import Array
from .entries import Described, looked_up

__all__ = [
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Initializer", "LecunNormal", "LecunUniform", "Ones",
    "Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Zeros", "get",
]  # fmt: skip

CUT = 0.87962566103423978  # the deviation of a standard normal distribution that is cut off at ±2


class Initializer(Described):
    """The base of initializers: called with a shape, they give an array.

    Example:
        >>> Zeros()((2,))
        array([0., 0.])
    """

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Array:
        return self.numbers(tuple(shape)).astype(dtype or float)

    def numbers(self, shape: tuple[int, ...]) -> Array:
        """The numbers, in double precision."""
        raise NotImplementedError(f"{type(self).__name__} does not define numbers(self, shape).")


class Zeros(Initializer):
    """`np.zeros`."""

    def numbers(self, shape: tuple[int, ...]) -> Array:
        return np.zeros(shape)


class Ones(Initializer):
    """`np.ones`."""

    def numbers(self, shape: tuple[int, ...]) -> Array:
        return np.ones(shape)


class Constant(Initializer):
    """`np.full`."""

    def __init__(self, value: float = 0.0) -> None:
        self.value = value

    def numbers(self, shape: tuple[int, ...]) -> Array:
        return np.full(shape, self.value, float)


class _Random(Initializer):
    """Numbers from the generator of `seed`; without one, from that of `nn.manual_seed`."""

    seed: Seed = None


class RandomNormal(_Random):
    """`nn.init.normal_`."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Seed = None) -> None:
        self.mean, self.stddev, self.seed = mean, stddev, seed

    def numbers(self, shape: tuple[int, ...]) -> Array:
        return generator(self.seed).normal(self.mean, self.stddev, shape)


class TruncatedNormal(RandomNormal):
    """`nn.init.normal_`, with numbers beyond two deviations drawn again."""

    def numbers(self, shape: tuple[int, ...]) -> Array:
        rng = generator(self.seed)
        x = rng.normal(size=shape)
        while (beyond := np.abs(x) > 2).any():
            x[beyond] = rng.normal(size=int(beyond.sum()))
        return self.mean + self.stddev * x


class RandomUniform(_Random):
    """`nn.init.uniform_`."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Seed = None) -> None:
        self.minval, self.maxval, self.seed = minval, maxval, seed

    def numbers(self, shape: tuple[int, ...]) -> Array:
        return generator(self.seed).uniform(self.minval, self.maxval, shape)


class Orthogonal(_Random):
    """Orthonormal rows or columns, from the QR decomposition of normal numbers (Saxe and others, 2014)."""

    def __init__(self, gain: float = 1.0, seed: Seed = None) -> None:
        self.gain, self.seed = gain, seed

    def numbers(self, shape: tuple[int, ...]) -> Array:
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(generator(self.seed).normal(size=(max(rows, columns), min(rows, columns))))
        q = q * np.sign(np.diag(r))
        return self.gain * (q if rows >= columns else q.T).reshape(shape)


class VarianceScaling(_Random):
    """Variance scale / fan: `nn.init.xavier_uniform_` and its siblings are cases of it.

    Args:
        scale: the variance times the fan.
        mode: "fan_in", "fan_out" or "fan_avg".
        distribution: "truncated_normal", "untruncated_normal" or "uniform".
        seed: a seed; without one, the numbers come from the generator of `nn.manual_seed`.

    Raises:
        ValueError: `mode` or `distribution` is another.

    Example:
        >>> bool(abs(VarianceScaling(1.0, "fan_avg", "uniform", seed=0)((20, 30))).max() < (6 / 50) ** 0.5)
        True
    """

    def __init__(self, scale: float = 1.0, mode: str = "fan_in", distribution: str = "truncated_normal", seed: Seed = None) -> None:
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(f'VarianceScaling takes as mode "fan_in", "fan_out" or "fan_avg"; got {mode!r}.')
        if distribution not in ("truncated_normal", "untruncated_normal", "normal", "uniform"):
            raise ValueError(
                f'VarianceScaling takes as distribution "truncated_normal", "untruncated_normal" or "uniform"; got {distribution!r}.'
            )
        self.scale, self.mode, self.distribution, self.seed = scale, mode, distribution, seed

    def numbers(self, shape: tuple[int, ...]) -> Array:
        ins, outs = _fans(shape)
        variance = self.scale / max(1.0, {"fan_in": ins, "fan_out": outs, "fan_avg": (ins + outs) / 2}[self.mode])
        if self.distribution == "uniform":
            return RandomUniform(-math.sqrt(3 * variance), math.sqrt(3 * variance), self.seed).numbers(shape)
        if self.distribution == "untruncated_normal":
            return RandomNormal(0.0, math.sqrt(variance), self.seed).numbers(shape)
        return TruncatedNormal(0.0, math.sqrt(variance) / CUT, self.seed).numbers(shape)


class GlorotUniform(VarianceScaling):
    """`nn.init.xavier_uniform_`."""

    def __init__(self, seed: Seed = None) -> None:
        super().__init__(1.0, "fan_avg", "uniform", seed)


class GlorotNormal(VarianceScaling):
    """`nn.init.xavier_normal_`, cut off at two deviations."""

    def __init__(self, seed: Seed = None) -> None:
        super().__init__(1.0, "fan_avg", "truncated_normal", seed)


class HeUniform(VarianceScaling):
    """`nn.init.kaiming_uniform_`."""

    def __init__(self, seed: Seed = None) -> None:
        super().__init__(2.0, "fan_in", "uniform", seed)


class HeNormal(VarianceScaling):
    """`nn.init.kaiming_normal_`, cut off at two deviations."""

    def __init__(self, seed: Seed = None) -> None:
        super().__init__(2.0, "fan_in", "truncated_normal", seed)


class LecunUniform(VarianceScaling):
    """`nn.init.kaiming_uniform_(nonlinearity="linear")`."""

    def __init__(self, seed: Seed = None) -> None:
        super().__init__(1.0, "fan_in", "uniform", seed)


class LecunNormal(VarianceScaling):
    """`nn.init.kaiming_normal_(nonlinearity="linear")`, cut off at two deviations."""

    def __init__(self, seed: Seed = None) -> None:
        super().__init__(1.0, "fan_in", "truncated_normal", seed)


BY_NAME = {
    "zeros": Zeros, "ones": Ones, "constant": Constant, "glorot_uniform": GlorotUniform, "glorot_normal": GlorotNormal,
    "he_uniform": HeUniform, "he_normal": HeNormal, "lecun_uniform": LecunUniform, "lecun_normal": LecunNormal,
    "orthogonal": Orthogonal, "random_normal": RandomNormal, "random_uniform": RandomUniform, "truncated_normal": TruncatedNormal,
    "variance_scaling": VarianceScaling, "normal": RandomNormal, "uniform": RandomUniform,
}  # fmt: skip


def get(identifier: object) -> Any:
    """The initializer of a name, such as "he_normal" or "HeNormal"; an initializer as it is.

    Raises:
        ValueError: there is none of that name.

    Example:
        >>> type(get("he_normal")).__name__
        'HeNormal'
    """
    named = {**BY_NAME, **{kind.__name__: kind for kind in BY_NAME.values()}} if str(identifier)[:1].isupper() else BY_NAME
    found = looked_up("initializer", identifier, named)
    return found() if isinstance(found, type) else found


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


__getattr__ = missing(globals())
