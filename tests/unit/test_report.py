"""A run's line in the log and the draft of a decision log say what was measured, and nothing else."""

import csv
import io
import re
from dataclasses import replace
from math import inf, nan

import pytest

from lab import report
from lab.records import DIVERGED, INTERRUPTED, STOPPED_EARLY, Run

VERDICT = {
    "name": "converged",
    "overfitting": True,
    "evidence": "Validation loss starts at 1.1 and ends at 0.5.",
    "learning_rate": "about right",
    "first_try": "Stop earlier.",
}
ASSUMPTION = "15 watts for each busy core"


def evaluation(epoch, train_loss, validation_loss, accuracy, **counts):
    return {
        "epoch": epoch,
        "train_loss": train_loss,
        "train_accuracy": accuracy + 0.1,
        "validation_loss": validation_loss,
        "accuracy": accuracy,
        "macro_f1": accuracy - 0.1,
        "predicted_counts": counts or {"negative": 20, "neutral": 60, "positive": 20},
        "gap": validation_loss - train_loss,
        "accuracy_gap": 0.1,
    }


def interval(value):
    return {"value": value, "low": value - 0.05, "high": value + 0.05}


def run_of(seed=0, preset="just-right", rate=2e-5, loss=0.5, accuracy=0.8, route="minilm", **settings):
    return Run(
        id=f"{route}-{preset or 'other'}-seed-{seed}",
        route=route,
        preset=preset,
        settings={
            "learning_rate": rate,
            "encoder": route,
            "optim": "adamw",
            "lr_scheduler_type": "constant",
            "num_train_epochs": 3,
            "dropout": None,
            "max_grad_norm": None,
            "threads": 1 + seed,
            "seed": seed,
        }
        | settings,
        corpus={
            "name": "headlines",
            "version": 1,
            "sha256": "0123456789abcdef0123",
            "rows": 3104,
            "agreement": None,
            "split_seed": seed,
            "split_sha256": f"split {seed}",
            "train": 800,
            "validation": 100,
            "validation_labels": {"negative": 20 + seed, "neutral": 60 - seed, "positive": 20},
        },
        classes=["negative", "neutral", "positive"],
        evaluations=[
            evaluation(0, 1.2, 1.1, 0.3),
            evaluation(1.0, 0.6, loss - 0.02, accuracy),
            evaluation(2.0, 0.4, loss, accuracy),
        ],
        steps={"step": [1, 2], "loss": [1.1, 0.9], "learning_rate": [rate, rate], "grad_norm": [1.0, 1.0]},
        final={
            "validation_loss": interval(loss),
            "accuracy": interval(accuracy),
            "macro_f1": interval(accuracy - 0.1),
            "evaluation": 2,
        },
        environment={"python": "3.11", "cpu": "Core 5", "threads": 1, "dtype": "float32", "device": "cpu"},
        seconds=60.0,
        cpu_seconds=50.0,
        energy={"kilowatt_hours": 0.001, "assumption": ASSUMPTION},
        verdict=VERDICT,
        model={"name": route, "parameters": 22714371, "trainable_parameters": 74883},
    )


RUN = run_of()


def changed(run, number, **quantities):
    rows = list(run.evaluations)
    rows[number] = rows[number] | quantities
    return replace(run, evaluations=rows)


def test_the_row_has_the_columns_of_the_worksheet_in_their_order():
    assert report.log_row(RUN) == {
        "Run ID": "minilm-just-right-seed-0",
        "LR preset": "● right steps",
        "LR value": "0.00002 (2e-5)",
        "Scheduler": "constant",
        "Epochs": 2,
        "Train subset": 800,
        "Train loss (end)": 0.4,
        "Val loss": 0.5,
        "Accuracy": 0.8,
        "F1-macro": 0.7,
        "Gen. gap": 0.1,
        "Notes": "Verdict: converged, overfitting, learning rate about right. Lowest validation loss 0.480, "
        "after epoch 1. Gap in accuracy 0.100.",
    }
    assert tuple(report.log_row(RUN)) == report.COLUMNS


def test_the_row_is_of_the_weights_that_were_kept():
    row = report.log_row(replace(RUN, status=STOPPED_EARLY, final=RUN.final | {"evaluation": 1}))
    assert (row["Train loss (end)"], row["Val loss"], row["Gen. gap"], row["Epochs"]) == (0.6, 0.48, -0.12, 2)
    assert "Stopped early after epoch 2 of 3." in row["Notes"]
    assert "Figures are those after epoch 1, whose weights were kept." in row["Notes"]


