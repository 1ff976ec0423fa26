"""Draw it, then see it, as it is built: the marked levels are true, and nothing gives the curve away."""

import json
import math
import re
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from sklearn.metrics import f1_score, log_loss
from sphinx.testing.util import SphinxTestApp

from lab import records

EXTENSIONS = Path(__file__).parents[2] / "book" / "_ext"
# The same seed and the same split; they go five different ways.
ALIKE = [
    "minilm-too-low-seed-2",
    "minilm-rate-0-0002-seed-2",
    "minilm-just-right-fault-wrong-parameters-seed-2",
    "minilm-rate-2e-05-seed-2",
    "minilm-too-high-seed-2",
]
RUN = records.load("minilm-just-right-seed-0")
# Both answer "neutral" to every validation headline at their end.
ONLY_NEUTRAL = ["minilm-too-low-seed-0", "minilm-too-high-seed-0"]


@pytest.fixture(scope="module")
def draw():
    sys.path.insert(0, str(EXTENSIONS))  # where Sphinx finds the extensions that this one builds on
    try:
        import draw

        yield draw
    finally:
        sys.path.remove(str(EXTENSIONS))
        sys.modules.pop("draw", None)


def labels(counts):
    return [label for label, count in counts.items() for _ in range(count)]


def data_of(html):
    return json.loads(re.search(r'<script type="application/json" class="data">(.*?)</script>', html)[1])


def test_the_loss_chart_marks_where_the_run_starts_and_what_class_shares_cost(draw):
    levels = draw.levels_of(RUN, "validation_loss")
    assert levels["starting loss"] == RUN.evaluations[0]["validation_loss"]
    seen = RUN.corpus["train_labels"]
    shares = [seen[name] / sum(seen.values()) for name in RUN.classes]
    truth = labels(RUN.corpus["validation_labels"])
    expected = log_loss(truth, [shares] * len(truth), labels=RUN.classes)
    assert levels["class shares"] == pytest.approx(expected)


@pytest.mark.parametrize("run_id", ONLY_NEUTRAL)
def test_the_score_charts_mark_what_a_run_gets_that_answers_neutral_to_everything(draw, run_id):
    run = records.load(run_id)
    last = run.evaluations[-1]
    assert last["predicted_counts"]["neutral"] == sum(run.corpus["validation_labels"].values())
    for metric in ("accuracy", "macro_f1"):
        levels = draw.levels_of(run, metric)
        assert levels["always-neutral"] == pytest.approx(last[metric])
        assert levels["untrained model"] == run.evaluations[0][metric]
    truth = labels(run.corpus["validation_labels"])
    score = f1_score(truth, ["neutral"] * len(truth), average="macro", zero_division=0)
    assert draw.levels_of(run, "macro_f1")["always-neutral"] == pytest.approx(score)


@pytest.mark.parametrize("metric", ["validation_loss", "accuracy", "macro_f1"])
def test_until_it_is_asked_for_the_curve_is_in_the_fold_and_in_the_data_alone(draw, metric):
    pages = set()
    for run_id in ALIKE:
        html = draw.opening("a") + draw.closing("a", records.load(run_id), metric, ["One"], "runs.html#run")
        html = re.sub(r'<details class="draw-fold">.*?</details>', "", html, flags=re.S)
        pages.add(re.sub(r"<script.*?</script>", "", html, flags=re.S))
    assert len(pages) == 1
    assert not re.search("too-|just-|rate-|seed", pages.pop())


def test_the_id_does_not_tell_the_name_and_the_name_is_in_the_data(draw):
    html = draw.opening("healthy") + draw.closing("healthy", RUN, "accuracy", ["<b>"], "x")
    data = data_of(html)
    assert "healthy" not in html.replace(json.dumps(data["name"]), "")
    assert (data["name"], data["reasons"]) == ("healthy", ["<b>"])
    assert "<li><b></li>" not in html


def test_the_data_holds_the_curve_and_the_words_for_it(draw):
    run = records.load("page-model-too-high-seed-0")
    html = draw.closing("a", run, "validation_loss", [], "runs.html#x")
    data = data_of(html)
    assert data["values"] == run.column("validation_loss")
    assert data["run"] == run.id and data["link"] == "runs.html#x"
    assert data["verdict"].startswith("diverged")
    for epoch in (0, 5, 10):
        value = run.evaluations[epoch]["validation_loss"]
        told = f"epoch {epoch}: {value:,.0f}" if value >= 100 else f"epoch {epoch}: {value:.2f}"
        assert told in data["real"]
    assert data["real"].endswith(f"Verdict: {data['verdict']}.")


def test_the_top_of_a_loss_chart_follows_from_the_start_alone(draw):
    for start, top in [(0.4, 1), (0.5, 1), (0.7, 2), (1.0986, 2.5), (1.3, 5), (2.5, 5), (3, 10), (6, 20)]:
        assert draw.top_above(start) == pytest.approx(top)
    frames = {draw.frame_of(records.load(run_id), "validation_loss").top for run_id in records.ids() if
              len(records.load(run_id).evaluations) > 2}  # fmt: skip
    assert frames == {2.5}
    assert draw.frame_of(RUN, "accuracy").top == 1


