"""What enters a graph as a constant, also from other libraries; and a constant is a number wherever no derivative can be lost."""

import math
import operator
import re

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, compile, grad, no_grad

# --- constants ------------------------------------------------------------------------------------


def constants():
    v, t = Value(2.5), Tensor([2.5])
    with no_grad():
        computed = [v * 1, t * 1, (t * 1).sum()]
    return [v.detach(), t.detach(), t.sum().detach(), *computed]


def test_a_constant_is_a_number_for_python():
    for c in constants():
        assert (float(c), int(c), complex(c), math.exp(c), f"{c:.2f}") == (2.5, 2, 2.5 + 0j, math.exp(2.5), "2.50")
        assert type(float(c)) is float


def test_a_constant_is_a_number_for_numpy_and_a_copy():
    for c in constants():
        array = np.asarray(c)
        assert array.dtype == float
        assert array.ravel().tolist() == [2.5]
        array[...] = 0.0
        assert float(c) == 2.5
        assert np.asarray(c, dtype=np.float32).dtype == np.float32
        assert np.array([c, c]).ravel().tolist() == np.array([c, c], dtype=float).ravel().tolist() == [2.5, 2.5]


def test_what_is_computed_from_constants_alone_is_a_number_too():
    v, t = Value(2.0), Tensor([2.0, 4.0])
    with no_grad():
        c = t * 1.0
    for node in (c[0], c.sum() / 3, v.detach() * 2 - 2, (c * c.detach()).mean() / 5, sum(c) / 3):
        assert float(node) == int(node) == 2
        assert round(node) == 2
        assert round(node, 1) == 2.0
    assert np.asarray(c * 2).tolist() == [4.0, 8.0]
    assert [float(x) for x in c] == [2.0, 4.0]
    for node in (c[0] * v, t.sum() * c[0], v * v.detach(), round):
        with pytest.raises(TypeError):
            float(node)
    with pytest.raises(TypeError, match=r"round\(…\) is no operation of a Tensor"):
        round(t.sum() * c[0], 1)


def test_what_a_compiled_function_makes_of_plain_numbers_is_a_number_too():
    slope = compile(grad(lambda x: (x**3).sum()))
    assert np.asarray(slope(np.array([1.0, 2.0]))).tolist() == [3.0, 12.0]
    assert float(compile(lambda x: x * x)(3.0)) == 9.0
    w = Value(2.0)
    with pytest.raises(TypeError, match="would drop the Value from the graph"):
        float(compile(lambda x: w * x)(3.0))


def test_numpys_functions_without_a_derivative_take_constants():
    t = Tensor([3.0, 1.0, 2.0])
    c, total = t.detach(), np.zeros(3)
    assert np.partition(c, 1).tolist() == [1.0, 2.0, 3.0]
    assert np.spacing(c).tolist() == np.spacing([3.0, 1.0, 2.0]).tolist()
    assert np.histogram(c, bins=2)[0].tolist() == [1, 2]
    total += c
    assert total.tolist() == np.maximum.reduce(np.array([c, c])).tolist() == [3.0, 1.0, 2.0]
    np.add.at(total, [0], c[1])
    assert total.tolist() == [4.0, 1.0, 2.0]
    for write in (lambda: np.put(c, [0], 9.0), lambda: np.copyto(c, 0.0), lambda: np.add.at(c, [0], 1.0)):
        with pytest.raises((ValueError, TypeError), match=r"read-only|np\.add\.at"):
            write()
    assert c.tolist() == [3.0, 1.0, 2.0]
    for use in (lambda x: np.partition(x, 1), np.spacing, lambda x: np.add(total, x, out=total)):
        with pytest.raises(TypeError):
            use(t * 1.0)


def test_losses_without_a_history_are_plotted():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    v, t = Value(2.0), Tensor([2.0])
    figure, axes = pyplot.subplots()
    for node in (v, t.sum()):
        (line,) = axes.plot([(node * k).detach() for k in (1, 2)])
        assert np.asarray(line.get_ydata(), dtype=float).tolist() == [2.0, 4.0]
        with pytest.raises(TypeError, match=re.escape("For the plain number write `.item()`")):
            axes.plot([node * 1, node * 2])
    pyplot.close(figure)


def test_a_node_with_a_history_is_not_turned_into_a_number():
    for node in (Value(2.5), Tensor(2.5), Value(2.5) * 1, Tensor(2.5) * 1):
        for use in (float, int, complex, math.exp, lambda x: np.array([x], dtype=float)):
            with pytest.raises(TypeError, match=re.escape("and its derivative with it. For the plain number write `.item()`")):
                use(node)
    with pytest.raises(TypeError, match=re.escape("For the plain number write `.data`")):
        np.asarray(Tensor([1.0, 2.0]))


