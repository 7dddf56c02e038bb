"""Reading a lesson: cells, and exercises made of cells. `WRITING.md` describes the format."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import jupytext
from nbformat import NotebookNode

__all__ = ["LESSONS", "NOTEBOOKS", "Exercise", "Lesson"]

NOTEBOOKS = Path(__file__).parents[1]
LESSONS = NOTEBOOKS / "lessons"
PARTS = "start, check, hint, solution and wrong"


@dataclass
class Exercise:
    """An exercise.

    Attributes:
        name: its lesson and number, such as "3.1".
        task: what is asked, in Markdown.
        start: the code that the learner begins with.
        check: the call of `check`.
        hints: from the smallest to the largest, in Markdown.
        solution: code in the place of `start`.
        wrong: typical wrong answers, also as code in the place of `start`, each with the name of the text that
            the check must say.
    """

    name: str
    task: str
    start: str = ""
    check: str = ""
    hints: list[str] = field(default_factory=list)
    solution: str = ""
    wrong: list[tuple[str, str]] = field(default_factory=list)


class Lesson:
    """A lesson.

    Attributes:
        path: its source.
        parts: in order, cells of the notebook and exercises.
        notes: what is for teachers only, in Markdown.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parts: list[NotebookNode | Exercise] = []
        self.notes: list[str] = []
        exercise: Exercise | None = None
        for cell in jupytext.read(path, fmt="py:percent").cells:
            part, _, name = cell.metadata.get("title", "").partition(" ")
            if part == "exercise":
                exercise = Exercise(name, cell.source)
                self.parts.append(exercise)
            elif part == "teacher":
                self.notes.append(cell.source)
            elif part in ("", "long"):
                self.parts.append(cell)
                exercise = None
            elif exercise is None:
                raise ValueError(f"{path.name}: the cell {part!r} must follow the cell 'exercise' to which it belongs.")
            elif part == "hint":
                exercise.hints.append(cell.source)
            elif part == "wrong:":
                exercise.wrong.append((name, cell.source))
            elif part in ("start", "check", "solution"):
                setattr(exercise, part, cell.source)
            else:
                raise ValueError(f"{path.name}: there are no cells {part!r}. The parts of an exercise are {PARTS}.")

    @property
    def number(self) -> int:
        return int(self.path.stem[:2])

    @property
    def title(self) -> str:
        """The heading of the first cell."""
        return self.parts[0].source.splitlines()[0].removeprefix("# ")

    @property
    def exercises(self) -> list[Exercise]:
        return [part for part in self.parts if isinstance(part, Exercise)]
