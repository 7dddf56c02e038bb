"""Every function of NumPy's that has a derivative: its numbers are NumPy's, and its derivatives those of finite differences.

`CALLS` has sample calls of each. The names of their arguments say which of the `INPUTS` they get.
"""

import inspect
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, check_gradients, grad, vmap
from autograd.structures import leaves
from scripts.numpy_functions import dispatched, kind_of, page

RANDOM = np.random.default_rng(3)
HOLES = RANDOM.normal(size=(3, 4))
HOLES[0, 1] = HOLES[2, 3] = np.nan
INPUTS = {
    "x": RANDOM.normal(size=(3, 4)), "y": RANDOM.normal(size=(3, 4)), "t": RANDOM.normal(size=(2, 3, 2)), "v": RANDOM.normal(size=5),
    "w": RANDOM.normal(size=3), "p": RANDOM.uniform(0.2, 0.8, (2, 3)), "square": RANDOM.normal(size=(3, 3)) + 2 * np.eye(3),
    "stack": RANDOM.normal(size=(2, 2, 2)) + 2 * np.eye(2), "singular": np.array([[1.0, 2.0, 0.5], [2.0, 4.0, 1.0], [0.3, -1.0, 2.0]]),
    "holes": HOLES, "zeros": np.array([[1.5, 0.0, 2.0, 0.5], [0.0, 3.0, 0.0, 1.0]]), "number": np.array(0.7),
    "tall": RANDOM.normal(size=(4, 2)), "rising": np.array([0.0, 1.0, 2.5, 4.0]), "u": RANDOM.uniform(0.1, 3.9, 6),
}  # fmt: skip
INDEX = np.array([[0, 2, 2, 1], [1, 0, 0, 1]])


def spd(x):
    """A matrix that is symmetric and positive definite, whatever `x` is."""
    return x @ np.matrix_transpose(x) + np.eye(x.shape[-1])


