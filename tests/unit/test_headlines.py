"""Our own headlines have the properties the book relies on, and a check that fails where they do not."""

import csv
import io
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lab import corpus, corpus_check, headlines, phrasebank, variety
from lab.corpus import CorpusError, Headline, parse
from lab.corpus_check import Property
from lab.headlines import AnnotatedHeadline

Rows = list[AnnotatedHeadline]
# Financial PhraseBank, never part of this project, where the variable names it or beside the checkout.
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "phrasebank"


@pytest.fixture(scope="module")
def rows() -> Rows:
    return headlines.load()


@pytest.fixture(scope="module")
def found(rows: Rows) -> list[Property]:
    with pytest.MonkeyPatch.context() as environment:
        if not os.environ.get(phrasebank.VARIABLE) and REAL.is_dir():
            environment.setenv(phrasebank.VARIABLE, str(REAL))
        return list(corpus_check.properties(rows))


def test_every_property_holds(found: list[Property]) -> None:
    assert len(found) > 20
    assert [one for one in found if one.holds is False] == []


def test_all_were_checked(found: list[Property]) -> None:
    if unchecked := [f"{one.name}: {one.found}" for one in found if one.holds is None]:
        pytest.skip("; ".join(unchecked))


def test_they_are_the_rows_of_the_corpus(rows: Rows) -> None:
    loaded = corpus.load("headlines")
    assert loaded == rows
    assert loaded.describe().startswith(
        f"headlines, version {loaded.version} (our own): {len(rows):,} rows in "
    )


def test_each_version_has_a_hash_of_its_own_and_the_rows_are_the_newest() -> None:
    assert sorted(corpus.VERSIONS.values()) == list(range(1, len(corpus.VERSIONS) + 1))
    assert corpus.load("headlines").version == max(corpus.VERSIONS.values())


def test_an_edited_copy_has_no_version(rows: Rows) -> None:
    other = next(label for label in corpus.LABELS if label != rows[0].second_label)
    edited = [replace(rows[0], second_label=other), *rows[1:]]
    assert corpus.Corpus(edited, "headlines", "edited").version is None


def test_the_readings_differ_and_mostly_on_mixed_headlines_as_the_data_card_says(rows: Rows) -> None:
    differing = [row for row in rows if row.label != row.second_label]
    assert 0 < len(differing) < 20  # few enough for the card's cell to print them all
    assert sum(row.difficulty == "mixed" for row in differing) > len(differing) / 2


# Break each property once, and see the check say so.


def shortened(rows: Rows) -> Rows:
    return rows[:2399]


def relabelled(rows: Rows) -> Rows:
    return [replace(row, label="neutral") if row.label == "negative" else row for row in rows]


def gladdened(rows: Rows) -> Rows:
    return [replace(row, label="positive") if row.label == "negative" else row for row in rows]


def shouted(rows: Rows) -> Rows:
    return [*rows[:-1], replace(rows[-1], text=rows[0].text.upper())]


def opened_alike(rows: Rows) -> Rows:
    return [replace(row, text="On Monday morning " + row.text) for row in rows]


def made_plain(rows: Rows) -> Rows:
    return [replace(row, difficulty="plain") for row in rows]


def of_one_company(rows: Rows) -> Rows:
    return [
        replace(row, company="Tarnwick Foods", sector="retail", event="sales", register="blog")
        for row in rows
    ]


def cut(rows: Rows) -> Rows:
    return [replace(rows[0], text="Profit rose by a tenth."), *rows[1:]]


def padded(rows: Rows) -> Rows:
    return [replace(row, text=row.text + " as the firm said at its offices last week" * 2) for row in rows]


def renamed(rows: Rows) -> Rows:
    twin = rows[0].text.replace("Tarnwick", "Zebulon")
    assert twin != rows[0].text
    return [*rows[:-1], replace(rows[-1], text=twin)]


def given_away(rows: Rows) -> Rows:
    return [replace(row, text=row.text + " Hooray.") if row.label == "positive" else row for row in rows]


def parted(rows: Rows) -> Rows:
    return [replace(row, group=row.id) for row in rows]


