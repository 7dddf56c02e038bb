"""What `nn.diagnose` finds in how a network is put together, how it learns and how its epochs went; and what it leaves in peace."""

import copy
import sys
from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import Linear, ReLU, Sequential, Sigmoid, Tanh

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 8))
Y = RNG.integers(3, size=64)
REAL = X[:, :1] - X[:, 1:2]
CE, MSE = nn.CrossEntropyLoss(), nn.MSELoss()


def kinds(report):
    return {finding.kind for finding in report.findings}


def the(kind, report):
    (finding,) = [finding for finding in report.findings if finding.kind == kind]
    return finding


def layers(*sizes, between=(), end=()):
    """Linear layers with functions between them."""
    made = [Linear(sizes[i], sizes[i + 1], rng=i) for i in range(len(sizes) - 1)]
    return Sequential(*[module for layer in made[:-1] for module in (layer, *(f() for f in between))], made[-1], *(f() for f in end))


# Activations


class ByHand(nn.Module):
    def __init__(self):
        self.a, self.b, self.c = Linear(8, 16, rng=0), Linear(16, 16, rng=1), Linear(16, 3, rng=2)

    def forward(self, x):
        return self.c(self.b(self.a(x)))


class Images(Sequential):
    """Takes each row for an image of one line."""

    def forward(self, x):
        return super().forward(x[:, None])


@pytest.mark.parametrize(
    ("model", "first", "last", "count"),
    [
        (layers(8, 16, 16, 3), "Linear '0'", "Linear '2'", 3),
        (layers(8, 16, 3), "Linear '0'", "Linear '1'", 2),
        (layers(8, 16, 16, 3, between=[nn.Dropout]), "Linear '0'", "Linear '4'", 3),
        (layers(8, 16, 16, 3, between=[lambda: nn.BatchNorm1d(16)]), "Linear '0'", "Linear '4'", 3),
        (layers(8, 16, 16, 3, between=[lambda: nn.BatchNorm1d(16)]).eval(), "Linear '0'", "Linear '4'", 3),
        (ByHand(), "Linear 'a'", "Linear 'c'", 3),
        (Sequential(Linear(8, 16, rng=0), ReLU(), layers(16, 16, 16, 3)), "Linear '2.0'", "Linear '2.2'", 3),
        (nn.MLP(8, [4, 4, 3], activation="identity", rng=0), "Layer 'layers.0'", "Layer 'layers.2'", 3),
        (Images(nn.Conv1d(1, 4, 3, rng=0), nn.Conv1d(4, 4, 3, rng=0), nn.Flatten(), Linear(16, 3, rng=0)), "Conv1d '0'", "Linear '3'", 3),
        (
            Images(nn.Conv1d(1, 4, 3, rng=0), nn.Flatten(), Linear(24, 16, rng=0), Linear(16, 16, rng=0), ReLU(), Linear(16, 3, rng=0)),
            "Conv1d '0'", "Linear '3'", 3,
        ),
    ],
)  # fmt: skip
def test_linear_layers_without_an_activation_between_them_are_found(model, first, last, count):
    finding = the("missing activation", nn.diagnose(model, (X, Y), loss=CE))
    assert finding.number == count
    assert finding.sentence == (
        f"From {first} to {last} there are {count} linear layers without an activation between them, "
        "which together can do no more than a single one."
    )
    assert finding.advice == "Put an activation such as nn.ReLU() after each but the last."
    assert "missing activation" in kinds(nn.diagnose(model, (X, Y)))


class Squeezed(Sequential):
    def forward(self, x):
        return super().forward(x).squeeze(1)


