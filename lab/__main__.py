"""The lab at the command line: `python -m lab corpus check|describe|score` and `... verdict FILE...`."""

from __future__ import annotations

import argparse
import io
import os
import sys

from lab import corpus, corpus_check, corpus_report, headlines, logs, scorecard, verdict

SHOWN = 20  # lines of an error: enough to see what it is about


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    subjects = parser.add_subparsers(required=True)
    actions = subjects.add_parser("corpus", help="the headlines").add_subparsers(required=True)

    check = actions.add_parser("check", help="have our own headlines the properties the book relies on?")
    check.set_defaults(run=lambda _: check_headlines())

    describe = actions.add_parser("describe", help="what is in a corpus?")
    describe.add_argument(
        "name", nargs="?", default="headlines", help="headlines, phrasebank, or a CSV file's path"
    )
    describe.add_argument(
        "--agreement", help="how many in a hundred of phrasebank's annotators agree: all, 75, 66 or 50"
    )
    describe.set_defaults(run=lambda chosen: describe_corpus(chosen.name, chosen.agreement))

    score = actions.add_parser(
        "score", help="what can simple models learn from the headlines? (stored in assets/corpus)"
    )
    score.add_argument("--phrasebank", choices=scorecard.HALVES, help="score on this half of real news")
    score.set_defaults(run=lambda chosen: score_corpus(chosen.phrasebank))

    judge = subjects.add_parser("verdict", help="how did a training run end?")
    judge.add_argument(
        "files", nargs="+", metavar="FILE", help="trainer_state.json, a CSV with named columns, or a run file"
    )
    judge.set_defaults(run=lambda chosen: judge_files(chosen.files))

    chosen = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file on Windows may not take every letter
    try:
        code = int(chosen.run(chosen))
        sys.stdout.flush()
        return code
    except corpus.CorpusError as error:
        lines = str(error).split("\n")
        more = [f"… and {len(lines) - SHOWN:,} more."] if len(lines) > SHOWN else []
        print(*lines[:SHOWN], *more, sep="\n", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def check_headlines() -> int:
    """Print every property; 1 where one does not hold."""
    signs = {True: "holds", False: "FAILS", None: "open"}
    found = list(corpus_check.properties(headlines.load()))
    body = [(one.name, one.found, one.allowed, signs[one.holds]) for one in found]
    print(corpus_report.Table("Our own headlines", ("property", "found", "allowed", "result"), body))
    return int(any(one.holds is False for one in found))


def describe_corpus(name: str, agreement: str | None) -> int:
    loaded = corpus.load(name, agreement)
    print(loaded.describe())
    tables = corpus_report.OF_OURS if loaded.name == "headlines" else corpus_report.OF_ANY
    for table in tables.values():
        print(f"\n{table(loaded)}")
    return 0


def score_corpus(half: str | None) -> int:
    try:
        from lab import corpus_scores, encoders  # seconds to import
    except ImportError as error:
        raise corpus.CorpusError(f"Scores need the packages of requirements.txt ({error}).") from error
    try:
        stored = corpus_scores.store(half)
    except encoders.EncoderError as error:
        raise corpus.CorpusError(str(error)) from error
    body = []
    for score in scorecard.scores(stored, f"phrasebank_{half}" if half else "ours"):
        interval = "{:.3f} to {:.3f}".format(*score.interval)
        kept = "" if not score.allowed else "holds" if score.holds else "does not hold"
        body.append((score.model, score.metric, f"{score.value:.3f}", interval, score.allowed, kept))
    head = ("classifier", "measure", "score", "95% interval", "must be", "result")
    print(corpus_report.Table(f"Stored in {scorecard.FILE}", head, body))
    return 0


def judge_files(files: list[str]) -> int:
    """One line for each file: FILE: VERDICT[, overfitting]: evidence; 1 where a file cannot be read."""
    code = 0
    for file in files:
        try:
            found = verdict.judge(logs.read(file))
        except logs.LogError as error:
            print(error, file=sys.stderr)
            code = 1
        else:
            print(f"{file}: {found.name}{', overfitting' * bool(found.overfitting)}: {found.evidence}")
    return code


if __name__ == "__main__":
    sys.exit(main())
