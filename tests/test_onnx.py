"""`nn.to_onnx`: files that onnxruntime computes as the model does, for any number of examples, in which the layers can be seen."""

import re
import sys

import numpy as np
import pytest
from one_of_each import IMAGES, LAYERS, SEQUENCES, input_for

import autograd
import nn
from autograd import Value, table
from autograd.structures import leaves

onnx = pytest.importorskip("onnx", reason="nn.to_onnx needs the package onnx")
onnxruntime = pytest.importorskip("onnxruntime", reason="only onnxruntime can say whether a file computes what the model does")


class Of(nn.Module):
    """A function as a model."""

    def __init__(self, function):
        self.function = function

    def forward(self, *xs):
        return self.function(*xs)


def arrays(y):
    return [np.asarray(x._datum if hasattr(x, "_datum") else x) for x in leaves(y) if x is not None]


def run(path, xs):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    kinds = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(bool)": bool}
    return session.run(None, {wanted.name: x.astype(kinds[wanted.type]) for wanted, x in zip(session.get_inputs(), xs, strict=True)})


def written(model, xs, folder, batch_axis=0):
    """The file of a model, which is checked; its path."""
    path = str(folder / "model.onnx")
    nn.to_onnx(model, tuple(xs), path, batch_axis)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    return path


def check(model, xs, folder, batch_axis=0, sizes=(1, 4)):
    """Write a model, and hold onnxruntime's numbers against its own, for batches of several sizes."""
    path = written(model, xs, folder, batch_axis)
    model.eval()
    for size in sizes if batch_axis is not None else [None]:
        rows = xs if size is None else [np.take(x, np.arange(size) % x.shape[batch_axis], batch_axis) for x in xs]
        for got, expected in zip(run(path, rows), arrays(model(*rows)), strict=True):
            assert got.shape == expected.shape
            np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)
    return onnx.load(path)


# --- every layer, every primitive -----------------------------------------------------------------


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_computes_the_same_in_onnxruntime(name, tmp_path):
    make, shape = LAYERS[name]
    check(make(), [input_for(name)], tmp_path, batch_axis=1 if shape == SEQUENCES else 0)


def test_a_layer_of_images_takes_images_of_another_kind_too(tmp_path):
    pool = nn.Sequential(nn.MaxPool2d(3, stride=2, padding=1), nn.AvgPool2d(2, padding=1), nn.Conv2d(4, 4, 2, groups=2, padding="same"))
    check(pool, [np.cos(np.arange(np.prod(IMAGES))).reshape(IMAGES)], tmp_path)


RNG = np.random.default_rng(0)
NUMBERS = np.cos(np.arange(3 * 5 * 8)).reshape(3, 5, 8)
MEMORY = np.sin(np.arange(3 * 6 * 8)).reshape(3, 6, 8)


@pytest.mark.parametrize(
    ("make", "xs"),
    [
        (lambda: nn.MultiheadAttention(8, 2, batch_first=True), [NUMBERS, MEMORY, MEMORY]),
        (lambda: nn.TransformerDecoderLayer(8, 2, batch_first=True), [NUMBERS, MEMORY]),
        (lambda: nn.LSTM(8, 3, num_layers=2, bidirectional=True, batch_first=True), [NUMBERS]),
        (lambda: nn.GRU(8, 3, bias=False, batch_first=True), [NUMBERS]),
        (lambda: nn.RNN(8, 3, nonlinearity="relu", batch_first=True), [NUMBERS]),
        (lambda: nn.Identity(), [NUMBERS]),
    ],
    ids=["attention", "decoder", "lstm", "gru", "rnn", "identity"],
)
def test_a_layer_with_more_settings_or_inputs_computes_the_same(make, xs, tmp_path):
    check(make(), xs, tmp_path)


def test_causal_attention_computes_the_same(tmp_path):
    layer = nn.TransformerEncoderLayer(8, 2, batch_first=True).eval()
    mask = np.triu(np.ones((5, 5), bool), 1)
    check(Of(lambda x: layer(x, mask)), [NUMBERS], tmp_path)


