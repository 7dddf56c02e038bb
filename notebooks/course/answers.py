"""`check`, which finds the check of an exercise and says in words what it found."""

import importlib
import tomllib
from pathlib import Path

from .verdict import Verdict, Wrong

__all__ = ["check", "exercise", "read_texts", "speak"]

CHECKS = {}  # the name of an exercise, such as "2.1" -> the function that checks it
spoken = {"language": "en"}


def exercise(name):
    """Decorates the function that checks an exercise: it takes the answer, and raises `Wrong` if that is wrong."""

    def remember(function):
        CHECKS[name] = function
        return function

    return remember


def check(name, *answer):
    """Whether the answer to an exercise is right; if not, what went wrong.

    Args:
        name: the exercise, such as "2.1".
        answer: what the exercise asks for: a number, several numbers, a function, or a class.

    Returns:
        a `Verdict`, which a notebook shows. It is true if the answer is right.
    """
    lesson = f"lesson_{int(str(name).partition('.')[0]):02}"
    importlib.import_module(f"{__package__}.{lesson}")
    texts = read_texts(spoken["language"])
    said = texts["any"] | texts[lesson]
    try:
        if any(part is ... for part in answer):
            raise Wrong("empty")
        CHECKS[name](*answer)
    except Wrong as wrong:
        return Verdict(wrong.why, said[wrong.why].format(**wrong.facts), wrong.picture)
    except Exception as error:  # such as a text where a number belongs
        return Verdict("unusable", said["unusable"].format(error=f"{type(error).__name__}: {error}"))
    return Verdict("right", said.get(name, said["right"]))


def speak(language):
    """Choose the language in which checks answer: "en" for English, "de" for German."""
    read_texts(language)
    spoken["language"] = language


def read_texts(language):
    """All texts in a language: for each lesson a table, and "any" for those that all lessons share."""
    path = Path(__file__).parent / f"texts_{language}.toml"
    if not path.exists():
        there = sorted(file.stem.removeprefix("texts_") for file in path.parent.glob("texts_*.toml"))
        raise ValueError(f"The course does not speak {language!r}. It speaks {', '.join(there)}.")
    return tomllib.loads(path.read_text(encoding="utf-8"))
