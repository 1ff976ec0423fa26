"""The replay, by mouse and by keyboard, on a clock that the tests turn themselves."""

import importlib
import json
import re
import sys
from dataclasses import replace
from math import inf, nan
from pathlib import Path

import pytest
from axe import WIDTHS, violations
from playwright.sync_api import expect

from lab import records, report

REPOSITORY = Path(__file__).resolve().parents[2]
RUNS = [records.load(f"minilm-{preset}-seed-4") for preset in ("too-low", "just-right", "too-high")]
PAGE_MODEL = records.load("page-model-just-right-seed-0")
GIVEN_UP = records.load("minilm-rate-10-optim-sgd-max-grad-norm-none-seed-0")
LAST = RUNS[0].evaluations[-1] | {"validation_loss": nan, "train_loss": inf}
BROKEN = replace(
    RUNS[0],
    evaluations=[*RUNS[0].evaluations[:-1], LAST],
    steps=RUNS[0].steps | {"loss": [*RUNS[0].steps["loss"][:290], *[nan] * 10]},
)
ROW = {"cells": "b-log.run-1", "row": "run 1", "page": "/day/worksheet.html"}
IDS = (
    *("run-id", "preset", "rate", "scheduler", "epochs", "train-subset", "train-loss"),
    *("validation-loss", "accuracy", "macro-f1", "gap", "notes"),
)
COLUMNS = dict(zip(IDS, report.COLUMNS, strict=True))


@pytest.fixture(scope="session")
def extension():
    sys.path.insert(0, str(REPOSITORY / "book" / "_ext"))
    try:
        yield importlib.import_module("replay")
    finally:
        sys.path.remove(str(REPOSITORY / "book" / "_ext"))


@pytest.fixture(scope="session")
def body(html, extension):
    """A page of its own, under a chapter's policy, with a replay of these runs as its directive writes it."""
    policy = re.search(
        r'<meta http-equiv="Content-Security-Policy"[^>]*>', (html / "index.html").read_text("utf-8")
    )
    theme = re.search(r"<script>\{const r=.*?</script>", (html / "index.html").read_text("utf-8"))
    styles = "".join(
        f'<link rel="stylesheet" href="/_static/{name}.css">' for name in ("tokens", "site", "widgets/replay")
    )

    def write(runs, worksheet=None, log=False):
        names = extension.labels(runs)
        shown = [extension.data(run, name, COLUMNS) for run, name in zip(runs, names, strict=True)]
        stills = "".join(map(extension.still, runs, names, extension.pictures(runs, log=log)))
        script = extension.json_script({"worksheet": worksheet, "runs": shown})
        return (
            f'<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8">{policy[0]}{theme[0]}'
            '<title>Replay</title><meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<link rel="icon" href="data:,">{styles}'
            '<script type="module" src="/_static/widgets/replay.js"></script></head>'
            '<body><div class="columns"><main><h1>A replay</h1>'
            '<div class="widget" data-widget="replay"><div class="replay-still"><p>Words of the page.</p>'
            f"{stills}</div>{script}</div></main></div></body></html>"
        )

    return write


@pytest.fixture
def opened(site, body):
    def open_in(page, runs=RUNS, worksheet=ROW, log=False, motion="no-preference", clock=True):
        written = body(runs, worksheet, log)
        page.route(
            site + "/replay.html",
            lambda route: route.fulfill(body=written, content_type="text/html; charset=utf-8"),
        )
        page.emulate_media(reduced_motion=motion)
        if clock:
            page.clock.install(time="2026-01-05T09:00:00Z")
        page.goto(site + "/replay.html")
        page.locator("[data-ready]").wait_for()
        if clock:
            page.clock.pause_at("2026-01-05T09:30:00Z")
        return Widget(page)

    return open_in


@pytest.fixture
def shown(page, opened):
    return opened(page)


