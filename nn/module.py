"""`Module`: something that owns parameters and says how they combine.

A module's parameters are the leaf `Value`s and `Tensor`s among its attributes, and those of the
modules among them, however deep in lists and dicts. Nothing needs to be registered; but an array
that belongs to the state without being trained is, see `register_buffer`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from reprlib import recursive_repr
from typing import Any, Self

import numpy as np

from autograd import Node, Tensor
from autograd.modes import Scope, enter, leave, moment, tick
from autograd.stores import blocks
from autograd.texts import visible

__all__ = ["Module"]

class Module:
    """The base of all networks and layers.

    A subclass makes its parameters in `__init__` and computes in `forward`; calling the module
    calls `forward`. Subclasses written for micrograd, which override `__call__` and `parameters`,
    work as well.

    Example:
        >>> import nn
        >>> from autograd import Value
        >>> class Line(nn.Module):
        ...     def __init__(self):
        ...         self.slope, self.intercept = Value(2.0), Value(1.0)
        ...     def forward(self, x):
        ...         return self.slope * x + self.intercept
        >>> line = Line()
        >>> line(3.0).data
        7.0
        >>> [name for name, parameter in line.named_parameters()]
        ['slope', 'intercept']
    """

    training = True
    _name: str | None = None
    _number = 0  # its own, unlike an id, which the next module may get
    _buffers: tuple[str, ...] = ()
    _hooks: tuple[Callable[..., Any], ...] = ()

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The computation; see the subclass."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward(self, x), which says what it computes.")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._name is None:
            self._give_names()
        outer = enter(self._name, self._number)  # type: ignore[arg-type]
        try:
            out = self.forward(*args, **kwargs)
        finally:
            leave(outer)
        for hook in self._hooks:
            hook(self, args, out)
        return out

    def _give_names(self) -> None:
        """Name the modules and the parameters inside by their path from here, and say that they belong here."""
        for path, module in self.named_modules():
            module._name = path or type(self).__name__
            module._number = module._number or tick()
        for path, parameter in self.named_parameters():
            parameter.label = parameter.label or path
            parameter.scope = parameter.scope or Scope(type(self).__name__, None, self._number)

    def _called(self) -> str:
        """How an error names the module: `Linear 'encoder.0'`, by its path from the module that was called."""
        kind = visible(type(self).__name__)
        return kind if self._name is None or self._name == type(self).__name__ else f"{kind} {self._name!r}"

    def register_buffer(self, name: str, array: Any) -> None:
        """Make `array` the attribute `name`, and a part of the state that is not trained, such as a running mean.

        It is a plain array: assign or write to it as you like, and `state_dict` has it.

        Raises:
            TypeError: `array` is no NumPy array.
            ValueError: there is an attribute of that name.

        Example:
            >>> import nn
            >>> model = nn.Module()
            >>> model.register_buffer("steps", np.zeros(1))
            >>> model.steps += 1
            >>> model.state_dict()
            {'steps': array([1.])}
        """
        if not isinstance(array, np.ndarray):
            raise TypeError(
                f"A buffer is a NumPy array, not a {type(array).__name__}; an array that is trained is a Tensor, and an attribute."
            )
        if hasattr(self, name):
            raise ValueError(f"This {type(self).__name__} has {name!r} already; to change a buffer, assign to it.")
        self._buffers = (*self._buffers, name)
        setattr(self, name, array)

    def register_forward_hook(self, hook: Callable[[Any, tuple[Any, ...], Any], Any]) -> Callable[[], None]:
        """Have `hook(module, args, output)` called after each call of this module, to look at what it computed.

        Returns:
            A function that ends it.

        Example:
            >>> import nn
            >>> layer = nn.Identity()
            >>> end = layer.register_forward_hook(lambda module, args, output: print("gave", output))
            >>> layer(3)
            gave 3
            3
            >>> end()
        """
        self._hooks = (*self._hooks, hook)

        def end() -> None:
            self._hooks = tuple(other for other in self._hooks if other is not hook)

        return end

    def named_parameters(self) -> Iterator[tuple[str, Any]]:
        """Each parameter once, with its dotted path, such as `layers.0.neurons.2.bias`."""
        seen: set[Node] = set()
        for path, module in self.named_modules():
            for name, leaf in _members(vars(module), Node):
                if leaf.is_leaf and leaf.requires_grad and leaf not in seen:
                    seen.add(leaf)
                    yield f"{path}.{name}" if path else name, leaf

    def parameters(self) -> list[Any]:
        """All parameters, each once."""
        return [parameter for _, parameter in self.named_parameters()]

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """This module (with the path '') and all inside it, each once, with their dotted paths."""
        seen: set[int] = set()
        todo: list[tuple[str, Module]] = [("", self)]
        while todo:
            path, module = todo.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield path, module
            inside = [(f"{path}.{name}" if path else name, child) for name, child in _members(vars(module), Module)]
            todo.extend(reversed(inside))

    def modules(self) -> list[Module]:
        """This module and all inside it, each once."""
        return [module for _, module in self.named_modules()]

    def children(self) -> list[Module]:
        """The modules directly inside this one."""
        return list({id(child): child for _, child in _members(vars(self), Module)}.values())

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call a function with every module inside and at last with this one, for example to initialise what they have.

        Example:
            >>> import nn
            >>> def start(module):
            ...     if isinstance(module, nn.Linear):
            ...         nn.init.zeros_(module.bias)
            >>> nn.Sequential(nn.Linear(2, 3), nn.ReLU()).apply(start)[0].bias.data.tolist()
            [0.0, 0.0, 0.0]
        """
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    def named_buffers(self) -> Iterator[tuple[str, Any]]:
        """Each buffer with its dotted path, such as `layers.1.running_mean`."""
        for path, module in self.named_modules():
            for name in module._buffers:
                yield f"{path}.{name}" if path else name, getattr(module, name)

    def to(self, dtype: Any) -> Self:
        """Convert all Tensors among the parameters, and the buffers of floats, to `dtype`, such as np.float64.

        Raises:
            TypeError: `dtype` is no type of floats.

        Example:
            >>> import nn
            >>> nn.Linear(2, 1).to(np.float64).weight.dtype
            dtype('float64')
        """
        try:
            dtype = np.dtype(dtype)
        except TypeError:
            raise TypeError(f"to takes a type of floats, such as np.float64, not {dtype!r}; there are no devices but the CPU.") from None
        if dtype.kind != "f":
            raise TypeError(f"Parameters are floats, such as np.float32 or np.float64; got {dtype}.")
        for parameter in self.parameters():
            if isinstance(parameter, Tensor):
                parameter._datum = parameter._datum.astype(dtype)
                parameter.grad = None
                parameter.origin = moment()
        for module in self.modules():
            for name in module._buffers:
                buffer = getattr(module, name)
                setattr(module, name, buffer.astype(dtype) if buffer.dtype.kind == "f" else buffer)
        return self

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters; to be called before each `backward()`."""
        for piece in blocks(self.parameters()):
            piece.grad = piece._blank_grad

    def train(self, mode: bool = True) -> Self:
        """Switch to training, for modules that compute something else then, such as dropout."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch to evaluation; the opposite of `train()`."""
        return self.train(False)

    def state_dict(self) -> dict[str, Any]:
        """A copy of the data of all parameters, and of all buffers, by dotted path: floats, or arrays.

        The paths and their order are PyTorch's: of each module first the parameters, then the
        buffers, then what is inside. What is shared is there under each of its names.
        """
        state = {path: owner.data if name is None else getattr(owner, name) for path, owner, name in self._places()}
        return {path: np.array(numbers) if isinstance(numbers, np.ndarray) else numbers for path, numbers in state.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the numbers of a state dict; all of them fit, or nothing is changed.

        Raises:
            TypeError: `state` is not a dict.
            ValueError: names are missing or unknown, shapes differ, or entries are not numbers;
                all of them are listed.

        Example:
            >>> import nn
            >>> a, b = nn.MLP(2, [3, 1], rng=0), nn.MLP(2, [3, 1], rng=1)
            >>> b.load_state_dict(a.state_dict())
            >>> a([1.0, 2.0]) == b([1.0, 2.0])
            True
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"load_state_dict takes a dict from names to numbers, as state_dict() gives, not a {type(state).__name__}.")
        arrays = {name: np.asarray(x.data if isinstance(x, Node) else x) for name, x in state.items()}
        places = {path: (owner, name) for path, owner, name in self._places()}
        faults = []
        for path, (owner, name) in places.items():
            numbers = arrays.get(path)
            shape = owner.shape if name is None else getattr(owner, name).shape
            if numbers is None:
                faults.append(f"{visible(path)} is missing")
            elif numbers.dtype.kind not in "fiub":
                faults.append(f"{visible(path)} is not made of numbers")
            elif numbers.shape != shape:
                faults.append(f"{visible(path)} has shape {numbers.shape} and must have {shape}")
        faults += [f"{visible(str(path))} is unknown here" for path in arrays if path not in places]
        if faults:
            raise ValueError(f"The state dict does not fit this {visible(type(self).__name__)}: {'; '.join(faults)}.")
        for path, (owner, name) in places.items():
            if name is None:
                owner.data = arrays[path]
            else:
                setattr(owner, name, np.array(arrays[path], dtype=getattr(owner, name).dtype))

    def _places(self, prefix: str = "", around: tuple[Module, ...] = ()) -> Iterator[tuple[str, Any, str | None]]:
        """What the state is made of: the paths of each parameter, with it, and of each buffer, with its module and name."""
        for name, leaf in _members(vars(self), Node):
            if leaf.is_leaf and leaf.requires_grad:
                yield prefix + name, leaf, None
        for name in self._buffers:
            yield prefix + name, self, name
        for name, child in _members(vars(self), Module):
            if child not in (*around, self):  # a module may know the one that it is in
                yield from child._places(f"{prefix}{name}.", (*around, self))

    def summary(self, input_shape: tuple[int, ...], dtype: Any = np.float32) -> str:
        """Print a table of the modules inside, the shapes of their outputs and their numbers of parameters.

        Args:
            input_shape: of one example, such as (784,) or (1, 28, 28), without the axis of the batch.
            dtype: of the input; int for a model that starts with an Embedding.

        Returns:
            The table, as text.

        Raises:
            TypeError: the model takes several inputs.
            ValueError: `input_shape` is no shape, or such an input does not fit the model.

        Example:
            >>> import nn
            >>> table = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3)).summary((4,))
            Module        Output shape  Parameters
            Sequential    (n, 3)
              0 (Linear)  (n, 16)               80
              1 (ReLU)    (n, 16)
              2 (Linear)  (n, 3)                51
            131 parameters, 524 bytes
        """
        from .summary import summary

        return summary(self, input_shape, dtype)

    def extra_repr(self) -> str:
        """What stands in the brackets of the module's text, such as its sizes; for subclasses to say."""
        return ""

    @recursive_repr()
    def __repr__(self) -> str:
        """PyTorch's text: the modules inside on lines of their own."""
        inside = [f"({visible(name)}): {child!r}" for name, child in _members(vars(self), Module)]
        kind = visible(type(self).__name__)
        if not inside:
            return f"{kind}({self.extra_repr()})"
        lines = "\n".join([line for line in (self.extra_repr(), *inside) if line]).replace("\n", "\n  ")
        return f"{kind}(\n  {lines}\n)"


def _members(attribute: Any, kind: type, name: str = "") -> Iterator[tuple[str, Any]]:
    """The objects of `kind` in nested dicts, lists, tuples and object arrays, with their dotted names."""
    if isinstance(attribute, np.ndarray) and attribute.dtype == object:
        attribute = attribute.tolist()
    if isinstance(attribute, kind):
        yield name, attribute
    elif isinstance(attribute, (dict, list, tuple)):
        items = attribute.items() if isinstance(attribute, dict) else enumerate(attribute)
        for key, item in items:
            yield from _members(item, kind, f"{name}.{key}" if name else str(key))
