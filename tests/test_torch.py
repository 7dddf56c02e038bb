"""`nn.torch` against PyTorch: the same expressions, of the same numbers."""

import doctest
import importlib
import json
import subprocess
import sys
from unittest.mock import ANY

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from nn import torch as book

RNG = np.random.default_rng(0)
A, WHOLE, B = RNG.normal(size=(3, 4, 5)).astype("float32"), RNG.integers(0, 9, (3, 4)), RNG.normal(size=(3, 4)) > 0


def set_entries(t):
    z = t.zeros(3, 3)
    z[1] = 5
    z[:, 0] += 1
    return z


def write_to_views(t):
    z = t.zeros(3, 3)
    z[0].fill_(2)
    z.view(-1)[4] = 7
    z[1:, 1:].add_(1)
    return z


EXPRESSIONS = {
    "view": lambda t, x, i, b: x.view(3, -1),
    "transpose": lambda t, x, i, b: x.transpose(0, 2),
    "permute": lambda t, x, i, b: x.permute(2, 0, 1),
    "max": lambda t, x, i, b: x.max(1).values,
    "maxi": lambda t, x, i, b: x.max(1)[1],
    "maxall": lambda t, x, i, b: x.max(),
    "torch.max": lambda t, x, i, b: t.max(x, 2, keepdim=True)[0],
    "max2": lambda t, x, i, b: t.max(x, -x),
    "std": lambda t, x, i, b: x.std(),
    "std1": lambda t, x, i, b: x.std(1),
    "var": lambda t, x, i, b: x.var(2, unbiased=False),
    "norm": lambda t, x, i, b: x.norm(),
    "norm1": lambda t, x, i, b: x.norm(p=1, dim=1),
    "sort": lambda t, x, i, b: x.sort(1, descending=True)[0],
    "sorti": lambda t, x, i, b: x.sort(1, descending=True)[1],
    "topk": lambda t, x, i, b: x.topk(2, 1)[0],
    "argsort": lambda t, x, i, b: t.argsort(x, 2),
    "split": lambda t, x, i, b: x.split(2, 1)[1],
    "chunk": lambda t, x, i, b: x.chunk(3, 2)[1],
    "repeat": lambda t, x, i, b: x.repeat(2, 1, 1, 2),
    "expand": lambda t, x, i, b: x[:1].expand(5, -1, -1),
    "unsq": lambda t, x, i, b: x.unsqueeze(-1),
    "sq": lambda t, x, i, b: x[:, :1].squeeze(1),
    "flatten": lambda t, x, i, b: x.flatten(1),
    "mf": lambda t, x, i, b: x.masked_fill(b.unsqueeze(-1), -1000000000.0),
    "where": lambda t, x, i, b: t.where(x > 0, x, t.zeros_like(x)),
    "where2": lambda t, x, i, b: t.where(x > 0, x, 0.5),
    "gather": lambda t, x, i, b: x.gather(2, (i % 5).unsqueeze(-1)),
    "scatter": lambda t, x, i, b: t.zeros(3, 9).scatter_(1, i, 1.0),
    "tril": lambda t, x, i, b: t.tril(t.ones(4, 4)),
    "cat": lambda t, x, i, b: t.cat([x, x], dim=1),
    "stack": lambda t, x, i, b: t.stack([x, x], dim=-1),
    "cumsum": lambda t, x, i, b: x.cumsum(1),
    "prod": lambda t, x, i, b: x.prod(1),
    "mean": lambda t, x, i, b: x.mean(dim=(0, 1)),
    "sum": lambda t, x, i, b: x.sum(-1, keepdim=True),
    "sumi": lambda t, x, i, b: i.sum(),
    "sumb": lambda t, x, i, b: b.sum(1),
    "meanb": lambda t, x, i, b: b.float().mean(),
    "int//": lambda t, x, i, b: i // 2,
    "int%": lambda t, x, i, b: i % 3,
    "int/": lambda t, x, i, b: i / 2,
    "int+f": lambda t, x, i, b: i + 1.5,
    "i==": lambda t, x, i, b: (i == i.flip(1)).sum(),
    "&": lambda t, x, i, b: (x > 0) & (x < 1),
    "~": lambda t, x, i, b: ~b,
    "clamp": lambda t, x, i, b: x.clamp(min=0),
    "pow": lambda t, x, i, b: x.pow(2),
    "rsqrt": lambda t, x, i, b: x.abs().rsqrt(),
    "mm": lambda t, x, i, b: x @ x.transpose(1, 2),
    "einsum": lambda t, x, i, b: t.einsum("bij,bkj->bik", x, x),
    "emb": lambda t, x, i, b: t.arange(27.0).view(9, 3)[i],
    "softmax": lambda t, x, i, b: t.softmax(x, dim=1),
    "lse": lambda t, x, i, b: t.logsumexp(x, 1),
    "round": lambda t, x, i, b: x.round(),
    "bidx": lambda t, x, i, b: x[b],
    "any": lambda t, x, i, b: b.any(1),
    "unbind": lambda t, x, i, b: x.unbind(1)[2],
    "roll": lambda t, x, i, b: x.roll(1, 1),
    "arange": lambda t, x, i, b: t.arange(1, 10, 2),
    "lin": lambda t, x, i, b: t.linspace(0, 1, 5),
    "outer": lambda t, x, i, b: t.outer(x[0, 0], x[0, 1]),
    "type": lambda t, x, i, b: i.float(),
    "argmax": lambda t, x, i, b: x.argmax(),
    "argmaxd": lambda t, x, i, b: x.argmax(dim=-1),
    "full": lambda t, x, i, b: t.full((2, 2), 7),
    "eye": lambda t, x, i, b: t.eye(3),
    "1-x": lambda t, x, i, b: 1 - x,
    "2**x": lambda t, x, i, b: 2**x,
    "x**-1": lambda t, x, i, b: x ** (-1),
    "iter": lambda t, x, i, b: t.stack(list(x)),
    "mT": lambda t, x, i, b: x.mT,
    "t": lambda t, x, i, b: x[0].t(),
    "addmm": lambda t, x, i, b: x[0].add(x[0], alpha=2),
    "isnan": lambda t, x, i, b: t.isnan(x).any(),
    "diag": lambda t, x, i, b: x[0].diagonal(),
    "nz": lambda t, x, i, b: b.nonzero(),
    "unflat": lambda t, x, i, b: x.unflatten(1, (2, 2)),
    "cnt": lambda t, x, i, b: t.bincount(i.flatten()),
    "med": lambda t, x, i, b: x[0, 0].median(),
    "var0": lambda t, x, i, b: t.var(x, 0),
    "exp": lambda t, x, i, b: t.exp(x),
    "bmm": lambda t, x, i, b: t.bmm(x, x.transpose(1, 2)),
    "sq2": lambda t, x, i, b: t.square(x),
    "triu": lambda t, x, i, b: t.triu(t.ones(3, 3), diagonal=1).bool(),
    "permute by negative numbers": lambda t, x, i, b: x.permute(-1, 0, 1),
    "logical": lambda t, x, i, b: t.logical_and(x > 0, x.logical_not()),
    "isclose": lambda t, x, i, b: t.isclose(x, x + 1e-3, atol=1e-2),
    "atan2": lambda t, x, i, b: t.atan2(x, x + 1) + x.tanh().asin(),
    "remainder": lambda t, x, i, b: t.remainder(i, 3),
    "true_divide": lambda t, x, i, b: t.true_divide(i, 4),
    "stacks": lambda t, x, i, b: t.hstack([t.vstack([x[0], x[1]]), t.tile(x[0], (2, 1))]),
    "unique": lambda t, x, i, b: t.unique(i, return_counts=True)[1],
    "diagonal matrix": lambda t, x, i, b: t.diag(x[0, 0]),
    "movedim": lambda t, x, i, b: t.movedim(x, 0, 2),
    "repeat_interleave": lambda t, x, i, b: t.repeat_interleave(x[0, 0], 2),
    "count_nonzero": lambda t, x, i, b: t.count_nonzero(b),
    "nan_to_num": lambda t, x, i, b: t.nan_to_num(t.tensor([float("nan"), 1.0])),
    "mv": lambda t, x, i, b: t.ger(x[0] @ x[0, 0], t.mv(x[0], x[0, 1])),
    "clamp_min": lambda t, x, i, b: x.clamp_min(-0.5).clamp_max(0.5),
    "linalg": lambda t, x, i, b: t.linalg.inv(x[0] @ x[0].t() + t.eye(4)),
    "promotion": lambda t, x, i, b: i * t.tensor(2.0) + t.tensor([1, 2, 3, 4]) * x[0, 0, :4],
    "whole numbers": lambda t, x, i, b: t.div(i - 4, 2, rounding_mode="trunc") + i.clamp(min=2) + i.float().floor().long().round(),
    "in place": lambda t, x, i, b: x.abs().clone().sqrt_().pow_(3).neg_().exp_().clamp_min_(0.5),
    "added at places": lambda t, x, i, b: t.zeros(3, 9).scatter_add_(1, i, x[0, :3, :4]),
    "added at rows": lambda t, x, i, b: t.zeros(3, 9).index_add_(0, t.tensor([1, 1]), t.ones(2, 9), alpha=2),
    "filled at places": lambda t, x, i, b: t.zeros(3, 3).index_fill_(1, t.tensor([1]), 7).fill_diagonal_(4),
    "copied to rows": lambda t, x, i, b: t.zeros(3, 3).index_copy_(0, t.tensor([2]), t.ones(1, 3)),
    "scattered in another shape": lambda t, x, i, b: t.zeros(3, 9).scatter_(1, t.tensor([[1, 2]]), x[0]),
    "argmax that keeps the dimensions": lambda t, x, i, b: x.argmax(keepdim=True),
    "types by their older names": lambda t, x, i, b: x.type(t.LongTensor) + i.type(t.LongTensor).unsqueeze(-1),
    "one of NumPy's numbers": lambda t, x, i, b: x.detach() * np.int64(3) + np.float64(0.5),
    "std of all": lambda t, x, i, b: x.std(False) + x.mean(dtype=t.float32),
    "arange by names": lambda t, x, i, b: t.arange(start=1, end=9, step=2) + t.arange(end=4) + t.arange(0, 8, step=2),
    "zeros by name": lambda t, x, i, b: t.zeros(size=(2, 3)) + t.ones(size=[3]),
    "count_nonzero along": lambda t, x, i, b: t.count_nonzero(i, dim=1),
    "entries that are set": lambda t, x, i, b: set_entries(t),
    "views that are written to": lambda t, x, i, b: write_to_views(t),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_gives_the_numbers_the_shape_and_the_type_of_pytorch(name, pytorch):
    def of(torch):
        result = EXPRESSIONS[name](torch, torch.tensor(A), torch.tensor(WHOLE), torch.tensor(B))
        kind = ["bool", "int64", "float32"].index(str(result.dtype).removeprefix("torch."))
        return [result.tolist(), list(result.shape), kind]

    numbers, shape, kind = json.loads(json.dumps(of(book)))
    expected, expected_shape, expected_kind = pytorch(of)
    assert (shape, kind) == (expected_shape, expected_kind)
    np.testing.assert_allclose(np.array(numbers, float), np.array(expected, float), rtol=1e-5, atol=1e-6)


# Of two Tensors that require a gradient.
RECORDED = {
    "remainder by a number": lambda t, x, y: x % 0.7,
    "remainder by a Tensor": lambda t, x, y: t.remainder(x, y.abs() + 1),
    "rounding": lambda t, x, y: x.round() + x.floor() * y + t.ceil(x) + x.trunc() + t.round(x, decimals=1),
    "masked_fill with a Tensor": lambda t, x, y: x.masked_fill(x > 0, y[0, 0, 0]),
    "float times whole numbers": lambda t, x, y: x * t.arange(5) + t.tensor(2) / y,
    "float32 times one float64": lambda t, x, y: x * t.tensor(2.0, dtype=t.float64),
    "where of two types": lambda t, x, y: t.where(x > 0, t.tensor(2), y),
    "cat of two types": lambda t, x, y: t.cat([x, t.ones(3, 4, 1, dtype=t.int64)], -1),
    "gather at fewer places": lambda t, x, y: x.gather(2, t.tensor([[[0, 4], [1, 1]]])),
    "scatter": lambda t, x, y: x.scatter(2, t.arange(5).expand(3, 4, 5), y),
    "scatter at fewer places": lambda t, x, y: x.scatter(1, t.tensor([[[0, 3]]]), y[:1, :1, :2]),
    "scatter a value": lambda t, x, y: x.scatter(1, t.tensor([[[0, 3]]]), value=2.0),
    "scatter_add": lambda t, x, y: x.scatter_add(0, t.tensor([[[0, 2]], [[0, 0]]]), y[:2, :1, :2]),
    "linalg norms": lambda t, x, y: t.linalg.norm(x, dim=1) * t.linalg.vector_norm(y, 1) + t.linalg.matrix_norm(x[0]),
    "norm": lambda t, x, y: x.norm(3, 1) + y.norm(p=3),
    "addmm": lambda t, x, y: t.addmm(x[0, :, :4], x[0], y[0].t(), beta=0.5, alpha=2),
    "addcmul": lambda t, x, y: t.addcmul(x, y, x, value=3) + t.addcdiv(x, y, x.abs() + 1),
    "quantile": lambda t, x, y: t.quantile(x, 0.3, dim=1, keepdim=True) + y.diff(dim=1).abs().nanmean(1, True),
    "tensordot": lambda t, x, y: t.tensordot(x, y, dims=([0, 1], [0, 1])) + t.cross(x[0, :, :3], y[0, :, :3], dim=1).sum(),
    "repeat_interleave": lambda t, x, y: t.repeat_interleave(x, 2, dim=1) * t.flip(y, dims=(2,)).repeat_interleave(t.tensor([2] * 4), 1),
    "grids": lambda t, x, y: t.stack(t.meshgrid([x[0, 0], y[0, 0]], indexing="ij")),
    "take": lambda t, x, y: t.take(x, t.tensor([3, 3])) + y.take_along_dim(t.tensor([[[1], [2]]]), 1)[0, :, 0],
}


@pytest.mark.parametrize("name", RECORDED)
def test_an_expression_has_pytorchs_gradients(name, pytorch):
    def of(torch):
        x, y = (torch.tensor(array, requires_grad=True) for array in (A, A[::-1, ::-1].copy()))
        result = RECORDED[name](torch, x, y)
        (result * torch.cos(torch.arange(result.numel()).float()).reshape(result.shape)).sum().backward()
        kind = ["float64", "float32"].index(str(result.dtype).removeprefix("torch."))
        return [kind, result.tolist(), *((torch.zeros(1) if z.grad is None else z.grad).tolist() for z in (x, y))]

    for ours, theirs in zip(of(book), pytorch(of), strict=True):
        np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=1e-4, atol=1e-5)


