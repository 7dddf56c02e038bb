"""Compares `nn.estimators` with scikit-learn's own networks, MLPClassifier and MLPRegressor, on six of its data sets.

All have one hidden layer of --hidden, a StandardScaler before it, and the defaults for the rest. The numbers that regressors
predict are scaled for scikit-learn's too, which does not do it itself. Scores are means over 5 folds, the accuracy or R²,
and times are those of the fastest fit; the two take turns.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from command_line import Arguments, positive, run
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_friedman1
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nn
from nn.estimators import Classifier, Regressor

TABLES = {name: getattr(nn.data, name) for name in ("iris", "wine", "breast_cancer", "digits", "diabetes")}
TABLES["friedman1"] = lambda: make_friedman1(1000, noise=1.0, random_state=0)


def contenders(numbers: bool, hidden: int, seed: int) -> tuple[Any, Any]:
    """Ours and scikit-learn's network."""
    if numbers:
        theirs = TransformedTargetRegressor(MLPRegressor(hidden_layer_sizes=hidden, random_state=seed), transformer=StandardScaler())
        return Regressor(hidden, random_state=seed), theirs
    return Classifier(hidden, random_state=seed), MLPClassifier(hidden, random_state=seed)


def measure(name: str, hidden: int, seeds: int) -> Iterator[tuple[float, float]]:
    """The mean score and the shortest time of each of the two."""
    X, y = TABLES[name]()
    numbers = y.dtype.kind == "f"
    scores: list[list[float]] = [[], []]
    seconds: list[list[float]] = [[], []]
    for seed in range(seeds):
        for train, test in (KFold if numbers else StratifiedKFold)(5, shuffle=True, random_state=seed).split(X, y):
            for i, network in enumerate(contenders(numbers, hidden, seed)):
                model = make_pipeline(StandardScaler(), network)
                begin = time.perf_counter()
                model.fit(X[train], y[train])
                seconds[i].append(time.perf_counter() - begin)
                scores[i].append(model.score(X[test], y[test]))
    return zip(map(np.mean, scores), map(min, seconds), strict=True)


def main() -> None:
    parser = Arguments(__doc__)
    parser.add_argument("--seeds", type=positive, default=4, help="how many times 5 folds are drawn, and trained on")
    parser.add_argument("--hidden", type=positive, default=64, help="the size of the hidden layer")
    parser.add_argument("--data", choices=TABLES, nargs="+", default=list(TABLES), help="the data sets")
    args = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print("| data | score here | scikit-learn's | seconds here | scikit-learn's |\n|---|---:|---:|---:|---:|")
    for name in args.data:
        (score, seconds), (other, others) = measure(name, args.hidden, args.seeds)
        print(f"| {name} | {score:.3f} | {other:.3f} | {seconds:.2f} | {others:.2f} |", flush=True)


if __name__ == "__main__":
    run(main)