def test_a_query_that_may_read_nothing_gets_zeros_and_no_nan(tmp_path):
    layer = nn.MultiheadAttention(8, 2, batch_first=True)
    blocked = np.zeros((5, 6), bool)
    blocked[2] = True
    check(Of(lambda q, k: layer(q, k, k, attn_mask=blocked)[0]), [NUMBERS, MEMORY], tmp_path)


# What ONNX has no operator for, or only for what a model does not do: gradients, and linear algebra.
WITHOUT = {
    "add_windows", "arctan2", "cholesky", "conv_weight", "copysign", "cumprod", "det_sign", "eigh", "inv", "logabsdet", "max_pick",
    "max_unpool", "pinv", "place", "qr", "scatter", "searchsorted", "solve", "sum_unpool", "svd",
}  # fmt: skip
PARTS = {"lstm": (slice(None), 5), "gru": (slice(None), 4)}  # of their results, the hidden states
WHOLE = {"choose", "lookup", "put_along_axis", "reverse_sequences", "scatter_rows", "take_along_axis"}


def sample(name, case):
    random = np.random.default_rng(0)
    xs = [random.uniform(*table[name].domain, shape) for shape in case.shapes]
    if name in WHOLE:
        xs[-1] = random.integers(0, 2, case.shapes[-1]) + (name == "reverse_sequences")
    if name == "select":
        xs[0] = random.integers(0, len(xs) - 1, case.shapes[0])
    if name == "cholesky":
        xs[0] = np.broadcast_to(np.eye(case.shapes[0][-1]), case.shapes[0]).copy()
    return xs


def samples():
    for name, primitive in sorted(table.items()):
        for i, case in enumerate(primitive.cases or [autograd.Case(*[(2, 3)] * primitive.arity)]):
            yield pytest.param(name, case, id=f"{name}-{i}")


@pytest.mark.parametrize(("name", "case"), list(samples()))
def test_a_primitive_computes_the_same_in_onnxruntime_or_is_named_with_its_line(name, case, tmp_path):
    def compute(*xs):
        y = table[name](*xs, **case.static)
        return y[PARTS[name]] if name in PARTS else y

    xs = sample(name, case)
    if name not in WITHOUT:
        check(Of(compute), xs, tmp_path, batch_axis=None)
        return
    line = compute.__code__.co_firstlineno + 1
    with pytest.raises(TypeError, match=f"cannot write {name}, computed in line {line} of .*test_onnx.py: ONNX has no operator for it"):
        nn.to_onnx(Of(compute), tuple(xs), tmp_path / "model.onnx", batch_axis=None)


def test_booleans_and_whole_numbers_keep_their_types(tmp_path):
    def compute(x, k):
        inside = (x > 0.2) & (x < 0.8) | (x != x)
        return autograd.where(inside, x, k * 2), inside, k + 1, k > 1.5, k < np.inf, inside * 0.5, k / 2

    check(Of(compute), [NUMBERS[0, :3], np.arange(24).reshape(3, 8)], tmp_path)


INDICES = {
    "a number": 1, "from the end": (slice(None), -1), "backwards": (slice(None), slice(None, None, -2)),
    "a new axis": (..., None, slice(1, 3)),
    "rows": np.array([0, 2, 2]), "rows of the second axis": (slice(None), [1, 0, 4]), "pairs": ([0, 1], [1, 4]),
    "pairs of later axes": (slice(None), [0, 1, 4], [2, 7, 0]), "pairs apart": ([0, 2], slice(None), [1, 3]),
    "a mask": np.cos(np.arange(15)).reshape(3, 5) > 0.3, "a number beside rows": (0, slice(None), [1, 2]),
}  # fmt: skip


@pytest.mark.parametrize("index", INDICES.values(), ids=list(INDICES))
def test_an_index_reads_the_same_entries(index, tmp_path):
    check(Of(lambda x: (x * 1.0)[index]), [NUMBERS], tmp_path, batch_axis=None)


