"""`python -m lab corpus` says what is in the data, and fails in one sentence where there is none."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

import lab
from lab import __main__ as command
from lab import corpus, corpus_check, corpus_report, headlines, phrasebank, scorecard
from lab.corpus_report import Table


def test_check_prints_every_property_and_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["corpus", "check"]) == 0
    printed = capsys.readouterr().out
    for one in corpus_check.properties(headlines.load()):
        assert one.name in printed
    assert "holds" in printed and "FAILS" not in printed


def test_check_fails_where_a_property_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = headlines.load()[:2000]
    monkeypatch.setattr(headlines, "load", lambda: rows)
    assert command.main(["corpus", "check"]) == 1
    printed = capsys.readouterr().out
    assert [line.split()[-1] for line in printed.splitlines() if line.startswith("rows  ")] == ["FAILS"]


def test_describe_names_the_data_and_prints_every_table_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["corpus", "describe"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(corpus.load("headlines").describe())
    for table in corpus_report.OF_OURS.values():
        assert str(table(headlines.load())) in printed


def test_describe_takes_anybodys_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    lines = [f"{label}{n},{label} text {'so ' * n},{label}" for label in corpus.LABELS for n in range(3)]
    path.write_text("\n".join(["id,text,label", *lines]), "utf-8")
    assert command.main(["corpus", "describe", str(path)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"{path} (a CSV file of your own): 9 rows in 9 groups")
    assert "Classes, and how many words" in printed and "Two readings" not in printed


def test_what_cannot_be_loaded_is_said_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["corpus", "describe", "headlnes"]) == 1
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert "No corpus 'headlnes'" in shown.err


def test_scoring_on_real_news_without_any_says_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(phrasebank.VARIABLE, str(tmp_path))
    assert command.main(["corpus", "score", "--phrasebank", "first"]) == 1
    assert f"{phrasebank.VARIABLE} must name the folder" in capsys.readouterr().err


def test_only_the_first_lines_of_many_problems_are_printed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("id,text,label\n" + "".join(f"{n},text {'so ' * n},0\n" for n in range(50)), "utf-8")
    assert command.main(["corpus", "describe", str(path)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == command.SHOWN + 1
    assert lines[-1] == "… and 33 more."  # 50 labels and 3 classes without a headline


@pytest.fixture
def scoring(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Stand-ins for the modules that need packages from outside the standard library."""
    modules = {
        "corpus_scores": SimpleNamespace(store=lambda half: scorecard.load()),
        "encoders": SimpleNamespace(EncoderError=RuntimeError),
    }
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, f"lab.{name}", module)
        monkeypatch.setattr(lab, name, module, raising=False)
    return modules["corpus_scores"]


def test_score_prints_what_was_stored_and_which_bounds_hold(
    scoring: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["corpus", "score", "--phrasebank", "second"]) == 0
    printed = capsys.readouterr().out
    for score in scorecard.scores(scorecard.load(), "phrasebank_second"):
        assert f"{score.value:.3f}" in printed
    assert "at least 0.66" in printed and "does not hold" in printed


def test_a_model_that_cannot_be_had_is_one_line(
    scoring: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    def store(half: str | None) -> None:
        raise RuntimeError("MiniLM cannot be had.")

    scoring.store = store
    assert command.main(["corpus", "score"]) == 1
    assert capsys.readouterr().err == "MiniLM cannot be had.\n"


def run(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "lab", "corpus", *arguments],
        cwd=Path(__file__).parents[2],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def test_a_terminal_that_lacks_letters_gets_the_rest() -> None:
    output, errors = run("describe", PYTHONIOENCODING="ascii").communicate()
    assert errors == ""
    assert "Headlines by event" in output


def test_whoever_stops_reading_sees_no_traceback() -> None:
    program = run("describe", PYTHONUNBUFFERED="1")
    assert program.stdout and program.stderr
    program.stdout.readline()
    program.stdout.close()
    assert program.stderr.read() == ""
    program.stderr.close()
    program.wait()


def test_the_command_runs_as_the_readme_writes_it() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "lab", "corpus", "check"],
        cwd=Path(__file__).parents[2],
        env={key: value for key, value in os.environ.items() if key != phrasebank.VARIABLE},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert f"not checked: {phrasebank.VARIABLE} is not set" in answer.stdout


def test_a_table_sets_numbers_to_the_right_and_words_to_the_left() -> None:
    table = Table("Fruit", ("name", "count", "share"), [("apple", "7", "9.5%"), ("fig", "1,200", "90.5%")])
    assert str(table).splitlines() == [
        "Fruit",
        "name   count  share",
        "apple      7   9.5%",
        "fig    1,200  90.5%",
    ]


# The figures that prose names are those of the tables


def test_figures_and_tables_agree() -> None:
    rows = headlines.load()
    found = corpus_report.figures(rows)
    sizes = dict(corpus_report.sizes(rows).rows)
    assert sizes["headlines"] == f"{found['rows']:,}" == f"{len(rows):,}"
    assert sizes["groups of two or more"] == f"{found['groups_of_two_or_more']:,}"
    assert sum(found["label"].values()) == pytest.approx(1)
    assert (
        sum(part["differ"] for name, part in found["readings"].items() if name != "all")
        == (found["readings"]["all"]["differ"])
    )
    differing = sum(
        int(cell.replace(",", ""))
        for number, line in enumerate(corpus_report.confusion(rows).rows)
        for other, cell in enumerate(line[1:])
        if number != other
    )
    assert differing == found["readings"]["all"]["differ"]


def test_the_sample_is_drawn_by_the_seed() -> None:
    rows = headlines.load()
    assert corpus_report.sample(rows) == corpus_report.sample(rows)
    assert corpus_report.sample(rows, seed=1) != corpus_report.sample(rows)
    assert [row[0] for row in corpus_report.sample(rows, size=4).rows] == [
        label for label in corpus.LABELS for _ in range(4)
    ]
