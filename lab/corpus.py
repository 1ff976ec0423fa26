"""Which headlines are there, and which of them may a model learn from?

    from lab import corpus
    parts = corpus.split(corpus.load("headlines"), seed=0)

Reads our own headlines, or anybody's CSV file with the same columns, and parts them by group. It needs the
standard library and some milliseconds; the same seed gives the same rows on a laptop and in the browser.
"""

import csv
import hashlib
import io
import json
import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from importlib import resources
from pathlib import Path

LABELS = ("negative", "neutral", "positive")
NAMES = ("headlines",)


@dataclass(frozen=True)
class Headline:
    """One sentence of financial news and how an investor in that company would take it.

    Headlines that share a `group` tell one story or are built alike, so a split keeps them together.
    """

    id: str
    group: str
    text: str
    label: str


COLUMNS = tuple(field.name for field in fields(Headline))


@dataclass(frozen=True)
class Split:
    """The parts of a corpus; no group is in two of them, and each keeps the order of the rows."""

    train: list[Headline]
    validation: list[Headline]
    test: list[Headline]


class CorpusError(ValueError):
    """Everything that is wrong with one file, a line each: file, line, value, what is allowed."""


def load(name: str | Path = "headlines") -> list[Headline]:
    """The rows of a corpus we ship (see NAMES) or of a CSV file in UTF-8 with a column per field of Headline.

    Raises CorpusError, which lists all the file's problems, or says that there is no such corpus.
    """
    if name in NAMES:
        file = f"{name}.csv"
        return _parse((resources.files("lab") / "data" / file).read_bytes(), file)
    if not Path(name).is_file():
        raise CorpusError(
            f"No corpus {str(name)!r}: allowed are {', '.join(NAMES)} and the path of a CSV file."
        )
    return _parse(Path(name).read_bytes(), str(name))


def split(
    rows: Sequence[Headline], seed: int = 0, validation_size: float = 0.3, test_size: float = 0.0
) -> Split:
    """Part the rows into train, validation and test so that each has its share of every class.

    Sizes are shares of the rows, met to within about a group. Largest groups first, in an order drawn by the
    seed, each goes into one of the parts with room for it, drawn by how much room that is: so one group is as
    likely to be held out as another. The order of the rows does not change who goes where. Raises ValueError
    where a size is out of range or a part would be empty.
    """
    if not (validation_size >= 0 and test_size >= 0 and validation_size + test_size < 1):
        sizes = f"validation_size={validation_size} and test_size={test_size}"
        raise ValueError(f"{sizes} must be 0 or more and add up to less than 1.")
    shares = {"train": 1 - validation_size - test_size, "validation": validation_size, "test": test_size}
    parts = [part for part in shares if shares[part]]
    totals = Counter(row.label for row in rows)
    room = {part: {label: shares[part] * totals[label] for label in totals} for part in parts}
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        groups[row.group][row.label] += 1

    rng = random.Random(seed)
    order = sorted(groups)
    rng.shuffle(order)
    home = {}
    for group in sorted(order, key=lambda name: -groups[name].total()):
        counts = groups[group]
        # fsum: sum() of floats rounds differently from Python 3.12 on, and the browser must draw the same.
        space = {part: math.fsum(room[part][label] for label in counts) for part in parts}
        fits = [part for part in parts if all(room[part][label] >= counts[label] for label in counts)]
        if fits:
            (home[group],) = rng.choices(fits, [space[part] for part in fits])
        else:
            home[group] = max(parts, key=lambda part: space[part])
        for label in counts:
            room[home[group]][label] -= counts[label]

    if empty := [part for part in parts if part not in home.values()]:
        raise ValueError(
            f"{len(groups)} groups leave none for {' and '.join(empty)}: add some, or set its size to 0."
        )
    return Split(*([row for row in rows if home[row.group] == part] for part in shares))


def content_hash(rows: Iterable[Headline]) -> str:
    """SHA-256, in hexadecimal, of the rows in their order: the name of exactly this data."""
    text = json.dumps([astuple(row) for row in rows], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _parse(data: bytes, file: str) -> list[Headline]:
    """The rows of one CSV file; raises CorpusError with all its problems, in the order of the lines."""
    problems: list[tuple[int, str]] = []
    for line, raw in enumerate(data.split(b"\n"), start=1):
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError as error:
            problems.append((line, f"{raw[error.start : error.end]!r} is not UTF-8; only that is allowed"))

    records: list[dict[str, str]] = []
    first_seen: dict[str, int] = {}
    # Bytes that are not UTF-8 are noted by now; replaced, they do not hide the file's other problems.
    reader = csv.reader(io.StringIO(data.decode("utf-8-sig", "replace"), newline=""), strict=True)
    try:
        header = next(reader, [])
        for column in COLUMNS:
            if column not in header:
                problems.append((1, f"{header} lacks {column!r}; needed are {', '.join(COLUMNS)}"))
        line = reader.line_num + 1
        for values in reader:
            if values and len(values) != len(header):
                problems.append((line, f"{values} has {len(values)} values; the header allows {len(header)}"))
            elif values:
                records.append(dict(zip(header, values, strict=True)))
                problems += [(line, problem) for problem in _problems(records[-1], line, first_seen)]
            line = reader.line_num + 1
        if not records and not problems:
            problems.append((line, "'' where the first headline should be; at least one is needed"))
    except csv.Error as error:
        problems.append((reader.line_num, f"{error}; a quote inside a quoted value must be doubled"))
    if problems:
        raise CorpusError("\n".join(f"{file}, line {line}: {problem}." for line, problem in sorted(problems)))
    return [Headline(*(record[column] for column in COLUMNS)) for record in records]


def _problems(record: dict[str, str], line: int, first_seen: dict[str, int]) -> Iterator[str]:
    """What is wrong with one row; a column that is missing altogether is the header's problem."""
    for column in ("id", "group", "text"):
        if not record.get(column, "-").strip():
            yield f"{column} {record[column]!r} is empty; at least one character is needed"
    if (label := record.get("label", LABELS[0])) not in LABELS:
        yield f"label {label!r} is unknown; allowed are {', '.join(LABELS)}"
    if (name := record.get("id", "").strip()) and first_seen.setdefault(name, line) != line:
        yield f"id {name!r} was used on line {first_seen[name]}; an id is allowed once"
