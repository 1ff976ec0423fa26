"""The lab's notebooks and where each can be opened: the ``{notebooks}`` directive.

The links are made when the page is written: in _config.yml the repository may change while the page does not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from tools import notebooks


class Launches(nodes.Inline, nodes.Element):
    """Stands where the links of ``notebook`` will be."""


class Notebooks(SphinxDirective):
    """A list of all notebooks: the title and the path of each, and the services that open it."""

    def run(self) -> list[nodes.Node]:
        return [nodes.bullet_list("", *(self.item(source) for source in notebooks.sources()))]

    def item(self, source: Path) -> nodes.Node:
        self.env.note_dependency(str(source))
        heading = next(line for line in source.read_text("utf-8").splitlines() if line.startswith("# "))
        path, title = notebooks.path_of(source), heading.removeprefix("# ")
        words = [nodes.strong(title, title), nodes.Text(": "), nodes.literal(path, path)]
        return nodes.list_item("", nodes.paragraph("", "", *words, Launches(notebook=path)))


def links(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for place in list(doctree.findall(Launches)):
        found: list[nodes.Node] = []
        for name, address in notebooks.launches(place["notebook"], app.config.downhill).items():
            found += [
                nodes.Text(", " if found else "; open it in "),
                nodes.reference("", name, refuri=address),
            ]
        place.replace_self(found)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(Launches)
    app.add_directive("notebooks", Notebooks)
    app.connect("doctree-resolved", links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
