"""`nn.from_onnx`: files of others computed as onnxruntime computes them, as modules to draw, compile and train."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from one_of_each import LAYERS, SEQUENCES, input_for

import autograd
import nn
from autograd import Tensor, draw
from autograd.structures import leaves
from nn.onnx.readers import READERS

onnx = pytest.importorskip("onnx", reason="nn.from_onnx needs the package onnx")
onnxruntime = pytest.importorskip("onnxruntime", reason="only onnxruntime can say what a file computes")
make = onnx.helper

TYPES = {"float32": 1, "int64": 7, "bool": 9, "int32": 6}


def model_of(operators, inputs, outputs, opset=18, initializers=()):
    """A file: (operator, inputs, outputs, attributes) in order, of inputs and outputs by name."""
    nodes = [
        make.make_node(op, given.split(","), made.split(","), name=f"the {op}", domain="ai.onnx.ml" if op in ML else "", **attributes)
        for op, given, made, attributes in operators
    ]
    info = [make.make_tensor_value_info(name, TYPES[str(x.dtype)], [None] * x.ndim) for name, x in inputs.items()]
    results = [make.make_empty_tensor_value_info(name) for name in outputs]
    arrays = [onnx.numpy_helper.from_array(x, name) for name, x in dict(initializers).items()]
    opsets = [make.make_opsetid("", opset), make.make_opsetid("ai.onnx.ml", 3)]
    return make.make_model(make.make_graph(nodes, "model", info, results, arrays), opset_imports=opsets, ir_version=8)


def numbers(x):
    return np.asarray(x._datum if hasattr(x, "_datum") else x)


def check(file, inputs, folder):
    """The module of a file computes what onnxruntime does; the module."""
    onnx.save(file, folder / "model.onnx")
    session = onnxruntime.InferenceSession(file.SerializeToString(), providers=["CPUExecutionProvider"])
    expected = session.run(None, inputs)
    module = nn.from_onnx(folder / "model.onnx")
    for given in (inputs.values(), [Tensor(x) if x.dtype == np.float32 else x for x in inputs.values()]):
        results = module(*given)
        for got, wanted in zip(results if isinstance(results, tuple) else [results], expected, strict=True):
            assert numbers(got).shape == wanted.shape
            np.testing.assert_allclose(numbers(got), wanted, rtol=1e-5, atol=1e-5)
    return module


ROWS = np.cos(np.arange(12, dtype=np.float32)).reshape(3, 4)
IMAGE = np.sin(np.arange(2 * 4 * 6 * 5, dtype=np.float32)).reshape(2, 4, 6, 5)
ODD = ROWS[:, ::-1].copy()
SEQUENCE = np.cos(np.arange(5 * 2 * 3, dtype=np.float32)).reshape(5, 2, 3)
ML = {"Scaler", "ArrayFeatureExtractor"}


def whole(*xs):
    return np.array(xs, np.int64)


def weights(*shape):
    return np.sin(np.arange(np.prod(shape), dtype=np.float32)).reshape(shape)


# The operator, its inputs and its attributes.
CALLS = [
    ("Dropout", [ROWS], {}), ("Div", [whole(-7, 7), whole(2, 2)], {}), ("Div", [ROWS, ODD], {}), ("Not", [ROWS > 0], {}),
    ("And", [ROWS > 0, ODD > 0], {}), ("Or", [ROWS > 0, ODD > 0], {}), ("Where", [ROWS > 0, ROWS, ODD], {}),
    ("Cast", [ROWS * 3], {"to": 7}),
    ("Cast", [ROWS], {"to": 9}), ("Cast", [whole(1, 2)], {"to": 1}), ("Clip", [ROWS, np.float32(-0.5), np.float32(0.5)], {}),
    ("Clip", [ROWS, np.float32(0)], {}), ("Mean", [ROWS, ODD], {}), ("Sum", [ROWS, ODD, ROWS], {}), ("Max", [ROWS, ODD, ROWS * 2], {}),
    ("Min", [ROWS], {}), ("Reciprocal", [ROWS], {}), ("HardSigmoid", [ROWS * 4], {}), ("HardSwish", [ROWS * 4], {}), ("Selu", [ROWS], {}),
    ("PRelu", [ROWS, weights(4)], {}), ("Softsign", [ROWS], {}), ("LeakyRelu", [ROWS], {"alpha": 0.3}), ("Elu", [ROWS], {"alpha": 0.5}),
    ("Mod", [ROWS, ODD], {"fmod": 1}), ("Mod", [whole(-7, 7), whole(3, -3)], {}), ("Det", [ROWS[:, :3]], {}),
    ("MatMul", [ROWS, weights(4, 2)], {}), ("Gemm", [ROWS, weights(2, 4), weights(2)], {"transB": 1}),
    ("Gemm", [ROWS, weights(3, 2), weights(4, 2)], {"transA": 1, "alpha": 0.5, "beta": 2.0}), ("Gemm", [ROWS, weights(4, 2)], {}),
    ("Einsum", [ROWS, ODD], {"equation": "ij, kj -> ik"}),
    ("ReduceSum", [ROWS, whole(1)], {"keepdims": 0}), ("ReduceMean", [ROWS, whole(0)], {}), ("ReduceMax", [ROWS], {}),
    ("ReduceMin", [ROWS, whole(-1)], {}), ("ReduceProd", [ROWS, whole(0, 1)], {"keepdims": 0}), ("ReduceLogSumExp", [ROWS], {}),
    ("ReduceL1", [ROWS, whole(0)], {}), ("ReduceL2", [ROWS, whole(1)], {}), ("ReduceSumSquare", [ROWS], {"noop_with_empty_axes": 0}),
    ("ReduceSum", [ROWS], {"noop_with_empty_axes": 1}),
    ("ArgMax", [ROWS], {"axis": 1}), ("ArgMin", [ROWS], {"axis": 0, "keepdims": 0}),
    ("Softmax", [ROWS], {"axis": 0}), ("LogSoftmax", [ROWS], {}),
    ("CumSum", [ROWS, np.array(1, np.int64)], {}), ("LayerNormalization", [IMAGE, weights(6, 5), weights(6, 5)], {"axis": 2}),
    ("LayerNormalization", [ROWS, weights(4)], {}), ("InstanceNormalization", [IMAGE, weights(4), weights(4)], {}),
    ("BatchNormalization", [IMAGE, weights(4), weights(4), weights(4), weights(4) ** 2 + 1], {}),
    ("LpNormalization", [ROWS], {"axis": 1}), ("LpNormalization", [ROWS], {"axis": 0, "p": 1}),
    ("Shape", [IMAGE], {"start": 1}), ("Size", [IMAGE], {}), ("Reshape", [IMAGE, whole(0, 2, -1)], {}), ("Flatten", [IMAGE], {"axis": -2}),
    ("Transpose", [IMAGE], {"perm": [0, 2, 3, 1]}), ("Transpose", [ROWS], {}), ("Squeeze", [ROWS[None]], {}),
    ("Squeeze", [ROWS[None], whole(0)], {}), ("Unsqueeze", [ROWS, whole(0, 3)], {}), ("Expand", [ROWS, whole(2, 1, 4)], {}),
    ("Concat", [ROWS, ODD], {"axis": 1}), ("Slice", [IMAGE, whole(3, -1), whole(-100, 2), whole(2, 3), whole(-1, -2)], {}),
    ("Slice", [ROWS, whole(1), whole(100)], {}), ("Gather", [ROWS, whole(2, 0, -1)], {"axis": 1}), ("Gather", [ROWS, np.array(1)], {}),
    ("GatherElements", [ROWS, np.array([[0, 2, 1, 0]])], {}), ("ConstantOfShape", [whole(2, 3)], {}),
    ("ConstantOfShape", [whole(2)], {"value": make.make_tensor("v", 7, [1], [5])}), ("Range", [np.array(1), np.array(9), np.array(3)], {}),
    ("Pad", [ROWS, whole(1, 0, 0, 2)], {}), ("Pad", [ROWS, whole(0, 2), np.float32(3), whole(1)], {}),
    ("Pad", [ROWS, whole(1, 1, 0, 2)], {"mode": "reflect"}), ("Pad", [ROWS, whole(1, 1, 0, 2)], {"mode": "edge"}),
    ("DepthToSpace", [IMAGE], {"blocksize": 2}), ("DepthToSpace", [IMAGE], {"blocksize": 2, "mode": "CRD"}),
    ("Conv", [IMAGE, weights(6, 2, 3, 2), weights(6)], {"group": 2, "strides": [2, 1], "pads": [1, 0, 0, 1], "dilations": [1, 2]}),
    ("Conv", [IMAGE, weights(3, 4, 3, 2)], {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    ("Conv", [IMAGE, weights(3, 4, 2, 2)], {"auto_pad": "SAME_LOWER"}), ("Conv", [IMAGE, weights(3, 4, 2, 2)], {"auto_pad": "VALID"}),
    ("ConvTranspose", [IMAGE, weights(4, 3, 3, 2), weights(3)], {"strides": [2, 3], "pads": [1, 0, 0, 1], "output_padding": [1, 2]}),
    ("ConvTranspose", [IMAGE, weights(4, 3, 3, 2)], {}),
    ("MaxPool", [IMAGE], {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 1], "dilations": [1, 2]}),
    ("AveragePool", [IMAGE], {"kernel_shape": [3, 2], "pads": [1, 0, 1, 1]}),
    ("AveragePool", [IMAGE], {"kernel_shape": [3, 2], "pads": [1, 0, 1, 1], "count_include_pad": 1}),
    ("GlobalAveragePool", [IMAGE], {}), ("GlobalMaxPool", [IMAGE], {}),
    ("RNN", [SEQUENCE, weights(1, 4, 3), weights(1, 4, 4), weights(1, 8)], {"hidden_size": 4}),
    ("RNN", [SEQUENCE, weights(1, 4, 3), weights(1, 4, 4)], {"hidden_size": 4, "direction": "reverse", "activations": ["Relu"]}),
    ("LSTM", [SEQUENCE, weights(2, 16, 3), weights(2, 16, 4), weights(2, 32)], {"hidden_size": 4, "direction": "bidirectional"}),
    ("GRU", [SEQUENCE, weights(1, 12, 3), weights(1, 12, 4), weights(1, 24)], {"hidden_size": 4, "linear_before_reset": 1}),
    ("LSTM", [SEQUENCE, weights(1, 16, 3), weights(1, 16, 4)], {"hidden_size": 4, "layout": 0, "input_forget": 0}),
    ("Scaler", [ROWS], {"offset": [0.5] * 4, "scale": [1.0, 2.0, 3.0, 4.0]}), ("ArrayFeatureExtractor", [ROWS, whole(2, 0)], {}),
    ("Resize", [IMAGE, np.zeros(0, np.float32), np.array([1, 1, 2, 2], np.float32)], {"coordinate_transformation_mode": "asymmetric",
                                                                                     "nearest_mode": "floor"}),
    ("Resize", [IMAGE, np.zeros(0, np.float32), np.array([1, 1, 2.5, 0.5], np.float32)], {}),
    ("Resize", [IMAGE, np.zeros(0, np.float32), np.array([1, 1, 2, 3], np.float32)], {"mode": "linear"}),
    ("Resize", [IMAGE, np.zeros(0, np.float32), np.array([1, 1, 2, 3], np.float32)], {"mode": "linear",
                                                                                     "coordinate_transformation_mode": "align_corners"}),
]  # fmt: skip
ELSEWHERE = {"Identity", "ZipMap", "Split", "Gelu"}  # tested below, or in files of other libraries


@pytest.mark.parametrize(("operator", "inputs", "attributes"), CALLS, ids=[f"{op}-{i}" for i, (op, _, _) in enumerate(CALLS)])
def test_an_operator_computes_what_onnxruntime_computes(operator, inputs, attributes, tmp_path):
    named = {f"x{i}": np.asarray(x) for i, x in enumerate(inputs)}
    fixed = {name: x for name, x in named.items() if x.dtype == np.int64 and name != "x0"}  # shapes and axes
    if operator in ("Resize", "Pad"):
        fixed = {name: x for name, x in named.items() if name != "x0"}
    free = {name: x for name, x in named.items() if name not in fixed}
    made = "y" if operator not in ("RNN", "GRU", "LSTM") else "y,h" if operator != "LSTM" else "y,h,c"
    file = model_of([(operator, ",".join(named), made, attributes)], free, made.split(","), initializers=fixed)
    check(file, free, tmp_path)


def test_each_operator_is_tested():
    from_the_table = {p.onnx.split("(")[0] for p in autograd.table.values() if isinstance(p.onnx, str)}
    assert {op for op, _, _ in CALLS} | ELSEWHERE | from_the_table == set(READERS)


@pytest.mark.parametrize(
    ("inputs", "attributes", "fixed"), [("x", {}, {}), ("x,sizes", {"axis": 1}, {"sizes": whole(1, 3)}), ("x", {"axis": 1}, {})]
)
def test_an_array_is_split(inputs, attributes, fixed, tmp_path):
    x = weights(4, 4)
    file = model_of([("Split", inputs, "a,b", attributes)], {"x": x}, ["a", "b"], opset=13, initializers=fixed)
    check(file, {"x": x}, tmp_path)


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_both_kinds_of_gelu_are_read(approximate, tmp_path):
    check(model_of([("Gelu", "x", "y", {"approximate": approximate})], {"x": ROWS}, ["y"], opset=20), {"x": ROWS}, tmp_path)


@pytest.mark.parametrize(
    ("operator", "inputs", "attributes", "problem"),
    [
        ("MaxPool", [IMAGE], {"kernel_shape": [2, 2], "ceil_mode": 1}, "its windows reach over the edge"),
        ("CumSum", [ROWS, np.array(1, np.int64)], {"exclusive": 1}, "its sums are exclusive or from the end"),
        ("Resize", [IMAGE, np.zeros(0, np.float32), np.array([1, 1, 2, 2], np.float32)], {"mode": "cubic"}, "its mode is cubic"),
        ("GRU", [SEQUENCE, weights(1, 12, 3), weights(1, 12, 4)], {"hidden_size": 4}, "it resets the state before the product"),
        ("LSTM", [SEQUENCE, *[weights(1, 16, 3), weights(1, 16, 4), weights(1, 32)], whole(5, 2)], {"hidden_size": 4}, "have lengths"),
        ("LSTM", [SEQUENCE, weights(1, 16, 3), weights(1, 16, 4)], {"hidden_size": 4, "input_forget": 1}, "input_forget"),
        ("Relu", [ROWS], {"speed": 3}, "speed"),
    ],
)
def test_what_an_operator_does_otherwise_than_here_is_refused_by_name(operator, inputs, attributes, problem, tmp_path):
    named = {f"x{i}": np.asarray(x) for i, x in enumerate(inputs)}
    onnx.save(model_of([(operator, ",".join(named), "y", attributes)], named, ["y"]), tmp_path / "model.onnx")
    with pytest.raises(ValueError, match=f"The operator {operator} \\(at the {operator}\\) cannot be computed: .*{problem}"):
        nn.from_onnx(tmp_path / "model.onnx")(*inputs)


@pytest.mark.parametrize("operator", ["Softmax", "LogSoftmax"])
def test_a_softmax_of_an_old_file_is_over_all_axes_from_one_on(operator, tmp_path):
    for attributes in ({}, {"axis": 2}, {"axis": -1}):
        check(model_of([(operator, "x", "y", attributes)], {"x": IMAGE}, ["y"], opset=11), {"x": IMAGE}, tmp_path)


def test_an_operator_of_another_domain_is_another_one(tmp_path):
    file = model_of([("Relu", "x", "y", {})], {"x": ROWS}, ["y"])
    file.graph.node[0].domain = "com.example"
    onnx.save(file, tmp_path / "model.onnx")
    with pytest.raises(ValueError, match=r"model\.onnx has Relu \(at the Relu\)"):
        nn.from_onnx(tmp_path / "model.onnx")


# --- there and back -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_that_was_written_is_read_with_its_parameters(name, tmp_path):
    layer, shape = LAYERS[name][0]().eval(), LAYERS[name][1]
    x = input_for(name, np.float32)
    nn.to_onnx(layer, x, tmp_path / "model.onnx", batch_axis=1 if shape == SEQUENCES else 0)
    read = nn.from_onnx(tmp_path / "model.onnx")
    for got, expected in zip(leaves(read(x)), leaves(layer(x)), strict=True):
        np.testing.assert_allclose(numbers(got), numbers(expected), atol=1e-5)
    for path, parameter in layer.named_parameters():
        np.testing.assert_array_equal(read.get_parameter(path).data, parameter.data)


@pytest.fixture
def read(tmp_path):
    """A small network that was written and read."""
    nn.to_onnx(nn.Sequential(nn.Linear(4, 8, rng=0), nn.Tanh(), nn.Linear(8, 3, rng=1)), ROWS, tmp_path / "model.onnx")
    return nn.from_onnx(tmp_path / "model.onnx")


def test_a_file_is_trained_further(read):
    optimizer = nn.optim.Adam(read.parameters(), lr=0.05)
    losses = []
    for _ in range(30):
        loss = nn.cross_entropy(read(ROWS), np.array([0, 1, 2]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_a_file_is_drawn_with_its_layers_and_its_names(read):
    source = draw(read(ROWS)).source
    assert source.count(">weight<") == source.count(">bias<") == 2
    assert {node.scope.name for node in autograd.backward.ancestors([read(ROWS)]) if node.primitive} == {"0", "1", "2"}


def test_a_file_is_compiled_copied_pickled_and_written_again(read, tmp_path):
    expected = read(ROWS).data
    np.testing.assert_allclose(autograd.compile(read)(ROWS).data, expected, atol=1e-6)
    for twin in (copy.deepcopy(read), pickle.loads(pickle.dumps(read))):
        np.testing.assert_array_equal(twin(ROWS).data, expected)
    nn.to_onnx(read, ROWS, tmp_path / "again.onnx")
    again = nn.from_onnx(tmp_path / "again.onnx")
    np.testing.assert_allclose(again(ROWS).data, expected, atol=1e-6)
    assert list(again.state_dict()) == list(read.state_dict())


def test_a_file_shows_its_inputs_and_outputs(read):
    assert repr(read) == "Imported(x → output)"


def test_an_input_of_doubles_is_computed_in_the_precision_of_the_file(read):
    assert read(ROWS.astype(float)).dtype == np.float32


def test_running_statistics_are_no_parameters_and_numbers_alone_neither(tmp_path):
    file = model_of(
        [("BatchNormalization", "x,scale,bias,mean,variance", "n", {}), ("Mul", "n,two", "y", {})], {"x": IMAGE}, ["y"],
        initializers={"scale": weights(4), "bias": weights(4), "mean": weights(4), "variance": weights(4) ** 2 + 1, "two": np.float32(2)},
    )  # fmt: skip
    module = check(file, {"x": IMAGE}, tmp_path)
    assert [path for path, _ in module.named_parameters()] == ["scale", "bias"]
    assert [path for path, _ in module.named_buffers()] == ["mean", "variance"]


def test_a_parameter_named_like_a_method_is_read(tmp_path):
    file = model_of([("Add", "x,forward", "y", {})], {"x": ROWS}, ["y"], initializers={"forward": weights(4)})
    assert list(check(file, {"x": ROWS}, tmp_path).state_dict()) == ["forward_"]


# --- files of other libraries ---------------------------------------------------------------------


def networks_of(torch):
    t = torch.nn

    class Words(t.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.out = t.Embedding(10, 8), t.Linear(8, 10)
            self.layer = t.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0.0)

        def forward(self, x):
            return self.out(self.layer(self.embedding(x)))

    class Sequence(t.Module):
        def __init__(self, kind):
            super().__init__()
            self.layer, self.out = kind(3, 6, 2, batch_first=True, bidirectional=True), t.Linear(12, 3)

        def forward(self, x):
            return self.out(self.layer(x)[0][:, -1])

    image = torch.tensor(IMAGE)
    return {
        "rows": (t.Sequential(t.Linear(4, 8), t.ReLU(), t.Linear(8, 3), t.Softmax(1)), torch.tensor(ROWS)),
        "images": (
            t.Sequential(t.Conv2d(4, 8, 3, padding=1), t.BatchNorm2d(8), t.SiLU(), t.MaxPool2d(2), t.Conv2d(8, 4, 2, groups=2), t.GELU(),
                         t.AdaptiveAvgPool2d(1), t.Flatten(), t.Linear(4, 2), t.LogSoftmax(1)), image),
        "upwards": (
            t.Sequential(t.ConvTranspose2d(4, 4, 3, 2, 1, 1), t.LeakyReLU(0.2), t.PixelShuffle(2), t.Upsample(scale_factor=2)), image),
        "lstm": (Sequence(t.LSTM), torch.tensor(SEQUENCE)), "gru": (Sequence(t.GRU), torch.tensor(SEQUENCE)),
        "words": (Words(), torch.arange(10).reshape(2, 5)),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["rows", "images", "upwards", "lstm", "gru", "words"])
def test_a_network_of_pytorch_computes_the_same(name, tmp_path):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    model, x = networks_of(torch)[name]
    model.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter that needs no further package is to go
        torch.onnx.export(
            model, (x,), tmp_path / "model.onnx", dynamo=False, opset_version=17, input_names=["x"], dynamic_axes={"x": {0: "n"}}
        )  # fmt: skip
    read = nn.from_onnx(tmp_path / "model.onnx")
    for rows in (x, x[:1]):
        np.testing.assert_allclose(numbers(read(rows.numpy())), model(rows).detach().numpy(), atol=1e-5)


def test_a_classifier_of_scikit_learn_computes_the_same(tmp_path):
    operators = [  # as skl2onnx writes a pipeline of a StandardScaler and an MLPClassifier
        ("Scaler", "x", "scaled", {"offset": [0.1] * 4, "scale": [2.0] * 4}), ("MatMul", "scaled,coefficient", "a", {}),
        ("Add", "a,intercepts", "b", {}), ("Softmax", "b", "out", {"axis": -1}), ("Identity", "out", "probabilities", {}),
        ("ArgMax", "out", "best", {"axis": 1}), ("ArrayFeatureExtractor", "classes,best", "named", {}),
        ("Reshape", "named,shape", "flat", {}), ("Cast", "flat", "label", {"to": 7}),
    ]  # fmt: skip
    arrays = {"coefficient": weights(4, 3), "intercepts": weights(1, 3), "classes": np.array([10, 20, 30], np.int32), "shape": whole(-1)}
    file = model_of(operators, {"x": ROWS}, ["label", "probabilities"], initializers=arrays)
    assert [path for path, _ in check(file, {"x": ROWS}, tmp_path).named_parameters()] == ["coefficient", "intercepts"]


# --- refusals -------------------------------------------------------------------------------------


def test_operators_that_are_not_here_are_named(tmp_path):
    onnx.save(model_of([("NonZero", "x", "y", {}), ("Unique", "x", "z", {})], {"x": ROWS}, ["y"]), tmp_path / "model.onnx")
    with pytest.raises(
        ValueError, match=r"operators that are in autograd's table; .*model.onnx has NonZero \(at the NonZero\), Unique \(at the Unique\)\."
    ):
        nn.from_onnx(tmp_path / "model.onnx")


@pytest.mark.parametrize("content", [b"", b"hello, hello", b"\x08\x07"])
def test_another_file_is_refused(content, tmp_path):
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.onnx is no ONNX file, or it is damaged"):
        nn.from_onnx(tmp_path / "model.onnx")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no file .*model\.onnx"):
        nn.from_onnx(tmp_path / "model.onnx")


def test_the_inputs_are_counted(read):
    with pytest.raises(TypeError, match="This model takes 1 input, x; got 2"):
        read(ROWS, ROWS)