# --- the batch ------------------------------------------------------------------------------------


def test_shapes_that_grow_with_the_batch_are_computed_from_it(tmp_path):
    def compute(x):
        n, places, width = x.shape
        twice = autograd.concatenate([x, x], axis=0).reshape(2 * n * places, width)
        return twice.reshape(2, n, places, width), autograd.broadcast_to(twice[0], (n, 2, width)), x[: n - 1] + np.ones((n - 1, 1, 1))

    check(Of(compute), [NUMBERS], tmp_path, sizes=(2, 4))


def test_a_batch_counted_by_the_second_axis_is_free_too(tmp_path):
    model = check(nn.LSTM(4, 3), [input_for("LSTM")], tmp_path, batch_axis=1)
    assert [dim.dim_param or dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim] == [3, "batch", 4]


def test_without_a_batch_axis_the_file_is_for_one_shape(tmp_path):
    model = check(nn.Linear(4, 3), [np.ones(4)], tmp_path, batch_axis=None)
    assert [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim] == [4]


@pytest.mark.parametrize(
    ("compute", "problem"),
    [
        (lambda x: x / len(x), "divide, computed in line .*: the number 2 changes with the size of the batch"),
        (lambda x: x + np.arange(len(x))[:, None, None], "add, computed in line .*: an array in it changes"),
        (lambda x: autograd.dropout(x, 0.5, rng=RNG), "multiply, computed in line .*: an array in it changes .*or from call to call"),
        (lambda x: x[np.arange(len(x) - 1)], "getitem, computed in line .*: an array in it changes"),
    ],
)
def test_what_changes_with_the_batch_and_cannot_be_said_is_named_with_its_line(compute, problem, tmp_path):
    with pytest.raises(ValueError, match=problem):
        nn.to_onnx(Of(compute), NUMBERS, tmp_path / "model.onnx")


def test_a_size_that_does_not_grow_evenly_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"reshape, computed in line .*: a size in it does not grow evenly with the batch"):
        nn.to_onnx(Of(lambda x: (x[:, None] - x[None]).reshape(len(x) * len(x), x.shape[1])), NUMBERS[0], tmp_path / "model.onnx")


def test_random_numbers_are_noticed_without_a_batch_axis_too(tmp_path):
    with pytest.raises(ValueError, match="random numbers have no place in a file"):
        nn.to_onnx(Of(lambda x: autograd.dropout(x, 0.5, rng=RNG)), NUMBERS, tmp_path / "model.onnx", batch_axis=None)


@pytest.mark.parametrize("compute", [lambda x: sum(x[i] for i in range(len(x))), lambda x: x * 2 if len(x) > 2 else x + 2])
def test_a_model_that_computes_something_else_for_other_batches_is_refused(compute, tmp_path):
    with pytest.raises(ValueError, match="this Of computes something else for 3 examples than for 2"):
        nn.to_onnx(Of(compute), NUMBERS, tmp_path / "model.onnx")


# --- what the file shows --------------------------------------------------------------------------


def network():
    return nn.Sequential(nn.Conv2d(4, 3, 3, rng=0), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 2, rng=0))


def test_layers_are_functions_named_by_class_and_path_and_parameters_keep_their_names(tmp_path):
    model = network()
    file = check(model, [input_for("Conv2d")], tmp_path)
    assert [node.op_type for node in file.graph.node] == ["Conv2d_0", "BatchNorm2d_1", "ReLU_2", "Flatten_3", "Linear_4"]
    assert [node.name for node in file.graph.node] == ["/0", "/1", "/2", "/3", "/4"]
    assert {x.name: tuple(x.dims) for x in file.graph.initializer} == {path: p.shape for path, p in model.named_parameters()}
    linear = next(f for f in file.functions if f.name == "Linear_4")
    assert list(linear.input) == ["input", "weight", "bias"]
    assert [node.op_type for node in linear.node] == ["Gemm"]
    assert [x.name for x in file.graph.input] == ["x"]


