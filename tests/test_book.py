"""The pages of the book whose programs run, the table of derivatives, and the list of messages."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from autograd import Primitive, table

pytest.importorskip("matplotlib")
ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "notebooks"))

from chapters import derivatives  # noqa: E402
from chapters.messages import Message, messages, page, template  # noqa: E402
from chapters.running import PageError, run  # noqa: E402

# Pages of errors show also what NumPy and Python warn of on the way.
pytestmark = pytest.mark.filterwarnings("default")


def program(code, how=""):
    return f"```python{how and ' '}{how}\n{code}\n```\n"


def test_a_page_shows_what_a_program_prints_and_the_value_of_its_last_line():
    shown = run(program("x = 2\nprint(x)\nx * 3") + program("y = x"), "page").text
    assert shown == program("x = 2\nprint(x)\nx * 3") + "\n```text\n2\n6\n```\n" + program("y = x")


def test_an_error_is_shown_with_its_message_and_can_be_linked_to():
    ran = run("# Page\n## Why `2`?\n" + program("raise ValueError('no\\nnumber')", "error"), "page")
    assert ran.raised == {"page-why-2": ("ValueError", "no\nnumber")}
    assert "(page-why-2)=\n## Why" in ran.text
    assert "{admonition} ValueError" in ran.text
    assert "\nno\nnumber\n" in ran.text


def test_each_section_begins_anew_with_the_first_programs_and_in_an_empty_folder():
    first = program("from pathlib import Path\nnumbers = [1]")
    section = program("numbers.append(2)\nPath('file').mkdir()\nnumbers")
    shown = run(f"{first}## One\n{section}## Two\n{section}", "page").text
    assert shown.count("[1, 2]\n") == 2


@pytest.mark.parametrize(
    ("code", "how", "complaint"),
    [
        ("1 / 0", "", "page-one: ZeroDivisionError: division by zero"),
        ("1", "error", "page-one: this program gives no error"),
        ("1", "warning", "page-one: this program gives no warning"),
        ("1 / 0", "warning", "page-one: this program gives no warning"),
        ("import warnings\nwarnings.warn('mind')", "", "page-one: UserWarning: mind"),
        ("1", "eror", "page-one: there is no block `python eror`"),
    ],
)
def test_a_program_that_does_not_do_what_its_page_says_stops_the_book(code, how, complaint):
    with pytest.raises(PageError, match=complaint):
        run("## One\n" + program(code, how), "page")


def test_pictures_and_live_pages_are_shown_below_their_programs():
    drawn = program("import matplotlib.pyplot as plt\nplt.plot([1, 2])", "line.svg: a line")
    saved = program("from pathlib import Path\nPath('x.html').write_text('<p>')", "x.html 300: a page")
    ran = run(drawn + saved, "page")
    assert b"<svg" in ran.files["page-line.svg"]
    assert ran.files["page-x.html"] == b"<p>"
    assert "![a line](pictures/page-line.svg)" in ran.text
    assert 'src="live/page-x.html" title="a page" width="100%" height="300"' in ran.text
    assert "<Line2D" not in ran.text


def test_a_program_for_another_library_does_not_run():
    assert run(program("import torchvision_of_theirs", "not run"), "page").text == program("import torchvision_of_theirs")


SOURCE = """
RULE = "a rule of {}"

class Part:
    def check(self, name, found):
        hint = "; look at y" if found else ""
        if found > 3:
            raise ValueError(f"{name} is not here{len(found)}." + hint)
        self.fault = f"the fault of {name}"
        raise KeyError(self.fault)

def sentence(name):
    return f"no {name} in it"

def made(name):
    return OSError(f"the file {name} is gone")

def check(name):
    if name:
        raise TypeError(sentence(name)) from None
    warnings.warn("mind the step", RuntimeWarning, stacklevel=2)
    raise TypeError(RULE.format(name))

def last(name):
    raise made(name)
