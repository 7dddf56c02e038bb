"""The files of data sets: finding them in the usual folders and under the usual names, and decompressing them."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

__all__ = ["BrokenFileError", "contents", "find", "missing", "places"]

SHOWN = 8  # names in a message


class BrokenFileError(ValueError):
    """A file of data is damaged, or is something else.

    Example:
        >>> raise BrokenFileError(Path("images.gz"), "was cut off")
        Traceback (most recent call last):
        ...
        nn.data.files.BrokenFileError: images.gz was cut off. Delete it, and get it again (with download=True).
    """

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(f"{path} {fault}. Delete it, and get it again (with download=True).")


def contents(path: Path) -> bytes:
    """The content of a file, decompressed if gzip compressed it. It is read to its end, where gzip's checksum is.

    Raises:
        BrokenFileError: it is cut off or damaged.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "images.gz"
        >>> _ = path.write_bytes(gzip.compress(b"pixels"))
        >>> contents(path)
        b'pixels'
    """
    found = path.read_bytes()
    if found[:2] != b"\x1f\x8b":
        return found
    try:
        return gzip.decompress(found)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise BrokenFileError(path, "is damaged or was cut off: it cannot be decompressed") from None


def places(root: Path, *names: str) -> list[Path]:
    """The folders where a data set may be.

    They are those in `root` with one of these names, `root` itself, and `raw` inside each.

    Capital letters, and characters between the words of a name, make no difference.

    Example:
        >>> import tempfile
        >>> root = Path(tempfile.mkdtemp())
        >>> (root / "Fashion-MNIST").mkdir()
        >>> [place.relative_to(root).as_posix() for place in places(root, "fashion_mnist")]
        ['Fashion-MNIST', 'Fashion-MNIST/raw', '.', 'raw']
    """
    wanted = {_letters(name) for name in names}
    named = [path for path in _entries(root) if path.is_dir() and _letters(path.name) in wanted]
    return [place for folder in [*named, root] for place in (folder, folder / "raw")]


def find(folders: list[Path], names: list[str]) -> list[Path]:
    """The files of these names in the first folder that has all of them; an empty list if none has.

    A file may be compressed (`.gz`), or be in a folder of the same name. Capital letters, and
    characters between the words of its name, make no difference: `train-images.idx3-ubyte` is
    `train-images-idx3-ubyte`.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "train-images.idx3-ubyte.gz").touch()
        >>> [path.name for path in find([folder], ["train-images-idx3-ubyte"])]
        ['train-images.idx3-ubyte.gz']
    """
    for folder in folders:
        found = [_file(folder, name) for name in names]
        if None not in found:
            return found  # type: ignore[return-value]
    return []


def missing(dataset: str, names: list[str], folders: list[Path]) -> str:
    """The sentence that says which files were looked for, where, and what is there instead.

    Example:
        >>> print(missing("MNIST", ["train-images-idx3-ubyte"], [Path("no-such-folder")]))
        MNIST needs the files train-images-idx3-ubyte, which are not together in any of no-such-folder: there are no such
        folders. Put them there, or pass download=True.
    """
    there = []
    for folder in folders:
        if folder.is_dir():
            entries = [path.name for path in _entries(folder)]
            more = f" and {len(entries) - SHOWN} more" if len(entries) > SHOWN else ""
            there.append(f"{folder} has {', '.join(entries[:SHOWN]) or 'nothing in it'}{more}")
    return (
        f"{dataset} needs the files {', '.join(names)}, which are not together in any of {', '.join(map(str, folders))}: "
        f"{'; '.join(there) or 'there are no such folders'}. Put them there, or pass download=True."
    )


def _file(folder: Path, name: str) -> Path | None:
    alike = [path for path in _entries(folder) if _letters(path.name) == _letters(name)]
    inside = [path for part in alike for path in _entries(part) if _letters(path.name) == _letters(name)]
    files = [path for path in alike + inside if path.is_file()]
    return min(files, key=lambda path: path.suffix.lower() == ".gz", default=None)


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _letters(name: str) -> str:
    """The letters and digits of a name, in lower case and without the suffix of compression."""
    return "".join(filter(str.isalnum, name.lower().removesuffix(".gz")))
