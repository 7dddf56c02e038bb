# ruff: noqa: E501
"""The white list: whatever a compiled function can reach is noticed when it has changed, or refused when it is compiled."""

import array
import collections
import contextvars
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import io
import itertools
import os
import pathlib
import random
import time
import types
import weakref

import numpy as np
import pytest

import autograd
import nn
from autograd import Value

w = Value(2.0)
config = types.ModuleType("a_config_of_this_test")
config.rate = 2.0
clock = time.time_ns


@dataclasses.dataclass
class Settings:
    rate: float = 2.0
    hidden: float = dataclasses.field(default=1.0, compare=False)


class Row(list):
    scale = 1.0


class Base:
    scale = 2.0

    def read(self):
        return self.scale


class Sub(Base):
    pass


class Color(enum.Enum):
    RED = 2.0


class Slots:
    __slots__ = ("rate",)


Point = collections.namedtuple("Point", "x y")


def case(make, read, change):
    """A thing, how a function reads a number from it, and how it is changed."""
    return make, read, change


NOTICED = {
    "list": case(lambda: [2.0], lambda t: t[0], lambda t: t.__setitem__(0, 3.0)),
    "nested": case(lambda: [[2.0]], lambda t: t[0][0], lambda t: t[0].__setitem__(0, 3.0)),
    "another type": case(lambda: [2], lambda t: 1.0 if type(t[0]).__name__ == "int" else 3.0, lambda t: t.__setitem__(0, 2.0)),
    "bool": case(lambda: [1], lambda t: 2.0 if t[0] is True else 1.0, lambda t: t.__setitem__(0, True)),
    "sign of zero": case(lambda: [0.0], lambda t: np.copysign(1.0, t[0]), lambda t: t.__setitem__(0, -0.0)),
    "dict": case(lambda: {"a": 2.0}, lambda t: t["a"], lambda t: t.update(a=3.0)),
    "dict key": case(lambda: {1: 2.0}, lambda t: 2.0 if True in [k is True for k in t] else 1.0, lambda t: (t.pop(1), t.update({True: 2.0}))),
    "bound method": case(lambda: {"a": 2.0}.get, lambda t: t("a"), lambda t: t.__self__.update(a=3.0)),
    "set": case(lambda: {1.0}, lambda t: float(len(t)), lambda t: t.add(2.0)),
    "deque": case(lambda: collections.deque([2.0]), lambda t: t[0], lambda t: t.appendleft(3.0)),
    "counter": case(lambda: collections.Counter("a"), lambda t: t["a"], lambda t: t.update("a")),
    "ordered": case(lambda: collections.OrderedDict(a=1.0, b=2.0), lambda t: next(iter(t.values())), lambda t: t.move_to_end("a")),
    "default dict": case(lambda: collections.defaultdict(float, a=2.0), lambda t: t["a"], lambda t: t.update(a=3.0)),
    "subclass of list": case(lambda: Row([2.0]), lambda t: t.scale, lambda t: setattr(t, "scale", 3.0)),
    "array": case(lambda: np.array([2.0]), lambda t: float(t[0]), lambda t: t.__setitem__(0, 3.0)),
    "objects": case(lambda: np.array([2.0, "a"], object), lambda t: t[0], lambda t: t.__setitem__(0, 3.0)),
    "bytes": case(lambda: bytearray(b"\x02"), lambda t: t[0], lambda t: t.__setitem__(0, 3)),
    "array.array": case(lambda: array.array("d", [2.0]), lambda t: t[0], lambda t: t.__setitem__(0, 3.0)),
    "module": case(lambda: config, lambda t: t.rate, lambda t: setattr(t, "rate", t.rate + 1.0)),
    "module by name": case(lambda: config, lambda t: getattr(t, "rate"), lambda t: setattr(t, "rate", t.rate + 1.0)),  # noqa: B009
    "namespace": case(lambda: types.SimpleNamespace(rate=2.0), lambda t: t.rate, lambda t: setattr(t, "rate", 3.0)),
    "dataclass": case(Settings, lambda t: t.rate, lambda t: setattr(t, "rate", 3.0)),
    "not compared": case(lambda: [Settings()], lambda t: t[0].hidden, lambda t: t.__setitem__(0, Settings(hidden=3.0))),
    "named tuple": case(lambda: Point([2.0], 1.0), lambda t: t.x[0], lambda t: t.x.__setitem__(0, 3.0)),
    "slots": case(Slots, lambda t: getattr(t, "rate", 1.0), lambda t: setattr(t, "rate", 3.0)),
    "class attribute": case(Sub, lambda t: t.read(), lambda t: setattr(Base, "scale", Base.scale + 1.0)),
    "method added": case(Sub, lambda t: t.read(), lambda t: setattr(Sub, "read", lambda self: 7.5)),
    "other class": case(lambda: types.SimpleNamespace(o=Sub()), lambda t: t.o.scale, lambda t: setattr(t.o, "scale", 9.0)),
    "enum": case(lambda: [Color.RED], lambda t: t[0].value, lambda t: t.__setitem__(0, types.SimpleNamespace(value=3.0))),
    "partial": case(lambda: functools.partial(lambda k, x: k[0] * x, [2.0]), lambda t: t(1.0), lambda t: t.args[0].__setitem__(0, 3.0)),
    "default": case(lambda: lambda k=[2.0]: k[0], lambda t: t(), lambda t: t.__defaults__[0].__setitem__(0, 3.0)),
    "fraction": case(lambda: [fractions.Fraction(2)], lambda t: float(t[0]), lambda t: t.__setitem__(0, fractions.Fraction(3))),
    "decimal": case(lambda: [decimal.Decimal(2)], lambda t: float(t[0]), lambda t: t.__setitem__(0, decimal.Decimal(3))),
}


