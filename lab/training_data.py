"""What does a run learn from, and what is it measured on? The corpus, parted and, where asked, mislabelled.

    from lab.settings import Settings
    from lab.training_data import prepare
    data = prepare(Settings(train_label_noise=0.25))

Everything here follows from the settings, seed included, on every system alike. Standard library only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from random import Random
from typing import Any

from lab import corpus
from lab.corpus import LABELS, Headline
from lab.settings import Settings, SettingsError

VALIDATION_SIZE = TEST_SIZE = 0.15
# Of how many of the training headlines the training loss without dropout is measured at each evaluation.
TRAIN_MEASURED = 256


@dataclass(frozen=True)
class TrainingData:
    """The headlines to train on and those to validate on, with the labels this run is given.

    `train_measured` is the fixed part of `train` that each evaluation measures. `true_validation` has the
    validation headlines with the labels of the corpus, which differ from `validation` where noise was added.
    `record` is what a stored run says of all this.
    """

    train: list[Headline]
    train_measured: list[Headline]
    validation: list[Headline]
    true_validation: list[Headline]
    record: Mapping[str, Any]


def prepare(settings: Settings, loaded: corpus.Corpus[Headline] | None = None) -> TrainingData:
    """Load, part, take the subset, add the noise. The test part is never looked at here.

    `loaded` saves reading the corpus again where it is at hand. Raises CorpusError where the corpus cannot be
    had, SettingsError where it is smaller than train_subset.
    """
    loaded = corpus.load(settings.corpus, settings.agreement) if loaded is None else loaded
    parts = part(loaded, settings.seed)
    train = parts.train
    if settings.train_subset is not None:
        if settings.train_subset > len(train):
            raise SettingsError(
                f"train_subset is {settings.train_subset}; allowed is at most {len(train)}, the headlines of "
                f"{settings.corpus} to train on, or none for all."
            )
        train = Random(settings.seed).sample(train, settings.train_subset)
    noisy_train = mislabelled(train, settings.train_label_noise, settings.seed)
    noisy_validation = mislabelled(parts.validation, settings.validation_label_noise, settings.seed + 1)
    return TrainingData(
        train=noisy_train,
        train_measured=noisy_train[:TRAIN_MEASURED],
        validation=noisy_validation,
        true_validation=parts.validation,
        record={
            **loaded.identity(),
            "agreement": loaded.agreement,
            "split_seed": settings.seed,
            "split_sha256": parts.sha256,
            "train": len(train),
            "train_labels": count(noisy_train),
            "train_measured": len(noisy_train[:TRAIN_MEASURED]),
            "validation": len(noisy_validation),
            "validation_labels": count(noisy_validation),
            "ceiling": ceiling(settings.validation_label_noise),
        },
    )


def part(rows: Sequence[Headline], seed: int) -> corpus.Split:
    """The three parts that every run of the lab uses."""
    return corpus.split(rows, seed, VALIDATION_SIZE, TEST_SIZE)


def mislabelled(rows: list[Headline], share: float, seed: int) -> list[Headline]:
    """The rows with that share of them, drawn by the seed, given one of the other labels, each as likely."""
    rng = Random(f"label noise {seed}")
    drawn = rng.sample(range(len(rows)), round(share * len(rows)))
    noisy = list(rows)
    for number in drawn:
        others = [label for label in LABELS if label != rows[number].label]
        noisy[number] = replace(rows[number], label=rng.choice(others))
    return noisy


def ceiling(share: float) -> dict[str, float]:
    """The best that any model can do where that share of the labels it is measured on is wrong.

    `accuracy`: knowing every true label. `loss`, nats: knowing the share of wrong labels too, and giving the
    true label what is left and each other label half of it. Noise in training lowers neither.
    """
    kept = 1 - share
    return {"accuracy": kept, "loss": -sum(p * log(p) for p in (kept, share / 2, share / 2) if p > 0) + 0.0}


def count(rows: list[Headline]) -> dict[str, int]:
    """How many rows each label has, in the order of LABELS."""
    counts = Counter(row.label for row in rows)
    return {label: counts[label] for label in LABELS}
