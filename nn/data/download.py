"""Downloading a file whole, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from autograd.files import whole_file

__all__ = ["download"]

AT_ONCE = 2**16  # bytes
PATIENCE = 30  # seconds without a byte


def download(urls: Sequence[str], path: Path, md5: str) -> None:
    """Get a file from the first of several addresses that has it, with a progress bar if tqdm is there.

    It appears at `path` when all of it is there and has the right checksum, and not before.

    Args:
        urls: the addresses.
        path: where to put it; folders are made.
        md5: the checksum of the file, in hexadecimal.

    Raises:
        ConnectionError: none of them gave it, whole and unchanged.
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
    raise ConnectionError(f"{path.name} could not be downloaded. Put it into {path.parent} by hand. Tried {'; '.join(faults)}.")


def _fetch(url: str, file: BinaryIO, name: str) -> str:
    """Write what is at an address to a file.

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
def _progress_bar(name: str, size: int) -> Iterator[Callable[[int], Any]]:
    """A function to be told of each number of bytes that came."""
    try:
        from tqdm import tqdm
    except ModuleNotFoundError:
        yield lambda count: None
        return
    with tqdm(total=size or None, desc=name, unit="B", unit_scale=True) as bar:
        yield bar.update
