"""Claims about all of `nn`: `help()` of every name, PyTorch's outputs, gradients and learning, and float32 that stays float32."""

import ast
import doctest
import inspect
import json
import re
import textwrap

import numpy as np
import pytest
from one_of_each import LAYERS, LOSSES, OPTIMIZERS, SCHEDULES, input_for
from references import CASES, FILE, as_lists

import autograd
import nn
from autograd import Tensor
from autograd.backward import history
from autograd.structures import leaves

# --- help() ---------------------------------------------------------------------------------------


ROOMS = [nn, nn.functional, nn.init, nn.metrics, nn.utils]
ELSEWHERE = ("nn.callbacks", "nn.data", "nn.diagnosis", "nn.optim", "nn.plot", "nn.training")
PUBLIC = {
    f"{room.__name__}.{name}": thing
    for room in ROOMS
    for name in room.__all__
    if inspect.isroutine(thing := getattr(room, name)) or inspect.isclass(thing)
    if thing.__module__.startswith("nn.") and not thing.__module__.startswith(ELSEWHERE)
}
METHODS = {
    f"{base.__module__}.{base.__name__}.{method}": (thing, method)
    for thing in PUBLIC.values()
    if inspect.isclass(thing)
    for base in thing.__mro__
    if base.__module__.startswith("nn.")
    for method, what in vars(base).items()
    if not method.startswith("_") and (inspect.isfunction(what) or isinstance(what, property))
}
SOURCE = r"\b(1[89]|20)\d\d\b|PyTorch|torch\.nn|NumPy|scikit-learn|micrograd|Keras"
SAID_OF_THE_CLASS = ("forward", "extra_repr")  # its own docstring says what these do


def examples(thing):
    """The lines that the examples in a docstring run."""
    return "".join(example.source for example in doctest.DocTestParser().get_examples(inspect.getdoc(thing) or ""))


