"""Claims about `TerminateOnNaN`: it ends a training before nan reaches the weights, and names where that began."""

import re

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from nn.callbacks import TerminateOnNaN, nonfinite

DATA = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([[1.0], [3.0], [5.0], [7.0]])


def fit(trainer):
    return trainer.fit(DATA, epochs=5, batch_size=2, verbose=False)


class Function(nn.Module):
    def __init__(self, function):
        self.function = function

    def forward(self, x):
        return self.function(x)


def nan_trainer(model, loss=None, lr=0.1, **others):
    loss = loss or nn.MSELoss()
    return nn.Trainer(model, loss, nn.optim.SGD(model.parameters(), lr=lr), callbacks=[TerminateOnNaN()], rng=0, **others)


def first_weight(model, number):
    model[0].weight.data = np.full_like(model[0].weight.data, number)
    return model


ENCODER = nn.Sequential(nn.Linear(1, 3, rng=0), nn.Sequential(nn.ReLU(), Function(lambda x: (x - 100).log())), nn.Linear(3, 1, rng=0))
ROOT = nn.Sequential(nn.Linear(1, 1, bias=False), Function(lambda x: x.sqrt()), nn.Linear(1, 1, rng=0))
OVERFLOW = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Sequential(Function(lambda x: (x * x * x).exp())), nn.Linear(1, 1, rng=0))
LINE = nn.Sequential(nn.Linear(1, 1, rng=0))


