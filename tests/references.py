"""Layers and losses with the numbers that PyTorch gives for them, for where PyTorch is not installed.

`python tests/references.py` (with PyTorch) writes `references.json` anew; `test_references.py`
compares. Every case is a module with its inputs, trained for ten steps.
"""

import json
from pathlib import Path

import numpy as np
from pytorch_twin import fill, waves

import autograd
import nn
from autograd import Tensor
from autograd.structures import leaves

FILE = Path(__file__).with_name("references.json")
STEPS = 10
KINK = [-3.0, -0.5, 0.0, 0.5, 30.0]
LABELS = np.array([2, 0, 1])
PROBABILITIES = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.25, 0.25, 0.5]])
WEIGHT = [0.5, 1.0, 2.0]


class Case:
    """`nn`'s and PyTorch's module (made by `make(library, float64 of it)`), with inputs that learn and others that do not."""

    def __init__(self, make, *learning, given=(), eval=False):
        self.make, self.learning, self.given, self.eval = make, [np.array(x) for x in learning], given, eval

    def ours(self):
        """The first outputs, all gradients of the first step, and all numbers after the last, of our library."""
        module = fill(self.make(nn, float)).train(not self.eval)
        inputs = [Tensor(x) for x in self.learning]
        optimizer = nn.optim.SGD([*inputs, *module.parameters()], lr=0.1)
        for step in range(STEPS):
            outs = [out.reshape(-1) for out in leaves(module(*inputs, *self.given))]
            out = autograd.concatenate(outs)
            optimizer.zero_grad()
            (out * waves(*out.shape)).sum().backward()
            if step == 0:
                first, gradients = out.numpy(), [x.grad for x in [*inputs, *module.parameters()]]
            optimizer.step()
        return first, gradients, [*(x.numpy() for x in inputs), *module.state_dict().values()]

    def theirs(self):
        """The same, of PyTorch."""
        import torch

        module = fill_theirs(self.make(torch.nn, torch.float64)).train(not self.eval)
        inputs = [torch.tensor(x, requires_grad=True) for x in self.learning]
        optimizer = torch.optim.SGD([*inputs, *module.parameters()], lr=0.1)
        given = [torch.tensor(x) for x in self.given]
        for step in range(STEPS):
            outs = [out.reshape(-1) for out in leaves(module(*inputs, *given))]
            out = torch.cat(outs)
            optimizer.zero_grad()
            (out * torch.tensor(waves(*out.shape))).sum().backward()
            if step == 0:
                first, gradients = out.detach().numpy().copy(), [x.grad.numpy().copy() for x in [*inputs, *module.parameters()]]
            optimizer.step()
        return first, gradients, [x.detach().numpy() for x in [*inputs, *module.state_dict().values()]]


def fill_theirs(module):
    """What `fill` does, to a module of PyTorch's."""
    import torch

    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.tensor(np.sin(1 + np.arange(parameter.numel()))).reshape(parameter.shape))
    return module


def weights(library, numbers):
    """Weights of classes, as each library takes them."""
    if library is nn:
        return numbers
    import torch

    return torch.tensor(numbers, dtype=torch.float64)


