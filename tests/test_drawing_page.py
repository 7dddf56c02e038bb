"""Claims about the page that steps through the backward pass; most are tried in a real browser."""

import json
import re

import numpy as np
import pytest

import autograd
import nn
from autograd import Primitive, Tensor, Value, draw, no_grad, table


def chain():
    """A graph with a value used twice, a constant, an input without derivative and labels of all kinds."""
    a, b = Value(2.0, label="a"), Value(-3.0, label="b & <i>")
    c = a * b
    c.label = "c"
    return autograd.where(b < 0, c + a.tanh() * 2, 0.0), [a, b, c]


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="pass">(.*?)</script>', page, re.DOTALL)[1])


def saved(node, tmp_path, **options):
    return draw(node, **options).save(tmp_path / "page.html").read_text(encoding="utf-8")


# The page


def test_the_page_needs_nothing_from_elsewhere(tmp_path):
    page = saved(chain()[0], tmp_path)
    assert "{{" not in page
    assert not re.search(r'(src|href)\s*=\s*["\'](?!data:)', page.replace("xlink", ""))
    assert "@import" not in page
    assert "default-src 'none'" in page
    assert set(re.findall(r"https?://[^\s\"'<>]+", page)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_a_label_cannot_break_out_of_its_place(tmp_path):
    label = "</script><script>alert(1)</script>{{svg}}<!--"
    page = saved(Value(1.0, label=label) * 2, tmp_path)
    assert "<script>alert" not in page
    assert page.count("<svg") == 1
    assert label in json.dumps(data_of(page))
    assert label in data_of(saved(Value(1.0, label="x") * Value(2.0, label=label), tmp_path))["leaves"][1]


def test_each_step_says_in_numbers_what_is_added(tmp_path):
    y, _ = chain()
    steps = data_of(saved(y, tmp_path))["steps"]
    assert [step["says"] for step in steps] == [
        "L = where(1, v3, 0)",
        "v3 = add(c, v2)",
        "v2 = multiply(v1, 2)",
        "v1 = tanh(a)",
        "c = multiply(a, b & <i>)",
    ]
    lines = steps[4]["parts"]
    assert lines[0]["formula"] == "∂L/∂a += ∂L/∂c · ∂c/∂a = 1 × -3 = -3"
    assert lines[0]["total"] == "0.1413 + -3 = -2.859"
    assert lines[0]["complete"]
    assert lines[1]["total"] == ""
    assert not steps[3]["parts"][0]["complete"]


def test_nodes_without_a_label_get_names_that_are_not_taken(tmp_path):
    v1, big = Value(1.0, label="v1"), Value(2.0, label="L")
    data = data_of(saved((v1 * big).tanh(), tmp_path))
    assert data["root"] == "v3"
    assert [step["says"] for step in data["steps"]] == ["v3 = tanh(v2)", "v2 = multiply(v1, L)"]


def test_the_steps_do_not_touch_the_gradients(tmp_path):
    y, nodes = chain()
    saved(y, tmp_path)
    assert [node.grad for node in nodes] == [0.0, 0.0, 0.0]


def test_another_pass_meanwhile_does_not_get_into_the_page(tmp_path):
    def rule(g, y, x):
        (Value(1.0) * 3).backward()
        return g

    nosy = Primitive("nosy", symbol="?", latex="#1", scalar=lambda x: x, array=lambda x: x, vjp=(rule,), doc="Starts a pass of its own.")
    try:
        assert [step["says"] for step in data_of(saved(nosy(Value(1.0, label="x")), tmp_path))["steps"]] == ["L = nosy(x)"]
    finally:
        del table["nosy"]


def test_a_leaf_alone_has_a_page(tmp_path):
    assert data_of(saved(Value(1.0, label="w"), tmp_path))["leaves"] == ["∂w/∂w = 1"]


# Refusals


def test_a_folded_drawing_has_no_page(tmp_path):
    with pytest.raises(ValueError, match=r"node by node, and in this drawing modules are folded\. Draw a smaller part"):
        saved(nn.Neuron(2, rng=0)([1.0, 2.0]), tmp_path, fold=0)
    assert not list(tmp_path.iterdir())


def test_a_drawing_of_several_results_has_no_page(tmp_path):
    x = Value(1.0)
    with pytest.raises(ValueError, match="this drawing has 2 results; draw one of them"):
        saved([x + 1, x * 2], tmp_path)


def test_an_array_has_no_page_for_lack_of_a_single_number(tmp_path):
    with pytest.raises(ValueError, match=r"backward\(\) starts from a single number"):
        saved(Tensor([1.0, 2.0]) * 2, tmp_path)


def test_a_constant_has_no_page(tmp_path):
    with no_grad():
        c = Value(1.0) + 1
    with pytest.raises(ValueError, match="is a constant, which has none"):
        saved(c, tmp_path)


def test_a_graph_with_a_changed_leaf_has_no_page(tmp_path):
    w = Value(1.0, label="w")
    y = w * w
    w.data = 2.0
    with pytest.raises(RuntimeError, match="'w' was changed after"):
        saved(y, tmp_path)


# In a browser


def opened(browser, node, tmp_path):
    saved(node, tmp_path)
    browser.get((tmp_path / "page.html").as_uri())
    return browser


def count(browser):
    return browser.find_element("id", "count").text


def displayed(browser):
    """The gradient that each box shows, by the title of the box."""
    return browser.execute_script("""
        return Object.fromEntries([...gradients].map(([id, text]) => [element(id).querySelector("text").textContent, text.textContent]));
    """)


def press(browser, key):
    browser.find_element("tag name", "body").send_keys(key)


def graphs():
    y, nodes = chain()
    yield "shared value", y, nodes
    model = nn.MLP(2, [3, 1], rng=0)
    x = [Value(1.0, label="x"), Value(-1.0, label="y")]
    yield "network", model(x) ** 2, x
    W, b = Tensor(np.random.default_rng(0).normal(size=(2, 3)), label="W"), Tensor(np.zeros(3), label="b")
    yield "arrays", ((np.ones((4, 2)) @ W + b).tanh() * W.sum()).mean(), [W, b]


@pytest.mark.parametrize(("node", "nodes"), [pytest.param(node, nodes, id=name) for name, node, nodes in graphs()])
def test_after_all_steps_the_page_shows_the_gradients_of_backward(browser, tmp_path, node, nodes):
    opened(browser, node, tmp_path)
    assert set(displayed(browser).values()) <= {"0", "–", "1"}
    steps = 0
    while browser.find_element("id", "forward").is_enabled():
        browser.find_element("id", "forward").click()
        steps += 1
    assert count(browser) == f"Step {steps} of {steps}"
    node.backward()
    shown = displayed(browser)
    for x in nodes:
        assert shown[x.label] == f"{np.linalg.norm(x.grad):.4g}" if x.shape else f"{x.grad:.4g}"
    assert browser.find_element("id", "title").text == "Done: every leaf has its gradient"
    lines = [line.text for line in browser.find_elements("css selector", "#parts .formula")]
    assert len(lines) == sum(n.is_leaf for n in autograd.backward.history(node))


def test_forward_lights_up_one_node_and_the_arrows_into_it(browser, tmp_path):
    y, _ = chain()
    opened(browser, y, tmp_path)
    for _ in range(2):
        browser.find_element("id", "forward").click()
    assert browser.find_element("id", "title").text == "∂L/∂v3 is complete: 1"
    lit = browser.execute_script('return [...document.querySelectorAll("svg .current")].map((g) => g.querySelector("text").textContent)')
    assert sorted(lit) == ["+", "v3"]
    receiving = browser.execute_script(
        'return [...document.querySelectorAll("svg .receiving")].map((g) => g.querySelector("text").textContent)'
    )
    assert sorted(receiving) == ["c", "v2"]
    assert len(browser.find_elements("css selector", "svg .edge.active")) == 2
    assert displayed(browser) == {"L": "1", "v3": "1", "c": "1", "v2": "1", "v1": "0", "a": "0", "b & <i>": "0"}


def test_local_derivatives_appear_at_their_step(browser, tmp_path):
    opened(browser, chain()[0], tmp_path)
    visible = """return [...document.querySelectorAll("svg .edge.input text")].filter((t) => getComputedStyle(t).opacity === "1").length"""
    assert browser.execute_script(visible) == 0
    browser.find_element("id", "end").click()
    assert browser.execute_script(visible) == 7


def test_back_takes_back_what_forward_did(browser, tmp_path):
    opened(browser, chain()[0], tmp_path)
    before = displayed(browser)
    assert not browser.find_element("id", "back").is_enabled()
    for button in ("forward", "forward", "back", "back"):
        browser.find_element("id", button).click()
    assert displayed(browser) == before
    browser.find_element("id", "end").click()
    browser.find_element("id", "start").click()
    assert (displayed(browser), count(browser)) == (before, "Step 0 of 6")


def test_keys_step_too(browser, tmp_path):
    from selenium.webdriver.common.keys import Keys

    opened(browser, chain()[0], tmp_path)
    for key, step in ((Keys.ARROW_RIGHT, 1), (Keys.ARROW_RIGHT, 2), (Keys.ARROW_LEFT, 1), (Keys.END, 6), (Keys.HOME, 0)):
        press(browser, key)
        assert count(browser) == f"Step {step} of 6"


def test_play_steps_by_itself_and_pause_stops_it(browser, tmp_path):
    from selenium.webdriver.support.ui import WebDriverWait

    opened(browser, Value(1.0, label="x") * 2, tmp_path)
    play = browser.find_element("id", "play")
    play.click()
    assert play.text == "Pause"
    WebDriverWait(browser, 10).until(lambda _: count(browser) == "Step 2 of 2")
    assert play.text == "Play"  # at the end it stops
    press(browser, " ")
    assert (count(browser), play.text) == ("Step 0 of 2", "Pause")
    press(browser, " ")
    assert play.text == "Play"


def test_texts_fit_into_their_boxes_in_the_browser(browser, tmp_path):
    opened(browser, nn.Neuron(2, activation="leaky_relu", rng=0)([Value(-12345.678, label="a long label of an input"), 2.0]), tmp_path)
    browser.find_element("id", "end").click()
    outside = browser.execute_script("""
        return [...document.querySelectorAll("g.node")].flatMap((node) => {
          const box = node.querySelector("polygon, path, ellipse").getBBox();
          return [...node.querySelectorAll("text")].filter((text) => {
            const place = text.getBBox();
            return place.x < box.x + 1 || place.x + place.width > box.x + box.width - 1;
          }).map((text) => text.textContent);
        });
    """)
    assert outside == []


def test_nothing_sticks_out_of_a_narrow_window(browser, tmp_path):
    size = browser.get_window_size()
    browser.set_window_size(500, 700)
    try:
        opened(browser, chain()[0], tmp_path)
        assert browser.execute_script(
            "return document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"
        )
        assert all(button.is_displayed() for button in browser.find_elements("tag name", "button"))
    finally:
        browser.set_window_size(size["width"], size["height"])


# What stays in its place


def places(browser):
    """Where each button, the slider and the count are, in whole pixels."""
    return browser.execute_script("""
        return [...document.querySelectorAll("button, #slider, #count")].map((part) => {
            const {x, y, width, height} = part.getBoundingClientRect();
            return [part.id, ...[x, y, width, height].map(Math.round)];
        });
    """)


@pytest.fixture(params=[(390, 800), (800, 700), (1400, 900)], ids=lambda size: f"{size[0]}px")
def window(browser, request):
    width, height = request.param
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    )
    yield width, height
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_mouse_that_stays_in_one_place_clicks_to_the_end(browser, tmp_path, window):
    from selenium.webdriver import ActionChains

    model = nn.MLP(2, [3, 1], activation="tanh", rng=0)
    opened(browser, nn.mse_loss([model([Value(1.0, label="x" * 40), Value(-2.0, label="y")])], [1.0]), tmp_path)
    last = int(count(browser).split()[-1])
    assert last > 9  # so that the count grows by a letter
    before = places(browser)
    assert {"forward", "slider", "count"} <= {part[0] for part in before}
    ActionChains(browser).move_to_element(browser.find_element("id", "forward")).perform()
    for step in range(1, last + 1):
        ActionChains(browser).click().perform()
        assert count(browser) == f"Step {step} of {last}"
        assert places(browser) == before


