"""Exports for nbgrader and otter-grader: the instructor's version of an assignment, in the format that each documents."""

from __future__ import annotations

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from .lesson import Exercise, Lesson
from .notebooks import assemble, folded_hints

__all__ = ["nbgrader", "otter"]


def nbgrader(lesson: Lesson) -> NotebookNode:
    """For the folder `source` of a course with nbgrader; `nbgrader generate_assignment` takes the solutions out."""
    return assemble(lesson, _for_nbgrader)


def _for_nbgrader(exercise: Exercise) -> list[NotebookNode]:
    def about(part: str, **more: object) -> dict[str, object]:
        id = f"{part}_{exercise.name.replace('.', '_')}"
        return {"nbgrader": {"schema_version": 3, "grade_id": id, "task": False, **more}}

    answer = f"{exercise.start}\n\n### BEGIN SOLUTION\n{exercise.solution}\n### END SOLUTION"
    return [
        new_markdown_cell("\n\n".join([exercise.task, *folded_hints(exercise)])),
        new_code_cell(answer, metadata=about("answer", solution=True, grade=False, locked=False)),
        new_code_cell(_asserted(exercise), metadata=about("check", solution=False, grade=True, locked=True, points=1)),
    ]


def otter(lesson: Lesson) -> NotebookNode:
    """For `otter assign`, beside the folder `course`."""
    notebook = assemble(lesson, _for_otter)
    config = f"# ASSIGNMENT CONFIG\nname: {lesson.path.stem}\nfiles:\n- course\nexport_cell: false"
    notebook.cells.insert(0, new_raw_cell(config, id=f"{lesson.number:02}-config"))
    return notebook


def _for_otter(exercise: Exercise) -> list[NotebookNode]:
    # In the student's version otter leaves out the solution, and the lines that end with BEGIN PROMPT and END PROMPT.
    solution = f"# BEGIN SOLUTION NO PROMPT\n{exercise.solution}\n# END SOLUTION"
    answer = f'{solution}\n""" # BEGIN PROMPT\n{exercise.start}\n""" # END PROMPT'
    return [
        new_raw_cell(f"# BEGIN QUESTION\nname: q{exercise.name.replace('.', '_')}\npoints: 1"),
        new_markdown_cell("\n\n".join([exercise.task, *folded_hints(exercise)])),
        new_raw_cell("# BEGIN SOLUTION"),
        new_code_cell(answer),
        new_raw_cell("# END SOLUTION"),
        new_raw_cell("# BEGIN TESTS"),
        new_code_cell(_asserted(exercise)),
        new_raw_cell("# END TESTS"),
        new_raw_cell("# END QUESTION"),
        new_code_cell(exercise.check),  # otter says only that a test failed, and this says why
    ]


def _asserted(exercise: Exercise) -> str:
    """The check as code that fails if the answer is wrong, and says why."""
    return f"verdict = {exercise.check}\nassert verdict, verdict"
