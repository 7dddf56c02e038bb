"""What is generated from the table computes what the table says: methods of `Value`, and the backward step of each primitive."""

import inspect
import math
import sys
import threading

import numpy as np
import pytest

import autograd
from autograd import Primitive, Tensor, Value, detect_anomaly, no_grad, scope, table
from autograd.core import Walk
from autograd.layout import Layout
from autograd.methods import Methods, named, operators
from autograd.rules import step

NUMBERS = [0.0, -0.0, 1.0, -1.0, 0.3, -2.5, 40.0, 1e4, -1e4, 1e200, math.inf, -math.inf, math.nan, 2, 0, -3]
ENTRIES = {name: entry for name, entry in {**operators(), **named()}.items() if vars(Value).get(name) is not None}
ONE = {name: entry for name, entry in ENTRIES.items() if entry.arity == 1}
TWO = {name: entry for name, entry in ENTRIES.items() if entry.arity == 2}


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


def check(node, primitive, inputs):
    """The node is what the general way makes of the inputs, forward and backward."""
    general = Value._apply(primitive, inputs, {})
    assert type(node) is Value
    assert type(node.data) is float
    assert same(node.data, general.data)
    assert node.primitive is primitive
    assert len(node.inputs) == len(inputs)
    assert all(x is y for x, y in zip(node.inputs, inputs, strict=True))
    with Walk({node: 1.5}) as walk:
        walk.run(step, pulls=True)
        quick = dict(walk.found())
    with Walk({node: 1.5}) as walk:
        walk.run(step)
        slow = dict(walk.found())
    assert quick.keys() == slow.keys()
    for x in quick:
        assert type(quick[x]) is float
        assert same(quick[x], slow[x]) or quick[x] == pytest.approx(slow[x], rel=1e-14), (primitive, inputs)


@pytest.mark.parametrize("name", ONE)
def test_a_method_of_one_number_is_the_entry(name):
    for number in NUMBERS:
        x = Value(number)
        check(getattr(x, name)(), ONE[name], (x,))


@pytest.mark.parametrize("name", TWO)
def test_a_method_of_two_numbers_is_the_entry(name):
    for a in NUMBERS:
        for b in NUMBERS:
            x, y = Value(a), Value(b)
            check(getattr(x, name)(y), TWO[name], (x, y))
            check(getattr(x, name)(b), TWO[name], (x, b))
            if name.startswith("__"):
                check(getattr(y, name.replace("__", "__r", 1))(a), TWO[name], (a, y))
        check(getattr(x, name)(x), TWO[name], (x, x))


@pytest.mark.parametrize("name", [*ONE, *TWO])
def test_a_method_has_the_signature_of_its_kind_and_the_documentation_of_its_entry(name):
    method = vars(Value)[name]
    assert list(inspect.signature(method).parameters) == list(inspect.signature(vars(Methods)[name]).parameters)
    assert method.__doc__ == {**ONE, **TWO}[name].__doc__
    assert method.__qualname__ == f"Value.{name}"


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 33, 130, 131, 200])
@pytest.mark.parametrize("data", ["Values", "floats", "both", "whole numbers"])
def test_a_sum_of_products_of_any_length(count, data):
    rng = np.random.default_rng(count)
    n = count // 2
    a = [Value(x) for x in rng.normal(size=n)]
    b = {
        "Values": [Value(x) for x in rng.normal(size=n)], "floats": rng.normal(size=n).tolist(),
        "both": [Value(x) if x > 0 else x for x in rng.normal(size=n).tolist()], "whole numbers": list(range(n)),
    }[data]  # fmt: skip
    for start in ([Value(0.5)], [0.5]) if count % 2 else ([],):
        if a or isinstance(start[0], Value):
            check(table["dot_n"](*a, *b, *start), table["dot_n"], (*a, *b, *start))


def test_a_sum_of_products_with_an_array_is_a_tensor():
    a, t = Value(2.0), Tensor([1.0, 2.0])
    out = autograd.dot([a, a], [t, 1.0], start=a)
    assert isinstance(out, Tensor)
    assert np.array_equal(out.data, [6.0, 8.0])


def test_a_primitive_of_a_user_is_asked_each_time():
    slope = 2.0
    own = Primitive("own", symbol="?", latex="#1", doc="x.", scalar=lambda x: x, array=lambda x: x, vjp=(lambda g, y, x: g * slope,))
    try:
        x = Value(1.0)
        own(x).backward()
        slope = 3.0
        own(x).backward()
        assert x.grad == 5.0
    finally:
        del table["own"]


def in_thread(work):
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


def test_the_scope_of_one_thread_is_none_of_anothers():
    x = Value(2.0)
    with scope("main"):
        assert in_thread(lambda: (x * x).scope) is None
        assert (x * x).scope.name == "main"

        def other():
            with scope("other"):
                started.set()
                goes_on.wait(10)
                return (x * x).scope

        started, goes_on = threading.Event(), threading.Event()
        found = []
        thread = threading.Thread(target=lambda: found.append(other()))
        thread.start()
        started.wait(10)
        assert (x * x).scope.name == "main"
        goes_on.set()
        thread.join()
        assert (found[0].name, found[0].outer) == ("other", None)


def test_a_leaf_changed_in_a_scope_or_another_thread_is_seen():
    x = Value(2.0)
    for change in (lambda: setattr(x, "data", 3.0), lambda: in_thread(lambda: setattr(x, "data", 3.0))):
        with scope("part"):
            y = x * x
            change()
        z = x * x
        z.backward()
        with pytest.raises(RuntimeError, match="was changed after"):
            y.backward()
        with pytest.raises(RuntimeError, match="was changed after"):
            (y + z).backward()


def test_special_modes_reach_the_generated_methods_and_end():
    x = Value(-2.0)
    with no_grad():
        assert (x * x).inputs is x.tanh().inputs is None
        assert in_thread(lambda: (x * x).requires_grad)
    assert (x * x).requires_grad
    with pytest.raises(FloatingPointError), detect_anomaly():
        x.log()
    assert math.isnan(x.log().data)


def test_a_node_is_small():
    assert len(Layout.__slots__) == 7
    assert sys.getsizeof(Value(1.0) * 2.0) <= 16 + 7 * 8 + 16  # the object, its slots, and what the collector needs


def test_a_rule_may_walk_backward_itself():
    w = Value(3.0)

    def rule(g, y, x):
        (w * w).backward()
        return g * autograd.grad(lambda v: v**3)(x)

    own = Primitive("own", symbol="?", latex="#1", doc="x.", scalar=lambda x: x**3, array=lambda x: x**3, vjp=(rule,))
    try:
        x = Value(2.0)
        (own(x) * w).backward()
        assert (x.grad, w.grad) == (3.0 * 12.0, 8.0 + 6.0)
    finally:
        del table["own"]


def test_backward_passes_of_threads_that_share_leaves_add_up():
    w = [Value(1.0 + i) for i in range(20)]

    def work():
        for _ in range(50):
            (autograd.sum([x * x for x in w]) * 0.5).backward()

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        work()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert [x.grad for x in w] == [250.0 * x.data for x in w]
