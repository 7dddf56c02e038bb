"""Claims about what a formula sees: whole parameters, as LARS, LAMB and Muon do, or parts of a large one."""

import copy
import pickle

import numpy as np
import pytest
from optimizing import numbers, stored

import nn
from autograd import Tensor, Value
from autograd.stores import move_into_store
from nn import optim
from nn.optim import SGD, Adagrad, Adam, AdamW, ExponentialLR, Optimizer, RMSprop
from nn.optim.optimizer import ENTRIES_AT_ONCE

# --- whole parameters -----------------------------------------------------------------------------


class LARS(Optimizer):
    def __init__(self, params, lr=0.5, momentum=0.9, weight_decay=0.01, trust=0.1):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "trust": trust})

    def memory(self, settings):
        return {"v": 0.0}

    def update(self, p, g, v, *, step, lr, momentum, weight_decay, trust):
        length = np.linalg.norm(p)
        rate = lr * trust * length / (np.linalg.norm(g) + weight_decay * length)
        v *= momentum
        v += rate * (g + weight_decay * p)
        p -= v


class LAMB(Optimizer):
    def __init__(self, params, lr=0.05, betas=(0.9, 0.99), eps=1e-6, weight_decay=0.1):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    def memory(self, settings):
        return {"m": 0.0, "v": 0.0}

    def update(self, p, g, m, v, *, step, lr, betas, eps, weight_decay):
        m += (1 - betas[0]) * (g - m)
        v += (1 - betas[1]) * (g * g - v)
        r = m / (1 - betas[0] ** step) / (np.sqrt(v / (1 - betas[1] ** step)) + eps) + weight_decay * p
        p -= lr * np.linalg.norm(p) / np.linalg.norm(r) * r


class Muon(Optimizer):
    def __init__(self, params, lr=0.02, momentum=0.95):
        super().__init__(params, {"lr": lr, "momentum": momentum})

    def memory(self, settings):
        return {"b": 0.0}

    def update(self, p, g, b, *, step, lr, momentum):
        b *= momentum
        b += g
        p -= lr * (self.orthogonalized(b) if b.ndim == 2 else b)

    def orthogonalized(self, x):
        x = x / np.linalg.norm(x)
        for _ in range(5):
            a = x @ x.T
            x = 3.4445 * x + (-4.775 * a + 2.0315 * a @ a) @ x
        return x


# The same from the papers, as plain NumPy on one parameter: from its start and a list of its gradients to where it ends.
def lars_of_the_paper(w, gradients):
    """You, Gitman and Ginsburg (2017), algorithm 1."""
    v = np.zeros_like(w)
    for g in gradients:
        local = 0.1 * np.sqrt((w**2).sum()) / (np.sqrt((g**2).sum()) + 0.01 * np.sqrt((w**2).sum()))
        v = 0.9 * v + 0.5 * local * (g + 0.01 * w)
        w = w - v
    return w


def lamb_of_the_paper(x, gradients):
    """You and others (2020), algorithm 2, with the identity for φ."""
    for t in range(1, len(gradients) + 1):
        # The running means written out as the weighted sums that they are.
        m = sum(0.1 * 0.9 ** (t - 1 - i) * g for i, g in enumerate(gradients[:t])) / (1 - 0.9**t)
        v = sum(0.01 * 0.99 ** (t - 1 - i) * g**2 for i, g in enumerate(gradients[:t])) / (1 - 0.99**t)
        step = m / (np.sqrt(v) + 1e-6) + 0.1 * x
        x = x - 0.05 * np.sqrt((x**2).sum() / (step**2).sum()) * step
    return x


def muon_of_the_paper(w, gradients):
    """Jordan and others (2024): the polynomial of the Newton-Schulz iteration changes nothing but the singular values."""
    b = np.zeros_like(w)
    for g in gradients:
        b = 0.95 * b + g
        step = b
        if b.ndim == 2:
            left, s, right = np.linalg.svd(b, full_matrices=False)
            s = s / np.sqrt((s**2).sum())
            for _ in range(5):
                s = 3.4445 * s - 4.775 * s**3 + 2.0315 * s**5
            step = left * s @ right
        w = w - 0.02 * step
    return w


METHODS = [(LARS, lars_of_the_paper), (LAMB, lamb_of_the_paper), (Muon, muon_of_the_paper)]
SHAPES = [(3, 2), (2, 5), (4,), (1,), ()]
KINDS = ["Tensors", "Values", "Values in a store"]


