"""The backward pass: accumulation, constants, changes between forward and backward, and gradients that are assigned."""

import math
import threading

import numpy as np
import pytest

import autograd
import nn
from autograd import Case, Primitive, Tensor, Value, no_grad, table
from autograd.backward import ancestors, gradients, history
from autograd.stores import move_into_store


def test_gradient_of_a_value_used_twice_is_the_sum():
    x = Value(3.0)
    (x * x + x).backward()
    assert x.grad == 7.0


def test_every_node_on_the_way_has_its_gradient():
    x = Value(2.0)
    y = x * 3
    z = y * y
    z.backward()
    assert (z.grad, y.grad, x.grad) == (1.0, 12.0, 36.0)


def test_gradients_accumulate_until_zero_grad():
    x, t = Value(3.0), Tensor([1.0, 2.0])
    for times in (1, 2, 3):
        (x * x).backward()
        (t * t).sum().backward()
        assert x.grad == times * 6.0
        assert np.array_equal(t.grad, times * np.array([2.0, 4.0]))
    x.zero_grad()
    t.zero_grad()
    assert (x.grad, t.grad) == (0.0, None)
    x.grad = None  # as PyTorch's users write
    (x * x).backward()
    assert x.grad == 6.0


def test_backward_twice_on_one_graph_adds_the_same_again():
    x = Value(3.0)
    y = x * x
    z = y * y
    z.backward()
    z.backward()
    assert (x.grad, y.grad, z.grad) == (2 * 108.0, 2 * 18.0, 2.0)


def test_two_losses_that_share_a_graph_add_up():
    x = Value(3.0)
    shared = x * x
    first, second = shared * 2, shared + x
    first.backward()
    second.backward()
    assert x.grad == 12.0 + 7.0
    t = Tensor([1.0, 2.0])
    shared = t * t
    shared.sum().backward()
    shared.max().backward()
    assert np.array_equal(t.grad, [2.0, 8.0])


def test_backward_from_a_leaf_gives_it_the_seed():
    x, t = Value(3.0), Tensor([1.0, 2.0])
    x.backward()
    t.backward([5.0, 6.0])
    assert x.grad == 1.0
    assert np.array_equal(t.grad, [5.0, 6.0])


@pytest.mark.parametrize("seed", [2, 2.0, np.float32(2), np.array(2.0), Value(2.0)])
def test_a_seed_scales_the_gradient(seed):
    x = Value(3.0)
    (x * x).backward(seed)
    assert x.grad == 12.0
    t = Tensor([3.0])
    (t * t)[0].backward(Tensor(2.0) if isinstance(seed, Value) else seed)
    assert np.array_equal(t.grad, [12.0])


def test_a_single_entry_needs_no_seed():
    t = Tensor([[3.0]])
    (t * t).backward()
    assert np.array_equal(t.grad, [[6.0]])
    assert Tensor(2.0).backward() is None


def test_constants_take_no_gradient_and_pass_none_on():
    x = Value(3.0)
    constant = x.detach()
    with no_grad():
        computed = x * 2
    (x * constant * computed).backward()
    assert x.grad == 18.0
    assert (constant.grad, computed.grad) == (0.0, 0.0)
    t = Tensor([1.0, 2.0])
    (t * t.detach()).sum().backward()
    assert np.array_equal(t.grad, [1.0, 2.0])


def test_no_grad_may_wrap_a_function():
    @no_grad()
    def square(x):
        return x * x

    assert not square(Value(3.0)).requires_grad
    assert (Value(3.0) * 2).requires_grad


def test_no_grad_ends_with_its_block_even_by_an_error():
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert (Value(3.0) * 2).requires_grad


def test_no_grad_of_one_thread_is_none_of_anothers():
    inside, done, seen = threading.Event(), threading.Event(), []

    def other():
        inside.wait()
        seen.append((Value(3.0) * 2).requires_grad)
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with no_grad():
        inside.set()
        done.wait()
        seen.append((Value(3.0) * 2).requires_grad)
    thread.join()
    assert seen == [True, False]


def test_threads_compute_their_own_graphs():
    def work(i):
        x = Value(float(i))
        for _ in range(200):
            x.zero_grad()
            (x * x * x).backward()
        found[i] = x.grad

    found = {}
    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {i: 3.0 * i * i for i in range(8)}


