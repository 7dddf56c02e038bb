"""Files of the IDX format, in which MNIST is published: an array of bytes after a short header, often compressed."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["BrokenFileError", "read_idx"]

UNSIGNED_BYTES = 8  # the code of their type; the others that the format knows are not used by these data sets


class BrokenFileError(ValueError):
    """A file of data that is not what it should be, and is not used."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(f"{path} {fault}. Delete it, and get it again (with download=True).")


def read_idx(path: str | Path, ndim: int) -> Any:
    """The array in an IDX file of unsigned bytes, compressed by gzip or not.

    The header is four bytes, 0, 0, the code of the type and the number of axes, and then the
    length of each axis, in four bytes, the highest first.

    Args:
        path: the file.
        ndim: how many axes the array should have.

    Raises:
        FileNotFoundError: there is none.
        BrokenFileError: it is something else, or has more or fewer bytes than its header says.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "labels-idx1-ubyte"
        >>> _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
        >>> read_idx(path, ndim=1)
        array([7, 2, 1], dtype=uint8)
    """
    path = Path(path)
    contents = path.read_bytes()
    if contents[:2] == b"\x1f\x8b":
        try:
            contents = gzip.decompress(contents)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise BrokenFileError(path, "is damaged or was cut off: it cannot be decompressed") from None
    header = 4 + 4 * ndim
    if len(contents) < header or contents[:4] != bytes([0, 0, UNSIGNED_BYTES, ndim]):
        begin, axes = ", ".join(map(str, contents[:4])) or "nothing", "1 axis" if ndim == 1 else f"{ndim} axes"
        raise BrokenFileError(
            path, f"is no IDX file of {axes}: it should begin with 0, 0, {UNSIGNED_BYTES}, {ndim} and begins with {begin}"
        )
    shape = struct.unpack(f">{ndim}I", contents[4:header])
    if len(contents) - header != math.prod(shape):
        raise BrokenFileError(
            path, f"should have {math.prod(shape)} bytes after its header, for the shape {shape}, and has {len(contents) - header}"
        )
    return np.frombuffer(contents, dtype=np.uint8, offset=header).reshape(shape)
