"""What `nn.diagnose` finds in networks that have it, and does not find in those that do not."""

import copy

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from nn import Linear, ReLU, Sequential, Sigmoid, Tanh

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 8))
Y = RNG.integers(3, size=64)
CE = nn.CrossEntropyLoss()


def classifier(activation=ReLU, hidden=1, width=32, factor=1.0, classes=3):
    """Layers of activations on Xavier's initialisation times `factor`."""
    sizes = [8] + [width] * hidden
    layers = [layer for i in range(hidden) for layer in (Linear(sizes[i], sizes[i + 1], rng=i), activation())]
    model = Sequential(*layers, Linear(sizes[-1], classes, rng=hidden))
    for i, module in enumerate(model):
        if isinstance(module, Linear):
            nn.init.xavier_uniform_(module.weight, gain=factor, rng=i)
    return model


def kinds(report):
    return {finding.kind for finding in report.findings}


def findings(kind, report):
    return [finding for finding in report.findings if finding.kind == kind]


def the(kind, report):
    (finding,) = findings(kind, report)
    return finding


SOUND = {
    "a ReLU network": classifier(),
    "a deep ReLU network": classifier(hidden=8, factor=2**0.5),
    "a tanh network": classifier(Tanh, hidden=5),
    "a network with one sigmoid layer": classifier(Sigmoid),
    "a network with normalisation and dropout": Sequential(
        Linear(8, 32, rng=0), nn.BatchNorm1d(32), ReLU(), nn.Dropout(0.3, rng=0), Linear(32, 3, rng=1)
    ),
    "a scalar network": nn.MLP(8, [8, 3], rng=0),
    "a scalar tanh network": nn.MLP(8, [8, 3], activation="tanh", rng=0),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_network_is_said_to_be_well(name):
    report = nn.diagnose(SOUND[name], (X, Y), loss=CE)
    assert report.findings == []
    assert str(report) == f"All is well, as far as one batch shows. The loss is {report.loss:.4g}."


class Words(nn.Module):
    """A network of every kind that reads words."""

    def __init__(self):
        self.embedding = nn.Embedding(500, 16, rng=0)
        self.position = nn.PositionalEncoding(16, 0.0, batch_first=True)
        self.attention = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, rng=1)
        self.lstm = nn.LSTM(16, 32, batch_first=True, rng=2)
        self.head = Linear(32, 500, rng=3)

    def forward(self, words):
        output, _ = self.lstm(self.attention(self.position(self.embedding(words))))
        return self.head(output[:, -1])


def test_words_are_not_taken_for_inputs_out_of_scale_nor_rare_ones_for_a_vanishing_gradient():
    words = RNG.integers(500, size=(32, 10))
    assert nn.diagnose(Words(), (words, words[:, 0]), loss=CE).findings == []


def test_a_convolutional_network_is_well():
    model = Sequential(
        nn.Conv2d(1, 8, 3, rng=0), ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, rng=1), ReLU(), nn.Flatten(), Linear(256, 3, rng=2)
    )
    assert nn.diagnose(model, (RNG.normal(size=(64, 1, 14, 14)), Y), loss=CE).findings == []


# Dead ReLUs


def test_dead_relus_are_counted_by_layer():
    model = classifier(hidden=2)
    model[0].bias.data[:20] = -100.0
    finding = the("dead ReLU", nn.diagnose(model, (X, Y), loss=CE))
    assert (finding.layer, finding.number) == ("1", 20 / 32)
    assert finding.sentence == "ReLU '1': 20 of 32 units are dead, 0 for the whole batch, and do not learn."
    assert "LeakyReLU" in finding.advice


def test_dead_channels_of_images_are_counted():
    model = Sequential(nn.Conv2d(1, 8, 3, rng=0), ReLU(), nn.Flatten(), Linear(8 * 36, 3, rng=1))
    model[0].bias.data[:6] = -100.0
    report = nn.diagnose(model, (RNG.normal(size=(32, 1, 8, 8)), Y[:32]), loss=CE)
    assert the("dead ReLU", report).sentence.startswith("ReLU '1': 6 of 8 units are dead")