def test_a_leaf_may_change_after_backward_and_before_the_next_forward():
    x, w = Value(1.0), Value(2.0)
    for _ in range(3):
        loss = (w * x - 5) ** 2
        w.zero_grad()
        loss.backward()
        w.data -= 0.1 * w.grad
    assert w.data == pytest.approx(5 - 3 * 0.8**3)


def test_a_changed_leaf_that_the_result_does_not_depend_on_is_no_mistake():
    x, other = Value(2.0), Value(3.0)
    unused = x * other
    y = x * x
    other.data = 9.0
    y.backward()
    assert x.grad == 4.0
    with pytest.raises(RuntimeError, match=r"the Value 9\.0 was changed after multiply had used it"):
        unused.backward()


def test_a_leaf_changed_and_used_again_spoils_the_old_use_only():
    x = Value(2.0)
    old = x * x
    x.data = 3.0
    new = x * x
    new.backward()
    assert x.grad == 6.0
    for mixed in (old, old + new):
        with pytest.raises(RuntimeError, match="was changed after multiply had used it"):
            mixed.backward()


def test_writing_to_one_gradient_changes_no_other():
    """Rules pass arrays on as they are: both inputs of a sum get the gradient of its output."""
    a, b = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    seed = np.array([1.0, 1.0])
    out = a + b
    out.backward(seed)
    a.grad[0] = 100.0
    b.grad[1] = 200.0
    seed[:] = 300.0
    assert np.array_equal(a.grad, [100.0, 1.0])
    assert np.array_equal(b.grad, [1.0, 200.0])
    assert np.array_equal(out.grad, [1.0, 1.0])


def test_gradients_of_computed_tensors_are_read_only():
    a = Tensor([1.0, 2.0])
    left, right = a * 2, a * 3
    (left + right).sum().backward()
    for node in (left, right):
        with pytest.raises(ValueError, match="read-only"):
            node.grad[0] = 100.0


def test_leaves_that_a_rule_gives_one_array_have_one_each():
    own = Primitive(
        "own_sum", symbol="+", latex="#1", doc="Twice the sum.", cases=(Case((2,), (2,)),),
        scalar=None, array=lambda *xs: 2 * (xs[0] + xs[1]), vjp=lambda g, y, *xs: [2 * g] * 2,
    )  # fmt: skip
    try:
        a, b, c = Tensor([1.0]), Tensor([1.0]), Tensor([1.0])
        (own(a, b) + own(c, c * 1)).sum().backward()
        a.grad[0] = c.grad[0] = 100.0
        assert np.array_equal(b.grad, [2.0])
    finally:
        del table["own_sum"]


def test_a_gradient_kept_from_before_is_not_changed_by_the_next_backward():
    t = Tensor([1.0, 2.0])
    t.sum().backward()
    kept = t.grad
    t.sum().backward()
    assert np.array_equal(kept, [1.0, 1.0])
    assert np.array_equal(t.grad, [2.0, 2.0])


@pytest.mark.parametrize(
    ("shape", "other"), [((), (2, 3)), ((3,), (2, 3)), ((2, 1), (2, 3)), ((1, 1, 3), (2, 3)), ((0,), (1, 0)), ((1,), (0,)), ((2, 3), ())]
)  # fmt: skip
def test_broadcasting_is_undone(shape, other):
    a, b = Tensor(np.full(shape, 2.0)), Tensor(np.full(other, 3.0))
    out = a * b
    out.backward(np.ones(out.shape))
    assert a.grad.shape == shape
    assert b.grad.shape == other
    assert np.all(a.grad == 3.0 * out.size / max(a.size, 1))
    assert np.all(b.grad == 2.0 * out.size / max(b.size, 1))


def test_history_has_each_node_once_and_before_its_inputs():
    x = Value(2.0)
    y = x * x
    z = y + x * y
    order = history(z)
    assert order[0] is z
    assert order[-1] is x
    assert len(order) == len(set(order)) == 4
    assert history(y, z) == order
    assert [node.is_leaf for node in ancestors([y * 1.0], stop={y})] == [False, False]


def test_pulling_back_yields_each_gradient_complete_and_once():
    x = Value(2.0)
    y = x * x
    z = y * y
    assert gradients({z: 1.0}) == [(z, 1.0), (y, 8.0), (x, 32.0)]
    assert dict(gradients({z: 1.0, y: 1.0})) == {z: 1.0, y: 9.0, x: 36.0}
    as_nodes = dict(gradients({z: Value(1.0)}, as_nodes=True))
    assert isinstance(as_nodes[x], Value)
    assert as_nodes[x].data == 32.0


