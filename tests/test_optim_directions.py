"""Claims about Lion and Muon."""

import numpy as np
import pytest
from optimizing import KINDS, START, bumps, numbers, parameters, step
from pytorch_twin import waves

from autograd import Tensor, Value
from nn import optim


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("settings", [{}, {"betas": (0.5, 0.8), "weight_decay": 0.3}, {"maximize": True}], ids=str)
def test_lion_agrees_with_the_formulas_of_its_paper(kind, settings):
    beta1, beta2 = settings.get("betas", (0.9, 0.99))
    p, m = np.array(START), np.zeros(3)
    params = parameters(kind)
    descent = optim.Lion(params, lr=0.03, **settings)
    for _ in range(20):
        g = (2 * p + 3 * np.cos(3 * p)) * (-1 if "maximize" in settings else 1)
        c = beta1 * m + (1 - beta1) * g
        p = p - 0.03 * (np.sign(c) + settings.get("weight_decay", 0.0) * p)
        m = beta2 * m + (1 - beta2) * g
        step(descent, params)
        np.testing.assert_allclose(numbers(params), p, rtol=1e-12)


def test_lions_steps_are_all_of_one_length():
    p = Tensor(START)
    bumps([p]).backward()
    optim.Lion([p], lr=0.25).step()
    np.testing.assert_allclose(abs(p.data - START), 0.25, rtol=1e-12)


@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (5, 2)])
@pytest.mark.parametrize(
    "settings", [{}, {"nesterov": False, "momentum": 0.5, "weight_decay": 0.0}, {"adjust_lr_fn": "match_rms_adamw"}], ids=str
)
def test_muon_is_pytorchs_but_for_its_short_floats(shape, settings, pytorch):
    def theirs(torch):
        p = torch.tensor(waves(*shape), requires_grad=True)
        descent = torch.optim.Muon([p], lr=0.1, **settings)
        short, torch.Tensor.bfloat16 = torch.Tensor.bfloat16, torch.Tensor.clone
        try:
            for _ in range(10):
                descent.zero_grad()
                (p * p + torch.sin(3 * p)).sum().backward()
                descent.step()
        finally:
            torch.Tensor.bfloat16 = short
        return p.tolist()

    p = Tensor(waves(*shape))
    descent = optim.Muon([p], lr=0.1, **settings)
    for _ in range(10):
        step(descent, [p])
    np.testing.assert_allclose(p.data, pytorch(theirs), rtol=1e-9)


def test_muons_default_settings_are_pytorchs(pytorch):
    ours = optim.Muon([Tensor(np.ones((2, 2)))]).defaults

    def theirs(torch):
        reference = torch.optim.Muon([torch.zeros(2, 2)]).defaults
        return [reference[name] for name in ours]

    assert list(ours.values()) == [tuple(x) if isinstance(x, list) else x for x in pytorch(theirs)]


def test_muon_counts_all_directions_alike():
    p = Tensor(np.zeros((4, 4)))
    rng = np.random.default_rng(0)
    p.grad = rng.normal(size=(4, 4)) @ np.diag([100.0, 10.0, 1.0, 1.0])
    optim.Muon([p], lr=1.0, weight_decay=0.0, nesterov=False).step()
    assert (abs(np.linalg.svd(p.data)[1] - 1) < 0.5).all()


def test_muon_stays_where_the_gradient_is_0():
    p = Tensor(np.ones((2, 3)))
    p.grad = np.zeros((2, 3))
    optim.Muon([p], lr=1.0, weight_decay=0.0).step()
    np.testing.assert_array_equal(p.data, 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: optim.Muon([p, Tensor([1.0], label="bias")]), "Muon is for matrices, and not for .*bias.*; give the others to AdamW"),
        (lambda p: optim.Muon([Value(1.0)]), "Muon is for matrices, and not for"),
        (lambda p: optim.Muon([p], ns_coefficients=(1.0, 2.0)), r"ns_coefficients must be three numbers; got \(1\.0, 2\.0\)"),
        (lambda p: optim.Muon([p], ns_coefficients="abc"), "ns_coefficients must be three numbers"),
        (lambda p: optim.Muon([p], ns_steps=100), "ns_steps must be below 100; got 100"),
        (lambda p: optim.Muon([p], adjust_lr_fn="adam"), "adjust_lr_fn must be 'original' or 'match_rms_adamw'; got 'adam'"),
        (lambda p: optim.Muon([p], momentum=1.5), "momentum must be from 0 to 1"),
        (lambda p: optim.Lion([p], betas=(0.9,)), r"betas must be two numbers; got \(0\.9,\)"),
        (lambda p: optim.Adamax([p], betas=(0.9,)), "betas must be two numbers, of the two running means"),
        (lambda p: optim.Adadelta([p], rho=1.5), "rho must be from 0 to 1"),
    ],
)
def test_impossible_settings_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make(Tensor(np.ones((2, 2))))
