"""Making notebooks out of the lessons in `notebooks/lessons`; see `WRITING.md`.

`lesson.py` reads a lesson, `notebooks.py` makes the notebooks of learners and teachers, `graders.py` those
of nbgrader and otter-grader, and `trial.py` runs a lesson with all answers to its exercises.
"""