def test_a_layer_within_a_layer_is_a_function_that_calls_a_function(tmp_path):
    file = check(nn.TransformerEncoderLayer(8, 2, batch_first=True, dim_feedforward=8), [NUMBERS], tmp_path)
    attention = next(f for f in file.functions if f.name == "MultiheadAttention_self_attn")
    assert attention.node[-1].op_type == "Linear_self_attn_out_proj"
    assert attention.doc_string == "self_attn"


def test_a_network_of_the_phrase_book_is_written_like_others(tmp_path):
    from nn import torch as book

    model = book.nn.Sequential(book.nn.Linear(4, 3), book.nn.Sigmoid())
    x = np.ones((2, 4), np.float32)
    assert run(written(model, [x], tmp_path), [x])[0] == pytest.approx(np.asarray(model(book.ones(2, 4)).detach().numpy()), abs=1e-6)


def test_a_parameter_named_like_an_input_keeps_its_name(tmp_path):
    class Shift(nn.Module):
        def __init__(self):
            self.x = nn.Parameter(np.ones(4, np.float32))

        def forward(self, x):
            return x + self.x

    file = check(Shift(), [np.ones((3, 4))], tmp_path)
    assert [x.name for x in file.graph.initializer] == ["x"]
    assert [x.name for x in file.graph.input] == ["x_2"]


def test_a_layer_used_twice_has_its_parameters_once(tmp_path):
    shared = nn.Linear(8, 8, rng=0)
    file = check(nn.Sequential(shared, nn.ReLU(), shared), [NUMBERS], tmp_path)
    assert len(file.graph.initializer) == 2


def test_a_part_that_the_user_named_is_a_function(tmp_path):
    def compute(x):
        with autograd.scope("gate"):
            opened = autograd.sigmoid(x)
        return x * opened

    file = check(Of(compute), [NUMBERS], tmp_path)
    assert [node.op_type for node in file.graph.node] == ["gate", "Mul"]


def test_a_network_of_values_is_written_as_matrices(tmp_path):
    model = nn.MLP(2, [8, 8, 3], activation="tanh", rng=0)
    x = np.cos(np.arange(10.0)).reshape(5, 2)
    path = written(model, [x], tmp_path)
    expected = [[value.data for value in model(row.tolist())] for row in x]
    np.testing.assert_allclose(run(path, [x])[0], expected, atol=1e-5)
    file = onnx.load(path)
    assert {x.name: tuple(x.dims) for x in file.graph.initializer}["layers.0.weight"] == (8, 2)
    assert [node.op_type for node in file.graph.node][:3] == ["Layer_layers_0", "Layer_layers_1", "Layer_layers_2"]
    assert [node.op_type for node in file.functions[0].node] == ["Transpose", "MatMul", "Add", "Tanh"]


def test_a_network_of_values_with_one_output_gives_a_number_for_each_example(tmp_path):
    x = np.cos(np.arange(10.0)).reshape(5, 2)
    model = nn.MLP(2, [4, 1], rng=0)
    assert run(written(model, [x], tmp_path), [x])[0] == pytest.approx([model(row.tolist()).data for row in x], abs=1e-5)


def test_a_recurrent_network_of_values_is_written_step_by_step(tmp_path):
    class Recurrent(nn.Module):
        def __init__(self):
            self.w, self.u = Value(0.5), Value(0.3)

        def forward(self, x):
            h = 0.0
            for number in x:
                h = (self.w * number + self.u * h).tanh()
            return h

    model, x = Recurrent(), np.cos(np.arange(20.0)).reshape(4, 5)
    assert run(written(model, [x], tmp_path), [x])[0] == pytest.approx([model(row.tolist()).data for row in x], abs=1e-5)


def test_a_model_is_written_in_evaluation_mode_and_stays_in_its_own(tmp_path):
    model = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(4))
    check(model.train(), [np.ones((3, 4))], tmp_path)
    model.train()
    written(model, [np.ones((3, 4))], tmp_path)
    assert [module.training for module in model.modules()] == [True] * 3
    assert model[1].num_batches_tracked == 0


