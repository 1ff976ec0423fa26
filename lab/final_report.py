"""How good is the chosen setting on headlines that it was not chosen by? Opens the test part, once.

    python -m lab.final_report        # trains just-right at five seeds and stores assets/final-report.json

Every choice (the presets, the verdict's thresholds, what a chapter says) was made on training and validation.
A second look at the test part would make it a second validation set, so the report is not written twice.

Each seed draws parts of its own, so a headline of one seed's test part may be in another seed's validation
part, by which the preset was chosen. The report therefore also measures those alone that are in none: they
are untouched.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lab import corpus, measures, records, training, training_data
from lab.corpus import Headline
from lab.settings import Settings

FILE = records.RUNS.parent / "final-report.json"
SEEDS = range(5)
CHOSEN = Settings(preset="just-right", dtype="float32", threads=1, device="cpu")


def scores(settings: Settings) -> dict[str, Any]:
    """Train once, and measure the weights that were kept on the test part, its untouched rows and validation.

    Of each: rows, always_neutral (accuracy), and accuracy, macro_f1 and loss with 95 % intervals.
    """
    from lab import finetune  # seconds to import

    rows = corpus.load(settings.corpus, settings.agreement)
    parts = training_data.part(rows, settings.seed)
    touched = {row.id for seed in SEEDS for row in training_data.part(rows, seed).validation}
    trained = training.train(settings)
    with tempfile.TemporaryDirectory() as folder:
        trained.keep(Path(folder))
        shares = finetune.predict(Path(folder), [row.text for row in parts.test])
    answered = [
        (row, [math.log(share) if share else -math.inf for share in given])
        for row, given in zip(parts.test, shares, strict=True)
    ]
    return {
        "seed": settings.seed,
        "run": trained.run.id,
        "split_sha256": parts.sha256,
        "test": measured(answered),
        "untouched": measured([pair for pair in answered if pair[0].id not in touched]),
        "validation": shown(parts.validation, trained.run.final),
    }


def measured(answered: Sequence[tuple[Headline, list[float]]]) -> dict[str, Any]:
    """What the model scores on these headlines, each with the logarithms of its probabilities."""
    rows = [row for row, _ in answered]
    return shown(rows, measures.final([given for _, given in answered], rows, evaluation=-1))


def shown(rows: Sequence[Headline], final: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "rows": len(rows),
        "always_neutral": sum(row.label == "neutral" for row in rows) / len(rows),
        "accuracy": final["accuracy"],
        "macro_f1": final["macro_f1"],
        "loss": final["validation_loss"],
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
    with FILE.open("x", encoding="utf-8", newline="\n") as file:  # two at a time are not written over
        file.write(json.dumps(report, indent=1) + "\n")
    print(FILE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
