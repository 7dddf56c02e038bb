"""Rules that give no gradient, or fail: an error that names the primitive, and every `.grad` as it was before."""

import signal

import numpy as np
import pytest

import autograd
from autograd import Case, Primitive, Tensor, Value, table


@pytest.fixture
def with_vjp():
    """A primitive of one input (or of any number, for a rule that is not in a tuple), by its vjp."""
    yield lambda vjp: Primitive(
        "own", symbol="?", latex="#1", doc="For a test.", cases=(Case((2,)),),
        scalar=lambda x, *more: x, array=lambda x, *more: x + 0.0, vjp=vjp,
    )  # fmt: skip
    table.pop("own", None)


KINDS = {"Value": lambda: Value(3.0), "Tensor": lambda: Tensor([1.0, 2.0])}


def backward_through(own, x):
    """Where `x` has a gradient of 1 already, and gets another one besides that of `own`."""
    x.sum().backward() if isinstance(x, Tensor) else (x * 1.0).backward()
    inner = x * 2.0
    out = own(inner) + inner
    (out.sum() if isinstance(x, Tensor) else out).backward()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("vjp", "error", "message"),
    [
        ((lambda g, y, x: None,), TypeError, r"A rule in the vjp of own returned None; does it lack a `return`\? It must"),
        (lambda g, y, x: None, TypeError, r"own returned None.* It must return a list with the gradient of each"),
        (lambda g, y, x: [g, g], TypeError, "The vjp of own gives 2 gradients, and it was called with 1 input"),
        (lambda g, y, x: [], TypeError, "The vjp of own gives 0 gradients, and it was called with 1 input"),
        (lambda g, y, x: g, TypeError, "The vjp of own returned .*; it must return a list with the gradient of each input"),
        (lambda g, y, x: "g", TypeError, "The vjp of own returned 'g'; it must return a list"),
        (lambda g, y, x: iter([g]), TypeError, "The vjp of own returned <list_iterator.*; it must return a list"),
        (lambda g, y, x: ["1.5"], TypeError, "The vjp of own gave '1.5' as the gradient of the .*; it must be made of real numbers"),
        ((lambda g, y, x: "1.5",), TypeError, "The vjp of own gave '1.5' as the gradient of the .*; it must be made of real numbers"),
        ((lambda g, y, x: g * 1j,), TypeError, "The vjp of own gave .*1.?j.* as the gradient"),
        ((lambda g, y, x: np.array([None, 1.0]),), TypeError, "The vjp of own gave array.*dtype=object.* as the gradient"),
        ((lambda g, y, x: {},), TypeError, "The vjp of own gave {} as the gradient"),
        ((lambda g, y, x: [[1.0], [1.0, 2.0]],), TypeError, "The vjp of own gave .* as the gradient"),
        ((lambda g, y, x: Value(1.0),), TypeError, "The vjp of own gave Value.* as the gradient"),
        ((lambda g, y, x: np.ones(7),), ValueError, r"The vjp of own gave a gradient of shape \(7,\) for an input of shape"),
        ((lambda g, y, x: np.ones((3, 2)),), ValueError, r"The vjp of own gave a gradient of shape \(3, 2\) for an input of shape"),
    ],
)  # fmt: skip
def test_what_is_no_gradient_is_refused_and_nothing_has_changed(with_vjp, kind, vjp, error, message):
    x = KINDS[kind]()
    with pytest.raises(error, match=message):
        backward_through(with_vjp(vjp), x)
    assert np.array_equal(x.grad, np.ones(x.shape))


@pytest.mark.parametrize("transformed", [autograd.grad, lambda f: autograd.grad(autograd.grad(f)), autograd.jacobian])
def test_a_forgotten_return_is_found_by_the_transformations_too(with_vjp, transformed):
    own = with_vjp((lambda g, y, x: None,))
    for x in (2.0, np.array([2.0])):
        with pytest.raises(TypeError, match="own returned None"):
            transformed(lambda x: autograd.sum([own(x * x) * x]))(x)


