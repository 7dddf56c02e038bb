"""Claims about a graph in a notebook: the page in its frame, the picture in its place, and the numbers that Python reads."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, draw
from autograd.drawing import layout
from autograd.drawing.notebook import numbers_of
from autograd.drawing.reading import Reading

WIDGET = Path(autograd.__file__).with_name("drawing") / "page" / "widget.js"


def expression():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    result = a * b + a.tanh()
    result.backward()
    return result


def in_frames(browser, depth):
    """Go into the frames inside each other."""
    for _ in range(depth):
        browser.switch_to.frame(0)


def wait(browser, script):
    from selenium.webdriver.support.wait import WebDriverWait

    return WebDriverWait(browser, 60).until(lambda browser: browser.execute_script(script))


# --- what is shown --------------------------------------------------------------------------------


def test_a_notebook_gets_a_page_a_picture_and_a_text():
    drawing = draw(expression())
    bundle = drawing._repr_mimebundle_()
    assert list(bundle) == ["text/html", "image/svg+xml", "text/plain"]
    assert bundle["image/svg+xml"] == drawing._repr_svg_()
    assert bundle["text/plain"] == repr(drawing)


def test_the_page_in_the_frame_is_alive(browser, tmp_path):
    shown = draw(expression())._repr_mimebundle_()["text/html"]
    (tmp_path / "notebook.html").write_text(f'<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,">{shown}')
    browser.get((tmp_path / "notebook.html").as_uri())
    try:
        in_frames(browser, 1)
        wait(browser, "return window.glassgrad !== undefined")
        browser.execute_script("addEventListener('glassgrad', () => { window.told = glassgrad.read().nodes[0].data; })")
        field = browser.find_element("css selector", "#world input[aria-label='a']")
        field.click()
        field.send_keys("0.5")
        assert browser.execute_script("return window.told") == 0.5
        found = browser.execute_script("return glassgrad.read().nodes.at(-1).data")
        assert found == pytest.approx(-1.5 + math.tanh(0.5))
        assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    finally:
        browser.switch_to.default_content()


def test_where_frames_are_taken_out_the_picture_is_seen(browser, tmp_path):
    shown = draw(expression())._repr_mimebundle_()["text/html"]
    without = re.sub(r"<iframe.*?</iframe>", "", shown)
    (tmp_path / "static.html").write_text(f'<!DOCTYPE html><link rel="icon" href="data:,">{without}')
    browser.get((tmp_path / "static.html").as_uri())
    assert wait(browser, "const image = document.querySelector('img'); return image.complete && image.naturalWidth > 100")


def test_a_page_in_a_notebook_is_packed():
    drawing = draw(expression())
    bundle = drawing._repr_mimebundle_()
    assert len(bundle["text/html"]) < 80_000


@pytest.mark.parametrize(
    "node", [Tensor([1.0, 2.0]) * 2, Value(1.0).detach(), [Value(1.0) * 2, Value(3.0) * 2]], ids=["array", "constant", "two"]
)
def test_what_has_no_page_is_shown_as_a_picture(node):
    assert list(draw(node)._repr_mimebundle_()) == ["image/svg+xml", "text/plain"]


def test_a_graph_with_a_changed_leaf_is_shown_as_a_picture():
    x = Value(1.0)
    y = x * 2
    x.data = 2.0
    assert list(draw(y)._repr_mimebundle_()) == ["image/svg+xml", "text/plain"]


def test_a_graph_too_large_for_a_picture_is_shown_as_a_page_and_a_sentence():
    x = Value(1.0)
    for _ in range(600):
        x = -x
    bundle = draw(x)._repr_mimebundle_()
    assert "This graph has 601 nodes, and more than 500 cannot be read" in bundle["image/svg+xml"]
    assert "<iframe" in bundle["text/html"]


def test_without_graphviz_there_is_still_a_page(monkeypatch):
    def missing(*_):
        raise RuntimeError("Graphviz is not <here>.\nIn detail: …")

    monkeypatch.setattr("autograd.drawing.drawing.rendered", missing)
    bundle = draw(expression())._repr_mimebundle_()
    assert ">Graphviz is not &lt;here&gt;.<" in bundle["image/svg+xml"]
    assert "<iframe" in bundle["text/html"]
    with pytest.raises(RuntimeError, match="Graphviz is not <here>"):
        draw(Tensor([1.0, 2.0]) * 2)._repr_mimebundle_()
    assert layout.rendered is not missing



# --- the numbers ----------------------------------------------------------------------------------


def test_the_numbers_of_a_page_are_those_of_leaves_with_a_label_of_their_own():
    a, b, unnamed, constant = Value(2.0, label="a"), Value(1.0, label="b"), Value(3.0), Value(4.0, label="c").detach()
    w, again = Tensor([[1.0, 2.0]], label="w"), Value(5.0, label="b")
    result = a * b * unnamed * constant * again + w.sum()
    result.label = "y"
    assert numbers_of(Reading([result])) == {"a": 2.0, "w": [[1.0, 2.0]]}


def test_without_anywidget_the_error_says_how_to_get_it(monkeypatch):
    from autograd.drawing import notebook

    monkeypatch.setitem(__import__("sys").modules, "anywidget", None)
    notebook._kind.cache_clear()
    with pytest.raises(ModuleNotFoundError, match=r"needs anywidget: pip install \"glassgrad\[notebooks\]\""):
        draw(expression()).widget  # noqa: B018
    assert "text/html" in draw(expression())._repr_mimebundle_()


@pytest.fixture
def anywidget():
    return pytest.importorskip("anywidget")


@pytest.mark.usefixtures("anywidget")
class TestWidget:
    def test_it_has_the_numbers_of_the_graph_and_is_made_once(self):
        drawing = draw(expression())
        assert drawing.widget.numbers == {"a": 2.0, "b": -3.0}
        assert drawing.widget is drawing.widget

    def test_what_is_assigned_takes_the_place_of_numbers_with_the_same_label(self):
        widget = draw(Value(2.0, label="a") * Tensor([1.0, 2.0], label="w").sum()).widget
        widget.numbers = {"w": np.array([3, 4])}
        assert widget.numbers == {"a": 2.0, "w": [3.0, 4.0]}
        assert widget.get_state()["numbers"] == {"a": 2.0, "w": [3.0, 4.0]}

    def test_what_the_page_sends_is_read_and_observed(self):
        widget, seen = draw(expression()).widget, []
        widget.observe(lambda change: seen.append(change["new"]), "numbers")
        widget.set_state({"numbers": {"a": 0.5, "b": "NaN"}})
        assert widget.numbers["a"] == 0.5
        assert math.isnan(widget.numbers["b"])
        assert len(seen) == 1

    def test_nan_and_infinity_are_sent_as_texts_since_json_has_none(self):
        widget = draw(Value(math.inf, label="a") * Tensor([math.nan, 1.0], label="w").sum()).widget
        sent = widget.get_state()["numbers"]
        assert sent == {"a": "Infinity", "w": ["NaN", 1.0]}
        json.dumps(sent, allow_nan=False)

    def test_what_does_not_fit_is_refused(self):
        widget = draw(expression()).widget
        with pytest.raises(ValueError, match="There is no leaf 'c' in this page; its leaves are a, b"):
            widget.numbers = {"c": 1.0}
        with pytest.raises(ValueError, match=r"The leaf 'a' has numbers of shape \(\), and these have shape \(2,\)"):
            widget.numbers = {"a": [1.0, 2.0]}
        assert widget.numbers == {"a": 2.0, "b": -3.0}


MODEL = """
const traits = %s, listeners = [];
window.saved = 0;
window.model = {
  get: (name) => traits[name],
  set: (name, x) => { traits[name] = x; },
  save_changes: () => { window.saved += 1; },
  on: (_, listener) => listeners.push(listener),
  off: (_, listener) => listeners.splice(listeners.indexOf(listener), 1),
  fromPython: (numbers) => { traits.numbers = numbers; for (const listener of listeners) listener(); },
  listeners,
};
"""


def test_the_page_and_the_numbers_of_a_widget_follow_each_other(browser, tmp_path):
    a, b = Value(2.0, label="a"), Tensor([1.0, 3.0], label="b")
    path = draw((a * b).sum()).save(tmp_path / "graph.html")
    traits = {"page": path.read_text(), "title": "graph", "height": 500, "numbers": {"a": 7.0, "b": ["NaN", 3.0]}}
    script = f"{MODEL % json.dumps(traits)}\n{WIDGET.read_text()}".replace("</", "<\\/").replace("export default", "const widget =")
    start = "window.stop_it = widget.render({ model, el: document.body });"
    head = '<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,"><body>'
    (tmp_path / "notebook.html").write_text(f"{head}<script>{script}\n{start}</script>")
    browser.get((tmp_path / "notebook.html").as_uri())
    wait(browser, "return frames[0]?.glassgrad !== undefined && model.listeners.length === 1")
    assert browser.execute_script("return frames[0].glassgrad.read().nodes[0].data") == 7.0  # the widget's numbers, not the file's
    assert browser.execute_script("return Number.isNaN(frames[0].glassgrad.read().nodes[1].data[0])")
    browser.execute_script("frames[0].glassgrad.set('a', 0.5)")
    assert browser.execute_script("return [model.get('numbers'), saved]") == [{"a": 0.5, "b": ["NaN", 3.0]}, 1]
    browser.execute_script("model.fromPython({ a: 0.25, b: [4, 5] })")
    assert browser.execute_script("return frames[0].glassgrad.read().nodes.at(-1).data") == 2.25
    assert browser.execute_script("return saved") == 1
    browser.execute_script("stop_it()")
    assert browser.execute_script("return model.listeners.length") == 0
