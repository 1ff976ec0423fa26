"""``{widget}``: a place in a chapter that an ES module of ``_static/widgets`` takes over.

The directive's argument names the module; its body is what a reader without JavaScript sees; its options,
any of them, become ``data-`` attributes. The page loads the module and its style sheet.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from page import need
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

WIDGETS = Path(__file__).resolve().parent.parent / "_static" / "widgets"


class WidgetPlace(nodes.General, nodes.Element):
    """The element that the widget's module upgrades."""


class AnyOption(dict[str, Any]):
    """Accepts every option as text: each widget says in its own header which it reads."""

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, name: str) -> Any:
        return directives.unchanged


class Widget(SphinxDirective):
    required_arguments = 1
    has_content = True
    option_spec = AnyOption()

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        files = [
            f"widgets/{name}{suffix}" for suffix in (".css", ".js") if (WIDGETS / f"{name}{suffix}").is_file()
        ]
        if f"widgets/{name}.js" not in files:
            raise self.error(f"widget {name!r}: there is no {name}.js in book/_static/widgets")
        need(self.env.app, self.env.docname, *files)
        node = WidgetPlace("", name=name, data=dict(self.options))
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def open_element(self: Any, node: WidgetPlace) -> None:
    data = "".join(f' data-{key}="{html.escape(str(value))}"' for key, value in node["data"].items())
    self.body.append(f'<div class="widget" data-widget="{html.escape(node["name"])}"{data}>\n')


def close_element(self: Any, node: WidgetPlace) -> None:
    self.body.append("</div>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(WidgetPlace, html=(open_element, close_element))
    app.add_directive("widget", Widget)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
