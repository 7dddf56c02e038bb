"""Claims about `BatchNorm1d`, `BatchNorm2d`, `LayerNorm` and `RMSNorm`."""

import copy

import numpy as np
import pytest
from pytorch_twin import assert_twins, waves
from references import Case, assert_pytorchs

import autograd
import nn
from autograd import Tensor, check_gradients, no_grad
from autograd.primitives import networks

BATCH_SETTINGS = [
    {}, {"eps": 0.1}, {"momentum": 0.5}, {"momentum": None}, {"affine": False}, {"track_running_stats": False},
    {"affine": False, "track_running_stats": False}, {"bias": False},
]  # fmt: skip


@pytest.mark.parametrize("settings", BATCH_SETTINGS, ids=str)
@pytest.mark.parametrize(
    ("kind", "shape"), [("BatchNorm1d", (5, 3)), ("BatchNorm1d", (2, 3, 4)), ("BatchNorm1d", (1, 3, 4)), ("BatchNorm2d", (2, 3, 2, 4))]
)
def test_batch_norm_is_pytorchs_in_training_and_in_evaluation(kind, shape, settings, pytorch):
    for eval in (False, True):
        case = Case(lambda n, f64: getattr(n, kind)(3, **settings, dtype=f64), 3 * waves(*shape) + 2, eval=eval)
        assert_pytorchs(case, lambda theirs, eval=eval: pytorch(theirs, f"{kind} {shape} {settings} {eval}"))


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda n, f64: n.LayerNorm(4, dtype=f64), (3, 4)),
        (lambda n, f64: n.LayerNorm(4, dtype=f64), (4,)),
        (lambda n, f64: n.LayerNorm((3, 4), eps=0.1, dtype=f64), (2, 2, 3, 4)),
        (lambda n, f64: n.LayerNorm([2, 1], bias=False, dtype=f64), (3, 2, 1)),
        (lambda n, f64: n.LayerNorm(4, elementwise_affine=False, dtype=f64), (3, 4)),
        (lambda n, f64: n.RMSNorm(4, dtype=f64), (3, 4)),
        (lambda n, f64: n.RMSNorm((3, 4), eps=0.1, dtype=f64), (2, 3, 4)),
        (lambda n, f64: n.RMSNorm(4, elementwise_affine=False, dtype=f64), (2, 3, 4)),
    ],
)
def test_layer_and_rms_norm_are_pytorchs(make, shape, pytorch):
    assert_pytorchs(Case(make, 3 * waves(*shape) + 2), pytorch)


@pytest.mark.parametrize("kind", ["BatchNorm1d", "LayerNorm", "RMSNorm"])
def test_float32_is_pytorchs_to_rounding(kind):
    torch = pytest.importorskip("torch")
    assert_twins(getattr(nn, kind)(4), getattr(torch.nn, kind)(4), waves(6, 4, dtype="float32"), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(nn.BatchNorm1d(3, dtype=float), (5, 3)), (nn.LayerNorm(3, dtype=float), (2, 3)), (nn.RMSNorm(3, dtype=float), (2, 3))],
)
def test_gradients_are_the_slopes(layer, shape):
    check_gradients(layer, 2 * waves(*shape))


def test_running_statistics_follow_the_batches_the_variance_without_bias():
    layer = nn.BatchNorm1d(2, momentum=0.5)
    x = np.array([[1.0, 10.0], [3.0, 30.0]])
    layer(x)
    np.testing.assert_allclose(layer.running_mean, [1.0, 10.0])
    np.testing.assert_allclose(layer.running_var, [0.5 + 0.5 * 2, 0.5 + 0.5 * 200])
    layer(x)
    np.testing.assert_allclose(layer.running_mean, [1.5, 15.0])
    assert layer.num_batches_tracked == 2
    layer.eval()(x)
    np.testing.assert_allclose(layer.running_mean, [1.5, 15.0])
    assert layer.num_batches_tracked == 2


