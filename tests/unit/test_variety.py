"""Variety is counted in words, not in numbers, and what two groups share is found."""

from lab import variety
from lab.corpus import Headline


def headline(number: int, group: str, text: str, label: str = "neutral") -> Headline:
    return Headline(f"h{number}", group, text, label)


def test_words_are_letters_in_lower_case() -> None:
    assert variety.words("Årsrapport 2024: sales rose 4.5% at Ny-Tek") == [
        "årsrapport",
        "sales",
        "rose",
        "at",
        "ny",
        "tek",
    ]


def test_different_words_are_counted_among_the_first() -> None:
    texts = ["a b a", "c d"]
    assert variety.different_words(texts) == 4
    assert variety.different_words(texts, first=3) == 2


def test_runs_and_openings_are_shares_of_all() -> None:
    texts = ["one two three four five", "one two three four 12 six"]
    # Runs: 1234, 2345 and 1234, 2346.
    assert variety.different_runs(texts) == 3 / 4
    assert variety.different_openings(texts) == 1 / 2
    assert variety.different_runs(["too short", "one two three four"]) == 1
    assert variety.different_runs(["too short"]) == 1


def test_a_run_counts_as_shared_between_groups_and_not_within_one() -> None:
    eight = "one two three four five six seven 8"
    rows = [headline(1, "a", eight + " nine"), headline(2, "a", "zero " + eight)]
    assert variety.shared_runs(rows) == []
    assert variety.shared_runs([*rows, headline(3, "b", "And ONE two, three four five six seven 8!")]) == [
        eight
    ]
    assert variety.shared_runs([*rows, headline(3, "b", eight.replace("8", "9"))]) == []


def test_rows_that_share_a_run_with_others_are_found() -> None:
    eight = "one two three four five six seven eight"
    rows = [headline(1, "a", eight), headline(2, "b", "something else altogether")]
    assert variety.sharing(rows, [headline(9, "z", "Well, " + eight)]) == rows[:1]
    assert variety.sharing(rows, [headline(9, "z", "eight seven six")]) == []


def test_a_telltale_word_is_long_frequent_and_of_one_label() -> None:
    rows = [headline(n, "g", "Slump in price", "negative") for n in range(41)]
    assert variety.telltale_words(rows) == {"slump": "negative", "price": "negative"}
    assert variety.telltale_words(rows[1:]) == {}
    assert variety.telltale_words(rows, more_than=41) == {}
    # 39 of 41 is 95.1 %, 38 of 41 is 92.7 %.
    one = [headline(99, "g", "price slump")] * 2
    assert variety.telltale_words(rows[2:] + one) == {"slump": "negative", "price": "negative"}
    assert variety.telltale_words(rows[3:] + one + one[:1]) == {}