def raised(function):
    """The names of the errors that a function raises itself."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    calls = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]
    return {call.func.id for call in calls if isinstance(call.func, ast.Name)}


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_has_a_running_example(name):
    assert examples(PUBLIC[name])


@pytest.mark.parametrize("name", METHODS)
def test_every_public_method_is_described_and_shown_in_an_example_of_its_own_or_of_its_class(name):
    kind, method = METHODS[name]
    assert inspect.getdoc(getattr(kind, method)) or method in SAID_OF_THE_CLASS
    own = examples(getattr(kind, method))
    assert own or method in SAID_OF_THE_CLASS or any(re.search(rf"\b{method}\b", examples(base)) for base in kind.__mro__)


@pytest.mark.parametrize("name", PUBLIC)
def test_every_error_that_a_public_name_raises_itself_stands_in_its_docstring(name):
    thing = PUBLIC[name]
    methods = [vars(thing)[method] for method in ("__init__", "forward") if method in vars(thing)] if inspect.isclass(thing) else [thing]
    errors = {error for method in methods for error in raised(method)} - {"NotImplementedError"}
    assert not {error for error in errors if error not in thing.__doc__}


@pytest.mark.parametrize("name", [*LAYERS, *LOSSES])
def test_every_layer_and_loss_says_the_shapes_that_it_takes_and_where_it_is_from(name):
    text = inspect.getdoc(getattr(nn, name))
    assert "Shape:" in text
    assert re.search(SOURCE, text)


# --- layers and losses beside PyTorch's -----------------------------------------------------------


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


# --- float32 --------------------------------------------------------------------------------------


SINGLE = np.dtype(np.float32)


def everything():
    """A network of all layers for rows and words."""
    return nn.Sequential(
        nn.Embedding(9, 4, padding_idx=0, rng=0), nn.Flatten(), nn.Linear(12, 6, rng=1), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.2),
        nn.Linear(6, 8, bias=False, rng=2), nn.LayerNorm(8), nn.GELU(), nn.RMSNorm(8), nn.LeakyReLU(), nn.ELU(), nn.SiLU(), nn.Softplus(),
        nn.Tanh(), nn.Sigmoid(), nn.Linear(8, 3, rng=3), nn.LogSoftmax(),
    )  # fmt: skip


WORDS = np.random.default_rng(0).integers(0, 9, (7, 3))
LABELS = np.arange(7) % 3


def in_state(optimizer):
    return [x for state in optimizer.state.values() for x in state.values() if isinstance(x, np.ndarray)]


@pytest.mark.parametrize("method", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_activations_gradients_parameters_and_the_optimizers_memory_stay_float32(method):
    model = everything()
    settings = {"momentum": 0.9} if method == "SGD" else {}
    optimizer = getattr(nn.optim, method)(model.parameters(), lr=0.01, **settings)
    outputs = []
    for module in model.modules():
        module.register_forward_hook(lambda module, args, out: outputs.append(out))
    for _ in range(3):
        loss = nn.nll_loss(model(WORDS), LABELS, weight=[1.0, 2.0, 3.0])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert {out.dtype for out in outputs} == {SINGLE}
    graph = history(nn.nll_loss(model(WORDS), LABELS))
    assert {node.dtype for node in graph} == {SINGLE}
    assert {p.dtype for p in model.parameters()} == {p.grad.dtype for p in model.parameters()} == {SINGLE}
    memory = in_state(optimizer)
    assert memory
    assert {array.dtype for array in memory} == {SINGLE}


@pytest.mark.parametrize(
    ("loss", "targets"),
    [
        (nn.CrossEntropyLoss(weight=[1.0, 2.0], label_smoothing=0.1), [0, 1, 1]),
        (nn.CrossEntropyLoss(), [[0.5, 0.5], [0.1, 0.9], [1.0, 0.0]]),
        (nn.MSELoss(), [[0.5, 0.5], [0.1, 0.9], [1.0, 0.0]]), (nn.BCEWithLogitsLoss(pos_weight=2.0), [[0.0, 1.0]] * 3),
        (nn.HuberLoss(), [[0.5, 0.5]] * 3), (nn.L1Loss(), [[0.5, 0.5]] * 3), (nn.HingeLoss(), [[1.0, -1.0]] * 3),
        (nn.MultiMarginLoss(weight=[1.0, 2.0]), [0, 1, 1]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("compiled", [False, True])
def test_float64_data_and_targets_do_not_make_float64_of_a_float32_model(loss, targets, compiled):
    model = nn.Sequential(nn.Linear(4, 5, rng=0), nn.Tanh(), nn.Dropout(0.1), nn.Linear(5, 2, rng=1))
    step = autograd.compile(lambda x, t: loss(model(x), t)) if compiled else lambda x, t: loss(model(x), t)
    result = step(np.random.default_rng(0).normal(size=(3, 4)), np.array(targets))
    result.backward()
    assert result.dtype == SINGLE
    assert {p.grad.dtype for p in model.parameters()} == {SINGLE}


def precisions(*outputs):
    """Those of all floats in the graphs of some outputs, constants too."""
    nodes = [node for output in outputs if isinstance(output, autograd.Node) for node in history(output)]
    everything = [*outputs, *nodes, *(x for node in nodes for x in node.inputs if isinstance(x, np.ndarray) and x.ndim)]
    return {x.dtype for x in everything if x.dtype.kind == "f"}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", LAYERS)
def test_no_layer_makes_float64_of_float32(name, training):
    layer = LAYERS[name][0]().train(training)
    learns = bool(layer.parameters())
    x = input_for(name, np.float64 if learns else np.float32)
    outputs = leaves(layer(x if learns else Tensor(x)))
    assert precisions(*outputs) == {SINGLE}
    sum((output * output).sum() for output in outputs).backward()
    assert all(p.dtype == p.grad.dtype == SINGLE for p in layer.parameters() if p.grad is not None)
    assert {buffer.dtype for _, buffer in layer.named_buffers() if buffer.dtype.kind == "f"} <= {SINGLE}


def test_masks_and_first_states_of_float64_do_not_make_float64_of_float32():
    x, mask = np.ones((3, 2, 4)), np.zeros((3, 3))
    outputs = [
        *nn.MultiheadAttention(4, 2)(x, x, x, attn_mask=mask, key_padding_mask=np.zeros((2, 3))),
        nn.TransformerEncoderLayer(4, 2)(x, mask),
        *leaves(nn.LSTM(4, 3)(x, (np.ones((1, 2, 3)), np.ones((1, 2, 3))), lengths=[3, 1])),
        *leaves(nn.GRU(4, 3, 2, dropout=0.5)(x, np.ones((2, 2, 3)))),
    ]
    assert precisions(*outputs) == {SINGLE}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", LOSSES)
def test_no_loss_makes_float64_of_float32(name, reduction):
    make, predictions, targets = LOSSES[name]
    loss = make()
    loss.reduction = reduction
    p = Tensor(predictions.astype(np.float32))
    out = loss(p, targets)
    assert precisions(out) == {SINGLE}
    out.backward(None if reduction != "none" else np.ones(out.shape))
    assert p.grad.dtype == SINGLE


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_optimizer_or_schedule_makes_float64_of_float32(name, schedule):
    layer = nn.Linear(4, 3)
    optimizer = getattr(nn.optim, name)(layer.parameters(), lr=np.float64(0.1), **OPTIMIZERS[name])
    steps = getattr(nn.optim, schedule)(optimizer, **SCHEDULES[schedule])
    for _ in range(3):
        optimizer.zero_grad()
        layer(np.ones((2, 4))).sum().backward()
        nn.utils.clip_grad_norm_(layer.parameters(), np.float64(0.5))
        nn.utils.clip_grad_value_(layer.parameters(), np.float64(0.5))
        optimizer.step()
        steps.step()
    assert {p.dtype for p in layer.parameters()} == {p.grad.dtype for p in layer.parameters()} == {SINGLE}
    assert {array.dtype for array in in_state(optimizer)} == {SINGLE}


@pytest.mark.parametrize(
    "name", ["xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "uniform_", "normal_", "ones_"]
)
def test_no_initialiser_makes_float64_of_float32(name):
    assert getattr(nn.init, name)(nn.Linear(4, 3).weight).dtype == SINGLE


def test_a_float64_tensor_gets_its_gradient_back_in_float64():
    x = Tensor(np.ones((2, 4)))
    nn.Linear(4, 3, rng=0)(x).sum().backward()
    assert x.grad.dtype == np.float64


def test_numpys_own_numbers_do_not_make_float64_of_float32():
    x = Tensor(np.ones(3, np.float32))
    for y in (
        x * np.float64(2.0),
        np.sqrt(2.0) * x,
        x / np.float64(3.0),
        np.float64(1.0) - x,
        x + np.int64(1),
        autograd.maximum(x, np.float64(0)),
    ):
        assert y.dtype == SINGLE


def test_in_float64_everything_is_float64():
    model = everything().to(np.float64)
    nn.nll_loss(model(WORDS), LABELS).backward()
    assert {p.grad.dtype for p in model.parameters()} == {np.dtype(np.float64)}
    assert {node.dtype for node in history(model(WORDS))} == {np.dtype(np.float64)}


def test_layers_take_their_precision_as_an_argument():
    for layer in (
        nn.Linear(2, 3, dtype=np.float64),
        nn.Embedding(2, 3, dtype=float),
        nn.BatchNorm2d(2, dtype=float),
        nn.LayerNorm(2, dtype=float),
    ):
        assert {p.dtype for p in layer.parameters()} == {np.dtype(np.float64)}
