"""What a picture looks like, as DOT text for Graphviz.

Ink is for what the forward pass computed, and rust for derivatives. Shapes tell the kinds apart
without colour: a value is rounded, a leaf has square corners and a thick border, a constant a
dashed one, an operation is an ellipse, and a folded module is a folder.
"""

from __future__ import annotations

from ..texts import html_label
from .picture import Arrow, Box, Picture
from .reading import Place

__all__ = ["dot_of"]

FONT = "Helvetica,Arial,sans-serif"
INK, GREY, PALE, RUST, BLUE = "#1e293b", "#64748b", "#94a3b8", "#b4431a", "#1d4ed8"

LOOKS = {
    "value": {"shape": "box", "style": "rounded,filled", "fillcolor": "#ffffff", "color": GREY},
    "leaf": {"shape": "box", "style": "filled", "fillcolor": "#eff6ff", "color": BLUE, "penwidth": "1.8"},
    "constant": {"shape": "box", "style": "rounded,dashed,filled", "fillcolor": "#fafafa", "color": PALE},
    "module": {"shape": "folder", "style": "filled", "fillcolor": "#eef2f7", "color": GREY, "margin": "0.16,0.1"},
    "operation": {"shape": "ellipse", "style": "filled", "fillcolor": "#fdf3e7", "color": "#b08d57", "fontsize": "14",
                  "width": "0.4", "height": "0.4", "margin": "0.05,0.02"},
    "input": {"color": GREY},
    "constant input": {"color": PALE, "style": "dashed"},
    "result": {"color": GREY},
    "flow": {"color": GREY, "penwidth": "1.6"},
    "entry": {"shape": "point", "width": "0.01", "height": "0.01", "color": GREY},
}  # fmt: skip
LOOKS = {kind: {"class": kind, **look} for kind, look in LOOKS.items()}  # the class is for the page's style sheet


def dot_of(picture: Picture, direction: str) -> str:
    """The DOT text of a picture that runs in a `direction` such as LR, from left to right."""
    from graphviz import Digraph

    whole = Digraph("computation")
    whole.attr("graph", rankdir=direction, fontname=FONT, nodesep="0.15", ranksep="0.3", pad="0.15", bgcolor="white", charset="UTF-8")
    whole.attr("node", fontname=FONT, fontsize="12", fontcolor=INK, margin="0.1,0.06", width="0.3", height="0.3")
    whole.attr("edge", fontname=FONT, fontsize="10", fontcolor=RUST, arrowsize="0.6")
    parts: dict[Place, Digraph] = {(): whole}
    for i, (place, title) in enumerate(picture.parts.items()):
        parts[place] = Digraph(f"cluster_{i}")
        parts[place].attr(
            label=f"<{html_label(title)}>" if title.strip() else "", id=f"part{i}", labeljust="l", fontcolor=GREY, fontsize="11",
            style="rounded,filled", color="#cbd5e1", fillcolor="#f8fafc" if len(place) % 2 else "#f1f5f9", margin="10",
        )  # fmt: skip
    sideways = direction in ("LR", "RL")  # then dot puts what it meets first in a cluster at the bottom
    inside = [box for box in picture.boxes if box.place]
    for box in [box for box in picture.boxes if not box.place] + (inside[::-1] if sideways else inside):
        parts[box.place].node(box.id, label=_table(box), id=box.id, **LOOKS[box.kind])
    for operation in picture.operations:
        parts[operation.place].node(operation.id, label=f"<{html_label(operation.symbol)}>", id=operation.id, **LOOKS["operation"])
    places = {box.id: box.place for box in picture.boxes} | {operation.id: operation.place for operation in picture.operations}
    # Left alone, dot leads an arrow into a part around the parameters that stand there; a point
    # beside them makes it go through.
    entering = {
        arrow.id: arrow
        for arrow in picture.arrows
        if arrow.kind in ("input", "constant input") and places[arrow.tail][: len(places[arrow.head])] != places[arrow.head]
    }
    for arrow in reversed(entering.values()) if sideways else entering.values():
        parts[places[arrow.head]].node(f"p{arrow.id}", **LOOKS["entry"] | {"color": LOOKS[arrow.kind]["color"]})
    for place in sorted(reversed(picture.parts) if sideways else picture.parts, key=lambda place: -len(place)):
        parts[place[:-1]].subgraph(parts[place])
    for arrow in picture.arrows:
        tail = arrow.tail
        if arrow.id in entering:
            tail = f"p{arrow.id}"
            whole.edge(arrow.tail, tail, id=f"{arrow.id}-tail", arrowhead="none", **LOOKS[arrow.kind])
        whole.edge(tail, arrow.head, label=_label(arrow), id=arrow.id, **LOOKS[arrow.kind])
    return str(whole.source)


def _label(arrow: Arrow) -> str | None:
    if not arrow.text:
        return None
    colour = GREY if arrow.kind == "flow" else RUST
    return f'<<font color="{colour}"> {html_label(arrow.text)} </font>>'


def _table(box: Box) -> str:
    """The label of a box: its title above rows of captions and texts."""
    title = html_label(box.title.rstrip("\n"))
    rows = [f'<tr><td colspan="2" align="{"left" if box.rows else "center"}"><b>{title}</b></td></tr>'] if box.title.strip() else []
    for caption, text in box.rows:
        colour = RUST if "grad" in caption else GREY if box.kind == "constant" else INK
        words = f'<font color="{colour}">{html_label(text)}</font>'
        if caption:
            small = f'<font color="{GREY}" point-size="10">{caption}</font>'
            rows.append(f'<tr><td align="left">{small}&#160;</td><td align="right">{words}</td></tr>')
        else:
            rows.append(f'<tr><td colspan="2" align="left">{words}</td></tr>')
    for note in map(html_label, box.notes):
        rows.append(f'<tr><td colspan="2" align="left"><font color="{RUST}" point-size="10">{note}</font></td></tr>')
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{"".join(rows)}</table>>'
