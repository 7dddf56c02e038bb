"""Claims about the numbers of a page, tried in a real browser: they are the engine's, also after leaves were changed."""

import numpy as np
import pytest
from pages import opened, read, type_number
from test_printing_languages import NUMPY_ONLY, STRUCTURAL, structural_program

import autograd
import nn
from autograd import Tensor, Value, no_grad, scope, table


def agree(browser, make, leaves, rtol=1e-9):
    """The numbers of the page are those of a graph that is made and differentiated anew."""
    for x in leaves:
        x.zero_grad()
    make().backward()
    found = read(browser)
    for x in (x for x in leaves if x.label in found):  # others are not in the graph
        grad = np.zeros(x.shape) if x.grad is None else x.grad
        for mine, engines in ((found[x.label]["data"], x.data), (found[x.label]["grad"], grad)):
            np.testing.assert_allclose(np.array(mine, float).reshape(x.shape), engines, rtol=rtol, atol=rtol, err_msg=x.label)


def change(browser, leaves, rng, low=0.2, high=0.9):
    """Random numbers for random leaves, in the page and in Python."""
    there = browser.execute_script("return graph.nodes.filter((node) => node.isLeaf).map((node) => node.label)")
    leaves = [x for x in leaves if x.label in there]
    for i in rng.choice(len(leaves), min(len(leaves), 20), replace=False):
        x = leaves[i]
        new = rng.uniform(low, high, x.shape)
        x.data = new if x.shape else float(new)
        browser.execute_script("glassgrad.set(arguments[0], arguments[1])", x.label, new.tolist())


def labelled(name, leaves):
    for i, x in enumerate(leaves):
        x.label = f"{name}.{i}"
    return leaves


def test_every_elementwise_entry_is_computed_on_numbers(browser, tmp_path):
    rng, calls, leaves = np.random.default_rng(0), [], []
    for p in (p for p in table.values() if p.elementwise):
        low, high = max(p.domain[0], 0.2), min(p.domain[1], 0.9)
        low, high = (low, high) if low < high else (low, low + 1)
        numbers = labelled(p.name, [Value(x) for x in rng.uniform(low, high, p.arity or 5)])
        calls.append((p, [2, *numbers[1:]] if p.name == "select" else numbers))
        leaves += numbers[p.name == "select" :]
    movable = [x for x in leaves if not x.label.startswith("arccosh")]

    def make():
        return autograd.primitives.arithmetic.add_n(*[(p(*xs) * 1.0) * (i % 3 - 1.5) for i, (p, xs) in enumerate(calls)])

    opened(browser, make(), tmp_path)
    assert browser.execute_script("return graph.recorded") == ""
    agree(browser, make, leaves)
    for _ in range(6):
        change(browser, movable, rng)
        agree(browser, make, leaves)


def test_every_other_entry_that_can_be_printed_is_computed_on_arrays(browser, tmp_path):
    rng, calls, leaves = np.random.default_rng(0), [], []
    for name in STRUCTURAL:
        f, nodes = structural_program(name)
        leaves += labelled(name, nodes)
        calls.append((f, [rng.normal(size=y.shape) for y in f()]))

    def make():
        return sum(autograd.sum(y * w) for f, weights in calls for y, w in zip(f(), weights, strict=True))

    opened(browser, make(), tmp_path)
    assert browser.execute_script("return graph.recorded") == ""
    agree(browser, make, leaves)
    for _ in range(3):
        change(browser, leaves, rng)
        agree(browser, make, leaves)


def random_graph(rng, leaves):
    """A function that computes a number from leaves in a way that was drawn at random."""
    unary = [table[name] for name in ("tanh", "sin", "exp", "relu", "sigmoid", "softplus", "negative", "gelu", "abs", "cos")]
    binary = [table[name] for name in ("add", "multiply", "subtract", "maximum", "minimum")]
    plan = []
    for size in range(len(leaves), len(leaves) + 25):
        picked = rng.integers(max(0, size - 8), size, 3)
        kind = rng.integers(4)
        if kind == 0:
            plan.append((unary[rng.integers(len(unary))], picked[:1]))
        elif kind == 1:
            plan.append((lambda a, b, c: autograd.where(table["greater"](a, b), b * c, a.tanh()), picked))
        elif kind == 2:
            factor = float(rng.normal())
            plan.append((lambda a, b, factor=factor: (a * factor + b / 2).tanh(), picked[:2]))
        else:
            plan.append((binary[rng.integers(len(binary))], picked[:2]))

    def make():
        nodes = list(leaves)
        for f, inputs in plan:
            nodes.append(f(*[nodes[i] for i in inputs]))
        return sum(nodes[-4:]).tanh() + sum(leaves).sin()

    return make


