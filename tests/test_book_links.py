"""The links of the book: each leads somewhere, and nothing comes from the network."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "notebooks"))

from building.links import inner_links, wrong_links


def pages(folder, **bodies):
    for name, body in bodies.items():
        (folder / f"{name}.html").write_text(f"<title>A page</title>{body}")
    return folder


def test_pages_whose_links_lead_somewhere_are_right(tmp_path):
    (tmp_path / "_images").mkdir()
    (tmp_path / "_images/a b.svg").write_text("<svg/>")
    (tmp_path / "style.css").write_text("a { background: url(data:image/png;base64,AA) } b { background: url('_images/a%20b.svg') }")
    body = """
        <link rel="stylesheet" href="style.css?v=1"><img src="_images/a%20b.svg"><a href="#">up</a> <a href="#here" id="here">here</a>
        <a href="two.html#there">there</a> <a href="https://example.org">elsewhere</a> <a href="mailto:a@example.org">a letter</a>"""
    assert wrong_links(pages(tmp_path, one=body, two='<p id="there">')) == []


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ('<a href="three.html">', "links to three.html, which is not there"),
        ('<a href="#nowhere">', "links to #nowhere: there is no such place on that page"),
        ('<a href="two.html#nowhere">', "links to two.html#nowhere: there is no such place on that page"),
        ('<img src="gone.png">', "fetches gone.png"),
        ('<script src="https://cdn.example.org/math.js"></script>', "fetches https://cdn.example.org/math.js"),
        ('<script src="//cdn.example.org/math.js"></script>', "fetches //cdn.example.org/math.js"),
        ('<link rel="stylesheet" href="https://example.org/a.css">', "fetches https://example.org/a.css"),
        ('<style>@font-face { src: url("https://example.org/a.woff2") }</style>', "fetches https://example.org/a.woff2"),
        ('<p style="background: url(gone.png)">', "fetches gone.png"),
        ("""<iframe srcdoc='&lt;img src="gone.png">&lt;a href="#nowhere">'></iframe>""", "fetches gone.png"),
        ("""<iframe srcdoc='&lt;p id="here">'></iframe><a href="#here">""", "links to #here: there is no such place on that page"),
    ],
)
def test_a_wrong_link_is_named(tmp_path, body, wrong):
    assert f"one.html: {wrong}" in wrong_links(pages(tmp_path, one=body, two=""))


def test_a_style_sheet_that_fetches_from_the_network_is_named(tmp_path):
    (tmp_path / "style.css").write_text("@import url(https://example.org/font.css);")
    assert wrong_links(tmp_path) == ["style.css: fetches https://example.org/font.css"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[a page](here.md#part) and [`code`](elsewhere.py)", "[a page](here.md#part) and `code`"),
        ("[gone](gone.md), which Sphinx then complains of", "[gone](gone.md), which Sphinx then complains of"),
        ("`layers[1](elsewhere.py)`\n```\nx[1](elsewhere.py)\n```", "`layers[1](elsewhere.py)`\n```\nx[1](elsewhere.py)\n```"),
        ("![a picture](elsewhere.py) [web](https://example.org)", "![a picture](elsewhere.py) [web](https://example.org)"),
    ],
)
def test_only_a_link_to_a_file_that_is_not_in_the_book_becomes_plain_words(tmp_path, text, shown):
    (tmp_path / "elsewhere.py").touch()
    assert inner_links(text, {"here.md"}, [tmp_path]) == shown
