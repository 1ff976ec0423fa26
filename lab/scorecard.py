"""What did simple models score, and is it what the headlines must show? Reads what lab.corpus_scores stored.

Standard library only, so that the book can show the scores without the packages that computed them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lab.records import RUNS

FILE = RUNS.parent / "corpus" / "scores.json"
HALVES = ("first", "second")  # of Financial PhraseBank, parted once by seed
METRICS = {"accuracy": "accuracy", "macro_f1": "macro-F1"}
MODELS = {
    "always-neutral": "always neutral",
    "length": "the length alone",
    "word-count": "word counts",
    "minilm": "MiniLM's sentence vectors",
}


@dataclass(frozen=True)
class Score:
    """One measured figure with its 95 % interval, and the bounds it must keep (None: no bound)."""

    model: str
    on: str
    metric: str
    value: float
    interval: tuple[float, float]
    least: float | None = None
    most: float | None = None

    @property
    def allowed(self) -> str:
        """The bounds in words; empty where there are none."""
        if self.least is not None and self.most is not None:
            return f"{self.least:.2f} to {self.most:.2f}"
        if self.least is not None:
            return f"at least {self.least:.2f}"
        return "" if self.most is None else f"at most {self.most:.2f}"

    @property
    def holds(self) -> bool:
        return (self.least is None or self.value >= self.least) and (
            self.most is None or self.value <= self.most
        )


# The least and the most allowed, by model and metric.
Bounds = dict[tuple[str, str], tuple[float | None, float | None]]
OURS: Bounds = {("word-count", "accuracy"): (0.68, 0.85)}
REAL_NEWS: Bounds = {
    ("word-count", "accuracy"): (0.66, None),
    ("word-count", "macro_f1"): (0.55, None),
    ("minilm", "accuracy"): (0.74, None),
    ("minilm", "macro_f1"): (0.68, None),
}
LENGTH_GIVES_AWAY = (
    0.03  # the length alone may be this much more or less accurate than always neutral, no more
)


def load() -> dict[str, Any]:
    """All that is stored. Raises FileNotFoundError where nothing is."""
    stored: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return stored


# The sections of the file: where they were scored, and the bounds there.
SECTIONS = {"ours": ("our own headlines", OURS)} | {
    f"phrasebank_{half}": (f"real news, {half} half", REAL_NEWS) for half in HALVES
}


def scores(stored: dict[str, Any], section: str) -> Iterator[Score]:
    """Every stored figure of one section (see SECTIONS); none where the section is not stored."""
    on, bounds = SECTIONS[section]
    for model, metrics in stored.get(section, {}).items():
        for metric in METRICS:
            low, high = metrics[metric]["interval"]
            least, most = bounds.get((model, metric), (None, None))
            yield Score(model, on, metric, metrics[metric]["value"], (low, high), least, most)


def length_gives_away(stored: dict[str, Any]) -> float:
    """How much more accurate the length alone is than always neutral, as a difference of mean accuracies."""
    ours = stored["ours"]
    return float(ours["length"]["accuracy"]["value"] - ours["always-neutral"]["accuracy"]["value"])
