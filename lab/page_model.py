"""What do learning rates do to one small model? The page model, and its stored runs.

    python -m lab.page_model        # trains and stores seven rates at five seeds, well under a minute

Words are counted (TF-IDF of single words and pairs that two headlines or more have), one weight per word and
class is learned by softmax regression, with lab.scratch and nothing else: the same training runs in the
reader's browser in a second. A run depends on its settings alone, so it can be repeated to the last digit on
the same system; the logarithm of another may round the last digit differently.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from random import Random
from typing import Any

from lab import corpus, energy, machine, measures, records, scratch, verdict
from lab import settings as dials
from lab.scratch.text import Row
from lab.settings import SettingsError, at_least, one_of
from lab.training_data import TrainingData, prepare

ROUTE = "page-model"
# just-right has the lowest mean validation loss of RATES over SEEDS; the others are 500 and 200 times off.
PRESETS = {"too-low": 0.01, "just-right": 5.0, "too-high": 1000.0}
RATES = (0.01, 0.1, 1.0, 5.0, 30.0, 100.0, 1000.0)
SEEDS = range(5)
OPTIMISERS = {"sgd": scratch.SGD, "momentum": scratch.Momentum, "adamw": scratch.AdamW}
SCHEDULES = {
    "constant": scratch.constant,
    "linear": scratch.linear,
    "cosine": scratch.cosine,
    "step": scratch.step,
    "exponential": scratch.exponential,
}


@dataclass(frozen=True)
class Settings:
    """The dials of one run, named as in transformers. ``learning_rate`` left out is the preset's.

    A rate given decides: ``preset`` becomes the preset of that rate, or None where no preset has it.
    ``max_grad_norm`` None means no clipping. ``train_subset`` is how many of the headlines to train on are
    used, None all. ``seed`` draws the split, the subset and the order of the headlines.
    """

    preset: str | None = "just-right"
    learning_rate: float | None = None
    num_train_epochs: int = 10
    per_device_train_batch_size: int = 16
    optim: str = "sgd"
    lr_scheduler_type: str = "constant"
    warmup_steps: int = 0
    weight_decay: float = 0.0
    max_grad_norm: float | None = None
    train_subset: int | None = 800
    seed: int = 0

    def __post_init__(self) -> None:
        dials.set_rate(self, PRESETS)
        one_of(self, "optim", OPTIMISERS)
        one_of(self, "lr_scheduler_type", SCHEDULES)
        at_least(self, "num_train_epochs", 1)
        at_least(self, "per_device_train_batch_size", 1)
        at_least(self, "warmup_steps", 0)
        at_least(self, "weight_decay", 0.0)
        at_least(self, "seed", 0)
        if self.train_subset is not None:
            at_least(self, "train_subset", 1)
        if self.max_grad_norm is not None:
            at_least(self, "max_grad_norm", 0.0)
            if self.max_grad_norm == 0:
                # transformers reads 0 as "no clipping", torch as "no gradient": either would surprise.
                raise SettingsError(
                    "max_grad_norm is 0; allowed is a number above 0, or None for no clipping."
                )

    @property
    def run_id(self) -> str:
        """The name of a run with these settings."""
        return dials.run_id(ROUTE, self)


@cache
def _headlines() -> corpus.Corpus[corpus.Headline]:
    """Read once: in the browser that takes longer than a training."""
    return corpus.load("headlines")


def parted(headlines: corpus.Corpus[corpus.Headline], settings: Settings) -> TrainingData:
    """The headlines to train on and those held out, the same as on the other routes."""
    drawn_by = dials.Settings(train_subset=settings.train_subset, seed=settings.seed)
    return prepare(drawn_by, headlines)


def begin(
    settings: Settings, data: TrainingData
) -> tuple[scratch.SoftmaxRegression, list[Row], Iterator[scratch.Evaluation]]:
    """The untrained model, the rows it is validated on, and its training, which happens as it is read."""
    # What one headline alone has says nothing about others, and training without it is three times as fast.
    vectorizer = scratch.TfidfVectorizer(min_df=2)
    rows = vectorizer.fit_transform(headline.text for headline in data.train)
    unseen = vectorizer.transform(headline.text for headline in data.validation)
    model = scratch.SoftmaxRegression(len(vectorizer.vocabulary), len(corpus.LABELS))
    assert settings.learning_rate is not None
    training = scratch.train(
        model,
        (rows, numbers(data.train)),
        (unseen, numbers(data.validation)),
        OPTIMISERS[settings.optim](settings.learning_rate, weight_decay=settings.weight_decay),
        epochs=settings.num_train_epochs,
        batch_size=settings.per_device_train_batch_size,
        rng=Random(settings.seed),
        schedule=partial(SCHEDULES[settings.lr_scheduler_type], warmup_steps=settings.warmup_steps),
        max_grad_norm=settings.max_grad_norm,
    )
    return model, unseen, training


def numbers(headlines: list[corpus.Headline]) -> list[int]:
    """The class numbers of headlines, in the order of corpus.LABELS."""
    return [corpus.LABELS.index(headline.label) for headline in headlines]


def watch(settings: Settings) -> Iterator[dict[str, Any]]:
    """Train, and yield a row before the first step and after each epoch, named as in lab.records.

    Quicker than `run`, which works out intervals at the end.
    """
    data = parted(_headlines(), settings)
    started = time.perf_counter()
    _, _, training = begin(settings, data)
    for evaluation in training:
        yield as_row(evaluation, time.perf_counter() - started)


def as_row(evaluation: scratch.Evaluation, seconds: float) -> dict[str, Any]:
    row = {name: value for name, value in vars(evaluation).items() if name != "steps"}
    return row | {
        "predicted_counts": dict(zip(corpus.LABELS, evaluation.predicted_counts, strict=True)),
        "gap": evaluation.validation_loss - evaluation.train_loss,
        "accuracy_gap": evaluation.train_accuracy - evaluation.accuracy,
        "seconds": round(seconds, 3),
    }


def train(settings: Settings) -> tuple[records.Run, records.Answers]:
    """Train once; the whole record of it, and its answers on the validation headlines. Nothing is stored."""
    data = parted(_headlines(), settings)
    started, started_cpu = time.perf_counter(), time.process_time()
    model, unseen, training = begin(settings, data)
    rows: list[dict[str, Any]] = []
    steps: list[scratch.Step] = []
    for evaluation in training:
        rows.append(as_row(evaluation, time.perf_counter() - started))
        steps += evaluation.steps
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - started_cpu

    shares = [log_probabilities(model.scores(row)) for row in unseen]
    groups = [headline.group for headline in data.validation]
    weights = sum(map(len, model.parameters))
    untold = records.Run(
        id=settings.run_id,
        route=ROUTE,
        preset=settings.preset,
        settings={name: value for name, value in asdict(settings).items() if name != "preset"},
        corpus={**data.record, "train_measured": len(data.train)},
        classes=list(corpus.LABELS),
        evaluations=rows,
        steps={
            name: records.rounded(getattr(step, name) for step in steps)
            for name in ("step", "loss", "learning_rate", "grad_norm")
        },
        final={
            **measures.intervals(shares, numbers(data.validation), groups),
            "evaluation": len(rows) - 1,
        },
        environment=machine.environment() | {"threads": 1, "dtype": "float64", "device": "cpu"},
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        energy=energy.estimate(cpu_seconds),
        model={
            "name": "softmax regression on TF-IDF",
            "sha256": None,
            "parameters": weights,
            "trainable_parameters": weights,
        },
    )
    told = verdict.judge(verdict.History.of_run(untold))
    answers = {
        headline.id: [math.exp(share) for share in row]
        for headline, row in zip(data.validation, shares, strict=True)
    }
    return replace(untold, verdict=asdict(told)), answers


def log_probabilities(scores: list[float]) -> list[float]:
    """The logarithm of each class's probability."""
    return [-scratch.cross_entropy_of_scores(scores, number) for number in range(len(scores))]


def run(settings: Settings) -> records.Run:
    """Train once and return the record of it. Nothing is stored."""
    return train(settings)[0]


def store() -> None:
    """Train every rate at every seed and store the runs, with their answers, in assets/runs."""
    for rate in RATES:
        for seed in SEEDS:
            trained, answers = train(Settings(learning_rate=rate, seed=seed))
            print(records.save(trained, answers=answers).name)


if __name__ == "__main__":
    store()
