"""The sweep and searches over estimators on a real cluster of Dask on this machine: the same numbers, also if workers are killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import nn

for module in ("matplotlib", "pandas", "tqdm"):
    pytest.importorskip(module)
distributed = pytest.importorskip("distributed", reason='Dask is not installed: pip install "glassgrad[dask]".')
cloudpickle = pytest.importorskip("cloudpickle")
joblib = pytest.importorskip("joblib")
search_of = pytest.importorskip("sklearn.model_selection").GridSearchCV

ROOT = Path(__file__).parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(nn.__file__).parents[1]), "MPLBACKEND": "Agg"}

pytestmark = pytest.mark.filterwarnings("ignore")  # the cluster's own


@pytest.fixture(scope="module")
def cluster():
    """Two workers with one thread each, which are started again when they die."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster


def sweep(folder, data, *arguments):
    command = [sys.executable, str(ROOT / "scripts" / "sweep_mnist.py"), "--epochs", "2", "--examples", "120", "--data", str(data)]
    return subprocess.Popen(
        [*command, "--out", str(folder), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    )


def numbers(folder):
    """All results of a sweep, without the times."""
    results = {path.name: json.loads(path.read_bytes()) for path in folder.glob("lr*.json")}
    for result in results.values():
        del result["history"]["seconds"]
    return results


@pytest.fixture(scope="module")
def alone(digits, tmp_path_factory):
    """A sweep of one setting after the other, in one process."""
    folder = tmp_path_factory.mktemp("alone")
    process = sweep(folder, digits, "--jobs", "1")
    assert "best of 18" in process.communicate(timeout=300)[0]
    return numbers(folder)


def test_a_sweep_on_a_cluster_whose_worker_is_killed_has_the_same_numbers(cluster, alone, digits, tmp_path):
    process = sweep(tmp_path, digits, "--backend", "dask", "--scheduler", cluster.scheduler_address)
    with distributed.Client(cluster) as client:
        deadline = time.monotonic() + 200
        while len(list(tmp_path.glob("lr*.json"))) < 3 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("lr*.json")}
        os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
        out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert "best of 18" in out
    assert 3 <= len(before) < 18
    assert before.items() <= {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("lr*.json")}.items()  # none was run again
    assert numbers(tmp_path) == alone


def test_a_sweep_starts_a_cluster_of_its_own(alone, digits, tmp_path):
    for name in list(alone)[2:]:  # two settings are missing
        (tmp_path / name).write_text(json.dumps(alone[name] | {"history": alone[name]["history"] | {"seconds": [0.1, 0.1]}}))
    out, err = sweep(tmp_path, digits, "--backend", "dask", "--jobs", "1").communicate(timeout=300)
    assert "best of 18" in out, err
    assert numbers(tmp_path) == alone


def test_a_cluster_that_is_not_there_ends_the_sweep_with_one_line(digits, tmp_path):
    process = sweep(tmp_path, digits, "--backend", "dask", "--scheduler", "nonsense://")
    _, err = process.communicate(timeout=200)
    assert process.returncode == 2
    assert "no scheduler of Dask answers at nonsense://; without --scheduler, a cluster is started here" in err.strip().splitlines()[-1]
    assert "Traceback" not in err


class Killer(nn.callbacks.Callback):
    """Kills the process that it is in, once."""

    def __init__(self, done):
        self.done = done

    def on_epoch_end(self, trainer):
        if self.done is not None and not self.done.exists():
            self.done.touch()
            os.kill(os.getpid(), signal.SIGKILL)


def of_values(inputs, outputs):
    return nn.MLP(inputs, [4, outputs])


def search(done):
    grid = {"lr": [0.01, 0.03], "module": [None, of_values]}
    return search_of(nn.estimators.Classifier(16, epochs=5, dropout=0.2, random_state=0, callbacks=[Killer(done)]), grid, cv=2)


def test_a_grid_search_on_a_cluster_whose_worker_is_killed_has_the_same_numbers(cluster, tmp_path):
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # the workers have no tests
    X, y = nn.data.iris()
    expected = search(None).fit(X, y)
    with distributed.Client(cluster), joblib.parallel_config("dask", scatter=[X, y]):
        found = search(tmp_path / "killed").fit(X, y)
    assert (tmp_path / "killed").exists()
    for name in ("split0_test_score", "split1_test_score", "mean_test_score", "rank_test_score"):
        np.testing.assert_array_equal(found.cv_results_[name], expected.cv_results_[name])
    np.testing.assert_array_equal(found.predict_proba(X), expected.predict_proba(X))
