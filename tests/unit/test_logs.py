"""Logs as they are found: what they hold is read, and what cannot be read is one sentence."""

import csv
import json
import math
import re
from pathlib import Path
from random import Random

import pytest

from lab import logs, records
from lab.verdict import History, judge

# Written by hand in the form of each tool. The verdict that each must have was written down, with its reason,
# before anything was run on it; "" is what the log cannot say.
LOGS = Path(__file__).parent / "logs"
with (LOGS / "expected.csv").open(encoding="utf-8", newline="") as table:
    EXPECTED = list(csv.DictReader(table))
OURS = LOGS / "downhill-run.json"


def test_each_log_is_among_the_expected():
    assert {row["file"] for row in EXPECTED} | {"expected.csv"} == {path.name for path in LOGS.iterdir()}


@pytest.mark.parametrize("row", EXPECTED, ids=[row["file"] for row in EXPECTED])
def test_a_log_as_it_is_found_gets_an_honest_answer_or_one_clear_error(row):
    if row["verdict"] == "error":
        with pytest.raises(logs.LogError) as caught:
            logs.read(LOGS / row["file"])
        assert row["says"] in str(caught.value)
        return
    found = judge(logs.read(LOGS / row["file"]))
    overfitting = {True: "yes", False: "no", None: ""}[found.overfitting]
    wanted = (row["verdict"], row["overfitting"], row["learning_rate"])
    assert (found.name, overfitting, found.learning_rate or "") == wanted, found.evidence
    assert row["says"] in found.evidence


ODD_VALUES = [
    *(b"NaN", b"-Infinity", b"1e999", b"-1", b"0", b"9" * 400, b"null", b"true", b"[]", b"{}", b'"x"', b'""'),
    *(b"0,5", b"\xe9", b"[1e5]", b'{"a": 1}', b"1e-320"),
]
ODD_MARKS = [
    b'"',
    b",",
    b";",
    b"\t",
    b"\n",
    b"\r",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"<",
    b"[{",
    b":",
    b"step",
]


def broken(content: bytes, rng: Random) -> bytes:
    """One to four accidents: an odd value in the place of another, or bytes lost, doubled or put in."""
    for _ in range(rng.randint(1, 4)):
        values = list(re.finditer(rb'"[^"\n]*"|-?\d[\d.e+-]*', content))
        if values and rng.random() < 0.5:
            one, other = rng.choice(values).span()
            content = content[:one] + rng.choice(ODD_VALUES) + content[other:]
            continue
        one = rng.randrange(len(content) + 1)
        other = min(len(content), one + rng.choice((1, 8, 200)))
        put_in = rng.choice((b"", content[one:other] * 2, rng.choice(ODD_MARKS), rng.randbytes(1)))
        content = content[:one] + put_in + content[rng.choice((one, other, len(content))) :]
    return content


ACCIDENTS = 2000


def test_no_accident_to_a_log_gives_anything_but_an_answer_or_a_sentence(tmp_path):
    rng = Random(0)
    files = sorted(LOGS.iterdir())
    for number in range(ACCIDENTS):
        whole = files[number % len(files)]
        path = tmp_path / whole.name
        path.write_bytes(broken(whole.read_bytes(), rng))
        try:
            assert judge(logs.read(path)).evidence
        except logs.LogError as error:
            assert str(error).startswith(whole.name) and "\n" not in str(error)
        except Exception as error:  # whatever it is, say what it came from
            pytest.fail(f"accident {number} to {whole.name}: {error!r}")


