"""Laying out and rendering DOT text, by the program `dot` if it is installed, else by pygraphviz.

Both run in a process of their own: its memory is freed, its output is caught, and if it crashes the
notebook survives.
"""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import sys

__all__ = ["rendered"]

# Reads DOT and writes a picture, as the program does; pygraphviz contains Graphviz as a library.
PYGRAPHVIZ = """
import sys, pygraphviz
source = sys.stdin.buffer.read().decode()
picture = pygraphviz.AGraph(string=source).draw(format=sys.argv[1], prog="dot", args=" ".join(sys.argv[2:]))
sys.stdout.buffer.write(picture)
"""

# The limits of a png: for the memory that drawing takes, and for the side that common programs can open.
MOST_PIXELS, LONGEST = 40_000_000, 16_384
SHARP, LEGIBLE = 144, 24  # pixels per inch: if there is room, and at least, where letters are 4 pixels high


def rendered(source: str, format: str) -> bytes:
    """The picture of DOT text, in one of Graphviz's formats.

    A png is made less sharp if it would have more than 40 million pixels, or more than 16,384 on a side.

    Raises:
        ValueError: the letters of such a png would be too small to read.
        RuntimeError: Graphviz is not installed, cannot be started, or failed.

    Example:
        >>> b"<svg" in rendered("digraph { a -> b }", "svg")
        True
    """
    return _run(source, format, f"-Gdpi={_sharpness(source)}") if format == "png" else _run(source, format)


def _sharpness(source: str) -> int:
    """How many pixels per inch a png may have."""
    size = re.search(rb'<svg width="(\d+)pt" height="(\d+)pt"', _run(source, "svg"))
    if size is None:
        return SHARP
    width, height = (int(points) / 72 for points in size.groups())
    sharpness = math.floor(min(SHARP, math.sqrt(MOST_PIXELS / (width * height)), LONGEST / max(width, height)))
    if sharpness < LEGIBLE:
        raise ValueError(
            f"A png of this drawing would not be readable: it measures {width:,.0f} × {height:,.0f} inches, and with "
            f"{MOST_PIXELS // 10**6} million pixels its letters would be specks. Save it as .svg or .pdf, which have no pixels; or draw "
            "fewer levels, with a smaller fold."
        )
    return sharpness


def _run(source: str, format: str, *options: str) -> bytes:
    """What Graphviz makes of DOT text."""
    commands = [[sys.executable, "-P", "-c", PYGRAPHVIZ, format, *options]]
    program = shutil.which("dot")
    if program is not None:
        commands.insert(0, [program, f"-T{format}", *options])
    complaints = []
    for command in commands:
        try:
            run = subprocess.run(command, input=source.encode(), capture_output=True, check=False)
        except OSError as error:  # Python in a browser
            raise RuntimeError(
                f"Graphviz runs in a process of its own, and none can be started here ({error}). Save the drawing as .html, which is "
                "a page that needs no Graphviz, or as .dot."
            ) from error
        if run.returncode == 0 and run.stdout:
            # Browsers would show the titles, which are the names of the nodes in the DOT text, as tooltips.
            return re.sub(rb"<title>.*?</title>\n?", b"", run.stdout) if format == "svg" else run.stdout
        complaints.append(run.stderr.decode(errors="replace").strip().splitlines() or [f"it ended with code {run.returncode}"])
    if "ModuleNotFoundError" in complaints[-1][-1] and program is None:
        raise RuntimeError(
            "Drawing needs Graphviz, and neither its program `dot` nor pygraphviz is installed: pip install 'pygraphviz>=2'."
        )
    raise RuntimeError(f"Graphviz could not draw this as {format}: {complaints[0][-1]}")
