"""Claims about `nn.callbacks.Watch`: that it changes nothing, what it sees, what a notebook shows, and the page of the replay."""

import json
import math
import re
import sys
import types

import numpy as np
import pytest
from pages import SCHEMES, SIZES, window

import nn
from nn.callbacks import Watch, boundary

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

X = np.random.default_rng(0).normal(size=(40, 2))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
THREE = Y + (X[:, 0] > 0.5)


def net(outputs, **others):
    return nn.Sequential(nn.Linear(2, 8, rng=0), nn.Tanh(), nn.Dropout(0.2, rng=1), nn.Linear(8, outputs, rng=2), **others)


def trained(model, loss, data, watch=None, epochs=3, **others):
    callbacks = [] if watch is None else [watch]
    trainer = nn.Trainer(model, loss, nn.optim.SGD(model.parameters(), lr=0.1), callbacks=callbacks, rng=0, **others)
    trainer.fit(data, epochs=epochs, batch_size=16, verbose=False)
    return trainer


@pytest.fixture(scope="module")
def seen():
    """A watch of a training with three classes and a validation."""
    watch = Watch()
    model = net(3)
    trainer = nn.Trainer(
        model, nn.CrossEntropyLoss(), nn.optim.Adam(model.parameters(), lr=0.05), metrics=["accuracy"], callbacks=[watch], rng=0
    )
    trainer.fit((X[:30], THREE[:30]), validation=(X[30:], THREE[30:]), epochs=6, verbose=False)
    watch.history = trainer.history
    return watch


# --- what it sees ---------------------------------------------------------------------------------


def test_training_is_the_same_as_without_it():
    models = [net(1), net(1)]
    histories = [
        trained(model, nn.BCEWithLogitsLoss(), (X, Y[:, None] * 1.0), watch).history["loss"]
        for model, watch in zip(models, (None, Watch()), strict=True)
    ]
    assert histories[0] == histories[1]
    for one, other in zip(*(model.parameters() for model in models), strict=True):
        np.testing.assert_array_equal(one.data, other.data)


def test_it_has_the_numbers_of_each_epoch(seen):
    assert seen.epochs == seen.history["epoch"] == [1, 2, 3, 4, 5, 6]
    assert seen.measures == {name: seen.history[name] for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
    assert seen._boundary.epochs == seen.epochs


class Odd(nn.Module):
    """A network of Values that is no MLP."""

    def __init__(self):
        self.neuron = nn.Neuron(2, rng=0)

    def forward(self, x):
        return self.neuron(x) * 2


@pytest.mark.parametrize(
    ("model", "loss", "targets", "middle", "given"),
    [
        (net(1), nn.BCEWithLogitsLoss(), Y[:, None] * 1.0, 0.0, None),
        (net(1), nn.functional.binary_cross_entropy_with_logits, Y[:, None] * 1.0, 0.0, None),
        (net(1), nn.MSELoss(), Y[:, None] * 1.0, 0.5, None),
        (net(1), nn.MSELoss(), Y[:, None] * 2.0 - 1, 0.0, None),
        (net(1), lambda s, y: nn.binary_cross_entropy_with_logits(s, y), Y[:, None] * 1.0, 0.0, 0.0),
        (nn.MLP(2, [3, 1], rng=0), nn.hinge_loss, Y * 2.0 - 1, 0.0, None),
        (Odd(), nn.hinge_loss, Y * 2.0 - 1, 0.0, None),
    ],
    ids=["logits", "function", "mean squares", "signs", "given", "mlp", "values"],
)
def test_of_two_classes_the_score_is_0_at_the_boundary(model, loss, targets, middle, given):
    watch = Watch(boundary=given)
    trainer = trained(model, loss, (X, targets), watch)
    frame = watch._boundary.frames[-1]
    across, up = boundary.plane_around(watch._boundary.points, len(frame))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    np.testing.assert_allclose(frame.ravel(), trainer.predict(grid).ravel() - middle, rtol=1e-5, atol=1e-6)
    assert sorted(map(tuple, watch._boundary.points.tolist())) == sorted(map(tuple, X.tolist()))


def test_of_several_classes_there_is_a_score_for_each_and_of_two_their_difference():
    for outputs, targets in ((3, THREE), (2, Y)):
        watch = Watch()
        trainer = trained(net(outputs), nn.CrossEntropyLoss(), (X, targets), watch)
        frame = watch._boundary.frames[-1]
        across, up = boundary.plane_around(watch._boundary.points, len(frame))
        scores = trainer.predict(np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2))
        expected = scores if outputs == 3 else scores[:, 1:] - scores[:, :1]
        np.testing.assert_allclose(frame.reshape(len(scores), -1), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("model", "loss", "data"),
    [
        (nn.Linear(2, 1, rng=0), nn.MSELoss(), (X, X[:, :1])),
        (nn.Linear(5, 1, rng=0), nn.MSELoss(), (np.ones((40, 5)), Y[:, None] * 1.0)),
        (nn.Linear(2, 1, rng=0), nn.MSELoss(), (X, Y[:, None] + 1.0)),
        (nn.Sequential(nn.Embedding(3, 1, rng=0), nn.Flatten(), nn.Linear(2, 1)), nn.MSELoss(), (np.ones((40, 2), int), Y[:, None] * 1.0)),
        (nn.Linear(2, 2, rng=0), nn.MSELoss(), (X, X)),
    ],
    ids=["numbers", "five inputs", "other targets", "words", "two numbers"],
)  # fmt: skip
def test_without_classes_in_the_plane_there_are_curves_only(model, loss, data, tmp_path):
    watch = Watch()
    trained(model, loss, data, watch)
    assert watch._boundary.frames == []
    assert watch.measures["loss"]
    assert json.loads(data_of(watch.save(tmp_path / "curves.html")))["plane"] is None


