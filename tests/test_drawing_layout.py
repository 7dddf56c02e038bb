"""Claims about what a drawing looks like: its size, the order of its boxes, and what is marked in red."""

import html
import itertools
import math
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, draw, no_grad, scope
from autograd.drawing import folding, layout


def size_of(path):
    """Width and height of a png, as its header says."""
    return struct.unpack(">II", path.read_bytes()[16:24])


def chain(length, step=lambda x: x * 1.01 + 0.1):
    x = Value(1.0, label="x")
    for _ in range(length):
        x = step(x)
    return x


class Laid:
    """Where a drawing's boxes and frames are, read from its SVG: each as left, top, right, bottom."""

    def __init__(self, drawing):
        root = ET.fromstring(drawing._repr_svg_())
        self.boxes, self.texts, self.frames = {}, {}, []
        for group in root.iter("{http://www.w3.org/2000/svg}g"):
            kind = group.get("class", "").split()
            if not {"node", "cluster"} & set(kind):
                continue
            texts = ["".join(e.itertext()).strip() for e in group if e.tag.endswith("}text")]
            outline = next((e for e in group if e.tag.endswith(("}path", "}polygon"))), None)
            if outline is None:
                continue
            numbers = [float(x) for x in re.findall(r"-?[\d.]+", outline.get("d") or outline.get("points"))]
            x, y = numbers[::2], numbers[1::2]
            place = min(x), min(y), max(x), max(y)
            if "cluster" in kind:
                self.frames.append((texts[0] if texts else "", place))
            else:
                self.boxes[group.get("id")] = place
                self.texts[group.get("id")] = texts

    def named(self, name):
        """The places of the boxes with this first text, and of the frames of this name."""
        return [self.boxes[id] for id, texts in self.texts.items() if texts and texts[0] == name] + [
            place for title, place in self.frames if title == name
        ]


def middle(place):
    return (place[0] + place[2]) / 2, (place[1] + place[3]) / 2


def inside(inner, outer):
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


# Size


@pytest.mark.parametrize("step", [lambda x: x * 1.01 + 0.1, autograd.tanh, lambda x: x + Value(1.0)], ids=["constants", "alone", "leaves"])
def test_a_png_of_a_long_chain_can_be_opened_and_read(step, tmp_path):
    drawing = draw(chain(100, step))
    width, height = size_of(drawing.save(tmp_path / "c.png"))
    assert width * height <= 40e6
    assert max(width, height) <= 6_000  # at full sharpness: nothing had to be scaled down
    assert width < 5 * height


def test_a_png_of_a_network_with_nearly_500_boxes_has_at_most_40_million_pixels(tmp_path):
    width, height = size_of(draw(nn.MLP(2, [16, 16, 1], rng=0)([1.0, 2.0])).save(tmp_path / "c.png"))
    assert width * height <= 40e6
    assert max(width, height) <= layout.LONGEST


@pytest.mark.parametrize(("columns", "rows"), [(1, 700), (300, 1), (40, 60)])
def test_the_sharpness_of_a_png_is_chosen_by_its_size_before_it_is_drawn(columns, rows):
    # Boxes of an inch, so many beside and above each other.
    source = f'digraph {{ ranksep=0; nodesep=0; a [shape=box, fixedsize=true, width={columns}, height={rows}, label=""] }}'
    if max(columns, rows) * layout.LEGIBLE > layout.LONGEST:
        with pytest.raises(ValueError, match=rf"{columns} × {rows} inches.*Save it as \.svg or \.pdf.*smaller fold"):
            layout.rendered(source, "png")
        return
    width, height = struct.unpack(">II", layout.rendered(source, "png")[16:24])
    assert 0.8 * min(144**2 * columns * rows, 40e6, (layout.LONGEST / max(columns, rows)) ** 2 * columns * rows) < width * height <= 40e6
    assert max(width, height) <= layout.LONGEST


