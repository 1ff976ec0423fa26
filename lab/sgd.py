"""The word-count route: TF-IDF of words and pairs of words, and scikit-learn's SGDClassifier on top.

    from lab import sgd
    from lab.settings import Settings
    trained = sgd.train(Settings(encoder="tfidf"))

With log_loss, SGDClassifier fits one classifier per class, that class against the rest, and changes its
weights after every single headline: a step of the record is BATCH such changes. The probability of a class is
its classifier's own, divided by the sum of all three, so the cross-entropy that is measured is not quite the
loss that is lowered.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import joblib
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from lab import energy, machine, measures, records, training_data
from lab.corpus import LABELS, Headline
from lab.settings import Settings, SettingsError
from lab.training import SILENT, Plan, Trained, Watch

PACKAGES = ("numpy", "scipy", "scikit-learn")
FILE = "model.joblib"
# So many headlines share one entry of the record's steps; what is learned does not depend on it.
BATCH = 16


def train(settings: Settings, watch: Watch = SILENT) -> Trained:
    """Train once, as lab.training.train says. A run that is cut short is evaluated where it stopped."""
    data = training_data.prepare(settings)
    started, started_cpu = time.perf_counter(), time.process_time()
    model = build(settings, data.train)
    vectorizer, classifier = model.named_steps.values()
    seen, unseen = (vectorizer.transform(_texts(rows)) for rows in (data.train, data.validation))
    labels, unseen_labels = measures.numbers(data.train), measures.numbers(data.validation)
    measured = len(data.train_measured)
    steps_per_epoch = math.ceil(len(labels) / BATCH)
    all_steps = settings.num_train_epochs * steps_per_epoch
    parameters = classifier.coef_.size + classifier.intercept_.size
    if watch.planned is not None:
        watch.planned(
            Plan(
                model=settings.encoder,
                parameters=parameters,
                trainable_parameters=parameters,
                train=len(labels),
                validation=len(unseen_labels),
                steps=all_steps,
                dtype="float64",
                device="cpu",
                threads=1,
                seconds=None,
            )
        )

    evaluations: list[dict[str, Any]] = []
    steps: dict[str, list[float]] = {"step": [], "loss": [], "learning_rate": []}
    latest: list[list[float]] = []
    done = 0

    def evaluate() -> None:
        nonlocal latest
        latest = log_probabilities(classifier, unseen)
        on_train = measures.measure(log_probabilities(classifier, seen[:measured]), labels[:measured])
        on_validation = measures.measure(latest, unseen_labels)
        seconds = time.perf_counter() - started
        evaluations.append(
            measures.evaluation(done / steps_per_epoch, done, on_train, on_validation, seconds)
        )
        if watch.evaluated is not None:
            watch.evaluated(evaluations[-1])

    status = records.FINISHED
    try:
        evaluate()
        for batch in batches(settings, len(labels)):
            batch_labels = [labels[number] for number in batch]
            loss = measures.measure(log_probabilities(classifier, seen[batch]), batch_labels)["loss"]
            steps["step"].append(done + 1)
            steps["loss"].append(loss)
            steps["learning_rate"].append(classifier.eta0)
            if not math.isfinite(loss):
                status = records.DIVERGED
                break
            done += 1
            try:
                classifier.partial_fit(seen[batch], batch_labels)
            except ValueError:  # it refuses weights that are not finite
                status = records.DIVERGED
                break
            if watch.stepped is not None:
                watch.stepped(done, all_steps)
            if done % steps_per_epoch == 0:
                evaluate()
    except KeyboardInterrupt:
        if not evaluations:
            raise
        status = records.INTERRUPTED
    if evaluations[-1]["step"] < done:
        evaluate()
    if not math.isfinite(evaluations[-1]["validation_loss"]):
        status = records.DIVERGED
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - started_cpu

    true_rows = data.true_validation if settings.validation_label_noise else None
    run = records.Run(
        id=settings.run_id,
        route=settings.encoder,
        preset=settings.preset,
        settings=settings.as_dict(),
        corpus=data.record,
        classes=list(LABELS),
        evaluations=evaluations,
        steps={name: records.rounded(values) for name, values in steps.items()},
        final=measures.final(latest, data.validation, len(evaluations) - 1, true_rows),
        environment=machine.environment(PACKAGES) | {"threads": 1, "dtype": "float64", "device": "cpu"},
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        energy=energy.estimate(cpu_seconds),
        status=status,
        model={
            "name": settings.encoder,
            "sha256": None,
            "parameters": parameters,
            "trainable_parameters": parameters,
        },
    )
    answers = {
        row.id: [math.exp(share) for share in shares]
        for row, shares in zip(data.validation, latest, strict=True)
    }
    return Trained(run, answers, partial(keep, model))


def build(settings: Settings, rows: Sequence[Headline]) -> Pipeline:
    """Word counts as the headlines to train on have them, and a classifier whose weights are all 0.

    Raises SettingsError where no two headlines share a word.
    """
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2)
    try:
        features = vectorizer.fit_transform(_texts(rows))
    except ValueError:
        raise SettingsError(
            f"train_subset is {settings.train_subset}; allowed for the word-count model is so many headlines "
            "that two of them share a word."
        ) from None
    classifier = SGDClassifier(
        loss="log_loss",
        alpha=1e-4,
        learning_rate="constant",
        eta0=settings.learning_rate,
        shuffle=False,  # the batches are drawn already, and each class's classifier would shuffle its own way
    )
    # Weights come into being with a first headline; training is then to start from none.
    classifier.partial_fit(features[:1], measures.numbers(rows[:1]), classes=range(len(LABELS)))
    classifier.coef_[:] = 0
    classifier.intercept_[:] = 0
    return make_pipeline(vectorizer, classifier)


def batches(settings: Settings, size: int) -> Iterator[list[int]]:
    """The numbers of the headlines of each step, every epoch in an order of its own."""
    rng = Random(settings.seed)
    order = list(range(size))
    for _ in range(settings.num_train_epochs):
        rng.shuffle(order)
        for start in range(0, size, BATCH):
            yield order[start : start + BATCH]


def log_probabilities(classifier: SGDClassifier, features: Any) -> list[list[float]]:
    """As predict_log_proba, but exact where a probability is too small for a float."""
    with np.errstate(all="ignore"):  # a model that diverged has scores that are not finite
        own = -np.logaddexp(0, -classifier.decision_function(features))
        shares: list[list[float]] = (own - np.logaddexp.reduce(own, axis=1, keepdims=True)).tolist()
    return shares


def keep(model: Pipeline, folder: Path) -> None:
    """Write the model, which takes texts as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, folder / FILE)


def predict(folder: Path, texts: Sequence[str]) -> list[list[float]]:
    """The probability of each class for each text, by a model that `keep` wrote.

    Opening such a file runs whatever is in it: open your own. Raises FileNotFoundError where there is none.
    """
    if not (folder / FILE).is_file():
        raise FileNotFoundError(f"{folder} has no {FILE}; allowed is a folder with a word-count model in it.")
    vectorizer, classifier = joblib.load(folder / FILE).named_steps.values()
    if not texts:
        return []
    shares = log_probabilities(classifier, vectorizer.transform(texts))
    return [[math.exp(share) for share in row] for row in shares]


def _texts(rows: Sequence[Headline]) -> list[str]:
    return [row.text for row in rows]
