"""Claims about every layer and loss: its outputs, its gradients and what it learns in ten steps are PyTorch's."""

import json

import numpy as np
import pytest
from references import CASES, FILE, as_lists

import nn

STORED = json.loads(FILE.read_text())


def assert_alike(numbers, expected, name=""):
    assert numbers.keys() == expected.keys()
    np.testing.assert_allclose(numbers["first"], expected["first"], rtol=1e-10, atol=1e-13, err_msg=f"{name}: the first output")
    for kind in ("gradients", "after"):
        for i, (ours, theirs) in enumerate(zip(numbers[kind], expected[kind], strict=True)):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12, err_msg=f"{name}: {kind}, {i}")


@pytest.mark.parametrize("name", CASES)
def test_a_module_computes_and_learns_what_pytorchs_does(name):
    assert_alike(as_lists(CASES[name].ours()), STORED[name])


def test_everything_that_pytorch_has_too_is_held_against_it():
    torch = pytest.importorskip("torch")
    modules = {name for name, thing in vars(nn).items() if isinstance(thing, type) and hasattr(torch.nn, name)}
    assert modules - {"Module", "ModuleList", "Parameter"} == {name.split()[0].rstrip(",") for name in CASES}


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss")
def test_the_stored_numbers_are_those_of_the_pytorch_installed_here():
    pytest.importorskip("torch")
    for name, case in CASES.items():
        assert_alike(as_lists(case.theirs()), STORED[name], name)
