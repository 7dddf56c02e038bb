"""Make the notebooks of the course from their sources in `lessons/`.

    python notebooks/build.py          # all lessons
    python notebooks/build.py 3 4      # lessons 3 and 4
    python notebooks/build.py --try 3  # what the checks of lesson 3 say to the answers in its source

For each lesson it writes the notebook for learners, with its outputs, into `notebooks/`. Into `out/course/`
it writes, for teachers: `solved/`, `teacher/` (timings, what to watch for, questions for an examination), and
`nbgrader/` and `otter/`, the instructor's versions for these two programs. `WRITING.md` describes the sources.
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

import nbformat
from building.graders import nbgrader, otter
from building.lesson import LESSONS, NOTEBOOKS, Lesson
from building.notebooks import solved, student, teachers_kit
from building.trial import trial
from nbclient import NotebookClient

OUT = NOTEBOOKS.parent / "out" / "course"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="*", type=int, help="the numbers of lessons (default: all)")
    parser.add_argument("--try", dest="attempt", action="store_true", help="say what the checks say, and write nothing")
    arguments = parser.parse_args()
    for path in sorted(LESSONS.glob("*.py")):
        lesson = Lesson(path)
        if arguments.lessons and lesson.number not in arguments.lessons:
            continue
        if arguments.attempt:
            for said in trial(lesson):
                print(f"{said['exercise']}  {said['answer']}: {said['text']}")
        else:
            print(f"{path.stem} …")
            build(lesson)


def build(lesson: Lesson, out: Path = OUT) -> None:
    """Write everything that is made from a lesson."""
    name = f"{lesson.path.stem}.ipynb"
    nbformat.write(executed(student(lesson)), NOTEBOOKS / name)
    for folder in ("solved", "teacher", "nbgrader", "otter"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    nbformat.write(executed(solved(lesson)), out / "solved" / name)
    (out / "teacher" / f"{lesson.path.stem}.md").write_text(teachers_kit(lesson), encoding="utf-8")
    # nbgrader wants a folder for each assignment, and both want the checks beside the notebook.
    write_with_course(nbgrader(lesson), out / "nbgrader" / lesson.path.stem / name)
    write_with_course(otter(lesson), out / "otter" / name)


def write_with_course(notebook: nbformat.NotebookNode, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    shutil.copytree(NOTEBOOKS / "course", path.parent / "course", dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))


def executed(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook with its outputs, as Jupyter computes them in the folder of the notebooks."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(NOTEBOOKS.parent), os.environ.get("PYTHONPATH", "")])
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(NOTEBOOKS)}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times, which differ from run to run
    return notebook


if __name__ == "__main__":
    main()
