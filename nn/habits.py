"""What programs do with a module besides calling it: switch its mode, convert, freeze, clear gradients, name new parts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from autograd import Node, Tensor
from autograd.modes import moment
from autograd.state import effects
from autograd.stores import blocks

from .gradients import zero_gradients
from .members import Members

__all__ = ["Habits", "in_mode", "is_device"]

NO_DEVICE = "There is no device but the CPU, and so no {!r}; write .to('cpu'), or leave it out."


class Habits:
    """The part of `Module` that needs nothing of a module but its parameters, modules and buffers."""

    training = True
    _name: str | None
    _buffers: tuple[str, ...]

    def parameters(self) -> Members[Node]:
        """All parameters; see `Module`."""
        raise NotImplementedError

    def modules(self) -> Members[Any]:
        """All modules; see `Module`."""
        raise NotImplementedError

    def train(self, mode: bool = True) -> Self:
        """Switch this module and all inside it to training, or to evaluation if not `mode`.

        In evaluation, for example, nothing is dropped.

        Example:
            >>> import nn
            >>> nn.Sequential(nn.Dropout()).train()[0].training
            True
        """
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch this module and all inside it to evaluation: `train(False)`.

        Example:
            >>> import nn
            >>> nn.Dropout(0.5).eval()(3.0)
            3.0
        """
        return self.train(False)

    def to(self, *args: Any, dtype: DTypeLike | None = None, device: object = None, non_blocking: bool = False) -> Self:
        """Convert all Tensors among the parameters, and the buffers of floats, to a `dtype`, such as np.float64.

        Args:
            args: a dtype, a device, or both, in any order. The only device is the CPU, which all modules are on.
            dtype, device: the same by name.
            non_blocking: accepted, and ignored.

        Raises:
            TypeError: the dtype is not a type of floats, or the device is not the CPU.

        Example:
            >>> import nn
            >>> nn.Linear(2, 1).to("cpu", np.float64).weight.dtype
            dtype('float64')
        """
        for x in (*args, device):
            if is_device(x):
                if str(getattr(x, "type", x)).split(":")[0] != "cpu":
                    raise TypeError(NO_DEVICE.format(str(x)))
            elif x is not None:
                dtype = x
        if dtype is None:
            return self
        try:
            wanted = np.dtype(dtype)
        except TypeError:
            raise TypeError(f"to takes a type of floats, such as np.float64, not {dtype!r}; there are no devices but the CPU.") from None
        if wanted.kind != "f":
            raise TypeError(f"Parameters are floats, such as np.float32 or np.float64; got {wanted}.")
        for parameter in self.parameters():
            if isinstance(parameter, Tensor):
                parameter._datum = parameter._datum.astype(wanted)
                parameter.grad = None
                parameter.origin = moment()
        for module in self.modules():
            for name in module._buffers:
                buffer = getattr(module, name)
                setattr(module, name, buffer.astype(wanted) if buffer.dtype.kind == "f" else buffer)
        return self

    def cpu(self) -> Self:
        """The module itself: everything is on the CPU.

        Example:
            >>> import nn
            >>> nn.ReLU().cpu()
            ReLU()
        """
        return self

    def cuda(self, device: object = None) -> Self:
        """Refused, as there is no GPU.

        Raises:
            TypeError: always; there is no device but the CPU.

        Example:
            >>> import nn
            >>> nn.ReLU().cuda()
            Traceback (most recent call last):
            ...
            TypeError: There is no device but the CPU, and so no 'cuda'; write .to('cpu'), or leave it out.
        """
        raise TypeError(NO_DEVICE.format("cuda"))

    def float(self) -> Self:
        """Convert to single precision: `to(np.float32)`.

        Example:
            >>> import nn
            >>> nn.Linear(2, 1, dtype=np.float64).float().weight.dtype
            dtype('float32')
        """
        return self.to(np.float32)

    def double(self) -> Self:
        """Convert to double precision: `to(np.float64)`.

        Example:
            >>> import nn
            >>> nn.Linear(2, 1).double().weight.dtype
            dtype('float64')
        """
        return self.to(np.float64)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freeze all parameters with False, and thaw them with True.

        A frozen parameter is still a parameter: it is in `named_parameters`, in `state_dict` and in its
        optimizer. But it gets no gradient, and no step changes it. Nodes computed from it before are
        stale. To freeze a single parameter, write `parameter.requires_grad = False`.

        Example:
            >>> import nn
            >>> model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
            >>> frozen = model[0].requires_grad_(False)
            >>> [path for path, p in model.named_parameters() if p.requires_grad]
            ['2.weight', '2.bias']
        """
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients of all parameters. Call it before each `backward()`, which adds to them.

        Args:
            set_to_none: if false, the gradients of Tensors become zeros instead of None.

        Example:
            >>> import nn
            >>> neuron = nn.Neuron(1)
            >>> neuron([3.0]).backward()
            >>> neuron.zero_grad()
            >>> neuron.bias.grad
            0.0
        """
        if (noted := effects()) is not None:
            noted.forget(self.parameters(), to_zero=not set_to_none)
            return
        if not set_to_none:
            zero_gradients(self.parameters())
            return
        for piece in blocks(self.parameters()):
            piece.grad = piece._blank_grad

    def register_parameter(self, name: str, param: Node | None) -> None:
        """Make `param` the attribute `name`, which `self.name = param` does too. None reserves the name.

        Raises:
            TypeError: it is neither a Value, nor a Tensor, nor None.
            ValueError: there is an attribute of that name already, or the name has a dot.

        Example:
            >>> import nn
            >>> model = nn.Module()
            >>> model.register_parameter("scale", nn.Parameter([1.0]))
            >>> list(model.state_dict())
            ['scale']
        """
        if param is not None and not isinstance(param, Node):
            raise TypeError(f"A parameter is a Value or a Tensor, not a {type(param).__name__}; make one of it: nn.Parameter(x).")
        self._add_part(name, param)

    def add_module(self, name: str, module: Any) -> None:
        """Make `module` the attribute `name`, as `self.name = module` does.

        Of a `Sequential`, it is the next module.

        Raises:
            TypeError: it is neither a module nor None.
            ValueError: there is an attribute of that name already, or the name has a dot.

        Example:
            >>> import nn
            >>> model = nn.Sequential()
            >>> model.add_module("hidden", nn.Linear(4, 8))
            >>> model.add_module("activation", nn.ReLU())
            >>> model(np.ones((5, 4))).shape
            (5, 8)
        """
        if module is not None and not isinstance(module, Habits):
            raise TypeError(f"{type(self).__name__}.add_module takes a module, such as nn.Linear(2, 3), and got a {type(module).__name__}.")
        self._add_part(name, module)

    register_module = add_module

    def _add_part(self, name: str, part: object) -> None:
        if not isinstance(name, str) or not name or "." in name:
            raise ValueError(f"A part of a module has a name without dots; got {name!r}.")
        if hasattr(self, name):
            raise ValueError(f"This {type(self).__name__} has {name!r} already; to change it, assign to it.")
        vars(self)[name] = part
        self._name = None  # the next call sets the names


@contextmanager
def in_mode(model: Habits, training: bool) -> Iterator[None]:
    """Inside, the model is in training or evaluation mode; afterwards each module is in its earlier mode again.

    Example:
        >>> import nn
        >>> model = nn.Dropout(0.5)
        >>> with in_mode(model, training=False):
        ...     model(3.0)
        3.0
        >>> model.training
        True
    """
    before = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, mode in before:
            module.training = mode


def is_device(x: object) -> bool:
    """Whether `x` names a device, as "cpu", "cuda:0" and PyTorch's `device` do.

    Example:
        >>> is_device("cuda:0"), is_device("float64"), is_device(np.float32)
        (True, False, False)
    """
    name = x if isinstance(x, str) else getattr(x, "type", None)
    return isinstance(name, str) and name.split(":")[0] in ("cpu", "cuda", "mps", "xpu", "xla", "meta")
