"""For all tests, and the programs that they start."""

import gc
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# Several tests run at a time, each with a core; threads of BLAS that wait for each other would hold all of them up.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# No test measures time: on a busy machine, any example may take long. Each run tries the same examples, so that a failure
# is the change's and not luck's; `HYPOTHESIS_PROFILE=search python -m pytest ...` looks for new ones.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

RECORD = "RECORD_PYTORCH"


def pytest_collection_finish():
    """What is there before the first test stays: the tests that collect garbage, or count it, need not look through it each time."""
    if "nn.parameter" in sys.modules:  # tests of the phrase book `nn.torch` have been imported, which makes `nn` give its Tensors
        sys.modules["nn.parameter"].book = None
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_book_is_open(monkeypatch):
    """Also where another test, or a docstring, has opened the phrase book `nn.torch`, which makes `nn` give its Tensors."""
    if "nn.parameter" in sys.modules:
        monkeypatch.setattr("nn.parameter.book", None)


@pytest.fixture(scope="session")
def recordings():
    """What PyTorch gave, by test. `RECORD_PYTORCH=1 python -m pytest tests/test_FILE.py` writes those of a file anew."""
    file = Path(__file__).with_name("pytorch_numbers.json")
    recordings = json.loads(file.read_text()) if file.exists() else {}
    yield recordings
    if RECORD in os.environ:
        lines = [f"{json.dumps(key)}: {json.dumps(recordings[key])}" for key in sorted(recordings)]
        file.write_text("{\n" + ",\n".join(lines) + "\n}\n")


@pytest.fixture
def pytorch(request, recordings):
    """`pytorch(f)` is `f(torch)`, numbers in lists; without PyTorch, those that were recorded, and with it, held against them.

    Tests that ask for the same numbers may give them a name, under which they are recorded once.
    """

    def numbers(function, name=request.node.name):
        key = f"{request.path.stem}: {name}"
        try:
            import torch
        except ModuleNotFoundError:
            return recordings[key] if key in recordings else pytest.skip(f"PyTorch's numbers for it are not recorded; see {RECORD}")
        found = json.loads(json.dumps(function(torch), default=np.ndarray.tolist))
        if RECORD in os.environ:
            recordings[key] = found
        if key not in recordings:  # of an entry of the table that is new
            return found
        assert shapes(found) == shapes(recordings[key]), f"record PyTorch's numbers anew, with {RECORD}=1"
        for number, recorded in zip(flat(found), flat(recordings[key]), strict=True):
            assert number == recorded or np.isclose(number, recorded, rtol=1e-9, atol=1e-12, equal_nan=True)
        return found

    return numbers


def shapes(numbers):
    return [shapes(x) for x in numbers] if isinstance(numbers, list) else None


def flat(numbers):
    return [y for x in numbers for y in flat(x)] if isinstance(numbers, list) else [numbers]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium, which may log nothing."""
    webdriver = pytest.importorskip("selenium.webdriver")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("There is no Chromium with its driver here.")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (
        "headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
        "disable-component-update", "disable-sync", "window-size=1200,800", f"user-data-dir={tmp_path_factory.mktemp('browser')}",
    ):  # fmt: skip
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield browser
    log = browser.get_log("browser")
    browser.quit()
    assert log == []


@pytest.fixture(scope="session")
def axe(tmp_path_factory):
    """axe-core, which finds barriers in pages; from npm."""
    folder = tmp_path_factory.mktemp("axe")
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("axe-core comes from npm, which is not here.")
    command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts", "axe-core@4"]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip("npm cannot be reached.")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
