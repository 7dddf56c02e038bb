"""Claims about what can be done on the page of a playground, with real clicks and keys."""

import itertools
import os
import re

import numpy as np
import pytest
from pages import press, text, window
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from test_playground_numbers import Gated, curve, labels, opened, read, signs, wide

import nn


def moons(browser, tmp_path, **settings):
    return opened(browser, tmp_path, nn.MLP(2, [6, 4, 1], activation="tanh", rng=1), *signs(), lr=0.3, **settings)


def click(browser, id):
    browser.find_element(By.ID, id).click()


def loss(browser):
    return read(browser)["loss"]


def weights(browser):
    return [p["data"] for p in read(browser)["parameters"]]


def choices(browser):
    return browser.execute_script("return choices")


def slide(browser, knob, *keys):
    """Move a slider by keys."""
    browser.find_element(By.ID, f"k-{knob}").send_keys(*keys)


# Running


def test_it_plays_and_pauses_and_the_loss_falls(browser, tmp_path):
    moons(browser, tmp_path)
    before = loss(browser)
    click(browser, "play")
    browser.execute_async_script(
        "const wait = () => (training.steps > 30 ? arguments[0]() : setTimeout(wait, 20)); wait();",
    )
    assert text(browser, "play") == "Pause"
    click(browser, "play")
    steps = read(browser)["steps"]
    assert loss(browser) < before
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    assert read(browser)["steps"] == steps
    assert text(browser, "n-epoch") == str(steps)
    assert browser.execute_script("return training.history.length") > 10


def test_steps_epochs_and_reset(browser, tmp_path):
    moons(browser, tmp_path, batch_size=8)
    first = weights(browser)
    click(browser, "step")
    assert read(browser)["steps"] == 1
    assert len(read(browser)["batch"]) == 8
    click(browser, "epoch")
    assert (read(browser)["steps"], read(browser)["epoch"]) == (4, 1)  # the rest of the epoch
    after = weights(browser)
    press(browser, "r")
    assert weights(browser) == first
    assert read(browser)["steps"] == 0
    press(browser, "s")
    press(browser, "e")
    assert weights(browser) == after


def test_another_seed_gives_other_weights_of_the_same_size_and_the_empty_field_pythons(browser, tmp_path):
    moons(browser, tmp_path)
    first = weights(browser)
    field = browser.find_element(By.ID, "seed")
    field.send_keys("5", Keys.ENTER)
    fifth = weights(browser)
    assert all(x != y for x, y in zip(first, fifth, strict=True) if x)
    assert all(y == 0 for x, y in zip(first, fifth, strict=True) if not x)  # biases
    assert 0.5 < np.std(fifth) / np.std(first) < 2
    field.send_keys(Keys.BACKSPACE, Keys.ENTER)
    assert weights(browser) == first


