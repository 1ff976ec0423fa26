"""Read the log of a training run, whoever wrote it, for lab.verdict.

    from lab import logs, verdict
    print(verdict.judge(logs.read("trainer_state.json")))

Three kinds are read: a run file of ours (lab.records), transformers' trainer_state.json (versions 4 and 5),
and a CSV file with a header, as from Keras, a spreadsheet or an export. What the log does not hold is left
out; what cannot be read at all is a LogError.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lab import records
from lab.verdict import History

# Our name of a quantity -> the names it has in logs, the surest first: where a log has both, val_accuracy is
# the validation accuracy and accuracy is that of training.
NAMES = {
    "validation_loss": ("validation_loss", "val_loss", "valid_loss", "eval_loss"),
    "train_loss": ("train_loss", "training_loss", "loss"),
    "accuracy": ("validation_accuracy", "val_accuracy", "val_acc", "eval_accuracy", "accuracy", "acc"),
    "macro_f1": (
        *("validation_macro_f1", "val_macro_f1", "eval_macro_f1", "eval_f1_macro", "val_f1", "eval_f1"),
        *("macro_f1", "f1"),
    ),
    "grad_norm": ("grad_norm",),
}
STEP_NAMES = ("step", "global_step")


class LogError(ValueError):
    """A log that cannot be read: one sentence with the file, what is wrong, and what is allowed."""


def read(path: str | Path) -> History:
    """The history in a log file. Raises LogError where the file is missing, broken or not a log.

    A log without any evaluation is no error: its verdict is "not enough to tell".
    """
    path = Path(path)
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise LogError(f"{path.name}: {error.strerror}; a file that can be read is needed.") from None
    except UnicodeDecodeError:
        raise LogError(
            f"{path.name}: it is not UTF-8 text; only JSON and CSV in UTF-8 are allowed."
        ) from None
    if not text.strip():
        raise LogError(f"{path.name}: it is empty; a run file, trainer_state.json or a CSV file is allowed.")
    if text.lstrip()[0] in "{[":
        return _from_json(text, path.name)
    return _from_csv(text, path.name)


def _from_json(text: str, file: str) -> History:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LogError(f"{file}: it is broken JSON ({error}); whole files alone are allowed.") from None
    if isinstance(content, dict) and "evaluations" in content:
        try:
            return History.of_run(records.parse(text, file))
        except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
            raise LogError(
                f"{file}: it is no run file ({error}); one that lab.records wrote is allowed."
            ) from None
    entries = content.get("log_history") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise LogError(
            f'{file}: it has neither "evaluations" nor a list "log_history" of entries; a run file or '
            "trainer_state.json is allowed."
        )
    # The last entry sums the whole run up: its train_loss is the mean over all steps, not where it ended.
    entries = [entry for entry in entries if "train_runtime" not in entry]
    # An evaluation at once after another at the same step is of other weights, the best, put back at the end.
    entries = [
        entry
        for before, entry in zip([{}, *entries], entries, strict=False)
        if not ("eval_loss" in before and "eval_loss" in entry and before.get("step") == entry.get("step"))
    ]
    numbered = [(f"entry {number}", entry) for number, entry in enumerate(entries, start=1)]
    return _history(numbered, "step" if any("step" in entry for entry in entries) else "epoch", file)


def _from_csv(text: str, file: str) -> History:
    header = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [_plain(name) for name in next(reader)]
        table = [(f"line {reader.line_num}", values) for values in reader if any(map(str.strip, values))]
    except csv.Error as error:
        raise LogError(f"{file}: it is broken CSV ({error}); closed quotes alone are allowed.") from None
    at = next((name for name in (*STEP_NAMES, "epoch") if name in columns), None)
    losses = NAMES["validation_loss"] + NAMES["train_loss"]
    if at is None or not set(losses) & set(columns):
        raise LogError(
            f"{file}: its columns are {', '.join(columns):.200}; needed are step or epoch, and a loss "
            f"({', '.join(losses)})."
        )
    for line, values in table:
        if len(values) != len(columns):
            raise LogError(f"{file}, {line}: it has {len(values)} values; the header allows {len(columns)}.")
    # Keras numbers epochs from 0, and measures its epoch 0 after training on it: it is no start.
    keras = at == "epoch" and "val_loss" in columns and "loss" in columns
    return _history(
        [(line, dict(zip(columns, values, strict=True))) for line, values in table], at, file, int(keras)
    )


def _plain(name: str) -> str:
    """A column's name as NAMES writes it: "Eval/Loss" is eval_loss."""
    return "_".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def _history(entries: Iterable[tuple[str, Mapping[str, Any]]], at: str, file: str, shift: int = 0) -> History:
    """Entries in the order they were written, each with its place in the file, as a history.

    One row per step or epoch. A step that goes back is where a run was resumed: what was logged beyond it
    belongs to the part that was given up. Of a step written twice the later
    wins. `shift` is added to each step.
    """
    rows: dict[float, dict[str, float]] = {}
    for place, entry in entries:
        where = _number(entry.get(at), f"{file}, {place}: {at}")
        if where is None or not math.isfinite(where) or where < 0:
            raise LogError(f"{file}, {place}: {at} is {entry.get(at)!r}; a number, 0 or more, is needed.")
        where += shift
        if rows and next(reversed(rows)) > where:
            while rows and next(reversed(rows)) >= where:
                rows.popitem()
        row = rows.setdefault(where, {"at": where})
        for name, others in NAMES.items():
            values = (_number(entry.get(other), f"{file}, {place}: {other}") for other in others)
            if (value := next((value for value in values if value is not None), None)) is not None:
                row[name] = value
    logged = [(row["at"], row["train_loss"]) for row in rows.values() if "train_loss" in row]
    evaluations = []
    since: list[float] = []  # the training losses since the evaluation before
    for row in rows.values():
        since += [row["train_loss"]] if "train_loss" in row else []
        if "validation_loss" in row:
            evaluations.append(row | ({"train_loss": sum(since) / len(since)} if since else {}))
            since = []
    # Where the log counts steps, the loss of step 1 is worked out before any weight has changed.
    first_at, first_loss = logged[0] if logged else (math.inf, None)
    early = bool(evaluations) and first_at < evaluations[0]["at"]
    return History.of_rows(
        evaluations,
        step_loss=[loss for _, loss in logged],
        grad_norm=[row["grad_norm"] for row in rows.values() if "grad_norm" in row],
        first_batch_loss=first_loss if at != "epoch" and first_at <= 1 else None,
        first_logged_loss=first_loss if early else None,
    )


def _number(value: object, what: str) -> float | None:
    """A number, also where it is written as text ("NaN", "0.5"); None where nothing is written."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            return float(value)
        except (ValueError, OverflowError):
            pass
    raise LogError(f"{what} is {value!r:.40}; a number or NaN is allowed.")
