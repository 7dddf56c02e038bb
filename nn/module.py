"""`Module`: something that owns parameters and says how they combine.

A module's parameters are the leaf `Value`s and `Tensor`s among its attributes, and those of the
modules among its attributes, at any depth in lists and dicts. Parameters need not be registered. An
array that belongs to the state but is not trained does: see `register_buffer`. The names of methods
and of the entries of a state dict are those of `torch.nn.Module`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from reprlib import recursive_repr
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from autograd import Node, Value, no_grad
from autograd.modes import Scope, enter, leave, tick
from autograd.texts import visible

from .habits import Habits, in_mode
from .members import Handle, Members, members
from .parameter import entry, is_constant
from .state import Fit, fitting
from .summary import Row, Shapes, output_shapes, printed, shape_of_example
from .types import Array, Input, Sizes

__all__ = ["Module"]


class Module(Habits):
    """The base of all networks and layers.

    A subclass makes its parameters in `__init__` and computes in `forward`; calling the module
    calls `forward`. Subclasses written for micrograd, which override `__call__` and `parameters`,
    work too.

    Example:
        >>> import nn
        >>> class Line(nn.Module):
        ...     def __init__(self):
        ...         self.slope, self.intercept = Value(2.0), Value(1.0)
        ...     def forward(self, x):
        ...         return self.slope * x + self.intercept
        >>> line = Line()
        >>> line(3.0).data
        7.0
    """

    _name: str | None = None
    _number = 0  # unlike an `id`, it is never used again
    _buffers: tuple[str, ...] = ()
    _hooks: tuple[Callable[..., object], ...] = ()
    _has_one_row = False  # in a summary: whether what is inside has no rows of its own

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The computation; see the subclass."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward(self, x), which says what it computes.")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._name is None:
            self._give_names()
        outer = enter(self._name, self._number)  # type: ignore[arg-type]
        try:
            out = self.forward(args[0]) if len(args) == 1 and not kwargs else self.forward(*args, **kwargs)  # the first saves 90 of 840 ns
        finally:
            leave(outer)
        for hook in self._hooks:
            other = hook(self, args, out)
            if other is not None:
                out = other
        return out

    def _give_names(self) -> None:
        """Name the modules and the parameters inside by their path from here, and set the scope of the parameters."""
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

    def register_buffer(self, name: str, array: Array, persistent: bool = True) -> None:
        """Make `array` the attribute `name`, and a part of the state that is not trained, such as a running mean.

        It stays a plain array; a constant of `nn.torch` stays one too. Assign or write to it as you like: `state_dict` has it.
        One that is not `persistent` is an attribute, and nothing more.

        Raises:
            TypeError: `array` is not a NumPy array, and not such a constant.
            ValueError: there is an attribute of that name already.

        Example:
            >>> model = Module()
            >>> model.register_buffer("steps", np.zeros(1))
            >>> model.steps += 1
            >>> model.state_dict()
            {'steps': array([1.])}
        """
        if not isinstance(array, np.ndarray) and not is_constant(array):
            raise TypeError(
                f"A buffer is a NumPy array, not a {type(array).__name__}; an array that is trained is a Tensor, and an attribute."
            )
        if hasattr(self, name):
            raise ValueError(f"This {type(self).__name__} has {name!r} already; to change a buffer, assign to it.")
        if persistent:
            self._buffers = (*self._buffers, name)
        setattr(self, name, array)

    def register_forward_hook(self, hook: Callable[[Any, tuple[Any, ...], Any], object]) -> Handle:
        """Call `hook(module, args, output)` after each call of this module. What it returns, if not None, takes the output's place.

        Returns:
            A handle; `handle.remove()`, or just `handle()`, removes the hook.

        Example:
            >>> import nn
            >>> layer = nn.Identity()
            >>> handle = layer.register_forward_hook(lambda module, args, output: print("computed", output))
            >>> layer(3)
            computed 3
            3
            >>> handle.remove()
        """
        self._hooks = (*self._hooks, hook)

        def remove() -> None:
            self._hooks = tuple(other for other in self._hooks if other is not hook)

        return Handle(remove)

    def named_parameters(self) -> Iterator[tuple[str, Node]]:
        """Each parameter once, with its dotted path, such as `layers.0.neurons.2.bias`.

        Example:
            >>> import nn
            >>> [(path, parameter.shape) for path, parameter in nn.Linear(3, 2).named_parameters()]
            [('weight', (2, 3)), ('bias', (2,))]
        """
        seen: set[Node] = set()
        for path, module in self.named_modules():
            for name, leaf in members(vars(module), Node):
                if leaf.is_leaf and (leaf.requires_grad or leaf.frozen) and leaf not in seen:
                    seen.add(leaf)
                    yield f"{path}.{name}" if path else name, leaf

    def parameters(self) -> Members[Node]:
        """All parameters, each once, in a list that `next` takes from too.

        Example:
            >>> import nn
            >>> len(nn.MLP(2, [16, 16, 1]).parameters())
            337
        """
        return Members(parameter for _, parameter in self.named_parameters())

    def get_parameter(self, target: str) -> Node:
        """The parameter with a dotted path, as in `named_parameters`.

        Raises:
            ValueError: there is none; the message lists the parameters.

        Example:
            >>> import nn
            >>> nn.Sequential(nn.Linear(2, 3)).get_parameter("0.bias").shape
            (3,)
        """
        found: dict[str, Node] = {path: place for path, place, name in self._places() if name is None}
        if target not in found:
            raise ValueError(f"This {visible(type(self).__name__)} has no parameter {target!r}; it has {', '.join(found) or 'none'}.")
        return found[target]

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """This module (with the path '') and all modules inside it, each once, with their dotted paths.

        Example:
            >>> import nn
            >>> [path for path, _ in nn.Sequential(nn.ReLU(), nn.Sequential(nn.Tanh())).named_modules()]
            ['', '0', '1', '1.0']
        """
        seen: set[int] = set()
        todo: list[tuple[str, Module]] = [("", self)]
        while todo:
            path, module = todo.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield path, module
            inside = [(f"{path}.{name}" if path else name, child) for name, child in members(vars(module), Module)]
            todo.extend(reversed(inside))

    def modules(self) -> Members[Module]:
        """This module and all modules inside it, each once.

        Example:
            >>> import nn
            >>> [type(module).__name__ for module in nn.Sequential(nn.Linear(2, 3), nn.ReLU()).modules()]
            ['Sequential', 'Linear', 'ReLU']
        """
        return Members(module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside this one, each once, with their names.

        Example:
            >>> import nn
            >>> [name for name, _ in nn.Sequential(nn.ReLU(), nn.Tanh()).named_children()]
            ['0', '1']
        """
        seen: set[int] = set()
        for name, child in members(vars(self), Module):
            if id(child) not in seen:
                seen.add(id(child))
                yield name, child

    def children(self) -> Members[Module]:
        """The modules directly inside this one.

        Example:
            >>> import nn
            >>> nn.Sequential(nn.ReLU(), nn.Tanh()).children()
            [ReLU(), Tanh()]
        """
        return Members(child for _, child in self.named_children())

    def apply(self, function: Callable[[Module], object]) -> Self:
        """Call a function with every module inside, and with this one last; for example to initialise parameters.

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

    def named_buffers(self) -> Iterator[tuple[str, Array]]:
        """Each buffer with its dotted path.

        Example:
            >>> import nn
            >>> [path for path, _ in nn.Sequential(nn.BatchNorm1d(3)).named_buffers()]
            ['0.running_mean', '0.running_var', '0.num_batches_tracked']
        """
        for path, module in self.named_modules():
            for name in module._buffers:
                yield f"{path}.{name}" if path else name, getattr(module, name)

    def state_dict(self) -> dict[str, float | Array]:
        """A copy of the data of all parameters, and of all buffers, by dotted path: floats, or arrays.

        The paths and their order are PyTorch's: of each module first the parameters, then the
        buffers, then the modules inside. A shared parameter occurs under each of its names.

        After `nn.torch` has been imported, the entries are its Tensors, and no copies, as in PyTorch:
        who writes to them changes the model.

        Example:
            >>> import nn
            >>> list(nn.Sequential(nn.Linear(2, 3), nn.ReLU()).state_dict())
            ['0.weight', '0.bias']
        """
        state = {path: owner.data if name is None else getattr(owner, name) for path, owner, name in self._places()}
        return {path: entry(numbers) for path, numbers in state.items()}

    def load_state_dict(self, state: Mapping[str, Input], strict: bool = True) -> Fit:
        """Load the numbers of a state dict. All of them must fit, or nothing is changed.

        Args:
            state: the dict.
            strict: if false, names may be missing or unknown here; what is there must still fit.

        Returns:
            The `missing_keys` and the `unexpected_keys`, two lists.

        Raises:
            TypeError: `state` is not a dict.
            ValueError: names are missing or unknown, shapes differ, or entries are not numbers;
                the message lists all of them.

        Example:
            >>> import nn
            >>> a, b = nn.MLP(2, [3, 1], rng=0), nn.MLP(2, [3, 1], rng=1)
            >>> b.load_state_dict(a.state_dict())
            <All keys matched successfully>
            >>> a([1.0, 2.0]) == b([1.0, 2.0])
            True
        """
        places = {path: (owner, name) for path, owner, name in self._places()}
        shapes = {path: (owner if name is None else getattr(owner, name)).shape for path, (owner, name) in places.items()}
        arrays, fit = fitting(type(self).__name__, state, shapes, strict)
        for path, array in arrays.items():
            owner, name = places[path]
            if name is None:
                owner.data = array
            elif isinstance(buffer := getattr(owner, name), Node):
                buffer._overwrite(array)
            else:
                setattr(owner, name, np.array(array, dtype=buffer.dtype))
        return fit

    def _places(self, prefix: str = "", around: tuple[Module, ...] = ()) -> Iterator[tuple[str, Any, str | None]]:
        """The entries of the state: for each parameter its path and itself; for each buffer its path, module and name."""
        for name, leaf in members(vars(self), Node):
            if leaf.is_leaf and (leaf.requires_grad or leaf.frozen):
                yield prefix + name, leaf, None
        for name in self._buffers:
            yield prefix + name, self, name
        for name, child in members(vars(self), Module):
            if child not in (*around, self):  # a module may refer to the one that contains it
                yield from child._places(f"{prefix}{name}.", (*around, self))

    def summary(self, input_shape: Sizes, dtype: DTypeLike = np.float32) -> str:
        """Print a table of the modules inside, the shapes of their outputs and their numbers of parameters, as Keras does.

        Args:
            input_shape: the shape of one example, such as (784,) or (1, 28, 28), without the axis of the batch.
            dtype: the type of the input; int for a model that starts with an Embedding.

        Returns:
            The table, as text.

        Raises:
            TypeError: the model takes several inputs.
            ValueError: `input_shape` is not a shape, or such an input does not fit the model.

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
        shape = shape_of_example(type(self).__name__, self.forward, input_shape)
        of_values = any(isinstance(p, Value) for p in self.parameters())  # a network of Values takes a single example
        inputs = [np.zeros((*batch, *shape), dtype) for batch in ([(), ()] if of_values else [(2,), (3,)])]
        once, again = map(self._outputs, inputs)  # axes whose lengths differ are those of the batch
        hidden = {id(part) for module in self.modules() if module._has_one_row for part in module.modules()[1:]}
        rows = []
        for path, module in self.named_modules():
            if id(module) in once and id(module) not in hidden:
                inside = {id(p) for child in module.children() if id(child) not in hidden for p in child.parameters()}
                own = sum(p.size for p in module.parameters() if id(p) not in inside)
                rows.append(Row(path, type(module).__name__, once[id(module)], again[id(module)], own))
        return printed(rows, self.parameters())

    def _outputs(self, x: Array) -> dict[int, Shapes]:
        """Call the module for evaluation; for each module that was called, by its id, the shapes of what it returned."""
        outputs: dict[int, Shapes] = {}

        def note(module: Module, _: object, output: object) -> None:
            outputs[id(module)] = output_shapes(output)

        hooks = [module.register_forward_hook(note) for module in self.modules()]
        try:
            with in_mode(self, training=False), no_grad():
                note(self, None, self(x))
        finally:
            for hook in hooks:
                hook.remove()
        return outputs

    def extra_repr(self) -> str:
        """The text in the brackets of the module's `repr`, such as its sizes; a subclass may define it."""
        return ""

    @recursive_repr()
    def __repr__(self) -> str:
        """PyTorch's text: the modules inside on lines of their own."""
        inside = [f"({visible(name)}): {child!r}" for name, child in members(vars(self), Module)]
        kind = visible(type(self).__name__)
        if not inside:
            return f"{kind}({self.extra_repr()})"
        lines = "\n".join([line for line in (self.extra_repr(), *inside) if line]).replace("\n", "\n  ")
        return f"{kind}(\n  {lines}\n)"
