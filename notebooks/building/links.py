"""The links of the book: which of them a text keeps, and what is wrong with those of the web pages in a folder.

The pages are read from the disk and without a network.

A link leads to a file that is there and, behind `#`, to a name on that page. What a browser fetches by itself (pictures, styles,
scripts, fonts) is a file that is there, too. Pages in a frame (`srcdoc`) are read like the page that they are in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

NOT_LOADED = ("canonical", "next", "prev", "search", "index", "author", "copyright", "help")  # of <link>


class Page(HTMLParser):
    """The names on a page, where its links lead, and what it fetches."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names = {"", "top"}
        self.links: list[str] = []
        self.fetched = urls_in_style(text)
        self.frames: list[Page] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        if "id" in values:
            self.names.add(values["id"])
        if "src" in values:
            self.fetched.append(values["src"])
        if "href" in values:
            fetches = tag == "link" and values.get("rel") not in NOT_LOADED
            (self.fetched if fetches else self.links).append(values["href"])
        if "srcdoc" in values:
            self.frames.append(Page(values["srcdoc"]))


def inner_links(text: str, here: set[str], homes: list[Path]) -> str:
    """The text, in which links to files of the repository, in one of the folders, that are not `here` in the book are plain words."""

    def kept(link: re.Match[str]) -> str:
        target = (link["url"] or "").partition("#")[0]
        elsewhere = target and target not in here and any((home / target).exists() for home in homes)
        return link["words"] if elsewhere else link[0]

    code = r"```.*?```|`[^`]*`"
    return re.sub(code + r"|(?<!!)\[(?P<words>[^\[\]]+)\]\((?P<url>[^()\s]+)\)", kept, text, flags=re.DOTALL)


def urls_in_style(text: str) -> list[str]:
    return re.findall(r"""\burl\(["']?([^"')]+)""", text)


def wrong_links(folder: Path) -> list[str]:
    """A line for each link that leads nowhere, and for each thing that is fetched and is not on the disk."""
    folder = folder.resolve()
    paths = [path for path in sorted(folder.rglob("*.html")) if "_static" not in path.parts]  # there, a theme keeps a template
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in paths}
    lines = [f"{path.relative_to(folder)}: {wrong}" for path, page in pages.items() for wrong in wrong_on(page, path, pages)]
    for path in sorted(folder.rglob("*.css")):
        fetched = urls_in_style(path.read_text(encoding="utf-8"))
        lines += [f"{path.relative_to(folder)}: fetches {url}" for url in fetched if not is_there(url, path)]
    return lines


def wrong_on(page: Page, path: Path, pages: dict[Path, Page]) -> Iterator[str]:
    for url in dict.fromkeys(page.fetched):
        if not is_there(url, path):
            yield f"fetches {url}"
    for url in dict.fromkeys(page.links):
        parts = urlsplit(url)
        if parts.scheme in ("http", "https"):
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not is_there(url, path):
            yield f"links to {url}, which is not there"
        elif target in pages and unquote(parts.fragment) not in (page if target == path else pages[target]).names:
            yield f"links to {url}: there is no such place on that page"
    for frame in page.frames:
        yield from wrong_on(frame, path, pages)


def is_there(url: str, path: Path) -> bool:
    """Whether what `path` calls `url` is in the page itself, or a file."""
    parts = urlsplit(url)
    if parts.scheme in ("data", "blob", "javascript", "mailto"):
        return True
    return not parts.scheme and not parts.netloc and (not parts.path or (path.parent / unquote(parts.path)).is_file())