def test_none_in_place_of_a_rule_or_in_the_list_says_that_there_is_no_derivative(with_vjp):
    for vjp in ((None,), lambda g, y, x: [None]):
        for kind in KINDS:
            x = KINDS[kind]()
            backward_through(with_vjp(vjp), x)
            assert np.array_equal(x.grad, np.full(x.shape, 3.0))
            del table["own"]


RULES = [lambda g, y, x: 2, lambda g, y, x: True * 2, lambda g, y, x: np.float32(2), lambda g, y, x: np.array(2.0)]


@pytest.mark.parametrize("rule", RULES)
def test_a_gradient_may_be_any_real_number(with_vjp, rule):
    own = with_vjp((rule,))
    for x in (Value(3.0), Tensor([3.0])):
        backward_through(own, x)
        assert x.grad == 1.0 + 2.0 * (2.0 + 1.0)


def test_a_forward_that_forgets_its_return_is_named(with_vjp):
    own = with_vjp((lambda g, y, x: g,))
    own.scalar = own.array = lambda x: None
    for x in (Value(3.0), Tensor([3.0])):
        for use in (own, autograd.compile(own), autograd.grad(lambda x: autograd.sum([own(x)]))):
            with pytest.raises(TypeError, match=r"The forward of own returned None; does it lack a `return`\?"):
                use(x)


@pytest.mark.parametrize("dtype", [bool, int, np.int8])
def test_the_gradient_of_whole_numbers_keeps_its_fractions(with_vjp, dtype):
    """A step whose derivative is taken to be that of the identity, as in networks of bits."""
    own = with_vjp((lambda g, y, x: g,))
    own.array = lambda x: (x > 0).astype(dtype)
    scale = np.array([0.25, -0.5])
    x = Tensor([3.0, -3.0])
    (own(x) * scale).sum().backward()
    assert x.grad.tolist() == scale.tolist()
    own(x).backward(scale)
    assert x.grad.tolist() == (2 * scale).tolist()
    for grad in (autograd.grad(lambda x: (own(x) * scale).sum()), autograd.compile(autograd.grad(lambda x: (own(x) * scale).sum()))):
        assert np.asarray(grad(np.array([3.0, -3.0])).tolist()).tolist() == scale.tolist()


class SpoiledError(Exception):
    pass


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("failure", [SpoiledError, KeyboardInterrupt, MemoryError, ValueError])
@pytest.mark.parametrize("takes", ["a tuple", "a list"])
def test_a_backward_pass_that_fails_changes_no_gradient(with_vjp, kind, failure, takes):
    def fail(*args):
        raise failure

    own = with_vjp((fail,) if takes == "a tuple" else fail)
    x, other = KINDS[kind](), KINDS[kind]()
    other.grad = None
    inner = x * 2.0
    after = own(inner) * other
    out = (after if kind == "Value" else after.sum()) * 3.0
    (inner if kind == "Value" else inner.sum()).backward()
    nodes = [x, other, inner, after, out]
    before = [node.grad for node in nodes]
    with pytest.raises(failure):
        out.backward()
    assert all(node.grad is grad for node, grad in zip(nodes, before, strict=True))


def test_a_leaf_that_is_value_and_a_tensor_that_had_accumulated_stay_as_they_were(with_vjp):
    def fail(*args):
        raise SpoiledError

    v, t = Value(2.0), Tensor([1.0, 2.0])
    (v * t).sum().backward()
    with pytest.raises(SpoiledError):
        ((v * t).sum() + with_vjp((fail,))(v * 1.0)).backward()
    assert v.grad == 3.0
    assert np.array_equal(t.grad, [2.0, 2.0])


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers on this system")
def test_ctrl_c_at_any_moment_leaves_all_of_a_backward_pass_or_nothing():
    w = [Value(1.0 + i) for i in range(20)]

    def interrupt(*args):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for tries in range(200):
            total = w[0]
            for _ in range(20):
                total = sum([x * total for x in w], Value(0.0)) * 0.01
            for x in w:
                x.grad = 1.0
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-5 * (tries + 1))
                total.backward()
                signal.setitimer(signal.ITIMER_REAL, 0.0)
            except KeyboardInterrupt:
                pass
            assert len({x.grad == 1.0 for x in w}) == 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
