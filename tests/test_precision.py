"""Claims about float32: a float32 model trains in float32 whatever it is fed, eager and compiled; nothing drifts to float64."""

import numpy as np
import pytest
from one_of_each import LAYERS, LOSSES, OPTIMIZERS, SCHEDULES, input_for

import autograd
import nn
from autograd import Tensor
from autograd.backward import history
from autograd.structures import leaves

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
