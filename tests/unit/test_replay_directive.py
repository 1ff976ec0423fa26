"""The replay's figures, words and data are the stored run's; its directive refuses what cannot be."""

import importlib
import json
import re
import sys
from dataclasses import replace
from math import nan
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils.core import publish_doctree
from docutils.nodes import raw
from docutils.parsers.rst import directives
from docutils.utils import SystemMessage

from lab import records, report

EXTENSIONS = Path(__file__).parents[2] / "book" / "_ext"
PRESETS = ("too-low", "just-right", "too-high")
MINILM = [records.load(f"minilm-{preset}-seed-4") for preset in PRESETS]
GIVEN_UP = records.load("minilm-rate-10-optim-sgd-max-grad-norm-none-seed-0")
LOG = "b-log run-1"


@pytest.fixture(scope="module")
def replay():
    sys.path.insert(0, str(EXTENSIONS))  # where Sphinx finds the extensions that this one builds on
    try:
        return importlib.import_module("replay")
    finally:
        sys.path.remove(str(EXTENSIONS))


@pytest.fixture
def written(replay, monkeypatch):
    """Write the directive with these options on a page; its nodes, and what that page then loads."""
    monkeypatch.setitem(directives._directives, "replay", replay.Replay)

    def write(content="", **options):
        builder = SimpleNamespace(get_relative_uri=lambda page, to: f"../{to}.html from {page}")
        app = SimpleNamespace(builder=builder)
        app.env = SimpleNamespace(
            app=app, docname="day/x", downhill_needed={}, note_dependency=lambda file: None
        )
        lines = [".. replay::", *(f"   :{name.replace('_', '-')}: {text}" for name, text in options.items())]
        source = "\n".join([*lines, "", f"   {content}"])
        settings = {"env": app.env, "halt_level": 3, "report_level": 5}
        tree = publish_doctree(source, settings_overrides=settings)
        return tree, app.env.downhill_needed

    return write


def data_of(tree):
    script = [node.astext() for node in tree.findall(raw) if "<script" in node.astext()]
    return json.loads(re.search(r">(.*)</script>", script[0])[1])


def test_the_directive_holds_the_words_a_still_of_each_run_and_the_data(written, replay):
    tree, needed = written("Read me.", runs=" ".join(run.id for run in MINILM), log=LOG)
    (place,) = tree.findall(replay.WidgetPlace)
    assert place["name"] == "replay"
    still, script = place.children
    assert still["classes"] == ["replay-still"] and still[0].astext() == "Read me."
    assert still[1].astext().count('<div class="replay-run">') == 3
    assert "application/json" in script.astext()
    assert needed == {"day/x": ["widgets/replay.css", "widgets/replay.js"]}
    shown = data_of(tree)
    assert [run["label"] for run in shown["runs"]] == [
        "▼ tiny steps, rate 0.000001 (1e-6)",
        "● right steps, rate 0.00005 (5e-5)",
        "▲ giant steps, rate 0.005",
    ]
    assert shown["worksheet"] == {
        "cells": "b-log.run-1",
        "row": "run 1",
        "page": "../day/worksheet.html from day/x",
    }


def test_without_a_row_to_go_to_there_is_no_row_in_the_data(written):
    shown = data_of(written(runs=MINILM[0].id)[0])
    assert shown["worksheet"] is None and shown["runs"][0]["row"] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, ":runs: is missing"),
        ({"runs": "minilm-nobody"}, "there is no stored run 'minilm-nobody'"),
        ({"runs": f"{MINILM[0].id} {MINILM[0].id}"}, "could not tell these runs apart"),
        ({"runs": MINILM[0].id, "log": "b-log"}, "a table of the worksheet and a row"),
        ({"runs": MINILM[0].id, "log": "b-surprise run-1"}, "a table of the worksheet and a row"),
        ({"runs": MINILM[0].id, "log": "b-log run-9"}, "no row 'run-9'; it has baseline, run-1"),
        ({"runs": MINILM[0].id, "log": "b-convergence run-1"}, "asks for what no log row holds"),
        ({"runs": MINILM[0].id, "speed": "10"}, 'unknown option: "speed"'),
    ],
)
def test_what_cannot_be_is_refused(written, options, message):
    with pytest.raises(SystemMessage, match=re.escape(message)):
        written(**options)