CASES = {
    "Linear": Case(lambda n, f64: n.Linear(3, 2, dtype=f64), waves(4, 3)),
    "Linear without bias, on three axes": Case(lambda n, f64: n.Linear(3, 2, bias=False, dtype=f64), waves(2, 2, 3)),
    "Embedding": Case(lambda n, f64: n.Embedding(4, 2, dtype=f64), given=[np.array([[0, 3, 3], [1, 0, 3]])]),
    "Embedding with padding": Case(lambda n, f64: n.Embedding(4, 2, padding_idx=3, dtype=f64), given=[np.array([0, 3, 2])]),
    "Flatten": Case(lambda n, f64: n.Flatten(), waves(2, 2, 2)),
    "Sequential": Case(lambda n, f64: n.Sequential(n.Linear(3, 4, dtype=f64), n.Tanh(), n.Linear(4, 1, dtype=f64)), waves(2, 3)),
    "Identity": Case(lambda n, f64: n.Identity(54, unused=True), waves(2, 3)),
    "Dropout in evaluation": Case(lambda n, f64: n.Dropout(0.3), waves(2, 3), eval=True),
    "Dropout2d in evaluation": Case(lambda n, f64: n.Dropout2d(0.3), waves(1, 2, 2, 1), eval=True),
    "Conv1d": Case(lambda n, f64: n.Conv1d(2, 3, 2, stride=2, padding=1, dtype=f64), waves(2, 2, 5)),
    "Conv1d without bias, without n": Case(lambda n, f64: n.Conv1d(2, 2, 3, bias=False, dtype=f64), waves(2, 4)),
    "Conv2d": Case(lambda n, f64: n.Conv2d(2, 2, 2, dtype=f64), waves(1, 2, 3, 3)),
    "Conv2d with all settings": Case(
        lambda n, f64: n.Conv2d(2, 4, (2, 3), stride=(1, 2), padding=(0, 1), dilation=(2, 1), groups=2, dtype=f64), waves(1, 2, 4, 5)
    ),
    "Conv2d that keeps the size, reflected": Case(
        lambda n, f64: n.Conv2d(1, 1, 3, padding="same", padding_mode="reflect", dtype=f64), waves(1, 1, 3, 4)
    ),
    "MaxPool2d": Case(lambda n, f64: n.MaxPool2d(2), waves(1, 2, 4, 4)),
    "MaxPool2d with all settings": Case(lambda n, f64: n.MaxPool2d((2, 3), (2, 1), (1, 0), (1, 2), ceil_mode=True), waves(1, 1, 4, 6)),
    "AvgPool2d": Case(lambda n, f64: n.AvgPool2d(2), waves(1, 2, 4, 4)),
    "AvgPool2d with padding": Case(lambda n, f64: n.AvgPool2d(3, 2, 1, True, False), waves(1, 1, 4, 6)),
    "AvgPool2d with a divisor": Case(lambda n, f64: n.AvgPool2d(2, divisor_override=3), waves(1, 2, 2)),
    "AdaptiveAvgPool2d": Case(lambda n, f64: n.AdaptiveAvgPool2d((2, None)), waves(1, 2, 3, 2)),
    "AdaptiveMaxPool2d": Case(lambda n, f64: n.AdaptiveMaxPool2d((2, None)), waves(1, 2, 3, 2)),
    "MaxPool1d": Case(lambda n, f64: n.MaxPool1d(2), waves(1, 2, 4)),
    "AvgPool1d": Case(lambda n, f64: n.AvgPool1d(2), waves(1, 2, 4)),
    "ConvTranspose1d": Case(lambda n, f64: n.ConvTranspose1d(2, 3, 2, stride=2, padding=1, dtype=f64), waves(1, 2, 3)),
    "ConvTranspose2d": Case(lambda n, f64: n.ConvTranspose2d(2, 2, 2, dtype=f64), waves(1, 2, 2, 2)),
    "Upsample": Case(lambda n, f64: n.Upsample(scale_factor=2), waves(1, 1, 2, 2)),
    "PixelShuffle": Case(lambda n, f64: n.PixelShuffle(2), waves(1, 4, 2, 1)),
    "Unflatten": Case(lambda n, f64: n.Unflatten(1, (2, 2)), waves(2, 4)),
    "Dropout1d in evaluation": Case(lambda n, f64: n.Dropout1d(0.3), waves(1, 2, 2), eval=True),
    "GroupNorm": Case(lambda n, f64: n.GroupNorm(2, 4, dtype=f64), waves(2, 4, 2)),
    "InstanceNorm2d": Case(lambda n, f64: n.InstanceNorm2d(2, affine=True, dtype=f64), waves(1, 2, 2, 2)),
    "TransformerDecoderLayer": Case(lambda n, f64: n.TransformerDecoderLayer(4, 2, 3, 0.0, dtype=f64), waves(3, 2, 4), waves(2, 2, 4)),
    "RNN": Case(lambda n, f64: n.RNN(3, 2, dtype=f64), waves(4, 2, 3)),
    "RNN with relu": Case(lambda n, f64: n.RNN(2, 2, 1, "relu", dtype=f64), waves(2, 2)),
    "LSTM": Case(lambda n, f64: n.LSTM(3, 2, dtype=f64), waves(4, 2, 3)),
    "LSTM with all settings": Case(
        lambda n, f64: n.LSTM(2, 2, 2, bias=False, batch_first=True, bidirectional=True, dtype=f64), waves(2, 3, 2)
    ),
    "GRU": Case(lambda n, f64: n.GRU(3, 2, dtype=f64), waves(4, 2, 3), waves(1, 2, 2)),
    "GRU with all settings": Case(
        lambda n, f64: n.GRU(2, 2, 2, bias=False, batch_first=True, bidirectional=True, dtype=f64), waves(2, 3, 2)
    ),
    "MultiheadAttention": Case(
        lambda n, f64: n.MultiheadAttention(4, 2, dtype=f64), waves(2, 2, 4), waves(3, 2, 4), 0.1 * waves(3, 2, 4)
    ),
    "MultiheadAttention with all settings": Case(
        lambda n, f64: n.MultiheadAttention(4, 2, bias=False, kdim=3, vdim=2, batch_first=True, dtype=f64),
        waves(2, 2, 4), waves(2, 3, 3), waves(2, 3, 2), given=[np.array([[False, True, False], [False, False, True]])],
    ),
    "TransformerEncoderLayer": Case(lambda n, f64: n.TransformerEncoderLayer(4, 2, 3, 0.0, dtype=f64), waves(3, 2, 4)),
    "TransformerEncoderLayer with all settings": Case(
        lambda n, f64: n.TransformerEncoderLayer(4, 1, 3, 0.1, "gelu", 0.1, True, True, False, dtype=f64),
        waves(2, 2, 4), given=[np.array([[False, True], [False, False]])], eval=True,
    ),
    "BatchNorm1d": Case(lambda n, f64: n.BatchNorm1d(2, dtype=f64), waves(4, 2)),
    "BatchNorm1d on signals": Case(lambda n, f64: n.BatchNorm1d(2, eps=0.1, momentum=0.3, dtype=f64), waves(2, 2, 3)),
    "BatchNorm1d with the mean of all batches": Case(lambda n, f64: n.BatchNorm1d(2, momentum=None, dtype=f64), waves(4, 2)),
    "BatchNorm1d without parameters": Case(lambda n, f64: n.BatchNorm1d(2, affine=False, dtype=f64), waves(4, 2)),
    "BatchNorm1d without running statistics": Case(
        lambda n, f64: n.BatchNorm1d(2, track_running_stats=False, dtype=f64), waves(4, 2), eval=True
    ),
    "BatchNorm1d in evaluation": Case(lambda n, f64: n.BatchNorm1d(2, dtype=f64), waves(4, 2), eval=True),
    "BatchNorm2d": Case(lambda n, f64: n.BatchNorm2d(2, dtype=f64), waves(2, 2, 2, 2)),
    "BatchNorm2d in evaluation": Case(lambda n, f64: n.BatchNorm2d(2, dtype=f64), waves(1, 2, 2, 2), eval=True),
    "LayerNorm": Case(lambda n, f64: n.LayerNorm(4, dtype=f64), waves(3, 4)),
    "LayerNorm over two axes, without bias": Case(lambda n, f64: n.LayerNorm((2, 3), eps=0.1, bias=False, dtype=f64), waves(2, 2, 3)),
    "LayerNorm without parameters": Case(lambda n, f64: n.LayerNorm(3, elementwise_affine=False, dtype=f64), waves(2, 3)),
    "RMSNorm": Case(lambda n, f64: n.RMSNorm(4, dtype=f64), waves(3, 4)),
    "RMSNorm with eps, without weight": Case(
        lambda n, f64: n.RMSNorm((2, 2), eps=0.1, elementwise_affine=False, dtype=f64), waves(2, 2, 2)
    ),
    "ReLU": Case(lambda n, f64: n.ReLU(), KINK),
    "LeakyReLU": Case(lambda n, f64: n.LeakyReLU(), KINK),
    "LeakyReLU with a slope": Case(lambda n, f64: n.LeakyReLU(0.2), KINK),
    "ELU": Case(lambda n, f64: n.ELU(), KINK),
    "ELU with alpha": Case(lambda n, f64: n.ELU(0.5), KINK),
    "GELU": Case(lambda n, f64: n.GELU(), KINK),
    "GELU by tanh": Case(lambda n, f64: n.GELU("tanh"), KINK),
    "SiLU": Case(lambda n, f64: n.SiLU(), KINK),
    "Sigmoid": Case(lambda n, f64: n.Sigmoid(), KINK),
    "Tanh": Case(lambda n, f64: n.Tanh(), KINK),
    "Softplus": Case(lambda n, f64: n.Softplus(), KINK),
    "Softplus with beta and threshold": Case(lambda n, f64: n.Softplus(2.0, 0.5), KINK),
    "Softmax": Case(lambda n, f64: n.Softmax(dim=-1), waves(2, 3)),
    "Softmax over the first axis": Case(lambda n, f64: n.Softmax(dim=0), waves(2, 3)),
    "LogSoftmax": Case(lambda n, f64: n.LogSoftmax(dim=-1), waves(2, 3)),
    "MSELoss": Case(lambda n, f64: n.MSELoss(), waves(2, 3), given=[waves(3, 2).T]),
    "MSELoss, sum": Case(lambda n, f64: n.MSELoss(reduction="sum"), waves(3), given=[PROBABILITIES[0]]),
    "MSELoss, each": Case(lambda n, f64: n.MSELoss(reduction="none"), waves(3), given=[PROBABILITIES[0]]),
    "L1Loss": Case(lambda n, f64: n.L1Loss(), waves(2, 3), given=[waves(3, 2).T]),
    "HuberLoss": Case(lambda n, f64: n.HuberLoss(), 2 * waves(2, 3), given=[waves(3, 2).T]),
    "HuberLoss with delta": Case(lambda n, f64: n.HuberLoss(delta=0.3, reduction="sum"), waves(2, 3), given=[waves(3, 2).T]),
    "BCELoss": Case(lambda n, f64: n.BCELoss(), [0.3, 0.6, 0.5], given=[PROBABILITIES[1]]),
    "BCELoss with weights": Case(lambda n, f64: n.BCELoss(weight=weights(n, WEIGHT)), [0.3, 0.6, 0.5], given=[PROBABILITIES[0]]),
    "BCEWithLogitsLoss": Case(lambda n, f64: n.BCEWithLogitsLoss(), waves(3, 3), given=[PROBABILITIES]),
    "BCEWithLogitsLoss with weights": Case(
        lambda n, f64: n.BCEWithLogitsLoss(weight=weights(n, WEIGHT), pos_weight=weights(n, WEIGHT[::-1]), reduction="none"),
        waves(3, 3), given=[PROBABILITIES],
    ),
    "CrossEntropyLoss": Case(lambda n, f64: n.CrossEntropyLoss(), waves(3, 3), given=[LABELS]),
    "CrossEntropyLoss of one row": Case(lambda n, f64: n.CrossEntropyLoss(), waves(3), given=[LABELS[0]]),
    "CrossEntropyLoss of probabilities": Case(lambda n, f64: n.CrossEntropyLoss(), waves(3, 3), given=[PROBABILITIES]),
    "CrossEntropyLoss of probabilities, with all settings": Case(
        lambda n, f64: n.CrossEntropyLoss(weights(n, WEIGHT), label_smoothing=0.3), waves(3, 3), given=[PROBABILITIES]
    ),
    "CrossEntropyLoss, smoothed": Case(
        lambda n, f64: n.CrossEntropyLoss(label_smoothing=0.3, reduction="sum"), waves(3, 3), given=[LABELS]
    ),
    "CrossEntropyLoss with all settings": Case(
        lambda n, f64: n.CrossEntropyLoss(weights(n, WEIGHT), ignore_index=1, label_smoothing=0.3), waves(3, 3), given=[LABELS]
    ),
    "CrossEntropyLoss with all settings, each": Case(
        lambda n, f64: n.CrossEntropyLoss(weights(n, WEIGHT), ignore_index=1, label_smoothing=0.3, reduction="none"),
        waves(3, 3), given=[LABELS],
    ),
    "CrossEntropyLoss with weights, sum": Case(
        lambda n, f64: n.CrossEntropyLoss(weights(n, WEIGHT), reduction="sum"), waves(3, 3), given=[LABELS]
    ),
    "CrossEntropyLoss of pixels": Case(
        lambda n, f64: n.CrossEntropyLoss(weights(n, WEIGHT), label_smoothing=0.1, ignore_index=-1),
        waves(2, 3, 2), given=[np.array([[2, 0], [-1, 1]])],
    ),
    "CrossEntropyLoss of pixels, probabilities": Case(
        lambda n, f64: n.CrossEntropyLoss(weights(n, WEIGHT), label_smoothing=0.1),
        waves(2, 3, 2), given=[np.stack([PROBABILITIES[:2].T, PROBABILITIES[1:].T])],
    ),
    "NLLLoss": Case(lambda n, f64: n.NLLLoss(), waves(3, 3), given=[LABELS]),
    "NLLLoss with weights": Case(lambda n, f64: n.NLLLoss(weights(n, WEIGHT), ignore_index=0), waves(3, 3), given=[LABELS]),
    "NLLLoss of pixels, each": Case(lambda n, f64: n.NLLLoss(reduction="none"), waves(2, 3, 2), given=[np.array([[2, 0], [0, 1]])]),
    "KLDivLoss": Case(lambda n, f64: n.KLDivLoss(), waves(3, 3), given=[PROBABILITIES]),
    "KLDivLoss, mean over rows": Case(lambda n, f64: n.KLDivLoss(reduction="batchmean"), waves(3, 3), given=[PROBABILITIES]),
    "KLDivLoss of logarithms": Case(lambda n, f64: n.KLDivLoss(reduction="sum", log_target=True), waves(3, 3), given=[waves(3, 3).T - 1]),
    "MultiMarginLoss": Case(lambda n, f64: n.MultiMarginLoss(), waves(3, 3), given=[LABELS]),
    "MultiMarginLoss of one row": Case(lambda n, f64: n.MultiMarginLoss(), waves(3), given=[LABELS[0]]),
    "MultiMarginLoss with all settings": Case(
        lambda n, f64: n.MultiMarginLoss(p=2, margin=1.5, weight=weights(n, WEIGHT), reduction="sum"), waves(3, 3), given=[LABELS]
    ),
}  # fmt: skip


def as_lists(numbers):
    """What a case gives, for a JSON file."""
    first, gradients, after = numbers
    return {"first": first.tolist(), "gradients": [g.tolist() for g in gradients], "after": [x.tolist() for x in after]}


def assert_pytorchs(case, pytorch):
    """A case is what PyTorch's module is, or was where it was recorded (see the fixture `pytorch`)."""
    first, gradients, after = pytorch(lambda torch: [*as_lists(case.theirs()).values()])
    ours = as_lists(case.ours())
    np.testing.assert_allclose(ours["first"], first, rtol=1e-10, atol=1e-13)
    for found, expected in zip(ours["gradients"] + ours["after"], gradients + after, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


if __name__ == "__main__":
    lines = [f"{json.dumps(name)}: {json.dumps(as_lists(case.theirs()))}" for name, case in CASES.items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
