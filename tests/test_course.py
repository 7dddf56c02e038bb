"""The course: each answer in its sources gets its message, in each language; notebooks and exports are made from the sources."""

import ast
import json
import os
import re
import shutil
import string
import subprocess
import sys
from pathlib import Path

import pytest

for module in ("jupytext", "nbformat", "matplotlib", "pandas", "sklearn"):
    pytest.importorskip(module)
nbformat = pytest.importorskip("nbformat")

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
sys.path.insert(0, str(NOTEBOOKS))

import course  # noqa: E402
from building.graders import nbgrader, otter  # noqa: E402
from building.lesson import LESSONS, Exercise, Lesson  # noqa: E402
from building.notebooks import solved, student, teachers_kit  # noqa: E402
from course.answers import read_texts  # noqa: E402
from course.verdict import Verdict  # noqa: E402

from autograd import Value  # noqa: E402

PATHS = sorted(LESSONS.glob("*.py"))
each_lesson = pytest.mark.parametrize("lesson", [Lesson(path) for path in PATHS], ids=[path.stem for path in PATHS])


@pytest.fixture
def with_earlier_lessons(tmp_path):
    """A folder of notebooks with the checks of lessons up to a number, and of no later ones."""

    def copy(number):
        later = [f"lesson_{i:02}.py" for i in range(number + 1, 22)]
        shutil.copytree(NOTEBOOKS / "course", tmp_path / "course", ignore=shutil.ignore_patterns("__pycache__", *later))
        shutil.copytree(NOTEBOOKS / "building", tmp_path / "building", ignore=shutil.ignore_patterns("__pycache__"))
        return tmp_path

    return copy


@each_lesson
def test_every_answer_in_the_source_gets_its_message_with_only_the_earlier_lessons(lesson, with_earlier_lessons):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "GLASSGRAD_COURSE": "short", "MPLBACKEND": "Agg"}
    command = [sys.executable, "-m", "building.trial", str(lesson.path)]
    run = subprocess.run(
        command, cwd=with_earlier_lessons(lesson.number), env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout.splitlines()[-1])
    whys = {exercise.name: [why for why, _ in exercise.wrong] for exercise in lesson.exercises}
    for said in found:
        if said["answer"] == "start":  # either nothing is there yet, or a mistake to mend, which is one of the wrong answers
            assert said["why"] in ("empty", "nothing", *whys[said["exercise"]]), said
        else:
            assert said["why"] == said["answer"].removeprefix("wrong: ").replace("solution", "right"), said
    assert len(found) == sum(2 + len(exercise.wrong) for exercise in lesson.exercises)
    # Two wrong answers to one exercise that get the same text are not told apart.
    for name in whys:
        texts = [said["text"] for said in found if said["exercise"] == name and said["answer"] != "start"]
        assert len(set(texts)) == len(texts), name


@each_lesson
def test_an_exercise_has_all_its_parts(lesson):
    for i, exercise in enumerate(lesson.exercises, start=1):
        assert exercise.name == f"{lesson.number}.{i}"
        assert exercise.task.startswith(f"### Exercise {exercise.name}: ")
        assert exercise.start
        assert exercise.hints
        assert exercise.solution
        assert exercise.wrong
        assert exercise.check.startswith(f'check("{exercise.name}", ')
        assert isinstance(ast.parse(exercise.check, mode="eval").body, ast.Call)


@each_lesson
def test_the_notebook_is_made_from_its_source(lesson):
    committed = nbformat.read(NOTEBOOKS / f"{lesson.path.stem}.ipynb", as_version=4)
    expected = student(lesson)
    assert [(cell.id, cell.source) for cell in committed.cells] == [(cell.id, cell.source) for cell in expected.cells], (
        f"Run: python notebooks/build.py {lesson.number}"
    )


def test_every_notebook_has_a_source():
    assert [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))] == [path.stem for path in PATHS]


@each_lesson
def test_the_lesson_is_in_the_syllabus(lesson):
    page = (NOTEBOOKS / "README.md").read_text(encoding="utf-8")
    assert f"| {lesson.number} | [{lesson.title}]({lesson.path.stem}.ipynb) |" in page