def test_figures_are_rounded_and_stay_numbers():
    row = report.log_row(changed(RUN, 2, validation_loss=0.512345, epoch=1.98765))
    assert (row["Val loss"], row["Gen. gap"], row["Epochs"]) == (0.512, 0.112, 1.988)


@pytest.mark.parametrize(
    ("run", "note"),
    [
        (changed(RUN, 2, validation_loss=1.2), "Validation loss ended above its start (1.100)."),
        (
            changed(RUN, 2, predicted_counts={"negative": 0, "neutral": 100, "positive": 0}),
            "Every answer is neutral.",
        ),
        (
            replace(changed(RUN, 2, validation_loss=nan), status=DIVERGED),
            "Validation loss not a number after epoch 2.",
        ),
        (replace(RUN, steps={"step": [1, 2], "loss": [1.1, inf]}), "The loss of step 2 is infinity."),
        (replace(RUN, status=INTERRUPTED), "Interrupted after epoch 2 of 3."),
        (
            replace(RUN, final=RUN.final | {"on_true_labels": {"accuracy": 0.9, "macro_f1": 0.85}}),
            "On the true labels: accuracy 0.900, macro-F1 0.850.",
        ),
        (
            changed(changed(RUN, 1, validation_loss=2.0), 2, validation_loss=2.0),
            "Lowest validation loss 1.100, before training.",
        ),
    ],
)
def test_what_is_odd_is_noted(run, note):
    assert note in report.log_row(run)["Notes"]
    assert note not in report.log_row(RUN)["Notes"]


def test_a_run_without_a_verdict_has_a_row():
    assert "Verdict" not in report.log_row(replace(RUN, verdict={}))["Notes"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "constant"),
        ({"lr_scheduler_type": "linear", "warmup_steps": 0.1}, "linear, warm-up 10% of the steps"),
        ({"lr_scheduler_type": "cosine", "warmup_steps": 30}, "cosine, warm-up 30 steps"),
    ],
)
def test_the_scheduler_names_its_warm_up(settings, words):
    assert report.log_row(run_of(**settings))["Scheduler"] == words
    assert report.log_row(replace(RUN, settings={"learning_rate": 1.0, "seed": 0}))["Scheduler"] == "constant"


def test_a_rate_of_no_preset_has_no_sign():
    row = report.log_row(run_of(preset=None, rate=0.005))
    assert (row["LR preset"], row["LR value"]) == ("none", "0.005")


def test_the_markdown_table_has_three_decimals_and_says_what_its_columns_are():
    lines = report.markdown([report.log_row(RUN)]).splitlines()
    assert lines[0] == f"| {' | '.join(report.COLUMNS)} |"
    assert "| 2 | 800 | 0.400 | 0.500 | 0.800 | 0.700 | 0.100 | Verdict" in lines[2]
    assert "without dropout" in lines[4] and "above 0 is worse on unseen text" in lines[4]


def test_the_log_of_no_run_is_its_head():
    assert len(report.markdown([]).splitlines()) == 4
    assert report.csv([]) == ",".join(report.COLUMNS) + "\r\n"


def test_text_in_a_table_is_never_mark_up():
    row = report.log_row(RUN) | {"Run ID": "a|b <img> [x](y) *c* _d_", "Notes": "one\ntwo_three"}
    line = report.markdown([row]).splitlines()[2]
    assert r"a\|b \<img\> \[x\](y) \*c\* \_d\_" in line
    assert "one two_three" in line


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\rx", "＝1"])
def test_no_text_in_the_csv_is_a_formula(text):
    row = report.log_row(RUN) | {"Notes": text}
    read = next(csv.DictReader(io.StringIO(report.csv([row]), newline="")))
    assert read["Notes"] == f"'{text}"


def test_numbers_in_the_csv_stay_numbers_and_text_stays_text():
    row = report.log_row(RUN) | {"Gen. gap": -0.12, "Val loss": nan, "Notes": 'a "b", c = d'}
    read = next(csv.DictReader(io.StringIO(report.csv([row]), newline="")))
    assert (read["Gen. gap"], read["Epochs"], read["Accuracy"]) == ("-0.120", "2", "0.800")
    assert (read["Val loss"], read["Notes"]) == ("not a number", 'a "b", c = d')


