"""The parts of a network, such as layers, that the nodes of a program belong to.

They are the `scope`s in which modules compute. A program names them in comments, and an array that is made of many
numbers belongs to the innermost part that all of them belong to.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ..core import Node
from ..modes import Scope
from .writers import is_view

__all__ = ["common_scope", "ends_of_parts", "scopes_of"]


def common_scope(first: Node, last: Node) -> Scope | None:
    """The innermost part that both nodes belong to."""
    chains = []
    for node in (first, last):
        chain, scope = [], getattr(node, "scope", None)
        while scope is not None:
            chain.append(scope)
            scope = scope.outer
        chains.append(chain[::-1])
    common = None
    for a_scope, b_scope in zip(*chains, strict=False):
        if a_scope.name != b_scope.name:
            break
        common = a_scope
    return common


def scopes_of(forward: Sequence[Node], named: Collection[Node]) -> dict[Node, str | None]:
    """The part of the network that each node belongs to.

    Modules say so. Of other nodes, a node belongs to the part whose parameters it reads, such as `layers.0` for
    `layers.0.w`, and an activation to the part that it follows.
    """
    numbered = {x: re.match(r"(.+\.\d+)\.\D+$", x.label or "") for x in forward if x in named}
    parts = {x: match[1] for x, match in numbered.items() if match}
    scopes: dict[Node, str | None] = {}
    for x in forward:
        scope = parts.get(x) if x.primitive is None else x.scope.name if x.scope else None
        if scope is None and (is_view(x) or (x.primitive is not None and x.primitive.variable is not None)):
            found = {scopes[arg] for arg in x.inputs or () if isinstance(arg, Node)} - {None}
            scope = found.pop() if len(found) == 1 else None
        scopes[x] = next((part for part in parts.values() if scope is not None and scope.startswith(f"{part}.")), scope)
    return scopes


def ends_of_parts(forward: Iterable[Node], scopes: Mapping[Node, str | None], readers: Mapping[Node, Any]) -> set[Node]:
    """The last node of each part: what reads it, views aside, belongs to another one."""
    ends = set()
    for x in forward:
        if x.primitive is None or scopes[x] is None or is_view(x):
            continue
        reader = readers.get(x)
        while reader is not None and is_view(reader):
            reader = readers.get(reader)
        if reader is not None and scopes.get(reader, scopes[x]) != scopes[x]:
            ends.add(x)
    return ends
