"""Claims about the losses' settings (reductions, weights, smoothing, …) and their modules, in both worlds, compiled too."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
import nn
import nn.functional as functional
from autograd import Tensor, Value, check_gradients
from autograd.structures import leaves, tree_map

SCORES = [[0.3, -1.2, 2.0], [0.5, 0.0, -0.7], [1.5, 0.4, 0.2], [-1.0, 3.0, 0.25]]
OTHERS = [[0.2, -1.0, 0.5], [0.5, 1.0, 0.0], [-2.0, 0.4, 0.7], [0.0, 1.0, 0.75]]
PROBABILITIES = [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.25, 0.25, 0.5], [0.0, 0.9, 0.1]]
LOGS = [[-0.3, -1.2, -2.0], [-0.5, -0.1, -0.7], [-1.5, -0.4, -0.2], [-1.0, -3.0, -0.25]]
BITS = [[1, 0, 1], [0, 1, 1], [1, 1, 0], [0, 0, 1]]
LABELS = [2, 0, 1, 2]
SIGNS = [[1, -1, 1], [-1, 1, 1], [1, 1, -1], [1, -1, -1]]
PIXELS = [[[0.3, -1.2], [0.5, 0.1], [1.5, 2.0]], [[0.0, 1.0], [-0.5, 0.3], [0.7, 0.2]]]
WEIGHT = [0.5, 1.0, 2.0]

# Every loss with its settings, predictions and targets.
CALLS = [
    (nn.mse_loss, {}, SCORES, OTHERS),
    (nn.l1_loss, {}, SCORES, OTHERS),
    (nn.huber_loss, {}, SCORES, OTHERS),
    (nn.huber_loss, {"delta": 0.4}, SCORES, OTHERS),
    (nn.binary_cross_entropy, {}, [[0.2, 0.3, 0.5], [0.9, 0.01, 0.6], [0.25, 0.25, 0.5], [0.05, 0.9, 0.1]], BITS),
    (nn.binary_cross_entropy, {"weight": WEIGHT}, [[0.3, 0.6, 0.1]] * 4, PROBABILITIES),
    (nn.binary_cross_entropy_with_logits, {"pos_weight": WEIGHT}, SCORES, BITS),
    (nn.binary_cross_entropy_with_logits, {"pos_weight": 3.0, "weight": np.array([[1.0], [2.0], [0.0], [0.5]])}, SCORES, PROBABILITIES),
    (nn.hinge_loss, {}, SCORES, SIGNS),
    (nn.kl_div, {}, LOGS, PROBABILITIES),
    (nn.kl_div, {"log_target": True}, LOGS, SCORES),
    (nn.cross_entropy, {}, SCORES, LABELS),
    (nn.cross_entropy, {}, SCORES[0], 1),
    (nn.cross_entropy, {"weight": WEIGHT, "label_smoothing": 0.2}, SCORES[0], 1),
    (nn.cross_entropy, {"weight": WEIGHT}, SCORES, LABELS),
    (nn.cross_entropy, {"ignore_index": 2}, SCORES, LABELS),
    (nn.cross_entropy, {"ignore_index": -1, "weight": WEIGHT}, SCORES, [2, -1, 1, -1]),
    (nn.cross_entropy, {"label_smoothing": 0.3}, SCORES, LABELS),
    (nn.cross_entropy, {"label_smoothing": 0.3, "weight": WEIGHT, "ignore_index": 0}, SCORES, LABELS),
    (nn.cross_entropy, {"weight": WEIGHT, "label_smoothing": 0.1}, SCORES, PROBABILITIES),
    (nn.cross_entropy, {}, PIXELS, [[2, 0], [1, 1]]),
    (nn.cross_entropy, {"weight": WEIGHT, "ignore_index": 1, "label_smoothing": 0.1}, PIXELS, [[2, 0], [1, 1]]),
    (nn.cross_entropy, {"weight": WEIGHT}, PIXELS, np.moveaxis(np.reshape(PROBABILITIES, (2, 2, 3)), -1, 1).tolist()),
    (nn.nll_loss, {}, LOGS, LABELS),
    (nn.nll_loss, {"weight": WEIGHT, "ignore_index": 1}, LOGS, LABELS),
    (nn.nll_loss, {}, PIXELS, [[2, 0], [1, 1]]),
    (nn.multi_margin_loss, {}, SCORES, LABELS),
    (nn.multi_margin_loss, {}, SCORES[0], 1),
    (nn.multi_margin_loss, {"p": 2, "margin": 1.5, "weight": WEIGHT}, SCORES, LABELS),
]
CALL = ("loss", "setting", "predictions", "targets")
REDUCTIONS = ["mean", "sum", "none"]


def seeded(result):
    """The sum of all losses, each times another factor: one number, to start a backward pass from."""
    if isinstance(result, Tensor):
        return (result * np.cos(np.arange(result.size)).reshape(result.shape)).sum()
    return sum(r * math.cos(i) for i, r in enumerate(leaves(result)))


def on_values(loss, setting, predictions, targets):
    values = tree_map(Value, predictions)
    result = loss(values, targets, **setting)
    assert all(type(leaf) is Value for leaf in leaves(result))
    seeded(result).backward()
    return tree_map(lambda v: v.data, result), tree_map(lambda v: v.grad, values)


def on_tensors(loss, setting, predictions, targets, dtype=float):
    tensor = Tensor(np.array(predictions, dtype=dtype))
    result = loss(tensor, np.array(targets), **setting)
    seeded(result).backward()
    assert result.dtype == tensor.grad.dtype == dtype
    return result.data, tensor.grad


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(CALL, CALLS)
def test_values_and_tensors_give_the_same(loss, setting, predictions, targets, reduction):
    setting = {**setting, "reduction": reduction}
    losses, gradient = on_values(loss, setting, predictions, targets)
    expected, expected_gradient = on_tensors(loss, setting, predictions, targets)
    assert np.shape(losses) == expected.shape
    np.testing.assert_allclose(losses, expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-12, atol=1e-14)


def in_torch(torch, loss, setting, predictions, targets):
    setting = {key: torch.tensor(x, dtype=torch.float64) if key in ("weight", "pos_weight") else x for key, x in setting.items()}
    if loss is nn.multi_margin_loss and "weight" in setting:
        setting["weight"] = setting["weight"].contiguous()
    theirs = torch.tensor(predictions, dtype=torch.float64, requires_grad=True)
    by_class = np.ndim(targets) < np.ndim(predictions)
    t = torch.tensor(targets, dtype=torch.int64 if by_class else torch.float64)
    if loss is nn.hinge_loss:
        each = torch.relu(1 - t * theirs)
        result = {"mean": each.mean(), "sum": each.sum(), "none": each}[setting["reduction"]]
    else:
        result = getattr(torch.nn.functional, loss.__name__)(theirs, t, **setting)
    (result * torch.tensor(np.cos(np.arange(result.numel()))).reshape(result.shape)).sum().backward()
    return result.detach().numpy(), theirs.grad.numpy()


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss")
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(CALL, CALLS)
def test_losses_and_gradients_are_pytorchs(loss, setting, predictions, targets, reduction, pytorch):
    setting = {**setting, "reduction": reduction}
    expected, expected_gradient = pytorch(lambda torch: in_torch(torch, loss, setting, predictions, targets))
    losses, gradient = on_tensors(loss, setting, predictions, targets)
    np.testing.assert_allclose(losses, expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-9, atol=1e-12)


@given(
    n=st.integers(1, 4), classes=st.integers(1, 4), pixels=st.sampled_from([(), (2,), (2, 3)]), seed=st.integers(0, 100),
    smoothing=st.sampled_from([0.0, 0.1, 1.0]), weighted=st.booleans(), ignored=st.sampled_from([-100, 0, 3]),
    reduction=st.sampled_from(REDUCTIONS), by_probability=st.booleans(),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_cross_entropy_is_pytorchs_with_any_settings(n, classes, pixels, seed, smoothing, weighted, ignored, reduction, by_probability):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    predictions = rng.normal(size=(n, classes, *pixels))
    targets = rng.integers(0, classes, (n, *pixels))
    if by_probability:
        targets = autograd.softmax(rng.normal(size=predictions.shape), axis=1)
    elif ((targets == ignored).all() and reduction == "mean") or classes == 1:
        return
    setting = {"label_smoothing": smoothing, "reduction": reduction, "ignore_index": -100 if by_probability else ignored}
    if weighted:
        setting["weight"] = rng.uniform(0.1, 2, classes)
    for ours, theirs in zip(
        on_tensors(nn.cross_entropy, setting, predictions, targets),
        in_torch(torch, nn.cross_entropy, setting, predictions, targets),
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_kl_div_over_rows_is_pytorchs_batchmean_and_the_textbooks_divergence():
    torch = pytest.importorskip("torch")
    for log_target, targets in ((False, PROBABILITIES), (True, LOGS)):
        expected = torch.nn.functional.kl_div(
            torch.tensor(LOGS, dtype=torch.float64),
            torch.tensor(targets, dtype=torch.float64),
            reduction="batchmean",
            log_target=log_target,
        )
        for predictions in (tree_map(Value, LOGS), Tensor(LOGS)):
            assert nn.kl_div(predictions, targets, reduction="batchmean", log_target=log_target).data == pytest.approx(
                expected.item(), rel=1e-12
            )
    p, q = np.array([0.2, 0.3, 0.5]), np.array([0.5, 0.25, 0.25])
    assert float(nn.kl_div(np.log(q)[None], p[None], "batchmean")) == pytest.approx((p * np.log(p / q)).sum(), rel=1e-12)
    assert float(nn.kl_div(Tensor(-1.0), 0.5, "batchmean").data) == pytest.approx(0.5 * (math.log(0.5) + 1))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(CALL, CALLS)
def test_float32_predictions_with_float64_targets_and_weights_stay_float32(loss, setting, predictions, targets, reduction):
    targets = np.array(targets, dtype=float)
    setting = {
        **{key: np.array(x, dtype=float) if key in ("weight", "pos_weight") else x for key, x in setting.items()},
        "reduction": reduction,
    }
    losses, gradient = on_tensors(loss, setting, predictions, targets, np.float32)
    expected, expected_gradient = on_tensors(loss, setting, predictions, targets)
    np.testing.assert_allclose(losses, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(CALL, CALLS)
def test_losses_compile_with_their_targets_as_an_argument(loss, setting, predictions, targets, reduction, dtype):
    setting = {**setting, "reduction": reduction}
    compiled = autograd.compile(lambda x, t: loss(x * 1.0, t, **setting))
    for target in (np.array(targets), np.roll(targets, 1, axis=0) if np.ndim(targets) else np.array(2 - np.array(targets))):
        x, y = Tensor(np.array(predictions, dtype)), Tensor(np.array(predictions, dtype))
        result, expected = compiled(x, target), loss(y, target, **setting)
        seeded(result).backward()
        seeded(expected).backward()
        assert result.dtype == x.grad.dtype == dtype
        close = {"rtol": 1e-11, "atol": 1e-14} if dtype is np.float64 else {"rtol": 1e-4, "atol": 1e-6}
        np.testing.assert_allclose(result.data, expected.data, **close)
        np.testing.assert_allclose(x.grad, y.grad, **close)
    assert len(compiled.programs) == 1


@pytest.mark.parametrize(CALL, [call for call in CALLS if np.ndim(call[2]) < 3])
def test_losses_of_values_compile_with_their_targets_as_an_argument(loss, setting, predictions, targets):
    values = tree_map(Value, predictions)
    compiled = autograd.compile(lambda t: loss(values, t, **setting))
    by_class = loss in (nn.cross_entropy, nn.multi_margin_loss)  # classes choose rows, which takes whole numbers
    given_targets = tree_map(float, targets) if isinstance(targets, list) and not by_class else targets
    result = compiled(given_targets)
    expected = loss(values, targets, **setting)
    assert result.data == pytest.approx(expected.data, rel=1e-12, abs=1e-14)
    expected.backward()
    gradient = tree_map(lambda v: v.grad, values)
    tree_map(lambda v: v.zero_grad(), values)
    result.backward()
    np.testing.assert_allclose(tree_map(lambda v: v.grad, values), gradient, rtol=1e-11, atol=1e-14)


def test_a_compiled_loss_is_given_no_wrong_class_in_silence():
    compiled = autograd.compile(lambda x, t: nn.cross_entropy(x * 1.0, t))
    x = Tensor(SCORES)
    compiled(x, np.array(LABELS))
    for wrong in ([0, 1, 2, 3], [0, 1, 2, -1]):
        with pytest.raises(IndexError):
            compiled(x, np.array(wrong))
    with pytest.raises(IndexError, match="counted by whole numbers from 0"):
        compiled(x, np.array([0.5, 1, 2, 0]))
    constant = autograd.compile(lambda x: nn.cross_entropy(x * 1.0, [0, 1, 2, 3]))
    with pytest.raises(ValueError, match="got the class 3, and there are 3"):
        constant(x)


@pytest.mark.parametrize(CALL, CALLS)
def test_gradients_are_the_slopes(loss, setting, predictions, targets):
    check_gradients(lambda x: loss(x, targets, **setting), 0.6 * np.array(predictions) + (0.1 if loss is nn.binary_cross_entropy else 0))


def test_targets_in_a_tensor_get_their_gradient_in_their_own_precision():
    for loss in (nn.mse_loss, nn.l1_loss, nn.huber_loss, nn.cross_entropy):
        predictions, target = Tensor(np.array(SCORES, np.float32)), Tensor(PROBABILITIES)
        loss(predictions, target).backward()
        assert (predictions.grad.dtype, target.grad.dtype) == (np.float32, np.float64)


MODULES = [
    (nn.MSELoss, nn.mse_loss, {}), (nn.L1Loss, nn.l1_loss, {}), (nn.HuberLoss, nn.huber_loss, {"delta": 0.5}),
    (nn.BCELoss, nn.binary_cross_entropy, {"weight": WEIGHT}),
    (nn.BCEWithLogitsLoss, nn.binary_cross_entropy_with_logits, {"weight": WEIGHT, "pos_weight": WEIGHT[::-1]}),
    (nn.CrossEntropyLoss, nn.cross_entropy, {"weight": WEIGHT, "ignore_index": 1, "label_smoothing": 0.2}),
    (nn.NLLLoss, nn.nll_loss, {"weight": WEIGHT, "ignore_index": 1}), (nn.KLDivLoss, nn.kl_div, {"log_target": True}),
    (nn.MultiMarginLoss, nn.multi_margin_loss, {"p": 2, "margin": 0.5, "weight": WEIGHT}), (nn.HingeLoss, nn.hinge_loss, {}),
]  # fmt: skip


@pytest.mark.parametrize(("module", "function", "setting"), MODULES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_modules_are_the_functions_with_their_settings(module, function, setting, reduction):
    by_class = function in (nn.cross_entropy, nn.nll_loss, nn.multi_margin_loss)
    predictions = PROBABILITIES if function is nn.binary_cross_entropy else SCORES
    targets = LABELS if by_class else SIGNS if function is nn.hinge_loss else PROBABILITIES
    for given_setting in ({}, setting):
        loss = module(**given_setting, reduction=reduction)
        if not (function is nn.kl_div and not given_setting):
            np.testing.assert_array_equal(loss(predictions, targets), function(predictions, targets, **given_setting, reduction=reduction))
        weights = [name for name in given_setting if "weight" in name]
        assert list(loss.state_dict()) == weights
        assert loss.parameters() == []
    assert getattr(functional, function.__name__) is function is getattr(nn, function.__name__)


def test_modules_show_their_settings():
    assert str(nn.HuberLoss(delta=0.5)) == "HuberLoss(reduction='mean', delta=0.5)"
    assert str(nn.CrossEntropyLoss(ignore_index=0)) == "CrossEntropyLoss(reduction='mean', ignore_index=0, label_smoothing=0.0)"


def test_modules_have_pytorchs_names_arguments_and_defaults():
    torch = pytest.importorskip("torch")
    import inspect

    for module, *_ in MODULES[:-1]:
        ours, theirs = (inspect.signature(library.__init__).parameters for library in (module, getattr(torch.nn, module.__name__)))
        assert {name: p.default for name, p in ours.items() if p.kind != p.VAR_POSITIONAL} == {
            name: p.default for name, p in theirs.items() if name not in ("size_average", "reduce")
        }


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: nn.mse_loss([1.0], [1.0], reduction="max"), "mse_loss knows the reductions mean, sum, none, and not 'max'."),
        (
            lambda: nn.cross_entropy(SCORES, LABELS, reduction="batchmean"),
            "cross_entropy knows the reductions mean, sum, none, and not 'batchmean'.",
        ),
        (lambda: nn.MSELoss(reduction=None), "MSELoss knows the reductions mean, sum, none, and not None."),
        (lambda: nn.KLDivLoss("most"), "KLDivLoss knows the reductions mean, sum, none, batchmean, and not 'most'."),
        (lambda: nn.huber_loss([1.0], [0.0], delta=0), "huber_loss takes a delta above 0, where the loss turns straight; got 0."),
        (lambda: nn.huber_loss([1.0], [0.0], delta=math.nan), "huber_loss takes a delta above 0"),
        (lambda: nn.cross_entropy(SCORES, LABELS, label_smoothing=1.5), "cross_entropy smooths labels by a share from 0 to 1; got 1.5."),
        (
            lambda: nn.cross_entropy(SCORES, LABELS, weight=[1.0, 2.0]),
            "cross_entropy takes a weight for each of the 3 classes, as plain numbers; got [1.0, 2.0].",
        ),
        (lambda: nn.nll_loss(LOGS, LABELS, weight=["a"] * 3), "nll_loss takes a weight for each of the 3 classes, as plain numbers; got"),
        (
            lambda: nn.cross_entropy(SCORES, [1, 1, 1, 1], ignore_index=1),
            "cross_entropy has no rows to take the mean of: all are to be ignored, or weigh nothing.",
        ),
        (lambda: nn.cross_entropy(Tensor(SCORES), [1, 1, 1, 1], weight=[1, 0, 1]), "cross_entropy has no rows to take the mean of"),
        (lambda: nn.nll_loss(LOGS, [0, 1, 2, 3]), "nll_loss got the class 3, and there are 3: whole numbers from 0 to 2."),
        (
            lambda: nn.nll_loss(LOGS, LOGS),
            "targets of shape (4, 3). It takes the number of the right class of each row, shape (4,): write targets.argmax(1).",
        ),
        (
            lambda: nn.nll_loss([], []),
            "nll_loss takes predictions of shape (n, classes), (n, classes, …) or (classes,), at least one; got shape (0,).",
        ),
        (lambda: nn.multi_margin_loss(Tensor(SCORES), [0, 1, -1, 0]), "multi_margin_loss got the class -1, and there are 3"),
        (lambda: nn.multi_margin_loss(SCORES, LABELS, p=3), "multi_margin_loss takes p = 1 or p = 2; got 3."),
        (
            lambda: nn.kl_div(LOGS, SCORES),
            "kl_div takes probabilities as targets from 0 to 1, and got -1.2; log-probabilities need log_target=True.",
        ),
        (lambda: nn.l1_loss(Tensor([1.0, 2.0]), [1.0]), "l1_loss got predictions of shape (2,) and targets of shape (1,)"),
        (
            lambda: nn.binary_cross_entropy([0.5, 0.5], [1, 0], weight=[1.0, 2.0, 3.0]),
            "binary_cross_entropy got weights of shape (3,), which do not broadcast to the predictions' (2,).",
        ),
        (
            lambda: nn.binary_cross_entropy_with_logits(Tensor([0.5]), [1], pos_weight=np.ones((2, 1))),
            "got weights of shape (2, 1), which do not broadcast",
        ),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(call, sentence):
    with pytest.raises(ValueError) as caught:
        call()
    assert sentence in str(caught.value)


def test_weights_are_plain_numbers():
    with pytest.raises(TypeError, match="binary_cross_entropy takes weights that are plain numbers, not 'a'"):
        nn.binary_cross_entropy([0.5], [1], weight="a")


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_what_is_ignored_counts_nothing_even_if_it_is_infinite(smoothing):
    logits = [[-math.inf, 1.0, 2.0], *SCORES[1:]]
    targets = [-100, 0, 1, -100]
    expected = nn.cross_entropy(Tensor(SCORES[1:3]), targets[1:3], label_smoothing=smoothing)
    x, values = Tensor(logits), tree_map(Value, logits)
    for predictions in (x, values):
        loss = nn.cross_entropy(predictions, targets, label_smoothing=smoothing)
        assert loss.data == pytest.approx(expected.item(), rel=1e-14)
        loss.backward()
    for gradient in (x.grad, np.array(tree_map(lambda v: v.grad, values))):
        assert (gradient[[0, 3]] == 0).all()
        assert (gradient[[1, 2]] != 0).all()
