"""`Window`: the array that `tensor.data` gives, which tells its tensor when it is written to.

NumPy does not notify anyone when an array is written to. So this file uses two tricks. A window is a subclass
of NumPy's array whose methods for writing tell the tensor. And it is read-only, so that NumPy itself
refuses all other ways of writing, such as `np.copyto`, `sort` or a view of another class. A window writes
through a plain view of the same entries. Without the class, `t.data[0] = 1.0` would not be noticed, nor
`t.data.sort()` without the read-only flag; then gradients would be wrong.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from .arrays import check_complete
from .core import Node
from .errors import describe
from .modes import moment

__all__ = ["Window", "window"]

WRITTEN = "The data of a Tensor are real numbers"


class Window(np.ndarray):
    """A read-only array that can still be written to in ways that tell the tensor.

    These are `w[i] = x`, `w -= x`, `w.fill(x)` and NumPy's ufuncs, as in `np.maximum(x, 0, out=w)` and
    `np.add.at(w, i, x)`, on the whole array or on a view of a part.

    Attributes:
        tensor: the leaf whose entries these are; None for those of a computed Tensor, and for a copy.

    Raises:
        RuntimeError: on a write, the Tensor was computed, or another array has been assigned to it since.
        TypeError: on a write, what is written is a node.
        ValueError: NumPy would write in a way that the tensor would not notice.

    Example:
        >>> from autograd import Tensor
        >>> t = Tensor([1.0, 2.0])
        >>> loss = (t * t).sum()
        >>> t.data[1:] -= 5.0
        >>> t
        Tensor([ 1., -3.])
        >>> loss.backward()
        Traceback (most recent call last):
        RuntimeError: the Tensor of shape (2,) was changed after multiply had used it, so the gradient would mix old and new numbers. ...
    """

    tensor: Node | None = None

    def __array_finalize__(self, source: object) -> None:
        if self.base is not None:  # a view of a window is a window too; a copy is an array like any other
            self.tensor = getattr(source, "tensor", None)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else np.asarray(array)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """NumPy's arithmetic. (`ufunc.at` would ignore that an array is read-only.)"""
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
        error = None
        try:
            result = getattr(ufunc, method)(*arrays, **{key: _plain(x) for key, x in options.items()})
        except BaseException as raised:
            error = raised
            raise
        finally:
            for x in written:
                x._changed(error)
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
        """A plain array through which to write the entries; call `_changed` after that."""
        if self.flags.writeable:  # a copy of a window
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
            entries = self.view(np.ndarray)  # of a part
            entries.setflags(write=True)
        return entries

    def _changed(self, error: BaseException | None = None) -> None:
        """Tell the tensor; also after an error, unless NumPy refused an index or a shape, and so wrote nothing."""
        if self.tensor is not None and not isinstance(error, IndexError) and "broadcast" not in str(error):
            self.tensor.origin = moment()

    def __setitem__(self, index: object, value: object) -> None:
        if isinstance(value, Node):
            _refuse_to_write(value)
        check_complete(value, WRITTEN)
        entries = self._entries()
        try:
            entries[index] = value
        except BaseException as error:
            self._changed(error)
            raise
        self._changed()

    def fill(self, value: object) -> None:
        """Write one number into all entries."""
        self[...] = value

    def __repr__(self) -> str:
        return repr(np.asarray(self))

    def __reduce__(self) -> Any:
        return np.array(self).__reduce__()


def window(tensor: Node) -> Window:
    """The window on a Tensor's array; what `tensor.data` gives."""
    made = tensor._datum.view(Window)
    made.setflags(False)
    if tensor.primitive is None:
        made.tensor = tensor  # that of a computed Tensor must not keep its graph alive
    return made


def _refuse_to_write(node: Node) -> NoReturn:
    raise TypeError(
        f"Writing a {node._kind().__name__} into an array would drop it from the graph, and its derivative with it. "
        "For the plain number write `.data`; to keep the derivative make a new Tensor, with where, stack or concatenate."
    )


def _plain(x: object) -> Any:
    return x.view(np.ndarray) if isinstance(x, Window) else x
