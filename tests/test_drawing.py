"""Claims about pictures: what they show, how they fold, and how they are saved."""

import html
import os
import re
import stat
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pygraphviz
import pytest

import autograd
import nn
from autograd import Drawing, Tensor, Value, draw, no_grad, scope, table
from autograd.drawing import layout
from autograd.drawing.picture import symbol_of


class Shown:
    """What a drawing says, read from its DOT source: the texts of each box, and the arrows between them."""

    def __init__(self, drawing):
        graph = pygraphviz.AGraph(string=drawing.source)
        self.kinds = {node: node.attr["class"].removesuffix(" alarm") for node in graph.nodes() if node.attr["class"]}
        self.texts = {node: words(node.attr["label"]) for node in self.kinds}
        self.boxes = sorted(self.texts[node] for node, kind in self.kinds.items() if kind not in ("operation", "entry", "line"))
        self.operations = self.of_kind("operation")
        parts = [part for part in subgraphs(graph) if (part.name or "").startswith("cluster_")]
        self.parts = sorted(" ".join(words(part.graph_attr["label"])) for part in parts)
        self.arrows = []  # of each the first text of its tail, the first text of its head, and its own
        for edge in graph.edges_iter():
            tail = edge[0]
            if edge.attr["style"] == "invis":
                continue  # only holds boxes in their order
            if self.kinds[edge[1]] == "entry":
                continue  # the arrow goes on there
            if self.kinds[tail] == "entry":
                tail = graph.in_edges(tail)[0][0]
            self.arrows.append((self.texts[tail][0], self.texts[edge[1]][0], " ".join(words(edge.attr["label"] or ""))))
        self.arrows.sort()

    def of_kind(self, kind):
        return sorted(self.texts[node] for node, its in self.kinds.items() if its == kind)


def subgraphs(graph):
    for part in graph.subgraphs():
        yield part
        yield from subgraphs(part)


def words(label):
    cells = re.sub("<[^<>]+>", "\0", label).replace("&#160;", "").split("\0")
    return [html.unescape(cell).strip() for cell in cells if cell.strip()]


def svg_texts(svg):
    return [("".join(e.itertext())).replace("\xa0", " ").strip() for e in ET.fromstring(svg).iter() if e.tag.endswith("}text")]


def ab():
    return Value(2.0, label="a"), Value(-3.0, label="b")


# What is shown


def test_a_value_shows_its_label_its_data_and_its_grad():
    a, b = ab()
    c = a * b
    c.label = "c"
    assert Shown(draw(c)).boxes == [["a", "data", "2", "grad", "0"], ["b", "data", "-3", "grad", "0"], ["c", "data", "-6", "grad", "0"]]
    c.backward()
    assert Shown(draw(c)).boxes == [["a", "data", "2", "grad", "-3"], ["b", "data", "-3", "grad", "2"], ["c", "data", "-6", "grad", "1"]]


def test_an_operation_shows_its_symbol_and_each_arrow_its_local_derivative():
    a, b = ab()
    shown = Shown(draw((a * b).tanh() + 0.5))
    assert shown.operations == [["+"], ["tanh"], ["×"]]
    arrows = {(tail, head): text for tail, head, text in shown.arrows if head in ("×", "tanh")}
    assert arrows[("a", "×")] == "-3"
    assert arrows[("b", "×")] == "2"
    assert arrows[("data", "tanh")] == f"{1 - np.tanh(-6.0) ** 2:.4g}"


def test_the_gradient_is_the_sum_over_paths_of_the_products_of_the_numbers_on_them():
    x = Value(0.7, label="x")
    y = (x * x).sin() * x + x.exp()
    y.backward()
    derivative = {}
    for node in reversed(autograd.backward.history(y)):
        texts = autograd.drawing.picture.local_derivatives(node) if node.primitive else []
        derivative[node] = 1.0 if node is x else sum(float(t) * derivative[i] for t, i in zip(texts, node.inputs, strict=True))
    assert derivative[y] == pytest.approx(x.grad, rel=1e-3)


def test_a_value_used_twice_is_drawn_once_with_an_arrow_for_each_use():
    x = Value(3.0, label="x")
    shown = Shown(draw(x * x + x))
    assert len(shown.boxes) == 3
    assert [arrow for arrow in shown.arrows if arrow[0] == "x"] == [("x", "+", "1"), ("x", "×", "3"), ("x", "×", "3")]