CALLS = {
    "square": [lambda x: np.square(x)], "reciprocal": [lambda p: np.reciprocal(p)], "conjugate": [lambda x: np.conjugate(x)],
    "divmod": [lambda p: np.divmod(p, 0.3)], "modf": [lambda x: np.modf(x * 3)], "ldexp": [lambda x: np.ldexp(x, 3)],
    "copysign": [lambda x, y: np.copysign(x, y)], "heaviside": [lambda x, y: np.heaviside(x, y)],
    "fmax": [lambda x, y: np.fmax(x, y), lambda holes, y: np.fmax(holes, y)], "fmin": [lambda y, holes: np.fmin(y, holes)],
    "radians": [lambda x: np.radians(x)], "deg2rad": [lambda x: np.deg2rad(x)],
    "degrees": [lambda x: np.degrees(x)], "rad2deg": [lambda x: np.rad2deg(x)],
    "arctan2": [lambda x, y: np.arctan2(x, y)], "hypot": [lambda x, w: np.hypot(x[:, :3], w)],
    "logaddexp": [lambda x, y: np.logaddexp(x, y), lambda x: np.logaddexp.reduce(x, axis=1)],
    "multiply": [lambda w, v: np.multiply.outer(w, v), lambda x: np.multiply.accumulate(x)],
    "subtract": [lambda x, y: np.subtract.outer(x, y)],
    "vecdot": [lambda x, y: np.vecdot(x, y)], "matvec": [lambda x, p: np.matvec(p, x.T)], "vecmat": [lambda w, x: np.vecmat(w, x)],
    "round": [lambda x: np.round(x, 1), lambda x: np.round(x)], "fix": [lambda x: np.fix(x)], "real": [lambda x: np.real(x)],
    "copy": [lambda x: np.copy(x)], "astype": [lambda x: np.astype(x, np.float64)],
    "where": [lambda x, y: np.where(np.ones(4) > 0, x, y)],
    "sum": [lambda x: np.sum(x, axis=(0, 1))], "mean": [lambda x: np.mean(x, 0)], "max": [lambda x: np.max(x, 0)],
    "min": [lambda x: np.min(x, 0)], "var": [lambda x: np.var(x, 0)], "std": [lambda x: np.std(x, 0, ddof=1)],
    "clip": [lambda x: np.clip(x, -0.5, 0.5)], "matmul": [lambda x, y: np.matmul(x, y.T)],
    "reshape": [lambda x: np.reshape(x, (2, 6))], "transpose": [lambda x: np.transpose(x)], "expand_dims": [lambda x: np.expand_dims(x, 1)],
    "squeeze": [lambda x: np.squeeze(x[:1])], "broadcast_to": [lambda w: np.broadcast_to(w, (2, 3))],
    "concatenate": [lambda x, y: np.concatenate([x, y], axis=1), lambda x, y: np.concatenate([x, y], axis=None)],
    "stack": [lambda x, y: np.stack([x, y])],
    "take": [lambda x: np.take(x, [1, 1], axis=0)],
    "pad": [
        lambda x: np.pad(x, 1), lambda x: np.pad(x, 2, constant_values=3.0), lambda x: np.pad(x, (1, 2), mode="edge"),
        lambda x: np.pad(x, 2, mode="reflect"), lambda x: np.pad(x, 2, "symmetric"), lambda x: np.pad(x, 1, mode="wrap"),
    ],
    "prod": [
        lambda x: np.prod(x), lambda x: np.prod(x, axis=1, keepdims=True), lambda t: np.prod(t, axis=(0, 2)),
        lambda zeros: np.prod(zeros, 1),
        lambda x: np.multiply.reduce(x),
    ],
    "cumsum": [lambda x: np.cumsum(x), lambda x: np.cumsum(x, axis=0), lambda x: np.add.accumulate(x, 1)],
    "cumprod": [lambda x: np.cumprod(x), lambda zeros: np.cumprod(zeros, axis=1)],
    "cumulative_sum": [lambda x: np.cumulative_sum(x, axis=1, include_initial=True)],
    "cumulative_prod": [lambda v: np.cumulative_prod(v), lambda x: np.cumulative_prod(x, axis=0, include_initial=True)],
    "sort": [lambda x: np.sort(x), lambda x: np.sort(x, axis=0), lambda x: np.sort(x, axis=None)],
    "median": [lambda x: np.median(x), lambda x: np.median(x, axis=1), lambda t: np.median(t, axis=(0, 2), keepdims=True)],
    "quantile": [lambda x: np.quantile(x, 0.3, axis=0), lambda x: np.quantile(x, [0.0, 0.2, 1.0], axis=1, method="hazen")],
    "percentile": [lambda x: np.percentile(x, 30), lambda x: np.percentile(x, [25, 75], axis=0, keepdims=True)],
    "ptp": [lambda x: np.ptp(x), lambda x: np.ptp(x, axis=1)],
    "average": [
        lambda x: np.average(x), lambda x, p: np.average(x[:2, :3], weights=p),
        lambda x, w: np.average(x, axis=0, weights=w * w, returned=True),
    ],
    "take_along_axis": [lambda x: np.take_along_axis(x, INDEX, 0), lambda x: np.take_along_axis(x, INDEX[:, :1], 0)],
    "nan_to_num": [lambda holes: np.nan_to_num(holes, nan=2.0)],
    "nansum": [lambda holes: np.nansum(holes, axis=0)], "nanprod": [lambda holes: np.nanprod(holes, axis=1)],
    "nancumsum": [lambda holes: np.nancumsum(holes, axis=1)], "nancumprod": [lambda holes: np.nancumprod(holes)],
    "nanmean": [lambda holes: np.nanmean(holes), lambda holes: np.nanmean(holes, axis=0, keepdims=True)],
    "nanvar": [lambda holes: np.nanvar(holes, axis=1, ddof=1)], "nanstd": [lambda holes: np.nanstd(holes, axis=1)],
    "nanmax": [lambda holes: np.nanmax(holes, axis=0)], "nanmin": [lambda holes: np.nanmin(holes)],
    "nanmedian": [lambda holes: np.nanmedian(holes, axis=1)], "nanquantile": [lambda holes: np.nanquantile(holes, [0.1, 0.6], axis=1)],
    "nanpercentile": [lambda holes: np.nanpercentile(holes, 40, keepdims=True)],
    "append": [lambda x, v: np.append(x, v), lambda x, y: np.append(x, y, axis=0)],
    "array_split": [lambda x: np.array_split(x, 3, axis=1)], "split": [lambda x: np.split(x, [1, 1, 3], axis=1)],
    "hsplit": [lambda x: np.hsplit(x, 2)], "vsplit": [lambda x: np.vsplit(x, 3)], "dsplit": [lambda t: np.dsplit(t, 2)],
    "unstack": [lambda x: np.unstack(x, axis=1)],
    "atleast_1d": [lambda number: np.atleast_1d(number)], "atleast_2d": [lambda v, number: np.atleast_2d(v, number)],
    "atleast_3d": [lambda x: np.atleast_3d(x), lambda v: np.atleast_3d(v)],
    "block": [lambda square, w: np.block([[square, w.reshape(3, 1)], [np.ones((1, 3)), np.zeros((1, 1))]])],
    "broadcast_arrays": [lambda w, p: np.broadcast_arrays(w, p)], "choose": [lambda w, p: np.choose([0, 1, 0], [w, p[0]])],
    "column_stack": [lambda w, square: np.column_stack([w, square])], "compress": [lambda x: np.compress([True, False, True], x, axis=0)],
    "delete": [lambda x: np.delete(x, 1, axis=1)], "insert": [lambda v: np.insert(v, 1, 5.0), lambda x, w: np.insert(x, 2, w, axis=1)],
    "diag": [lambda w: np.diag(w), lambda x: np.diag(x, 1)], "diagflat": [lambda w: np.diagflat(w, -1)],
    "diagonal": [lambda x: np.diagonal(x), lambda t: np.diagonal(t, 1, 0, 2)], "extract": [lambda x: np.extract(np.eye(3, 4) > 0, x)],
    "flip": [lambda x: np.flip(x), lambda x: np.flip(x, 1)], "fliplr": [lambda x: np.fliplr(x)], "flipud": [lambda x: np.flipud(x)],
    "dstack": [lambda x, y: np.dstack([x, y])], "hstack": [lambda x, y: np.hstack([x, y]), lambda v, w: np.hstack([v, w])],
    "vstack": [lambda x, y: np.vstack([x, y]), lambda v: np.vstack([v, np.ones(5)])],
    "matrix_transpose": [lambda t: np.matrix_transpose(t)], "meshgrid": [lambda v, w: np.meshgrid(v, w, indexing="ij")],
    "moveaxis": [lambda t: np.moveaxis(t, 0, -1), lambda t: np.moveaxis(t, (0, 1), (2, 0))], "ravel": [lambda x: np.ravel(x)],
    "repeat": [lambda x: np.repeat(x, 2), lambda x: np.repeat(x, [1, 0, 2], axis=0)], "resize": [lambda v: np.resize(v, (3, 4))],
    "roll": [lambda x: np.roll(x, 1), lambda x: np.roll(x, (1, -1), axis=(0, 1))], "rollaxis": [lambda t: np.rollaxis(t, 2)],
    "rot90": [lambda x: np.rot90(x), lambda x: np.rot90(x, 2)],
    "select": [lambda x, y: np.select([np.eye(3, 4) > 0, np.tri(3, 4) > 0], [x, y], 7.0)],
    "swapaxes": [lambda t: np.swapaxes(t, 0, -1)], "tile": [lambda x: np.tile(x, (2, 1))],
    "trace": [lambda x: np.trace(x), lambda t: np.trace(t, 1, 0, 2)], "tril": [lambda x: np.tril(x), lambda x: np.tril(x, -1)],
    "triu": [lambda x: np.triu(x, 1)],
    "convolve": [
        lambda v, w: np.convolve(v, w), lambda v, w: np.convolve(w, v, "same"), lambda v, w: np.convolve(v, w, mode="valid"),
        lambda v, u: np.convolve(v, u[:4], "same"),
    ],
    "correlate": [lambda v, w: np.correlate(v, w), lambda v, w: np.correlate(w, v, "full"), lambda v, u: np.correlate(v, u[:4], "same")],
    "cross": [lambda x, p: np.cross(x[:2, :3], p), lambda x, y: np.cross(x, y, axis=0)],
    "dot": [lambda x, y: np.dot(x, y.T), lambda t: np.dot(t, np.matrix_transpose(t)), lambda x, number: np.dot(x, number)],
    "einsum": [
        lambda x, y: np.einsum("ij,kj->ik", x, y), lambda square: np.einsum("ii", square), lambda t, w: np.einsum("...jk,j", t, w),
        lambda x, w: np.einsum("ij, i -> j", x, w), lambda t: np.einsum("ijk->k", t), lambda x, y: np.einsum("ij,ij", x, y, optimize=True),
    ],
    "inner": [lambda x, y: np.inner(x, y), lambda v: np.inner(v, v)],
    "kron": [lambda p, w: np.kron(p, w), lambda p, square: np.kron(p, square)],
    "outer": [lambda v, w: np.outer(v, w)], "vdot": [lambda x, y: np.vdot(x, y)],
    "tensordot": [lambda t, x: np.tensordot(t, x, ([1], [0])), lambda x, y: np.tensordot(x, y)],
    "diff": [lambda x: np.diff(x), lambda x: np.diff(x, n=2, axis=0), lambda x: np.diff(x, prepend=0.0, append=1.0)],
    "ediff1d": [lambda x: np.ediff1d(x, to_end=1.0, to_begin=[2.0, 3.0])],
    "gradient": [
        lambda x: np.gradient(x), lambda v: np.gradient(v, 0.5, edge_order=2), lambda x: np.gradient(x, [0.0, 1.0, 3.0, 4.0], axis=1),
        lambda p: np.gradient(p, axis=0),
    ],
    "trapezoid": [lambda x: np.trapezoid(x), lambda v, u: np.trapezoid(v, u[:5]), lambda x, w: np.trapezoid(x, w, axis=0)],
    "interp": [lambda u, rising, p: np.interp(u, rising, p.reshape(6)[:4]), lambda x, rising: np.interp(x, rising, rising**2, left=7.0)],
    "cov": [lambda x: np.cov(x), lambda v: np.cov(v, bias=True), lambda x, y: np.cov(x, y, rowvar=False, ddof=0)],
    "corrcoef": [lambda x: np.corrcoef(x), lambda v, u: np.corrcoef(v, u[:5])], "polyval": [lambda w, x: np.polyval(w, x)],
    "vander": [lambda v: np.vander(v, 3), lambda v: np.vander(v, increasing=True)], "unwrap": [lambda v: np.unwrap(v * 5)],
    "full_like": [lambda x, number: np.full_like(x, number)],
    "apply_along_axis": [
        lambda x: np.apply_along_axis(lambda row: row[0] * row[1:3], 1, x),
        lambda t: np.apply_along_axis(lambda row: (row * row).sum(), 1, t),
        lambda t: np.apply_along_axis(lambda row: np.outer(row, row), 1, t),
    ],
    "amax": [lambda x: np.amax(x, 1)], "amin": [lambda x: np.amin(x, 1)], "around": [lambda x: np.around(x, 1)],
    "bincount": [lambda v: np.bincount([0, 2, 2, 1, 0], v, 5)], "real_if_close": [lambda x: np.real_if_close(x)],
    "linspace": [lambda number: np.linspace(number, 2.0, 5), lambda w, number: np.linspace(w, number, 4, endpoint=False)],
    "logspace": [lambda number: np.logspace(number, 1.5, 4)], "geomspace": [lambda number: np.geomspace(number, 3.0, 4)],
    "piecewise": [lambda x: np.piecewise(x, [np.eye(3, 4) > 0, np.tri(3, 4) < 1], [lambda z: z * z, 2.0, lambda z: -z])],
    "polyadd": [lambda v, w: np.polyadd(v, w)], "polysub": [lambda v, w: np.polysub(w, v)], "polymul": [lambda v, w: np.polymul(v, w)],
    "polyder": [lambda v: np.polyder(v), lambda v: np.polyder(v, 2)], "polyint": [lambda v: np.polyint(v, 2)],
    "linalg.cholesky": [lambda square: np.linalg.cholesky(spd(square)), lambda stack: np.linalg.cholesky(spd(stack), upper=True)],
    "linalg.cond": [lambda square: np.linalg.cond(square), lambda square: np.linalg.cond(square, 1)],
    "linalg.cross": [lambda w, p: np.linalg.cross(w, p)],
    "linalg.det": [lambda square: np.linalg.det(square), lambda stack: np.linalg.det(stack), lambda singular: np.linalg.det(singular)],
    "linalg.diagonal": [lambda t: np.linalg.diagonal(t)],
    "linalg.eigh": [lambda square: np.linalg.eigh(spd(square)), lambda stack: np.linalg.eigh(spd(stack))],
    "linalg.eigvalsh": [lambda square: np.linalg.eigvalsh(spd(square))],
    "linalg.inv": [lambda square: np.linalg.inv(square), lambda stack: np.linalg.inv(stack)],
    "linalg.lstsq": [lambda tall, x: np.linalg.lstsq(tall, x.T)[:2], lambda p, w: np.linalg.lstsq(p, w[:2])[0]],
    "linalg.matmul": [lambda x, y: np.linalg.matmul(x, y.T)], "linalg.matrix_norm": [lambda t: np.linalg.matrix_norm(t)],
    "linalg.matrix_power": [
        lambda square: np.linalg.matrix_power(square, 5), lambda square: np.linalg.matrix_power(square, -2),
        lambda stack: np.linalg.matrix_power(stack, 0),
    ],
    "linalg.matrix_transpose": [lambda t: np.linalg.matrix_transpose(t)],
    "linalg.multi_dot": [lambda w, x, v: np.linalg.multi_dot([w, x, np.ones((4, 5)), v])],
    "linalg.norm": [
        lambda x: np.linalg.norm(x), lambda x: np.linalg.norm(x, axis=0), lambda x: np.linalg.norm(x, "nuc"),
        lambda x: np.linalg.norm(x, 2),
        lambda x: np.linalg.norm(x, 1), lambda x: np.linalg.norm(x, -np.inf), lambda t: np.linalg.norm(t, -2, axis=(0, 1)),
        lambda x: np.linalg.norm(x, 3, axis=1), lambda v: np.linalg.norm(v, np.inf), lambda t: np.linalg.norm(t, "fro", (2, 0), True),
    ],
    "linalg.outer": [lambda v, w: np.linalg.outer(v, w)],
    "linalg.pinv": [lambda square: np.linalg.pinv(square), lambda tall: np.linalg.pinv(tall), lambda t: np.linalg.pinv(t)],
    "linalg.qr": [
        lambda square: np.linalg.qr(square), lambda tall: np.linalg.qr(tall), lambda p: np.linalg.qr(p),
        lambda x: np.linalg.qr(x, mode="r"),
    ],
    "linalg.slogdet": [lambda square: np.linalg.slogdet(square), lambda stack: np.linalg.slogdet(stack)],
    "linalg.solve": [lambda square, w: np.linalg.solve(square, w), lambda square, x: np.linalg.solve(square, x)],
    "linalg.svd": [
        lambda square: np.linalg.svd(square), lambda x: np.linalg.svd(x, full_matrices=False), lambda tall: np.linalg.svd(tall, False),
        lambda x: np.linalg.svd(x, compute_uv=False),
    ],
    "linalg.svdvals": [lambda x: np.linalg.svdvals(x)], "linalg.tensordot": [lambda x, y: np.linalg.tensordot(x, y)],
    "linalg.tensorinv": [lambda square: np.linalg.tensorinv(square, ind=1)],
    "linalg.tensorsolve": [lambda square, w: np.linalg.tensorsolve(square, w)],
    "linalg.trace": [lambda t: np.linalg.trace(t)], "linalg.vecdot": [lambda x, y: np.linalg.vecdot(x, y, axis=0)],
    "linalg.vector_norm": [lambda x: np.linalg.vector_norm(x, ord=3), lambda x: np.linalg.vector_norm(x, axis=1, ord=1)],
}  # fmt: skip
ALL = [pytest.param(call, id=f"{name}-{i}") for name, calls in CALLS.items() for i, call in enumerate(calls)]