def sections(text):
    parts = re.split(r"^## \d\. (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_decision_log_has_its_six_sections_and_leaves_judging_open():
    found = sections(report.decision_log(RUN))
    assert list(found) == ["Context", "Baseline", "Experiments", "Decision", "Evidence", "Next steps"]
    assert all("**[your words: " in section for section in found.values())
    assert report.decision_log([RUN]) == report.decision_log(RUN)


def test_the_context_is_filled_in():
    context = sections(report.decision_log([RUN, run_of(1)]))["Context"]
    for fact in (
        "3 classes: negative, neutral, positive",
        "minilm (22,714,371 parameters, 74,883 of them trained)",
        "headlines, version 1, SHA-256 0123456789abcdef…, 3,104 rows",
        "800 headlines to train on, 100 for validation, drawn by seeds 0, 1;",
        f"2 min 0 s of training and evaluation, and about 2 watt-hours of electricity. "
        f"That is an estimate: {ASSUMPTION}.",
        "cpu Core 5, device cpu, dtype float32, threads 1",
    ):
        assert fact in context
    whole = replace(RUN, model=RUN.model | {"trainable_parameters": 22714371})
    assert "all of them trained" in report.decision_log(whole)


def test_the_yardsticks_are_those_of_these_validation_headlines():
    baseline = sections(report.decision_log(RUN))["Baseline"]
    assert "| always neutral | – | 0.600 | 0.250 |" in baseline
    assert "| minilm, untrained | 1.100 | 0.300 | 0.200 |" in baseline
    assert "| word-count model | not run | not run | not run |" in baseline
    baseline = sections(report.decision_log([RUN, run_of(1)]))["Baseline"]
    assert "| 0.595 (0.590 to 0.600) |" in baseline


def test_the_word_count_yardstick_is_the_best_of_the_runs_given():
    worse, better, broken = (
        run_of(0, None, rate, loss=loss, accuracy=0.7, route="tfidf")
        for rate, loss in ((0.1, 0.9), (1.0, 0.75), (100.0, nan))
    )
    baseline = sections(report.decision_log([RUN, worse, broken, better]))["Baseline"]
    assert "| word-count model | 0.750 | 0.700 | 0.600 |" in baseline


def test_changes_are_against_the_first_settings_over_their_seeds():
    high = [run_of(seed, "too-high", 5e-3, loss=1.2, accuracy=0.6) for seed in (0, 1)]
    text = sections(report.decision_log([RUN, run_of(1), *high]))["Experiments"]
    one, other = text.splitlines()[4:6]
    assert "minilm-just-right-seed-0 and 1 other seed | none, the first | 0.00002 (2e-5) ● right steps" in one
    assert "converged, overfitting (2); validation loss from 1.100 to 0.500 |  |" in one
    assert "| learning_rate | 0.005 ▲ giant steps |" in other
    assert "| validation loss +0.700, accuracy -0.200, macro-F1 -0.200 |" in other
    assert "dials changed at once" not in text


def test_where_a_run_was_computed_is_no_dial_that_changed():
    assert "| optim | sgd |" in report.decision_log([RUN, run_of(optim="sgd", threads=8)])


def test_two_dials_changed_at_once_are_called_so():
    text = report.decision_log([RUN, run_of(preset=None, rate=1e-4, optim="sgd")])
    assert "| learning_rate, optim | 0.0001 (1e-4), sgd |" in text
    assert "Where two dials changed at once" in text


def test_settings_are_compared_on_the_seeds_that_all_of_them_have():
    high = [run_of(seed, "too-high", 5e-3, loss=loss) for seed, loss in ((1, 9.0), (0, 1.2), (2, 9.0))]
    found = sections(report.decision_log([RUN, run_of(2, loss=0.7), *high[:2]]))
    assert "| validation loss +0.700, accuracy" in found["Experiments"]
    assert "Lowest validation loss of the minilm runs: 0.500, with" in found["Decision"]
    found = sections(report.decision_log([RUN, run_of(2, loss=0.7), *high]))
    assert "Lowest validation loss of the minilm runs: 0.600 (mean of 2 seeds), with" in found["Decision"]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (run_of(1, optim="sgd"), "other validation headlines: not compared"),
        (run_of(route="tfidf"), "another route: not compared"),
    ],
)
def test_what_was_measured_otherwise_is_not_compared(other, why):
    found = sections(report.decision_log([RUN, other]))
    assert why in found["Experiments"]
    assert "Lowest" not in found["Decision"]