@pytest.mark.parametrize("kind", NOTICED)
def test_what_is_on_the_list_is_noticed_when_it_has_changed(kind):
    make, read, change = NOTICED[kind]
    thing = make()
    f = autograd.compile(lambda x: w * x * read(thing))
    for _ in range(2):
        assert f(1.0).data == f.function(1.0).data
    before = f(1.0).data
    change(thing)
    assert f(1.0).data == f.function(1.0).data != before


@functools.lru_cache
def cached():
    return 2.0


def numbers():
    yield from itertools.repeat(2.0)


class Ticking:
    def __init__(self):
        self.it = iter([1.0, 2.0, 3.0])


ticking = Ticking()
REFUSED = {
    "iterator": (iter([1.0, 2.0]), next), "generator": (numbers(), next), "count": (itertools.count(), next), "cycle": (itertools.cycle([1.0]), next),
    "zip": (zip([1.0], [2.0], strict=True), lambda t: next(t)[0]), "map": (map(float, [1, 2]), next), "enumerate": (enumerate([1.0]), lambda t: next(t)[1]),
    "iterator of an object": (ticking, lambda t: next(t.it)), "keys": ({1.0: 2}.keys(), lambda t: next(iter(t))), "bound next": (iter([1.0]).__next__, lambda t: t()),
    "file": (io.StringIO("1\n2\n"), lambda t: float(t.readline())), "memory view": (memoryview(b"\x01"), lambda t: t[0]), "path": (pathlib.Path("x"), lambda t: len(t.name)),
    "weak reference": (weakref.ref(ticking), lambda t: 1.0 if t() else 2.0), "context": (contextvars.ContextVar("c", default=1.0), lambda t: t.get()),
    "date": (datetime.date(2020, 1, 1), lambda t: t.day), "today": (datetime.datetime, lambda t: t.now().second), "clock": (clock, lambda t: t()),
    "environment": (os.environ, lambda t: len(t)), "getenv": (os.getenv, lambda t: len(t("HOME"))), "cache": (cached, lambda t: t()), "open": (open, lambda t: 1.0 if t else 2.0),
    "seed": (np.random.default_rng, lambda t: t().random()), "masked": (np.ma.array([1.0]), lambda t: float(t[0])), "module": (os, lambda t: t.getpid()), "id": (id, lambda t: t(1)),
    "np.load": (np.load, lambda t: t("x")), "new dice": (random.Random, lambda t: t().random()), "input": (input, lambda t: float(t())), "nditer": (np.nditer(np.ones(2)), lambda t: 1.0),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_on_the_list_is_refused_with_its_name(kind):
    thing, read = REFUSED[kind]
    with pytest.raises(TypeError, match=r"cannot be compiled: it can see `(thing|t|datetime)\b.*`, .* pass it as an argument"):
        autograd.compile(lambda x: w * x * read(thing))(1.0)


def swallow(x):
    try:
        return w * x * time.time()
    except BaseException:
        return w * x


def import_inside(x):
    import time as t

    return w * x * t.time()


def import_from_inside(x):
    from os import getpid as number

    return w * x * number()


def through_an_alias(x):
    library = np
    return w * x * library.random.default_rng().random()


def in_a_comprehension(x):
    return sum(w * x * time.time() for _ in range(2))


@pytest.mark.parametrize("f", [swallow, import_inside, import_from_inside, through_an_alias, in_a_comprehension])
def test_swallowing_importing_and_aliases_do_not_help(f):
    with pytest.raises(TypeError, match="pass it as an argument"):
        autograd.compile(f)(1.0)


def test_a_method_that_nobody_calls_may_do_what_it_likes():
    class Experiment:
        def __init__(self):
            self.log, self.start, self.w = iter(()), time.time(), Value(3.0)

        def loss(self, x):
            return self.w * x

        def report(self):
            print(time.time() - self.start, next(self.log))

    f = autograd.compile(Experiment().loss)
    assert f(2.0).data == 6.0


def test_a_variable_that_appears_later_is_noticed():
    def f(x):
        try:
            return w * x * appears_later
        except NameError:
            return w * x

    compiled = autograd.compile(f)
    assert compiled(1.0).data == 2.0
    globals()["appears_later"] = 5.0
    try:
        assert compiled(1.0).data == 10.0
    finally:
        del globals()["appears_later"]


TYPES = [
    (lambda x: isinstance(x, float), 2.0), (lambda x: isinstance(x, float), 2), (lambda x: isinstance(x, int), 2), (lambda x: hasattr(x, "shape"), 2.0),
    (lambda x: isinstance(x, np.ndarray), np.ones(2)), (lambda x: isinstance(x[1:], np.ndarray), np.ones(2)), (lambda x: isinstance(x[0], np.floating), np.ones(2)),
    (lambda x: isinstance(x[0], float), [1.0, 2.0]), (lambda x: x.__class__ is float, 2.0), (lambda x: isinstance(x, Value), Value(1.0)),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "x"), TYPES)
def test_what_is_asked_about_the_type_of_an_argument_has_the_answer_of_an_ordinary_call(ask, x):
    f = autograd.compile(lambda x: w * (1.0 if ask(x) else 5.0))
    assert f(x).data == f.function(x).data


ASKED = [
    (lambda x: type(x) is float, 2.0), (lambda x: hasattr(x, "exp"), 2.0), (lambda x: getattr(x, "tanh", None) is None, 2.0),
    (lambda x: hasattr(x, "is_integer"), 2.0), (lambda x: len(set(x)) == 1, [2.0, 2.0]), (lambda x: x[0] in {1.0: 2}, [2.0]),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "x"), ASKED)
def test_what_a_stand_in_cannot_answer_is_refused(ask, x):
    with pytest.raises(TypeError, match="pass it as an argument"):
        autograd.compile(lambda x: w * (1.0 if ask(x) else 5.0))(x)


def test_the_list_of_a_models_parameters_may_be_seen():
    model = nn.MLP(2, [3, 1], rng=0)
    parameters = model.parameters()
    loss = autograd.compile(lambda x: model(x) + sum(p * p for p in parameters))
    assert loss([1.0, 2.0]).data == pytest.approx(loss.function([1.0, 2.0]).data)