"""


def test_the_messages_of_a_source_are_found_wherever_they_are_written(tmp_path):
    (tmp_path / "autograd").mkdir()
    (tmp_path / "autograd" / "part.py").write_text(SOURCE)
    assert {(message.kind, message.text) for message in messages(tmp_path)} == {
        ("ValueError", "{name} is not here….; look at y"), ("ValueError", "{name} is not here…."), ("KeyError", "the fault of {name}"),
        ("TypeError", "no {name} in it"), ("RuntimeWarning", "mind the step"), ("TypeError", "a rule of {}"),
        ("OSError", "the file {name} is gone"),
    }  # fmt: skip


def test_an_error_comes_from_the_message_that_says_most_of_it():
    wide, narrow = Message("TypeError", "{name} got {x}", "a.py"), Message("TypeError", "{name} got {x} for a number", "a.py")
    assert template([wide, narrow], "tanh got 'a' for a number") == narrow
    assert template([wide, narrow], "tanh got 'a'") == wide
    assert template([wide, narrow], "tanh has nothing") is None


def test_the_list_of_messages_shows_them_letter_by_letter_and_links_to_explanations():
    found = [Message("TypeError", "Write `x`, and not *x*.", "nn/a.py")]
    assert "- TypeError: ``Write `x`, and not *x*.`` ([explained](#errors-x))\n" in page(found, {found[0]: "errors-x"})


@cache
def of_the_library():
    return messages(ROOT)


def test_nearly_every_raise_of_the_library_has_its_message_in_the_list():
    """What is left has none: it passes on an error, or says only a name."""
    files = [path for room in ("autograd", "nn") for path in (ROOT / room).rglob("*.py")]
    raised = sum(len(re.findall(r"^ +raise \w+\(", path.read_text(encoding="utf-8"), flags=re.MULTILINE)) for path in files)
    assert len(of_the_library()) > 0.95 * raised > 700


EXPLAINED = sorted((ROOT / "notebooks" / "pages").glob("errors_*.md"))


@pytest.mark.parametrize("path", EXPLAINED, ids=lambda path: path.stem)
def test_the_programs_of_a_page_of_errors_give_errors_of_the_library(path):
    raised = run(path.read_text(encoding="utf-8"), path.stem).raised
    assert len(raised) >= 8
    assert {label: message for label, (_, message) in raised.items() if template(of_the_library(), message) is None} == {}


def test_the_page_of_derivatives_has_every_entry_with_its_formula_and_its_check(monkeypatch):
    assert b"<svg" in derivatives.plotted(table["power"])
    monkeypatch.setattr(derivatives, "plotted", lambda entry: entry.name)
    text, pictures = derivatives.page()
    rows = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    assert set(rows) == set(table)
    assert all(line.count("$") >= 2 and line.count("|") == 6 for line in rows.values())
    assert all(f"(pictures/{file})" in rows[name] for file, name in pictures.items())
    assert len(pictures) > 60
    assert rows["relu"].split("|")[4].strip() == "$g$ or $0$"
    assert "complex" in rows["tanh"]
    assert rows["less"].endswith("| no derivative |")


@pytest.mark.parametrize("name", table)
def test_the_gradient_check_of_an_entry_finds_it_right(name):
    entry = table[name]
    if entry.passes_on:
        bound = 1e-13 if entry.analytic else 1e-7
        assert max(derivatives.difference(entry, *call) for call in derivatives.samples(entry)) < bound


@pytest.mark.parametrize(("analytic", "mistake"), [(True, 1e-9), (False, 1e-5)])
def test_the_gradient_check_says_how_wrong_a_derivative_is(analytic, mistake):
    def rule(g, y, x):
        return (2 + mistake) * g * x

    entry = Primitive("own", symbol="o", latex="#1^2", scalar=None, array=lambda x: x * x, vjp=(rule,), analytic=analytic, doc="Mistaken.")
    try:
        assert derivatives.difference(entry, [np.array([0.5, -0.25])], {}) == pytest.approx(0.25 * 1.5 * mistake, rel=0.01)
    finally:
        del table["own"]
