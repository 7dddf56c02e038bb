"""Claims about the window of a page: nothing sticks out, all of it can be reached, zoomed, moved, and read by assistive technology."""

import numpy as np
import pytest
from pages import SCHEMES, SIZES, card, number, opened, press, text, window
from selenium.common.exceptions import JavascriptException
from selenium.webdriver import ActionChains
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.common.keys import Keys
from test_page_playing import expression, matrices, network

import nn
from autograd import Tensor, Value, draw


def perceptron():
    return nn.MLP(2, [16, 16, 1], rng=0)([Value(1.0, label="x"), Value(-1.0, label="y")])


def large_arrays():
    W = Tensor(np.random.default_rng(0).normal(size=(40, 30)), label="W")
    return (np.ones((5, 40)) @ W).tanh().mean()


def long_labels():
    x = Value(1.0, label="a very long label of a leaf " * 3)
    y = x * Value(-1.23456e-8, label="b") + 1
    y.label = "another very long label, of the result"
    return y.tanh()


GRAPHS = {
    "expression": expression, "network": network, "arrays": matrices, "heat maps": large_arrays, "long labels": long_labels,
    "modules": perceptron,
}  # fmt: skip
OVERFLOWS = """
    const outside = [...document.querySelectorAll("header *, main > *, main > * > *, footer *")].filter((e) => {
        const r = e.getBoundingClientRect();
        return r.width && r.height && !e.closest(".spoken, math, svg") && (r.right > innerWidth + 1 || r.left < -1);
    }).map((e) => e.id || e.className || e.tagName);
    const root = document.documentElement;
    if (root.scrollWidth > innerWidth || root.scrollHeight > innerHeight) outside.push("the page");
    if (document.getElementById("panel").scrollWidth > document.getElementById("panel").clientWidth) outside.push("the panel");
    return outside;
"""
STATES = (
    "go(0)", "go(1)", "go(shown.last - 1)", "select(0)", "go(shown.last)", "setWrong('assign')",
    "document.getElementById('wrong-box').open = true", "setWrong(''); select(null)",
)  # fmt: skip


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}px")
@pytest.mark.parametrize("graph", GRAPHS)
def test_nothing_sticks_out_of_the_window(browser, tmp_path, graph, size):
    with window(browser, *size):
        opened(browser, GRAPHS[graph](), tmp_path)
        for state in STATES:
            browser.execute_script(state)
            assert browser.execute_script(OVERFLOWS) == [], state


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}px")
def test_the_whole_graph_fits_its_window_at_first(browser, tmp_path, size):
    with window(browser, *size):
        opened(browser, perceptron(), tmp_path)
        outside = """
            const frame = document.getElementById("canvas").getBoundingClientRect();
            return [...document.querySelectorAll(".card, .frame")].filter((e) => {
                const r = e.getBoundingClientRect();
                return r.left < frame.left || r.right > frame.right || r.top < frame.top || r.bottom > frame.bottom;
            }).length;
        """
        assert browser.execute_script(outside) == 0


def test_texts_fit_into_their_boxes(browser, tmp_path):
    opened(browser, long_labels(), tmp_path)
    outside = """
        return [...document.querySelectorAll(".card .name, .card .row, .card em")].filter((e) =>
            e.getBoundingClientRect().right > e.closest(".card").getBoundingClientRect().right).length;
    """
    assert browser.execute_script(outside) == 0


def test_boxes_do_not_overlap(browser, tmp_path):
    for graph in (expression, network, matrices):
        opened(browser, graph(), tmp_path)
        overlaps = """
            const all = [...layout.places.values()];
            const beside = (a, b) => a.x >= b.x + b.w || b.x >= a.x + a.w || a.y >= b.y + b.h || b.y >= a.y + a.h;
            return all.filter((a, i) => all.slice(i + 1).some((b) => !beside(a, b))).length;
        """
        assert browser.execute_script(overlaps) == 0


