"""How often is the verdict right, and how often the tempting rule, where the answer is known beforehand?

    python -m lab.verdict_score     # reads assets/verdict/cases.csv, writes assets/verdict/scores.json

A case is a run or a log that was made so that its verdict follows from how it was made: the expected verdict
and the reason are written down before the run is computed. The verdict's thresholds may be set on the cases
that were seen, and on no other. The tempting rule says converged where the last two validation losses differ
by less than 0.01, and nothing else. Standard library only.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import logs, records, verdict
from lab.verdict import History

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "assets" / "verdict" / "cases.csv"
SCORES = CASES.with_name("scores.json")
COLUMNS = ("case", "source", "verdict", "overfitting", "reason", "seen")
VERDICTS = (
    *(verdict.DIVERGED, verdict.COLLAPSED, verdict.STALLED, verdict.STUCK),
    *(verdict.STILL_IMPROVING, verdict.CONVERGED, verdict.NOT_ENOUGH),
)
YES_OR_NO = {"yes": True, "no": False}
ALL = "all"


class CaseError(ValueError):
    """A table of cases that cannot be scored: one sentence with the case and what is allowed."""


@dataclass(frozen=True)
class Case:
    """One row of the table.

    `source` is the id of a stored run, or a log file's path from the top of the project. `verdicts` are those
    that are right: two only where the construction leaves it open, and `reason` says why. `overfitting` is
    None where it is not judged. `seen` is True where thresholds may be set on the case.
    """

    case: str
    source: str
    verdicts: tuple[str, ...]
    overfitting: bool | None
    reason: str
    seen: bool


def read(path: Path = CASES) -> list[Case]:
    """The table of cases, a CSV file with COLUMNS. Raises CaseError."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        raise CaseError(f"{path.name}: it has no cases; one or more are needed.")
    cases = [_case(row, f"{path.name}, case {number}") for number, row in enumerate(rows, start=1)]
    names = [case.case for case in cases]
    for number, name in enumerate(names, start=1):
        if name in names[: number - 1]:
            raise CaseError(f"{path.name}, case {number}: {name!r} is there already; each name only once.")
    return cases


def _case(row: dict[Any, Any], where: str) -> Case:
    if tuple(row) != COLUMNS or None in row.values():
        raise CaseError(
            f"{where}: its columns are {', '.join(map(str, row))}; needed are {', '.join(COLUMNS)}."
        )
    verdicts = tuple(row["verdict"].split(" or "))
    for name in verdicts:
        if name not in VERDICTS:
            raise CaseError(f"{where}: {name!r} is no verdict; allowed are {', '.join(VERDICTS)}.")
    if row["overfitting"] not in (*YES_OR_NO, "") or row["seen"] not in YES_OR_NO:
        raise CaseError(f"{where}: overfitting must be yes, no or empty, and seen yes or no.")
    for column in ("case", "source", "reason"):
        if not row[column].strip():
            raise CaseError(f"{where}: {column} is empty; it must be given.")
    overfitting = YES_OR_NO.get(row["overfitting"])
    return Case(row["case"], row["source"], verdicts, overfitting, row["reason"], YES_OR_NO[row["seen"]])


def history(source: str, runs: Path = records.RUNS, root: Path = ROOT) -> History:
    """What is judged. Raises CaseError where the run or the file is missing or broken."""
    try:
        if "." in source:
            return logs.read(root / source)
        return History.of_run(records.load(source, runs))
    except (ValueError, FileNotFoundError) as error:
        raise CaseError(f"{source} cannot be judged: {error}") from None


def score(cases: Sequence[Case], runs: Path = records.RUNS, root: Path = ROOT) -> dict[str, Any]:
    """What both rules say of each case, and how often each was right.

    `cases`: a row each, with `ours` and `naive` (what was said) and, as *_right, whether that is right.
    `totals`: for "all" cases, those "unseen" and those "seen", by expected verdict and over all of them, how
    many `cases` there are and in how many each rule was right; and `overfitting`, over the cases where it is
    judged.
    """
    rows = [_scored(case, history(case.source, runs, root)) for case in cases]
    parts = {ALL: (False, True), "unseen": (False,), "seen": (True,)}
    return {
        "cases": rows,
        "totals": {
            name: _totals([row for row in rows if row["seen"] in part]) for name, part in parts.items()
        },
    }


def _scored(case: Case, found: History) -> dict[str, Any]:
    ours = verdict.judge(found)
    naive = verdict.naive(found)
    return {
        "case": case.case,
        "source": case.source,
        "seen": case.seen,
        "expected": list(case.verdicts),
        "ours": ours.name,
        "ours_right": ours.name in case.verdicts,
        "naive": verdict.CONVERGED if naive else f"not {verdict.CONVERGED}",
        # It has one word: all that can be asked of it is to give that where it holds and nowhere else.
        "naive_right": any((name == verdict.CONVERGED) == naive for name in case.verdicts),
        "expected_overfitting": case.overfitting,
        "overfitting": ours.overfitting,
        "overfitting_right": None if case.overfitting is None else ours.overfitting == case.overfitting,
        "reason": case.reason,
        "evidence": ours.evidence,
    }


def _totals(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, int]]:
    by_verdict: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: sorted(map(VERDICTS.index, row["expected"]))):
        by_verdict.setdefault(" or ".join(sorted(row["expected"], key=VERDICTS.index)), []).append(row)
    counts = {
        name: {
            "cases": len(group),
            "ours": sum(row["ours_right"] for row in group),
            "naive": sum(row["naive_right"] for row in group),
        }
        for name, group in [*by_verdict.items(), (ALL, list(rows))]
    }
    judged = [row["overfitting_right"] for row in rows if row["overfitting_right"] is not None]
    return counts | {"overfitting": {"cases": len(judged), "ours": sum(judged)}}


def main(cases: Path = CASES, scores: Path = SCORES) -> int:
    """Score, store, print the totals and what our verdict got wrong; 1 where the table cannot be scored."""
    try:
        found = score(read(cases))
    except (CaseError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in found["cases"])
    totals = ",\n  ".join(f"{json.dumps(name)}: {json.dumps(part)}" for name, part in found["totals"].items())
    scores.write_text(
        f'{{\n "cases": [\n  {rows}\n ],\n "totals": {{\n  {totals}\n }}\n}}\n', "utf-8", newline="\n"
    )
    for part, counts in found["totals"].items():
        for name, count in counts.items():
            naive = f", the tempting rule {count['naive']}" if "naive" in count else ""
            print(f"{part} cases, {name}: {count['cases']}, of which ours right {count['ours']}{naive}")
    for row in found["cases"]:
        if not row["ours_right"]:
            print(f"{row['case']} ({row['source']}): {row['ours']}, expected {' or '.join(row['expected'])}")
        if row["overfitting_right"] is False:
            print(f"{row['case']} ({row['source']}): overfitting is {row['overfitting']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
