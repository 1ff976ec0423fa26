"""``{quiz}``: a check in a chapter, with feedback on every option.

::

    ```{quiz} where-it-stops
    :kind: single
    The question: any blocks. Its last paragraph with a question mark is what is asked.

    - [x] a right option

      Its feedback: one block or more.
    - [ ] a wrong option

      Its feedback.
    ```

The list of options ends the directive. What it is made of depends on ``:kind:``.

single    one ``- [x]`` right option, the others ``- [ ]``
multiple  at least one ``- [x]``
order     items ``1.`` in their right order; they are shown shuffled
number    ``- [=]`` right, ``- [<]`` too low, ``- [>]`` too high: a short heading, then the feedback.
          ``:answer:`` is a number or ``<run id>:<path>`` of a stored run (of per cent, the share: 0.52), and
          ``:tolerance:`` how far off counts as right
match     items ``- left → right``; the rights, which are plain words, are offered shuffled for every left

The page itself says right or wrong, so feedback says why. An option's links are dropped: a press chooses it.

The argument names the check: small letters, digits and hyphens, once in the whole book. The answer is kept
under it in the reader's browser, and the check's place on the page is ``#quiz-<name>``.

What is written here can be read without JavaScript, each answer behind a fold, and printed without any
answer; ``_static/widgets/quiz.js`` makes a form of it.
"""

from __future__ import annotations

import html
import math
import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from page import need
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from stored import json_script

from lab import records
from lab.report import in_words

log = logging.getLogger(__name__)

FILES = ("widgets/quiz.css", "widgets/quiz.js")
ARROW = re.compile(r"\s*(?:→|->)\s*")
OPEN = "Then open {} to see what we say."
HOW = {
    "single": ("Choose one.", OPEN.format("it")),
    "multiple": ("Choose every one that is right.", OPEN.format("them")),
    "order": ("Put these in order.", OPEN.format("the order")),
    "number": ("Answer with a number.", OPEN.format("the answer")),
    "match": ("Find what belongs to each.", OPEN.format("the answers")),
}


class Block(nodes.General, nodes.Element):
    """An HTML element that holds blocks: ``tag`` and ``attributes``."""


class Line(nodes.General, nodes.TextElement):
    """An HTML element that holds words: ``tag`` and ``attributes``."""


def element(tag: str, name: str, *children: nodes.Node, **attributes: str) -> nodes.Node:
    """An element with the class ``name``, for words if all its children are words."""
    of_words = all(isinstance(child, nodes.Text | nodes.Inline | Line) for child in children)
    made = Line() if of_words and tag not in {"div", "ul", "ol", "details"} else Block()
    made["tag"], made["attributes"] = tag, {"class": name, **attributes}
    made += children
    return made


@dataclass(frozen=True)
class Item:
    """One item of the list: what is in its brackets, its first paragraph, and its feedback."""

    mark: str
    line: list[nodes.Node]
    feedback: list[nodes.Node]

    @property
    def text(self) -> str:
        return words(self.line)


@dataclass(frozen=True)
class Pair:
    """An item of a match: what is on the left and what belongs to it."""

    left: list[nodes.Node]
    right: list[nodes.Node]
    feedback: list[nodes.Node]


def words(line: Iterable[nodes.Node]) -> str:
    return " ".join("".join(node.astext() for node in line).split())


def copies(line: Iterable[nodes.Node]) -> list[nodes.Node]:
    return [node.deepcopy() for node in line]


def items_of(listed: nodes.Element, marks: Sequence[str]) -> list[Item]:
    """The items of a list. Each begins with one of ``marks`` in brackets, if there are any."""
    return [item_of(item, marks) for item in listed]


