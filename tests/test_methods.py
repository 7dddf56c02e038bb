"""The methods of nodes and the functions of `autograd` are those that the table says, for Python, `help()` and editors."""

import inspect
from pathlib import Path
from textwrap import indent
from typing import Any

import autograd
from autograd.methods import methods

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
