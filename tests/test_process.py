"""What importing `autograd` asks of Python and of the C library."""

import ctypes
import gc
import os
import platform
import subprocess
import sys

import pytest

from autograd.process import collect_cycles_less_often, keep_freed_memory

FAULTS = """
import resource
import numpy as np
import autograd

def step():
    arrays = [np.ones(200_000) for _ in range(20)]  # 32 MB

for _ in range(3):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(**environment):
    """How many pages the system had to hand out to five steps of 32 MB, after three."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    run = subprocess.run([sys.executable, "-c", FAULTS], env=plain | environment, capture_output=True, text=True, check=True)
    return int(run.stdout)


glibc_only = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told")


@glibc_only
def test_a_step_reuses_the_memory_of_the_step_before():
    assert page_faults() < 2_000  # of 40,000 if all were new


@glibc_only
def test_whoever_has_set_the_c_librarys_variables_is_left_alone():
    assert page_faults(MALLOC_TRIM_THRESHOLD_="131072") > 10_000


@pytest.mark.parametrize(("name", "value"), [("MALLOC_ARENA_MAX", "1"), ("GLIBC_TUNABLES", "glibc.malloc.check=3")])
def test_variables_of_the_c_library_are_respected(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert not keep_freed_memory()


def test_another_c_library_is_left_alone(monkeypatch):
    def no_library(name):
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", no_library)
    assert not keep_freed_memory()


@pytest.mark.parametrize(("chosen", "then"), [(700, 50_000), (2000, 50_000), (123, 123), (0, 0)])
def test_pythons_own_thresholds_are_raised_and_chosen_ones_kept(chosen, then):
    before = gc.get_threshold()
    try:
        gc.set_threshold(chosen, 7, 8)
        collect_cycles_less_often()
        assert gc.get_threshold()[:2] == (then, 7)
    finally:
        gc.set_threshold(*before)
