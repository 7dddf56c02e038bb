"""Downloading files completely or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from autograd.files import whole_file

__all__ = ["download"]

AT_ONCE = 2**16  # bytes
PATIENCE = 30  # seconds without a byte


def download(urls: Sequence[str], path: Path, md5: str) -> None:
    """Get a file from the first of several addresses that has it, with a progress bar if tqdm is installed.

    The file appears at `path` only when it is complete and has the right checksum.

    Args:
        urls: the addresses.
        path: where to put it; folders are created.
        md5: the checksum of the file, in hexadecimal.

    Raises:
        ConnectionError: no address gave the file, whole and unchanged.

    Example:
        >>> import hashlib, tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "there.txt").write_bytes(b"text")
        >>> download([(folder / "there.txt").as_uri()], folder / "here.txt", hashlib.md5(b"text").hexdigest())
        >>> (folder / "here.txt").read_bytes()
        b'text'
    """
    faults = []
    for url in urls:
        try:
            with whole_file(path) as part:
                found = _fetch(url, part, path.name)
                if found != md5:
                    raise ConnectionError(f"its checksum is {found} and should be {md5}")
            return
        except (OSError, http.client.HTTPException, ValueError) as error:
            faults.append(f"{url}: {error}")
    raise ConnectionError(f"{path.name} could not be downloaded. Put it into {path.parent} yourself. Tried {'; '.join(faults)}.")


def _fetch(url: str, file: BinaryIO, name: str) -> str:
    """Copy what is at an address into a file.

    Returns:
        Its checksum.
    """
    checksum = hashlib.md5(usedforsecurity=False)
    with urllib.request.urlopen(url, timeout=PATIENCE) as response:
        size, written = int(response.headers.get("Content-Length") or 0), 0
        with _progress_bar(name, size) as advance:
            while chunk := response.read(AT_ONCE):
                file.write(chunk)
                checksum.update(chunk)
                written += len(chunk)
                advance(len(chunk))
    if written < size:
        raise ConnectionError(f"the connection broke off after {written} of {size} bytes")
    return checksum.hexdigest()


@contextlib.contextmanager
def _progress_bar(name: str, size: int) -> Iterator[Callable[[int], object]]:
    """A progress bar, as a function that is called with each number of bytes that has arrived."""
    try:
        from tqdm import tqdm
    except ModuleNotFoundError:
        yield lambda count: None
        return
    with tqdm(total=size or None, desc=name, unit="B", unit_scale=True) as bar:
        yield bar.update
