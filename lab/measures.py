"""What do the answers of a model say about it? Loss, accuracy, macro-F1, and how sure each figure is.

    from lab import measures
    measures.measure(log_probabilities, labels)
    measures.intervals(log_probabilities, labels, groups)

A row has the logarithm of the probability of each class, in the order of corpus.LABELS (a probability itself
would round to 0 where a model that went wrong is very sure); a label is the number of its class. The same
functions measure every route. Standard library only.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from lab.corpus import LABELS, Headline

RESAMPLES = 1000
LogProbabilities = Sequence[Sequence[float]]


def losses(log_probabilities: LogProbabilities, labels: Sequence[int]) -> list[float]:
    """The cross-entropy of each row, in nats: inf where the right class was given no chance."""
    return [-row[label] for row, label in zip(log_probabilities, labels, strict=True)]


def answers(log_probabilities: LogProbabilities) -> list[int | None]:
    """The likeliest class of each row, the first where two tie; None where the model gave no number."""
    return [
        None if any(map(math.isnan, row)) else row.index(max(row)) for row in map(list, log_probabilities)
    ]


def measure(log_probabilities: LogProbabilities, labels: Sequence[int]) -> dict[str, Any]:
    """loss (mean, nats), accuracy, macro_f1, and predicted_counts: how often each class was the answer."""
    given = answers(log_probabilities)
    counts = Counter(given)
    each = losses(log_probabilities, labels)
    return {
        "loss": math.fsum(loss / len(each) for loss in each) if all(map(math.isfinite, each)) else sum(each),
        **_scores(Counter(zip(labels, given, strict=True))),
        "predicted_counts": {label: counts[number] for number, label in enumerate(LABELS)},
    }


def intervals(
    log_probabilities: LogProbabilities, labels: Sequence[int], groups: Sequence[str], seed: int = 0
) -> dict[str, dict[str, float]]:
    """validation_loss, accuracy and macro_f1, each with its value and its 95 % interval, low to high.

    A percentile bootstrap of RESAMPLES draws. Whole groups are drawn, since headlines that tell one story are
    right or wrong together. It covers the chance of which headlines were held out, not that of the seed.
    """
    each = losses(log_probabilities, labels)
    pairs = list(zip(labels, answers(log_probabilities), strict=True))
    members: dict[str, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        members[group].append(number)
    # A group's share of every sum, so that a draw adds groups, not headlines.
    shares = [(sum(each[i] for i in rows), Counter(pairs[i] for i in rows)) for rows in members.values()]
    rng = Random(seed)
    drawn: dict[str, list[float]] = defaultdict(list)
    for _ in range(RESAMPLES):
        total, confusion = 0.0, Counter[tuple[int, int | None]]()
        for loss, counts in rng.choices(shares, k=len(shares)):
            total += loss
            for pair, count in counts.items():
                confusion[pair] += count
        drawn["validation_loss"].append(total / confusion.total())
        for name, value in _scores(confusion).items():
            drawn[name].append(value)
    whole = {"validation_loss": measure(log_probabilities, labels)["loss"], **_scores(Counter(pairs))}
    return {name: {"value": value, **_ends(drawn[name])} for name, value in whole.items()}


def evaluation(
    epoch: float, step: int, train: Mapping[str, Any], validation: Mapping[str, Any], seconds: float
) -> dict[str, Any]:
    """One row of a run's evaluations, from what `measure` says of its two parts after so many steps."""
    return {
        "epoch": round(epoch, 4),
        "step": step,
        "train_loss": train["loss"],
        "train_accuracy": train["accuracy"],
        **_of_validation(validation),
        "predicted_counts": validation["predicted_counts"],
        "gap": validation["loss"] - train["loss"],
        "accuracy_gap": train["accuracy"] - validation["accuracy"],
        "seconds": round(seconds, 2),
    }


def final(
    log_probabilities: LogProbabilities,
    rows: Sequence[Headline],
    evaluation: int,
    true_rows: Sequence[Headline] | None = None,
) -> dict[str, Any]:
    """What a run's record says of the answers it ends with, which are those of that evaluation.

    `true_rows` are the same headlines with their true labels, where some of the others are wrong on purpose.
    """
    found: dict[str, Any] = {
        **intervals(log_probabilities, numbers(rows), [row.group for row in rows]),
        "evaluation": evaluation,
    }
    if true_rows is not None:
        found["on_true_labels"] = _of_validation(measure(log_probabilities, numbers(true_rows)))
    return found


def numbers(rows: Sequence[Headline]) -> list[int]:
    """The number of each headline's class, in the order of corpus.LABELS."""
    return [LABELS.index(row.label) for row in rows]


def _ends(values: list[float]) -> dict[str, float]:
    if not all(map(math.isfinite, values)):
        return {"low": math.nan, "high": math.nan}
    ordered = sorted(values)
    return {
        "low": ordered[round(0.025 * (len(ordered) - 1))],
        "high": ordered[round(0.975 * (len(ordered) - 1))],
    }


def _scores(confusion: Counter[tuple[int, int | None]]) -> dict[str, float]:
    """Accuracy and macro-F1 from how often each (true class, answer) occurred."""
    right = {number: confusion[number, number] for number in range(len(LABELS))}
    scores = []
    for number in right:
        true = sum(count for (label, _), count in confusion.items() if label == number)
        given = sum(count for (_, answer), count in confusion.items() if answer == number)
        # A class that is neither there nor answered scores 0, as in scikit-learn.
        scores.append(2 * right[number] / (true + given) if true + given else 0.0)
    return {"accuracy": sum(right.values()) / confusion.total(), "macro_f1": sum(scores) / len(scores)}


def _of_validation(measured: Mapping[str, Any]) -> dict[str, float]:
    return {
        "validation_loss": measured["loss"],
        "accuracy": measured["accuracy"],
        "macro_f1": measured["macro_f1"],
    }
