"""Claims about the optimizers: they are PyTorch's, step for step, for parameters of either kind."""

import copy
import math
import pickle

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, no_grad
from autograd.stores import StoredValue
from nn import optim
from nn.optim.optimizer import ENTRIES_AT_ONCE

START = [1.0, -2.0, 0.3]

# Each optimizer with settings, and where PyTorch 2.13 is after 25 steps from START on `bumps`.
SETTINGS = [
    (optim.SGD, {"lr": 0.01}, [1.1812524903009805, -1.591386396941818, -0.3152965177494493]),
    (optim.SGD, {"lr": 0.05, "weight_decay": 0.1}, [1.2265857497001278, -0.42331972307329196, -0.4233185972675032]),
    (optim.SGD, {"lr": 0.05, "momentum": 0.9}, [1.288716787464733, 1.395179498855652, -0.36217564647250877]),
    (optim.SGD, {"lr": 0.05, "momentum": 0.9, "dampening": 0.3}, [1.1853435096795826, 1.0599693830047514, -0.514228796452205]),
    (
        optim.SGD,
        {"lr": 0.02, "momentum": 0.8, "dampening": 0.5, "weight_decay": 0.05},
        [1.2240440942989634, -0.3438894894317232, -0.398940609088914],
    ),
    (optim.SGD, {"lr": 0.02, "momentum": 0.9, "nesterov": True}, [1.2540910370815126, -0.37715182418123, -0.4226816526925169]),
    (
        optim.SGD,
        {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.1, "nesterov": True},
        [1.2359190096846098, -0.36870727400493314, -0.4182788181780917],
    ),
    (optim.Adam, {"lr": 0.1}, [1.2294478033831364, -0.11066648897919985, -0.3083306026868886]),
    (optim.Adam, {"lr": 0.05, "betas": (0.5, 0.9), "eps": 0.001}, [1.2445199987290543, -0.6019078663481561, -0.42842292511633046]),
    (optim.Adam, {"lr": 0.05, "weight_decay": 0.1}, [1.2229949662701314, -0.6685412925113564, -0.5605311311134566]),
    (optim.Adam, {"lr": 0.1, "betas": (0.0, 0.99)}, [1.2438930483077446, -0.42747758289822496, -0.4273078466028848]),
    (optim.AdamW, {"lr": 0.1}, [1.2278707508626332, -0.11371240478757523, -0.3089081412711016]),
    (
        optim.AdamW,
        {"lr": 0.05, "betas": (0.8, 0.95), "weight_decay": 0.5},
        [1.2065459289673257, -0.29832450061128746, -0.42189298960144667],
    ),
    (optim.AdamW, {"lr": 0.05, "weight_decay": 0.0}, [1.2263402671085153, -0.6677647822746118, -0.5658750746604887]),
    (optim.RMSprop, {"lr": 0.05}, [1.244590278928704, -0.42730784687523016, -0.42730530071842704]),
    (
        optim.RMSprop,
        {"lr": 0.02, "alpha": 0.9, "eps": 0.0001, "weight_decay": 0.1},
        [1.2266040084408294, -1.1869595789519587, -0.3167341198758715],
    ),
    (optim.RMSprop, {"lr": 0.01, "momentum": 0.8}, [1.2586416054277916, -0.5303631297590345, -0.46825324018347847]),
    (optim.RMSprop, {"lr": 0.01, "alpha": 0.8, "centered": True}, [1.2445445755088016, -1.0785337754548965, -0.37625821011313193]),
    (
        optim.RMSprop,
        {"lr": 0.005, "alpha": 0.8, "centered": True, "momentum": 0.5, "weight_decay": 0.05},
        [1.2355885953597239, -1.125811660374975, -0.3865002554058919],
    ),
    (optim.Adagrad, {"lr": 0.2}, [1.2445902789330665, -0.45210614669789473, -0.42729511892356525]),
    (optim.Adagrad, {"lr": 0.3, "lr_decay": 0.1, "weight_decay": 0.1}, [1.226604008579513, -0.47389067780149685, -0.4233044860117737]),
    (
        optim.Adagrad,
        {"lr": 0.2, "initial_accumulator_value": 0.5, "eps": 0.001},
        [1.244590278936102, -0.45541818246672156, -0.4272899718816826],
    ),
    (optim.Adam, {"lr": 0.1, "amsgrad": True}, [1.2294557418265664, -0.11067381298553271, -0.30834196361170124]),
    (
        optim.Adam,
        {"lr": 0.1, "weight_decay": 0.1, "amsgrad": True, "maximize": True},
        [0.6176380619978143, -4.538925862160488, 0.6334210223316227],
    ),
    (
        optim.AdamW,
        {"lr": 0.05, "betas": (0.5, 0.8), "amsgrad": True},
        [1.2434768066596842, -0.6660986048944781, -0.42480111919532615],
    ),
    (optim.SGD, {"lr": 0.05, "momentum": 0.9, "maximize": True}, [0.7154561551728819, -715.5318258287537, 0.5703321077841732]),
    (optim.AdamW, {"lr": 0.05, "maximize": True}, [0.7360364692725585, -3.318282193291692, 0.7136452970472558]),
    (optim.RMSprop, {"lr": 0.02, "momentum": 0.5, "maximize": True}, [0.6805333764248704, -6.383371830530966, 0.6805199968105715]),
    (optim.Adagrad, {"lr": 0.2, "weight_decay": 0.1, "maximize": True}, [0.6695748321851726, -4.08961336714286, 0.6695747560538361]),
]
OPTIMIZERS = [optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad]
REMEMBERING = [(optim.SGD, {"momentum": 0.9}), (optim.Adam, {"amsgrad": True}), *((optimizer, {}) for optimizer in OPTIMIZERS[1:])]
KINDS = ["Values", "Values in a store", "Tensor", "Tensors of shape ()"]


