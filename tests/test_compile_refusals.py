# ruff: noqa: E501
"""A refusal stays one, whatever the function does with the exception."""

import contextlib
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value

w = Value(2.0)


def swallowed(look, kind=TypeError):
    try:
        look()
    except kind:
        pass


def bare(look):
    try:
        look()
    except:  # noqa: E722
        pass


def suppressed(look):
    with contextlib.suppress(Exception):
        look()


def everything_suppressed(look):
    with contextlib.suppress(BaseException):
        look()


def returned_in_finally(look):
    def inner():
        try:
            look()
        finally:
            return 1  # noqa: B012

    inner()


def in_a_generator(look):
    def numbers():
        try:
            yield look()
        except BaseException:
            yield 0.0

    list(numbers())


def closed_generator(look):
    def numbers():
        with contextlib.suppress(BaseException):
            look()
        yield 1.0

    next(numbers())


class Quiet:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return True


def quiet_exit(look):
    with Quiet():
        look()


class Asked:
    def __init__(self, look):
        self.look = look

    @property
    def answer(self):
        try:
            self.look()
        except BaseException:
            raise AttributeError from None


def asked_with_hasattr(look):
    hasattr(Asked(look), "answer")


def asked_with_getattr(look):
    getattr(Asked(look), "answer", None)


def another_error(look):
    try:
        look()
    except BaseException:
        raise ValueError("not a number") from None


def in_a_destructor(look):
    class Dying:
        def __del__(self):
            with contextlib.suppress(BaseException):
                look()

    Dying()


SWALLOW = [
    swallowed, lambda look: swallowed(look, Exception), lambda look: swallowed(look, BaseException), bare, suppressed, everything_suppressed,
    returned_in_finally, in_a_generator, closed_generator, quiet_exit, asked_with_hasattr, asked_with_getattr, another_error,
    lambda look: swallowed(lambda: swallowed(look)), in_a_destructor,
]  # fmt: skip


@pytest.mark.parametrize("swallow", SWALLOW)
@pytest.mark.parametrize("look", [float, bool, lambda x: x.data, lambda x: [1.0, 2.0][x], lambda x: w.grad], ids=["float", "bool", "data", "index", "grad"])
def test_a_refusal_that_the_function_swallows_stays_raised(swallow, look):
    def f(x):
        swallow(lambda: look(x))
        return w * x

    for compiled, args in ((autograd.compile(f), (2.0,)), (autograd.vmap(f), (np.array([1.0, 2.0]),))):
        for _ in range(2):
            with pytest.raises(TypeError, match=r"^f cannot be compiled: .* in line \d+ of .*test_compile_refusals.py") as error:
                compiled(*args)
    assert w * 3.0 > 5.0  # this thread may look again
    assert error.traceback[-1].name == "refuse" or any(entry.name == "f" for entry in error.traceback) or swallow is not another_error


def test_the_first_of_several_refusals_is_told():
    def f(x):
        with contextlib.suppress(BaseException):
            float(x)
        return w * x if x > 0 else -w * x

    with pytest.raises(TypeError, match=r"float\(\) of a Value.* in line|float.* in line"):
        autograd.compile(f)(2.0)


def test_a_refusal_in_a_compiled_function_inside_of_another_stays_raised():
    @autograd.compile
    def inner(x):
        return w * x if x > 0 else x

    def outer(x):
        try:
            return inner(x)
        except TypeError:
            return w * x

    with pytest.raises(TypeError, match="outer cannot be compiled"):
        autograd.compile(outer)(2.0)
    mapped = autograd.vmap(lambda x: w * x if x > 0 else x)

    def with_mapped(x):
        with contextlib.suppress(TypeError):
            return mapped(x)
        return w * x.sum()

    with pytest.raises(TypeError, match="with_mapped cannot be compiled"):
        autograd.compile(with_mapped)(np.ones(2))


def test_a_function_that_tries_until_it_succeeds_ends():
    def f(x):
        while True:
            try:
                return w * float(x)
            except TypeError:
                x = x * 1.0

    with pytest.raises(TypeError, match="float"):
        autograd.compile(f)(2.0)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_after_a_refusal_is_an_interrupt(error):
    def f(x):
        with contextlib.suppress(BaseException):
            float(x)
        raise error

    with pytest.raises(error):
        autograd.compile(f)(2.0)


def run_in_a_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def run_in_a_pool(work):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


@pytest.mark.parametrize("run", [run_in_a_thread, run_in_a_pool])
def test_a_thread_may_not_look_for_the_function(run):
    def f(x):
        seen = []
        run(lambda: seen.append(x.data > 0))
        return w * x if seen[0] else -w * x

    with pytest.raises(TypeError, match=r"it can see `(threading\.Thread|ThreadPoolExecutor)`, a class of the library .* pass it as an argument"):
        autograd.compile(f)(2.0)


@pytest.mark.parametrize("argument", [Value(3.0), Tensor([3.0])])
def test_the_gradient_of_an_argument_may_not_be_read_inside(argument):
    (argument * argument).sum().backward() if isinstance(argument, Tensor) else (argument * argument).backward()
    with pytest.raises(TypeError, match=r"\.grad in line .* read gradients outside of the compiled function"):
        autograd.compile(lambda x: x * x.grad)(argument)
    assert type(argument) in (Value, Tensor)
    assert np.ravel(argument.grad) == [6.0]


def test_the_gradient_may_not_be_assigned_inside():
    t = Tensor([1.0])
    v = Value(1.0)
    autograd.compile(lambda: v * 1.0)()
    for p in (t, w, v):
        p.grad = np.ones(1) if p is t else 3.0

        def f(x):
            p.grad = np.ones(1) if p is t else 2.0  # noqa: B023
            return p * x  # noqa: B023

        with pytest.raises(TypeError, match=re.escape("assigning to .grad")):
            autograd.compile(f)(2.0)
        assert np.ravel(p.grad)[0] in (1.0, 3.0)
        p.grad = None


def test_the_traceback_of_a_refusal_shows_the_line():
    def looks(x):
        return w * x if x > 0 else x

    with pytest.raises(TypeError, match="if") as error:
        autograd.compile(looks)(2.0)
    assert "looks" in [entry.name for entry in error.traceback]


@pytest.mark.parametrize("kind", ["global", "own"])
def test_the_second_of_two_normal_numbers_drawn_together_is_noticed(kind):
    generator = np.random.mtrand._rand if kind == "global" else np.random.RandomState(0)
    before = generator.get_state()
    try:
        generator.seed(0)
        generator.normal()  # makes two, and keeps one
        with pytest.raises(TypeError, match="draws random numbers"):
            autograd.compile(lambda x: w * x * generator.normal())(2.0)
    finally:
        generator.set_state(before)


def test_the_states_of_generators_are_compared_whole():
    options = np.get_printoptions()
    np.set_printoptions(threshold=5)
    try:
        with pytest.raises(TypeError, match="draws random numbers"):
            autograd.compile(lambda x: w * x * np.random.rand())(2.0)
    finally:
        np.set_printoptions(**options)