def test_each_cell_of_the_row_is_that_of_the_log_under_the_worksheets_id(written):
    (run,) = data_of(written(runs=MINILM[1].id, log=LOG)[0])["runs"]
    row = report.log_row(MINILM[1])
    assert [title for _, title, _ in run["row"]] == list(report.COLUMNS)
    cells = {column: text for column, _, text in run["row"]}
    assert list(cells)[:3] == ["run-id", "preset", "rate"] and list(cells)[-1] == "notes"
    assert cells["run-id"] == MINILM[1].id and cells["preset"] == "● right steps"
    assert cells["notes"] == row["Notes"] and cells["train-subset"] == "800"
    assert float(cells["validation-loss"]) == row["Val loss"] and float(cells["gap"]) == row["Gen. gap"]


def test_the_times_are_those_of_the_record(replay):
    for run in (*MINILM, GIVEN_UP, records.load("page-model-too-high-seed-0")):
        data = replay.data(run, "label", {})
        assert data["seconds"] == [row["seconds"] for row in run.evaluations]
        assert data["evaluated"] == [row["step"] for row in run.evaluations]
        assert data["evaluated"][-1] == len(data["losses"]), "a loss for each step"
        assert data["losses"][4] == report.in_words(run.steps["loss"][4])


def test_a_run_that_finished_was_planned_as_it_went(replay):
    data = replay.data(MINILM[1], "label", {})
    assert data["planned"] == 300 and data["steps_an_epoch"] == 50
    assert data["planned_seconds"] == pytest.approx(MINILM[1].evaluations[-1]["seconds"], abs=0.001)
    assert data["ending"] == "Training has ended after 300 steps."


def test_a_run_that_was_given_up_was_planned_longer_and_says_so(replay):
    data = replay.data(GIVEN_UP, "label", {})
    assert data["planned"] == 300 and data["evaluated"] == [0, 50]
    start, end = data["seconds"]
    assert data["planned_seconds"] == pytest.approx(start + 6 * (end - start), abs=0.001)
    assert data["ending"] == "Training was given up after step 50 of 300."
    for status, how in ((records.STOPPED_EARLY, "stopped early"), (records.INTERRUPTED, "was interrupted")):
        ending = replay.ending(replace(GIVEN_UP, status=status))
        assert ending == f"Training {how} after step 50 of 300."


def test_runs_are_told_apart_by_what_differs(replay):
    seeds = [records.load(f"minilm-just-right-seed-{seed}") for seed in (0, 1)]
    assert replay.labels(seeds) == [
        "● right steps, rate 0.00005 (5e-5), seed 0",
        "● right steps, rate 0.00005 (5e-5), seed 1",
    ]
    routes = [records.load(f"{route}-seed-0") for route in ("tfidf-rate-0-1", "page-model-rate-0-1")]
    assert replay.labels(routes) == [
        "learning rate 0.1, Word-count model",
        "learning rate 0.1, Page model",
    ]


def test_the_settings_name_what_was_chosen_and_never_a_fault(replay):
    said = replay.settings_in_words(MINILM[1])
    assert said == (
        "● right steps, rate 0.00005 (5e-5); 6 epochs of 50 steps; 800 headlines to train on, 467 for "
        "validation; seed 4"
    )
    other = records.load("minilm-rate-10-optim-sgd-max-grad-norm-none-seed-0")
    assert "optim sgd, max_grad_norm none" in replay.settings_in_words(other)
    faulty = records.load("minilm-just-right-fault-wrong-parameters-seed-2")
    assert "fault" not in replay.settings_in_words(faulty)
    phrases = records.load("minilm-too-low-corpus-phrasebank-agreement-75-seed-0")
    assert "sentences to train on" in replay.settings_in_words(phrases)