def test_the_decision_names_the_best_figures_and_what_was_not_tried():
    wide = run_of(preset=None, rate=1e-4, loss=0.45, accuracy=0.75)
    broken = run_of(preset="too-high", rate=5e-3, loss=nan, accuracy=0.6)
    decision = sections(report.decision_log([broken, RUN, wide]))["Decision"]
    assert "Lowest validation loss of the minilm runs: 0.450, with learning rate 0.0001 (1e-4)" in decision
    assert "Highest macro-F1 of the minilm runs: 0.700, with learning rate 0.00002 (2e-5)" in decision
    assert (
        "no other value was tried: optim adamw, lr_scheduler_type constant, num_train_epochs 3, "
        "dropout the model's own, max_grad_norm off." in decision
    )


def test_the_evidence_is_the_log_the_verdict_and_the_intervals():
    evidence = sections(report.decision_log(RUN))["Evidence"]
    assert report.markdown([report.log_row(RUN)]) in evidence
    assert f"minilm-just-right-seed-0: converged. {VERDICT['evidence']}" in evidence
    assert "validation loss 0.500 (0.450 to 0.550, 0.100 wide), accuracy 0.800 (0.750" in evidence
    broken = replace(RUN, final=RUN.final | {"validation_loss": {"value": nan, "low": nan, "high": nan}})
    assert "validation loss not a number (not a number to not a number), acc" in report.decision_log(broken)


@pytest.mark.parametrize(
    ("runs", "limit"),
    [
        ([RUN], "One seed, so one split"),
        ([RUN, run_of(1)], "Each seed draws a split of its own"),
        ([replace(RUN, corpus=RUN.corpus | {"name": "phrasebank"})], "phrasebank's readers"),
        ([RUN], "written for teaching"),
        ([run_of(train_label_noise=0.25)], "Wrong on purpose: 25% of the training labels."),
        ([run_of(validation_label_noise=0.1)], "Wrong on purpose: 10% of the validation labels."),
    ],
)
def test_the_limits_are_those_of_the_runs(runs, limit):
    assert limit in report.decision_log(runs)
    other = [run_of(2, train_label_noise=0), run_of(2)] if "One seed" not in limit else [RUN, run_of(1)]
    other = [replace(run, corpus=run.corpus | {"name": "mine.csv"}) for run in other]
    assert limit not in report.decision_log(other)


def test_labels_that_are_right_are_not_called_wrong():
    runs = [RUN, run_of(train_label_noise=0.0, validation_label_noise=0.0)]
    assert "Wrong on purpose" not in report.decision_log(runs)


def test_the_next_steps_offer_what_the_verdict_says_to_try_first():
    steps = sections(report.decision_log([RUN, run_of(1)]))["Next steps"]
    assert "From the verdict on minilm-just-right-seed-0, minilm-just-right-seed-1: Stop earlier." in steps


def test_a_seed_whose_loss_is_not_a_number_is_counted():
    text = report.decision_log([RUN, run_of(1, loss=nan)])
    assert "validation loss from 1.100 to not a number in 1 of 2" in text


def test_a_decision_log_needs_a_run():
    with pytest.raises(ValueError, match="one or more are needed"):
        report.decision_log([])


@pytest.mark.parametrize(
    ("value", "form", "words"),
    [
        (0.91234, "", "0.912"),
        (1234.5, "", "1,234"),
        (0.00002, "", "0.00002 (2e-5)"),
        (-0.000123456, "", "-0.000123 (-1.23e-4)"),
        (0.91234, ".0%", "91%"),
        (nan, ".2f", "not a number"),
        (-inf, "", "minus infinity"),
    ],
)
def test_a_value_in_words(value, form, words):
    assert report.in_words(value, form) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(1.234, "1.2 s"), (59.4, "59 s"), (60, "1 min 0 s"), (465.6, "7 min 46 s")]
)
def test_a_time_in_words(seconds, words):
    assert report.time_in_words(seconds) == words


def test_a_level_of_agreement_is_named():
    corpus = {"name": "phrasebank", "version": None, "agreement": "75", "sha256": "0123456789abcdef0"}
    assert report.corpus_in_words(corpus) == "phrasebank, agreement 75, SHA-256 0123456789abcdef…"
