"""Have our own headlines the properties that the book relies on?

    python -m lab corpus check

Each property is computed and held to its bound.
"""

import csv
import io
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

from lab import corpus, headlines, phrasebank, variety
from lab.headlines import AnnotatedHeadline
from lab.page_model import SEEDS
from lab.training_data import TEST_SIZE, VALIDATION_SIZE

# Shares of all headlines, the least and the most: as in real financial news, with more negative ones.
CLASS_MIX = {"negative": (0.15, 0.20), "neutral": (0.50, 0.60), "positive": (0.25, 0.30)}


@dataclass(frozen=True)
class Property:
    """One thing that must hold: what was found, what is allowed, and whether it holds (None: not checked)."""

    name: str
    found: str
    allowed: str
    holds: bool | None


def properties(rows: Sequence[AnnotatedHeadline]) -> Iterator[Property]:
    """Every property, the cheap ones first; some seconds altogether."""
    texts = [row.text for row in rows]
    yield at_least("rows", len(rows), 2400)
    for label, (least, most) in CLASS_MIX.items():
        share = sum(row.label == label for row in rows) / len(rows)
        yield Property(f"share {label}", f"{share:.3f}", f"{least} to {most}", least <= share <= most)
    for difficulty, least in (("contextual", 0.25), ("mixed", 0.10)):
        share = sum(row.difficulty == difficulty for row in rows) / len(rows)
        yield at_least(f"share {difficulty}", share, least)
    kinds = {"sector": "sectors", "event": "kinds of event", "register": "registers", "company": "companies"}
    for (column, name), least in zip(kinds.items(), (20, 40, 8, 300), strict=True):
        different = {getattr(row, column) for row in rows} - {headlines.NO_COMPANY}
        yield at_least(name, len(different), least)

    lengths = [len(text.split()) for text in texts]
    spread = f"{min(lengths)} to {max(lengths)}"
    yield Property("words in a headline", spread, "6 to 45", min(lengths) >= 6 and max(lengths) <= 45)
    mean = sum(lengths) / len(lengths)
    yield Property("mean of words in a headline", f"{mean:.1f}", "18 to 25", 18 <= mean <= 25)
    sizes = Counter(row.group for row in rows)
    yield at_least("groups of two or more", sum(size > 1 for size in sizes.values()), 300)

    for name, forms in zip(("names", "case"), zip(*map(corpus.folded, texts), strict=True), strict=True):
        alike = [text for text, uses in Counter(forms).items() if uses > 1]
        yield none_of(f"headlines alike but for numbers and {name}", alike)
    yield none_of("runs of 8 words shared by two groups", variety.shared_runs(rows))
    yield shared_with_phrasebank(rows)
    yield none_of("tell-tale words that telltale.csv does not list", unlisted_telltales(rows))

    varied = variety.figures(texts)
    for measure, least in (("words", 4500), ("runs", 0.85), ("openings", 0.80)):
        yield at_least(variety.NAMES[measure], varied[measure], least)

    splits = [corpus.split(rows, seed, VALIDATION_SIZE, TEST_SIZE) for seed in SEEDS]
    yield at_least("rows to train on, fewest of five splits", min(len(parts.train) for parts in splits), 1600)
    yield none_of(
        "held-out headlines in training, in five splits", [id for parts in splits for id in leaks(parts)]
    )
    digest = corpus.content_hash(rows)
    version = corpus.VERSIONS.get(digest)
    found = str(version) if version else f"none: {digest} is not in corpus.VERSIONS"
    yield Property("version", found, f"one of {', '.join(map(str, corpus.VERSIONS.values()))}", bool(version))


def at_least(name: str, found: float, least: float) -> Property:
    figure = f"{found:,}" if isinstance(found, int) else f"{found:.3f}"
    return Property(name, figure, f"at least {least:,}", found >= least)


def none_of(name: str, found: Sequence[str]) -> Property:
    examples = f": {'; '.join(found[:3])}" if found else ""
    return Property(name, f"{len(found)}{examples}", "0", not found)


def leaks(parts: corpus.Split) -> list[str]:
    """Ids of held-out headlines that share their group, a folded form or a run of 8 words with training."""
    groups = {row.group for row in parts.train}
    forms = {form for row in parts.train for form in enumerate(corpus.folded(row.text))}
    held_out = [*parts.validation, *parts.test]
    copied = {row.id for row in variety.sharing(held_out, parts.train)}
    return [
        row.id
        for row in held_out
        if row.group in groups or row.id in copied or not forms.isdisjoint(enumerate(corpus.folded(row.text)))
    ]


def unlisted_telltales(rows: Sequence[AnnotatedHeadline]) -> list[str]:
    """Words that give the label away and are not listed as doing so in English."""
    listed = {(entry["word"], entry["label"]) for entry in telltales()}
    found = variety.telltale_words(rows).items()
    return [f"{word} is {label}" for word, label in found if (word, label) not in listed]


def telltales() -> list[dict[str, str]]:
    """The words that truly point to one label in English: word, label, reason."""
    text = (resources.files("lab") / "data" / "telltale.csv").read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def shared_with_phrasebank(rows: Sequence[AnnotatedHeadline]) -> Property:
    name = "headlines that share a run of 8 words with Financial PhraseBank"
    if not os.environ.get(phrasebank.VARIABLE):
        return Property(name, f"not checked: {phrasebank.VARIABLE} is not set", "0", None)
    return none_of(name, [row.id for row in variety.sharing(rows, phrasebank.load("50"))])