class Widget:
    """What a reader sees and can press, by its role and its words."""

    def __init__(self, page):
        self.page = page
        self.place = page.locator(".replay")
        self.next = self.button("Next epoch")
        self.again = self.button("Start again")
        self.put = self.button("Put this row into my run log")
        self.speed = self.place.get_by_role("combobox", name="Speed")
        self.progress = self.place.locator(".replay-progress")
        self.said = self.place.locator(".replay-said")
        self.rows = self.place.locator(".replay-evaluations tbody tr")
        self.end = self.place.locator(".replay-result")
        self.kept = self.place.locator(".replay-kept")
        self.dialog = self.place.get_by_role("dialog")

    def button(self, name):
        return self.place.get_by_role("button", name=name, exact=True)

    def run_for(self, seconds):
        self.page.clock.run_for(round(seconds * 1000))

    def play(self, speed=None):
        if speed is not None:
            self.speed.select_option(value=str(speed))
        self.button("Start").click()

    def finish(self):
        self.speed.select_option(label="at once")
        self.button("Start").click()

    def drawn(self):
        """How far the covers let the batches and the evaluations be seen, as shares of the x axis."""
        return self.place.evaluate(
            """place => {
                 const wide = place.querySelector('.root path.background').getBBox().width;
                 const rect = number => place.querySelector(`clipPath[id$="-${number}"] rect`);
                 return [0, 1].map(rect).map(rect => rect.width.baseVal.value
                   ? (rect.x.baseVal.value + rect.width.baseVal.value) / wide : -1);
               }"""
        )

    def stored(self):
        prefix = "downhill-answer "
        kept = json.loads(self.page.evaluate("JSON.stringify(localStorage)"))
        return {name.removeprefix(prefix): text for name, text in kept.items() if name.startswith(prefix)}


def step_at(run, seconds):
    """Worked out anew from the record: how many evaluations and steps were over after so many seconds."""
    times, steps = run.column("seconds"), run.column("step")
    done = sum(time <= seconds for time in times)
    if done in (0, len(times)):
        return done, steps[done - 1] if done else 0
    share = (seconds - times[done - 1]) / (times[done] - times[done - 1])
    return done, int(steps[done - 1] + share * (steps[done] - steps[done - 1]))


def outcome(run):
    """What nobody may learn before the end."""
    row = report.log_row(run)
    last = run.evaluations[-1]
    return [
        *(f"{last[name]:.3f}" for name in ("train_loss", "validation_loss", "macro_f1")),
        *(run.id, run.verdict["name"], run.verdict["evidence"], row["Notes"], "Verdict"),
    ]


def test_before_the_end_nothing_tells_how_it_ends(shown):
    def told():
        return shown.page.locator("body").inner_text() + shown.page.locator("body").aria_snapshot()

    assert shown.drawn() == [-1, -1]
    for run in RUNS:
        assert [words for words in outcome(run) if words in told()] == []
    shown.play(10)
    shown.run_for(10)
    assert shown.rows.count() == 5
    assert [words for words in outcome(RUNS[0]) if words in told()] == []
    shown.run_for(5)
    assert [words for words in outcome(RUNS[0]) if words not in told()] == []


def test_time_and_steps_are_those_of_the_record(shown):
    expect(shown.progress).to_have_text(
        f"step 0 of 300, epoch 0.0, 0 s of {RUNS[0].evaluations[-1]['seconds']:.0f} s"
    )
    shown.play(10)
    passed = 0
    for seconds in (0.2, 2.5, 4, 6):
        shown.run_for(seconds)
        passed += 10 * seconds
        evaluations, step = step_at(RUNS[0], passed)
        said = shown.progress.inner_text()
        if not evaluations:
            assert said.startswith("measuring before the first step, 2 s of ")
            assert shown.rows.count() == 0
            continue
        # A frame, at ten times the speed, is a sixth of a second.
        assert int(re.match(r"step (\d+) of 300", said)[1]) == pytest.approx(step, abs=2)
        assert float(re.search(r"epoch ([\d.]+)", said)[1]) == pytest.approx(step / 50, abs=0.06)
        assert int(re.search(r"(\d+) s of", said)[1]) == pytest.approx(passed, abs=1)
        assert shown.rows.count() == evaluations
        batches, evaluated = shown.drawn()
        assert batches == pytest.approx(step / 300, abs=0.01)
        assert evaluated == pytest.approx((evaluations - 1) * 50 / 300, abs=0.001)


