"""What C and JavaScript write differently."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from ...texts import in_docstring

SHORT = 100  # characters of a line
NAME = 40  # characters of the function's name in a comment

__all__ = ["C", "JAVASCRIPT", "Dialect"]

# Functions of one number or two that both languages have under the names of Python's `math`.
COMMON = frozenset(
    ["acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "cos", "cosh", "exp", "expm1", "floor", "hypot",
     "log", "log10", "log1p", "log2", "pow", "sin", "sinh", "sqrt", "tan", "tanh", "trunc"]
)  # fmt: skip


# What <math.h> declares.
_MATH_H = frozenset(
    ["erf", "erfc", "exp2", "copysign", "fabs", "fdim", "fma", "fmax", "fmin", "fmod", "fpclassify", "frexp", "gamma", "ilogb", "isfinite",
     "isgreater", "isinf", "isless", "isnan", "isnormal", "j0", "j1", "jn", "ldexp", "lgamma", "llrint", "llround", "logb", "lrint",
     "lround", "modf", "nan", "nearbyint", "nextafter", "nexttoward", "remainder", "remquo", "rint", "round", "scalb", "scalbln", "scalbn",
     "signbit", "significand", "sincos", "drem", "exp10", "finite", "pow10", "tgamma", "y0", "y1", "yn", "signgam", "div", *COMMON]
)  # fmt: skip


class Dialect:
    """A language with C's operators and loops.

    Attributes:
        name: what users call it.
        reserved: what its programs cannot call a variable.
        refuse: the statement that ends a function because of an index.
        has_zeros: whether new arrays are full of zeros.
        has_rows: whether a row of a matrix product is best added up in a local array.
        fused: what stands before the loop of a matrix product.
        COUNTER: what stands before the variable of a loop.
        AT: the definition of `at`, the number of a row that may count from the end.
    """

    name = ""
    reserved: frozenset[str] = frozenset()
    refuse = ""
    has_zeros = False
    has_rows = False
    fused: tuple[str, ...] = ()
    COUNTER = ""
    AT = ""
    TYPES: ClassVar[dict[str, str]] = {}

    def type(self, dtype: Any) -> str | None:
        """The type of an array, or in C of its numbers; None if it has none."""
        return self.TYPES.get(np.dtype(dtype).str[1:])

    def number_type(self, dtype: Any) -> str | None:
        """The type of numbers, as it is called in C; None if there is none."""
        return _C.TYPES.get(np.dtype(dtype).str[1:])

    def number(self, value: Any, kind: str) -> str:
        """A number of a type."""
        raise NotImplementedError

    def suffix(self, kind: str) -> str:
        """What the names of functions on numbers of a type end with."""
        return ""

    def function(self, name: str, kind: str) -> tuple[str, str] | None:
        """What a function of Python's `math` is called; None if it has no form.

        With it comes its definition, unless the language has it.
        """
        raise NotImplementedError

    def define(self, name: str, parameters: list[str], lines: list[str], kind: str) -> str:
        """The definition of a function."""
        raise NotImplementedError

    def constant(self, kind: str) -> str:
        """What stands before the name of a new constant."""
        raise NotImplementedError

    def variable(self, kind: str) -> str:
        """What stands before the name of a new variable."""
        raise NotImplementedError

    def cast(self, text: str, kind: str) -> str:
        """A number in another type."""
        raise NotImplementedError

    def whole(self, text: Any, dtype: Any) -> str:
        """A number as an index."""
        raise NotImplementedError

    def loop(self, variable: str, n: int, backwards: bool = False) -> str:
        """The head of a loop."""
        kind, last = self.COUNTER, n - 1
        if backwards:
            return f"for ({kind} {variable} = {last}; {variable} >= 0; {variable}--)"
        return f"for ({kind} {variable} = 0; {variable} < {n}; {variable}++)"

    def reduction(self, *totals: str) -> list[str]:
        """What says, before a loop, that sums may be added up in any order."""
        return []

    def scratch(self, name: str, dtype: np.dtype[Any], size: int) -> str:
        """The declaration of an array."""
        raise NotImplementedError

    def zeros(self, name: str, size: int) -> str:
        """The statement that fills an array with zeros."""
        raise NotImplementedError

    def table(self, name: str, array: Any) -> str:
        """The declaration of a constant array."""
        raise NotImplementedError

    def given(self, name: str, shape: tuple[int, ...]) -> str:
        """How an input is read."""
        return name

    def program(self, name: str, functions: Sequence[Any], definitions: Iterable[str], tables: Iterable[str]) -> str:
        """The text of a program."""
        raise NotImplementedError


class _C(Dialect):
    name = "C"
    reserved = frozenset(
        ["auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float", "for",
         "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct",
         "switch", "typedef", "union", "unsigned", "void", "volatile", "while", "bool", "true", "false", "NULL", "NAN", "INFINITY", "main",
         "memcpy", "memset", "int64_t", "uint8_t", "size_t", "saved", "row", "at", *_MATH_H, *(f"{name}f" for name in _MATH_H)]
    )  # fmt: skip
    COUNTER = "int"
    AT = "static inline int64_t at(int64_t row, int64_t n) { return row < 0 ? row + n : row; }"
    refuse = "return 1;"
    fused = ("#pragma STDC FP_CONTRACT ON",)  # a product and a sum are one rounding, as in BLAS
    has_rows = True
    TYPES: ClassVar = {"f8": "double", "f4": "float", "b1": "unsigned char", "i8": "int64_t", "i4": "int32_t", "i2": "int16_t",
             "i1": "int8_t", "u1": "uint8_t", "u2": "uint16_t", "u4": "uint32_t"}  # fmt: skip

    def number(self, value: Any, kind: str) -> str:
        if isinstance(value, (bool, np.bool_)):
            return "1" if value else "0"
        if math.isnan(value):
            return "NAN"
        if math.isinf(value):
            return "INFINITY" if value > 0 else "-INFINITY"
        if kind.startswith(("int", "uint")):
            return str(int(value))
        text = repr(float(value))
        whole = float(value).is_integer() and abs(value) < 1e15
        return f"{text}f" if kind == "float" else f"{int(value)}.0" if whole and value else text

    def suffix(self, kind: str) -> str:
        return "f" if kind == "float" else ""

    def function(self, name: str, kind: str) -> tuple[str, str] | None:
        known = name in COMMON or name in ("erf", "erfc", "exp2", "copysign", "fmod", "fabs", "rint")
        return (f"{name}{self.suffix(kind)}", "") if known else None

    def define(self, name: str, parameters: list[str], lines: list[str], kind: str) -> str:
        given = ", ".join(f"{kind} {p}" for p in parameters)
        if len(lines) == 1:
            return f"static inline {kind} {name}({given}) {{ {lines[0]} }}"
        return "\n".join([f"static inline {kind} {name}({given}) {{", *(f"    {line}" for line in lines), "}"])

    def constant(self, kind: str) -> str:
        return f"const {kind}"

    def variable(self, kind: str) -> str:
        return kind

    def cast(self, text: str, kind: str) -> str:
        return f"({kind}){text}"

    def whole(self, text: Any, dtype: Any) -> str:
        return text.bound(7) if dtype.kind in "iub" else f"(int64_t){text.bound(7)}"

    def reduction(self, *totals: str) -> list[str]:
        return [f"#pragma omp simd reduction(+:{', '.join(totals)})"] if totals else []

    def scratch(self, name: str, dtype: np.dtype[Any], size: int) -> str:
        return f"static {self.type(dtype)} {name}[{size}] __attribute__((aligned(64)));"

    def zeros(self, name: str, size: int) -> str:
        return f"memset({name}, 0, {size} * sizeof *{name});"

    def table(self, name: str, array: Any) -> str:
        kind = str(self.type(array.dtype)) if array.dtype.kind == "f" else "int"
        numbers = ", ".join(self.number(x, kind if array.dtype.kind == "f" else "int") for x in array.ravel().tolist())
        return f"static const {kind} {name}[{array.size}] = {{{numbers}}};"

    def given(self, name: str, shape: tuple[int, ...]) -> str:
        return name if shape else f"*{name}"

    def program(self, name: str, functions: Sequence[Any], definitions: Iterable[str], tables: Iterable[str]) -> str:
        names = listed_names([f.name for f in functions])
        parts = [f"// {in_docstring(name, NAME)}: {names}, in C.", "", "#include <math.h>", "#include <stdint.h>", "#include <string.h>"]
        for group in (definitions, map(wrapped_table, tables), self._struct(functions[0].saves, functions[0].body)):
            lines = list(group)
            parts += ["", *lines] if lines else []
        for f in functions:
            parts += ["", *self._function(f)]
        return "\n".join([*parts, ""])

    def _struct(self, saves: Sequence[Any], body: Any) -> list[str]:
        fields = [f"    {self.type(x.dtype)} {body.names[x]}{f'[{max(x.size, 1)}]' if x.shape else ''};" for x in saves]
        return ["struct saved {", *fields, "};"] if fields else []

    def _function(self, f: Any) -> list[str]:
        body, results = f.body, [r for group in f.results for r in group if r.array]
        ports = [f"{'' if x.name in f.changed else 'const '}{self.type(x.dtype)} *restrict {x.name}" for x in f.inputs]
        ports += [f"{self.type(r.array.dtype)} *restrict {r.array.name}{'' if r.array.shape else '_out'}" for r in results]
        if f.saves or f.saved:
            ports.append(f"{'const ' if f.saved else ''}struct saved *restrict saved")
        kept = set(f.saves)
        of = body.lines({body.names[x] for x in kept | body.returned}, [r.text for r in results])
        lines = []
        for x in f.saved:
            lines.append(f"const {self.type(x.dtype)} {'*' if x.shape else ''}{body.names[x]} = saved->{body.names[x]};")
        for x in body.made:
            name = body.names[x]
            if x.shape and x in kept and x not in body.returned:
                lines.append(f"{self.type(x.dtype)} *{name} = saved->{name};")
            elif x.shape and x not in body.returned:
                lines.append(self.scratch(name, x.dtype, max(x.size, 1)))
        lines += [*(self.scratch(*array) for array in body.scratch), *body.checks, *of]
        lines += [f"*{r.array.name}_out = {r.text or r.array.name};" for r in results if not r.array.shape]
        for x in f.saves:
            name = body.names[x]
            if not x.shape:
                lines.append(f"saved->{name} = {name};")
            elif x in body.returned:
                lines.append(f"memcpy(saved->{name}, {name}, sizeof saved->{name});")
        return [listed(f"int {f.name}(", ports, ") {"), *(f"    {line}" for line in lines), "    return 0;", "}"]


class _JavaScript(Dialect):
    name = "JavaScript"
    reserved = frozenset(
        ["arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete", "do", "else",
         "enum", "eval", "export", "extends", "false", "finally", "for", "function", "if", "implements", "import", "in", "instanceof",
         "interface", "let", "new", "null", "package", "private", "protected", "public", "return", "static", "super", "switch", "this",
         "throw", "true", "try", "typeof", "undefined", "var", "void", "while", "with", "yield", "Math", "NaN", "Infinity", "Object",
         "saved", "at", "copysign", "erf", "erfc", "exp2", "fmod", "rint",
         "RangeError", "Float64Array", "Float32Array", "Uint8Array", "Int32Array"]
    )  # fmt: skip
    has_zeros = True
    COUNTER = "let"
    AT = "function at(row, n) { return row < 0 ? row + n : row; }"
    refuse = 'throw new RangeError("there is no such row");'
    TYPES: ClassVar = {"f8": "Float64Array", "f4": "Float32Array", "b1": "Uint8Array", "i4": "Int32Array", "i8": "Float64Array",
             "i2": "Int16Array", "i1": "Int8Array", "u1": "Uint8Array", "u2": "Uint16Array", "u4": "Uint32Array"}  # fmt: skip
    DEFINED: ClassVar = {
        "copysign": "function copysign(x, y) { return (y < 0 || Object.is(y, -0) ? -1 : 1) * Math.abs(x); }",
        "fmod": "function fmod(x, y) { return x % y; }",
        "exp2": "function exp2(x) { return Math.pow(2, x); }",
        "rint": "function rint(x) { const y = Math.round(x); return y - x === 0.5 && y % 2 !== 0 ? y - 1 : y; }",
        "erf": """\