@pytest.mark.parametrize(
    ("model", "loss", "targets", "sentence"),
    [
        (layers(8, 16, 3, between=[ReLU], end=[ReLU]), CE, Y, "The model ends in a relu, which gives numbers never below 0."),
        (layers(8, 16, 3, between=[ReLU], end=[Tanh]), CE, Y, "The model ends in a tanh, which gives numbers only from -1 to 1."),
        (layers(8, 16, 3, between=[ReLU], end=[Sigmoid]), CE, Y, "The model ends in a sigmoid, which gives numbers only from 0 to 1."),
        (layers(8, 16, 1, between=[ReLU], end=[ReLU]), nn.BCEWithLogitsLoss(), (X[:, :1] > 0) * 1.0, "The model ends in a relu, which"),
        (layers(8, 16, 1, between=[ReLU], end=[ReLU]), MSE, REAL, "never below 0, and 45% of the targets are outside."),
        (layers(8, 16, 1, between=[ReLU], end=[Sigmoid]), MSE, REAL, "only from 0 to 1, and 59% of the targets are outside."),
        (layers(8, 16, 3, between=[ReLU], end=[ReLU, nn.Flatten]), CE, Y, "The model ends in a relu, which gives numbers never below 0."),
        (layers(8, 16, 3, between=[ReLU], end=[nn.GELU]), CE, Y, "The model ends in a gelu, which gives numbers never below -0.17."),
        (layers(8, 16, 1, between=[ReLU], end=[nn.SiLU]), MSE, REAL, "ends in a silu, which gives numbers never below -0.279, and"),
        (Squeezed(layers(8, 16, 1, between=[ReLU], end=[ReLU])), MSE, REAL[:, 0], "never below 0, and 45% of the targets are outside."),
        (layers(8, 16, 1, between=[ReLU], end=[ReLU]), nn.HingeLoss(), np.sign(REAL), "never below 0, and 45% of the targets"),
    ],
)
def test_an_activation_at_the_output_that_does_not_fit_the_loss_is_found(model, loss, targets, sentence):
    finding = the("activation at the output", nn.diagnose(model, (X, targets), loss=loss))
    assert sentence in finding.sentence
    assert finding.advice.startswith("Leave it out")


def test_an_activation_at_the_output_of_a_scalar_network_is_found():
    class Positive(nn.Module):
        def __init__(self):
            self.inner = nn.MLP(8, [4, 1], rng=0)

        def forward(self, x):
            return self.inner(x).relu()

    assert "activation at the output" in kinds(nn.diagnose(Positive(), (X, np.sign(REAL[:, 0])), loss=nn.HingeLoss()))


@pytest.mark.parametrize("end", [(), (nn.Softmax,)])
@pytest.mark.parametrize(
    ("loss", "targets"), [(nn.NLLLoss(), Y), (nn.nll_loss, Y), (nn.KLDivLoss(), np.eye(3)[Y]), (nn.kl_div, np.eye(3)[Y])]
)
def test_scores_and_probabilities_in_the_place_of_log_probabilities_are_found(end, loss, targets):
    finding = the("no log-probabilities", nn.diagnose(layers(8, 16, 3, between=[ReLU], end=end), (X, targets), loss=loss))
    assert "takes log-probabilities, which are never above 0, and" in finding.sentence
    assert finding.advice == "End the model with nn.LogSoftmax(); or, for classes, take nn.CrossEntropyLoss() and scores (logits)."


# Class numbers


def test_class_numbers_of_which_some_are_rare_by_chance_are_found():
    digits = np.repeat(np.arange(10), [4, 6, 8, 2, 5, 7, 9, 6, 11, 6])
    assert "class numbers" in kinds(nn.diagnose(layers(8, 16, 1, between=[ReLU]), (X, digits[:, None]), loss=MSE))


@pytest.mark.parametrize("loss", [MSE, nn.mse_loss, nn.L1Loss(), nn.HuberLoss()])
@pytest.mark.parametrize("dtype", [int, float, np.uint8])
def test_class_numbers_for_a_loss_of_numbers_are_found(loss, dtype):
    finding = the("class numbers", nn.diagnose(layers(8, 16, 1, between=[ReLU]), (X, Y[:, None].astype(dtype)), loss=loss))
    name = getattr(loss, "__name__", type(loss).__name__)
    assert finding.sentence == f"The targets are the whole numbers from 0 to 2, like classes, and {name} treats class 2 as twice class 1."
    assert "with 3 outputs, and take nn.CrossEntropyLoss()" in finding.advice


# Networks and data that are as they should be


class Residual(nn.Module):
    def __init__(self):
        self.a, self.b, self.c = Linear(8, 8, rng=0), Linear(8, 8, rng=1), Linear(8, 8, rng=2)

    def forward(self, x):
        x = x + self.b(self.a(x).relu())
        return x + self.c(x)


