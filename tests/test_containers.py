"""Claims about `Sequential` and `ModuleList`."""

import copy
import pickle

import numpy as np
import pytest

import autograd
import nn


def model():
    return nn.Sequential(nn.Linear(3, 4, rng=0), nn.ReLU(), nn.Linear(4, 2, rng=1))


def test_a_sequential_hands_on_from_module_to_module():
    m = model()
    x = np.ones((5, 3))
    np.testing.assert_array_equal(m(x).data, m[2](m[1](m[0](x))).data)
    assert nn.Sequential()(x) is x


def test_state_dicts_have_pytorchs_keys_and_travel_both_ways():
    torch = pytest.importorskip("torch")
    ours = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Sequential(nn.ReLU(), nn.Linear(4, 2)))
    theirs = torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Linear(4, 2))
    )
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert str(ours[2]) == str(theirs[2])
    theirs(torch.ones(5, 3) * torch.arange(5)[:, None])  # so that the running statistics are not those of the start
    ours.load_state_dict(theirs.state_dict())
    x = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    expected = theirs.eval()(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(ours.eval()(x).data, expected, rtol=1e-5, atol=1e-6)
    ours[0].weight.data *= 2
    theirs.load_state_dict({name: torch.tensor(numbers) for name, numbers in ours.state_dict().items()})
    np.testing.assert_allclose(ours(x).data, theirs(torch.tensor(x)).detach().numpy(), rtol=1e-5, atol=1e-6)


def test_a_dict_gives_the_modules_names():
    m = nn.Sequential({"hidden": nn.Linear(3, 4), "activation": nn.Tanh(), "out": nn.Linear(4, 2)})
    assert list(m.state_dict()) == ["hidden.weight", "hidden.bias", "out.weight", "out.bias"]
    assert m.out is m[2]
    assert m(np.ones((1, 3))).shape == (1, 2)


def test_containers_count_iterate_and_index():
    m = model()
    assert len(m) == 3
    assert [type(layer).__name__ for layer in m] == ["Linear", "ReLU", "Linear"]
    assert m[-1] is m[2]
    assert isinstance(m[1:], nn.Sequential)
    assert list(m[1:]) == [m[1], m[2]]
    layers = nn.ModuleList(m)
    assert isinstance(layers[::2], nn.ModuleList)
    assert list(layers[::2]) == [m[0], m[2]]
    assert m.children() == [m[0], m[1], m[2]]


def test_modules_can_be_added_and_replaced():
    m = model()
    x = np.ones((1, 3))
    m(x)
    m.append(nn.Tanh()).extend([nn.Linear(2, 1)])
    m[1] = nn.Sigmoid()
    m[-2] = nn.Identity()
    assert [type(layer).__name__ for layer in m] == ["Linear", "Sigmoid", "Linear", "Identity", "Linear"]
    assert m(x).shape == (1, 1)
    assert list(m.state_dict())[-1] == "4.bias"
    m[3] = nn.Linear(2, 3)
    with pytest.raises(ValueError, match="Linear '4' takes arrays"):
        m(x)


def test_a_module_list_owns_its_modules_and_leaves_the_order_to_others():
    class Residual(nn.Module):
        def __init__(self):
            self.layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])

        def forward(self, x):
            for layer in self.layers:
                x = x + layer(x)
            return x

    m = Residual()
    assert [name for name, _ in m.named_parameters()][:2] == ["layers.0.weight", "layers.0.bias"]
    assert m(np.ones((4, 2), "float32")).shape == (4, 2)
    with pytest.raises(NotImplementedError, match=r"ModuleList is a list: call its modules, or use nn.Sequential"):
        nn.ModuleList()(1.0)


def test_errors_name_the_dotted_path():
    m = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.ReLU(), nn.Linear(5, 2)))
    with pytest.raises(ValueError, match=r"Linear '1\.1' takes arrays whose last axis is 5 long \(in_features\), and got shape \(1, 4\)"):
        m(np.ones((1, 3)))


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])
def test_a_copied_or_pickled_sequential_computes_the_same(duplicate):
    m = model()
    x = np.ones((2, 3))
    m(x)
    twin = duplicate(m)
    np.testing.assert_array_equal(twin(x).data, m(x).data)
    twin[0].weight.data *= 2
    assert (twin(x).data != m(x).data).any()


