"""Claims about playing with a page: touching numbers, walking through it, paths, nudges, and errors on purpose, in a real browser."""

import re

import pytest
from pages import SCHEMES, SIZES, card, number, opened, press, read, text, type_number, window
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

import nn
from autograd import Tensor, Value, scope
from autograd.texts import visible


def expression():
    a, b, c, f = (Value(x, label=label) for x, label in ((2.0, "a"), (-3.0, "b"), (10.0, "c"), (-2.0, "f")))
    out = (a * b + c) * f + a.tanh()
    out.label = "L"
    return out


def network():
    model = nn.MLP(2, [3, 1], activation="tanh", rng=0)
    return nn.mse_loss([model([Value(1.0, label="x" * 40), Value(-2.0, label="y")])], [1.0])


def matrices():
    W = Tensor([[1.0, -2.0, 0.5], [0.25, 1.5, -1.0]], label="W")
    return ([[1.0, 2.0], [3.0, 4.0]] @ W).tanh().sum()


def last_step(browser):
    return browser.execute_script("return shown.last")


def words(browser):
    """What the step says, as text without spaces."""
    return "".join(browser.find_element("id", "step").get_attribute("textContent").split())


def go(browser, step):
    browser.execute_script("go(arguments[0])", step)


# Touching


def test_a_number_that_is_typed_is_computed_with_at_once(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    type_number(browser, "a", "0")
    assert card(browser, "v1").find_element("css selector", ".data em").text == "0"
    assert read(browser)["L"]["data"] == -20.0
    assert number(browser, "a").get_attribute("value") == "0"


@pytest.mark.parametrize(
    ("typed", "is_number"), [("-", False), ("--", False), ("abc", False), ("−2,5", True), ("inf", True), ("nan", True)]
)
def test_what_is_no_number_is_marked_and_changes_nothing(browser, tmp_path, typed, is_number):
    opened(browser, expression(), tmp_path)
    type_number(browser, "a", typed)
    assert number(browser, "a").get_attribute("aria-invalid") == str(not is_number).lower()
    assert (read(browser)["a"]["data"] == 2.0) is not is_number


def test_arrow_keys_in_a_number_change_it_a_little(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    field = number(browser, "a")
    field.click()
    field.send_keys(Keys.ARROW_UP, Keys.ARROW_UP, Keys.SHIFT, Keys.ARROW_DOWN)
    assert read(browser)["a"]["data"] == pytest.approx(1.2)


def test_one_key_brings_the_first_numbers_back(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    type_number(browser, "a", "7")
    type_number(browser, "f", "7")
    press(browser, Keys.ESCAPE)
    press(browser, "r")
    assert [read(browser)[x]["data"] for x in "af"] == [2.0, -2.0]


def test_a_slider_and_a_plot_with_the_tangent_appear_for_what_is_touched(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    assert not browser.find_element("id", "selection").is_displayed()
    number(browser, "a").click()
    assert browser.find_element("id", "slider").get_attribute("aria-label") == "Slider of a"
    assert browser.find_element("id", "field").get_attribute("aria-label") == "Number of a"
    title = browser.execute_script("return document.querySelector('#plot title').textContent")
    assert title == "L over a; at 2 it is −7.036, and its slope is 6.071"
    slider = browser.find_element("id", "slider")
    ActionChains(browser).move_to_element(slider).click_and_hold().move_by_offset(40, 0).release().perform()
    assert read(browser)["a"]["data"] > 2.2
    assert text(browser, "slope") == f"{read(browser)['a']['grad']:.4g}"
    tangents = browser.execute_script("return document.querySelectorAll('#plot .tangent').length")
    assert tangents == 1


def test_a_plot_names_the_least_and_the_largest_result_on_it(browser, tmp_path):
    opened(browser, (Value(2.0, label="a") ** 2 + Value(-3.0, label="d").relu() * 0), tmp_path)
    for label, said in {"a": "0 … 25", "d": "4"}.items():
        card(browser, label).find_element("class name", "title").click()
        assert browser.find_elements("css selector", "#plot text")[-1].text.partition(": ")[2] == said


def test_the_plot_is_dragged_like_the_slider(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    number(browser, "a").click()
    plot = browser.find_element("id", "plot")
    ActionChains(browser).move_to_element_with_offset(plot, -80, 0).click_and_hold().move_by_offset(-10, 0).release().perform()
    assert read(browser)["a"]["data"] < 1.5


def test_nudging_gives_nearly_the_grad(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    for name in ("a", "v2"):
        card(browser, name).find_element("class name", "title").click()
        for size in ("0.1", "0.01", "0.001"):
            browser.find_element("css selector", f"[data-nudge='{size}']").click()
            rate, slope = (float(text(browser, id).replace("−", "-")) for id in ("rate", "slope"))
            assert rate == pytest.approx(slope, abs=2 * float(size))
            moved, y, nudge = map(float, re.findall(r"-?[\d.]+", text(browser, "quotient").replace("−", "-").replace(" - ", " ")))
            assert (moved - y) / nudge == pytest.approx(rate, rel=2e-3)  # the digits that are shown suffice


def test_two_numbers_are_shown_with_so_many_digits_that_their_difference_has_four(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    digits = "return [digitsApart(1, 1.02), digitsApart(2, 2), digitsApart(-1, 1), digitsApart(Infinity, 1), digitsApart(NaN, 1)]"
    assert browser.execute_script(digits) == [6, 4, 4, 4, 4]


def test_an_entry_of_an_array_is_clicked_and_changed(browser, tmp_path):
    opened(browser, matrices(), tmp_path)
    card(browser, "W").find_element("class name", "title").click()
    browser.find_elements("css selector", "#entries button")[4].click()
    assert text(browser, "selected-name") == "W[1, 1]"
    field = browser.find_element("id", "field")
    field.click()
    field.send_keys("0.125")
    assert read(browser)["W"]["data"] == [[1.0, -2.0, 0.5], [0.25, 0.125, -1.0]]


def test_few_entries_in_a_long_row_are_a_heat_map_since_their_numbers_would_be_cut_off(browser, tmp_path):
    opened(browser, Tensor([[0.123456] * 16], label="W").sum(), tmp_path)
    browser.find_element("css selector", "[aria-label='Explain W']").click()
    assert browser.find_element("css selector", "#entries canvas").is_displayed()
    assert not browser.find_elements("css selector", "#entries .grid")


def test_an_entry_of_a_large_array_is_chosen_on_its_heat_map_or_by_its_number(browser, tmp_path):
    W = Tensor([[float(i + j) for j in range(20)] for i in range(10)], label="W")
    opened(browser, (W * 0.01).tanh().sum(), tmp_path)
    card(browser, "W").find_element("class name", "title").click()
    canvas = browser.find_element("css selector", "#entries canvas")
    ActionChains(browser).move_to_element(canvas).click().perform()
    assert text(browser, "selected-name") in ("W[5, 10]", "W[4, 9]", "W[5, 9]", "W[4, 10]")
    field = browser.find_element("css selector", "#entries input")
    field.clear()
    field.send_keys("23")
    assert text(browser, "selected-name") == "W[1, 3]"
    assert browser.find_element("id", "field").get_attribute("value") == "4"


@pytest.mark.parametrize(
    "label", ["<img src=x onerror=alert(1)>", "</math><b>b</b>", "a·<i>", "\\frac{1}{2}", '" onfocus="alert(1)', "x₁\u202e"]
)
def test_a_label_is_text_wherever_it_stands(browser, tmp_path, label):
    model = nn.Neuron(1, rng=0)
    with scope(label):
        out = model([Value(1.0, label=label)]) * 2
    out.label = f"{label}!"
    opened(browser, out.tanh(), tmp_path)
    for step in range(last_step(browser) + 1):
        go(browser, step)
        browser.execute_script("select(arguments[0] % nodes.length)", step)
    browser.execute_script("setWrong('nozero')")
    assert browser.execute_script("return document.querySelectorAll('img, [onfocus], #world i, #panel i').length") == 0
    titles = browser.execute_script("return [...document.querySelectorAll('.card .title')].map((e) => e.getAttribute('aria-label'))")
    assert f"Explain {visible(label, 24)}" in titles


# Walking


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}px")
def test_a_mouse_that_stays_in_one_place_clicks_to_the_end(browser, tmp_path, size, scheme):
    with window(browser, *size, scheme):
        opened(browser, network(), tmp_path)
        browser.find_element("id", "first").click()
        places = """return [...document.querySelectorAll("#buttons button, #scrub, header button:not([hidden])")].map((part) => {
            const {x, y, width, height} = part.getBoundingClientRect(); return [x, y, width, height].map(Math.round); });"""
        before, last = browser.execute_script(places), last_step(browser)
        ActionChains(browser).move_to_element(browser.find_element("id", "next")).perform()
        for step in range(1, last + 1):
            ActionChains(browser).click().perform()
            assert browser.execute_script("return state.step") == step
            assert browser.execute_script(places) == before
        assert browser.find_element("id", "next").get_attribute("aria-disabled") == "true"


def test_keys_and_the_bar_step_too(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    last = last_step(browser)
    for key, step in ((Keys.HOME, 0), (Keys.ARROW_RIGHT, 1), (Keys.ARROW_RIGHT, 2), (Keys.ARROW_LEFT, 1), (Keys.END, last)):
        press(browser, key)
        assert browser.execute_script("return state.step") == step
    browser.find_element("id", "scrub").send_keys(Keys.HOME, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert text(browser, "count") == "forward 3 of 5"


def test_play_steps_by_itself_and_pause_stops_it(browser, tmp_path):
    from selenium.webdriver.support.ui import WebDriverWait

    opened(browser, Value(1.0, label="x") * 2, tmp_path)
    play = browser.find_element("id", "play")
    play.click()
    assert play.text == "Pause"
    WebDriverWait(browser, 15).until(lambda _: text(browser, "count") == "done")
    assert play.text == "Play"  # at the end it stops
    browser.execute_script("document.activeElement.blur()")
    press(browser, " ")
    assert (text(browser, "count"), play.text) == ("start", "Pause")
    press(browser, " ")
    assert play.text == "Play"


def test_forward_says_the_formula_and_the_numbers_in_it(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    go(browser, 1)
    assert "v1=a·b=2·(−3)=−6" in words(browser)
    assert "v2" not in words(browser)
    assert [e.get_property("textContent") for e in card(browser, "v2").find_elements("css selector", "em")] == ["·", "·"]


def test_backward_says_upstream_times_local_and_the_sum(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    go(browser, last_step(browser) - 1)
    said = words(browser)
    assert "dLda+=dLdv1×∂v1∂a" in said
    assert "6=(−2)×(−3)" in said
    assert "a.grad=0.07065+6=6.071" in said
    go(browser, 8)
    assert "∂∂atanha=1−tanh2a=1−0.9642=0.07065" in words(browser).replace("\u2061", "").replace("tanh(a)", "tanha")


def test_total_and_local_derivatives_have_signs_of_their_own(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    go(browser, last_step(browser) - 1)
    spoken = "return [...document.querySelectorAll('#step mfrac[aria-label]')].map((e) => e.getAttribute('aria-label'))"
    labels = browser.execute_script(spoken)
    assert labels[:3] == ["total derivative of L by a", "total derivative of L by v1", "local derivative of v1 by a"]


def test_the_rule_of_a_matrix_product_is_shown_as_matrices(browser, tmp_path):
    opened(browser, matrices(), tmp_path)
    go(browser, last_step(browser) - 1)
    assert "dLdW+=X1⊤dLdv1" in words(browser).replace("\u2009", "")
    assert len(browser.find_elements("css selector", "#step .brackets")) >= 3
    assert "×" not in words(browser)


def test_a_gradient_is_transposed_where_its_rule_says_so(browser, tmp_path):
    opened(browser, nn.Linear(2, 3)([[1.0, 2.0], [3.0, 4.0]]).sum(), tmp_path)
    go(browser, last_step(browser) - 1)
    assert "dLdweight+=(dLdv1)⊤X1" in words(browser)
    superscripts = browser.execute_script("return document.querySelectorAll('#step .equation msup .brackets').length")
    assert superscripts >= 1


def test_a_step_lights_up_its_arrows_with_the_local_derivatives(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    go(browser, last_step(browser) - 1)
    assert sorted(chip.text for chip in browser.find_elements("class name", "chip")) == ["× 2", "× −3"]
    assert len(browser.find_elements("css selector", "#lit .backward")) == 2
    assert "now-backward" in card(browser, "v1").get_attribute("class")


def test_grads_appear_step_by_step(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    grads = []
    for step in range(5, last_step(browser) + 1):
        go(browser, step)
        grads.append(card(browser, "a").find_element("css selector", ".grad em").get_property("textContent"))
    assert grads == ["·", "0", "0", "0.07065", "0.07065", "0.07065", "6.071", "6.071"]


# Paths


def test_the_paths_of_a_leaf_are_listed_with_their_products_and_their_sum(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    number(browser, "a").click()
    paths = browser.find_elements("css selector", "#paths .path")
    assert "2 paths from a to L" in text(browser, "paths")
    assert [path.text.splitlines()[-1] for path in paths] == ["−3 × 1 × (−2) × 1 = 6", "0.07065 × 1 = 0.07065"]
    assert browser.find_element("class name", "sum-of-paths").text == "6 + 0.07065 = 6.071 = a.grad"
    assert len(browser.find_elements("css selector", "#lit .path")) == 6
    ActionChains(browser).move_to_element(paths[1]).perform()
    assert len(browser.find_elements("css selector", "#lit .path")) == 2
    assert "dim" in card(browser, "v3").get_attribute("class")


def test_more_than_twenty_paths_are_grouped_and_counted(browser, tmp_path):
    y = Value(0.5, label="x")
    for _ in range(5):
        y = y * y
    opened(browser, y, tmp_path)
    number(browser, "x").click()
    assert "32 paths from x to L, by first step" in text(browser, "paths")
    assert text(browser, "paths").count("(16 paths)") == 2
    assert browser.find_element("class name", "sum-of-paths").text == "7.451e−9 + 7.451e−9 = 1.49e−8 = x.grad"


def test_paths_stand_by_the_size_of_their_products_and_those_of_0_are_counted(browser, tmp_path):
    x, zero = Value(1.0, label="x"), Value(0.0, label="zero")
    opened(browser, x * 2.0 + x * zero - x * 5.0 + x * zero, tmp_path)
    number(browser, "x").click()
    paths = browser.find_elements("css selector", "#paths .path")
    assert [path.text.rpartition("= ")[2] for path in paths if path.is_displayed()] == ["−5", "2"]
    assert browser.find_element("css selector", "#paths summary").text == "2 more paths give 0"
    assert browser.find_element("class name", "sum-of-paths").text == "−5 + 2 = −3 = x.grad"
    number(browser, "zero").click()
    type_number(browser, "x", "0")
    number(browser, "zero").click()
    summary = browser.find_element("css selector", "#paths summary")
    assert summary.text == "2 paths give 0"
    summary.click()
    assert [path.text.rpartition("= ")[2] for path in browser.find_elements("css selector", "#paths .path")] == ["0", "0"]


def test_the_paths_of_an_entry_add_up_to_its_grad(browser, tmp_path):
    W = Tensor([1.0, -2.0], label="W")
    opened(browser, (W * W.sum()).sum(), tmp_path)
    card(browser, "W").find_element("class name", "title").click()
    assert text(browser, "paths").splitlines()[0] == "2 paths from W to L"
    assert browser.find_element("class name", "sum-of-paths").text == "−1 + (−1) = −2 = W[0].grad"


# Wrong on purpose


def wrong(browser, kind):
    browser.execute_script("document.getElementById('wrong-box').open = true")
    browser.find_element("css selector", f"[name=wrong][value={kind}]").click()
    return text(browser, "wrong-says")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("assign", "The first wrong number: a.grad is 6, and should be 6.071 by now."),
        ("order", "The first wrong number: a.grad is 0, and should be 6 by now."),
        ("nozero", "The first wrong number: a.grad is 6.141, and should be 0.07065 by now."),
    ],
)
def test_a_wrong_walk_marks_its_first_wrong_number(browser, tmp_path, kind, said):
    opened(browser, expression(), tmp_path)
    assert "Show the first wrong number" in wrong(browser, kind)
    browser.find_element("id", "show-wrong").click()
    assert said in browser.find_element("id", "step").text
    assert len(browser.find_elements("css selector", ".card.wrong")) == 1
    right = read(browser)["a"]["grad"]
    assert right == pytest.approx(6.0706508)  # what teachers read is right
    browser.find_element("id", "wrong-chip").click()
    assert text(browser, "wrong-says") == "Choose a mistake, and see which grads it spoils."


@pytest.mark.parametrize("size", SIZES)
def test_the_list_of_mistakes_stays_under_the_mouse(browser, tmp_path, size):
    with window(browser, *size):
        opened(browser, expression(), tmp_path)
        browser.execute_script("select(0)")
        browser.find_element("css selector", "#wrong-box summary").click()
        radios = browser.find_elements("name", "wrong")
        before = [radio.rect["y"] for radio in radios]
        for radio in [*radios, *reversed(radios)]:
            radio.click()
            assert [radio.rect["y"] for radio in radios] == pytest.approx(before, abs=3)  # it scrolls by whole pixels


def test_what_does_no_harm_in_this_graph_is_said_to_do_none(browser, tmp_path):
    opened(browser, Value(2.0, label="x").tanh(), tmp_path)
    assert "In this graph every number comes out right all the same." in wrong(browser, "assign")


def test_every_wrong_grad_is_red_at_the_end_and_the_right_one_is_told(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    wrong(browser, "nozero")
    number(browser, "a").click()
    shown = card(browser, "a").find_element("css selector", ".grad em").text
    assert shown != "6.071"
    assert f"Done wrong, a.grad comes out as {shown}." in text(browser, "paths")
    assert "6.071 = a.grad" in text(browser, "paths")
    press(browser, Keys.ESCAPE, "r")
    assert not browser.find_elements("class name", "off")
    assert not browser.find_elements("css selector", "#wrong-says .alert")


def test_without_zero_grad_the_leaves_have_the_grads_of_a_second_pass_in_python(browser, tmp_path):
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    for _ in range(2):
        out = a * b + a.tanh()
        out.backward()
    opened(browser, out, tmp_path)
    wrong(browser, "nozero")
    said = {e.get_attribute("aria-label").partition(":")[0]: e for e in browser.find_elements("class name", "off")}
    assert {name: float(e.find_element("css selector", ".grad em").text.replace("−", "-")) for name, e in said.items()} == {
        "a": pytest.approx(a.grad, rel=1e-3),
        "b": pytest.approx(b.grad),
    }


def test_only_the_grads_that_come_out_wrong_are_red(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    wrong(browser, "assign")
    assert [e.get_attribute("aria-label").partition(":")[0] for e in browser.find_elements("class name", "off")] == ["a"]


# Folding


def test_a_neuron_opens_into_its_products_and_closes(browser, tmp_path):
    opened(browser, nn.Neuron(2, rng=0)([Value(1.0, label="x1"), Value(2.0, label="x2")]), tmp_path)
    before = read(browser)
    browser.find_element("css selector", "[aria-label='Open the weighted sum into its products']").click()
    assert [e.get_attribute("aria-label") for e in browser.find_elements("css selector", ".card .title")].count("Explain weight.0·x1") == 1
    go(browser, 1)
    assert "weight.0·x1" in words(browser)
    assert read(browser) == before
    press(browser, "f")
    browser.find_element("css selector", "[aria-label='Close the weighted sum']").click()
    assert not browser.find_elements("css selector", "[aria-label='Explain weight.0·x1']")


def test_modules_open_and_close(browser, tmp_path):
    opened(browser, nn.MLP(2, [16, 16, 1], rng=0)([Value(1.0, label="x"), Value(-1.0, label="y")]), tmp_path)
    assert len(browser.find_elements("class name", "card")) == 5
    browser.find_element("css selector", "[aria-label='Open layers.2']").click()
    assert len(browser.find_elements("class name", "card")) == 5  # one neuron in place of the layer
    browser.find_element("css selector", "[aria-label='Open neurons.0']").click()
    assert len(browser.find_elements("class name", "card")) == 4 + 17 + 1
    browser.find_element("xpath", "//button[text()='▾ MLP']").click()
    assert len(browser.find_elements("class name", "card")) == 3


def test_a_loss_is_one_box_that_can_be_opened(browser, tmp_path):
    p = Value(0.5, label="p")
    opened(browser, nn.mse_loss([p], [1.0]), tmp_path)
    assert len(browser.find_elements("class name", "card")) == 2
    browser.find_element("css selector", "[aria-label='Open mse_loss']").click()
    assert len(browser.find_elements("class name", "card")) > 2


# nan and inf


@pytest.mark.parametrize("scheme", SCHEMES)
def test_nan_is_red_and_its_first_place_is_said(browser, tmp_path, scheme):
    with window(browser, 1200, 800, scheme):
        opened(browser, Value(0.0, label="x").log() * 0.0, tmp_path)
        assert "".join(text(browser, "bad").replace("\u2061", "").split()) == "−inffirstappearedinthedataofv1=ln(x)."
        bad = card(browser, "L").find_element("css selector", ".data em")
        assert bad.text == "nan"
        assert bad.value_of_css_property("color") == {"light": "rgba(176, 0, 32, 1)", "dark": "rgba(255, 123, 136, 1)"}[scheme]
        type_number(browser, "x", "1")
        assert text(browser, "alerts") == ""


def test_a_grad_that_is_not_finite_is_said_where_the_numbers_are(browser, tmp_path):
    opened(browser, Value(0.0, label="x").sqrt(), tmp_path)
    assert text(browser, "bad") == "inf first appeared in the grad of x."


def test_nan_is_red_in_a_heat_map_too(browser, tmp_path):
    numbers = [[float(i - j) for j in range(6)] for i in range(6)]
    numbers[0][0] = float("nan")
    opened(browser, (Tensor(numbers, label="W") * 2).sum(), tmp_path)
    pixels = """
        const canvas = document.querySelector(".card canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, 6, 1);
        return [0, 1, 5].map((x) => [...data.slice(4 * x, 4 * x + 4)]);
    """
    nan, little, much = browser.execute_script(pixels)
    assert nan == [208, 0, 48, 255]
    assert little[2] > much[2]  # orange, the stronger the further below 0
