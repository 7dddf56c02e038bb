"""nn.data's small data sets: what scikit-learn ships and draws, with names; and what is refused."""

import copy
import inspect
import pickle
import sys

import numpy as np
import pytest

import nn
from nn import data

sklearn_datasets = pytest.importorskip("sklearn.datasets")

SHIPPED = ["iris", "wine", "digits", "breast_cancer", "diabetes"]
DRAWN = ["moons", "circles", "blobs", "spirals", "xor"]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_table_is_the_one_that_scikit_learn_ships_with_its_names(name):
    found, expected = getattr(data, name)(), getattr(sklearn_datasets, f"load_{name}")()
    X, y = found
    np.testing.assert_array_equal(X, expected.data)
    np.testing.assert_array_equal(y, expected.target)
    assert found.columns == tuple(expected.feature_names)
    assert found.classes == tuple(map(str, getattr(expected, "target_names", ())))
    assert {type(name) for name in (*found.columns, *found.classes)} == {str}


@pytest.mark.parametrize("name", SHIPPED + DRAWN)
def test_every_set_takes_a_size_a_noise_and_a_seed_which_repeats_it(name):
    make = getattr(data, name)
    assert {"n", "noise", "rng"} <= set(inspect.signature(make).parameters) <= {"n", "classes", "noise", "rng"}
    (X, y), (again, y_again), (other, _) = [make(20, noise=0.3, rng=seed) for seed in (0, 0, 1)]
    assert len(X) == len(y) == 20
    assert len(make(20, rng=0).columns) == X.shape[1]
    np.testing.assert_array_equal(X, again)
    np.testing.assert_array_equal(y, y_again)
    assert (other != X).any()


@pytest.mark.parametrize("name", SHIPPED + DRAWN)
def test_every_class_has_a_name_and_comes_up(name):
    found = getattr(data, name)()
    assert name == "diabetes" or np.unique(found.y).tolist() == list(range(len(found.classes)))


def test_the_rows_of_a_part_are_distinct_rows_of_the_whole_with_their_classes():
    X, y = data.digits(n=1797, rng=3)
    whole, targets = data.digits()
    order, order_whole = np.lexsort(X.T), np.lexsort(whole.T)
    np.testing.assert_array_equal(X[order], whole[order_whole])
    np.testing.assert_array_equal(y[order], targets[order_whole])
    assert (whole != X).any()


def test_noise_has_the_standard_deviation_that_was_asked_for():
    assert np.std(data.digits(noise=0.5, rng=0).X - data.digits().X) == pytest.approx(0.5, rel=0.01)
    assert np.std(data.xor(4000, noise=0.5, rng=0).X - data.xor(4000).X) == pytest.approx(0.5, rel=0.03)


def test_a_set_goes_into_a_trainer_as_it_is():
    nn.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
    trainer = nn.Trainer(model, nn.CrossEntropyLoss(), nn.optim.Adam(model.parameters(), lr=0.1), metrics=["accuracy"])
    assert trainer.fit(data.xor(), epochs=60, verbose=False)["accuracy"][-1] == 1


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda found: pickle.loads(pickle.dumps(found))])
def test_copies_keep_the_names(copied):
    found = data.wine(5, rng=0)
    other = copied(found)
    assert (other.columns, other.classes) == (found.columns, found.classes)
    np.testing.assert_array_equal(other.X, found.X)
    assert other[0] is other.X


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: data.iris(151), "iris has 150 examples, and n is 151; take at most 150."),
        (lambda: data.wine(0), "n must be at least 1; got 0."),
        (lambda: data.blobs(3, classes=4), "n must be at least 4; got 3."),
        (lambda: data.moons(noise=-1), "noise must be finite and not negative; got -1."),
        (lambda: data.xor(noise=-1), "noise must be finite and not negative; got -1."),
        (lambda: data.circles(1), "n must be at least 2; got 1."),
    ],
)
def test_a_set_that_cannot_be_is_refused(make, sentence):
    with pytest.raises(ValueError) as caught:
        make()
    assert str(caught.value) == sentence


@pytest.mark.parametrize("name", SHIPPED + DRAWN[:3])
def test_without_scikit_learn_one_sentence_says_so(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ModuleNotFoundError) as caught:
        getattr(data, name)()
    assert str(caught.value) == f'nn.data.{name} comes from scikit-learn: pip install "glassgrad[sklearn]".'


def test_spirals_and_xor_need_numpy_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert data.spirals(6).classes == ("0", "1", "2")
    assert data.xor().y.tolist() == [0, 1, 1, 0]
