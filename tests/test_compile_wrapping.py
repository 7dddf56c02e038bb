"""Printed source is Python wherever its lines break, and its names and numbers are those that were meant."""

import ast
import builtins
import io
import keyword
import math
import random
import string
import tokenize
import unicodedata

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import autograd
from autograd import Primitive, Tensor, Value, table
from autograd.compiling.literals import array_text
from autograd.compiling.naming import identifier
from autograd.compiling.wrapping import WIDTH, wrapped
from autograd.core import Case
from autograd.state import update

SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
TEXTS = st.text(st.characters(exclude_categories=()), max_size=60)  # with lone surrogates


def check_lines(text):
    """The text is Python, and only a token that is longer than a line makes a longer line."""
    tree = ast.parse(text)
    longest = max(len(token.string) for token in tokenize.generate_tokens(io.StringIO(text).readline))
    assert max(map(len, text.splitlines())) <= max(WIDTH, longest + 8), text
    return tree


def agrees(function, *args):
    """The compiled function gives what the function gives, and its source is Python with short lines."""
    compiled = autograd.compile(function)
    expected, found = function(*args), compiled(*args)
    assert found.data == pytest.approx(expected.data, rel=1e-12, abs=1e-12, nan_ok=True)
    check_lines(compiled.source)
    return compiled


# --- lines ----------------------------------------------------------------------------------------

STATEMENTS = [
    "x = {}", "return {}", "a_long_target[index1, index2] += {}", "t1, t2 = {}", "f({})", "x = -{}", "x = y = {}", "x = [{}]",
    "x = f({}) + 1",
    "x = lambda y={}: y", "x = 'a string, of + words' * ({})", "return {}, (t1,)", "assert f({}), 'why'", "if f({}): pass", "x: int = {}",
    "def f({}): return 1", "assert {{1: {}}}",
]  # fmt: skip
FILLINGS = {
    "sum": lambda n: " + ".join(f"number{i}" for i in range(n)),
    "difference": lambda n: " - ".join(f"-number{i} * 2.5e-07" for i in range(n)),
    "products": lambda n: " @ ".join(f"number{i}" for i in range(n)),
    "calls": lambda n: "g(" * n + "x" + ")" * n,
    "chain": lambda n: "x" + ".ravel()[:, None]" * n,
    "texts": lambda n: " + ".join(repr("a, b + # " * (i % 3 + 1)) for i in range(n)),
    "powers": lambda n: " ** ".join(["x"] * n),
    "comparison": lambda n: " < ".join(["x"] * n),
    "f-strings": lambda n: " + ".join(["f'{a + b!r:>{width}}, {c}'"] * n),
}


@pytest.mark.parametrize("filling", FILLINGS)
@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_of_any_length_means_the_same_in_several_lines(statement, filling):
    for n in (1, *range(2, 40, 3), 40):
        names = ", ".join(f"name_{i}" for i in range(n))
        text = statement.format(names if statement.startswith("def") else FILLINGS[filling](n))
        for indent in (0, 4):
            lines = wrapped(text, indent)
            assert ast.dump(ast.parse("if 1:\n" + lines if indent else lines)) == ast.dump(ast.parse("if 1:\n " + text if indent else text))
    assert "\n" in lines


def test_lists_of_names_on_the_left_and_on_the_right_are_wrapped():
    names = ", ".join(f"a_parameter_{i}" for i in range(30))
    for statement in (f"{names} = saved", f"saved = {names}", f"return {names}", f"def forward({names}):\n    pass"):
        text = wrapped(statement)
        if not statement.startswith("return"):
            check_lines(text)
        assert max(map(len, text.splitlines())) <= WIDTH
        assert text.splitlines()[1].startswith("    a_parameter_0, a_parameter_1")


