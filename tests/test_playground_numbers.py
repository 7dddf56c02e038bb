"""Claims about the numbers of a playground, tried in a real browser: after the same steps they are Python's."""

import copy

import numpy as np
import pytest
from selenium.webdriver.common.by import By

import autograd
import nn
from autograd import Value
from nn.optim import SGD, Adam

OPTIMIZERS = {
    "sgd": lambda p: SGD(p, lr=0.05, weight_decay=0.01),
    "momentum": lambda p: SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01),
    "adam": lambda p: Adam(p, lr=0.05, weight_decay=0.01),
}


class Gated(nn.Module):
    """A network as a user may write it: products of neurons, a sum by hand, a function of one input alone."""

    def __init__(self):
        self.layer = nn.Layer(2, 3, activation="tanh", rng=0)
        self.gate = nn.Layer(2, 3, activation="sigmoid", rng=1)
        self.w = [Value(0.5), Value(-0.3), Value(0.8), Value(0.1)]

    def forward(self, x):
        products = [a * b for a, b in zip(self.layer(x), self.gate(x), strict=True)]
        return sum(w * h for w, h in zip(self.w, products, strict=False)) + self.w[3] * autograd.sin(x[0] * x[0])


def spirals(classes=2):
    return nn.data.spirals(40, classes=classes, rng=0)


def signs():
    X, y = spirals()
    return X, 2.0 * y - 1


def column():
    X, y = signs()
    return X, y[:, None]


def labels():
    return spirals(classes=3)


def curve():
    x = np.linspace(-1, 1, 25)
    return x[:, None], np.sin(3 * x)


def wide():
    X = np.random.default_rng(0).normal(size=(30, 4))
    return X, (X[:, 0] * X[:, 1] > 0).astype(float)


def layers(*modules):
    return nn.Sequential(*modules).double()


CASES = {
    "hinge": (lambda: nn.MLP(2, [5, 4, 1], rng=0), signs, nn.hinge_loss),
    "cross-entropy": (lambda: nn.MLP(2, [6, 3], activation="tanh", rng=0), labels, nn.cross_entropy),
    "numbers": (lambda: nn.MLP(1, [6, 1], activation="gelu", rng=0), curve, nn.mse_loss),
    "own module": (Gated, signs, nn.mse_loss),
    "layers": (lambda: layers(nn.Linear(2, 6, rng=0), nn.ReLU(), nn.Linear(6, 3, rng=1)), labels, nn.CrossEntropyLoss()),
    "layers, hinge": (lambda: layers(nn.Linear(2, 6, rng=0), nn.SiLU(), nn.Linear(6, 1, rng=1)), column, nn.hinge_loss),
    "layers, norm": (lambda: layers(nn.Linear(2, 6, rng=0), nn.LayerNorm(6), nn.Tanh(), nn.Linear(6, 1, rng=1)), column, nn.mse_loss),
    "four inputs": (lambda: nn.MLP(4, [5, 1], rng=0), wide, nn.binary_cross_entropy_with_logits),
}  # fmt: skip


def opened(browser, tmp_path, model, X, y, **settings):
    browser.set_script_timeout(100)
    browser.get(nn.playground(model, X, y, path=tmp_path / "page.html", **settings).path.as_uri())
    return browser


def read(browser):
    return browser.execute_script("return glassgrad.read()")


def loss_of(model, loss, X, y):
    of_values = any(isinstance(p, Value) for p in model.parameters())
    return loss([model(row) for row in X.tolist()] if of_values else model(X), y)


def agree(page, model, what="data"):
    named = dict(model.named_parameters())
    assert [p["name"] for p in page["parameters"]] == list(named)
    for p in page["parameters"]:
        np.testing.assert_allclose(p[what], getattr(named[p["name"]], what), rtol=1e-9, atol=1e-9, err_msg=p["name"])


@pytest.mark.parametrize("case", CASES)
def test_after_the_same_steps_the_numbers_are_pythons(browser, tmp_path, case):
    make, data, loss = CASES[case]
    X, y = data()
    opened(browser, tmp_path, make(), X, y, loss=loss, lr=0.05)
    rows = read(browser)["training"]
    assert len(rows) == round(0.8 * len(X))
    for name, optimizer in OPTIMIZERS.items():
        model = make()
        optim = optimizer(model.parameters())
        browser.execute_script(f"choose('optimizer', '{name}'); choose('l2', 0.01); reset()")
        agree(read(browser), model)
        for _ in range(15):
            value = loss_of(model, loss, X[rows], y[rows])
            optim.zero_grad()
            value.backward()
            optim.step()
        last = browser.execute_script("let loss; for (let i = 0; i < 15; i++) loss = glassgrad.step(); return loss")
        page = read(browser)
        assert last == pytest.approx(value.item(), rel=1e-9)
        assert page["loss"] == pytest.approx(loss_of(model, loss, X[rows], y[rows]).item(), rel=1e-9)
        agree(page, model)
        agree(page, model, "grad")


