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

from lab import corpus, corpus_check, corpus_report, headlines, scorecard
from lab.corpus_report import Table


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


def properties(rows: list[headlines.AnnotatedHeadline]) -> Table:
    """What `python -m lab corpus check` prints."""
    signs = {True: "holds", False: "does not hold", None: "open"}
    body = [(one.name, one.found, one.allowed, signs[one.holds]) for one in corpus_check.properties(rows)]
    return Table("Properties, each computed", ("property", "found", "allowed", ""), body)


def scores(rows: list[headlines.AnnotatedHeadline]) -> Table:
    """The stored scores with their bounds."""
    stored = scorecard.load()
    if stored["corpus"]["sha256"] != corpus.content_hash(rows):
        raise ValueError("assets/corpus/scores.json is of other headlines: python -m lab corpus score")
    body = []
    for score in scorecard.scores(stored):
        low, high = score.interval
        figures = (f"{score.value:.3f}", f"{low:.3f} to {high:.3f}", bounds(score), kept(score))
        body.append((scorecard.MODELS[score.model], score.on, scorecard.METRICS[score.metric], *figures))
    head = ("classifier", "scored on", "measure", "score", "95 % interval", "must be", "")
    return Table("What four classifiers score", head, body)


def bounds(score: scorecard.Score) -> str:
    if score.least is None:
        return ""
    return f"at least {score.least:.2f}" if score.most is None else f"{score.least:.2f} to {score.most:.2f}"


def kept(score: scorecard.Score) -> str:
    return "" if score.least is None else "holds" if score.holds else "does not hold"


OF_THE_CARD = {"properties": properties, "scores": scores}


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("corpus", CorpusRole())
    app.add_directive("corpus-table", CorpusTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