def inputs_of(call):
    return [INPUTS[name].copy() for name in inspect.signature(call).parameters]


def weighted(out):
    """One number made of all entries of all results."""
    parts = [autograd.sum(x * np.linspace(0.5, 1.5, np.size(x)).reshape(np.shape(x))) for x in leaves(out)]
    return sum(parts[1:], parts[0])


def numbers(out):
    return [getattr(x, "data", x) for x in leaves(out)]


@pytest.mark.parametrize("call", ALL)
def test_the_numbers_are_numpys(call):
    arrays = inputs_of(call)
    expected, found = call(*arrays), call(*map(Tensor, arrays))
    assert len(leaves(found)) == len(leaves(expected))
    assert getattr(found, "_fields", None) == getattr(expected, "_fields", None)
    for ours, numpys in zip(leaves(found), leaves(expected), strict=True):
        assert np.shape(ours) == np.shape(numpys)
        np.testing.assert_allclose(getattr(ours, "data", ours), numpys, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("call", ALL)
def test_float32_stays_float32_where_it_does_in_numpy(call):
    arrays = [x.astype(np.float32) for x in inputs_of(call)]
    for ours, numpys in zip(leaves(call(*map(Tensor, arrays))), leaves(call(*arrays)), strict=True):
        if numpys.dtype == np.float32:
            assert ours.dtype == np.float32


@pytest.mark.parametrize("call", ALL)
def test_the_derivatives_are_slopes_to_second_order(call):
    arrays = inputs_of(call)

    def loss(*xs):
        return weighted(call(*xs))

    with np.errstate(all="ignore"):
        known = [np.isfinite(x) for x in arrays]
        filled = [np.where(there, x, 0.0) for there, x in zip(known, arrays, strict=True)]

        def from_known(*xs):
            return loss(*[autograd.where(there, x, np.nan) if not there.all() else x for there, x in zip(known, xs, strict=True)])

        assert check_gradients(from_known, *filled, rtol=2e-5)
        assert check_gradients(grad(from_known, tuple(range(len(filled)))), *filled, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("call", ALL)
def test_a_batch_is_its_examples(call):
    arrays = inputs_of(call)
    others = [[x * scale for x in arrays] for scale in (1.0, 1.1)]
    expected = [numbers(call(*map(Tensor, example))) for example in others]
    found = leaves(vmap(call)(*[np.stack(pair) for pair in zip(*others, strict=True)]))
    for batch, *examples in zip(found, *expected, strict=True):
        np.testing.assert_allclose(batch, np.stack(examples), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("call", ALL)
def test_a_compiled_call_gives_the_same(call):
    def loss(*xs):
        return weighted(call(*xs))

    results = []
    for function in (loss, autograd.compile(loss)):
        nodes = [Tensor(x) for x in inputs_of(call)]
        out = function(*nodes)
        out.backward()
        results.append([out.data, *[node.grad for node in nodes]])
    for found, expected in zip(*results, strict=True):
        if expected is not None:
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)


def test_every_function_that_is_recorded_has_a_sample_call():
    recorded = {name for name, function in dispatched() if kind_of(function) == "composed"}
    names = dict(dispatched())
    called = {names[name] for name in CALLS}
    assert {name for name in recorded if names[name] not in called} == set()


T, V = Tensor(np.arange(6.0).reshape(2, 3)), Tensor([3.0, 1.0, 2.0])


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: np.linalg.eig(Tensor(np.eye(2))), TypeError, r"^np.linalg.eig has no derivative here"),
        (lambda: np.partition(V, 1), TypeError, "^np.partition has no derivative here"),
        (lambda: np.cumsum(T, dtype=np.float32), TypeError, "np.cumsum called like this .*'dtype'.* leave that argument away"),
        (lambda: np.linalg.svd(T), TypeError, r"2 by 3 adds vectors .* write svd\(a, full_matrices=False\)"),
        (lambda: np.linalg.qr(T.T, mode="complete"), TypeError, "mode='complete' has no derivative for a matrix that is 3 by 2"),
        (lambda: np.linalg.norm(T, 7), ValueError, "no ord=7 for matrices"),
        (lambda: np.linalg.norm(V, "fro", axis=0), ValueError, "no ord='fro' for vectors; it is a number"),
        (lambda: np.linalg.norm(Tensor(np.ones((2, 2, 2))), 1, axis=(0, 1, 2)), ValueError, "along one axis, .* and got 3 axes"),
        (lambda: np.linalg.solve(Tensor(np.eye(2)), V), ValueError, r"right sides \(3 rows\) must be as high as the matrix \(2\)"),
        (lambda: np.linalg.solve(T, V), ValueError, "the first must be square"),
        (lambda: np.linalg.inv(Tensor(np.ones((2, 2)))), ValueError, r"inv got shape \(2, 2\): Singular matrix"),
        (lambda: np.pad(T, 1, mode="mean"), ValueError, "the mode 'mean' is not here; there are constant, edge"),
        (lambda: np.select([np.ones(3) > 0], [V, V]), ValueError, "select got 1 conditions and 2 choices"),
        (lambda: np.convolve(T, V), ValueError, r"convolve takes two lists of numbers, and got shapes \(2, 3\) and \(3,\)"),
        (lambda: np.convolve(V, V, "x"), ValueError, 'has the modes "full", "same" and "valid", and got \'x\''),
        (lambda: np.cross(T[:, :2], T[:, :2]), ValueError, "cross takes vectors of three numbers"),
        (lambda: np.einsum("ij,jk", T), ValueError, "einsum got 1 arrays for 'ij,jk', which names the axes of 2"),
        (lambda: np.einsum(T, [0, 1]), TypeError, "einsum takes the names of the axes as one text"),
        (lambda: np.tensordot(T, Tensor([1.0]), 1), ValueError, r"tensordot got shapes \(2, 3\) and \(1,\), whose axes \[1\] and \[0\]"),
        (lambda: np.average(T, weights=[1.0, 2.0]), ValueError, "give one for each entry along `axis`"),
        (lambda: np.take_along_axis(T, np.array([[0.5]]), 1), TypeError, "take_along_axis needs whole numbers"),
        (lambda: np.gradient(V[:1]), ValueError, "needs 2 entries along an axis, and got 1"),
        (lambda: np.gradient(T, 1.0, 2.0, 3.0), TypeError, "gradient got 3 spacings for 2 axes"),
        (lambda: np.diff(V, n=-1), ValueError, "diff takes differences along an axis, 0 times or more, and got n=-1"),
        (lambda: np.cov(V[:1]), ValueError, "cov needs more numbers of each variable than 1"),
    ],
)
def test_what_does_not_go_says_so(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_what_has_no_derivative_is_a_plain_answer():
    assert np.unique(V).tolist() == [1.0, 2.0, 3.0]
    assert [type(x) for x in np.histogram(V)] == [np.ndarray] * 2
    assert (V.argmax(), V.argmin(), V.argsort().tolist(), V.any(), V.all()) == (0, 1, [1, 2, 0], True, True)
    assert np.lexsort((V, V)).tolist() == [1, 2, 0]
    assert np.histogramdd([V, V], bins=2)[0].sum() == 3
    assert T.argmax(axis=1, keepdims=True).tolist() == [[2], [2]]
    assert np.linalg.matrix_rank(T) == 2


def test_equal_eigenvalues_have_derivatives_and_their_vectors_have_none():
    x = Tensor(np.eye(2))
    np.linalg.eigvalsh(x).sum().backward()
    assert x.grad.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    with np.errstate(all="ignore"):
        gradient = grad(lambda a: np.linalg.eigh(a).eigenvectors[0, 0] + np.linalg.eigh(a).eigenvectors[1, 0])(np.eye(2))
    assert not np.isfinite(gradient).all()


def test_values_go_the_same_ways():
    a, b = Value(1.0), Value(3.0)
    middle = np.median([a, b, 7.0]) * np.sinh(a)
    middle.backward()
    assert (a.grad, b.grad) == (3.0 * np.cosh(1.0), np.sinh(1.0))


def test_the_list_in_the_documentation_is_that_of_the_library():
    written = (Path(__file__).parent.parent / "scripts" / "NUMPY.md").read_text(encoding="utf-8")
    if np.__version__ not in written:
        pytest.skip("the list is of another version of NumPy")
    assert written == page(), "write it anew: python -m scripts.numpy_functions > scripts/NUMPY.md"