def test_definitions_of_several_lines_are_wrapped_statement_by_statement():
    many, more = " + ".join(["x"] * 60), ", ".join(["y"] * 50)
    text = f'def f(x):\n    """A text.\n    {"word " * 30}\n    """\n    y = x + {many}\n    if y:\n        return f({more})\n    return y'
    assert ast.dump(ast.parse(wrapped(text))) == ast.dump(ast.parse(text))
    assert [len(line) > WIDTH for line in wrapped(text).splitlines()].count(True) == 1  # that of the text


@st.composite
def expressions(draw, depth=4):
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from(["x", "number_17", "-2.5e-17", "np.inf", "'a, (b'", "None", "x.data", "0x1F", "1_000", "''"]))
    inner = expressions(depth=depth - 1)
    parts = draw(st.lists(inner, min_size=1, max_size=7))
    kind = draw(st.integers(0, 5))
    if kind == 0:
        return f"np.function({', '.join(parts)}, axis=1)"
    if kind == 1:
        return f"[{', '.join(parts)}]"
    if kind == 2:
        return f"({', '.join(parts)},)"
    if kind == 3:
        return f"{parts[0]}[{':'.join(parts[:3])}]" if parts[0].isidentifier() else f"({parts[0]})"
    operator = draw(st.sampled_from(["+", "-", "*", "@", "**", "<", "and", "//", "%", "in", "not in", "is"]))
    return f" {operator} ".join(f"({part})" for part in parts)


@SETTINGS
@given(expressions(), st.sampled_from(STATEMENTS[:8]))
def test_random_statements_mean_the_same_in_several_lines(expression, statement):
    text = statement.format(expression)
    lines = wrapped(text)
    assert ast.dump(ast.parse(lines)) == ast.dump(ast.parse(text))
    assert max(map(len, lines.splitlines())) <= max(WIDTH, len(text.split("(")[0]) + 10)


def test_breaks_fall_everywhere_in_pairs_of_a_triangle():
    for rows in range(1, 14):
        q = [[Value(1.0 + i + d) for d in range(4)] for i in range(rows)]
        k = [[Value(2.0 + i * d) for d in range(4)] for i in range(rows)]
        places = [(i, j) for i in range(rows) for j in range(i + 1) if (i + j) % 4 == 0 or i == 2 * j]
        compiled = agrees(lambda: sum(sum(a * b for a, b in zip(q[i], k[j], strict=True)).tanh() for i, j in places))  # noqa: B023
    assert "index1 = np.array([" in compiled.source


def test_breaks_fall_everywhere_in_networks_of_all_sizes():
    broken = 0
    for n in range(1, 41):
        w = [[Value(math.sin(i + 2 * j)) for j in range(1 + n % 7)] for i in range(n)]
        rng = random.Random(n)
        parts = [(rng.randrange(n), rng.randrange(n)) for _ in range(3 * n)]

        def f(xs, scale, w=w, parts=parts):
            scores = [[sum((a * b for a, b in zip(row, x, strict=False)), start=row[0]).tanh() for row in w] for x in xs]
            return sum(scores[i % len(scores)][j] * scores[(i * j) % len(scores)][k] for i, (j, k) in enumerate(parts)) * scale

        compiled = agrees(f, np.linspace(-1, 1, (2 + n % 5) * 7).reshape(-1, 7), 0.5)
        broken += any(node.end_lineno > node.lineno for node in ast.walk(ast.parse(compiled.source)) if isinstance(node, ast.Assign))
        agrees_backward(compiled, w)
    assert broken > 10