def test_a_picture_that_cannot_be_read_as_png_is_saved_as_svg_and_pdf(tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "MOST_PIXELS", 1_000)
    drawing = draw(Value(1.0, label="x") + 1)
    with pytest.raises(ValueError, match="A png of this drawing would not be readable"):
        drawing.save(tmp_path / "x.png")
    assert not list(tmp_path.iterdir())
    assert drawing.save(tmp_path / "x.svg").stat().st_size > 0
    assert drawing.save(tmp_path / "x.pdf").stat().st_size > 0


def test_a_small_png_is_sharp(tmp_path):
    drawing = draw(Value(1.0, label="x").tanh())
    width, _ = size_of(drawing.save(tmp_path / "c.png"))
    points = float(re.search(r'<svg width="(\d+)pt"', drawing._repr_svg_())[1])
    assert width == pytest.approx(2 * points, abs=3)


def test_the_whole_memory_for_a_png_stays_low(tmp_path):
    code = (
        "import resource, sys\n"
        "from autograd import Value, draw\n"
        "x = Value(1.0)\n"
        "for _ in range(100): x = x * 1.01 + 0.1\n"
        "draw(x).save(sys.argv[1])\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path / "c.png")], check=True, capture_output=True, text=True)
    assert int(run.stdout) < 300_000  # KB


def test_a_fold_that_opens_more_than_can_be_laid_out_is_refused(monkeypatch):
    monkeypatch.setattr(folding, "DRAWABLE", 50)
    root = chain(30)
    with pytest.raises(ValueError, match=r"With fold=3 this drawing has 121 boxes, and more than 50 .*Choose a smaller fold"):
        draw(root, fold=3).source  # noqa: B018
    with scope("long"):
        y = chain(30)
    assert draw(y, fold=0) is not None


@pytest.mark.parametrize("length", [1_000, 10_000])
def test_a_chain_of_thousands_is_refused_with_what_to_do(length):
    with pytest.raises(ValueError, match=r"more than 500 cannot be read\. Draw a smaller part.*with autograd\.scope\(\"name\"\):"):
        draw(chain(length, autograd.tanh)).source  # noqa: B018


# Lines


def test_a_long_chain_goes_on_in_a_new_line_and_says_where():
    laid = Laid(draw(chain(40, autograd.tanh)))
    words = [texts[0] for texts in laid.texts.values() if texts]
    source = draw(chain(40, autograd.tanh)).source
    for number in range(2, 6):
        assert source.count(f'label="line {number}"') == 2
    assert 'label="line 6"' not in source
    assert len([word for word in words if word == "data"]) == 40


def test_lines_stand_in_their_order():
    svg = draw(chain(40))._repr_svg_()
    heights = [float(re.search(rf'y="(-?[\d.]+)"[^>]*>line {number}</text>', svg)[1]) for number in range(2, 10)]
    assert heights == sorted(heights)


def test_a_short_chain_and_one_that_shares_a_weight_stay_in_one_line():
    w = Value(0.5, label="w")
    for drawing in (draw(chain(6)), draw(chain(30, lambda x: (x * w).tanh()))):
        assert "line 2" not in drawing.source


def test_each_line_begins_with_all_that_is_left_of_what_was_before():
    root = chain(20, lambda x: x * x)  # two arrows from each value
    source = draw(root).source
    assert len(re.findall(r"\tline2 -> o\d+ ", source)) == 2


def test_a_long_chain_before_or_after_something_folded_is_in_lines_too():
    assert "line 2" in draw(nn.mse_loss([chain(15)], [1.0])).source
    with scope("folded", folded=True):
        y = Value(1.0, label="x").exp()
    for _ in range(20):
        y = y.tanh()
    assert "line 2" in draw([y, Value(2.0, label="alone")]).source


# Order


def networks():
    for sizes, constants in itertools.product(([3, 1], [5], [4, 4, 1], [2, 3, 2], [8, 1]), (True, False)):
        model = nn.MLP(3, sizes, activation="tanh", rng=0)
        x = [1.0, -2.0, 3.0] if constants else [Value(x, label=f"x{i}") for i, x in enumerate([1.0, -2.0, 3.0])]
        out = model(x)
        yield pytest.param(out if sizes[-1] > 1 else nn.mse_loss([out], [1.0]), id=f"{sizes}-{'constants' if constants else 'values'}")


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("root", list(networks()))
def test_neurons_are_drawn_from_the_first_to_the_last(root, direction):
    across = 1 if direction == "LR" else 0
    laid = Laid(draw(root, direction=direction))
    for _, layer in [frame for frame in laid.frames if frame[0].startswith("layers.")]:
        neurons = [(title, middle(place)[across]) for title, place in laid.frames if title.startswith("neurons.") and inside(place, layer)]
        assert sorted(neurons, key=lambda neuron: neuron[1]) == sorted(neurons, key=lambda neuron: int(neuron[0].split(".")[1]))


def test_weights_stand_beside_their_inputs_in_order():
    laid = Laid(draw(nn.Neuron(3, rng=0)([Value(x, label=f"x{i}") for i, x in enumerate([1.0, 2.0, 3.0])])))
    heights = [middle(laid.named(name)[0])[1] for name in ("weight.0", "weight.1", "weight.2", "bias")]
    assert heights == sorted(heights)
    assert middle(laid.named("x0")[0])[1] < middle(laid.named("x1")[0])[1] < middle(laid.named("x2")[0])[1]


def test_operands_stand_in_the_order_in_which_they_are_written():
    for root, order in (
        (Value(1.0, label="a") - Value(2.0, label="b"), ("a", "b")),
        (5 * Value(1.0, label="a"), ("5", "a")),
        (Value(1.0, label="a") * 5, ("a", "5")),
    ):
        laid = Laid(draw(root))
        assert middle(laid.named(order[0])[0])[1] < middle(laid.named(order[1])[0])[1]


def test_several_results_stand_in_their_order():
    a = Value(1.0, label="a")
    results = [a * 2, a * 3, a * 4]
    for i, result in enumerate(results):
        result.label = f"r{i}"
    laid = Laid(draw(results))
    heights = [middle(laid.named(f"r{i}")[0])[1] for i in range(3)]
    assert heights == sorted(heights)


# Nodes that can be read


def test_the_weighted_sum_says_what_it_is():
    a, b = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]
    assert ">Σ wᵢxᵢ + b<" in draw(nn.Neuron(2, rng=0)([1.0, 2.0]))._repr_svg_()
    svg = draw(autograd.dot(a, b))._repr_svg_()
    assert ">Σ wᵢxᵢ<" in svg
    assert "+ b" not in svg


