"""Claims about what PyTorch's programs do with modules: they get what PyTorch gives."""

import numpy as np
import pytest

import nn
from autograd import Tensor, Value


def network():
    return nn.Sequential(nn.Linear(3, 4, rng=0), nn.Tanh(), nn.Linear(4, 2, rng=1))


def test_parameters_are_a_list_that_next_takes_from():
    parameters = network().parameters()
    assert len(parameters) == 4
    assert next(parameters) is parameters[0]
    assert next(parameters) is parameters[1]
    assert list(parameters) == parameters[:4] == [*parameters]
    assert next(network().modules()).__class__ is nn.Sequential
    assert isinstance(next(network().children()), nn.Linear)
    with pytest.raises(StopIteration):
        next(nn.ReLU().parameters())
    assert next(nn.ReLU().parameters(), None) is None


def test_to_takes_a_device_and_a_precision_in_any_order():
    for arguments in (("cpu", np.float64), (np.float64, "cpu"), ("float64",), ("cpu:0", "float64"), (np.dtype("f8"),)):
        assert {p.dtype for p in network().to(*arguments).parameters()} == {np.dtype("f8")}
    assert network().to(dtype=np.float64, device="cpu", non_blocking=True)[0].weight.dtype == np.float64
    norm = nn.BatchNorm1d(2).double()
    assert norm.running_mean.dtype == np.float64
    assert norm.num_batches_tracked.dtype == int
    assert norm.float().running_mean.dtype == np.float32
    with pytest.raises(TypeError, match=r"Parameters are floats, such as np\.float32 or np\.float64; got int64"):
        network().to(int)


def test_zero_grad_forgets_or_makes_zeros():
    model, neuron = network(), nn.Neuron(1)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    for zero_grad in (model.zero_grad, optimizer.zero_grad):
        model(np.ones((5, 3))).sum().backward()
        zero_grad(set_to_none=False)
        assert all((p.grad == 0).all() and p.grad.dtype == p.dtype for p in model.parameters())
        zero_grad(set_to_none=True)
        assert all(p.grad is None for p in model.parameters())
        zero_grad(set_to_none=False)
        assert all(p.grad is None for p in model.parameters())
    neuron([3.0]).backward()
    neuron.zero_grad(set_to_none=False)
    assert neuron.bias.grad == 0.0


def test_backward_accepts_retain_graph():
    for x in (Value(3.0), Tensor(3.0)):
        y = x * x
        y.backward(retain_graph=True)
        y.backward()
        assert x.grad == 12.0


def test_a_state_dict_of_another_model_gives_what_is_there_if_not_strict():
    model, smaller = network(), nn.Sequential(nn.Linear(3, 4, rng=2))
    state = {**smaller.state_dict(), "head.weight": np.ones(2)}
    before = model.state_dict()
    fit = model.load_state_dict(state, strict=False)
    assert fit.missing_keys == ["2.weight", "2.bias"]
    assert fit.unexpected_keys == ["head.weight"]
    missing, unexpected = fit
    assert (missing, unexpected) == (fit.missing_keys, fit.unexpected_keys)
    assert repr(fit) == "Fit(missing_keys=['2.weight', '2.bias'], unexpected_keys=['head.weight'])"
    after = model.state_dict()
    assert [name for name in before if not np.array_equal(before[name], after[name])] == ["0.weight", "0.bias"]
    np.testing.assert_array_equal(after["0.weight"], smaller[0].weight.data)
    with pytest.raises(ValueError, match=r"does not fit this Sequential: 0\.weight has shape \(1,\) and must have \(4, 3\)\."):
        model.load_state_dict({"0.weight": np.ones(1), "2.bias": np.ones(2)}, strict=False)
    assert (model[2].bias.data != 1).all()
    with pytest.raises(ValueError, match=r"2\.weight is missing; 2\.bias is missing; head\.weight is unknown here"):
        model.load_state_dict(state)
    assert repr(model.load_state_dict(model.state_dict())) == "<All keys matched successfully>"


def test_a_hook_is_removed_by_its_handle_and_may_change_the_output():
    layer, seen = nn.Identity(), []
    first = layer.register_forward_hook(lambda module, args, output: seen.append((module, args, output)))
    double = layer.register_forward_hook(lambda module, args, output: 2 * output)
    assert layer(3.0) == 6.0
    assert seen == [(layer, (3.0,), 3.0)]
    double.remove()
    assert layer(3.0) == 3.0
    first()
    first.remove()  # once more is no harm
    layer(3.0)
    assert len(seen) == 2


def test_parts_can_be_registered_by_name():
    model = nn.Module()
    model.register_parameter("scale", Tensor([2.0]))
    model.register_parameter("bias", None)
    model.add_module("hidden", nn.Linear(3, 4))
    model.register_module("none", None)
    assert list(model.state_dict()) == ["scale", "hidden.weight", "hidden.bias"]
    assert model.bias is None
    assert model.get_parameter("hidden.weight") is model.hidden.weight
    assert [name for name, _ in model.named_children()] == ["hidden"]
    for add, thing in ((model.register_parameter, Tensor(1.0)), (model.add_module, nn.ReLU())):
        with pytest.raises(ValueError, match="This Module has 'hidden' already; to change it, assign to it"):
            add("hidden", thing)
        with pytest.raises(ValueError, match=r"A part of a module has a name without dots; got 'a\.b'"):
            add("a.b", thing)
    with pytest.raises(TypeError, match=r"A parameter is a Value or a Tensor, not a list; make one of it: nn\.Parameter\(x\)"):
        model.register_parameter("x", [1.0])
    with pytest.raises(TypeError, match=r"Module\.add_module takes a module, such as nn\.Linear\(2, 3\), and got a Tensor"):
        model.add_module("x", Tensor(1.0))
    with pytest.raises(ValueError, match=r"This Module has no parameter 'x'; it has scale, hidden\.weight, hidden\.bias\."):
        model.get_parameter("x")
    with pytest.raises(ValueError, match="This ReLU has no parameter 'x'; it has none"):
        nn.ReLU().get_parameter("x")


def test_a_sequence_of_added_modules_is_called_one_by_one_and_has_their_names():
    model = nn.Sequential()
    model.add_module("first", nn.Linear(3, 4))
    model.add_module("second", nn.Linear(4, 2))
    assert model(np.ones((5, 3))).shape == (5, 2)
    assert list(model.state_dict()) == ["first.weight", "first.bias", "second.weight", "second.bias"]
    with pytest.raises(ValueError, match=r"Linear 'second' takes"):
        model.second(np.ones((5, 3)))


def test_a_child_that_has_two_names_is_named_once():
    model = nn.Module()
    model.a = model.b = nn.ReLU()
    assert [name for name, _ in model.named_children()] == ["a"]
    assert len(model.children()) == 1
