"""From a program for NumPy to one in another language: to run it, or to read it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from .building import BuildError, Library, compiler, library, with_entries
from .dialects import JAVASCRIPT, C
from .formulas import UnprintableError
from .loops import widest_product
from .native import Native, NativeChange, NativeStep
from .programs import Printed, Recipe, printed

__all__ = ["TARGETS", "check_target", "in_c", "step_in_c", "text_in"]

Function = Callable[..., Any]

TARGETS = ("numpy", "c", "auto")
LANGUAGES = {"c": C, "javascript": JAVASCRIPT}
WIDE = 32  # from about this width on, NumPy's matrix products are faster than loops
# Bytes of arrays, and nodes, from which on C is not faster, or compiling takes longer than it is worth.
LARGE, LONG = 2**26, 2000


def check_target(target: str) -> None:
    """Refuse what is no target, or one that cannot be reached here."""
    if target not in TARGETS:
        raise ValueError(f"The target of compile is one of {', '.join(map(repr, TARGETS))}; {target!r} is none of them.")
    if target == "c" and compiler() is None:
        raise RuntimeError(
            'compile(…, target="c") needs a C compiler, and there is none here: install one with `pip install "glassgrad[c]"`, '
            'or take target="auto", which runs NumPy programs where there is no compiler.'
        )


def in_c(recipe: Recipe, target: str, forward: Function, backward: Function) -> tuple[Function, Function]:
    """`forward` and `backward` in C, in place of those in NumPy.

    They stay in NumPy if the target is "auto" and NumPy is the better choice.
    """
    made = _built(recipe, target)
    if made is None:
        return forward, backward
    native = Native(recipe, *made, forward, backward)
    return native.forward, native.backward


def step_in_c(
    recipe: Recipe, target: str, forward: Function, backward: Function, changes: Sequence[Function]
) -> tuple[Function, Function, Sequence[Function]]:
    """The same of a whole step of training, and of the functions that change its parameters."""
    made = _built(recipe, target)
    if made is None:
        return forward, backward, changes
    native = NativeStep(recipe, *made, forward, backward)
    functions = [NativeChange(recipe.name, change, made[1], f) for change, f in zip(made[0].changes, changes, strict=True)]
    return native.forward, native.backward, functions


def _built(recipe: Recipe, target: str) -> tuple[Printed, Library] | None:
    """The program in C, compiled; None if NumPy is to run."""
    if target == "auto" and compiler() is None:
        return None
    try:
        program = printed(recipe, C)
        size = sum(x.size * x.dtype.itemsize for x in program.nodes)
        if target == "auto" and (widest_product(program.nodes) > WIDE or len(program.nodes) > LONG or size > LARGE):
            return None
        return program, library(with_entries(program.text, _pointers(recipe, program)))
    except UnprintableError as error:
        if target == "auto":
            return None
        raise TypeError(_refusal(recipe.name, C.name, error)) from None
    except BuildError as error:
        warnings.warn(
            f"The C program of {recipe.name} could not be compiled ({error}); the NumPy program runs in its place.",
            RuntimeWarning,
            stacklevel=2,
        )
        return None


def _pointers(recipe: Recipe, program: Printed) -> dict[str, int]:
    """How many pointers each function of a program in C is called with."""
    inputs, results, saved = len(recipe.inputs), len(program.results), len(program.saved)
    gradients = sum(x is not None for x in program.gradients)
    if recipe.changes is None:
        return {"forward": inputs + results + saved, "backward": inputs + len(recipe.seeds) + gradients + saved}
    return {"step": inputs + results + gradients, **{change.name: len(change.arguments) for change in program.changes}}


def text_in(language: str, recipe: Recipe) -> str:
    """The program in another language.

    Raises:
        ValueError: there is no such language.
        TypeError: some part of the program has no form in it.
    """
    if language not in LANGUAGES:
        raise ValueError(f"The source is written in 'numpy', 'c' or 'javascript'; there is no language {language!r}.")
    dialect = LANGUAGES[language]
    try:
        return printed(recipe, dialect).text
    except UnprintableError as error:
        raise TypeError(_refusal(recipe.name, dialect.name, error)) from None


def _refusal(name: str, language: str, error: UnprintableError) -> str:
    return (
        f"{name} cannot be written in {language}, which has no form for {error}. "
        'compile(…, target="numpy") runs it, and so does target="auto".'
    )
