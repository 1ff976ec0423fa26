"""The data card's figures come from the headlines and from stored scores, and from nowhere else."""

import importlib.util
import sys
from pathlib import Path

import pytest

from lab import headlines, scorecard

EXTENSIONS = Path(__file__).parents[2] / "book" / "_ext"


@pytest.fixture(scope="module")
def card():
    sys.path.insert(0, str(EXTENSIONS))  # where Sphinx finds the extension that this one builds on
    try:
        spec = importlib.util.spec_from_file_location("data_card_extension", EXTENSIONS / "data_card.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(EXTENSIONS))
    return module


def test_a_figure_is_found_by_its_path(card):
    rows = headlines.load()
    assert card.value("rows") == len(rows)
    assert card.value("different.sector") == len({row.sector for row in rows})
    stored = scorecard.load()["ours"]["minilm"]["accuracy"]
    assert card.value("scores.ours.minilm.accuracy.value") == stored["value"]
    assert card.value("scores.ours.minilm.accuracy.by_seed.1") == stored["by_seed"][1]


@pytest.mark.parametrize(
    ("path", "stopped"),
    [
        ("row", "row"),
        ("rows.0", "0"),
        ("readings.easy.kappa", "easy"),
        ("scores.ours.minilm.accuracy.by_seed.9", "9"),
    ],
)
def test_a_path_that_leads_nowhere_says_where_it_stopped(card, path, stopped):
    with pytest.raises(KeyError, match=rf"there is no '{path}' \(stopped at '{stopped}'\)"):
        card.value(path)


def test_the_tables_of_the_card_show_every_score_and_every_property(card):
    rows = headlines.load()
    scores = list(scorecard.scores(scorecard.load()))
    table = card.scores(rows)
    assert [row[3] for row in table.rows] == [f"{score.value:.3f}" for score in scores]
    assert {len(row) for row in table.rows} == {len(table.head)}
    assert all(row[-1] == "holds" or "not checked" in row[1] for row in card.properties(rows).rows)


def test_scores_of_other_headlines_are_not_shown(card):
    with pytest.raises(ValueError, match="is of other headlines: python -m lab corpus score"):
        card.scores(headlines.load()[:-1])
