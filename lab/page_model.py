"""What do learning rates do to one small model? The page model, and its stored runs.

    python -m lab.page_model        # trains and stores seven rates at five seeds, well under a minute

Words are counted (TF-IDF of single words and pairs that two headlines or more have), one weight per word and
class is learned by softmax regression, with lab.scratch and nothing else: the same training runs in the
reader's browser in a second. A run depends on its settings alone, so it can be repeated to the last digit on
the same system; the logarithm of another may round the last digit differently.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from math import inf
from random import Random
from typing import Any

from lab import corpus, records, scratch

ROUTE = "page-model"
# just-right has the lowest mean validation loss of RATES over SEEDS; the others are 500 and 200 times off.
PRESETS = {"too-low": 0.01, "just-right": 5.0, "too-high": 1000.0}
RATES = (0.01, 0.1, 1.0, 5.0, 30.0, 100.0, 1000.0)
SEEDS = range(5)
VALIDATION_SIZE = TEST_SIZE = 0.15
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
        one_of(self, "optim", OPTIMISERS)
        one_of(self, "lr_scheduler_type", SCHEDULES)
        if self.preset is not None:
            one_of(self, "preset", PRESETS)
        if self.learning_rate is None:
            if self.preset is None:
                raise ValueError("learning_rate is None and so is preset: give one of them.")
            object.__setattr__(self, "learning_rate", PRESETS[self.preset])
        else:
            named = next((name for name, rate in PRESETS.items() if rate == self.learning_rate), None)
            object.__setattr__(self, "preset", named)
        at_least(self, "learning_rate", 0.0)
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
                raise ValueError("max_grad_norm is 0, allowed is a number above 0, or None for no clipping.")


def one_of(settings: Settings, name: str, allowed: dict[str, Any]) -> None:
    if getattr(settings, name) not in allowed:
        raise ValueError(f"{name} is {getattr(settings, name)!r}, allowed are {', '.join(allowed)}.")


def at_least(settings: Settings, name: str, least: float) -> None:
    """Whole numbers where the least allowed is whole; no infinity, no text."""
    value = getattr(settings, name)
    kind = "a whole number" if isinstance(least, int) else "a finite number"
    allowed = int if isinstance(least, int) else (int, float)
    if isinstance(value, bool) or not isinstance(value, allowed) or not least <= value < inf:
        raise ValueError(f"{name} is {value!r}, allowed is {kind}, {least:g} or more.")


def parted(headlines: corpus.Corpus[corpus.Headline], settings: Settings) -> corpus.Split:
    """The headlines to train on and those held out; the test part is never looked at here."""
    parts = corpus.split(headlines, settings.seed, VALIDATION_SIZE, TEST_SIZE)
    if settings.train_subset is None:
        return parts
    if settings.train_subset > len(parts.train):
        raise ValueError(
            f"train_subset is {settings.train_subset}, allowed is at most {len(parts.train)}, "
            "the headlines to train on."
        )
    train = Random(settings.seed).sample(parts.train, settings.train_subset)
    return replace(parts, train=train)


def evaluations(settings: Settings, parts: corpus.Split | None = None) -> Iterator[scratch.Evaluation]:
    """Train, and yield what was measured before the first step and after each epoch.

    ``parts`` saves reading and parting the headlines again where they are at hand.
    """
    parts = parts or parted(corpus.load("headlines"), settings)
    # What one headline alone has says nothing about others, and training without it is three times as fast.
    vectorizer = scratch.TfidfVectorizer(min_df=2)
    rows = vectorizer.fit_transform(headline.text for headline in parts.train)
    unseen = vectorizer.transform(headline.text for headline in parts.validation)
    model = scratch.SoftmaxRegression(len(vectorizer.vocabulary), len(corpus.LABELS))
    assert settings.learning_rate is not None
    yield from scratch.train(
        model,
        (rows, numbers(parts.train)),
        (unseen, numbers(parts.validation)),
        OPTIMISERS[settings.optim](settings.learning_rate, weight_decay=settings.weight_decay),
        epochs=settings.num_train_epochs,
        batch_size=settings.per_device_train_batch_size,
        rng=Random(settings.seed),
        schedule=partial(SCHEDULES[settings.lr_scheduler_type], warmup_steps=settings.warmup_steps),
        max_grad_norm=settings.max_grad_norm,
    )


def numbers(headlines: list[corpus.Headline]) -> list[int]:
    """The class numbers of headlines, in the order of corpus.LABELS."""
    return [corpus.LABELS.index(headline.label) for headline in headlines]


def watch(settings: Settings) -> Iterator[dict[str, Any]]:
    """The same as rows for lab.charts and for a stored run: names as in lab.records, predictions by class."""
    for evaluation in evaluations(settings):
        yield as_row(evaluation)


def as_row(evaluation: scratch.Evaluation) -> dict[str, Any]:
    row = asdict(evaluation)
    del row["steps"]
    return row | {"predicted_counts": dict(zip(corpus.LABELS, evaluation.predicted_counts, strict=True))}


def run(settings: Settings) -> records.Run:
    """Train once and return the whole record of it. Nothing is stored."""
    headlines = corpus.load("headlines")
    parts = parted(headlines, settings)
    started = time.perf_counter()
    measured = list(evaluations(settings, parts))
    seconds = time.perf_counter() - started
    steps = [asdict(step) for evaluation in measured for step in evaluation.steps]
    return records.Run(
        id=run_id(settings),
        route=ROUTE,
        preset=settings.preset,
        settings={name: value for name, value in asdict(settings).items() if name != "preset"},
        corpus={
            **headlines.identity(),
            "split_seed": settings.seed,
            "train": len(parts.train),
            "validation": len(parts.validation),
            "validation_labels": {
                label: sum(headline.label == label for headline in parts.validation)
                for label in corpus.LABELS
            },
        },
        classes=list(corpus.LABELS),
        evaluations=[as_row(evaluation) for evaluation in measured],
        steps={
            name: [step[name] for step in steps] for name in ("step", "loss", "learning_rate", "grad_norm")
        },
        environment={"python": platform.python_version(), "platform": sys.platform},
        seconds=seconds,
    )


def run_id(settings: Settings) -> str:
    """The preset or the rate, each other dial that is not at its default, and the seed.

    So different settings have different names: page-model-rate-0-05-optim-adamw-seed-3.
    """
    others = {
        dial.name.replace("_", "-"): getattr(settings, dial.name)
        for dial in fields(Settings)
        if dial.name not in ("preset", "learning_rate", "seed")
        and getattr(settings, dial.name) != dial.default
    }
    dials = [f"{name}-{in_id(value)}" for name, value in (others | {"seed": settings.seed}).items()]
    return "-".join([ROUTE, settings.preset or f"rate-{in_id(settings.learning_rate)}", *dials])


def in_id(value: object) -> str:
    """A dial's value, every digit of it, as a run's id can hold it: 0.05 is 0-05, 1e+16 is 1e16."""
    text = str(float(value)).removesuffix(".0") if isinstance(value, int | float) else str(value).lower()
    return text.replace(".", "-").replace("+", "")


def store() -> None:
    """Train every rate at every seed and store the runs in assets/runs."""
    for rate in RATES:
        for seed in SEEDS:
            print(records.save(run(Settings(learning_rate=rate, seed=seed))).name)


if __name__ == "__main__":
    store()
