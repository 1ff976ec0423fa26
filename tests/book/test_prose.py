"""No measured number is typed by hand: it comes from a stored run, through the {run} role.

A sentence (or a table's row, or a list item) that names something we measure may hold a decimal number or a
percentage only inside a role, in code, or in a formula, where it is a value that somebody chose.
"""

import re
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2] / "book"
CHAPTERS = sorted(
    path
    for path in BOOK.rglob("*.md")
    if not any(part.startswith("_") for part in path.relative_to(BOOK).parts)
)

MEASURED = re.compile(
    r"\b(loss|losses|accuracy|f1|macro-f1|gap|confiden\w+|score[sd]?|kappa|agreement|perplexity"
    r"|gradient norm)\b",
    re.I,
)
NUMBER = re.compile(r"(?<![\w.])(?:\d+\.\d+|\.\d+|\d+(?:\.\d+)?\s?(?:%|per cent))")

NOT_PROSE = [
    r"\A---\n.*?\n---\n",  # front matter
    r"^(`{3,})\{code-cell\}.*?^\1",  # code that is run
    r"^(`{3,})(?:python|text|bash|json|none)\b.*?^\1",  # code that is shown
    r"\$\$.*?\$\$",
    r"(?<!\\)\$[^$\n]+\$",
    r"^:[a-z-]+:[^\n]*$",  # a directive's options
    r"\{[a-z:+-]+\}`[^`]*`",  # roles
    r"`[^`\n]*`",  # inline code
    r"\]\([^)]*\)",  # link targets
]


def sentences(text: str) -> list[str]:
    for pattern in NOT_PROSE:
        text = re.sub(pattern, " ", text, flags=re.M | re.S)
    blocks = re.split(r"\n\s*\n|\n(?=\s*(?:[-*|:]|\d+\.\s))", text)
    return [
        sentence
        for block in blocks
        for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z“‘(])", " ".join(block.split()))
    ]


def typed_by_hand(text: str) -> list[str]:
    return [sentence for sentence in sentences(text) if MEASURED.search(sentence) and NUMBER.search(sentence)]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=[path.relative_to(BOOK).as_posix() for path in CHAPTERS])
def test_no_measured_number_is_typed_by_hand(chapter):
    assert typed_by_hand(chapter.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "The validation loss ends at 0.91.",
        "It reaches an accuracy of 72 %.",
        "| ▲ giant steps | loss 25.3 |",
        "- macro-F1: .41\n- nothing else",
        "Rates differ. At the end its confidence is\n0.99 on wrong answers.",
        "See [the run](x.md): a gap of 3.5 points.",
        ":caption: A figure.\n```\n\nThe loss ends at 0.91.",
    ],
)
def test_the_rule_finds_what_was_typed(text):
    assert len(typed_by_hand(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "The validation loss ends at {run}`page-model-too-high-seed-0:validation_loss[-1]`.",
        "If the model gives the true class $p = 0.9$, the loss is small.",
        "```{code-cell}\nprint(loss, 0.91)\n```",
        "Take 0.5 of a step. The loss is lower after it.",
        "Three runs, 10 epochs each, compared by loss.",
    ],
)
def test_the_rule_lets_through_what_was_not(text):
    assert typed_by_hand(text) == []
