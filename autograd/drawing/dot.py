"""The looks of a picture, as DOT text for Graphviz.

Dark text is what the forward pass computed, rust-coloured text is derivatives. Shapes tell the kinds
apart without colour: a value is rounded, a leaf has square corners and a thick border, a constant a
dashed border, an operation is an ellipse, and a folded module is a folder. A number that is not
finite is red and bold, and so is its box.
"""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING

from ..texts import html_label
from .picture import Arrow, Box, Picture, not_finite
from .reading import Place

if TYPE_CHECKING:
    from graphviz import Digraph

__all__ = ["dot_of"]

LONG, SHORT = 12, 8  # the operations of a chain that fit in one line; the fewest in each line of a longer chain
FONT = "Helvetica,Arial,sans-serif"
INK, GREY, PALE, RUST, BLUE, RED = "#1e293b", "#64748b", "#94a3b8", "#b4431a", "#1d4ed8", "#d90429"

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
    "line": {"shape": "plaintext", "fontcolor": GREY, "fontsize": "10", "margin": "0.04,0"},
}  # fmt: skip
UNSEEN = {"shape": "point", "width": "0.01", "height": "0.01", "style": "invis"}
LOOKS = {kind: {"class": kind, **look} for kind, look in LOOKS.items()}  # the class is for the page's style sheet


def dot_of(picture: Picture, direction: str) -> str:
    """The DOT text of a picture that runs in a `direction` such as LR, from left to right.

    Example:
        >>> dot_of(Picture(boxes=[Box("n0", "leaf", (), "x")]), "LR").splitlines()[0]
        'digraph computation {'
    """
    from graphviz import Digraph

    whole = Digraph("computation")
    whole.attr("graph", rankdir=direction, fontname=FONT, nodesep="0.15", ranksep="0.3", pad="0.05", bgcolor="white", charset="UTF-8")
    whole.attr("node", fontname=FONT, fontsize="12", fontcolor=INK, margin="0.1,0.06", width="0.3", height="0.3")
    whole.attr("edge", fontname=FONT, fontsize="10", fontcolor=RUST, arrowsize="0.6")
    everything = Digraph("cluster")
    everything.attr(style="invis", margin="0")
    parts: dict[Place, Digraph] = {(): everything}
    for i, (place, title) in enumerate(picture.parts.items()):
        parts[place] = Digraph(f"cluster_{i}")
        parts[place].attr(
            label=f"<{html_label(title)}>" if title.strip() else "", id=f"part{i}", labeljust="l", fontcolor=GREY, fontsize="11",
            style="rounded,filled", color="#cbd5e1", fillcolor="#f8fafc" if len(place) % 2 else "#f1f5f9", margin="10",
        )  # fmt: skip
    # When it draws sideways, dot puts what comes first at the bottom, but only within a part. So there
    # is one part around everything.
    ordered = (lambda things: list(things)[::-1]) if direction in ("LR", "RL") else list
    for box in ordered(picture.boxes):
        looks = LOOKS[box.kind] | ({"class": f"{box.kind} alarm", "color": RED, "penwidth": "2.5"} if box.is_alarming else {})
        parts[box.place].node(box.id, label=_table(box), id=box.id, **looks)
    for operation in ordered(picture.operations):
        parts[operation.place].node(operation.id, label=f"<{html_label(operation.symbol)}>", id=operation.id, **LOOKS["operation"])
    places = {box.id: box.place for box in picture.boxes} | {operation.id: operation.place for operation in picture.operations}
    # By default, dot leads an arrow into a part around the parameters there; a point between them makes
    # it go through.
    entries = {
        arrow.id: f"p{arrow.id}"
        for arrow in picture.arrows
        if arrow.kind in ("input", "constant input") and places[arrow.tail][: len(places[arrow.head])] != places[arrow.head]
    }
    breaks = _line_breaks(picture)
    starts = {arrow.id: f"line{number}" for number, arrows in enumerate(breaks, start=2) for arrow in arrows}
    for arrow in ordered(picture.arrows):
        if arrow.id in entries:
            parts[places[arrow.head]].node(entries[arrow.id], **LOOKS["entry"] | {"color": LOOKS[arrow.kind]["color"]})
    # Of two orders with equally few crossings, dot takes either. If the inputs of each operation and all
    # results are kept in order, only one has few: the order from the first neuron to the last.
    for head, sources in _sources(picture, places, entries | starts).items():
        _in_order(parts[places[head]], ordered(sources))
    for number, (first, *_) in enumerate(breaks, start=2):
        everything.node(f"line{number}", label=f"line {number}", **LOOKS["line"])
        everything.node(f"to-line{number}", label=f"line {number}", **LOOKS["line"])
        everything.edge(first.tail, f"to-line{number}", **LOOKS["flow"])
    if breaks:
        _in_order(everything, ordered([picture.arrows[0].tail, *dict.fromkeys(starts.values())]))
    tails = {arrow.tail for arrow in picture.arrows}
    ends = [box.id for box in picture.boxes if box.kind == "value" and box.id not in tails]
    if len(ends) > 1:
        beyond = [f"{end}-end" for end in ends]
        for end, point in zip(ends, beyond, strict=True):
            everything.node(point, **UNSEEN)
            everything.edge(end, point, style="invis")
        _in_order(everything, ordered(beyond))
    for place in sorted(ordered(picture.parts), key=lambda place: -len(place)):
        parts[place[:-1]].subgraph(parts[place])
    whole.subgraph(everything)
    for arrow in ordered(picture.arrows):
        tail = starts.get(arrow.id, arrow.tail)
        if arrow.id in entries:
            tail = entries[arrow.id]
            whole.edge(arrow.tail, tail, id=f"{arrow.id}-tail", arrowhead="none", **LOOKS[arrow.kind])
        whole.edge(tail, arrow.head, label=_label(arrow), id=arrow.id, **LOOKS[arrow.kind])
    return str(whole.source)