def test_of_a_long_training_some_epochs_are_kept_and_the_last(monkeypatch):
    monkeypatch.setattr(boundary, "MOST_FRAMES", 4)
    watch = Watch()
    trained(net(1), nn.BCEWithLogitsLoss(), (X, Y[:, None] * 1.0), watch, epochs=13)
    assert watch._boundary.epochs == [4, 8, 12, 13]  # never more than 4, and the last of training is among them
    assert watch.epochs == list(range(1, 14))
    assert [watch._boundary.at(epoch) for epoch in (3, 4, 11, 12, 13)] == [None, 0, 1, 2, 3]


def test_a_second_fit_goes_on_and_another_trainer_begins_anew():
    watch = Watch()
    trainer = trained(net(1), nn.BCEWithLogitsLoss(), (X, Y[:, None] * 1.0), watch, epochs=2)
    trainer.fit((X, Y[:, None] * 1.0), epochs=2, verbose=False)
    assert watch.epochs == watch._boundary.epochs == [1, 2, 3, 4]
    trained(nn.Linear(2, 1, rng=0), nn.BCEWithLogitsLoss(), (X, Y[:, None] * 1.0), watch, epochs=1)
    assert watch.epochs == watch._boundary.epochs == [1]
    assert "Training of Linear" in watch._page()


def test_a_boundary_is_a_number():
    with pytest.raises(TypeError, match="boundary is the score between two classes, a number; got 'middle'"):
        Watch(boundary="middle")


# --- files ----------------------------------------------------------------------------------------


def data_of(path):
    return re.search(r'<script type="application/json" id="training">(.*?)</script>', path.read_text(), re.DOTALL)[1]


def test_what_cannot_be_saved_is_refused(seen, tmp_path):
    with pytest.raises(ValueError, match="has seen no epoch; give it to a Trainer as a callback"):
        Watch().save(tmp_path / "a.html")
    with pytest.raises(ValueError, match=r"as \.html or \.gif, not as '\.mp4'"):
        seen.save(tmp_path / "a.mp4")
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        seen.save(tmp_path / "no" / "a.html")
    assert repr(Watch()) == "<Watch of no epochs>"


def test_the_page_needs_nothing_from_elsewhere(seen, tmp_path):
    page = seen.save(tmp_path / "a.html").read_text()
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", page)


def test_nan_and_names_are_data_and_text(tmp_path):
    watch = Watch()

    def sly(predictions, targets):
        return math.nan

    sly.__name__ = "</script><b>"
    trained(nn.Linear(2, 1, rng=0), nn.MSELoss(), (X, X[:, :1]), watch, metrics=[sly])
    found = json.loads(data_of(watch.save(tmp_path / "a.html")))
    assert found["measures"][1] == {"name": "</script><b>", "numbers": [None, None, None]}