def test_an_evaluation_is_not_falsified_by_training_before_its_backward_pass():
    layer = nn.BatchNorm1d(2, dtype=float)
    x = Tensor([[1.0, 2.0], [3.0, 5.0]])
    out = layer.eval()(x).sum()
    layer.train()([[100.0, 0.0], [-100.0, 7.0]])
    out.backward()
    np.testing.assert_allclose(x.grad, np.full((2, 2), 1 / np.sqrt(1 + 1e-5)))


@pytest.mark.parametrize(
    ("layer", "x"),
    [
        (nn.BatchNorm1d(2), [[1.0, 2.0], [3.0, 5.0]]), (nn.BatchNorm1d(2, affine=False), [[1.0, 2.0], [3.0, 5.0]]),
        (nn.BatchNorm1d(2).eval(), [[1.0, 2.0]]), (nn.LayerNorm(2), [[1.0, 2.0]]), (nn.RMSNorm(2), [[1, 2]]),
    ],
)  # fmt: skip
def test_float32_stays_float32_whatever_comes(layer, x):
    for given in (x, np.array(x), np.array(x, np.float32), Tensor(np.array(x, float))):
        assert layer(given).dtype == np.float32
    for name, buffer in layer.named_buffers():
        assert buffer.dtype == (np.float32 if name.startswith("running") else np.int64)


def test_without_parameters_the_precision_is_that_of_the_input():
    for layer in (nn.LayerNorm(2, elementwise_affine=False), nn.RMSNorm(2, elementwise_affine=False)):
        assert layer(np.ones((3, 2))).dtype == np.float64
        assert layer(np.ones((3, 2), np.float32)).dtype == np.float32
        assert layer([[1, 2]]).dtype == np.float32


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(nn.BatchNorm1d(3).eval(), (5, 3)), (nn.BatchNorm2d(3).eval(), (2, 3, 2, 2)), (nn.LayerNorm(3), (4, 3)), (nn.RMSNorm(3), (4, 3))],
)
def test_norms_compile(layer, shape):
    compiled = autograd.compile(lambda x: (layer(x) ** 2).sum())
    x, y = Tensor(waves(*shape, dtype="float32")), Tensor(waves(*shape, dtype="float32"))
    out, expected = compiled(x), (layer(y) ** 2).sum()
    out.backward()
    expected.backward()
    assert out.dtype == x.grad.dtype == np.float32
    np.testing.assert_allclose(out.item(), expected.item(), rtol=1e-5)
    np.testing.assert_allclose(x.grad, y.grad, rtol=1e-4, atol=1e-5)


def test_a_compiled_model_in_evaluation_sees_new_running_statistics():
    layer = nn.BatchNorm1d(2)
    compiled = autograd.compile(lambda x: layer(x).sum())
    x = np.array([[1.0, 2.0], [3.0, 5.0]])
    for _ in range(2):
        layer.train()(x)
        layer.eval()
        assert compiled(x).item() == pytest.approx(layer(x).sum().item(), rel=1e-6)


@pytest.mark.parametrize("momentum", [0.1, None])
def test_batch_norm_compiles_in_training_and_keeps_its_running_statistics(momentum):
    rng = np.random.default_rng(0)
    for make, shape in [(nn.BatchNorm1d, (8, 3)), (nn.BatchNorm2d, (4, 3, 2, 5))]:
        layer = make(3, momentum=momentum, dtype=np.float64)
        eager = copy.deepcopy(layer)
        compiled = autograd.compile(lambda x, layer=layer: (layer(x) ** 3).sum())
        for _ in range(3):
            x = rng.normal(2, 3, shape)
            out, expected = compiled(x), (eager(x) ** 3).sum()
            assert out.item() == pytest.approx(expected.item(), rel=1e-12)
            out.backward()
            expected.backward()
            for name, array in eager.state_dict().items():
                np.testing.assert_allclose(layer.state_dict()[name], array, rtol=1e-12, err_msg=name)
        assert len(compiled.programs) == 1
        np.testing.assert_allclose(layer.weight.grad, eager.weight.grad, rtol=1e-12, atol=1e-12)
        assert "    variance = " in compiled.source
        layer.eval(), eager.eval()
        assert compiled(x).item() == pytest.approx((eager(x) ** 3).sum().item(), rel=1e-12)