@pytest.mark.parametrize(
    ("broken", "names"),
    [
        (shortened, ["rows"]),
        (lambda rows: rows[:2200], ["rows", "rows to train on, fewest of five splits"]),
        (shouted, ["headlines alike but for numbers and case"]),
        (opened_alike, ["different openings of three words"]),
        (relabelled, ["share negative", "share neutral"]),
        (gladdened, ["share positive"]),
        (made_plain, ["share contextual", "share mixed"]),
        (of_one_company, ["sectors", "kinds of event", "registers", "companies"]),
        (cut, ["words in a headline"]),
        (
            padded,
            [
                "mean of words in a headline",
                "different words in the first 40,000",
                "different runs of four words",
                "runs of 8 words shared by two groups",
                "held-out headlines in training, in five splits",
            ],
        ),
        (renamed, ["headlines alike but for numbers and names", "runs of 8 words shared by two groups"]),
        (given_away, ["tell-tale words that telltale.csv does not list"]),
        (parted, ["groups of two or more"]),
        (made_plain, ["version"]),
    ],
)
def test_a_property_that_is_lost_is_named(
    rows: Rows, broken: Callable[[Rows], Rows], names: list[str]
) -> None:
    lost = [one.name for one in corpus_check.properties(broken(rows)) if one.holds is False]
    assert set(names) <= set(lost)


def test_a_headline_that_leaks_into_a_split_is_found(rows: Rows) -> None:
    parts = corpus.split(rows, 0, 0.15, 0.15)
    assert corpus_check.leaks(parts) == []
    known = parts.train[0]
    leaky = replace(
        parts,
        validation=[*parts.validation, replace(parts.test[0], id="group", group=known.group)],
        test=[*parts.test, replace(parts.test[0], id="run", group="new", text="Again: " + known.text)],
    )
    assert corpus_check.leaks(leaky) == ["group", "run"]


def test_a_near_duplicate_that_leaks_is_found() -> None:
    known = Headline("a", "g", "Brig sold 9 ships in Oslo", "neutral")
    renamed = Headline("b", "h", "Ölvar sold 12 ships in Århus", "neutral")
    assert corpus_check.leaks(corpus.Split([known], [renamed], [])) == ["b"]


def test_headlines_that_share_words_with_real_news_are_found(
    rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = "".join(f"Yesterday, {row.text}@{row.label}\n" for row in rows[:100])
    (tmp_path / phrasebank.FILES["50"]).write_bytes(copied.encode("latin-1", "replace"))
    monkeypatch.setenv(phrasebank.VARIABLE, str(tmp_path))
    found = corpus_check.shared_with_phrasebank(rows)
    assert found.holds is False
    assert rows[0].id in found.found


# What is allowed in the columns


def test_unknown_values_in_the_columns_of_the_second_reading_are_named_with_what_is_allowed(
    rows: Rows,
) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(
        text, ["id", "group", *[c for c in corpus.columns(AnnotatedHeadline) if c != "id"]]
    )
    writer.writeheader()
    for row in rows[:60]:
        writer.writerow(vars(row))
    writer.writerow(vars(replace(rows[60], second_label="good", difficulty="hard", company=" ")))
    with pytest.raises(CorpusError) as caught:
        parse(text.getvalue().encode(), "ours.csv", AnnotatedHeadline)
    assert str(caught.value).split("\n") == [
        "ours.csv, line 62: company ' ' is empty; at least one character is needed.",
        "ours.csv, line 62: difficulty 'hard' is unknown; allowed are plain, contextual, mixed.",
        "ours.csv, line 62: second_label 'good' is unknown; allowed are negative, neutral, positive.",
    ]


def test_the_listed_telltale_words_are_words_with_a_label_and_a_reason(rows: Rows) -> None:
    assert {entry["word"]: entry["label"] for entry in corpus_check.telltales()} == {"improved": "positive"}
    assert variety.telltale_words(rows) == {"improved": "positive"}  # as the data card says
    for entry in corpus_check.telltales():
        assert set(entry) == {"word", "label", "reason"}
        assert entry["label"] in corpus.LABELS
        assert len(entry["reason"].split()) > 3
