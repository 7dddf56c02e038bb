"""The notebook of a learner, the solved one, and the teacher's kit."""

from __future__ import annotations

import re

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from .lesson import Exercise, Lesson

__all__ = ["SETUP", "assemble", "folded", "solved", "student", "teachers_kit"]

SETUP = """\
# Install what is missing.
try:
    import autograd, nn, matplotlib, pandas, sklearn
except ImportError:
    %pip install --quiet "..[notebooks]"

from course import check"""


def student(lesson: Lesson) -> NotebookNode:
    """The notebook of a learner: each exercise with its hints and its solution folded below."""
    return assemble(
        lesson,
        lambda exercise: [
            new_markdown_cell(exercise.task),
            new_code_cell(exercise.start),
            new_code_cell(exercise.check),
            new_markdown_cell("\n\n".join([*folded_hints(exercise), folded("Solution", f"```python\n{exercise.solution}\n```")])),
        ],
    )


def solved(lesson: Lesson) -> NotebookNode:
    """The notebook with all exercises solved."""
    return assemble(
        lesson, lambda exercise: [new_markdown_cell(exercise.task), new_code_cell(exercise.solution), new_code_cell(exercise.check)]
    )


def assemble(lesson, cells_of, setup=SETUP) -> NotebookNode:
    """A notebook of a lesson, with `cells_of(exercise)` as the cells of each exercise."""
    notebook = new_notebook(metadata={"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}})
    for part in lesson.parts:
        if isinstance(part, Exercise):
            notebook.cells += cells_of(part)
        elif part.cell_type == "markdown":
            notebook.cells.append(new_markdown_cell(part.source))
        else:
            notebook.cells.append(new_code_cell(part.source, metadata={"tags": ["long"]} if "title" in part.metadata else {}))
    notebook.cells.insert(1, new_code_cell(setup))
    for i, cell in enumerate(notebook.cells):
        cell.id = f"{lesson.number:02}-{i:02}"
    return notebook


def folded_hints(exercise: Exercise) -> list[str]:
    if len(exercise.hints) == 1:
        return [folded("Hint", exercise.hints[0])]
    return [folded(f"Hint {i}", hint) for i, hint in enumerate(exercise.hints, start=1)]


def folded(title: str, text: str) -> str:
    """Markdown behind a title that opens by a click."""
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def teachers_kit(lesson: Lesson) -> str:
    """What a teacher needs besides the solved notebook, in Markdown: notes, and typical wrong answers with what they mean."""
    from course.answers import read_texts

    texts = read_texts("en")
    said = texts["any"] | texts.get(f"lesson_{lesson.number:02}", {})
    pages = [f"# Lesson {lesson.number}: {lesson.title}", *lesson.notes, "## The exercises"]
    for exercise in lesson.exercises:
        pages += [exercise.task, f"Solution:\n\n```python\n{exercise.solution}\n```"]
        for why, code in exercise.wrong:
            text = re.sub(r"\{\w+\}", "…", said[why])
            pages.append(f"Typical wrong answer:\n\n```python\n{code}\n```\n\n> {text}")
    return "\n\n".join(pages) + "\n"
