"""Claims about the losses: the same numbers and gradients on Tensors and on lists of Values, PyTorch's, and finite at infinity."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
import nn
from autograd import Tensor, Value, check_gradients, grad, value_and_grad
from autograd.structures import leaves, tree_map

LOGITS = [[0.3, -1.2, 2.0], [1000.0, -1000.0, 0.0], [0.0, 0.0, 0.0], [-5.0, 700.0, 699.0]]
SCORES = [0.3, -1.2, 0.0, 1000.0, -1000.0, 1.0, -1.0, 40.0]

# Every loss with predictions and targets, as nested lists.
CALLS = [
    (nn.mse_loss, SCORES, [1.0, 0.0, 0.5, -1.0, 2.0, 1.0, 0.0, 40.0]),
    (nn.mse_loss, LOGITS, [[1.0, 2.0, 3.0]] * 4),
    (nn.mse_loss, [[[0.5], [1.5]]], [[[1.0], [0.0]]]),
    (nn.binary_cross_entropy, [0.3, 0.9, 0.5, 1e-9, 1 - 1e-9], [1, 0, 0.25, 0, 1]),
    (nn.binary_cross_entropy, [[0.3, 0.9], [0.5, 0.5]], [[1, 0], [0, 1]]),
    (nn.binary_cross_entropy_with_logits, SCORES, [1, 0, 1, 0, 1, 0.25, 0.75, 1]),
    (nn.binary_cross_entropy_with_logits, [[s] for s in SCORES], [[1], [0], [0], [1], [0], [1], [0], [0]]),
    (nn.hinge_loss, SCORES, [1, -1, 1, -1, 1, 1, -1, -1]),
    (nn.cross_entropy, LOGITS, [0, 2, 1, 1]),
    (nn.cross_entropy, LOGITS, [[1.0, 0.0, 0.0], [0.2, 0.3, 0.5], [1 / 3, 1 / 3, 1 / 3], [0, 1, 0]]),
    (nn.cross_entropy, LOGITS[0], 2),
    (nn.cross_entropy, LOGITS[0], [0.2, 0.3, 0.5]),
    (nn.cross_entropy, [[7.0]], [0]),
]
CALL = ("loss", "predictions", "targets")
LOSSES = [nn.mse_loss, nn.binary_cross_entropy, nn.binary_cross_entropy_with_logits, nn.hinge_loss, nn.cross_entropy]


def gradient_on_values(loss, predictions, targets):
    """The loss and its gradient, predicted in lists of Values."""
    values = tree_map(Value, predictions)
    result = loss(values, targets)
    assert type(result) is Value
    result.backward()
    return result.data, tree_map(lambda v: v.grad, values)


def gradient_on_tensors(loss, predictions, targets, dtype=np.float64):
    """The loss and its gradient, predicted in a Tensor."""
    tensor = Tensor(np.array(predictions, dtype=dtype))
    result = loss(tensor, targets)
    assert type(result) is Tensor
    assert result.shape == ()
    result.backward()
    return result.item(), tensor.grad


@pytest.mark.parametrize(CALL, CALLS)
def test_lists_of_values_and_tensors_give_the_same_loss_and_gradient(loss, predictions, targets):
    number, gradient = gradient_on_values(loss, predictions, targets)
    for given_targets in (targets, np.array(targets)):
        number_of_tensor, gradient_of_tensor = gradient_on_tensors(loss, predictions, given_targets)
        assert number_of_tensor == pytest.approx(number, rel=1e-14, abs=1e-14)
        np.testing.assert_allclose(gradient_of_tensor, gradient, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(CALL, CALLS)
def test_losses_and_gradients_are_pytorchs(loss, predictions, targets, pytorch):
    def theirs(torch):
        def hinge_loss(scores, targets):  # PyTorch has only relatives of it
            return torch.relu(1 - targets * scores).mean()

        reference = hinge_loss if loss is nn.hinge_loss else getattr(torch.nn.functional, loss.__name__)
        x = torch.tensor(predictions, dtype=torch.float64, requires_grad=True)
        by_class = loss is nn.cross_entropy and np.ndim(targets) < np.ndim(predictions)
        their_loss = reference(x, torch.tensor(targets, dtype=torch.int64 if by_class else torch.float64))
        their_loss.backward()
        return [their_loss.item(), x.grad.tolist()]

    expected, expected_gradient = pytorch(theirs)
    for ours in (gradient_on_values, gradient_on_tensors):
        number, gradient = ours(loss, predictions, targets)
        assert number == pytest.approx(expected, rel=1e-12, abs=1e-12)
        np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-9 if loss is nn.binary_cross_entropy else 1e-12, atol=1e-12)


@pytest.mark.parametrize(CALL, CALLS)
def test_losses_are_what_their_formulas_say(loss, predictions, targets):
    x, t = np.array(predictions, dtype=np.longdouble), np.array(targets)
    if loss is nn.cross_entropy:
        log_p = x - np.logaddexp.reduce(x, axis=-1, keepdims=True)
        weights = t if t.shape == x.shape else np.eye(x.shape[-1])[t]
        expected = -(weights * log_p).sum(axis=-1).mean()
    else:
        formulas = {
            nn.mse_loss: lambda: (x - t) ** 2,
            nn.binary_cross_entropy: lambda: -(t * np.log(x) + (1 - t) * np.log(1 - x)),
            nn.binary_cross_entropy_with_logits: lambda: t * np.logaddexp(0, -x) + (1 - t) * np.logaddexp(0, x),
            nn.hinge_loss: lambda: np.maximum(0, 1 - t * x),
        }
        expected = formulas[loss]().mean()
    assert gradient_on_values(loss, predictions, targets)[0] == pytest.approx(float(expected), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("loss", "targets"),
    [
        (nn.mse_loss, [[0.5, 1.0], [-1.0, 0.0]]),
        (nn.binary_cross_entropy, [[0.5, 1.0], [0.0, 0.0]]),
        (nn.binary_cross_entropy_with_logits, [[0.5, 1.0], [0.0, 0.0]]),
        (nn.hinge_loss, [[1, -1], [-1, 1]]),
        (nn.cross_entropy, [1, 0]),
        (nn.cross_entropy, [[0.5, 0.5], [0.1, 0.9]]),
    ],
)
def test_gradients_hold_against_finite_differences(loss, targets):
    predictions = np.array([[0.3, 0.6], [0.2, 0.9]])
    check_gradients(lambda p: loss(p, targets), predictions)
    check_gradients(lambda *p: loss([[p[0], p[1]], [p[2], p[3]]], targets), *predictions.ravel().tolist())


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-1000, 1000), st.booleans()), min_size=1, max_size=8))
def test_no_logit_from_minus_to_plus_1000_gives_nan_or_infinity(pairs):
    logits, targets = [x for x, _ in pairs], [int(t) for _, t in pairs]
    signs = [2 * t - 1 for t in targets]
    for loss, t in ((nn.binary_cross_entropy_with_logits, targets), (nn.hinge_loss, signs), (nn.cross_entropy, len(logits) - 1)):
        for gradient_of in (gradient_on_values, gradient_on_tensors):
            number, gradient = gradient_of(loss, logits, t)
            assert number >= 0
            assert math.isfinite(number)
            assert np.isfinite(gradient).all()


@pytest.mark.parametrize("gradient_of", [gradient_on_values, gradient_on_tensors])
@pytest.mark.parametrize(("p", "t", "expected"), [(0.0, 1, 100.0), (1.0, 0, 100.0), (0.0, 0, 0.0), (1.0, 1, 0.0), (1e-50, 1, 100.0)])
def test_certain_predictions_cost_0_or_100_and_have_a_gradient_without_nan(p, t, expected, gradient_of):
    number, gradient = gradient_of(nn.binary_cross_entropy, [p], [t])
    assert number == pytest.approx(expected, rel=1e-14)
    assert gradient[0] == (0.0 if expected else 1 - 2 * t)


def test_certain_predictions_cost_what_they_do_in_pytorch():
    torch = pytest.importorskip("torch")
    p, t = [0.0, 1.0, 0.0, 1.0, 1e-44, 0.5], [1.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    theirs = torch.nn.functional.binary_cross_entropy(torch.tensor(p, dtype=torch.float64), torch.tensor(t, dtype=torch.float64))
    for gradient_of in (gradient_on_values, gradient_on_tensors):
        assert gradient_of(nn.binary_cross_entropy, p, t)[0] == pytest.approx(theirs.item(), rel=1e-14)


@pytest.mark.parametrize(CALL, CALLS)
def test_targets_may_be_arrays_of_any_kind_of_number_and_lists_of_numpy_numbers(loss, predictions, targets):
    expected, gradient = gradient_on_values(loss, predictions, targets)
    whole = np.array(targets).dtype.kind == "i"
    kinds = [np.int8, np.int64, np.float32, np.float64] if whole else [np.float64]
    if whole and np.isin(targets, (0, 1)).all():
        kinds += [bool, np.uint8]
    for kind in kinds:
        array = np.array(targets, dtype=kind)
        for given_targets in (array, tree_map(lambda t, kind=kind: kind(t), targets)):
            for gradient_of in (gradient_on_values, gradient_on_tensors):
                number, found = gradient_of(loss, predictions, given_targets)
                assert number == pytest.approx(expected, rel=1e-12, abs=1e-14)
                np.testing.assert_allclose(found, gradient, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(CALL, CALLS)
def test_rows_may_be_tuples_and_object_arrays(loss, predictions, targets):
    def tuples(x):
        return tuple(map(tuples, x)) if isinstance(x, list) else x

    values = tree_map(Value, predictions)
    expected = loss(values, targets).data
    assert loss(tuples(values), tuples(targets)).data == expected
    assert loss(np.array(values, dtype=object), targets).data == expected


@pytest.mark.parametrize(CALL, CALLS)
def test_a_list_of_tensors_is_taken_like_one_tensor(loss, predictions, targets):
    expected, gradient = gradient_on_tensors(loss, predictions, targets)
    rows = [Tensor(row) for row in predictions]
    result = loss(rows, targets)
    result.backward()
    assert result.item() == pytest.approx(expected, rel=1e-14, abs=1e-14)
    np.testing.assert_allclose([row.grad for row in rows], gradient, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(CALL, CALLS)
def test_plain_numbers_give_the_loss_as_a_plain_number(loss, predictions, targets):
    expected, _ = gradient_on_values(loss, predictions, targets)
    assert loss(predictions, targets) == pytest.approx(expected, rel=1e-14, abs=1e-14)
    assert loss(np.array(predictions), targets) == pytest.approx(expected, rel=1e-14, abs=1e-14)


@pytest.mark.parametrize(
    ("loss", "target"),
    [(nn.mse_loss, 1.0), (nn.binary_cross_entropy, 1), (nn.binary_cross_entropy_with_logits, np.int64(0)), (nn.hinge_loss, -1)],
)
def test_a_single_value_is_a_prediction_too(loss, target):
    single, listed = Value(0.3), Value(0.3)
    result = loss(single, target)
    assert type(result) is Value
    assert result == loss([listed], [target])


@pytest.mark.parametrize("loss", [nn.mse_loss, nn.binary_cross_entropy, nn.binary_cross_entropy_with_logits])
def test_targets_that_were_computed_get_a_gradient_as_well(loss):
    def of_values(p, t):
        return loss([p, 0.5], [t, 1])

    def of_tensors(p, t):
        return loss(p, t)

    check_gradients(of_values, 0.3, 0.6)
    check_gradients(of_tensors, np.array([0.3, 0.5]), np.array([0.6, 0.9]))


def test_probabilities_of_classes_that_were_computed_get_a_gradient_as_well():
    logits, p = np.array([[0.3, -1.0], [0.5, 2.0]]), np.array([[0.2, 0.8], [0.6, 0.4]])
    check_gradients(nn.cross_entropy, logits, p)
    check_gradients(lambda x, p: nn.cross_entropy([x, 0.5], [p, 1 - p]), 0.3, 0.4)


def test_values_may_meet_targets_in_a_tensor():
    prediction, target = Value(3.0), Tensor([1.0, 2.0])
    nn.mse_loss([prediction, 2.0], target).backward()
    assert prediction.grad == 2.0
    np.testing.assert_array_equal(target.grad, [-2.0, 0.0])


@pytest.mark.parametrize(CALL, CALLS)
def test_losses_in_32_bits_stay_close_and_leave_32_bit_gradients(loss, predictions, targets):
    near = tree_map(lambda p: min(max(p, 1e-6), 1 - 1e-6), predictions) if loss is nn.binary_cross_entropy else predictions
    expected, gradient = gradient_on_tensors(loss, near, targets)
    number, gradient32 = gradient_on_tensors(loss, near, targets, dtype=np.float32)
    assert gradient32.dtype == np.float32
    assert number == pytest.approx(expected, rel=1e-5, abs=1e-6)
    np.testing.assert_allclose(gradient32, gradient, rtol=0.1 if loss is nn.binary_cross_entropy else 1e-4, atol=1e-6)


def test_losses_can_be_differentiated_as_functions_of_nested_lists():
    number, gradient = value_and_grad(lambda rows: nn.cross_entropy(rows, [0, 1]))([[0.0, 0.0], [0.0, 0.0]])
    assert number == pytest.approx(math.log(2))
    assert gradient == [[-0.25, 0.25], [0.25, -0.25]]


def test_nan_among_scores_is_not_hidden():
    for loss, target in ((nn.mse_loss, 1.0), (nn.binary_cross_entropy_with_logits, 1), (nn.hinge_loss, 1)):
        assert math.isnan(loss([Value(math.nan), Value(0.0)], [target, target]).data)
        assert math.isnan(loss(Tensor([math.nan, 0.0]), [target, target]).item())
    assert math.isnan(nn.cross_entropy([Value(math.nan), Value(0.0)], 1).data)
    assert math.isnan(nn.cross_entropy(Tensor([math.nan, 0.0]), 1).item())


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("empty", [[], (), [[]], np.zeros(0), np.zeros((0, 3)), np.zeros((3, 0))])
def test_no_predictions_are_refused(loss, empty):
    for predictions in (empty, Tensor(np.array(empty, dtype=float))):
        with pytest.raises(ValueError, match=r"got no predictions \(shape|at least one; got shape"):
            loss(predictions, empty)


@pytest.mark.parametrize("loss", LOSSES[:4])
@pytest.mark.parametrize(
    ("shape", "target_shape"), [((3,), (2,)), ((3, 1), (3,)), ((3,), (3, 1)), ((2, 3), (3, 2)), ((2, 2), (4,)), ((3,), ()), ((), (1,))]
)
def test_shapes_that_differ_are_refused_and_never_broadcast(loss, shape, target_shape):
    targets = np.ones(target_shape)
    predictions = np.full(shape, 0.5)
    for p in (Tensor(predictions), tree_map(Value, predictions.tolist())):
        for t in (targets, targets.tolist(), Tensor(targets)):
            with pytest.raises(ValueError) as caught:
                loss(p, t)
            assert f"{loss.__name__} got predictions of shape {shape} and targets of shape {target_shape}; they must be alike, so " in str(
                caught.value
            )


@pytest.mark.parametrize(
    ("predictions", "targets", "way"),
    [
        (np.ones((3, 1)), np.ones(3), "so write targets.reshape(-1, 1)."),
        (np.ones(3), np.ones((3, 1)), "so write targets.reshape(-1)."),
        (np.ones((3, 2)), np.ones((2, 3)), "so reshape one of them."),
        (np.ones((2, 2)), np.ones(4), "so reshape one of them."),
    ],
)
def test_a_column_for_a_row_is_refused_with_what_to_write(predictions, targets, way):
    with pytest.raises(ValueError) as caught:
        nn.mse_loss(predictions, targets)
    assert way in str(caught.value)
    if "write" in way:
        nn.mse_loss(predictions, eval(way.removeprefix("so write ")[:-1], {"targets": targets}))


@pytest.mark.parametrize(
    ("loss", "targets", "sentence"),
    [
        (nn.cross_entropy, [[0], [1]], "shape (2,), or the probability of each class, shape (2, 3): write targets.reshape(-1)."),
        (nn.nll_loss, np.eye(3)[:2], "takes the number of the right class of each row, shape (2,): write targets.argmax(1)."),
        (nn.multi_margin_loss, np.eye(3)[:2], "shape (2,): write targets.argmax(1)."),
        (nn.cross_entropy, [[1, 1, 0], [0, 0, 1]], "a row of them adds up to 2. For several yes-or-no answers there is binary_cross_ent"),
    ],
)
def test_targets_in_another_form_are_refused_with_what_to_write(loss, targets, sentence):
    for scores in (Tensor(np.ones((2, 3))), [[Value(0.0)] * 3] * 2):
        with pytest.raises(ValueError) as caught:
            loss(scores, targets)
        assert sentence in str(caught.value)


def test_yes_or_no_answers_are_not_taken_for_the_classes_of_one_row():
    with pytest.raises(ValueError, match="but a row of them adds up to 2"):
        nn.cross_entropy(Tensor([0.5, 0.5, 0.5]), [0, 1, 1])
    with pytest.raises(ValueError, match="cross_entropy compares classes, and got one score for each row; binary_cross_entropy_"):
        nn.cross_entropy(Tensor([[0.5], [0.5]]), [0, 1])


@pytest.mark.parametrize("rows", [[[1, 0, 0], [0, 0, 1]], np.eye(3, dtype=int)[[0, 2]], np.eye(3)[[0, 2]], np.eye(3, dtype=bool)[[0, 2]]])
def test_one_hot_rows_are_probabilities(rows):
    scores = Tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 2.0]])
    assert nn.cross_entropy(scores, rows).item() == pytest.approx(nn.cross_entropy(scores, [0, 2]).item(), rel=1e-12)


def test_names_of_classes_are_refused_with_what_numbers_them():
    names = np.array(["cat", "dog"])
    for targets in (names, names.tolist()):
        with pytest.raises(TypeError, match=r"got the text 'cat'; classes, labels = np\.unique\(names, return_inverse=True\)"):
            nn.cross_entropy(Tensor(np.ones((2, 3))), targets)


@pytest.mark.parametrize("loss", LOSSES)
def test_rows_of_different_lengths_are_refused(loss):
    ragged = [[Value(0.5), Value(0.5)], [Value(0.5)]]
    with pytest.raises(ValueError, match=r"got rows of different shapes, \(1,\) and \(2,\); they must be alike"):
        loss(ragged, [0, 0])
    with pytest.raises(ValueError, match=r"got rows of different shapes, \(\) and \(2,\)"):
        loss([Value(0.5), Value(0.5)], [[1, 1], 1])


@pytest.mark.parametrize("wrap", [lambda p: tree_map(Value, p), Tensor])
@pytest.mark.parametrize(
    ("loss", "predictions", "targets", "sentence"),
    [
        (nn.binary_cross_entropy, [0.5, 1.5], [1, 0], "probabilities from 0 to 1, and got 1.5; for raw scores there is"),
        (nn.binary_cross_entropy, [0.5, -0.1], [1, 0], "probabilities from 0 to 1, and got -0.1"),
        (nn.binary_cross_entropy, [0.5, math.nan], [1, 0], "probabilities from 0 to 1, and got nan"),
        (nn.binary_cross_entropy, [0.5, 0.1], [1, -1], "binary_cross_entropy takes targets from 0 to 1, and got -1."),
        (nn.binary_cross_entropy_with_logits, [5.0, 0.1], [1, 2], "binary_cross_entropy_with_logits takes targets from 0 to 1, and got 2."),
        (nn.binary_cross_entropy_with_logits, [5.0, 0.1], [1, math.nan], "targets from 0 to 1, and got nan."),
        (nn.hinge_loss, [5.0, 0.1], [1, 0], "hinge_loss takes targets of -1 and 1, and got 0; classes 0 and 1 become 2 * y - 1."),
        (nn.hinge_loss, [5.0, 0.1], [1, math.nan], "hinge_loss takes targets of -1 and 1, and got nan"),
        (nn.cross_entropy, [[1.0, 2.0]], [2], "cross_entropy got the class 2, and there are 2: whole numbers from 0 to 1."),
        (nn.cross_entropy, [[1.0, 2.0]], [-1], "got the class -1"),
        (nn.cross_entropy, [[1.0, 2.0]], [0.5], "got the class 0.5"),
        (nn.cross_entropy, [[1.0, 2.0]], [math.nan], "got the class nan"),
        (nn.cross_entropy, [1.0, 2.0], 2, "got the class 2"),
        (nn.cross_entropy, [[1.0, 2.0]], [[1.5, -0.5]], "cross_entropy takes probabilities of classes from 0 to 1, and got 1.5."),
        (nn.cross_entropy, [[1.0, 2.0]], [0, 1], "predictions of shape (1, 2) and targets of shape (2,)"),
        (nn.cross_entropy, [[1.0, 2.0], [3.0, 4.0]], [[0], [1]], "number of the right class of each row, shape (2,)"),
        (nn.cross_entropy, [1.0, 2.0], [1], "predictions of shape (2,) and targets of shape (1,)"),
        (nn.cross_entropy, [[[1.0, 2.0]]], [[0]], "class of each row, shape (1, 2), or the probability of each class, shape (1, 1, 2)"),
    ],
)
def test_predictions_and_targets_out_of_range_are_refused(loss, predictions, targets, sentence, wrap):
    for given_targets in (targets, np.array(targets)):
        with pytest.raises(ValueError) as caught:
            loss(wrap(predictions), given_targets)
        assert sentence in str(caught.value)


def test_a_single_number_has_no_classes():
    with pytest.raises(ValueError, match=r"at least one; got shape \(\)"):
        nn.cross_entropy(Value(1.0), 0)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("stranger", ["a", None, 1j, {"a": 1}, np.complex128(1j)])
def test_what_is_no_number_is_refused_among_predictions_and_targets(loss, stranger):
    good = [Value(0.5), Value(0.1)]
    sentence = f"{loss.__name__} takes Values, Tensors and numbers, or lists of them, and got"
    for predictions, targets in (
        (good, [1, stranger]),
        (Tensor([0.5, 0.1]), [1, stranger]),
        (good, np.array([1, stranger], dtype=object)),
        ([0.5, stranger], [1, 1]),
        (good, stranger),
        (stranger, [1, 1]),
    ):
        with pytest.raises(TypeError) as caught:
            loss(predictions, targets)
        assert sentence in str(caught.value)


@pytest.mark.parametrize("loss", LOSSES)
def test_an_array_of_text_and_a_generator_are_refused(loss):
    for targets in (np.array(["1", "0"]), (t for t in (1, 0))):
        with pytest.raises(TypeError, match="takes Values, Tensors and numbers, or lists of them"):
            loss(Tensor([0.5, 0.1]), targets)


@pytest.mark.parametrize(CALL, CALLS)
def test_a_loss_does_not_change_what_it_is_given(loss, predictions, targets):
    values, array = tree_map(Value, predictions), np.array(targets)
    before = [v.data for v in leaves(values)], array.copy()
    loss(values, array)
    assert [v.data for v in leaves(values)] == before[0]
    np.testing.assert_array_equal(array, before[1])


# --- infinite scores, and probabilities of exactly 0 and 1 ----------------------------------------


INF = math.inf
INFINITE = [[1.0, -INF, 2.0], [0.5, 0.25, -INF]]
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
    (nn.cross_entropy, INFINITE, ONE_HOT, {}, (nn.cross_entropy, INFINITE, LABELS, {})),
    (nn.cross_entropy, INFINITE, ONE_HOT, {"weight": [2.0, 0.5, 1.0], "reduction": "sum"},
     (nn.cross_entropy, INFINITE, LABELS, {"weight": [2.0, 0.5, 1.0], "reduction": "sum"})),
    (nn.cross_entropy, INFINITE, SHARES, {}, (nn.cross_entropy, FINITE, SHARES, {})),
    (nn.cross_entropy, INFINITE[0], ONE_HOT[0], {}, (nn.cross_entropy, INFINITE[0], 0, {})),
    (nn.cross_entropy, INFINITE, [1, 0], {"weight": [2.0, 0.0, 1.0]}, (nn.cross_entropy, [INFINITE[1]], [0], {"weight": [2.0, 0.0, 1.0]})),
    (nn.cross_entropy, INFINITE, ONE_HOT, {"weight": [1.0, 0.0, 1.0], "reduction": "sum"}, (nn.cross_entropy, [INFINITE[0]], [0], {})),
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
        (nn.cross_entropy, INFINITE, ONE_HOT, {}),
        (nn.cross_entropy, INFINITE, SHARES, {"reduction": "sum"}),
        (nn.cross_entropy, INFINITE, LABELS, {"weight": [1.0, 0.5, 0.0]}),
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
    assert nn.cross_entropy(Tensor(INFINITE), [1, 0]).item() == INF
    assert nn.cross_entropy(Tensor(INFINITE), [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]).item() == INF
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
        scores = Tensor(INFINITE)
        out = loss(scores, [-100, -100], reduction=reduction)
        out.sum().backward()
        assert not np.any(out.data)
        np.testing.assert_array_equal(scores.grad, np.zeros((2, 3)))
        with pytest.raises(ValueError, match="has no rows to take the mean of: all are to be ignored, or weigh nothing"):
            loss(scores, [-100, -100])