@pytest.mark.parametrize("axis", ["last", "channels"])
def test_dead_units_of_sequences_are_counted_on_either_axis(axis):
    layer = Linear(4, 8, rng=0) if axis == "last" else nn.Conv1d(6, 8, 1, rng=0)
    layer.bias.data[:6] = -100.0
    report = nn.diagnose(Sequential(layer, ReLU()), (RNG.normal(size=(32, 6, 4)), None))
    assert report.findings == []  # that is the output
    report = nn.diagnose(Sequential(layer, ReLU(), nn.Flatten()), (RNG.normal(size=(32, 6, 4)), None))
    assert the("dead ReLU", report).number == 6 / 8


def test_dead_neurons_of_a_scalar_network_are_counted_by_layer():
    model = nn.MLP(8, [16, 4, 1], rng=0)
    for neuron in model.layers[0].neurons[:12]:
        neuron.bias.data = -100.0
    finding = the("dead ReLU", nn.diagnose(model, (X, np.sign(X[:, 0])), loss=nn.HingeLoss()))
    assert finding.layer == "layers.0"
    assert finding.sentence.startswith("Layer 'layers.0': 12 of 16 units are dead")


def test_a_relu_in_a_forward_is_named_by_the_layer_before():
    class Net(nn.Module):
        def __init__(self):
            self.first, self.second = Linear(8, 32, rng=0), Linear(32, 3, rng=1)
            self.first.bias.data[:] = -100.0

        def forward(self, x):
            return self.second(nn.functional.relu(self.first(x)))

    finding = the("dead ReLU", nn.diagnose(Net(), (X, Y), loss=CE))
    assert finding.layer == "first"
    assert finding.sentence.startswith("The relu after Linear 'first': 32 of 32 units are dead")


def test_a_unit_that_lives_in_one_of_several_calls_is_not_dead():
    class Twice(nn.Module):
        def __init__(self):
            self.layer, self.relu, self.head = Linear(8, 8, rng=0), ReLU(), Linear(8, 3, rng=1)

        def forward(self, x):
            return self.head(self.relu(self.layer(x)) + self.relu(self.layer(x) - 100.0))

    assert nn.diagnose(Twice(), (X, Y), loss=CE).findings == []


def test_few_examples_are_not_enough_for_dead_relus():
    model = classifier()
    model[0].bias.data[:] = -100.0
    assert "dead ReLU" not in kinds(nn.diagnose(model, (X[:15], Y[:15]), loss=CE))
    assert "dead ReLU" in kinds(nn.diagnose(model, (X[:16], Y[:16]), loss=CE))


# Saturation


@pytest.mark.parametrize(("activation", "ends"), [(Sigmoid, "above 0.985 or below 0.015"), (Tanh, "beyond ±0.97")])
def test_saturated_activations_are_found_by_layer(activation, ends):
    model = classifier(activation, hidden=2)
    model[2].weight.data *= 100.0
    finding = the("saturation", nn.diagnose(model, (X, Y), loss=CE))
    assert finding.layer == "3"
    assert finding.number > 0.9
    name = activation.__name__
    assert finding.sentence.startswith(f"{name} '3': {finding.number:.0%} of the outputs are {ends}, where the {name.lower()} is flat")


def test_saturated_neurons_of_a_scalar_network_are_found():
    model = nn.MLP(8, [8, 3], activation="tanh", rng=0)
    for p in model.layers[0].parameters():
        p.data *= 100
    assert the("saturation", nn.diagnose(model, (X, Y), loss=CE)).layer == "layers.0"


def test_an_output_may_be_sure():
    model = Sequential(Linear(8, 1, rng=0), Sigmoid(), nn.Flatten(0))
    model[0].weight.data *= 100.0
    assert "saturation" in kinds(nn.diagnose(model, (X, X[:, 0] > 0)))
    assert "saturation" not in kinds(nn.diagnose(Sequential(model[0], Sigmoid()), (X, X[:, :1] > 0), loss=nn.BCELoss()))


# The loss


