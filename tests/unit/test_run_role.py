"""A measured value stands in prose as a reader reads it, whatever was measured."""

import importlib.util
from math import inf, nan
from pathlib import Path

import pytest

EXTENSION = Path(__file__).parents[2] / "book" / "_ext" / "run.py"
spec = importlib.util.spec_from_file_location("run_extension", EXTENSION)
run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)


@pytest.mark.parametrize(
    ("value", "form", "words"),
    [
        (0.91234, "", "0.912"),
        (-25.3456, "", "-25.3"),
        (0.0, "", "0"),
        (1234.5, "", "1,234"),
        (168, "", "168"),
        (22700000, "", "22,700,000"),
        (0.91234, ".0%", "91%"),
        (1000.0, ",.0f", "1,000"),
        (0.00002, "", "0.00002 (2e-5)"),
        (-0.000123456, "", "-0.000123 (-1.23e-4)"),
        (2e-12, "", "0.000000000002 (2e-12)"),
        (nan, "", "not a number"),
        (inf, ".2f", "infinity"),
        (-inf, "", "minus infinity"),
        ("adamw", "", "adamw"),
    ],
)
def test_a_value_in_words(value, form, words):
    assert run.in_words(value, form) == words


@pytest.mark.parametrize("form", ["", ".2f"])
@pytest.mark.parametrize("value", [[0.1, 0.2], {"neutral": 3}, None])
def test_what_is_not_one_value_is_refused(value, form):
    with pytest.raises(ValueError, match="is not one value"):
        run.in_words(value, form)
