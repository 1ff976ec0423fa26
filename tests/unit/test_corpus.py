"""Is the data read as it is written, and does every split keep its promises?"""

import csv
import hashlib
import pickle
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from lab import corpus
from lab.corpus import LABELS, Corpus, CorpusError, Headline

LAB = Path(corpus.__file__).parent
HEADER = "id,group,text,label\n"
# Two groups a class: what follows it is all that is wrong with a file.
SOUND = HEADER + "".join(
    f"{label}{n},{label}{n},{label} {story},{label}\n"
    for label in LABELS
    for n, story in enumerate(("tea", "rye"))
)
NEXT = SOUND.count("\n") + 1
QUOTES = "each quoted value needs its closing quote, and a quote inside it doubled"
JOINED = "(near-duplicates are one group); at least 2 groups are needed"


@pytest.fixture(scope="module")
def rows() -> Corpus:
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


def test_their_groups_are_those_of_the_file(rows: list[Headline]) -> None:
    with (LAB / "data" / "headlines.csv").open(encoding="utf-8", newline="") as file:
        assert [row.group for row in rows] == [record["group"] for record in csv.DictReader(file)]


def test_the_file_is_plain_utf8_with_unix_line_ends() -> None:
    data = (LAB / "data" / "headlines.csv").read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in data
    assert data.endswith(b"\n") and not data.endswith(b"\n\n")


# Loading


def test_loads_anybodys_csv_with_other_columns_order_and_byte_order_mark(tmp_path: Path) -> None:
    content = '\ufefflabel,text,note,id,group\r\npositive,"Sales, ""up""",x,a,g\r\n\r\nneutral,So so,,b,g\r\n'
    content += "".join(
        f"{label},{label} {story},,{label}{story},{story}\r\n" for label in LABELS for story in ("tea", "rye")
    )
    path = write(tmp_path, content)
    expected = [Headline("a", "g", 'Sales, "up"', "positive"), Headline("b", "g", "So so", "neutral")]
    loaded = corpus.load(path)
    assert loaded[:2] == expected
    assert loaded == corpus.load(str(path))
    assert (loaded.name, loaded.agreement) == (str(path), None)


def test_a_corpus_says_which_it_is(rows: Corpus) -> None:
    assert (rows.name, rows.agreement, rows.sha256) == ("headlines", None, corpus.content_hash(rows))
    three = Corpus((Headline(label, "one story", "x", label) for label in LABELS), "mine", "typed", "66")
    assert three.describe() == (
        "mine, agreement 66 (typed): 3 rows in 1 groups (negative 1, neutral 1, positive 1), "
        f"SHA-256 {corpus.content_hash(three)[:16]}…"
    )
    elsewhere = pickle.loads(pickle.dumps(three))  # as another process gets it
    assert (elsewhere, elsewhere.describe()) == (three, three.describe())


def test_loading_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    corpus.load("headlines")
    assert capfd.readouterr() == ("", "")


def test_only_phrasebank_has_levels_of_agreement() -> None:
    with pytest.raises(CorpusError) as caught:
        corpus.load("headlines", agreement="75")
    assert str(caught.value) == "'headlines' has no agreement='75': only phrasebank has levels."