@pytest.mark.parametrize(
    ("loss", "outputs", "targets", "expected"),
    [
        (CE, 3, Y, np.log(3)),
        (nn.cross_entropy, 3, Y, np.log(3)),
        (nn.CrossEntropyLoss(label_smoothing=0.1), 3, Y, np.log(3)),
        (nn.CrossEntropyLoss(weight=np.float32([1, 2, 3]), reduction="sum"), 3, Y, np.log(3) * (1 + Y).sum()),
        (nn.BCEWithLogitsLoss(), 1, (X[:, :1] > 0).astype(float), np.log(2)),
        (nn.MultiMarginLoss(), 3, Y, 2 / 3),
        (nn.HingeLoss(), 1, np.sign(X[:, :1]), 1.0),
        (nn.MSELoss(), 1, X[:, :1], np.mean(X[:, 0] ** 2)),
        (nn.L1Loss(), 1, X[:, :1], np.mean(np.abs(X[:, 0]))),
    ],
)
def test_a_loss_far_above_its_expected_start_is_found(loss, outputs, targets, expected):
    model = classifier(classes=outputs)
    assert nn.diagnose(model, (X, targets), loss=loss).findings == []
    model[-1].weight.data *= 30.0
    report = nn.diagnose(model, (X, targets), loss=loss)
    finding = the("loss at the start", report)
    assert finding.number == pytest.approx(report.loss / expected, rel=1e-5)
    assert f"while a network that knows nothing has {expected:.4g}: this one is sure, and wrong." in finding.sentence


def test_log_probabilities_and_probabilities_have_their_expected_start_too():
    logs, one = Sequential(classifier(), nn.LogSoftmax()), Sequential(classifier(classes=1), Sigmoid())
    targets = (X[:, :1] > 0).astype(float)
    for model, loss, y in ((logs, nn.NLLLoss(), Y), (one, nn.BCELoss(), targets)):
        assert nn.diagnose(model, (X, y), loss=loss).findings == []
        model[0][-1].weight.data *= 30.0
        assert "loss at the start" in kinds(nn.diagnose(model, (X, y), loss=loss))


def test_a_loss_below_the_start_is_a_network_that_has_learned():
    model = classifier()
    optimizer = nn.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(60):
        optimizer.zero_grad()
        CE(model(X), Y).backward()
        optimizer.step()
    report = nn.diagnose(model, (X, Y), loss=CE)
    assert report.loss < 0.1
    assert report.findings == []


def test_a_loss_of_the_users_own_has_no_expected_start():
    model = classifier(classes=1)
    model[-1].weight.data *= 30.0
    report = nn.diagnose(model, (X, X[:, :1]), loss=lambda out, y: ((out - y) ** 2).mean())
    assert "loss at the start" not in kinds(report)
    assert report.loss > 100


@pytest.mark.parametrize(("last", "loss", "outputs"), [("softmax", CE, 3), ("sigmoid", nn.BCEWithLogitsLoss(), 1)])
def test_a_softmax_that_the_loss_applies_again_is_found(last, loss, outputs):
    model = classifier(classes=outputs)
    end = {"softmax": nn.Softmax(), "sigmoid": Sigmoid()}[last]
    targets = Y if outputs == 3 else (X[:, :1] > 0).astype(float)
    assert nn.diagnose(model, (X, targets), loss=loss).findings == []
    finding = the("softmax twice", nn.diagnose(Sequential(model, end), (X, targets), loss=loss))
    assert finding.sentence == f"The model ends in a {last}, and {type(loss).__name__} applies one again."


# Gradients


def test_vanishing_gradients_of_sigmoids_are_found():
    report = nn.diagnose(classifier(Sigmoid, hidden=8), (X, Y), loss=CE)
    found = findings("vanishing gradient", report)
    assert [finding.layer for finding in found[:3]] == ["0", "2", "4"]
    assert found[0].number < found[2].number < 1e-3
    assert found[0].sentence.startswith("Linear '0': the gradient vanishes; as a part of the weights it is ")
    assert "and that of Linear '16'" in found[0].sentence
    assert str(report).count("Try ReLU instead of sigmoids") == 1


def test_vanishing_gradients_of_small_weights_are_found():
    report = nn.diagnose(classifier(hidden=5, factor=0.05), (X, Y), loss=CE)
    assert "0" in [finding.layer for finding in findings("vanishing gradient", report)]


def test_vanishing_gradients_of_a_scalar_network_are_found():
    model = nn.MLP(8, [4] * 8 + [3], activation="sigmoid", rng=0)
    assert findings("vanishing gradient", nn.diagnose(model, (X, Y), loss=CE))[0].layer == "layers.0"


def test_exploding_gradients_are_found():
    found = findings("exploding gradient", nn.diagnose(classifier(hidden=8, factor=6.0), (X, Y), loss=CE))
    assert len(found) == 9
    assert found[0].layer == "0"
    assert found[0].sentence == f"Linear '0': the gradient explodes; it is {found[0].number:.3g} times as large as the weights."