@pytest.fixture
def read(tmp_path):
    def read(content, name="log"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return logs.read(path)

    return read


def trainer(*entries, **more):
    return json.dumps({"global_step": 1, "log_history": list(entries), **more})


def train(step, loss, **more):
    return {"epoch": step / 50, "learning_rate": 2e-5, "loss": loss, "step": step, **more}


def evaluation(step, loss, **more):
    return {"epoch": step / 50, "eval_loss": loss, "eval_runtime": 1.5, "step": step, **more}


def test_a_run_file_of_ours_is_read_as_the_run_is():
    run = records.parse(OURS.read_text("utf-8"), OURS.name)
    assert logs.read(OURS) == History.of_run(run)


def test_a_trainer_state_is_read_with_its_metrics_and_training_losses_between_evaluations(read):
    text = trainer(
        evaluation(0, 1.1, eval_accuracy=0.3),
        train(25, 1.0, grad_norm=2.5),
        train(50, 0.8, grad_norm=1.5),
        evaluation(50, 0.7, eval_accuracy=0.7, eval_f1=0.6),
        train(75, 0.6, grad_norm=1.0),
        evaluation(100, 0.5, eval_accuracy=0.8, eval_macro_f1=0.75),
        {"epoch": 2, "step": 100, "train_loss": 0.9, "train_runtime": 60.0},
    )
    history = read(text, "trainer_state.json")
    assert history.at == [0, 50, 100]
    assert history.validation_loss == [1.1, 0.7, 0.5]
    assert history.training_loss == [None, pytest.approx(0.9), 0.6]
    assert history.accuracy == [0.3, 0.7, 0.8]
    assert history.macro_f1 == [None, 0.6, 0.75]
    assert history.grad_norm == [2.5, 1.5, 1.0]
    assert history.step_loss == [1.0, 0.8, 0.6]
    assert (history.starting_loss, history.start_measured) == (1.1, True)


def test_the_loss_of_step_1_is_the_start_and_a_later_one_only_stands_in_for_it(read):
    rest = [evaluation(step, 0.5) for step in (50, 100, 150)]
    first = read(trainer(train(1, 1.1), *rest))
    assert (first.starting_loss, first.start_measured) == (1.1, True)
    later = read(trainer(train(10, 1.0), *rest))
    assert (later.starting_loss, later.start_measured) == (1.0, False)
    none = read(trainer(*rest, train(500, 0.2)))
    assert (none.starting_loss, none.start_measured) == (0.5, False)


def test_evaluations_every_few_steps_from_a_loss_of_12(read):
    losses = [12.0, 9.0, 7.0, 5.0, 4.0]
    history = read(trainer(*(evaluation(20 * i, loss) for i, loss in enumerate(losses))))
    assert judge(history).name == "still improving"


def test_no_number_as_a_bare_word_and_as_text(read):
    bare = read('{"log_history": [{"step": 0, "eval_loss": 1.1}, {"step": 50, "eval_loss": NaN}]}')
    text = read(trainer(evaluation(0, 1.1), evaluation(50, "NaN")))
    for history in (bare, text):
        assert math.isnan(history.validation_loss[1])
        assert judge(history).name == "diverged"


def test_where_a_run_was_resumed_the_later_entries_win(read):
    text = trainer(
        *(train(10, 1.0), evaluation(10, 0.9), train(20, 0.8), evaluation(20, 5.0), evaluation(30, 6.0)),
        *(train(15, 0.85), train(20, 0.7), evaluation(20, 0.6)),
    )
    history = read(text)
    assert history.at == [10, 20]
    assert history.validation_loss == [0.9, 0.6]
    assert history.step_loss == [1.0, 0.85, 0.7]
    given_up = (train(10, 1.0), train(20, 0.8), evaluation(20, 5.0), train(30, 0.7))
    assert read(trainer(*given_up, train(20, 0.75))).validation_loss == []


def test_the_best_weights_put_back_at_the_end_are_not_the_end_of_training(read):
    summary = {"epoch": 2, "step": 100, "train_loss": 0.5, "train_runtime": 60.0}
    history = read(trainer(evaluation(50, 0.4), evaluation(100, 0.7), summary, evaluation(100, 0.4)))
    assert history.validation_loss == [0.4, 0.7]


@pytest.mark.parametrize(
    "text",
    [
        trainer(),
        trainer(train(10, 1.0), train(20, 0.9)),
        trainer(evaluation(50, 0.5)),
        trainer(train(10, 1.0), {"step": 10, "eval_mnli_loss": 0.5}),  # a name that says nothing certain
        trainer(evaluation(50, None), evaluation(100, 0.5)),
        "step,loss\n",
        "step,loss\n1,0.5\n2,0.4\n3,0.3\n4,0.2\n",
        "epoch,val_loss\n1,\n2,\n3,\n4,\n",
    ],
)
def test_what_no_evaluation_can_tell_is_a_verdict_and_no_error(read, text):
    assert judge(read(text)).name == "not enough to tell"


def test_a_csv_file_by_epochs(read):
    text = "epoch,train_loss,validation_loss,accuracy\r\n0,,1.1,0.3\r\n1,0.9,0.8,0.6\r\n2,0.6,nan,0.7\r\n\r\n"
    history = read("\ufeff" + text)
    assert history.at == [0, 1, 2]
    assert history.validation_loss[:2] == [1.1, 0.8]
    assert math.isnan(history.validation_loss[2])
    assert history.training_loss == [None, 0.9, 0.6]
    assert history.accuracy == [0.3, 0.6, 0.7]
    assert (history.starting_loss, history.start_measured) == (1.1, True)


def test_a_csv_file_with_semicolons_and_names_written_another_way(read):
    history = read('"Global Step";Train/Loss;Eval/Loss;Eval/F1\n0;1.2;1.1;.1\n50;0.9;"0.8";.5\n')
    assert history.validation_loss == [1.1, 0.8]
    assert history.macro_f1 == [0.1, 0.5]


def test_kerass_epoch_0_comes_after_training_and_its_accuracy_is_that_of_training(read):
    text = "epoch,accuracy,loss,val_accuracy,val_loss\n0,.9,.5,.8,.6\n1,.95,.3,.81,.55\n2,.96,.2,.82,.54\n"
    history = read(text)
    assert history.accuracy == [0.8, 0.81, 0.82]
    assert history.at == [1, 2, 3]
    assert not history.start_measured


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("epoch,loss,val_loss\n0,.9,.8\n2,.7,.6\n4,.5,.4\n", [1, 3, 5]),  # evaluated after every other epoch
        ("epoch,loss,val_loss\n0,.9,.8\n0.5,.7,.6\n1,.5,.4\n", [0, 0.5, 1]),  # progress, from the start
        ("epoch,loss,val_loss\n0,,.8\n1,.7,.6\n2,.5,.4\n", [0, 1, 2]),  # nothing was trained before
        ("step,loss,val_loss\n0,.9,.8\n1,.7,.6\n2,.5,.4\n", [1, 2, 3]),  # epochs by another name
        ("step,loss,val_loss\n0,.9,.8\n50,.7,.6\n100,.5,.4\n", [0, 50, 100]),
    ],
)
def test_what_is_counted_from_0_is_the_start_only_where_nothing_was_trained_before(read, text, at):
    history = read(text)
    assert history.at == at
    assert history.start_measured == (at[0] == 0)


