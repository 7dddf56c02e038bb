"""What is asked of Python and of the C library: by an import nothing, by a training what it gives back or what it needs."""

import gc
import os
import platform
import subprocess
import sys
import threading

import numpy as np
import pytest

import nn
from autograd import Tensor, collect_cycles_less_often

glibc_only = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives memory back and keeps it in this way")

KEPT_AFTER_IT_WAS_FREED = """
import gc, sys
from pathlib import Path
import numpy as np

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

before = gc.get_threshold(), len(gc.callbacks), gc.get_freeze_count()
import autograd, nn
{training}
assert (gc.get_threshold(), len(gc.callbacks), gc.get_freeze_count()) == before
start, arrays, small = resident(), [], []
for _ in range(60):
    arrays.append(np.ones(2**17))  # 1 MB
    small.append(bytes(1000))
del arrays
print(resident() - start)
"""

TRAINING = """
w = autograd.Tensor(np.ones(10))
for _ in range(10):
    (w * w).sum().backward()
"""

FAULTS = """
import resource
import numpy as np
import autograd

w = autograd.Tensor(np.ones(200_000))

def chain(w):
    for _ in range(10):
        w = w * 1.01
    return w.sum()

compiled, grad = autograd.compile(chain), autograd.grad(chain)
steps = {
    "eager": lambda: chain(w).backward(),
    "compiled": lambda: compiled(w).backward(),
    "transformed": lambda: grad(w.data),
}
step = steps[STEP]
for _ in range(3):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def number_printed(program, **environment):
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    run = subprocess.run([sys.executable, "-c", program], env=plain | environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return int(run.stdout)


@glibc_only
@pytest.mark.parametrize("training", ["", TRAINING], ids=["import", "small training"])
def test_what_the_program_frees_goes_back_to_the_system_as_without_the_library(training):
    assert number_printed(KEPT_AFTER_IT_WAS_FREED.format(training=training)) < 10e6  # of 63 MB


@glibc_only
@pytest.mark.parametrize("step", ["eager", "compiled", "transformed"])
def test_a_step_reuses_the_memory_of_the_step_before(step):
    assert number_printed(f"STEP = {step!r}\n{FAULTS}") < 2_000  # of some 30,000 if all were new


@glibc_only
def test_whoever_has_set_the_c_librarys_variables_is_left_alone():
    assert number_printed(f"STEP = 'eager'\n{FAULTS}", MALLOC_TRIM_THRESHOLD_="131072") > 10_000


@pytest.fixture
def threshold():
    """A function that sets the first threshold; the test begins with Python's own of 3.11."""
    before = gc.get_threshold()
    gc.set_threshold(700, 7, 8)
    yield lambda first: gc.set_threshold(first, 7, 8)
    gc.set_threshold(*before)


@pytest.mark.parametrize(("chosen", "then"), [(700, 50_000), (2000, 50_000), (123, 123), (0, 0)])
def test_pythons_own_thresholds_are_raised_and_chosen_ones_kept(threshold, chosen, then):
    threshold(chosen)
    with collect_cycles_less_often():
        assert gc.get_threshold()[:2] == (then, 7)
    assert gc.get_threshold()[:2] == (chosen, 7)


def test_the_threshold_is_given_back_after_an_exception(threshold):
    with pytest.raises(ZeroDivisionError), collect_cycles_less_often():
        1 / 0  # noqa: B018
    assert gc.get_threshold()[0] == 700


def test_the_last_of_several_requests_gives_the_threshold_back(threshold):
    with collect_cycles_less_often():
        with collect_cycles_less_often():
            pass
        assert gc.get_threshold()[0] == 50_000
    assert gc.get_threshold()[0] == 700
    first, second = collect_cycles_less_often(), collect_cycles_less_often()  # in two threads, say
    with second:
        with first:
            pass
        assert gc.get_threshold()[0] == 50_000
    assert gc.get_threshold()[0] == 700


def test_a_threshold_chosen_in_between_stays(threshold):
    with collect_cycles_less_often():
        threshold(1234)
    assert gc.get_threshold()[0] == 1234


class Watching(nn.callbacks.Callback):
    """It notes the threshold in each epoch, and fails in the last."""

    def __init__(self):
        self.seen = []

    def on_epoch_end(self, trainer):
        self.seen.append(gc.get_threshold()[0])
        if trainer.epoch == 2:
            raise KeyError("an error of the user's")


def test_fit_asks_for_the_time_it_runs_and_gives_back_also_after_an_error(threshold):
    watching = Watching()

    def fit():
        model = nn.Linear(2, 1)
        trainer = nn.Trainer(model, nn.MSELoss(), nn.optim.SGD(model.parameters()), callbacks=[watching])
        with pytest.raises(KeyError):
            trainer.fit((np.ones((4, 2)), np.ones((4, 1))), epochs=3, verbose=False)

    threads = [threading.Thread(target=fit) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert watching.seen == [50_000] * 6
    assert gc.get_threshold()[0] == 700


def test_a_backward_pass_leaves_the_collector_as_it_is(threshold):
    w = Tensor([1.0])
    (w * w).sum().backward()
    assert gc.get_threshold() == (700, 7, 8)
    assert gc.isenabled()
