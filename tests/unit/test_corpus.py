"""Are the headlines what the book says they are, and does every split keep its promises?"""

import hashlib
import re
import subprocess
import sys
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from lab import corpus
from lab.corpus import LABELS, CorpusError, Headline

LAB = Path(corpus.__file__).parent
HEADER = "id,group,text,label\n"


@pytest.fixture(scope="module")
def rows() -> list[Headline]:
    return corpus.load("headlines")


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "mine.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def complaints(path: Path) -> list[str]:
    with pytest.raises(CorpusError) as caught:
        corpus.load(path)
    return str(caught.value).split("\n")


# The headlines themselves


def test_ids_and_groups_count_up_from_one(rows: list[Headline]) -> None:
    assert [row.id for row in rows] == [f"h{n:04}" for n in range(1, len(rows) + 1)]
    groups = list(dict.fromkeys(row.group for row in rows))
    assert groups == [f"g{n:03}" for n in range(1, len(groups) + 1)]


def test_there_are_240_in_about_200_groups_of_at_most_three(rows: list[Headline]) -> None:
    sizes = Counter(row.group for row in rows).values()
    assert len(rows) == 240
    assert 190 <= len(sizes) <= 210
    assert max(sizes) <= 3
    assert sum(size > 1 for size in sizes) >= 30


@pytest.mark.parametrize(
    ("label", "least", "most"), [("neutral", 0.50, 0.60), ("positive", 0.25, 0.30), ("negative", 0.15, 0.20)]
)
def test_class_mix_is_near_real_news(rows: list[Headline], label: str, least: float, most: float) -> None:
    assert least <= sum(row.label == label for row in rows) / len(rows) <= most


def test_lengths_are_near_newswire(rows: list[Headline]) -> None:
    lengths = [len(row.text.split()) for row in rows]
    assert min(lengths) >= 6 and max(lengths) <= 45
    assert 18 <= sum(lengths) / len(lengths) <= 25


def test_no_two_are_the_same_but_for_names_and_numbers(rows: list[Headline]) -> None:
    def fold(text: str) -> str:
        names = re.sub(r"\w+", lambda word: "X" if word[0][0].isupper() else word[0], text)
        return re.sub(r"\d+", "0", names)

    assert fold("Ölvar sold 12 ships in Århus") == fold("Brig sold 9 ships in Oslo")
    folded = Counter(fold(row.text) for row in rows)
    assert [text for text, uses in folded.items() if uses > 1] == []


def test_no_groups_share_a_run_of_eight_words(rows: list[Headline]) -> None:
    groups = defaultdict(set)
    for row in rows:
        words = re.findall(r"\w+", row.text.lower())
        for start in range(len(words) - 7):
            groups[" ".join(words[start : start + 8])].add(row.group)
    assert [run for run, homes in groups.items() if len(homes) > 1] == []


def test_no_common_word_gives_the_class_away(rows: list[Headline]) -> None:
    uses: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for word in re.findall(r"[^\W\d_]{5,}", row.text.lower()):
            uses[word][row.label] += 1
    common = {word: by_label for word, by_label in uses.items() if by_label.total() > 12}
    assert common
    assert [word for word, by in common.items() if max(by.values()) > 0.95 * by.total()] == []


def test_the_file_is_plain_utf8_with_unix_line_ends() -> None:
    data = (LAB / "data" / "headlines.csv").read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in data
    assert data.endswith(b"\n") and not data.endswith(b"\n\n")


# Loading


def test_loads_anybodys_csv_with_other_columns_order_and_byte_order_mark(tmp_path: Path) -> None:
    content = '\ufefflabel,text,note,id,group\r\npositive,"Sales, ""up""",x,a,g\r\n\r\nneutral,So so,,b,g\r\n'
    path = write(tmp_path, content)
    expected = [Headline("a", "g", 'Sales, "up"', "positive"), Headline("b", "g", "So so", "neutral")]
    assert corpus.load(path) == expected
    assert corpus.load(str(path)) == expected


def test_an_unknown_name_is_one_sentence_that_says_what_is_allowed() -> None:
    with pytest.raises(CorpusError) as caught:
        corpus.load("headlnes")
    assert str(caught.value) == "No corpus 'headlnes': allowed are headlines and the path of a CSV file."


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "id,group,text\na,g,Up\n",
            "1: ['id', 'group', 'text'] lacks 'label'; needed are id, group, text, label",
        ),
        (HEADER + "a,g,Up,good\n", "2: label 'good' is unknown; allowed are negative, neutral, positive"),
        (HEADER + 'a,g," ",neutral\n', "2: text ' ' is empty; at least one character is needed"),
        (HEADER + "a,,Up,neutral\n", "2: group '' is empty; at least one character is needed"),
        (HEADER + ",g,Up,neutral\n", "2: id '' is empty; at least one character is needed"),
        (HEADER + "a,g,Up,neutral\n" * 2, "3: id 'a' was used on line 2; an id is allowed once"),
        (
            HEADER + "a,g,U,p,neutral\n",
            "2: ['a', 'g', 'U', 'p', 'neutral'] has 5 values; the header allows 4",
        ),
        (HEADER + "a,g,Up\n", "2: ['a', 'g', 'Up'] has 3 values; the header allows 4"),
        (HEADER.encode() + b"a,g,Caf\xe9,neutral\n", "2: b'\\xe9' is not UTF-8; only that is allowed"),
        (
            HEADER + 'a,g,"U"p,neutral\n',
            "2: ',' expected after '\"'; a quote inside a quoted value must be doubled",
        ),
        (HEADER, "2: '' where the first headline should be; at least one is needed"),
    ],
)
def test_bad_input_names_file_line_value_and_what_is_allowed(
    tmp_path: Path, content: str | bytes, expected: str
) -> None:
    path = write(tmp_path, content)
    assert complaints(path) == [f"{path}, line {expected}."]


