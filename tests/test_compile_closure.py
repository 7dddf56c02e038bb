"""What a compiled function sees outside of its arguments may change, and the next call knows it."""

import array
import collections
import types

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value
from autograd.state import update

w = [Value(2.0), Value(-1.0)]
factor = 2.0


def values(*numbers):
    return [Value(x) for x in numbers]


def scaled(x):
    return x * factor


def test_parameters_made_by_the_first_call_are_found():
    class Lazy:
        weight = None

        def __call__(self, x):
            if self.weight is None:
                self.weight = Value(3.0)
            return self.weight * x

    lazy = Lazy()
    f = autograd.compile(lambda x: lazy(x))
    f(2.0).backward()
    assert lazy.weight.grad == 2.0
    lazy.weight.data = 10.0
    assert f(2.0).data == 20.0


def test_a_global_number_may_change(monkeypatch):
    f = autograd.compile(lambda x: scaled(x) + factor)
    assert f(3.0).data == 8.0
    monkeypatch.setitem(globals(), "factor", 10.0)
    assert f(3.0).data == 40.0
    assert len(f.programs) == 1


def test_a_closed_over_number_list_dict_set_or_array_may_change():
    k, items, names, array, nested = 2.0, [1.0], {"a": 1.0}, np.array([1.0, 2.0]), {"x": [(1.0, [2.0])]}
    chosen = {0}

    @autograd.compile
    def f(x):
        return x * k + sum(items) + names["a"] + float(array[0]) + nested["x"][0][1][0] + len(chosen)

    def expect(number):
        assert f(1.0).data == number
        assert f(1.0).data == number

    expect(2 + 1 + 1 + 1 + 2 + 1)
    k = 3.0
    expect(9.0)
    items.append(10.0)
    expect(19.0)
    items[0] = 2.0
    expect(20.0)
    names["a"] = 5.0
    expect(24.0)
    array[0] = 2.0
    expect(25.0)
    nested["x"][0][1][0] = 3.0
    expect(26.0)
    array = np.array([7.0])
    expect(31.0)
    array[0] = 8.0
    expect(32.0)
    chosen.add(1)
    expect(33.0)


def test_parameters_may_be_replaced_even_by_equal_ones():
    v = values(1.0, 2.0)
    box = {"b": Value(3.0)}
    f = autograd.compile(lambda x: sum(a * x for a in v) + box["b"])
    f(2.0).backward()
    old, v[0] = v[0], Value(1.0)
    old.zero_grad()
    f(2.0).backward()
    assert (old.grad, v[0].grad) == (0.0, 2.0)
    old, box["b"] = box["b"], Value(3.0)
    old.zero_grad()
    f(2.0).backward()
    assert (old.grad, box["b"].grad) == (0.0, 1.0)
    v = values(1.0, 2.0)
    f(2.0).backward()
    assert v[1].grad == 2.0


def test_attributes_classes_slots_properties_and_defaults_may_change():
    class Base:
        slope = 2.0

        @property
        def double(self):
            return 2 * self.half * factor

        @staticmethod
        def shift(x, by=1.0):
            return x + by

    class Slotted(Base):
        __slots__ = ("half",)

    thing = Slotted()
    thing.half = 0.5
    f = autograd.compile(lambda x: Slotted.shift(x * thing.slope * thing.double))
    assert f(1.0).data == 5.0
    thing.half = 1.0
    assert f(1.0).data == 9.0
    Base.slope = 3.0
    assert f(1.0).data == 13.0
    Base.shift.__defaults__ = (2.0,)
    assert f(1.0).data == 14.0
    Base.double = property(lambda self: 1.0)
    assert f(1.0).data == 5.0

    def g(x, k=2.0, *, shift=1.0):
        return x * k + shift

    compiled = autograd.compile(g)
    assert compiled(3.0).data == 7.0
    g.__defaults__ = (5.0,)
    g.__kwdefaults__["shift"] = 0.5
    assert compiled(3.0).data == 15.5


def test_methods_of_users_classes_read_globals_too(monkeypatch):
    class Model(nn.Module):
        def __init__(self):
            self.w = Value(2.0)

        def forward(self, x):
            return self.w * x * factor

    model = Model()
    f = autograd.compile(lambda x: model(x))
    assert f(1.0).data == 4.0
    monkeypatch.setitem(globals(), "factor", 3.0)
    assert f(1.0).data == 6.0


