"""Modules that contain modules, with PyTorch's names: in sequence, in a list or in a dict; and parameters in a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn, Self, overload

import numpy as np

from autograd import Node

from .module import Module
from .parameter import Parameter

__all__ = ["ModuleDict", "ModuleList", "ParameterList", "Sequential"]


class _Numbered(Module):
    """Modules that are attributes called "0", "1", …, as in PyTorch's state dicts, or by names that the user gave."""

    def append(self, module: Module) -> Self:
        """Add a module at the end.

        Raises:
            TypeError: it is not a module.

        Example:
            >>> import nn
            >>> len(nn.Sequential(nn.Linear(2, 3)).append(nn.ReLU()))
            2
        """
        self._check(module)
        vars(self)[str(len(self))] = module
        self._name = None  # the next call sets the names
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end.

        Raises:
            TypeError: one of them is not a module.

        Example:
            >>> import nn
            >>> len(nn.ModuleList().extend([nn.Linear(2, 3), nn.ReLU()]))
            2
        """
        for module in modules:
            self.append(module)
        return self

    def _check(self, module: object) -> None:
        """Refuse what is not a module."""
        if isinstance(module, Module):
            return
        is_list = isinstance(self, Sequential) and isinstance(module, (list, tuple))
        hint = " A star before a list gives its modules one by one: nn.Sequential(*layers)." if is_list else ""
        raise TypeError(f"{type(self).__name__} is made of modules, such as nn.Linear(2, 3), and got {_described(module)}.{hint}")

    def _inside(self) -> list[tuple[str, Module]]:
        return [(name, child) for name, child in vars(self).items() if isinstance(child, Module)]

    def __len__(self) -> int:
        return len(self._inside())

    def __iter__(self) -> Iterator[Module]:
        return (child for _, child in self._inside())

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Module:
        """The module with a number; for a slice, a container of the same kind with those modules."""
        inside = list(self)
        if not isinstance(index, (slice, int, np.integer)):
            raise TypeError(f"The modules of a {type(self).__name__} are numbered from 0; got {index!r}.")
        if isinstance(index, slice):
            return type(self)(*inside[index]) if isinstance(self, Sequential) else type(self)(inside[index])  # type: ignore[call-arg]
        if not -len(inside) <= index < len(inside):
            raise IndexError(f"This {type(self).__name__} has {len(inside)} modules, and so no module {index}.")
        return inside[index]

    def __setitem__(self, index: int, module: Module) -> None:
        """Put a module in the place of another."""
        old = self[index]
        name = next(name for name, child in self._inside() if child is old)
        self._check(module)
        vars(self)[name] = module
        self._name = None


class Sequential(_Numbered):
    """Modules in sequence: the output of each is the input of the next.

    Args:
        modules: the modules; or one dict of them, whose keys become their names.

    Shape:
        that of the first module's input → that of the last module's output.

    Raises:
        TypeError: one of them is not a module, or a name is taken.

    Example:
        >>> import numpy as np
        >>> import nn
        >>> model = Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
        >>> model(np.ones((5, 4))).shape
        (5, 3)
        >>> list(model.state_dict())
        ['0.weight', '0.bias', '2.weight', '2.bias']
    """

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                if hasattr(self, name) or not isinstance(module, Module):
                    raise TypeError(
                        f"Sequential cannot have {_described(module)} under the name {name!r}; names are new, and modules are modules."
                    )
                vars(self)[name] = module
        else:
            self.extend(modules)  # type: ignore[arg-type]  # which refuses what is not a module

    def forward(self, x: object) -> Any:
        for module in self:
            x = module(x)
        return x


class ModuleList(_Numbered):
    """Modules in a list, for a `forward` of your own to call; the list itself cannot be called.

    Args:
        modules: the modules.

    Raises:
        TypeError: `modules` is a single module, or one of them is not a module.

    Example:
        >>> import nn
        >>> layers = ModuleList([nn.Linear(4, 4) for _ in range(3)])
        >>> len(layers), layers[-1].out_features
        (3, 4)
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        if isinstance(modules, Module) and not isinstance(modules, _Numbered):
            raise TypeError(f"ModuleList takes a list of modules, and got {_described(modules)}; put it in brackets, [layer].")
        self.extend(modules or ())

    def forward(self, *args: object) -> NoReturn:
        """There is none, since a list does not say in which order its modules are used."""
        raise NotImplementedError(f"{self._called()} is a list: call its modules, or use nn.Sequential for one after the other.")


