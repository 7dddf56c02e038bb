"""Claims about `Trainer`: it is the loop written by hand, it takes data in each form, and it measures all of it."""

import os
import signal
import sys

import numpy as np
import pytest

import nn
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
