"""List the pages of a built book that differ from an earlier, in Markdown: ``tools changes BEFORE AFTER``.

Only what a reader sees of a chapter counts: its text, its figures and its stored results; not the menu beside
it, and not the names of style sheets. Where there is no earlier book, it says so.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from tools import links

MAIN = re.compile(r"<main\b.*?</main>", re.S)
# The version of a file in its address, and the ids that Vega counts through a page.
NOT_SEEN = re.compile(r"\?v=[0-9a-f]+|(?<=[\"#(])clip\d+")


def chapters(site: Path) -> dict[str, str]:
    """Each page's path and what it shows."""
    found = {}
    for path in links.pages(site):
        main = MAIN.search(path.read_text("utf-8"))
        found[path.relative_to(site).as_posix()] = NOT_SEEN.sub("", main[0] if main else "")
    return found


def report(before: Path, after: Path) -> str:
    """The list, in Markdown."""
    if not before.is_dir():
        return "There is no earlier site to compare with, so every page counts as new."
    old, new = chapters(before), chapters(after)
    kinds = {
        "Changed": [name for name in new if name in old and new[name] != old[name]],
        "New": [name for name in new if name not in old],
        "Gone": [name for name in old if name not in new],
    }
    lines = [
        line
        for kind, names in kinds.items()
        if names
        for line in (f"**{kind}**", "", *(f"- `{name}`" for name in names), "")
    ]
    return "\n".join(lines) or "No page changed."


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tools changes", description=__doc__)
    parser.add_argument("before", type=Path, help="the earlier built book")
    parser.add_argument("after", type=Path, help="the newer one")
    asked = parser.parse_args(arguments)
    if not asked.after.is_dir():
        raise SystemExit(f"There is no built book in {asked.after}: run python -m tools build first.")
    print(report(asked.before, asked.after))
