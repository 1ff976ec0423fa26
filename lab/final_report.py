"""How good is the chosen setting on headlines that no decision has seen? Opens the test part, once.

    python -m lab.final_report        # trains just-right at five seeds and stores assets/final-report.json

Every choice (the presets, the verdict's thresholds, what a chapter says) was made on training and validation.
A second look at the test part would make it a second validation set, so the report is not written twice.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from lab import corpus, finetune, measures, records, training, training_data
from lab.corpus import LABELS
from lab.settings import Settings

FILE = records.RUNS.parent / "final-report.json"
SEEDS = range(5)
CHOSEN = Settings(preset="just-right", dtype="float32", threads=1, device="cpu")


def scores(settings: Settings) -> dict[str, Any]:
    """Train once and measure the weights that were kept on the test part: values with 95 % intervals."""
    loaded = corpus.load(settings.corpus, settings.agreement)
    rows = training_data.part(loaded, settings.seed).test
    trained = training.train(settings)
    with tempfile.TemporaryDirectory() as folder:
        trained.keep(Path(folder))
        shares = finetune.predict(Path(folder), [row.text for row in rows])
    log_probabilities = [[math.log(share) for share in row] for row in shares]
    labels = [LABELS.index(row.label) for row in rows]
    found: dict[str, Any] = measures.intervals(log_probabilities, labels, [row.group for row in rows])
    found["loss"] = found.pop("validation_loss")
    return {
        "seed": settings.seed,
        "rows": len(rows),
        "always_neutral": max(training_data.count(rows).values()) / len(rows),
        "test": found,
        "validation": {name: trained.run.final[name] for name in ("validation_loss", "accuracy", "macro_f1")},
    }


def main() -> int:
    if FILE.is_file():
        print(f"The test part is open: {FILE} holds its report, and no second is made.", file=sys.stderr)
        return 1
    report = {
        "corpus": corpus.load(CHOSEN.corpus).identity(),
        "settings": CHOSEN.as_dict(),
        "seeds": [scores(replace(CHOSEN, seed=seed)) for seed in SEEDS],
    }
    FILE.write_text(json.dumps(report, indent=1) + "\n", "utf-8", newline="\n")
    print(FILE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
