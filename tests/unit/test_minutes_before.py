"""What is asked of a reader the evening before takes the 25 minutes that the book promises."""

import re

import pytest

from lab import records

BOOK = records.ROOT / "book"
WORDS_A_MINUTE = 200
# A chapter, the words that end what is asked of it, and the minutes that are not reading: two walks down a
# valley in the one; looking at five figures and answering three checks in the other.
ASKED = {
    "fine-tuning-in-plain-english": ("**That is all for the evening before.**", 0),
    "downhill-by-eye": ("## Quick check", 3.5),
    "reading-a-curve": ("That is all for the evening before.", 2),
}


def stated(chapter: str) -> int:
    text = (BOOK / "before" / f"{chapter}.md").read_text("utf-8")
    return int(re.search(r"Allow (\d+) minutes, the evening before the workshop, as far as", text)[1])


def words_asked(chapter: str) -> int:
    """The words of what is asked, without folds, figures and what a check shows only after an answer."""
    text = (BOOK / "before" / f"{chapter}.md").read_text("utf-8")
    end, _ = ASKED[chapter]
    assert text.count(end) == 1
    text = text[: text.index(end)]
    text = re.sub(r"\A---.*?\n---\n", "", text, flags=re.S)
    text = re.sub(r"^:::\{dropdown\}.*?^:::$", "", text, flags=re.M | re.S)
    text = re.sub(r"^(`{3})\{widget\}.*?^\1$", "", text, flags=re.M | re.S)
    text = re.sub(r"^- \[.\] .*\n\n  .*$", "", text, flags=re.M)  # of four options one is read on
    text = re.sub(r"^:(?!caption)[a-z-]+:.*$", "", text, flags=re.M)
    return len(re.sub(r"\{[a-z-]+\}", "", text).split())


@pytest.mark.parametrize("chapter", ASKED)
def test_a_chapter_can_be_read_in_the_minutes_it_states(chapter):
    needed = words_asked(chapter) / WORDS_A_MINUTE + ASKED[chapter][1]
    assert stated(chapter) - 1 < needed <= stated(chapter) + 0.1


def test_together_they_are_25_minutes():
    assert sum(map(stated, ASKED)) == 25
    assert "25 minutes with the next two chapters" in (BOOK / "index.md").read_text("utf-8")
