"""Claims about frozen parameters: they stay parameters, get no gradient, and are not changed until they are thawed."""

import copy
import pickle

import numpy as np
import pytest
from optimizing import OPTIMIZERS, bumps, numbers, parameters, step
from pytorch_twin import fill, waves

import autograd
import nn
from autograd import Tensor, Value
from nn import optim

FROZEN_KINDS = ["Values", "Values in a store", "Tensors of shape ()"]


def network():
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.Tanh(), nn.Linear(4, 2, rng=1))
    model[0].requires_grad_(False)
    return model


def test_a_frozen_parameter_stays_in_everything_that_lists_parameters():
    model = network()
    names = ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert [name for name, _ in model.named_parameters()] == list(model.state_dict()) == names
    assert [p.requires_grad for p in model.parameters()] == [False, False, True, True]
    assert [p.frozen for p in model.parameters()] == [True, True, False, False]
    optimizer = optim.Adam(model.parameters())
    assert optimizer.param_groups[0]["params"] == model.parameters()
    other = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    model.load_state_dict(other.state_dict())
    x = np.ones((5, 3), np.float32)
    np.testing.assert_array_equal(model(x).data, other(x).data)


def test_a_plain_constant_is_no_parameter():
    model = nn.Module()
    model.constant = Tensor([1.0]).detach()
    assert not model.constant.frozen
    assert model.parameters() == []
    model.constant.requires_grad = True
    assert model.parameters() == [model.constant]


@pytest.mark.parametrize("settings", [{}, {"weight_decay": 0.1}, {"momentum": 0.9}])
def test_a_training_with_frozen_layers_is_pytorchs(settings, pytorch):
    def train(model, optimizer, x):
        losses = []
        for epoch in range(9):
            if epoch in (2, 5):
                model[0].requires_grad_(epoch == 5)
                optimizer.zero_grad()
            loss = (model(x) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    def theirs(torch):
        model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)).double()
        model.load_state_dict({name: torch.from_numpy(x) for name, x in start.items()})
        return train(model, torch.optim.SGD(model.parameters(), lr=0.1, **settings), torch.from_numpy(waves(5, 3)))

    model = fill(nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double())
    start = model.state_dict()
    np.testing.assert_allclose(train(model, optim.SGD(model.parameters(), lr=0.1, **settings), waves(5, 3)), pytorch(theirs), rtol=1e-12)


