"""Writing files completely or not at all: drawings, models, tables, figures."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":  # where a file can be moved and deleted only after it was closed
    LOCKS = False
else:
    import fcntl

    LOCKS = True

__all__ = ["whole_file", "write_whole"]

OLD = 24 * 60 * 60  # seconds


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file to write to.

    At the end it is moved to `path`; if there is an error, it is deleted. Missing folders are made.

    Until then it is in the same folder under a name such as `.glassgrad-….part`, because only within a folder a
    file can be moved in one step. If the process is killed, it is left behind, and deleted when
    the next file is written to that folder.

    A symbolic link stays, and the file that it points to is replaced. The new file has the mode and
    the owner of the old one. Other names of the old one (hard links) keep the old contents. Devices and
    pipes are written to directly, as there is nothing to replace.

    Raises:
        OSError: the file cannot be written.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "file"
        >>> with whole_file(path) as file:
        ...     size = file.write(b"half of it, ")
        ...     path.exists()
        False
        >>> path.read_bytes()
        b'half of it, '
    """
    path = Path(path)
    try:
        before = path.stat()
    except FileNotFoundError:
        before = None
    if before is not None and stat.S_ISDIR(before.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if before is not None and not stat.S_ISREG(before.st_mode):
        with open(path, "wb") as device:
            yield device
        return
    if before is not None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "it is read-only", str(path))
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    _sweep(target.parent)
    with _part(target.parent, 0o666 if before is None else 0o600) as part:
        with open(part, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if before is not None:
            if sys.platform != "win32":
                with contextlib.suppress(PermissionError):  # only root can change the owner
                    os.chown(part, before.st_uid, before.st_gid)
            os.chmod(part, stat.S_IMODE(before.st_mode))
        os.replace(part, target)


def write_whole(path: str | os.PathLike[str], contents: bytes) -> None:
    """Write a file completely or not at all.

    If the process is killed, the file has all of the new contents or still the old ones; see `whole_file`.

    Raises:
        OSError: the file cannot be written.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "data" / "file"
        >>> write_whole(path, b"all")
        >>> path.read_bytes()
        b'all'
    """
    try:
        with whole_file(path) as file:
            file.write(contents)
    except OSError as error:
        raise OSError(error.errno, f"{os.fspath(path)} could not be written, and is as it was before: {error.strerror}") from error


@contextlib.contextmanager
def _part(folder: Path, mode: int) -> Iterator[Path]:
    """A new file, which is deleted at the end. Its lock tells other processes that this process is alive."""
    while True:
        part = folder / f".glassgrad-{secrets.token_hex(8)}.part"
        with open(part, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            if LOCKS:
                with contextlib.suppress(OSError):  # some file systems have no locks
                    fcntl.flock(file, fcntl.LOCK_EX)
                if not os.fstat(file.fileno()).st_nlink:  # another process deleted it before it was locked
                    continue
            else:
                file.close()
            try:
                yield part
            finally:
                part.unlink(missing_ok=True)
            return


def _sweep(folder: Path) -> None:
    """Delete the files that killed processes left in a folder.

    These are files without a lock, or, where there are no locks, old files.
    """
    for part in folder.glob(".glassgrad-*.part"):
        with contextlib.suppress(OSError):
            if LOCKS:
                with open(part, "r+b") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    part.unlink()
            elif time.time() - part.stat().st_mtime > OLD:
                part.unlink()
