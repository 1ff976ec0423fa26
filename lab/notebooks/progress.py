"""Watching a run from a notebook: what is about to happen, a row an evaluation, the steps as they go."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import IPython.display

from lab.commands import in_words
from lab.corpus_report import Table
from lab.notebooks.tables import wrapped
from lab.training import Plan, Watch

COLUMNS = {
    "epoch": ("epoch", "g"),
    "train_loss": ("training loss", ".3f"),
    "validation_loss": ("validation loss", ".3f"),
    "accuracy": ("accuracy", ".3f"),
    "macro_f1": ("macro-F1", ".3f"),
}
EVERY = 0.3  # seconds between two counts of steps: more often, nobody can read them
display: Any = IPython.display.display  # it has no types


class Progress:
    """One output that is written afresh, so that a notebook stores its last state and no other.

    `watch` goes to lab.training.train.
    """

    def __init__(self) -> None:
        self.watch = Watch(self._planned, self._stepped, self._evaluated)
        self._plan, self._rows, self._steps = "Getting ready ...", list[tuple[str, ...]](), ""
        self._started = self._shown = time.monotonic()
        self._output = display(self._bundle(), raw=True, display_id=True)

    def _planned(self, plan: Plan) -> None:
        self._plan = wrapped(in_words(plan))
        self._started = time.monotonic()
        self._show()

    def _stepped(self, done: int, of_all: int) -> None:
        now = time.monotonic()
        left = (now - self._started) / done * (of_all - done)
        self._steps = f"{done:,} of {of_all:,} steps" + (f", about {left:.0f} seconds left" if left else "")
        if now - self._shown >= EVERY or done == of_all:
            self._show()

    def _evaluated(self, row: Mapping[str, Any]) -> None:
        self._rows.append(tuple(format(row[name], form) for name, (_, form) in COLUMNS.items()))
        self._show()

    def _show(self) -> None:
        self._shown = time.monotonic()
        self._output.update(self._bundle(), raw=True)

    def _bundle(self) -> dict[str, str]:
        parts = [self._plan, self._steps]
        if self._rows:
            parts[0] = str(Table(self._plan, tuple(title for title, _ in COLUMNS.values()), self._rows))
        return {"text/plain": "\n".join(filter(None, parts))}