def test_an_unknown_name_is_one_sentence_that_says_what_is_allowed() -> None:
    with pytest.raises(CorpusError) as caught:
        corpus.load("headlnes")
    allowed = "headlines, phrasebank and the path of a CSV file"
    assert str(caught.value) == f"No corpus 'headlnes': allowed are {allowed}."


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a,g,Up,good\n", "label 'good' is unknown; allowed are negative, neutral, positive"),
        ('a,g," ",neutral\n', "text ' ' is empty; at least one character is needed"),
        ("a,,Up,neutral\n", "group '' is empty; at least one character is needed"),
        (",g,Up,neutral\n", "id '' is empty; at least one character is needed"),
        ("neutral0,g,Up,neutral\n", "id 'neutral0' was used on line 4; an id is allowed once"),
        ("a,g,U,p,neutral\n", "['a', 'g', 'U', 'p', 'neutral'] has 5 values; the header allows 4"),
        ("a,g,Up\n", "['a', 'g', 'Up'] has 3 values; the header allows 4"),
        (b"a,g,Caf\xe9,neutral\n", "b'\\xe9' is not UTF-8; only that is allowed"),
        (
            'a,g,"U"p,neutral\n',
            f"',' expected after '\"'; {QUOTES}",
        ),
    ],
)
def test_a_bad_line_names_file_line_value_and_what_is_allowed(
    tmp_path: Path, line: str | bytes, expected: str
) -> None:
    path = write(tmp_path, SOUND.encode() + (line if isinstance(line, bytes) else line.encode()))
    assert complaints(path) == [f"{path}, line {NEXT}: {expected}."]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("id,group,text\na,g,Up\n", "1: ['id', 'group', 'text'] lacks label; needed are id, text, label"),
        (
            "id,text,text,label\na,b,c,neutral\n",
            "1: ['id', 'text', 'text', 'label'] has text more than once; each is allowed once",
        ),
        (
            HEADER + 'a,g,"Up,neutral\n' + "b,h,Down,neutral\n" * 9,
            f"2: unexpected end of data; {QUOTES}",
        ),
        (
            HEADER + 'a,g,Up,neutral\nb,h,"U"p,neutral\n',
            f"3: ',' expected after '\"'; {QUOTES}",
        ),
        (HEADER, "2: '' where the first headline should be; at least one is needed"),
        (
            SOUND.replace(",negative\n", ",neutral\n"),
            "1: label 'negative' is in no group; at least 2 groups are needed",
        ),
        (
            SOUND.replace(",positive1,", ",positive0,"),
            f"6: label 'positive' is in group 'positive0' alone {JOINED}",
        ),
        (
            SOUND.replace("neutral tea", "Neutral in 2024").replace("neutral rye", "Nearly in 1"),
            f"4: label 'neutral' is in group 'neutral0' alone {JOINED}",
        ),
    ],
)
def test_a_bad_file_names_itself_line_value_and_what_is_allowed(
    tmp_path: Path, content: str, expected: str
) -> None:
    path = write(tmp_path, content)
    assert complaints(path) == [f"{path}, line {expected}."]


def test_an_empty_file_lacks_every_column(tmp_path: Path) -> None:
    (found,) = complaints(write(tmp_path, ""))
    assert found.endswith("line 1: [] lacks id, text, label; needed are id, text, label.")


def test_a_file_that_cannot_be_read_is_one_sentence() -> None:
    with pytest.raises(CorpusError, match=r"^x+ cannot be read \(.+\)\.$"):
        corpus.load("x" * 300)


def test_all_problems_of_a_file_come_at_once_on_the_lines_where_their_rows_start(tmp_path: Path) -> None:
    content = SOUND.encode() + b'a,g,"two\nlines",neutral\nb,g,,neutral\na,g,Caf\xe9,good\n'
    path = write(tmp_path, content.replace(b",positive1,", b",positive0,"))
    places = [complaint.split(": ")[0] for complaint in complaints(path)]
    lines = [6, NEXT + 2, NEXT + 3, NEXT + 3, NEXT + 3]
    assert places == [f"{path}, line {line}" for line in lines]


# Near-duplicates


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ölvar sold 12 ships in Århus", "Brig sold 9 ships in Oslo"),
        ("Sales rose by 3.5 %", "Profits rose by 14.25 %"),
        ("Sales rose by 3 %", "SALES  ROSE by 3 % "),
        ("Ölvar closed its eBay shop", "Brig closed its ebay shop"),
    ],
)
def test_near_duplicates_fold_alike(one: str, other: str) -> None:
    assert set(enumerate(corpus.folded(one))) & set(enumerate(corpus.folded(other)))