def test_a_constant_looks_different_and_its_arrow_has_no_derivative():
    a, b = ab()
    with no_grad():
        frozen = b * 2
    shown = Shown(draw(a * 5 + a * b.detach() + a * frozen))
    assert [box[-1] for box in shown.of_kind("constant")] == ["5", "-3", "-6"]
    assert [arrow for arrow in shown.arrows if arrow[0] in ("5", "b")] == [("5", "×", ""), ("b", "×", "")]
    assert "dashed" in draw(a * 5).source
    assert "dashed" not in draw(a * b).source
    assert not any("grad" in box for box in shown.of_kind("constant"))


def test_numbers_of_a_list_are_drawn_once_and_those_in_a_formula_beside_their_operation():
    inputs = [1.0, 1.0]  # Python may keep one object for both
    weights = [Value(0.5), Value(0.25)]
    shown = Shown(draw([autograd.dot(weights, inputs), autograd.dot(weights[::-1], inputs)]))
    assert shown.of_kind("constant") == [["1"], ["1"]]
    x = Value(1.0)
    assert Shown(draw(2 * x + x**2)).of_kind("constant") == [["2"], ["2"]]


def test_an_array_used_twice_is_drawn_once():
    array, w = np.ones((3, 2)), Tensor(np.ones((2, 2)))
    assert Shown(draw([array @ w, array * w.sum()])).of_kind("constant") == [["(3, 2)"]]


def test_a_tensor_shows_its_shape_and_the_size_of_the_jacobian():
    w = Tensor(np.ones((2, 3)), label="W")
    loss = (np.ones((4, 2)) @ w).relu().mean()
    shown = Shown(draw(loss))
    assert ["W", "shape", "(2, 3)", "‖grad‖", "–"] in shown.boxes
    assert ["data", "2", "grad", "–"] in shown.boxes  # a single number is shown, also a Tensor's
    assert ("W", "@", "12 × 6") in shown.arrows
    loss.backward()
    assert ["W", "shape", "(2, 3)", "‖grad‖", f"{np.linalg.norm(w.grad):.4g}"] in Shown(draw(loss)).boxes


def test_a_tensor_shows_its_kind_of_number_where_it_is_not_the_usual():
    t = Tensor(np.ones(3, dtype=np.float32)) * np.array([1, 2, 3], dtype=np.int8)
    boxes = Shown(draw(t)).boxes
    assert ["shape", "(3,) float32", "‖grad‖", "–"] in boxes
    assert ["(3,) int8"] in boxes


def test_between_tensors_of_one_number_the_arrow_has_the_local_derivative():
    t = Tensor([[3.0]], label="t")
    assert ("t", "×", "3") in Shown(draw(t * t)).arrows
    assert ("t", "Σ", "1") in Shown(draw(t.sum())).arrows


@pytest.mark.parametrize("name", [name for name, primitive in table.items() if primitive.elementwise])
def test_every_elementwise_primitive_can_be_drawn(name):
    primitive = table[name]
    for count in [len(primitive.vjp)] if isinstance(primitive.vjp, tuple) else [len(case.shapes) for case in primitive.cases]:
        node = primitive(*(Value(0.5 + i, label=f"x{i}") for i in range(count)))
        shown = Shown(draw(node))
        assert shown.operations == [[symbol_of(node)]]
        assert len(shown.boxes) == count + 1


@pytest.mark.parametrize("name", [name for name, primitive in table.items() if primitive.cases])
def test_every_primitive_of_arrays_can_be_drawn(name):
    for case in table[name].cases:
        inputs = [np.ones(shape) + (np.eye(*shape[-2:]) if len(shape) > 1 else 0.0) for shape in case.shapes]  # with an inverse
        node = table[name](*map(Tensor, inputs), **case.static)
        assert Shown(draw(node)).operations == [[symbol_of(node)]]


def test_a_derivative_that_is_infinite_is_shown_so():
    x = Value(0.0, label="x")
    assert ("x", "√", "inf") in Shown(draw(x.sqrt())).arrows
    assert ("x", "ln", "inf") in Shown(draw(x.log())).arrows