def test_batches_are_those_that_the_page_says(browser, tmp_path):
    model, (X, y) = nn.MLP(2, [4, 1], rng=0), signs()
    opened(browser, tmp_path, copy.deepcopy(model), X, y, lr=0.1, batch_size=10, held_out=0.0)
    optim, seen = SGD(model.parameters(), lr=0.1), []
    for _ in range(8):
        browser.execute_script("glassgrad.step()")
        rows = read(browser)["batch"]
        seen += rows
        optim.zero_grad()
        nn.hinge_loss([model(row) for row in X[rows].tolist()], y[rows]).backward()
        optim.step()
    agree(read(browser), model)
    assert sorted(seen) == sorted([*range(40)] * 2)  # two epochs: each point once in each
    assert read(browser)["epoch"] == 2


def test_a_network_of_single_precision_is_trained_in_double_precision_and_stays_as_it_is(browser, tmp_path):
    model, (X, y) = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh(), nn.Linear(3, 1, rng=1)), column()
    before = copy.deepcopy(model)
    opened(browser, tmp_path, model, X, y)
    browser.execute_script("glassgrad.step()")
    assert model.state_dict().keys() == before.state_dict().keys()
    for name, x in model.state_dict().items():
        assert x.dtype == np.float32
        np.testing.assert_array_equal(x, before.state_dict()[name])


def test_frozen_parameters_stay(browser, tmp_path):
    model, (X, y) = nn.MLP(2, [4, 1], rng=0), signs()
    for p in model.layers[0].parameters():
        p.requires_grad = False
    opened(browser, tmp_path, copy.deepcopy(model), X, y, held_out=0)
    browser.execute_script("choose('l2', 0.1); for (let i = 0; i < 5; i++) glassgrad.step()")
    optim = SGD(model.layers[1].parameters(), lr=0.1, weight_decay=0.1)
    for _ in range(5):
        optim.zero_grad()
        nn.hinge_loss([model(row) for row in X.tolist()], y).backward()
        optim.step()
    named, page = dict(model.named_parameters()), read(browser)
    for p in page["parameters"]:
        assert p["data"] == pytest.approx(named[p["name"]].data, rel=1e-9)
    assert {p["name"] for p in page["parameters"] if p["grad"] is None} == {name for name in named if name.startswith("layers.0")}


def test_values_that_are_no_parameters_and_parameters_without_use_stay(browser, tmp_path):
    scale, (X, y) = Value(2.0), signs()

    class Scaled(nn.Module):
        def __init__(self):
            self.spare, self.neuron = Value(0.7), nn.Neuron(2, activation="tanh", rng=0)

        def forward(self, x):
            return self.neuron(x) * scale

    opened(browser, tmp_path, Scaled(), X, y, held_out=0)
    model = Scaled()
    optim = SGD(model.neuron.parameters(), lr=0.1)
    for _ in range(5):
        optim.zero_grad()
        nn.hinge_loss([model(row) for row in X.tolist()], y).backward()
        optim.step()
        browser.execute_script("glassgrad.step()")
    agree(read(browser), model)
    assert scale.data == 2.0


def test_the_step_that_is_walked_through_is_the_same(browser, tmp_path):
    model, (X, y) = nn.MLP(2, [5, 4, 1], rng=0), signs()
    opened(browser, tmp_path, model, X, y, optimizer="adam")
    browser.execute_script("glassgrad.step(); glassgrad.step()")
    twice = read(browser)["parameters"]
    opened(browser, tmp_path, model, X, y, optimizer="adam")
    for _ in range(2):
        browser.find_element(By.ID, "walk").click()
        assert browser.find_elements(By.CSS_SELECTOR, "#code .now")
        browser.execute_script("do walkOn(); while (walk)")
    assert read(browser)["parameters"] == twice


def test_what_units_answer_is_what_the_network_computes(browser, tmp_path):
    model, (X, y) = nn.MLP(2, [3, 2, 1], activation="tanh", rng=0), signs()
    opened(browser, tmp_path, copy.deepcopy(model), X, y)
    found = browser.execute_script(
        "return answersTo(Float64Array.of(0.3, -0.2), 1).map((column) => column.map((unit) => numberAt(unit, 0)))"
    )
    x = [0.3, -0.2]
    for layer, answers in zip([None, *model.layers], found, strict=True):
        x = x if layer is None else layer(x)
        x = x if isinstance(x, list) else [x]
        assert answers == pytest.approx([getattr(value, "data", value) for value in x], rel=1e-9)
