"""What the page says of a reader's own log, and the examples that it offers."""

import json
import sys
from pathlib import Path

import pytest

from lab import logs, own_log, records, verdict

REPOSITORY = Path(__file__).parents[2]
LOGS = Path(__file__).parent / "logs"
PAGE = REPOSITORY / "book" / "day" / "verdict-on-your-own-run.md"
EXAMPLES = next(
    line.split()[1:] for line in PAGE.read_text("utf-8").splitlines() if line.startswith(":examples:")
)


def look(name):
    return own_log.look((LOGS / name).read_bytes(), name)


def test_the_verdict_is_that_of_the_command_line():
    found = look("overfitting.json")
    judged = verdict.judge(logs.read(LOGS / "overfitting.json"))
    assert found["verdict"] == judged.name == "converged"
    assert found["overfitting"] is judged.overfitting is True
    assert found["evidence"] == judged.evidence
    assert (found["learning_rate"], found["first_try"]) == (judged.learning_rate, judged.first_try)


@pytest.mark.parametrize("log", sorted(path.name for path in LOGS.iterdir()))
def test_any_log_gives_an_answer_that_json_can_carry(log):
    found = look(log)
    json.dumps(found, allow_nan=False)
    try:
        logs.read(LOGS / log)
    except logs.LogError as error:
        assert found == {"error": str(error)}
    else:
        assert found["verdict"] and found["evidence"] and found["first_try"]


@pytest.mark.parametrize(
    ("log", "naive", "change"),
    [
        ("stalled-flat.json", "converged", "no change"),
        ("stalled.json", "converged", "fell by 0.0032"),
        ("overfitting.json", "not converged", "rose by 0.0616"),
        ("one-evaluation.json", "cannot judge", "one evaluation only"),
        ("training-only.csv", "cannot judge", "no evaluation"),
        ("infinity.json", "not converged", "not a number"),
    ],
)
def test_the_naive_rule_and_the_last_change_in_words(log, naive, change):
    found = look(log)
    assert (found["naive"], found["change"]) == (naive, change)


def lines(chart):
    rows = chart["data"]["values"]
    return {
        name: [(row[own_log.X], row["loss"]) for row in rows if row["series"] == name]
        for name in ("training", "validation", "start")
    }


def test_the_chart_has_the_losses_that_the_log_has():
    history = logs.read(LOGS / "overfitting.json")
    drawn = lines(look("overfitting.json")["chart"])
    assert drawn["validation"] == list(zip(history.at, history.validation_loss, strict=True))
    assert [loss for _, loss in drawn["training"]] == [x for x in history.training_loss if x is not None]
    assert drawn["start"] == [(None, history.starting_loss)]


def test_a_loss_that_is_no_number_is_left_out_of_the_chart():
    drawn = lines(look("infinity.json")["chart"])
    assert drawn["validation"] and all(loss < float("inf") for _, loss in drawn["validation"])
    assert look("nan-from-the-start.json")["chart"] is None


def test_a_chart_that_spans_much_has_a_log_axis():
    def scale(losses):
        text = "step,val_loss\n" + "".join(f"{step},{loss}\n" for step, loss in enumerate(losses))
        return own_log.look(text.encode(), "x.csv")["chart"]["encoding"]["y"]["scale"]

    assert scale([1, 2, 100])["type"] == "log"
    assert "type" not in scale([1, 2, 3])
    assert "type" not in scale([0, 2, 300])  # no place for a nought on it


def test_a_long_log_is_thinned_in_the_chart_and_says_so():
    text = "step,val_loss\n" + "".join(f"{step},{1 / (step + 1)}\n" for step in range(1001))
    found = own_log.look(text.encode(), "x.csv")
    drawn = lines(found["chart"])["validation"]
    assert len(drawn) <= own_log.MOST_POINTS + 1
    assert drawn[-1][1] == pytest.approx(1 / 1001)
    assert found["evaluations"] == 1001
    assert "of 1001 evaluations are drawn" in found["chart"]["usermeta"]["caption"]


@pytest.mark.parametrize("text", ["[" * 1000, '{"log_history": ' + "[" * 1000, '{"a":' * 1000])
def test_brackets_in_brackets_are_one_sentence_before_anything_reads_them(text, monkeypatch):
    def never(*given):
        raise AssertionError("in a browser this would end Python")

    monkeypatch.setattr(json, "loads", never)
    found = own_log.look(text.encode(), "deep.json")
    assert found == {"error": "deep.json: it is broken JSON (nested more than 100 deep); a log is not."}


HOSTILE = "\"\"\"');import os;os.x('</script><img src=x onerror=alert(1)>\\ =cmd|'/C calc'!A0 {0} %s"


def test_nothing_of_a_file_but_numbers_gets_into_the_answer():
    rows = [{"step": step, "eval_loss": 1 / step, "note": HOSTILE, HOSTILE: 1} for step in range(1, 6)]
    found = own_log.look(json.dumps({"log_history": rows, HOSTILE: HOSTILE}).encode(), HOSTILE)
    assert found["verdict"]
    assert "onerror" not in json.dumps(found) and "import os" not in json.dumps(found)


def test_no_word_of_the_worksheet_can_be_taken_for_a_formula():
    for log in LOGS.iterdir():
        found = own_log.look(log.read_bytes(), log.name)
        for name in ("change", "naive", "verdict"):
            assert found.get(name, "x")[0] not in "=+-@"


@pytest.fixture(scope="module")
def own_run():
    folder = str(REPOSITORY / "book" / "_ext")
    sys.path.insert(0, folder)
    try:
        import own_run

        return own_run
    finally:
        sys.path.remove(folder)


@pytest.mark.parametrize("run_id", EXAMPLES)
def test_the_log_of_an_example_has_the_verdict_of_its_run(own_run, run_id):
    run = records.load(run_id)
    found = own_log.look(own_run.written(own_run.trainer_state(run)).encode(), "trainer_state.json")
    for name in ("overfitting", "learning_rate", "first_try"):
        assert found[name] == run.verdict[name]
    assert found["verdict"] == run.verdict["name"]


def test_the_examples_are_of_four_kinds_and_the_naive_rule_praises_the_stalled_one(own_run):
    found = {}
    for run_id in EXAMPLES:
        text = own_run.written(own_run.trainer_state(records.load(run_id)))
        seen = own_log.look(text.encode(), "x.json")
        found[seen["verdict"], seen["overfitting"]] = seen["naive"]
    assert found == {
        ("converged", True): "not converged",
        ("converged", False): "not converged",
        ("stalled", False): "converged",
        ("collapsed", False): "not converged",
    }


def test_the_jump_of_a_collapse_is_lost_where_few_steps_are_logged(own_run, monkeypatch):
    """As the page says: log every step."""
    run = records.load(next(run_id for run_id in EXAMPLES if "too-high" in run_id))
    monkeypatch.setattr(own_run, "LOGGED", 10)
    found = own_log.look(own_run.written(own_run.trainer_state(run)).encode(), "x.json")
    assert run.verdict["name"] == "collapsed" != found["verdict"]


def test_an_example_is_like_what_the_trainer_writes(own_run):
    ours = own_run.trainer_state(records.load(EXAMPLES[0]))
    theirs = json.loads((LOGS / "transformers-5.json").read_text("utf-8"))
    assert ours.keys() <= theirs.keys()
    kinds = [
        next(set(entry) for entry in state["log_history"] if mark in entry)
        for mark in ("eval_loss", "grad_norm", "train_runtime")
        for state in (ours, theirs)
    ]
    for one, two in zip(kinds[::2], kinds[1::2], strict=True):
        assert one <= two | {"eval_f1_macro"}
