"""The worksheet's definition, the directive that asks for its fields, and that every field is asked for."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from lab import report

REPOSITORY = Path(__file__).parents[2]
BOOK = REPOSITORY / "book"
EXTENSIONS = BOOK / "_ext"

# Answers are kept in readers' browsers by these: a name that goes takes the answers with it.
NAMES = """
about-name about-date about-cohort about-role about-changed-my-mind about-minutes about-ai-use
about-own-work a-catch-up a-curves a-alike a-elsewhere a-plain b-surprise b-preset b-predict-curve
b-predict-gap b-pulse b-log b-inspect-fell b-inspect-followed b-inspect-gap b-inspect-matched
b-between b-luck b-recommend b-before-production b-patterns b-same-score b-update b-convergence
b-stop-meaning b-stop-cost c-train c-three-words c-tuning c-gap c-trust c-limits c-deploy c-frame
c-ten-times d-which d-found d-production e-title e-author e-date e-url e-summary e-connection
e-change decision-use decision-budget decision-yardsticks decision-experiments decision-chosen
decision-left-alone decision-curves decision-risks decision-next-data decision-next-tuning
decision-next-evaluation
"""


def load_extension(name):
    sys.path.insert(0, str(EXTENSIONS))  # where Sphinx finds the extensions that this one builds on
    try:
        spec = importlib.util.spec_from_file_location(name, EXTENSIONS / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # dataclasses look their module up
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(EXTENSIONS))
    return module


extension = load_extension("worksheet")
SHEET = extension.load()
FIELDS = {field.id: field for field in SHEET.fields()}


def asked_in_chapters():
    """For each chapter what its ``{worksheet}`` directives ask for: (field's id, its rows)."""
    asked = {}
    for path in sorted(BOOK.rglob("*.md")):
        text = path.read_text("utf-8")
        words = [
            word
            # By the directive, or by a widget that shows a field itself.
            for arguments in re.findall(r"^ *(?:[`:]{3,}\{worksheet\}|:worksheet:) (.+)$", text, re.M)
            for word in arguments.split()
        ]
        fields = [field for part in SHEET.parts if not part.elsewhere for field in part.fields]
        if "all" not in words:
            fields = [field for word in words for field in SHEET.asked_by(word)]
        asked[path.relative_to(BOOK).with_suffix("").as_posix()] = [(f.id, f.rows) for f in fields]
    return asked


ASKED = asked_in_chapters()


def test_no_name_that_answers_are_kept_by_is_gone():
    assert set(NAMES.split()) <= set(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_the_chapter_that_is_to_ask_for_a_field_asks_for_it(name):
    where = FIELDS[name].where
    assert where in ASKED, f"there is no chapter {where}"
    assert name in [asked for asked, _ in ASKED[where]], f"{where}.md does not ask for {name}"


def test_every_row_of_a_table_is_asked_for_by_a_chapter_other_than_the_worksheets_own():
    for field in SHEET.fields():
        rows = {
            row
            for chapter, asked in ASKED.items()
            if chapter != extension.OWN_PAGE
            for name, rows in asked
            if name == field.id
            for row in rows
        }
        assert rows == set(field.rows), f"{field.id}: no chapter asks for {set(field.rows) - rows}"


def test_the_worksheets_own_page_shows_every_part_but_those_that_stand_elsewhere():
    shown = [name for name, _ in ASKED[extension.OWN_PAGE]]
    assert shown == [f.id for part in SHEET.parts if not part.elsewhere for f in part.fields]
    assert [part.id for part in SHEET.parts if part.elsewhere] == ["decision-log"]


def test_the_run_log_has_the_columns_of_the_labs_own():
    assert tuple(column.label for column in FIELDS["b-log"].columns) == report.COLUMNS


def test_every_code_has_evidence_and_a_label_and_no_wording_of_a_standard():
    used = {code for field in SHEET.fields() for code in field.codes}
    assert {code.id for code in SHEET.codes} == used
    for code in SHEET.codes:
        assert code.label
        assert code.wording == ""


def test_names_of_answers():
    assert FIELDS["a-alike"].answers() == [["a-alike"]]
    assert FIELDS["a-curves"].answers()[1] == ["a-curves.curve-2.sees", "a-curves.curve-2.cause"]
    names = [name for field in SHEET.fields() for row in field.answers() for name in row]
    assert len(set(names)) == len(names)


def test_a_word_asks_for_a_field_a_row_or_a_part():
    assert SHEET.asked_by("a-alike") == [FIELDS["a-alike"]]
    (row,) = SHEET.asked_by("b-log.run-2")
    assert (row.id, row.rows) == ("b-log", ("run 2",))
    assert [field.id for field in SHEET.asked_by("part-D")] == ["d-which", "d-found", "d-production"]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("a-alice", "no field 'a-alice'"),
        ("part-F", "no field 'part-F'"),
        ("b-log.run-9", "b-log has no row 'run-9'; its rows are b-log.baseline, b-log.run-1"),
        ("a-alike.run-1", "a-alike has no row 'run-1'; its rows are none"),
    ],
)
def test_a_word_that_asks_for_nothing_is_refused(word, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        SHEET.asked_by(word)


def test_rows_of_one_table_that_follow_each_other_are_one_table():
    words = ["b-log.baseline", "b-log.run-2", "a-alike", "b-log.run-1"]
    fields = [field for word in words for field in SHEET.asked_by(word)]
    together = [(field.id, field.rows) for field in extension.together(fields)]
    assert together == [("b-log", ("baseline", "run 2")), ("a-alike", ()), ("b-log", ("run 1",))]


GOOD = """
codes:
  - {id: K1, label: knowing, wording: ""}
parts:
  - id: A
    title: One
    codes: [K1]
    where: day/one
    fields:
      - {id: a-one, kind: line, label: One}
"""


def loaded(tmp_path, text):
    path = tmp_path / "worksheet.yml"
    path.write_text(text, "utf-8")
    return extension.load(path)


def test_what_a_part_says_holds_for_its_fields_unless_they_say_otherwise(tmp_path):
    text = GOOD + "      - {id: a-two, kind: text, label: Two, where: day/two, codes: []}\n"
    one, two = loaded(tmp_path, text).fields()
    assert (one.where, one.codes) == ("day/one", ("K1",))
    assert (two.where, two.codes) == ("day/two", ())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: line", "kind: lines", "a-one needs a label and a kind"),
        ("kind: line, label: One", "kind: line", "a-one needs a label and a kind"),
        ("kind: line", "kind: choice", "a-one: a choice has options"),
        ("kind: line", "kind: line, options: [x]", "a-one: a choice has options"),
        ("kind: line", "kind: table, rows: [x]", "a-one: a table has rows and columns"),
        ("kind: line", "kind: line, colour: red", "a-one has ['colour'], which nothing reads"),
        ("id: a-one", "id: A one", "'A one' is no id"),
        ("codes: [K1]", "codes: [K2]", "a-one has codes that are not listed: ['K2']"),
        ("title: One", "tilte: One", "A has ['tilte'], which nothing reads"),
        (
            "      - {id: a-one",
            "      - {id: a-one, kind: line, label: x}\n      - {id: a-one",
            "a-one stands there twice",
        ),
    ],
)
def test_a_definition_that_says_too_little_too_much_or_the_same_twice_is_refused(tmp_path, old, new, said):
    assert GOOD.count(old) == 1
    with pytest.raises(ValueError, match=re.escape(said)):
        loaded(tmp_path, GOOD.replace(old, new))


