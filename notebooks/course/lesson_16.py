"""Checks of lesson 16: tables."""

import functools

import numpy as np

from .answers import exercise
from .comparing import number, run, same_function, shown
from .verdict import Wrong


@exercise("16.1")
def scaled(answer):
    wrong = {"knows_the_test": 20 / 14.1, "not_divided": 25, "own_mean": 0, "not_shifted": 50 / 11.2}
    number(answer, 25 / 11.2, wrong, tolerance=1e-2)


def hot(words, names):
    return [[int(word == name) for name in names] for word in words]


@exercise("16.2")
def one_hot(answer):
    names = ["pale", "red", "dark"]
    same_function(
        answer,
        hot,
        [(["pale"], names), (["dark", "red", "dark"], names), (["white", "pale"], names)],
        {
            "numbered": lambda words, names: [names.index(word) if word in names else -1 for word in words],
            "exchanged": lambda words, names: [[1 - entry for entry in row] for row in hot(words, names)],
            "on_its_side": lambda words, names: [list(column) for column in zip(*hot(words, names), strict=True)],
        },
    )


def filled(column, source):
    return np.where(np.isnan(column), np.nanmedian(source), column)


def scaled_by(column, source):
    return (column - source.mean()) / source.std()


def prepared(train, test):
    known = filled(train, train)
    return [scaled_by(known, known), scaled_by(filled(test, train), known)]


def all_together(train, test):
    both = np.concatenate([train, test])
    known = filled(both, both)
    return np.split(scaled_by(known, known), [len(train)])


def with_holes(train, test):
    return [(column - np.nanmean(train)) / np.nanstd(train) for column in (train, test)]


@exercise("16.3")
def prepare_column(answer):
    nan = np.nan
    cases = [
        (np.array([1.0, 3.0]), np.array([5.0, 1.0])),
        (np.array([1.0, 2.0, 9.0, nan]), np.array([4.0, nan, 8.0, 6.0])),
    ]
    given = run(answer, *cases[0])
    if not isinstance(given, (list, tuple)) or len(given) != 2:
        raise Wrong("a_pair", given=shown(given))

    @functools.wraps(answer)
    def as_list(train, test):
        return list(answer(train, test))

    same_function(
        as_list,
        prepared,
        cases,
        {
            "each_by_itself": lambda train, test: [prepared(train, train)[0], prepared(test, test)[0]],
            "all_together": all_together,
            "filled_with_0": lambda train, test: prepared(np.nan_to_num(train), np.nan_to_num(test)),
            "holes_left": with_holes,
        },
    )


@exercise("16.4")
def leaks(answer):
    named, late = {answer} if isinstance(answer, str) else set(answer), {"reminders_sent", "sold_to_collector"}
    if named == late:
        return
    if not named & late:
        raise Wrong("the_good_ones")
    if named < late:
        raise Wrong("one_more")
    raise Wrong("known_before", name=min(named - late))
