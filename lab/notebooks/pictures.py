"""Charts of lab.charts in a notebook, which knows none of the book's colours: an SVG on paper of its own."""

from __future__ import annotations

import re
from typing import Any

from lab.charts import Chart
from lab.records import ROOT

TOKENS = ROOT / "book" / "_static" / "tokens.css"
# Lines and letters are coloured for light paper, whatever colours the notebook itself has.
PAPER = (
    '<div style="background: var(--paper); color: var(--ink); color-scheme: light; padding: 1em; '
    'max-width: 36em; font-family: sans-serif">{}</div>'
)
COLOR = re.compile(r"(--[\w-]+):\s*light-dark\((#\w+),")


class Picture(Chart):
    """A chart with its caption and its numbers; needs vl-convert, and no script where it is shown."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_(include, exclude)
        return {"text/html": in_light(PAPER.format(bundle["text/html"])), "text/plain": bundle["text/plain"]}


def in_light(text: str) -> str:
    """The text with each colour that it calls by name, var(--train), written out as in the light theme."""
    colors = dict(COLOR.findall(TOKENS.read_text("utf-8")))
    named = re.sub(r"var\((--[\w-]+)\)", lambda name: colors.get(name[1], name[0]), text)
    return named.replace("var(--font-text)", "sans-serif")
