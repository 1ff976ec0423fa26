"""Live cells: which pages have them, and what their script needs to know.

A page with a code cell gets ``live_config`` in its template's context: JSON for ``_static/live/cells.js``.
``download_bytes`` is what a first run fetches; ``binder`` and ``launch`` are there once the book has a
repository and the files by which those services start it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from tools import notebooks

REPOSITORY = Path(__file__).resolve().parents[2]
SIZES = REPOSITORY / "_build" / "assets" / "sizes.json"
HAS_CODE_CELL = re.compile(r'<div class="cell_input\b')


def settings_of(downhill: dict[str, str], root: Path = REPOSITORY, sizes: Path = SIZES) -> dict[str, Any]:
    """What a page with live cells can offer, as its script reads it."""
    config: dict[str, Any] = json.loads(sizes.read_text("utf-8"))
    elsewhere = notebooks.codespaces(downhill, root)
    config["launch"] = [{"name": name, "url": address} for name, address in elsewhere.items()]
    if downhill["repository"] and (root / "binder").is_dir():
        config["binder"] = {name: downhill[name] for name in ("hub", "repository", "branch")}
    return config


def page_context(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if HAS_CODE_CELL.search(context.get("body", "")):
        config = settings_of(app.config.downhill)
        # "</" must not end the script element early; "\\u003c" is the same character to every JSON reader.
        context["live_config"] = json.dumps(config).replace("<", "\\u003c")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", page_context)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