def test_only_what_requires_a_gradient_gets_one():
    x, w = book.ones(3), book.tensor([1.0, 2.0, 3.0], requires_grad=True)
    loss = (w * x).sum()
    loss.backward()
    assert w.grad.tolist() == [1.0, 1.0, 1.0]
    assert x.grad is None
    assert not (x * 2).requires_grad
    w.grad.zero_()
    assert w.grad.tolist() == [0.0, 0.0, 0.0]


def test_a_leaf_is_changed_in_place_under_no_grad_only():
    w = book.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match=r"under torch\.no_grad"):
        w[0] = 5.0
    with book.no_grad():
        w[0] = 5.0
    assert w.tolist() == [5.0, 2.0]
    w.data.mul_(2)
    assert w.tolist() == [10.0, 4.0]


def test_a_tensor_that_was_used_and_then_changed_is_noticed():
    x, w = book.ones(3), book.tensor([1.0, 2.0, 3.0], requires_grad=True)
    loss = (w * x).sum()
    x[0].fill_(7.0)
    with pytest.raises(RuntimeError, match="was changed after multiply had used it"):
        loss.backward()


def test_a_view_that_is_used_is_a_copy():
    x, w = book.ones(3), book.tensor([1.0, 2.0], requires_grad=True)
    loss = (w * x[:2]).sum()
    x.fill_(7.0)
    loss.backward()
    assert w.grad.tolist() == [1.0, 1.0]