SOUND = {
    "a factorised layer": (layers(8, 2, 8), MSE, X),
    "a linear autoencoder": (layers(8, 3, 8), MSE, X),
    "an autoencoder with linear layers at the end": (
        Sequential(Linear(8, 16, rng=0), ReLU(), Linear(16, 2, rng=1), Linear(2, 16, rng=2), Linear(16, 8, rng=3)), MSE, X
    ),
    "an autoencoder of pictures": (layers(8, 16, 3, 16, 8, between=[ReLU], end=[Sigmoid]), MSE, 1 / (1 + np.exp(-X))),
    "a residual network": (Residual(), MSE, X),
    "linear regression": (Linear(8, 1, rng=0), MSE, REAL),
    "logistic regression": (Linear(8, 1, rng=0), nn.BCEWithLogitsLoss(), (REAL > 0) * 1.0),
    "probabilities": (layers(8, 16, 1, between=[ReLU], end=[Sigmoid]), nn.BCELoss(), (REAL > 0) * 1.0),
    "log-probabilities": (layers(8, 16, 3, between=[ReLU], end=[nn.LogSoftmax]), nn.NLLLoss(), Y),
    "positive numbers after a ReLU": (layers(8, 16, 1, between=[ReLU], end=[nn.Softplus]), MSE, np.abs(REAL)),
    "signs after a tanh": (layers(8, 16, 1, between=[Tanh], end=[Tanh]), MSE, np.sign(REAL)),
    "convolutions in two steps": (
        Images(nn.Conv1d(1, 4, 3, rng=0), ReLU(), nn.Conv1d(4, 4, 3, groups=4, rng=0), nn.Conv1d(4, 8, 1, rng=0), ReLU(), nn.Flatten(),
               Linear(32, 1, rng=0)), MSE, REAL,
    ),
    "counts": (layers(8, 16, 1, between=[ReLU]), MSE, RNG.poisson(2.0, size=(64, 1))),
    "whole numbers": (layers(8, 16, 1, between=[ReLU]), MSE, np.round(4 * REAL)),
    "ages": (layers(8, 16, 1, between=[ReLU]), MSE, RNG.integers(0, 30, size=(64, 1))),
    "yes and no as 0 and 1": (layers(8, 16, 1, between=[Tanh]), MSE, (REAL > 0).astype(int)),
    "ratings from 1 to 5": (layers(8, 16, 1, between=[ReLU]), MSE, RNG.integers(1, 6, size=(64, 1))),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_as_it_should_be_is_left_in_peace(name):
    model, loss, targets = SOUND[name]
    for make, rate in ((nn.optim.SGD, 0.01), (nn.optim.Adam, 0.001), (nn.optim.Adam, 0.02)):
        optimizer = make(model.parameters(), lr=rate)
        findings = nn.diagnose(model, (X, targets), loss=loss, optimizer=optimizer).findings
        assert [finding for finding in findings if finding.kind != "loss at the start"] == []


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent / "scripts"))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if not name.startswith(("nn", "autograd", "numpy", "torch", "sklearn", "scipy")):
            del sys.modules[name]


def test_the_networks_of_the_scripts_are_left_in_peace(scripts):
    import train_iris
    from sklearn.datasets import load_iris
    from sklearn.preprocessing import StandardScaler

    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X).astype(np.float32)
    for lesson in (train_iris.shallow, train_iris.deep):
        trainer, _ = lesson(0)
        assert nn.diagnose(trainer.model, (X, y), loss=trainer.loss, optimizer=trainer.optimizer).findings == []
        trainer.fit((X, y), validation=(X, y), epochs=10, verbose=False)
        assert nn.diagnose(trainer.model, (X, y), trainer.loss, trainer.optimizer, trainer.history).findings == []


# Learning rates


@pytest.mark.parametrize("make", [nn.optim.SGD, nn.optim.Adam])
@pytest.mark.parametrize(("rate", "found"), [(1e-8, "far too low"), (0.003, ""), (1000.0, "far too high")])
@pytest.mark.parametrize("scalar", [False, True])
def test_a_learning_rate_far_off_is_found(make, rate, found, scalar):
    model = nn.MLP(8, [8, 3], rng=0) if scalar else layers(8, 32, 3, between=[ReLU])
    optimizer = make(model.parameters(), lr=rate)
    before = copy.deepcopy([model.state_dict(), optimizer.state_dict(), [p.grad for p in model.parameters()]])
    report = nn.diagnose(model, (X, Y), loss=CE, optimizer=optimizer)
    if found:
        finding = the("learning rate", report)
        assert f"The learning rate, {rate:g}, is {found}:" in finding.sentence
    else:
        assert report.findings == []
    np.testing.assert_equal([model.state_dict(), optimizer.state_dict(), [p.grad for p in model.parameters()]], before)


