"""Claims about what is checked early: sizes may be NumPy's whole numbers, and a missing package is said before a first epoch is lost."""

import sys

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import checks, optim
from nn.data import DataLoader, TensorDataset, transforms
from nn.data.transforms import RandomRotation

# --- whole numbers --------------------------------------------------------------------------------


X = np.random.default_rng(0).normal(size=(2, 3, 100)).astype(np.float32)
IMAGE = np.random.default_rng(0).normal(size=(2, 2, 130, 130)).astype(np.float32)


def descent():
    return optim.SGD([Tensor([1.0])], lr=0.4, momentum=0.9)


def trained(whole):
    model = nn.Linear(100, 1, rng=0)
    trainer = nn.Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.01), rng=whole(0))
    trainer.fit((X[:, 0], X[:, 0, :1]), validation=(X[:, 1], X[:, 1, :1]), epochs=whole(2), batch_size=whole(1), verbose=False)
    return trainer.predict(X[:, 0], batch_size=whole(1)), trainer.evaluate((X[:, 1], X[:, 1, :1]), batch_size=whole(1))["loss"]


USES = {
    "Linear": lambda n: nn.Linear(n(100), n(100), rng=0)(X),
    "MLP": lambda n: [v.data for v in nn.MLP(n(2), [n(3), n(2)], rng=n(0))([1.0, 2.0])],
    "Conv1d": lambda n: nn.Conv1d(n(3), n(100), n(3), stride=n(1), padding=n(100), dilation=n(20), groups=n(1), rng=0)(X),
    "Conv2d": lambda n: nn.Conv2d(n(2), n(100), (n(3), n(3)), padding=(n(1), n(1)), rng=0)(IMAGE[..., :8, :8]),
    "MaxPool2d": lambda n: nn.MaxPool2d(n(2), n(2), n(1), n(1), ceil_mode=True)(IMAGE),
    "AvgPool2d": lambda n: nn.AvgPool2d(n(2), divisor_override=n(3))(IMAGE),
    "AdaptiveAvgPool2d": lambda n: nn.AdaptiveAvgPool2d((n(3), n(100)))(IMAGE),
    "LSTM": lambda n: nn.LSTM(n(100), n(100), n(2), batch_first=True, rng=0)(X)[0],
    "GRU": lambda n: nn.GRU(n(100), n(100), rng=0)(X)[0],
    "MultiheadAttention": lambda n: nn.MultiheadAttention(n(100), n(2), rng=0)(X, X, X)[0],
    "TransformerEncoderLayer": lambda n: nn.TransformerEncoderLayer(n(100), n(2), n(100), 0.0, rng=0)(X),
    "PositionalEncoding": lambda n: nn.PositionalEncoding(n(100), 0.0, n(100))(X),
    "Embedding": lambda n: nn.Embedding(n(100), n(100), padding_idx=n(1), rng=0)([1, 2]),
    "BatchNorm1d": lambda n: nn.BatchNorm1d(n(3))(X),
    "LayerNorm": lambda n: nn.LayerNorm((n(3), n(100)))(X),
    "Flatten": lambda n: nn.Flatten(n(1), n(2))(IMAGE),
    "Softmax": lambda n: nn.Softmax(n(1))(X),
    "cross_entropy": lambda n: nn.cross_entropy(X[:, 0], [n(5), n(100)], ignore_index=n(100)).item(),
    "DataLoader": lambda n: [x for (x,) in DataLoader(TensorDataset(np.arange(300)), n(100))],
    "Trainer": trained,
    "RandomCrop": lambda n: transforms.RandomCrop(n(100), padding=n(100), rng=0)(IMAGE),
    "spirals": lambda n: nn.data.spirals(n(100), classes=n(4), rng=0)[0],
    "StepLR": lambda n: optim.StepLR(descent(), n(2)).state_dict(),
    "LinearLR": lambda n: optim.LinearLR(descent(), total_iters=n(2)).state_dict(),
    "CosineAnnealingLR": lambda n: optim.CosineAnnealingLR(descent(), n(2)).state_dict(),
    "OneCycleLR": lambda n: optim.OneCycleLR(descent(), 1.0, epochs=n(100), steps_per_epoch=n(100)).state_dict(),
    "ReduceLROnPlateau": lambda n: optim.ReduceLROnPlateau(descent(), patience=n(2), cooldown=n(1)).state_dict(),
    "EarlyStopping": lambda n: nn.callbacks.EarlyStopping(patience=n(2)).patience,
}


def plain(result):
    return [plain(x) for x in result] if isinstance(result, (list, tuple)) else result.data if isinstance(result, Tensor) else result


@pytest.mark.parametrize("whole", [np.int64, np.int32, np.uint8])
@pytest.mark.parametrize("name", USES)
def test_numpys_whole_numbers_are_taken_like_pythons(name, whole):
    nn.manual_seed(0)
    expected = plain(USES[name](int))
    nn.manual_seed(0)
    np.testing.assert_equal(plain(USES[name](whole)), expected)


def test_several_arrays_in_the_place_of_a_dataset_are_still_refused():
    with pytest.raises(TypeError, match="takes one dataset, and then the batch_size"):
        DataLoader(np.ones(3), np.ones(3))
    with pytest.raises(TypeError, match=r"batch_size must be a whole number; got np.float64\(32.0\)"):
        DataLoader(np.ones(3), np.float64(32))


# --- packages that are not installed --------------------------------------------------------------


@pytest.mark.parametrize(
    ("package", "make", "sentence"),
    [
        ("sklearn", lambda: trainer(metrics=["accuracy"]), 'The metrics need scikit-learn: pip install "glassgrad[scripts]".'),
        ("sklearn", lambda: trainer(metrics=[nn.metrics.f1]), 'The metrics need scikit-learn: pip install "glassgrad[scripts]".'),
        ("sklearn", lambda: nn.metrics.accuracy([0, 1], [0, 1]), 'The metrics need scikit-learn: pip install "glassgrad[scripts]".'),
        ("safetensors", lambda: nn.callbacks.ModelCheckpoint("model.safetensors"),
         'ModelCheckpoint writes its files with safetensors: pip install "glassgrad[scripts]".'),
        ("scipy", lambda: RandomRotation(10), "RandomRotation needs SciPy: pip install scipy."),
    ],
)  # fmt: skip
def test_a_missing_package_is_said_at_once_with_what_installs_it(monkeypatch, package, make, sentence):
    make()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError) as caught:
        make()
    assert str(caught.value) == sentence


def trainer(**others):
    model = nn.Linear(2, 3)
    return nn.Trainer(model, nn.CrossEntropyLoss(), nn.optim.SGD(model.parameters()), **others)


def test_metrics_of_the_users_own_need_nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)

    def share(predictions, targets):
        return np.mean(predictions.argmax(1) == targets)

    history = trainer(metrics=[share]).fit((np.ones((4, 2)), [0, 1, 2, 0]), verbose=False)
    assert 0 <= history["share"][0] <= 1


def test_looking_for_a_package_does_not_load_it(monkeypatch):
    monkeypatch.delitem(sys.modules, "wave", raising=False)
    checks.require("wave", "Sound needs wave", "wave")
    assert "wave" not in sys.modules