def test_a_number_stands_beside_the_operation_that_uses_it():
    laid = Laid(draw(nn.MLP(2, [3, 1], rng=0)([7.0, 8.0])))
    first_layer = [place for title, place in laid.frames if title.startswith("neurons.")]
    for number in ("7", "8"):
        boxes = laid.named(number)
        assert len(boxes) == 3  # one in each neuron of the first layer
        assert all(any(inside(box, neuron) for neuron in first_layer) for box in boxes)


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("mse_loss", 1.0), ("l1_loss", 1.0), ("huber_loss", 1.0), ("binary_cross_entropy", 1.0),
        ("binary_cross_entropy_with_logits", 1.0), ("hinge_loss", 1.0), ("kl_div", 1.0),
    ],
)  # fmt: skip
def test_a_loss_is_one_box_that_can_be_opened(name, target):
    p = [Value(0.5, label="p"), Value(0.25, label="q")]
    loss = getattr(nn, name)(p, [target] * 2)
    loss.label = "loss"
    laid = Laid(draw(loss))
    assert sorted(texts[0] for texts in laid.texts.values() if texts) == sorted(["p", "q", name, "loss"])
    opened = Laid(draw(loss, fold=1))
    assert name in [title for title, _ in opened.frames]
    assert len(opened.boxes) > len(laid.boxes)


