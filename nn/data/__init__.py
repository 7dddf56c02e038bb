"""Data for training: datasets, their batches, and the images of the tutorials. Names are those of `torch.utils.data` and torchvision."""

from typing import TYPE_CHECKING

from ..lookup import missing
from . import transforms
from .cifar import CIFAR10
from .collate import default_collate
from .dataset import Dataset, Items, Subset, TensorDataset, random_split
from .images import KMNIST, MNIST, FashionMNIST, ImageDataset
from .loader import DataLoader
from .sampling import RandomSampler, WeightedRandomSampler
from .spirals import spirals
from .table import check_table

__all__ = [
    "CIFAR10", "DataLoader", "Dataset", "FashionMNIST", "ImageDataset", "Items", "KMNIST", "MNIST", "RandomSampler", "Subset",
    "TensorDataset", "WeightedRandomSampler", "check_table", "default_collate", "random_split", "spirals", "transforms",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__ = missing(globals())
