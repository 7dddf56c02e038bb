"""Modules made of modules: one after the other, or in a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

import numpy as np

from .module import Module

__all__ = ["ModuleList", "Sequential"]


class _Numbered(Module):
    """Modules that are attributes called "0", "1", …, as in PyTorch's state dicts; or by names of the user's."""

    def append(self, module: Module) -> Self:
        """Add a module at the end."""
        self._check(module)
        vars(self)[str(len(self))] = module
        self._name = None  # the next call gives it its name
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end."""
        for module in modules:
            self.append(module)
        return self

    def _check(self, module: Any) -> None:
        """Refuse what is no module."""
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

    def __getitem__(self, index: int | slice) -> Any:
        """The module of a number; of a slice, those modules in a container of the same kind."""
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
    """Modules one after the other: each gets what the one before returned.

    Args:
        modules: the modules; or one dict of them, whose keys become their names.

    Raises:
        TypeError: something among them is no module.

    Example:
        >>> import numpy as np
        >>> import nn
        >>> model = Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
        >>> model(np.ones((5, 4))).shape
        (5, 3)
        >>> list(model.state_dict())
        ['0.weight', '0.bias', '2.weight', '2.bias']
    """

    def __init__(self, *modules: Any) -> None:
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                if hasattr(self, name) or not isinstance(module, Module):
                    raise TypeError(
                        f"Sequential cannot have {_described(module)} under the name {name!r}; names are new, and modules are modules."
                    )
                vars(self)[name] = module
        else:
            self.extend(modules)

    def forward(self, x: Any) -> Any:
        for module in self:
            x = module(x)
        return x


class ModuleList(_Numbered):
    """Modules in a list, for a `forward` of one's own to use; it is no function itself.

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

    def forward(self, *args: Any) -> Any:
        """There is none; a list does not say in which order its modules are used."""
        raise NotImplementedError(f"{self._called()} is a list: call its modules, or use nn.Sequential for one after the other.")


def _described(thing: Any) -> str:
    hint = ", without brackets after it" if isinstance(thing, type) else ""
    return f"{thing!r:.80}{hint}"
