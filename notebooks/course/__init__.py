"""The exercises of the course: `check("2.1", answer)` says whether an answer is right, and if not, which idea went wrong.

The checks of lesson 2 are in `lesson_02.py`, and so on; read them after you have solved the exercises. All that
a check says is in `texts_en.toml`, and in German in `texts_de.toml`: `speak("de")` switches.
"""

from .answers import check, exercise, speak
from .comparing import attempt, number, run, same_function
from .graphs import picture
from .running import short
from .verdict import Verdict, Wrong

__all__ = ["Verdict", "Wrong", "attempt", "check", "exercise", "number", "picture", "run", "same_function", "short", "speak"]