def test_a_condition_has_the_derivative_0():
    a, b = ab()
    assert {arrow for arrow in Shown(draw(autograd.where(a, b, 1.0))).arrows if arrow[1] == "where"} == {
        ("a", "where", "0"), ("b", "where", "1"), ("1", "where", ""),
    }  # fmt: skip


def test_several_results_make_one_picture():
    a, b = ab()
    assert len(Shown(draw([a + b, [a * b], {"c": a}])).boxes) == 4


def test_a_leaf_alone_can_be_drawn():
    assert Shown(draw(Value(1.0, label="w"))).boxes == [["w", "data", "1", "grad", "0"]]


def test_after_a_change_the_leaf_is_marked_and_no_derivative_is_claimed():
    w = Value(2.0, label="w")
    y = (w * w).tanh()
    w.data = 5.0
    shown = Shown(draw(y))
    assert ["w", "data", "5", "grad", "0", "changed since its use"] in shown.boxes
    assert {text for tail, _, text in shown.arrows if tail == "w"} == {"?"}
    assert ("data", "tanh", f"{1 - np.tanh(4.0) ** 2:.4g}") in shown.arrows


def test_the_picture_runs_in_the_given_direction():
    assert "rankdir=LR" in draw(Value(1.0) + 1).source
    assert "rankdir=TB" in draw(Value(1.0) + 1, direction="TB").source


def test_the_repr_tells_how_to_see_the_drawing():
    assert repr(draw(Value(1.0) + 1)) == '<Drawing of 3 boxes; it shows itself in a notebook, and .save("picture.svg") saves it>'


# Folding


def network(sizes=(3, 1)):
    return nn.MLP(2, list(sizes), rng=0)


def test_an_open_module_is_a_frame_with_its_name_and_its_parameters_inside():
    shown = Shown(draw(nn.Neuron(2, rng=0)([1.0, 2.0])))
    assert shown.parts == ["Neuron"]
    assert [box[0] for box in shown.of_kind("leaf")] == ["bias", "weight.0", "weight.1"]


def test_names_do_not_repeat_the_frame_they_are_in():
    shown = Shown(draw(network()([1.0, 2.0])))
    assert shown.parts == ["MLP", "layers.0", "layers.1", "neurons.0", "neurons.0", "neurons.1", "neurons.2"]
    assert {box[0] for box in shown.of_kind("leaf")} == {"bias", "weight.0", "weight.1", "weight.2"}


@pytest.mark.parametrize(
    ("fold", "modules"),
    [
        (0, [["MLP", "7 nodes", "13 parameters"]]),
        (1, [["layers.0", "6 nodes", "9 parameters"], ["layers.1", "1 node", "4 parameters"]]),
        (2, [["neurons.0", "1 node", "4 parameters"]] + [[f"neurons.{i}", "2 nodes", "3 parameters"] for i in range(3)]),
        (3, []),
        (None, []),
    ],
)
def test_fold_is_the_number_of_open_levels(fold, modules):
    shown = Shown(draw(network()([1.0, 2.0]), fold=fold))
    assert shown.of_kind("module") == modules


def test_inputs_and_results_of_a_folded_module_are_drawn():
    out = network()([Value(1.0, label="x"), 2.0])
    out.label = "score"
    shown = Shown(draw(out, fold=0))
    assert shown.boxes == [
        ["2"],
        ["MLP", "7 nodes", "13 parameters"],
        ["score", "data", f"{out.data:.4g}", "grad", "0"],
        ["x", "data", "1", "grad", "0"],
    ]
    assert shown.arrows == [("2", "MLP", ""), ("MLP", "score", ""), ("x", "MLP", "")]


def test_all_calls_of_a_module_are_one_box():
    model = network()
    loss = nn.mse_loss([model([float(i), 1.0]) for i in range(10)], [0.0] * 10)
    shown = Shown(draw(loss, fold=0))
    assert [" ".join(box) for box in shown.of_kind("module")] == ["MLP  ×10 70 nodes 13 parameters", "mse_loss 32 nodes"]
    assert shown.of_kind("constant") == [["20 constants"]]
    assert ("MLP  ×10", "mse_loss", "10 values") in shown.arrows


