"""What the commands that train do: `python -m lab run|save|predict|report|sweep`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lab import corpus, records, report, settings, training
from lab.corpus import LABELS
from lab.settings import Settings, SettingsError


class CommandError(RuntimeError):
    """Anything a reader can put right: one sentence."""


@contextmanager
def _plainly() -> Iterator[None]:
    """What may go wrong with a reader's choice, as one sentence and no traceback."""
    try:
        yield
    except ImportError as error:
        raise CommandError(f"{error.name or error} is missing: pip install -r requirements.txt.") from error
    except (SettingsError, corpus.CorpusError, ValueError, FileNotFoundError) as error:
        raise CommandError(str(error)) from error
    except RuntimeError as error:  # EncoderError and ModelError, whose modules are seconds to import
        if type(error).__module__.startswith("lab."):
            raise CommandError(str(error)) from error
        raise


def run(dials: Sequence[str], folder: Path, track: str | None) -> int:
    """Train once with a bar, print how it ended, store the record and the model."""
    with _plainly():
        chosen = settings.from_text(Settings(), dials)
        print(corpus.load(chosen.corpus, chosen.agreement).describe())
        from tqdm import tqdm

        from lab import models

        with tqdm(total=0, unit="step", leave=False, bar_format=BAR) as bar:

            def planned(plan: training.Plan) -> None:
                bar.write(in_words(plan))

            def stepped(done: int, of_all: int) -> None:
                bar.total = of_all
                bar.update(done - bar.n)

            def evaluated(row: dict[str, float]) -> None:
                bar.write(EVALUATION.format(**row))

            trained = training.train(chosen, training.Watch(planned, stepped, evaluated), track)
        file = records.save(trained.run, folder, trained.answers)
        models.keep(trained, models.LATEST)
    found = trained.run.verdict
    print(f"{trained.run.status}: {found['name']}{', overfitting' * bool(found['overfitting'])}.")
    print(found["evidence"], found["first_try"], sep="\n")
    print(f"Stored in {file}. Keep its model: python -m lab save {trained.run.id}")
    return 0


BAR = "{n}/{total} steps |{bar}| {remaining} left"
EVALUATION = (
    "epoch {epoch:g}: training loss {train_loss:.3f}, validation loss {validation_loss:.3f}, "
    "accuracy {accuracy:.3f}, macro-F1 {macro_f1:.3f}"
)


def in_words(plan: training.Plan) -> str:
    """The line before a run: model, data, steps, and how long it should take here."""
    line = (
        f"{plan.model}: {plan.parameters:,} parameters, {plan.trainable_parameters:,} of them trained; "
        f"{plan.train:,} headlines to train on, {plan.validation:,} to validate; {plan.steps:,} steps, "
        f"{plan.dtype} on {plan.device}, {plan.threads} thread{'s' * (plan.threads != 1)}"
    )
    if plan.seconds is None:
        return f"{line}."
    time = f"{plan.seconds / 60:.1f} minutes" if plan.seconds >= 60 else f"{plan.seconds:.0f} seconds"
    return f"{line}; about {time} on this machine."


def found(name: str) -> records.Run:
    """A run of your own, or one of the published, by its name or its file's path."""
    with _plainly():
        if name.endswith(".json"):
            return records.parse(Path(name).read_text("utf-8"), name)
        folder = records.OWN_RUNS if name in records.ids(records.OWN_RUNS) else records.RUNS
        return records.load(name, folder)


def save(name: str) -> int:
    """Put the model of a run away, with its lineage."""
    stored = found(name)
    with _plainly():
        from lab import models

        folder, same = models.save(stored, training.train)
    print(f"{folder} holds the model and {models.LINEAGE}.")
    if not same:
        print("The run was trained again here, and its history differs from the stored one in some digits.")
    return 0


def predict(name: str, texts: Sequence[str]) -> int:
    """Print the three probabilities of each text, before training and after."""
    with _plainly():
        from lab import models

        given = models.predict(name, list(texts))
    print(f"{'':8}" + "".join(f"{label:>10}" for label in LABELS))
    for number, text in enumerate(texts):
        print(text)
        for when in ("before", "after"):
            print(f"{when:8}" + "".join(f"{share:10.3f}" for share in given[when][number]))
    return 0


def log(names: Sequence[str]) -> int:
    """Print the experiment-log rows of runs, as a table and as CSV, and a decision log to fill in."""
    runs = [found(name) for name in names]
    rows = [report.log_row(one) for one in runs]
    print(report.markdown(rows), report.csv(rows), report.decision_log(runs), sep="\n")
    return 0


def sweep(name: str, scheduler: str | None, folder: Path) -> int:
    """Compute what a named experiment still lacks, with one line of progress."""
    with _plainly():
        from lab import sweep as sweeps

        failed = sweeps.sweep(
            name, folder, scheduler, on_progress=lambda now: print(f"\r{now}", end="", file=sys.stderr)
        )
    print(file=sys.stderr)
    for line in failed:
        print(line, file=sys.stderr)
    return int(bool(failed))
