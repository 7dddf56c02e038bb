"""`keras.datasets`: where their data come from here."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data import CIFAR10, MNIST, FashionMNIST
from ..lookup import missing

__all__ = ["boston_housing", "california_housing", "cifar10", "cifar100", "fashion_mnist", "imdb", "mnist", "reuters"]

FOLDER = "data"  # where PyTorch's tutorials keep them, too


class _Images:
    """Images of a dataset of `nn.data`, as Keras gives them: two pairs of arrays, pixels from 0 to 255, channels last."""

    def __init__(self, kind: Any, doc: str) -> None:
        self.kind, self.__doc__ = kind, doc

    def load_data(self, path: str = FOLDER) -> Any:
        """The images and the labels for training, and those for the test; they are downloaded into the folder `path`."""
        return tuple(
            _arrays(self.kind(path if path and not path.endswith(".npz") else FOLDER, train, download=True)) for train in (True, False)
        )


def _arrays(dataset: Any) -> tuple[Any, Any]:
    images, labels = np.asarray(dataset.data), np.asarray(dataset.targets)
    return images, labels[:, None].astype(np.uint8) if images.ndim == 4 else labels.astype(np.uint8)


class _Elsewhere:
    """A dataset that is not here."""

    def __init__(self, name: str, source: str) -> None:
        self.__doc__ = f"Not here: {source}."
        self.name, self.source = name, source

    def load_data(self, *args: Any, **kwargs: Any) -> Any:
        """Say where the data are.

        Raises:
            FileNotFoundError: always.
        """
        raise FileNotFoundError(f"keras.datasets.{self.name} is not here; {self.source}.")


mnist = _Images(MNIST, "`nn.data.MNIST`.")
fashion_mnist = _Images(FashionMNIST, "`nn.data.FashionMNIST`.")
cifar10 = _Images(CIFAR10, "`nn.data.CIFAR10`.")
cifar100 = _Elsewhere("cifar100", "nn.data.CIFAR10 reads the ten classes; the hundred are at https://www.cs.toronto.edu/~kriz/cifar.html")
imdb = _Elsewhere("imdb", "the texts are at https://ai.stanford.edu/~amaas/data/sentiment; keras.utils.pad_sequences makes rows of them")
reuters = _Elsewhere("reuters", "the texts are in nltk.corpus.reuters; keras.utils.pad_sequences makes rows of them")
boston_housing = _Elsewhere("boston_housing", "scikit-learn has sklearn.datasets.fetch_california_housing() in its place")
california_housing = _Elsewhere("california_housing", "scikit-learn has it, sklearn.datasets.fetch_california_housing()")

__getattr__ = missing(globals())