def test_what_flows_between_folded_modules_is_counted_for_each_call():
    model = network([6, 1])
    shown = Shown(draw([model([1.0, float(i)]) for i in range(7)], fold=1))
    assert ("layers.0  ×7", "layers.1  ×7", "6 × 7 values") in shown.arrows
    assert shown.parts == ["MLP  ×7"]


def test_two_models_of_one_class_are_two_boxes():
    shown = Shown(draw(network()([1.0, 2.0]) + network([1])([1.0, 2.0]), fold=0))
    assert shown.of_kind("module") == [["MLP", "1 node", "3 parameters"], ["MLP", "7 nodes", "13 parameters"]]


def test_parameters_stay_in_their_module_when_weight_decay_uses_them_too():
    model = network()
    loss = model([1.0, 2.0]) + 0.1 * autograd.dot(model.parameters(), model.parameters())
    shown = Shown(draw(loss, fold=0))
    assert not shown.of_kind("leaf")
    assert ("MLP", "Σ wᵢxᵢ", "13 parameters") in shown.arrows


def test_many_inputs_of_the_same_folded_modules_are_one_box():
    x = [Value(float(i)) for i in range(6)]
    shown = Shown(draw(nn.Neuron(6, rng=0)(x), fold=0))
    assert shown.of_kind("leaf") == [["6 inputs"]]
    shown = Shown(draw(nn.MLP(6, [3, 1], rng=0)(x), fold=2))
    assert shown.of_kind("leaf") == [["6 inputs"]]
    assert [head for tail, head, _ in shown.arrows if tail == "6 inputs"] == ["neurons.0", "neurons.1", "neurons.2"]


def test_parameters_that_are_tensors_are_counted_by_their_entries():
    class Line(nn.Module):
        def __init__(self):
            self.weight = Tensor(np.ones((2, 3)))

        def forward(self, x):
            return x @ self.weight

    assert Shown(draw(Line()(np.ones((4, 2))), fold=0)).of_kind("module") == [["Line", "1 node", "6 parameters"]]


def test_scopes_fold_as_modules_do():
    a, b = ab()
    with scope("outer"):
        c = a * b
        with scope("inner"):
            d = c.tanh()
    assert Shown(draw(d + c, fold=0)).of_kind("module") == [["outer", "2 nodes"]]
    assert Shown(draw(d + c, fold=1)).of_kind("module") == [["inner", "1 node"]]
    assert Shown(draw(d + c)).parts == ["inner", "outer"]


def test_a_large_graph_is_folded_to_where_it_is_clear():
    model = nn.MLP(2, [16, 16, 1], rng=0)
    loss = nn.hinge_loss([model([float(i), 1.0]) for i in range(100)], [1.0] * 100)
    shown = Shown(draw(loss))
    assert shown.parts == ["MLP  ×100"]
    assert [box[0] for box in shown.of_kind("module")] == ["hinge_loss", "layers.0  ×100", "layers.1  ×100", "layers.2  ×100"]
    assert ("layers.0  ×100", "layers.1  ×100", "16 × 100 values") in shown.arrows


def test_500_nodes_are_drawn_and_more_are_refused_with_the_way_out():
    x = y = Value(1.0)
    for _ in range(499):
        y = -y
    assert repr(draw(y)).startswith("<Drawing of 500 boxes")
    with pytest.raises(ValueError, match=r"This graph has 501 nodes, and more than 500 cannot be read.*with autograd.scope\(\"name\"\):"):
        draw(-y).source  # noqa: B018
    with scope("long"):
        for _ in range(600):
            x = -x
    with pytest.raises(ValueError, match=r"With all its modules folded there are still 503 boxes.*Draw a smaller part"):
        draw(y * x)._repr_svg_()
    assert Shown(draw(x)).of_kind("module") == [["long", "600 nodes"]]


def test_a_chain_of_scopes_deeper_than_recursion_reaches_is_drawn():
    x = Value(1.0)

    def inside(depth):
        with scope(f"level {depth}"):
            return x * 2 if depth == 150 else inside(depth + 1)

    assert len(Shown(draw(inside(0))).parts) == 151


# Labels

LABELS = [
    'say "hi"', "it's", "<b>bold</b>", "a & b &amp; c", "{left | right}", r"back\slash \N \G \l \n", "\\", "σ(∂x) → 你好 🙂", "100%",
    "</script>", "$x_1^2$", "%PDF", "a" * 200,
]  # fmt: skip


