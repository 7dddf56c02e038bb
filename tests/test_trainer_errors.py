"""Claims about what `Trainer` refuses: one clear sentence, before anything is changed."""

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from nn.data import DataLoader, TensorDataset


def points(n):
    return np.random.default_rng(0).normal(size=(n, 2)), np.arange(n) % 3


def make_trainer(model=None, loss=None, **others):
    model = model or nn.Linear(2, 3)
    return nn.Trainer(model, loss or nn.CrossEntropyLoss(), nn.optim.Adam(model.parameters()), **others)


@pytest.mark.parametrize(
    ("error", "sentence", "change"),
    [
        (TypeError, "trains an nn.Module, not a function", {"model": lambda x: x}),
        (TypeError, "such as nn.CrossEntropyLoss.., and not a class CrossEntropyLoss; make one of it", {"loss": nn.CrossEntropyLoss}),
        (TypeError, "such as nn.CrossEntropyLoss.., and not a str", {"loss": "mse"}),
        (TypeError, "The optimizer is one of nn.optim, .* and not a class Adam; make one of it", {"optimizer": nn.optim.Adam}),
        (ValueError, "changes no parameter of this Linear; make it with model.parameters", {"optimizer": nn.optim.SGD([Value(1.0)])}),
        (ValueError, "no metric 'acuracy'; choose one of accuracy, precision", {"metrics": ["acuracy"]}),
        (TypeError, r'metrics is a list of names and functions, such as \["accuracy"\]; got \'accuracy\'', {"metrics": "accuracy"}),
        (ValueError, "two measures called 'accuracy'", {"metrics": ["accuracy", "accuracy"]}),
        (TypeError, "callbacks is a list of .*; got a class EarlyStopping; make one of it", {"callbacks": [nn.callbacks.EarlyStopping]}),
        (TypeError, "callbacks is a list of .*; got a float", {"callbacks": 0.5}),
        (ValueError, "rng is a seed", {"rng": "zero"}),
    ],
)  # fmt: skip
def test_what_a_trainer_cannot_be_made_of_is_refused(error, sentence, change):
    model = nn.Linear(2, 3)
    parts = {"model": model, "loss": nn.CrossEntropyLoss(), "optimizer": nn.optim.SGD(model.parameters())}
    with pytest.raises(error, match=sentence):
        nn.Trainer(**{**parts, **change})


@pytest.mark.parametrize(
    ("error", "sentence", "arguments"),
    [
        (ValueError, "at least one item; the arrays are empty", {"train": (np.ones((0, 2)), np.ones(0))}),
        (ValueError, "The dataset of a DataLoader is empty", {"train": []}),
        (ValueError, "epochs must be at least 1; got 0", {"epochs": 0}),
        (TypeError, "epochs must be a whole number; got 1.5", {"epochs": 1.5}),
        (ValueError, "batch_size must be at least 1; got 0", {"batch_size": 0}),
        (ValueError, r"train is a tuple of 1; .* as a pair \(X, y\)", {"train": (np.ones((3, 2)),)}),
        (TypeError, r"train must be a pair of arrays \(X, y\), a dataset or a DataLoader; got a ndarray", {"train": np.ones((3, 2))}),
        (TypeError, r"train must be a pair of arrays \(X, y\), .*; got a dict", {"train": {"X": [[1, 2]], "y": [0]}}),
        (TypeError, r"train must be a pair of arrays .*; got a str", {"train": "data.csv"}),
        (TypeError, r"make one of inputs and targets: TensorDataset\(X, y\)", {"train": [*points(8)]}),
        (TypeError, "validation must be a pair of arrays .*; got a float", {"validation": 0.2}),
        (ValueError, "equally long", {"train": (np.ones((3, 2)), np.ones(4))}),
        (ValueError, "pair of an input and its target; here it is an input alone", {"train": TensorDataset(np.ones((3, 2)))}),
        (ValueError, "train is a DataLoader, which has its batch size .4.; leave batch_size out",
         {"train": DataLoader(TensorDataset(*points(8)), 4), "batch_size": 8}),
        (ValueError, "nan or infinity in the column", {"train": (np.array([[1.0, np.nan]]), [0])}),
        (FileNotFoundError, "There is no file nowhere.safetensors", {"resume_from": "nowhere.safetensors"}),
    ],
)  # fmt: skip
def test_data_and_numbers_that_do_not_do_are_refused_before_training(error, sentence, arguments):
    trainer = make_trainer()
    before = trainer.model.state_dict()
    with pytest.raises(error, match=sentence):
        trainer.fit(**{"train": points(8), "verbose": False, **arguments})
    for name, x in trainer.model.state_dict().items():
        np.testing.assert_array_equal(x, before[name])
    assert trainer.epoch == 0


@pytest.mark.parametrize(
    ("sentence", "loss"),
    [
        (r"single number, and this is an array of shape \(8,\); reduce it", nn.CrossEntropyLoss(reduction="none")),
        ("single number, and this is a NoneType", lambda output, target: None),
        ("single number, and this is a list", lambda output, target: [1.0, 2.0]),
        ("The loss has no derivative: it was computed outside of the graph", lambda output, target: float(output.data.sum())),
        ("The loss depends on no parameter that the optimizer changes", lambda output, target: Tensor(output.numpy()).sum()),
    ],
)
def test_a_loss_that_cannot_be_minimised_is_refused(sentence, loss):
    with pytest.raises(ValueError, match=sentence):
        make_trainer(loss=loss).fit(points(8), verbose=False)


def test_a_metric_that_is_no_number_is_refused():
    with pytest.raises(TypeError, match=r"one number, and confusion_matrix gave an array of shape \(3, 3\)"):
        make_trainer(metrics=["confusion_matrix"]).fit(points(8), verbose=False)


def test_outputs_of_different_lengths_cannot_be_put_together():
    class Longer(nn.Module):
        def forward(self, x):
            return np.ones((len(x), len(x)))

    model = nn.Sequential(nn.Linear(2, 3), Longer())
    with pytest.raises(ValueError, match=r"outputs of the batches cannot be joined: they have the shapes \(2, 2\), \(3, 3\)"):
        make_trainer(model).predict(np.ones((5, 2)), batch_size=3)
