"""The ``{quiz}`` directive: what it writes for each kind, and what it refuses, all in one small book."""

import json
import re

import pytest

from lab import records
from tests.small_book import build

ASKED = "What is it?\n\n"
TWO = "- [x] One\n\n  Yes, one.\n- [ ] Two\n\n  No, not two.\n"
NUMBERS = "- [=] Right\n\n  Just so.\n- [<] Low\n\n  More.\n- [>] High\n\n  Less.\n"
PAIRS = "- Left *one* → right one\n\n  So it is.\n- Left two -> right two\n\n  So is this.\n"
ORDERED = "1. First\n\n   It begins.\n2. Second\n\n   It goes on.\n3. Third\n\n   It ends.\n"


def quiz(kind, body, name="", **options):
    """A check whose name stands for where it is."""
    given = {"kind": kind} | options
    lines = "".join(f":{key}: {value}\n" for key, value in given.items() if value is not None)
    return f"```{{quiz}} {name or 'NAME'}\n{lines}{body}```\n"


REFUSED = {
    "no kind": (
        quiz(None, ASKED + TWO),
        ":kind: is ''; allowed is one of single, multiple, order, number, match",
    ),
    "unknown kind": (quiz("several", ASKED + TWO), ":kind: is 'several'; allowed is one of single, multiple"),
    "a name with a capital": (
        quiz("single", ASKED + TWO, name="Where"),
        "{quiz} Where: its name must be of small letters, digits and single hyphens",
    ),
    "none is right": (
        quiz("single", ASKED + TWO.replace("[x]", "[ ]")),
        "no option is right; mark it with [x]",
    ),
    "none of several is right": (quiz("multiple", ASKED + TWO.replace("[x]", "[ ]")), "no option is right"),
    "two right ones": (
        quiz("single", ASKED + TWO.replace("[ ]", "[x]")),
        "2 options are right; a single check has one, a multiple may have more",
    ),
    "no feedback": (
        quiz("single", ASKED + "- [x] One\n- [ ] Two\n\n  No.\n"),
        "the option “One” is without feedback; it is a paragraph of its own in the same item",
    ),
    "no feedback in order": (
        quiz("order", ASKED + "1. One\n\n   Yes.\n2. Two\n"),
        "“Two” is without feedback",
    ),
    "no feedback in match": (quiz("match", ASKED + "- One → two\n- Two → one\n"), "is without feedback"),
    "no feedback in number": (
        quiz("number", ASKED + NUMBERS.replace("\n\n  More.", ""), answer="1"),
        "the option “Low” is without feedback",
    ),
    "no brackets": (
        quiz("single", ASKED + TWO.replace("[ ] ", "")),
        "the option “Two” must begin with [x] or [ ]",
    ),
    "other brackets": (
        quiz("multiple", ASKED + TWO.replace("[ ]", "[=]")),
        "the option “[=] Two” must begin with [x] or [ ]",
    ),
    "no words": (quiz("single", ASKED + TWO + "- [ ] **&nbsp;**\n\n  No.\n"), "an option is without words"),
    "one option": (quiz("single", ASKED + "- [x] One\n\n  Yes.\n"), "there must be at least two options"),
    "the same twice": (quiz("single", ASKED + TWO.replace("Two", "One")), "“One” is there twice"),
    "no question": (quiz("single", TWO), "there is no question before the options"),
    "a question without words": (quiz("single", "> Quoted.\n\n" + TWO), "must have a paragraph that asks it"),
    "no options": (quiz("single", ASKED), "the list of its options must come last"),
    "nothing": (quiz("single", ""), "the list of its options must come last"),
    "more after the options": (quiz("single", ASKED + TWO + "\nBy the way.\n"), "must come last"),
    "numbers for hyphens": (
        quiz("single", ASKED + ORDERED),
        "for single be of items that begin with a hyphen",
    ),
    "hyphens for numbers": (quiz("order", ASKED + TWO), "for order be of numbered items, 1."),
    "an answer to a choice": (
        quiz("single", ASKED + TWO, answer="1"),
        ":answer: and :tolerance: are for a number, not for single",
    ),
    "no answer": (
        quiz("number", ASKED + NUMBERS),
        "there is no :answer:, which is a number or <run id>:<path>",
    ),
    "an answer in words": (
        quiz("number", ASKED + NUMBERS, answer="a half"),
        ":answer: is 'a half'; allowed is a number, such as 0.52, or <run id>:<path>",
    ),
    "an answer that is no number": (quiz("number", ASKED + NUMBERS, answer="nan"), ":answer: is 'nan'"),
    "an answer of a run that is none": (
        quiz("number", ASKED + NUMBERS, answer="minilm-too-low-seed-0:verdict.name", tolerance="1"),
        "allowed is a number",
    ),
    "a run that there is not": (
        quiz("number", ASKED + NUMBERS, answer="minilm-nowhere:seconds", tolerance="1"),
        ":answer: minilm-nowhere:seconds: ",
    ),
    "a value that there is not": (
        quiz("number", ASKED + NUMBERS, answer="minilm-too-low-seed-0:final.luck", tolerance="1"),
        "has no 'final.luck'",
    ),
    "a run without a tolerance": (
        quiz("number", ASKED + NUMBERS, answer="minilm-too-low-seed-0:accuracy[-1]"),
        "an :answer: from a run needs a :tolerance:",
    ),
    "a tolerance below 0": (
        quiz("number", ASKED + NUMBERS, answer="1", tolerance="-1"),
        ":tolerance: is '-1'; allowed is a number, 0 or above",
    ),
    "a tolerance in words": (quiz("number", ASKED + NUMBERS, answer="1", tolerance="some"), ":tolerance: is"),
    "nothing for too high": (
        quiz("number", ASKED + NUMBERS[: NUMBERS.index("- [>]")], answer="1"),
        "there must be three items: [=] right, [<] too low and [>] too high",
    ),
    "one too many": (
        quiz("number", ASKED + NUMBERS + "- [=] Also\n\n  So.\n", answer="1"),
        "must be three items",
    ),
    "no arrow": (
        quiz("match", ASKED + PAIRS.replace("→", "and")),
        "the item “Left one and right one” has no arrow between two sides; write left → right",
    ),
    "nothing after the arrow": (
        quiz("match", ASKED + PAIRS.replace("→ right one", "→")),
        "has no arrow between two",
    ),
    "the same left twice": (
        quiz("match", ASKED + PAIRS.replace("*one*", "two")),
        "“Left two” is there twice",
    ),
    "the same right for all": (
        quiz("match", ASKED + PAIRS.replace("right two", "right one")),
        "the same right side",
    ),
}

