"""Two runs of one score: what is shown is counted from their answers; what cannot be compared is refused."""

import importlib
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils.core import publish_doctree
from docutils.nodes import container, raw
from docutils.parsers.rst import directives
from docutils.utils import SystemMessage
from sphinx.addnodes import pending_xref

from lab import headlines, records

EXTENSIONS = Path(__file__).parents[2] / "book" / "_ext"
IDS = ("minilm-rate-1e-05-seed-1", "minilm-rate-0-0002-num-train-epochs-30-seed-1")
RUNS = [records.load(run_id) for run_id in IDS]
LABELS = {row.id: row.label for row in headlines.load()}
TEXTS = {row.id: row.text for row in headlines.load()}


@pytest.fixture(scope="module")
def same_score():
    sys.path.insert(0, str(EXTENSIONS))  # where Sphinx finds the extensions that this one builds on
    try:
        return importlib.import_module("same_score")
    finally:
        sys.path.remove(str(EXTENSIONS))


@pytest.fixture(scope="module")
def pair(same_score):
    return same_score.pair(RUNS, LABELS)


@pytest.fixture
def written(same_score, monkeypatch):
    """The nodes that the directive with these options becomes, and the files that its page then loads."""
    monkeypatch.setitem(directives._directives, "same-score", same_score.SameScore)

    def write(**options):
        app = SimpleNamespace()
        app.env = SimpleNamespace(app=app, docname="day/x", downhill_needed={})
        lines = [".. same-score::", *(f"   :{name}: {text}" for name, text in options.items())]
        settings = {"env": app.env, "halt_level": 3, "report_level": 5}
        tree = publish_doctree("\n".join([*lines, "", "   Words before."]), settings_overrides=settings)
        (place,) = tree.findall(same_score.WidgetPlace)
        return place, app.env.downhill_needed

    return write


def test_question_first_then_the_parts_in_their_order_then_the_sentence_then_the_names(written):
    place, needed = written(runs=" ".join(IDS), worksheet="b-same-score")
    assert needed == {"day/x": ["widgets/same-score.css", "widgets/same-score.js"]}
    kinds = [node.astext()[:30] if isinstance(node, raw) else type(node).__name__ for node in place.children]
    assert kinds[0] == "paragraph" and kinds[1].startswith('<p class="same-score-score">')
    parts = place.children[1].astext()
    assert parts.index("Which would you ship?") < parts.index("<details")
    assert re.findall("<summary>([^<]*)</summary><div>", parts) == [
        "What each run answers",
        "Which classes each run mixes up",
        "How each run began",
        "Ten headlines",
    ]
    assert place.children[2]["classes"] == ["same-score-sentence"]
    assert "{worksheet} b-same-score" in place.children[2].astext()
    assert "Which runs they were" in place.children[3].astext()
    links = [link["reftarget"] for link in place.children[4].findall(pending_xref)]
    assert links == [f"run-{run_id}" for run_id in IDS]
    assert not list(written(runs=" ".join(IDS))[0].findall(container)), "no sentence unless asked for"


def test_nothing_before_the_last_part_names_the_runs(written):
    place, _ = written(runs=" ".join(IDS), worksheet="b-same-score")
    before = json.dumps(place["data"]) + "".join(node.astext() for node in place.children[:4])
    for told in (*IDS, "0.00001", "1e-05", "0.0002", "30 epochs", "verdict", "overfitting", "improving"):
        assert told not in before
    after = place.children[4].astext()
    assert all(run.verdict["name"] in after for run in RUNS) and "30 epochs" in after


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        (IDS[:1], ":runs: names 1 runs; it must name two"),
        ((*IDS, IDS[0]), ":runs: names 3 runs"),
        ((IDS[0], "minilm-nobody"), "there is no stored run 'minilm-nobody'"),
        ((IDS[0], "minilm-just-right-seed-0"), "measured on other headlines"),
        ((IDS[0], "minilm-too-low-seed-1"), "right on 295 and 243 of 467; they may differ by 0.5%"),
        ((IDS[0], "minilm-too-low-corpus-phrasebank-agreement-75-seed-1"), "not in our headlines"),
        ((IDS[0], "minilm-just-right-validation-label-noise-0-25-seed-1"), "not measured on the labels"),
    ],
)
def test_runs_that_cannot_be_compared_are_refused(written, runs, message):
    with pytest.raises(SystemMessage, match=re.escape(message)):
        written(runs=" ".join(runs))