def test_an_empty_file_lacks_every_column(tmp_path: Path) -> None:
    found = complaints(write(tmp_path, ""))
    assert len(found) == len(corpus.COLUMNS)
    assert all(any(f"lacks '{column}'" in complaint for complaint in found) for column in corpus.COLUMNS)


def test_all_problems_of_a_file_come_at_once_on_the_lines_where_their_rows_start(tmp_path: Path) -> None:
    content = b'id,group,text\na,g,"two\nlines"\nb,g,\na,g,Caf\xe9\n'
    path = write(tmp_path, content)
    places = [complaint.split(": ")[0] for complaint in complaints(path)]
    assert places == [f"{path}, line {line}" for line in (1, 4, 5, 5)]


# Splitting


def labels(part: list[Headline]) -> Counter[str]:
    return Counter(row.label for row in part)


@pytest.mark.parametrize(("validation_size", "test_size"), [(0.3, 0.0), (0.15, 0.15), (0.5, 0.2)])
@pytest.mark.parametrize("seed", range(10))
def test_a_split_is_whole_grouped_and_stratified(
    rows: list[Headline], seed: int, validation_size: float, test_size: float
) -> None:
    parts = corpus.split(rows, seed, validation_size, test_size)
    every = [parts.train, parts.validation, parts.test]
    assert sorted(row.id for part in every for row in part) == sorted(row.id for row in rows)
    assert all(part == [row for row in rows if row in part] for part in every)
    homes = [{row.group for row in part} for part in every]
    assert not (homes[0] & homes[1] or homes[0] & homes[2] or homes[1] & homes[2])
    shares = (1 - validation_size - test_size, validation_size, test_size)
    for part, share in zip(every, shares, strict=True):
        for label in LABELS:
            assert labels(part)[label] == pytest.approx(share * labels(rows)[label], abs=1.5)


def test_the_seed_decides_and_the_order_of_the_rows_does_not(rows: list[Headline]) -> None:
    assert corpus.split(rows, seed=3) == corpus.split(rows, seed=3)
    assert corpus.split(rows, seed=3) != corpus.split(rows, seed=4)
    backwards = corpus.split(rows[::-1], seed=3)
    assert backwards.validation == corpus.split(rows, seed=3).validation[::-1]


def test_over_many_seeds_every_headline_is_held_out_about_as_often(rows: list[Headline]) -> None:
    held_out = Counter(row.id for seed in range(200) for row in corpus.split(rows, seed).validation)
    assert min(held_out[row.id] for row in rows) >= 30
    assert max(held_out.values()) <= 90


def test_a_large_group_leaves_the_shares_as_they_are() -> None:
    rows = [Headline(f"a{n}", "one story", "x", LABELS[n % 3]) for n in range(20)]
    rows += [Headline(f"b{n}", f"g{n}", "x", LABELS[n % 3]) for n in range(80)]
    for seed in range(10):
        assert len(corpus.split(rows, seed).validation) == pytest.approx(30, abs=2)


def test_the_same_seed_gives_the_same_rows_on_every_python() -> None:
    """The digest was computed on CPython 3.11; the browser's Python has to agree with it."""
    rows = [Headline(f"{n}", f"g{n % 37}", "x", LABELS[n * n % 7 % 3]) for n in range(90)]
    parts = corpus.split(rows, seed=11, validation_size=0.25, test_size=0.1)
    drawn = "|".join(",".join(row.id for row in part) for part in (parts.train, parts.validation, parts.test))
    assert hashlib.sha256(drawn.encode()).hexdigest()[:16] == "1a648130e7d47471"


@pytest.mark.parametrize("sizes", [(-0.1, 0), (1.0, 0), (0.6, 0.4), (0.3, -0.1), (float("nan"), 0)])
def test_a_size_out_of_range_is_refused(rows: list[Headline], sizes: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="must be 0 or more and add up to less than 1"):
        corpus.split(rows, 0, *sizes)


def test_too_few_groups_for_the_parts_are_refused() -> None:
    rows = [Headline("a", "g", "Up", "positive"), Headline("b", "g", "Down", "negative")]
    with pytest.raises(ValueError, match="1 groups leave none for validation"):
        corpus.split(rows)


# Naming the data


def test_the_hash_changes_with_any_value_and_with_the_order() -> None:
    one, two = Headline("a", "g", "Up", "positive"), Headline("b", "h", "Down", "negative")
    relabelled, shifted = Headline("b", "h", "Down", "neutral"), Headline("b", "hD", "own", "negative")
    variants = [[one, two], [two, one], [one], [one, relabelled], [one, shifted]]
    digests = {corpus.content_hash(rows) for rows in variants}
    assert len(digests) == 5
    assert corpus.content_hash([one]) == hashlib.sha256(b'[["a", "g", "Up", "positive"]]').hexdigest()


def test_the_headlines_load_from_a_zipped_wheel_with_the_standard_library_alone(
    tmp_path: Path, rows: list[Headline]
) -> None:
    wheel = tmp_path / "lab.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("__init__.py", "corpus.py", "data/headlines.csv"):
            archive.write(LAB / name, f"lab/{name}")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import lab.corpus as c; print(c.content_hash(c.load()))"
    )
    command = [sys.executable, "-I", "-S", "-c", code, str(wheel)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == corpus.content_hash(rows)