def item_of(item: nodes.Node, marks: Sequence[str]) -> Item:
    first, *feedback = item.children or [None]
    line = list(first.children) if isinstance(first, nodes.paragraph) else []
    mark = ""
    # The parser may have cut the brackets into several texts.
    start = ""
    while line and isinstance(line[0], nodes.Text):
        start += str(line.pop(0))
    if marks:
        allowed = " or ".join(f"[{one}]" for one in marks)
        found = re.match(r"\[(.)\]\s+", start)
        if not found or found[1] not in marks:
            raise ValueError(f"the option “{start}{words(line)}” must begin with {allowed}")
        mark, start = found[1], start[found.end() :]
    line = unlinked([*([nodes.Text(start)] if start else []), *line])
    if not words(line):
        raise ValueError("an option is without words; they are its first paragraph")
    if not feedback:
        raise ValueError(
            f"the option “{words(line)}” is without feedback; it is a paragraph of its own in the same item,"
            " after an empty line"
        )
    return Item(mark, line, feedback)


def unlinked(line: Iterable[nodes.Node]) -> list[nodes.Node]:
    """The same words without links, for a press on an option chooses it."""
    within = nodes.inline("", "", *line)
    while links := list(within.findall(lambda node: isinstance(node, nodes.reference | pending_xref))):
        links[0].parent.replace(links[0], links[0].children)
    return list(within.children)


def unlike(texts: Sequence[str]) -> None:
    """Refuse a list of one, and one with the same text twice: the reader's answer is kept by its words."""
    if len(texts) < 2:
        raise ValueError("there must be at least two options")
    if twice := [text for text in texts if texts.count(text) > 1]:
        raise ValueError(f"“{twice[0]}” is there twice; each must differ from the others")


def shuffled(count: int, name: str) -> list[int]:
    """The numbers below ``count``, not in order, and the same at every build."""
    numbers = list(range(count))
    draw = random.Random(name)
    while numbers == sorted(numbers):
        draw.shuffle(numbers)
    return numbers


def number_of(answer: str, tolerance: str | None) -> tuple[float, float]:
    """The right number and how far off counts as right."""
    try:
        allowed = float(tolerance or 0)
    except ValueError:
        allowed = math.nan
    if not (math.isfinite(allowed) and allowed >= 0):
        raise ValueError(f":tolerance: is {tolerance!r}; allowed is a number, 0 or above")
    if ":" in answer:
        run_id, _, path = answer.partition(":")
        try:
            value = records.load(run_id.strip()).value(path.strip())
        except (KeyError, ValueError, FileNotFoundError) as error:
            raise ValueError(f":answer: {answer}: {error.args[0]}") from None
        if tolerance is None:
            raise ValueError("an :answer: from a run needs a :tolerance:, for nobody can type all its digits")
    else:
        try:
            value = float(answer)
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(
            f":answer: is {answer!r}; allowed is a number, such as 0.52, or <run id>:<path> of a stored run's"
        )
    return float(value), allowed


def feedback(item: Item | Pair) -> nodes.Node:
    return element("div", "quiz-feedback", *item.feedback)


def verdict(right: bool) -> nodes.Node:
    """For a reader without JavaScript; the sentence is also in quiz.js."""
    sign = element("span", "quiz-sign", nodes.Text("✓" if right else "✗"), **{"aria-hidden": "true"})
    words = element("span", "quiz-words", nodes.Text("Right." if right else "Not this one."))
    return element("p", "quiz-verdict", sign, words, **{"data-right": str(right).lower()})


def fold(title: str, *content: nodes.Node) -> nodes.Node:
    summary = element("summary", "quiz-title", nodes.Text(title))
    return element("details", "quiz-solution", summary, element("div", "quiz-solved", *content))


def written(listed: str, lines: Iterable[tuple[Sequence[nodes.Node], nodes.Node]]) -> nodes.Node:
    """A list of solved items, each with its feedback."""
    rows = (element("li", "quiz-solved-item", element("p", "quiz-line", *line), said) for line, said in lines)
    return element(listed, "quiz-solved-items", *rows)


# What each kind makes of its list: the blocks that are shown, and the data that the widget judges by.
Made = tuple[list[nodes.Node], dict[str, Any]]


