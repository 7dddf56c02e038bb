"""Claims about `nn.callbacks`: when each is called, what it does to training, and how training ends when it goes wrong."""

import math
import re

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from nn.callbacks import Callback, ClipGradients, EarlyStopping, LearningRateSchedule, ModelCheckpoint, TerminateOnNaN, nonfinite

DATA = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([[1.0], [3.0], [5.0], [7.0]])


class Given(Callback):
    """Puts numbers of ours into the history in place of what was measured."""

    def __init__(self, name, numbers):
        self.name, self.numbers = name, numbers

    def on_epoch_end(self, trainer):
        trainer.history[self.name][-1] = self.numbers[trainer.epoch - 1]


def make_trainer(*callbacks, lr=0.1, model=None, **others):
    model = model or nn.Linear(1, 1, rng=0)
    return nn.Trainer(model, nn.MSELoss(), nn.optim.SGD(model.parameters(), lr=lr), callbacks=callbacks, rng=0, **others)


def fit(trainer, epochs=5, **others):
    return trainer.fit(DATA, epochs=epochs, **{"batch_size": 2, "verbose": False, **others})


def test_each_moment_comes_in_its_order():
    calls = []

    class Recorder(Callback):
        pass

    for name in vars(Callback):
        if name.startswith("on_"):
            setattr(Recorder, name, lambda self, trainer, name=name: calls.append(name))
    fit(make_trainer(Recorder()), epochs=2)
    batch = ["on_batch_begin", "on_backward_end", "on_batch_end"]
    epoch = ["on_epoch_begin", *batch, *batch, "on_epoch_end"]
    assert calls == ["on_fit_begin", *epoch, *epoch, "on_fit_end"]


def test_a_callback_sees_the_batch_its_loss_and_its_gradients():
    class Look(Callback):
        def on_backward_end(self, trainer):
            (x,), y, size = trainer.batch
            model = trainer.model
            assert size == len(x) == 2
            assert trainer.batch_loss == nn.mse_loss(model(x), y).item()
            gradient = model.weight.grad.copy()
            model.zero_grad()
            nn.mse_loss(model(x), y).backward()
            np.testing.assert_array_equal(model.weight.grad, gradient)
            self.weight = model.weight.data.copy()

        def on_batch_end(self, trainer):
            assert (trainer.model.weight.data != self.weight).all()

    trainer = make_trainer(Look())
    fit(trainer)
    assert trainer.batch is None


def test_a_callback_may_end_the_training():
    class Enough(Callback):
        def on_epoch_end(self, trainer):
            trainer.should_stop = trainer.epoch == 2

    trainer = make_trainer(Enough())
    assert fit(trainer)["epoch"] == [1, 2]
    assert fit(trainer, epochs=1)["epoch"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("numbers", "settings", "epochs", "best"),
    [
        ([5, 4, 3, 2, 1, 0, 0, 0], {"patience": 2}, 8, 6),
        ([5, 4, 4, 4, 1, 0, 0, 0], {"patience": 2}, 4, 2),
        ([5, 4, 4, 3, 3, 2, 2, 1], {"patience": 2}, 8, 8),
        ([5, 4.5, 3.5, 3.1, 0, 0, 0, 0], {"patience": 1, "min_delta": 0.5}, 2, 1),
        ([1, 2, 3, 3, 4, 5, 6, 7], {"patience": 1, "mode": "max"}, 4, 3),
        ([1, math.nan, math.nan, 0, 0, 0, 0, 0], {"patience": 2}, 3, 1),
        ([math.nan] * 8, {"patience": 3}, 3, 0),
    ],
)
def test_early_stopping_waits_for_as_many_epochs_as_its_patience(numbers, settings, epochs, best):
    stop = EarlyStopping("loss", **settings)
    history = fit(make_trainer(Given("loss", numbers), stop), epochs=8)
    assert len(history["loss"]) == epochs
    assert stop.best_epoch == best
    assert stop.stopped_epoch == (epochs if epochs < 8 else 0) or stop.wait >= stop.patience


def test_early_stopping_gives_back_the_weights_of_the_best_epoch():
    class Remember(Callback):
        def __init__(self):
            self.weights = [None]

        def on_epoch_end(self, trainer):
            self.weights.append(trainer.model.state_dict())

    for epochs in (3, 10):  # training ends by itself, or is ended
        memory, stop = Remember(), EarlyStopping("loss", patience=3, restore_best_weights=True)
        trainer = make_trainer(memory, Given("loss", [5, 1, 4, 3, 2, 1, 1, 1, 1, 1]), stop)
        assert len(fit(trainer, epochs)["loss"]) == min(epochs, 5)
        assert trainer.model.state_dict() == memory.weights[2] != memory.weights[-1]


