"""Tables that the notebooks print. Standard library only."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from lab.corpus import LABELS, Headline
from lab.corpus_report import Table
from lab.records import Answers
from lab.report import in_words

METRICS = {"accuracy": "accuracy", "macro_f1": "macro-F1", "validation_loss": "validation loss"}
Shares = Sequence[float]  # the probability of each class, in the order of LABELS


def results(finals: Mapping[str, Mapping[str, Any]]) -> Table:
    """What each model scores on the validation headlines; `finals` maps its name to what Run.final holds."""
    rows = [(name, *(_interval(final[metric]) for metric in METRICS)) for name, final in finals.items()]
    title = "On the validation headlines, with the 95 % interval in brackets"
    return Table(title, ("model", *METRICS.values()), rows)


def _interval(final: Mapping[str, float]) -> str:
    value = in_words(final["value"], ".3f")
    if not math.isfinite(final["value"]):
        return value
    return f"{value} ({in_words(final['low'], '.3f')} to {in_words(final['high'], '.3f')})"


def before_and_after(texts: Sequence[str], before: Sequence[Shares], after: Sequence[Shares]) -> Table:
    """The probabilities for each text, before training and after, and the answer that follows."""
    rows = []
    for text, *both in zip(texts, before, after, strict=True):
        for when, shares in zip(("before", "after"), both, strict=True):
            rows.append((when, *(f"{share:.3f}" for share in shares), answer(shares), text))
    return Table("Probabilities", ("when", *LABELS, "answer", "headline"), rows)


def answer(shares: Shares) -> str:
    """The class with the highest probability, the first where two tie."""
    return LABELS[max(range(len(LABELS)), key=shares.__getitem__)]


def confused(headlines: Sequence[Headline], answers: Answers, most: int = 3) -> Table:
    """Which label is most often answered with which other class; `answers` has the shares of each id."""
    pairs = Counter((row.label, answer(answers[row.id])) for row in headlines)
    wrong = [(pair, count) for pair, count in pairs.most_common() if pair[0] != pair[1]]
    rows = [(label, given, str(count)) for (label, given), count in wrong[:most]]
    return Table("Most often confused", ("label", "answer", "headlines"), rows)


def surest_mistakes(headlines: Sequence[Headline], answers: Answers, most: int = 5) -> Table:
    """The wrong answers with the highest confidence, beside the probability that the label was given."""
    wrong = [row for row in headlines if answer(answers[row.id]) != row.label]
    rows = []
    for row in sorted(wrong, key=lambda row: -max(answers[row.id]))[:most]:
        shares = answers[row.id]
        of_label = shares[LABELS.index(row.label)]
        rows.append((answer(shares), f"{max(shares):.3f}", row.label, f"{of_label:.3f}", row.text))
    return Table("Wrong, and surest of it", ("answer", "confidence", "label", "its share", "headline"), rows)
