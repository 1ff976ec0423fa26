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
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SCHEMA = 1
RUNS = Path(__file__).resolve().parent.parent / "assets" / "runs"
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
    schema: int = field(default=SCHEMA)

    def __post_init__(self) -> None:
        if not ID.fullmatch(self.id):
            raise ValueError(
                f"run id {self.id!r}: only lower-case letters, digits and single hyphens are allowed"
            )
        if self.schema != SCHEMA:
            raise ValueError(f"run {self.id}: schema {self.schema!r} is not known, only {SCHEMA} is")
        if not self.evaluations:
            raise ValueError(
                f"run {self.id}: evaluations is empty, at least the one before training is needed"
            )

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
    draft.write_text(
        json.dumps(_words_for_not_finite(asdict(run)), indent=1, allow_nan=False) + "\n", "utf-8"
    )
    draft.replace(target)
    return target


def load(run_id: str, folder: Path = RUNS) -> Run:
    """Read one stored run, from ``folder`` or, in the browser, from the site that served this page.

    Raises FileNotFoundError where there is no run of that name, ValueError where the file is not a run.
    """
    if not ID.fullmatch(run_id):
        raise ValueError(f"run id {run_id!r}: only lower-case letters, digits and single hyphens are allowed")
    text = _from_site(run_id) if sys.platform == "emscripten" else _from_folder(run_id, folder)
    return parse(text, run_id)


def parse(text: str, name: str) -> Run:
    """Turn a run file's text into a Run; ``name`` is what an error calls it."""
    try:
        content = json.loads(text)
        return Run(**_numbers_for_words(content))
    except (json.JSONDecodeError, TypeError) as error:
        raise ValueError(f"{name} is not a run file of schema {SCHEMA}: {error}") from None


def ids(folder: Path = RUNS) -> list[str]:
    """The names of all stored runs, in alphabetical order."""
    return sorted(path.stem for path in folder.glob("*.json"))


def _from_folder(run_id: str, folder: Path) -> str:
    path = folder / f"{run_id}.json"
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no stored run {run_id!r} in {folder.name}; there are: {', '.join(ids(folder))}"
        )
    return path.read_text("utf-8")


def _from_site(run_id: str) -> str:
    # A worker may wait for the answer, so that load() is one plain call in a cell as it is on disk.
    from js import XMLHttpRequest  # type: ignore[import-not-found]

    request = XMLHttpRequest.new()
    request.open("GET", f"{os.environ['DOWNHILL_SITE']}_runs/{run_id}.json", False)
    request.send()
    if request.status != 200:
        raise FileNotFoundError(f"the site has no stored run {run_id!r} (it answered {request.status})")
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
