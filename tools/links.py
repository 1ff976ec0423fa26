"""Check that every link of the built book leads somewhere; with ``--external``, those to other sites instead.

The book's own links are read from ``_build/html``. Links to other sites are followed by Sphinx's own link
check, which knows about redirections, slow servers and servers that ask to be left alone.
"""

from __future__ import annotations

import argparse
import functools
import html.parser
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from tools import build

HTML = build.REPOSITORY / "_build" / "html"


class Page(html.parser.HTMLParser):
    """The links of a page, and the places in it that a link can name."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.ids.add(attributes.get("id") or "")
        if tag == "a" and attributes.get("href"):
            self.links.append(str(attributes["href"]))


@functools.cache
def page(path: Path) -> Page:
    return Page(path)


def pages(site: Path) -> list[Path]:
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.relative_to(site).parts)


def broken(site: Path, path: Path) -> Iterator[str]:
    """A sentence for each link of the page at ``path`` that leads nowhere within ``site``."""
    here = path.relative_to(site).as_posix()
    for link in page(path).links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = site / unquote(urljoin(f"/{here}", parts.path)).lstrip("/") if parts.path else path
        if target.is_dir():
            target /= "index.html"
        if not target.is_file():
            yield f"{here}: the link {link} leads nowhere."
        elif parts.fragment and unquote(parts.fragment) not in page(target).ids:
            yield f"{here}: {target.name} has no place named {parts.fragment}."


def broken_elsewhere() -> Iterator[str]:
    """A sentence for each link to another site that Sphinx finds broken."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        # What is executed is taken from the cache; nothing else of the built book is touched.
        shutil.copytree(build.REPOSITORY / "_build" / ".jupyter_cache", out / "_build" / ".jupyter_cache")
        build.jupyter_book("--builder", "linkcheck", "--path-output", folder)
        report = next(out.rglob("output.json"), None)
        if report is None:
            raise SystemExit("The links were not checked: the lines above say why.")
        for line in report.read_text("utf-8").splitlines():
            found = json.loads(line)
            if found["status"] in ("broken", "timeout"):
                where = f"{found['filename']}:{found['lineno']}"
                yield f"{where}: {found['uri']} ({found['info'] or found['status']})."


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools links", description=__doc__)
    parser.add_argument("--external", action="store_true", help="check the links to other sites")
    if parser.parse_args(arguments).external:
        found = list(broken_elsewhere())
    elif not (HTML / "index.html").is_file():
        raise SystemExit(f"There is no built book in {HTML}: run python -m tools build first.")
    else:
        found = [sentence for path in pages(HTML) for sentence in broken(HTML, path)]
    print(*found, sep="\n")
    print(f"{len(found) or 'No'} broken link{'s' * (len(found) != 1)}.")
    return 1 if found else 0
