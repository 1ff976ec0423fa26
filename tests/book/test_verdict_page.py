"""The page on the verdict shows what is stored about it, every miss included."""

import html as entities
import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

from lab import records, verdict, verdict_score
from lab.verdict import History

REPOSITORY = Path(__file__).resolve().parents[2]
EXTENSIONS = REPOSITORY / "book" / "_ext"


@pytest.fixture(scope="module")
def scores():
    return json.loads(verdict_score.SCORES.read_text("utf-8"))


@pytest.fixture(scope="module")
def page(html):
    return (html / "reference" / "verdict.html").read_text("utf-8")


@pytest.fixture(scope="module")
def tables(page):
    """Each table by its caption: its rows, each a list of cells in HTML."""
    found = {}
    for table in re.findall(r'<div class="table-scroll"><table\b.*?</table></div>', page, re.S):
        caption = re.search(r'<span class="caption-text">(.*?)</span>', table, re.S)
        rows = re.findall(r"<tr\b.*?</tr>", table, re.S)
        found[caption and caption[1]] = [re.findall(r"<t[hd]\b.*?</t[hd]>", row, re.S) for row in rows]
    return found


def shown(part):
    return " ".join(entities.unescape(re.sub("<.*?>", "", part)).split())


def right(row):
    return row["ours_right"] and row["overfitting_right"] is not False


@pytest.mark.parametrize(
    ("caption", "part"),
    [
        ("Cases on which no threshold was set", "unseen"),
        ("Cases on which the thresholds were set", "seen"),
    ],
)
def test_both_rules_are_counted_by_expected_verdict(tables, scores, caption, part):
    totals = {name: row for name, row in scores["totals"][part].items() if name != "overfitting"}
    body = [[shown(cell) for cell in row] for row in tables[caption][1:]]
    assert [row[0] for row in body] == [*list(totals)[:-1], "all of them"]
    assert [row[1:] for row in body] == [
        [str(row["cases"]), str(row["ours"]), str(row["naive"])] for row in totals.values()
    ]


@pytest.mark.parametrize(
    ("caption", "seen"),
    [
        ("Every case on which no threshold was set", False),
        ("Every case on which the thresholds were set", True),
    ],
)
def test_every_case_is_there_and_leads_to_its_run(tables, scores, caption, seen):
    chosen = [row for row in scores["cases"] if row["seen"] == seen]
    body = tables[caption][1:]
    assert [shown(cells[0]) for cells in body] == [row["case"] for row in chosen]
    for cells, row in zip(body, chosen, strict=True):
        assert f'href="runs.html#run-{row["source"]}"' in cells[0]
        expected, ours, is_right, naive, naive_right = map(shown, cells[1:6])
        assert expected.startswith(" or ".join(row["expected"]))
        assert ours.startswith(row["ours"])
        assert is_right == ("yes" if right(row) else "no")
        assert (naive, naive_right) == (row["naive"], "yes" if row["naive_right"] else "no")
        assert shown(cells[6]) == row["reason"]


def test_every_miss_is_listed_with_what_the_verdict_saw(page, scores):
    missed = [row for row in scores["cases"] if not right(row)]
    section = re.search(r'<section id="what-it-gets-wrong">(.*?)</section>', page, re.S)[1]
    assert ("There is none." in section) == (not missed)
    found = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", section, re.S)
    assert [shown(case) for case, _ in found] == [row["case"] for row in missed]
    for (case, said), row in zip(found, missed, strict=True):
        assert f'href="runs.html#run-{row["source"]}"' in case
        assert row["evidence"] in shown(said) and row["reason"] in shown(said)


def test_every_generated_table_has_a_caption_and_heads_for_columns_and_rows(tables):
    generated = {caption: rows for caption, rows in tables.items() if caption}
    assert len(generated) == 4
    for head, *body in generated.values():
        assert all(cell.startswith("<th") for cell in head)
        assert all(row[0].startswith("<th") for row in body)


def test_the_thresholds_are_those_of_the_code(page):
    text = shown(page)
    assert f"well down only if it is {verdict.HARDLY_MOVED:.0%} below its start" in text
    assert f"counts as flat after {verdict.PATIENCE} evaluations" in text
    assert f"fewer than {verdict.FEWEST_EVALUATIONS} after the start" in text


def test_the_tempting_rule_says_of_the_examples_what_the_page_says():
    low, right_steps = (records.load(f"minilm-{preset}-seed-0") for preset in ("too-low", "just-right"))
    assert verdict.naive(History.of_run(low))
    assert low.final["accuracy"]["value"] == History.of_run(low).always_neutral
    history = History.of_run(right_steps)
    assert verdict.judge(history).name == verdict.CONVERGED
    assert not verdict.naive(history)


@pytest.fixture
def extension(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    spec = importlib.util.spec_from_file_location("verdict_table_extension", EXTENSIONS / "verdict_table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    for name in ("run", "tables"):
        sys.modules.pop(name, None)


def test_scores_that_are_missing_or_of_other_cases_are_said_with_the_command(
    extension, monkeypatch, tmp_path
):
    scores = tmp_path / "scores.json"
    monkeypatch.setattr(verdict_score, "SCORES", scores)
    with pytest.raises(ValueError, match=r"^there is no scores\.json: python -m lab\.verdict_score$"):
        extension.value("unseen.all.cases")
    scores.write_text('{"cases": [], "totals": {}}', "utf-8")
    with pytest.raises(ValueError, match=r"is of other cases than cases\.csv: python -m lab\.verdict_score"):
        extension.TABLES["every-seen"]("reference/verdict")


def test_a_figure_is_found_by_its_path_and_a_wrong_path_says_where_it_stopped(extension, monkeypatch):
    stored = {"cases": [], "totals": {"unseen": {"all": {"cases": 3}}}}
    monkeypatch.setattr(extension, "stored", lambda: stored)
    assert extension.value("unseen.all.cases") == 3
    assert extension.value("thresholds.PATIENCE") == verdict.PATIENCE
    for path, stopped in (("unseen.all.case", "case"), ("thresholds.patience", "patience"), ("seen", "seen")):
        with pytest.raises(KeyError, match=rf"there is no '{path}' \(stopped at '{stopped}'\)"):
            extension.value(path)
