"""CIFAR-10, read from the files in which it is published: the binary or the Python version, in a folder or an archive."""

from __future__ import annotations

import io
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from autograd.files import write_whole

from .download import download as get
from .files import BrokenFileError, contents, find, missing, places
from .images import Function, ImageDataset, check_labels

__all__ = ["CIFAR10"]

BATCHES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
FOLDERS = {"binary": "cifar-10-batches-bin", "python": "cifar-10-batches-py"}  # by the version
PIXELS = 3 * 32 * 32  # bytes of an image, colour by colour

Part = tuple[NDArray[np.integer[Any]], NDArray[np.uint8]]  # the labels and the images of a file


class CIFAR10(ImageDataset):
    """Small photographs of 32×32 pixels in three colours (Krizhevsky, 2009).

    There are 50,000 for training and 10,000 for testing.

    The files are `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`, each with or without
    `.gz`; or those of the Python version, whose names have no `.bin`.

    Args:
        root: the folder with the files, or with a folder `cifar-10-batches-bin` (or `-py`) that has
            them, or with `cifar-10-binary.tar.gz` (or `-python`), which is unpacked; or that archive.
        train: True for the training images, False for the test images.
        download: whether to download the archive, if neither it nor the files are there.
        transform: as in `ImageDataset`.

    Raises:
        FileNotFoundError, BrokenFileError, ConnectionError: as in `MNIST`.

    Example:
        >>> CIFAR10.classes[3]
        'cat'
    """

    folder: ClassVar[str] = FOLDERS["binary"]
    archive: ClassVar[str] = "cifar-10-binary.tar.gz"
    mirrors: ClassVar[list[str]] = ["https://www.cs.toronto.edu/~kriz/"]
    md5: ClassVar[str] = "c32a1d4ab5d03f1284b67883e8d87530"
    classes: ClassVar[list[str]] = [
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ]  # fmt: skip

    def __init__(self, root: str | Path, train: bool = True, download: bool = False, transform: Function | None = None) -> None:
        root = Path(root).expanduser()
        root = root.parent if root.is_file() else root
        batches = BATCHES[:-1] if train else BATCHES[-1:]
        found = _find(root, batches)
        if not found:
            if download and not _archives(root):
                get([mirror + self.archive for mirror in self.mirrors], root / self.archive, self.md5)
            for archive, folder in _archives(root)[:1]:
                _unpack(archive, folder)
                found = _find(root, batches)
        if not found:
            folders = [*(root / name for name in FOLDERS.values()), root]
            raise FileNotFoundError(missing(type(self).__name__, [f"{name}.bin" for name in batches], folders))
        parts = [_binary(path) if ".bin" in path.name.lower() else _pickled(path) for path in found]
        for path, (labels, _) in zip(found, parts, strict=True):
            if len(labels) != len(parts[0][0]):
                raise BrokenFileError(path, f"has {len(labels)} images, and {found[0].name} has {len(parts[0][0])}; they should be equal")
            check_labels(path, labels, len(self.classes))
        labels, images = (np.concatenate(part) for part in zip(*parts, strict=True))
        super().__init__(images.reshape(-1, 3, 32, 32), labels, transform)


def _find(root: Path, batches: list[str]) -> list[Path]:
    """The files of one of the versions."""
    folders = places(root, *FOLDERS.values(), "cifar-10")
    return find(folders, [f"{name}.bin" for name in batches]) or find(folders, batches)


def _archives(root: Path) -> list[tuple[Path, Path]]:
    """The archives that are there, and the folders that they are unpacked into."""
    return [(archive, root / folder) for version, folder in FOLDERS.items() for archive in find([root], [f"cifar-10-{version}.tar.gz"])]


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive of CIFAR-10 into a folder, once it has been read to its end.

    Each file is written completely or not at all.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(contents(archive)), mode="r:") as tar:
            files = {Path(member.name).name: tar.extractfile(member) for member in tar if member.isfile()}
            unpacked = {name: file.read() for name, file in files.items() if name.removesuffix(".bin") in BATCHES and file is not None}
    except (tarfile.TarError, EOFError):
        raise BrokenFileError(archive, "is damaged or was cut off: it cannot be unpacked") from None
    for name, content in unpacked.items():
        write_whole(folder / name, content)


def _binary(path: Path) -> Part:
    """A file of the binary version: records of a class and an image, one after the other."""
    found = np.frombuffer(contents(path), dtype=np.uint8)
    if found.size % (1 + PIXELS):
        raise BrokenFileError(path, f"was cut off: it has {found.size} bytes, and an image and its class have {1 + PIXELS}")
    records = found.reshape(-1, 1 + PIXELS)
    return records[:, 0], records[:, 1:]


def _pickled(path: Path) -> Part:
    """A file of the Python version: a dict with an array of images and a list of labels."""
    try:
        found = Unpickler(io.BytesIO(contents(path)), encoding="bytes").load()
        found = {key.decode() if isinstance(key, bytes) else key: x for key, x in found.items()}
        _, shape, kind, by_columns, pixels = found["data"].state
        if kind.arguments[0] not in ("u1", b"u1") or by_columns:
            raise TypeError("These are no bytes.")
        images, labels = np.frombuffer(pixels, np.uint8).reshape(shape), np.array(found["labels"])
        if images.shape != (len(labels), PIXELS) or labels.dtype.kind != "i":
            raise TypeError("There is not one label for each image.")
    except BrokenFileError:
        raise
    except Exception:  # a damaged pickle may raise anything
        raise BrokenFileError(path, "is damaged, or is not a file of CIFAR-10's Python version") from None
    return labels, images


class Unpickler(pickle.Unpickler):
    """Reads a pickle of lists, dicts, numbers, texts and NumPy arrays.

    It calls nothing that the file names, so that no file can run a program.
    """

    def find_class(self, module: str, name: str) -> Callable[..., object]:
        """What stands for an object that the file names.

        Raises:
            UnpicklingError: CIFAR-10 has no such object.
        """
        if module.partition(".")[0] == "numpy" and name in ("_reconstruct", "ndarray", "dtype"):
            return Parts
        if (module, name) == ("_codecs", "encode"):
            return lambda text, encoding: text.encode("latin1")
        raise pickle.UnpicklingError(f"CIFAR-10 has no {module}.{name} in it.")


class Parts:
    """Stands for a NumPy array or a type of numbers, and holds what it would be made from."""

    def __init__(self, *arguments: object) -> None:
        self.arguments = arguments

    def __setstate__(self, state: object) -> None:
        self.state = state