@pytest.mark.parametrize("label", LABELS)
def test_a_label_comes_out_as_text(label, tmp_path):
    with scope(label):
        drawing = draw(Value(1.0, label=label) * 2)
    assert svg_texts(drawing._repr_svg_()).count(label) == 2
    again = drawing.save(tmp_path / "again.dot").read_text(encoding="utf-8")
    assert svg_texts(layout.rendered(again, "svg")).count(label) == 2
    assert drawing.save(tmp_path / "x.png").stat().st_size > 0


def test_a_label_of_several_lines_has_several_lines():
    texts = svg_texts(draw(Value(1.0, label="one\ntwo\r\nthree\n"))._repr_svg_())
    assert texts[:3] == ["one", "two", "three"]


def test_characters_that_svg_cannot_hold_become_visible_signs():
    assert svg_texts(draw(Value(1.0, label="a\0b\x1bc\x7fd\ud800e\tf\uffff"))._repr_svg_())[0] == "a␀b␛c␡d\ufffde␉f\ufffd"


@pytest.mark.parametrize("label", ["", " ", "\n"])
def test_an_empty_label_is_none(label):
    with scope(label):
        assert svg_texts(draw(Value(1.0, label=label) * 2)._repr_svg_()).count("data") == 2


# Saving


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("x.svg", b"<?xml"),
        ("x.png", b"\x89PNG\r\n"),
        ("x.pdf", b"%PDF"),
        ("x.dot", b"digraph"),
        ("x.html", b"<!DOCTYPE html>"),
        ("X.SVG", b"<?xml"),
    ],
)
def test_the_suffix_decides_the_format(name, start, tmp_path):
    path = draw(Value(1.0) + 1).save(tmp_path / name)
    assert path == tmp_path / name
    assert path.read_bytes().startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_save_takes_a_text_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw(Value(1.0) + 1).save("here.dot")
    assert (tmp_path / "here.dot").exists()


@pytest.mark.parametrize("name", ["x.jpg", "x"])
def test_an_unknown_suffix_is_refused_with_the_known_ones(name, tmp_path):
    with pytest.raises(ValueError, match=r"saved as \.svg, \.png, \.pdf, \.dot or \.html, not as"):
        draw(Value(1.0) + 1).save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no folder .*nowhere.* Make it first"):
        draw(Value(1.0) + 1).save(tmp_path / "nowhere" / "x.svg")


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="needs a folder in which nobody can write")
def test_a_folder_that_cannot_be_written_to_is_named():
    with pytest.raises(OSError, match=r"The drawing cannot be saved as '/proc/x\.dot': "):
        draw(Value(1.0) + 1).save("/proc/x.dot")


def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "x.dot"
    path.write_text("old")

    def full(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match=r"x\.dot': No space left on device\."):
        draw(Value(1.0) + 1).save(path)
    assert [p.name for p in tmp_path.iterdir()] == ["x.dot"]
    assert path.read_text() == "old"


def test_a_saved_file_has_the_usual_permissions(tmp_path):
    path = draw(Value(1.0) + 1).save(tmp_path / "x.dot")
    (tmp_path / "usual").write_text("")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "usual").stat().st_mode)


def test_a_notebook_shows_the_drawing_as_svg_without_tooltips_of_inner_names():
    svg = draw(Value(1.0, label="x") + 1)._repr_svg_()
    root = ET.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "<title>" not in svg


# Layout


def test_drawing_needs_no_dot_program(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "x" in svg_texts(draw(Value(1.0, label="x") + 1)._repr_svg_())


def fake_dot(tmp_path, monkeypatch, script):
    program = tmp_path / "dot"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)


def test_the_dot_program_is_used_where_there_is_one(tmp_path, monkeypatch):
    fake_dot(tmp_path, monkeypatch, 'cat > /dev/null; echo "by dot with $*"')
    assert layout.rendered("digraph {}", "svg") == b"by dot with -Tsvg\n"


def test_a_dot_program_that_fails_is_made_up_for_by_pygraphviz(tmp_path, monkeypatch):
    fake_dot(tmp_path, monkeypatch, "exit 1")
    assert layout.rendered("digraph {}", "svg").startswith(b"<?xml")


