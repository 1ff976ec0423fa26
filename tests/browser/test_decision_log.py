"""The decision log: figures from the run log and from our records, judgements left to the reader."""

import json
import re
from pathlib import Path

import pytest
from axe import WIDTHS, violations
from playwright.sync_api import expect

from lab import records, report

REPOSITORY = Path(__file__).resolve().parents[2]
ADDRESS = "/after/decision-log.html"
RIGHT, HIGH = "minilm-just-right-seed-0", "minilm-too-high-seed-0"
COLUMNS = (
    *("run-id", "preset", "rate", "scheduler", "epochs", "train-subset", "train-loss", "validation-loss"),
    *("accuracy", "macro-f1", "gap", "notes"),
)
YOURS = "[your words: "


def logged(row, run_id, **changes):
    """A row of the run log as the lab would fill it from that run."""
    texts = [str(cell) for cell in report.log_row(records.load(run_id)).values()]
    cells = dict(zip(COLUMNS, texts, strict=True)) | changes
    return {f"b-log.{row}.{column}": text for column, text in cells.items() if text}


class Log:
    def __init__(self, page, site, answers):
        self.page = page
        page.add_init_script(
            f"""if (!sessionStorage.getItem('set')) {{
                  sessionStorage.setItem('set', '1');
                  Object.entries({json.dumps(answers)})
                    .forEach(([name, text]) => localStorage.setItem(`downhill-answer ${{name}}`, text));
                }}"""
        )
        page.goto(site + ADDRESS)
        page.get_by_role("button", name="Copy as Markdown").wait_for()
        # Either something is drafted, or it is said that nothing is.
        page.locator("[data-part=rows]").get_by_text(
            re.compile("Rows with something|run log is empty")
        ).wait_for()

    def part(self, name):
        return self.page.locator(f"[data-part={name}]")

    def text(self, name):
        return self.part(name).inner_text()

    def cells(self, name):
        rows = self.part(name).locator("tbody tr")
        return [row.locator("th, td").all_inner_texts() for row in rows.all()]

    def markdown(self):
        return self.page.locator("#decision-markdown").input_value()


TWO = logged("run-1", RIGHT) | logged("run-2", HIGH)


def test_an_empty_run_log_leaves_the_blank_template(page, site):
    log = Log(page, site, {})
    assert "Your run log is empty" in log.text("rows")
    assert "Data, and where they come from:" in log.text("context")
    assert page.locator(".drafted").count() == 0
    assert log.markdown().count(YOURS) == page.locator(".ws-field").count()


def test_the_figures_of_our_runs_are_those_of_their_records(page, site):
    right, high = records.load(RIGHT), records.load(HIGH)
    log = Log(page, site, TWO)
    assert f"run 1 has the Run ID of our stored result {RIGHT}" in log.text("rows")
    context = log.text("context")
    assert (
        f"{right.corpus['train']} headlines to train on, {right.corpus['validation']} for validation"
        in context
    )
    assert f"{right.model['parameters']:,} parameters, all of them trained" in context
    assert f"{right.corpus['rows']:,} rows" in context
    assert right.energy["assumption"] in context
    hours = 1000 * (right.energy["kilowatt_hours"] + high.energy["kilowatt_hours"])
    assert f"about {hours:.2f} watt-hours" in context
    draft = report.decision_log([right, high])
    for share in re.findall(r"always neutral \| – \| ([\d.]+) \| ([\d.]+)", draft):
        assert f"Always neutral: accuracy {share[0]}, macro-F1 {share[1]}" in log.text("baseline")
    first = right.evaluations[0]
    assert f"validation loss {first['validation_loss']:.3f}, accuracy {first['accuracy']:.3f}" in log.text(
        "baseline"
    )
    # Both began alike: it is said once.
    assert log.text("baseline").count("Untrained") == 1
    for run in (right, high):
        assert run.verdict["evidence"] in log.text("evidence")
        loss = run.final["validation_loss"]
        assert f"validation loss {loss['value']:.3f} ({loss['low']:.3f} to {loss['high']:.3f})" in log.text(
            "evidence"
        )
        assert run.verdict["first_try"] in log.text("next")


