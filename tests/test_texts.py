"""Texts that users give come out as text: in source, pictures, pages, formulas, tables, errors and files."""

import ast
import functools
import html.parser
import json
import logging
import re
import traceback
import warnings
import xml.etree.ElementTree as ET

import matplotlib
import numpy as np
import pygraphviz
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

import autograd
import nn
from autograd import Primitive, Tensor, Value, draw, latex, scope, table
from autograd.drawing.layout import rendered
from autograd.texts import LONG, html_label, in_docstring, in_latex, visible
from nn.training.history import History

TEXTS = st.text(st.characters(exclude_categories=()), max_size=60)  # with lone surrogates
CHEAP = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
DEAR = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))  # each starts a process

HOSTILE = [
    "hidden\nprint('ran as code')\n#", "hidden layer\n (tanh)", "a\rb", "a\r\nb", "a\u2028b\u2029c\x85d\x0be\x0cf", '"""', "'''",
    '\\"""', "\\", "\\n", "#", "\0", "a\0b", "\ud800", "a\udfffb", "\u202eevil\u202c", "\u2066x\u2069", "e\u0301\u0301", "\u0301",
    "👨‍👩‍👧", "🏳️‍🌈", "%s %d %", "{x} {{y}} {", "<script>alert(1)</script>", "</script><script>alert(1)</script>", "<!--", "]]>",
    "\\N \\L \\G \\E", "<b>bold</b>", "a:b:c", "n0:p1", "&amp; & &lt;", "&#x41;", "$x^2$", "$", "$$", "\\$", "\\frac{1}{2}",
    "\\end{document}", "^_~%&#{}", "\ufffe\uffff", "\x7f\x1b[31m", "", " ", "\n", "\t", "…", "x" * 10_000, "\n" * 10_000,
    "\0" * 10_000, "<b>" * 5000, "\u0301" * 10_000, "-->", "a\\", "digraph", "\N{NO-BREAK SPACE}", "\u3000", "x\u200by", "\u2063",
]  # fmt: skip
SURROGATES = re.compile("[\ud800-\udfff]")


def hostile(test):
    """The texts above, one by one."""
    return pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))(test)


# --- one line of what can be seen -------------------------------------------------------------------


@hostile
def test_visible_hostile(text):
    check_visible(text)


@CHEAP
@given(TEXTS)
def test_visible_text_is_one_line_that_says_all_of_it(text):
    check_visible(text)
    again = "".join(c for c in visible(text))
    for c in text:
        shown = visible(c)
        assert again.startswith(shown)
        again = again[len(shown) :]
    assert not again


def check_visible(text):
    shown = visible(text)
    shown.encode()
    assert len(shown.splitlines()) <= 1
    assert all(c.isprintable() or c in "\u200c\u200d" or c.isspace() for c in shown)
    for most in (2, 10, 80):
        assert len(visible(text, most)) <= most
        assert visible(text, most) == shown or visible(text, most)[-1] == "…"
    assert "\u202e" not in shown
    assert visible("👨‍👩‍👧 ok") == "👨‍👩‍👧 ok"


# --- source -----------------------------------------------------------------------------------------


@hostile
def test_a_hostile_name_is_text_in_the_source(text, capsys):
    check_source(text)
    assert capsys.readouterr().out == ""


@settings(CHEAP, max_examples=60)
@given(TEXTS)
def test_any_name_is_text_in_the_source(text):
    assume(text != "x")  # the function's first argument, which has its number already
    check_source(text)


def renamed(function, name):
    function.__name__ = function.__qualname__ = name
    return function