def test_small_steps_of_what_has_learned_are_left_in_peace():
    model = layers(8, 64, 3, between=[ReLU])
    optimizer = nn.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(300):
        optimizer.zero_grad()
        CE(model(X), Y).backward()
        optimizer.step()
    assert nn.diagnose(model, (X, Y), loss=CE, optimizer=nn.optim.SGD(model.parameters(), lr=1e-4)).findings == []


# Histories


def falling(n, start=1.0, end=0.1):
    return (start * (end / start) ** (np.arange(n) / (n - 1))).tolist()


@pytest.mark.parametrize(
    ("columns", "found", "sentence"),
    [
        ({"loss": [1.0, 3.0, 80.0, float("nan"), float("nan")]}, "divergence", "its loss was 1 in epoch 1 and nan in epoch 4."),
        ({"loss": [1.0, 3.0, 80.0]}, "divergence", "its loss was 1 in epoch 1 and 80 in epoch 3."),
        ({"loss": [0.693, 0.6931, 0.6929, 0.693, 0.6931, 0.693]}, "no progress", "its loss was 0.693 in epoch 1 and is 0.693 in epoch 6."),
        ({"loss": [1.0, 0.9, 0.8, *[0.75] * 8]}, "plateau", "stands still at a loss of 0.75, not much less than the 1 of epoch 1"),
        ({"loss": falling(20), "val_loss": [*falling(10, 1.0, 0.5), *np.linspace(0.5, 0.9, 10)]}, "overfitting",
         "since epoch 10 the validation loss has risen from 0.5 to 0.8556, while the training loss fell from"),
        ({"loss": [1.0, 0.5, 0.2, 0.05], "val_loss": [0.9, 0.8, 1.2, 1.9]}, "overfitting", "since epoch 2 the validation loss has risen"),
        ({"loss": [1.0, 0.5, 0.2, 0.05], "val_loss": [0.9, 0.8, 0.6, 0.7]}, "", ""),
        ({"loss": falling(20), "val_loss": falling(20, 1.0, 0.2)}, "", ""),
        ({"loss": falling(20), "val_loss": [*falling(10, 1.0, 0.5), *[0.51, 0.5] * 5]}, "", ""),
        ({"loss": [1.0, 0.3, 0.1, *[0.05] * 10]}, "", ""),
        ({"loss": [1.0, 1.2, 0.9]}, "", ""),
        ({"loss": [0.5, 0.5]}, "", ""),
        ({}, "", ""),
    ],
)  # fmt: skip
def test_what_the_epochs_tell_is_found(columns, found, sentence):
    report = nn.diagnose(layers(8, 16, 3, between=[ReLU]), (X, Y), loss=CE, history=columns)
    assert kinds(report) == ({found} if found else set())
    assert sentence in str(report)


def test_the_history_of_a_trainer_that_overfits_tells_it():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(40, 10)), rng.integers(2, size=40)  # nothing to learn but by heart
    model = Sequential(Linear(10, 64, rng=0), ReLU(), Linear(64, 2, rng=1))
    trainer = nn.Trainer(model, CE, nn.optim.Adam(model.parameters(), lr=0.01), rng=0)
    history = trainer.fit((X[:20], y[:20]), validation=(X[20:], y[20:]), epochs=60, verbose=False)
    assert "overfitting" in kinds(nn.diagnose(model, (X[:20], y[:20]), loss=CE, history=history))


def test_a_history_is_looked_at_also_where_numbers_are_not_finite():
    model = layers(8, 16, 3, between=[ReLU])
    model[0].weight.data[0, 0] = np.nan
    assert kinds(nn.diagnose(model, (X, Y), loss=CE, history={"loss": [1.0, np.inf]})) == {"not finite", "divergence"}


# What is given


def test_gradients_from_before_do_not_count():
    model = layers(8, 16, 3, between=[ReLU])
    for p in model.parameters():
        p.grad = np.full(p.shape, 1e6, np.float32)
    assert nn.diagnose(model, (X, Y), loss=CE, optimizer=nn.optim.SGD(model.parameters(), lr=0.01)).findings == []


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"loss": CE, "optimizer": 0.1}, TypeError, "takes as optimizer one of nn.optim, not a float"),
        ({"loss": CE, "history": [1.0]}, TypeError, "takes as history that of a Trainer, or a dict of columns, not a list"),
        ({"optimizer": nn.optim.SGD([Tensor([1.0])])}, ValueError, "needs the loss to see what a step of the optimizer does"),
    ],
)
def test_what_is_no_optimizer_or_no_history_is_refused(arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        nn.diagnose(layers(8, 3), (X, Y), **arguments)
