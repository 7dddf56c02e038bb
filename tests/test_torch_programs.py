"""Programs written for PyTorch, in small, while the phrase book `nn.torch` is open: what they do with models."""

import copy
import operator
import re

import numpy as np
import pytest

import autograd
import nn
import nn.functional as fn
from nn import keras, optim, torch
from nn.data import DataLoader, RandomSampler, TensorDataset
from nn.torch import page
from nn.torch.base import wrap

X = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
Y = np.random.default_rng(1).integers(0, 3, 12)


@pytest.fixture(autouse=True)
def open_book(monkeypatch, no_book_is_open):
    monkeypatch.setattr("nn.parameter.book", wrap)


def classifier():
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))


class Masked(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.full((3,), 2.0))
        self.register_buffer("mask", torch.tril(torch.ones(3, 3)).view(1, 3, 3))

    def forward(self, x):
        return (x * self.scale).masked_fill(self.mask[:, : x.size(1)] == 0, 0.0)


# --- parameters -----------------------------------------------------------------------------------


def test_parameters_are_the_books_tensors():
    for parameter in (nn.Conv2d(1, 6, 5).weight, nn.BatchNorm2d(3).weight, nn.Embedding(5, 2).weight, nn.GRU(2, 3).weight_ih_l0):
        assert isinstance(parameter, torch.Tensor)
    assert nn.Conv2d(1, 6, 5).weight.size() == (6, 1, 5, 5)
    model = Masked()
    assert [(name, p.size()) for name, p in model.named_parameters()] == [("scale", (3,))]
    assert isinstance(model.scale, nn.Parameter)
    assert not isinstance(model.scale * 2, nn.Parameter)
    assert not isinstance(model.mask, nn.Parameter)


def test_without_the_book_parameters_are_plain_tensors(monkeypatch):
    monkeypatch.setattr("nn.parameter.book", None)
    assert type(nn.Linear(2, 2).weight) is autograd.Tensor
    assert type(nn.Parameter([1.0, 2.0], label="w")) is autograd.Tensor
    assert type(nn.Linear(2, 2).state_dict()["weight"]) is np.ndarray


def test_a_parameter_is_a_copy_that_may_start_frozen():
    start = torch.zeros(2)
    weight, frozen = nn.Parameter(start), nn.Parameter([1.0], requires_grad=False)
    start.fill_(7.0)
    assert weight.tolist() == [0.0, 0.0]
    assert (weight.requires_grad, frozen.requires_grad, frozen.frozen) == (True, False, True)


def test_weights_are_started_and_changed_through_their_data():
    layer = nn.Linear(4, 3)
    layer.weight.data.normal_(0.0, 0.02)
    layer.bias.data.fill_(0)
    nn.init.ones_(layer.bias.data)
    assert layer.bias.tolist() == [1.0] * 3
    assert layer.weight.abs().max().item() < 0.2
    layer(torch.tensor(X)).pow(2).sum().backward()
    before, gradient = layer.weight.detach().clone(), layer.weight.grad.clone()
    for parameter in layer.parameters():
        parameter.data.sub_(parameter.grad.data * 0.1)
    np.testing.assert_allclose(layer.weight.tolist(), (before - 0.1 * gradient).tolist(), rtol=1e-5)
    layer.weight.grad.zero_()
    assert layer.weight.grad.norm().item() == 0.0


@pytest.mark.parametrize("method", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "Lion"])
def test_optimizers_and_clipping_change_them_as_they_change_plain_ones(method, monkeypatch):
    def trained(book, x):
        monkeypatch.setattr("nn.parameter.book", book)
        nn.manual_seed(3)
        model = classifier()
        optimizer = getattr(optim, method)(model.parameters(), lr=0.01)
        for _ in range(4):
            optimizer.zero_grad()
            fn.cross_entropy(model(x), Y).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            nn.utils.clip_grad_value_(model.parameters(), 0.1)
            optimizer.step()
        return {name: np.asarray(x) for name, x in model.state_dict().items()}

    ours, plain = trained(wrap, torch.tensor(X)), trained(None, X)
    for name in plain:
        np.testing.assert_array_equal(ours[name], plain[name])


def test_frozen_parameters_stay_in_the_state_and_learn_again():
    model = classifier()
    for parameter in model[0].parameters():
        parameter.requires_grad = False
    assert [name for name, p in model.named_parameters() if not p.requires_grad] == ["0.weight", "0.bias"]
    assert "0.weight" in model.state_dict()
    fn.cross_entropy(model(torch.tensor(X)), torch.tensor(Y)).backward()
    assert model[0].weight.grad is None
    assert model[3].weight.grad is not None
    assert model[0].weight.requires_grad_().requires_grad