def test_the_experiments_say_the_same_as_the_labs_own_draft(page, site):
    log = Log(page, site, TWO)
    draft = report.decision_log([records.load(RIGHT), records.load(HIGH)])
    (theirs,) = re.findall(rf"^\| {HIGH} \| (.+) \|$", draft.split("## 4")[0], re.M)
    dial, setting, _, observed, change = theirs.split(" | ")
    assert log.cells("experiments") == [
        [f"run 1 ({RIGHT})", "the first", "0.00005 (5e-5) ● right steps", log.cells("experiments")[0][3], ""],
        [f"run 2 ({HIGH})", dial.replace("_", " "), setting, observed, change.replace("-0", "−0")],
    ]
    best = re.findall(r"(Lowest .+?|Highest .+?) of the minilm runs: ([\d.]+), with (.+?), in", draft)
    assert len(best) == 2
    for name, value, rate in best:
        assert f"{name}: {value}, with {rate}, in run 1." in log.text("decision")


def test_a_run_of_the_readers_own_is_drafted_from_its_row_alone(page, site):
    own = {
        "b-log.baseline.accuracy": "0.33",
        "b-log.run-1.run-id": "my-run",
        "b-log.run-1.rate": "2e-5",
        "b-log.run-1.validation-loss": "0,91",
        "b-log.run-2.rate": "5e-5",
        "b-log.run-2.epochs": "6",
        "b-log.run-2.validation-loss": "about .8",
        "b-log.run-2.accuracy": "72 percent",
    }
    log = Log(page, site, own)
    assert "run 1 is a run of your own: only your row is used." in log.text("rows")
    assert "python -m lab report my-run" in log.text("rows")
    assert "Your baseline row: Accuracy 0.33." in log.text("baseline")
    assert log.cells("experiments") == [
        ["run 1 (my-run)", "the first", "2e-5", "validation loss 0.910", ""],
        ["run 2", "learning rate", "5e-5", "validation loss 0.800", "validation loss −0.110"],
    ]
    assert "Lowest validation loss: 0.800, with learning rate 5e-5, in run 2." in log.text("decision")
    assert "stored" not in log.text("evidence")


def test_a_figure_that_our_record_contradicts_is_used_and_pointed_out(page, site):
    accuracy = records.load(RIGHT).final["accuracy"]["value"]
    rows = logged("run-1", RIGHT, accuracy="0.91") | logged("run-2", HIGH, **{"validation-loss": ""})
    log = Log(page, site, rows)
    said = f"run 1: your log says accuracy 0.91, our record of that run {accuracy:.3f}. Your figure is used"
    assert said in log.text("rows")
    assert log.text("rows").count("check it") == 1
    after = records.load(HIGH).final["accuracy"]["value"]
    assert f"accuracy −{0.91 - after:.3f}" in log.cells("experiments")[1][4]
    # What the row leaves out, the record has.
    assert f"to {records.load(HIGH).final['validation_loss']['value']:.3f}" in log.cells("experiments")[1][3]


def test_runs_that_cannot_be_compared_are_not(page, site):
    rows = TWO | logged("run-2", "minilm-just-right-seed-1") | logged("run-3", "tfidf-just-right-seed-0")
    log = Log(page, site, rows)
    _, seed, route = log.cells("experiments")
    assert (seed[1], seed[4]) == ("only the seed", "other validation headlines: not compared")
    assert (route[1], route[4]) == ("route", "another route: not compared")
    assert "The runs are of different routes, so they are not ranked." in log.text("decision")
    assert "Lowest" not in log.text("decision")


def test_every_stored_run_can_be_drafted(page, site):
    page.goto(site + ADDRESS)
    found = page.evaluate(
        """async () => {
          const script = document.querySelector("script[src*='decision-log.js']").src;
          const log = await import(script);
          const wrong = [];
          const ids = await (await fetch('../_runs/_ids.json')).json();
          for (const id of ids) {
            const runs = { [id]: await (await fetch(`../_runs/${id}.json`)).json() };
            const rows = log.readRows({ 'b-log.run-1.run-id': id, 'b-log.run-2.run-id': id }, runs);
            const { told, context, baseline, experiments, decision, evidence, next } = log;
            const text = [told, context, baseline, experiments, decision, evidence, next]
              .map((part) => log.markdown(part(rows))).join('\\n');
            if (/undefined|NaN|null|\\[object/.test(text)) wrong.push(`${id}: ${text}`);
          }
          return [ids.length, wrong, log.COLUMNS];
        }"""
    )
    assert found[0] == len(records.ids())
    assert found[1] == []
    assert list(found[2]) == list(COLUMNS) and tuple(found[2].values()) == report.COLUMNS


