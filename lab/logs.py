"""Read the log of a training run, whoever wrote it, for lab.verdict.

    from lab import logs, verdict
    print(verdict.judge(logs.read("trainer_state.json")))

Three kinds are read: a run file of ours (lab.records), transformers' trainer_state.json (versions 4 and 5, or
its log_history alone), and a CSV file with a header, as from Keras, Lightning, fastai, Weights & Biases,
TensorBoard or a spreadsheet. What the log does not hold is left out; what cannot be read at all, or in more
ways than one, is a LogError.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from lab import records
from lab.verdict import History

# What the part held out is called, the surest first. The two-part names are transformers' for a dictionary of
# evaluation sets.
HELD_OUT = ("validation", "val", "valid", "dev", "eval_validation", "eval_val", "eval_dev", "eval")
# Our name of a quantity -> the names it has in logs, the surest first: where a log has both, val_accuracy is
# the validation accuracy and accuracy is that of training. Lightning adds what a mean was taken over.
NAMES = {
    "validation_loss": tuple(f"{part}_loss{end}" for end in ("", "_epoch") for part in HELD_OUT),
    "train_loss": ("train_loss", "training_loss", "loss", "train_loss_step", "train_loss_epoch"),
    "measured_train_loss": ("eval_train_loss",),  # without dropout, at each evaluation
    "accuracy": (*(f"{part}_{name}" for part in HELD_OUT for name in ("accuracy", "acc")), "accuracy", "acc"),
    "macro_f1": (
        *(f"{part}_{name}" for part in HELD_OUT for name in ("macro_f1", "f1_macro", "f1")),
        *("macro_f1", "f1_macro", "f1"),
    ),
    "grad_norm": ("grad_norm", "train_grad_norm"),
}
KNOWN = {name for names in NAMES.values() for name in names}
STEP_NAMES = ("train_global_step", "global_step", "step")
DEEPEST = 100  # brackets within brackets: logs have a handful
NOTHING = {"", "no log", "none", "null", "na", "n/a"}  # what a cell says where nothing was measured
# Training losses that stay so many times the validation losses are sums over accumulated batches, as
# transformers 4.46 logged them, or hold more than the cross-entropy.
ANOTHER_SCALE = 1.5


class LogError(ValueError):
    """A log that cannot be read: one sentence with the file, what is wrong, and what is allowed."""


def read(path: str | Path) -> History:
    """The history in a log file. Raises LogError where the file is missing, broken or not a log.

    A log without any evaluation is no error: its verdict is "not enough to tell".
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LogError(f"{path.name}: {error.strerror}; a file that can be read is needed.") from None
    return parse(content, path.name)


def parse(content: bytes, name: str) -> History:
    """The history in a log file's content; `name` is what an error calls it. Raises LogError like `read`."""
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError:
        raise LogError(
            f"{name}: it is not UTF-8 text; only JSON and CSV in UTF-8 or UTF-16 are allowed."
        ) from None
    if not text.strip():
        raise LogError(f"{name}: it is empty; a run file, trainer_state.json or a CSV file is allowed.")
    if text.lstrip()[0] == "<":
        raise LogError(f"{name}: it is a web page; a run file, trainer_state.json or a CSV file is allowed.")
    if text.lstrip()[0] in "{[":
        return _from_json(text, name)
    return _from_csv(text, name)


def _from_json(text: str, file: str) -> History:
    if _nested_too_deeply(text):
        raise LogError(f"{file}: it is broken JSON (nested more than {DEEPEST} deep); a log is not.")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LogError(f"{file}: it is broken JSON ({error}); whole files alone are allowed.") from None
    if isinstance(content, dict) and "evaluations" in content:
        try:
            return History.of_run(records.parse(text, file))
        except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
            why = " ".join(str(error).split())
            raise LogError(
                f"{file}: it is no run file ({why}); one that lab.records wrote is allowed."
            ) from None
    no_log = LogError(
        f'{file}: it has neither "evaluations" nor a list "log_history" of entries; a run file or '
        "trainer_state.json is allowed."
    )
    state = content if isinstance(content, dict) else {"log_history": content}
    entries = state.get("log_history")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise no_log
    entries = [{_plain(name): value for name, value in entry.items()} for entry in entries]
    if state is not content and not any(KNOWN & entry.keys() for entry in entries):
        raise no_log
    # The last entry of training sums the whole run up: its train_loss is the mean over all steps. What comes
    # after it, where the best weights were put back, was evaluated with those.
    sums = [number for number, entry in enumerate(entries) if "train_runtime" in entry]
    if sums and state.get("best_model_checkpoint") is not None:
        entries = entries[: sums[-1]]
    numbered = [
        (f"entry {number}", entry)
        for number, entry in enumerate(entries, start=1)
        if "train_runtime" not in entry
    ]
    return _history(numbered, "step" if any("step" in entry for entry in entries) else "epoch", file)


