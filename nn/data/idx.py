"""Files in the IDX format, in which MNIST is published: a short header, and then an array of bytes; often compressed."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .files import BrokenFileError, contents

__all__ = ["read_idx"]

UNSIGNED_BYTES = 8  # the code of their type; these data sets use no other


def read_idx(path: str | Path, ndim: int) -> NDArray[np.uint8]:
    """The array in an IDX file of unsigned bytes, compressed by gzip or not.

    The header begins with four bytes: 0, 0, the code of the type, and the number of axes. The
    length of each axis follows, in four bytes, the most significant first.

    Args:
        path: the file.
        ndim: how many axes the array should have.

    Raises:
        FileNotFoundError: there is no such file.
        BrokenFileError: it is something else, or has more or fewer bytes than its header says.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "labels-idx1-ubyte"
        >>> _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
        >>> read_idx(path, ndim=1)
        array([7, 2, 1], dtype=uint8)
    """
    path = Path(path)
    found = contents(path)
    header = 4 + 4 * ndim
    if len(found) < header or found[:4] != bytes([0, 0, UNSIGNED_BYTES, ndim]):
        begin, axes = ", ".join(map(str, found[:4])) or "nothing", "1 axis" if ndim == 1 else f"{ndim} axes"
        raise BrokenFileError(
            path, f"is not an IDX file of {axes}: it should begin with 0, 0, {UNSIGNED_BYTES}, {ndim} and begins with {begin}"
        )
    shape = struct.unpack(f">{ndim}I", found[4:header])
    if len(found) - header != math.prod(shape):
        raise BrokenFileError(
            path, f"should have {math.prod(shape)} bytes after its header, for the shape {shape}, and has {len(found) - header}"
        )
    return np.frombuffer(found, dtype=np.uint8, offset=header).reshape(shape)