def check_source(text):
    """Scopes, modules, labels, keys, attributes, functions and arguments of this name compile, and comments hold their names."""
    layer = nn.Linear(2, 2, rng=0)
    box = {text: layer, "weights": {text: Tensor([1.0, 2.0])}}
    w = Tensor([1.5, 0.5], label=text)

    class Network(nn.Module):
        def __init__(self):
            vars(self)[text] = box
            self.v = Tensor([0.1, 0.2])

        def forward(self, x):
            with scope(text):
                h = (box[text](x) * w).tanh()
            return (h * box["weights"][text] * self.v).sum()

    if not SURROGATES.search(text) and "\0" not in text:  # which Python refuses
        Network.__name__ = Network.__qualname__ = text
    model = Network()

    def f(x, **more):
        return model(x) + sum(more.values())

    try:
        compiled = autograd.compile(renamed(f, text))
        found = compiled(np.ones((1, 2)), **{text: 2.0})
    except UnicodeEncodeError:
        compiled = autograd.compile(f)
        found = compiled(np.ones((1, 2)), other=2.0)
    found.backward()
    assert found.data == pytest.approx(compiled.function(np.ones((1, 2)), other=2.0).data, rel=1e-6)
    source = compiled.source
    source.encode()
    tree = ast.parse(source)
    assert [type(node) for node in tree.body] == [ast.Expr, ast.Import, ast.FunctionDef, ast.FunctionDef]
    assert max(map(len, source.splitlines())) <= 100
    name = visible(text, 80)
    assert name == "" or any(line.strip() == f"# {name}".strip() for line in source.splitlines()) or text.startswith(("0.", "1."))
    assert ast.get_docstring(tree).endswith("forward and backward, as a program for NumPy.")
    repr(compiled).encode()
    str(autograd.draw(compiled(np.ones((1, 2)), other=1.0)).source).encode()


@CHEAP
@example('"""')
@given(TEXTS)
def test_a_docstring_holds_what_can_be_seen_of_a_text(text):
    (statement,) = ast.parse(f'"""{in_docstring(text, 2000)}."""').body
    assert statement.value.value == f"{visible(text)}."
    assert len(in_docstring(text, 30)) <= 30