def test_the_state_in_a_checkpoint_has_no_end_to_cut_off(read):
    text = trainer(evaluation(50, 0.6), evaluation(100, 0.5), best_model_checkpoint="results/checkpoint-50")
    assert read(text).validation_loss == [0.6, 0.5]


def run_file(**changes):
    return json.dumps(json.loads(OURS.read_text("utf-8")) | changes)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "it is empty"),
        (" \n\n", "it is empty"),
        ('{"log_history": [{"step": 1', "broken JSON"),
        ("[" * 100_000, "broken JSON"),
        ("[]", "neither"),
        ('{"best_metric": 0.5}', "neither"),
        (trainer(3), "neither"),
        (trainer({"loss": 1.0}), "epoch is None"),
        (trainer(train(10, "low")), "loss is 'low'"),
        (trainer(train(10, [1.0])), r"loss is \[1.0\]"),
        (trainer(train(10, 10**400)), "loss is 10000"),
        (trainer({"step": -1, "loss": 1.0}), "step is -1"),
        (trainer({"step": "NaN", "loss": 1.0}), "step is 'NaN'"),
        (run_file(schema=1), "schema is 1"),
        (run_file(evaluations=[{"epoch": 0, "validation_loss": "low"}]), "low"),
        (run_file(evaluations=[{"epoch": 0, "validation_loss": 1, "predicted_counts": [1]}]), "values"),
        (run_file(evaluations=[{"epoch": 0, "predicted_counts": {"neutral": "all"}}]), "whole numbers"),
        (run_file(steps=[]), "get"),
        ('{"evaluations": []}', "missing"),
        ("Dear diary,\nit went well.\n", "its columns are dear_diary"),
        ("epoch,lr\n1,0.1\n", "needed are step or epoch, and a loss"),
        ("loss,val_loss\n1,2\n", "needed are step or epoch"),
        ("epoch,loss\n1,0.5\n2\n", "line 3: it has 1 values; the header allows 2"),
        ("epoch,loss\n1,0.5\n2,good\n", "line 3: loss is 'good'"),
        ('epoch,loss\n1,0.5\n2,"1,234"\n', "line 3: loss is '1,234'"),  # of what is the comma here?
        ("epoch,loss\nlast,0.5\n", "line 2: epoch is 'last'"),
        ("epoch,loss\n,0.5\n", "line 2: epoch is ''"),
        ('epoch,loss\n1,"0.5\n', "broken CSV"),
        (b"\x89PNG\r\n\x1a\n\xff", "not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_that_names_the_file(read, content, why):
    with pytest.raises(logs.LogError, match=rf"(?s)^my\.log.*{why}") as caught:
        read(content, "my.log")
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_errors_of_the_same_kind(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(logs.LogError, match=f"^{path.name}: "):
            logs.read(path)