# The picture in its window


def picture_place(browser):
    return browser.execute_script("""
        const place = (r) => [r.left, r.top, r.right, r.bottom];
        return [document.querySelector("#graph svg g.graph"), element("graph")].map((part) => place(part.getBoundingClientRect()));
    """)


def is_whole(browser):
    (left, top, right, bottom), frame = picture_place(browser)
    return left >= frame[0] - 1 and top >= frame[1] - 1 and right <= frame[2] + 1 and bottom <= frame[3] + 1


def large():
    out = nn.MLP(2, [16, 16, 1], rng=0)([Value(1.0, label="x"), Value(-1.0, label="y")])
    out.label = "score"
    return out


def test_a_large_picture_fits_its_window(browser, tmp_path, window):
    opened(browser, large(), tmp_path)
    assert is_whole(browser)
    assert browser.execute_script(
        "return document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"
    )
    (left, top, right, bottom), frame = picture_place(browser)
    assert bottom - top > 0.9 * (frame[3] - frame[1]) or right - left > 0.9 * (frame[2] - frame[0])


def test_a_small_picture_is_not_blown_up(browser, tmp_path):
    opened(browser, Value(1.0, label="x") * 2, tmp_path)
    assert browser.execute_script("return view.scale") == 1.5
    assert is_whole(browser)


