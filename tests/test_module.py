"""Claims about `Module`: which parameters it finds, what it calls them, and how they travel."""

import copy
import pickle

import numpy as np
import pytest

import nn
from autograd import Tensor, Value, no_grad, scope


class Scale(nn.Module):
    def __init__(self, factor=2.0):
        self.factor = Value(factor)

    def forward(self, x):
        return self.factor * x


class Affine(nn.Module):
    """One parameter of each kind, and a submodule."""

    def __init__(self):
        self.weight = Tensor([[1.0, 2.0], [3.0, 4.0]])
        self.shift = Value(0.5)
        self.scale = Scale()

    def forward(self, x):
        return self.scale(x @ self.weight) + self.shift


class Micrograd(nn.Module):
    """As micrograd's users write it: `__call__` and `parameters` of its own."""

    def __init__(self):
        self.w = [Value(1.0), Value(-2.0)]
        self.b = Value(0.5)
        self.frozen = Value(7.0)

    def __call__(self, x):
        return sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b) * self.frozen

    def parameters(self):
        return [*self.w, self.b]


class Tracked(nn.Module):
    """A parameter, a child, and buffers, in an order that PyTorch's state dicts do not keep."""

    def __init__(self):
        self.register_buffer("mean", np.array([1.0, 2.0], dtype=np.float32))
        self.child = nn.BatchNorm1d(2)
        self.weight = Tensor(np.ones((1, 2), dtype=np.float32))
        self.register_buffer("count", np.array(3))

    def forward(self, x):
        return self.child((x - self.mean) * self.weight)


def names(module):
    return [name for name, _ in module.named_parameters()]


def test_parameters_are_found_in_attributes_and_nested_containers():
    model = nn.Module()
    model.plain = Value(1.0)
    model.array = Tensor([1.0, 2.0])
    model.nested = {"a": [Value(2.0), (Value(3.0), {"b": Value(4.0)})], 7: Value(5.0)}
    model.module = Scale()
    model.modules_in_lists = [(Scale(), [Scale()])]
    model.objects = np.array([[Value(6.0), Value(7.0)]], dtype=object)
    model.other = ["text", 3, None, np.ones(2)]
    assert names(model) == [
        "plain", "array", "nested.a.0", "nested.a.1.0", "nested.a.1.1.b", "nested.7", "objects.0.0", "objects.0.1",
        "module.factor", "modules_in_lists.0.0.factor", "modules_in_lists.0.1.0.factor",
    ]  # fmt: skip
    assert model.parameters()[0] is model.plain
    assert len(model.parameters()) == 11


def test_what_was_computed_or_detached_is_no_parameter():
    model = Scale()
    model.output = model(3.0)
    model.constant = Value(1.0).detach()
    with no_grad():
        model.unrecorded = model(3.0)
    assert names(model) == ["factor"]


def test_a_shared_parameter_or_module_comes_once_under_its_first_name():
    model = nn.Module()
    model.first = model.second = Scale()
    model.alias = model.first.factor
    model.twins = [Value(1.0)] * 2
    assert names(model) == ["alias", "twins.0"]
    assert [path for path, _ in model.named_modules()] == ["", "first"]


def test_parameters_that_are_equal_numbers_are_different_parameters():
    model = nn.Module()
    model.values = [Value(0.0), Value(0.0)]
    model.tensors = [Tensor([0.0, 1.0]), Tensor([0.0, 1.0])]
    assert len(model.parameters()) == 4


def test_modules_that_know_their_parent_do_not_go_in_circles():
    parent, child = nn.Module(), Scale()
    parent.child, child.parent = child, parent
    assert names(parent) == ["child.factor"]
    assert parent.modules() == [parent, child]


def test_modules_are_named_by_their_paths_in_order():
    model = nn.MLP(2, [2, 1])
    assert [path for path, _ in model.named_modules()] == [
        "", "layers.0", "layers.0.neurons.0", "layers.0.neurons.1", "layers.1", "layers.1.neurons.0",
    ]  # fmt: skip
    assert model.modules()[2] is model.layers[0].neurons[0]