def test_copies_are_independent_and_keep_their_gradients():
    model = classifier()
    model(torch.tensor(X)).sum().backward()
    twin = copy.deepcopy(model)
    assert torch.equal(twin[0].weight.grad, model[0].weight.grad)
    with torch.no_grad():
        twin[0].weight.add_(1)
    assert (twin[0].weight - model[0].weight).mean().item() == pytest.approx(1.0)


# --- states ---------------------------------------------------------------------------------------


def test_a_state_dict_shares_its_numbers_with_the_model():
    model, other = classifier(), classifier()
    state = model.state_dict()
    state["0.bias"].copy_(torch.ones(8))
    state["1.running_mean"].add_(5)
    assert model[0].bias.tolist() == [1.0] * 8
    assert list(model[1].running_mean) == [5.0] * 8
    other.load_state_dict(state)
    model[0].bias.data.fill_(3)
    assert other[0].bias.tolist() == [1.0] * 8


def test_a_constant_is_a_buffer():
    model = Masked()
    assert [name for name, _ in model.named_buffers()] == ["mask"]
    assert model(torch.ones(2, 3, 3)).sum().item() == 2 * 6 * 2.0
    state = model.state_dict()
    state["mask"] = torch.zeros(1, 3, 3)
    model.load_state_dict(state)
    assert isinstance(model.mask, torch.Tensor)
    assert model(torch.ones(2, 3, 3)).sum().item() == 0.0
    assert model.double().mask.dtype == torch.float64


def test_a_checkpoint_of_several_states_comes_back(tmp_path):
    model = classifier()
    optimizer = optim.Adam(model.parameters())
    model(torch.tensor(X)).sum().backward()
    optimizer.step()
    saved = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "best": torch.tensor(0.5), "epoch": 3}
    torch.save(saved, tmp_path / "checkpoint.pt")
    found = torch.load(tmp_path / "checkpoint.pt")
    again = classifier()
    again.load_state_dict(found["model"])
    optim.Adam(again.parameters()).load_state_dict(found["optimizer"])
    assert (found["epoch"], found["best"].item()) == (3, 0.5)
    assert torch.equal(again[0].weight, model[0].weight)


def test_early_stopping_keeps_the_best_weights_and_not_the_last():
    model = nn.Sequential(nn.Linear(4, 3))
    optimizer = optim.SGD(model.parameters(), lr=0.0)
    best = nn.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True)

    class Spoil(nn.callbacks.Callback):
        def on_epoch_end(self, trainer):
            model[0].weight.data.add_(5 * X.shape[0] * torch.tensor([[1.0], [0.0], [-1.0]]))

    trainer = nn.Trainer(model, nn.CrossEntropyLoss(), optimizer, callbacks=[best, Spoil()])
    before = model[0].weight.detach().clone()
    trainer.fit((X, Y), validation=(X, Y), epochs=4, verbose=False)
    assert torch.equal(model[0].weight, before)


def test_a_file_that_does_not_fit_leaves_a_model_as_it_was(tmp_path):
    model = classifier()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    nn.save(tmp_path / "other.nn", classifier(), optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1))
    before = model[0].weight.detach().clone()
    with pytest.raises(ValueError, match="nothing was loaded"):
        nn.load(tmp_path / "other.nn", model, optimizer)
    assert torch.equal(model[0].weight, before)


# --- Tensors --------------------------------------------------------------------------------------


def test_layers_take_whole_numbers_and_bools_of_the_book():
    assert nn.Embedding(5, 2)(torch.tensor([[0, 4]])).size() == (1, 2, 2)
    with pytest.raises(IndexError, match="has 5 vectors"):
        nn.Embedding(5, 2)(torch.tensor([5]))
    assert fn.one_hot(torch.tensor([0, 2]), 3).float().tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    q, seen = torch.randn(2, 2, 4, 4), torch.ones(4, 4).tril().bool()
    causal = fn.scaled_dot_product_attention(q, q, q, is_causal=True)
    np.testing.assert_allclose(fn.scaled_dot_product_attention(q, q, q, attn_mask=seen), causal, rtol=1e-6)
    attention, x = nn.MultiheadAttention(4, 2, batch_first=True), torch.randn(1, 4, 4)
    ours, theirs = attention(x, x, x, attn_mask=~seen)[0], attention(x, x, x, is_causal=True)[0]
    np.testing.assert_allclose(ours.detach(), theirs.detach(), rtol=1e-6)


