"""The methods of nodes and the functions of `autograd` are those that the table says, for Python, `help()` and editors."""

import inspect
import operator
import pydoc
from pathlib import Path
from textwrap import indent
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, table
from autograd.methods import methods, named, operators

STUB = Path(autograd.__file__).with_name("methods.pyi")
BEGINNING = '''"""What editors and type checkers read of `methods.py`: written from the table by `tests/test_methods.py`."""

from collections.abc import Iterator
from inspect import Parameter
from typing import Any, NamedTuple, Self

from .core import Node, Primitive

class Method(NamedTuple):
    name: str
    arguments: list[Parameter]
    expression: str
    entry: Primitive

def operators() -> dict[str, Primitive]: ...
def named() -> dict[str, Primitive]: ...
def methods() -> Iterator[Method]: ...

class Methods(Node):
'''


def as_text(method):
    """A method as it stands in the stub."""
    kinds = [Any if x.default is x.empty else type(x.default) for x in method.arguments]
    if method.name in ("__eq__", "__ne__"):
        kinds = [object]
    arguments = ", ".join(["self", *(str(x.replace(annotation=kind)) for x, kind in zip(method.arguments, kinds, strict=True))])
    of_one = method.entry.arity == 1
    start = f"    def {method.name}({arguments}) -> {'Self' if of_one else 'Any'}:"
    if method.name.startswith("__"):
        return f"{start} ...\n"
    return start + "\n" + indent(f'r"""{inspect.cleandoc(method.entry.__doc__)}\n"""\n', " " * 8)


def test_editors_read_the_methods_that_there_are():
    wanted = BEGINNING + "".join(map(as_text, methods()))
    if STUB.read_text(encoding="utf-8") != wanted:  # the table has changed
        STUB.write_text(wanted, encoding="utf-8")
    compile(wanted, STUB.name, "exec")


def test_functions_and_methods_are_the_entries():
    for name, entry in named().items():
        assert name in autograd.__all__
        if entry.arity < 3:  # clip may leave out a limit
            assert getattr(autograd, name) is entry
        numbers = [np.mean(entry.domain)] * entry.arity
        for kind in (Value, Tensor):
            assert getattr(kind(numbers[0]), name)(*numbers[1:]).primitive is entry


@pytest.mark.parametrize("name", named())
def test_help_on_a_method_says_what_it_computes_with_an_example(name):
    for kind in (Value, Tensor):
        text = pydoc.render_doc(getattr(kind, name), renderer=pydoc.plaintext)
        for line in inspect.cleandoc(getattr(kind, name).__doc__).splitlines():
            assert line in text
        assert ">>> " in text


def test_help_on_a_function_says_what_it_computes():
    for name in autograd.__all__:
        text = pydoc.render_doc(getattr(autograd, name), renderer=pydoc.plaintext)
        assert inspect.getdoc(getattr(autograd, name)).splitlines()[0] in text


def test_signatures_say_what_may_be_given():
    assert str(inspect.signature(autograd.tanh)) == "(x, /)"
    assert str(inspect.signature(autograd.leaky_relu)) == "(x, /, *, negative_slope=0.01)"
    assert str(inspect.signature(table["conv_transpose"])) == "(g, weight, /, *, shape, stride, padding, dilation, groups)"
    assert str(inspect.signature(Value.leaky_relu)) == str(inspect.signature(Tensor.leaky_relu)) == "(self, negative_slope=0.01)"
    assert str(inspect.signature(Tensor.maximum)) == "(self, other)"
    assert Tensor([-2.0]).leaky_relu(0.5).data.tolist() == [-1.0]


@pytest.mark.parametrize("name", operators())
def test_an_operator_is_its_entry(name):
    entry = operators()[name]
    function = getattr(operator, name) if entry.operator != "abs" else abs
    inputs = [2.5, 0.5][: entry.arity]
    for kind in (Value, Tensor):
        x = kind(inputs[0])
        if entry.compares:
            assert function(x, 0.5) == entry.scalar(2.5, 0.5)
            continue
        out = function(x, *inputs[1:])
        assert out.primitive is entry
        assert out.item() == entry.scalar(*inputs)
        if entry.arity == 2:
            swapped = function(0.5, x)
            assert (swapped.primitive, swapped.inputs) == (entry, (0.5, x))
            assert swapped.item() == entry.scalar(0.5, 2.5)


@pytest.mark.parametrize("name", [name for name, entry in table.items() if entry.range != (-np.inf, np.inf)])
def test_results_are_in_the_range_that_the_entry_says(name):
    entry = table[name]
    low, high = entry.range
    x = np.linspace(-30.0, 30.0, 6001)
    with np.errstate(invalid="ignore"):
        y = entry.array(x)
    y = y[~np.isnan(y)]
    assert y.min() >= low
    assert y.max() <= high
    if entry.elementwise:  # and no smaller one would do
        assert y.min() <= low + 1e-3
        assert y.max() >= min(high - 1e-3, 5.0)