def test_the_score_is_that_of_the_record(same_score, pair):
    for answered, run in zip(pair, RUNS, strict=True):
        assert len(answered.right) == round(run.final["accuracy"]["value"] * run.corpus["validation"])
        assert answered.counts() == run.evaluations[run.final["evaluation"]]["predicted_counts"]
    assert same_score.score(*pair) == "Of 467 validation headlines run 1 is right on 295, and run 2 on 296."
    twice = (pair[0], pair[0])
    assert same_score.score(*twice) == "Run 1 and run 2 are both right on 295 of 467 validation headlines."


def test_the_matrix_counts_every_headline_once(same_score, pair):
    for answered, run in zip(pair, RUNS, strict=True):
        table = same_score.matrix(answered, "Run 1")
        rows = re.findall(r'<th scope="row">(\w+)</th>(.*?)</tr>', table)
        cells = {true: [int(n) for n in re.findall(r">(\d+)</td>", row)] for true, row in rows}
        assert {true: sum(counts) for true, counts in cells.items()} == run.corpus["validation_labels"]
        diagonal = [counts[number] for number, counts in enumerate(cells.values())]
        assert sum(diagonal) == len(answered.right)
        assert re.findall(r'same-score-right">(\d+)<', table) == [str(count) for count in diagonal]
        assert f">{diagonal[0]} of {run.corpus['validation_labels']['negative']}</td>" in table
        assert [sum(column) for column in zip(*cells.values(), strict=True)] == list(
            answered.counts().values()
        )


def test_the_first_steps_are_thirty_of_each(same_score, pair):
    spec = json.loads(re.search(r'chart-spec">(.*?)</script>', same_score.first_steps(*pair))[1])
    for name, run in (("run 1", RUNS[0]), ("run 2", RUNS[1])):
        drawn = [row["loss"] for row in spec["data"]["values"] if row["series"] == name]
        assert drawn == pytest.approx(run.steps["loss"][:30])


def test_five_headlines_differ_most_in_confidence_and_five_are_any(same_score, pair):
    one, two = pair
    chosen = same_score.ten(one, two)
    assert chosen == same_score.ten(*same_score.pair(RUNS, dict(reversed(LABELS.items()))))
    assert len(set(chosen)) == 10
    far = {name: abs(max(one.probabilities[name]) - max(two.probabilities[name])) for name in one.answers}
    assert min(far[name] for name in chosen[:5]) >= max(far[name] for name in far if name not in chosen[:5])
    assert min(far[name] for name in chosen[5:]) < 0.5 < min(far[name] for name in chosen[:5])


def test_each_headline_has_text_label_and_both_answers_marked_in_words(same_score, pair):
    shown = same_score.examples(*pair, TEXTS)
    name = same_score.ten(*pair)[0]
    item = re.findall(r"<li><p>(.*?)</ul></li>", shown)[0]
    assert TEXTS[name] in item and f"Label: {LABELS[name]}." in item
    for number, run in enumerate(RUNS):
        shares = records.answers(run.id)[name]
        answer = run.classes[shares.index(max(shares))]
        end = "right" if answer == LABELS[name] else "wrong"
        sure = same_score.percent(max(shares))
        assert f"<b>Run {number + 1}: {end}.</b> It says {answer}, {sure}." in item
    assert len(re.findall("Label: ", shown)) == 10


def test_how_sure_is_never_rounded_to_certain(same_score):
    assert [same_score.percent(share) for share in (0.334, 0.994, 0.995, 1.0)] == [
        "33% sure",
        "99% sure",
        "over 99% sure",
        "over 99% sure",
    ]


def test_a_headline_is_never_markup(same_score, pair):
    evil = dict.fromkeys(TEXTS, '<img src=x onerror="alert(1)">')
    assert "<img" not in same_score.examples(*pair, evil)


def test_a_run_whose_answers_do_not_give_its_score_is_refused(same_score):
    kept = replace(RUNS[0], final=RUNS[0].final | {"accuracy": {"value": 0.5, "low": 0, "high": 1}})
    with pytest.raises(ValueError, match="not measured on the labels"):
        same_score.Answered(kept, LABELS)


def test_the_story_of_this_pair(pair):
    """What makes it worth telling: were it false, the chapter's pair would have to be another."""
    one, two = pair
    assert one.counts()["negative"] == 0, "run 1 never reports bad news"
    assert two.counts()["negative"] > 90
    assert one.sure_when_wrong() < 0.6 and two.sure_when_wrong() > 0.95
    jumps = [
        max(abs(b - a) for a, b in zip(run.steps["loss"][:29], run.steps["loss"][1:30], strict=True))
        for run in RUNS
    ]
    assert jumps[1] > 5 * jumps[0], "the first steps tell the rates apart"
