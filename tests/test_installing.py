"""What is installed: the files in the wheel and the source archive, and what works where only these are."""

import email
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FILES = {
    path.relative_to(ROOT).as_posix()
    for room in ("autograd", "nn")
    for path in (ROOT / room).rglob("*")
    if path.is_file() and path.suffix not in (".pyc", ".md", ".svg")
}
BUILD = "import sys; from setuptools import build_meta as b; getattr(b, f'build_{sys.argv[1]}')(sys.argv[2])"


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """A folder with the source archive, unpacked, and with the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    copy = folder / "copy"
    for room in ("autograd", "nn", "notebooks", "scripts", "tests"):
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb", "*.json"))
    for name in ("LICENSE", "MANIFEST.in", "README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, copy)
    subprocess.run([sys.executable, "-c", BUILD, "sdist", folder], cwd=copy, check=True, capture_output=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    unpacked = folder / archive.name.removesuffix(".tar.gz")
    subprocess.run([sys.executable, "-c", BUILD, "wheel", folder], cwd=unpacked, check=True, capture_output=True)
    return folder


@pytest.fixture
def installed(dist, tmp_path):
    """A folder in which the wheel is installed, and a function that runs a program that finds only it, elsewhere."""
    (wheel,) = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    (tmp_path / "work").mkdir()

    def run(program, path=(), **settings):
        folders = ":" if sys.platform != "win32" else ";"
        environment = {"PYTHONPATH": folders.join(map(str, [*path, tmp_path / "site"])), "OPENBLAS_NUM_THREADS": "1", **settings}
        command = [sys.executable, "-P", "-c", program]
        return subprocess.run(command, cwd=tmp_path / "work", env=environment, capture_output=True, text=True, check=False)

    return tmp_path / "site", run


def test_the_wheel_has_all_files_of_both_packages_and_no_others(dist):
    (wheel,) = dist.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    about = {name for name in names if ".dist-info/" in name}
    assert names - about == FILES
    assert {name.partition("/")[2] for name in about} == {"METADATA", "RECORD", "WHEEL", "top_level.txt", "licenses/LICENSE"}
    assert {"autograd/py.typed", "nn/py.typed", "autograd/methods.pyi", "autograd/drawing/page/page.html"} < names


def test_the_source_archive_has_what_the_wheel_is_built_from(dist):
    (archive,) = dist.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {member.name.partition("/")[2] for member in tar.getmembers() if member.isfile()}
    others = {"LICENSE", "MANIFEST.in", "PKG-INFO", "README.md", "pyproject.toml", "setup.cfg"}
    assert {name for name in names if not name.startswith("glassgrad.egg-info/")} == FILES | others


def test_what_is_installed_with_it_is_said(dist):
    (wheel,) = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("METADATA")]
        about = email.message_from_string(archive.read(name).decode())
    assert set(about.get_all("Provides-Extra")) == {"all", "c", "dask", "docs", "notebooks", "onnx", "scripts", "sklearn", "test"}
    assert 'pygraphviz>=2; sys_platform != "emscripten"' in about.get_all("Requires-Dist")
    assert about["License-Expression"] == "MIT"


def test_the_versions_of_python_are_the_same_everywhere():
    versions = re.findall(r":: Python :: (3\.\d+)", "\n".join(SETTINGS["classifiers"]))
    assert f"Python {versions[0]} to {versions[-1]}" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert SETTINGS["requires-python"] == f">={versions[0]}"
    (listed,) = re.findall(r"python: \[(.*)\]", (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    assert listed.replace('"', "").split(", ") == versions


def test_the_version_is_the_same_everywhere():
    version = SETTINGS["version"]
    assert f"\nversion: {version}\n" in (ROOT / ".github/CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## {version} " in (ROOT / ".github/CHANGELOG.md").read_text(encoding="utf-8")


WITHOUT = """
import autograd, nn
from autograd import Tensor, Value, compile, draw, latex
print(autograd.__file__)
x = Value(2.0, label="x")
y = x * x.tanh()
y.backward()
print(draw(y).source[:7], latex(y)[:6], list(draw(y)._repr_mimebundle_()))
draw(y).save("y.html"); draw(y).save("y.dot")
nn.playground(nn.MLP(2, [2, 1], rng=0), [[0, 1], [1, 0]], [1, -1], path="p.html")
(nn.Linear(2, 1)(Tensor([[1.0, 2.0]])) ** 2).mean().backward()
print(compile(lambda x: x * x)(Tensor([3.0])).data)
try:
    draw(y).save("y.svg")
except RuntimeError as error:
    print(error)
"""


def test_without_the_repository_and_pygraphviz_all_works_but_layout_which_says_what_to_install(installed, tmp_path):
    site, run = installed
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "pygraphviz.py").write_text("raise ModuleNotFoundError(\"No module named 'pygraphviz'\")")
    ran = run(WITHOUT, path=[tmp_path / "hidden"], PATH=str(tmp_path / "hidden"))
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == [
        str(site / "autograd" / "__init__.py"),
        "digraph x \\cdo ['text/html', 'image/svg+xml', 'text/plain']",
        "[9.]",
        "Drawing needs Graphviz, and neither its program `dot` nor pygraphviz is installed: pip install 'pygraphviz>=2'.",
    ]
    assert {path.name for path in (tmp_path / "work").iterdir()} == {"p.html", "y.dot", "y.html"}


# --- the other package that is imported as autograd --------------------------------------------------


def test_files_of_another_autograd_beside_ours_are_noticed(installed):
    site, run = installed
    (site / "autograd" / "numpy").mkdir()
    ran = run("import nn; print(nn.MLP)")
    assert "UserWarning" in ran.stderr
    assert f"{site / 'autograd'} holds the files of glassgrad and of another package" in ran.stderr
    assert "pip uninstall autograd, then pip install --force-reinstall --no-deps glassgrad." in ran.stderr
    assert ran.stdout == "<class 'nn.mlp.MLP'>\n"
    (site / "autograd" / "numpy").rmdir()
    assert run("import nn").stderr == ""


def test_another_autograd_in_the_place_of_ours_is_noticed(installed):
    site, run = installed
    (site / "autograd" / "__init__.py").write_text("def grad(f): ...\n")
    last = run("import nn").stderr.splitlines()[-1]
    assert last.startswith("ImportError: nn belongs to glassgrad, but `import autograd` finds another package (HIPS's?): ")
    assert f"{site / 'autograd' / '__init__.py'}. Install them in two environments." in last