def test_the_batch_loss_is_that_of_the_step(shown):
    shown.place.get_by_role("radio").last.click()
    shown.play(10)
    for _ in range(3):
        shown.run_for(3)
        said = shown.progress.inner_text()
        step = int(re.match(r"step (\d+)", said)[1])
        assert f"batch loss {report.in_words(RUNS[2].steps['loss'][step - 1])}," in said


def test_it_says_each_evaluation_and_no_step(shown):
    shown.page.evaluate(
        """() => {
             window.heard = [];
             const said = document.querySelector('.replay-said');
             new MutationObserver(() => heard.push(said.textContent)).observe(said, { childList: true });
           }"""
    )
    shown.play(10)
    for _ in range(30):
        shown.run_for(0.5)
    heard = shown.page.evaluate("heard")
    first = RUNS[0].evaluations[0]
    assert heard[0] == "Training has started."
    assert heard[1] == (
        f"Before training: training loss {first['train_loss']:.3f}, validation loss "
        f"{first['validation_loss']:.3f}, accuracy {first['accuracy']:.3f}."
    )
    assert [text.split(":")[0] for text in heard[2:-1]] == [f"Epoch {number}" for number in range(1, 6)]
    assert heard[-1].startswith("Training has ended after 300 steps. Verdict: stalled.")


def test_pause_holds_the_clock_and_carry_on_takes_it_up(shown):
    shown.play(10)
    shown.run_for(4)
    shown.button("Pause").click()
    at, words = shown.drawn(), shown.progress.inner_text()
    expect(shown.said).to_have_text(re.compile(r"^Paused at step \d+ of 300\.$"))
    shown.run_for(20)
    assert (shown.drawn(), shown.progress.inner_text()) == (at, words)
    shown.button("Carry on").click()
    expect(shown.said).to_have_text("Training goes on.")
    shown.run_for(1)
    seconds = [int(re.search(r"(\d+) s of", text)[1]) for text in (words, shown.progress.inner_text())]
    assert seconds[1] - seconds[0] == pytest.approx(10, abs=1)


def test_another_speed_goes_on_from_the_same_place(shown):
    shown.play(1)
    shown.run_for(20)
    shown.speed.select_option(value="60")
    assert int(re.search(r"(\d+) s of", shown.progress.inner_text())[1]) == pytest.approx(20, abs=1)
    shown.run_for(1)
    assert int(re.search(r"(\d+) s of", shown.progress.inner_text())[1]) == pytest.approx(80, abs=2)
    shown.speed.select_option(label="at once")
    expect(shown.said).to_have_text(re.compile("^Training has ended"))


def test_the_speeds_say_how_long_they_take(shown):
    took = RUNS[0].evaluations[-1]["seconds"]
    assert shown.speed.locator("option").all_inner_texts() == [
        f"as it really ran ({took // 60:.0f} min {round(took) % 60} s)",
        f"10 times as fast ({took / 10:.1f} s)",
        f"60 times as fast ({took / 60:.1f} s)",
        "at once",
    ]
    assert shown.speed.input_value() == "10"


def test_a_run_that_had_to_wait_for_others_says_so(page, opened):
    run = records.load("minilm-too-low-seed-0")
    assert run.cpu_seconds < 0.7 * run.seconds
    shown = opened(page, [run])
    real = shown.speed.locator("option", has_text="as it really ran")
    expect(real).to_have_text("as it really ran, on a busy machine (8 min 49 s)")
    page.set_viewport_size({"width": 320, "height": 800})
    assert shown.speed.evaluate("e => e.getBoundingClientRect().right") <= 320
    assert shown.speed.bounding_box()["width"] <= shown.place.bounding_box()["width"]


def test_a_run_of_a_moment_is_slowed_down(page, opened):
    shown = opened(page, [PAGE_MODEL], None)
    took = PAGE_MODEL.evaluations[-1]["seconds"]
    assert shown.speed.locator("option").all_inner_texts() == [
        f"100 times as slow ({100 * took:.0f} s)",
        f"10 times as slow ({10 * took:.1f} s)",
        f"as it really ran ({took:.2f} s)",
        "at once",
    ]
    assert shown.speed.input_value() == "0.01"
    shown.play()
    shown.run_for(13)
    assert re.match(r"step \d+ of 500, .* 0\.13 s of 0\.26 s$", shown.progress.inner_text())
    assert not shown.place.get_by_role("radio").count(), "one run needs no picker"