@each_lesson
def test_lines_of_the_source_are_short(lesson):
    assert [line for line in lesson.path.read_text(encoding="utf-8").splitlines() if len(line) > 120] == []


@pytest.mark.parametrize("page", ["README.md", "WRITING.md", "glossary.md", *[f"lessons/{path.name}" for path in PATHS]])
def test_links_between_lessons_lead_to_lessons_of_the_course(page):
    planned = re.findall(r"\]\((\d\d_\w+\.ipynb)\)", (NOTEBOOKS / "README.md").read_text(encoding="utf-8"))
    links = re.findall(r"\]\(([\w./]+\.(?:ipynb|md|py))[#)]", (NOTEBOOKS / page).read_text(encoding="utf-8"))
    assert [link for link in links if link not in planned and not (NOTEBOOKS / link).exists()] == []


def test_all_texts_are_there_in_german_too_with_the_same_gaps():
    def gaps(texts):
        return {
            (lesson, name): sorted({field for _, field, _, _ in string.Formatter().parse(text) if field})
            for lesson, table in texts.items()
            for name, text in table.items()
            if not re.fullmatch(r"\d+\.\d+", name)
        }

    english, german = read_texts("en"), read_texts("de")
    assert gaps(german) == gaps(english)
    assert {lesson: table.keys() for lesson, table in german.items()} == {lesson: table.keys() for lesson, table in english.items()}


def test_every_text_is_said_by_a_check_of_its_lesson():
    for lesson, table in read_texts("en").items():
        files = (NOTEBOOKS / "course").glob("*.py" if lesson == "any" else f"{lesson}.py")
        source = "".join(path.read_text(encoding="utf-8") for path in files)
        assert [name for name in table if f'"{name}"' not in source] == []


def test_checks_speak_german():
    course.speak("de")
    try:
        assert repr(course.check("2.4", 2)).startswith("Zwei Aufrufe")
    finally:
        course.speak("en")
    with pytest.raises(ValueError, match=r"The course does not speak 'xx'\. It speaks de, en\."):
        course.speak("xx")


def test_a_check_is_true_where_the_answer_is_right_and_shows_itself_in_a_notebook():
    assert course.check("2.4", 2_000_000)
    verdict = course.check("2.4", 1_000_000)
    assert not verdict
    assert "#d90429" in verdict._repr_html_()


def test_code_and_emphasis_in_a_text_are_shown_as_such_in_a_notebook():
    text = "This is *the wrong* one: `a * b`, and 2 * 3 * 4."
    assert "<em>the wrong</em> one: <code>a * b</code>, and 2 * 3 * 4." in Verdict("wrong", text)._repr_html_()


def test_the_first_wrong_box_is_drawn_in_red_with_the_numbers_of_the_learner():
    verdict = course.check("3.2", {"e": 4, "c": 2, "d": 4, "a": 12, "b": 8})
    boxes = [line for line in verdict.picture.source.splitlines() if "alarm" in line]
    assert len(boxes) == 1
    assert "<b>a</b>" in boxes[0]
    assert ">12<" in boxes[0]
    assert "data:image/svg+xml" in verdict._repr_html_()


def test_a_picture_is_an_image_that_fits_the_column_of_a_notebook_unless_its_texts_would_be_too_small():
    verdict = course.check("9.2", [6, 6, 9], [6, 6, 0], [[12, 6], [12, 6], [0, 0]])
    x = y = Value(2.0)
    for _ in range(20):
        y = y * x
    for drawing, style in ((verdict, "100%"), (course.picture(x * 3), "100%"), (course.picture(y), "none")):
        assert f'style="max-width: {style}" src="data:image/svg+xml;base64,' in drawing._repr_html_()


def test_an_answer_that_stops_with_an_error_is_a_wrong_answer():
    verdict = course.check("2.2", lambda f, x: f(x) / 0)
    assert verdict.why == "stopped"
    assert "ZeroDivisionError" in verdict.text


def test_a_number_where_a_function_is_asked_for_is_a_wrong_answer():
    assert course.check("2.2", 3).text == "This exercise asks for a function, and got 3. Give its name, without brackets."