def test_a_record_whose_loss_is_no_number_is_drafted_in_words(page, site):
    page.goto(site + ADDRESS)
    drafted = page.evaluate(
        """async (id) => {
          const log = await import(document.querySelector("script[src*='decision-log.js']").src);
          const run = await (await fetch(`../_runs/${id}.json`)).json();
          run.final.validation_loss = { value: 'NaN', low: 'NaN', high: 'Infinity' };
          run.evaluations.at(-1).validation_loss = 'NaN';
          const given = { 'b-log.run-1.run-id': 'right', 'b-log.run-2.run-id': 'broken' };
          const right = await (await fetch(`../_runs/${id}.json`)).json();
          const rows = log.readRows(given, { right, broken: run });
          return [log.experiments, log.decision, log.evidence].map((part) => log.markdown(part(rows)));
        }""",
        RIGHT,
    )
    assert "validation loss NaN (NaN to Infinity)" in drafted[2]
    assert "Lowest validation loss" not in drafted[1]
    assert "Highest macro-F1" in drafted[1]


def test_what_is_typed_is_kept_and_stands_in_the_markdown(page, site):
    answers = {"b-predict-curve": "fall, *fast*", "b-recommend": "5e-5", "b-surprise": "Always-neutral."}
    answers["about-name"] = "Ada"
    log = Log(page, site, TWO | answers)
    assert "Before run 1 you wrote: fall, *fast*" in log.text("experiments")
    assert "In activity 4 you wrote: 5e-5" in log.text("decision")
    assert "In activity 2 you wrote: Always-neutral." in log.text("baseline")
    page.get_by_label("Which settings do you choose").fill("5e-5,\n# with | 3 epochs")
    page.get_by_role("group", name="run 2").get_by_label("What it means").fill("It broke.")
    page.get_by_label("One improvement of the data").fill("More of them.")
    page.get_by_label("One improvement of the data").blur()
    page.get_by_text("See the Markdown").click()
    text = log.markdown()
    titles = re.findall("^## (.+)$", text, re.M)
    assert titles == re.findall("^## (.+)$", report.decision_log(records.load(RIGHT)), re.M)
    assert text.startswith("# Tuning decision log\n\nAda\n\n## 1. Context\n\n- Task: to sort headlines")
    assert "5e-5,  \n\\# with \\| 3 epochs" in text
    assert "**run 2: What it means**\n\nIt broke." in text
    assert "you wrote: fall, \\*fast\\*" in text
    assert f"**{YOURS}One improvement of the tuning]**" in text
    assert text.count(YOURS) == page.locator(".ws-field").count() - 3
    page.reload()
    expect(page.get_by_label("Which settings do you choose")).to_have_value("5e-5,\n# with | 3 epochs")


def test_it_is_copied_by_keyboard(new_context, site):
    page = new_context(permissions=["clipboard-read", "clipboard-write"]).new_page()
    log = Log(page, site, TWO)
    page.get_by_role("button", name="Copy as Markdown").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Copied. Paste it into a document of yours.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == log.markdown()
    assert f"| run 2 ({HIGH}) |" in log.markdown()


def test_a_refused_clipboard_leaves_the_text_selected(new_context, site):
    page = new_context(permissions=["geolocation"]).new_page()
    log = Log(page, site, TWO)
    page.get_by_role("button", name="Copy as Markdown").click()
    page.get_by_text("The browser refused, so the text is selected").wait_for()
    selected = page.locator("#decision-markdown").evaluate(
        "t => [t === document.activeElement, t.value.slice(t.selectionStart, t.selectionEnd)]"
    )
    assert selected == [True, log.markdown()]


