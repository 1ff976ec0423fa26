"""The ``{training-speed}`` directive: what ``python -m lab bench`` stored, on the stored runs' machine."""

from __future__ import annotations

import json
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from tables import table

from lab import records

# As in lab.bench, which is seconds to import.
FILE = records.RUNS.parent / "bench" / "training.json"
HEAD = ("way to train", "headlines a second", "times the first way", "of what the products alone would allow")


class TrainingSpeed(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(FILE))
        found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
        rows = [
            (
                name,
                f"{way['sentences_per_second']:.1f}",
                f"{way['ratio']:.2f}",
                f"{way['share_of_limit']:.0%}",
            )
            for name, way in found["ladder"].items()
        ]
        where = found["environment"]
        caption = (
            f"MiniLM on {found['headlines']} headlines of {found['tokens_per_headline']:.0f} tokens on "
            f"average: {where['cpu']}, {where['threads']} threads; each way does what the one above it does, "
            "but for one change."
        )
        whole = "; ".join(f"{run['seconds']:.0f} seconds in {dtype}" for dtype, run in found["runs"].items())
        text = (
            f"A whole run there, {found['corpus']['train']} headlines, {found['epochs']} epochs and their "
            f"evaluations, took {whole}, and at most {found['peak_bytes'] / 1e9:.1f} GB of memory."
        )
        return [table(caption, HEAD, rows), nodes.paragraph("", text)]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("training-speed", TrainingSpeed)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
