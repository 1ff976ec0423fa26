"""How a training run is written down: one run, one JSON file.

The same file is read from ``assets/runs`` on disk while the book is built, and from the site
(``_runs/<id>.json``) by Python in the reader's browser. Standard library only.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SCHEMA = 1
RUNS = Path(__file__).resolve().parent.parent / "assets" / "runs"
# A folder of a site cannot be listed, so the site has a list of its runs, by a name that no run can have.
SITE_INDEX = "_ids.json"
ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class Run:
    """One training run: its settings, what it was trained on and everything that was measured.

    ``evaluations`` holds one dictionary per evaluation, step 0 (before any training) first.
    ``steps`` holds one list per quantity, with one entry per optimiser step.
    ``seconds`` is wall-clock time for training and evaluation together.
    """

    id: str
    route: str
    preset: str | None
    settings: Mapping[str, Any]
    corpus: Mapping[str, Any]
    classes: list[str]
    evaluations: list[dict[str, Any]]
    steps: dict[str, list[float]]
    environment: Mapping[str, str]
    seconds: float
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        if not ID.fullmatch(self.id):
            raise ValueError(
                f"run id {self.id!r}: only lower-case letters, digits and single hyphens are allowed"
            )
        if self.schema != SCHEMA:
            raise ValueError(f"run {self.id}: schema {self.schema!r} is not known, only {SCHEMA} is")
        rows = self.evaluations
        if not isinstance(rows, list) or not rows or any(not isinstance(row, dict) for row in rows):
            raise ValueError(
                f"run {self.id}: evaluations must be a list of dictionaries, the one before training first"
            )
        if any(row.keys() != rows[0].keys() for row in rows):
            raise ValueError(f"run {self.id}: each evaluation must hold the same quantities as the first")

    def column(self, name: str) -> list[Any]:
        """The values of one measured quantity, one per evaluation."""
        if name not in self.evaluations[0]:
            raise KeyError(f"run {self.id} has no {name!r}; it has {', '.join(self.evaluations[0])}")
        return [evaluation[name] for evaluation in self.evaluations]

    def value(self, path: str) -> Any:
        """One value by its path: ``validation_loss[-1]``, ``settings.learning_rate``, ``seconds``.

        A bare name is looked up among the run's own fields, then among the evaluations' columns.
        """
        if not re.fullmatch(r"[a-z]\w*(?:\.\w+|\[-?\d+\])*", path):
            raise KeyError(
                f"{path!r}: write a name, with .name or [number] after it, such as validation_loss[-1]"
            )
        first, *rest = re.findall(r"-?\w+", path)
        keys = [int(key) if key.lstrip("-").isdigit() else key for key in rest]
        found: Any = getattr(self, first) if first in self.__dataclass_fields__ else self.column(first)
        for key in keys:
            try:
                found = found[key]
            except (KeyError, IndexError, TypeError):
                raise KeyError(f"run {self.id} has no {path!r} (stopped at {key!r})") from None
        return found


def save(run: Run, folder: Path = RUNS) -> Path:
    """Write ``run`` to ``folder/<id>.json`` in one move, so that a file is never half-written.

    Numbers that are not finite are stored as the words NaN, Infinity and -Infinity, in quotes:
    JSON itself has no way to write them, and a diverged run is a result worth keeping.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{run.id}.json"
    draft = target.with_suffix(".part")
    text = json.dumps(_words_for_not_finite(asdict(run)), indent=1, allow_nan=False) + "\n"
    draft.write_text(text, "utf-8", newline="\n")  # the same bytes on every system
    draft.replace(target)
    return target


def load(run_id: str, folder: Path = RUNS) -> Run:
    """Read one stored run, from ``folder``; in the browser the site's own runs count as being in RUNS.

    Raises FileNotFoundError where there is no run of that name, ValueError where the file is not that run.
    """
    if not ID.fullmatch(run_id):
        raise ValueError(f"run id {run_id!r}: only lower-case letters, digits and single hyphens are allowed")
    path = folder / f"{run_id}.json"
    if path.is_file():
        text = path.read_text("utf-8")
    elif _on_site(folder):
        text = _from_site(path.name)
    else:
        raise FileNotFoundError(
            f"there is no stored run {run_id!r} in {folder.name}; there are: {', '.join(ids(folder))}"
        )
    run = parse(text, path.name)
    if run.id != run_id:
        raise ValueError(f"{path.name} holds the run {run.id!r}: a run's file has the run's own name")
    return run


def parse(text: str, name: str) -> Run:
    """Turn a run file's text into a Run; ``name`` is what an error calls it."""
    try:
        return Run(**_numbers_for_words(json.loads(text)))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name} is not a run file of schema {SCHEMA}: {error}") from None


def ids(folder: Path = RUNS) -> list[str]:
    """The names of all stored runs, in alphabetical order."""
    on_site = json.loads(_from_site(SITE_INDEX)) if _on_site(folder) else []
    return sorted({path.stem for path in folder.glob("*.json")} | set(on_site))


def _on_site(folder: Path) -> bool:
    return sys.platform == "emscripten" and folder == RUNS


def _from_site(file: str) -> str:
    # A worker may wait for the answer, so that load() is one plain call in a cell as it is on disk.
    from js import XMLHttpRequest

    request = XMLHttpRequest.new()
    request.open("GET", f"{os.environ['DOWNHILL_SITE']}_runs/{file}", False)
    request.send()
    if request.status != 200:
        raise FileNotFoundError(f"the site has no stored run {file} (it answered {request.status})")
    return str(request.responseText)


_NOT_FINITE = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def _words_for_not_finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _words_for_not_finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_words_for_not_finite(item) for item in value]
    if isinstance(value, float):
        if value != value:
            return "NaN"
        if value in (float("inf"), float("-inf")):
            return "Infinity" if value > 0 else "-Infinity"
    return value


def _numbers_for_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _numbers_for_words(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers_for_words(item) for item in value]
    return _NOT_FINITE.get(value, value) if isinstance(value, str) else value