@pytest.mark.parametrize(
    ("epochs", "points"),
    [
        (2, [1, 2]),
        (3, [1, 2, 3]),
        (5, [1, 2, 3, 4, 5]),
        (6, [1, 2, 3, 5, 6]),
        (10, [1, 3, 5, 8, 10]),
        (30, [1, 8, 15, 23, 30]),
    ],
)
def test_points_are_spread_from_the_first_epoch_to_the_last(draw, epochs, points):
    assert draw.points_of(range(epochs + 1)) == points


@pytest.mark.parametrize("metric", ["validation_loss", "accuracy"])
def test_each_shape_does_what_it_says(draw, metric):
    frame = draw.frame_of(RUN, metric)
    start = RUN.evaluations[0][metric]
    found = {shape["label"]: [start, *shape["values"]] for shape in draw.shapes_of(frame)}
    down = metric == "validation_loss"
    better = [frame.top - value if down else value for value in found[next(iter(found))]]
    assert better == sorted(better) and better[-1] == better[-2]
    assert found["hardly moves"] == [start] * 6
    leaps = [b > a for a, b in pairwise(found["leaps about"])]
    assert all(one != two for one, two in pairwise(leaps))
    turns = found["falls, then rises" if down else "rises, then falls"]
    best = turns.index((min if down else max)(turns))
    assert 0 < best < 5 and (turns[-1] > start if down else turns[-1] < start)
    assert all(0 <= value <= frame.top for values in found.values() for value in values)


def test_a_value_that_is_no_number_breaks_the_line_and_is_said(draw):
    frame = draw.frame_of(RUN, "validation_loss")
    svg = draw.picture(frame, "words", [1.1, 0.9, math.nan, math.inf, 700.0, 0.8, 0.7])
    assert svg.count('class="draw-real-line"') == 4
    # What is beyond the chart stands at its edge.
    assert "NaN" not in svg.replace("nan", "NaN") and "inf" not in svg
    words = draw.curve_in_words(frame, [1.1, math.nan, math.inf, 1335.2])
    assert words.endswith("epoch 1: not a number; epoch 2: infinity; epoch 3: 1,335.")


def test_a_run_that_cannot_be_drawn_is_refused(draw):
    with pytest.raises(ValueError, match="was not measured at the end of each of two epochs"):
        draw.frame_of(records.load("minilm-rate-10-optim-sgd-max-grad-norm-none-seed-0"), "validation_loss")
    with pytest.raises(ValueError, match="the metric is 'gap'; allowed is one of"):
        draw.frame_of(RUN, "gap")


def built(folder, chapter):
    """A small book with this chapter and a page of runs, built: its page, and the application."""
    source = folder / "source"
    source.mkdir(parents=True)
    (source / "conf.py").write_text("extensions = ['draw']\nhtml_theme = 'basic'\n", "utf-8")
    (source / "index.rst").write_text(f"Title\n=====\n\n{chapter}\n.. toctree::\n\n   runs\n", "utf-8")
    (source / "runs.rst").write_text(f".. _run-{RUN.id}:\n\nRuns\n====\n", "utf-8")
    app = SphinxTestApp("html", srcdir=source, builddir=folder / "build")
    try:
        app.env.downhill_needed = {}
        app.build()
    finally:
        app.cleanup()
    return (folder / "build" / "html" / "index.html").read_text("utf-8"), app


def directive(name="first", **options):
    options = {"run": RUN.id, "reasons": "One | Two |"} | options
    lines = "".join(f"   :{key}: {value}\n" for key, value in options.items() if value)
    return f".. draw:: {name}\n{lines}\n   Which *way*?\n\n"


def test_the_directive_builds_the_place_with_its_question_and_a_link_that_leads(draw, tmp_path):
    html, app = built(tmp_path, directive() + directive("second", metric="accuracy"))
    assert app.warning.getvalue() == ""
    assert app.env.downhill_needed == {"index": ["widgets/draw.css", "widgets/draw.js"]}
    assert '<div class="draw-question"><p>Which <em>way</em>?</p>' in html
    data = data_of(html)
    assert data["reasons"] == ["One", "Two", "Something else"]
    page, place = data["link"].split("#")
    assert f'id="{place}"' in (tmp_path / "build" / "html" / page).read_text("utf-8")
    assert app.env.downhill_drawn == {"first": "index", "second": "index"}


@pytest.mark.parametrize(
    ("chapter", "complaint"),
    [
        (directive() + directive(), "{draw} first: the name is taken, in index"),
        (directive(reasons=""), "reasons must be given"),
        (directive(run="minilm-nothing"), "there is no stored run 'minilm-nothing'"),
        (directive(metric="gap"), "the metric is 'gap'"),
    ],
)
def test_a_directive_that_cannot_be_built_says_why(draw, tmp_path, chapter, complaint):
    _, app = built(tmp_path, chapter)
    assert complaint in app.warning.getvalue()
