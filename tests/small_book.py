"""A few chapters, built in this process with some of the book's extensions: for tests of one directive."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

REPOSITORY = Path(__file__).resolve().parents[1]
EXTENSIONS = REPOSITORY / "book" / "_ext"
MARKDOWN = yaml.safe_load((REPOSITORY / "_config.yml").read_text("utf-8"))["parse"]["myst_enable_extensions"]


def build(folder: Path, pages: Mapping[str, str], extensions: Sequence[str]) -> tuple[dict[str, str], str]:
    """Build pages, the first of which is the root.

    Gives the HTML of each page's body by its name, and all warnings, each ``name.md:line: what``.
    """
    source = folder / "source"
    source.mkdir(parents=True, exist_ok=True)
    root, *others = pages
    chapters = "\n".join(["", "```{toctree}", ":hidden:", *others, "```", ""]) if others else ""
    for name, text in pages.items():
        (source / f"{name}.md").write_text(text + chapters * (name == root), "utf-8")
    if str(EXTENSIONS) not in sys.path:
        sys.path.insert(0, str(EXTENSIONS))
    said = io.StringIO()
    with docutils_namespace():
        app = Sphinx(
            *(str(source), None, str(folder / "built"), str(folder / "doctrees"), "json"),
            confoverrides={
                "extensions": ["myst_parser", *extensions],
                "myst_enable_extensions": MARKDOWN,
                "root_doc": root,
            },
            status=None,
            warning=said,
        )
        # Which files a page loads: the extension ``page``, which keeps it, is not among ours.
        if not hasattr(app.env, "downhill_needed"):
            app.env.downhill_needed = {}
        app.build()
    for handler in list(logging.getLogger("sphinx").handlers):
        logging.getLogger("sphinx").removeHandler(handler)
    bodies = {
        name: json.loads((folder / "built" / f"{name}.fjson").read_text("utf-8"))["body"]
        for name in pages
        if (folder / "built" / f"{name}.fjson").is_file()
    }
    return bodies, re.sub(r"\x1b\[[\d;]*m", "", said.getvalue()).replace(f"{source}/", "")
