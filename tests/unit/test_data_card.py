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


def test_the_tables_of_the_card_show_every_stored_score(card):
    stored = scorecard.load()
    for name, section in (("scores-ours", "ours"), ("scores-real", "phrasebank_second")):
        rows = card.OF_THE_CARD[name](headlines.load()).rows
        shown = [cell for row in rows for cell in (row[1], row[3])]
        assert shown == [f"{score.value:.3f}" for score in scorecard.scores(stored, section)]


def test_the_table_of_bounds_says_what_does_not_hold(card):
    rows = card.bounds(headlines.load()).rows
    assert len(rows) == 1 + 1 + 4
    short = [row[0] for row in rows if row[-1] == "does not hold"]
    assert short == ["macro-F1 on real news, second half, MiniLM's sentence vectors"]


def test_every_property_that_is_shown_holds(card, monkeypatch):
    monkeypatch.delenv("DOWNHILL_PHRASEBANK", raising=False)
    assert {row[-1] for row in card.properties(headlines.load()).rows} == {"holds"}


def test_variety_is_shown_beside_that_of_real_news(card):
    ours, real = zip(*(row[1:] for row in card.compared(headlines.load()).rows), strict=True)
    assert ours[0] == f"{card.value('different.words'):,}"
    assert real[0] == f"{card.value('scores.real_news.variety.words'):,}"


def test_the_first_attempt_at_a_second_reading_is_counted_from_what_is_stored(card):
    rows = headlines.load()
    found = card.attempts(rows)
    assert found["headlines"] == len(rows)
    assert found["differ"] == 0  # the data card builds on it
    assert (found["probe"], found["readers_differ"]) == (80, 0)
    assert 0 < found["followed"] <= found["changed"] < found["probe"]


def test_a_section_that_is_not_stored_is_named_with_the_command(card, monkeypatch):
    stored = {name: part for name, part in scorecard.load().items() if name != "phrasebank_second"}
    monkeypatch.setattr(scorecard, "load", lambda: stored)
    with pytest.raises(
        ValueError, match="has no phrasebank_second: python -m lab corpus score --phrasebank second"
    ):
        card.bounds(headlines.load())


def test_scores_of_other_headlines_are_not_shown(card):
    with pytest.raises(ValueError, match="is of other headlines: python -m lab corpus score"):
        card.bounds(headlines.load()[:-1])
