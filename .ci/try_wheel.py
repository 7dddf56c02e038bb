"""Install the wheel of dist/ in a new environment of the Python that runs this, and try it away from the repository.

python .ci/try_wheel.py numpy==2.1.0     # the engine, with the oldest NumPy
python .ci/try_wheel.py --readme         # with what the README's snippets need, which then run, too
"""

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent.resolve()


def main(*options: str) -> None:
    (wheel,) = ROOT.glob("dist/*.whl")
    readme = "--readme" in options
    extras, tests = ("[onnx,scripts]", ["test_core", "test_readme"]) if readme else ("", ["test_core"])
    others = [option for option in options if option != "--readme"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "env", with_pip=True)
        python = folder / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        needed = [f"glassgrad{extras} @ {wheel.as_uri()}", "hypothesis", "pytest", *others]
        install = ["install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        subprocess.run([python, "-m", "pip", *install, *needed], check=True)
        found = "import autograd, numpy, sys; print(sys.version.split()[0], 'NumPy', numpy.__version__, autograd.__file__)"
        subprocess.run([python, "-I", "-c", found], cwd=folder, check=True)
        settings = ["-q", f"--rootdir={ROOT}", f"--config-file={ROOT / 'pyproject.toml'}", "-p", "no:cacheprovider"]
        files = [ROOT / "tests" / f"{test}.py" for test in tests]
        subprocess.run([python, "-I", "-m", "pytest", *settings, *files], cwd=folder, check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