def test_arrows_are_led_around_boxes(browser, tmp_path):
    crossed = """
        const path = document.createElementNS("http://www.w3.org/2000/svg", "path"), found = [];
        for (const flow of shown.flows.values()) {
            path.setAttribute("d", lines.get(flow.key));
            for (let i = 0; i <= 80; i++) {
                const {x, y} = path.getPointAtLength(path.getTotalLength() * i / 80);
                for (const [key, p] of layout.places) {
                    const isInside = x > p.x + 3 && x < p.x + p.w - 3 && y > p.y + 3 && y < p.y + p.h - 3;
                    if (isInside && key !== flow.a.key && key !== flow.b.key) found.push([flow.key, key]);
                }
            }
        }
        return found;
    """
    neuron = nn.Neuron(3, rng=0)([Value(1.0), Value(2.0), Value(3.0)])
    for node in (expression(), neuron, matrices(), network()):
        opened(browser, node, tmp_path)
        assert browser.execute_script(crossed) == []


def test_neurons_stand_in_order(browser, tmp_path):
    opened(browser, nn.MLP(2, [4, 1], rng=0)([Value(1.0), Value(2.0)]), tmp_path, fold=2)
    tops = "return [...document.querySelectorAll('.module')].map((e) => [e.textContent, e.getBoundingClientRect().top])"
    boxes = browser.execute_script(tops)
    first = [top for name, top in boxes if name.startswith("neurons")][:4]
    assert first == sorted(first)


# Zooming and moving


def scale(browser):
    return browser.execute_script("return view.scale")


def place(browser):
    return browser.execute_script("const r = document.querySelector('.card').getBoundingClientRect(); return [r.left, r.top, r.width];")


