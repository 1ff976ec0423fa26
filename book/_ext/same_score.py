"""``{same-score}``: two stored runs that are right equally often, and what that hides.

``:runs:`` names the two. They are called run 1 and run 2 until the last part, which says what they are. The
reader first answers which one to ship; ``widgets/same-score.js`` keeps the parts closed until then. Without
JavaScript the question comes first and the parts are folded. ``:worksheet:`` names a field of the worksheet
that is asked for near the end.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from statistics import fmean
from typing import Any, ClassVar

import vl_convert
from chart import values_in_words
from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from page import need
from run import dials, in_list, verdict_of
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from stored import opaque, run_of
from tables import run_link
from widget import WidgetPlace

from lab import charts, headlines, records
from lab.report import in_words

# How far apart the shares of right answers may be.
NEARLY_EQUAL = 0.005
FIRST_STEPS = 30
# Five headlines are shown where the two differ most in confidence, and five drawn at random.
OF_EACH_KIND = 5
SEED = 0

OPEN, CLOSE = '<details class="same-score-part"><summary>{}</summary><div>', "</div></details>"


class Answered:
    """What a run answered on its validation headlines, by their ids.

    ``labels`` has every headline's of ours. Raises ValueError where the run was measured on others.
    """

    def __init__(self, run: records.Run, labels: Mapping[str, str]) -> None:
        self.run = run
        self.probabilities = records.answers(run.id)
        if unknown := sorted(set(self.probabilities) - set(labels)):
            raise ValueError(f"run {run.id} has answered what is not in our headlines: {unknown[0]}")
        self.labels = {name: labels[name] for name in self.probabilities}
        self.answers = {
            name: run.classes[shares.index(max(shares))]
            for name, shares in ((name, list(shares)) for name, shares in self.probabilities.items())
        }
        self.sure = {name: max(shares) for name, shares in self.probabilities.items()}
        self.right = {name for name, answer in self.answers.items() if answer == self.labels[name]}
        # A run measured on labels that were changed on purpose does not fit the headlines' own.
        if round(run.final["accuracy"]["value"] * len(self.answers)) != len(self.right):
            raise ValueError(f"run {run.id} was not measured on the labels of our headlines")

    def counts(self) -> dict[str, int]:
        given = Counter(self.answers.values())
        return {label: given[label] for label in self.run.classes}

    def sure_when_wrong(self) -> float:
        return fmean(self.sure[name] for name in self.answers if name not in self.right)


def pair(runs: Sequence[records.Run], labels: Mapping[str, str]) -> tuple[Answered, Answered]:
    """The two. Raises ValueError where they cannot be compared, or are not right (nearly) equally often."""
    if len(runs) != 2:
        raise ValueError(f":runs: names {len(runs)} runs; it must name two")
    one, two = (Answered(run, labels) for run in runs)
    if set(one.answers) != set(two.answers):
        raise ValueError("the two runs were measured on other headlines")
    if abs(len(one.right) - len(two.right)) > NEARLY_EQUAL * len(one.answers):
        raise ValueError(
            f"the two runs are right on {len(one.right)} and {len(two.right)} of {len(one.answers)}; "
            f"they may differ by {NEARLY_EQUAL:.1%}"
        )
    return one, two


def ten(one: Answered, two: Answered) -> list[str]:
    """The headlines to show: where the two are least equally sure, then some drawn from the others."""
    by_difference = sorted(one.sure, key=lambda name: (-abs(one.sure[name] - two.sure[name]), name))
    most, rest = by_difference[:OF_EACH_KIND], by_difference[OF_EACH_KIND:]
    return most + Random(SEED).sample(rest, OF_EACH_KIND)


def score(one: Answered, two: Answered) -> str:
    total = len(one.answers)
    first, second = len(one.right), len(two.right)
    if first == second:
        return f"Run 1 and run 2 are both right on {first} of {total} validation headlines."
    return f"Of {total} validation headlines run 1 is right on {first}, and run 2 on {second}."


def figure(spec: charts.Spec, caption: str) -> str:
    words = {"caption": caption, "alt": f"{caption} {values_in_words(spec)}"}
    return charts.figure(spec | {"usermeta": words}, vl_convert.vegalite_to_svg(spec))


def bars(one: Answered, two: Answered) -> str:
    spec = charts.predicted_classes(
        {"run 1": one.counts(), "run 2": two.counts()}, one.run.corpus["validation_labels"]
    )
    return figure(spec, "How often each run answered each class, beside the true labels.")


def matrix(answered: Answered, name: str) -> str:
    """A table: a row for each true label, a column for each answer, and how many of the row were found."""
    pairs = Counter((answered.labels[name], answer) for name, answer in answered.answers.items())
    classes = answered.run.classes
    heads = "".join(f'<th scope="col" class="number">{label}</th>' for label in classes)
    rows = []
    for true in classes:
        cells = "".join(
            f'<td class="number{" same-score-right" * (given == true)}">{pairs[true, given]}</td>'
            for given in classes
        )
        of_it = sum(pairs[true, given] for given in classes)
        found = f'<td class="number">{pairs[true, true]} of {of_it}</td>'
        rows.append(f'<tr><th scope="row">{true}</th>{cells}{found}</tr>')
    return (
        '<div class="table-scroll"><table class="same-score-matrix">'
        f"<caption>{name}: a row for each true label, a column for each answer</caption>"
        f'<thead><tr><th scope="col">true label</th>{heads}'
        f'<th scope="col" class="number">right</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def first_steps(one: Answered, two: Answered) -> str:
    spec = charts.over_steps(
        {
            name: {key: values[:FIRST_STEPS] for key, values in answered.run.steps.items()}
            for name, answered in (("run 1", one), ("run 2", two))
        },
        "loss",
    )
    return figure(spec, f"The loss of each batch in the first {FIRST_STEPS} steps of training.")


def percent(share: float) -> str:
    return "over 99% sure" if share >= 0.995 else f"{share:.0%} sure"


def told(answered: Answered, name: str, run: str) -> str:
    end = "right" if name in answered.right else "wrong"
    return (
        f'<li class="same-score-{end}"><b>{run}: {end}.</b> '
        f"It says {answered.answers[name]}, {percent(answered.sure[name])}.</li>"
    )


def examples(one: Answered, two: Answered, texts: Mapping[str, str]) -> str:
    items = "".join(
        f"<li><p>{html.escape(texts[name])}</p><ul><li>Label: {one.labels[name]}.</li>"
        f"{told(one, name, 'Run 1')}{told(two, name, 'Run 2')}</ul></li>"
        for name in ten(one, two)
    )
    wrong = " ".join(
        f"Over all its {len(answered.answers) - len(answered.right)} wrong answers {run} is "
        f"{percent(answered.sure_when_wrong())} on average."
        for run, answered in (("run 1", one), ("run 2", two))
    )
    return (
        "<p>The first five are those on which the two differ most in how sure they are. The other five are "
        "drawn at random from the rest.</p>"
        f'<ol class="same-score-headlines">{items}</ol><p>{wrong}</p>'
    )


def question_and_parts(one: Answered, two: Answered, texts: Mapping[str, str]) -> str:
    """All but what the two were: nothing in it says."""
    parts = {
        "What each run answers": bars(one, two),
        "Which classes each run mixes up": matrix(one, "Run 1") + matrix(two, "Run 2"),
        "How each run began": first_steps(one, two),
        "Ten headlines": examples(one, two, texts),
    }
    return (
        f'<p class="same-score-score">{score(one, two)}</p><div class="same-score-question">'
        "<p><strong>Which would you ship?</strong> Run 1, run 2, or can you not say? Decide before you open "
        "anything below.</p></div>"
        + "".join(f"{OPEN.format(title)}{content}{CLOSE}" for title, content in parts.items())
    )


def described(run: records.Run) -> str:
    """What a run is, to stand after its name."""
    rate = in_words(float(run.settings["learning_rate"]))
    sign = f"{charts.PRESET_NAMES[run.preset]}, " if run.preset else ""
    said = {"learning_rate", "num_train_epochs", "seed"}
    other = in_list({name: value for name, value in dials(run).items() if name not in said})
    loss = in_words(run.final["validation_loss"]["value"], ".2f")
    return (
        f"{sign}learning rate {rate}, {run.settings['num_train_epochs']} epochs"
        f"{f', {other}' if other else ''}, validation loss {loss}; verdict: {verdict_of(run)}"
    )


class SameScore(SphinxDirective):
    has_content = True
    option_spec: ClassVar = {
        "runs": directives.unchanged_required,
        "worksheet": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        runs = [run_of(self, name) for name in self.options.get("runs", "").split()]
        ours = headlines.load()
        try:
            one, two = pair(runs, {row.id: row.label for row in ours})
        except (ValueError, FileNotFoundError) as error:
            raise self.error(f"{{same-score}}: {error.args[0]}") from None
        need(self.env.app, self.env.docname, "widgets/same-score.css", "widgets/same-score.js")
        place = WidgetPlace("", name="same-score", data={"name": opaque(*(run.id for run in runs))})
        self.state.nested_parse(self.content, self.content_offset, place)
        place += raw(question_and_parts(one, two, {row.id: row.text for row in ours}))
        if "worksheet" in self.options:
            place += self.sentence(self.options["worksheet"])
        place += [raw(OPEN.format("Which runs they were")), self.names(runs), raw(CLOSE)]
        return [place]

    def sentence(self, field: str) -> nodes.Node:
        """The worksheet's own directive, as a chapter would write it."""
        written = nodes.container(classes=["same-score-sentence"])
        lines = StringList([f"```{{worksheet}} {field}", "```"], source="same-score")
        self.state.nested_parse(lines, self.content_offset, written)
        return written

    def names(self, runs: Sequence[records.Run]) -> nodes.Node:
        listed = nodes.bullet_list()
        for number, run in enumerate(runs, start=1):
            line = nodes.paragraph("", f"Run {number} is ")
            line += [run_link(run.id, run.id, self.env.docname), nodes.Text(f": {described(run)}.")]
            listed += nodes.list_item("", line)
        return listed


def raw(text: str) -> nodes.Node:
    return nodes.raw("", text, format="html")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("same-score", SameScore)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
