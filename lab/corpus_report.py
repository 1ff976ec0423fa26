"""What is in a corpus? Tables for `python -m lab corpus describe` and for the data card.

Standard library only: a page's own cell can print them too.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean, quantiles
from typing import Any

from lab import agreement, corpus, variety
from lab.corpus import LABELS, Headline
from lab.headlines import DIFFICULTIES, NO_COMPANY, AnnotatedHeadline


@dataclass(frozen=True)
class Table:
    """A table as it is shown: its title, the head of each column, and the rows, each cell as text."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def numeric(self) -> list[bool]:
        """Which columns hold numbers alone: those end together, words start together."""
        return [all(cell[:1].isdigit() for cell in column) for column in zip(*self.rows, strict=True)]

    def __str__(self) -> str:
        lines = [self.head, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        numeric = self.numeric()
        shown = [
            "  ".join(
                cell.rjust(width) if is_number else cell.ljust(width)
                for cell, width, is_number in zip(line, widths, numeric, strict=True)
            ).rstrip()
            for line in lines
        ]
        return "\n".join([self.title, *shown])


def sizes(rows: Sequence[Headline]) -> Table:
    """How many rows and groups there are, and how varied the words are."""
    groups = Counter(row.group for row in rows).values()
    varied = variety.figures([row.text for row in rows])
    body = [
        ("headlines", f"{len(rows):,}"),
        ("groups", f"{len(groups):,}"),
        ("groups of two or more", f"{sum(size > 1 for size in groups):,}"),
        *((variety.NAMES[name], measure_in_words(value)) for name, value in varied.items()),
    ]
    return Table("Size and variety", ("what", "count"), body)


def classes(rows: Sequence[Headline]) -> Table:
    """Headlines of each class, and how many words they have."""
    body = []
    for name in (*LABELS, "all"):
        lengths = [len(row.text.split()) for row in rows if name in (row.label, "all")]
        spread = (min(lengths), *quantiles(lengths, n=4), max(lengths))
        figures = (*(f"{figure:.0f}" for figure in spread), f"{mean(lengths):.1f}")
        body.append((name, f"{len(lengths):,}", share(len(lengths) / len(rows)), *figures))
    spread_names = ("fewest", "lower quarter", "middle", "upper quarter", "most", "mean")
    return Table("Classes, and how many words", ("label", "headlines", "share", *spread_names), body)


def difficulties(rows: Sequence[AnnotatedHeadline]) -> Table:
    """How hard the headlines are, by class."""
    counts = Counter((row.difficulty, row.label) for row in rows)
    body = []
    for difficulty in DIFFICULTIES:
        line = [counts[difficulty, label] for label in LABELS]
        total = sum(line)
        figures = (f"{count:,}" for count in (*line, total))
        body.append((difficulty, *figures, share(total / len(rows))))
    return Table("Difficulty", ("difficulty", *LABELS, "all", "share"), body)


def kinds(rows: Sequence[AnnotatedHeadline], column: str) -> Table:
    """How many headlines have each sector, event or register, the most frequent first, by class."""
    counts = Counter((getattr(row, column), row.label) for row in rows)
    totals = Counter(getattr(row, column) for row in rows)
    body = [
        (name, *(f"{counts[name, label]:,}" for label in LABELS), f"{total:,}")
        for name, total in sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    ]
    return Table(f"Headlines by {column}", (column, *LABELS, "all"), body)


def readings(rows: Sequence[AnnotatedHeadline]) -> Table:
    """How far the two readings agree, for all headlines and by difficulty."""
    body = [
        (name, f"{part['headlines']:,}", share(part["agreement"]), f"{part['kappa']:.3f}")
        for name, part in figures(rows)["readings"].items()
    ]
    return Table("Two readings", ("difficulty", "headlines", "agreement", "Cohen's kappa"), body)


def confusion(rows: Sequence[AnnotatedHeadline]) -> Table:
    """How often each first label met each second one."""
    counts = agreement.confusion([(row.label, row.second_label) for row in rows], LABELS)
    body = []
    for label, line in zip(LABELS, counts, strict=True):
        body.append((label, *(f"{count:,}" for count in line)))
    head = ("first label", *(f"second {label}" for label in LABELS))
    return Table("First label against second label", head, body)


def sample(rows: Sequence[AnnotatedHeadline], seed: int = 0, size: int = 10) -> Table:
    """So many headlines of each class, drawn by the seed."""
    drawn = random.Random(seed)
    body = []
    for label in LABELS:
        chosen = drawn.sample([row for row in rows if row.label == label], size)
        body += [(row.label, row.second_label, row.difficulty, row.text) for row in chosen]
    return Table(
        f"{size} headlines a class, drawn with seed {seed}",
        ("label", "second", "difficulty", "headline"),
        body,
    )


def figures(rows: Sequence[AnnotatedHeadline]) -> dict[str, Any]:
    """The figures that prose names, by name; shares and agreement from 0 to 1."""
    texts = [row.text for row in rows]
    lengths = [len(text.split()) for text in texts]
    groups = Counter(row.group for row in rows).values()
    found: dict[str, Any] = {
        "rows": len(rows),
        "version": corpus.VERSIONS.get(corpus.content_hash(rows)),
        "sha256": corpus.content_hash(rows),
        "groups": len(groups),
        "groups_of_two_or_more": sum(size > 1 for size in groups),
        "different": {
            name: len({getattr(row, name) for row in rows} - {NO_COMPANY})
            for name in ("sector", "event", "company", "register")
        }
        | variety.figures(texts),
        "words": {"fewest": min(lengths), "most": max(lengths), "mean": mean(lengths)},
        "readings": {},
    }
    labels = defaultdict(set)
    for row in rows:
        labels[row.event].add(row.label)
    neutral = {event for event, seen in labels.items() if seen == {"neutral"}}
    found["only_neutral"] = {
        "events": len(neutral),
        "headlines": sum(row.event in neutral for row in rows),
    }
    for column in ("label", "difficulty", "register"):
        counts = Counter(getattr(row, column) for row in rows)
        found[column] = {name: count / len(rows) for name, count in counts.items()}
    for name in ("all", *DIFFICULTIES):
        pairs = [(row.label, row.second_label) for row in rows if name in (row.difficulty, "all")]
        found["readings"][name] = {
            "headlines": len(pairs),
            "differ": sum(first != second for first, second in pairs),
            "agreement": agreement.observed(pairs),
            "kappa": agreement.cohens_kappa(pairs),
        }
    return found


def share(value: float) -> str:
    return f"{100 * value:.1f}%"


def measure_in_words(measure: float) -> str:
    """A measure of variety: a count, or a share."""
    return f"{measure:,}" if isinstance(measure, int) else share(measure)


# The tables that any corpus has, then those of our own headlines, in the order in which they are read.
OF_ANY: dict[str, Callable[[Any], Table]] = {"sizes": sizes, "classes": classes}
OF_OURS: dict[str, Callable[[Any], Table]] = OF_ANY | {
    "difficulties": difficulties,
    "readings": readings,
    "confusion": confusion,
    "registers": lambda rows: kinds(rows, "register"),
    "sectors": lambda rows: kinds(rows, "sector"),
    "events": lambda rows: kinds(rows, "event"),
    "sample": sample,
}
