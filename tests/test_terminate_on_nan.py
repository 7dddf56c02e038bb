"""Claims about `TerminateOnNaN`: it ends a training before nan reaches the weights, and names where that began."""

import numpy as np
import pytest
from counting import steps_of

import autograd
import nn
from autograd import Tensor
from nn.callbacks import TerminateOnNaN

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


def test_watching_for_nan_costs_little():
    model = nn.Sequential(nn.Linear(784, 256, rng=0), nn.ReLU(), nn.Linear(256, 10, rng=0))
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(64, 784)).astype(np.float32), rng.integers(10, size=64)
    watcher = TerminateOnNaN()
    trainer = nn.Trainer(model, nn.CrossEntropyLoss(), nn.optim.SGD(model.parameters()), callbacks=[watcher])
    trainer.fit((x, y), verbose=False)
    trainer.batch_loss = 1.0

    def step():
        trainer.optimizer.zero_grad()
        nn.cross_entropy(model(x), y).backward()
        trainer.optimizer.step()

    def watch():
        watcher.on_batch_begin(trainer)
        watcher.on_backward_end(trainer)

    assert steps_of(watch) < 0.2 * steps_of(step)
