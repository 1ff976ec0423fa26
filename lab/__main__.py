"""The lab at the command line: `python -m lab corpus|run|save|predict|report|sweep|bench|verdict`."""

from __future__ import annotations

import argparse
import io
import os
import sys
from pathlib import Path

from lab import (
    commands,
    corpus,
    corpus_check,
    corpus_report,
    experiments,
    headlines,
    logs,
    records,
    scorecard,
    verdict,
)

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

    _add_training(subjects)

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
    except commands.CommandError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _add_training(subjects: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands that train, or need what was trained."""
    train = subjects.add_parser("run", help="train once, watch it, and store the record")
    dials = ("preset", "corpus", "encoder", "seed")
    for dial in dials:
        train.add_argument(f"--{dial}", help=f"see lab.settings; the same as --set {dial}=...")
    train.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="DIAL=VALUE",
        help="learning_rate=3e-5, train_subset=none",
    )
    train.add_argument("--folder", type=Path, default=records.OWN_RUNS, help="where the record goes")
    train.add_argument("--track", help="also report to this tracker: tensorboard, wandb, ...")

    def run(chosen: argparse.Namespace) -> int:
        named = {dial: vars(chosen)[dial] for dial in dials if vars(chosen)[dial] is not None}
        given = [f"{dial}={value}" for dial, value in named.items()]
        return commands.run([*given, *chosen.set], chosen.folder, chosen.track)

    train.set_defaults(run=run)

    save = subjects.add_parser("save", help="keep a run's model and what it came from")
    save.add_argument("name", metavar="RUN", help="a run's name or its file")
    save.set_defaults(run=lambda chosen: commands.save(chosen.name))

    predict = subjects.add_parser("predict", help="ask a run's model, and the same model before training")
    predict.add_argument("name", metavar="RUN", help="a run's name or its file")
    predict.add_argument("texts", nargs="+", metavar="TEXT")
    predict.set_defaults(run=lambda chosen: commands.predict(chosen.name, chosen.texts))

    log = subjects.add_parser("report", help="the experiment-log row of a run, and a decision log's draft")
    log.add_argument("names", nargs="+", metavar="RUN", help="a run's name or its file")
    log.set_defaults(run=lambda chosen: commands.log(chosen.names))

    sweep = subjects.add_parser("sweep", help="compute a named experiment, several runs at a time")
    sweep.add_argument("name", metavar="NAME", help=", ".join(experiments.EXPERIMENTS))
    sweep.add_argument("--scheduler", help="a Dask cluster's address, tcp://...; without it, this machine")
    sweep.add_argument("--folder", type=Path, default=records.RUNS, help="where the records go")
    sweep.set_defaults(run=lambda chosen: commands.sweep(chosen.name, chosen.scheduler, chosen.folder))

    bench = subjects.add_parser("bench", help="how fast does MiniLM train on this machine?")
    bench.add_argument("--threads", type=int, help="every core, where none are given")
    bench.set_defaults(run=lambda chosen: commands.bench(chosen.threads))


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