def test_where_the_page_was_not_seen_the_run_has_gone_on_and_nothing_races(shown):
    shown.play(1)
    shown.run_for(15)
    # A hidden page gets no frames; the first one after it was away comes as late as it was away.
    shown.page.clock.fast_forward(60_000)
    shown.run_for(0.1)
    evaluations, step = step_at(RUNS[0], 75.1)
    assert shown.rows.count() == evaluations
    assert int(re.match(r"step (\d+)", shown.progress.inner_text())[1]) == pytest.approx(step, abs=1)
    before = step
    shown.run_for(3)
    step = int(re.match(r"step (\d+)", shown.progress.inner_text())[1])
    assert step - before <= 9, "no faster than before"


def test_by_keyboard_from_epoch_to_epoch_to_the_log_row(shown):
    page = shown.page
    shown.next.focus()
    for epoch in range(6):
        page.keyboard.press("Enter")
        when = f"Epoch {epoch}" if epoch else "Before training"
        expect(shown.said).to_have_text(re.compile(f"^{when}: "))
        assert shown.rows.count() == epoch + 1
        shown.run_for(5)
    page.keyboard.press("Space")
    expect(shown.said).to_have_text(re.compile("^Training has ended after 300 steps. Verdict: stalled"))
    page.keyboard.press("Space")
    expect(shown.said).to_have_text("This run is over. Press Start again to see it once more.")
    page.keyboard.press("Tab")
    expect(shown.again).to_be_focused()
    shown.put.focus()
    page.keyboard.press("Enter")
    expect(shown.kept).to_have_text("Done: it is in the row “run 1” of the run log, on your worksheet.")
    page.keyboard.press("Tab")
    expect(shown.kept.get_by_role("link")).to_be_focused()
    shown.again.focus()
    page.keyboard.press("Enter")
    assert shown.drawn() == [-1, -1] and shown.rows.count() == 0 and shown.end.inner_text() == ""


def test_next_epoch_in_a_running_run_goes_on_from_there(shown):
    shown.play(10)
    shown.run_for(3)
    shown.next.click()
    evaluations, _ = step_at(RUNS[0], 30)
    assert shown.rows.count() == evaluations + 1
    shown.run_for(1)
    at = int(re.match(r"step (\d+)", shown.progress.inner_text())[1])
    assert at > 50 * evaluations


def test_at_the_end_stand_verdict_evidence_and_the_log_row(shown):
    shown.finish()
    end = shown.end.inner_text()
    verdict = RUNS[0].verdict
    assert f"Verdict: {verdict['name']}." in end and verdict["evidence"] in end
    rows = dict(line.split("\t") for line in end.split("\n") if "\t" in line)
    assert list(rows) == list(report.COLUMNS)
    assert rows["Run ID"] == RUNS[0].id and rows["Notes"] == report.log_row(RUNS[0])["Notes"]
    assert shown.drawn() == pytest.approx([1, 1])


def test_the_row_goes_into_the_worksheet_and_is_there_after_a_reload(shown):
    shown.finish()
    shown.put.click()
    row = report.log_row(RUNS[0])
    stored = shown.stored()
    assert set(stored) == {f"b-log.run-1.{column}" for column in COLUMNS}
    assert stored["b-log.run-1.run-id"] == row["Run ID"]
    assert stored["b-log.run-1.accuracy"] == f"{row['Accuracy']:.3f}"
    assert stored["b-log.run-1.train-subset"] == "800" and stored["b-log.run-1.notes"] == row["Notes"]
    expect(shown.kept.get_by_role("link")).to_have_attribute("href", "/day/worksheet.html")
    shown.put.click()
    assert not shown.dialog.count(), "the same row once more takes nothing away"
    shown.page.reload()
    shown.page.locator("[data-ready]").wait_for()
    assert shown.stored() == stored
    expect(shown.button("Start")).to_be_visible()


