"""`Window`: the array that `tensor.data` gives, which tells its tensor when it is written to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .arrays import check_complete
from .core import Node
from .errors import describe
from .modes import moment

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["Window"]

WRITTEN = "The data of a Tensor are real numbers"


class Window(np.ndarray):
    """What `tensor.data` gives: the tensor's array, which tells the tensor when it is written to.

    A write between forward and backward would make the gradient wrong, so the tensor has to know
    of it. `w[i] = x`, `w -= x`, `w.fill(x)` and NumPy's ufuncs (`np.maximum(…, out=w)`,
    `np.add.at(w, …)`), on the whole or on a view of a part, tell it; all else that NumPy may do to
    an array behind our back is refused, since the window is read-only.
    """

    tensor: Tensor | None = None

    def __array_finalize__(self, source: Any) -> None:
        if self.base is not None:  # a view of a window is a window too; a copy is an array like any other
            self.tensor = getattr(source, "tensor", None)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else np.asarray(array)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """NumPy's arithmetic, which would not ask whether an array is read-only in `ufunc.at`."""
        outs = options.get("out", ())
        for x in inputs:
            if isinstance(x, Node):
                if outs or method == "at":
                    _refuse_to_write(x)
                return NotImplemented  # the node answers
        written = [x for x in (inputs[:1] if method == "at" else outs) if isinstance(x, Window)]
        if written:
            for x in inputs:
                check_complete(x, WRITTEN)
        entries = {id(x): x._entries() for x in written}
        if outs:
            options["out"] = tuple([entries.get(id(x), x) for x in outs])
        arrays = [entries.get(id(x), _plain(x)) for x in inputs]
        result = getattr(ufunc, method)(*arrays, **{key: _plain(x) for key, x in options.items()})
        for x in written:
            x._changed()
        return outs[0] if len(outs) == 1 else result

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        try:
            return super().__array_function__(function, types, args, kwargs)
        except ValueError as error:
            if "read-only" not in str(error):
                raise
            raise ValueError(
                f"np.{function.__name__} would write into the data of a Tensor without its knowledge; "
                f"let it write into a copy, and assign that: t.data[...] = copy."
            ) from None

    def _entries(self) -> Any:
        """A plain array to write the entries through; then comes `_changed`."""
        if self.flags.writeable:  # a copy
            return self.view(np.ndarray)
        if self.tensor is None:
            raise RuntimeError(
                "These are the data of a computed Tensor, so they follow from its inputs. Make a new node of it, as in "
                "x = autograd.where(x < 0, 0.0, x), or write to a copy: t.data.copy()."
            )
        entries = self.tensor._datum
        if self.base is not entries:
            if self.size and not np.may_share_memory(self, entries):
                raise RuntimeError(f"{describe(self.tensor)} has got new data since this array was taken; take its .data again.")
            entries = self.view(np.ndarray)
            entries.flags.writeable = True
        return entries

    def _changed(self) -> None:
        """Tell the tensor."""
        if self.tensor is not None:
            self.tensor.origin = moment()

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(value, Node):
            _refuse_to_write(value)
        check_complete(value, WRITTEN)
        self._entries()[index] = value
        self._changed()

    def fill(self, value: Any) -> None:
        self[...] = value

    def __repr__(self) -> str:
        return repr(np.asarray(self))

    def __reduce__(self) -> Any:
        return np.array(self).__reduce__()


def _refuse_to_write(node: Node) -> NoReturn:
    raise TypeError(
        f"Writing a {node.__class__.__name__} into an array would drop it from the graph, and its derivative with it. "
        "For the plain number write `.data`; to keep the derivative make a new Tensor, with where, stack or concatenate."
    )


def _plain(x: Any) -> Any:
    return x.view(np.ndarray) if isinstance(x, Window) else x