def test_a_step_of_a_large_picture_comes_near_enough_to_be_read(browser, tmp_path):
    opened(browser, large(), tmp_path)
    browser.find_element("id", "forward").click()
    assert browser.execute_script("return view.scale") == pytest.approx(0.75)
    inside = """
        const node = document.querySelector("svg .operation.current").getBoundingClientRect();
        const frame = element("graph").getBoundingClientRect();
        return node.left > frame.left && node.right < frame.right && node.top > frame.top && node.bottom < frame.bottom;
    """
    for _ in range(3):
        assert browser.execute_script(inside)
        browser.find_element("id", "forward").click()
    browser.find_element("id", "end").click()
    assert is_whole(browser)


def test_the_picture_is_zoomed_by_buttons_and_keys(browser, tmp_path):
    opened(browser, large(), tmp_path)
    scale = [browser.execute_script("return view.scale")]
    for action in (
        lambda: browser.find_element("id", "larger").click(),
        lambda: press(browser, "+"),
        lambda: browser.find_element("id", "smaller").click(),
        lambda: press(browser, "-"),
    ):
        action()
        scale.append(browser.execute_script("return view.scale"))
    assert scale == pytest.approx([scale[0] * factor for factor in (1, 1.4, 1.96, 1.4, 1)])
    press(browser, "+")
    for whole in (lambda: press(browser, "0"), lambda: browser.find_element("id", "whole").click()):
        press(browser, "+")
        whole()
        assert is_whole(browser)


