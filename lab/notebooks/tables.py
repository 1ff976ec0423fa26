"""Tables that the notebooks print. Standard library only."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from lab.corpus import LABELS, Headline
from lab.corpus_report import Table
from lab.records import Answers
from lab.report import in_words

METRICS = {"accuracy": "accuracy", "macro_f1": "macro-F1", "validation_loss": "validation loss"}
WIDTH = 96  # characters of a line
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


def before_and_after(texts: Sequence[str], before: Sequence[Shares], after: Sequence[Shares]) -> str:
    """The probabilities for each text, before training and after, and the answer that follows."""
    lines = [f"{'':8}" + "".join(f"{label:>10}" for label in LABELS)]
    for text, *both in zip(texts, before, after, strict=True):
        lines.append(wrapped(text))
        for when, shares in zip(("before", "after"), both, strict=True):
            lines.append(f"{when:8}" + "".join(f"{share:10.3f}" for share in shares) + f"  {answer(shares)}")
    return "\n".join(lines)


def answer(shares: Shares) -> str:
    """The class with the highest probability, the first where two tie."""
    return LABELS[max(range(len(LABELS)), key=shares.__getitem__)]


def confused(headlines: Sequence[Headline], answers: Answers, most: int = 3) -> Table:
    """Which label is most often answered with which other class; `answers` has the shares of each id."""
    pairs = Counter((row.label, answer(answers[row.id])) for row in headlines)
    wrong = [(pair, count) for pair, count in pairs.most_common() if pair[0] != pair[1]]
    rows = [(label, given, str(count)) for (label, given), count in wrong[:most]]
    return Table("Most often confused", ("label", "answer", "headlines"), rows)


def surest_mistakes(headlines: Sequence[Headline], answers: Answers, most: int = 5) -> str:
    """The wrong answers with the highest confidence, beside the probability that the label was given."""
    wrong = [row for row in headlines if answer(answers[row.id]) != row.label]
    lines = []
    for row in sorted(wrong, key=lambda row: -max(answers[row.id]))[:most]:
        shares = answers[row.id]
        of_label = shares[LABELS.index(row.label)]
        lines.append(f"{answer(shares)} ({max(shares):.3f}), but the label is {row.label} ({of_label:.3f})")
        lines.append(wrapped(row.text, "    "))
    return "\n".join(lines)


def wrapped(text: str, indent: str = "") -> str:
    """The text in lines that fit a notebook's output, all but the first indented if `indent` does not say."""
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent or "    ")