def test_conditions_and_indices_of_ones_own_primitives_keep_their_type(monkeypatch):
    monkeypatch.setattr("autograd.entry.entries", dict(autograd.table))
    parts = {"symbol": "own", "latex": "#1", "doc": "Own.", "scalar": None}
    given = []

    def chosen(condition, a, b):
        given.append((condition.dtype, a.dtype, b.dtype))
        return np.where(condition, a, b)

    def picked(index, *xs):
        given.append((index.dtype, *(x.dtype for x in xs)))
        return np.choose(index, xs)

    choose = autograd.Primitive("own_where", array=chosen, vjp=(None, lambda g, y, c, a, b: g * c, lambda g, y, c, a, b: g * ~c), **parts)
    pick = autograd.Primitive(
        "own_pick", array=picked, masks="place", vjp=lambda g, y, i, *xs: [None] + [g * (i == k) for k in range(len(xs))],
        cases=(autograd.Case((), ()),), **parts,
    )  # fmt: skip
    single, double = book.tensor([1.0, 2.0]), book.tensor([3.0, 4.0], dtype=book.float64)
    assert choose(book.tensor([True, False]), single, double).tolist() == [1.0, 4.0]
    assert pick(book.tensor([1, 0]), single, double).tolist() == [3.0, 2.0]
    assert given == [(bool, float, float), (int, float, float)]