def test_a_gif_has_a_picture_for_each_epoch(tmp_path):
    image, watch = pytest.importorskip("PIL.Image"), Watch()
    trained(net(1), nn.BCEWithLogitsLoss(), (X, Y[:, None] * 1.0), watch, epochs=2)
    with image.open(watch.save(tmp_path / "a.gif")) as gif:
        assert (gif.n_frames, gif.size) == (2, (900, 360))


# --- notebooks ------------------------------------------------------------------------------------


@pytest.fixture
def notebook(monkeypatch):
    """What a notebook would show: a list of bundles."""
    shown = []

    def display(x, display_id):
        shown.append(x._repr_mimebundle_())
        return types.SimpleNamespace(update=lambda y: shown.append(y._repr_mimebundle_()))

    shell = types.SimpleNamespace(kernel=None)
    fake = types.SimpleNamespace(get_ipython=lambda: shell, display=types.SimpleNamespace(display=display))
    monkeypatch.setitem(sys.modules, "IPython", fake)
    monkeypatch.setattr("nn.callbacks.watch.PAUSE", 0)
    return shown


def test_a_notebook_shows_a_picture_of_each_epoch_and_then_the_page(notebook):
    trained(net(1), nn.BCEWithLogitsLoss(), (X, Y[:, None] * 1.0), Watch(), epochs=2)
    assert [list(bundle) for bundle in notebook] == [["image/png", "text/plain"]] * 2 + [["text/html", "image/png", "text/plain"]]
    assert notebook[0]["image/png"] != notebook[1]["image/png"]


def test_after_an_error_there_is_a_page_of_what_was_seen(notebook):
    class Fail(nn.callbacks.Callback):
        def on_epoch_begin(self, trainer):
            if trainer.epoch == 1:
                raise ZeroDivisionError

    watch, model = Watch(), net(1)
    trainer = nn.Trainer(model, nn.BCEWithLogitsLoss(), nn.optim.SGD(model.parameters(), lr=0.1), callbacks=[watch, Fail()], rng=0)
    with pytest.raises(ZeroDivisionError):
        trainer.fit((X, Y[:, None] * 1.0), epochs=3, verbose=False)
    assert len(notebook) == 1
    assert "text/html" in watch._repr_mimebundle_()


def test_the_last_picture_is_of_the_last_epoch_and_not_of_weights_that_are_restored_after_it(monkeypatch):
    monkeypatch.setattr(boundary, "MOST_FRAMES", 2)
    stop = nn.callbacks.EarlyStopping(monitor="loss", mode="max", patience=3, restore_best_weights=True)
    watch, model, frames = Watch(), net(1), []

    class Keep(nn.callbacks.Callback):
        def on_epoch_end(self, trainer):
            frames.append(watch._boundary.frames[-1])

    trainer = nn.Trainer(model, nn.BCEWithLogitsLoss(), nn.optim.SGD(model.parameters(), lr=0.1), callbacks=[watch, Keep(), stop], rng=0)
    trainer.fit((X, Y[:, None] * 1.0), epochs=20, verbose=False)
    assert watch._boundary.epochs[-1] == trainer.epoch < 20
    np.testing.assert_array_equal(watch._boundary.frames[-1], frames[-1])


def test_in_a_notebook_matplotlib_is_asked_for_before_training_begins(notebook, monkeypatch):
    monkeypatch.setattr("nn.checks.find_spec", lambda package: None)
    with pytest.raises(ModuleNotFoundError, match=r"Watch draws with matplotlib: pip install \"glassgrad\[scripts\]\""):
        trained(nn.Linear(2, 1), nn.MSELoss(), (X, X[:, :1]), Watch())


def test_scores_that_are_not_finite_are_said_not_drawn(notebook):
    class Broken(nn.Module):
        def __init__(self):
            self.linear = nn.Linear(2, 1, rng=0)

        def forward(self, x):
            return self.linear(x) * (1.0 if self.training else math.inf)

    watch = Watch()
    trained(Broken(), nn.BCEWithLogitsLoss(), (X, Y[:, None] * 1.0), watch, epochs=1)
    assert len(notebook) == 2
    assert "text/html" in notebook[-1]


# --- the page -------------------------------------------------------------------------------------


def opened(browser, watch, tmp_path):
    browser.get(watch.save(tmp_path / "replay.html").as_uri())
    return browser


