"""Claims about losses of infinite scores, and of probabilities of exactly 0 and 1: 0 · log 0 is 0, and derivatives stay finite."""

import math

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, grad
from autograd.structures import leaves, tree_map

INF = math.inf
SCORES = [[1.0, -INF, 2.0], [0.5, 0.25, -INF]]
FINITE = [[1.0, -800.0, 2.0], [0.5, 0.25, -800.0]]  # whose softmax is the same
LABELS, ONE_HOT = [0, 1], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
SHARES = [[0.25, 0.0, 0.75], [0.5, 0.5, 0.0]]
LOGS = np.log([[0.25, 0.5, 0.25], [0.5, 0.25, 0.25]]).tolist()


def ways(loss, predictions, targets, **settings):
    """The loss and its gradient for Values, for Tensors, and compiled."""
    values, tensor = tree_map(Value, predictions), Tensor(predictions)
    for p, f in ((values, loss), (tensor, loss), (tensor, autograd.compile(lambda p: loss(p, targets, **settings)))):
        for leaf in leaves(p):
            leaf.zero_grad()
        with np.errstate(all="ignore"):
            out = f(p) if f is not loss else loss(p, targets, **settings)
            out.backward()
        yield out.item(), np.reshape([leaf.grad for leaf in leaves(p)], np.shape(predictions))


WITH_LOGITS = nn.binary_cross_entropy_with_logits
CASES = [
    (nn.cross_entropy, SCORES, ONE_HOT, {}, (nn.cross_entropy, SCORES, LABELS, {})),
    (nn.cross_entropy, SCORES, ONE_HOT, {"weight": [2.0, 0.5, 1.0], "reduction": "sum"},
     (nn.cross_entropy, SCORES, LABELS, {"weight": [2.0, 0.5, 1.0], "reduction": "sum"})),
    (nn.cross_entropy, SCORES, SHARES, {}, (nn.cross_entropy, FINITE, SHARES, {})),
    (nn.cross_entropy, SCORES[0], ONE_HOT[0], {}, (nn.cross_entropy, SCORES[0], 0, {})),
    (nn.cross_entropy, SCORES, [1, 0], {"weight": [2.0, 0.0, 1.0]}, (nn.cross_entropy, [SCORES[1]], [0], {"weight": [2.0, 0.0, 1.0]})),
    (nn.cross_entropy, SCORES, ONE_HOT, {"weight": [1.0, 0.0, 1.0], "reduction": "sum"}, (nn.cross_entropy, [SCORES[0]], [0], {})),
    (nn.cross_entropy, [[1.0, -INF, 2.0]], [0], {"weight": [1.0, 0.0, 2.0], "label_smoothing": 0.5},
     (nn.cross_entropy, [[1.0, -800.0, 2.0]], [0], {"weight": [1.0, 0.0, 2.0], "label_smoothing": 0.5})),
    (nn.nll_loss, [[-INF, -0.5], [-1.0, -2.0]], [0, 0], {"weight": [0.0, 1.0], "reduction": "sum"},
     (nn.nll_loss, [[-5.0, -0.5], [-1.0, -2.0]], [0, 0], {"weight": [0.0, 1.0], "reduction": "sum"})),
    (nn.nll_loss, [[-INF, -0.5], [-1.0, -2.0]], [-100, 1], {}, (nn.nll_loss, [[-1.0, -2.0]], [1], {})),
    (nn.kl_div, [[-INF, 0.0], [-1.0, -0.5]], [[0.0, 1.0], [0.5, 0.5]], {},
     (nn.kl_div, [[-9.0, 0.0], [-1.0, -0.5]], [[0.0, 1.0], [0.5, 0.5]], {})),
    (nn.kl_div, [[-INF, 0.0]], [[-INF, 0.0]], {"log_target": True}, (nn.kl_div, [[-9.0, 0.0]], [[-INF, 0.0]], {"log_target": True})),
    (WITH_LOGITS, [INF, -INF, 0.5], [1, 0, 1], {}, (WITH_LOGITS, [800.0, -800.0, 0.5], [1, 0, 1], {})),
    (WITH_LOGITS, [INF, 0.5], [1, 0], {"pos_weight": 3.0}, (WITH_LOGITS, [800.0, 0.5], [1, 0], {})),
    (WITH_LOGITS, [INF, 0.5], [0, 1], {"weight": [0.0, 1.0], "reduction": "sum"},
     (WITH_LOGITS, [0.5], [1], {})),
    (nn.binary_cross_entropy, [0.0, 1.0, 0.25], [0, 1, 1], {}, (nn.binary_cross_entropy, [1e-300, 1.0, 0.25], [0, 1, 1], {})),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "predictions", "targets", "settings", "same"), CASES)
