"""What the cheat sheet says with numbers or in an order is what the lab has."""

import re

import pytest

from lab import page_model, records, settings

BOOK = records.ROOT / "book"
SHEET = (BOOK / "before" / "cheat-sheet.md").read_text("utf-8")
RATES = {
    "MiniLM": settings.PRESETS["minilm"],
    "Word counts": settings.PRESETS["tfidf"],
    "Page model": page_model.PRESETS,
}


@pytest.mark.parametrize("route", RATES)
def test_the_multiples_are_those_of_the_presets(route):
    below, above = re.search(rf"\* - {route}\n.*÷\s([\d,]+)\n.*\n.*×\s([\d,]+)", SHEET).groups()
    low, right, high = (RATES[route][name] for name in ("too-low", "just-right", "too-high"))
    assert int(below.replace(",", "")) == round(right / low)
    assert int(above.replace(",", "")) == round(high / right)


def test_the_questions_lead_to_the_verdicts_words_in_their_order():
    asked = re.findall(r"^\d\. .*\? \*(.+)\.\*$", SHEET, re.M)
    glossary = (BOOK / "reference" / "glossary.md").read_text("utf-8")
    entry = re.search(r"^verdict\n(.+)", glossary, re.M)[1]
    named = re.findall(r"\{term\}`(\w[\w ]*)`", entry)
    assert [word.lower() for word in asked] == [word for word in named if word in {a.lower() for a in asked}]
    assert len(asked) == 6
