"""Where trained models are kept, and what each of them came from.

The latest run's model lies in runs/latest-model until the next run; `save` puts one away for good, with its
lineage beside it: the run's settings, the hashes of its corpus, of the base model and of each file, versions.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lab import page_model, records
from lab.settings import TFIDF, Settings
from lab.training import Trained

MODELS = Path("models")  # where you work, ignored by git
LATEST = records.OWN_RUNS / "latest-model"
LINEAGE = "lineage.json"
# What a lineage says of its run; the rest is in the run's own file.
OF_RUN = ("id", "settings", "corpus", "model", "environment", "final", "status", "schema")


class ModelError(RuntimeError):
    """A model that cannot be found or is not what it should be: one sentence that says why."""


def keep(trained: Trained, folder: Path) -> Path:
    """Write a trained model and its lineage to `folder`, whole or not at all; what was there is replaced."""
    with _replaced(folder) as draft:
        trained.keep(draft)
        run = asdict(trained.run)
        files = {file.name: _sha256(file) for file in sorted(draft.iterdir())}
        content = {name: run[name] for name in OF_RUN} | {"history": _history(trained.run), "files": files}
        text = json.dumps(records.words_for_not_finite(content), indent=1, allow_nan=False)
        (draft / LINEAGE).write_text(text + "\n", "utf-8", newline="\n")
    return folder


def save(run: records.Run, train: Callable[[Settings], Trained], folder: Path = MODELS) -> tuple[Path, bool]:
    """Put the model of a run away in folder/<id>. Returns where, and whether it is exactly the run's model.

    The latest run's own model is; for any other the run is trained again from its settings, and the history
    says whether the same came out: it does where torch, threads and processor agree. Raises ModelError for a
    run that cannot be trained again.
    """
    target = folder / run.id
    if _is_latest(run):
        with _replaced(target) as draft:
            shutil.copytree(LATEST, draft, dirs_exist_ok=True)
        return target, True
    if run.route == page_model.ROUTE:
        raise ModelError(
            f"{run.id} is a run of the page model, which is trained afresh each time, never kept."
        )
    if run.status == records.INTERRUPTED:
        raise ModelError(
            f"{run.id} was interrupted, so its model can be saved only while it is the latest run's: trained "
            "again, it would end elsewhere."
        )
    trained = train(_settings(run.settings))
    if trained.run.status == records.INTERRUPTED:
        raise ModelError(f"Training {run.id} again was interrupted; nothing is saved.")
    return keep(trained, target), _history(trained.run) == _history(run)


def find(run_id: str, folder: Path = MODELS) -> Path:
    """The folder of a run's model, its files checked against its lineage. Raises ModelError."""
    for place in (folder / run_id, LATEST):
        if (place / LINEAGE).is_file() and lineage(place)["id"] == run_id:
            if wrong := _altered(place):
                raise ModelError(f"{wrong} is not the file that was saved: python -m lab save {run_id}.")
            return place
    raise ModelError(f"There is no model of the run {run_id!r}: python -m lab save {run_id} makes it.")


def predict(run_id: str, texts: list[str], folder: Path = MODELS) -> dict[str, list[list[float]]]:
    """The probabilities of each class for each text: "after" this run's training, and "before" any.

    Raises ModelError, and EncoderError where the model before training cannot be had.
    """
    place = find(run_id, folder)
    settings = _settings(lineage(place)["settings"])
    if settings.encoder == TFIDF:
        from lab import sgd

        return {"before": [[1 / 3] * 3 for _ in texts], "after": sgd.predict(place, texts)}
    from lab import finetune  # seconds to import

    return {"before": finetune.predict_untrained(settings, texts), "after": finetune.predict(place, texts)}


def lineage(place: Path) -> Mapping[str, Any]:
    """What a saved model came from. Raises ModelError."""
    try:
        found = json.loads((place / LINEAGE).read_text("utf-8"))
        kinds = {"id": str, "settings": dict, "history": str, "files": dict}
        if wrong := [name for name, kind in kinds.items() if not isinstance(found[name], kind)]:
            raise ValueError(f"{wrong[0]} is {found[wrong[0]]!r:.20}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _broken(place, error) from None
    return dict(found)


def _settings(dials: Mapping[str, Any]) -> Settings:
    try:
        return Settings(**dials)
    except (TypeError, ValueError) as error:
        raise ModelError(f"The run's settings are not this lab's: {error}") from None


def _broken(place: Path, error: Exception) -> ModelError:
    return ModelError(
        f"{place / LINEAGE} is not what lab save wrote ({type(error).__name__}: {error}); remove {place}."
    )


def _is_latest(run: records.Run) -> bool:
    """Is the latest model this very run's, and whole? If not, it is trained again: here that is no error."""
    try:
        return lineage(LATEST)["history"] == _history(run) and _altered(LATEST) is None
    except ModelError:
        return False


def _altered(place: Path) -> Path | None:
    """The first file that is not as its lineage says."""
    hashes: dict[str, str] = lineage(place)["files"]
    files = ((place / name, digest) for name, digest in hashes.items())
    return next((file for file, digest in files if not file.is_file() or _sha256(file) != digest), None)


@contextmanager
def _replaced(folder: Path) -> Iterator[Path]:
    """An empty folder to write to, which takes the place of `folder` once all is written."""
    draft = folder.with_name(folder.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    yield draft
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def _history(run: records.Run) -> str:
    """A name for exactly this training: the hash of each step's loss."""
    return hashlib.sha256(json.dumps([run.id, run.steps["loss"]]).encode()).hexdigest()


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