def test_early_stopping_begins_anew_in_a_second_fit():
    stop = EarlyStopping("loss", patience=1)
    trainer = make_trainer(Given("loss", [1, 2, 5, 4, 6, 0]), stop)
    assert len(fit(trainer)["loss"]) == 2
    assert len(fit(trainer)["loss"]) == 5
    assert (stop.best, stop.best_epoch, stop.stopped_epoch) == (4, 4, 5)


def test_more_of_a_known_metric_is_better():
    assert EarlyStopping("val_accuracy").mode == EarlyStopping("f1").mode == "max"
    assert EarlyStopping("val_loss").mode == "min"


def test_a_checkpoint_of_each_epoch_has_its_weights(tmp_path):
    checkpoint = ModelCheckpoint(tmp_path / "deep" / "{epoch:02d}-{loss:.1f}.safetensors")
    trainer = make_trainer(checkpoint)
    history = fit(trainer, epochs=3)
    names = [f"{epoch:02d}-{loss:.1f}.safetensors" for epoch, loss in zip(history["epoch"], history["loss"], strict=True)]
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == names
    assert checkpoint.last_path.name == names[-1]
    assert nn.load(checkpoint.last_path)["weight"] == trainer.model.weight.data


def test_a_checkpoint_of_the_best_epoch_is_written_only_then(tmp_path):
    path = tmp_path / "best.safetensors"
    checkpoint = ModelCheckpoint(path, monitor="val_loss", save_best_only=True)
    trainer = make_trainer(checkpoint, Given("val_loss", [3, 2, 5, 1, 4]))
    fit(trainer, validation=DATA)
    assert checkpoint.best_epoch == 4
    assert nn.load(path, nn.Linear(1, 1))["trainer"]["epoch"] == 4


def test_a_schedule_steps_after_each_epoch_or_each_batch():
    for every, expected in (("epoch", [0.5, 0.25, 0.125]), ("batch", [0.5, 0.125, 0.03125])):
        model = nn.Linear(1, 1, rng=0)
        optimizer = nn.optim.SGD(model.parameters(), lr=0.5)
        schedule = LearningRateSchedule(nn.optim.ExponentialLR(optimizer, 0.5), every=every)
        trainer = nn.Trainer(model, nn.MSELoss(), optimizer, callbacks=[schedule])
        assert fit(trainer, 3)["lr"] == expected


def test_one_cycle_takes_exactly_the_batches_of_the_training():
    model = nn.Linear(1, 1, rng=0)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    schedule = nn.optim.OneCycleLR(optimizer, max_lr=0.1, epochs=3, steps_per_epoch=2)
    trainer = nn.Trainer(model, nn.MSELoss(), optimizer, callbacks=[LearningRateSchedule(schedule, every="batch")])
    fit(trainer, 3)
    with pytest.raises(ValueError, match="OneCycleLR was made for 6 steps"):
        fit(trainer, 1)


def test_reduce_lr_on_plateau_follows_the_validation_loss_or_another_measure():
    for monitor in (None, "loss"):
        model = nn.Linear(1, 1, rng=0)
        optimizer = nn.optim.SGD(model.parameters(), lr=0.5)
        schedule = LearningRateSchedule(nn.optim.ReduceLROnPlateau(optimizer, patience=0, factor=0.5), monitor=monitor)
        trainer = nn.Trainer(model, nn.MSELoss(), optimizer, callbacks=[Given(monitor or "val_loss", [3, 4, 2, 2]), schedule])
        assert fit(trainer, 4, validation=DATA)["lr"] == [0.5, 0.5, 0.25, 0.25]
        assert optimizer.lr == 0.125


class LargestGradient(Callback):
    def __init__(self):
        self.norms, self.entries = [], []

    def on_backward_end(self, trainer):
        gradients = np.concatenate([p.grad.ravel() for p in trainer.model.parameters()])
        self.norms.append(np.linalg.norm(gradients))
        self.entries.append(np.abs(gradients).max())


