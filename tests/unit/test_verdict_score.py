"""The verdict and the tempting rule are scored on a table of cases that says what is right."""

import json
from pathlib import Path

import pytest

from lab import verdict_score
from lab.verdict_score import CaseError

LOGS = Path(__file__).parent / "logs"
HEADER = ",".join(verdict_score.COLUMNS)


@pytest.fixture
def table(tmp_path):
    def table(*rows, header=HEADER):
        path = tmp_path / "cases.csv"
        path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
        return path

    return table


def score(path):
    return verdict_score.score(verdict_score.read(path), LOGS, LOGS)


def test_each_case_has_what_both_rules_say_and_whether_it_is_right(table):
    found = score(
        table(
            "arrived,transformers-5.json,converged,no,flat for long,yes",
            "tiny steps,stalled.json,stalled or still improving,,open by its rate,no",
            "leapt,diverged.csv,collapsed,yes,made up to be wrong,no",
        )
    )
    arrived, tiny, leapt = found["cases"]
    assert arrived["ours"] == "converged" and arrived["ours_right"] and arrived["overfitting_right"]
    assert arrived["naive"] == "converged" and arrived["naive_right"] and arrived["seen"]
    assert tiny["ours"] == "stalled" and tiny["ours_right"]
    assert tiny["naive"] == "converged" and not tiny["naive_right"]  # standing still taken for arrived
    assert tiny["overfitting_right"] is None
    assert leapt["ours"] == "diverged" and not leapt["ours_right"]
    assert leapt["naive"] == "not converged" and leapt["naive_right"]
    assert leapt["overfitting"] is False and leapt["overfitting_right"] is False
    assert leapt["reason"] == "made up to be wrong"
    assert leapt["evidence"].startswith("Validation loss starts at ")
    assert found["totals"] == {
        "all": {
            "collapsed": {"cases": 1, "ours": 0, "naive": 1},
            "stalled or still improving": {"cases": 1, "ours": 1, "naive": 0},
            "converged": {"cases": 1, "ours": 1, "naive": 1},
            "all": {"cases": 3, "ours": 2, "naive": 2},
            "overfitting": {"cases": 2, "ours": 1},
        },
        "unseen": {
            "collapsed": {"cases": 1, "ours": 0, "naive": 1},
            "stalled or still improving": {"cases": 1, "ours": 1, "naive": 0},
            "all": {"cases": 2, "ours": 1, "naive": 1},
            "overfitting": {"cases": 1, "ours": 0},
        },
        "seen": {
            "converged": {"cases": 1, "ours": 1, "naive": 1},
            "all": {"cases": 1, "ours": 1, "naive": 1},
            "overfitting": {"cases": 1, "ours": 1},
        },
    }


def test_where_both_are_allowed_the_tempting_rule_is_right_either_way(table):
    found = score(
        table(
            "low,stalled.json,still improving or converged,,open,no",
            "high,diverged.csv,converged or still improving,,open,no",
        )
    )
    assert [row["naive"] for row in found["cases"]] == ["converged", "not converged"]
    assert found["totals"]["all"]["still improving or converged"] == {"cases": 2, "ours": 0, "naive": 2}


def test_a_source_is_the_id_of_a_run_or_a_file(table, tmp_path):
    run = json.loads((LOGS / "downhill-run.json").read_text("utf-8"))
    (tmp_path / f"{run['id']}.json").write_text(json.dumps(run), "utf-8")
    cases = verdict_score.read(table(f"a run,{run['id']},still improving,no,falls,no"))
    (row,) = verdict_score.score(cases, runs=tmp_path, root=LOGS)["cases"]
    assert row["ours_right"]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("a,stalled.json,finished,no,why,no", "case 1: 'finished' is no verdict; allowed are diverged"),
        ("a,stalled.json,stalled or,no,why,no", "'stalled or' is no verdict"),
        ("a,stalled.json,stalled,maybe,why,no", "overfitting must be yes, no or empty"),
        ("a,stalled.json,stalled,no,why,", "seen yes or no"),
        ("a,stalled.json,stalled,no, ,no", "reason is empty"),
        (",stalled.json,stalled,no,why,no", "case is empty"),
        ("a,,stalled,no,why,no", "source is empty"),
        ("a,stalled.json,stalled,no,why", "needed are case, source, verdict"),
        ("a,stalled.json,stalled,no,why,no,more", "needed are case, source, verdict"),
        ("a,none.json,stalled,no,why,no", "none.json cannot be judged"),
        ("a,no-such-run,stalled,no,why,no", "no-such-run cannot be judged: there is no stored run"),
        ("a,truncated.json,stalled,no,why,no", "broken JSON"),
    ],
)
def test_a_table_that_cannot_be_scored_is_one_sentence(table, row, why):
    with pytest.raises(CaseError, match=why):
        score(table(row))


def test_a_table_without_cases_or_with_one_twice_is_refused(table):
    with pytest.raises(CaseError, match=r"^cases\.csv: it has no cases"):
        verdict_score.read(table())
    row = "a,stalled.json,stalled,no,why,no"
    with pytest.raises(CaseError, match="case 2: 'a' is there already"):
        verdict_score.read(table(row, row))


def test_the_command_stores_the_scores_and_says_what_is_wrong(table, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(verdict_score, "history", lambda source, *_: verdict_score.logs.read(LOGS / source))
    cases = table(
        "arrived,transformers-5.json,converged,no,“flat” for long,yes",
        "leapt,diverged.csv,collapsed,yes,made up to be wrong,no",
    )
    assert verdict_score.main(cases, tmp_path / "scores.json") == 0
    out = capsys.readouterr().out
    assert "all cases, all: 2, of which ours right 1, the tempting rule 2" in out
    assert "leapt (diverged.csv): diverged, expected collapsed" in out
    assert "leapt (diverged.csv): overfitting is False" in out
    stored = json.loads((tmp_path / "scores.json").read_text("utf-8"))
    assert stored == verdict_score.score(verdict_score.read(cases))


def test_the_command_says_what_it_lacks(tmp_path, capsys):
    assert verdict_score.main(tmp_path / "none.csv", tmp_path / "scores.json") == 1
    assert "none.csv" in capsys.readouterr().err
    assert not (tmp_path / "scores.json").exists()


@pytest.mark.skipif(not verdict_score.CASES.exists(), reason="no cases stored yet")
def test_the_stored_scores_are_those_of_the_stored_cases():
    stored = json.loads(verdict_score.SCORES.read_text("utf-8"))
    assert stored == verdict_score.score(verdict_score.read())
