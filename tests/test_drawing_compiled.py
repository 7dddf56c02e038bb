"""Claims about the pictures of compiled functions: both graphs, their frames and counts, and that looking changes nothing."""

import random

import numpy as np
import pytest
from test_drawing import Shown

import autograd
import nn
from autograd import Tensor, Value, draw


def moons_loss(sizes=(4, 1)):
    """A network of Values as modules, its compiled loss of 6 points, and those."""
    model = nn.MLP(2, list(sizes), rng=np.random.default_rng(0))

    @autograd.compile
    def loss(xs):
        return nn.hinge_loss([model(x) for x in xs], [1, -1, 1, -1, 1, -1])

    return model, loss, np.random.default_rng(1).normal(size=(6, 2)).tolist()


def computed(root):
    """How many nodes were computed for a result."""
    seen, todo = set(), [root]
    while todo:
        node = todo.pop()
        if isinstance(node, autograd.Node) and node.primitive is not None and node not in seen:
            seen.add(node)
            todo += node.inputs
    return len(seen)


def test_a_compiled_function_shows_the_graph_as_written_beside_the_arrays():
    _, loss, xs = moons_loss()
    loss(xs)
    shown = Shown(draw(loss))
    assert f"as written: {computed(loss.function(xs))} nodes" in shown.parts
    (program,) = loss.programs.values()
    assert f"as compiled: {sum(x.primitive is not None for x in autograd.backward.ancestors(program.outputs))} arrays" in shown.parts


def test_the_arrays_have_the_names_of_the_parameters_and_stand_in_their_modules():
    _, loss, xs = moons_loss()
    loss(xs)
    shown = Shown(draw(loss))
    shapes = [text[:3] for text in shown.of_kind("leaf")]
    assert ["weight", "shape", "(4, 2)"] in shapes
    assert ["bias", "shape", "(4,)"] in shapes
    assert {"MLP", "layers.0", "layers.1", "hinge_loss"} <= set(shown.parts)
    assert ["xs", "shape", "(6, 2)"] in shown.of_kind("constant")


def test_the_graph_as_written_is_folded_by_module_to_where_it_is_clear():
    _, loss, xs = moons_loss([16, 16, 1])
    loss(xs)
    assert [text[0] for text in Shown(draw(loss)).of_kind("module")] == ["hinge_loss", "layers.0  ×6", "layers.1  ×6", "layers.2  ×6"]


@pytest.mark.parametrize(("fold", "modules"), [(0, ["MLP  ×6", "hinge_loss"]), (1, ["layers.0  ×6", "layers.1  ×6"])])
def test_fold_is_the_number_of_open_levels_of_the_graph_as_written(fold, modules):
    _, loss, xs = moons_loss()
    loss(xs)
    assert [text[0] for text in Shown(draw(loss, fold=fold)).of_kind("module")] == modules


def test_a_large_graph_without_modules_is_one_box_with_its_count():
    w = [Value(1.0) for _ in range(20)]

    @autograd.compile
    def loss(xs):
        return sum((sum(wi * xi for wi, xi in zip(w, x, strict=True)) - 1.0) ** 2 for x in xs)

    xs = np.ones((20, 20)).tolist()
    loss(xs)
    shown = Shown(draw(loss))
    assert shown.of_kind("module") == [["as written", f"{computed(loss.function(xs)):,} nodes", "20 parameters"]]
    assert [part.split(":")[0] for part in shown.parts] == ["as compiled"]
    assert ["w", "shape", "(20,)"] in [text[:3] for text in shown.of_kind("leaf")]


def test_a_small_function_of_tensors_is_open_on_both_sides():
    w = Tensor(np.ones((3, 2)), "w")

    @autograd.compile
    def f(x):
        return (x @ w).sum()

    f(np.ones((5, 3)))
    shown = Shown(draw(f))
    assert shown.operations == [["@"], ["@"], ["Σ"], ["Σ"]]
    assert shown.parts == ["as compiled: 2 arrays", "as written: 2 nodes"]


def test_both_graphs_have_the_numbers_and_gradients_that_the_parameters_have_now():
    w = [Value(2.0, label="w")]

    @autograd.compile
    def f(x):
        return w[0] * x

    f(3.0).backward()
    w[0].data = 5.0
    shown = Shown(draw(f))
    assert shown.boxes.count(["data", "15", "grad", "0"]) == 1  # as written, a Value
    assert [text for text in shown.boxes if text[:2] == ["w", "data"]] == [["w", "data", "5", "grad", "3"]]
    assert [text[-1] for text in shown.boxes if text[:2] == ["w", "shape"]] == ["3"]