def stored(values):
    """The same Values, after a compiled program has moved them into one array."""
    autograd.compile(lambda: autograd.dot(values, values))()
    assert {type(value) for value in values} == {StoredValue}
    return values


def parameters(kind):
    return {
        "Values": lambda: [Value(x) for x in START],
        "Values in a store": lambda: stored([Value(x) for x in START]),
        "Tensor": lambda: [Tensor(START)],
        "Tensors of shape ()": lambda: [Tensor(x) for x in START],
    }[kind]()


def numbers(params):
    return np.concatenate([np.ravel(p.data) for p in params])


def bumps(params):
    """A loss with hills and valleys, Σ p² + sin 3p."""
    return sum((p * p + autograd.sin(3 * p)).sum() if isinstance(p, Tensor) else p * p + autograd.sin(3 * p) for p in params)


def step(optimizer, params):
    optimizer.zero_grad()
    bumps(params).backward()
    optimizer.step()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("optimizer", "settings", "end"), SETTINGS)
def test_25_steps_end_where_pytorch_ends(optimizer, settings, end, kind):
    params = parameters(kind)
    descent = optimizer(params, **settings)
    for _ in range(25):
        step(descent, params)
    np.testing.assert_allclose(numbers(params), end, rtol=1e-12, atol=0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("optimizer", "settings", "end"), SETTINGS)