def test_nothing_of_the_readers_is_written_over_unasked(shown):
    mine = '<img src=x onerror="alert(1)"> mine'
    write = "text => localStorage.setItem('downhill-answer b-log.run-1.notes', text)"
    shown.page.evaluate(write, mine)
    shown.finish()
    shown.put.click()
    expect(shown.dialog).to_contain_text(mine)
    assert not shown.dialog.locator("img").count()
    shown.page.keyboard.press("Escape")
    expect(shown.kept).to_have_text("Nothing was changed.")
    expect(shown.put).to_be_focused()
    assert shown.stored() == {"b-log.run-1.notes": mine}

    shown.put.click()
    shown.dialog.get_by_role("button", name="Leave my row as it is").click()
    assert shown.stored() == {"b-log.run-1.notes": mine}

    shown.put.click()
    shown.dialog.get_by_role("button", name="Fill in only the empty cells").click()
    assert len(shown.stored()) == len(COLUMNS) and shown.stored()["b-log.run-1.notes"] == mine
    expect(shown.kept).to_contain_text("Done")

    shown.put.click()
    shown.dialog.get_by_role("button", name="Write over them").click()
    assert shown.stored()["b-log.run-1.notes"] == report.log_row(RUNS[0])["Notes"]
    assert not shown.dialog.count()


def test_where_the_browser_keeps_nothing_it_says_what_to_do(page, opened):
    page.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') }"
    )
    shown = opened(page)
    shown.finish()
    shown.put.click()
    expect(shown.kept).to_contain_text(
        "This browser does not keep answers. Copy the row by hand, or print this page."
    )


def test_where_no_row_is_asked_for_none_is_offered(page, opened):
    shown = opened(page, worksheet=None)
    shown.finish()
    expect(shown.end).to_contain_text("Its row in the run log")
    assert not shown.put.count()


def test_the_picker_keeps_what_each_run_has_come_to(shown):
    radios = shown.place.get_by_role("radio")
    assert shown.place.get_by_role("group", name="Which run?").locator("label").all_inner_texts() == [
        "▼ tiny steps, rate 0.000001 (1e-6)",
        "● right steps, rate 0.00005 (5e-5)",
        "▲ giant steps, rate 0.005",
    ]
    axes = shown.place.locator(".role-axis-label").all_inner_texts()
    shown.play(60)
    shown.run_for(1)
    words = shown.progress.inner_text()
    radios.first.focus()
    shown.page.keyboard.press("ArrowDown")
    expect(radios.nth(1)).to_be_checked()
    expect(shown.progress).to_have_text(re.compile(r"^step 0 of 300"))
    assert shown.speed.input_value() == "60" and shown.rows.count() == 0
    assert shown.place.locator(".role-axis-label").all_inner_texts() == axes
    shown.run_for(3)
    expect(shown.progress).to_have_text(re.compile(r"^step 0 of 300"))
    shown.finish()
    expect(shown.end).to_contain_text(RUNS[1].id)
    shown.page.keyboard.press("Tab")
    radios.first.click()
    step = [int(re.match(r"step (\d+)", text)[1]) for text in (words, shown.progress.inner_text())]
    assert step[1] == pytest.approx(step[0], abs=3), "left where it was, to a frame"
    assert shown.rows.count() and shown.said.inner_text() == "", "what was said is not said again"
    assert shown.end.inner_text() == ""
    expect(shown.button("Carry on")).to_be_visible()
    radios.nth(1).click()
    expect(shown.end).to_contain_text(RUNS[1].verdict["evidence"])


def test_with_less_motion_the_curve_goes_from_evaluation_to_evaluation(page, opened):
    shown = opened(page, motion="reduce")
    shown.play(10)
    seen = []
    for _ in range(70):
        shown.run_for(0.2)
        seen.append(tuple(round(share * 300) for share in shown.drawn()))
    assert set(seen) - {(-300, -300)} == {(50 * n, 50 * n) for n in range(7)}
    expect(shown.said).to_have_text(re.compile("^Training has ended"))


def test_with_less_motion_an_evaluation_comes_when_it_was(page, opened):
    shown = opened(page, motion="reduce")
    shown.play(60)
    time = RUNS[0].evaluations[2]["seconds"] / 60
    shown.run_for(time - 0.05)
    assert shown.rows.count() == 2
    shown.run_for(0.1)
    assert shown.rows.count() == 3