@pytest.mark.parametrize("kind", FROZEN_KINDS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_frozen_parameter_gets_no_gradient_and_no_step_changes_it(optimizer, kind):
    params = parameters(kind)
    descent = optimizer(params, lr=0.1, weight_decay=0.5)
    step(descent, params)
    params[1].requires_grad = False
    before = numbers(params)
    for _ in range(3):
        step(descent, params)
        assert params[1].grad in (None, 0.0)
    after = numbers(params)
    assert after[1] == before[1]
    assert after[0] != before[0]
    assert after[2] != before[2]
    assert params[1] in optimizer(params, lr=0.1).param_groups[0]["params"]


@pytest.mark.parametrize("kind", FROZEN_KINDS)
def test_what_is_remembered_of_a_frozen_parameter_is_there_when_it_is_thawed(kind):
    params = parameters(kind)
    descent = optim.Adam(params, lr=0.1)
    step(descent, params)
    memory = copy.deepcopy(descent.state[params[1]])
    params[1].requires_grad = False
    step(descent, params)
    assert descent.state[params[1]] == memory
    assert descent.state[params[0]]["step"] == 2
    resumed = optim.Adam(params, lr=0.1)
    resumed.load_state_dict(descent.state_dict())
    assert resumed.state[params[1]] == memory
    params[1].requires_grad = True
    frozen_at = numbers(params)[1]
    step(descent, params)
    assert descent.state[params[1]]["step"] == 2
    assert numbers(params)[1] != frozen_at


def test_a_gradient_from_before_is_forgotten_when_freezing_and_a_thawed_one_is_cleared_by_zero_grad():
    w = Tensor([1.0])
    descent = optim.SGD([w], lr=0.1)
    (w * 2).sum().backward()
    w.requires_grad = False
    assert w.grad is None
    descent.step()
    assert w.data[0] == 1.0
    w.requires_grad = True
    (w * 2).sum().backward()
    descent.zero_grad()
    assert w.grad is None


@pytest.mark.parametrize("make", [lambda: Value(3.0), lambda: Tensor([3.0])])
def test_what_was_computed_before_freezing_or_thawing_is_stale(make):
    for first in (True, False):
        x, other = make(), make()
        x.requires_grad = first
        y = x * x * other
        x.requires_grad = not first
        with pytest.raises(RuntimeError, match="was changed after"):
            y.backward()


def test_assigning_what_is_so_already_changes_nothing():
    x = Value(3.0)
    y = x * x
    x.requires_grad = True
    y.requires_grad = True
    y.backward()
    assert x.grad == 6.0
    assert x.requires_grad_().requires_grad_() is x


def test_what_was_computed_cannot_be_frozen():
    for y in (Value(2.0) * 3.0, Tensor([2.0]) * 3.0):
        with pytest.raises(
            RuntimeError, match=rf"This {type(y).__name__} was computed, so it has a derivative; x\.detach\(\) is a constant"
        ):
            y.requires_grad = False


@pytest.mark.parametrize("make", [lambda: Value(3.0), lambda: Tensor([3.0])])
def test_copies_and_pickles_of_a_frozen_parameter_are_frozen(make, tmp_path):
    x = make().requires_grad_(False)
    for twin in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert twin.frozen
        assert not twin.requires_grad
        assert twin.requires_grad_().requires_grad
    assert not x.detach().frozen


def test_a_model_with_frozen_layers_can_be_copied():
    model = copy.deepcopy(network())
    assert [p.requires_grad for p in model.parameters()] == [False, False, True, True]


@pytest.mark.parametrize("kind", FROZEN_KINDS)
def test_a_compiled_function_notices_what_is_frozen_and_thawed(kind):
    params = parameters(kind)
    loss = autograd.compile(lambda: bumps(params))
    for frozen in ([], [1], [0, 1], [2], []):
        for i, p in enumerate(params):
            p.requires_grad = i not in frozen
            p.grad = None
        loss().backward()
        found = [0.0 if p.grad is None else float(p.grad) for p in params]
        start = numbers(params)
        expected = [0.0 if i in frozen else 2 * x + 3 * np.cos(3 * x) for i, x in enumerate(start)]
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_function_that_is_compiled_cannot_freeze():
    w = Tensor([1.0])

    def loss():
        w.requires_grad = False
        return w.sum()

    with pytest.raises(TypeError, match=r"assigning to \.requires_grad.*freeze and thaw parameters outside of the compiled function"):
        autograd.compile(loss)()
    assert w.requires_grad


def test_clipping_passes_over_frozen_parameters():
    model = network()
    model(np.ones((5, 3))).sum().backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 1e-3)
    assert norm > 0
    assert model[0].weight.grad is None


def test_a_trainer_leaves_frozen_layers_as_they_are():
    model = network()
    before = model.state_dict()
    trainer = nn.Trainer(model, nn.MSELoss(), optim.AdamW(model.parameters(), lr=0.1), rng=0)
    trainer.fit((np.ones((8, 3)), np.zeros((8, 2))), epochs=2, verbose=0)
    after = model.state_dict()
    changed = [name for name in before if not np.array_equal(before[name], after[name])]
    assert changed == ["2.weight", "2.bias"]


def test_a_diagnosis_does_not_miss_the_gradients_of_frozen_layers():
    batch = (np.random.default_rng(0).normal(size=(16, 3)), np.ones((16, 2)))
    found = nn.diagnose(network(), batch, loss=nn.MSELoss())
    assert "no gradient" not in [finding.kind for finding in found.findings]