def _line_breaks(picture: Picture) -> list[list[Arrow]]:
    """Where a long chain continues in a new line, like text: for each line break the arrows that cross it.

    A line ends with a value if everything after it depends on what was before through this value only.
    """
    steps = {operation.id: i for i, operation in enumerate(picture.operations)}
    if picture.parts or len(steps) <= LONG:
        return []
    results = {arrow.head: steps[arrow.tail] for arrow in picture.arrows if arrow.tail in steps}
    uses: dict[str, list[Arrow]] = {}
    for arrow in picture.arrows:
        if arrow.kind != "result":
            uses.setdefault(arrow.tail, []).append(arrow)
    alive = Counter[int]()  # for each step, how many results up to it are used after it
    for tail, arrows in uses.items():
        heads = [steps.get(arrow.head, len(steps)) for arrow in arrows]  # a folded module is the end
        alive.update(range(results.get(tail, min(heads)), max(heads)))
    length = max(SHORT, math.ceil(math.sqrt(len(steps))))
    breaks: list[list[Arrow]] = []
    end = length
    for tail, step in results.items():
        if step + 1 >= end and alive[step] == 1 and tail in uses and step + 1 < len(steps) - 1:
            breaks.append(uses[tail])
            end = step + 1 + length
    return breaks


def _sources(picture: Picture, places: dict[str, Place], entries: dict[str, str]) -> dict[str, list[str]]:
    """For each operation the inputs that only it uses, which can stand in a row before it: w₁, x₁, w₂, x₂, …, b."""
    uses = Counter(arrow.tail for arrow in picture.arrows)
    kinds = {box.id: box.kind for box in picture.boxes}
    found: dict[str, dict[bool, dict[str, None]]] = {}
    for arrow in picture.arrows:
        if arrow.id in entries:
            source, is_leaf = entries[arrow.id], False
        elif uses[arrow.tail] == 1 and kinds.get(arrow.tail) in ("leaf", "constant") and places[arrow.tail] == places[arrow.head]:
            source, is_leaf = arrow.tail, kinds[arrow.tail] == "leaf"
        else:
            continue
        found.setdefault(arrow.head, {}).setdefault(is_leaf, {})[source] = None
    return {head: [source for pair in zip_longest(*rows.values()) for source in pair if source] for head, rows in found.items()}


def _in_order(part: Digraph, nodes: list[str]) -> None:
    """Put nodes into a row, from the first to the last."""
    with part.subgraph() as row:
        row.attr(rank="same")
        for one, other in pairwise(nodes):
            row.edge(one, other, style="invis")


def _label(arrow: Arrow) -> str | None:
    if not arrow.text:
        return None
    return f"<{_number(f' {arrow.text} ', GREY if arrow.kind == 'flow' else RUST)}>"


def _table(box: Box) -> str:
    """The label of a box: its title above rows of captions and texts."""
    title = html_label(box.title.rstrip("\n"))
    rows = [f'<tr><td colspan="2" align="{"left" if box.rows else "center"}"><b>{title}</b></td></tr>'] if box.title.strip() else []
    for caption, text in box.rows:
        colour = RUST if "grad" in caption else GREY if box.kind == "constant" else INK
        words = _number(text, colour)
        if caption:
            small = f'<font color="{GREY}" point-size="10">{caption}</font>'
            rows.append(f'<tr><td align="left">{small}&#160;</td><td align="right">{words}</td></tr>')
        else:
            rows.append(f'<tr><td colspan="2" align="left">{words}</td></tr>')
    remarks = [(RUST, html_label(note)) for note in box.notes] + [(RED, f"<b>{html_label(alarm)}</b>") for alarm in box.alarms]
    rows += [f'<tr><td colspan="2" align="left"><font color="{colour}" point-size="10">{text}</font></td></tr>' for colour, text in remarks]
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{"".join(rows)}</table>>'


def _number(text: str, colour: str) -> str:
    """A number or a text in a colour; red and bold if it is a number that is not finite."""
    if not_finite(text):
        return f'<font color="{RED}"><b>{html_label(text)}</b></font>'
    return f'<font color="{colour}">{html_label(text)}</font>'
