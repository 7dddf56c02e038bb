"""Claims about what an optimizer remembers: it goes on from a state dict or a copy, and follows Values into a store."""

import copy
import pickle

import numpy as np
import pytest
from optimizing import KINDS, OPTIMIZERS, REMEMBERING, SETTINGS, START, numbers, parameters, step, stored

import autograd
import nn
from autograd import Tensor, Value
from nn import optim


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
            ["does not fit this Adam: it has 2 groups instead of 1"],
        ),
        (altered(lambda s: s["param_groups"][0]["params"].append(2)), ValueError, ["group 0 has 3 parameters instead of 2"]),
        (
            altered(lambda s: (s["param_groups"][0].pop("betas"), s["param_groups"][0].update(momentum=0.9))),
            ValueError,
            ["betas of group 0 is missing", "momentum of group 0 is unknown"],
        ),
        (
            altered(lambda s: s["state"][1].update(exp_avg=np.zeros(4), exp_avg_sq=0.0)),
            ValueError,
            ["of parameter 1, exp_avg has shape (4,) and must have (3,)", "exp_avg_sq has shape () and must have (3,)"],
        ),
        (altered(lambda s: s["param_groups"][0].pop("params")), ValueError, ["group 0 has 0 parameters instead of 2"]),
        (altered(lambda s: s["state"][0].pop("step")), ValueError, ["of parameter 0, step is missing"]),
        (altered(lambda s: s["state"].update({7: {}})), ValueError, ["parameter 7 is unknown"]),
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
