"""The files of data sets: where people have them, under which names, and what is in those that are compressed."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

__all__ = ["BrokenFileError", "contents", "find", "missing", "places"]

SHOWN = 8  # names in a message


class BrokenFileError(ValueError):
    """A file of data that is not what it should be, and is not used."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(f"{path} {fault}. Delete it, and get it again (with download=True).")


def contents(path: Path) -> bytes:
    """What is in a file, decompressed if it was compressed by gzip. All of it is read, and so its checksum, which stands at the end.

    Raises:
        BrokenFileError: it is cut off or damaged.
    """
    found = path.read_bytes()
    if found[:2] != b"\x1f\x8b":
        return found
    try:
        return gzip.decompress(found)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise BrokenFileError(path, "is damaged or was cut off: it cannot be decompressed") from None


def places(root: Path, *names: str) -> list[Path]:
    """The folders where a data set may be: those in `root` that have one of these names, `root` itself, and `raw` in each.

    Capitals, and signs between the words of a name, make no difference.
    """
    wanted = {_letters(name) for name in names}
    named = [path for path in _entries(root) if path.is_dir() and _letters(path.name) in wanted]
    return [place for folder in [*named, root] for place in (folder, folder / "raw")]


def find(folders: list[Path], names: list[str]) -> list[Path]:
    """The files of these names, in the first folder that has all of them; an empty list if none has.

    Each may be compressed (`.gz`) or not, be in a folder of its own name, and have other capitals,
    or other signs between its words: `train-images.idx3-ubyte` is `train-images-idx3-ubyte`.
    """
    for folder in folders:
        found = [_file(folder, name) for name in names]
        if None not in found:
            return found  # type: ignore[return-value]
    return []


def missing(dataset: str, names: list[str], folders: list[Path]) -> FileNotFoundError:
    """The error that says what was looked for, where, and what lies there instead."""
    there = []
    for folder in folders:
        if folder.is_dir():
            entries = [path.name for path in _entries(folder)]
            more = f" and {len(entries) - SHOWN} more" if len(entries) > SHOWN else ""
            there.append(f"{folder} has {', '.join(entries[:SHOWN]) or 'nothing in it'}{more}")
    return FileNotFoundError(
        f"{dataset} needs the files {', '.join(names)}, and they are not together in any of {', '.join(map(str, folders))}: "
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
    """What makes a name that name: its letters and digits, without the suffix of compression."""
    return "".join(filter(str.isalnum, name.lower().removesuffix(".gz")))