def test_the_first_call_labels_the_parameters_by_their_paths_from_the_root():
    model = Affine()
    model.shift.label = "offset"
    assert model.weight.label is None
    model(np.ones((1, 2)))
    assert [p.label for p in model.parameters()] == ["weight", "offset", "scale.factor"]


def scope_names(node):
    """The scopes that a node is in, outermost first."""
    inner, found = node.scope, []
    while inner is not None:
        found.insert(0, inner.name)
        inner = inner.outer
    return found


def test_a_call_is_a_scope_named_by_the_path_of_the_module():
    out = Affine()(np.ones((1, 2)))
    assert scope_names(out) == ["Affine"]
    assert scope_names(out.inputs[0]) == ["Affine", "scale"]
    assert scope_names(Value(1.0) * 2) == []


def test_names_are_given_inside_a_scope_of_the_users_as_well():
    model = Affine()
    with scope("step"):
        out = model(np.ones((1, 2)))
    assert scope_names(out.inputs[0]) == ["step", "Affine", "scale"]
    assert model.weight.label == "weight"


def test_a_module_that_was_called_on_its_own_first_is_renamed_by_the_root():
    model = Affine()
    assert scope_names(model.scale(1.0)) == ["Scale"]
    assert scope_names(model(np.ones((1, 2))).inputs[0]) == ["Affine", "scale"]


def test_a_call_that_fails_leaves_its_scope():
    with pytest.raises(TypeError):
        Scale()("text")
    assert (Value(1.0) * 2).scope is None


def test_arguments_and_keywords_reach_forward():
    class Sum(nn.Module):
        def forward(self, x, y, *, times=1):
            return (x + y) * times

    assert Sum()(1, y=2, times=3) == 9


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match=r"Module does not define forward\(self, x\), which says what it computes"):
        nn.Module()(1.0)


def test_zero_grad_forgets_the_gradients_of_both_kinds():
    model = Affine()
    model(np.ones((1, 2))).sum().backward()
    assert model.shift.grad == 2.0
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [None, 0.0, 0.0]


def test_train_and_eval_reach_every_module():
    model = Affine()
    assert model.training
    assert model.scale.training
    assert model.eval() is model
    assert not model.training
    assert not model.scale.training
    assert model.train() is model
    assert model.scale.training
    assert not model.train(False).scale.training


def test_modules_written_for_micrograd_work_unchanged():
    model = Micrograd()
    out = model([2.0, 3.0])
    assert out.data == (1.0 * 2.0 - 2.0 * 3.0 + 0.5) * 7.0
    out.backward()
    assert [p.grad for p in model.parameters()] == [14.0, 21.0, 7.0]
    for p in model.parameters():
        p.data -= 0.1 * p.grad
    assert model.w[0].data == pytest.approx(-0.4)
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [0.0, 0.0, 0.0]
    assert model.frozen.grad == -3.5


def test_a_micrograd_module_is_a_part_like_any_other():
    class Outer(nn.Module):
        def __init__(self):
            self.inner = Micrograd()

        def forward(self, x):
            return self.inner(x).tanh()

    model = Outer()
    assert names(model) == ["inner.w.0", "inner.w.1", "inner.b", "inner.frozen"]
    model([1.0, 1.0]).backward()
    assert model.inner.b.grad != 0.0
    assert model.inner.b.label == "inner.b"


def test_a_state_dict_goes_round():
    model, other = Affine(), Affine()
    for i, p in enumerate(model.parameters()):
        p.data = p.data + 0.1 * (i + 1)
    state = model.state_dict()
    assert list(state) == ["weight", "shift", "scale.factor"]
    other.load_state_dict(state)
    x = np.array([[1.0, -1.0]])
    np.testing.assert_array_equal(other(x).data, model(x).data)