WRITTEN = {
    "single": quiz("single", "First this. Which one?\n\nAnd then that.\n\n" + TWO),
    "multiple": quiz("multiple", ASKED + TWO.replace("[ ]", "[x]")),
    "order": quiz("order", "Put them in order.\n\n" + ORDERED),
    "number": quiz("number", ASKED + NUMBERS, answer="2e-5"),
    "of-a-run": quiz(
        "number", ASKED + NUMBERS, answer="minilm-too-low-seed-0:accuracy[-1]", tolerance="0.02"
    ),
    "match": quiz("match", ASKED + PAIRS),
    "linked": quiz(
        "single", ASKED + TWO.replace("Two", "See [the *end*](#NAME-end), {ref}`there <there>` now")
    ),
}
TWICE = {
    "first": quiz("single", ASKED + TWO, name="twin"),
    "second": quiz("single", ASKED + TWO, name="twin"),
}


def page_of(name):
    return re.sub(r"\W+", "-", name).lower()


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    sources = {name: text for name, (text, _) in REFUSED.items()} | WRITTEN | TWICE
    pages = {"index": "(there)=\n# A book\n"}
    for name, text in sources.items():
        page = page_of(name)
        pages[page] = f"({page}-end)=\n# A page\n\n{text.replace('NAME', page)}"
    return build(tmp_path_factory.mktemp("book"), pages, ["quiz"])


def warned(book, name):
    return [line for line in book[1].splitlines() if line.startswith(f"{page_of(name)}.md:")]


def data(book, name):
    script = re.search(r'<script type="application/json" class="data">(.*?)</script>', book[0][name])
    return json.loads(script[1])


def texts(html, tag, css=""):
    found = re.findall(rf'<{tag} class="{css}[^"]*">(.*?)</{tag}>', html, re.S)
    return [re.sub("<.*?>", "", text) for text in found]


