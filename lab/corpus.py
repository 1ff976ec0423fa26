"""Which headlines are there, and which of them may a model learn from?

    from lab import corpus
    news = corpus.load("headlines")
    print(news.describe())
    parts = corpus.split(news, seed=0)

Reads our own headlines (see lab.headlines), Financial PhraseBank (see lab.phrasebank) or anybody's CSV file,
and parts them by group. It needs the standard library and some milliseconds; the same seed gives the same
rows on a laptop and in the browser.
"""

import csv
import hashlib
import io
import json
import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import ClassVar, TypeVar

LABELS = ("negative", "neutral", "positive")
NAMES = ("headlines", "phrasebank")
# The content hash of each version of our own headlines: stored runs name it, so any change is a new version.
VERSIONS = {"7d94f3e9460a399a0e14ddeab98f3b578c8c1102594a83a72c0e68a935ac0fba": 1}


@dataclass(frozen=True)
class Headline:
    """One sentence of financial news and how an investor in that company would take it.

    Headlines that share a `group` tell one story, are built alike or are near-duplicates (see `join`), so a
    split keeps them together.
    """

    id: str
    group: str
    text: str
    label: str

    ALLOWED: ClassVar[Mapping[str, tuple[str, ...]]] = {"label": LABELS}  # of the rest, all but nothing


Row = TypeVar("Row", bound=Headline)  # a headline, with or without annotations of its own


def columns(kind: type[Headline]) -> tuple[str, ...]:
    """What a file of such rows must have; `group` is its owner's choice."""
    return tuple(field.name for field in fields(kind) if field.name != "group")


@dataclass(frozen=True)
class Split:
    """The parts of a corpus; no group is in two of them, and each keeps the order of the rows."""

    train: list[Headline]
    validation: list[Headline]
    test: list[Headline]

    @property
    def sha256(self) -> str:
        """SHA-256, in hexadecimal, of the three content hashes: the name of exactly this split."""
        parts = (self.train, self.validation, self.test)
        return hashlib.sha256("".join(map(content_hash, parts)).encode()).hexdigest()


class Corpus(list[Row]):
    """The rows of one corpus, and which one it is: a part of it is a plain list and no longer says so.

    `name` is what it was loaded by, `source` where it came from; `agreement` is a level of phrasebank's.
    """

    def __init__(self, rows: Iterable[Row], name: str, source: str, agreement: str | None = None) -> None:
        super().__init__(rows)
        self.name = name
        self.source = source
        self.agreement = agreement

    @property
    def sha256(self) -> str:
        """The content hash of the rows."""
        return content_hash(self)

    @property
    def version(self) -> int | None:
        """Which version of our own headlines these rows are; None for any other rows, an edited copy too."""
        return VERSIONS.get(self.sha256)

    def identity(self) -> dict[str, str | int | None]:
        """Which data this is, as stored runs and scores name it."""
        return {"name": self.name, "version": self.version, "sha256": self.sha256, "rows": len(self)}

    def describe(self) -> str:
        """One line to show above whatever comes of this data: which it is, how much, and its hash."""
        level = f", agreement {self.agreement}" if self.agreement else ""
        counts = Counter(row.label for row in self)
        classes = ", ".join(f"{label} {counts[label]:,}" for label in LABELS)
        size = f"{len(self):,} rows in {len({row.group for row in self}):,} groups"
        version = f", version {self.version}" if self.version else ""
        return f"{self.name}{version}{level} ({self.source}): {size} ({classes}), SHA-256 {self.sha256[:16]}…"


class CorpusError(ValueError):
    """Everything that is wrong with one file, a line each: file, line, value, what is allowed."""


def load(name: str | Path = "headlines", agreement: str | None = None) -> Corpus[Headline]:
    """A corpus by its name (see NAMES), or anybody's CSV file in UTF-8 by its path.

    The file needs the columns id, text and label. With a column `group`, groups are kept and those that hold
    near-duplicates joined (see `join`); without, each row is a group but for its near-duplicates. `agreement`
    is how many of phrasebank's annotators agree (see lab.phrasebank; 75 where none is given). Raises
    CorpusError, which lists all the file's problems, or says what cannot be had; no corpus stands in for
    another.
    """
    if name == "phrasebank":
        from lab import phrasebank  # it needs this module, and few readers need it

        return phrasebank.load() if agreement is None else phrasebank.load(agreement)
    if agreement is not None:
        raise CorpusError(f"{str(name)!r} has no agreement={agreement!r}: only phrasebank has levels.")
    if name == "headlines":
        from lab import headlines  # it needs this module

        return Corpus(headlines.load(), name, headlines.SOURCE)
    try:
        data = Path(name).read_bytes() if Path(name).is_file() else None
    except OSError as error:
        raise CorpusError(f"{name} cannot be read ({error.strerror}).") from error
    if data is None:
        raise CorpusError(
            f"No corpus {str(name)!r}: allowed are {', '.join(NAMES)} and the path of a CSV file."
        )
    return Corpus(parse(data, str(name), Headline), str(name), "a CSV file of your own")


