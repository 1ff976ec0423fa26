"""What a run says to people: its line in the experiment log, and a draft of the tuning decision log.

    from lab import records, report
    runs = [records.load(f"page-model-{preset}-seed-0") for preset in ("too-low", "just-right")]
    print(report.markdown([report.log_row(run) for run in runs]))
    print(report.decision_log(runs))

What a run measured is filled in; what somebody has to judge is left open. Standard library only.
"""

from __future__ import annotations

import csv as csv_files
import io
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from statistics import fmean
from typing import Any

from lab import records
from lab.charts import PRESET_NAMES
from lab.records import Run
from lab.settings import MACHINE_DIALS, TFIDF

COLUMNS = (
    *("Run ID", "LR preset", "LR value", "Scheduler", "Epochs", "Train subset", "Train loss (end)"),
    *("Val loss", "Accuracy", "F1-macro", "Gen. gap", "Notes"),
)
LEGEND = (
    "All figures of a row are of the weights that were kept. Losses are mean cross-entropies in nats. "
    "Train loss (end) is measured without dropout, on a fixed part of the training headlines. Gen. gap is "
    "validation loss minus training loss, the gap in accuracy training minus validation: above 0 is worse on "
    "unseen text."
)
# Each metric's name in a table and in a sentence.
METRICS = {"validation_loss": "Val loss", "accuracy": "Accuracy", "macro_f1": "F1-macro"}
METRICS_IN_WORDS = {"validation_loss": "validation loss", "accuracy": "accuracy", "macro_f1": "macro-F1"}
# What a dial does that is set to nothing; the others are off.
UNSET = {"dropout": "the model's own", "train_subset": "all"}
# Of the dials, these are no choice that a decision log weighs, or stand in its context.
NOT_WEIGHED = {"seed", "fault", "corpus", "agreement", "encoder", *MACHINE_DIALS}
# What makes a spreadsheet read a text as a formula, the wide forms of East Asian keyboards among them.
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")

Cell = str | int | float
Row = Mapping[str, Cell]


def in_words(value: Any, form: str = "") -> str:
    """A measured value as it stands in prose: three significant digits unless ``form`` says otherwise."""
    if isinstance(value, str | bool):
        return str(value)
    if not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not one value; name one with [number] or .name")
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "infinity" if value > 0 else "minus infinity"
    if form:
        return format(value, form)
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 or value == 0 else rate_in_words(value)


def rate_in_words(value: float) -> str:
    """A number between -1 and 1 both ways, to three significant digits: 0.00002 (2e-5)."""
    rounded = f"{value:.2e}"
    mantissa, exponent = rounded.split("e")
    return f"{Decimal(rounded):f}".rstrip("0") + f" ({float(mantissa):g}e{int(exponent)})"