def test_nothing_from_the_run_log_is_markup(page, site):
    bad = "<img src=x onerror=\"document.title='broken'\">"
    rows = {f"b-log.run-1.{column}": bad for column in COLUMNS} | {"b-predict-curve": bad, "about-name": bad}
    log = Log(page, site, rows)
    assert bad in log.text("evidence") and bad in log.text("rows")
    assert page.locator("main img").count() == 0
    assert page.title().startswith("Decision log · ")
    assert "<img" not in log.markdown().replace("\\<img", "")


@pytest.mark.parametrize("name", ["constructor", "__proto__", "../index.html#", "_summary"])
def test_a_run_id_that_is_none_asks_for_nothing(page, site, watch, name):
    log = Log(page, site, {"b-log.run-1.run-id": name})
    assert "run 1 is a run of your own" in log.text("rows")
    assert [url for url in watch.requests if "/_runs/" in url] == [site + "/_runs/_ids.json"]


def test_without_the_network_only_the_rows_are_used_and_that_is_said(page, site, watch):
    watch.expect_error("net::ERR_FAILED")
    page.route("**/_runs/**", lambda route: route.abort())
    log = Log(page, site, TWO)
    assert "Our stored results could not be read just now" in log.text("rows")
    assert log.cells("experiments")[1][1] == "learning rate"
    assert log.cells("experiments")[1][4].startswith("validation loss +0.34")


def test_a_change_of_the_run_log_in_another_tab_is_drafted_anew(page, site, context):
    log = Log(page, site, logged("run-1", RIGHT))
    assert "There is one run, so nothing to choose between yet." in log.text("decision")
    other = context.new_page()
    other.goto(site + "/day/worksheet.html")
    other.get_by_role("group", name="run 2").first.get_by_label("Run ID").fill(HIGH)
    expect(log.part("rows")).to_contain_text(f"run 2 has the Run ID of our stored result {HIGH}")
    expect(log.part("decision")).to_contain_text("Lowest validation loss")


def test_without_javascript_it_is_a_blank_template_in_six_sections(new_context, site):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(site + ADDRESS)
    titles = [title.split("#")[0].strip() for title in page.locator("main h2").all_inner_texts()]
    assert titles[:6] == [
        *("1. Context", "2. Baseline", "3. Experiments", "4. Decision", "5. Evidence", "6. Next steps"),
    ]
    for part in ("context", "baseline", "experiments", "decision", "evidence", "next"):
        assert page.locator(f"[data-part={part}] li").first.is_visible()
    assert page.locator(".ws-box").count() == page.locator(".ws-field").count() > 10
    assert page.get_by_text("this page is a blank template").is_visible()
    assert page.locator("main :is(button, textarea)").count() == 0


def test_it_prints_figures_and_judgements_and_no_button(page, site):
    page.set_viewport_size({"width": 718, "height": 1000})
    log = Log(page, site, TWO | {"decision-chosen": "5e-5"})
    page.evaluate("window.print = () => (document.title = 'printed')")
    page.get_by_role("button", name="Print").click()
    assert page.title() == "printed"
    page.emulate_media(media="print")
    assert page.locator("main button:visible").count() == 0
    assert page.locator('[data-name="decision-chosen"] .ws-box').inner_text() == "5e-5"
    assert "0.826" in log.text("evidence")
    for table in page.locator(".drafted .table-scroll").all():
        assert table.evaluate("table => table.scrollWidth - table.clientWidth") <= 0


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_in_a_full_log(new_context, site, width):
    page = new_context(viewport={"width": width, "height": 900}).new_page()
    rows = TWO | logged("run-3", "minilm-too-low-seed-0") | logged("baseline", RIGHT, accuracy="0.3")
    Log(page, site, rows | {"decision-chosen": "5e-5"})
    # What scrolls sideways is a stop of the Tab key.
    page.wait_for_function(
        """narrow => {
          const tables = [...document.querySelectorAll(".drafted .table-scroll")];
          const scrolls = tables.map((table) => table.scrollWidth > table.clientWidth + 1);
          return tables.length === 2 && scrolls.includes(true) >= narrow &&
            tables.every((table, index) => (table.tabIndex === 0) === scrolls[index]);
        }""",
        arg=width == 390,
    )
    page.get_by_text("See the Markdown").click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