def test_without_any_graphviz_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(layout, "PYGRAPHVIZ", "import sys; sys.modules['pygraphviz'] = None\n" + layout.PYGRAPHVIZ)
    with pytest.raises(RuntimeError, match=r"neither its program `dot` nor pygraphviz is installed: pip install 'pygraphviz>=2'"):
        draw(Value(1.0) + 1)._repr_svg_()


def test_where_no_process_can_be_started_the_error_says_what_works(monkeypatch):
    def refused(*_, **__):
        raise OSError(138, "emscripten does not support processes.")

    monkeypatch.setattr(layout.subprocess, "run", refused)
    with pytest.raises(RuntimeError, match=r"none can be started here .*emscripten.*Save the drawing as \.html"):
        draw(Value(1.0) + 1)._repr_svg_()
    assert "text/html" in draw(Value(1.0) + 1)._repr_mimebundle_()


def test_the_error_of_graphviz_is_passed_on():
    with pytest.raises(RuntimeError, match="Graphviz could not draw this as svg: "):
        layout.rendered("digraph {", "svg")


def test_drawing_often_prints_nothing_and_leaves_nothing_open(capfd):
    drawing = draw(Value(1.0, label="x") + 1)
    before = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
    pictures = {drawing._repr_svg_() for _ in range(20)}
    assert len(pictures) == 1
    assert (len(os.listdir("/proc/self/fd")) if before else 0) == before
    assert capfd.readouterr() == ("", "")


# Arguments


@pytest.mark.parametrize(
    ("root", "sentence"),
    [
        (3.0, "not a float"),
        ("x", "not a str"),
        ([Value(1.0), 2], "not a int"),
        (nn.Neuron(2), "not a Neuron; call it, and draw the result"),
    ],
)
def test_what_is_no_node_cannot_be_drawn(root, sentence):
    with pytest.raises(TypeError, match=r"draw\(\) takes a Value or a Tensor, or a list of them, " + sentence):
        draw(root)


def test_nothing_cannot_be_drawn():
    with pytest.raises(ValueError, match="empty list"):
        draw([])


def test_an_unknown_direction_is_refused():
    with pytest.raises(ValueError, match="one of LR, TB, RL, BT, not 'up'"):
        draw(Value(1.0), direction="up")


@pytest.mark.parametrize("fold", [-1, 1.5, "all", True])
def test_fold_is_a_count(fold):
    with pytest.raises(ValueError, match="fold must be the number of levels of modules that stay open"):
        draw(Value(1.0), fold=fold)


def test_importing_autograd_loads_nothing_of_drawing():
    check = (
        "import sys, autograd\n"
        "assert 'draw' in dir(autograd)\n"
        "assert not {'autograd.drawing', 'graphviz', 'pygraphviz'} & set(sys.modules)\n"
        "autograd.draw(autograd.Value(1.0))\n"
        "assert 'graphviz' in sys.modules and 'pygraphviz' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", check], check=True)
    assert isinstance(draw(Value(1.0)), Drawing)


def test_an_unknown_name_in_autograd_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'autograd' has no attribute 'drew'"):
        _ = autograd.drew


def test_a_marked_node_is_red_and_has_the_note_in_its_box():
    x = Value(2.0, label="x")
    source = draw(x * x, marks={x: "yours: 2"}).source
    (box,) = [line for line in source.splitlines() if "yours: 2" in line]
    assert "<b>x</b>" in box
    assert 'class="leaf alarm"' in box
    assert source.count("alarm") == 1
    assert "text/html" not in draw(x * x, marks={x: "yours: 2"})._repr_mimebundle_()  # the page would not show it


def test_a_mark_inside_a_folded_module_is_shown_on_its_box():
    model = nn.MLP(2, [2, 1], rng=0)
    score = model([1.0, 2.0])
    source = draw(score, fold=0, marks={model.layers[0].neurons[0].bias: "look here"}).source
    (box,) = [line for line in source.splitlines() if "look here" in line]
    assert "MLP" in box


def test_a_node_of_another_graph_cannot_be_marked():
    with pytest.raises(ValueError, match=r"draw\(\) cannot mark Value.* not in the graph; give nodes from which the result"):
        draw(Value(1.0), marks={Value(2.0): "here"})