def test_recurrent_layers_give_the_books_tensors():
    output, (h, c) = nn.LSTM(3, 4, batch_first=True)(torch.randn(2, 5, 3))
    assert [x.size() for x in (output, h, c)] == [(2, 5, 4), (1, 2, 4), (1, 2, 4)]


def test_both_books_may_be_open():
    layer = keras.layers.LSTM(3)
    assert layer(np.ones((2, 5, 4))).shape == (2, 3)
    assert layer.get_weights()[2].tolist() == [0.0] * 3 + [1.0] * 3 + [0.0] * 6


def test_pictures_and_measures_take_the_books_tensors():
    pytest.importorskip("matplotlib.pyplot")
    model = nn.Sequential(nn.Linear(2, 3))
    nn.plot.decision_boundary(model, X[:, :2], Y)
    (panel,) = nn.plot.weights(model)
    assert f"std {np.std(model[0].weight.detach().numpy()):.2g}" in panel.get_legend().get_texts()[0].get_text()
    images = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
    before = [p.detach().clone() for p in images.parameters()]
    nn.plot.landscape(lambda: nn.CrossEntropyLoss()(images(torch.ones(1, 1, 4, 4)), torch.tensor([1])), images, points=2)
    assert all((p == q).all() for p, q in zip(images.parameters(), before, strict=True))
    for picture in (nn.plot.grad_cam, nn.plot.feature_maps):
        assert picture(images, torch.ones(1, 4, 4), "1").get_title()


def test_constants_change_their_precision():
    assert torch.ones(2).double().dtype == torch.float64
    assert torch.ones(2, dtype=torch.float64).float().dtype == torch.float32
    assert torch.ones(2, dtype=torch.float16).double().dtype == torch.float64