def test_what_is_chosen_changes_while_it_trains(browser, tmp_path):
    moons(browser, tmp_path)
    slide(browser, "lr", Keys.ARROW_RIGHT)
    slide(browser, "l2", Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    slide(browser, "batch", Keys.HOME, Keys.ARROW_RIGHT)
    slide(browser, "held", Keys.HOME)
    Select(browser.find_element(By.ID, "k-optimizer")).select_by_visible_text("Adam")
    found = choices(browser)
    assert (found["lr"], found["l2"], found["batch"], found["held"], found["optimizer"]) == (1, 0.001, 2, 0, "adam")
    assert len(read(browser)["training"]) == 40
    assert text(browser, "o-lr") == "1"
    assert "function adam" in text(browser, "code")
    assert "function sgd" not in text(browser, "code")
    click(browser, "step")
    assert len(read(browser)["batch"]) == 2


def test_a_walk_says_how_far_it_is_and_lights_the_layer(browser, tmp_path):
    moons(browser, tmp_path, batch_size=8)
    said, lit = [], []
    while True:
        click(browser, "walk")
        if browser.execute_script("return walk === null"):
            break
        said.append(text(browser, "walked"))
        lit.append(browser.execute_script("return lit.columns"))
    count = len(said)
    assert [x.partition(",")[2].partition(" of ")[0] for x in said] == [f" part {i}" for i in range(1, count + 1)]
    assert all(f" of {count}" in x for x in said)
    assert [x for x, _ in itertools.groupby(x.partition(",")[0] for x in said)] == ["Forward", "Backward", "Update"]
    assert lit[0] == [1]
    assert "layer 1: tanh: t" in said[1]
    assert "6 numbers for each of 8 points, from" in said[1]
    (at,) = (i for i, x in enumerate(said) if "d_layers_1_weight:" in x)
    assert lit[at] == [2]
    assert browser.execute_script("return lit") is None
    assert text(browser, "walked").startswith("The step is done. ")
    assert all(x.endswith("Walk goes on to the next part; Step and Play end the walk.") for x in said)
    click(browser, "step")
    assert text(browser, "walked").startswith("This program runs when you press Step. ")


# A weight


def test_an_edge_is_clicked_and_its_weight_moved_by_hand(browser, tmp_path):
    moons(browser, tmp_path)
    before = weights(browser)
    net = browser.find_element(By.ID, "net")
    x, y = browser.execute_script("const [a, b] = [units[0][0], units[1][2]]; return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]")
    width, height = net.size["width"], net.size["height"]
    ActionChains(browser).move_to_element_with_offset(net, round(x - width / 2), round(y - height / 2)).click().perform()
    assert text(browser, "weight-name") == "layers.0.neurons.2.weight.0"
    assert browser.execute_script("return nameOfWeight(weightOf(selected))") == "layers.0.neurons.2.weight.0"
    field = browser.find_element(By.ID, "weight")
    field.clear()
    field.send_keys("1.5", Keys.ENTER)
    after = weights(browser)
    assert [y for x, y in zip(before, after, strict=True) if x != y] == [1.5]
    field.clear()
    field.send_keys("one", Keys.ENTER)
    assert field.get_attribute("aria-invalid") == "true"
    assert weights(browser) == after


def test_the_tangent_and_the_chain_of_a_weight_are_its_derivatives(browser, tmp_path):
    model, (X, y) = nn.MLP(2, [6, 4, 1], activation="tanh", rng=1), signs()
    moons(browser, tmp_path)
    click(browser, "tab-weight")
    Select(browser.find_element(By.ID, "to")).select_by_visible_text("layer 2, neuron 3")
    Select(browser.find_element(By.ID, "from")).select_by_visible_text("layer 1, neuron 2")
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    weight, rows = model.layers[1].neurons[2].weight[1], read(browser)["training"]
    assert text(browser, "weight-name") == "layers.1.neurons.2.weight.1"
    nn.hinge_loss([model(row) for row in X[rows].tolist()], y[rows]).backward()
    assert f"is {weight.grad:.4g}".replace("-", "−") in text(browser, "weight-says")
    (row,) = map(int, re.findall(r"point (\d+)", text(browser, "chain")))
    model.zero_grad()
    nn.hinge_loss([model(X[row - 1].tolist())], y[[row - 1]]).backward()
    bias, hidden = model.layers[1].neurons[2].bias, model.layers[0](X[row - 1].tolist())[1]
    assert weight.grad == pytest.approx(bias.grad * hidden.data)
    said = re.search(r"d w = (\S+) × (\S+) = (\S+)", text(browser, "chain"))
    assert [float(x.replace("−", "-")) for x in said.groups()] == pytest.approx([bias.grad, hidden.data, weight.grad], rel=1e-3)


@pytest.mark.parametrize("kind", ["values", "arrays", "classes"])
def test_the_graph_of_one_point_opens_at_the_weight_with_the_numbers_of_the_moment(browser, tmp_path, kind):
    layers = nn.Sequential(nn.Linear(2, 5, rng=0), nn.Tanh(), nn.Linear(5, 3 if kind == "classes" else 1, rng=1))
    model, (X, y) = nn.MLP(2, [5, 3, 1], rng=0) if kind == "values" else layers, labels() if kind == "classes" else signs()
    opened(browser, tmp_path, model, X, y, lr=0.1)
    browser.execute_script("for (let i = 0; i < 5; i++) glassgrad.step(); selectWeight({ column: 2, unit: 0, edge: 1 }); draw()")
    slope = re.search(r"= (\S+)$", text(browser, "chain").splitlines()[1])[1]
    value = browser.execute_script("return p[weightOf(selected)]")
    click(browser, "example-button")
    frame = browser.find_element(By.ID, "example-frame")
    is_there = "arguments[0].contentDocument?.querySelector('#selection:not([hidden])')"
    browser.execute_async_script(f"const wait = () => ({is_there} ? arguments[1]() : setTimeout(wait, 20)); wait();", frame)
    browser.switch_to.frame(frame)
    try:
        assert text(browser, "slope") == slope
        assert text(browser, "selected-name").splitlines()[0] == ("layers.1.neurons.0.weight.1" if kind == "values" else "2.weight[0, 1]")
        assert browser.execute_script("return entryOf(run.data[state.selected], state.entry)") == value
        for keys in (Keys.ESCAPE, "?", Keys.ESCAPE):  # close the selection, open and close the help
            ActionChains(browser).send_keys(keys).perform()
    finally:
        browser.switch_to.default_content()
    assert browser.find_element(By.ID, "example").is_displayed()
    ActionChains(browser).send_keys(Keys.ESCAPE).perform()
    assert not browser.find_element(By.ID, "example").is_displayed()


def test_a_loss_that_takes_labels_as_plain_numbers_only_offers_no_graph(browser, tmp_path):
    opened(browser, tmp_path, nn.MLP(2, [6, 3], rng=0), *labels(), loss=nn.MultiMarginLoss())
    click(browser, "tab-weight")
    assert not browser.find_element(By.ID, "example-button").is_displayed()


def test_a_bias_can_be_chosen_and_weights_by_keys(browser, tmp_path):
    moons(browser, tmp_path)
    click(browser, "tab-weight")
    Select(browser.find_element(By.ID, "from")).select_by_visible_text("bias")
    assert browser.execute_script("return nameOfWeight(weightOf(selected))") == "layers.0.neurons.0.bias"
    net = browser.find_element(By.ID, "net")
    net.send_keys(Keys.ARROW_DOWN)
    assert browser.execute_script("return nameOfWeight(weightOf(selected))") == "layers.0.neurons.1.weight.0"
    net.send_keys(Keys.ARROW_RIGHT)
    name = browser.execute_script("return nameOfWeight(weightOf(selected))")
    assert name == "layers.1.neurons.0.weight.0"
    before = dict(zip((p["name"] for p in read(browser)["parameters"]), weights(browser), strict=True))
    net.send_keys("+", "+", "-")
    after = {p["name"]: p["data"] for p in read(browser)["parameters"]}
    assert {x for x in after if after[x] != before[x]} == {name}
    assert after[name] == pytest.approx(before[name] + 0.1)


def test_the_plane_shows_the_neuron_that_the_mouse_is_on(browser, tmp_path):
    moons(browser, tmp_path)
    net, shown = browser.find_element(By.ID, "net"), "draw(); return document.getElementById('plane').toDataURL()"
    before = browser.execute_script(shown)
    x, y = browser.execute_script("return units[1][2]")
    width, height = net.size["width"], net.size["height"]
    ActionChains(browser).move_to_element_with_offset(net, round(x - width / 2), round(y - height / 2)).perform()
    assert browser.execute_script(shown) != before
    assert text(browser, "plane-title") == "Answer of layer 1, neuron 3"
    ActionChains(browser).move_to_element(browser.find_element(By.ID, "title")).perform()
    assert browser.execute_script(shown) == before
    assert text(browser, "plane-title") == "Answer"


# What is wrong


def test_nan_stops_the_training_and_the_message_says_where_and_what_to_try(browser, tmp_path):
    moons(browser, tmp_path)
    browser.execute_script("play(); choose('lr', 1e308)")
    browser.execute_async_script("const wait = () => (training.isPlaying ? setTimeout(wait, 20) : arguments[0]()); wait();")
    assert re.match("The loss is (inf|nan).", text(browser, "says"))
    assert text(browser, "play") == "Play"
    click(browser, "try")
    assert choices(browser)["lr"] == 1
    assert np.isfinite(loss(browser))
    assert text(browser, "says") == ""
    browser.execute_script("p[3] = NaN; changed()")
    assert "The weight layers.0.neurons.1.weight.1 is nan." in text(browser, "says")


def test_inputs_that_are_not_scaled_are_named_and_scaled(browser, tmp_path):
    X, y = signs()
    opened(browser, tmp_path, nn.MLP(2, [3, 1], rng=0), X * [1.0, 50.0] + [0.0, 300.0], y)
    assert text(browser, "says").startswith("The inputs are not scaled. The root mean square of x2 is 30")
    click(browser, "try")
    assert text(browser, "says") == ""
    scaled = browser.execute_script("return data.X")
    assert np.mean(scaled, axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert np.std(scaled, axis=0) == pytest.approx([1, 1])


def test_a_learning_rate_that_is_too_high_is_named(browser, tmp_path):
    opened(browser, tmp_path, nn.MLP(1, [4, 1], activation="tanh", rng=0), *curve(), loss=nn.mse_loss, lr=0.1)
    browser.execute_script("choose('lr', 3); for (let i = 0; i < 20; i++) glassgrad.step()")
    assert "The learning rate of 3 is too high." in text(browser, "says")
    click(browser, "dismiss")
    browser.execute_script("glassgrad.step()")
    assert text(browser, "says") == ""  # said once


def test_a_loss_that_jumps_about_is_a_fault_until_the_rate_is_changed(browser, tmp_path):
    X, y = nn.data.spirals(100, classes=2, rng=0)
    opened(browser, tmp_path, nn.MLP(2, [8, 8, 1], activation="tanh", rng=0), X, y, lr=0.3)
    kinds = "return Array.from({ length: 150 }, () => { glassgrad.step(); return $('says').dataset.kind })"
    assert "growing" not in browser.execute_script(kinds)  # one high step is no fault
    browser.execute_script("choose('optimizer', 'adam'); choose('lr', 10); choose('batch', 1); reset()")
    assert browser.execute_script(kinds)[50:] == ["growing"] * 100
    assert "The learning rate of 10 is too high." in text(browser, "says")
    browser.execute_script("choose('lr', 0.01); reset()")
    assert "growing" not in browser.execute_script(kinds)


def test_dead_neurons_are_counted(browser, tmp_path):
    model = nn.MLP(2, [4, 1], rng=0)
    for neuron in model.layers[0].neurons[:3]:
        neuron.bias.data = -100.0
    opened(browser, tmp_path, model, *signs())
    browser.execute_script("for (let i = 0; i < 5; i++) glassgrad.step()")
    assert text(browser, "says").startswith("3 of the 4 neurons of layer 1 are dead.")


def test_a_loss_of_0_is_the_end(browser, tmp_path):
    opened(browser, tmp_path, nn.MLP(2, [3, 1], activation="tanh", rng=0), [[-1.0, 0.0], [1.0, 0.0]], [-1.0, 1.0], lr=0.5, held_out=0)
    browser.execute_script("for (let i = 0; i < 100; i++) glassgrad.step()")
    assert text(browser, "says").startswith("The loss is 0.")
    browser.execute_script("chooseSet('circles')")
    assert text(browser, "says") == ""  # until a step has been made with the new data


def test_a_batch_that_is_right_already_is_not_taken_for_a_flat_loss(browser, tmp_path):
    opened(browser, tmp_path, nn.MLP(2, [6, 4, 1], activation="tanh", rng=1), *signs(), loss=nn.hinge_loss, lr=0.1, batch_size=1)
    steps = "return Array.from({ length: 64 }, () => { glassgrad.step(); return [g.some((x) => x), $('says').dataset.kind] })"
    found = browser.execute_script(steps)
    assert [False, None] in found
    assert all(kind != "flat" for _, kind in found)


def test_flat_losses_vanishing_gradients_and_points_learnt_by_heart_are_named(browser, tmp_path):
    opened(browser, tmp_path, nn.MLP(2, [3, 3, 3, 1], activation="tanh", rng=0), *signs())
    states = {
        "All derivatives are 0.": "g.fill(0)",
        "The gradients vanish.": "const [[at, size]] = [...spec.step].sort((a, b) => a[0] - b[0]); g.fill(1); g.fill(1e-9, at, at + size)",
        "The network learns the training points by heart.": """
            g.fill(1);
            training.history = Array.from({length: 70}, (_, i) => [i, 1 / i, 0.2 + i / 70]);
            [training.held, training.loss] = [1.2, 0.1];
        """,
    }
    browser.execute_script("for (let i = 0; i < 5; i++) glassgrad.step()")
    for title, state in states.items():
        browser.execute_script(f"say(null); {state}; diagnose()")
        assert text(browser, "says").startswith(title)
    click(browser, "try")
    assert choices(browser)["l2"] == 0.01


# Taken home


@pytest.mark.parametrize("is_of_values", [True, False], ids=["values", "arrays"])
def test_the_programs_that_are_taken_home_answer_as_the_page(browser, tmp_path, capsys, is_of_values):
    pytest.importorskip("torch")
    layers = nn.Sequential(nn.Linear(2, 5, rng=0), nn.Tanh(), nn.Linear(5, 1, rng=1))
    X, y = signs()
    opened(browser, tmp_path, nn.MLP(2, [5, 3, 1], rng=0) if is_of_values else layers, X, y)
    browser.execute_script("for (let i = 0; i < 5; i++) glassgrad.step()")
    at = f"Float64Array.from({[round(x, 3) for x in X[0].tolist()]})"
    answer = browser.execute_script(f"return numberAt(outputsOf(answersTo({at}, 1))[0], 0)")
    click(browser, "home-button")
    for library in ("glassgrad", "NumPy", "PyTorch"):
        browser.find_element(By.XPATH, f"//*[@id='home-tabs']/button[text()='{library}']").click()
        program = browser.find_element(By.ID, "home-text").get_attribute("value")
        exec(program, {})
        printed = re.search(r"-?\d+\.\d+(e[+-]?\d+)?", capsys.readouterr().out)
        assert float(printed[0]) == pytest.approx(answer, abs=1e-4), library
        assert float(program.rpartition("# in the page: ")[2]) == pytest.approx(answer, rel=1e-5)
    saved = """
        const links = [];
        HTMLAnchorElement.prototype.click = function () { links.push(this.download, this.href.startsWith("blob:")); };
        document.getElementById("save").click();
        return links;
    """
    assert browser.execute_script(saved) == ["network_pytorch.py", True]


def test_a_link_opens_the_page_in_the_same_state(browser, tmp_path):
    moons(browser, tmp_path, optimizer="adam", batch_size=8)
    browser.execute_script("chooseSet('circles'); for (let i = 0; i < 10; i++) glassgrad.step()")
    click(browser, "home-button")
    click(browser, "link")
    said = "document.getElementById('home-says').textContent"  # after the clipboard has answered
    browser.execute_async_script(f"const wait = () => ({said} ? arguments[0]() : setTimeout(wait, 20)); wait();")
    address, before = browser.current_url, read(browser)
    assert text(browser, "home-says").startswith("The link is copied")
    browser.get("about:blank")
    browser.get(address)
    after = read(browser)
    assert [p["data"] for p in after["parameters"]] == [p["data"] for p in before["parameters"]]
    assert (after["loss"], after["steps"]) == (before["loss"], before["steps"])
    assert choices(browser)["set"] == "circles"
    assert text(browser, "says") == ""  # the gradients are not there yet, which is no fault
    onward = "for (let i = 0; i < 30; i++) glassgrad.step(); return p"
    there = browser.execute_script(onward)
    moons(browser, tmp_path, optimizer="adam", batch_size=8)
    browser.execute_script("chooseSet('circles'); for (let i = 0; i < 10; i++) glassgrad.step()")
    assert browser.execute_script(onward) == there  # through the same batches


def test_a_broken_link_opens_the_page_as_it_was_made(browser, tmp_path):
    moons(browser, tmp_path)
    first, address = weights(browser), browser.current_url
    browser.get("about:blank")
    browser.get(f"{address}#%7Bbroken")
    assert weights(browser) == first


# The pictures


def test_classes_differ_by_their_marker_and_held_out_points_are_hollow(browser, tmp_path):
    moons(browser, tmp_path)
    drawn = """
        return [0, 1, 2, 3].flatMap((kind) => [false, true].map((isHollow) => {
            const canvas = document.createElement("canvas");
            marker(canvas.getContext("2d"), kind, 20, 20, 6, ink.plus, isHollow);
            return [canvas.toDataURL(), canvas.getContext("2d").getImageData(20, 20, 1, 1).data.join()];
        }));
    """
    pictures, centres = zip(*browser.execute_script(drawn), strict=True)
    assert len(set(pictures)) == 8
    assert len(set(centres[::2])) == len(set(centres[1::2])) == 1
    assert centres[0] != centres[1]


def test_the_boundary_is_where_the_answer_changes_its_side(browser, tmp_path):
    neuron = nn.MLP(2, [1], rng=0)
    neuron.layers[0].neurons[0].weight[0].data, neuron.layers[0].neurons[0].weight[1].data = 1.0, 0.0
    opened(browser, tmp_path, neuron, *signs())
    assert browser.execute_script(
        "ask(); const [f] = boundaries(outputsOf(answers)); return Array.from({length: GRID}, (_, i) => f(i))"
    ) == (pytest.approx(browser.execute_script("return Array.from({length: GRID}, (_, i) => grid[2 * i])")))
    crossing = """
        const ends = [], context = { beginPath() {}, moveTo: (x) => ends.push(x), lineTo: (x) => ends.push(x), stroke() {} };
        contour(context, boundaries(outputsOf(answers))[0], (i) => range[0][0] + (i + 0.5) / GRID * (range[0][1] - range[0][0]), () => 0);
        return ends;
    """
    ends = browser.execute_script(crossing)
    assert len(ends) >= 70
    assert ends == pytest.approx([0.0] * len(ends), abs=1e-9)


# Other networks


@pytest.mark.parametrize(
    ("make", "data", "loss", "right"),
    [
        (lambda: nn.MLP(1, [4, 1], activation="tanh", rng=0), curve, nn.mse_loss, False),
        (lambda: nn.MLP(4, [4, 1], rng=0), wide, nn.binary_cross_entropy_with_logits, True),
        (lambda: nn.MLP(2, [6, 3], rng=0), labels, nn.cross_entropy, True),
        (Gated, signs, nn.mse_loss, True),
    ],
    ids=["one input", "four inputs", "three classes", "own module"],
)  # fmt: skip
def test_other_networks_are_drawn_and_trained(browser, tmp_path, make, data, loss, right):
    opened(browser, tmp_path, make(), *data(), loss=loss)
    before = read(browser)["loss"]
    click(browser, "epoch")
    click(browser, "tab-weight")
    assert read(browser)["loss"] != before
    drawn = """
        return ["net", "plane", "losses", "gradients", "curve"].map((id) => {
            draw();
            const c = document.getElementById(id);
            return c.getContext("2d").getImageData(0, 0, c.width, c.height).data.some((x) => x);
        });
    """
    assert browser.execute_script(drawn) == [True] * 5
    assert browser.find_element(By.ID, "n-right").is_displayed() == right


def test_a_notebook_shows_it_live(browser, tmp_path):
    saved = nn.playground(nn.MLP(2, [4, 1], rng=0), *signs(), path=tmp_path / "page.html")
    assert os.fspath(saved) == str(tmp_path / "page.html")
    shown = saved._repr_mimebundle_()["text/html"]
    (tmp_path / "notebook.html").write_text(f'<!DOCTYPE html><link rel="icon" href="data:,">{shown}', encoding="utf-8")
    browser.get((tmp_path / "notebook.html").as_uri())
    browser.switch_to.frame(0)
    try:
        browser.execute_async_script("const wait = () => (window.glassgrad ? arguments[0]() : setTimeout(wait, 20)); wait();")
        before = loss(browser)
        click(browser, "step")
        assert loss(browser) < before
        click(browser, "home-button")
        assert not browser.find_element(By.ID, "link").is_displayed()
    finally:
        browser.switch_to.default_content()


def test_help_opens_by_a_key_and_the_scheme_changes(browser, tmp_path):
    with window(browser, 1200, 800, "dark"):
        moons(browser, tmp_path)
        background = "return getComputedStyle(document.body).backgroundColor"
        assert browser.execute_script(background) == "rgb(22, 24, 29)"
        click(browser, "theme")
        assert browser.execute_script(background) == "rgb(255, 255, 255)"
        press(browser, "?")
        assert "one epoch" in text(browser, "help")
        press(browser, Keys.ESCAPE)
        assert not browser.find_element(By.ID, "help").is_displayed()
