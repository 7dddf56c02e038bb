"""Claims about `Trainer` and `History`: the loop written by hand, data in each form, all of it measured; and what is refused."""

import math
import os
import signal
import sys

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from nn.data import DataLoader, Dataset, TensorDataset


def blobs(n=40, seed=0):
    """Three clouds of points in the plane, and the number of each point's cloud."""
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=n)
    return rng.normal(size=(n, 2)) + 3 * np.eye(3)[y][:, :2], y


def network(dropout=0.0):
    return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Dropout(dropout), nn.Linear(8, 3))


def make_trainer(model=None, loss=None, lr=0.05, **others):
    model = model or network()
    return nn.Trainer(model, loss or nn.CrossEntropyLoss(), nn.optim.Adam(model.parameters(), lr=lr), **others)


def assert_same_state(a, b):
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def test_fit_is_the_loop_written_by_hand_bit_for_bit():
    X, y = blobs(40)
    nn.manual_seed(3)
    model = network(dropout=0.3)
    optimizer = nn.optim.Adam(model.parameters(), lr=0.05)
    losses = []
    for _ in range(3):
        total = 0.0
        for inputs, targets in DataLoader(TensorDataset(X, y), batch_size=16, shuffle=True):
            optimizer.zero_grad()
            loss = nn.cross_entropy(model(inputs), targets)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(targets)
        losses.append(total / len(X))

    nn.manual_seed(3)
    trainer = make_trainer(network(dropout=0.3))
    history = trainer.fit((X, y), epochs=3, batch_size=16, verbose=False)
    assert history["loss"] == losses
    assert_same_state(trainer.model.state_dict(), model.state_dict())


def test_a_loader_a_dataset_and_a_pair_of_arrays_train_alike():
    X, y = blobs(40)
    dataset = TensorDataset(X, y)

    class OneByOne(Dataset):
        def __len__(self):
            return len(X)

        def __getitem__(self, i):
            return X[i], y[i]

    losses = []
    for data in (DataLoader(dataset, 16, shuffle=True, rng=5), dataset, (X, y), OneByOne(), (X.tolist(), y.tolist())):
        nn.manual_seed(0)
        trainer = make_trainer(rng=5)
        batch_size = None if isinstance(data, DataLoader) else 16
        losses.append(trainer.fit(data, epochs=2, batch_size=batch_size, verbose=False)["loss"])
    assert all(loss == losses[0] for loss in losses)


def test_a_second_fit_goes_on_where_the_first_ended():
    X, y = blobs()
    trainers = []
    for calls in ([4], [1, 3]):
        nn.manual_seed(1)
        trainers.append(make_trainer())
        for epochs in calls:
            trainers[-1].fit((X, y), epochs=epochs, batch_size=16, verbose=False)
    assert trainers[1].history["epoch"] == [1, 2, 3, 4]
    assert trainers[0].history["loss"] == trainers[1].history["loss"]
    assert_same_state(trainers[0].model.state_dict(), trainers[1].model.state_dict())


def test_evaluate_is_the_loss_and_the_metrics_of_all_examples_at_once():
    X, y = blobs(50)
    trainer = make_trainer(network(dropout=0.5), metrics=["accuracy", "f1"])
    trainer.fit((X, y), epochs=2, verbose=False)
    found = trainer.evaluate((X, y), batch_size=16)  # the last batch has 2
    trainer.model.eval()
    output = trainer.model(X).data
    assert found["loss"] == pytest.approx(nn.cross_entropy(output, y).item(), rel=1e-6)
    assert found["accuracy"] == nn.metrics.accuracy(output, y)
    assert found["f1"] == nn.metrics.f1(output, y)


def test_the_validation_columns_are_what_evaluate_says():
    train, held_out = blobs(40), blobs(30, seed=1)
    trainer = make_trainer(metrics=["accuracy"])
    history = trainer.fit(train, validation=held_out, epochs=2, batch_size=7, verbose=False)
    assert {"loss": history["val_loss"][-1], "accuracy": history["val_accuracy"][-1]} == trainer.evaluate(held_out, batch_size=7)


