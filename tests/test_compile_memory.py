"""What is held, and for how long: a compiled function that is dropped goes at once, without the garbage collector."""

import gc
import weakref

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value


@pytest.fixture(autouse=True)
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def run(f, *args):
    out = f(*args)
    (out[0] if isinstance(out, list) else out).backward()


def compiled(kind):
    """A compiled function that has run, and an array that only it holds."""
    t = Tensor(np.ones(1000))
    w = Value(2.0)
    if kind == "tensors":
        f = autograd.compile(lambda x: (t * x).sum())
    elif kind == "several results":
        f = autograd.compile(lambda x: [(t * x).sum(), (t[::2] * x).sum() * w])
    elif kind == "helpers":
        f = autograd.compile(lambda x: autograd.where(np.ones(1000) > 0.5, autograd.concatenate([t, t[:0]]).gelu(), x).sum())
    else:
        f = autograd.compile(lambda x: autograd.take(t, np.arange(1000)).max() * x * w)
    run(f, np.ones(1000) if kind == "tensors" else 3.0)
    if kind == "several results":
        f(3.0)[1].backward()
    return f, weakref.ref(t._datum), weakref.ref(next(iter(f.programs.values())))


@pytest.mark.parametrize("kind", ["tensors", "several results", "helpers", "one"])
def test_a_dropped_function_is_freed_at_once(kind):
    f, array, program = compiled(kind)
    assert array() is not None
    function = weakref.ref(f)
    del f
    assert function() is None
    assert program() is None
    assert array() is None


def test_its_functions_and_their_constants_go_as_well():
    order = np.random.default_rng(0).permutation(500)
    f = autograd.compile(lambda x: autograd.take(x, order).sum() * Value(1.0))
    f(np.ones(500))
    program = next(iter(f.programs.values()))
    forward = weakref.ref(program._variant.forward)
    del f, program
    assert forward() is None


def test_a_result_outlives_its_function_and_then_both_go():
    f, array, program = compiled("tensors")
    out = f(np.ones(1000))
    del f
    out.backward()
    assert program() is not None
    del out
    assert program() is None
    assert array() is None


def fails(error):
    t = Tensor(np.ones(1000))

    def f(x):
        y = t * x
        if error == "looks":
            return y if x > 0 else -y
        if error == "swallows":
            try:
                float(x)
            except BaseException:
                pass
        if error == "divides":
            return 1 // 0
        if error == "grad":
            return y * t.grad
        return (x for x in [y])

    compiled = autograd.compile(f)
    with pytest.raises((TypeError, ZeroDivisionError)) as info:
        compiled(2.0)
    del info
    return weakref.ref(compiled), weakref.ref(t._datum)


@pytest.mark.parametrize("error", ["looks", "swallows", "divides", "grad", "returns"])
def test_a_function_that_could_not_be_compiled_is_freed_at_once(error):
    function, array = fails(error)
    assert function() is None
    assert array() is None


def test_programs_of_a_vmapped_function_are_bounded():
    f = autograd.vmap(lambda x: x.sum() * 2.0)
    for n in range(1, 100):
        f(np.ones((2, n)))
    assert len(f.__closure__[[*f.__code__.co_freevars].index("programs")].cell_contents.by_key) == 64


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_afterwards_as_it_was(on):
    (gc.enable if on else gc.disable)()
    autograd.compile(lambda x: x * 2.0)(1.0)
    assert gc.isenabled() == on
    with pytest.raises(TypeError, match="if"):
        autograd.compile(lambda x: x if x > 0 else -x)(1.0)
    assert gc.isenabled() == on


# --- results --------------------------------------------------------------------------------------


def values(*numbers):
    return [Value(x) for x in numbers]


def test_calls_leave_no_garbage():
    v = values(1.0, 2.0)
    f = autograd.compile(lambda xs: [sum(a * x for a, x in zip(v, xs, strict=False)), v[0] * xs[0]])
    f([1.0, 2.0])[0].backward()
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            f([1.0, 2.0])[1].backward()
        before = len(gc.get_objects())
        for _ in range(50):
            f([1.0, 2.0])[0].backward()
        assert len(gc.get_objects()) - before < 10
    finally:
        gc.enable()


def test_a_result_keeps_what_backward_needs_and_frees_it():
    t = Tensor(np.ones(1000))
    f = autograd.compile(lambda x: autograd.exp(t * x).sum())
    out = f(2.0)
    saved = [weakref.ref(x) for x in out.static["saved"][1] if x.size == 1000 and x is not t._datum]
    assert saved
    out.backward()
    del out
    assert all(x() is None for x in saved)
