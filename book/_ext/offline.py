"""Keep for offline: the list of the site's files, in the service worker that keeps them and serves them.

After the build, ``sw.js`` is written at the root of the site: ``_templates/sw.js`` with the version and, for
each file, its path, its size and the start of its SHA-256. The version is the hash of that list. Every page
names it, so that a page knows whether what was kept is of its own version.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from page import need
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

TEMPLATE = Path(__file__).resolve().parent.parent / "_templates" / "sw.js"
# Sphinx's own notes to itself, and what another book reads that links to this one.
LEFT_OUT = {"sw.js", ".buildinfo", "objects.inv"}
VERSION = re.compile(r'(<meta name="downhill-version" content=")[^"]*(")')
SIZE = re.compile(r'(<span class="offline-size">)[^<]*(</span>)')


def files(site: Path) -> dict[str, tuple[int, str]]:
    """Each file's path in the site, its size in bytes and the first half of its SHA-256 in base64."""
    found = {}
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        if path.is_file() and name not in LEFT_OUT:
            content = path.read_bytes()
            digest = base64.b64encode(hashlib.sha256(content).digest()[:16]).decode()
            found[name] = (len(content), digest)
    return found


def megabytes(number: int) -> str:
    return f"{number / 1e6:.0f} MB"


def stamp(site: Path, version: str, size: str) -> None:
    """Write the version into every page, and the size where a page tells it."""
    for path in site.rglob("*.html"):
        before = path.read_text("utf-8")
        after = VERSION.sub(rf"\g<1>{version}\g<2>", before)
        after = SIZE.sub(rf"\g<1>{html.escape(size)}\g<2>", after)
        if after != before:
            path.write_text(after, "utf-8", newline="\n")


def write_worker(site: Path) -> str:
    """Write ``sw.js`` for the files that are there, and their version into the pages; return the version."""
    stamp(site, "", "")
    listed = files(site)
    version = hashlib.sha256(json.dumps(listed).encode()).hexdigest()[:8]
    to_fetch = sum(len(gzip.compress((site / name).read_bytes(), 6)) for name in listed)
    stored = sum(size for size, _ in listed.values())
    stamp(site, version, f"about {megabytes(to_fetch)} to fetch, {megabytes(stored)} of storage")
    settings = {"version": version, "files": {name: list(value) for name, value in files(site).items()}}
    script = TEMPLATE.read_text("utf-8").replace(
        "self.KEPT_FROM_THE_BUILD", json.dumps(settings, separators=(",", ":"))
    )
    (site / "sw.js").write_text(script, "utf-8", newline="\n")
    return version


def finish(app: Sphinx, error: Exception | None) -> None:
    if not error and app.builder.format == "html":
        write_worker(Path(app.outdir))


class KeepForOffline(SphinxDirective):
    """``{keep-for-offline}``: the button; its body is what a reader without JavaScript sees."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        need(self.env.app, self.env.docname, "widgets/keep-for-offline.css", "widgets/keep-for-offline.js")
        inside = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, inside)
        opened = (
            '<div class="widget" data-widget="keep-for-offline">'
            '<p class="offline-what" hidden><span class="offline-size"></span></p>'
        )
        return [nodes.raw("", opened, format="html"), inside, nodes.raw("", "</div>", format="html")]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("keep-for-offline", KeepForOffline)
    # After every other file of the site is there.
    app.connect("build-finished", finish, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