def test_the_graph_is_zoomed_by_buttons_and_keys(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    start = scale(browser)
    browser.find_element("id", "larger").click()
    press(browser, "+")
    assert scale(browser) == pytest.approx(start * 1.69)
    browser.find_element("id", "smaller").click()
    press(browser, "-")
    assert scale(browser) == pytest.approx(start)
    for whole in (lambda: press(browser, "f"), lambda: press(browser, "0"), lambda: browser.find_element("id", "whole").click()):
        press(browser, "+")
        whole()
        assert scale(browser) == pytest.approx(start)


def test_the_wheel_zooms_around_the_mouse(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    x, y, width = place(browser)
    ActionChains(browser).scroll_from_origin(ScrollOrigin.from_viewport(round(x), round(y)), 0, -300).perform()
    nx, ny, nwidth = place(browser)
    assert nwidth > 1.3 * width
    assert (nx, ny) == (pytest.approx(x, abs=2), pytest.approx(y, abs=2))


def test_the_graph_is_dragged_by_the_mouse_and_moved_by_shift_and_arrows(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    x, y, _ = place(browser)
    canvas = browser.find_element("id", "canvas")
    ActionChains(browser).move_to_element_with_offset(canvas, 0, 200).click_and_hold().move_by_offset(40, 30).release().perform()
    assert place(browser)[:2] == [pytest.approx(x + 40, abs=3), pytest.approx(y + 30, abs=3)]
    ActionChains(browser).key_down(Keys.SHIFT).send_keys(Keys.ARROW_LEFT).key_up(Keys.SHIFT).perform()
    assert place(browser)[0] == pytest.approx(x + 120, abs=3)
    assert text(browser, "count") == "done"


def test_a_graph_that_would_be_small_is_broken_into_lines_where_that_makes_it_larger(browser, tmp_path):
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], label="x")
    with window(browser, 1400, 900):
        opened(browser, (x @ [[0.5], [-1.0]]).sigmoid().exp().tanh().abs().mean(), tmp_path)
        tops = "return [...new Set(Array.from(layout.places.values(), (p) => Math.floor(p.y / layout.pitch)))]"
        assert browser.execute_script("return layout.lines") == 2
        assert sorted(browser.execute_script(tops)) == [0, 1]
        assert scale(browser) > 0.75
    with window(browser, 2600, 500):
        browser.execute_async_script("const wait = () => (layout.lines === 1 ? arguments[0]() : setTimeout(wait, 20)); wait();")
        assert scale(browser) > 0.75


def test_a_drag_that_begins_on_a_box_moves_the_graph_and_selects_nothing(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    x, _, _ = place(browser)
    title = browser.find_element("css selector", "[aria-label='Explain v1']")
    ActionChains(browser).move_to_element_with_offset(card(browser, "v1"), 0, 20).click_and_hold().move_by_offset(40, 0).release().perform()
    assert place(browser)[0] == pytest.approx(x + 40, abs=3)
    assert not browser.find_element("id", "selection").is_displayed()
    assert browser.execute_script("return String(getSelection())") == ""
    title.send_keys(Keys.ENTER)
    assert browser.find_element("id", "selection").is_displayed()


def test_no_number_on_an_arrow_covers_a_number_of_a_box(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    number(browser, "a").click()
    covered = """
        const chips = [...document.querySelectorAll(".chip")].map((e) => e.getBoundingClientRect());
        return [...document.querySelectorAll(".card .row *")].map((e) => e.getBoundingClientRect())
            .filter((r) => chips.some((c) => c.left < r.right && c.right > r.left && c.top < r.bottom && c.bottom > r.top)).length;
    """
    assert browser.execute_script("return document.querySelectorAll('.chip').length") == 6
    assert browser.execute_script(covered) == 0


def test_a_label_is_shown_to_who_embeds_the_page(browser, tmp_path):
    opened(browser, network(), tmp_path)
    browser.execute_script("glassgrad.show('layers.0.neurons.1.weight.1')")
    assert text(browser, "selected-name").startswith("layers.0.neurons.1.weight.1")
    box = browser.find_element("class name", "selected").rect
    assert box["x"] >= 0
    assert box["y"] >= 0
    opened(browser, matrices(), tmp_path)
    label = browser.execute_script("return glassgrad.read().nodes.find((node) => Array.isArray(node.data) && node.label).label")
    browser.execute_script("glassgrad.show(arguments[0], 1)", label)
    assert text(browser, "selected-name") == f"{label}[0, 1]"
    with pytest.raises(JavascriptException, match="There is no node nowhere"):
        browser.execute_script("glassgrad.show('nowhere')")


def touch(browser, kind, *points):
    places = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
    browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})


def test_fingers_move_zoom_and_tap(browser, tmp_path):
    with window(browser, 390, 844, touch=True):
        opened(browser, expression(), tmp_path)
        x, y, width = place(browser)
        touch(browser, "touchStart", (200, 90))
        touch(browser, "touchMove", (230, 110))
        touch(browser, "touchEnd")
        assert place(browser)[:2] == [pytest.approx(x + 30, abs=3), pytest.approx(y + 20, abs=3)]
        touch(browser, "touchStart", (150, 90), (250, 90))
        touch(browser, "touchMove", (100, 90), (300, 90))
        touch(browser, "touchEnd")
        assert place(browser)[2] > 1.5 * width
        browser.find_element("id", "whole").click()
        field = browser.execute_script("return arguments[0].getBoundingClientRect()", number(browser, "a"))
        touch(browser, "touchStart", (field["x"] + field["width"] / 2, field["y"] + field["height"] / 2))
        touch(browser, "touchEnd")
        assert browser.find_element("id", "selection").is_displayed()


def test_a_step_of_a_large_graph_comes_near_enough_to_be_read(browser, tmp_path):
    y = x = Value(1.0, label="x")
    for _ in range(40):
        y = (y * x).tanh()
    opened(browser, y, tmp_path)
    assert scale(browser) < 0.3
    browser.find_element("id", "first").click()
    inside = """
        const frame = document.getElementById("canvas").getBoundingClientRect();
        const r = document.querySelector(".now-forward").getBoundingClientRect();
        return r.left > frame.left && r.right < frame.right && r.top > frame.top && r.bottom < frame.bottom;
    """
    for _ in range(5):
        browser.find_element("id", "next").click()
        assert 0.75 <= scale(browser) <= 1
        assert browser.execute_script(inside)
    browser.find_element("id", "last").click()
    assert scale(browser) < 0.3


def test_thousands_of_nodes_are_drawn_only_where_the_window_is(browser, tmp_path):
    y = x = Value(1.0, label="x")
    for _ in range(1500):
        y = y * 0.999 + x
    opened(browser, y, tmp_path)
    assert len(browser.find_elements("class name", "card")) == 0  # as dots
    browser.execute_script("go(700)")
    assert 0 < len(browser.find_elements("class name", "card")) < 100
    assert len(browser.find_elements("class name", "now-forward")) == 1
    browser.execute_script("glassgrad.set('x', 2)")
    assert browser.execute_script("return glassgrad.read().nodes.at(-1).grad") == 1.0


# For everyone


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("graph", GRAPHS)
def test_no_barrier_is_found(browser, tmp_path, axe, graph, scheme):
    with window(browser, 1400, 900, scheme):
        opened(browser, GRAPHS[graph](), tmp_path)
        browser.execute_script(
            "for (const e of document.styleSheets[0].cssRules) if (e.selectorText === '.card') e.style.transition = 'none'"
        )
        browser.execute_script(f"{axe}; window.axe = axe")
        for state in (*STATES, "document.getElementById('help').showModal()"):
            browser.execute_script(state)
            violations = "r.violations.map((v) => [v.id, v.nodes[0].html])"
            found = browser.execute_async_script(f"axe.run().then((r) => arguments[0]({violations}))")
            assert found == [], state


def test_everything_is_reached_by_the_keyboard(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    reached = set()
    for _ in range(40):
        press_on_focus = browser.switch_to.active_element
        press_on_focus.send_keys(Keys.TAB)
        reached.add(browser.execute_script("const e = document.activeElement; return e.getAttribute('aria-label') ?? e.textContent.trim()"))
    assert {"a", "b", "c", "f", "Explain v1", "Explain L", "Play", "Step", "Reset", "Step forward", "Larger"} <= reached


def test_what_a_step_does_is_announced(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    browser.execute_script("go(shown.last - 1)")
    assert browser.find_element("id", "live").get_attribute("textContent") == "Backward, 5 of 5: v1 passes its grad to a and b"


def test_boxes_say_what_is_in_them(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    labels = browser.execute_script("return [...document.querySelectorAll('.card')].map((card) => card.getAttribute('aria-label'))")
    assert "v1: data −6, grad −2" in labels


def test_a_printed_page_has_the_graph_and_the_words_and_no_buttons(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        displayed = {id: browser.find_element("id", id).is_displayed() for id in ("canvas", "step", "buttons", "reset", "zoom")}
        assert displayed == {"canvas": True, "step": True, "buttons": False, "reset": False, "zoom": False}
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_the_scheme_of_the_machine_is_followed_and_can_be_changed(browser, tmp_path):
    with window(browser, 1200, 800, "dark"):
        opened(browser, expression(), tmp_path)
        background = "return getComputedStyle(document.body).backgroundColor"
        assert browser.execute_script(background) == "rgb(22, 24, 29)"
        browser.find_element("id", "theme").click()
        assert browser.execute_script(background) == "rgb(255, 255, 255)"


def test_help_opens_by_a_key_and_closes(browser, tmp_path):
    opened(browser, expression(), tmp_path)
    press(browser, "?")
    assert "step back, step forward" in text(browser, "help")
    press(browser, Keys.ESCAPE)
    assert not browser.find_element("id", "help").is_displayed()


def test_a_page_in_a_frame_works_alike(browser, tmp_path):
    draw(expression()).save(tmp_path / "page.html")
    frame = '<iframe src="page.html" width="900" height="700"></iframe>'
    (tmp_path / "outer.html").write_text(f'<!DOCTYPE html><link rel="icon" href="data:,">{frame}')
    browser.get((tmp_path / "outer.html").as_uri())
    browser.switch_to.frame(0)
    try:
        assert browser.execute_script("glassgrad.set('a', 0); return glassgrad.read().nodes.at(-1).data") == -20.0
    finally:
        browser.switch_to.default_content()
