"""Claims about what stands in the file of a page, and about what has no page."""

import json
import re

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, draw, no_grad, scope


def chain():
    """A graph with a value used twice, a constant, an input without derivative and labels of all kinds."""
    a, b = Value(2.0, label="a"), Value(-3.0, label="b & <i>")
    c = a * b
    c.label = "c"
    return autograd.where(b < 0, c + a.tanh() * 2, 0.0)


def saved(node, tmp_path, name="page", **options):
    return draw(node, **options).save(tmp_path / f"{name}.html").read_text(encoding="utf-8")


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="graph-data">(.*?)</script>', page, re.DOTALL)[1])


def titles(page, is_open=True):
    return [part["title"] for part in data_of(page)["parts"] if part["open"] == is_open and part["title"]]


def test_the_page_needs_nothing_from_elsewhere(tmp_path):
    page = saved(chain(), tmp_path)
    assert "{{" not in page
    assert not re.search(r'(src|href)\s*=\s*["\'](?!data:)', page)
    assert "@import" not in page
    assert "default-src 'none'" in page
    assert set(re.findall(r"https?://[^\s\"'<>]+", page)) <= {"http://www.w3.org/2000/svg"}


def test_a_label_cannot_break_out_of_its_place(tmp_path):
    label = "</script><script>alert(1)</script>{{programs}}<!--"
    page = saved(Value(1.0, label=label) * 2, tmp_path)
    assert "<script>alert" not in page
    assert page.count("<script") == 2
    assert label in [node["name"] for node in data_of(page)["nodes"]]


def test_no_internal_name_stands_in_a_page(tmp_path):
    model = nn.MLP(2, [3, 1], rng=0)
    page = saved(nn.hinge_loss([model([1.0, Value(2.0)])], [1.0]), tmp_path)
    data = json.dumps(data_of(page))
    for name in ("dot_n", "add_n", "max_n", "vjp"):
        assert name not in data


def test_nodes_without_a_label_get_names_that_are_not_taken(tmp_path):
    v1, big = Value(1.0, label="v1"), Value(2.0, label="L")
    assert [node["name"] for node in data_of(saved((v1 * big).tanh(), tmp_path))["nodes"]] == ["v1", "L", "v2", "v3"]


@pytest.mark.parametrize(("file", "name"), [("c", "c"), ("page", "L"), ("7", "L")])
def test_a_result_without_a_label_is_called_as_its_file_if_that_is_a_letter(tmp_path, file, name):
    page = saved(Value(2.0, label="a") * 3, tmp_path, file)
    assert data_of(page)["nodes"][-1]["name"] == name
    assert f"<title>{file}: backpropagation</title>" in page


def test_the_heading_is_the_formula_where_it_is_short(tmp_path):
    a = Value(2.0, label="a")
    assert data_of(saved(a * 3, tmp_path))["heading"] == r"a \cdot 3"
    for _ in range(50):
        a = a * 3
    assert data_of(saved(a, tmp_path))["heading"] == ""


def test_small_graphs_open_whole_and_losses_closed(tmp_path):
    with scope("double"):
        y = Value(2.0) * 2
    assert titles(saved(nn.mse_loss([y], [1.0]), tmp_path)) == ["double"]
    assert titles(saved(nn.mse_loss([y], [1.0]), tmp_path), is_open=False) == ["mse_loss"]


def test_a_network_opens_as_many_levels_as_are_clear(tmp_path):
    out = nn.MLP(2, [16, 16, 1], rng=0)([Value(1.0, label="x"), Value(-1.0, label="y")])
    assert titles(saved(out, tmp_path)) == ["MLP"]
    assert titles(saved(out, tmp_path, fold=0)) == []
    assert titles(saved(out, tmp_path, fold=2)) == ["MLP", "layers.0", "layers.1", "layers.2"]


def test_the_inputs_of_many_examples_are_one_box(tmp_path):
    model = nn.Neuron(2, rng=0)
    out = sum(model([Value(float(i)), Value(1.0)]) for i in range(10))
    assert "20 inputs" in titles(saved(out, tmp_path), is_open=False)


def test_nodes_that_compute_alike_share_an_operation(tmp_path):
    x = Value(0.5)
    y = (x.tanh() + (x * 2).tanh()).tanh()
    assert [op["symbol"] for op in data_of(saved(y, tmp_path))["operations"]] == ["tanh", "×", "+"]


def test_numbers_that_make_many_operations_become_inputs(tmp_path):
    x = Value(0.5)
    y = sum(x * (i / 7) for i in range(40))
    assert len(data_of(saved(y, tmp_path))["operations"]) < 20


def test_nan_and_infinity_are_in_the_data_as_texts(tmp_path):
    data = data_of(saved(Value(float("nan"), label="n") * float("-inf"), tmp_path))
    assert [node.get("value") for node in data["nodes"]] == ["NaN", None]
    assert data["operations"][0]["formula"].endswith(r"(-\infty)")


def test_a_leaf_alone_has_a_page(tmp_path):
    assert len(data_of(saved(Value(1.0, label="w"), tmp_path))["nodes"]) == 1


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int64, bool])
def test_arrays_of_any_type_have_a_page(tmp_path, dtype):
    w = Tensor(np.ones(3, np.float16 if dtype == np.float16 else float), label="w")
    nodes = data_of(saved((w * np.ones((2, 3), dtype)).sum(), tmp_path))["nodes"]
    assert nodes[0]["value"]["shape"] == [3]


def test_a_graph_too_large_for_a_picture_has_a_page(tmp_path):
    y = x = Value(1.0, label="x")
    for _ in range(1000):
        y = y * x
    drawing = draw(y)
    assert repr(drawing) == '<Drawing of 1,001 nodes, too large for a picture; .save("graph.html") saves a page>'
    assert len(data_of(drawing.save(tmp_path / "x.html").read_text(encoding="utf-8"))["nodes"]) == 1001
    for _ in range(20_000):
        y = y * x
    with pytest.raises(ValueError, match=r"This graph has 21,001 nodes, and more than 500 cannot be read"):
        draw(y)


# Refusals


def test_a_drawing_of_several_results_has_no_page(tmp_path):
    x = Value(1.0)
    with pytest.raises(ValueError, match="this drawing has 2 results; draw one of them"):
        saved([x + 1, x * 2], tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_array_has_no_page_for_lack_of_a_single_number(tmp_path):
    with pytest.raises(ValueError, match=r"backward\(\) starts from a single number"):
        saved(Tensor([1.0, 2.0]) * 2, tmp_path)


def test_a_constant_has_no_page(tmp_path):
    with no_grad():
        c = Value(1.0) + 1
    with pytest.raises(ValueError, match="is a constant, which has none"):
        saved(c, tmp_path)


def test_a_graph_with_a_changed_leaf_has_no_page(tmp_path):
    w = Value(1.0, label="w")
    y = w * w
    w.data = 2.0
    with pytest.raises(RuntimeError, match="'w' was changed after"):
        saved(y, tmp_path)
