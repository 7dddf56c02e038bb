"""Running a lesson from top to bottom with every answer that its source has: `python -m building.trial lessons/03_graph.py`.

It prints what the checks said, as JSON. It runs in a process of its own, with the folder of the course
as its working directory, so a test can give it a folder with fewer lessons.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

from .lesson import Exercise, Lesson
from .notebooks import SETUP

__all__ = ["trial"]


def trial(lesson: Lesson) -> list[dict[str, str]]:
    """Run the lesson, and give each exercise all answers: the empty start, the wrong ones, and at last the solution.

    Returns:
        for each answer, in order: the exercise, which answer it was, `why` the check found it right or
        wrong, what it said, and the page around that.
    """
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(SETUP.rpartition("\n\n")[2], namespace)  # its import
    found = []
    for part in lesson.parts:
        if not isinstance(part, Exercise):
            if part.cell_type == "code":
                exec(compile(part.source, f"lesson {lesson.number}", "exec"), namespace)
            continue
        answers = [("start", part.start), *[(f"wrong: {why}", code) for why, code in part.wrong], ("solution", part.solution)]
        for kind, code in answers:
            if kind == "solution":
                here = namespace
            else:
                here = dict(namespace)
            exec(compile(code, f"exercise {part.name}, {kind}", "exec"), here)
            verdict = eval(compile(ast.parse(part.check, mode="eval"), f"check {part.name}", "eval"), here)
            page = verdict._repr_html_()
            found.append({"exercise": part.name, "answer": kind, "why": verdict.why, "text": verdict.text, "page": page})
    return found


if __name__ == "__main__":
    print(json.dumps(trial(Lesson(Path(sys.argv[1])))))