@pytest.mark.parametrize(
    "other", ["Brig bought 9 ships in Oslo", "Brig sold ships in Oslo", "nobody sold 9 ships"]
)
def test_other_sentences_do_not(other: str) -> None:
    folded = zip(corpus.folded("Ölvar sold 12 ships in Århus"), corpus.folded(other), strict=True)
    assert all(one != two for one, two in folded)


def test_without_a_group_column_only_near_duplicates_share_a_group(tmp_path: Path) -> None:
    content = "id,text,label\n" + "".join(
        f"{label}{n},{text},{label}\n"
        for label in LABELS
        for n, text in enumerate((f"Ann saw {label} 1", f"Bob saw {label} 22", f"nobody saw {label}"))
    )
    groups = [row.group for row in corpus.load(write(tmp_path, content))]
    assert groups == [f"{label}{n}" for label in LABELS for n in (0, 0, 2)]


def test_groups_are_kept_and_joined_where_they_hold_near_duplicates(tmp_path: Path) -> None:
    lines = ("a,late,up 1", "b,mid,so", "c,mid,on 1", "d,early,on 2", "e,early,up 2")
    content = SOUND + "".join(f"{line},neutral\n" for line in lines)
    groups = [row.group for row in corpus.load(write(tmp_path, content))]
    assert groups == [f"{label}{n}" for label in LABELS for n in (0, 1)] + ["late"] * 5


def test_no_near_duplicate_crosses_a_split(tmp_path: Path) -> None:
    verbs = [f"{first}{last}" for first in "bcdfghjklm" for last in "aeiou"]
    lines = [f"Firm{n} will {verbs[n % 50]} {n} {LABELS[n % 3]},{LABELS[n % 3]}\n" for n in range(600)]
    content = "id,text,label\n" + "".join(f"{n},{line}" for n, line in enumerate(lines))
    loaded = corpus.load(write(tmp_path, content))
    assert len({row.group for row in loaded}) == 150
    for seed in range(5):
        parts = corpus.split(loaded, seed, 0.15, 0.15)
        every = (parts.train, parts.validation, parts.test)
        homes = [{corpus.folded(row.text) for row in part} for part in every]
        assert all(homes)
        assert not (homes[0] & homes[1] or homes[0] & homes[2] or homes[1] & homes[2])


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
    order = {row.id: place for place, row in enumerate(rows)}
    assert all(part == sorted(part, key=lambda row: order[row.id]) for part in every)
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


def test_five_thousand_rows_are_parted_in_well_under_a_second() -> None:
    rows = [Headline(f"{n}", f"g{n}", "x", LABELS[n * n % 7 % 3]) for n in range(4846)]
    start = time.process_time()
    parts = corpus.split(rows, validation_size=0.15, test_size=0.15)
    assert time.process_time() - start < 0.5
    sizes = [len(part) for part in (parts.train, parts.validation, parts.test)]
    assert sizes == pytest.approx([3392, 727, 727], abs=3)


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


def test_the_hash_of_a_split_changes_with_what_is_where(rows: list[Headline]) -> None:
    digests = {corpus.split(rows, seed).sha256 for seed in (0, 0, 1)}
    assert len(digests) == 2
    one, two = rows[:2]
    moved = (corpus.Split([one], [two], []), corpus.Split([one, two], [], []), corpus.Split([one], [], [two]))
    assert len({parts.sha256 for parts in moved}) == 3


def test_the_headlines_load_from_a_zipped_wheel_with_the_standard_library_alone(
    tmp_path: Path, rows: list[Headline]
) -> None:
    wheel = tmp_path / "lab.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("__init__.py", "corpus.py", "headlines.py", "data/headlines.csv"):
            archive.write(LAB / name, f"lab/{name}")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import lab.corpus as c; print(c.content_hash(c.load()))"
    )
    command = [sys.executable, "-I", "-S", "-c", code, str(wheel)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == corpus.content_hash(rows)