def test_layers_give_the_books_tensors():
    layer = nn.Linear(3, 2)
    out = layer(book.randn(4, 3))
    assert isinstance(out, book.Tensor)
    assert out.max(1).values.shape == (4,)
    assert isinstance(layer.weight * book.ones(2, 3), book.Tensor)
    assert type(layer.weight * 2) is Tensor


def test_recording_is_switched_on_and_off():
    w = book.ones(2, requires_grad=True)
    with book.no_grad():
        with book.enable_grad():
            assert (w * 2).requires_grad
        assert not (w * 2).requires_grad
    with book.set_grad_enabled(False):
        assert not (w * 2).requires_grad
    book.set_grad_enabled(False)
    assert not (w * 2).requires_grad
    book.set_grad_enabled(True)
    assert (w * 2).requires_grad


def test_the_parts_of_the_book_are_imported_as_modules():
    code = (
        "import nn.torch.nn.functional as F; from nn.torch.utils.data import DataLoader; import nn.torch.optim.lr_scheduler as L; "
        "import nn; print(F is nn.functional, DataLoader is nn.data.DataLoader, L is nn.optim.lr_scheduler)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["True"] * 3


def test_formats_are_those_of_numbers():
    assert f"{book.tensor(2.5):.2f} {book.tensor(3)} {book.tensor(2.5, requires_grad=True):.1f}" == "2.50 3 2.5"


def test_random_whole_numbers_between_named_limits():
    drawn = book.randint(low=3, high=5, size=(50,))
    assert set(drawn.tolist()) == {3, 4}


def test_loaders_give_tensors_while_the_book_is_open():
    code = "import nn.data; x = next(iter(nn.data.DataLoader(range(4), 2))); print(type(x).__name__)"
    for first, kind in (("", "ndarray"), ("from nn import torch; ", "Tensor")):
        assert subprocess.run([sys.executable, "-c", first + code], capture_output=True, text=True, check=True).stdout.strip() == kind


@pytest.mark.parametrize(
    ("part", "name", "near"),
    [("linalg", "norms", "norm"), ("cuda", "is_avalable", "is_available"), ("autograd", "grads", "grad"), ("utils", "dta", "data")],
)
def test_a_part_of_the_book_says_what_is_not_in_it(part, name, near):
    with pytest.raises(AttributeError, match=rf"torch\.{part}\.{name} is not here; did you mean torch\.{part}\.{near}\?"):
        getattr(getattr(book, part), name)


def test_the_books_generators_are_taken_by_data():
    def draw():
        generator = book.Generator().manual_seed(3)
        parts = nn.data.random_split(range(10), [7, 3], generator=generator)
        loader = nn.data.DataLoader(range(5), shuffle=True, generator=generator)
        return [[part[i] for i in range(len(part))] for part in parts], [x.tolist() for x in loader]

    assert draw() == draw()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("argmx", "torch.argmx is not here; did you mean torch.argmax?"), ("stft_of_mine", "torch.stft_of_mine is not here")],
)
def test_a_name_that_is_not_in_the_book_says_so(name, sentence):
    with pytest.raises(AttributeError, match=sentence.replace("?", r"\?")):
        getattr(book, name)