def test_only_a_single_number_becomes_a_float():
    with pytest.raises(ValueError, match=re.escape("has 2 entries, and item() is for one")):
        float(Tensor([1.0, 2.0]).detach())


def test_an_array_of_values_holds_the_values():
    v = Value(2.0)
    assert np.array([v, v * 2]).dtype == object
    assert np.array([v, v * 2])[0] is v


def test_a_constant_is_no_number_while_a_function_is_compiled():
    c = Tensor([2.0]).detach()
    with pytest.raises(TypeError, match="would freeze the program"):
        compile(lambda x: x * float(c))(1.0)


# --- arrays of other libraries --------------------------------------------------------------------


OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]
N = [1.0, 2.0, 3.0]
MASKED = "masks? would be lost"
MISSING = "pandas' NA is none. Fill the missing entries first"


def pandas_objects():
    pd = pytest.importorskip("pandas")
    return [
        pd.Series(N), pd.Series([1, 2, 3]), pd.Series([1, 2, 3], dtype="Int64"), pd.Series(N, dtype="Float64"), pd.Index(N),
        pd.Series(N).array, pd.DataFrame({"a": N, "b": [1, 2, 3], "c": N}), pd.DataFrame({"a": [1, 2, 3]}, dtype="Int64"),
    ]  # fmt: skip


def with_missing():
    pd = pytest.importorskip("pandas")
    return [
        pd.Series([1, None, 3], dtype="Int64"), pd.Series([1.0, None, 3.0], dtype="Float64"),
        pd.Series([True, None, False], dtype="boolean"), pd.DataFrame({"a": N, "b": pd.array([1, None, 3], dtype="Int64")}),
        pd.array([1, None, 3], dtype="Int64"),
    ]  # fmt: skip


def only_arrays(node):
    """Whether a result is in the graph of nodes, numbers and plain arrays of numbers."""
    return isinstance(node, Tensor) and all(
        type(x) in (Tensor, Value, float, int) or (type(x) is np.ndarray and x.dtype.kind in "fiub") for x in node.inputs
    )


@pytest.mark.parametrize("operation", OPERATORS)
def test_pandas_on_either_side_of_an_operator_is_an_array(operation):
    for x in pandas_objects():
        plain = np.asarray(x)
        for node in (Tensor(N), Value(2.0)):
            for mine, theirs in ((operation(node, x), operation(node, plain)), (operation(x, node), operation(plain, node))):
                assert only_arrays(mine)
                assert np.array_equal(mine.data, theirs.data)
                mine.sum().backward()


@pytest.mark.parametrize("relation", COMPARISONS)
def test_pandas_on_either_side_of_a_comparison_is_an_array(relation):
    for x in pandas_objects():
        for node in (Tensor([3.0, 2.0, 1.0]), Value(2.0)):
            for result, expected in (
                (relation(node, x), relation(node.data, np.asarray(x))), (relation(x, node), relation(np.asarray(x), node.data)),
            ):  # fmt: skip
                assert type(result) is np.ndarray
                assert np.array_equal(result, expected)


def test_pandas_in_the_functions_of_autograd_and_numpy_is_an_array():
    pd = pytest.importorskip("pandas")
    t, s, mask = Tensor(N), pd.Series(N), pd.Series([True, False, True], dtype="boolean")
    for result in (
        autograd.maximum(t, s), autograd.where(mask, t, s), autograd.stack([t, s]), t @ s, np.multiply(t, s), np.add(s, t), Value(2.0) * s,
        autograd.concatenate([s, t]), autograd.dot(s, t),
    ):  # fmt: skip
        assert only_arrays(result)
    assert float(autograd.sum(s)) == autograd.sum(t).item()
    assert autograd.mean(pd.DataFrame({"a": N, "b": N})) == 2.0
    assert t[mask].tolist() == t[pd.Series([0, 2])].tolist() == autograd.take(t, pd.Series([0, 2], dtype="Int64")).tolist() == [1.0, 3.0]
    rows = pd.Series([0, 2], dtype="Int64")
    part = t[rows]
    rows[:] = 1
    part.sum().backward()
    assert t.grad.tolist() == [1.0, 0.0, 1.0]


def test_a_data_frame_on_the_left_of_a_matrix_product_is_refused_with_what_to_write():
    pd = pytest.importorskip("pandas")
    with pytest.raises(TypeError, match=r"df\.to_numpy\(\) @ t, for df @ t of pandas"):
        pd.DataFrame({"a": N, "b": N}) @ Tensor([1.0, 2.0])


