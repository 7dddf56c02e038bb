"""Claims about `help()`: every public name of `nn` says what it takes, what goes wrong, where it is from, and shows itself."""

import ast
import doctest
import inspect
import re
import textwrap

import pytest
from one_of_each import LAYERS, LOSSES

import nn

ROOMS = [nn, nn.functional, nn.init, nn.metrics, nn.utils]
ELSEWHERE = ("nn.callbacks", "nn.data", "nn.diagnosis", "nn.optim", "nn.plot", "nn.training")
PUBLIC = {
    f"{room.__name__}.{name}": thing
    for room in ROOMS
    for name in room.__all__
    if inspect.isroutine(thing := getattr(room, name)) or inspect.isclass(thing)
    if thing.__module__.startswith("nn.") and not thing.__module__.startswith(ELSEWHERE)
}
METHODS = {
    f"{base.__module__}.{base.__name__}.{method}": (thing, method)
    for thing in PUBLIC.values()
    if inspect.isclass(thing)
    for base in thing.__mro__
    if base.__module__.startswith("nn.")
    for method, what in vars(base).items()
    if not method.startswith("_") and (inspect.isfunction(what) or isinstance(what, property))
}
SOURCE = r"\b(1[89]|20)\d\d\b|PyTorch|torch\.nn|NumPy|scikit-learn|micrograd|Keras"
SAID_OF_THE_CLASS = ("forward", "extra_repr")  # its own docstring says what these do


def examples(thing):
    """The lines that the examples in a docstring run."""
    return "".join(example.source for example in doctest.DocTestParser().get_examples(inspect.getdoc(thing) or ""))


def raised(function):
    """The names of the errors that a function raises itself."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    calls = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]
    return {call.func.id for call in calls if isinstance(call.func, ast.Name)}


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_has_a_running_example(name):
    assert examples(PUBLIC[name])


@pytest.mark.parametrize("name", METHODS)
def test_every_public_method_is_described_and_shown_in_an_example_of_its_own_or_of_its_class(name):
    kind, method = METHODS[name]
    assert inspect.getdoc(getattr(kind, method)) or method in SAID_OF_THE_CLASS
    own = examples(getattr(kind, method))
    assert own or method in SAID_OF_THE_CLASS or any(re.search(rf"\b{method}\b", examples(base)) for base in kind.__mro__)


@pytest.mark.parametrize("name", PUBLIC)
def test_every_error_that_a_public_name_raises_itself_stands_in_its_docstring(name):
    thing = PUBLIC[name]
    methods = [vars(thing)[method] for method in ("__init__", "forward") if method in vars(thing)] if inspect.isclass(thing) else [thing]
    errors = {error for method in methods for error in raised(method)} - {"NotImplementedError"}
    assert not {error for error in errors if error not in thing.__doc__}


@pytest.mark.parametrize("name", [*LAYERS, *LOSSES])
def test_every_layer_and_loss_says_the_shapes_that_it_takes_and_where_it_is_from(name):
    text = inspect.getdoc(getattr(nn, name))
    assert "Shape:" in text
    assert re.search(SOURCE, text)