@pytest.mark.parametrize("seed", range(8))
def test_random_changes_of_random_leaves_of_random_graphs(browser, tmp_path, seed):
    rng = np.random.default_rng(seed)
    leaves = labelled("x", [Value(x) for x in rng.normal(size=5)])
    make = random_graph(rng, leaves)
    opened(browser, make(), tmp_path)
    agree(browser, make, leaves)
    for _ in range(4):
        change(browser, leaves, rng, -2.0, 2.0)
        agree(browser, make, leaves)


def test_a_network_with_its_loss_and_neurons_open_or_closed(browser, tmp_path):
    model = nn.MLP(2, [4, 3, 1], activation="tanh", rng=0)
    xs = [[Value(0.5, label="a"), Value(-1.0, label="b")], [Value(2.0, label="c"), 0.25]]
    leaves = [*model.parameters(), *(x for row in xs for x in row if isinstance(x, Value))]

    def make():
        return nn.mse_loss([model(x) for x in xs], [1.0, -1.0]) + 0.1 * sum(p**2 for p in model.parameters())

    opened(browser, make(), tmp_path)
    rng = np.random.default_rng(0)
    agree(browser, make, leaves)
    for everything in ("true", "false", "true"):
        sums = "for (const node of graph.nodes) if (node.op?.opens) opened.add(node.id);"
        browser.execute_script(f"refold(() => {{ isOpen.fill({everything}); {sums} }})")
        change(browser, leaves, rng)
        agree(browser, make, leaves)


def test_parts_that_need_each_other_in_turns_are_walked_in_turns(browser, tmp_path):
    neuron, x = nn.Neuron(1, activation="tanh", rng=0), Value(0.5, label="x")
    leaves = [x, *neuron.parameters()]

    def make():
        return neuron([neuron([x]) * 2.0])

    opened(browser, make(), tmp_path, fold=0)
    agree(browser, make, leaves)
    assert browser.execute_script("return shown.steps.length") == 3
    browser.execute_script("for (let i = 0; i <= shown.last; i++) go(i)")
    assert browser.execute_script("return knownAt(shown.last).grads[root]") == 1


def test_what_is_typed_counts_in_full_precision(browser, tmp_path):
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    opened(browser, a * b + a.tanh(), tmp_path)
    type_number(browser, "a", "0.1234567890123")
    a.data = 0.1234567890123
    agree(browser, lambda: a * b + a.tanh(), [a, b])


def test_a_branch_that_is_not_taken_gets_nothing(browser, tmp_path):
    x = Value(0.0, label="x")
    opened(browser, autograd.where(x > 0, autograd.sqrt(x), 0.0) + x, tmp_path)
    assert read(browser)["x"]["grad"] == 1.0


def test_nodes_are_read_with_their_labels_and_constants_without_a_grad(browser, tmp_path):
    with no_grad():
        c = Value(3.0, label="c") * 2.0
    c.label = "c"
    W = Tensor([[1.0, 2.0]], label="W")
    opened(browser, (W * c).sum(), tmp_path)
    found = read(browser)
    assert found["W"] == {"label": "W", "data": [[1.0, 2.0]], "grad": [[6.0, 6.0]]}
    assert found["c"] == {"label": "c", "data": 6.0, "grad": None}
    assert len(browser.execute_script("return glassgrad.read().nodes")) == 4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("glassgrad.set('z', 1)", "There is no leaf z."),
        ("glassgrad.set('twice', 1)", "There is more than one leaf twice."),
        ("glassgrad.set('W', [1, 2, 3])", "W takes a number, or as many numbers as it has entries."),
        ("glassgrad.set('twice·', 1)", "There is no leaf twice·."),
    ],
)
def test_setting_what_cannot_be_set_says_why(browser, tmp_path, call, message):
    W, t, u = Tensor([1.0, 2.0], label="W"), Value(1.0, label="twice"), Value(2.0, label="twice")
    opened(browser, (W * t * u).sum(), tmp_path)
    assert browser.execute_script(f"try {{ {call}; }} catch (error) {{ return error.message; }}") == message


