"""Sphinx's settings of the book, which `book.py` makes."""

import builtins
import collections.abc
import re
import sys
from importlib.resources import files
from pathlib import Path

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util.logging import getLogger

sys.path.insert(0, str(Path(__file__).parent.parent))
from chapters.reference import PUBLIC

project = "glassgrad"
author = "The glassgrad authors"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"]
html_theme = "pydata_sphinx_theme"
html_theme_options = {"navbar_center": [], "navbar_end": ["theme-switcher"], "back_to_top_button": False}
html_title = "glassgrad"
templates_path = [str(Path(__file__).parent)]
html_sidebars = {"**": ["contents"]}
html_static_path = ["book.css", str(files("ziamath") / "fonts" / "STIXTwoMath-Regular.ttf")]
html_css_files = ["book.css"]
html_show_sourcelink = False
html_math_renderer = "mathml"  # which browsers draw by themselves: nothing comes from the network
nb_execution_mode = "off"  # the lessons are committed with their outputs
nb_mime_priority_overrides = [("html", "text/html", 0), ("html", "image/svg+xml", 10)]
myst_enable_extensions = ["attrs_inline", "dollarmath"]
myst_heading_anchors = 3
autodoc_typehints = "none"
# What a class inherits stands on its page, unless it has it from a class with a page of its own, or of Python's.
own_page = [each.__name__ for each in (*PUBLIC, *vars(builtins).values(), *vars(collections.abc).values()) if isinstance(each, type)]
autodoc_default_options = {"members": True, "inherited-members": ",".join(own_page)}
napoleon_attr_annotations = False
napoleon_use_ivar = True
nitpicky = True
nitpick_ignore_regex = [
    ("py:class", r"(?!autograd\b|nn\b).*"),  # words before a colon, which Napoleon takes for a type
    ("py:class", r"nn\.callbacks\.training\.Batch"),
    ("py:exc", "BrokenFileError"),  # an error of files of data, which has no name of its own in `nn.data`
]


def setup(app):
    app.connect("autodoc-process-docstring", as_written, priority=400)  # before Napoleon reads them
    app.connect("autodoc-process-docstring", names_together, priority=600)  # after it
    app.connect("autodoc-process-docstring", inherited, priority=600)
    app.connect("html-page-context", punctuated)
    app.add_html_math_renderer("mathml", (formula, None), (formula, None))


def names_together(app, what, name, obj, options, lines):
    """Of several names before a colon, Sphinx would take all but the last for a type, as there are spaces between them."""
    lines[:] = [re.sub(r"^:ivar [\w, ]+:", lambda names: names[0].replace(", ", ",\u200b"), line) for line in lines]


def inherited(app, what, name, obj, options, lines):
    """Below the first sentence on a class: where what it has from another class is described."""
    base = next((PUBLIC[each] for each in obj.__mro__[1:] if each in PUBLIC), None) if what == "class" else None
    if base:
        end = lines.index("") if "" in lines else len(lines)
        lines[end:end] = ["", f"It also has what :class:`{base}` has."]


def formula(translator, node):
    block = isinstance(node, nodes.math_block)
    try:
        mathml = tex2mathml(node.astext(), as_block=block)
        space = '<mspace width="0.17em"></mspace>'  # around the name of a function, as in p log p
        mathml = re.sub(r"(<mo>&ApplyFunction;</mo>)(?=\s*<m(?!o))", rf"\1{space}", mathml)
        mathml = re.sub(r"(</m[in]>)(?=\s*<mi>\w+</mi>\s*<mo>&ApplyFunction;)", rf"\1{space}", mathml)
        translator.body.append(mathml)
    except MathError as error:
        getLogger(__name__).warning("%s In the formula: %s", error, node.astext(), location=node)
    raise nodes.SkipNode


def punctuated(app, page, template, context, tree):
    """A comma or a full stop stays on the line of the formula before it."""
    formula = r'(<math(?![^>]*display="block")[^>]*>(?:(?!</math>).)*</math>[.,;:!?)]+)'
    context["body"] = re.sub(formula, r'<span class="formula">\1</span>', context.get("body", ""), flags=re.DOTALL)


def as_written(app, what, name, obj, options, lines):
    """Docstrings say `code`, |x| and *args as Markdown does, and list many arguments over several lines."""
    text = re.sub(r"^( {4}[\w, ]+,)\n +", r"\1 ", "\n".join(lines), flags=re.MULTILINE)
    example = False
    lines[:] = text.split("\n")
    for i, line in enumerate(lines):
        example = bool(line.strip()) and (example or line.lstrip().startswith(">>>"))
        if not example:
            words = line.replace("*", r"\*").replace("|", r"\|")
            lines[i] = re.sub("`([^`]+)`", lambda code: f"``{code[1].replace(chr(92), '')}``" + r"\ ", words)