def folded(text: str) -> tuple[str, str]:
    """What near-duplicates share: the text with X for every capitalised word, and the text in lower case.

    In both, every run of digits is 0 and every run of spaces one space. Texts that agree in either are
    near-duplicates.
    """
    digits = re.sub(r"\d+", "0", " ".join(text.split()))
    names = re.sub(r"\w+", lambda word: "X" if word[0][0].isupper() else word[0], digits)
    return names.casefold(), digits.casefold()


def join(rows: Iterable[Row]) -> list[Row]:
    """The rows, with one name, that of the earliest, for groups that hold near-duplicates (see `folded`).

    `load` has done it. Headlines in Title Case look alike once folded, so they come in fewer, larger groups
    than they need.
    """
    rows = list(rows)
    age = {group: number for number, group in enumerate(dict.fromkeys(row.group for row in rows))}
    earlier = {group: group for group in age}

    def earliest(group: str) -> str:
        while earlier[group] != group:
            earlier[group] = earlier[earlier[group]]  # shortens the way for whoever asks next
            group = earlier[group]
        return group

    first: dict[tuple[int, str], str] = {}
    for row in rows:
        for form in enumerate(folded(row.text)):
            pair = earliest(first.setdefault(form, row.group)), earliest(row.group)
            earlier[max(pair, key=age.__getitem__)] = min(pair, key=age.__getitem__)
    return [replace(row, group=earliest(row.group)) for row in rows]


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
    # The fields in their order; dataclasses.astuple copies each value and takes ten times as long.
    text = json.dumps([list(vars(row).values()) for row in rows], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def check(
    records: Collection[tuple[int, Mapping[str, str]]],
    file: str,
    kind: type[Row],
    problems: Iterable[tuple[int, str]] = (),
    whole: bool = True,
) -> list[Row]:
    """The headlines in records read from a file, each with its line, near-duplicates joined.

    Raises CorpusError with all that is wrong, in the order of the lines: the problems found while reading,
    those of each record, and, where the file could be read as a whole, those of its classes.
    """
    found = list(problems)
    rows = []
    first_seen: dict[str, int] = {}
    for line, record in records:
        found += [(line, problem) for problem in _problems(record, line, kind, first_seen)]
        values = {column: record.get(column, "") for column in columns(kind)}
        rows.append(kind(group=record.get("group", values["id"]), **values))
    rows = join(rows)
    if whole and rows:
        for label in LABELS:
            groups = {row.group for row in rows if row.label == label}
            if len(groups) < 2:
                lines = [line for line, record in records if record["label"] == label]
                where = (
                    f"group {groups.pop()!r} alone (near-duplicates are one group)" if groups else "no group"
                )
                found.append(
                    (min(lines, default=1), f"label {label!r} is in {where}; at least 2 groups are needed")
                )
    if found:
        raise CorpusError("\n".join(f"{file}, line {line}: {problem}." for line, problem in sorted(found)))
    return rows


def parse(data: bytes, file: str, kind: type[Row]) -> list[Row]:
    """The rows of one CSV file; raises CorpusError with all its problems, in the order of the lines."""
    problems: list[tuple[int, str]] = []
    for line, raw in enumerate(data.split(b"\n"), start=1):
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError as error:
            problems.append((line, f"{raw[error.start : error.end]!r} is not UTF-8; only that is allowed"))

    records: list[tuple[int, dict[str, str]]] = []
    whole = True
    # Bytes that are not UTF-8 are noted by now; replaced, they do not hide the file's other problems.
    reader = csv.reader(io.StringIO(data.decode("utf-8-sig", "replace"), newline=""), strict=True)
    line = 1  # where the row being read starts
    try:
        header = next(reader, [])
        if missing := [column for column in columns(kind) if column not in header]:
            whole = False
            needed = ", ".join(columns(kind))
            problems.append((1, f"{header} lacks {', '.join(missing)}; needed are {needed}"))
        if twice := [column for column in ("group", *columns(kind)) if header.count(column) > 1]:
            whole = False
            problems.append((1, f"{header} has {', '.join(twice)} more than once; each is allowed once"))
        line = reader.line_num + 1
        for values in reader:
            if values and len(values) != len(header):
                problems.append((line, f"{values} has {len(values)} values; the header allows {len(header)}"))
            elif values:
                records.append((line, dict(zip(header, values, strict=True))))
            line = reader.line_num + 1
        if not records and not problems:
            problems.append((line, "'' where the first headline should be; at least one is needed"))
    except csv.Error as error:
        whole = False
        remedy = "each quoted value needs its closing quote, and a quote inside it doubled"
        problems.append((line, f"{error}; {remedy}"))
    return check(records, file, kind, problems, whole)


def _problems(
    record: Mapping[str, str], line: int, kind: type[Headline], first_seen: dict[str, int]
) -> Iterator[str]:
    """What is wrong with one row; a column that is missing altogether is the header's problem."""
    for column in ("group", *columns(kind)):
        value, allowed = record.get(column), kind.ALLOWED.get(column)
        if value is None:
            continue
        if allowed and value not in allowed:
            yield f"{column} {value!r} is unknown; allowed are {', '.join(allowed)}"
        elif not value.strip():
            yield f"{column} {value!r} is empty; at least one character is needed"
    if (name := record.get("id", "").strip()) and first_seen.setdefault(name, line) != line:
        yield f"id {name!r} was used on line {first_seen[name]}; an id is allowed once"
