"""The images of the tutorials: MNIST, Fashion-MNIST and CIFAR-10, read from the files in which they are published."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from autograd.files import write_whole

from .dataset import Dataset
from .download import download as get
from .idx import BrokenFileError, read_idx
from .transforms import Compose, Transform

__all__ = ["CIFAR10", "MNIST", "FashionMNIST", "ImageDataset"]


class ImageDataset(Dataset):
    """Images and their classes, all in memory.

    An item is an image, float32 from 0 to 1 of the shape (channels, height, width), and its class;
    a slice of the dataset is an array of them, (n, channels, height, width), and their classes.

    Args:
        images: bytes, of shape (n, channels, height, width).
        targets: the classes, of shape (n,).
        transform: what is done to an image of an item, each time anew; see `nn.data.transforms`.

    Attributes:
        images: as given.
        targets: as int64.
        data: the images as torchvision arranges them, (n, height, width) if there is one channel,
            else (n, height, width, channels).

    Example:
        >>> dots = ImageDataset(np.array([[[[0, 255]]], [[[255, 0]]]], dtype=np.uint8), [0, 1])
        >>> dots[0]
        (array([[[0., 1.]]], dtype=float32), np.int64(0))
        >>> images, targets = dots[:]
        >>> images.shape
        (2, 1, 1, 2)
    """

    def __init__(self, images: Any, targets: Any, transform: Callable[[Any], Any] | None = None) -> None:
        self.images, self.targets = images, np.array(targets, dtype=np.int64)
        self.transform = transform if transform is None or isinstance(transform, Transform) else Compose([transform])

    @property
    def data(self) -> Any:
        return self.images[:, 0] if self.images.shape[1] == 1 else self.images.transpose(0, 2, 3, 1)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        images, targets = np.divide(self.images[index], 255, dtype=np.float32), self.targets[index]
        return (images if self.transform is None else self.transform(images)), targets

    def batch(self, indices: Any) -> tuple[Any, Any]:
        return self[np.asarray(indices)]


class MNIST(ImageDataset):
    """Handwritten digits: 60,000 images of 28×28 for training and 10,000 for testing (LeCun and others, 1998).

    The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
    `t10k-labels-idx1-ubyte`, each with or without `.gz`.

    Args:
        root: the folder they are in, or in whose folder `mnist` (or `MNIST/raw`) they are.
        train: those for training or those for testing.
        download: get them, into the folder `mnist` of `root`, if they are not there.
        transform: what is done to an image of an item, each time anew; see `nn.data.transforms`.

    Raises:
        FileNotFoundError: they are not there.
        BrokenFileError: a ValueError: one is damaged, cut off, or something else, or there are not
            as many labels as images.
        ConnectionError: they could not be downloaded.

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

    def __init__(self, root: str | Path, train: bool = True, download: bool = False, transform: Callable[[Any], Any] | None = None) -> None:
        root, part = Path(root).expanduser(), "train" if train else "t10k"
        names = [f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"]
        folders = [root / self.folder, root / type(self).__name__ / "raw", root]
        found = _find(folders, names)
        if not found and download:
            for name, md5 in self.md5.items():
                path = root / self.folder / f"{name}.gz"
                if not _find([path.parent], [name]):
                    get([mirror + path.name for mirror in self.mirrors], path, md5)
            found = _find(folders, names)
        if not found:
            raise _missing(type(self).__name__, names, folders)
        images, labels = read_idx(found[0], ndim=3), read_idx(found[1], ndim=1)
        if len(images) != len(labels):
            raise BrokenFileError(found[1], f"has {len(labels)} labels, and {found[0].name} has {len(images)} images")
        _check_images(found[1], labels, len(self.classes))
        super().__init__(images[:, None], labels, transform)


class FashionMNIST(MNIST):
    """Pieces of clothing, in the form of MNIST (Xiao and others, 2017). The files have the same names.

    Args:
        root: the folder they are in, or in whose folder `fashion-mnist` (or `FashionMNIST/raw`)
            they are.
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


class CIFAR10(ImageDataset):
    """Small photographs: 50,000 of 32×32 in three colours for training and 10,000 for testing (Krizhevsky, 2009).

    The files are those of the binary version: `data_batch_1.bin` to `data_batch_5.bin` and
    `test_batch.bin`.

    Args:
        root: the folder they are in, or in whose folder `cifar-10-batches-bin` they are, or that
            has `cifar-10-binary.tar.gz`, which is unpacked.
        train: those for training or those for testing.
        download: get that archive, if neither it nor the files are there.
        transform: what is done to an image of an item, each time anew; see `nn.data.transforms`.

    Raises:
        FileNotFoundError, BrokenFileError, ConnectionError: as in `MNIST`.

    Example:
        >>> CIFAR10.classes[3]
        'cat'
    """

    folder: ClassVar[str] = "cifar-10-batches-bin"
    archive: ClassVar[str] = "cifar-10-binary.tar.gz"
    mirrors: ClassVar[list[str]] = ["https://www.cs.toronto.edu/~kriz/"]
    md5: ClassVar[str] = "c32a1d4ab5d03f1284b67883e8d87530"
    classes: ClassVar[list[str]] = [
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ]  # fmt: skip

    def __init__(self, root: str | Path, train: bool = True, download: bool = False, transform: Callable[[Any], Any] | None = None) -> None:
        root = Path(root).expanduser()
        names = CIFAR10_FILES[:-1] if train else CIFAR10_FILES[-1:]
        folders, archive = [root / self.folder, root], root / self.archive
        found = _find(folders, names)
        if not found:
            if download and not archive.exists():
                get([mirror + self.archive for mirror in self.mirrors], archive, self.md5)
            if archive.exists():
                _unpack(archive, root / self.folder)
                found = _find(folders, names)
        if not found:
            raise _missing(type(self).__name__, names, folders)
        records = [_records(path) for path in found]
        for path, part in zip(found, records, strict=True):
            if len(part) != len(records[0]):
                raise BrokenFileError(path, f"has {len(part)} images, and {found[0].name} has {len(records[0])}; all have as many")
            _check_images(path, part[:, 0], len(self.classes))
        together = np.concatenate(records)
        super().__init__(np.ascontiguousarray(together[:, 1:]).reshape(-1, 3, 32, 32), together[:, 0], transform)


CIFAR10_FILES = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
RECORD = 1 + 3 * 32 * 32  # bytes: the class, and then the image, colour by colour


def _records(path: Path) -> Any:
    """The records of a file of CIFAR-10, one in each row."""
    contents = np.fromfile(path, dtype=np.uint8)
    if contents.size % RECORD:
        raise BrokenFileError(path, f"was cut off: it has {contents.size} bytes, and an image and its class have {RECORD}")
    return contents.reshape(-1, RECORD)


def _unpack(archive: Path, folder: Path) -> None:
    """Put the files of an archive of CIFAR-10 into a folder, each of them whole."""
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                name = Path(member.name).name
                if member.isfile() and name in CIFAR10_FILES:
                    write_whole(folder / name, tar.extractfile(member).read())  # type: ignore[union-attr]
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile):
        raise BrokenFileError(archive, "is damaged or was cut off: it cannot be unpacked") from None


def _find(folders: list[Path], names: list[str]) -> list[Path]:
    """The files of these names, compressed or not, in the first folder that has all of them."""
    for folder in folders:
        choices = [(folder / name, folder / f"{name}.gz") for name in names]
        found = [next((path for path in paths if path.is_file()), None) for paths in choices]
        if None not in found:
            return found  # type: ignore[return-value]
    return []


def _missing(dataset: str, names: list[str], folders: list[Path]) -> FileNotFoundError:
    return FileNotFoundError(
        f"{dataset} needs the files {', '.join(names)}, and they are not together in any of {', '.join(map(str, folders))}. "
        "Put them there, or pass download=True."
    )


def _check_images(path: Path, labels: Any, classes: int) -> None:
    if not len(labels):
        raise BrokenFileError(path, "has no labels")
    if labels.max() >= classes:
        raise BrokenFileError(path, f"has the label {labels.max()}, and there are {classes} classes, from 0")
