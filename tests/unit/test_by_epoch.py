"""The table of what runs measured after each epoch, which does not say which runs they are."""

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from lab import records

EXTENSIONS = Path(__file__).parents[2] / "book" / "_ext"
sys.path.insert(0, str(EXTENSIONS))
spec = importlib.util.spec_from_file_location("by_epoch", EXTENSIONS / "by_epoch.py")
by_epoch = importlib.util.module_from_spec(spec)
spec.loader.exec_module(by_epoch)

RUN = records.load("page-model-just-right-seed-0")


def test_a_quantity_of_the_evaluations_has_a_value_for_each_from_the_start_on():
    found = list(by_epoch.by_epoch(RUN, "validation_loss", ".4f"))
    assert found == [f"{value:.4f}" for value in RUN.column("validation_loss")]


def test_counts_are_shown_in_the_order_of_the_classes():
    first = next(by_epoch.by_epoch(RUN, "predicted_counts", ""))
    assert first == " · ".join(str(RUN.evaluations[0]["predicted_counts"][name]) for name in RUN.classes)


def test_a_quantity_of_the_steps_is_the_mean_of_each_epoch():
    run = SimpleNamespace(
        steps={"step": [1, 2, 3, 4], "grad_norm": [1.0, 3.0, 10.0, 20.0]}, column=lambda name: [0, 2, 4]
    )
    assert list(by_epoch.by_epoch(run, "grad_norm", ".0f")) == ["2", "15"]


def test_what_a_run_does_not_have_is_refused():
    with pytest.raises(KeyError, match="has no 'altitude'"):
        list(by_epoch.by_epoch(RUN, "altitude", ""))