def test_gradients_that_grow_on_their_way_back_are_found():
    model = Sequential(Linear(8, 8, rng=0), Linear(8, 8, rng=1), Linear(8, 3, rng=2))
    for layer, factor in zip(model, (1e-2, 1e-2, 1e2), strict=True):
        layer.weight.data *= factor
        layer.bias.data[:] = 0
    found = findings("exploding gradient", nn.diagnose(model, (X, Y), loss=CE))
    assert [finding.layer for finding in found] == ["0", "1"]
    assert "the gradient explodes; as a part of the weights it is " in found[0].sentence


class Forgetful(nn.Module):
    def __init__(self):
        self.used, self.forgotten, self.cut = Linear(8, 3, rng=0), Linear(8, 3, rng=1), Linear(8, 3, rng=2)

    def forward(self, x):
        return self.used(x) + self.cut(x).detach()


def test_layers_without_a_gradient_are_found():
    found = findings("no gradient", nn.diagnose(Forgetful(), (X, Y), loss=CE))
    assert {finding.layer for finding in found} == {"forgotten", "cut"}
    sentences = {finding.sentence for finding in found}
    assert "Linear 'forgotten' gets no gradient: the loss does not depend on it." in sentences


def test_layers_through_which_nothing_comes_are_found():
    model = classifier()
    model[2].weight.data[:] = 0.0
    finding = the("no gradient", nn.diagnose(model, (X, Y), loss=CE))
    assert finding.sentence == "Linear '0' gets a gradient of 0: nothing comes through from the loss."


def test_a_loss_of_zero_needs_no_gradient():
    model = Sequential(Linear(8, 1, rng=0))
    model[0].bias.data[:] = 1000.0
    assert nn.diagnose(model, (X, np.ones((64, 1))), loss=nn.HingeLoss()).findings == []


# The data, and numbers that are not finite


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_inputs_that_are_not_scaled_are_found(factor):
    inputs = X.copy()
    inputs[:, 5] *= factor
    if factor < 1:
        inputs *= factor
    finding = the("input scale", nn.diagnose(classifier(), (inputs, Y)))
    size = np.sqrt(np.mean(inputs**2, axis=0)).max()
    assert finding.number == pytest.approx(size)
    assert f"root mean square in column {np.argmax(np.abs(inputs).sum(axis=0))} is {size:.3g}, and about 1 is good" in finding.sentence


def test_bytes_of_images_are_found():
    images = RNG.integers(256, size=(64, 1, 4, 4)).astype(np.uint8)
    model = Sequential(nn.Flatten(), Linear(16, 3, rng=0))
    assert "divide bytes of images by 255" in the("input scale", nn.diagnose(model, (images, Y))).advice
    assert nn.diagnose(model, (images / 255, Y)).findings == []


def test_nan_in_the_data_is_found_with_its_place():
    inputs, targets = X.copy(), X[:, 0].copy()
    inputs[3, 5] = inputs[4, 2] = np.nan
    targets[7] = np.inf
    report = nn.diagnose(classifier(classes=1), (inputs, targets), loss=nn.MSELoss())
    assert [finding.sentence for finding in report.findings] == [
        "The inputs are nan or infinite in 2 entries, first in example 3, column 5.",
        "The targets are nan or infinite in 1 entry, first in example 7.",
    ]
    assert report.loss is None


def test_nan_in_a_parameter_is_found():
    model = classifier()
    model[2].weight.data[0, 0] = np.nan
    finding = the("not finite", nn.diagnose(model, (X, Y), loss=CE))
    assert finding.layer == "2"
    assert finding.sentence == "The parameter 2.weight has nan or infinity: an earlier step went wrong."


class Logarithm(nn.Module):
    def forward(self, x):
        return autograd.log(x)


def test_the_first_layer_with_nan_is_named():
    model = Sequential(Linear(8, 4, rng=0), Logarithm(), Linear(4, 3, rng=1))
    finding = the("not finite", nn.diagnose(model, (X, Y), loss=CE))
    assert (finding.layer, finding.sentence) == ("1", "Logarithm '1' is the first module whose output has nan.")


def test_a_loss_that_is_not_finite_is_found():
    model = Sequential(Linear(8, 1, rng=0))
    report = nn.diagnose(model, (X, -np.ones((64, 1))), loss=lambda out, y: autograd.log(out * out * y).mean())
    assert the("not finite", report).sentence == "The loss is nan, though the outputs are finite."