class ModuleDict(Module):
    """Modules by names, for a `forward` of your own to call; as in PyTorch, a dict whose modules are found.

    Args:
        modules: a dict of them, or pairs of names and modules.

    Raises:
        TypeError: one of them is not a module.
        ValueError: a name has a dot, or is that of a method.

    Example:
        >>> import nn
        >>> heads = ModuleDict({"digit": nn.Linear(4, 10), "colour": nn.Linear(4, 3)})
        >>> heads["colour"].out_features, list(heads.keys()), "sound" in heads
        (3, ['digit', 'colour'], False)
        >>> list(heads.state_dict())
        ['digit.weight', 'digit.bias', 'colour.weight', 'colour.bias']
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        self.update(modules or {})

    def __setitem__(self, name: str, module: Module) -> None:
        if not isinstance(module, Module):
            raise TypeError(f"ModuleDict is made of modules, such as nn.Linear(2, 3), and got {_described(module)} for {name!r}.")
        if name in self:
            vars(self)[name] = module
            self._name = None
        else:
            self.add_module(name, module)

    def __getitem__(self, name: str) -> Any:
        """The module of a name."""
        if name not in self:
            raise KeyError(f"This ModuleDict has no {name!r}; it has {', '.join(self.keys()) or 'none'}.")
        return vars(self)[name]

    def __delitem__(self, name: str) -> None:
        self.pop(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and isinstance(vars(self).get(name), Module)

    def __len__(self) -> int:
        return len(self.keys())

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def keys(self) -> list[str]:
        """The names, in order."""
        return [name for name, child in vars(self).items() if isinstance(child, Module)]

    def values(self) -> list[Any]:
        """The modules, in order.

        Example:
            >>> import nn
            >>> ModuleDict({"activation": nn.ReLU()}).values()
            [ReLU()]
        """
        return [vars(self)[name] for name in self.keys()]

    def items(self) -> list[tuple[str, Any]]:
        """The names with their modules, in order.

        Example:
            >>> import nn
            >>> ModuleDict({"activation": nn.ReLU()}).items()
            [('activation', ReLU())]
        """
        return [(name, vars(self)[name]) for name in self.keys()]

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add modules, or put them in the place of those that have their names.

        Example:
            >>> import nn
            >>> layers = ModuleDict()
            >>> layers.update({"activation": nn.ReLU()})
            >>> len(layers)
            1
        """
        for name, module in modules.items() if isinstance(modules, (Mapping, ModuleDict)) else modules:
            self[name] = module

    def pop(self, name: str) -> Any:
        """Remove a module, and return it.

        Example:
            >>> import nn
            >>> ModuleDict({"activation": nn.ReLU()}).pop("activation")
            ReLU()
        """
        module = self[name]
        del vars(self)[name]
        return module

    def forward(self, *args: object) -> NoReturn:
        """There is none, since a dict does not say in which order its modules are used."""
        raise NotImplementedError(f"{self._called()} is a dict: call its modules, self.layers['name'](x).")


class ParameterList(Module):
    """Parameters in a list, as in PyTorch; a plain list of them as an attribute does the same.

    Args:
        values: Tensors and Values; arrays become Tensors.

    Raises:
        TypeError: one of them is not an array of numbers.

    Example:
        >>> import nn
        >>> weights = ParameterList([nn.Parameter([1.0, 2.0]), nn.Parameter([3.0])])
        >>> list(weights.state_dict()), len(weights), weights[1]
        (['0', '1'], 2, Tensor([3.]))
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        self.extend(values or ())

    def append(self, value: object) -> Self:
        """Add a parameter at the end.

        Example:
            >>> len(ParameterList().append([1.0, 2.0]))
            1
        """
        vars(self)[str(len(self))] = value if isinstance(value, Node) else Parameter(value)
        self._name = None
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add parameters at the end.

        Example:
            >>> len(ParameterList().extend([[1.0], [2.0]]))
            2
        """
        for value in values:
            self.append(value)
        return self

    def _inside(self) -> list[Any]:
        return [x for name, x in vars(self).items() if name.isdigit()]

    def __len__(self) -> int:
        return len(self._inside())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._inside())

    def __getitem__(self, index: int | slice) -> Any:
        """The parameter with a number; for a slice, a list of them."""
        inside = self._inside()
        if isinstance(index, slice):
            return ParameterList(inside[index])
        if not -len(inside) <= index < len(inside):
            raise IndexError(f"This ParameterList has {len(inside)} parameters, and so no parameter {index}.")
        return inside[index]

    def __setitem__(self, index: int, value: object) -> None:
        """Put a parameter in the place of another."""
        self[index]
        vars(self)[str(index % len(self))] = value if isinstance(value, Node) else Parameter(value)
        self._name = None

    def forward(self, *args: object) -> NoReturn:
        """There is none: a list of parameters computes nothing."""
        raise NotImplementedError(f"{self._called()} is a list of parameters: compute with them, self.weights[0] @ x.")


def _described(thing: object) -> str:
    hint = ", without brackets after it" if isinstance(thing, type) else ""
    return f"{thing!r:.80}{hint}"