def test_the_cells_of_an_lstm_at_all_times_are_refused(tmp_path):
    layer = nn.LSTM(8, 3, batch_first=True)
    lengths = np.array([5, 2])
    with pytest.raises(TypeError, match=r"take_along_axis, computed in line .*: of a recurrent layer ONNX has the hidden"):
        nn.to_onnx(Of(lambda x: layer(x, None, lengths)), NUMBERS[:2], tmp_path / "model.onnx", batch_axis=None)


def test_hidden_states_of_sequences_of_different_lengths_are_written(tmp_path):
    layer = nn.GRU(8, 3, batch_first=True, bidirectional=True)
    check(Of(lambda x, lengths: layer(x, None, lengths)), [NUMBERS, np.array([5, 2, 3])], tmp_path, sizes=(3,))


# --- refusals -------------------------------------------------------------------------------------


def test_a_model_that_looks_at_a_number_is_refused_with_its_line(tmp_path):
    def compute(x):
        return x * float(x.data.max())

    with pytest.raises(TypeError, match=rf"writes what `compile` could compile\..*line {compute.__code__.co_firstlineno + 1} of"):
        nn.to_onnx(Of(compute), NUMBERS, tmp_path / "model.onnx")


def test_a_network_of_values_that_looks_at_a_number_is_refused_too(tmp_path):
    class Largest(nn.Module):
        def __init__(self):
            self.layers = nn.MLP(3, [4, 2], rng=0)

        def forward(self, x):
            return max(self.layers(x))

    with pytest.raises(TypeError, match=r"writes what `compile` could compile\. Largest cannot be compiled: .*max.* on a Value in line"):
        nn.to_onnx(Largest(), NUMBERS[0, :, :3], tmp_path / "model.onnx")


@pytest.mark.parametrize(
    ("compute", "example", "problem"),
    [
        (lambda x: x, NUMBERS * 1j, "as arrays of numbers, not complex128"),
        (lambda x: "yes", NUMBERS, "this Of returned a str"),
        (lambda x: [], NUMBERS, "this Of returned nothing"),
        (lambda x: x, np.array(["a"]), "as arrays of numbers, not <U1"),
        (lambda x: autograd.stack([x[0, 0, 0], x[0, 0, 1]]), NUMBERS, "it takes single numbers of the input as Values"),
        (lambda x: (x * 1.0)[[0, 1], None], NUMBERS, "no index that takes entries and adds axes"),
        (lambda x: (x * 1.0)[[0, 1], 1:3, [0, 1]], NUMBERS, "no index of several arrays and slices"),
        (lambda x: (x * 1.0)[len(x) - 1], NUMBERS, "it needs the size of the batch, which is left free"),
    ],
)  # fmt: skip
def test_what_the_format_has_no_words_for_is_refused(compute, example, problem, tmp_path):
    with pytest.raises(TypeError, match=problem):
        nn.to_onnx(Of(compute), example, tmp_path / "model.onnx")


def test_an_example_without_a_batch_is_refused(tmp_path):
    with pytest.raises(ValueError, match=re.escape("an example of shape () has no axis 0 that counts them")):
        nn.to_onnx(nn.ReLU(), np.float64(3.0), tmp_path / "model.onnx")
    with pytest.raises(ValueError, match="takes a batch of at least one example, and got one of none"):
        nn.to_onnx(nn.Linear(4, 3), np.zeros((0, 4)), tmp_path / "model.onnx")
    with pytest.raises(ValueError, match=r"MLP takes a list of 2 numbers or Values, and got a Value\.$"):
        nn.to_onnx(nn.MLP(2, [1]), [0.0, 1.0], tmp_path / "model.onnx")  # two examples of one number


def test_without_the_package_an_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ModuleNotFoundError, match=r'need onnx: pip install "glassgrad\[onnx\]"'):
        nn.to_onnx(nn.Linear(4, 3), np.zeros((1, 4)), tmp_path / "model.onnx")