def test_every_step_is_pytorchs_to_12_digits(optimizer, settings, end, kind, pytorch):
    def theirs(torch):
        p, steps = torch.tensor(START, dtype=torch.float64, requires_grad=True), []
        reference = getattr(torch.optim, optimizer.__name__)([p], **settings)
        for _ in range(30):
            reference.zero_grad()
            (p * p + torch.sin(3 * p)).sum().backward()
            reference.step()
            steps.append(p.tolist())
        return steps

    params = parameters(kind)
    ours = optimizer(params, **settings)
    for expected in pytorch(theirs, f"{optimizer.__name__} {settings}"):
        step(ours, params)
        np.testing.assert_allclose(numbers(params), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_default_settings_are_pytorchs(optimizer, pytorch):
    ours = optimizer([Value(1.0)]).defaults

    def theirs(torch):
        reference = getattr(torch.optim, optimizer.__name__)([torch.zeros(1)]).defaults
        return [reference[name] for name in ours]

    assert list(ours.values()) == [tuple(x) if isinstance(x, list) else x for x in pytorch(theirs)]


def test_adam_agrees_with_the_formulas_of_its_paper():
    p, lr, beta1, beta2, eps = Value(2.0), 0.1, 0.8, 0.95, 1e-4
    descent = optim.Adam([p], lr, (beta1, beta2), eps)
    gradients, expected = [], 2.0
    for t in range(1, 21):
        gradients.append(3 * expected**2)
        # The running means written out as the weighted sums that they are.
        m = sum((1 - beta1) * beta1 ** (t - 1 - i) * g for i, g in enumerate(gradients)) / (1 - beta1**t)
        v = sum((1 - beta2) * beta2 ** (t - 1 - i) * g * g for i, g in enumerate(gradients)) / (1 - beta2**t)
        expected -= lr * m / (math.sqrt(v) + eps)
        descent.zero_grad()
        (p * p * p).backward()
        descent.step()
        assert p.data == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("settings", [{}, {"momentum": 0.9}, {"weight_decay": 0.5}])
def test_a_tensor_without_a_gradient_is_left_alone_by_sgd(settings):
    used, unused = Tensor([1.0, 2.0]), Tensor([3.0])
    descent = optim.SGD([used, unused], lr=0.1, **settings)
    used.sum().backward()
    descent.step()
    assert unused.data[0] == 3.0
    assert used.data[0] != 1.0


@pytest.mark.parametrize("kind", ["Values", "Values in a store"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_value_without_a_gradient_has_the_gradient_0(optimizer, kind):
    zero, none = parameters(kind), parameters(kind)
    for params, gradient in ((zero, 0.0), (none, None)):
        for p in params:
            p.grad = gradient
        optimizer(params, lr=0.1, weight_decay=0.5).step()
    np.testing.assert_array_equal(numbers(none), numbers(zero))
    assert (numbers(none) != START).all()


@pytest.mark.parametrize("optimizer", [optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad])
def test_a_tensor_without_a_gradient_is_left_alone_and_its_steps_are_not_counted(optimizer):
    early, late = Tensor([1.0]), Tensor([1.0])
    descent = optimizer([early, late], lr=0.1)
    for _ in range(3):
        descent.zero_grad()
        (early * early).sum().backward()
        descent.step()
    assert late.data[0] == 1.0
    (late * late).sum().backward()
    early.zero_grad()
    descent.step()
    fresh = Tensor([1.0])
    first = optimizer([fresh], lr=0.1)
    (fresh * fresh).sum().backward()
    first.step()
    assert late.data[0] == fresh.data[0]


@pytest.mark.parametrize("number", [float, np.float64])
@pytest.mark.parametrize(("optimizer", "settings", "end"), SETTINGS)
def test_parameters_of_32_bits_stay_so_and_follow_pytorch(optimizer, settings, end, number):
    p = Tensor(np.array(START, dtype=np.float32))
    descent = optimizer([p], **{**settings, "lr": number(settings["lr"])})
    for _ in range(25):
        step(descent, [p])
        assert p.data.dtype == np.float32
    np.testing.assert_allclose(p.data, end, rtol=1e-4)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_parameter_given_twice_moves_once(optimizer):
    twice, once = Value(1.0), Value(1.0)
    for p, params in ((twice, [twice, twice]), (once, [once])):
        step(optimizer(params, lr=0.1), [p])
    assert twice.data == once.data


def test_the_learning_rate_can_change_between_steps():
    p = Value(1.0)
    descent = optim.SGD([p], lr=0.1)
    for lr in (0.5, 0.25):
        descent.lr = lr
        p.grad = 1.0
        descent.step()
    assert p.data == 0.25


@pytest.mark.parametrize("settings", [{"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}])
def test_writing_into_a_gradient_after_a_step_does_not_change_the_momentum(settings):
    clean, touched = Tensor(START), Tensor(START)
    for p in (clean, touched):
        descent = optim.SGD([p], lr=0.1, **settings)
        for _ in range(3):
            step(descent, [p])
            if p is touched:
                p.grad[:] = 1000.0
    np.testing.assert_array_equal(clean.data, touched.data)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_zero_grad_forgets_the_gradients_of_both_kinds(optimizer):
    value, tensor = Value(1.0), Tensor([1.0])
    (value * tensor.sum()).backward()
    optimizer([value, tensor], lr=0.1).zero_grad()
    assert value.grad == 0.0
    assert tensor.grad is None


@pytest.mark.parametrize(("optimizer", "settings", "end"), SETTINGS)
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_large_array_changes_as_its_parts_would(optimizer, settings, end, order):
    rng = np.random.default_rng(0)
    start, gradients = rng.standard_normal((300, 240)), rng.standard_normal((4, 300, 240))
    assert start.size > 2 * ENTRIES_AT_ONCE
    whole, rows = Tensor(np.array(start, order=order)), [Tensor(row) for row in start]
    ours, theirs = optimizer([whole], **settings), [optimizer([row], **settings) for row in rows]  # small ones of one would be joined
    for gradient in gradients:
        whole.grad = np.array(gradient, order="F" if order == "C" else "C")
        for row, g in zip(rows, gradient, strict=True):
            row.grad = g
        before = whole.grad.copy()
        ours.step()
        for each in theirs:
            each.step()
        np.testing.assert_array_equal(whole.grad, before)
    np.testing.assert_allclose(whole.data, [row.data for row in rows], rtol=1e-14)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_step_between_forward_and_backward_is_noticed(optimizer, kind):
    params = parameters(kind)
    loss = bumps(params)
    loss.backward()
    optimizer(params, lr=0.1).step()
    with pytest.raises(RuntimeError, match="was changed after"):
        loss.backward()


def test_a_step_inside_a_compiled_function_is_refused():
    p = Tensor([1.0, 2.0])
    descent = optim.SGD([p], lr=0.1)
    p.grad = np.ones(2)

    def train():
        descent.step()
        return (p * p).sum()

    with pytest.raises(TypeError, match=r"cannot be compiled: \.grad"):
        autograd.compile(train)()
    np.testing.assert_array_equal(p.data, [1.0, 2.0])


def test_centered_rmsprop_survives_gradients_that_stay_the_same():
    params = [Value(1.0), Tensor([1.0, 2.0])]
    descent = optim.RMSprop(params, alpha=0.5, centered=True)
    for _ in range(200):  # the variance goes to 0, and by rounding below
        for p in params:
            p.grad = p.data * 0 + 0.1
        descent.step()
        assert np.isfinite(numbers(params)).all()


@pytest.mark.parametrize("scale", [1e-200, 1e200])
@pytest.mark.parametrize("kind", KINDS)
def test_adam_survives_gradients_whose_squares_leave_the_range_of_floats(kind, scale):
    params = parameters(kind)
    for p in params:
        p.grad = p.data * 0 + scale
    with np.errstate(over="ignore"):
        optim.Adam(params, lr=0.1).step()
    assert np.isfinite(numbers(params)).all()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_copied_model_and_optimizer_go_on_alike_and_apart(optimizer):
    model = nn.MLP(2, [3, 1], rng=0)
    descent = optimizer(model.parameters(), lr=0.1)

    def train(model, descent):
        for _ in range(3):
            descent.zero_grad()
            nn.mse_loss(model([1.0, -1.0]), 2.0).backward()
            descent.step()
        return numbers(model.parameters())

    before = train(model, descent)
    twin, twins_descent = copy.deepcopy((model, descent))
    after = train(twin, twins_descent)
    np.testing.assert_array_equal(numbers(model.parameters()), before)
    np.testing.assert_array_equal(train(model, descent), after)
    assert (after != before).any()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_groups_have_their_own_settings_as_in_pytorch(optimizer, pytorch):
    def grouped(params):
        return [{"params": params[:2], "lr": 0.03}, {"params": params[2], "weight_decay": 0.2}]

    def theirs(torch):
        params, steps = [torch.tensor([x], dtype=torch.float64, requires_grad=True) for x in START], []
        reference = getattr(torch.optim, optimizer.__name__)(grouped(params), lr=0.05)
        for i in range(10):
            if i == 5:
                reference.param_groups[1]["lr"] = 0.01
            reference.zero_grad()
            sum((p * p + torch.sin(3 * p)).sum() for p in params).backward()
            reference.step()
            steps.append([p.item() for p in params])
        return steps

    ours = [Tensor([x]) for x in START]
    descent = optimizer(grouped(ours), lr=0.05)
    for i, expected in enumerate(pytorch(theirs)):
        if i == 5:
            descent.param_groups[1]["lr"] = 0.01
        step(descent, ours)
        np.testing.assert_allclose(numbers(ours), expected, rtol=1e-12)


def test_a_group_can_be_added_later():
    early, late = Value(1.0), Value(1.0)
    descent = optim.SGD([early], lr=0.1)
    descent.add_param_group({"params": late, "lr": 0.5})
    early.grad = late.grad = 1.0
    descent.step()
    assert (early.data, late.data) == (0.9, 0.5)
    assert descent.param_groups[1]["params"] == [late]
    descent.zero_grad()
    assert (early.grad, late.grad) == (0.0, 0.0)


def test_settings_of_a_group_can_be_changed_between_steps():
    p = Value(1.0)
    descent = optim.SGD([p], lr=0.1)
    p.grad = 1.0
    descent.step()
    descent.param_groups[0].update(lr=0.2, momentum=0.5)
    descent.step()  # the first with momentum: its velocity is the gradient
    descent.step()
    assert p.data == pytest.approx(1.0 - 0.1 - 0.2 * 1 - 0.2 * 1.5, rel=1e-14)


def test_a_setting_changed_to_what_is_impossible_is_refused_at_the_step():
    p = Value(1.0)
    descent = optim.SGD([p], lr=0.1)
    p.grad = 1.0
    descent.param_groups[0]["lr"] = math.nan
    with pytest.raises(ValueError, match="lr must be finite and not negative; got nan"):
        descent.step()
    assert p.data == 1.0


def test_lr_is_that_of_all_groups():
    descent = optim.SGD([{"params": [Value(1.0)]}, {"params": [Value(1.0)]}], lr=0.1)
    assert descent.lr == 0.1
    descent.lr = 0.2
    assert [group["lr"] for group in descent.param_groups] == [0.2, 0.2]
    with pytest.raises(ValueError, match="lr must be finite and not negative; got -1"):
        descent.lr = -1
    assert descent.lr == 0.2
    descent.param_groups[1]["lr"] = 0.3
    with pytest.raises(ValueError, match=r"different learning rates, \[0.2, 0.3\]; read optimizer.param_groups"):
        descent.lr  # noqa: B018


@pytest.mark.parametrize(
    ("groups", "error", "sentence"),
    [
        (
            [{"params": [Value(1.0)], "rate": 1.0}],
            ValueError,
            "group of SGD has params, lr, momentum, dampening, weight_decay, nesterov, maximize; there is no rate",
        ),
        ([{"lr": 0.1}], TypeError, 'a dict such as {"params": model.parameters(), "lr": 0.1}; got {\'lr\': 0.1}'),
        ([{"params": []}], ValueError, "got no parameters"),
        ([{"params": [Value(1.0)], "lr": -1}], ValueError, "lr must be finite and not negative; got -1"),
        ([{"params": [1.0]}], TypeError, "changes Values and Tensors, not a float"),
        ([{"params": 1.0}], TypeError, "takes a list of parameters, not a float"),
        ([{"params": [Value(1.0)]}, Value(2.0)], TypeError, "changes Values and Tensors, not a dict"),
    ],
)
def test_what_is_no_list_of_groups_is_refused(groups, error, sentence):
    with pytest.raises(error) as caught:
        optim.SGD(groups, lr=0.1)
    assert sentence in str(caught.value)


def test_a_parameter_in_two_groups_is_refused():
    p = Value(1.0, label="w")
    with pytest.raises(ValueError, match="Value 'w' is in two parameter groups; each parameter belongs to one"):
        optim.SGD([{"params": p}, {"params": [Value(1.0), p]}])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("optimizer", "settings", "end"), SETTINGS)
def test_an_optimizer_goes_on_from_a_state_dict_bit_for_bit(optimizer, settings, end, kind):
    def fresh():
        params = parameters(kind)
        return params, optimizer(params, **settings)

    params, descent = fresh()
    for _ in range(10):
        step(descent, params)
    others, other = fresh()
    other.param_groups[0]["lr"] = 123.0
    for p, q in zip(params, others, strict=True):
        q.data = p.data
    other.load_state_dict(descent.state_dict())
    for _ in range(10):
        step(descent, params)
        step(other, others)
    np.testing.assert_array_equal(numbers(others), numbers(params))


@pytest.mark.parametrize(("optimizer", "settings"), REMEMBERING)
def test_a_state_dict_is_a_copy(optimizer, settings):
    p = Tensor(START)
    descent = optimizer([p], **settings)
    step(descent, [p])
    kept = descent.state_dict()
    before = copy.deepcopy(kept)
    step(descent, [p])
    np.testing.assert_equal(kept, before)
    other = optimizer([Tensor(START)], **settings)
    other.load_state_dict(kept)
    step(other, other.param_groups[0]["params"])
    np.testing.assert_equal(kept, before)


@pytest.mark.parametrize(("optimizer", "settings"), REMEMBERING)
def test_what_is_remembered_has_pytorchs_names(optimizer, settings, pytorch):
    def theirs(torch):
        p = torch.tensor(START, dtype=torch.float64, requires_grad=True)
        reference = getattr(torch.optim, optimizer.__name__)([p], **settings)
        p.grad = torch.ones(3, dtype=torch.float64)
        reference.step()
        state = reference.state_dict()
        assert state["param_groups"][0]["params"] == [0]
        memory = {"step": 1, **state["state"][0]}
        return [sorted(memory), *(np.asarray(memory[name]).tolist() for name in sorted(memory))]

    p = Tensor(START)
    descent = optimizer([p], **settings)
    p.grad = np.ones(3)
    descent.step()
    ours = descent.state_dict()
    assert ours["param_groups"][0]["params"] == [0]
    names, *memories = pytorch(theirs)
    assert sorted(ours["state"][0]) == names
    for name, memory in zip(names, memories, strict=True):
        np.testing.assert_allclose(ours["state"][0][name], memory, rtol=1e-12)


def test_state_dicts_number_the_parameters_through_the_groups():
    a, b, c = Value(1.0), Tensor([1.0]), Value(1.0)
    descent = optim.Adam([{"params": [a, b]}, {"params": [c], "lr": 0.5}])
    a.grad, b.grad = 1.0, None
    descent.step()
    kept = descent.state_dict()
    assert [group["params"] for group in kept["param_groups"]] == [[0, 1], [2]]
    assert sorted(kept["state"]) == [0, 2]
    assert kept["state"][0] == {"step": 1, "exp_avg": pytest.approx(0.1), "exp_avg_sq": pytest.approx(0.001)}


def altered(change):
    def make(state):
        change(state)
        return state

    return make


@pytest.mark.parametrize(
    ("make", "error", "sentences"),
    [
        (lambda state: [], TypeError, ["takes a dict with the keys 'state' and 'param_groups'"]),
        (lambda state: {"state": {}}, TypeError, ["takes a dict with the keys 'state' and 'param_groups'"]),
        (
            altered(lambda s: s["param_groups"].append(s["param_groups"][0])),
            ValueError,
            ["does not fit this Adam: it has 2 groups and here are 1"],
        ),
        (altered(lambda s: s["param_groups"][0]["params"].append(2)), ValueError, ["group 0 has 3 parameters and here are 2"]),
        (
            altered(lambda s: (s["param_groups"][0].pop("betas"), s["param_groups"][0].update(momentum=0.9))),
            ValueError,
            ["betas of group 0 is missing", "momentum of group 0 is unknown here"],
        ),
        (
            altered(lambda s: s["state"][1].update(exp_avg=np.zeros(4), exp_avg_sq=0.0)),
            ValueError,
            ["of parameter 1, exp_avg has shape (4,) and must have (3,)", "exp_avg_sq has shape () and must have (3,)"],
        ),
        (altered(lambda s: s["param_groups"][0].pop("params")), ValueError, ["group 0 has 0 parameters and here are 2"]),
        (altered(lambda s: s["state"][0].pop("step")), ValueError, ["of parameter 0, step is missing"]),
        (altered(lambda s: s["state"].update({7: {}})), ValueError, ["parameter 7 is unknown here"]),
        (altered(lambda s: s["param_groups"][0].update(lr=-1)), ValueError, ["lr must be finite and not negative; got -1"]),
    ],
)
def test_a_state_dict_that_does_not_fit_is_refused_and_changes_nothing(make, error, sentences):
    params = [Value(1.0), Tensor(START)]
    descent = optim.Adam(params, lr=0.1)
    step(descent, params)
    before = descent.state_dict()
    with pytest.raises(error) as caught:
        descent.load_state_dict(make(copy.deepcopy(before)))
    for sentence in sentences:
        assert sentence in str(caught.value)
    np.testing.assert_equal(descent.state_dict(), before)


@pytest.mark.parametrize(("optimizer", "settings", "end"), SETTINGS)
def test_values_that_move_into_a_store_in_between_go_on(optimizer, settings, end):
    params = parameters("Values")
    descent = optimizer(params, **settings)
    for i in range(25):
        if i == 10:
            stored(params)
        step(descent, params)
    np.testing.assert_allclose(numbers(params), end, rtol=1e-12, atol=0)


def test_values_of_a_store_that_have_made_different_numbers_of_steps_go_on_apart():
    early, late = Value(1.0), Value(1.0)
    experienced, descent = optim.Adam([early], lr=0.1), optim.Adam([early, late], lr=0.1)
    early.grad = 1.0
    experienced.step()
    state = {**descent.state_dict(), "state": experienced.state_dict()["state"]}
    stored([early, late])
    descent.load_state_dict(state)
    early.grad, late.grad = 0.5, 1.0
    descent.step()
    experienced.step()
    assert [descent.state[p]["step"] for p in (early, late)] == [2, 1]
    assert descent.state[early] == experienced.state[early]


@pytest.mark.parametrize("together", [True, False])
def test_values_of_a_store_may_be_in_different_groups(together):
    values = stored([Value(1.0), Value(1.0)])
    groups = [{"params": values}] if together else [{"params": values[:1]}, {"params": values[1:], "lr": 0.5}]
    descent = optim.SGD(groups, lr=0.1)
    autograd.dot(values, [1.0, 1.0]).backward()
    descent.step()
    assert [value.data for value in values] == [0.9, 0.9 if together else 0.5]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
@pytest.mark.parametrize("kind", KINDS)
def test_a_copied_or_pickled_optimizer_goes_on_alike_and_apart(duplicate, kind):
    params = parameters(kind)
    descent = optim.Adam(params, lr=0.1)
    step(descent, params)
    twins, twins_descent = duplicate((params, descent))
    before = numbers(params)
    step(twins_descent, twins)
    np.testing.assert_array_equal(numbers(params), before)
    step(descent, params)
    np.testing.assert_allclose(numbers(twins), numbers(params), rtol=1e-15)


def test_a_base_optimizer_says_that_it_has_no_formula():
    with pytest.raises(NotImplementedError, match=r"does not define update\(self, p, g, "):
        optim.Optimizer([Value(1.0)], {"lr": 0.1}).step()


def constant():
    with no_grad():
        return Value(1.0) * 2


@pytest.mark.parametrize(
    ("params", "error", "sentence"),
    [
        ([], ValueError, "got no parameters; pass model.parameters()"),
        (nn.MLP(2, [1]), TypeError, "takes a list of parameters, not a MLP; pass model.parameters()"),
        (Value(1.0), TypeError, "takes a list of parameters, not a Value"),
        (Tensor([1.0, 2.0]), TypeError, "takes a list of parameters, not a Tensor"),
        (None, TypeError, "takes a list of parameters, not a NoneType"),
        ([1.0], TypeError, "changes Values and Tensors, not a float"),
        ({"w": Value(1.0)}, TypeError, "changes Values and Tensors, not a str"),
        ([[Value(1.0)]], TypeError, "changes Values and Tensors, not a list"),
        ([Value(1.0) * 2], ValueError, "cannot change the Value 2.0 (from multiply), which was computed or is a constant"),
        ([constant()], ValueError, "cannot change the Value 2.0, which was computed or is a constant"),
        ([Tensor([1.0]).detach()], ValueError, "cannot change the Tensor of shape (1,)"),
    ],
)
def test_what_is_no_list_of_parameters_is_refused(params, error, sentence):
    with pytest.raises(error) as caught:
        optim.SGD(params, lr=0.1)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("optimizer", "settings", "error", "sentence"),
    [
        (optim.SGD, {"lr": -0.1}, ValueError, "lr must be finite and not negative; got -0.1"),
        (optim.SGD, {"lr": math.nan}, ValueError, "lr must be finite and not negative; got nan"),
        (optim.Adam, {"lr": math.inf}, ValueError, "lr must be finite and not negative; got inf"),
        (optim.SGD, {"lr": "0.1"}, TypeError, "lr must be a number; got '0.1'"),
        (optim.SGD, {"momentum": -0.5}, ValueError, "momentum must be finite and not negative; got -0.5"),
        (optim.SGD, {"momentum": 0.5, "dampening": -1}, ValueError, "dampening must be finite and not negative; got -1"),
        (optim.SGD, {"weight_decay": -1}, ValueError, "weight_decay must be finite and not negative"),
        (optim.SGD, {"nesterov": True}, ValueError, "Nesterov's variant needs a momentum above 0 and no dampening"),
        (optim.SGD, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, ValueError, "Nesterov's variant needs"),
        (optim.Adam, {"eps": -1e-8}, ValueError, "eps must be finite and not negative"),
        (optim.Adam, {"eps": 0}, ValueError, "eps must be above 0"),
        (optim.Adam, {"betas": (0.9, 1.0)}, ValueError, "betas must be numbers from 0 to below 1, such as (0.9, 0.999); got (0.9, 1.0)"),
        (optim.Adam, {"betas": (-0.1, 0.9)}, ValueError, "betas must be numbers from 0 to below 1"),
        (optim.Adam, {"betas": (0.9, math.nan)}, ValueError, "betas must be numbers from 0 to below 1"),
        (optim.Adam, {"betas": 0.9}, ValueError, "betas must be numbers from 0 to below 1, such as (0.9, 0.999); got 0.9"),
        (optim.Adam, {"betas": (0.9, 0.9, 0.9)}, ValueError, "betas must be two numbers, of the two running means; got (0.9, 0.9, 0.9)"),
        (optim.Adam, {"betas": ("a", "b")}, ValueError, "betas must be numbers from 0 to below 1"),
        (optim.RMSprop, {"alpha": 1.5}, ValueError, "alpha must be from 0 to 1; got 1.5"),
        (optim.RMSprop, {"alpha": -0.1}, ValueError, "alpha must be finite and not negative; got -0.1"),
        (optim.RMSprop, {"eps": 0}, ValueError, "eps must be above 0: where a gradient has always been 0, RMSprop would divide 0 by 0"),
        (optim.Adagrad, {"eps": 0.0}, ValueError, "Adagrad would divide 0 by 0"),
        (optim.Adagrad, {"lr_decay": -1}, ValueError, "lr_decay must be finite and not negative; got -1"),
        (optim.Adagrad, {"initial_accumulator_value": math.inf}, ValueError, "initial_accumulator_value must be finite"),
        (optim.SGD, {"nesterov": "yes"}, TypeError, "nesterov must be a number; got 'yes'"),
        (optim.AdamW, {"weight_decay": None}, TypeError, "weight_decay must be a number; got None"),
    ],
)
def test_settings_out_of_range_are_refused(optimizer, settings, error, sentence):
    with pytest.raises(error) as caught:
        optimizer([Value(1.0)], **settings)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("method", [nn.optim.Adam, nn.optim.SGD])
def test_small_parameters_that_get_gradients_by_turns_are_changed_as_if_each_had_its_own_optimizer(method):
    rng = np.random.default_rng(0)
    together = [Tensor(rng.normal(size=shape)) for shape in ((2, 3), (3,), (4, 1))]
    alone = [Tensor(p.data) for p in together]
    optimizer, optimizers = method(together, lr=0.1), [method([p], lr=0.1) for p in alone]
    for turn in ([0, 1, 2], [0, 1], [2], [], [0, 1, 2], [1]):
        for i in range(3):
            together[i].grad = alone[i].grad = rng.normal(size=together[i].shape) if i in turn else None
        optimizer.step()
        for each in optimizers:
            each.step()
        for p, q in zip(together, alone, strict=True):
            np.testing.assert_array_equal(p.data, q.data)
    steps = [each.state.get(p, {}).get("step") for p, each in zip(alone, optimizers, strict=True)]
    assert [optimizer.state.get(p, {}).get("step") for p in together] == steps