def test_convolution_and_pooling_are_computed_again(browser, tmp_path):
    rng = np.random.default_rng(0)
    image, kernel = Tensor(rng.normal(size=(1, 1, 6, 6)), label="image"), Tensor(rng.normal(size=(2, 1, 3, 3)), label="kernel")

    def make():
        return (nn.functional.max_pool2d(nn.functional.conv2d(image, kernel, padding=1), 2) ** 2).sum()

    opened(browser, make(), tmp_path)
    kernel.data = rng.normal(size=(2, 1, 3, 3))
    browser.execute_script("glassgrad.set('kernel', arguments[0])", kernel.data.ravel().tolist())
    agree(browser, make, [image, kernel])


# Pages of what cannot be printed


def test_every_entry_without_javascript_has_a_page_of_recorded_numbers(browser, tmp_path):
    rng = np.random.default_rng(0)
    A, b = Tensor(rng.normal(size=(3, 3)), label="A"), Tensor(rng.normal(size=3), label="b")

    def make():
        return np.linalg.det(A @ A.T + np.eye(3)) + np.linalg.solve(A, b).sum() * A.sum()

    assert {"det", "solve"} <= NUMPY_ONLY
    opened(browser, make(), tmp_path)
    agree(browser, make, [A, b])
    assert "cannot compute" in browser.find_element("id", "alerts").text
    assert not browser.find_element("id", "wrong-box").is_displayed()
    browser.execute_script("for (let i = 0; i <= shown.last; i++) go(i); select(0)")
    assert not browser.find_element("id", "field").is_displayed()
    message = browser.execute_script("try { glassgrad.set('A', 1); } catch (error) { return error.message; }")
    assert message == "This page shows recorded numbers, which cannot be changed."


def test_a_compiled_call_has_a_page(browser, tmp_path):
    w = Value(2.0, label="w")
    loss = autograd.compile(lambda x: (w * x - 1.0) ** 2)
    opened(browser, loss(3.0), tmp_path)
    agree(browser, lambda: loss(3.0), [w])


def test_another_pass_meanwhile_does_not_get_into_the_page(browser, tmp_path):
    def rule(g, y, x):
        (Value(1.0) * 3).backward()
        return g * float(y)

    nosy = autograd.Primitive("nosy", symbol="?", latex="#1", scalar=lambda x: x, array=lambda x: x, vjp=(rule,), doc="Starts a pass.")
    try:
        x = Value(1.5, label="x")
        opened(browser, nosy(x), tmp_path)
        agree(browser, lambda: nosy(x), [x])
    finally:
        del table["nosy"]


def test_a_primitive_of_the_users_own_is_computed(browser, tmp_path):
    cube = autograd.Primitive(
        "cube", symbol="³", latex="#1^3", scalar=lambda x: x * x * x, array=lambda x: x**3, vjp=(lambda g, y, x: g * 3 * x * x,), doc="x³"
    )
    try:
        x = Value(1.5, label="x")
        opened(browser, cube(x).tanh(), tmp_path)
        x.data = 0.5
        browser.execute_script("glassgrad.set('x', 0.5)")
        agree(browser, lambda: cube(x).tanh(), [x])
    finally:
        del table["cube"]


def test_nothing_of_the_readers_is_touched_by_making_a_page(tmp_path):
    a = Value(2.0, label="a")
    with scope("s"):
        y = (a * a).tanh()
    y.backward()
    before = a.grad
    autograd.draw(y).save(tmp_path / "page.html")
    assert a.grad == before
    with no_grad():
        assert autograd.draw(y).save(tmp_path / "page.html").exists()
