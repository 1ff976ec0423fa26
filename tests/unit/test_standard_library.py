"""What runs in the browser needs nothing but the standard library."""

import subprocess
import sys
from pathlib import Path

import pytest

MODULES = (
    "__main__",
    "agreement",
    "charts",
    "commands",
    "corpus",
    "corpus_check",
    "corpus_report",
    "energy",
    "experiments",
    "headlines",
    "logs",
    "machine",
    "measures",
    "models",
    "own_log",
    "page_model",
    "phrasebank",
    "records",
    "rejudge",
    "report",
    "scorecard",
    "scratch",
    "settings",
    "training",
    "training_data",
    "variety",
    "verdict",
    "verdict_score",
)
OTHERS = (
    "bench",
    "corpus_scores",
    "encoders",
    "final_report",
    "finetune",
    "notebooks",
    "processor",
    "sgd",
    "sweep",
)


@pytest.mark.parametrize("module", MODULES)
def test_it_needs_nothing_but_the_standard_library(module: str) -> None:
    code = (
        f"import sys, lab.{module}; "
        "loaded = {name.partition('.')[0] for name in sys.modules}; "
        "print(*loaded - sys.stdlib_module_names - {'__main__'})"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["lab"]


def test_every_other_module_is_known_to_need_more() -> None:
    lab = Path(__file__).resolve().parents[2] / "lab"
    there = {path.stem for path in lab.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert there - {"__init__"} == {*MODULES, *OTHERS}
