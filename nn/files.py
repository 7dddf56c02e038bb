"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["whole_file", "write_whole"]


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which is put at `path` at the end, or deleted if there is an error. Folders are made.

    Until then it stands beside, as `.name.….part`: only in the same folder is it put in place at
    once. A kill may leave it there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        with open(part, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_whole(path: Path, contents: bytes) -> None:
    """Write a file, so that a kill at any moment leaves all of it, or what was there before.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "data" / "file"
        >>> write_whole(path, b"all")
        >>> path.read_bytes()
        b'all'
    """
    with whole_file(path) as file:
        file.write(contents)