def time_in_words(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def corpus_in_words(corpus: Mapping[str, Any]) -> str:
    """headlines, version 1, SHA-256 7d94f3e9460a399a…"""
    version = f", version {corpus['version']}" if corpus.get("version") else ""
    agreement = f", agreement {corpus['agreement']}" if corpus.get("agreement") else ""
    return f"{corpus['name']}{agreement}{version}, SHA-256 {corpus['sha256'][:16]}…"


def rate_of(run: Run) -> str:
    """The learning rate, with its preset's sign and name where it is a preset's."""
    rate = in_words(float(run.settings["learning_rate"]))
    return f"{rate} {PRESET_NAMES.get(run.preset, run.preset)}" if run.preset else rate


def log_row(run: Run) -> dict[str, Cell]:
    """The run as a line of the experiment log: the COLUMNS in their order, as LEGEND explains them.

    Figures are numbers, rounded to 3 decimals; Epochs is how many were trained, Train subset how many
    headlines. Notes are drafted from what the run recorded.
    """
    row = _kept(run)
    figures = {
        "Train loss (end)": row["train_loss"],
        **{title: row[name] for name, title in METRICS.items()},
        "Gen. gap": row["validation_loss"] - row["train_loss"],
    }
    cells: dict[str, Cell] = {
        "Run ID": run.id,
        "LR preset": PRESET_NAMES.get(run.preset, run.preset) if run.preset else "none",
        "LR value": in_words(float(run.settings["learning_rate"])),
        "Scheduler": _schedule(run.settings),
        "Epochs": _whole(run.evaluations[-1]["epoch"]),
        "Train subset": run.corpus["train"],
        **{title: round(value, 3) for title, value in figures.items()},
        "Notes": " ".join(_notes(run)),
    }
    return {column: cells[column] for column in COLUMNS}


def markdown(rows: Iterable[Row]) -> str:
    """The experiment log as a Markdown table, with LEGEND below it."""
    return f"{_table(COLUMNS, ([row[column] for column in COLUMNS] for row in rows))}\n\n{LEGEND}\n"


def csv(rows: Iterable[Row]) -> str:
    """The experiment log as CSV, in which no text can be taken for a formula.

    Write it in the encoding utf-8-sig: without that mark, Excel shows the presets' signs as other letters.
    """
    text = io.StringIO(newline="")
    writer = csv_files.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(_not_a_formula(row[column]) for column in COLUMNS)
    return text.getvalue()


def decision_log(runs: Run | Sequence[Run]) -> str:
    """A draft of the tuning decision log in its six sections, in Markdown.

    The first run, with its other seeds, is what the others are compared with. Raises ValueError where there
    is no run.
    """
    runs = [runs] if isinstance(runs, Run) else list(runs)
    if not runs:
        raise ValueError("there is no run to write about; one or more are needed.")
    experiments = _experiments(runs)
    sections = {
        "1. Context": _context(runs),
        "2. Baseline": _baseline(runs),
        "3. Experiments": _changes(experiments),
        "4. Decision": _decision(experiments),
        "5. Evidence": _evidence(runs),
        "6. Next steps": _next_steps(runs),
    }
    written = "\n".join(f"## {title}\n\n{chr(10).join(lines)}\n" for title, lines in sections.items())
    return f"""# Tuning decision log: draft

The figures are filled in from the record of {_count(len(runs), "training run")}. Where a figure has two more
in brackets, it is the mean of several, and they are the lowest and the highest. What is marked
**[your words: …]** is yours to write.

{written}"""


def _context(runs: Sequence[Run]) -> Iterator[str]:
    classes = runs[0].classes
    yield f"- Task: to sort headlines of financial news into {len(classes)} classes: {', '.join(classes)}."
    yield f"- Model: {_each(_model(run) for run in runs)}."
    corpora = (corpus_in_words(run.corpus) + f", {run.corpus['rows']:,} rows" for run in runs)
    yield f"- Data: {_each(corpora)}."
    yield (
        f"- Split: {_each(_split(run) for run in runs)}, drawn by {_seeds(runs)}; headlines of one group are "
        "in one part."
    )
    seconds, energy = sum(run.seconds for run in runs), sum(run.energy["kilowatt_hours"] for run in runs)
    yield (
        f"- Spent: {time_in_words(seconds)} of training and evaluation, and about {in_words(1000 * energy)} "
        f"watt-hours of electricity. That is an estimate: {_each(run.energy['assumption'] for run in runs)}."
    )
    yield f"- Machine: {_each(_machine(run) for run in runs)}."
    yield _yours("who would use the model, and what does a wrong answer cost them?")
    yield _yours("how much time or money was there for this, and who decided that?")


def _baseline(runs: Sequence[Run]) -> Iterator[str]:
    yield "Three yardsticks, measured on the same validation headlines as the runs:"
    yield ""
    shares = {_validation(run): _largest_class(run) for run in runs}
    largest = [share for _, share in shares.values()]
    k = len(runs[0].classes)
    rows = [
        [
            f"always {_each(label for label, _ in shares.values())}",
            "–",
            _spread(largest),
            _spread([2 * share / (1 + share) / k for share in largest]),
        ]
    ]
    for route in dict.fromkeys(run.route for run in runs):
        # Runs of one seed start alike, whatever is done to them afterwards.
        starts = dict.fromkeys(
            tuple(run.evaluations[0][name] for name in METRICS) for run in runs if run.route == route
        )
        rows.append([f"{route}, untrained", *(_spread(values) for values in zip(*starts, strict=True))])
    word_counts = [alike for alike in _experiments(runs) if alike[0].settings.get("encoder") == TFIDF]
    finals = ["not run"] * len(METRICS)
    if word_counts:
        best = min(word_counts, key=lambda alike: _worst_if_broken(_mean(alike, "validation_loss")))
        finals = [_spread([_kept(run)[name] for run in best]) for name in METRICS]
    rows.append(["word-count model", *finals])
    yield _table(("Yardstick", *METRICS.values()), rows)
    yield ""
    yield _yours("did one of these surprise you, and why?")


def _changes(experiments: Sequence[Sequence[Run]]) -> Iterator[str]:
    first = experiments[0]
    rows = []
    for alike in experiments:
        changed = _changed(first[0], alike[0])
        others = "" if len(alike) == 1 else f" and {_count(len(alike) - 1, 'other seed')}"
        rows.append(
            [
                alike[0].id + others,
                ", ".join(changed) or "none, the first",
                ", ".join(changed.values()) or rate_of(first[0]),
                _yours("what did you expect, before it ran?", bullet=False),
                _observed(alike),
                "" if alike is first else _difference(first, alike),
            ]
        )
    yield _table(("Run", "Dial changed", "Setting", "Expected", "Observed", "Key metric change"), rows)
    yield ""
    yield (
        "Every change is against the first row, on the validation headlines that both were measured on; of "
        "several seeds it is the change of their mean."
    )
    if any(len(_changed(first[0], alike[0])) > 1 for alike in experiments):
        yield ""
        yield "Where two dials changed at once, no difference can be put down to either of them alone."


def _decision(experiments: Sequence[Sequence[Run]]) -> Iterator[str]:
    for route in dict.fromkeys(alike[0].route for alike in experiments):
        own = _on_the_same([alike for alike in experiments if alike[0].route == route])
        for name, best, word in (("validation_loss", min, "Lowest"), ("macro_f1", max, "Highest")):
            finite = [alike for alike in own if math.isfinite(_mean(alike, name))]
            if len(finite) > 1:
                chosen = best(finite, key=partial(_mean, name=name))
                seeds = f" (mean of {len(chosen)} seeds)" if len(chosen) > 1 else ""
                value = f"{_mean(chosen, name):.3f}{seeds}"
                yield (
                    f"- {word} {METRICS_IN_WORDS[name]} of the {route} runs: {value}, "
                    f"with learning rate {rate_of(chosen[0])}, in {chosen[0].id}."
                )
    yield _yours("which settings do you choose, and why are they good enough?")
    shared = [
        f"{name} {_setting(name, experiments[0][0])}"
        for name in experiments[0][0].settings
        if name not in NOT_WEIGHED
        and not any(name in _changed(experiments[0][0], alike[0]) for alike in experiments)
    ]
    yield f"- The same in every run, so no other value was tried: {_text(', '.join(shared))}."
    yield _yours("which of these did you leave alone on purpose, and why?")


def _evidence(runs: Sequence[Run]) -> Iterator[str]:
    yield markdown(log_row(run) for run in runs)
    for run in runs:
        if run.verdict:
            yield f"- {run.id}: {_text(run.verdict['name'])}. {_text(run.verdict['evidence'])}"
    for run in runs:
        known = {name: run.final[name] for name in METRICS if name in run.final}
        if known:
            widths = ", ".join(
                f"{METRICS_IN_WORDS[name]} {_interval(final)}" for name, final in known.items()
            )
            yield f"- {run.id}, 95 % intervals: {widths}."
    yield ""
    yield "How far this carries:"
    yield ""
    yield from _limits(runs)
    yield _yours("what do the curves look like, on training and on validation headlines?")
    yield _yours("what could go wrong if somebody relied on this?")


def _limits(runs: Sequence[Run]) -> Iterator[str]:
    if len({run.settings["seed"] for run in runs}) == 1:
        yield "- One seed, so one split and one order of the headlines: another seed gives other figures."
    else:
        yield "- Each seed draws a split of its own, and that too makes their figures differ."
    yield (
        "- An interval says how much depends on which headlines were held out, and nothing about the seed. "
        "A difference between two runs that is small beside it may be chance."
    )
    yield "- Whatever is chosen by its validation figures looks a little better there than it is."
    yield "- None of these runs has looked at the test part."
    names = {run.corpus["name"] for run in runs}
    if "headlines" in names:
        yield "- The headlines were written for teaching, about companies that do not exist."
    if "phrasebank" in names:
        yield "- Sentences on which too few of phrasebank's readers agreed are left out, the harder ones."
    for part in ("train", "validation"):
        shares = sorted({run.settings.get(f"{part}_label_noise", 0) for run in runs} - {0})
        if shares:
            said = "training" if part == "train" else part
            yield f"- Wrong on purpose: {', '.join(f'{share:.0%}' for share in shares)} of the {said} labels."


def _next_steps(runs: Sequence[Run]) -> Iterator[str]:
    yield _yours("one improvement of the data")
    yield _yours("one improvement of the tuning")
    for first_try in dict.fromkeys(run.verdict["first_try"] for run in runs if run.verdict):
        alike = [run.id for run in runs if run.verdict and run.verdict["first_try"] == first_try]
        yield f"  - From the verdict on {', '.join(alike)}: {_text(first_try)}"
    yield _yours("one improvement of how the model is judged")


def _experiments(runs: Sequence[Run]) -> list[list[Run]]:
    """The runs that differ in nothing but the seed and the machine, together, in the order of the first."""
    together: dict[str, list[Run]] = {}
    for run in runs:
        asked = {name: value for name, value in run.settings.items() if name not in {"seed", *MACHINE_DIALS}}
        together.setdefault(json.dumps([run.route, asked], sort_keys=True, default=str), []).append(run)
    return list(together.values())


def _changed(first: Run, other: Run) -> dict[str, str]:
    """Each dial that the two have at different values, and the other's value of it."""
    if first.route != other.route:
        return {"route": other.route}
    names = [name for name in {**first.settings, **other.settings} if name not in {"seed", *MACHINE_DIALS}]
    return {
        name: _setting(name, other) for name in names if other.settings.get(name) != first.settings.get(name)
    }


def _setting(name: str, run: Run) -> str:
    value = run.settings.get(name)
    if value is None:
        return UNSET.get(name, "off")
    if name == "learning_rate":
        return rate_of(run)
    return in_words(value) if isinstance(value, float) else str(value)


def _observed(alike: Sequence[Run]) -> str:
    names = Counter(_verdict(run) for run in alike if run.verdict)
    verdicts = ", ".join(name if len(alike) == 1 else f"{name} ({n})" for name, n in names.items())
    starts = [run.evaluations[0]["validation_loss"] for run in alike]
    ends = [_kept(run)["validation_loss"] for run in alike]
    losses = f"validation loss from {_spread(starts)} to {_spread(ends)}"
    return f"{verdicts}; {losses}" if verdicts else losses


def _difference(first: Sequence[Run], other: Sequence[Run]) -> str:
    if first[0].route != other[0].route:
        return "another route: not compared"
    same = _on_the_same([first, other])
    if not same:
        return "other validation headlines: not compared"
    before, after = same
    return ", ".join(
        f"{title} {in_words(_mean(after, name) - _mean(before, name), '+.3f')}"
        for name, title in METRICS_IN_WORDS.items()
    )


def _on_the_same(experiments: Sequence[Sequence[Run]]) -> list[list[Run]]:
    """Of each experiment the runs measured on headlines that all of them have; nothing where none are."""
    shared = set.intersection(*({_validation(run) for run in alike} for alike in experiments))
    return [[run for run in alike if _validation(run) in shared] for alike in experiments] if shared else []


def _validation(run: Run) -> str:
    """Which headlines, with which labels, a run was measured on."""
    names = ("sha256", "split_sha256", "split_seed", "validation", "validation_labels")
    return json.dumps([run.corpus.get(name) for name in names], sort_keys=True)


def _mean(alike: Sequence[Run], name: str) -> float:
    return fmean(_kept(run)[name] for run in alike)


def _worst_if_broken(loss: float) -> float:
    return loss if math.isfinite(loss) else math.inf


def _kept(run: Run) -> dict[str, Any]:
    """The evaluation of the weights that were kept: the last, or the best where a run went back to it."""
    row: dict[str, Any] = run.evaluations[run.final.get("evaluation", -1)]
    return row


def _largest_class(run: Run) -> tuple[str, float]:
    """The commonest label in validation, and its share: what always answering it gets right."""
    labels = run.corpus["validation_labels"]
    label = max(labels, key=labels.__getitem__)
    return label, labels[label] / sum(labels.values())


def _notes(run: Run) -> Iterator[str]:
    """What to know about a run beside its figures, a sentence each."""
    kept, start = _kept(run), run.evaluations[0]["validation_loss"]
    if run.verdict:
        rate = run.verdict.get("learning_rate")
        yield f"Verdict: {_verdict(run)}{f', learning rate {rate}' if rate else ''}."
    if run.status != records.FINISHED:
        asked = run.settings.get("num_train_epochs")
        yield f"{run.status.capitalize()} after epoch {run.evaluations[-1]['epoch']:g} of {asked}."
    finite = [row for row in run.evaluations if math.isfinite(row["validation_loss"])]
    if finite:
        best = min(finite, key=lambda row: row["validation_loss"])
        yield f"Lowest validation loss {best['validation_loss']:.3f}, {_when(best)}."
    if kept is not run.evaluations[-1]:
        yield f"Figures are those {_when(kept)}, whose weights were kept."
    if kept.get("accuracy_gap") is not None:
        yield f"Gap in accuracy {in_words(kept['accuracy_gap'], '.3f')}."
    if (true := run.final.get("on_true_labels")) is not None:
        yield f"On the true labels: accuracy {true['accuracy']:.3f}, macro-F1 {true['macro_f1']:.3f}."
    if kept["validation_loss"] > start:
        yield f"Validation loss ended above its start ({start:.3f})."
    if len(given := [label for label, count in kept["predicted_counts"].items() if count]) == 1:
        yield f"Every answer is {given[0]}."
    if broken := [row for row in run.evaluations if not math.isfinite(row["validation_loss"])]:
        yield f"Validation loss {in_words(broken[0]['validation_loss'])} {_when(broken[0])}."
    steps = zip(run.steps.get("step", ()), run.steps.get("loss", ()), strict=True)
    if (odd := next(((step, loss) for step, loss in steps if not math.isfinite(loss)), None)) is not None:
        yield f"The loss of step {odd[0]} is {in_words(odd[1])}."


def _verdict(run: Run) -> str:
    return str(run.verdict["name"]) + (", overfitting" if run.verdict.get("overfitting") else "")


def _when(row: Mapping[str, Any]) -> str:
    return f"after epoch {row['epoch']:g}" if row["epoch"] else "before training"


def _schedule(settings: Mapping[str, Any]) -> str:
    name, warmup = settings.get("lr_scheduler_type", "constant"), settings.get("warmup_steps", 0)
    if not warmup:
        return str(name)
    return f"{name}, warm-up {warmup:.0%} of the steps" if warmup < 1 else f"{name}, warm-up {warmup:g} steps"


def _model(run: Run) -> str:
    if "parameters" not in run.model:
        return run.route
    every, trained = run.model["parameters"], run.model["trainable_parameters"]
    share = "all" if every == trained else f"{trained:,}"
    return f"{run.model['name']} ({every:,} parameters, {share} of them trained)"


def _split(run: Run) -> str:
    return f"{run.corpus['train']:,} headlines to train on, {run.corpus['validation']:,} for validation"


def _seeds(runs: Sequence[Run]) -> str:
    seeds = sorted({run.settings["seed"] for run in runs})
    return f"seed{'s' * (len(seeds) != 1)} {', '.join(map(str, seeds))}"


def _machine(run: Run) -> str:
    known = {name: run.environment.get(name) for name in ("cpu", "platform", "device", "dtype", "threads")}
    return ", ".join(f"{name} {value}" for name, value in known.items() if value is not None)


def _interval(final: Mapping[str, float]) -> str:
    low, high = in_words(final["low"], ".3f"), in_words(final["high"], ".3f")
    width = (
        f", {final['high'] - final['low']:.3f} wide" if math.isfinite(final["high"] - final["low"]) else ""
    )
    return f"{in_words(final['value'], '.3f')} ({low} to {high}{width})"


def _spread(values: Sequence[float]) -> str:
    """One value, or the mean of several different ones and their range."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return in_words(values[0])
    if len(finite) < len(values):
        return f"not a number in {len(values) - len(finite)} of {len(values)}"
    low, high = (f"{end:.3f}" for end in (min(values), max(values)))
    return low if low == high else f"{fmean(values):.3f} ({low} to {high})"


def _each(texts: Iterable[str]) -> str:
    """Whatever differs among the texts, once each."""
    return _text("; ".join(dict.fromkeys(texts)))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _whole(number: float) -> int | float:
    return int(number) if number == int(number) else round(number, 3)


def _yours(question: str, *, bullet: bool = True) -> str:
    return f"{'- ' * bullet}**[your words: {question}]**"


def _table(head: Sequence[str], rows: Iterable[Iterable[Cell]]) -> str:
    lines = [head, ["---"] * len(head), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell if cell.startswith("**[your words") else _text(cell)
    return in_words(cell, ".3f" if isinstance(cell, float) else "d")


def _text(text: str) -> str:
    """Text that Markdown shows as it is: a run file may be anybody's."""
    # An underscore within a word, as in the names of dials, is no mark-up.
    return re.sub(r"[\\`*\[\]<>|]|\b_|_\b", r"\\\g<0>", " ".join(text.split()))


def _not_a_formula(cell: Cell) -> str:
    if isinstance(cell, str):
        return f"'{cell}" if FORMULA.match(cell) else cell
    return in_words(cell, ".3f" if isinstance(cell, float) else "d")
