"""Write today's verdict into every stored run, where lab.verdict has changed since. Trains nothing.

python -m lab.rejudge
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from lab import records, verdict


def rejudge(folder: Path = records.RUNS) -> list[str]:
    """Judge each stored run of the folder again; the names of those whose verdict was another before."""
    changed = []
    for run_id in records.ids(folder):
        run = records.load(run_id, folder)
        judged = asdict(verdict.judge(verdict.History.of_run(run)))
        if judged != dict(run.verdict):
            records.save(replace(run, verdict=judged), folder)
            changed.append(run_id)
    return changed


if __name__ == "__main__":
    print(*rejudge(), sep="\n")