def choice(listed: nodes.Element, options: dict[str, Any], name: str, *, most: int | None) -> Made:
    items = items_of(listed, "x ")
    unlike([item.text for item in items])
    right = [index for index, item in enumerate(items) if item.mark == "x"]
    if not right:
        raise ValueError("no option is right; mark it with [x]")
    if most and len(right) > most:
        raise ValueError(f"{len(right)} options are right; a single check has one, a multiple may have more")
    folds = []
    for item in items:
        answer = element("div", "quiz-answer", verdict(item.mark == "x"), feedback(item))
        folds.append(element("details", "quiz-option", element("summary", "quiz-line", *item.line), answer))
    return folds, {"right": right}


def order(listed: nodes.Element, options: dict[str, Any], name: str) -> Made:
    items = items_of(listed, "")
    unlike([item.text for item in items])
    shown = shuffled(len(items), name)
    rows = (element("li", "quiz-line", *copies(items[index].line)) for index in shown)
    solution = written("ol", ((item.line, feedback(item)) for item in items))
    return [element("ul", "quiz-items", *rows), fold("The order", solution)], {"order": shown}


def number(listed: nodes.Element, options: dict[str, Any], name: str) -> Made:
    items = {item.mark: item for item in items_of(listed, "=<>")}
    if len(items) < 3 or len(listed) > 3:
        raise ValueError("there must be three items: [=] right, [<] too low and [>] too high")
    if "answer" not in options:
        raise ValueError("there is no :answer:, which is a number or <run id>:<path>")
    answer, tolerance = number_of(options["answer"], options.get("tolerance"))
    low, high = in_words(answer - tolerance), in_words(answer + tolerance)
    said = f"{in_words(answer)}." + (f" From {low} to {high} counts as right." if tolerance else "")
    return [
        element("p", "quiz-paper", nodes.Text("Your answer:")),
        fold(
            "The answer",
            nodes.paragraph("", "", nodes.Text(said)),
            written("ul", ((items[mark].line, feedback(items[mark])) for mark in "=<>")),
        ),
    ], {"answer": answer, "tolerance": tolerance}


def match(listed: nodes.Element, options: dict[str, Any], name: str) -> Made:
    pairs = [pair_of(item) for item in items_of(listed, "")]
    unlike([words(pair.left) for pair in pairs])
    rights = list(dict.fromkeys(words(pair.right) for pair in pairs))
    if len(rights) < 2:
        raise ValueError("all items have the same right side; there must be at least two")
    offered = [rights[index] for index in shuffled(len(rights), name)]
    first = {words(pair.right): pair.right for pair in reversed(pairs)}
    lefts = (element("li", "quiz-line", *copies(pair.left)) for pair in pairs)
    choices = (element("li", "quiz-line", *copies(first[right])) for right in offered)
    solution = written(
        "ul", (([*pair.left, nodes.Text(" → "), *pair.right], feedback(pair)) for pair in pairs)
    )
    return [
        element("ul", "quiz-items", *lefts),
        element("p", "quiz-choices", nodes.Text("One of these belongs to each:")),
        element("ul", "quiz-rights", *choices),
        fold("The answers", solution),
    ], {"right": [offered.index(words(pair.right)) for pair in pairs]}


def pair_of(item: Item) -> Pair:
    for index, node in enumerate(item.line):
        found = ARROW.search(str(node)) if isinstance(node, nodes.Text) else None
        if found:
            before, after = str(node)[: found.start()], str(node)[found.end() :]
            left = [*item.line[:index], *([nodes.Text(before)] if before else [])]
            right = [*([nodes.Text(after)] if after else []), *item.line[index + 1 :]]
            if words(left) and words(right):
                return Pair(left, right, item.feedback)
    raise ValueError(f"the item “{item.text}” has no arrow between two sides; write left → right")