def test_the_still_holds_every_evaluation_the_verdict_and_the_row(replay):
    run = MINILM[1]
    html = replay.still(run, "a label", replay.pictures([run])[0])
    rows = re.findall(r"<tr><th scope=\"row\">(\d+)</th><td>(.*?)</td></tr>", html)
    assert [(epoch, cells.split("</td><td>")[1]) for epoch, cells in rows][:7] == [
        (f"{row['epoch']:g}", f"{row['validation_loss']:.3f}") for row in run.evaluations
    ]
    end = html[html.index('class="replay-end"') :]
    assert f"Verdict: {run.verdict['name']}" in end and run.verdict["evidence"] in end
    assert run.verdict["first_try"] in end
    for column, text in replay.row_in_words(run).items():
        assert f'<th scope="row">{column}</th><td>{text}</td>' in end


def test_the_pictures_share_their_axes_and_nothing_in_them_can_be_read_out(replay):
    few = records.load("minilm-rate-2e-05-num-train-epochs-3-seed-5")
    for log in (False, True):
        drawn = replay.pictures([*MINILM, few, GIVEN_UP], log=log)
        axes = [re.findall(r"<text [^>]*>([^<]+)</text>", picture) for picture in drawn]
        assert all(texts == axes[0] for texts in axes)
        assert "training" in axes[0] and "aria-label" not in "".join(drawn)
    assert {"0.01", "10000"} <= set(axes[0]), "a log axis ends at numbers"


def test_the_axis_is_as_long_as_the_run_was_to_be(replay):
    texts = re.findall(r"<text [^>]*>([^<]+)</text>", replay.pictures([GIVEN_UP], log=True)[0])
    assert texts[: texts.index("step")][-1] == "300"


def test_a_loss_of_next_to_nothing_takes_no_room_on_a_log_axis(replay):
    giant = records.load("page-model-too-high-seed-0")
    assert min(giant.steps["loss"]) < 1e-9
    for runs in ([giant], [MINILM[0], giant]):
        picture = replay.pictures(runs, log=True)[0]
        assert "A loss below 0.001 is drawn at 0.001." in picture
        texts = re.findall(r"<text [^>]*>([^<]+)</text>", picture)
        assert {"0.001", "0.01", "1", "1000"} <= set(texts) and "0.0001" not in texts
    assert "is drawn at" not in replay.pictures([giant])[0] + replay.pictures(MINILM[:1], log=True)[0]


def test_a_shorter_number_stands_where_the_longer_did_and_texts_stay(replay):
    drawn = '<path d="M1.23456,70L-0.5,2.999" transform="translate(0.001,4)"/><text>0.001</text>'
    assert replay._shorter(drawn) == (
        '<path d="M1.23,70L-0.5,3.00" transform="translate(0.00,4)"/><text>0.001</text>'
    )


def test_what_is_not_a_number_is_said_and_breaks_nothing(replay):
    last = MINILM[0].evaluations[-1] | {"validation_loss": nan}
    broken = replace(
        MINILM[0],
        evaluations=[*MINILM[0].evaluations[:-1], last],
        steps=MINILM[0].steps | {"loss": [*MINILM[0].steps["loss"][:299], nan]},
    )
    for log in (False, True):
        html = replay.still(broken, "a label", replay.pictures([broken], log=log)[0])
        assert "<td>not a number</td>" in html and "NaN" not in html
    data = replay.data(broken, "a label", {"validation-loss": "Val loss"})
    assert data["losses"][-1] == "not a number" and data["row"][0][2] == "not a number"


def test_text_of_a_run_is_never_markup(replay):
    evil = '<img src=x onerror="alert(1)">'
    run = replace(MINILM[0], verdict=MINILM[0].verdict | {"evidence": evil, "first_try": evil})
    html = replay.still(run, evil, replay.pictures([run])[0])
    assert "<img" not in html and html.count("&lt;img") > 3