def parameters(kind, rng):
    if kind == "Tensors":
        return [Tensor(rng.normal(size=shape)) for shape in SHAPES]
    values = [Value(x) for x in rng.normal(size=5).tolist()]
    return stored(values) if kind == "Values in a store" else values


def give_gradients(params, rng):
    for p in params:
        p.grad = rng.normal(size=p.shape)
    return [np.array(p.grad) for p in params]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("method", "of_the_paper"), METHODS)
def test_a_formula_for_whole_parameters_goes_where_the_paper_goes(method, of_the_paper, kind):
    rng = np.random.default_rng(0)
    params = parameters(kind, rng)
    starts, history, optimizer = [np.array(p.data) for p in params], [], method(params)
    for steps in range(1, 7):
        history.append(give_gradients(params, rng))
        optimizer.step()
        expected = [of_the_paper(start, [each[i] for each in history]) for i, start in enumerate(starts)]
        assert steps == next(iter(optimizer.state.values()))["step"]
        np.testing.assert_allclose(numbers(params), np.concatenate([np.ravel(x) for x in expected]), rtol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("method", "_"), METHODS)
def test_it_goes_on_from_its_state_bit_for_bit(method, _, kind):
    params, others = (parameters(kind, np.random.default_rng(0)) for _ in range(2))
    optimizer, other = method(params), method(others, lr=9.0)
    for i in range(6):
        if i == 3:
            for p, q in zip(params, others, strict=True):
                q.data = p.data
            other.load_state_dict(pickle.loads(pickle.dumps(optimizer.state_dict())))
        for some, descent in ((params, optimizer), (others, other))[: 1 + (i >= 3)]:
            give_gradients(some, np.random.default_rng(i))
            descent.step()
    np.testing.assert_array_equal(numbers(others), numbers(params))
    np.testing.assert_equal(other.state_dict(), optimizer.state_dict())


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_has_the_shapes_of_the_parameters(kind):
    params = parameters(kind, np.random.default_rng(0))
    give_gradients(params, np.random.default_rng(1))
    optimizer = LAMB(params)
    optimizer.step()
    for p in params:
        assert {name: np.shape(x) for name, x in optimizer.state[p].items()} == {"step": (), "m": p.shape, "v": p.shape}
        assert kind == "Tensors" or type(optimizer.state[p]["m"]) is float


@pytest.mark.parametrize("kind", KINDS)
def test_a_copied_optimizer_goes_on_alike_and_apart(kind):
    params = parameters(kind, np.random.default_rng(0))
    optimizer = LARS(params)
    give_gradients(params, np.random.default_rng(1))
    optimizer.step()
    twins, twins_optimizer = copy.deepcopy((params, optimizer))
    before = numbers(params)
    twins_optimizer.step()
    np.testing.assert_array_equal(numbers(params), before)
    optimizer.step()
    np.testing.assert_array_equal(numbers(twins), numbers(params))


def test_groups_have_their_own_settings_and_a_schedule_changes_them():
    a, b = Tensor([3.0, 4.0]), Tensor([3.0, 4.0])
    optimizer = LARS([{"params": a}, {"params": b, "trust": 0.2}], lr=0.5, momentum=0.0, weight_decay=0.0)
    schedule = ExponentialLR(optimizer, gamma=0.5)
    for rate in (0.5, 0.25):
        before = a.data.copy(), b.data.copy()
        a.grad = b.grad = np.array([0.0, 7.0])
        optimizer.step()
        schedule.step()
        for p, old, trust in ((a, before[0], 0.1), (b, before[1], 0.2)):
            np.testing.assert_allclose(p.data, old - [0.0, rate * trust * np.linalg.norm(old)], rtol=1e-14)


def test_a_parameter_without_a_gradient_is_left_alone_and_its_steps_are_not_counted():
    early, late = Tensor([1.0, 2.0]), Tensor([1.0, 2.0])
    optimizer = LAMB([early, late])
    early.grad = np.ones(2)
    optimizer.step()
    assert late.tolist() == [1.0, 2.0]
    assert late not in optimizer.state
    late.grad = np.ones(2)
    optimizer.step()
    assert [optimizer.state[p]["step"] for p in (early, late)] == [2, 1]


