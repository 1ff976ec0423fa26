"""How varied is a set of texts, and does a word give the label away?

A word is a run of letters, in lower case: numbers differ from sentence to sentence and say nothing about how
varied the writing is.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from lab.corpus import Headline, Row

Run = tuple[str, ...]

NAMES = {
    "words": "different words in the first 40,000",
    "runs": "different runs of four words",
    "openings": "different openings of three words",
}


def words(text: str) -> list[str]:
    """The words of a text, in lower case, without numbers."""
    return re.findall(r"[^\W\d_]+", text.lower())


def runs(found: Sequence[str], length: int) -> list[Run]:
    """Every `length` words in a row; none where there are fewer."""
    return [tuple(found[start : start + length]) for start in range(len(found) - length + 1)]


def different_words(texts: Iterable[str], first: int = 40_000) -> int:
    """How many different words are among the `first`."""
    return len(set([word for text in texts for word in words(text)][:first]))


def different_runs(texts: Iterable[str], length: int = 4) -> float:
    """Different runs of `length` words as a share of all such runs; 1 where there is none."""
    every = [run for text in texts for run in runs(words(text), length)]
    return len(set(every)) / len(every) if every else 1.0


def different_openings(texts: Iterable[str], length: int = 3) -> float:
    """Different first `length` words as a share of the texts."""
    openings = [tuple(words(text)[:length]) for text in texts]
    return len(set(openings)) / len(openings)


def figures(texts: Sequence[str]) -> dict[str, float]:
    """The three measures of NAMES: `words` a count, `runs` and `openings` shares from 0 to 1."""
    return {
        "words": different_words(texts),
        "runs": different_runs(texts),
        "openings": different_openings(texts),
    }


def with_numbers(text: str) -> list[str]:
    """The words and numbers of a text, in lower case: reports that differ in a number are two sentences."""
    return re.findall(r"\w+", text.lower())


def shared_runs(rows: Iterable[Headline], length: int = 8) -> list[str]:
    """Runs of `length` words and numbers that two groups share."""
    homes: dict[Run, set[str]] = defaultdict(set)
    for row in rows:
        for run in runs(with_numbers(row.text), length):
            homes[run].add(row.group)
    return sorted(" ".join(run) for run, groups in homes.items() if len(groups) > 1)


def sharing(rows: Iterable[Row], others: Iterable[Headline], length: int = 8) -> list[Row]:
    """The rows that share a run of `length` words and numbers with any of the others."""
    known = {run for other in others for run in runs(with_numbers(other.text), length)}
    return [row for row in rows if not known.isdisjoint(runs(with_numbers(row.text), length))]


def telltale_words(
    rows: Iterable[Headline], shortest: int = 5, more_than: int = 40, share: float = 0.95
) -> dict[str, str]:
    """Words of `shortest` letters or more, used more than `more_than` times, that point to one label.

    More than `share` (0 to 1) of their uses are under it. The answer is a dictionary from word to label.
    """
    uses: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for word in words(row.text):
            if len(word) >= shortest:
                uses[word][row.label] += 1
    found = {}
    for word, labels in sorted(uses.items()):
        ((label, count),) = labels.most_common(1)
        if labels.total() > more_than and count > share * labels.total():
            found[word] = label
    return found
