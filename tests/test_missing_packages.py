"""Claims about packages that are not installed: it is said where a thing is made that will need them, before a first epoch is lost."""

import sys

import numpy as np
import pytest

import nn
from nn import checks
from nn.data.transforms import RandomRotation


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