Kind = Callable[[nodes.Element, dict[str, Any], str], Made]
KINDS: dict[str, Kind] = {
    "single": lambda listed, options, name: choice(listed, options, name, most=1),
    "multiple": lambda listed, options, name: choice(listed, options, name, most=None),
    "order": order,
    "number": number,
    "match": match,
}


class Quiz(SphinxDirective):
    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {
        "kind": directives.unchanged,
        "answer": directives.unchanged,
        "tolerance": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        try:
            made = self.make(name)
        except ValueError as error:
            raise self.error(f"{{quiz}} {name}: {error}.") from None
        self.env.downhill_quizzes.setdefault(name, []).append((self.env.docname, self.lineno))
        need(self.env.app, self.env.docname, *FILES)
        return [made]

    def make(self, name: str) -> nodes.Node:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
            raise ValueError("its name must be of small letters, digits and single hyphens")
        kind = self.options.get("kind", "").strip()
        if kind not in KINDS:
            raise ValueError(f":kind: is {kind!r}; allowed is one of {', '.join(KINDS)}")
        if kind != "number" and {"answer", "tolerance"} & set(self.options):
            raise ValueError(f":answer: and :tolerance: are for a number, not for {kind}")
        parsed = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, parsed)
        *question, listed = [child for child in parsed if not isinstance(child, nodes.comment)] or [None]
        wanted = nodes.enumerated_list if kind == "order" else nodes.bullet_list
        if not isinstance(listed, wanted):
            items = "numbered items, 1." if kind == "order" else "items that begin with a hyphen"
            raise ValueError(f"the list of its options must come last, and for {kind} be of {items}")
        if not question:
            raise ValueError("there is no question before the options")
        shown, data = KINDS[kind](listed, self.options, name)
        paragraphs = [block for block in question if isinstance(block, nodes.paragraph)]
        if not paragraphs:
            raise ValueError("the question must have a paragraph that asks it")
        asked = [block for block in paragraphs if "?" in block.astext()] or paragraphs
        asked[-1]["classes"].append("quiz-asked")
        asked[-1]["ids"].append(f"quiz-{name}-asked")
        do, then = HOW[kind]
        how = element("p", "quiz-how", nodes.Text(do), element("span", "quiz-unfold", nodes.Text(f" {then}")))
        return element(
            "div",
            "widget quiz",
            element("p", "quiz-label", nodes.Text("Check")),
            element("div", "quiz-question", *question),
            element("div", "quiz-still", how, *shown),
            nodes.raw("", json_script(data), format="html"),
            **{"id": f"quiz-{name}", "data-widget": "quiz", "data-name": name, "data-kind": kind},
        )


def open_element(self: Any, node: Block | Line) -> None:
    attributes = "".join(f' {name}="{html.escape(value)}"' for name, value in node["attributes"].items())
    self.body.append(f"<{node['tag']}{attributes}>")


def close_element(self: Any, node: Block | Line) -> None:
    self.body.append(f"</{node['tag']}>")


def begin(app: Sphinx) -> None:
    if not hasattr(app.env, "downhill_quizzes"):
        app.env.downhill_quizzes = {}


def forget(app: Sphinx, env: Any, docname: str) -> None:
    for name, places in list(env.downhill_quizzes.items()):
        env.downhill_quizzes[name] = [place for place in places if place[0] != docname]


def check_names(app: Sphinx, env: Any) -> None:
    """After every page is read, for a check may have moved from one to another."""
    for name, places in env.downhill_quizzes.items():
        for place in places[1:]:
            there = ":".join(str(part) for part in places[0])
            log.warning("{quiz} %s: this name is taken at %s; each must differ in the book.", name, there,
                        location=place)  # fmt: skip


def setup(app: Sphinx) -> dict[str, Any]:
    for node in (Block, Line):
        app.add_node(node, html=(open_element, close_element))
    app.add_directive("quiz", Quiz)
    app.connect("builder-inited", begin)
    app.connect("env-purge-doc", forget)
    app.connect("env-check-consistency", check_names)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