def test_a_method_that_is_not_here_says_so():
    with pytest.raises(AttributeError, match=r"torch\.Tensor\.unsqeeze is not here; did you mean torch\.Tensor\.unsqueeze\?"):
        book.ones(2).unsqeeze(0)
    assert not hasattr(book.ones(2), "_repr_html_of_mine_")


@pytest.mark.parametrize(
    ("wrong", "error", "sentence"),
    [
        (lambda t: t.device("cuda"), RuntimeError, "There is no device 'cuda' here"),
        (lambda t: t.ones(2).to("cuda"), RuntimeError, "There is no device 'cuda' here"),
        (lambda t: t.ones(2).cuda(), RuntimeError, "There is no GPU here"),
        (lambda t: t.ones(3).item(), RuntimeError, "A Tensor of 3 numbers is not one number"),
        (lambda t: bool(t.ones(3)), RuntimeError, "neither true nor false"),
        (lambda t: t.tensor([1, 2]).mean(), RuntimeError, r"mean\(\) is of floats"),
        (lambda t: t.tensor([1, 2], requires_grad=True), RuntimeError, "Only Tensors of floats have a derivative"),
        (lambda t: t.ones(2).split([1, 2]), RuntimeError, "must add up to 2"),
        (lambda t: t.ones(2).topk(3), RuntimeError, "fewer than k = 3"),
        (lambda t: t.ones(2, 2, 2).t(), RuntimeError, "is of a matrix"),
        (lambda t: t.tensor([[1.0], [1.0, 2.0]]), ValueError, "rows that are equally long"),
        (lambda t: t.tensor([1.0], requires_grad=True).numpy(), RuntimeError, r"x\.detach\(\)\.numpy\(\)"),
        (lambda t: (t.tensor([1.0], requires_grad=True) * 2).requires_grad_(False), RuntimeError, "Only leaves"),
        (lambda t: (t.tensor([1.0], requires_grad=True) * 2).add_(1), RuntimeError, "was computed"),
        (lambda t: t.multinomial(t.tensor([1.0, 0.0]), 2), RuntimeError, "pass replacement=True"),
        (lambda t: t.multinomial(t.tensor([-1.0, 2.0]), 1), RuntimeError, "finite, not negative"),
        (lambda t: t.tensor([1, 2]).add_(0.5), RuntimeError, "make it .float"),
        (lambda t: t.tensor([1, 2]).__itruediv__(2), RuntimeError, "make it .float"),
        (lambda t: t.set_default_dtype(t.int64), TypeError, "one of floats"),
        (lambda t: t.zeros(2).__setitem__(0, t.tensor(1.0, requires_grad=True)), RuntimeError, "would lose that"),
        (lambda t: t.save(nn.Linear(1, 1), "x.pt"), TypeError, r"save model.state_dict\(\)"),
    ],
)
def test_a_slip_gets_a_sentence(wrong, error, sentence):
    with pytest.raises(error, match=sentence):
        wrong(book)


