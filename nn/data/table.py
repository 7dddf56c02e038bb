"""Tables of numbers, checked before a network sees them: a single nan in the data would make every weight nan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .collate import plain

__all__ = ["as_numbers", "check_table"]


def check_table(table: object, columns: Sequence[str] | None = None) -> NDArray[Any]:
    """A table as an array, if all its entries are finite numbers.

    Args:
        table: of shape (rows, columns): an array, lists, or a pandas DataFrame.
        columns: the names of the columns, for errors; a DataFrame has its own.

    Returns:
        The array, of shape (rows, columns).

    Raises:
        TypeError: a column is not made of numbers.
        ValueError: it is not a table, or it is empty; or it contains nan or infinity. The message
            names all columns that contain some, with how many and where the first is.

    Example:
        >>> check_table([[1, 2.5], [3, 4.5]]).shape
        (2, 2)
        >>> check_table([[1.0, float("nan")], [3.0, 4.0]], columns=["age", "fare"])
        Traceback (most recent call last):
        ...
        ValueError: The table has nan or infinity in the column 'fare' (1 time, first in row 0). Drop those rows, or ...
    """
    array = as_numbers(table, "The table", columns)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"A table has the shape (rows, columns), at least one of each; got {array.shape}.")
    return array


def as_numbers(x: Any, name: str, columns: Sequence[str] | None = None) -> NDArray[Any]:
    """`x` as an array of finite numbers.

    Args:
        x: an array of any shape, lists, a Tensor, or a pandas DataFrame.
        name: what an error calls it.
        columns: as in `check_table`.

    Raises:
        TypeError: it is not made of numbers.
        ValueError: it contains nan or infinity, or its rows differ in length.

    Example:
        >>> as_numbers([[1, 2.5], [3, 4.5]], "The table").dtype
        dtype('float64')
    """
    if x is None:
        raise TypeError(f"{name} must be made of numbers; got None.")
    if hasattr(x, "columns") and hasattr(x, "to_numpy"):  # a DataFrame
        columns = [str(column) for column in x.columns]
        _refuse([repr(column) for column, dtype in zip(columns, x.dtypes, strict=True) if dtype.kind not in "fiub"], name)
        x = x.to_numpy(dtype=float, na_value=np.nan)
    try:
        array = np.asarray(plain(x))
    except ValueError:
        raise ValueError(f"{name} has rows of different lengths; make them equally long.") from None
    if columns is not None and array.ndim == 2 and len(columns) != array.shape[1]:
        raise ValueError(f"{name} has {array.shape[1]} columns and {len(columns)} names for them.")
    if array.dtype.kind == "O":
        if array.ndim == 2:
            _refuse([_name(j, columns) for j in range(array.shape[1]) if not _is_numeric(array[:, j])], name)
        array = array.astype(float) if _is_numeric(array) else array
    if array.dtype.kind not in "fiub":
        is_text = array.dtype.kind in "US" or any(isinstance(entry, str) for entry in array.ravel()[:1])
        hint = "; classes, labels = np.unique(names, return_inverse=True) numbers the classes" if is_text and array.ndim == 1 else ""
        raise TypeError(f"{name} must be made of numbers; got {'text' if is_text else f'entries of type {array.dtype}'}{hint}.")
    if array.dtype.kind == "f":
        with np.errstate(all="ignore"):
            suspicious = not np.isfinite(array.sum())
        if suspicious and not np.isfinite(array).all():
            _refuse_nonfinite(array, name, columns)
    return array


def _refuse_nonfinite(array: NDArray[Any], name: str, columns: Sequence[str] | None) -> None:
    wrong = ~np.isfinite(array)
    if array.ndim == 2:
        counts, first = wrong.sum(axis=0), wrong.argmax(axis=0)
        faults = [
            f"{_name(j, columns)} ({counts[j]} time{'s' if counts[j] > 1 else ''}, first in row {first[j]})"
            for j in np.flatnonzero(counts).tolist()
        ]
        where = f"the column{'s' if len(faults) > 1 else ''} {', '.join(faults)}"
    else:
        where = f"{wrong.sum()} of {wrong.size} entries, first at {tuple(map(int, np.argwhere(wrong)[0]))}"
    raise ValueError(
        f"{name} has nan or infinity in {where}. Drop those rows, or fill them in, for example with scikit-learn's SimpleImputer."
    )


def _refuse(columns: list[str], name: str) -> None:
    if columns:
        raise TypeError(
            f"{name} must be made of numbers, and the column{'s' if len(columns) > 1 else ''} {', '.join(columns)} "
            f"{'are' if len(columns) > 1 else 'is'} not; encode categories first, for example with scikit-learn's OneHotEncoder."
        )


def _is_numeric(objects: NDArray[np.object_]) -> bool:
    try:
        objects.astype(float)
    except (TypeError, ValueError):
        return False
    return True


def _name(j: int, columns: Sequence[str] | None) -> str:
    return str(j) if columns is None else repr(columns[j])
