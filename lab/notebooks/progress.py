"""Watching a run from a notebook: a bar of its steps, and a line for each evaluation."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from lab import commands
from lab.training import Plan, Watch


@contextmanager
def watching() -> Iterator[Watch]:
    """What to hand to lab.training.train; the words are those of `python -m lab run`."""
    # Jupyter shows what goes to stderr as if something were wrong.
    with tqdm(total=0, unit="step", leave=False, bar_format=commands.BAR, file=sys.stdout) as bar:

        def planned(plan: Plan) -> None:
            bar.write(commands.in_words(plan))

        def stepped(done: int, of_all: int) -> None:
            bar.total = of_all
            bar.update(done - bar.n)

        def evaluated(row: Mapping[str, Any]) -> None:
            bar.write(commands.EVALUATION.format(**row))

        yield Watch(planned, stepped, evaluated)