def test_nothing_of_the_definition_is_markup():
    field = extension.Field("a-one", "choice", "<b>&", help="<i>", options=("<u>", '"'))
    written = extension.place(field, field.id)
    assert not re.search("<[biu]>", written)
    assert "&lt;b&gt;&amp;" in written and "&lt;u&gt;" in written


def test_a_table_is_laid_out_by_its_columns():
    def shape(word):
        (field,) = SHEET.asked_by(word)
        return re.search(r'class="ws-table ws-(\w+)"', extension.table(field, ""))[1]

    assert [shape(word) for word in ("b-log", "a-curves", "b-log.run-1")] == ["wide", "narrow", "single"]


def test_the_decision_log_has_six_sections_each_with_a_draft_and_a_judgement():
    text = (BOOK / "after" / "decision-log.md").read_text("utf-8")
    sections = dict(re.findall(r"^## (\d\. .+?)$(.*?)(?=^## |\Z)", text, re.M | re.S))
    titles = re.findall(r'"(\d\. \w[\w ]*)":', (REPOSITORY / "lab" / "report.py").read_text("utf-8"))
    assert list(sections) == titles
    assert len(titles) == 6
    for title, section in sections.items():
        assert "{widget} decision-log" in section, title
        assert section.index("**Yours to write**") < section.index("{worksheet}"), title