def agrees_backward(compiled, parameters):
    leaves = [v for row in parameters for v in row]
    args = next(iter(compiled.programs.values())).example[0]
    found = []
    for f in (compiled.function, compiled):
        for v in leaves:
            v.zero_grad()
        f(*args).backward()
        found.append([v.grad for v in leaves])
    assert found[1] == pytest.approx(found[0], rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("length", [*range(1, 100, 7), 1000, 10_000])
def test_breaks_fall_everywhere_for_names_of_all_lengths(length):
    values = [Value(0.1 * i, label="ab" * length + f".{i}.weight") for i in range(6)]
    tensors = [Tensor(np.ones((3, 2)) * i, label="t" * length + str(i)) for i in range(5)]

    def f(x):
        total = sum(v * x for v in values) + (tensors[0] @ tensors[1].T @ tensors[2]).transpose()[1].sum()
        return total + sum((t * x)[:, 1].sum() + t.exp().mean() for t in tensors) + autograd.concatenate(tensors).max()

    agrees(f, 0.5)


@pytest.mark.parametrize("terms", [3, 20, 60, 150])
def test_breaks_fall_everywhere_in_deep_sums(terms):
    tensors = [Tensor(np.ones(3), label=f"a_{'long_' * (i % 7)}name_{i}") for i in range(terms)]

    def f(x):
        total = tensors[0]
        for i, t in enumerate(tensors):
            total = total + t * x if i % 3 else total - t.exp() * (x + t) if i % 2 else t - total
        return (total * total).sum()

    agrees(f, 0.5)


# --- names ----------------------------------------------------------------------------------------

NAMES = [
    "np", "math", "forward", "backward", "lambda", "g", "saved", "None", "True", "__debug__", "print", "sum", "int", "float", "max",
    "match",    "_", "", " ", ".", "1", "1.2.3", "٣", "²", "ﬁ", "fi", "𝐧𝐩", "ｎｐ", "𝐢𝐟", "if", "a-b", "a_b", "a b", "A_b", "é", "e\u0301",
    "index1",
    "constant1", "d1", "z1", "t1", "d_x", "x", "largest", "\ud800", "\0", "a\nb", "#", '"""', "'''", "\\", "\u202e", "x" * 10_000,
    "9" * 5000, "सा", "softmax", "random1", "self", "g1", "erf", "setting", "::dict::",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_an_identifier_is_one_and_no_word_of_python(name):
    check_identifier(name)


@SETTINGS
@given(TEXTS)
def test_any_text_has_an_identifier(text):
    check_identifier(text)


def check_identifier(text):
    name = identifier(text)
    assert name.isidentifier()
    assert unicodedata.normalize("NFKC", name) == name
    assert not keyword.iskeyword(name)
    assert name not in vars(builtins)
    assert len(name) < 50
    assert compile(f"{name} = 1", "", "exec")


def test_all_names_together_are_different_and_read_what_they_name():
    values = [Value(1.0 + 0.01 * i, label=name) for i, name in enumerate(NAMES)]
    tensors = [Tensor(np.full(2, 1.0 + 0.02 * i), label=name) for i, name in enumerate(NAMES)]
    agrees(lambda: sum(v * (i + 1) for i, v in enumerate(values)) + sum((t * i).exp().sum() for i, t in enumerate(tensors)))
    compiled = autograd.compile(lambda: (sum((autograd.softmax(t) * t).sum() for t in tensors), autograd.erf(tensors[3]).sum()))
    for found, expected in zip(compiled(), compiled.function(), strict=True):
        assert found.data == pytest.approx(expected.data)
    inputs = [node.arg for node in ast.parse(compiled.source).body[-2].args.args]
    assert len(inputs) == len(set(inputs)) == len(NAMES)


@SETTINGS
@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_labels_and_keys_of_any_text_compile(texts):
    box = {text: [Value(1.0 + i), Value(2.0)] for i, text in enumerate(texts)}
    labelled = [Value(3.0, label=text) for text in texts]
    tensors = {text: Tensor(np.arange(3.0)) for text in texts}
    agrees(lambda x: sum(a * b * x for a, b in box.values()) + sum(labelled) + sum(t.exp().sum() for t in tensors.values()), 0.25)


def test_a_hundred_parameters_of_one_name_stay_short():
    tensors = [Tensor(np.full(2, float(i)), label="w") for i in range(100)]
    source = agrees(lambda: sum((t * t).sum() for t in tensors)).source
    assert "w, w_2, w_3," in source


@pytest.mark.parametrize("name", [name for name in NAMES if name and "\ud800" not in name])
def test_a_primitive_may_have_any_name(name):
    if name in table:
        return
    twice = Primitive(
        name, symbol="t", latex="#1", scalar=lambda x: 2 * x, array=lambda x: x + x, vjp=(lambda g, y, x: g * 2,), doc="Twice."
    )
    try:
        w = Tensor([1.0, 2.0], label=name)
        agrees(lambda x: (twice(w) * x + twice(twice(w * x))).sum(), 3.0)
    finally:
        del table[name]


@pytest.mark.parametrize("name", ["input", "constant", "once", "made", "of", "same", "chain"])
def test_a_primitive_may_have_a_name_that_the_compiler_uses(name):
    test_a_primitive_may_have_any_name(name)


def _max(x):
    return max(x.max(), 0.0)


def _clipped(x, least=0.5):
    return np.maximum(_max(x) * x, least)


def test_a_helper_keeps_out_of_the_way_of_builtins_and_constants():
    clipped = Primitive(
        "clipped_of_this_test", symbol="t", latex="#1", scalar=None, array=_clipped, vjp=(lambda g, y, x: g,), doc="Clipped.",
        elementwise=False, cases=(Case((2,)),),
    )  # fmt: skip
    try:
        w = Tensor([1.0, 2.0, 0.1])
        compiled = agrees(lambda: clipped(w).sum())
        namespace = {}
        exec(compiled.source, namespace)
        assert namespace["forward"](w.data)[0] == compiled().data
        assert "def max_(" in compiled.source
    finally:
        del table["clipped_of_this_test"]


def index1(x):
    return x * 2.0


def _uses_another(x):
    return index1(x) + 1.0


def test_a_helper_has_another_name_than_a_table():
    own = Primitive("own_of_this_test", symbol="t", latex="#1", scalar=None, array=_uses_another, vjp=(lambda g, y, x: g * 2,), doc="Own.")
    try:
        w = Tensor(np.arange(9.0))
        source = agrees(lambda: own(w[[0, 5, 1, 7, 7, 2]]).sum()).source
        assert "index1 = " in source
        assert "def index1_(" in source
    finally:
        del table["own_of_this_test"]


LEAST = 0.5


def _with_a_default(x, least=LEAST):
    return np.maximum(x, least)


def _with_a_class(x):
    return x + len(string.Formatter.__name__) * 0


@pytest.mark.parametrize("function", [_with_a_default, _with_a_class, lambda x: x * 1.0])
def test_a_function_whose_text_would_not_run_comes_along_as_an_object(function):
    own = Primitive("own_of_this_test", symbol="t", latex="#1", scalar=None, array=function, vjp=(lambda g, y, x: g,), doc="Own.")
    try:
        w = Tensor([1.0, 2.0, 0.1])
        agrees(lambda: own(w).sum())
    finally:
        del table["own_of_this_test"]


def test_changes_of_attributes_may_have_any_name():
    owner = type("Owner", (), {})()
    owner.last = None
    w = Value(2.0)

    def f(x):
        y = w * x
        update(owner, ["last"], lambda **numbers: setattr(owner, "last", numbers), **{"my value!": y * 3, "np": y + 1, "lambda": y * y})
        return y

    autograd.compile(f)(2.0)
    assert owner.last == {"my value!": 12.0, "np": 5.0, "lambda": 16.0}


# --- numbers --------------------------------------------------------------------------------------

NUMBERS = [
    0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 2.2250738585072014e-308, 1.7976931348623157e308,
    -1.7976931348623157e308, 1e16, 123456789.0, 1e22, 0.1, 1 / 3, 2.0**53 + 2, 1e-5, -1e-300, math.copysign(math.nan, -1.0),
]  # fmt: skip
WRITER = __import__("autograd.compiling.writers", fromlist=["Writer"]).Writer


def read(text):
    return eval(text, {"np": np, "largest": np.finfo(float).max})


@pytest.mark.parametrize("number", [*NUMBERS, 0, -1, 10**30, -(10**300), True, np.float64(0.1).item(), np.float32(0.1).item()])
def test_a_number_in_the_source_is_the_same_to_the_last_bit(number):
    writer = WRITER()
    again = read(writer.text_of(number))
    assert type(again) in (type(number), np.float64)
    assert np.float64(again).tobytes() == np.float64(number).tobytes() if isinstance(number, float) else again == number
    power = f"{writer.bound(number, 5)} ** 2.0"
    assert not abs(number) < 1e150 or repr(float(read(power))) == repr(float(number**2.0))  # a sign is of the base


@SETTINGS
@given(st.floats(), st.sampled_from([np.float64, np.float32, np.float16]))
def test_an_array_and_a_setting_in_the_source_are_the_same_to_the_last_bit(number, kind):
    number = math.copysign(math.nan, number) if math.isnan(number) else number
    with np.errstate(all="ignore"):
        array = np.array([number, -number, 0.0, -0.0, math.inf, number], kind)
        same = np.full(5, number, kind)
    for x in (array, same, array.reshape(2, 3)):
        again = read(array_text(x))
        assert (again.tobytes(), again.dtype, again.shape) == (x.tobytes(), x.dtype, x.shape)
    for x in (array[0], array[0].item()):
        assert np.asarray(read(WRITER().static(x))).tobytes() == np.asarray(x).tobytes()


INTEGERS = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]


@SETTINGS
@given(st.sampled_from(INTEGERS), st.data())
def test_a_table_of_integers_in_the_source_is_the_same(kind, data):
    ends = np.iinfo(kind)
    entry = st.one_of(st.integers(int(ends.min), int(ends.max)), st.sampled_from([int(ends.min), int(ends.max), 0, 1]))
    array = np.array(data.draw(st.lists(entry, max_size=12)), kind)
    start, step = data.draw(entry), data.draw(entry)
    with np.errstate(all="ignore"):
        steps = np.array([(start + i * step - int(ends.min)) % 2**ends.bits + int(ends.min) for i in range(5)], dtype=object).astype(kind)
    for x in (array, steps, np.repeat(array, 3), array[::-1].reshape(1, -1), array[:0].reshape(0, 3)):
        again = read(array_text(x))
        assert (again.tolist(), again.dtype, again.shape) == (x.tolist(), x.dtype, x.shape)


def test_arrays_in_another_order_of_bytes_are_the_same():
    for array in (np.array([1.5, math.inf], ">f8"), np.array([1, 2, 5], ">i4"), np.array([], ">f4").reshape(0, 2)):
        assert read(array_text(array)).tolist() == array.tolist()


@pytest.mark.parametrize(
    "setting",
    [
        math.nan, -math.inf, np.float32(0.1), np.int64(3), "a text, 'quoted' \ud800 \n", b"\0", (1,), [1.5, (None, math.inf)], {"a": 1},
        {1, 2},
        np.float32, np.dtype("f4"), object(), slice(1, None), ..., np.array([1.0, math.nan]), np.array(["inf"]), (np.arange(3), "x"),
        range(3), lambda x: x, np.longdouble(1) / 3, complex(1, math.nan),
    ],
    ids=lambda setting: type(setting).__name__,
)  # fmt: skip
def test_a_setting_of_any_kind_reaches_the_primitive(setting):
    kind, text = type(setting).__name__, repr(setting)

    def array(x, **static):
        arrived = static["lambda"]
        return x * (1.0 if (type(arrived).__name__, repr(arrived)) == (kind, text) else np.nan)

    own = Primitive("own_of_this_test", symbol="t", latex="#1", scalar=None, array=array, vjp=(lambda g, y, x, **static: g,), doc="Own.")
    try:
        w = Tensor([1.0, 2.0])
        agrees(lambda: own(w, **{"lambda": setting}).sum())
        assert own(w, **{"lambda": setting}).sum().data == 3.0
    finally:
        del table["own_of_this_test"]