def test_batch_norm_without_running_statistics_compiles():
    layer = nn.BatchNorm1d(2, track_running_stats=False)
    assert autograd.compile(lambda x: layer(x).sum())(np.array([[1.0, 2.0], [3.0, 5.0]])).item() == pytest.approx(0, abs=1e-6)


def test_a_compiled_function_may_not_read_the_running_statistics_that_it_changes():
    layer = nn.BatchNorm1d(2)
    with pytest.raises(TypeError, match="reading running_mean, which the call changes, in line"):
        autograd.compile(lambda x: layer(x).sum() + layer.running_mean.sum())(np.ones((3, 2)))
    assert layer.running_mean.tolist() == [0.0, 0.0]


def test_vmap_of_batch_norm_in_training_says_what_to_do():
    with pytest.raises(TypeError, match="call it with a whole batch instead"):
        autograd.vmap(nn.BatchNorm1d(2))(np.ones((5, 3, 2)))


@pytest.mark.parametrize(
    ("kind", "shape"), [("BatchNorm1d", (1, 3)), ("BatchNorm1d", (1, 3, 1)), ("BatchNorm2d", (1, 3, 1, 1)), ("BatchNorm1d", (0, 3))]
)
def test_a_batch_of_one_has_no_deviation_to_train_on(kind, shape):
    model = nn.Sequential(getattr(nn, kind)(3))
    with pytest.raises(ValueError) as caught:
        model(np.ones(shape))
    assert str(caught.value).startswith(
        f"{kind} '0' cannot take the deviation of a single number for each channel, of a batch of shape {shape}."
    )
    assert "drop_last=True" in str(caught.value)
    assert "model.eval()" in str(caught.value)
    if 0 not in shape:
        assert model.eval()(np.ones(shape)).shape == shape