def _nested_too_deeply(text: str) -> bool:
    """Would reading it end Python in a browser, where no RecursionError comes to the rescue?"""
    depth = 0
    for bracket in re.sub(r"[^][{}]+", "", text):
        depth += 1 if bracket in "[{" else -1
        if depth > DEEPEST:
            return True
    return False


def _from_csv(text: str, file: str) -> History:
    text = text.lstrip("\r\n ")  # a tab may stand for an empty first column
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        written = next(reader)
        table = [(f"line {reader.line_num}", values) for values in reader if any(map(str.strip, values))]
    except csv.Error as error:
        raise LogError(f"{file}: it is broken CSV ({error}); closed quotes alone are allowed.") from None
    columns = _columns(written, file)
    at = next((name for name in (*STEP_NAMES, "epoch") if name in columns), None)
    losses = NAMES["validation_loss"] + NAMES["train_loss"]
    if at is None or not set(losses) & set(columns):
        raise LogError(
            f"{file}: its columns are {', '.join(columns):.200}; needed are step or epoch, and a loss "
            "(val_loss, eval_loss, train_loss or the like)."
        )
    ours = [name for name in columns if name == at or name in KNOWN]
    for name, count in Counter(ours).items():
        if count > 1:
            raise LogError(f"{file}: its columns have {name} twice or more; only one run a file is allowed.")
    for line, values in table:
        if len(values) != len(columns):
            raise LogError(f"{file}, {line}: it has {len(values)} values; the header allows {len(columns)}.")
    rows = [
        (line, {name: value for name, value in zip(columns, values, strict=True) if name in ours})
        for line, values in table
    ]
    if not any("." in value for _, row in rows for value in row.values()):
        rows = [
            (line, {name: value.replace(",", ".", 1) for name, value in row.items()}) for line, row in rows
        ]
    _empty_where_nan_means_nothing([row for _, row in rows])
    # Weights & Biases' own counter counts calls: its step 0 is whatever was logged first.
    calls = at == "step" and any(name.strip() == "_step" or " - " in name for name in written)
    return _history(rows, at, file, counts_steps=not calls)


def _columns(written: list[str], file: str) -> list[str]:
    """The columns' names as NAMES writes them.

    Weights & Biases has RUN - METRIC, with the least and the most of it beside, which are left nameless;
    TensorBoard has Value, and the file's name says of what.
    """
    columns = []
    for name in written:
        metric = _plain(name.rpartition(" - ")[2])
        columns.append(
            "" if name.endswith(("__MIN", "__MAX")) else metric if metric in KNOWN else _plain(name)
        )
    if columns == ["wall_time", "step", "value"]:
        tag = re.search(r"tag-(.+?)(?: ?\(\d+\))?\.\w+$", file)
        if tag is None:
            raise LogError(
                f"{file}: it does not say what Value is; a name as TensorBoard gives it is needed, such as "
                "run-bert-tag-eval_loss.csv."
            )
        columns[2] = _plain(tag[1])
    return columns


def _plain(name: str) -> str:
    """A name as NAMES writes it: "Eval/Loss" is eval_loss."""
    return "_".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def _empty_where_nan_means_nothing(rows: list[dict[str, str]]) -> None:
    """Clear the cells of a data frame that was written with NaN where nothing was measured.

    So it was where each row has NaN in one of the two losses and never in both: a run that broke has both.
    """
    pair = [
        next((n for n in NAMES[loss] if rows and n in rows[0]), "")
        for loss in ("validation_loss", "train_loss")
    ]
    missing = [[row.get(name, "").strip().lower() == "nan" for name in pair] for row in rows]
    if len({tuple(both) for both in missing}) == 2 and all(sum(both) == 1 for both in missing):
        for row, both in zip(rows, missing, strict=True):
            row[pair[both.index(True)]] = ""


