"""One training run from settings to record, whichever route the encoder is on.

from lab.settings import Settings
from lab.training import run
print(run(Settings(preset="too-high", seed=1)).verdict)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lab import records, verdict
from lab.settings import TFIDF, Settings, SettingsError


@dataclass(frozen=True)
class Plan:
    """What is about to happen: said before a run, so that nobody waits without knowing for what.

    `seconds` is what a short probe on this machine makes of the steps and evaluations; None where nothing was
    probed.
    """

    model: str
    parameters: int
    trainable_parameters: int
    train: int
    validation: int
    steps: int
    dtype: str
    device: str
    threads: int
    seconds: float | None


@dataclass(frozen=True)
class Watch:
    """Whom to tell while a run trains; training itself never prints.

    `planned` before the first step, `stepped` with (steps done, of all), `evaluated` with each evaluation.
    """

    planned: Callable[[Plan], None] | None = None
    stepped: Callable[[int, int], None] | None = None
    evaluated: Callable[[dict[str, Any]], None] | None = None


SILENT = Watch()


@dataclass(frozen=True)
class Trained:
    """A finished run, its answers on the validation headlines, and a way to write the model to a folder."""

    run: records.Run
    answers: records.Answers
    keep: Callable[[Path], None]


def train(settings: Settings, watch: Watch = SILENT, track: str | None = None) -> Trained:
    """Train once. `track` is a tracker that transformers knows (tensorboard, wandb, ...), None for none.

    Raises SettingsError, CorpusError or EncoderError before anything is trained. A run that diverges, or is
    interrupted (Ctrl-C) after its first evaluation, is a result, and is returned.
    """
    if settings.encoder == TFIDF:
        if track:
            raise SettingsError(f"track is {track!r}; allowed with the word-count model is none.")
        from lab import sgd

        return _judged(sgd.train(settings, watch))
    from lab import finetune  # seconds to import

    return _judged(finetune.train(settings, watch, track))


def run(settings: Settings) -> records.Run:
    """Train once and return the record of it. Nothing is stored."""
    return train(settings).run


def _judged(trained: Trained) -> Trained:
    found = verdict.judge(verdict.History.of_run(trained.run))
    return replace(trained, run=replace(trained.run, verdict=asdict(found)))