def test_what_is_saved_comes_back(tmp_path):
    model, copy = nn.Linear(3, 2), nn.Linear(3, 2)
    book.save(model.state_dict(), tmp_path / "model.pt")
    copy.load_state_dict(book.load(tmp_path / "model.pt"))
    assert book.equal(copy.weight, model.weight)
    book.save({"model": model.state_dict(), "epoch": 3, "losses": [0.5]}, tmp_path / "all.pt")
    loaded = book.load(tmp_path / "all.pt")
    assert loaded["epoch"] == 3
    assert loaded["losses"] == [0.5]
    assert book.equal(loaded["model"]["bias"], model.bias.detach())


def test_random_numbers_follow_the_seed():
    def draw():
        book.manual_seed(3)
        return [book.randn(2), book.rand(2), book.randint(0, 9, (2,)), book.randperm(4), book.bernoulli(book.full((3,), 0.5))]

    assert all(map(book.equal, draw(), draw()))
    generator = book.Generator().manual_seed(1)
    assert book.equal(book.randn(2, generator=generator), book.randn(2, generator=book.Generator().manual_seed(1)))


@pytest.mark.parametrize("room", ["autograd", "base", "devices", "dtypes", "making", "numpys", "page", "saving", "steps", "tensor"])
def test_the_books_examples_run(room):
    module = importlib.import_module(f"nn.torch.{room}")
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE) == doctest.TestResults(0, ANY)
