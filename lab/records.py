"""How a training run is written down: one run, one JSON file, and its answers in a file beside it.

The same file is read from ``assets/runs`` on disk while the book is built, and from the site
(``_runs/<id>.json``) by Python in the reader's browser. ``<id>.answers.json`` holds, by the ids of the
validation headlines, the probability of each class; it is read where somebody asks for it. A training of your
own goes to ``runs``. Standard library only.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SCHEMA = 2
ROOT = Path(__file__).resolve().parent.parent
RUNS = ROOT / "assets" / "runs"
OWN_RUNS = Path("runs")  # where you work, ignored by git
# A folder of a site cannot be listed, so the site has a list of its runs, by a name that no run can have.
SITE_INDEX = "_ids.json"
ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
FINISHED, STOPPED_EARLY, DIVERGED, INTERRUPTED = "finished", "stopped early", "diverged", "interrupted"
Answers = Mapping[str, Sequence[float]]  # of each headline's id, a probability per class


@dataclass(frozen=True)
class Run:
    """One training run: its settings, what it was trained on and everything that was measured.

    ``evaluations``: one dictionary per evaluation, step 0 (before any training) first: epoch, step,
    train_loss (a fixed part of the training set, without dropout), train_accuracy, validation_loss, accuracy,
    macro_f1, predicted_counts, gap (validation_loss - train_loss), accuracy_gap (train_accuracy - accuracy),
    seconds since the start; a route may add some.
    ``steps``: one list per quantity, one entry per optimiser step: step, loss (of the batch, before the
    step), learning_rate, grad_norm (before clipping). Losses are mean cross-entropies in nats.
    ``final``: validation_loss, accuracy and macro_f1 of the weights that were kept, each with its value and
    95 % interval, and the number of the evaluation they are from.
    ``status``: finished, stopped early, diverged (training was given up) or interrupted.
    ``seconds``: wall-clock time of training and evaluation together; ``cpu_seconds``: the same, counted on
    all cores that worked, whatever else the machine was doing; ``energy``: see lab.energy.
    ``verdict``: what lab.verdict says of it.
    """

    id: str
    route: str
    preset: str | None
    settings: Mapping[str, Any]
    corpus: Mapping[str, Any]
    classes: list[str]
    evaluations: list[dict[str, Any]]
    steps: Mapping[str, list[float]]
    final: Mapping[str, Any]
    environment: Mapping[str, Any]
    seconds: float
    cpu_seconds: float
    energy: Mapping[str, Any]
    status: str = FINISHED
    verdict: Mapping[str, Any] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        if not ID.fullmatch(self.id):
            raise ValueError(
                f"run id {self.id!r}: only lower-case letters, digits and single hyphens are allowed"
            )
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


def save(run: Run, folder: Path = RUNS, answers: Answers | None = None) -> Path:
    """Write ``run`` to ``folder/<id>.json`` in one move, so that a file is never half-written.

    Its answers, where given, go first, so that a run that is there has them. Numbers that are not finite are
    stored as the words NaN, Infinity and -Infinity, in quotes: JSON itself has no way to write them, and a
    diverged run is a result worth keeping.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if answers is not None:
        rounded_answers = {name: [round(share, 4) for share in row] for name, row in answers.items()}
        _write(folder / f"{run.id}.answers.json", _lines(rounded_answers))
    return _write(folder / f"{run.id}.json", _lines(asdict(run)))


def _write(target: Path, text: str) -> Path:
    draft = target.with_suffix(f".{os.getpid()}.part")
    draft.write_text(text, "utf-8", newline="\n")  # the same bytes on every system
    draft.replace(target)
    return target


def _lines(content: Mapping[str, Any]) -> str:
    """JSON with a line for each entry and each evaluation: compact, and a change shows where it is."""
    lines = []
    for name, value in content.items():
        if name in ("evaluations", "steps") and value:
            items = (
                [f"{_json(key)}: {_json(value[key])}" for key in value]
                if name == "steps"
                else map(_json, value)
            )
            opened, closed = "{}" if name == "steps" else "[]"
            lines.append(f"{_json(name)}: {opened}\n  " + ",\n  ".join(items) + f"\n {closed}")
        else:
            lines.append(f"{_json(name)}: {_json(value)}")
    return "{\n " + ",\n ".join(lines) + "\n}\n"


def _json(value: Any) -> str:
    return json.dumps(words_for_not_finite(value), allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def rounded(values: Iterable[float], digits: int = 6) -> list[float]:
    """Each number to so many significant digits: what a stored curve needs, and systems agree on.

    A whole number stays as it is.
    """
    return [value if isinstance(value, int) else float(f"{value:.{digits}g}") for value in values]


def load(run_id: str, folder: Path = RUNS) -> Run:
    """Read one stored run, from ``folder``; in the browser the site's own runs count as being in RUNS.

    Raises FileNotFoundError where there is no run of that name, ValueError where the file is not that run.
    """
    if not ID.fullmatch(run_id):
        raise ValueError(f"run id {run_id!r}: only lower-case letters, digits and single hyphens are allowed")
    file = f"{run_id}.json"
    text = _text(file, folder)
    if text is None:
        raise FileNotFoundError(
            f"there is no stored run {run_id!r} in {folder.name}; there are: {', '.join(ids(folder))}"
        )
    run = parse(text, file)
    if run.id != run_id:
        raise ValueError(f"{file} holds the run {run.id!r}: a run's file has the run's own name")
    return run


def parse(text: str, name: str) -> Run:
    """Turn a run file's text into a Run; ``name`` is what an error calls it."""
    try:
        content = json.loads(text)
        if isinstance(content, dict) and content.get("schema", SCHEMA) != SCHEMA:
            raise ValueError(f"its schema is {content['schema']!r:.20}")
        return Run(**_numbers_for_words(content))
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{name} is not a run file of schema {SCHEMA}: {error}") from None


def answers(run_id: str, folder: Path = RUNS) -> Answers:
    """The final probabilities of a stored run, by the ids of the validation headlines.

    Raises FileNotFoundError where the run has none, ValueError where the file is broken.
    """
    if not ID.fullmatch(run_id):
        raise ValueError(f"run id {run_id!r}: only lower-case letters, digits and single hyphens are allowed")
    file = f"{run_id}.answers.json"
    text = _text(file, folder)
    if text is None:
        raise FileNotFoundError(f"there are no answers of a run {run_id!r} in {folder.name}")
    try:
        found = _numbers_for_words(json.loads(text))
        return {name: [float(share) for share in row] for name, row in found.items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{file} is not a file of answers: {error}") from None


def load_all(folder: Path = RUNS) -> tuple[list[Run], list[str]]:
    """Every run that can be read, in the order of their names, and an error for each file that cannot."""
    runs, errors = [], []
    for run_id in ids(folder):
        try:
            runs.append(load(run_id, folder))
        except (ValueError, OSError) as error:
            errors.append(str(error))
    return runs, errors


def ids(folder: Path = RUNS) -> list[str]:
    """The names of all stored runs, in alphabetical order."""
    on_site = json.loads(_from_site(SITE_INDEX)) if _on_site(folder) else []
    return sorted({path.stem for path in folder.glob("*.json") if ID.fullmatch(path.stem)} | set(on_site))


def _text(file: str, folder: Path) -> str | None:
    """What the file in that folder, or of that name on the site, holds; None where there is none."""
    path = folder / file
    if not path.is_file():
        return _from_site(file) if _on_site(folder) else None
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is not text in UTF-8: {error}") from None


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


def words_for_not_finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: words_for_not_finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [words_for_not_finite(item) for item in value]
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