@hostile
def test_errors_of_compiling_name_functions_and_keys_in_one_line(text):
    settings_of_mine = {text: 1.0}

    def f(x):
        return x * settings_of_mine[text] if x > 0 else x

    if not SURROGATES.search(text):
        renamed(f, text)
    compiled = autograd.compile(f)
    with pytest.raises((TypeError, RuntimeError)) as raised:
        compiled(1.0)
    assert len(str(raised.value).splitlines()) == 1
    str(raised.value).encode()
    with pytest.raises(RuntimeError) as raised:
        compiled.source  # noqa: B018
    str(raised.value).encode()

    changing = autograd.compile(lambda x: x * settings_of_mine[text])
    x = Value(1.0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for i in range(12):
            settings_of_mine[text] = float(i)
            changing(x)
    for warning in caught:
        assert len(str(warning.message).splitlines()) == 1
        str(warning.message).encode()


def test_the_text_of_a_function_without_a_file_is_no_matter():
    for name in ("<string>", "a 'quoted' \"\"\" file.py", "<lambda>", "a\nb"):
        namespace = {"autograd": autograd}
        exec(compile("f = lambda x: (x * 2).tanh()\ndef g(x):\n    '''Doc\"\"\" \\\\ '''\n    return x * x", name, "exec"), namespace)
        for function in (namespace["f"], namespace["g"]):
            compiled = autograd.compile(function)
            assert compiled(0.5).data == function(Value(0.5)).data
            ast.parse(compiled.source)
    own = Primitive(
        "own_of_this_test", symbol="t", latex="#1", scalar=None, array=namespace["g"], vjp=(lambda g, y, x: g * 2 * x,), doc="Own."
    )
    try:
        assert autograd.compile(lambda: own(Tensor([2.0])).sum())().data == 4.0
    finally:
        del table[own.name]


# --- pictures ---------------------------------------------------------------------------------------


def pictured(text):
    """A graph in which everything is called so."""
    own = Primitive(
        text or "own", symbol=text or "own", latex="#1", scalar=lambda x: 2 * x, array=lambda x: x + x,
        vjp=(lambda g, y, x: g * 2,), doc="Own.",
    ) if text not in table else table["tanh"]  # fmt: skip
    try:
        with scope(text), scope("inner"):
            y = own(Value(1.0, label=text) * 2 + Value(2.0, label=text + "'"))
        y.label = text
        return y * 3
    finally:
        table.pop(text or "own", None) if own is not table.get("tanh") else None


class Strict(html.parser.HTMLParser):
    """A page's scripts, and how many elements of each kind it has."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.starts, self.scripts, self.inside = {}, [], False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.starts[tag] = self.starts.get(tag, 0) + 1
        self.inside = tag == "script"
        if self.inside:
            self.scripts.append("")

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.scripts[-1] += data


@functools.cache
def plain_picture():
    """The graph and the page of the same computation with plain names."""
    drawing = draw(pictured("plain"))
    return pygraphviz.AGraph(string=drawing.source), Strict(drawing._as(".html", "drawing").decode())


def check_pictures(text, folder):
    mine = draw(pictured(text))
    mine.source.encode()
    ordinary, usual = plain_picture()
    graph = pygraphviz.AGraph(string=mine.source)
    assert sorted(graph.nodes()) == sorted(ordinary.nodes())
    assert len(graph.edges()) == len(ordinary.edges())
    svg = rendered(mine.source, "svg")
    shown = [("".join(e.itertext())).replace("\xa0", " ").strip() for e in ET.fromstring(svg).iter() if e.tag.endswith("}text")]
    kinds = {e.tag.rpartition("}")[2] for e in ET.fromstring(svg).iter()}
    assert kinds <= {"svg", "g", "polygon", "path", "text", "ellipse", "title", "polyline"}
    assert max(map(len, shown)) <= 3 * LONG
    if text.isprintable() and text.strip() and len(text) < LONG and "  " not in text:
        assert shown.count(text.strip()) == (3 if text in table else 4)  # no second primitive takes the name of one in the table
    for name in ("a.dot", "a.html"):
        assert mine.save(folder / name).read_text(encoding="utf-8")
    page = (folder / "a.html").read_text(encoding="utf-8")
    strict = Strict(page)
    assert {k: n for k, n in strict.starts.items() if k != "text"} == {k: n for k, n in usual.starts.items() if k != "text"}
    data = next(json.loads(script) for script in strict.scripts if script.lstrip().startswith("{"))
    for word in words(data):
        word.encode()
        assert len(word) < 1000
        assert len(word.splitlines()) <= 1


def test_the_heading_of_a_page_is_text_whatever_the_result_is_called(tmp_path):
    for label in ("a\ud800<b>\n", "\0", "x" * 10_000):
        result = Value(2.0, label="a") * 3
        result.label = label
        text = draw(result).save(tmp_path / "a.html").read_text(encoding="utf-8")
        assert f"<title>{html.escape(visible(label, 60))}: backpropagation</title>" in text
    unnamed = draw(Value(2.0) * 3).save(tmp_path / "latin-1 \udce9.html").read_text(encoding="utf-8")
    assert r"<title>latin-1 \udce9: backpropagation</title>" in unnamed


def words(x):
    if isinstance(x, str):
        yield x
    elif isinstance(x, (dict, list)):
        for part in x.values() if isinstance(x, dict) else x:
            yield from words(part)


@hostile
def test_a_hostile_name_is_text_in_pictures_and_pages(text, tmp_path):
    check_pictures(text, tmp_path)


@DEAR
@given(TEXTS)
@example("sin")
def test_any_name_is_text_in_pictures_and_pages(tmp_path_factory, text):
    check_pictures(text, tmp_path_factory.mktemp("pictures"))


@CHEAP
@given(TEXTS)
def test_any_label_is_well_formed_in_dot(text):
    ET.fromstring(f"<p>{html_label(text)}</p>")
    graph = pygraphviz.AGraph(string=draw(Value(1.0, label=text) * 2).source)
    assert len(graph.nodes()) == 4


def test_long_names_are_shortened_in_pictures():
    source = draw(Value(1.0, label="x" * 10_000) * 2).source
    assert "x" * (LONG - 1) + "…" in source
    assert len(source) < 5000


# --- formulas ---------------------------------------------------------------------------------------


@hostile
def test_a_hostile_label_is_text_in_a_formula(text):
    check_formula(text)


@CHEAP
@given(TEXTS)
def test_any_label_is_text_in_a_formula(text):
    check_formula(text)


def check_formula(text):
    from matplotlib.mathtext import MathTextParser

    x = Value(2.0, label=text)
    formula = latex((x + 1) * x**2)
    formula.encode()
    assert "\n" not in formula
    assert len(formula) < 30 * LONG
    symbol = in_latex(text)
    bare = re.sub(r"\\[\\{}$%&#_ ]", "", symbol)
    assert bare.count("{") == bare.count("}")
    assert not re.search(r"(?<!\\)[$%&#]", symbol)
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # a font may lack a letter
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        known = re.sub(r"\\[&#]|[\"`\U00010000-\U0010ffff]", "x", formula)  # those LaTeX has, and matplotlib has not
        MathTextParser("agg").parse(f"${known}$")
    compiled = autograd.compile(renamed(lambda x: x * 2, text if not SURROGATES.search(text) else "f"))
    assert latex(compiled(x) + 1).endswith(" + 1")


# --- tables, text and errors ------------------------------------------------------------------------


def network(text):
    text = text or "x"

    class Network(nn.Module):
        def __init__(self):
            vars(self)[text] = {text: nn.Linear(2, 2, rng=0)}
            self.last = nn.Linear(2, 1, rng=0)

        def forward(self, x):
            return self.last(vars(self)[text][text](x).relu())

    if not SURROGATES.search(text) and "\0" not in text:
        Network.__name__ = Network.__qualname__ = text
    return Network()


def check_tables(text):
    model = network(text)
    X, y = np.random.default_rng(0).normal(size=(32, 2)), np.zeros((32, 1))
    ordinary = network("plain")
    for say in (
        lambda model: model.summary((2,)),
        repr,
        lambda model: repr(nn.diagnose(model, (1e-6 * X, y), nn.MSELoss())),
        lambda model: model._called(),
    ):
        shown = say(model)
        shown.encode()
        assert len(shown.splitlines()) == len(say(ordinary).splitlines())
    assert max(map(len, model.summary((2,)).splitlines())) < 300
    with pytest.raises(ValueError, match="does not fit") as raised:
        model.load_state_dict({text: np.ones(1)})
    assert len(str(raised.value).splitlines()) == 1
    str(raised.value).encode()
    history = History()
    history.append({"epoch": 1, text or "m": 0.5})
    assert len(repr(history).splitlines()) == 2
    repr(history).encode()
    for x in (Value(1.0, label=text), Tensor([1.0], label=text)):
        repr(x).encode()
        assert len(repr(x).splitlines()) == 1


@hostile
def test_a_hostile_name_is_text_in_tables(text):
    check_tables(text)


@settings(CHEAP, max_examples=40)
@given(TEXTS)
def test_any_name_is_text_in_tables(text):
    check_tables(text)


@hostile
def test_a_hostile_label_is_text_in_errors(text):
    x = Value(-1.0, label=text)
    own = Primitive(
        text or "own_of_this_test", symbol="t", latex="#1", scalar=lambda x: float("nan"), array=lambda x: x,
        vjp=(lambda g, y, x: g,), doc="Own.",
    )  # fmt: skip
    try:
        with pytest.raises(FloatingPointError) as raised, autograd.detect_anomaly():
            own(x)
        assert len(str(raised.value).splitlines()) == 1
        traceback.format_exception(raised.value)[-1].encode()
        y = own(x) * x
        x.data = 3.0
        with pytest.raises(RuntimeError, match="changed") as raised:
            y.backward()
        assert len(str(raised.value).splitlines()) == 1
        str(raised.value).encode()
        assert len(repr(own).splitlines()) == 1
    finally:
        del table[own.name]


@hostile
def test_a_hostile_name_is_kept_in_a_file(text, tmp_path):
    model, again = network(text), network(text)
    again.last.weight.data = again.last.weight.data + 1
    more = {text: 3, "b": {text: np.ones(2)}, ascii(text)[1:-1]: np.zeros(1)}
    nn.save(tmp_path / "model.safetensors", model, **more)
    entries = nn.load(tmp_path / "model.safetensors", again)
    assert list(entries) == list(more)
    assert entries["b"][text].tolist() == [1.0, 1.0]
    assert list(again.state_dict()) == list(model.state_dict())
    assert all((again.state_dict()[name] == x).all() for name, x in model.state_dict().items())


# --- figures ----------------------------------------------------------------------------------------


@hostile
def test_a_hostile_name_is_text_in_figures(text, tmp_path):
    import matplotlib.pyplot as plt

    model = network(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a font may lack a letter
        axes = [
            *nn.plot.weights(model), *nn.plot.curves({text or "m": [1.0, 0.5], "val_" + (text or "m"): [1.0, 2.0]}),
            nn.plot.confusion_matrix([[3, 1], [0, 2]], names=[text, text]),
        ]  # fmt: skip
        if not SURROGATES.search(text):
            axes += list(nn.plot.activations(renamed(lambda x: x.tanh(), text or "f")))
        for ax in axes:
            with matplotlib.rc_context({"svg.fonttype": "none"}):
                ax.figure.savefig(tmp_path / "a.svg")
            ET.parse(tmp_path / "a.svg")
    if text.strip() and text.isprintable() and len(text) < 40:
        assert axes[0].get_title().startswith(text)
        assert axes[2].get_ylabel() == text
    plt.close("all")