def test_a_sequential_compiles():
    m = model()
    compiled = autograd.compile(lambda x: m(x).sum())
    x = np.random.default_rng(0).normal(size=(5, 3))
    compiled(x).backward()
    gradients = [p.grad for p in m.parameters()]
    m.zero_grad()
    m(x).sum().backward()
    for p, gradient in zip(m.parameters(), gradients, strict=True):
        np.testing.assert_allclose(gradient, p.grad, rtol=1e-5, atol=1e-7)
    assert "def forward(layer0_weight, layer0_bias, layer2_weight, layer2_bias, x):" in compiled.source


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: nn.Sequential(nn.Linear(1, 1), nn.ReLU), "Sequential is made of modules, such as nn.Linear(2, 3), and got <class"),
        (lambda: nn.Sequential(nn.ReLU), "'nn.activation.ReLU'>, without brackets after it."),
        (lambda: nn.Sequential([nn.ReLU()]), "Sequential is made of modules, such as nn.Linear(2, 3), and got [ReLU()]"),
        (lambda: nn.ModuleList([np.tanh]), "ModuleList is made of modules"),
        (lambda: nn.Sequential({"a": 3}), "Sequential cannot have 3 under the name 'a'; names are new, and modules are modules."),
        (lambda: nn.Sequential({"forward": nn.ReLU()}), "Sequential cannot have ReLU() under the name 'forward'"),
        (lambda: model().__setitem__(0, 3), "Sequential is made of modules, such as nn.Linear(2, 3), and got 3"),
    ],
)
def test_what_is_no_module_is_refused(make, sentence):
    with pytest.raises(TypeError) as caught:
        make()
    assert sentence in str(caught.value)


def test_there_is_no_module_beyond_the_last():
    for index in (3, -4):
        with pytest.raises(IndexError, match=f"This Sequential has 3 modules, and so no module {index}"):
            model()[index]


def test_a_dict_of_modules_is_pytorchs(pytorch):
    def looked_at(library):
        layers = library.ModuleDict({"b": library.Linear(2, 3), "a": library.ReLU()})
        layers["c"] = library.Linear(3, 1)
        layers.update([("b", library.Linear(2, 4)), ("e", library.Tanh())])
        gone = layers.pop("e")
        del layers["a"]
        seen = [list(layers), list(layers.keys()), len(layers), "b" in layers, "e" in layers, type(gone).__name__]
        return [*seen, list(layers.state_dict()), [name for name, _ in layers.items()], len(list(layers.values()))]

    assert looked_at(nn) == pytorch(lambda torch: looked_at(torch.nn))


def test_a_list_of_parameters_is_pytorchs(pytorch):
    def looked_at(library, one):
        weights = library.ParameterList([one(1.0), one(2.0)])
        weights.append(one(3.0)).extend([one(4.0)])
        weights[-1] = one(5.0)
        return [
            len(weights),
            [x.item() for x in weights],
            weights[1].item(),
            len(weights[1:]),
            list(weights.state_dict()),
            len(list(weights.parameters())),
        ]

    assert looked_at(nn, lambda x: nn.Parameter([x])) == pytorch(
        lambda torch: looked_at(torch.nn, lambda x: torch.nn.Parameter(torch.tensor([x])))
    )
    assert nn.ParameterList([np.ones(2)]).parameters()[0].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.ModuleDict({"a": nn.ReLU}), TypeError, "ModuleDict is made of modules, .*, without brackets after it for 'a'"),
        (lambda: nn.ModuleDict({"keys": nn.ReLU()}), ValueError, "This ModuleDict has 'keys' already"),
        (lambda: nn.ModuleDict({"a.b": nn.ReLU()}), ValueError, "name without dots"),
        (lambda: nn.ModuleDict({"a": nn.ReLU()})["b"], KeyError, "This ModuleDict has no 'b'; it has a"),
        (lambda: nn.ModuleDict()("x"), NotImplementedError, r"ModuleDict is a dict: call its modules, self\.layers\['name'\]\(x\)"),
        (lambda: nn.ParameterList([[1.0]])[1], IndexError, "This ParameterList has 1 parameters, and so no parameter 1"),
        (lambda: nn.ParameterList()(1), NotImplementedError, "is a list of parameters: compute with them"),
    ],
)
def test_dicts_of_modules_and_lists_of_parameters_refuse_what_does_not_fit(call, error, message):
    with pytest.raises(error, match=message):
        call()
