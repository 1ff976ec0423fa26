"""The model card's tables are those of the stored runs, and of the one report on the test part."""

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

from lab import final_report, records

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_ext"


@pytest.fixture(scope="module")
def page(html):
    return (html / "reference" / "model-card.html").read_text("utf-8")


@pytest.fixture
def extension(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    spec = importlib.util.spec_from_file_location("model_card_extension", EXTENSIONS / "model_card.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    for name in ("run", "tables"):
        sys.modules.pop(name, None)


def text_of(row):
    return [cell if isinstance(cell, str) else cell.astext() for cell in row]


@pytest.mark.parametrize("suffix", ["", "-corpus-phrasebank-agreement-75"])
def test_each_preset_is_shown_at_seed_0_with_its_intervals(page, suffix):
    for preset in ("too-low", "just-right", "too-high"):
        run = records.load(f"minilm-{preset}{suffix}-seed-0")
        assert f'href="runs.html#run-{run.id}"' in page
        for figure in ("validation_loss", "accuracy", "macro_f1"):
            value, low, high = (run.final[figure][name] for name in ("value", "low", "high"))
            assert f"{value:.3f} ({low:.3f} to {high:.3f})" in page


def test_clear_is_the_whole_interval_on_the_better_side(extension):
    low, right = (records.load(f"minilm-{preset}-seed-0") for preset in ("too-low", "just-right"))
    for figure in ("validation_loss", "accuracy", "macro_f1"):
        assert extension.clear(right, low, figure)
        assert not extension.clear(low, right, figure)
        assert not extension.clear(low, low, figure)


def test_the_range_is_from_the_lowest_to_the_highest_seed(extension):
    runs = [records.load(f"minilm-just-right-seed-{seed}") for seed in range(5)]
    values = sorted(run.final["accuracy"]["value"] for run in runs)
    row = text_of(extension.preset_rows("headlines", "reference/model-card")[3])
    assert row[:2] == ["● right steps", "5 seeds"]
    assert row[3] == f"{values[0]:.3f} to {values[-1]:.3f}"


def test_the_report_is_shown_seed_by_seed_and_part_by_part(extension):
    def scores(rows, accuracy):
        figure = {"value": accuracy, "low": accuracy - 0.1, "high": accuracy + 0.1}
        return {
            "rows": rows,
            "always_neutral": 0.5,
            **dict.fromkeys(("accuracy", "macro_f1", "loss"), figure),
        }

    one = {"seed": 3, "run": "minilm-just-right-seed-3"}
    one |= {"test": scores(464, 0.7), "untouched": scores(223, 0.6), "validation": scores(467, 0.8)}
    rows = [text_of(row) for row in extension.report_rows({"seeds": [one]}, "reference/model-card")]
    assert [row[:4] for row in rows] == [
        ["seed 3", "test", "464", "0.500"],
        ["seed 3", "test, and in no seed's validation", "223", "0.500"],
        ["seed 3", "validation", "467", "0.500"],
    ]
    assert [row[4] for row in rows] == [
        "0.700 (0.600 to 0.800)",
        "0.600 (0.500 to 0.700)",
        "0.800 (0.700 to 0.900)",
    ]


def test_the_page_has_the_report_or_says_that_there_is_none(page):
    unopened = "The test part has not been opened yet."
    if not final_report.FILE.is_file():
        assert f"<p>{unopened}</p>" in page
        return
    assert unopened not in page
    for one in json.loads(final_report.FILE.read_text("utf-8"))["seeds"]:
        for part in ("test", "untouched", "validation"):
            found = one[part]["loss"]
            assert f"{found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f})" in page


def test_its_tables_have_captions_and_heads_for_columns_and_rows(page):
    tables = re.findall(r'<div class="table-scroll"><table\b.*?</table></div>', page, re.S)
    assert len(tables) == 3 + final_report.FILE.is_file()
    for table in tables:
        assert "<caption>" in table
        head, *body = re.findall(r"<tr\b.*?</tr>", table, re.S)
        assert "<td" not in head
        assert all(len(re.findall("<th", row)) == 1 for row in body)
