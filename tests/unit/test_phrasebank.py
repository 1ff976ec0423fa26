"""Does phrasebank come from the folder or the hub it says it comes from, and is it read as it is written?

Every sentence here is invented. The real data is measured where it lies: in the folder that the variable
names, else beside the checkout.
"""

import hashlib
import os
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import hub_stand_in
import pytest

from lab import corpus, phrasebank
from lab.corpus import LABELS, CorpusError

# \x85 and \xa0 end a line, or are space, to Python's text functions; in Latin-1 they may stand in a sentence.
INVENTED = "".join(
    f"{label} news\x85 by mail@home in {place} for 5 \xa3 .@{label}\n"
    for label in LABELS
    for place in ("the Skåne area", "the Oslo area", "a valley", "two valleys")
).encode("latin-1")
OFFLINE = 'or take load("headlines"), which needs no network.'
BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data" / "phrasebank"
REAL = Path(os.environ.get(phrasebank.VARIABLE) or BESIDE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of invented sentences, one more in the file of each laxer level."""
    for more, level in enumerate(("all", "75", "66", "50")):
        (tmp_path / phrasebank.FILES[level]).write_bytes(INVENTED + b"so so .@neutral\n" * more)
    monkeypatch.setenv(phrasebank.VARIABLE, str(tmp_path))
    return tmp_path


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[object], list[object]]:
    """Puts a stand-in for huggingface_hub in place that gives or raises `answer`; returns its calls."""
    asked: list[object] = []

    def install(answer: object) -> list[object]:
        def hf_hub_download(*path: str, **options: str) -> object:
            asked.append((path, options))
            if isinstance(answer, Exception):
                raise answer
            return str(answer)

        monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(hf_hub_download=hf_hub_download))
        return asked

    monkeypatch.delenv(phrasebank.VARIABLE, raising=False)
    return install


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "phrasebank.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("__MACOSX/FinancialPhraseBank-v1.0/._Sentences_75Agree.txt", b"\x00")
        file.writestr("FinancialPhraseBank-v1.0/Sentences_75Agree.txt", INVENTED)
    monkeypatch.setattr(phrasebank, "ARCHIVE_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    return path


def complaint(agreement: str | None = None) -> str:
    with pytest.raises(CorpusError) as caught:
        corpus.load("phrasebank", agreement)
    return str(caught.value)


# The folder


def test_the_folder_is_read_as_latin_1_a_sentence_a_line_with_its_near_duplicates_together(
    folder: Path,
) -> None:
    rows = corpus.load("phrasebank", "all")
    assert [row.id for row in rows] == [f"p{n:04}" for n in range(1, 13)]
    assert rows[0].text == "negative news\x85 by mail@home in the Skåne area for 5 £ ."
    assert [row.label for row in rows] == [label for label in LABELS for _ in range(4)]
    assert [row.group for row in rows][:5] == ["p0001", "p0001", "p0003", "p0004", "p0005"]


def test_the_level_decides_the_file_and_the_rows_say_which_it_was(folder: Path) -> None:
    sizes = {level: len(corpus.load("phrasebank", level)) for level in phrasebank.FILES}
    assert sizes == {"all": 12, "75": 13, "66": 14, "50": 15}
    rows = corpus.load("phrasebank", "66")
    assert (rows.name, rows.agreement, rows.sha256) == ("phrasebank", "66", corpus.content_hash(rows))
    start = (
        f"phrasebank, agreement 66 (Financial PhraseBank v1.0, CC BY-NC-SA 3.0, from {folder}): 14 rows in"
    )
    assert rows.describe().startswith(start)
    assert corpus.load("phrasebank").agreement == "75"


def test_another_level_is_one_sentence_that_says_what_is_allowed(folder: Path) -> None:
    assert complaint("80") == "phrasebank has no agreement='80': allowed are 'all', '75', '66', '50'."


def test_a_folder_without_the_file_is_not_made_good_from_the_hub(
    folder: Path, hub: Callable[[object], list[object]], archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = hub(archive)
    monkeypatch.setenv(phrasebank.VARIABLE, str(folder))
    (folder / "Sentences_75Agree.txt").unlink()
    start = f"{folder / 'Sentences_75Agree.txt'} cannot be read (No such file or directory): "
    assert complaint("75").startswith(f"{start}{phrasebank.VARIABLE} must name the folder with ")
    assert asked == []


def test_all_bad_lines_come_at_once_with_file_line_value_and_what_is_allowed(folder: Path) -> None:
    content = INVENTED + b"\nno label\n@neutral\nUp@good\r\n"
    (folder / "Sentences_75Agree.txt").write_bytes(content)
    assert complaint().split("\n") == [
        "Sentences_75Agree.txt, line 14: 'no label' has no @; only sentence@label is allowed.",
        "Sentences_75Agree.txt, line 15: text '' is empty; at least one character is needed.",
        "Sentences_75Agree.txt, line 16: label 'good' is unknown; allowed are negative, neutral, positive.",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "line 1: '' where the first sentence should be; at least one is needed."),
        (
            b"\n".join(INVENTED.splitlines()[:10]),
            "line 9: label 'positive' is in group 'p0009' alone (near-duplicates are one group); "
            "at least 2 groups are needed.",
        ),
    ],
)
def test_a_file_without_enough_sentences_is_refused(folder: Path, content: bytes, expected: str) -> None:
    (folder / "Sentences_75Agree.txt").write_bytes(content)
    assert complaint() == f"Sentences_75Agree.txt, {expected}"


# The hub


def test_without_a_folder_the_hub_s_own_archive_is_read_at_a_pinned_revision(
    hub: Callable[[object], list[object]], archive: Path
) -> None:
    asked = hub(archive)
    rows = corpus.load("phrasebank")
    path = ("takala/financial_phrasebank", "data/FinancialPhraseBank-v1.0.zip")
    assert asked == [(path, {"repo_type": "dataset", "revision": phrasebank.REVISION})]
    assert len(phrasebank.REVISION) == 40
    assert len(rows) == 12 and rows[0].text.startswith("negative news\x85")
    assert "from the Hugging Face Hub's takala/financial_phrasebank at 8d3fe0c3" in rows.describe()


def test_a_hub_that_cannot_be_reached_is_one_sentence_with_the_variable_and_the_offline_choice(
    hub: Callable[[object], list[object]],
) -> None:
    asked = hub(ConnectionError("no route to host"))
    start = "phrasebank cannot be had (the Hugging Face Hub could not be reached: ConnectionError): "
    message = complaint()
    assert message.startswith(f"{start}set {phrasebank.VARIABLE} to the folder with Sentences_AllAgree.txt, ")
    assert message.endswith(OFFLINE) and "\n" not in message
    assert len(asked) == 1


def test_a_missing_package_is_one_sentence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(phrasebank.VARIABLE, raising=False)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    message = complaint()
    assert message.startswith("phrasebank cannot be had (the package huggingface_hub is not installed")
    assert phrasebank.VARIABLE in message and message.endswith(OFFLINE) and "\n" not in message


def test_another_archive_is_refused(hub: Callable[[object], list[object]], archive: Path) -> None:
    hub(archive)
    archive.write_bytes(archive.read_bytes() + b"\n")
    assert f"only {phrasebank.ARCHIVE_SHA256} is allowed" in complaint()


# The real data


@pytest.mark.skipif(
    not REAL.is_dir(), reason=f"no {REAL}: set {phrasebank.VARIABLE} to measure the real data"
)
@pytest.mark.parametrize(("level", "size"), [("all", 2264), ("75", 3453), ("66", 4217), ("50", 4846)])
def test_the_real_data_is_whole_and_parts_70_15_15_with_no_near_duplicate_across(
    level: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(phrasebank.VARIABLE, str(REAL))
    rows = corpus.load("phrasebank", level)
    assert len(rows) == size
    start = time.process_time()
    parts = corpus.split(rows, validation_size=0.15, test_size=0.15)
    assert time.process_time() - start < 0.5
    every = (parts.train, parts.validation, parts.test)
    assert [len(part) / size for part in every] == pytest.approx([0.70, 0.15, 0.15], abs=0.002)
    for form in (0, 1):
        homes = [{corpus.folded(row.text)[form] for row in part} for part in every]
        # Compared as numbers: a failing test shows no sentence of the data.
        assert (len(homes[0] & homes[1]), len(homes[0] & homes[2]), len(homes[1] & homes[2])) == (0, 0, 0)


def test_the_real_client_takes_the_archive_from_a_hub(tmp_path: Path) -> None:
    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr(f"{phrasebank.FOLDER}/{phrasebank.FILES['75']}", INVENTED)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    code = f"""
from lab import corpus, phrasebank
phrasebank.ARCHIVE_SHA256 = {digest!r}
print(corpus.load("phrasebank").describe())
"""
    path = f"datasets/{phrasebank.REPOSITORY}"
    with hub_stand_in.hub(path, phrasebank.REVISION, {phrasebank.ARCHIVE: archive}) as server:
        done = server.run(code, tmp_path / "home", **{phrasebank.VARIABLE: ""})
        asked = set(server.asked)
    assert done.stdout.startswith(
        "phrasebank, agreement 75 (Financial PhraseBank v1.0, CC BY-NC-SA 3.0, from the"
    )
    assert f"/{path}/resolve/{phrasebank.REVISION}/{phrasebank.ARCHIVE}" in asked