def test_the_page_shows_the_numbers_of_the_epoch_that_is_scrubbed_to(browser, seen, tmp_path):
    from selenium.webdriver.common.keys import Keys

    opened(browser, seen, tmp_path)
    scrub = browser.find_element("id", "scrub")
    assert browser.find_element("id", "epoch").text == "epoch 6 of 6"
    for key, epoch in ((Keys.HOME, 1), (Keys.ARROW_RIGHT, 2), (Keys.ARROW_RIGHT, 3), (Keys.END, 6), (Keys.ARROW_LEFT, 5)):
        scrub.send_keys(key)
        found = browser.execute_script("return glassgrad.read()")
        assert found == {"epoch": epoch, "numbers": {name: column[epoch - 1] for name, column in seen.measures.items()}}
        assert browser.find_element("id", "epoch").text == f"epoch {epoch} of 6"
    values = [value.text for value in browser.find_elements("css selector", ".values")]
    assert values[0] == f"training {seen.measures['loss'][4]:.4g}\nvalidation {seen.measures['val_loss'][4]:.4g}"


def test_keys_step_anywhere_and_play_goes_to_the_end(browser, seen, tmp_path):
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.wait import WebDriverWait

    opened(browser, seen, tmp_path)
    body = browser.find_element("tag name", "body")
    body.send_keys(Keys.HOME)
    body.send_keys(Keys.ARROW_RIGHT)
    assert browser.execute_script("return glassgrad.read().epoch") == 2
    play = browser.find_element("id", "play")
    play.click()
    assert play.text == "Pause"
    WebDriverWait(browser, 60).until(lambda _: play.text == "Play")
    assert browser.execute_script("return glassgrad.read().epoch") == 6
    play.click()
    play.click()
    assert play.text == "Play"
    assert browser.execute_script("return glassgrad.read().epoch") < 6


def test_the_plane_is_in_the_colours_of_the_classes_that_win_there(browser, seen, tmp_path):
    with window(browser, 1400, 900):
        opened(browser, seen, tmp_path)
        for epoch in (1, 6):
            frame = seen._boundary.frames[seen._boundary.at(epoch)]
            browser.execute_script(f"plane.points.length = 0; glassgrad.go({epoch})")  # no point covers it
            side = len(frame)
            for row, column in ((3, 3), (side // 2, side // 4), (side - 4, side - 4), (5, side - 6)):
                scores = np.sort(frame[row, column])
                if scores[-1] - scores[-2] < 0.3:
                    continue  # near a boundary
                x, y = (column + 0.5) / side, 1 - (row + 0.5) / side
                pixel = browser.execute_script(
                    "const c = document.getElementById('plane'), copy = new OffscreenCanvas(c.width, c.height);"
                    "const context = copy.getContext('2d', { willReadFrequently: true }); context.drawImage(c, 0, 0);"
                    f"return [...context.getImageData({x} * c.width, {y} * c.height, 1, 1).data]"
                )
                inks = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in nn.plot.colours.CLASSES[:3]]
                share = 0.6 * math.tanh(scores[-1] - scores[-2])
                expected = 255 + (np.array(inks[frame[row, column].argmax()]) - 255) * share
                np.testing.assert_allclose(pixel[:3], expected, atol=25)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_barrier_is_found(browser, seen, tmp_path, axe, scheme):
    with window(browser, 1400, 900, scheme):
        opened(browser, seen, tmp_path)
        browser.execute_script(f"{axe}; window.axe = axe")
        violations = "r.violations.map((v) => [v.id, v.nodes[0].html])"
        assert browser.execute_async_script(f"axe.run().then((r) => arguments[0]({violations}))") == []


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}px")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_sticks_out_and_the_scheme_is_followed(browser, seen, tmp_path, size, scheme):
    with window(browser, *size, scheme):
        opened(browser, seen, tmp_path)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= size[0]
        assert browser.execute_script("return document.documentElement.dataset.theme") == scheme
        browser.find_element("id", "theme").click()
        assert browser.execute_script("return document.documentElement.dataset.theme") != scheme


def test_what_was_not_finite_is_said(browser, tmp_path):
    watch = Watch()
    trained(nn.Linear(2, 1, rng=0), nn.MSELoss(), (X, X[:, :1]), watch, metrics=[lambda predictions, targets: math.nan])
    opened(browser, watch, tmp_path)
    assert not browser.find_element("id", "plane-box").is_displayed()
    assert "not finite" in browser.find_elements("css selector", ".values")[1].text
    assert browser.execute_script("return document.querySelectorAll('svg text')[4].textContent") != ""
