"""What the model card shows of stored runs: the ``{preset-table}`` and ``{final-report}`` directives.

``{preset-table} headlines`` has the three presets of MiniLM on one of CORPORA, at seed 0 with intervals and
over all seeds; ``{preset-table} clear`` at how many seeds just-right stands clear of the others.
``{final-report}`` has the scores on the test part, or says that nobody has opened it yet.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from docutils import nodes
from run import FINAL, verdict_of, with_interval
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from tables import Cell, run_link, table

from lab import final_report, records
from lab.charts import AXIS_TITLES, PRESET_NAMES
from lab.experiments import EXPERIMENTS, id_of
from lab.records import Run
from lab.report import in_words

CORPORA = {"headlines": "our own headlines", "phrasebank": "real news, three in four annotators agreeing"}
JUST_RIGHT = "just-right"
CLEAR = "clear"
# A loss is better low, the other figures are better high.
BETTER_LOW = "validation_loss"
PARTS = {
    "test": "test",
    "untouched": "test, and in no seed's validation",
    "validation": "validation",
}


def presets(corpus: str) -> dict[str, list[Run]]:
    """Of each preset the stored runs on that corpus that compare learning rates, by seed."""
    chosen = [
        settings
        for settings in EXPERIMENTS["learning-rate"].settings()
        if settings.preset and settings.corpus == corpus
    ]
    return {
        preset: [records.load(id_of(settings)) for settings in chosen if settings.preset == preset]
        for preset in PRESET_NAMES
    }


def clear(better: Run, other: Run, figure: str) -> bool:
    """Is the whole 95 % interval of the one on the good side of that of the other?"""
    one, two = better.final[figure], other.final[figure]
    return bool(one["high"] < two["low"] if figure == BETTER_LOW else one["low"] > two["high"])


def preset_rows(corpus: str, docname: str) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for preset, runs in presets(corpus).items():
        first = runs[0]
        rows.append(
            (
                run_link(first.id, PRESET_NAMES[preset], docname),
                f"seed {first.settings['seed']}",
                *(with_interval(first.final[figure]) for figure in FINAL),
                in_words(max(first.steps["loss"]), ".2f"),
                verdict_of(first),
            )
        )
        ended = Counter(run.verdict["name"] for run in runs)
        rows.append(
            (
                PRESET_NAMES[preset],
                f"{len(runs)} seeds",
                *(over([run.final[figure]["value"] for run in runs], ".3f") for figure in FINAL),
                over([max(run.steps["loss"]) for run in runs], ".2f"),
                ", ".join(f"{name} {count}" for name, count in ended.most_common()),
            )
        )
    return rows


def over(values: list[float], form: str) -> str:
    low, high = (in_words(end(values), form) for end in (min, max))
    return low if low == high else f"{low} to {high}"


def clear_rows() -> list[tuple[Cell, ...]]:
    """At how many seeds each figure of just-right stands clear of each other preset's, corpus by corpus."""
    of_corpora = [presets(corpus) for corpus in CORPORA]
    return [
        (
            AXIS_TITLES[figure],
            PRESET_NAMES[other],
            *(
                f"{sum(clear(one, two, figure) for one, two in pairs(runs, other))} of {len(runs[other])}"
                for runs in of_corpora
            ),
        )
        for figure in FINAL
        for other in PRESET_NAMES
        if other != JUST_RIGHT
    ]


def pairs(runs: dict[str, list[Run]], other: str) -> zip[tuple[Run, Run]]:
    return zip(runs[JUST_RIGHT], runs[other], strict=True)


def report_rows(report: dict[str, Any], docname: str) -> list[tuple[Cell, ...]]:
    return [
        (
            run_link(one["run"], f"seed {one['seed']}", docname),
            title,
            f"{one[part]['rows']:,}",
            in_words(one[part]["always_neutral"], ".3f"),
            *(with_interval(one[part][figure]) for figure in ("accuracy", "macro_f1", "loss")),
        )
        for one in report["seeds"]
        for part, title in PARTS.items()
    ]


class PresetTable(SphinxDirective):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        try:
            if name == CLEAR:
                caption = f"At how many seeds {PRESET_NAMES[JUST_RIGHT]} stands clear of another preset"
                return [table(caption, ("figure", "clear of", *CORPORA.values()), clear_rows())]
            if name not in CORPORA:
                raise self.error(f"there is no table {name!r}; there are {', '.join((*CORPORA, CLEAR))}")
            figures = [AXIS_TITLES[figure] for figure in FINAL]
            head = ("preset", "of", *figures, "largest step loss", "verdict")
            caption = f"MiniLM on {CORPORA[name]}: one seed with 95 % intervals, all from lowest to highest"
            return [table(caption, head, preset_rows(name, self.env.docname))]
        except (ValueError, FileNotFoundError) as error:
            raise self.error(f"{{preset-table}} {name}: {error}") from None


class FinalReport(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        try:
            report = json.loads(final_report.FILE.read_text("utf-8"))
        except FileNotFoundError:
            return [nodes.paragraph("", "The test part has not been opened yet.")]
        except ValueError as error:
            raise self.error(f"{{final-report}}: {final_report.FILE.name} is broken: {error}") from None
        head = ("run", "headlines of", "how many", "always-neutral", "accuracy", "macro-F1", "loss")
        rows = report_rows(report, self.env.docname)
        return [table("The chosen setting on the test part, with 95 % intervals", head, rows)]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("preset-table", PresetTable)
    app.add_directive("final-report", FinalReport)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
