"""What the library can say when something is wrong: the text of every `raise` and of every warning, read from its source.

A text is a template: `{name}` stands for what is filled in there, and `…` where that is computed. Texts that are written
elsewhere are followed: variables of the function, attributes, constants, and functions that return them.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

__all__ = ["Message", "messages", "page", "says", "template"]

PLACE = r"\{[^{}]*\}|…"  # what is filled in
LONGEST = 8  # way from an error to a text of it
SHORT = 24  # letters of an expression that is shown as it is


class Message(NamedTuple):
    kind: str  # the name of the exception or the warning
    text: str
    file: str  # from the root of the repository


def messages(root: Path) -> list[Message]:
    """All messages of `autograd` and `nn`, in the order of the source."""
    paths = sorted(path for room in ("autograd", "nn") for path in (root / room).rglob("*.py"))
    parts = {path: list(_parts(ast.parse(path.read_text(encoding="utf-8")))) for path in paths}
    folders = {
        folder: _merged(each.names for path in paths if path.parent == folder for each in parts[path])
        for folder in {path.parent for path in paths}
    }
    everywhere = _merged(folders.values())
    found: dict[Message, None] = {}
    for path in paths:
        for part in parts[path]:
            source = Source(part.names, folders[path.parent], everywhere)
            for kind, argument in source.said(part.nodes):
                texts = [text for text in source.texts(argument) if re.search(r"\w.* ", text)]
                found |= dict.fromkeys(Message(kind, text, path.relative_to(root).as_posix()) for text in texts)
    return list(found)


def template(found: Iterable[Message], text: str) -> Message | None:
    """The message from which an error with this text was made: of those that fit, the one that says most of it itself."""
    return max((message for message in found if says(message, text)), key=lambda message: len(_fixed(message)), default=None)


def says(message: Message, text: str) -> bool:
    """Whether an error with this text is made from this message.

    Example:
        >>> says(Message("ValueError", "{name} got {…}.", "nn/inputs.py"), "Linear got 3.")
        True
    """
    return _pattern(message.text).fullmatch(text) is not None


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, re.split(PLACE, template))), flags=re.DOTALL)


def page(found: Iterable[Message], explained: dict[Message, str]) -> str:
    """The messages as a page. Of those that are explained, the label of the explanation is given."""
    lines = [
        "# Every message",
        "",
        "All errors and warnings of the library, as they stand in its source, file by file. What is in braces, or is `…`, is filled in. "
        "Use the search of your browser with a few words of the message that you got, and leave out names and numbers.",
    ]
    for file, group in itertools.groupby(found, key=lambda message: message.file):
        lines += ["", f"## `{file}`", ""]
        for message in group:
            link = f" ([explained](#{explained[message]}))" if message in explained else ""
            lines.append(f"- {message.kind}: {_literal(message.text)}{link}")
    return "\n".join(lines) + "\n"


Names = dict[str, list[ast.expr]]  # what is assigned to each name and each attribute, and, as `f()`, what each function returns


class Part(NamedTuple):
    """A function, or what stands in a module outside of functions."""

    nodes: list[ast.AST]
    names: Names


def _parts(module: ast.Module) -> Iterator[Part]:
    outside: list[ast.AST] = []
    todo: list[ast.AST] = [module]
    while todo:
        node = todo.pop(0)
        if isinstance(node, ast.FunctionDef):
            nodes = list(ast.walk(node))
            returned = [each.value for each in nodes if isinstance(each, ast.Return) and each.value is not None]
            yield Part(nodes, _assigned(nodes) | {f"{node.name}()": returned})
        elif isinstance(node, (ast.Module, ast.ClassDef)):
            todo[:0] = node.body
        else:
            outside += ast.walk(node)
    yield Part(outside, _assigned(outside))


def _assigned(nodes: Iterable[ast.AST]) -> Names:
    found: Names = {}
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)], value=value):
                found.setdefault(name, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name) | ast.Attribute(attr=name), value=ast.expr() as value):
                found.setdefault(name, []).append(value)
            case ast.Call(func=ast.Attribute(attr="append", value=ast.Attribute(attr=name)), args=[value]):
                found.setdefault(name, []).append(value)
    return found


def _merged(several: Iterable[Names]) -> Names:
    found: Names = {}
    for names in several:
        for name, values in names.items():
            found.setdefault(name, []).extend(values)
    return found


class Source(NamedTuple):
    """A function, and where the texts that it uses may be written."""

    local: Names  # in the function
    here: Names  # in the files of its folder
    everywhere: Names

    def said(self, nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
        """The errors and warnings of the function: the kind of each, and what it is made from."""
        for node in nodes:
            match node:
                case ast.Raise(exc=ast.Call(func=ast.Attribute(value=ast.Call() as call))) | ast.Raise(exc=ast.Call() as call):
                    yield from self.made(call)
                case ast.Call(func=ast.Attribute(attr="warn"), args=[text, *_]):
                    kinds = [each.id for each in ast.walk(node) if isinstance(each, ast.Name) and each.id.endswith("Warning")]
                    yield (kinds or ["UserWarning"])[0], text

    def made(self, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
        """The error that a call makes, or those of the function that it calls."""
        if kinds := re.findall(r"\b[A-Z]\w+", ast.unparse(call.func)):
            yield from ((" or ".join(kinds), argument) for argument in call.args)
        for returned in self.everywhere.get(f"{_name(call)}()", []):
            if isinstance(returned, ast.Call):
                inner = " or ".join(re.findall(r"\b[A-Z]\w+", ast.unparse(returned.func))) or "error"
                yield from ((inner, argument) for argument in returned.args)

    def texts(self, x: ast.expr, way: tuple[ast.expr, ...] = ()) -> list[str]:
        """The texts that an expression can give, reached on a `way` of others; none if it gives no text, or nobody can say which."""
        if len(way) > LONGEST or any(x is each for each in way):
            return []
        follow = partial(self.texts, way=(*way, x))
        several: list[ast.expr] = []
        match x:
            case ast.Constant(value=str() as text):
                return [text]
            case ast.JoinedStr(values=parts):
                return ["".join(map(_part, parts))]
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                ends = follow(right) or ["…"]
                return [text + end for text in follow(left) for end in ends]
            case ast.Subscript(value=inner, slice=ast.Slice(upper=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as n)))):
                return [text[:-n] for text in follow(inner)]
            case ast.Subscript(value=inner) | ast.Call(func=ast.Attribute(attr="format", value=inner)):
                several = [inner]
            case ast.IfExp(body=a, orelse=b):
                several = [a, b]
            case ast.BoolOp(values=several):
                pass
            case ast.Name(id=name):
                several = self.local.get(name, []) or (self.everywhere.get(name, []) if name.isupper() else [])
            case ast.Attribute(attr=name):
                several = self.here.get(name, [])
            case ast.Call():
                several = self.everywhere.get(f"{_name(x)}()", []) or x.args
        return [text for each in several for text in follow(each)]


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _fixed(message: Message) -> str:
    return re.sub(PLACE, "", message.text)


def _part(part: ast.expr) -> str:
    """A part of a formatted text."""
    if not isinstance(part, ast.FormattedValue):
        return str(part.value) if isinstance(part, ast.Constant) else ""
    shown = ast.unparse(part.value)
    return f"{{{shown}}}" if len(shown) <= SHORT and re.fullmatch(r"[\w.]+", shown) else "…"


def _literal(text: str) -> str:
    """Markdown for a text to be shown letter by letter."""
    text, fence = " ".join(text.split()), "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if "`" in text[:1] + text[-1:] else ""
    return f"{fence}{space}{text}{space}{fence}"
