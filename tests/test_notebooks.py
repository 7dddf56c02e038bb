"""The notebooks run from top to bottom, and are committed with what they print."""

import os
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


def printed(cell):
    """What a cell prints, and the text of its last line; on a busy machine, Jupyter hands it out in several parts."""
    outputs = cell.get("outputs", [])
    stream = "".join(output.text for output in outputs if output.output_type == "stream")
    return stream, [output.data["text/plain"] for output in outputs if output.output_type == "execute_result"]


def pictures(cell):
    kinds = ("image/svg+xml", "image/png")
    return [kind for output in cell.get("outputs", []) for kind in kinds if kind in output.get("data", {})]


def test_runs_without_an_error_and_shows_what_was_committed(path, tmp_path, monkeypatch):
    """In the short setting, which does not change what a cell prints, unless it is marked as long."""
    folders = (Path(autograd.__file__).parents[1], path.parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, folders)))
    monkeypatch.setenv("GLASSGRAD_COURSE", "short")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    compared = [cell for cell in notebook.cells if "long" not in cell.metadata.get("tags", [])]
    before = [(printed(cell), pictures(cell)) for cell in compared]
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert [(printed(cell), pictures(cell)) for cell in compared] == before


def test_is_committed_with_the_outputs_of_one_run(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]
    assert path.stat().st_size < 500_000


def test_every_picture_is_explained(path):
    cells = nbformat.read(path, as_version=4).cells
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        if pictures(cell):
            assert following is not None
            assert following.cell_type == "markdown"