@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss(), nn.CrossEntropyLoss(weight=[1.0, 5.0, 0.5]), nn.cross_entropy])
def test_the_loss_of_many_batches_is_the_mean_that_the_loss_means(loss):
    X, y = blobs(30)
    y[:13] = -100  # all of the first batch but three are ignored
    trainer = make_trainer(loss=loss)
    found = trainer.evaluate(DataLoader(TensorDataset(X, y), batch_size=16))["loss"]
    assert found == pytest.approx(loss(trainer.model(X), y).item(), rel=1e-6)


def test_probabilities_as_targets_count_by_their_rows():
    X, y = blobs(30)
    trainer = make_trainer(loss=nn.CrossEntropyLoss(label_smoothing=0.1))
    targets = np.eye(3)[y]
    assert trainer.evaluate((X, targets), batch_size=16)["loss"] == pytest.approx(trainer.loss(trainer.model(X), targets).item(), rel=1e-6)


def test_a_loss_that_is_a_sum_becomes_the_mean_over_the_examples():
    X, y = blobs(30)
    model = network()
    mean, summed = (make_trainer(model, loss=nn.CrossEntropyLoss(reduction=r)).evaluate((X, y), batch_size=8) for r in ("mean", "sum"))
    assert summed["loss"] == pytest.approx(mean["loss"], rel=1e-6)


def test_predict_gives_the_outputs_of_all_examples_in_evaluation_mode():
    X, y = blobs(50)
    trainer = make_trainer(network(dropout=0.5))
    found = [trainer.predict(data, batch_size=16) for data in (X, X.tolist(), TensorDataset(X), TensorDataset(X, y))]
    found.append(trainer.predict(DataLoader(TensorDataset(X, y), batch_size=16)))
    trainer.model.eval()
    for outputs in found:
        assert outputs.shape == (50, 3)
        np.testing.assert_allclose(outputs, trainer.model(X).data, rtol=1e-6)


def test_a_model_of_several_inputs_gets_all_parts_of_an_item_but_the_last():
    class Two(nn.Module):
        def __init__(self):
            self.a, self.b = nn.Linear(2, 1, rng=0), nn.Linear(3, 1, rng=1)

        def forward(self, x, z):
            return {"sum": self.a(x) + self.b(z), "parts": (self.a(x), self.b(z))}

    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(20, 2)), rng.normal(size=(20, 3))
    model = Two()
    trainer = make_trainer(model, loss=lambda out, target: nn.mse_loss(out["sum"], target))
    y = x[:, :1] - z[:, :1]
    history = trainer.fit((x, z, y), epochs=20, batch_size=5, verbose=False)
    assert history["loss"][-1] < history["loss"][0] / 2
    out = trainer.predict((x, z), batch_size=8)
    np.testing.assert_allclose(out["sum"], out["parts"][0] + out["parts"][1], rtol=1e-5)
    assert out["parts"][1].shape == (20, 1)


def test_a_network_of_values_is_called_row_by_row():
    X, y = blobs(20)
    targets = np.where(y == 0, 1.0, -1.0)
    by_hand = nn.MLP(2, [4, 1], rng=0)
    optimizer = nn.optim.SGD(by_hand.parameters(), lr=0.05)
    for _ in range(3):
        optimizer.zero_grad()
        nn.hinge_loss([by_hand(x) for x in X], targets).backward()
        optimizer.step()
    model = nn.MLP(2, [4, 1], rng=0)
    trainer = nn.Trainer(model, nn.HingeLoss(), nn.optim.SGD(model.parameters(), lr=0.05), metrics=["accuracy"])
    trainer.fit(DataLoader(TensorDataset(X, targets), batch_size=20), epochs=3, verbose=False)
    assert model.state_dict() == by_hand.state_dict()
    assert trainer.predict(X).tolist() == [model(x).data for x in X]
    assert trainer.evaluate((X, targets))["accuracy"] == np.mean((trainer.predict(X) > 0) == (targets > 0))
    assert make_trainer(nn.MLP(2, [4, 3], rng=0)).predict(X).shape == (20, 3)


