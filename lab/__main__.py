"""The lab at the command line: `python -m lab corpus check|describe|score`."""

from __future__ import annotations

import argparse
import sys

from lab import corpus, corpus_check, corpus_report, headlines, scorecard


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    subjects = parser.add_subparsers(required=True, metavar="corpus")
    headline = subjects.add_parser("corpus", help="the headlines")
    actions = headline.add_subparsers(required=True, metavar="ACTION")

    check = actions.add_parser("check", help="have our own headlines the properties the book relies on?")
    check.set_defaults(run=lambda _: check_headlines())

    describe = actions.add_parser("describe", help="what is in a corpus?")
    describe.add_argument(
        "name", nargs="?", default="headlines", help="headlines, phrasebank, or a CSV file's path"
    )
    describe.add_argument("--agreement", help="the level of phrasebank: all, 75, 66 or 50")
    describe.set_defaults(run=lambda chosen: describe_corpus(chosen.name, chosen.agreement))

    score = actions.add_parser("score", help="what can simple models learn from the headlines?")
    score.add_argument("--phrasebank", choices=scorecard.HALVES, help="score on this half of real news")
    score.set_defaults(run=lambda chosen: score_corpus(chosen.phrasebank))

    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except corpus.CorpusError as error:
        print(error, file=sys.stderr)
        return 1


def check_headlines() -> int:
    """Print every property; 1 where one does not hold."""
    signs = {True: "holds", False: "FAILS", None: "open"}
    found = list(corpus_check.properties(headlines.load()))
    body = [(one.name, one.found, one.allowed, signs[one.holds]) for one in found]
    print(corpus_report.Table("Our own headlines", ("property", "found", "allowed", ""), body))
    return int(any(one.holds is False for one in found))


def describe_corpus(name: str, agreement: str | None) -> int:
    loaded = corpus.load(name, agreement)
    print(loaded.describe())
    tables = corpus_report.OF_OURS if loaded.name == "headlines" else corpus_report.OF_ANY
    for table in tables.values():
        print(f"\n{table(loaded)}")
    return 0


def score_corpus(half: str | None) -> int:
    from lab import corpus_scores  # scikit-learn, torch and transformers: seconds to import

    stored = corpus_scores.store(half)
    for score in scorecard.scores(stored, f"phrasebank_{half}" if half else "ours"):
        low, high = score.interval
        print(f"{score.on:24} {score.model:15} {score.metric:9} {score.value:.3f} ({low:.3f} to {high:.3f})")
    print(f"stored in {scorecard.FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