@pytest.mark.parametrize(
    ("model", "loss", "sentence"),
    [
        (ENCODER, None, "In epoch 1, batch 1, the loss is nan. It began in Function '1.1', whose output has nan, while all before it is"),
        (first_weight(OVERFLOW, 9.0), None, "the loss is (nan|inf). It began in Function '1.0', whose output has infinity"),
        (first_weight(ROOT, 0.0), None, "the gradient of 0.weight is not finite, .* the derivative of sqrt in Function '1'"),
        (LINE, lambda out, y: (out * 0).log().sum(), "the loss is -inf. It began in the loss: what the loss got"),
        (LINE, lambda out, y: ((out - out) * (out - out)).sum().sqrt(),
         "the gradient of 0.weight .and 1 more. .* the derivative of sqrt in the loss"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nan_ends_the_training_and_the_layer_is_named(model, loss, sentence):
    trainer = nan_trainer(model, loss)
    before = model.state_dict()
    with pytest.raises(FloatingPointError, match=sentence):
        fit(trainer)
    for name, x in model.state_dict().items():
        np.testing.assert_array_equal(x, before[name])
    assert trainer.epoch == 0
    assert not any(module._hooks for module in model.modules())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nan_does_not_stay_in_the_running_means():
    model = nn.Sequential(nn.Linear(1, 3, rng=0), Function(lambda x: (x - 100).log()), nn.BatchNorm1d(3), nn.Linear(3, 1, rng=0))
    before = model.state_dict()
    with pytest.raises(FloatingPointError, match=r"It began in Function '1'.* The model is as it was before this batch"):
        fit(nan_trainer(model))
    for name, x in model.state_dict().items():
        np.testing.assert_array_equal(x, before[name])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_learning_rate_that_overflows_the_weights_is_blamed():
    trainer = nan_trainer(nn.Sequential(nn.Linear(1, 1, rng=0)), lr=3e38)
    with pytest.raises(FloatingPointError, match=r"put (nan|infinity) into 0\.weight .and 1 more.; take a smaller learning rate"):
        fit(trainer)


@pytest.mark.parametrize(("part", "index"), [("inputs", 0), ("targets", 1)])
def test_nan_in_the_data_is_blamed_on_the_data(part, index):
    class Broken(nn.data.Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, i):
            return [np.array([np.nan if (i, place) == (2, index) else 1.0]) for place in (0, 1)]

    trainer = nan_trainer(nn.Linear(1, 1, rng=0))
    with pytest.raises(FloatingPointError, match=f"In epoch 1, batch 2, .* there is nan in the {part} of this batch"):
        trainer.fit(nn.data.DataLoader(Broken(), 2), verbose=False)


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_layer_is_found_also_where_dropout_decides(own):
    for seed in range(8):  # in some of them, the next draw would not drop
        nn.manual_seed(seed)
        model = nn.Sequential(nn.Linear(1, 1), nn.Dropout(0.5, rng=seed if own else None), Function(lambda x: 1 / x), nn.Linear(1, 1))
        trainer = nn.Trainer(model, nn.MSELoss(), nn.optim.SGD(model.parameters(), lr=1e-6), callbacks=[TerminateOnNaN()])
        with pytest.raises(FloatingPointError, match="It began in Function '2', whose output has infinity"):
            trainer.fit((DATA[0][1:], DATA[1][1:]), epochs=20, batch_size=1, verbose=False)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nan_in_a_network_of_values_is_found_too():
    model = nn.MLP(2, [2, 1], activation="sin", rng=0)
    model.layers[0].neurons[1].bias.data = 1e308
    model.layers[0].neurons[1].weight[0].data = 1e308
    trainer = nn.Trainer(model, nn.MSELoss(), nn.optim.SGD(model.parameters()), callbacks=[TerminateOnNaN()])
    with pytest.raises(FloatingPointError, match=r"It began in Neuron 'layers\.0\.neurons\.1', whose output has nan"):
        trainer.fit((np.full((3, 2), 2.0), np.ones(3)), verbose=False)


def test_masks_of_infinity_inside_a_layer_are_no_fault():
    class Masked(nn.Module):
        def __init__(self):
            self.weight = Tensor([[1.0, 2.0]])

        def forward(self, x):
            return autograd.softmax(x @ self.weight + np.array([0.0, -np.inf]), axis=-1)[:, :1]

    fit(nan_trainer(nn.Sequential(Masked())))


def test_while_all_is_well_each_gradient_is_looked_at_once_and_nothing_is_computed_again(monkeypatch):
    looked, called = [], []
    is_finite = nonfinite.is_finite
    monkeypatch.setattr(nonfinite, "is_finite", lambda x: looked.append(x) or is_finite(x))
    model = nn.Sequential(nn.Linear(1, 3, rng=0), Function(lambda x: called.append(x) or x), nn.Linear(3, 1, rng=1))
    trainer = nan_trainer(model, lr=0.001)
    trainer.fit(DATA, epochs=3, batch_size=2, verbose=False)
    assert len(called) == 6  # batches
    assert len(looked) == 6 * 4 + 3 * 4  # gradients in each batch, and parameters after each epoch


# A training that diverges, with nothing said to the Trainer


def diverging(lr=100.0, loss=None, **others):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(64, 4))
    model = nn.Sequential(nn.Linear(4, 16, rng=0), nn.ReLU(), nn.Linear(16, 16, rng=1), nn.ReLU(), nn.Linear(16, 1, rng=2))
    trainer = nn.Trainer(model, loss or nn.MSELoss(), nn.optim.SGD(model.parameters(), lr=lr), rng=0, **others)
    return trainer, lambda **fit: trainer.fit((X, X[:, :1]), **{"epochs": 10, "batch_size": 16, "verbose": False, **fit})


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_training_that_diverges_says_where_and_how_it_came_there_and_what_to_try():
    trainer, fit = diverging()
    with pytest.raises(FloatingPointError) as caught:
        fit()
    sentence = str(caught.value)
    assert re.match(r"In epoch \d+, batch \d+, the loss is (inf|nan)\. It began in ", sentence)
    assert "The model is as it was before this batch. " in sentence
    assert re.search(r"The loss had risen from \S+ to \S+: the training diverges\. ", sentence)
    assert sentence.endswith(
        "If the data are in order, try a smaller learning rate than 100, scaled inputs and targets, or "
        "nn.callbacks.ClipGradients(max_norm=1.0)."
    )
    assert all(np.isfinite(p.data).all() for p in trainer.model.parameters())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nan_in_the_first_batch_is_not_blamed_on_the_learning_rate():
    trainer = nan_trainer(ENCODER)
    with pytest.raises(FloatingPointError, match=r"The model is as it was before this batch\.$"):
        fit(trainer)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_weights_that_the_very_last_step_spoils_are_noticed():
    saved = []

    class Save(nn.callbacks.ModelCheckpoint):
        def on_epoch_end(self, trainer):
            saved.append(trainer.epoch)

    _, fit = diverging(lr=3e38, loss=lambda out, y: 1e3 * ((out - y) ** 2).mean(), callbacks=[Save("never")])
    with pytest.raises(FloatingPointError, match=r"The last step of epoch 1 put (infinity|nan) into \S+ .*\. If the data are in order,"):
        fit(epochs=1, batch_size=64)
    assert saved == []


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_who_wants_to_train_on_with_nan_may():
    trainer, fit = diverging(terminate_on_nan=False)
    history = fit()
    assert len(history["loss"]) == 10
    assert not np.isfinite(history["loss"][-1])
    assert trainer.callbacks == []


def test_a_callback_of_the_users_own_that_mends_gradients_comes_first():
    class Mend(nn.callbacks.Callback):
        def on_backward_end(self, trainer):
            for p in trainer.model.parameters():
                p.grad = np.nan_to_num(p.grad)

    _, fit = diverging(lr=0.01, loss=lambda out, y: ((out - out) * (out - out)).sum().sqrt(), callbacks=[Mend()])
    with np.errstate(all="ignore"):
        assert len(fit()["loss"]) == 10


@pytest.mark.parametrize("own", [TerminateOnNaN(), type("Own", (TerminateOnNaN,), {})()])
def test_there_is_one_callback_that_looks_for_nan(own):
    trainer, _ = diverging(callbacks=[own])
    assert trainer.callbacks == [own]