@pytest.mark.parametrize("name", REFUSED)
def test_a_check_that_cannot_be_is_refused(book, name):
    (line,) = warned(book, name)
    given = re.search(r"\{quiz\} (\S+)", REFUSED[name][0])[1].replace("NAME", page_of(name))
    assert f"{{quiz}} {given}: " in line
    assert REFUSED[name][1] in line
    assert "quiz-question" not in book[0][page_of(name)]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_check_that_can_be_is_written_without_a_word(book, name):
    assert warned(book, name) == []
    assert f'id="quiz-{name}" data-widget="quiz" data-name="{name}"' in book[0][name]


def test_a_name_that_is_taken_is_refused_on_another_page(book):
    lines = warned(book, "first") + warned(book, "second")
    assert len(lines) == 1
    assert re.search(r"\{quiz\} twin: this name is taken at (first|second):\d+; each must differ", lines[0])


def test_what_is_asked_is_the_last_paragraph_with_a_question_mark(book):
    asked = re.search(r'<p class="quiz-asked" id="quiz-single-asked">(.*?)</p>', book[0]["single"])
    assert asked[1] == "First this. Which one?"
    assert 'id="quiz-order-asked">Put them in order.</p>' in book[0]["order"]


def test_each_option_is_a_fold_that_says_right_or_wrong_and_why(book):
    html = book[0]["single"]
    assert texts(html, "summary") == ["One", "Two"]
    answers = re.findall(r'<div class="quiz-answer">(.*?)</div></div>', html, re.S)
    said = [" ".join(re.sub("<.*?>", " ", answer).split()) for answer in answers]
    assert said == ["✓ Right. Yes, one.", "✗ Not this one. No, not two."]
    assert data(book, "single") == {"right": [0]}
    assert data(book, "multiple") == {"right": [0, 1]}


def test_an_order_is_shown_shuffled_and_solved_behind_a_fold(book):
    html = book[0]["order"]
    before, solution = html.split("<details")
    shown = texts(before, "li")
    in_order = ["First", "Second", "Third"]
    assert sorted(shown) == in_order and shown != in_order
    assert [in_order[place] for place in data(book, "order")["order"]] == shown
    assert texts(solution, "p", "quiz-line") == in_order


def test_a_number_is_solved_behind_a_fold(book):
    assert data(book, "number") == {"answer": 2e-5, "tolerance": 0}
    assert "<p>0.00002 (2e-5).</p>" in book[0]["number"]
    assert texts(book[0]["number"], "p", "quiz-line") == ["Right", "Low", "High"]


def test_a_number_of_a_run_is_the_run_s(book):
    value = records.load("minilm-too-low-seed-0").value("accuracy[-1]")
    assert data(book, "of-a-run") == {"answer": value, "tolerance": 0.02}
    said = f"{value:.3g}. From {value - 0.02:.3g} to {value + 0.02:.3g} counts as right."
    before, solution = book[0]["of-a-run"].split("<details")
    assert said in solution
    assert f"{value:.3g}" not in before


def test_a_match_offers_its_rights_shuffled(book):
    before, solution = book[0]["match"].split("<details")
    lefts, rights = (
        re.search(rf'<ul class="quiz-{name}">(.*?)</ul>', before)[1] for name in ("items", "rights")
    )
    assert texts(lefts, "li") == ["Left one", "Left two"]
    assert "<em>one</em>" in lefts
    offered = texts(rights, "li")
    assert [offered[place] for place in data(book, "match")["right"]] == ["right one", "right two"]
    assert texts(solution, "p", "quiz-line") == ["Left one → right one", "Left two → right two"]


def test_an_option_keeps_its_words_and_loses_its_links(book):
    _, summary = re.findall(r"<summary.*?</summary>", book[0]["linked"])
    assert re.sub("<.*?>", "", summary).strip() == "See the end, there now"
    assert "<a " not in summary and "<em>end</em>" in summary


@pytest.mark.parametrize("kind", ["single", "multiple", "order", "number", "match"])
def test_nothing_outside_the_folds_tells_what_is_right(book, kind):
    html = re.sub(r"<details.*?</summary>(.*?)</details>", "", book[0][kind], flags=re.S)
    visible = re.sub(r"<script.*?</script>", "", html)
    for telling in ("✓", "✗", "Right", "Just so", "It begins", "Yes, one"):
        assert telling not in visible
