"""``{by-epoch}``: what stored runs measured after each epoch, as a table with a column a run.

The argument is what was measured: a quantity of the evaluations (``validation_loss``, ``predicted_counts``)
or of the steps (``grad_norm``, ``loss``), of which the mean over each epoch is shown. ``:runs:`` names the
runs as ``name=id``, ``:caption:`` is said above the table, ``:format:`` is how a number is written (``.7f``).

The names alone are shown, and nothing links to the runs: the reader may still have to find out which they
are.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from statistics import fmean
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from stored import run_of
from tables import table

from lab.records import Run
from lab.report import in_words


def by_epoch(run: Run, quantity: str, form: str) -> Iterator[str]:
    """The quantity at each evaluation of a run, in words; of the steps, from the first epoch on.

    Raises KeyError where the run has no such quantity.
    """
    if quantity not in run.steps:
        for value in run.column(quantity):
            yield " · ".join(in_words(number, form) for number in _numbers(value))
        return
    for begun, done in pairwise(run.column("step")):
        yield in_words(
            fmean(
                value
                for step, value in zip(run.steps["step"], run.steps[quantity], strict=True)
                if begun < step <= done
            ),
            form,
        )


def _numbers(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else [value]


class ByEpoch(SphinxDirective):
    required_arguments = 1
    option_spec: ClassVar = {
        "runs": directives.unchanged_required,
        "caption": directives.unchanged_required,
        "format": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        if missing := {"runs", "caption"} - set(self.options):
            raise self.error(f"{{by-epoch}}: {' and '.join(sorted(missing))} must be given")
        runs: dict[str, Run] = {}
        for word in self.options["runs"].split():
            name, _, run_id = word.rpartition("=")
            runs[name.replace("_", " ")] = run_of(self, run_id)
        form = self.options.get("format", "")
        try:
            columns = [list(by_epoch(run, self.arguments[0], form)) for run in runs.values()]
        except KeyError as error:
            raise self.error(f"{{by-epoch}}: {error.args[0]}") from None
        if len({tuple(run.column("epoch")) for run in runs.values()}) > 1:
            raise self.error("{by-epoch}: the runs must have been evaluated at the same epochs")
        epochs = next(iter(runs.values())).column("epoch")[-len(columns[0]) :]
        rows = [(in_words(epoch, "g"), *row) for epoch, *row in zip(epochs, *columns, strict=True)]
        return [table(self.options["caption"], ("epoch", *runs), rows)]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("by-epoch", ByEpoch)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
