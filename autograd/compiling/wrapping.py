"""Long statements in several lines, broken where Python allows it: between two tokens inside of brackets."""

from __future__ import annotations

import io
import keyword
import re
import textwrap
import tokenize
from collections.abc import Iterator, Sequence
from typing import NamedTuple

__all__ = ["WIDTH", "wrapped"]

WIDTH = 96
INDENT = "    "
OPENING, CLOSING = "([{", ")]}"
OPERAND_ENDS = ("_", "'", '"', *CLOSING)
ASSIGNMENTS = ("=", "+=", "-=", "*=", "/=", "//=", "%=", "@=", "&=", "|=", "^=", ">>=", "<<=", "**=")
OPERATORS = ("+", "-", "*", "/", "@", "<", "<=", ">", ">=", "==", "!=", "and", "or", "if", "else", "for")
NO_TEXT = (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
TABLE = re.compile(r"\w+ = np\.array\([-\w\[\], .]*\)")  # of plain numbers
# From Python 3.12 on an f-string is several tokens, between which no line ends.
START, END = getattr(tokenize, "FSTRING_START", None), getattr(tokenize, "FSTRING_END", None)


class Token(NamedTuple):
    """A token of a statement.

    Attributes:
        text: as it is written.
        gap: what stands between it and the token before.
        depth: how many brackets it is in, a closing one in its own: a line may end before it if there is one.
        free: whether a person would end a line before it.
    """

    text: str
    gap: str
    depth: int
    free: bool


def wrapped(text: str, indent: int = 0) -> str:
    """Statements, indented, of which those that do not fit on a line are written in several.

    A value that is in no brackets gets some. Only a token that is longer than a line makes a longer line.

    Example:
        >>> print(wrapped("total = " + " + ".join(f"number{i}" for i in range(12))))
        total = (
            number0 + number1 + number2 + number3 + number4 + number5 + number6 + number7 + number8
            + number9 + number10 + number11
        )
    """
    if len(text) > WIDTH and TABLE.fullmatch(text):  # most of a long program's text, in a tenth of the time
        text = textwrap.fill(text, WIDTH - indent, subsequent_indent=INDENT, break_long_words=False, break_on_hyphens=False)
    elif any(len(line) + indent > WIDTH for line in text.split("\n")):
        text = "\n".join(_statements(text, WIDTH - indent))
    return textwrap.indent(text, " " * indent)


def _statements(text: str, width: int) -> Iterator[str]:
    """The statements of a text, each as it is if it fits."""
    lines = text.split("\n")
    statement: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_TEXT:
            statement.append(token)
        elif token.type == tokenize.NEWLINE:
            (row, column), (last, _) = statement[0].start, statement[-1].end
            as_it_is = lines[row - 1 : last]
            if any(len(line) > width for line in as_it_is):
                broken = _broken(_tokens(statement, lines), width - column)
                yield from (" " * column + line for line in broken)
            else:
                yield from as_it_is
            statement = []


def _tokens(statement: Sequence[tokenize.TokenInfo], lines: Sequence[str]) -> list[Token]:
    """The tokens, with all of an f-string as one."""
    tokens: list[Token] = []
    depth, before, inside = 0, "", 0
    row, column = statement[0].start
    for token in statement:
        text = token.string
        gap = lines[row - 1][column : token.start[1]] if token.start[0] == row else "" if before in OPENING or text in CLOSING else " "
        row, column = token.end
        if inside:
            tokens[-1] = tokens[-1]._replace(text=tokens[-1].text + gap + text)
            inside += (token.type == START) - (token.type == END)
            continue
        inside += token.type == START
        is_operand = before[-1:].isalnum() or before.endswith(OPERAND_ENDS)
        binary = text in OPERATORS and is_operand and not keyword.iskeyword(before)
        tokens.append(Token(text, gap, depth, before == "," or binary))
        depth += (text in OPENING) - (text in CLOSING)
        before = text
    return tokens


def _broken(tokens: list[Token], width: int) -> list[str]:
    """The lines of a statement."""
    if tokens[0].text == "def":
        first = next(i for i, token in enumerate(tokens) if token.text == "(")
        last = next(i for i in range(len(tokens) - 1, first, -1) if tokens[i].text == ")")
        return _in_brackets(tokens[: first + 1], tokens[first + 1 : last], tokens[last:], width)
    outside = [i for i, token in enumerate(tokens) if token.depth == 0]
    lambdas = [i for i in outside if tokens[i].text == "lambda"] or [len(tokens)]
    assigned = [i for i in outside if tokens[i].text in ASSIGNMENTS and i < lambdas[0]]
    start = assigned[-1] + 1 if assigned else 1 if tokens[0].text == "return" else len(tokens)
    target, value = tokens[:start], tokens[start:]
    opening, closing = Token("(", "", 0, False), Token(")", "", 1, False)
    if assigned and _breaks_outside(target[:-1]) and not _breaks_outside(value):
        return _in_brackets([opening], target[:-1], [closing, target[-1], *value], width)
    lines = _filled(tokens, width, INDENT)
    if value and (_breaks_outside(value) or any(len(line) > width for line in lines)):
        return _in_brackets([*target, opening._replace(gap=" ")], value, [closing], width)
    return lines


def _breaks_outside(tokens: Sequence[Token]) -> bool:
    """Whether a person would break such a line outside of its brackets, as it is a sum or a list of names."""
    return any(token.depth == 0 and (token.free or token.text == ",") for token in tokens)


def _in_brackets(before: Sequence[Token], inside: Sequence[Token], after: Sequence[Token], width: int) -> list[str]:
    deeper = [token._replace(depth=token.depth + 1) for token in inside]
    middle = [INDENT + line for line in _filled(deeper, width - len(INDENT), "")]
    return [*_filled(before, width, INDENT), *middle, *_filled(after, width, INDENT)]


def _filled(tokens: Sequence[Token], width: int, indent: str) -> list[str]:
    """The tokens in as few lines as they need, those after the first indented."""
    lines = [""]
    for words in _groups(tokens):
        first, text = words[0], "".join(token.gap + token.text for token in words)
        pieces = [(first, text)]
        if len(indent) + len(text) - len(first.gap) > width:
            pieces = [(token, token.gap + token.text) for token in words]
        for token, piece in pieces:
            if not lines[-1]:
                lines[-1] = piece[len(token.gap) :]
            elif token.depth and len(lines[-1]) + len(piece) > width:
                lines.append(indent + piece[len(token.gap) :])
            else:
                lines[-1] += piece
    return lines


def _groups(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The tokens between which a person would not end a line."""
    group: list[Token] = []
    for token in tokens:
        if token.free and token.depth and group:
            yield group
            group = []
        group.append(token)
    if group:
        yield group
