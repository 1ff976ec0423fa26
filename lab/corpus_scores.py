"""What can simple models learn from our headlines, and does it hold for real news?

    python -m lab corpus score                      # on our own headlines, about a minute
    python -m lab corpus score --phrasebank first   # trained on ours, scored on half of real news

Four classifiers of scikit-learn: always the most frequent class, the length alone, word counts, and MiniLM's
sentence vectors. The results are stored in assets/corpus/scores.json, which the data card shows.
"""

from __future__ import annotations

import json
import platform
import random
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from lab import corpus, encoders, phrasebank, variety
from lab.corpus import LABELS, Headline
from lab.page_model import SEEDS
from lab.scorecard import FILE
from lab.training_data import TEST_SIZE, VALIDATION_SIZE

TRAIN = 800  # rows drawn from the training part
STUDENT_T = 2.776  # the 97.5 % point with 4 degrees of freedom: five seeds
RESAMPLES = 1000
AGREEMENT = "75"

Rows = Sequence[Headline]


class Vectors:
    """MiniLM's sentence vectors of headlines, each computed once."""

    def __init__(self, rows: Rows) -> None:
        texts = list(dict.fromkeys(row.text for row in rows))
        self.of = dict(zip(texts, encoders.sentence_vectors(texts), strict=True))

    def __call__(self, texts: Iterable[str]) -> Any:
        return np.stack([self.of[text] for text in texts])


def lengths(texts: Iterable[str]) -> list[list[int]]:
    """Words and characters of each text."""
    return [[len(text.split()), len(text)] for text in texts]


def classifiers(vectors: Vectors) -> dict[str, Pipeline]:
    """Unfitted, texts to labels; what is not said is scikit-learn's default."""
    return {
        "always-neutral": make_pipeline(DummyClassifier(strategy="most_frequent")),
        "length": make_pipeline(FunctionTransformer(lengths), StandardScaler(), LogisticRegression()),
        "word-count": make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), min_df=2), LogisticRegression(C=10, max_iter=1000)
        ),
        "minilm": make_pipeline(FunctionTransformer(vectors), LogisticRegression(C=10, max_iter=1000)),
    }


def answers(model: Pipeline, train: Rows, unseen: Rows) -> list[str]:
    """Fit on the one, answer on the other."""
    model.fit([row.text for row in train], [row.label for row in train])
    return list(model.predict([row.text for row in unseen]))


SCORERS: dict[str, Callable[[Any, Any], float]] = {
    "accuracy": lambda truth, given: float(accuracy_score(truth, given)),
    "macro_f1": lambda truth, given: float(
        f1_score(truth, given, labels=LABELS, average="macro", zero_division=0)
    ),
}


def on_our_own(rows: Rows) -> dict[str, Any]:
    """Scores on the validation part after TRAIN training rows: by split seed, mean, its 95 % interval.

    The five splits share rows, so the true uncertainty is larger than Student's interval says.
    """
    vectors = Vectors(rows)
    scores: dict[str, Any] = {
        name: {metric: {"by_seed": []} for metric in SCORERS} for name in classifiers(vectors)
    }
    for seed in SEEDS:
        parts = corpus.split(rows, seed, VALIDATION_SIZE, TEST_SIZE)
        train = random.Random(seed).sample(parts.train, TRAIN)
        truth = [row.label for row in parts.validation]
        for name, model in classifiers(vectors).items():
            given = answers(model, train, parts.validation)
            for metric, score in SCORERS.items():
                scores[name][metric]["by_seed"].append(score(truth, given))
    for metrics in scores.values():
        for score_of in metrics.values():
            values = score_of["by_seed"]
            half_width = STUDENT_T * stdev(values) / sqrt(len(values))
            score_of["value"] = mean(values)
            score_of["interval"] = [mean(values) - half_width, mean(values) + half_width]
    return scores


def half_of_phrasebank(half: str) -> list[Headline]:
    """One half of the sentences on which at least three in four annotators agree; the same for everybody."""
    parts = corpus.split(corpus.load("phrasebank", AGREEMENT), seed=0, validation_size=0.5)
    return {"first": parts.train, "second": parts.validation}[half]


def real_news() -> dict[str, Any]:
    """What ours is compared with: how varied it is, and on how many sentences so many annotators agree."""
    levels = {level: corpus.load("phrasebank", level) for level in phrasebank.FILES}
    every = levels["50"]
    return {
        "sentences": {level: len(rows) for level, rows in levels.items()},
        "variety": variety.figures([row.text for row in levels[AGREEMENT]]),
        "headlines_that_share_8_words": len(variety.sharing(corpus.load("headlines"), every)),
    }


def on_real_news(rows: Rows, news: Rows) -> dict[str, Any]:
    """Scores on real news after training on all of ours.

    ``confusion`` has a line for each true label and a column for each answer, in the order of LABELS. The
    95 % interval is a percentile bootstrap: RESAMPLES draws of single sentences, seed 0.
    """
    vectors = Vectors([*rows, *news])
    truth = np.array([row.label for row in news])
    draws = np.random.default_rng(0).integers(len(news), size=(RESAMPLES, len(news)))
    scores: dict[str, Any] = {}
    for name, model in classifiers(vectors).items():
        given = np.array(answers(model, rows, news))
        scores[name] = {"confusion": confusion_matrix(truth, given, labels=LABELS).tolist()}
        for metric, score in SCORERS.items():
            low, high = np.quantile([score(truth[drawn], given[drawn]) for drawn in draws], [0.025, 0.975])
            scores[name][metric] = {"value": score(truth, given), "interval": [float(low), float(high)]}
    return scores


def store(half: str | None = None, file: Path = FILE) -> dict[str, Any]:
    """Score on our own headlines, or on a half of real news, and store the scores for the data card.

    What is stored of another version of the headlines is dropped. Returns all that is now stored.
    """
    rows = corpus.load("headlines")
    stored = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    if stored.get("corpus", {}).get("sha256") != rows.sha256:
        stored = {"corpus": rows.identity()}
    section = f"phrasebank_{half}" if half else "ours"
    if half:
        stored[section] = on_real_news(rows, half_of_phrasebank(half))
        stored["real_news"] = real_news()
    else:
        stored[section] = on_our_own(rows)
    stored["train"] = TRAIN
    stored.setdefault("environment", {})[section] = environment()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(stored, indent=1) + "\n", "utf-8", newline="\n")
    return stored


def environment() -> dict[str, str]:
    packages = ("numpy", "scikit-learn", "transformers", "torch")
    return {"python": platform.python_version()} | {name: version(name) for name in packages}
