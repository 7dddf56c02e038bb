"""Data for training: datasets, their batches, small examples, and the images of the tutorials.

Most names are those of PyTorch.
"""

from typing import TYPE_CHECKING

from ..lookup import missing
from . import transforms
from .cifar import CIFAR10
from .collate import default_collate
from .dataset import Dataset, Items, Subset, TensorDataset, random_split
from .examples import Examples, blobs, breast_cancer, circles, diabetes, digits, iris, moons, wine, xor
from .images import KMNIST, MNIST, FashionMNIST, ImageDataset
from .loader import DataLoader
from .sampling import RandomSampler, WeightedRandomSampler
from .spirals import spirals
from .table import check_table

__all__ = [
    "CIFAR10", "DataLoader", "Dataset", "Examples", "FashionMNIST", "ImageDataset", "Items", "KMNIST", "MNIST", "RandomSampler",
    "Subset", "TensorDataset", "WeightedRandomSampler", "blobs", "breast_cancer", "check_table", "circles", "default_collate",
    "diabetes", "digits", "iris", "moons", "random_split", "spirals", "transforms", "wine", "xor",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__ = missing(globals())