def test_what_has_no_share_costs_nothing_and_its_gradient_is_finite(loss, predictions, targets, settings, same):
    like, others, others_targets, others_settings = same
    expected = like(Tensor(others), others_targets, **others_settings).item()
    for number, gradient in ways(loss, predictions, targets, **settings):
        assert number == pytest.approx(expected, rel=1e-12)
        assert np.isfinite(gradient).all()


@pytest.mark.parametrize(
    ("loss", "predictions", "targets", "settings"),
    [
        (nn.cross_entropy, SCORES, ONE_HOT, {}),
        (nn.cross_entropy, SCORES, SHARES, {"reduction": "sum"}),
        (nn.cross_entropy, SCORES, LABELS, {"weight": [1.0, 0.5, 0.0]}),
        (nn.kl_div, [[-INF, -0.1]], [[0.0, 1.0]], {}),
        (nn.binary_cross_entropy_with_logits, [40.0, -40.0, 1000.0, -1000.0], [1, 0, 0, 1], {}),
        (nn.binary_cross_entropy, [1e-12, 1.0, 0.0, 0.5], [1, 1, 0, 0.25], {}),
    ],
)
def test_second_derivatives_are_finite_too(loss, predictions, targets, settings):
    def along(p):  # a function of the gradient, whose derivative is of the second order
        return (grad(lambda q: loss(q, targets, **settings))(p) ** 2).sum()

    with np.errstate(all="ignore"):
        second = grad(along)(Tensor(predictions))
    assert np.isfinite(np.asarray(second.data if isinstance(second, Tensor) else second)).all()


def test_a_share_of_what_is_impossible_costs_infinitely_much():
    assert nn.cross_entropy(Tensor(SCORES), [1, 0]).item() == INF
    assert nn.cross_entropy(Tensor(SCORES), [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]).item() == INF
    assert nn.kl_div(Tensor([-INF, 0.0]), [0.5, 0.5]).item() == INF
    assert nn.binary_cross_entropy_with_logits(Tensor([INF]), [0]).item() == INF


def test_nan_is_not_taken_for_a_share_of_0():
    assert math.isnan(nn.cross_entropy(Tensor([[1.0, math.nan]]), [[1.0, 0.0]]).item())
    assert math.isnan(nn.kl_div(Tensor([math.nan, 0.0]), [0.0, 1.0]).item())
    assert math.isnan(nn.binary_cross_entropy_with_logits(Tensor([math.nan]), [0]).item())


def test_a_probability_of_0_with_finite_scores_has_its_gradient():
    shares = Tensor([[1.0, 0.0]])
    nn.cross_entropy(Tensor([[0.0, 0.0]]), shares).backward()
    np.testing.assert_allclose(shares.grad, [[math.log(2), math.log(2)]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("x", "target"), [(20.0, 1), (-20.0, 0), (40.0, 1), (80.0, 1), (-80.0, 0), (0.0, 1), (-20.0, 1), (20.0, 0)])
def test_logits_far_on_the_right_side_cost_little_and_not_nothing(x, target, dtype):
    away = -x if target else x  # from the right side
    expected = max(away, 0.0) + math.log1p(math.exp(-abs(x)))
    slope = math.exp(min(away, 0.0)) / (1 + math.exp(-abs(x))) * (-1 if target else 1)
    for p in (Tensor(np.array([x], dtype)), [Value(x)]):
        loss = nn.binary_cross_entropy_with_logits(p, [target])
        loss.backward()
        assert loss.item() == pytest.approx(expected, rel=1e-6, abs=0)
        assert next(iter(leaves(p))).grad == pytest.approx(slope, rel=1e-6, abs=0)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_certain_and_wrong_probability_costs_100_in_every_precision(dtype):
    p = Tensor(np.array([0.0, 1.0, 0.0, 1.0], dtype))
    losses = nn.binary_cross_entropy(p, [1, 0, 0, 1], reduction="none")
    losses.sum().backward()
    np.testing.assert_allclose(losses.data, [100, 100, 0, 0], rtol=1e-6)
    assert np.isfinite(p.grad).all()


@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_where_all_rows_are_ignored_the_loss_and_the_gradient_are_0(reduction):
    for loss in (nn.cross_entropy, nn.nll_loss):
        scores = Tensor(SCORES)
        out = loss(scores, [-100, -100], reduction=reduction)
        out.sum().backward()
        assert not np.any(out.data)
        np.testing.assert_array_equal(scores.grad, np.zeros((2, 3)))
        with pytest.raises(ValueError, match="has no rows to take the mean of: all are to be ignored, or weigh nothing"):
            loss(scores, [-100, -100])