function erf(x) {
    const a = Math.abs(x);
    if (a > 2.5) return Math.sign(x) * (1 - erfc(a));
    let term = a, sum = a;
    for (let n = 1; term > 1e-17 * sum; n++) {
        term *= 2 * a * a / (2 * n + 1);
        sum += term;
    }
    return Math.sign(x) * 2 / Math.sqrt(Math.PI) * Math.exp(-a * a) * sum;
}
function erfc(x) {
    if (!(x > 2.5)) return 1 - erf(x);
    let rest = 0;
    for (let n = 80; n > 0; n--) rest = n / 2 / (x + rest);
    return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + rest);
}""",
    }

    def number(self, value: Any, kind: str) -> str:
        if isinstance(value, (bool, np.bool_)):
            return "1" if value else "0"
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        whole = float(value).is_integer() and abs(value) < 1e15
        return str(int(value)) if whole and (value or math.copysign(1.0, value) > 0) else repr(float(value))

    def function(self, name: str, kind: str) -> tuple[str, str] | None:
        if name == "fabs":
            return "Math.abs", ""
        if name == "erfc":
            return "erfc", self.DEFINED["erf"]
        if name in self.DEFINED:
            return name, self.DEFINED[name]
        return (f"Math.{name}", "") if name in COMMON else None

    def define(self, name: str, parameters: list[str], lines: list[str], kind: str) -> str:
        if len(lines) == 1:
            return f"function {name}({', '.join(parameters)}) {{ {lines[0]} }}"
        return "\n".join([f"function {name}({', '.join(parameters)}) {{", *(f"    {line}" for line in lines), "}"])

    def constant(self, kind: str) -> str:
        return "const"

    def variable(self, kind: str) -> str:
        return "let"

    def cast(self, text: str, kind: str) -> str:
        return {"float": f"Math.fround({text})", "int64_t": f"Math.trunc({text})"}.get(kind, text)

    def whole(self, text: Any, dtype: Any) -> str:
        return text.bound(7) if dtype.kind in "iub" else f"Math.trunc({text.text})"

    def scratch(self, name: str, dtype: np.dtype[Any], size: int) -> str:
        return f"const {name} = new {self.type(dtype)}({size});"

    def zeros(self, name: str, size: int) -> str:
        return f"{name}.fill(0);"

    def table(self, name: str, array: Any) -> str:
        return f"const {name} = [{', '.join(self.number(x, '') for x in array.ravel().tolist())}];"

    def program(self, name: str, functions: Sequence[Any], definitions: Iterable[str], tables: Iterable[str]) -> str:
        names = listed_names([f.name for f in functions])
        parts = [f"// {in_docstring(name, NAME)}: {names}, in JavaScript.", "// An array is the list of its numbers, row by row."]
        for group in (definitions, map(wrapped_table, tables)):
            lines = list(group)
            parts += ["", *lines] if lines else []
        first, second = functions[0].body, functions[-1].body
        read = {second.names.get(x) for x in second.used}
        kept = [x.name for x in functions[0].inputs if x.name in read] + [first.names[x] for x in functions[0].saves]
        for f in functions:
            parts += ["", *self._function(f, kept)]
        return "\n".join([*parts, ""])

    def _function(self, f: Any, kept: list[str]) -> list[str]:
        body, results = f.body, [r for group in f.results for r in group]
        inputs = [x.name for x in f.inputs]
        begin, ends = [], []
        groups = [f"[{', '.join(map(_returned, group))}]" for group in f.results]
        if f.name == "forward":
            ends = [listed(f"return [{groups[0]}, [", kept, "]];")]
        elif f.name == "backward":
            inputs = ["saved", *inputs[len(inputs) - f.seeds :]]
            begin = [listed("const [", kept, "] = saved;")] if kept else []
            ends = [listed("return [", list(map(_returned, f.results[0])), "];")]
        elif groups:
            ends = [listed("return [", groups, "];")]
        of = body.lines({body.names[x] for x in {*f.saves, *body.returned}}, [r.text for r in results])
        arrays = [(body.names[x], x.dtype, x.size) for x in body.made if x.shape]
        arrays += [(r.array.name, r.array.dtype, math.prod(r.array.shape)) for r in results if r.node is None and r.array and r.array.shape]
        lines = [*begin, *(self.scratch(*array) for array in [*arrays, *body.scratch]), *body.checks, *of, *ends]
        return [listed(f"function {f.name}(", inputs, ") {"), *(textwrap.indent(line, "    ") for line in lines), "}"]


def _returned(result: Any) -> str:
    return result.text or (result.array.name if result.array else "null")


def listed_names(names: Sequence[str]) -> str:
    """Names in a sentence."""
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]


def listed(head: str, items: Sequence[str], tail: str) -> str:
    """A list on one line, or, if it is long, between two."""
    line = head + ", ".join(items) + tail
    if len(line) <= SHORT:
        return line
    whole = ", ".join(item.replace(" ", "\0") for item in items)  # an item stays on its line
    lines = textwrap.wrap(whole, SHORT, initial_indent="    ", subsequent_indent="    ", break_long_words=False)
    return "\n".join([head, *(line.replace("\0", " ") for line in lines), tail])


def wrapped_table(line: str) -> str:
    return "\n".join(textwrap.wrap(line, SHORT, subsequent_indent="    ", break_long_words=False))


C, JAVASCRIPT = _C(), _JavaScript()