def test_gradients_are_clipped_before_the_step():
    unclipped, by_norm, by_value = LargestGradient(), LargestGradient(), LargestGradient()
    fit(make_trainer(unclipped))
    fit(make_trainer(ClipGradients(max_norm=0.5), by_norm))
    fit(make_trainer(ClipGradients(value=0.25), by_value))
    assert max(unclipped.norms) > 1
    assert max(by_norm.norms) == pytest.approx(0.5, abs=1e-5)
    assert max(by_value.entries) == 0.25
    trainer = make_trainer(ClipGradients(max_norm=0.5), lr=1.0)
    before = trainer.model.state_dict()
    trainer.fit(DATA, batch_size=4, verbose=False)
    assert sum(np.sum((before[name] - x) ** 2) for name, x in trainer.model.state_dict().items()) == pytest.approx(0.25, rel=1e-4)


@pytest.mark.parametrize(
    ("error", "sentence", "make"),
    [
        (TypeError, "patience must be a whole number", lambda: EarlyStopping(patience=1.5)),
        (ValueError, "patience must be at least 1; got 0", lambda: EarlyStopping(patience=0)),
        (ValueError, "mode must be 'min', 'max' or 'auto'; got 'up'", lambda: EarlyStopping(mode="up")),
        (ValueError, "mode='auto' does not know whether less or more of 'val_error' is better; pass", lambda: EarlyStopping("val_error")),
        (ValueError, "min_delta must be finite and not negative", lambda: EarlyStopping(min_delta=-1)),
        (ValueError, "ClipGradients takes either max_norm, .*, or value", lambda: ClipGradients()),
        (ValueError, "ClipGradients takes either max_norm, .*, or value", lambda: ClipGradients(1.0, 1.0)),
        (ValueError, "max_norm must be finite and not negative; got -1", lambda: ClipGradients(-1)),
        (TypeError, "value must be a number", lambda: ClipGradients(value="1")),
        (TypeError, "takes a schedule, such as .*, not SGD", lambda: LearningRateSchedule(optimizer())),
        (ValueError, "every must be 'epoch' or 'batch'; got 'step'", lambda: schedule(every="step")),
        (ValueError, "ExponentialLR follows no column of the history; leave out monitor", lambda: schedule(monitor="loss")),
        (ValueError, "ReduceLROnPlateau follows what is measured once an epoch; leave out every='batch'",
         lambda: LearningRateSchedule(nn.optim.ReduceLROnPlateau(optimizer()), every="batch")),
    ],
)  # fmt: skip
def test_what_a_callback_cannot_be_made_of_is_refused(error, sentence, make):
    with pytest.raises(error, match=sentence):
        make()


def optimizer():
    return nn.optim.SGD(nn.Linear(1, 1).parameters())


def schedule(**settings):
    return LearningRateSchedule(nn.optim.ExponentialLR(optimizer(), 0.5), **settings)


@pytest.mark.parametrize(
    ("sentence", "callback"),
    [
        ("EarlyStopping watches 'val_loss', and what is measured is loss; pass validation=… to fit", lambda: EarlyStopping()),
        ("EarlyStopping watches 'val_f1', and what is measured is loss.$", lambda: EarlyStopping("val_f1")),
        ("ModelCheckpoint watches 'accuracy', and what is measured is loss.$",
         lambda: ModelCheckpoint("x", "accuracy", save_best_only=True)),
        ("LearningRateSchedule watches 'val_loss', and what is measured is loss; pass validation",
         lambda: LearningRateSchedule(nn.optim.ReduceLROnPlateau(optimizer()))),
        ("The path 'a{accuracy}' cannot be filled in .'accuracy'.; it may contain {epoch}, {loss}.$",
         lambda: ModelCheckpoint("a{accuracy}")),
        ("The path 'a{loss:d}' cannot be filled in .Unknown format code 'd'", lambda: ModelCheckpoint("a{loss:d}")),
        (r"The path 'a\{0\}' cannot be filled in", lambda: ModelCheckpoint("a{0}")),
        ("The ExponentialLR belongs to another optimizer; make it for the one of the Trainer", lambda: schedule()),
    ],
)  # fmt: skip
def test_a_callback_that_cannot_work_is_refused_before_training(sentence, callback):
    callback = callback()
    trainer = make_trainer(callback)
    if isinstance(callback, LearningRateSchedule) and callback.scheduler.needs_metric:
        callback.scheduler.optimizer = trainer.optimizer
    with pytest.raises(ValueError, match=sentence):
        fit(trainer)
    assert trainer.epoch == 0


def test_a_checkpoint_that_cannot_be_written_is_known_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        fit(make_trainer(ModelCheckpoint(tmp_path / "file" / "model.safetensors")))


# --- nan and infinity -----------------------------------------------------------------------------


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


# Training that diverges, with nothing said to the Trainer


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
    assert re.search(r"The loss had risen from \S+ to \S+: training diverges\. ", sentence)
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
