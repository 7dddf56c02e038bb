"""Data sets of images: MNIST and its relatives, read from the files in which they are published."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .dataset import Dataset
from .download import download as get
from .files import BrokenFileError, find, missing, places
from .idx import read_idx
from .transforms import Compose, Transform

__all__ = ["KMNIST", "MNIST", "FashionMNIST", "ImageDataset", "check_labels"]

Function = Callable[[NDArray[Any]], NDArray[Any]]


class ImageDataset(Dataset):
    """Images and their classes, all in memory.

    An item is an image, float32 from 0 to 1 of shape (channels, height, width), and its class. A
    slice of the dataset is an array of n images, (n, channels, height, width), and their classes.

    Args:
        images: bytes, of shape (n, channels, height, width).
        targets: the classes, of shape (n,).
        transform: a transform of `nn.data.transforms`, or a function of an image; it is called anew
            each time an item is read.

    Attributes:
        images: the argument of that name.
        targets: the classes, as int64.

    Example:
        >>> dots = ImageDataset(np.array([[[[0, 255]]], [[[255, 0]]]], dtype=np.uint8), [0, 1])
        >>> dots[0]
        (array([[[0., 1.]]], dtype=float32), np.int64(0))
        >>> images, targets = dots[:]
        >>> images.shape, dots.data.shape
        ((2, 1, 1, 2), (2, 1, 2))
    """

    def __init__(self, images: NDArray[np.uint8], targets: ArrayLike, transform: Function | None = None) -> None:
        self.images, self.targets = images, np.array(targets, dtype=np.int64)
        self.transform = transform if transform is None or isinstance(transform, Transform) else Compose([transform])

    @property
    def data(self) -> NDArray[np.uint8]:
        """The images as torchvision arranges them.

        The shape is (n, height, width) if there is one channel, else (n, height, width, channels).
        """
        return self.images[:, 0] if self.images.shape[1] == 1 else self.images.transpose(0, 2, 3, 1)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
        images, targets = np.divide(self.images[index], 255, dtype=np.float32), self.targets[index]
        return (images if self.transform is None else self.transform(images)), targets

    def batch(self, indices: ArrayLike) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """The n images with these numbers, of shape (n, channels, height, width), and their classes, of shape (n,)."""
        return self[np.asarray(indices)]


class MNIST(ImageDataset):
    """Handwritten digits: 60,000 images of 28×28 for training and 10,000 for testing (LeCun and others, 1998).

    The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
    `t10k-labels-idx1-ubyte`, each with or without `.gz`, or in a folder of its own name; also under
    names such as `train-images.idx3-ubyte`. Or the single file `mnist.npz` of Keras.

    Args:
        root: the folder with the files, or with a folder `mnist` (or `MNIST/raw`) that has them; or
            one of the files.
        train: True for the training images, False for the test images.
        download: whether to download the files, into the folder `mnist` of `root`, if they are not
            there.
        transform: as in `ImageDataset`.

    Raises:
        FileNotFoundError: the files are not there.
        BrokenFileError: a ValueError: a file is damaged, cut off, or something else, or there are
            more or fewer labels than images.
        ConnectionError: the files could not be downloaded.

    Example:
        >>> train = MNIST("data", download=True)  # doctest: +SKIP
        >>> images, digits = MNIST("data", train=False)[:]  # doctest: +SKIP
        >>> images.shape, images.dtype  # doctest: +SKIP
        ((10000, 1, 28, 28), dtype('float32'))
    """

    folder: ClassVar[str] = "mnist"
    mirrors: ClassVar[list[str]] = ["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"]
    md5: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte": "ec29112dd5afa0611ce80d1b7f02629c",
    }
    classes: ClassVar[list[str]] = [str(digit) for digit in range(10)]

    def __init__(self, root: str | Path, train: bool = True, download: bool = False, transform: Function | None = None) -> None:
        root, part = Path(root).expanduser(), "train" if train else "t10k"
        root = root.parent if root.is_file() else root
        names = [f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"]
        if not self._find(root, names) and download:
            for name, md5 in self.md5.items():
                path = root / self.folder / f"{name}.gz"
                if not find([path.parent], [name]):
                    get([mirror + path.name for mirror in self.mirrors], path, md5)
        found = self._find(root, names)
        if not found:
            folders = [root / self.folder, root / type(self).__name__ / "raw", root]
            raise FileNotFoundError(missing(type(self).__name__, names, folders))
        images: NDArray[np.uint8]
        labels: NDArray[np.integer[Any]]
        if len(found) == 2:
            images, labels = read_idx(found[0], ndim=3), read_idx(found[1], ndim=1)
        else:
            images, labels = _read_npz(found[0], ["x_train", "y_train"] if train else ["x_test", "y_test"])
        if len(images) != len(labels):
            raise BrokenFileError(found[-1], f"has {len(labels)} labels, and {found[0].name} has {len(images)} images")
        check_labels(found[-1], labels, len(self.classes))
        super().__init__(images[:, None], labels, transform)

    def _find(self, root: Path, names: list[str]) -> list[Path]:
        """The two files, or the single one of Keras."""
        folders = places(root, type(self).__name__, self.folder)
        return find(folders, names) or find(folders, [f"{self.folder}.npz"])


class FashionMNIST(MNIST):
    """Pieces of clothing, in the form of MNIST (Xiao and others, 2017). The files have the same names.

    Args:
        root: the folder with the files, or with a folder `fashion-mnist` (or `FashionMNIST/raw`)
            that has them.
        train, download, transform: as in `MNIST`.

    Raises:
        FileNotFoundError, BrokenFileError, ConnectionError: as in `MNIST`.

    Example:
        >>> FashionMNIST.classes[9]
        'Ankle boot'
    """

    folder = "fashion-mnist"
    mirrors: ClassVar[list[str]] = ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"]
    md5: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte": "bb300cfdad3c16e7a12a480ee83cd310",
    }
    classes: ClassVar[list[str]] = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ]  # fmt: skip


class KMNIST(MNIST):
    """Ten characters of the old Japanese script, in the form of MNIST (Clanuwat and others, 2018).

    The files have the same names.

    Args:
        root: the folder with the files, or with a folder `kmnist` (or `KMNIST/raw`) that has them.
        train, download, transform: as in `MNIST`.

    Raises:
        FileNotFoundError, BrokenFileError, ConnectionError: as in `MNIST`.

    Example:
        >>> KMNIST.classes[0]
        'o'
    """

    folder = "kmnist"
    mirrors: ClassVar[list[str]] = ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"]
    md5: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte": "bdb82020997e1d708af4cf47b453dcf7",
        "train-labels-idx1-ubyte": "e144d726b3acfaa3e44228e80efcd344",
        "t10k-images-idx3-ubyte": "5c965bf0a639b31b8f53240b1b52f4d7",
        "t10k-labels-idx1-ubyte": "7320c461ea6c1c855c0b718fb2a4b134",
    }
    classes: ClassVar[list[str]] = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]


def _read_npz(path: Path, names: list[str]) -> tuple[NDArray[np.uint8], NDArray[np.integer[Any]]]:
    """The images and the labels in a file of NumPy's `.npz` format.

    Each array is read to its end, where its checksum is.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            images, labels = (np.load(io.BytesIO(archive.read(f"{name}.npy")), allow_pickle=False) for name in names)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, OSError, RuntimeError, ValueError):
        raise BrokenFileError(path, f"is damaged, or does not have the arrays {' and '.join(names)}") from None
    if images.dtype != np.uint8 or images.ndim != 3 or labels.dtype.kind not in "ui" or labels.ndim != 1:
        found = f"{images.dtype} of shape {images.shape} and {labels.dtype} of shape {labels.shape}"
        raise BrokenFileError(path, f"has {found}; it should have bytes of three axes and whole numbers of one")
    return images, labels


def check_labels(path: Path, labels: NDArray[np.integer[Any]], classes: int) -> None:
    """Check that the labels in a file are numbers of classes.

    Raises:
        BrokenFileError: there are none, or one is out of range.

    Example:
        >>> check_labels(Path("labels"), np.array([0, 12]), classes=10)
        Traceback (most recent call last):
        ...
        nn.data.files.BrokenFileError: labels has the label 12, and there are 10 classes, from 0. Delete it, and ...
    """
    if not len(labels):
        raise BrokenFileError(path, "has no labels")
    for label in (labels.min(), labels.max()):
        if not 0 <= label < classes:
            raise BrokenFileError(path, f"has the label {label}, and there are {classes} classes, from 0")