def test_each_module_comes_back_to_its_mode_also_after_an_error():
    X, y = blobs()
    trainer = make_trainer(network(dropout=0.5))
    trainer.model.eval()
    trainer.model[2].train()

    def modes():
        return [module.training for module in trainer.model.modules()]

    before = modes()
    trainer.fit((X, y), verbose=False)
    trainer.evaluate((X, y))
    trainer.predict(X)
    assert modes() == before
    with pytest.raises(ValueError, match="Linear '0'"):
        trainer.predict(np.ones((4, 5)))
    with pytest.raises(ValueError, match="Linear '0'"):
        trainer.evaluate((np.ones((4, 5)), [0, 1, 2, 0]))
    with pytest.raises(ValueError, match="Linear '0'"):
        trainer.fit((np.ones((4, 5)), [0, 1, 2, 0]), verbose=False)
    assert modes() == before


def test_nothing_is_recorded_in_evaluation():
    class Seen(nn.Linear):
        def forward(self, x):
            out = super().forward(x)
            self.recorded = out.requires_grad
            return out

    X, y = blobs()
    trainer = make_trainer(Seen(2, 3))
    trainer.fit((X, y), verbose=False)
    assert trainer.model.recorded
    trainer.evaluate((X, y))
    assert not trainer.model.recorded
    trainer.fit((X, y), verbose=False)
    trainer.predict(X)
    assert not trainer.model.recorded


def test_a_metric_may_be_a_function_of_all_predictions_and_targets():
    X, y = blobs(50)

    def share_of_class_0(predictions, targets):
        assert predictions.shape == (50, 3)
        assert targets.shape == (50,)
        return np.mean(predictions.argmax(1) == 0)

    trainer = make_trainer(metrics=[share_of_class_0, "accuracy"])
    history = trainer.fit((X, y), validation=(X, y), batch_size=16, verbose=False)
    assert list(history) == [
        "epoch", "loss", "share_of_class_0", "accuracy", "val_loss", "val_share_of_class_0", "val_accuracy", "lr", "seconds",
    ]  # fmt: skip


def test_the_threshold_of_a_metric_is_that_of_the_loss():
    X, y = blobs(40)
    y = (y == 0).astype(float)[:, None]
    model = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
    trainer = nn.Trainer(model, nn.BCELoss(), nn.optim.Adam(model.parameters(), lr=0.5), metrics=["accuracy"])
    trainer.fit((X, y), epochs=20, verbose=False)
    assert trainer.evaluate((X, y))["accuracy"] == np.mean((trainer.predict(X) > 0.5) == y) > 0.9


def test_several_groups_have_a_learning_rate_each():
    model = network()
    groups = [{"params": model[0].parameters()}, {"params": model[3].parameters(), "lr": 0.5}]
    trainer = nn.Trainer(model, nn.CrossEntropyLoss(), nn.optim.SGD(groups, lr=0.25))
    history = trainer.fit(blobs(), verbose=False)
    assert (history["lr_0"], history["lr_1"]) == ([0.25], [0.5])
    assert list(history.measures()) == ["loss"]


def test_a_progress_bar_shows_the_epoch_and_the_measures_and_verbose_false_nothing(capsys):
    trainer = make_trainer(metrics=["accuracy"])
    trainer.fit(blobs(), epochs=2, verbose=False)
    assert capsys.readouterr() == ("", "")
    history = trainer.fit(blobs(), validation=blobs(), epochs=2)
    out, err = capsys.readouterr()
    assert out == ""
    last = err.split("\r")[-1]
    assert "epoch 4/4: 100%" in last
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        assert f"{name}={history[name][-1]:.3g}" in last