def _history(
    entries: Sequence[tuple[str, Mapping[str, Any]]], at: str, file: str, counts_steps: bool = True
) -> History:
    """Entries, each with its place in the file, as a history.

    `at` names the step or epoch; where `counts_steps` is False, a step that is no step of the optimiser.
    """
    found = []
    for place, entry in entries:
        if not (values := _values(entry, f"{file}, {place}")):
            continue
        where = _number(entry.get(at), f"{file}, {place}: {at}")
        if where is None or not math.isfinite(where) or where < 0:
            raise LogError(f"{file}, {place}: {at} is {entry.get(at)!r:.40}; a number, 0 or more, is needed.")
        found.append((where, values))
    if found and found[0][0] > found[-1][0] and all(one >= other for (one, _), (other, _) in pairwise(found)):
        found.reverse()  # the newest was on top
    rows = _rows(found)
    evaluated = [row for row in rows if "validation_loss" in row]
    if at == "epoch":
        counts_steps = not all(row["at"].is_integer() for row in evaluated)
    elif len(evaluated) > 1:
        counts_steps = counts_steps and any(b["at"] - a["at"] != 1 for a, b in pairwise(evaluated))
    if not counts_steps and evaluated and evaluated[0]["at"] == 0:
        # Number 0 of what is counted from 0 comes after training, unless the training loss is missing there.
        trained = ["train_loss" in row for row in evaluated]
        if trained[0] or not any(trained):
            for row in rows:
                row["at"] += 1
    # A number that is not one is forgotten where an evaluation after it gives one: mixed precision does that.
    numbers = [row["at"] for row in evaluated if math.isfinite(row["validation_loss"])]
    for row in rows:
        if numbers and row["at"] <= numbers[-1] and not math.isfinite(row.get("train_loss", 0)):
            del row["train_loss"]
    evaluations, comparable = _with_training_loss(rows)
    logged = [(row["at"], row["train_loss"]) for row in rows if "train_loss" in row and comparable]
    # Where the log counts steps, the loss of step 1 is worked out before any weight has changed.
    first_at, first_loss = logged[0] if logged else (math.inf, None)
    early = bool(evaluations) and first_at < evaluations[0]["at"]
    return History.of_rows(
        evaluations,
        step_loss=[loss for _, loss in logged],
        grad_norm=[row["grad_norm"] for row in rows if "grad_norm" in row],
        first_batch_loss=first_loss if at != "epoch" and counts_steps and first_at <= 1 else None,
        first_logged_loss=first_loss if early else None,
        training_lags=not any("measured_train_loss" in row for row in evaluations),
    )


def _rows(found: list[tuple[float, dict[str, float]]]) -> list[dict[str, float]]:
    """One row per step or epoch, in their order.

    A quantity whose step goes back says that the run was resumed: what was logged from there on belongs to
    the part that was given up. Of a quantity written twice at one step the later wins, but at the last step
    the first: what comes after it is of other weights, the best, put back.
    """
    rows: dict[float, dict[str, float]] = {}
    furthest: dict[str, float] = {}
    for where, values in found:
        if any(furthest.get(name, where) > where for name in values):
            rows = {at: row for at, row in rows.items() if at < where}
            furthest = {name: at for at, row in sorted(rows.items()) for name in row}
        row = rows.setdefault(where, {"at": where})
        for name, value in values.items():
            furthest[name] = where
            row[name] = row.get(name, value) if where == found[-1][0] else value
    return [row for _, row in sorted(rows.items())]


def _with_training_loss(rows: list[dict[str, float]]) -> tuple[list[dict[str, float]], bool]:
    """The rows with an evaluation, `train_loss` being what stands beside it, and whether that is comparable.

    It is the one measured then, else the mean of those logged since the evaluation before.
    """
    evaluations: list[dict[str, float]] = []
    since: list[float] = []
    for row in rows:
        since += [row["train_loss"]] if "train_loss" in row else []
        if "validation_loss" in row:
            evaluations.append(row | ({"train_loss": sum(since) / len(since)} if since else {}))
            since = []
    first = next((row["train_loss"] for row in rows if "train_loss" in row), math.nan)
    both = [(row["train_loss"], row["validation_loss"]) for row in evaluations if "train_loss" in row]
    another_scale = 1 < len(both) == len(evaluations) and all(
        loss > ANOTHER_SCALE * unseen for loss, unseen in [(first, both[0][1]), *both]
    )
    for row in evaluations:
        if another_scale:
            row.pop("train_loss", None)
        if "measured_train_loss" in row:
            row["train_loss"] = row["measured_train_loss"]
    return evaluations, not another_scale


def _values(entry: Mapping[str, Any], place: str) -> dict[str, float]:
    """The quantities in one entry, by our names. Measures other than losses may have any form."""
    values: dict[str, float] = {}
    for name, others in NAMES.items():
        for other in others:
            try:
                value = _number(entry.get(other), f"{place}: {other}")
            except LogError:
                if name.endswith("loss"):
                    raise
                continue
            if value is not None:
                values[name] = value
                break
    # What transformers writes, unless told otherwise, where the loss is not a number.
    if values.get("train_loss") == 0 and math.isnan(values.get("grad_norm", 0)):
        values["train_loss"] = math.nan
    return values


def _number(value: object, what: str) -> float | None:
    """A number, also where it is written as text ("NaN", "0.5"); None where nothing is written."""
    if value is None or (isinstance(value, str) and value.strip().lower() in NOTHING):
        return None
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            return float(value)
        except (ValueError, OverflowError):
            pass
    raise LogError(f"{what} is {value!r:.40}; a number or NaN is allowed.")
