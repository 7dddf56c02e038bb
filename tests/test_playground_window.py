"""Claims about the window of a playground: nothing sticks out, and nothing is a barrier."""

import pytest
from pages import SIZES, window
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys
from test_playground_numbers import Gated, curve, labels, opened, signs, wide

import nn

OVERFLOWS = """
    const outside = [...document.querySelectorAll("header *, #bar *, main *, #says *, dialog[open] *")].filter((e) => {
        const r = e.getBoundingClientRect();
        return r.width && r.height && !e.closest("#code, textarea") && (r.right > innerWidth + 1 || r.left < -1);
    }).map((e) => e.id || e.className || e.tagName);
    if (document.documentElement.scrollWidth > innerWidth) outside.push("the page");
    return outside;
"""
STATES = {
    "start": "draw()",
    "weight": "for (let i = 0; i < 20; i++) glassgrad.step(); selectWeight(firstWeight(1, 0)); draw()",
    "walk": "walkOn(); walkOn(); draw()",
    "message": "p[0] = NaN; changed(); draw()",
    "drawing": "reset(); if (canDraw) chooseSet('draw'); draw()",
    "home": "openHome()",
    "csv": "document.getElementById('home').close(); openCSV()",
    "help": "document.getElementById('csv').close(); document.getElementById('help').showModal()",
    "example": "document.getElementById('help').close(); selectWeight(firstWeight(1, 0)); draw(); openExample()",
}
NETWORKS = {
    "signs": lambda: (nn.MLP(2, [8, 8, 1], rng=0), *signs(), nn.hinge_loss),
    "classes": lambda: (nn.Sequential(nn.Linear(2, 32, rng=0), nn.ReLU(), nn.Linear(32, 3, rng=1)), *labels(), nn.cross_entropy),
    "numbers": lambda: (nn.MLP(1, [4, 4, 4, 4, 4, 1], activation="tanh", rng=0), *curve(), nn.mse_loss),
    "own module": lambda: (Gated(), *signs(), nn.hinge_loss),
    "four inputs": lambda: (nn.MLP(4, [5, 1], rng=0), *wide(), nn.binary_cross_entropy_with_logits),
}


def shown(browser, tmp_path, name):
    model, X, y, loss = NETWORKS[name]()
    return opened(browser, tmp_path, model, X, y, loss=loss)


@pytest.mark.parametrize("network", NETWORKS)
def test_nothing_sticks_out_of_the_window(browser, tmp_path, network):
    shown(browser, tmp_path, network)
    address = browser.current_url
    for size in SIZES if network in ("signs", "classes") else SIZES[:1]:
        with window(browser, *size):
            browser.get(address)
            for state, script in STATES.items():
                browser.execute_script(script)
                assert browser.execute_script(OVERFLOWS) == [], (size, state)


@pytest.mark.parametrize(("network", "scheme"), [("signs", "light"), ("classes", "dark")])
def test_no_barrier_is_found(browser, tmp_path, axe, network, scheme):
    with window(browser, 1400, 900, scheme):
        shown(browser, tmp_path, network)
        browser.execute_script(f"{axe}; window.axe = axe")
        for state, script in STATES.items():
            browser.execute_script(script)
            violations = "r.violations.map((v) => [v.id, v.nodes[0].html, v.nodes[0].failureSummary])"
            found = browser.execute_async_script(f"axe.run({{ iframes: false }}).then((r) => arguments[0]({violations}))")
            assert found == [], state


def test_everything_is_reached_by_the_keyboard(browser, tmp_path):
    shown(browser, tmp_path, "signs")
    browser.execute_script("window.reached = []")
    browser.execute_script("document.addEventListener('focusin', ({target}) => reached.push(target.id || target.dataset.set))")
    ActionChains(browser).send_keys(*[Keys.TAB] * 35).perform()
    reached = set(browser.execute_script("return reached"))
    knobs = {f"k-{name}" for name in ("points", "held", "optimizer", "lr", "batch", "l2", "speed")}
    assert {"play", "walk", "step", "epoch", "reset", "seed", "moons", "draw", "net", "code", "tab-code", "home-button"} | knobs <= reached


def test_on_a_phone_a_walk_is_seen_where_it_is(browser, tmp_path):
    with window(browser, 390, 844, touch=True):
        shown(browser, tmp_path, "signs")
        for place in (0, 0, 10_000):
            browser.execute_script("scrollTo(0, arguments[0])", place)
            browser.find_element("id", "walk").click()
            boxes = [f"document.querySelector('{name}').getBoundingClientRect()" for name in ("#bar", "#walked", "#code .now")]
            bar, said, lit, end = browser.execute_script(f"return [{boxes[0]}.bottom, {boxes[1]}.top, {boxes[2]}.bottom, innerHeight]")
            assert bar < said < lit < end, place


def test_on_a_phone_the_plane_is_drawn_on_by_a_finger(browser, tmp_path):
    with window(browser, 390, 844, touch=True):
        shown(browser, tmp_path, "signs")
        browser.find_element("css selector", "[data-set='draw']").click()
        inside = "const r = document.getElementById('plane').getBoundingClientRect(); return r.top > 0 && r.bottom < innerHeight"
        assert browser.execute_script(inside)
        count = "return own.X.length"
        before = browser.execute_script(count)
        place = "const r = document.getElementById('plane').getBoundingClientRect(); return [r.left + 100, r.top + 100]"
        x, y = browser.execute_script(place)
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert browser.execute_script(count) == before + 1
