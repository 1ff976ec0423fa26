"""Our own headlines in prose and in tables: the ``{corpus}`` role and the ``{corpus-table}`` directive.

``{corpus}`readings.all.kappa``` writes one figure, computed from the headlines while the book is built;
``{corpus}`scores.ours.word-count.accuracy.value|.2f``` one that lab.corpus_scores stored. A format may follow
after a bar, as in the ``{run}`` role. ``{corpus-table} sectors`` is a table of lab.corpus_report, or one of
those below. A name that does not exist fails the build.
"""

from __future__ import annotations

import csv
from functools import cache
from typing import Any

from docutils import nodes
from run import in_words, table_row
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from lab import corpus, corpus_check, corpus_report, headlines, scorecard, variety
from lab.corpus_report import Table, measure_in_words

Rows = list[headlines.AnnotatedHeadline]
SHOWN = ("ours", "phrasebank_second")  # the sections of the stored scores that the card shows


@cache
def figures() -> dict[str, Any]:
    """Every figure that prose may name; the stored scores under ``scores``."""
    rows = headlines.load()
    return corpus_report.figures(rows) | {"scores": stored_scores(rows), "attempts": attempts(rows)}


def attempts(rows: Rows) -> dict[str, int]:
    """What came of the first attempt at a second reading, and of the test with changed words."""
    by_rule = {entry["id"]: entry["label"] for entry in stored("rule-by-rule-reading.csv")}
    probe = stored("changed-words.csv")
    changed = [entry for entry in probe if entry["changed"] == "yes"]
    return {
        "headlines": len(by_rule),
        "differ": sum(by_rule[row.id] != row.label for row in rows),
        "probe": len(probe),
        "changed": len(changed),
        "followed": sum(entry["first_label"] != entry["label_before_the_change"] for entry in changed),
        "readers_differ": sum(entry["first_label"] != entry["second_label"] for entry in probe),
    }


def stored(name: str) -> list[dict[str, str]]:
    with (scorecard.FILE.parent / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def value(path: str) -> Any:
    found: Any = figures()
    for key in path.split("."):
        try:
            found = found[int(key) if isinstance(found, list) else key]
        except (KeyError, IndexError, TypeError, ValueError):
            raise KeyError(f"there is no {path!r} (stopped at {key!r})") from None
    return found


class CorpusRole(SphinxRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        path, _, form = self.text.partition("|")
        try:
            text = in_words(value(path.strip()), form.strip())
        except (KeyError, ValueError, FileNotFoundError) as error:
            message = self.inliner.reporter.error(
                f"{{corpus}}`{self.text}`: {error.args[0]}", line=self.lineno
            )
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        return [nodes.inline(text, text, classes=["measured"])], []


class CorpusTable(SphinxDirective):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        tables = corpus_report.OF_OURS | OF_THE_CARD
        name = self.arguments[0]
        if name not in tables:
            raise self.error(f"there is no table {name!r}; there are {', '.join(tables)}")
        try:
            shown: Table = tables[name](headlines.load())
        except (ValueError, FileNotFoundError) as error:
            raise self.error(f"{{corpus-table}} {name}: {error}") from None
        group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in shown.head), cols=len(shown.head))
        lines = [table_row(list(line)) for line in (shown.head, *shown.rows)]
        for line in lines:
            for entry, is_number in zip(line, shown.numeric(), strict=True):
                if is_number:
                    entry["classes"].append("number")
        group += [nodes.thead("", lines[0]), nodes.tbody("", *lines[1:])]
        return [nodes.table("", nodes.title("", shown.title), group)]


def properties(rows: Rows) -> Table:
    """What `python -m lab corpus check` prints; what cannot be checked during the build is left out."""
    body = [
        (one.name, one.found, one.allowed, "holds" if one.holds else "does not hold")
        for one in corpus_check.properties(rows)
        if one.holds is not None
    ]
    return Table("Properties, each computed", ("property", "found", "allowed", "result"), body)


def stored_scores(rows: Rows) -> dict[str, Any]:
    """The stored scores, if they are of these headlines and whole."""
    found = scorecard.load()
    if found["corpus"]["sha256"] != corpus.content_hash(rows):
        raise ValueError("assets/corpus/scores.json is of other headlines: python -m lab corpus score")
    for section in SHOWN:
        if section not in found:
            half = section.removeprefix("phrasebank_")
            how = "" if section == "ours" else f" --phrasebank {half}"
            raise ValueError(f"assets/corpus/scores.json has no {section}: python -m lab corpus score{how}")
    return found


def scores(rows: Rows, section: str, title: str) -> Table:
    """One line for each classifier: accuracy and macro-F1, each with its interval."""
    found = {(score.model, score.metric): score for score in scorecard.scores(stored_scores(rows), section)}
    body = []
    for model, name in scorecard.MODELS.items():
        cells = [name]
        for metric in scorecard.METRICS:
            score = found[model, metric]
            low, high = score.interval
            cells += [f"{score.value:.3f}", f"{low:.3f} to {high:.3f}"]
        body.append(tuple(cells))
    return Table(title, ("classifier", "accuracy", "95% interval", "macro-F1", "95% interval"), body)


def bounds(rows: Rows) -> Table:
    """What the headlines had to show, and whether they do."""
    measured = stored_scores(rows)
    difference = scorecard.length_gives_away(measured)
    limit = scorecard.LENGTH_GIVES_AWAY
    kept = "holds" if abs(difference) <= limit else "does not hold"
    name = "accuracy on our own headlines, the length alone less always neutral"
    body = [(name, f"{difference:.3f}", f"within {limit:.2f} of 0", kept)]
    for section in SHOWN:
        for score in scorecard.scores(measured, section):
            if score.allowed:
                name = f"{scorecard.METRICS[score.metric]} on {score.on}, {scorecard.MODELS[score.model]}"
                kept = "holds" if score.holds else "does not hold"
                body.append((name, f"{score.value:.3f}", score.allowed, kept))
    return Table("What the headlines had to show", ("figure", "found", "must be", "result"), body)


def compared(rows: Rows) -> Table:
    """Our own headlines beside real news."""
    ours = variety.figures([row.text for row in rows])
    real = stored_scores(rows)["real_news"]["variety"]
    body = [
        (name, measure_in_words(ours[measure]), measure_in_words(real[measure]))
        for measure, name in variety.NAMES.items()
    ]
    return Table("Variety", ("measure", "our own headlines", "real news"), body)


OF_THE_CARD = {
    "properties": properties,
    "scores-ours": lambda rows: scores(
        rows, "ours", "Trained on our own headlines, scored on others of them"
    ),
    "scores-real": lambda rows: scores(
        rows, SHOWN[1], "Trained on all our own headlines, scored on real news"
    ),
    "bounds": bounds,
    "variety": compared,
}


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("corpus", CorpusRole())
    app.add_directive("corpus-table", CorpusTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