def test_drawing_changes_neither_source_nor_gradients_nor_random_numbers():
    model, loss, xs = moons_loss()
    result = loss(xs)
    result.backward()
    before = loss.source, [p.grad for p in model.parameters()], [p.data for p in model.parameters()], random.getstate()
    waiting = loss(xs)
    draw(loss)
    assert before == (loss.source, [p.grad for p in model.parameters()], [p.data for p in model.parameters()], random.getstate())
    waiting.backward()  # nothing counts as changed since
    assert [p.grad for p in model.parameters()] == [2 * g for g in before[1]]
    assert len(loss.programs) == 1


def test_drawing_draws_no_random_numbers():
    rng = np.random.default_rng(0)
    w = Tensor(np.ones(3), "w")

    @autograd.compile
    def f(x):
        return autograd.dropout(x * w, 0.5, rng=rng).sum()

    f(np.ones(3))
    before = rng.bit_generator.state
    draw(f)
    assert rng.bit_generator.state == before


def test_arguments_that_are_values_have_derivatives_and_names():
    @autograd.compile
    def f(a, bs):
        return a * bs[0] + bs[1]

    f(Value(2.0), [Value(3.0) * 1.0, Value(4.0)])
    shown = Shown(draw(f))
    assert ("a", "×", "3") in shown.arrows
    assert ("bs[0]", "×", "2") in shown.arrows
    assert "data" in shown.texts[next(node for node, text in shown.texts.items() if text[0] == "bs[1]")]


def test_integers_that_choose_rows_can_be_drawn():
    w = Tensor(np.ones((4, 2)), "w")

    @autograd.compile
    def f(i):
        return autograd.take(w, i).sum()

    f(np.array([1, 3]))
    assert Shown(draw(f)).parts == ["as compiled: 3 arrays", "as written: 3 nodes"]


def test_the_program_used_last_is_drawn_and_a_method_is_a_function_too():
    class Model:
        def __init__(self):
            self.w = Tensor(np.ones(3), "w")

        @autograd.compile
        def loss(self, x):
            return (self.w * x).sum()

    model = Model()
    model.loss(np.ones((2, 3)))
    model.loss(np.ones((7, 3)))
    assert ["x", "shape", "(7, 3)"] in Shown(draw(model.loss)).boxes


def test_the_two_graphs_stand_side_by_side():
    _, loss, xs = moons_loss()
    loss(xs)
    assert "rankdir=TB" in draw(loss).source
    assert "rankdir=LR" in draw(loss, direction="LR").source


def test_a_function_not_called_yet_cannot_be_drawn():
    _, loss, _ = moons_loss()
    with pytest.raises(RuntimeError, match=r"^loss has no graphs to draw yet: .*Call it once, and draw it then\.$"):
        draw(loss)


def test_a_function_that_sees_something_new_since_its_call_cannot_be_drawn():
    settings = {"strength": 2.0}
    w = Tensor(np.ones(3), "w")

    @autograd.compile
    def f(x):
        return settings["strength"] * (w * x).sum()

    f(np.ones(3))
    settings["strength"] = 3.0
    with pytest.raises(RuntimeError, match=r"^f must be compiled again, since `settings\.strength` was changed after its last call"):
        draw(f)
    f(np.ones(3))
    assert len(Shown(draw(f)).parts) == 2


def test_a_function_that_returns_constants_cannot_be_drawn():
    f = autograd.compile(lambda x: 3.0)
    f(1.0)
    with pytest.raises(ValueError, match="returned no Value or Tensor: there is nothing to draw"):
        draw(f)


def test_several_results_and_keywords_can_be_drawn():
    w = Tensor(np.ones(3), "w")

    @autograd.compile
    def f(x, *, scale):
        return {"a": [w * x, (w * scale).sum()], "b": 1.0}

    f(np.ones(3), scale=2.0)
    assert Shown(draw(f)).parts == ["as compiled: 3 arrays", "as written: 3 nodes"]


def test_the_comparison_has_no_page(tmp_path):
    _, loss, xs = moons_loss()
    loss(xs)
    with pytest.raises(ValueError, match=r"compares the two graphs of a compiled function\. Draw the result of its `\.function`"):
        draw(loss).save(tmp_path / "x.html")
    assert not list(tmp_path.iterdir())
    assert draw(loss).save(tmp_path / "x.svg").stat().st_size > 1000