def test_a_modules_variable_may_change(monkeypatch):
    import sys
    import types

    config = types.ModuleType("config_of_this_test")
    config.rate = 2.0
    monkeypatch.setitem(sys.modules, config.__name__, config)
    monkeypatch.setitem(globals(), "config", config)
    f = autograd.compile(lambda x: x * config.rate)
    assert f(1.0).data == 2.0
    config.rate = 3.0
    assert f(1.0).data == 3.0


def test_what_is_read_for_other_names_does_not_compile_again():
    data = [1.0]  # the function reads an attribute of this name, not this variable

    class Box:
        data = 2.0

    box = Box()
    f = autograd.compile(lambda x: x * box.data)
    f(1.0)
    program = f.programs[next(iter(f.programs))]
    data.append(2.0)
    f(1.0)
    assert f.programs[next(iter(f.programs))] is program


class Cached:
    """It answers for any attribute."""

    def __getattr__(self, name):
        return {"scale": factor}[name]


def test_containers_of_the_standard_library_may_change():
    mapping = {"a": 1.0, "b": 2.0}
    seen = collections.UserDict(a=1.0)
    chain = collections.ChainMap({"a": 1.0})
    raw = bytearray(b"\x01")
    numbers = array.array("d", [1.0])
    view = types.MappingProxyType(mapping)

    def reorder():
        mapping["a"] = mapping.pop("a")

    cases = [
        (lambda x: w[0] * x * seen["a"], lambda: seen.update(a=3.0)),
        (lambda x: w[0] * x * chain["a"], lambda: chain.update(a=3.0)),
        (lambda x: w[0] * x * raw[0], lambda: raw.__setitem__(0, 3)),
        (lambda x: w[0] * x * numbers[0], lambda: numbers.__setitem__(0, 3.0)),
        (lambda x: w[0] * x * next(iter(mapping.values())), reorder),
        (lambda x: w[0] * x * view["b"], lambda: mapping.update(b=3.0)),
    ]
    for f, change in cases:
        compiled = autograd.compile(f)
        before = compiled(2.0).data
        assert before == f(2.0).data
        change()
        assert compiled(2.0).data == f(2.0).data != before


@pytest.mark.parametrize("f", [lambda x: w[0] * x * globals()["factor"], lambda x: w[0] * x * eval("factor")], ids=["globals", "eval"])
def test_variables_read_by_their_name_are_refused(f):
    with pytest.raises(TypeError, match=r"it can see `(globals|eval)`, .* pass it as an argument"):
        autograd.compile(f)(1.0)


def test_an_object_that_answers_for_any_attribute(monkeypatch):
    cached = Cached()
    f = autograd.compile(lambda x: w[0] * x * cached.scale)
    assert f(1.0).data == 4.0
    monkeypatch.setitem(globals(), "factor", 5.0)
    assert f(1.0).data == f.function(1.0).data


def test_another_librarys_object_is_refused():
    scaler = pytest.importorskip("sklearn.preprocessing").StandardScaler().fit([[1.0], [3.0]])
    f = autograd.compile(lambda x: w[0] * (x - scaler.mean_[0]))
    with pytest.raises(TypeError, match=r"it can see `scaler`, a StandardScaler, .* pass it as an argument"):
        f(5.0)


def test_a_change_that_is_said_through_update_happens_at_each_call():
    seen = types.SimpleNamespace(last=None, shape=None, other=1.0)

    def change(y, z, text):
        seen.last, seen.shape = y, (z.shape, text)

    @autograd.compile
    def f(x):
        y = w[0] * x[0]
        update(seen, ["last", "shape"], change, y=y, z=Tensor(np.ones(2)) * y, text="a")
        return y * y * seen.other

    for x in (1.0, 3.0):
        result = f([x])
        assert seen.last == 2.0 * x
        assert seen.shape == ((2,), "a")
        result.backward()
        assert w[0].grad == 4.0 * x * x
        w[0].zero_grad()
    assert len(f.programs) == 1
    program = next(iter(f.programs.values()))
    f([4.0])
    assert next(iter(f.programs.values())) is program
    seen.other = 2.0
    assert f([1.0]).data == 8.0
    f.function([5.0])
    assert seen.last == 10.0