def test_the_wheel_zooms_around_the_mouse(browser, tmp_path):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

    opened(browser, chain()[0], tmp_path)
    corner = """
        const r = document.querySelector("svg .node.leaf").getBoundingClientRect();
        return [Math.round(r.left), Math.round(r.top), r.width];
    """
    x, y, width = browser.execute_script(corner)
    ActionChains(browser).scroll_from_origin(ScrollOrigin.from_viewport(x, y), 0, -300).perform()
    nx, ny, nwidth = browser.execute_script(corner)
    assert nwidth > 1.3 * width
    assert (nx, ny) == (pytest.approx(x, abs=2), pytest.approx(y, abs=2))


def test_the_picture_is_dragged_by_the_mouse_and_moved_by_shift_and_arrows(browser, tmp_path):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    opened(browser, chain()[0], tmp_path)
    corner = 'const r = document.querySelector("svg .node.leaf").getBoundingClientRect(); return [r.left, r.top];'
    x, y = browser.execute_script(corner)
    figure = browser.find_element("id", "graph")
    ActionChains(browser).move_to_element_with_offset(figure, 0, 60).click_and_hold().move_by_offset(40, 30).release().perform()
    assert browser.execute_script(corner) == [pytest.approx(x + 40, abs=3), pytest.approx(y + 30, abs=3)]
    ActionChains(browser).move_by_offset(-20, 0).perform()  # the button is up
    assert browser.execute_script(corner) == [pytest.approx(x + 40, abs=3), pytest.approx(y + 30, abs=3)]
    ActionChains(browser).key_down(Keys.SHIFT).send_keys(Keys.ARROW_LEFT).key_up(Keys.SHIFT).perform()
    assert browser.execute_script(corner) == [pytest.approx(x + 120, abs=3), pytest.approx(y + 30, abs=3)]
    assert count(browser).startswith("Step 0 ")