def test_a_condition_gets_no_gradient():
    condition, a, b = Tensor([1.0, 0.0]), Tensor([1.0, 2.0]), Value(5.0)
    autograd.where(condition, a, b).sum().backward()
    assert condition.grad is None
    assert np.array_equal(a.grad, [1.0, 0.0])
    assert b.grad == 1.0


def test_a_value_as_a_condition_is_its_truth():
    a, b = Value(2.0), Value(3.0)
    autograd.where(a > b, a * a, b * b).backward()
    assert (a.grad, b.grad) == (0.0, 6.0)
    assert autograd.where(Value(0.0), a, b).data == 3.0


def test_numpys_strictness_is_the_users_choice():
    x = Tensor([0.0])
    with np.errstate(all="raise"):
        y = x.sqrt()
        with pytest.raises(FloatingPointError, match="divide by zero"):
            y.backward()


def test_a_plain_condition_chooses_among_values_and_tensors():
    v, t = Value(3.0), Tensor([1.0, 2.0])
    autograd.where(True, t, v).sum().backward()
    assert v.grad == 0.0
    assert np.array_equal(t.grad, [1.0, 1.0])
    autograd.where(v < 0, t, v * t).sum().backward()
    assert v.grad == 3.0
    assert np.array_equal(t.grad, [4.0, 4.0])
    assert autograd.grad(autograd.grad(lambda x: autograd.where(False, t.data, x * x * Tensor([1.0, 1.0])).sum()))(2.0) == 4.0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_large_relu_is_that_of_its_parts(dtype):
    x = np.tile(np.array([-math.inf, -2.5, -0.0, 0.0, 1.5, math.inf, math.nan], dtype), 3_000)
    y = autograd.relu(x)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y[:7], autograd.relu(x[:7]))
    np.testing.assert_array_equal(y, np.tile(y[:7], 3_000))
    whole = autograd.relu(np.arange(-9_000, 9_000))
    assert (whole.dtype.kind, whole.min(), whole.max()) == ("i", 0, 8_999)


@pytest.mark.parametrize("gradient", [1.0, math.inf, math.nan])
def test_a_large_relu_lets_nothing_through_where_it_is_off(gradient):
    x = Tensor(np.linspace(-1, 1, 20_000))
    x.relu().backward(np.full(20_000, gradient))
    np.testing.assert_array_equal(x.grad, np.where(x.data > 0, gradient, 0.0))


def test_a_weighted_sum_without_a_gradient_passes_on_0():
    w, x = [Value(2.0), Value(3.0)], [Value(1.0), Value(-1.0)]
    (autograd.dot(w, x) * 0.0).backward()
    assert [v.grad for v in w + x] == [0.0] * 4


def test_a_weighted_sum_of_something_infinite_without_a_gradient_passes_on_nan():
    w, x = [Value(2.0), Value(3.0)], [Value(1.0), Value(math.inf)]
    (autograd.dot(w, x) * 0.0).backward()
    assert math.isnan(w[1].grad)


def test_a_second_backward_pass_adds_to_the_first():
    x = Value(3.0)
    square = x * x
    y = square * 2.0
    y.backward()
    y.backward()
    assert (x.grad, square.grad, y.grad) == (24.0, 4.0, 2.0)


def test_a_backward_pass_from_the_middle_and_then_from_the_end():
    x = Value(3.0)
    square = x * x
    square.backward()
    (square * 2.0).backward()
    assert (x.grad, square.grad) == (18.0, 3.0)


def test_a_gradient_that_was_set_to_none_begins_anew():
    x = Value(3.0)
    x.grad = None
    (x * x).backward()
    assert x.grad == 6.0


def test_where_the_second_rule_divides_by_zero_the_first_counts_once():
    Primitive(
        "steep", symbol="?", latex="#1 #2", scalar=lambda a, b: a, array=lambda a, b: a + 0 * b,
        vjp=(lambda g, y, a, b: g, lambda g, y, a, b: g / (b - b)), doc="For a test.",
    )  # fmt: skip
    try:
        a, b = Value(2.0), Value(3.0)
        table["steep"](a, b).backward()
        assert (a.grad, b.grad) == (1.0, math.inf)
    finally:
        del table["steep"]


