"""Small data sets for lessons, as arrays with names: five tables that scikit-learn ships, and points that are drawn.

All have the same arguments: how many examples, how much noise, and a seed. `spirals` is in a file of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import count, number, require
from ..randomness import Seed, generator

__all__ = ["Examples", "blobs", "breast_cancer", "circles", "diabetes", "digits", "iris", "moons", "wine", "xor"]


class Examples(tuple[NDArray[np.float64], NDArray[Any]]):
    """A pair of arrays (X, y), with names for the columns and the classes. `nn.Trainer.fit` takes it as it is.

    Attributes:
        X: the inputs, of shape (n, columns).
        y: the number of the class of each, from 0, or a float to predict; of shape (n,).
        columns: the names of the columns of X.
        classes: the names of the classes; empty if `y` has floats.

    Example:
        >>> data = xor()
        >>> X, y = data
        >>> data.columns, data.classes, y
        (('x1', 'x2'), ('same', 'different'), array([0, 1, 1, 0]))
    """

    X: NDArray[np.float64]
    y: NDArray[Any]
    columns: tuple[str, ...]
    classes: tuple[str, ...]

    def __new__(
        cls, X: NDArray[np.float64], y: NDArray[Any], columns: Sequence[str], classes: Sequence[object] = ()
    ) -> Examples:  # fmt: skip
        self = super().__new__(cls, (X, y))
        self.X, self.y = X, y
        self.columns, self.classes = tuple(map(str, columns)), tuple(map(str, classes))
        return self

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self.X, self.y, self.columns, self.classes


def iris(n: int | None = None, *, noise: float = 0.0, rng: Seed = None) -> Examples:
    """150 iris flowers of three kinds, by the lengths and widths of sepals and petals, in centimetres (Fisher, 1936).

    Args:
        n: how many to take, at random and in random order; all, in scikit-learn's order, if None.
        noise: the standard deviation of normal noise that is added to the inputs.
        rng: a seed or a NumPy generator.

    Raises:
        TypeError, ValueError: an argument is not such a number, or there are fewer than `n`.
        ModuleNotFoundError: scikit-learn is not installed.

    Example:
        >>> flowers = iris()
        >>> flowers.X.shape, flowers.columns[0], flowers.classes
        ((150, 4), 'sepal length (cm)', ('setosa', 'versicolor', 'virginica'))
    """
    return _shipped("iris", n, noise, rng)


def wine(n: int | None = None, *, noise: float = 0.0, rng: Seed = None) -> Examples:
    """178 wines from three growers, by 13 measurements of their chemistry. Arguments and errors are those of `iris`.

    Example:
        >>> wine().X.shape, wine(10, rng=0).X.shape
        ((178, 13), (10, 13))
    """
    return _shipped("wine", n, noise, rng)


def digits(n: int | None = None, *, noise: float = 0.0, rng: Seed = None) -> Examples:
    """1797 handwritten digits of 8×8 pixels, from 0 to 16, in rows of 64. Arguments and errors are those of `iris`.

    Example:
        >>> digits().X[0].reshape(8, 8)[0]
        array([ 0.,  0.,  5., 13.,  9.,  1.,  0.,  0.])
    """
    return _shipped("digits", n, noise, rng)


def breast_cancer(n: int | None = None, *, noise: float = 0.0, rng: Seed = None) -> Examples:
    """569 tumours, malignant or benign, by 30 measurements of their cells. Arguments and errors are those of `iris`.

    Example:
        >>> breast_cancer().classes
        ('malignant', 'benign')
    """
    return _shipped("breast_cancer", n, noise, rng)


def diabetes(n: int | None = None, *, noise: float = 0.0, rng: Seed = None) -> Examples:
    """442 patients, and how far their diabetes had progressed a year later, a number from 25 to 346 to predict.

    The ten columns are those of scikit-learn, each with the mean 0 and the sum of squares 1. Arguments and errors
    are those of `iris`.

    Example:
        >>> patients = diabetes()
        >>> patients.columns[:3], patients.y[:3]
        (('age', 'sex', 'bmi'), array([151.,  75., 141.]))
    """
    return _shipped("diabetes", n, noise, rng)


def moons(n: int = 300, *, noise: float = 0.1, rng: Seed = None) -> Examples:
    """Points on two half circles that reach into each other.

    Args:
        n: the number of points; both classes have the same number, or one more.
        noise: the standard deviation of normal noise that is added to the points.
        rng: a seed or a NumPy generator.

    Raises:
        TypeError, ValueError: an argument is not such a number.
        ModuleNotFoundError: scikit-learn is not installed.

    Example:
        >>> X, y = moons(100, rng=0)
        >>> X.shape, np.bincount(y)
        ((100, 2), array([50, 50]))
    """
    return _drawn("moons", ("outer", "inner"), n, noise, rng)


def circles(n: int = 300, *, noise: float = 0.05, rng: Seed = None) -> Examples:
    """Points on a circle, and on one of half its size inside it. Arguments and errors are those of `moons`.

    Example:
        >>> circles(2, noise=0, rng=0).X[0]
        array([1., 0.])
    """
    return _drawn("circles", ("outer", "inner"), n, noise, rng, factor=0.5)


def blobs(n: int = 300, classes: int = 3, *, noise: float = 1.0, rng: Seed = None) -> Examples:
    """Points around random centres in the square from -10 to 10, a centre for each class.

    Args:
        n, noise, rng: as in `moons`.
        classes: the number of centres.

    Raises:
        TypeError, ValueError, ModuleNotFoundError: as in `moons`; or there are fewer points than classes.

    Example:
        >>> X, y = blobs(100, classes=4, rng=0)
        >>> np.bincount(y)
        array([25, 25, 25, 25])
    """
    classes = count("classes", classes)
    return _drawn("blobs", range(classes), n, noise, rng, centers=classes)


def xor(n: int = 4, *, noise: float = 0.0, rng: Seed = None) -> Examples:
    """The corners of a square, -1 or 1 in each coordinate, and whether these differ; repeated if n is above 4.

    Arguments and errors are those of `moons`; scikit-learn is not needed.

    Example:
        >>> xor().X[1], xor().y[1]
        (array([-1.,  1.]), np.int64(1))
    """
    corner = np.arange(count("n", n)) % 4
    X = 2.0 * np.stack([corner // 2, corner % 2], axis=1) - 1
    y = (X[:, 0] != X[:, 1]).astype(np.int64)
    return Examples(_noisy(X, noise, generator(rng)), y, ("x1", "x2"), ("same", "different"))


def _shipped(name: str, n: int | None, noise: float, rng: Seed) -> Examples:
    """A table of scikit-learn, or some of its rows."""
    found, rng = getattr(_sklearn_datasets(name), f"load_{name}")(), generator(rng)
    X, y = found.data, found.target
    if n is not None:
        if count("n", n) > len(X):
            raise ValueError(f"{name} has {len(X)} examples, and n is {n}; take at most {len(X)}.")
        rows = rng.permutation(len(X))[:n]
        X, y = X[rows], y[rows]
    return Examples(_noisy(X, noise, rng), y, found.feature_names, getattr(found, "target_names", ()))


def _drawn(name: str, classes: Sequence[object], n: int, noise: float, rng: Seed, **options: Any) -> Examples:
    """Points in the plane, as scikit-learn draws them, and noise."""
    n, rng = count("n", n, least=len(classes)), generator(rng)
    options["cluster_std" if name == "blobs" else "noise"] = number("noise", noise)
    make = getattr(_sklearn_datasets(name), f"make_{name}")
    X, y = make(n, random_state=np.random.RandomState(rng.bit_generator), **options)
    return Examples(X, y, ("x1", "x2"), classes)


def _noisy(X: NDArray[Any], noise: float, rng: np.random.Generator) -> NDArray[Any]:
    return X + noise * rng.standard_normal(X.shape) if number("noise", noise) else X


def _sklearn_datasets(name: str) -> Any:
    require("sklearn", f"nn.data.{name} comes from scikit-learn", '"glassgrad[sklearn]"')
    return import_module("sklearn.datasets")  # here, since it takes a second