def test_without_tqdm_there_is_no_bar(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    make_trainer().fit(blobs())
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def _pythons_own_handler():
    """A process that was started in the background does not listen to Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class PressCtrlC(nn.callbacks.Callback):
    """As if somebody pressed Ctrl-C in the second batch of an epoch."""

    def __init__(self, epoch):
        self.epoch = epoch
        self.ended = 0

    def on_backward_end(self, trainer):
        if (trainer.epoch + 1, trainer.batch_number) == (self.epoch, 2):
            trainer.optimizer.update = self.interrupt(trainer.optimizer.update)

    def interrupt(self, update):
        def interrupted(*args, **settings):
            os.kill(os.getpid(), signal.SIGINT)
            update(*args, **settings)

        return interrupted

    def on_fit_end(self, trainer):
        self.ended += 1


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot press Ctrl-C for itself there")
@pytest.mark.usefixtures("_pythons_own_handler")
def test_ctrl_c_passes_through_and_leaves_no_step_half_done():
    X, y = blobs()
    trainers = []
    for callbacks in ([], [PressCtrlC(epoch=3)]):
        nn.manual_seed(0)
        trainers.append(make_trainer(callbacks=callbacks, rng=0))
    whole, interrupted = trainers
    with pytest.raises(KeyboardInterrupt):
        interrupted.fit((X, y), epochs=5, batch_size=16, verbose=False)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert interrupted.history["epoch"] == [1, 2]
    assert interrupted.epoch == 2
    assert interrupted.callbacks[0].ended == 1

    class Stop(nn.callbacks.Callback):
        def on_batch_end(self, trainer):
            if (trainer.epoch, trainer.batch_number) == (2, 2):
                raise StopIteration

    whole.callbacks.append(Stop())
    with pytest.raises(StopIteration):
        whole.fit((X, y), epochs=5, batch_size=16, verbose=False)
    assert_same_state(interrupted.model.state_dict(), whole.model.state_dict())


def test_training_works_in_a_thread():
    import threading

    trainer = make_trainer()
    thread = threading.Thread(target=lambda: trainer.fit(blobs(), verbose=False))
    thread.start()
    thread.join()
    assert trainer.epoch == 1


# --- what is refused ------------------------------------------------------------------------------


def points(n):
    return np.random.default_rng(0).normal(size=(n, 2)), np.arange(n) % 3


@pytest.mark.parametrize(
    ("error", "sentence", "change"),
    [
        (TypeError, "trains an nn.Module, not a function", {"model": lambda x: x}),
        (TypeError, "such as nn.CrossEntropyLoss.., and not a class CrossEntropyLoss; make one of it", {"loss": nn.CrossEntropyLoss}),
        (TypeError, "such as nn.CrossEntropyLoss.., and not a str", {"loss": "mse"}),
        (TypeError, "The optimizer is one of nn.optim, .* and not a class Adam; make one of it", {"optimizer": nn.optim.Adam}),
        (ValueError, "changes no parameter of this Linear; make it with model.parameters", {"optimizer": nn.optim.SGD([Value(1.0)])}),
        (ValueError, "no metric 'acuracy'; choose one of accuracy, precision", {"metrics": ["acuracy"]}),
        (TypeError, r'metrics is a list of names and functions, such as \["accuracy"\]; got \'accuracy\'', {"metrics": "accuracy"}),
        (ValueError, "two measures called 'accuracy'", {"metrics": ["accuracy", "accuracy"]}),
        (TypeError, "callbacks is a list of .*; got a class EarlyStopping; make one of it", {"callbacks": [nn.callbacks.EarlyStopping]}),
        (TypeError, "callbacks is a list of .*; got a float", {"callbacks": 0.5}),
        (ValueError, "rng is a seed", {"rng": "zero"}),
    ],
)  # fmt: skip
def test_what_a_trainer_cannot_be_made_of_is_refused(error, sentence, change):
    model = nn.Linear(2, 3)
    parts = {"model": model, "loss": nn.CrossEntropyLoss(), "optimizer": nn.optim.SGD(model.parameters())}
    with pytest.raises(error, match=sentence):
        nn.Trainer(**{**parts, **change})


@pytest.mark.parametrize(
    ("error", "sentence", "arguments"),
    [
        (ValueError, "at least one item; the arrays are empty", {"train": (np.ones((0, 2)), np.ones(0))}),
        (ValueError, "The dataset of a DataLoader is empty", {"train": []}),
        (ValueError, "epochs must be at least 1; got 0", {"epochs": 0}),
        (TypeError, "epochs must be a whole number; got 1.5", {"epochs": 1.5}),
        (ValueError, "batch_size must be at least 1; got 0", {"batch_size": 0}),
        (ValueError, r"train is a tuple of 1; .* as a pair \(X, y\)", {"train": (np.ones((3, 2)),)}),
        (TypeError, r"train must be a pair of arrays \(X, y\), a dataset or a DataLoader; got a ndarray", {"train": np.ones((3, 2))}),
        (TypeError, r"train must be a pair of arrays \(X, y\), .*; got a dict", {"train": {"X": [[1, 2]], "y": [0]}}),
        (TypeError, r"train must be a pair of arrays .*; got a str", {"train": "data.csv"}),
        (TypeError, r"make one of inputs and targets: TensorDataset\(X, y\)", {"train": [*points(8)]}),
        (TypeError, "validation must be a pair of arrays .*; got a float", {"validation": 0.2}),
        (ValueError, "equally long", {"train": (np.ones((3, 2)), np.ones(4))}),
        (ValueError, "pair of an input and its target; here it is an input alone", {"train": TensorDataset(np.ones((3, 2)))}),
        (ValueError, "train is a DataLoader, which has its batch size .4.; leave batch_size out",
         {"train": DataLoader(TensorDataset(*points(8)), 4), "batch_size": 8}),
        (ValueError, "nan or infinity in the column", {"train": (np.array([[1.0, np.nan]]), [0])}),
        (FileNotFoundError, "There is no file nowhere.safetensors", {"resume_from": "nowhere.safetensors"}),
    ],
)  # fmt: skip
def test_data_and_numbers_that_do_not_do_are_refused_before_training(error, sentence, arguments):
    trainer = make_trainer(nn.Linear(2, 3))
    before = trainer.model.state_dict()
    with pytest.raises(error, match=sentence):
        trainer.fit(**{"train": points(8), "verbose": False, **arguments})
    for name, x in trainer.model.state_dict().items():
        np.testing.assert_array_equal(x, before[name])
    assert trainer.epoch == 0


@pytest.mark.parametrize(
    ("sentence", "loss"),
    [
        (r"single number, and this is an array of shape \(8,\); reduce it", nn.CrossEntropyLoss(reduction="none")),
        ("single number, and this is a NoneType", lambda output, target: None),
        ("single number, and this is a list", lambda output, target: [1.0, 2.0]),
        ("The loss has no derivative: it was computed outside of the graph", lambda output, target: float(output.data.sum())),
        ("The loss depends on no parameter that the optimizer changes", lambda output, target: Tensor(output.numpy()).sum()),
    ],
)
def test_a_loss_that_cannot_be_minimised_is_refused(sentence, loss):
    with pytest.raises(ValueError, match=sentence):
        make_trainer(nn.Linear(2, 3), loss).fit(points(8), verbose=False)


def test_a_metric_that_is_no_number_is_refused():
    with pytest.raises(TypeError, match=r"one number, and confusion_matrix gave an array of shape \(3, 3\)"):
        make_trainer(nn.Linear(2, 3), metrics=["confusion_matrix"]).fit(points(8), verbose=False)


def test_outputs_of_different_lengths_cannot_be_put_together():
    class Longer(nn.Module):
        def forward(self, x):
            return np.ones((len(x), len(x)))

    model = nn.Sequential(nn.Linear(2, 3), Longer())
    with pytest.raises(ValueError, match=r"outputs of the batches cannot be joined: they have the shapes \(2, 2\), \(3, 3\)"):
        make_trainer(model).predict(np.ones((5, 2)), batch_size=3)


# --- the history ----------------------------------------------------------------------------------


def some_history(epochs=3):
    out = nn.History()
    for i in range(1, epochs + 1):
        out.append({"epoch": i, "loss": 1 / i, "val_loss": 2 / i, "lr": 0.1, "seconds": 0.5})
    return out


def test_columns_are_lists_by_name():
    assert some_history()["loss"] == [1, 1 / 2, 1 / 3]
    assert list(some_history()) == ["epoch", "loss", "val_loss", "lr", "seconds"]
    assert {len(column) for column in some_history().values()} == {3}


def test_pandas_reads_it_as_a_table():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(some_history())
    assert frame.shape == (3, 5)
    assert frame["val_loss"].min() == 2 / 3
    assert frame.set_index("epoch").loc[2, "loss"] == 0.5


def test_what_an_epoch_did_not_measure_is_nan():
    table = some_history(2)
    table.append({"epoch": 3, "loss": 0.25, "accuracy": 0.5})
    assert table["accuracy"][2] == 0.5
    assert all(map(math.isnan, table["accuracy"][:2]))
    assert math.isnan(table["val_loss"][2])
    assert {len(column) for column in table.values()} == {3}


def test_its_text_is_the_table():
    assert repr(nn.History()) == "History of no epochs"
    assert repr(some_history(2)).splitlines() == [
        "epoch  loss  val_loss   lr  seconds",
        "    1     1         2  0.1      0.5",
        "    2   0.5         1  0.1      0.5",
    ]
    long = repr(some_history(200)).splitlines()
    assert len(long) == 12
    assert long[6] == "… 190 more …"
    assert long[-1].split()[0] == "200"


def test_plot_draws_the_measures_and_not_the_rest():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    panels = some_history().plot()
    lines = [line for panel in panels for line in panel.get_lines()]
    assert sorted(len(line.get_ydata()) for line in lines) == [3, 3]
    pyplot.close("all")
    with pytest.raises(ValueError, match="empty history"):
        nn.History().plot()


# --- compiled -------------------------------------------------------------------------------------


def small(kind):
    if kind == "values":
        return nn.MLP(2, [4, 1], rng=0), nn.hinge_loss
    parts = [nn.Linear(2, 6, rng=0, dtype=float), nn.BatchNorm1d(6, dtype=float), nn.Tanh(), nn.Dropout(0.2, rng=3)]
    return nn.Sequential(*parts, nn.Linear(6, 1, rng=1, dtype=float), nn.Flatten(0)), nn.MSELoss()


def trained(kind, **options):
    model, loss = small(kind)
    X, y = np.random.default_rng(0).normal(size=(20, 2)), np.sign(np.random.default_rng(1).normal(size=20))
    optimizer = nn.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    callbacks = [nn.callbacks.LearningRateSchedule(nn.optim.ExponentialLR(optimizer, 0.9))]
    trainer = nn.Trainer(model, loss, optimizer, callbacks=callbacks + options.pop("more", []), rng=0, **options)
    history = trainer.fit((X, y), (X, y), epochs=3, batch_size=8, verbose=False)
    return trainer, history, np.concatenate([np.ravel(p.data) for p in model.parameters()])


@pytest.mark.parametrize("kind", ["values", "tensors"])
@pytest.mark.parametrize("terminate_on_nan", [True, False])
@pytest.mark.parametrize("clip", [True, False])
def test_a_compiled_trainer_learns_the_same(kind, terminate_on_nan, clip):
    def run(compile):
        more = [nn.callbacks.ClipGradients(max_norm=0.5)] if clip else []
        return trained(kind, compile=compile, terminate_on_nan=terminate_on_nan, more=more)

    (_, plain, p), (trainer, history, q) = run(False), run(True)
    np.testing.assert_allclose(q, p, rtol=1e-10)
    for name in ("loss", "val_loss", "lr"):
        np.testing.assert_allclose(history[name], plain[name], rtol=1e-10)
    programs = trainer._compiled.function.programs
    assert len(programs) == 2  # of the full batches and of the last
    assert all(("def update" in program.source) == (not clip and not terminate_on_nan) for program in programs.values())


def test_a_trainer_that_cannot_compile_says_why_and_goes_on():
    class Branches(nn.Module):
        def __init__(self):
            self.line = nn.Linear(1, 1, rng=0, dtype=float)

        def forward(self, x):
            y = self.line(x)
            return y * 2 if y.sum() > 0 else y

    model = Branches()
    trainer = nn.Trainer(model, nn.MSELoss(), nn.optim.SGD(model.parameters(), lr=0.1), rng=0, compile=True)
    with pytest.warns(UserWarning, match=r"goes on without compile=True.*an `if`") as warned:
        history = trainer.fit(([[0.0], [1.0]], [[1.0], [3.0]]), epochs=3, verbose=False)
    assert len(warned) == 1
    assert history["loss"][-1] < history["loss"][0]


def test_what_a_compiled_trainer_cannot_learn_from_is_said_as_without_compiling():
    model = nn.Linear(1, 1, rng=0)
    trainer = nn.Trainer(model, lambda output, target: nn.MSELoss()(target, target), nn.optim.SGD(model.parameters()), compile=True)
    with pytest.warns(UserWarning, match="without compile=True"), pytest.raises(ValueError, match="no derivative"):
        trainer.fit(([[0.0], [1.0]], [[1.0], [3.0]]), verbose=False)