def test_missing_entries_are_refused_and_nan_is_a_number():
    pd = pytest.importorskip("pandas")
    t = Tensor(N)
    for x in with_missing():
        for use in (
            lambda x: t * x, lambda x: x * t, lambda x: Value(2.0) * x, lambda x: x + Value(2.0), lambda x: t > x, Tensor,
            lambda x: autograd.where(x, t, 0.0), lambda x: t[x], lambda x: autograd.take(t, x), lambda x: autograd.stack([t, x]),
            autograd.sum, lambda x: t.backward(x), lambda x: setattr(t, "data", x), lambda x: setattr(t, "grad", x),
        ):  # fmt: skip
            with pytest.raises(TypeError, match=MISSING):
                use(x)
    assert np.isnan((t * pd.Series([1.0, np.nan, 3.0])).data[1])


def test_masked_arrays_are_refused_on_either_side():
    t, v, m = Tensor(N), Value(2.0), np.ma.masked_array(N, [False, True, False])
    for use in (
        *(lambda x, o=o: o(x, m) for o in OPERATORS + COMPARISONS[:4]), *(lambda x, o=o: o(m, x) for o in OPERATORS),
        lambda x: np.multiply(x, m), lambda x: autograd.where(m > 1, x, 0.0), lambda x: autograd.maximum(m, x),
        lambda x: Tensor(m) + x, lambda x: np.ma.multiply(m, x), lambda x: autograd.stack([x, m[0:1]]),
    ):  # fmt: skip
        for x in (t, v):
            with pytest.raises(TypeError, match=MASKED):
                use(x)
    for use in (lambda: t[m > 1], lambda: t.take(np.ma.masked_array([0, 1], [False, True])), lambda: setattr(t, "data", m)):
        with pytest.raises(TypeError, match=MASKED):
            use()


def test_layers_and_losses_refuse_masked_and_missing_entries():
    pd = pytest.importorskip("pandas")
    p, masked, labels = Tensor([[1.0, 2.0]]), np.ma.masked_array([[1.0, 2.0]], [[False, True]]), np.ma.masked_array([1], [True])
    for use in (
        lambda: nn.Linear(2, 1)(masked), lambda: nn.functional.mse_loss(p, masked), lambda: nn.functional.mse_loss(masked, p),
        lambda: nn.functional.cross_entropy(p, labels), lambda: nn.Embedding(3, 2)(labels),
    ):  # fmt: skip
        with pytest.raises(TypeError, match=MASKED):
            use()
    for use in (
        lambda: nn.functional.cross_entropy(p, pd.Series([None], dtype="Int64")), lambda: nn.Linear(1, 1)(with_missing()[1]),
        lambda: nn.functional.mse_loss(Tensor(N), with_missing()[0]),
    ):  # fmt: skip
        with pytest.raises(TypeError, match=MISSING):
            use()
    assert nn.functional.cross_entropy(p, pd.Series([1], dtype="Int64")).item() == nn.functional.cross_entropy(p, [1]).item()


def test_a_masked_array_is_not_written_into_the_data_of_a_tensor():
    masked = np.ma.masked_array(N, [False, True, False])
    for statement in (
        "w.data[...] = masked", "w.data += masked", "w.data[:] *= masked", "w[:] = masked", "w.data = masked",
        "np.add.at(w.data, [0, 1, 2], masked)", "np.multiply(masked, 2.0, out=w.data)",
    ):  # fmt: skip
        w = Tensor(np.ones(3))
        with pytest.raises(TypeError, match=MASKED):
            exec(statement, {"w": w, "masked": masked, "np": np})
        assert w.data.tolist() == [1.0, 1.0, 1.0]


def test_a_batch_of_masked_numbers_is_refused():
    with pytest.raises(TypeError, match=MASKED):
        autograd.vmap(lambda x: x * x)(np.ma.masked_array(N, [False, True, False]))
    with pytest.raises(TypeError, match=MISSING):
        autograd.vmap(lambda x: x * x)(with_missing()[1])


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix_is_refused_as_its_product_is_another():
    m = np.matrix([N])
    for use in (lambda x: x * m, lambda x: m * x, lambda x: x @ m, lambda x: Tensor(m), lambda x: x > m):
        for x in (Tensor(N), Value(2.0)):
            with pytest.raises(TypeError, match=r"not np\.matrix, whose \* is another product|unsupported operand"):
                use(x)


def test_a_tensor_of_pytorch_is_an_array_unless_it_has_a_history():
    torch = pytest.importorskip("torch")
    x, w = torch.tensor(N), torch.tensor(N, requires_grad=True)
    for node in (Tensor(N), Value(2.0)):
        for operation in OPERATORS:
            for result in (operation(node, x), operation(x, node)):
                assert only_arrays(result)
            for use in (lambda o=operation, n=node: o(n, w), lambda o=operation, n=node: o(w, n)):
                with pytest.raises(TypeError, match="this Tensor does not turn into one: Can't call numpy"):
                    use()
        assert (node > x).tolist() == (node.data > np.array(N)).tolist()
    product = Tensor(N) * x
    x.zero_()
    product.sum().backward()
    assert product.inputs[0].grad.tolist() == N
