"""Where trained models are kept, and what each of them came from.

The latest run's model lies in runs/latest-model until the next run; `save` puts one away for good, with its
lineage beside it: the run's settings, its corpus' hash, the base model's hash, versions, and each file's hash.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lab import records
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
    draft = folder.with_name(folder.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    trained.keep(draft)
    run = asdict(trained.run)
    files = {file.name: _sha256(file) for file in sorted(draft.iterdir())}
    lineage = {name: run[name] for name in OF_RUN} | {"history": _history(trained.run), "files": files}
    (draft / LINEAGE).write_text(json.dumps(lineage, indent=1) + "\n", "utf-8", newline="\n")
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    return folder


def save(
    run: records.Run, train: Callable[[Settings], Trained], folder: Path = MODELS
) -> tuple[Path, bool | None]:
    """Put the model of a run away in folder/<id>. Returns where, and whether it is exactly the run's model.

    That is True for the latest run's own model; otherwise the run is trained again from its settings, and the
    history says whether the same came out: it does where torch, threads and processor agree.
    """
    target = folder / run.id
    if (LATEST / LINEAGE).is_file() and lineage(LATEST)["history"] == _history(run):
        shutil.copytree(LATEST, target, dirs_exist_ok=True)
        return target, True
    trained = train(Settings(**run.settings))
    return keep(trained, target), _history(trained.run) == _history(run)


def find(run_id: str, folder: Path = MODELS) -> Path:
    """The folder of a run's model, its files checked against its lineage. Raises ModelError."""
    for place in (folder / run_id, LATEST):
        if (place / LINEAGE).is_file() and lineage(place)["id"] == run_id:
            for name, digest in lineage(place)["files"].items():
                if not (place / name).is_file() or _sha256(place / name) != digest:
                    raise ModelError(
                        f"{place / name} is not the file that was saved: python -m lab save {run_id}."
                    )
            return place
    raise ModelError(f"There is no model of the run {run_id!r}: python -m lab save {run_id} makes it.")


def predict(run_id: str, texts: list[str], folder: Path = MODELS) -> dict[str, list[list[float]]]:
    """The probabilities of each class for each text: "after" this run's training, and "before" any."""
    place = find(run_id, folder)
    settings = Settings(**lineage(place)["settings"])
    if settings.encoder == TFIDF:
        from lab import sgd

        return {"before": [[1 / 3] * 3 for _ in texts], "after": sgd.predict(place, texts)}
    from lab import finetune  # seconds to import

    return {"before": finetune.predict_untrained(settings, texts), "after": finetune.predict(place, texts)}


def lineage(place: Path) -> dict[str, Any]:
    """What a saved model came from. Raises ModelError."""
    try:
        found: dict[str, Any] = json.loads((place / LINEAGE).read_text("utf-8"))
        return found
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{place / LINEAGE} cannot be read ({error}); only what lab save wrote is allowed."
        ) from None


def _history(run: records.Run) -> str:
    """A name for exactly this training: the hash of each step's loss."""
    return hashlib.sha256(json.dumps([run.id, run.steps["loss"]]).encode()).hexdigest()


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