def test_a_rule_that_fails_leaves_no_gradient_undefined():
    def refuse(g, y, x):
        raise LookupError("no rule")

    Primitive("hopeless", symbol="?", latex="#1", scalar=lambda x: x, array=np.positive, vjp=(refuse,), doc="For a test.")
    try:
        x = Value(2.0)
        inner = x * 3.0
        with pytest.raises(LookupError):
            (table["hopeless"](inner) * 2.0).backward()
        assert (x.grad, inner.grad) == (0.0, 0.0)
    finally:
        del table["hopeless"]


def test_a_loss_of_constants_alone_has_no_backward_pass():
    """As when the model was called under no_grad(), and the loss computed after it."""
    for w in (Value(2.0), Tensor([2.0])):
        with no_grad():
            prediction = w * 3.0
        for constant in (prediction, w.detach()):
            loss = (constant - 1.0) ** 2
            loss = loss.sum() if isinstance(w, Tensor) else loss
            with pytest.raises(RuntimeError, match="computed from constants alone, made by detach\\(\\) or under no_grad\\(\\)"):
                loss.backward()
            (loss + (w * w if isinstance(w, Value) else (w * w).sum())).backward()
        assert np.asarray(w.grad).item() == 8.0


# --- gradients that somebody else computed --------------------------------------------------------


def test_a_gradient_of_another_shape_is_refused():
    p = Tensor([1.0, 2.0], label="w")
    for wrong in (np.ones((2, 1)), np.ones(3), 1.0, [1.0], Tensor([[1.0, 2.0]])):
        with pytest.raises(ValueError, match=r"A gradient of Tensor 'w' has its shape, \(2,\), and not \("):
            p.grad = wrong
    assert p.grad is None
    v = Value(1.0)
    for wrong in (np.ones(2), [1.0], Tensor([1.0, 2.0])):
        with pytest.raises(TypeError, match="A Value is one number, not "):
            v.grad = wrong
    assert v.grad == 0.0


def test_what_is_no_number_is_refused():
    for node, wrong in ((Tensor([1.0]), ["a"]), (Tensor([1.0]), [2j]), (Value(1.0), "a"), (Value(1.0), 2j)):
        with pytest.raises(TypeError, match=r"(real numbers|is a number|a real number)"):
            node.grad = wrong


def test_a_gradient_takes_the_precision_of_its_parameter():
    p = Tensor(np.ones(2, np.float32))
    for given in (np.array([3.0, 4.0]), [3, 4], np.array([3, 4]), Tensor([3.0, 4.0])):
        p.grad = given
        assert type(p.grad) is np.ndarray
        assert p.grad.dtype == np.float32
        assert p.grad.tolist() == [3.0, 4.0]
    v = Value(1.0)
    for number in (3, np.float32(3.0), np.array(3.0), Value(3.0)):
        v.grad = number
        assert type(v.grad) is float
        assert v.grad == 3.0


def test_a_gradient_is_a_copy_of_what_was_assigned():
    p, q, given = Tensor([1.0, 2.0]), Tensor([1.0, 2.0]), np.array([3.0, 4.0])
    p.grad = given
    q.grad = p.grad
    given[0] = p.grad[1] = 0.0
    assert (p.grad.tolist(), q.grad.tolist()) == ([3.0, 0.0], [3.0, 4.0])


def test_a_gradient_may_be_changed_in_place():
    p, v = Tensor([1.0, 2.0]), Value(1.0)
    (p * v).sum().backward()
    before = p.grad
    p.grad *= 2
    p.grad += 1
    v.grad *= 2
    assert p.grad is before
    assert (p.grad.tolist(), v.grad) == ([3.0, 3.0], 6.0)


def test_none_is_no_gradient():
    stored = Value(1.0)
    move_into_store([stored], (1,), None)
    for p, blank in ((Tensor([1.0]), None), (Value(1.0), 0.0), (stored, 0.0)):
        (p * p).backward()
        p.grad = None
        assert p.grad == blank
        (p * p).backward()
        assert float(np.sum(p.grad)) == 2.0


def test_a_stored_value_takes_a_gradient_as_any_value_does():
    stored = Value(1.0)
    store = move_into_store([stored], (1,), None)
    stored.grad = np.float32(2.0)
    assert (stored.grad, store.grad.tolist()) == (2.0, [2.0])
    with pytest.raises(TypeError, match="A Value is one number"):
        stored.grad = np.ones(2)


def test_an_optimizer_uses_an_assigned_gradient():
    p = Tensor([1.0, 2.0])
    p.grad = [10.0, 20.0]
    nn.optim.SGD([p], lr=0.1).step()
    assert p.data.tolist() == [0.0, 0.0]
