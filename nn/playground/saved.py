"""`Playground`, a page that was saved."""

from __future__ import annotations

from pathlib import Path

from autograd.drawing.notebook import framed, sentence

__all__ = ["Playground"]

HEIGHT = 900  # pixels of the page in a notebook


class Playground:
    """A page that was saved, which a notebook shows live. It can be given where a path is expected.

    Attributes:
        path: where it is.
    """

    def __init__(self, path: Path, page: str) -> None:
        self.path, self._page = path, page

    def __fspath__(self) -> str:
        return str(self.path)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        picture = sentence(f"Run the notebook to train the network here, or open {self.path.name}.")
        return {"text/html": framed(self._page, picture, "A playground", HEIGHT), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<Playground in {str(self.path)!r}; it shows itself in a notebook, and opens in a browser>"
