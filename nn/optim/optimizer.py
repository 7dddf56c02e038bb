"""`Optimizer`: parameters in groups, and the step that changes them.

It reads and writes `p.data` and `p.grad` and nothing else, so it works for `Value`s and `Tensor`s
alike. A Tensor that has no gradient stays as it is; a Value that has none has the gradient 0.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np

from autograd import Node, Tensor
from autograd.errors import describe
from autograd.interrupts import uninterrupted
from autograd.state import effects
from autograd.stores import Store
from autograd.updating import Updater

from ..gradients import zero_gradients
from .groups import Parameter, Parameters, Settings, check_precision, check_setting, parameters_of, settings_of
from .health import Health
from .pieces import Array, Memory, Piece, Starts, UnevenError, in_pieces
from .states import memories_from

__all__ = ["Optimizer"]

ENTRIES_AT_ONCE = 2**15  # an elementwise formula is computed on parts of this size, which stay in the processor's cache


class Optimizer(Updater):
    """The base class of all optimizers. A subclass writes its formula, `update`, and names what it remembers, `memory`.

    The formula sees one parameter at a time, as in a textbook: its numbers, its gradient, and what
    is remembered of it, such as a running mean, all as NumPy arrays of its shape. (A `Value` is an array
    with one entry.) If the formula treats every entry separately, as Adam's does, the class may say so with
    `elementwise = True`. Then the formula is called on many small parameters at once, and on large ones in
    parts, which is faster. A subclass with a formula of its own must say it again.

    Steps of parameters in float16 are computed in float32, and so is what is remembered of them: in float16
    an eps of 1e-8 would be 0, and so would small squares.

    Args:
        params: the parameters to change, such as `model.parameters()`; or groups of them, a list
            of dicts such as `{"params": model.head.parameters(), "lr": 0.1}`, whose other entries
            are the settings of that group.
        defaults: the settings of groups that do not have their own, such as `{"lr": 0.01}`.

    Attributes:
        elementwise: whether the formula treats every entry separately.
        unchecked: the names of settings that `check` skips, because they need not be numbers of at least 0.
        param_groups: the groups, each with all its settings. They may be changed between steps:
            `optimizer.param_groups[0]["lr"] = 0.01`.
        state: what is remembered of each parameter, such as running means.
        defaults: the argument of that name.

    Raises:
        TypeError: `params` are not Values and Tensors, or a setting is not a number.
        ValueError: there are no parameters, one of them was computed, one is in two groups, or a
            setting is unknown or out of range.

    Example:
        Steps of the length lr, whatever the gradient: p ← p - lr g / ‖g‖.

        >>> import numpy as np
        >>> from autograd import Tensor
        >>> class NormalizedDescent(Optimizer):
        ...     def update(self, p, g, *, step, lr):
        ...         p -= lr * g / np.linalg.norm(g)
        >>> p = Tensor([1.0, 1.0])
        >>> (p * [3.0, 4.0]).sum().backward()
        >>> NormalizedDescent([p], {"lr": 0.5}).step()
        >>> p.tolist()
        [0.7, 0.6]

        With momentum: v ← m v + g, p ← p - lr v. Each entry goes its own way.

        >>> class Momentum(Optimizer):
        ...     elementwise = True
        ...     def memory(self, settings):
        ...         return {"v": 0.0}
        ...     def update(self, p, g, v, *, step, lr, m):
        ...         v *= m
        ...         v += g
        ...         p -= lr * v
        >>> optimizer = Momentum([p], {"lr": 0.1, "m": 0.5})
        >>> for _ in range(2):
        ...     optimizer.step()
        >>> [round(x, 9) for x in p.tolist()]
        [-0.05, -0.4]
    """

    unchecked: ClassVar[tuple[str, ...]] = ()
    seen = ("param_groups", "lr", "state", "state_dict")
    own = frozenset(["defaults", "param_groups", "_checked", "_settings", "_pieces", "_frozen", "_seen", "_arranged", "_health"])

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "update" in vars(cls) and "elementwise" not in vars(cls):
            cls.elementwise = False

    def __init__(self, params: Parameters, defaults: Settings) -> None:
        if isinstance(params, Node) or not isinstance(params, Iterable):
            raise TypeError(f"An optimizer takes a list of parameters, not a {type(params).__name__}; pass model.parameters().")
        self.defaults = dict(defaults)
        self.param_groups: list[dict[str, Any]] = []
        self._checked: list[dict[str, Any]] = []  # copies of the groups, from when their settings were last checked
        # Of each group, its settings and what `memory` gives for them.
        self._settings: list[tuple[dict[str, Any], Starts]] = []
        self._pieces: list[list[Piece]] = []  # the parameters of each group
        self._frozen: dict[Parameter, Memory] = {}  # the frozen parameters, and what is remembered of them
        self._seen = (0, 0)  # the numbers of stores and of changes of `requires_grad` when the pieces were made
        # The parameters without a gradient for which they were made, and all of them.
        self._arranged: tuple[Any, Any] = (None, [])
        self._health = Health()
        given: list[Any] = list(params)
        for group in given if given and all(isinstance(group, dict) for group in given) else [{"params": given}]:
            self.add_param_group(group)

    def step(self) -> None:
        """Change every parameter once, by its gradient. Ctrl-C takes effect only after all are changed.

        Raises:
            ValueError: a setting has been changed to an impossible one. No parameter is changed then.
            TypeError: the formula returns something, instead of changing its parameter in place.

        Warns:
            RuntimeWarning: the step was too small to change a parameter in float16; or parameters
                are nan or infinite now.
        """
        if (noted := effects()) is not None:
            noted.update(self)
            return
        checked, gradients = self.settings(), self._gradients()
        with uninterrupted():
            for (settings, starts), pieces in zip(checked, gradients, strict=True):
                for piece, g in pieces:
                    if g is not None:
                        self.apply(piece, g, starts, partial(self._formula, settings))
        self.finish()

    def finish(self) -> None:
        self._health.finish(type(self).__name__, self.leaves)

    def update(self, p: Array, g: Array, *memory: Any, **settings: Any) -> None:
        """The formula. It changes `p` and the memory in place, as in `p -= lr * g`, and leaves `g` as it is.

        Args:
            p: a parameter; or, if the formula is `elementwise`, any entries of parameters.
            g: its gradient, of the same shape.
            memory: the arrays that `memory` names, in that order, of the same shape; None for one that is not
                needed.
            step: the number of this step, from 1, counted for each parameter. (It stays 1 if nothing is remembered.)
            settings: the settings of the group.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define update(self, p, g, *, step, lr), the formula of a step.")

    def memory(self, settings: Settings) -> Starts:
        """What the method remembers of each entry of a parameter: names and initial values.

        None in place of a value means that it is not needed with these settings.
        """
        return {}

    def check(self, settings: Settings) -> None:
        """Raise an error if settings are impossible.

        That is the case if a number is negative or not finite, if `eps` is 0, or if `betas` are not at least 0 and
        below 1. A subclass with other kinds of settings names them in `unchecked`, or overrides `check`.
        """
        for name, setting in settings.items():
            if name not in self.unchecked:
                check_setting(name, setting, type(self).__name__)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients of all parameters. If not `set_to_none`, those of Tensors become zeros instead of None.

        Example:
            >>> from autograd import Value
            >>> from nn.optim import SGD
            >>> p = Value(1.0)
            >>> (p * p).backward()
            >>> SGD([p], lr=0.1).zero_grad()
            >>> p.grad
            0.0
        """
        if (noted := effects()) is not None:
            noted.forget(self.leaves(), to_zero=not set_to_none)
            return
        if not set_to_none:
            zero_gradients(self.leaves())
            return
        self._look_again()
        for pieces in self._pieces:
            for piece in pieces:
                piece.zero_grad()

    @property
    def lr(self) -> float:
        """The learning rate of all groups. Assigning to it changes it in all of them.

        Raises:
            ValueError: on reading, the groups have different ones; on assigning, the new one is negative or not finite.

        Example:
            >>> from autograd import Value
            >>> from nn.optim import SGD
            >>> optimizer = SGD([{"params": Value(1.0)}, {"params": Value(2.0), "lr": 0.5}], lr=0.1)
            >>> optimizer.lr = 0.2
            >>> [group["lr"] for group in optimizer.param_groups]
            [0.2, 0.2]
        """
        rates = [group["lr"] for group in self.param_groups]
        if any(rate != rates[0] for rate in rates):
            raise ValueError(f'The groups have different learning rates, {rates}; read optimizer.param_groups[i]["lr"].')
        return rates[0]

    @lr.setter
    def lr(self, new: float) -> None:
        for group in self.param_groups:
            self.check({**settings_of(group, self.defaults), "lr": new})
        for group in self.param_groups:
            group["lr"] = new
            group.pop("initial_lr", None)  # where a new schedule starts from

    @property
    def state(self) -> dict[Parameter, Memory]:
        changing = (entry for pieces in self._pieces for piece in pieces for entry in piece.memories())
        return {p: memory for p, memory in [*changing, *self._frozen.items()] if memory}

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Add parameters, with settings of their own.

        Raises:
            TypeError, ValueError: as in `Optimizer`.

        Example:
            >>> from autograd import Value
            >>> from nn.optim import SGD
            >>> optimizer = SGD([Value(1.0)], lr=0.1)
            >>> optimizer.add_param_group({"params": [Value(2.0)], "lr": 0.5})
            >>> [group["lr"] for group in optimizer.param_groups]
            [0.1, 0.5]
        """
        if not isinstance(param_group, Mapping) or "params" not in param_group:
            raise TypeError(f'A parameter group is a dict such as {{"params": model.parameters(), "lr": 0.1}}; got {param_group!r}.')
        unknown = [str(name) for name in param_group if name not in {"params", "initial_lr", *self.defaults}]
        if unknown:
            known = ", ".join(["params", *self.defaults])
            raise ValueError(f"A parameter group of {type(self).__name__} has {known}; there is no {', '.join(unknown)}.")
        params = parameters_of(param_group["params"])
        taken = set(self.leaves())
        for p in params:
            if p in taken:
                raise ValueError(f"{describe(p)} is in two parameter groups; each parameter belongs to one.")
        group = {**self.defaults, **param_group, "params": params}
        self._check(group)
        self.param_groups.append(group)
        self._remember(self.state)

    def state_dict(self) -> dict[str, Any]:
        """Everything that another optimizer needs to continue from here.

        These are the settings, and what is remembered of each parameter.

        Returns:
            A dict as in PyTorch's, in which parameters are numbered through all groups. It holds copies: numbers
            for Values, arrays for Tensors.

        Example:
            >>> from autograd import Value
            >>> from nn.optim import Adagrad
            >>> p = Value(1.0)
            >>> (p * p).backward()
            >>> optimizer = Adagrad([p], lr=0.1)
            >>> optimizer.step()
            >>> optimizer.state_dict()["state"]
            {0: {'step': 1, 'sum': 4.0}}
            >>> optimizer.state_dict()["param_groups"][0]["params"]
            [0]
        """
        position = {p: i for i, p in enumerate(self.leaves())}
        state = {position[p]: {name: x.copy() if isinstance(x, np.ndarray) else x for name, x in memory.items()}
                 for p, memory in self.state.items()}  # fmt: skip
        return {"state": state, "param_groups": [{**g, "params": [position[p] for p in g["params"]]} for g in self.param_groups]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue where another optimizer has stopped; it may be PyTorch's.

        It must have the same parameters in the same groups.

        If something does not fit, nothing is changed.

        Raises:
            TypeError: it is not a dict from `state_dict()`.
            ValueError: groups, settings or shapes differ; all that do are listed.

        Example:
            >>> from autograd import Value
            >>> from nn.optim import SGD
            >>> old, new = SGD([Value(1.0)], lr=0.5, momentum=0.9), SGD([Value(1.0)])
            >>> new.load_state_dict(old.state_dict())
            >>> new.param_groups[0]["momentum"]
            0.9
        """
        memories = memories_from(state_dict, self.param_groups, self.defaults, type(self).__name__)
        loaded = [
            {**{name: x for name, x in group.items() if name in {"initial_lr", *self.defaults}}, "params": own["params"]}
            for own, group in zip(self.param_groups, state_dict["param_groups"], strict=True)
        ]
        for group in loaded:
            self._check(group)
        with uninterrupted():
            for own, group in zip(self.param_groups, loaded, strict=True):
                own.pop("initial_lr", None)
                own.update(group)
            self._remember(memories)
            self._health.restart()

    def __getstate__(self) -> dict[str, Any]:
        """For copying and pickling. A copy makes its own pieces, as a copy of a Value is not in a store."""
        return {**vars(self), "state": self.state, "_pieces": [], "_arranged": (None, []), "_checked": [], "_settings": []}

    def __setstate__(self, attributes: dict[str, Any]) -> None:
        state = attributes.pop("state")
        vars(self).update(attributes)
        self._remember(state)

    def _remember(self, state: Mapping[Parameter, Memory], without: Collection[Any] | None = None) -> None:
        if without is None:
            without = {p for p in self.leaves() if isinstance(p, Tensor) and p._grad is None}
        self._arranged = None, []
        self._seen = (Store.made, Node.flips)
        memories = [{p: state.get(p, {}) for p in group["params"] if p.requires_grad} for group in self.param_groups]
        self._frozen = {p: state.get(p, {}) for p in self.leaves() if not p.requires_grad}
        self._pieces = [in_pieces(each, self.elementwise, without) for each in memories]

    def _look_again(self) -> None:
        """Make new pieces if Values have moved into a store, or parameters were frozen or thawed."""
        if self._seen != (Store.made, Node.flips):
            self._remember(self.state)

    def leaves(self) -> list[Parameter]:
        return [p for group in self.param_groups for p in group["params"]]

    def arranged(self, without: Collection[Any]) -> Sequence[tuple[int, Piece]]:
        self._look_again()
        before, arranged = self._arranged
        if before != without or not all(piece.fits() for _, piece in arranged):
            self._remember(self.state, without)
            arranged = [(i, piece) for i, pieces in enumerate(self._pieces) for piece in pieces]
            self._arranged = without, arranged
        return arranged

    def seen_as(self, name: str) -> Any:
        return [self.state] if name.startswith("state") else self.param_groups

    def _gradients(self) -> list[list[tuple[Piece, Array | None]]]:
        """The pieces of each group, each with its gradient."""
        self._look_again()
        try:
            return [[(piece, piece.gradient()) for piece in pieces] for pieces in self._pieces]
        except UnevenError:
            self._remember(self.state)
            return self._gradients()

    def settings(self) -> list[tuple[dict[str, Any], Starts]]:
        """The settings of each group, and what `memory` gives for them.

        They are checked again if a group has changed.
        """
        if self._checked != self.param_groups:
            self._settings = [(settings := self._check(group), self.memory(settings)) for group in self.param_groups]
            self._checked = [dict(group) for group in self.param_groups]
        return self._settings

    def _check(self, group: Settings) -> dict[str, Any]:
        """The settings of a group.

        Raises an error if they are impossible, or if eps is 0 in the precision of a parameter.
        """
        settings = settings_of(group, self.defaults)
        self.check(settings)
        if "eps" in settings and "eps" not in self.unchecked:
            check_precision(settings["eps"], group["params"], type(self).__name__)
        return settings

    def _formula(self, settings: Settings, arrays: Sequence[Any], step: int) -> Any:
        return self.update(*arrays, step=step, **settings)

    def apply(self, piece: Any, g: Any, memory: Starts, formula: Callable[[Sequence[Any], int], Any]) -> None:
        numbers = p = piece.read()
        if type(g) is not np.ndarray or g.dtype is not p.dtype:  # of a compiled program
            g = np.asarray(g, p.dtype)
        if p.itemsize < 4:  # float16
            p, g = p.astype(np.float32), g.astype(np.float32)
        if not self.elementwise:
            g = g.view()
            g.setflags(write=False)  # `g += …` in a formula would change the gradient of the parameter
        step = piece.count_step(memory, p)
        arrays = (p, g, *piece.columns)
        if p.size <= ENTRIES_AT_ONCE or not self.elementwise or not all(x is None or x.flags.c_contiguous for x in (p, *piece.columns)):
            returned = formula(arrays, step)
        else:
            rows = [x if x is None else x.reshape(-1) for x in arrays]
            for start in range(0, p.size, ENTRIES_AT_ONCE):
                returned = formula([x if x is None else x[start : start + ENTRIES_AT_ONCE] for x in rows], step)
        if returned is not None:
            raise TypeError(f"{type(self).__name__}.update must change p in place, as in `p -= lr * g`, and return nothing.")
        if p is not numbers:
            self._health.compare(numbers, p)
            numbers[...] = p
        self._health.look(numbers)
        piece.write(numbers)