@pytest.mark.parametrize(
    ("layer", "shape", "sentence"),
    [
        (nn.BatchNorm1d(3), (5, 2), "BatchNorm1d '0' takes inputs of shape (n, channels) or (n, channels, length) with 3 channels"),
        (nn.BatchNorm1d(3), (3,), "(num_features), and got shape (3,)."),
        (nn.BatchNorm1d(3), (2, 3, 4, 4), "and got shape (2, 3, 4, 4)"),
        (
            nn.BatchNorm2d(3),
            (2, 3),
            "BatchNorm2d '0' takes images of shape (n, channels, height, width) with 3 channels (num_features), and got",
        ),
        (
            nn.LayerNorm(3),
            (5, 2),
            "LayerNorm '0' takes arrays whose last axes have the shape (3,) (normalized_shape), and got shape (5, 2).",
        ),
        (nn.LayerNorm((2, 3)), (3,), "last axes have the shape (2, 3) (normalized_shape), and got shape (3,)."),
        (nn.RMSNorm(3), (5, 2), "RMSNorm '0' takes arrays whose last axes have the shape (3,)"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_with_the_name_of_the_layer(layer, shape, sentence):
    with pytest.raises(ValueError) as caught:
        nn.Sequential(layer)(np.ones(shape))
    assert sentence in str(caught.value)


def test_a_size_is_a_whole_number_from_1():
    for make, name in (
        (lambda: nn.BatchNorm1d(0), "BatchNorm1d takes num_features"), (lambda: nn.BatchNorm2d(2.5), "BatchNorm2d takes num_features"),
        (lambda: nn.LayerNorm((2, 0)), "LayerNorm takes normalized_shape"), (lambda: nn.RMSNorm(-1), "RMSNorm takes normalized_shape"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f"{name} as a whole number from 1"):
            make()


def test_what_is_normalised_has_mean_0_and_deviation_1():
    x = np.random.default_rng(0).normal(5, 3, (100, 4))
    with no_grad():
        by_channel, by_row = nn.BatchNorm1d(4, dtype=float)(x).data, nn.LayerNorm(4, dtype=float)(x).data
    np.testing.assert_allclose([by_channel.mean(0), by_channel.std(0)], [[0] * 4, [1] * 4], atol=1e-5)
    np.testing.assert_allclose([by_row.mean(1), by_row.std(1)], [[0] * 100, [1] * 100], atol=1e-3)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda n, f64: n.GroupNorm(2, 4, dtype=f64), (3, 4)),
        (lambda n, f64: n.GroupNorm(1, 4, eps=0.1, dtype=f64), (2, 4, 3, 2)),
        (lambda n, f64: n.GroupNorm(4, 4, affine=False, dtype=f64), (2, 4, 3)),
        (lambda n, f64: n.InstanceNorm2d(3, dtype=f64), (2, 3, 2, 4)),
        (lambda n, f64: n.InstanceNorm2d(3, affine=True, dtype=f64), (3, 2, 4)),
        (lambda n, f64: n.InstanceNorm2d(3, 0.1, 0.3, True, True, dtype=f64), (2, 3, 2, 4)),
        (lambda n, f64: n.InstanceNorm2d(3, momentum=None, track_running_stats=True, dtype=f64), (2, 3, 2, 4)),
    ],
)
def test_group_and_instance_norm_are_pytorchs_in_training_and_in_evaluation(make, shape, pytorch):
    for eval in (False, True):
        assert_pytorchs(
            Case(make, 3 * waves(*shape) + 2, eval=eval), lambda theirs, eval=eval: pytorch(theirs, f"{make(nn, float)} {shape} {eval}")
        )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.GroupNorm(3, 4), "splits its channels into groups of equal size; 4 do not split into 3"),
        (lambda: nn.GroupNorm(2, 4)(np.ones((2, 3))), r"takes inputs of shape \(n, 4, …\), and got shape \(2, 3\)"),
        (lambda: nn.GroupNorm(4, 4)(np.ones((2, 4))), "cannot take the deviation of a single number for each group"),
        (lambda: nn.InstanceNorm2d(4)(np.ones((2, 4))), "takes images of shape .* with 4 channels"),
        (lambda: nn.InstanceNorm2d(4)(np.ones((2, 4, 1, 1))), "cannot take the deviation of a single pixel"),
    ],
)
def test_group_and_instance_norm_refuse_what_does_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_training_computes_the_mean_and_the_variance_of_a_batch_once(monkeypatch):
    computed, moments = [], networks._moments
    monkeypatch.setattr(networks, "_moments", lambda x, axis: computed.append(x) or moments(x, axis))
    layer = nn.BatchNorm2d(3)
    (layer(Tensor(waves(4, 3, 2, 2))) ** 2).sum().backward()
    assert len(computed) == 1


def test_batch_norm_leaves_numpys_buffer_as_large_as_it_was():
    before = np.getbufsize()
    x = Tensor(waves(8, 4, 16, 16))
    (nn.BatchNorm2d(4, dtype=float)(x) ** 2).sum().backward()
    assert np.getbufsize() == before


def test_batch_norm_of_a_constant_compiles_with_its_gradients():
    images, layer = waves(4, 3, 2, 2).astype(np.float32), nn.BatchNorm2d(3)
    weights = waves(4, 3, 2, 2).astype(np.float32)
    (layer(images) * weights).sum().backward()
    expected = layer.weight.grad
    layer.weight.grad = None
    autograd.compile(lambda weights: (layer(images) * weights).sum())(weights).backward()
    np.testing.assert_allclose(layer.weight.grad, expected, rtol=1e-5)
