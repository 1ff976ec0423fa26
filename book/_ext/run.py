"""Stored runs in prose: the ``{run}`` role and the ``{all-runs}`` directive.

``{run}`page-model-too-high-seed-0:validation_loss[-1]``` writes that value of that stored run, rounded for
reading, and links it to the run's place on the page of all runs. A format may follow after a bar:
``|.2f``, ``|.0%``, ``|,d``. A run or a value that does not exist fails the build.
"""

from __future__ import annotations

import json
import math
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from lab import charts, records
from lab.charts import AXIS_TITLES

# Shown for every run, in this order.
FINAL = ("train_loss", "validation_loss", "accuracy", "macro_f1")


def in_words(value: Any, form: str = "") -> str:
    """A measured value as it stands in prose: three significant digits unless ``form`` says otherwise."""
    if isinstance(value, str | bool):
        return str(value)
    if not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not one value; name one with [number] or .name")
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "infinity" if value > 0 else "minus infinity"
    if form:
        return format(value, form)
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 or value == 0 else rate_in_words(value)


def rate_in_words(value: float) -> str:
    """A number between -1 and 1 both ways, to three significant digits: 0.00002 (2e-5)."""
    rounded = f"{value:.2e}"
    mantissa, exponent = rounded.split("e")
    return f"{Decimal(rounded):f}".rstrip("0") + f" ({float(mantissa):g}e{int(exponent)})"


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
            "", nodes.inline(text, text), refdomain="std", reftype="ref",
            reftarget=f"run-{run_id.strip()}", refexplicit=True, refdoc=self.env.docname, refwarn=True,
        )  # fmt: skip
        # Around the link: Sphinx writes its own classes over those in it.
        return [nodes.inline("", "", link, classes=["measured"])], []


class AllRuns(SphinxDirective):
    """Every stored run: a section for each choice of settings, with a row for each seed."""

    def run(self) -> list[nodes.Node]:
        together: dict[str, list[records.Run]] = {}
        for run_id in records.ids():
            stored = records.load(run_id)
            dials = {name: value for name, value in stored.settings.items() if name != "seed"}
            together.setdefault(json.dumps([stored.route, dials], sort_keys=True), []).append(stored)
        runs = sorted(
            together.values(), key=lambda alike: (alike[0].route, alike[0].settings["learning_rate"])
        )
        return [self.section(alike) for alike in runs]

    def section(self, alike: list[records.Run]) -> nodes.Node:
        first = alike[0]
        title = f"Learning rate {in_words(float(first.settings['learning_rate']), 'g')}"
        if first.preset:
            title = f"{charts.PRESET_NAMES[first.preset]}: {title[0].lower()}{title[1:]}"
        section = nodes.section(ids=[f"runs-{first.id}"], names=[f"runs-{first.id}"])
        section += nodes.title(title, title)
        section += facts(first)
        section += self.results(alike)
        return section

    def results(self, alike: list[records.Run]) -> nodes.Node:
        classes = [f"answers {label}" for label in alike[0].classes]
        head = ["seed", *(AXIS_TITLES[name] for name in FINAL), *classes]
        body = nodes.tbody()
        for stored in alike:
            last = stored.evaluations[-1]
            counts = [last["predicted_counts"][label] for label in stored.classes]
            row = table_row(
                [stored.settings["seed"], *(in_words(last[name], ".3f") for name in FINAL), *counts]
            )
            # The place that a measured number in a chapter links to.
            row["ids"] = [f"run-{stored.id}"]
            self.env.domains["std"].note_hyperlink_target(
                f"run-{stored.id}", self.env.docname, f"run-{stored.id}", stored.id
            )
            body += row
        group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
        group += [nodes.thead("", table_row(head)), body]
        return nodes.table("", group)


def table_row(cells: list[Any]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", str(cell))) for cell in cells))


def facts(run: records.Run) -> nodes.Node:
    """What all seeds of these settings share, and the command that repeats them."""
    settings = {name: value for name, value in run.settings.items() if name != "seed" and value is not None}
    rows = {
        "Settings": ", ".join(f"{name} {value}" for name, value in settings.items()),
        "Trained on": f"{run.corpus['train']} rows of {run.corpus['name']}, "
        f"measured on {run.corpus['validation']} others",
        "Corpus": f"SHA-256 {run.corpus['sha256'][:16]}…",
        "Run on": ", ".join(f"{name} {value}" for name, value in run.environment.items()),
        "Repeat with": f"python -m lab.{run.route.replace('-', '_')}",
    }
    listed = nodes.definition_list(classes=["facts"])
    for name, value in rows.items():
        text = nodes.literal(value, value) if name == "Repeat with" else nodes.Text(value)
        listed += nodes.definition_list_item(
            "", nodes.term("", name), nodes.definition("", nodes.paragraph("", "", text))
        )
    return listed


def copy_runs(app: Sphinx, error: Exception | None) -> None:
    """Put the stored runs, each on one line, where Python in the browser reads them; none that is gone."""
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_runs"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / records.SITE_INDEX).write_text(json.dumps(records.ids()), "utf-8")
    for run_id in records.ids():
        content = json.loads((records.RUNS / f"{run_id}.json").read_text("utf-8"))
        (folder / f"{run_id}.json").write_text(json.dumps(content, separators=(",", ":")), "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("run", RunRole())
    app.add_directive("all-runs", AllRuns)
    app.connect("build-finished", copy_runs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
