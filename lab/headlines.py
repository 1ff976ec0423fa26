"""What do we know about each of our own headlines, besides its label?

    from lab import headlines
    rows = headlines.load()
    print(rows[0].register, rows[0].second_label)

The same rows as corpus.load("headlines"). The data card in the book says how they came to be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import ClassVar

from lab.corpus import LABELS, Headline, parse

FILE = "headlines.csv"
SOURCE = "our own"
NO_COMPANY = "none"
DIFFICULTIES = ("plain", "contextual", "mixed")


@dataclass(frozen=True)
class AnnotatedHeadline(Headline):
    """A headline as it was written, and as it was read a second time.

    `second_label` is another reader's, who saw the text and the annotation guide, and not the first label.
    `difficulty`: in a plain headline the words' usual tone agrees with the label; in a contextual one they
    mislead or do not tell; a mixed one makes claims that pull both ways. `company` is invented, or "none"
    where the headline is about no company.
    """

    second_label: str
    sector: str
    event: str
    company: str
    register: str
    difficulty: str

    ALLOWED: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "label": LABELS,
        "second_label": LABELS,
        "difficulty": DIFFICULTIES,
    }


def load() -> list[AnnotatedHeadline]:
    """Every headline of ours, in the order of the file. Raises CorpusError with all that is wrong with it."""
    return parse((resources.files("lab") / "data" / FILE).read_bytes(), FILE, AnnotatedHeadline)
