"""The pages of `notebooks/pages`, run; the table of derivatives; and the list of messages, with links to those that explain them."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from . import derivatives, messages
from .running import run

__all__ = ["made"]

PAGES = Path(__file__).parent.parent / "pages"


def made(root: Path) -> tuple[dict[str, str], dict[str, bytes]]:
    """The texts of the pages by their files, and the pictures and live pages that they show."""
    # In processes of their own, and the phrase book of PyTorch last: importing it changes what parameters are.
    paths = sorted(PAGES.glob("*.md"), key=lambda path: (path.stem == "from_torch", path.name))
    with ProcessPoolExecutor(2) as pool:
        pages = dict(
            zip(paths, pool.map(run, [path.read_text(encoding="utf-8") for path in paths], [path.stem for path in paths]), strict=True)
        )
        found, (table, plots) = messages.messages(root), derivatives.page()
    explained = {messages.template(found, text): label for page in pages.values() for label, (_, text) in page.raised.items()}
    texts = {path.name: page.text for path, page in pages.items()}
    files = {name: content for page in pages.values() for name, content in page.files.items()}
    return texts | {"messages.md": messages.page(found, explained), "derivatives.md": table}, files | plots