def test_a_large_parameter_is_seen_as_a_whole():
    rng = np.random.default_rng(0)
    start, gradient = rng.normal(size=(2, ENTRIES_AT_ONCE + 1)), rng.normal(size=(2, ENTRIES_AT_ONCE + 1))
    for order in "CF":
        p = Tensor(start)
        p.data = np.array(start, order=order)
        p.grad = gradient
        LARS([p]).step()
        np.testing.assert_allclose(p.data, lars_of_the_paper(start, [gradient]), rtol=1e-12)


def test_parameters_in_float16_are_computed_in_float32():
    p = Tensor(np.full(3, 300.0, np.float16))
    p.grad = np.full(3, 300.0, np.float16)
    LARS([p], lr=1.0, momentum=0.0, weight_decay=0.0, trust=0.5).step()  # lengths whose squares are infinite in float16
    assert p.dtype == np.float16
    np.testing.assert_array_equal(p.data, np.full(3, 150.0))


class Counting(Optimizer):
    """Plain descent, which counts the calls of its formula."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, {"lr": lr})
        self.seen = []

    def update(self, p, g, *, step, lr):
        self.seen.append(p.shape)
        p -= lr * g


class CountingElementwise(Counting):
    elementwise = True
    update = Counting.update


@pytest.mark.parametrize("kind", KINDS)
def test_a_formula_is_called_for_each_parameter_unless_it_is_elementwise(kind):
    one_by_one, together = (parameters(kind, np.random.default_rng(0)) for _ in range(2))
    optimizers = Counting(one_by_one), CountingElementwise(together)
    for params, optimizer in zip((one_by_one, together), optimizers, strict=True):
        give_gradients(params, np.random.default_rng(1))
        optimizer.step()
    np.testing.assert_array_equal(numbers(one_by_one), numbers(together))
    assert optimizers[0].seen == (SHAPES if kind == "Tensors" else [(1,)] * 5)
    assert optimizers[1].seen == [(numbers(together).size,)]


def test_what_a_class_says_of_its_formula_does_not_hold_for_a_formula_of_a_subclass():
    class TrustAdam(Adam):
        def update(self, p, g, *memory, lr, **settings):
            super().update(p, g, *memory, lr=lr * np.linalg.norm(p), **settings)

    class Renamed(AdamW):
        pass

    class Again(TrustAdam):
        pass

    assert (TrustAdam.elementwise, Again.elementwise, Renamed.elementwise, Adam.elementwise) == (False, False, True, True)
    a, b = Tensor([3.0, 4.0]), Tensor([1.0])
    a.grad, b.grad = np.ones(2), np.ones(1)
    TrustAdam([a, b], lr=0.1).step()
    np.testing.assert_allclose(numbers([a, b]), [2.5, 3.5, 0.9])


def test_a_formula_that_returns_the_new_numbers_is_told_to_change_them_in_place():
    class Pure(Optimizer):
        def update(self, p, g, *, step, lr):
            return p - lr * g

    p = Tensor([1.0])
    p.grad = np.ones(1)
    with pytest.raises(TypeError, match=r"Pure.update must change p in place, as in `p -= lr \* g`, and return nothing"):
        Pure([p], {"lr": 0.1}).step()


@pytest.mark.parametrize("kind", KINDS)
def test_a_formula_cannot_write_into_the_gradient(kind):
    class Decaying(Optimizer):
        def update(self, p, g, *, step, lr):
            g += 0.1 * p
            p -= lr * g

    params = parameters(kind, np.random.default_rng(0))
    gradients = give_gradients(params, np.random.default_rng(1))
    before = numbers(params)
    with pytest.raises(ValueError, match="read-only"):
        Decaying(params, {"lr": 0.1}).step()
    np.testing.assert_array_equal(numbers(params), before)
    for p, g in zip(params, gradients, strict=True):
        np.testing.assert_array_equal(p.grad, g)


@pytest.mark.parametrize("method", [LARS, LAMB, Muon])
def test_a_network_learns(method):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(64, 3))
    y = X @ [[1.0], [-2.0], [0.5]] + 1.0
    model = nn.Sequential(nn.Linear(3, 16, rng=0), nn.Tanh(), nn.Linear(16, 1, rng=1))
    optimizer, losses = method(model.parameters()), []
    for _ in range(60):
        loss = nn.mse_loss(model(X), y)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < losses[0] / 4


@pytest.mark.parametrize("elementwise", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_formula_that_remembers_nothing_knows_its_step_and_goes_on_counting(kind, elementwise):
    class Harmonic(Optimizer):
        def update(self, p, g, *, step, lr):
            p -= lr / step * g

    Harmonic.elementwise = elementwise
    params = parameters(kind, np.random.default_rng(0))
    start, optimizer = numbers(params), Harmonic(params, {"lr": 0.5})
    for i in range(4):
        if i == 2:
            state, optimizer = optimizer.state_dict(), Harmonic(params, {"lr": 9.0})
            optimizer.load_state_dict(state)
        for p in params:
            p.grad = np.ones(p.shape)
        optimizer.step()
    np.testing.assert_allclose(numbers(params), start - 0.5 * (1 + 1 / 2 + 1 / 3 + 1 / 4))


@pytest.mark.parametrize("method", [SGD, Adam, AdamW, Adagrad, RMSprop])
def test_the_methods_of_this_library_are_elementwise(method):
    assert method.elementwise


# --- large parameters -----------------------------------------------------------------------------


SETTINGS = [
    (optim.SGD, {"lr": 0.5}),
    (optim.SGD, {"lr": 0.5, "momentum": 0.9, "nesterov": True}),
    (optim.Adam, {"lr": 0.5}),
    (optim.AdamW, {"lr": 0.5, "amsgrad": True}),
    (optim.RMSprop, {"lr": 0.5, "momentum": 0.9, "centered": True}),
    (optim.Adagrad, {"lr": 0.5, "lr_decay": 0.1}),
]
SIZES = [ENTRIES_AT_ONCE - 1, ENTRIES_AT_ONCE, ENTRIES_AT_ONCE + 1, 2 * ENTRIES_AT_ONCE, 2 * ENTRIES_AT_ONCE + 1]


def uniform(size, seed, dtype=float):
    return np.random.default_rng(seed).uniform(0.5, 1.0, size).astype(dtype)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("method", "settings"), SETTINGS)
def test_every_entry_of_a_large_parameter_is_changed_as_it_would_be_alone(method, settings, size):
    start, gradients = uniform(size, 0), [uniform(size, seed) for seed in (1, 2, 3)]
    p = Tensor(start)
    descent = method([p], **settings)
    # One entry of each part, the ends of the parts, and the last.
    around = [i for end in range(0, size, ENTRIES_AT_ONCE) for i in (end - 1, end, end + 7)]
    some = sorted({i for i in (*around, size - 1) if 0 <= i < size})
    alone = [Tensor([start[i]]) for i in some]
    descents = [method([q], **settings) for q in alone]
    for gradient in gradients:
        before = p.data.copy()
        p.grad = gradient
        descent.step()
        assert (p.data != before).all()
        for i, q, each in zip(some, alone, descents, strict=True):
            q.grad = gradient[[i]]
            each.step()
    np.testing.assert_allclose(p.data[some], [q.data[0] for q in alone], rtol=1e-14)


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("method", "settings"), SETTINGS)
def test_large_parameters_are_pytorchs_entry_by_entry(method, settings, dtype, joined):
    torch = pytest.importorskip("torch")
    size = 2 * ENTRIES_AT_ONCE + 100
    start = uniform(size, 0, dtype)
    ours = [Tensor(part) for part in (np.array_split(start, 40) if joined else [start])]  # small ones make one large piece
    theirs = torch.tensor(start, requires_grad=True)
    descent, reference = method(ours, **settings), getattr(torch.optim, method.__name__)([theirs], **settings)
    for seed in (1, 2, 3):
        gradient = uniform(size, seed, dtype)
        for p, part in zip(ours, np.array_split(gradient, len(ours)), strict=True):
            p.grad = part
        theirs.grad = torch.tensor(gradient)
        descent.step()
        reference.step()
        found, tolerance = np.concatenate([p.data for p in ours]), 1e-5 if dtype is np.float32 else 1e-11
        np.testing.assert_allclose(found, theirs.detach().numpy(), rtol=tolerance, atol=tolerance)


def test_two_optimizers_take_turns_with_values_in_stores():
    def trained(in_stores):
        values = [Value(0.1 * i) for i in range(6)]
        if in_stores:
            move_into_store(values[:2], (2,), "a")
            move_into_store(values[2:], (2, 2), "b")
        first, second = Adam(values, lr=0.1), SGD(values, lr=0.5)
        for i in range(4):
            sum(x * x * x for x in values).backward()
            (second if i % 2 else first).step()
            values[i].data += 1.0
        return [x.data for x in values]

    np.testing.assert_allclose(trained(in_stores=True), trained(in_stores=False), rtol=1e-12)
