"""The same program once more, so that it stops after each part: for a walk through one step, with the line that runs now."""

from __future__ import annotations

import re

__all__ = ["stopping"]

FUNCTION = re.compile(r"function (\w+)\(")
WRITES = re.compile(r"^\s*(?:const |let )?([A-Za-z_]\w*)(?:\[.*?\])? [-+*/]?= ")
EMPTY = re.compile(r"^    (?:const \w+ = new \w+\(|const \[.* = saved;|let \w+ = 0;)")  # nothing is computed


def stopping(text: str, functions: tuple[str, ...]) -> str:
    """A program whose functions are generators: each stops after every loop and line of its body.

    At a stop it yields the number of the first and the last line of the part in the original text, and what the part wrote.

    Args:
        text: the program, as JavaScript with four spaces before each line of a function's body.
        functions: the names of the functions; the others, such as `relu`, stay as they are.

    Example:
        >>> print(stopping("function forward(x) {\\n    const y = x * 2;\\n    return y;\\n}", ("forward",)))
        function* forward(x) {
            const y = x * 2;
            yield [1, 1, {y}];
            return y;
        }
    """
    lines, out = text.split("\n"), []
    is_wanted, is_body, start = False, False, -1
    for number, line in enumerate(lines):
        if match := FUNCTION.match(line):
            is_wanted, is_body, start = match[1] in functions, False, -1
        out.append(f"function* {line.removeprefix('function ')}" if match and is_wanted else line)
        if not is_body:
            is_body = is_wanted and line.endswith(") {")
            continue
        if line.startswith(("    return", "}")):
            is_body = is_wanted = False
        elif start < 0 and not line.startswith("    //"):
            start = number
        if start >= 0 and is_body and line[4:5] != " " and not line.endswith(("{", "[")):  # the end of a part
            part = lines[start : number + 1]
            if not EMPTY.match(" ".join(part)):
                found = (WRITES.match(x) for x in part)
                names = dict.fromkeys(match[1] for match in found if match and _is_outer(match[1], lines, number))
                out.append(f"    yield [{start}, {number}, {{{', '.join(names)}}}];")
            start = -1
    return "\n".join(out)


def _is_outer(name: str, lines: list[str], end: int) -> bool:
    """Whether a variable outlives the loop that writes it: it was last declared in the body of the function itself, or is an argument."""
    for line in reversed(lines[: end + 1]):
        declared = re.match(rf"(\s*)(?:const|let) {name}\b", line)
        if declared or FUNCTION.match(line):
            return declared is None or len(declared[1]) == 4
    return False
