"""Stored runs in prose: the ``{run}`` role and the ``{all-runs}`` directive.

``{run}`page-model-too-high-seed-0:validation_loss[-1]``` writes that value of that stored run, rounded for
reading, and links it to the run's place on the page of all runs. A format may follow after a bar:
``|.2f``, ``|.0%``, ``|,d``. A run or a value that does not exist fails the build.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from lab import charts, records

RUNS_PAGE = "reference/runs"
# Shown for every run, in this order, where the run has it.
FINAL = ("train_loss", "validation_loss", "accuracy", "macro_f1")


def in_words(value: Any, form: str = "") -> str:
    """A measured value as it stands in prose: three significant digits unless ``form`` says otherwise."""
    if isinstance(value, str) or isinstance(value, bool):
        return str(value)
    if form:
        return format(value, form)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) >= 0.001 or value == 0 else rate_in_words(value)
    raise ValueError(f"{value!r} is not one value; name one with [number] or .name")


def rate_in_words(value: float) -> str:
    """A small number both ways: 0.00002 (2e-5)."""
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{value:.10f}".rstrip("0") + f" ({float(mantissa):g}e{int(exponent)})"


class RunRole(SphinxRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        reference, _, form = self.text.partition("|")
        run_id, _, path = reference.partition(":")
        try:
            text = in_words(records.load(run_id.strip()).value(path.strip()), form.strip())
        except (KeyError, ValueError, FileNotFoundError) as error:
            message = self.inliner.reporter.error(f"{{run}}`{self.text}`: {error.args[0]}", line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        link = pending_xref(
            "", nodes.inline(text, text, classes=["measured"]), refdomain="std", reftype="ref",
            reftarget=f"run-{run_id.strip()}", refexplicit=True, refdoc=self.env.docname, refwarn=True,
        )  # fmt: skip
        return [link], []


class AllRuns(SphinxDirective):
    """Every stored run with its settings, its results and the file it was read from."""

    def run(self) -> list[nodes.Node]:
        sections = []
        for run_id in records.ids():
            run = records.load(run_id)
            section = nodes.section(ids=[f"run-{run_id}"], names=[f"run-{run_id}"])
            title = f"{charts.PRESET_NAMES.get(run.preset or '', run.route)}, seed {run.settings.get('seed')}"
            section += nodes.title(title, title)
            section += self.facts(run)
            self.env.domains["std"].note_hyperlink_target(  # type: ignore[attr-defined]
                f"run-{run_id}", self.env.docname, f"run-{run_id}", title
            )
            sections.append(section)
        return sections

    def facts(self, run: records.Run) -> nodes.Node:
        last = run.evaluations[-1]
        settings = ", ".join(f"{key} {value}" for key, value in run.settings.items() if value is not None)
        rows = {
            "Run": run.id,
            "Settings": settings,
            "Corpus": ", ".join(f"{key} {str(value)[:16]}" for key, value in run.corpus.items()),
            "At the end": ", ".join(f"{key.replace('_', ' ')} {in_words(last[key])}" for key in FINAL if key in last),
            "Predicted": ", ".join(f"{label} {count}" for label, count in last.get("predicted_counts", {}).items()),
            "Took": f"{in_words(run.seconds)} s, " + ", ".join(f"{key} {value}" for key, value in run.environment.items()),
        }
        facts = nodes.definition_list(classes=["facts"])
        for name, value in rows.items():
            if value:
                term, text = nodes.term("", name), nodes.definition("", nodes.paragraph("", value))
                facts += nodes.definition_list_item("", term, text)
        return facts


def copy_runs(app: Sphinx, error: Exception | None) -> None:
    """Put the stored runs where Python in the browser reads them: ``_runs/<id>.json``, without the line breaks."""
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_runs"
    folder.mkdir(exist_ok=True)
    for run_id in records.ids():
        content = json.loads((records.RUNS / f"{run_id}.json").read_text("utf-8"))
        (folder / f"{run_id}.json").write_text(json.dumps(content, separators=(",", ":")), "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("run", RunRole())
    app.add_directive("all-runs", AllRuns)
    app.connect("build-finished", copy_runs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
