"""Our own headlines in prose and in tables: the ``{corpus}`` role and the ``{corpus-table}`` directive.

``{corpus}`readings.all.kappa``` writes one figure, computed from the headlines while the book is built;
``{corpus}`scores.ours.word-count.accuracy.value|.2f``` one that lab.corpus_scores stored. A format may follow
after a bar, as in the ``{run}`` role. ``{corpus-table} sectors`` is a table of lab.corpus_report, or one of
those below. A name that does not exist fails the build.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from docutils import nodes
from run import in_words, table_row
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from lab import corpus, corpus_check, corpus_report, headlines, scorecard, variety
from lab.corpus_report import Table, share

Rows = list[headlines.AnnotatedHeadline]


@cache
def figures() -> dict[str, Any]:
    """Every figure that prose may name; the stored scores under ``scores``."""
    return corpus_report.figures(headlines.load()) | {"scores": scorecard.load()}


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
        except (KeyError, ValueError) as error:
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
        shown: Table = tables[name](headlines.load())
        group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in shown.head), cols=len(shown.head))
        numeric = [all(cell[:1].isdigit() for cell in column) for column in zip(*shown.rows, strict=True)]
        lines = [table_row(list(line)) for line in (shown.head, *shown.rows)]
        for line in lines:
            for entry, is_number in zip(line, numeric, strict=True):
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
    return Table("Properties, each computed", ("property", "found", "allowed", ""), body)


def stored_scores(rows: Rows) -> dict[str, Any]:
    """The stored scores, if they are of these headlines."""
    stored = scorecard.load()
    if stored["corpus"]["sha256"] != corpus.content_hash(rows):
        raise ValueError("assets/corpus/scores.json is of other headlines: python -m lab corpus score")
    return stored


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
    stored = stored_scores(rows)
    difference = scorecard.length_gives_away(stored)
    limit = scorecard.LENGTH_GIVES_AWAY
    kept = "holds" if abs(difference) <= limit else "does not hold"
    name = "accuracy on our own headlines, the length alone less always neutral"
    body = [(name, f"{difference:.3f}", f"within {limit:.2f} of 0", kept)]
    for section, on in (("ours", "our own headlines"), ("phrasebank_second", "real news")):
        for score in scorecard.scores(stored, section):
            if score.least is None:
                continue
            most = "" if score.most is None else f" to {score.most:.2f}"
            allowed = f"{score.least:.2f}{most}" if most else f"at least {score.least:.2f}"
            name = f"{scorecard.METRICS[score.metric]} on {on}, {scorecard.MODELS[score.model]}"
            body.append((name, f"{score.value:.3f}", allowed, "holds" if score.holds else "does not hold"))
    return Table("What the headlines had to show", ("figure", "found", "must be", ""), body)


def compared(rows: Rows) -> Table:
    """Our own headlines beside real news."""
    ours = variety.figures([row.text for row in rows])
    real = stored_scores(rows)["real_news"]["variety"]
    body = [
        ("different words in the first 40,000", f"{ours['words']:,}", f"{real['words']:,}"),
        ("different runs of four words", share(ours["runs"]), share(real["runs"])),
        ("different openings of three words", share(ours["openings"]), share(real["openings"])),
    ]
    return Table("Variety", ("", "our own headlines", "real news"), body)


OF_THE_CARD = {
    "properties": properties,
    "scores-ours": lambda rows: scores(
        rows, "ours", "Trained on our own headlines, scored on others of them"
    ),
    "scores-real": lambda rows: scores(
        rows, "phrasebank_second", "Trained on all our own headlines, scored on real news"
    ),
    "bounds": bounds,
    "variety": compared,
}


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("corpus", CorpusRole())
    app.add_directive("corpus-table", CorpusTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
