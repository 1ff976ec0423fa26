"""What the commands that train do: `python -m lab run|save|predict|report|sweep|bench`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from lab import corpus, records, report, settings, training
from lab.corpus import LABELS, CorpusError
from lab.settings import Settings


class CommandError(RuntimeError):
    """Anything a reader can put right: one sentence."""


@contextmanager
def _plainly() -> Iterator[None]:
    """What may go wrong with a reader's choice, as one sentence and no traceback."""
    try:
        yield
    except (CorpusError, BrokenPipeError):  # the caller knows what to do with these
        raise
    except ImportError as error:
        raise CommandError(f"{error.name or error} is missing: pip install -r requirements.txt.") from error
    except OSError as error:
        said = f"{error.filename} cannot be read or written: {error.strerror}." if error.filename else error
        raise CommandError(str(said)) from error
    except ValueError as error:
        raise CommandError(str(error)) from error
    except RuntimeError as error:  # EncoderError and ModelError, whose modules are seconds to import
        if type(error).__module__.startswith("lab."):
            raise CommandError(str(error)) from error
        raise
    except KeyboardInterrupt:
        raise CommandError("Stopped.") from None


def _train(chosen: Settings, track: str | None = None) -> training.Trained:
    """Train, and show it: in words what is about to happen, then a bar and each evaluation."""
    from tqdm import tqdm

    bar: Any = None
    with ExitStack() as opened:

        def planned(plan: training.Plan) -> None:
            nonlocal bar  # not there before: a wrong choice is said alone
            print(in_words(plan), corpus.load(chosen.corpus, chosen.agreement).describe(), sep="\n")
            bar = opened.enter_context(tqdm(total=plan.steps, leave=False, bar_format=BAR))

        def stepped(done: int, _: int) -> None:
            bar.update(done - bar.n)

        def evaluated(row: Mapping[str, Any]) -> None:
            bar.write(EVALUATION.format(**row))

        return training.train(chosen, training.Watch(planned, stepped, evaluated), track)


BAR = "{n}/{total} steps |{bar}| {remaining} left"
EVALUATION = (
    "epoch {epoch:g}: training loss {train_loss:.3f}, validation loss {validation_loss:.3f}, "
    "accuracy {accuracy:.3f}, macro-F1 {macro_f1:.3f}"
)


def run(dials: Sequence[str], folder: Path, track: str | None) -> int:
    """Train once with a bar, print how it ended, store the record and the model."""
    with _plainly():
        chosen = settings.from_text(Settings(), dials)
        for place in (folder, records.OWN_RUNS):
            _check_writable(place)
        try:
            trained = _train(chosen, track)
        except KeyboardInterrupt:
            raise CommandError("Stopped; nothing is stored.") from None
        done = trained.run
        print(f"{done.status}: {done.verdict['name']}{', overfitting' * bool(done.verdict['overfitting'])}.")
        print(done.verdict["evidence"], done.verdict["first_try"], sep="\n")
        if done.status == records.INTERRUPTED and _is_finished(done.id, folder):
            print(f"Not stored: {folder / done.id}.json is a finished run of the same name.")
            return 1
        from lab import models

        file = records.save(done, folder, trained.answers)
        models.keep(trained, models.LATEST)
    name = done.id if folder == records.OWN_RUNS else file
    print(f"Stored in {file}. Keep its model: python -m lab save {name}")
    if track == "tensorboard":
        print(f"See its log: tensorboard --logdir {records.OWN_RUNS / 'tracked'}")
    return 0


def _check_writable(folder: Path) -> None:
    """Before a training, which may take long, and without making the folder."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not (there.is_dir() and os.access(there, os.W_OK)):
        raise CommandError(f"{there} cannot be written to; allowed is a folder of your own.")


def _is_finished(run_id: str, folder: Path) -> bool:
    try:
        return records.load(run_id, folder).status != records.INTERRUPTED
    except (ValueError, OSError):
        return False


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
            return records.parse(Path(name).read_bytes().decode("utf-8", "replace"), name)
        folder = records.OWN_RUNS if name in records.ids(records.OWN_RUNS) else records.RUNS
        return records.load(name, folder)


def save(name: str) -> int:
    """Put the model of a run away, with its lineage."""
    stored = found(name)
    with _plainly():
        from lab import models

        folder, same = models.save(stored, _train)
    print(f"{folder} holds the model and {models.LINEAGE}.")
    if not same:
        print("The run was trained again here, and its history differs from the stored one in some digits.")
    return 0


def predict(name: str, texts: Sequence[str]) -> int:
    """Print the three probabilities of each text, before training and after."""
    run_id = found(name).id if name.endswith(".json") else name
    with _plainly():
        from lab import models

        given = models.predict(run_id, list(texts))
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
    told = False

    def tell(progress: object) -> None:
        nonlocal told
        told = True
        print(f"\r{progress!s:79}", end="", file=sys.stderr)

    with _plainly():
        from lab import sweep as sweeps

        try:
            failed = sweeps.sweep(name, folder, scheduler, on_progress=tell)
        except KeyboardInterrupt:
            raise CommandError("Stopped: start the sweep again to go on.") from None
        finally:
            if told:
                print(file=sys.stderr)
    for line in failed:
        print(line, file=sys.stderr)
    return int(bool(failed))


def bench(threads: int | None) -> int:
    """Measure how fast this machine trains, our way and others, and store it."""
    if threads is not None and threads < 1:
        raise CommandError(f"threads is {threads}; allowed is a whole number, 1 or more.")
    with _plainly():
        from lab import bench as benches

        return benches.bench(threads)