def test_the_picture_fits_a_window_that_is_made_smaller(browser, tmp_path):
    size = browser.get_window_size()
    try:
        opened(browser, large(), tmp_path)
        browser.set_window_size(600, 600)
        assert is_whole(browser)
        assert browser.execute_script("return view.scale === fit().scale")  # what the mouse and the keys go by
    finally:
        browser.set_window_size(size["width"], size["height"])


# Headings and warnings


def test_the_heading_is_the_label_or_else_the_name_of_the_file(browser, tmp_path):
    a = Value(2.0, label="a")
    c = a * 3
    draw(c).save(tmp_path / "c.html")
    browser.get((tmp_path / "c.html").as_uri())
    assert (browser.find_element("tag name", "h1").text, browser.title) == ("c: the backward pass of L",) * 2
    c.label = "cost & <i>"
    draw(c).save(tmp_path / "c.html")
    browser.get((tmp_path / "c.html").as_uri())
    assert (browser.find_element("tag name", "h1").text, browser.title) == ("The backward pass of cost & <i>",) * 2


def test_a_page_goes_through_a_loss_node_by_node(tmp_path):
    p = Value(0.5, label="p")
    says = [step["says"] for step in data_of(saved(nn.mse_loss([p], [1.0]), tmp_path))["steps"]]
    assert "v1 = subtract(p, 1)" in says


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nan_is_red_in_a_page_and_its_first_place_is_said(browser, tmp_path, scheme):
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    x = Value(0.0, label="x")
    y = x.log() * 0.0
    opened(browser, y, tmp_path)
    assert browser.find_element("id", "warning").text == (
        "The first inf is in v1 = log(x). The first nan is in L = multiply(v1, 0). The first gradient with nan is ∂L/∂x."
    )
    colour = {"light": "rgb(217, 4, 41)", "dark": "rgb(255, 107, 122)"}[scheme]
    gradient = """
        const text = gradients.get(Object.keys(pass.before).at(-1)), style = getComputedStyle(text);
        return [text.textContent, style.fill, style.fontWeight];
    """
    assert browser.execute_script(gradient)[0] == "0"
    assert browser.execute_script(gradient)[1] != colour
    browser.find_element("id", "end").click()
    assert browser.execute_script(gradient) == ["nan", colour, "700"]
    assert [line.get_attribute("class") for line in browser.find_elements("css selector", "#parts .formula")] == ["formula alarm"]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_a_page_of_finite_numbers_warns_of_nothing(browser, tmp_path):
    opened(browser, chain()[0], tmp_path)
    assert not browser.find_element("id", "warning").is_displayed()
    assert not browser.find_elements("css selector", "svg .alarm")