def test_a_gradient_that_is_not_finite_is_found():
    class Root(nn.Module):
        def __init__(self):
            self.weight = Tensor(np.zeros((8, 1)))

        def forward(self, x):
            return autograd.sqrt(autograd.abs(x @ self.weight))

    finding = the("not finite", nn.diagnose(Sequential(Root()), (X, X[:, :1]), loss=nn.MSELoss()))
    assert finding.sentence == "Root '0': the gradient has nan or infinity, though the loss has not."


# Nothing is changed


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("broken", [False, True])
def test_the_model_is_left_as_it_was(training, broken):
    model = Sequential(
        Linear(8, 16, rng=0), nn.BatchNorm1d(16), ReLU(), nn.Dropout(0.3), nn.Dropout(0.3, rng=5), Linear(16, 3, rng=1)
    ).train(training)
    CE(model(X), Y).backward()
    model[0].bias.grad = None
    nn.manual_seed(3)

    def everything():
        grads = [None if p.grad is None else p.grad.copy() for p in model.parameters()]
        return copy.deepcopy([model.state_dict(), grads, nn.get_rng_state(), model[4].rng.bit_generator.state])

    before, modes = everything(), [module.training for module in model.modules()]
    buffer, inputs = model[1].running_mean, X.copy()

    def loss(out, y):
        if broken:
            raise KeyboardInterrupt
        return CE(out, y)

    if broken:
        with pytest.raises(KeyboardInterrupt):
            nn.diagnose(model, (inputs, Y), loss=loss)
    else:
        nn.diagnose(model, (inputs, Y), loss=loss)
    np.testing.assert_equal(everything(), before)
    assert [module.training for module in model.modules()] == modes
    assert not any(module._hooks for module in model.modules())
    assert model[1].running_mean is buffer
    np.testing.assert_array_equal(inputs, X)


def test_a_scalar_model_is_left_as_it_was():
    model = nn.MLP(8, [4, 3], rng=0)
    model.parameters()[0].grad = 5.0
    before = model.state_dict()
    nn.diagnose(model, (X, Y), loss=CE)
    assert [p.grad for p in model.parameters()] == [5.0] + [0.0] * (len(model.parameters()) - 1)
    assert model.state_dict() == before


def test_tensors_of_a_batch_get_no_gradient():
    inputs = Tensor(X)
    assert nn.diagnose(classifier(), (inputs, Tensor(Y.astype(float))), loss=lambda out, y: (out * y[:, None]).mean()).loss is not None
    assert inputs.grad is None


# What is given


def test_without_a_loss_only_the_forward_pass_is_looked_at():
    report = nn.diagnose(classifier(Sigmoid, hidden=8), (X, Y))
    assert str(report) == "All is well, as far as one batch shows."
    assert report.loss is None


def test_a_batch_of_a_loader_may_have_several_inputs():
    class Both(nn.Module):
        def __init__(self):
            self.layer = Linear(16, 3, rng=0)

        def forward(self, a, b):
            return self.layer(autograd.concatenate([a, b], axis=1))

    (batch,) = nn.data.DataLoader(nn.data.TensorDataset(X, 1000 * X, Y), 64)
    assert kinds(nn.diagnose(Both(), batch, loss=CE)) >= {"input scale", "loss at the start"}


def test_what_is_no_model_no_batch_or_no_loss_is_refused():
    with pytest.raises(TypeError, match=r"nn\.diagnose takes a model, an nn\.Module, not a function"):
        nn.diagnose(lambda x: x, (X, Y))
    for batch in (X, [X], None):
        with pytest.raises(TypeError, match=r"takes a batch of inputs and targets: nn\.diagnose\(model, \(X, y\), loss=nn\.MSELoss\(\)\)"):
            nn.diagnose(classifier(), batch)
    with pytest.raises(ValueError, match=r"looks at the layers of a model, and this ReLU has no parameters"):
        nn.diagnose(ReLU(), (X, Y))
    for loss in (nn.CrossEntropyLoss(reduction="none"), lambda out, y: 1.0):
        with pytest.raises(ValueError, match="needs a loss that is one number, a Value or a Tensor, such as one with reduction='mean'"):
            nn.diagnose(classifier(), (X, Y), loss=loss)
