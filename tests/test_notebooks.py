"""The notebooks run from top to bottom, and are committed with what they print."""

from pathlib import Path

import pytest

import autograd

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
for module in ("ipykernel", "matplotlib", "pandas", "sklearn"):
    pytest.importorskip(module)

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
# Jupyter's own deprecations are not ours to mend.
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)]


def printed(notebook):
    """What each cell prints; on a busy machine, Jupyter hands it out in several parts."""
    return ["".join(output.text for output in cell.get("outputs", []) if output.output_type == "stream") for cell in notebook.cells]


def pictures(notebook):
    kinds = ("image/svg+xml", "image/png")
    return [kind for cell in notebook.cells for output in cell.get("outputs", []) for kind in kinds if kind in output.get("data", {})]


def test_runs_without_an_error_and_shows_what_was_committed(path, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(autograd.__file__).parents[1]))
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    before = printed(notebook), pictures(notebook)
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert (printed(notebook), pictures(notebook)) == before


def test_is_committed_with_the_outputs_of_one_run(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]
    assert path.stat().st_size < 500_000


def test_every_picture_is_explained(path):
    cells = nbformat.read(path, as_version=4).cells
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        if any("image/png" in output.get("data", {}) or "image/svg+xml" in output.get("data", {}) for output in cell.get("outputs", [])):
            assert following is not None
            assert following.cell_type == "markdown"