@pytest.mark.parametrize("loss", [nn.cross_entropy, nn.nll_loss, nn.multi_margin_loss])
def test_a_loss_of_classes_is_one_box_too(loss):
    out = loss([[Value(-0.5), Value(-1.0)]], [0])
    assert [texts[0] for texts in Laid(draw(out)).texts.values() if texts].count(loss.__name__) == 1


def test_one_opens_a_loss_of_ones_own_as_one_opens_those_of_nn():
    x = Value(1.0, label="x")
    with scope("my loss", folded=True):
        y = (x - 2) ** 2
    assert [title for title, _ in Laid(draw(y)).frames if title] == []
    assert [title for title, _ in Laid(draw(y, fold=1)).frames if title] == ["my loss"]
    with scope("open"):
        y = (x - 2) ** 2
    assert [title for title, _ in Laid(draw(y)).frames if title] == ["open"]


# What is not finite


def red(drawing):
    """The texts that are red and bold."""
    svg = html.unescape(drawing._repr_svg_())
    return [text.strip() for text in re.findall(r'font-weight="bold"[^>]*fill="#d90429">([^<]*)</text>', svg) if text.strip()]


def test_nothing_is_red_where_all_is_finite():
    x = Value(1.0, label="nan")
    y = (x * 2).tanh()
    y.backward()
    assert "#d90429" not in draw(y).source


def test_nan_and_infinity_are_red_and_bold_in_values_gradients_and_derivatives():
    x = Value(0.0, label="x")
    y = x.log() * 0.0
    y.backward()
    drawing = draw(y)
    assert sorted(set(red(drawing))) == ["-inf", "inf", "nan", "the first gradient with nan", "the first inf", "the first nan"]


def test_the_first_box_with_nan_says_so_and_no_other_does():
    x = Value(0.0, label="x")
    first = x.log() * 0.0
    first.label = "first"
    laid = Laid(draw((first + 1.0).tanh()))
    assert [texts[0] for texts in laid.texts.values() if "the first nan" in texts] == ["first"]


def test_the_first_gradient_with_nan_is_that_which_the_backward_pass_comes_to_first():
    x = Value(0.0, label="x")
    root = x.sqrt()
    root.label = "root"
    y = root * 0.0
    y.backward()
    assert math.isnan(x.grad)
    laid = Laid(draw(y))
    assert [texts[0] for texts in laid.texts.values() if "the first gradient with nan" in texts] == ["x"]


def test_of_many_gradients_with_nan_the_one_nearest_to_the_result_is_the_first():
    x, w = Value(0.0, label="x"), Value(1.0, label="w")
    total = x.log() * 0.0 + w
    total.label = "total"
    y = total.tanh()
    y.backward()
    assert math.isnan(x.grad)
    assert math.isnan(w.grad)
    laid = Laid(draw(y))
    assert [texts[0] for texts in laid.texts.values() if "the first gradient with nan" in texts] == ["total"]


def test_an_array_says_what_its_shape_and_norm_do_not_show():
    with np.errstate(all="ignore"):
        t = Tensor(np.array([1.0, 0.0]), label="t")
        root = t.log().sum()
    laid = Laid(draw(root))
    assert [texts[-1] for texts in laid.texts.values() if texts and texts[0] == "shape"] == ["the first inf inside"]
    assert sum("the first inf inside" in texts for texts in Laid(draw(root * 1.0)).texts.values()) == 1


def test_a_constant_that_is_infinite_is_marked_too():
    with no_grad():
        mask = Value(float("-inf"), label="mask")
    assert {"-inf", "the first inf"} <= set(red(draw(autograd.maximum(mask, 1.0) + Value(1.0))))
    assert red(draw(Value(1.0) + float("inf"))).count("the first inf") == 1


def test_a_folded_module_says_what_is_not_finite_inside():
    x = Value(0.0, label="x")
    with scope("inner"):
        y = x.log() * 0.0 + 1.0
    laid = Laid(draw(y.tanh(), fold=0))
    (texts,) = [texts for texts in laid.texts.values() if texts and texts[0] == "inner"]
    assert texts[-2:] == ["the first inf inside", "the first nan inside"]