def test_a_run_that_was_given_up_ends_early_on_axes_for_all_of_it(page, opened):
    shown = opened(page, [GIVEN_UP], log=True)
    shown.finish()
    expect(shown.said).to_have_text(
        re.compile("^Training was given up after step 50 of 300. Verdict: diverged")
    )
    assert shown.drawn() == pytest.approx([50 / 300] * 2)


def test_a_run_that_is_no_longer_a_number_says_so(page, opened):
    shown = opened(page, [BROKEN])
    for _ in range(6):
        shown.next.click()
    shown.speed.select_option(value="1")
    shown.button("Carry on").click()
    shown.run_for(RUNS[0].evaluations[6]["seconds"] - RUNS[0].evaluations[5]["seconds"] - 1)
    expect(shown.progress).to_contain_text("batch loss not a number")
    shown.next.click()
    cells = shown.rows.last.locator("td").all_inner_texts()
    assert cells[:2] == ["infinity", "not a number"]
    assert "NaN" not in shown.place.inner_html()


def test_without_javascript_everything_is_there_to_read(new_context, site, body):
    page = new_context(java_script_enabled=False).new_page()
    written = body(RUNS, ROW)
    page.route(
        site + "/replay.html",
        lambda route: route.fulfill(body=written, content_type="text/html; charset=utf-8"),
    )
    page.goto(site + "/replay.html")
    assert page.locator("p", has_text="Words of the page.").is_visible()
    assert page.locator(".replay-run").count() == 3 and not page.get_by_role("button").count()
    for run, still in zip(RUNS, page.locator(".replay-run").all(), strict=True):
        assert still.get_by_role("img").is_visible() and run.verdict["evidence"] in still.inner_text()
        assert report.log_row(run)["Notes"] in still.inner_text()
        still.locator("summary").click()
        assert f"{run.evaluations[-1]['validation_loss']:.3f}" in still.locator("details").inner_text()


def test_in_print_stand_the_figures_the_verdicts_and_the_rows(shown):
    shown.page.emulate_media(media="print")
    assert shown.place.is_hidden()
    stills = shown.page.locator(".replay-run")
    assert stills.count() == 3
    for run, still in zip(RUNS, stills.all(), strict=True):
        assert still.locator("svg").is_visible() and run.verdict["evidence"] in still.inner_text()


@pytest.mark.parametrize("width", [1280, 320])
def test_it_fits_a_narrow_phone_and_a_finger(shown, width):
    page = shown.page
    page.set_viewport_size({"width": width, "height": 800})
    shown.next.click()
    shown.speed.select_option(label="at once")
    shown.button("Carry on").click()
    page.evaluate("localStorage.setItem('downhill-answer b-log.run-1.notes', 'mine')")
    targets = [shown.button("Start"), shown.next, shown.again, shown.speed, shown.put]
    targets += shown.place.locator(".replay-runs label").all()
    for target in targets:
        box = target.bounding_box()
        assert box["height"] >= 44 and box["width"] >= 44
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shown.put.click()
    box = shown.dialog.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width


def test_what_is_below_stays_where_it_is_while_it_runs(shown):
    shown.page.evaluate("document.querySelector('main').append(document.createElement('hr'))")
    rule = shown.page.locator("hr")
    table = shown.place.locator(".replay-evaluations")
    assert table.is_hidden(), "no empty room before it runs"
    shown.play(10)
    assert table.is_visible()
    at = rule.bounding_box()["y"]
    for _ in range(6):
        shown.run_for(2)
        if shown.end.inner_text():
            break
        assert rule.bounding_box()["y"] == at
    assert shown.rows.count() >= 6


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_before_during_and_after(page, opened, width):
    page.set_viewport_size({"width": width, "height": 900})
    shown = opened(page, clock=False)
    assert violations(page) == []
    shown.next.click()
    shown.next.click()
    assert violations(page) == []
    page.evaluate("localStorage.setItem('downhill-answer b-log.run-1.notes', 'mine')")
    shown.speed.select_option(label="at once")
    shown.button("Carry on").click()
    shown.put.click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    assert violations(page) == []