def test_a_state_dict_is_a_copy_both_ways():
    model = Affine()
    state = model.state_dict()
    assert type(state["weight"]) is np.ndarray
    assert type(state["shift"]) is float
    state["weight"][0, 0] = 99.0
    assert model.weight.data[0, 0] == 1.0
    model.load_state_dict(state)
    state["weight"][0, 0] = 100.0
    assert model.weight.data[0, 0] == 99.0
    model.weight.data[0, 0] = 101.0
    assert state["weight"][0, 0] == 100.0


def test_a_state_dict_of_lists_nodes_and_numpy_numbers_is_taken_too():
    model = Affine()
    model.load_state_dict({"weight": [[1, 1], [1, 1]], "shift": Value(2.0), "scale.factor": np.float32(0.5)})
    assert model.state_dict()["weight"].dtype == np.float64
    assert (model.shift.data, model.scale.factor.data) == (2.0, 0.5)
    assert type(model.shift.data) is float
    model.load_state_dict({**model.state_dict(), "weight": Tensor([[2.0, 2.0], [2.0, 2.0]])})
    assert model.weight.data.tolist() == [[2.0, 2.0], [2.0, 2.0]]


def test_loading_keeps_the_precision_of_the_parameter():
    model = nn.Module()
    model.weight = Tensor(np.ones(2, dtype=np.float32))
    model.load_state_dict({"weight": np.array([0.1, 0.2])})
    assert model.weight.data.dtype == np.float32


def test_weights_travel_to_and_from_pytorch():
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Linear(3, 2, dtype=torch.float64)
    model = nn.Module()
    model.weight, model.bias = Tensor(np.zeros((2, 3))), Tensor(np.zeros(2))
    model.load_state_dict(theirs.state_dict())
    np.testing.assert_array_equal(model.weight.data, theirs.weight.detach().numpy())
    model.bias.data = [5.0, 6.0]
    theirs.load_state_dict({name: torch.from_numpy(array) for name, array in model.state_dict().items()})
    assert theirs.bias.tolist() == [5.0, 6.0]


def test_all_faults_of_a_state_dict_are_listed_and_nothing_is_changed():
    model = Affine()
    before = model.state_dict()
    with pytest.raises(ValueError) as caught:
        model.load_state_dict({"weight": np.zeros((2, 3)), "scale.factor": "3", "stranger": 1.0})
    assert str(caught.value) == (
        "The state dict does not fit this Affine: weight has shape (2, 3) and must have (2, 2); shift is missing; "
        "scale.factor is not made of numbers; stranger is unknown here."
    )
    with pytest.raises(ValueError, match=r"scale.factor has shape \(1,\) and must have \(\)"):
        model.load_state_dict({**before, "weight": np.zeros((2, 2)), "scale.factor": [3.0]})
    for name, numbers in model.state_dict().items():
        np.testing.assert_array_equal(numbers, before[name])


@pytest.mark.parametrize("stranger", [Affine(), ["weight"], None, "model.npz"])
def test_what_is_no_state_dict_is_refused(stranger):
    with pytest.raises(TypeError, match=r"load_state_dict takes a dict from names to numbers, as state_dict\(\) gives, not a"):
        Affine().load_state_dict(stranger)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))], ids=["deepcopy", "pickle"])
@pytest.mark.parametrize("called", [False, True])
def test_a_copied_or_pickled_model_computes_the_same_with_parameters_of_its_own(duplicate, called):
    model = nn.MLP(2, [3, 1], activation="tanh", rng=0)
    x = [0.5, -1.0]
    if called:
        model(x).backward()
    twin = duplicate(model)
    assert twin(x).data == model(x).data
    assert [p.grad for p in twin.parameters()] == [p.grad for p in model.parameters()]
    assert names(twin) == names(model)
    assert not {id(p) for p in twin.parameters()} & {id(p) for p in model.parameters()}
    before = model(x).data
    for p in twin.parameters():
        p.data += 1.0
    assert model(x).data == before
    assert twin(x).data != before


