"""Laying out and rendering DOT text, by the `dot` program where there is one, else by pygraphviz.

Either runs as a process of its own: what it leaks is freed, what it prints is caught, and if it
crashes the notebook lives.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

__all__ = ["rendered"]

# Reads DOT and writes a picture, as the program would; pygraphviz carries Graphviz as a library.
PYGRAPHVIZ = """
import sys, pygraphviz
source = sys.stdin.buffer.read().decode()
picture = pygraphviz.AGraph(string=source).draw(format=sys.argv[1], prog="dot", args=" ".join(sys.argv[2:]))
sys.stdout.buffer.write(picture)
"""


def rendered(source: str, format: str) -> bytes:
    """The picture of DOT text, in one of Graphviz's formats.

    Raises:
        RuntimeError: there is no Graphviz here, or it failed.
    """
    options = ["-Gdpi=144"] if format == "png" else []
    commands = [[sys.executable, "-P", "-c", PYGRAPHVIZ, format, *options]]
    program = shutil.which("dot")
    if program is not None:
        commands.insert(0, [program, f"-T{format}", *options])
    complaints = []
    for command in commands:
        run = subprocess.run(command, input=source.encode(), capture_output=True, check=False)
        if run.returncode == 0 and run.stdout:
            # Browsers would show the titles, the names of the nodes in the DOT text, as tooltips.
            return re.sub(rb"<title>.*?</title>\n?", b"", run.stdout) if format == "svg" else run.stdout
        complaints.append(run.stderr.decode(errors="replace").strip().splitlines() or [f"it ended with code {run.returncode}"])
    if "ModuleNotFoundError" in complaints[-1][-1] and program is None:
        raise RuntimeError(
            "Drawing needs Graphviz, and neither its program `dot` nor pygraphviz is installed: pip install 'pygraphviz>=2'."
        )
    raise RuntimeError(f"Graphviz could not draw this as {format}: {complaints[0][-1]}")