def test_a_detached_tensor_that_is_to_have_a_derivative_gets_it():
    x = torch.ones(3)
    w = x.detach().requires_grad_()
    (w * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert w.grad.tolist() == [1.0, 2.0, 3.0]
    x.fill_(5.0)
    assert w.tolist() == [1.0, 1.0, 1.0]


def test_results_go_into_out_and_new_tensors_take_a_type():
    x, y, result = torch.ones(2), torch.full((2,), 3.0), torch.empty(2)
    torch.add(x, y, out=result)
    assert result.tolist() == [4.0, 4.0]
    assert x.new_ones(5, 3, dtype=torch.double).dtype == torch.float64
    assert torch.LongTensor([1, 2]).dtype == torch.int64
    assert torch.FloatTensor(2, 3).size() == (2, 3)


def test_the_gradients_of_gradients():
    x, w = torch.randn(5, 3, requires_grad=True), nn.Linear(3, 1)
    (slope,) = torch.autograd.grad(w(x).tanh(), x, torch.ones(5, 1), create_graph=True)
    penalty = ((slope.norm(2, dim=1) - 1) ** 2).mean()
    penalty.backward()
    assert x.grad is not None
    numbers = x.detach().numpy()

    def by_hand(weight):
        slopes = (1 - np.tanh(numbers @ weight.T + w.bias.detach().numpy()) ** 2) * weight
        return np.mean((np.linalg.norm(slopes, axis=1) - 1) ** 2)

    weight, step = w.weight.detach().numpy().astype(float), 1e-5 * np.eye(3)
    expected = [(by_hand(weight + d) - by_hand(weight - d)) / 2e-5 for d in step[:, None]]
    np.testing.assert_allclose(w.weight.grad.numpy()[0], expected, rtol=1e-3)


def test_the_steps_of_a_computation_can_be_followed():
    x = torch.ones(2, requires_grad=True)
    assert repr((x + 2).grad_fn) == "<add>"
    assert (x * x).mean().grad_fn.next_functions[0][0].name() == "multiply"
    assert x.grad_fn is None


@pytest.mark.parametrize(
    ("wrong", "error", "sentence"),
    [
        (lambda x: torch.autograd.grad(x * 2, torch.ones(1)), RuntimeError, "inputs that require a gradient"),
        (lambda x: torch.autograd.grad((x * 2).sum(), torch.ones(1, requires_grad=True)), RuntimeError, "with allow_unused=True"),
        (lambda x: torch.autograd.grad(x * 2, x), ValueError, "starts from a single number"),
        (lambda x: nn.Module().register_buffer("w", x), TypeError, "A buffer is a NumPy array, not a Tensor"),
        (lambda x: RandomSampler([]), ValueError, "this one is empty"),
    ],
)
def test_a_slip_gets_a_sentence(wrong, error, sentence):
    with pytest.raises(error, match=sentence):
        wrong(torch.ones(2, requires_grad=True))


def test_unused_inputs_have_no_gradient_if_that_is_allowed():
    x, y = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    assert torch.autograd.grad(torch.autograd.Variable(x) * 2, [x, y], allow_unused=True)[1] is None


def test_without_a_gpu_what_is_said_to_it_does_nothing():
    assert not torch.cuda.is_available()
    assert not torch.accelerator.is_available()
    assert torch.cuda.device_count() == 0
    w = torch.ones(1, requires_grad=True)
    optimizer, scaler = optim.SGD([w], lr=1.0), torch.cuda.amp.GradScaler()
    with torch.autocast("cpu"):
        loss = (w * 3).sum()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    assert w.tolist() == [-2.0]


# --- batches --------------------------------------------------------------------------------------


def test_a_sampler_of_endlessly_many_items_is_asked_as_they_are_needed():
    data = TensorDataset(torch.arange(5), torch.arange(5) * 2)
    loader = iter(DataLoader(data, 3, sampler=RandomSampler(data, replacement=True, num_samples=int(1e10)), persistent_workers=True))
    x, y = next(loader)
    assert isinstance(x, torch.Tensor)
    assert torch.equal(x * 2, y)
    assert len(DataLoader(data, 3, sampler=RandomSampler(data, num_samples=7))) == 3


def test_a_random_sampler_goes_through_all_items_before_one_comes_again():
    drawn = [*RandomSampler("abcd", num_samples=10, generator=0)]
    assert sorted(drawn[:4]) == sorted(drawn[4:8]) == [0, 1, 2, 3]
    assert len(drawn) == 10


def test_a_loop_over_a_sampler_goes_on_in_another_loader():
    data = np.arange(10)
    first = DataLoader(data, 2, sampler=RandomSampler(data, generator=1))
    loop = iter(first)
    seen, state = [next(loop)], first.state_dict()
    seen += loop
    second = DataLoader(data, 2, sampler=RandomSampler(data, generator=2))
    second.load_state_dict(state)
    assert [x.tolist() for x in second] == [x.tolist() for x in seen[1:]]


# --- names ----------------------------------------------------------------------------------------

IMPORTS = {
    "from nn.torch import stft_of_mine": "torch.stft_of_mine is not here.",
    "from nn.torch import randm": "torch.randm is not here; did you mean torch.rand",
    "from nn import Dense": "nn.Dense is not here; it is Keras' name, and stands in nn.keras.layers.",
    "from nn.functional import one_hott": "nn.functional.one_hott is not here; did you mean nn.functional.one_hot?",
    "from nn.optim import Adamm": "nn.optim.Adamm is not here; did you mean nn.optim.Adam?",
    "from nn.optim.lr_scheduler import StepL": "nn.optim.lr_scheduler.StepL is not here; did you mean nn.optim.lr_scheduler.StepLR?",
    "from nn.keras.layers import Unknown": "keras.layers.Unknown is not here.",
}


@pytest.mark.parametrize("line", IMPORTS)
def test_an_import_of_what_is_not_here_gets_a_sentence(line):
    with pytest.raises(ImportError, match=f"^{re.escape(IMPORTS[line])}"):
        exec(line)


def test_an_attribute_that_is_not_here_gets_a_sentence_and_is_not_had():
    with pytest.raises(AttributeError, match=r"^nn\.Linaer is not here; did you mean nn\.Linear\?$"):
        nn.Linaer  # noqa: B018
    assert not hasattr(nn.functional, "stft")
    with pytest.raises(AttributeError, match=r"^torch\.Tensor\.unsqueze is not here; did you mean torch\.Tensor\.unsqueeze\?$"):
        torch.ones(2).unsqueze(0)
    assert not hasattr(torch.ones(2), "stft_of_mine")


def test_the_page_has_every_entry_of_the_book_with_what_it_is_here():
    text = page.page()
    assert "| `torch.cat` | `autograd.concatenate`. |" in text
    assert "| `x.matmul` | `x @ other` |" in text
    assert "| `x.max` | `x._extreme(autograd.max, np.argmax, autograd.maximum, dim, keepdim)` |" in text
    names = [name for name in ("randn", "tensor", "save", "LongTensor", "no_grad", "where") if name not in text]
    assert not names
    for name in dir(torch.Tensor):
        if not name.startswith("_") and name not in page.OURS:
            assert re.search(rf"^\| `x\.{name}` \| \S", text, re.MULTILINE), name
    assert not re.findall(r"\| ``|\|  \|", text)
    named = set(re.findall(r"`((?:nn|autograd)\.[\w.]+)`", text))
    assert len(named) > 10
    for path in named:
        operator.attrgetter(path.partition(".")[2])(nn if path.startswith("nn") else autograd)