def test_a_copied_model_still_shares_what_was_shared():
    model = nn.Module()
    model.first = Scale()
    model.second = Scale()
    model.second.factor = model.first.factor
    twin = copy.deepcopy(model)
    assert twin.first.factor is twin.second.factor
    assert twin.first.factor is not model.first.factor


def test_children_are_the_modules_directly_inside():
    model = nn.MLP(2, [2, 1])
    assert model.children() == model.layers
    model.again = model.layers[0]
    assert model.children() == model.layers


def test_buffers_are_in_the_state_after_the_parameters_of_their_module_and_before_the_children():
    model = Tracked()
    assert list(model.state_dict()) == [
        "weight", "mean", "count", "child.weight", "child.bias", "child.running_mean", "child.running_var", "child.num_batches_tracked",
    ]  # fmt: skip
    assert names(model) == ["weight", "child.weight", "child.bias"]
    assert [name for name, _ in model.named_buffers()] == [
        "mean", "count", "child.running_mean", "child.running_var", "child.num_batches_tracked",
    ]  # fmt: skip


def test_the_order_of_a_state_dict_is_pytorchs():
    torch = pytest.importorskip("torch")

    class Twin(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("mean", torch.tensor([1.0, 2.0]))
            self.child = torch.nn.BatchNorm1d(2)
            self.weight = torch.nn.Parameter(torch.ones(1, 2))
            self.register_buffer("count", torch.tensor(3))

    twin, model = Twin(), Tracked()
    assert list(model.state_dict()) == list(twin.state_dict())
    twin.mean[:] = torch.tensor([5.0, 6.0])
    model.load_state_dict(twin.state_dict())
    assert model.mean.tolist() == [5.0, 6.0]
    twin.load_state_dict({name: torch.tensor(numbers) for name, numbers in model.state_dict().items()})


def test_a_buffer_that_is_not_persistent_is_not_in_the_state():
    model = nn.Module()
    model.register_buffer("mask", np.ones(2), persistent=False)
    assert model.mask.tolist() == [1.0, 1.0]
    assert not model.state_dict()


def test_loading_buffers_copies_and_keeps_their_type():
    model = Tracked()
    state = model.state_dict()
    state["mean"], state["count"] = np.array([0.1, 0.2]), 7.0
    model.load_state_dict(state)
    assert (model.mean.dtype, model.count.dtype, int(model.count)) == (np.float32, np.int64, 7)
    state["mean"][0] = 99.0
    assert model.mean[0] == np.float32(0.1)
    model.state_dict()["mean"][0] = 99.0
    assert model.mean[0] == np.float32(0.1)


def test_faults_of_buffers_are_listed_with_those_of_parameters():
    state = Tracked().state_dict()
    del state["child.running_mean"]
    state["mean"] = np.zeros(3)
    state["weight"] = np.zeros(2)
    with pytest.raises(ValueError) as caught:
        Tracked().load_state_dict(state)
    assert str(caught.value) == (
        "The state dict does not fit this Tracked: weight has shape (2,) and must have (1, 2); mean has shape (3,) and must have (2,); "
        "child.running_mean is missing."
    )


def test_a_buffer_is_an_array():
    with pytest.raises(TypeError, match="A buffer is a NumPy array, not a Tensor; an array that is trained is a Tensor, and an attribute"):
        nn.Module().register_buffer("weight", Tensor([1.0]))


def test_a_name_is_given_once():
    layer = nn.Linear(2, 1)
    with pytest.raises(ValueError, match="This Linear has 'weight' already; to change a buffer, assign to it"):
        layer.register_buffer("weight", np.ones(2))
    layer.register_buffer("mean", np.ones(2))
    with pytest.raises(ValueError, match="has 'mean' already"):
        layer.register_buffer("mean", np.zeros(2))
    assert list(layer.state_dict()) == ["weight", "bias", "mean"]


def test_there_are_no_devices():
    layer = nn.Linear(2, 1)
    for convert in (lambda: layer.to("cuda"), lambda: layer.to("cuda:0", np.float64), lambda: layer.to(device="cuda"), layer.cuda):
        with pytest.raises(TypeError, match=r"There is no device but the CPU, and so no 'cuda(:0)?'; write \.to\('cpu'\), or leave it out"):
            convert()
    with pytest.raises(TypeError, match=r"to takes a type of floats, such as np.float64, not 'fast'; there are no devices but the CPU"):
        layer.to("fast")
    assert layer.weight.dtype == np.float32
    assert layer.to("cpu") is layer.to() is layer.cpu() is layer.float() is layer


def test_apply_reaches_what_is_inside_first_as_in_pytorch():
    torch = pytest.importorskip("torch")

    def order(library):
        seen = []
        model = library.Sequential(library.Linear(2, 3), library.Sequential(library.ReLU(), library.Tanh()))
        assert model.apply(lambda module: seen.append(type(module).__name__)) is model
        return seen

    assert order(nn) == order(torch.nn)


def test_what_is_shared_is_in_the_state_under_each_of_its_names():
    model = nn.Module()
    model.first, model.second = nn.Linear(2, 2), nn.Linear(2, 2, bias=False)
    model.second.weight = model.first.weight
    assert names(model) == ["first.weight", "first.bias"]
    state = model.state_dict()
    assert list(state) == ["first.weight", "first.bias", "second.weight"]
    model.load_state_dict({name: 0 * numbers for name, numbers in state.items()})
    assert not model.second.weight.data.any()


def test_a_module_that_knows_itself_or_its_parent_has_a_finite_state_and_text():
    model = nn.Module()
    model.child = Scale()
    model.child.parent, model.me = model, model
    assert list(model.state_dict()) == ["child.factor"]
    assert repr(model) == "Module(\n  (child): Scale(\n    (parent): ...\n  )\n  (me): ...\n)"


def test_to_converts_parameters_and_buffers_of_floats():
    model = Tracked()
    model.shift = Value(1.0)
    x = np.array([[0.5, 1.0], [2.0, 3.0]])
    assert model(x).dtype == np.float32
    assert model.to(np.float64) is model
    assert {p.dtype for p in model.parameters() if isinstance(p, Tensor)} == {np.dtype(np.float64)}
    assert [buffer.dtype.kind for _, buffer in model.named_buffers()] == ["f", "i", "f", "f", "i"]
    assert model.mean.dtype == model(x).dtype == np.float64
    assert model.to("float32")(x.astype(np.float32)).dtype == np.float32
    with pytest.raises(TypeError, match=r"Parameters are floats, such as np.float32 or np.float64; got int64"):
        model.to(int)


def test_a_graph_from_before_a_conversion_is_stale():
    model = nn.Linear(2, 1)
    out = model(np.ones((1, 2)))
    model.to(np.float64)
    with pytest.raises(RuntimeError, match="was changed after linear had used it"):
        out.backward()


def test_hooks_are_told_of_every_call_until_they_end():
    model = Affine()
    seen = []
    end = model.scale.register_forward_hook(lambda module, args, out: seen.append((module, args, out)))
    out = model(np.ones((1, 2)))
    assert len(seen) == 1
    module, args, given = seen[0]
    assert module is model.scale
    assert given is out.inputs[0]
    assert args[0] is given.inputs[1]
    end()
    model(np.ones((1, 2)))
    assert len(seen) == 1


def test_the_text_of_a_module_shows_what_is_inside():
    class Net(nn.Module):
        def __init__(self):
            self.body = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
            self.heads = [nn.Linear(3, 1, bias=False)]

    assert repr(Net()) == (
        "Net(\n  (body): Sequential(\n    (0): Linear(in_features=2, out_features=3, bias=True)\n    (1): Tanh()\n  )\n"
        "  (heads.0): Linear(in_features=3, out_features=1, bias=False)\n)"
    )