def test_an_exercise_may_change_its_arguments():
    def gradient(f, numbers, h=1e-5):
        derivatives = []
        for i in range(len(numbers)):
            numbers[i] += h
            up = f(numbers)
            numbers[i] -= 2 * h
            derivatives.append((up - f(numbers)) / (2 * h))
            numbers[i] = 1e9  # only the last one is read again
        return derivatives[:1] + derivatives[1:]

    assert course.check("2.3", gradient).why == "other_result"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("# %% start\nx = ...\n", "the cell 'start' must follow the cell 'exercise' to which it belongs"),
        ("# %% exercise 1.1 [markdown]\n# task\n\n# %% begin\nx = ...\n", "there are no cells 'begin'. The parts of an exercise are start"),
    ],
)
def test_a_misplaced_or_misspelled_cell_is_an_error(source, sentence, tmp_path):
    (tmp_path / "01_wrong.py").write_text(source, encoding="utf-8")
    with pytest.raises(ValueError, match=sentence):
        Lesson(tmp_path / "01_wrong.py")


@each_lesson
def test_the_export_for_nbgrader_has_its_metadata_and_its_regions(lesson):
    notebook = nbgrader(lesson)
    nbformat.validate(notebook)
    graded = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    assert len(graded) == 2 * len(lesson.exercises)
    for answer, test in zip(graded[::2], graded[1::2], strict=True):
        assert answer.metadata.nbgrader.solution
        assert not answer.metadata.nbgrader.locked
        assert answer.source.count("### BEGIN SOLUTION") == answer.source.count("### END SOLUTION") == 1
        compile(answer.source, "answer", "exec")
        assert test.metadata.nbgrader.grade
        assert test.metadata.nbgrader.locked
        assert test.metadata.nbgrader.points == 1
    ids = [cell.metadata.nbgrader.grade_id for cell in graded]
    assert len(set(ids)) == len(ids)


@each_lesson
def test_the_export_for_otter_opens_and_closes_its_blocks(lesson):
    notebook = otter(lesson)
    nbformat.validate(notebook)
    raw = [cell.source.splitlines()[0] for cell in notebook.cells if cell.cell_type == "raw"]
    assert raw[0] == "# ASSIGNMENT CONFIG"
    blocks = ["BEGIN QUESTION", "BEGIN SOLUTION", "END SOLUTION", "BEGIN TESTS", "END TESTS", "END QUESTION"]
    assert raw[1:] == [f"# {block}" for block in blocks] * len(lesson.exercises)


@each_lesson
def test_the_students_versions_of_the_graders_have_the_start_and_no_solution(lesson):
    """As both tools make them: otter leaves out solutions and the lines around prompts, nbgrader what is between its markers."""
    for make, begin, end in ((otter, "# BEGIN SOLUTION NO PROMPT", "# END SOLUTION"), (nbgrader, "### BEGIN SOLUTION", "### END SOLUTION")):
        answers = [cell.source for cell in make(lesson).cells if cell.cell_type == "code" and begin in cell.source]
        assert len(answers) == len(lesson.exercises)
        for source, exercise in zip(answers, lesson.exercises, strict=True):
            before, _, rest = source.partition(begin)
            solution, _, after = rest.partition(end)
            assert solution.strip() == exercise.solution
            left = [line for line in (before + after).splitlines() if not line.endswith(("# BEGIN PROMPT", "# END PROMPT"))]
            assert "\n".join(left).strip() == exercise.start
            compile(source, "answer", "exec")


@each_lesson
def test_the_solved_notebook_has_solutions_in_place_of_the_dots_and_the_kit_has_the_wrong_answers(lesson):
    sources = [cell.source for cell in solved(lesson).cells]
    kit = teachers_kit(lesson)
    for exercise in lesson.exercises:
        assert exercise.solution in sources
        assert exercise.start not in sources
        assert all(code in kit for _, code in exercise.wrong)
    assert not any(note in "\n".join(cell.source for cell in student(lesson).cells) for note in lesson.notes)
    assert not [part for part in lesson.parts if isinstance(part, Exercise) and not part.solution]
