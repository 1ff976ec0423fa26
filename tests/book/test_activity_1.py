"""Activity 1 gives nothing away before its curves are matched with their causes."""

import re

import pytest

IDS = (
    "minilm-too-low-seed-2",
    "minilm-rate-0-0002-seed-2",
    "minilm-just-right-fault-wrong-parameters-seed-2",
    "minilm-rate-2e-05-seed-2",
    "minilm-too-high-seed-2",
)
VERDICTS = ("stalled", "collapsed", "stuck", "still improving", "converged", "diverged")


@pytest.fixture
def before(html):
    """The chapter's part before its fourth task."""
    text = (html / "day" / "activity-1-curve-diagnosis.html").read_text("utf-8")
    found = re.search(r'<main\b.*?(?=<h3>4\.|<section id="which-is-which)', text, re.S)
    assert found, "the fourth task is not where it was"
    return found[0]


def test_no_run_is_named_and_no_preset(before):
    assert [name for name in IDS if name in before] == []
    assert not re.search(r"too-low|too-high|just-right-fault|wrong-parameters|tiny steps|giant steps", before)


def test_no_verdict_is_given(before):
    assert [name for name in VERDICTS if name in before.lower()] == []


def test_the_five_figures_are_covered_and_say_their_values_alone(before):
    figures = re.findall(r'<figure class="chart">.*?</figure>', before, re.S)
    curves = [figure for figure in figures if re.search(r"<figcaption>Curve \d", figure)]
    assert len(curves) == 5
    for figure in curves:
        assert "<details>" not in figure
        (said,) = re.findall('role="img" aria-label="([^"]*)"', figure)
        assert re.fullmatch(
            r"Curve \d\. Loss before training \(epoch 0\) and after each epoch\. "
            r"training, [\d.:; ]+ validation, [\d.:; ]+",
            said,
        )


def test_each_figure_has_its_own_row_of_the_form_below_it(before):
    order = re.findall(r"<figcaption>(Curve \d)|data-row=\"(curve-\d)", before)
    assert [figure or row for figure, row in order] == [
        name for number in range(1, 6) for name in (f"Curve {number}", f"curve-{number}")
    ]


def test_the_five_figures_share_their_axes(before):
    domains = re.findall(r'"domain": (\[[\d., ]+\])', before)
    assert len(domains) >= 10
    assert len(set(domains)) == 2


def test_no_learners_page_leads_to_the_key(html):
    for page in html.glob("[bd]*/*.html"):
        main = re.search(r"<main\b.*</main>", page.read_text("utf-8"), re.S)
        assert main is None or "activity-1-key" not in main[0], page.name
