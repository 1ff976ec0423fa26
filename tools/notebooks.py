"""Derive each notebook that Jupyter opens from its text: lab/notebooks/NAME.ipynb from NAME.md.

The text is MyST Markdown. In it {{ repository }} and {{ branch }} stand for what _config.yml says, and
{{ launches }} for the links that open the notebook elsewhere; a cell tagged needs-repository is left out
until there is one.
A code cell has a :name:, by which the text speaks of it: it becomes the cell's id, and a comment in its first
line. A Markdown cell is named after the code cell that follows it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from myst_nb.core.read import read_myst_markdown_notebook  # type: ignore[import-untyped]

from tools.setup import REPOSITORY

NOTEBOOKS = REPOSITORY / "lab" / "notebooks"
NEEDS_REPOSITORY = "needs-repository"
METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python"},
}


def derive(source: Path, published: Mapping[str, str]) -> str:
    """The .ipynb of a text, without outputs. Raises ValueError where a code cell has no name of its own."""
    text = source.read_text("utf-8")
    links = [f"[{name}]({address})" for name, address in launches(path_of(source), published).items()]
    for name, value in {**published, "launches": ", ".join(links)}.items():
        text = text.replace("{{ " + name + " }}", value)
    cells = [
        cell
        for cell in read_myst_markdown_notebook(text).cells
        if published["repository"] or NEEDS_REPOSITORY not in cell.metadata.get("tags", [])
    ]
    content = {
        "cells": list(reversed([*_named(reversed(cells), source.name)])),
        "metadata": METADATA,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _named(cells: Iterable[Any], file: str) -> Iterable[dict[str, Any]]:
    """The cells, from the last to the first, as the file has them."""
    following, used = "end", Counter[str]()
    for cell in cells:
        code, source = cell.cell_type == "code", cell.source.strip()
        if code:
            following = name = cell.metadata.get("name", "")
            if not name or used[name]:
                start = source.partition("\n")[0]
                raise ValueError(f"{file}: the cell {start!r} is named {name!r}; it needs a name of its own.")
            source = f"# Cell {name}\n{source}"
        else:
            name = f"about-{following}"
        used[name] += 1
        yield {
            "cell_type": cell.cell_type,
            "id": name if used[name] == 1 else f"{name}-{used[name]}",
            "metadata": {"name": name} if code else {},
            "source": source.splitlines(keepends=True),
        } | ({"execution_count": None, "outputs": []} if code else {})


def launches(notebook: str, published: Mapping[str, str], root: Path = REPOSITORY) -> dict[str, str]:
    """The services that open a notebook, given by its path in the repository: their names and its address.

    None while there is no repository; Codespaces and Binder come with the files that set them up.
    """
    repository, branch = published["repository"], published["branch"]
    if not repository:
        return {}
    found = {"Colab": f"https://colab.research.google.com/github/{repository}/blob/{branch}/{notebook}"}
    found |= codespaces(published, root)
    if (root / "binder").is_dir():
        found["Binder"] = f"{published['hub']}/v2/gh/{repository}/{branch}?labpath={notebook}"
    return found


def codespaces(published: Mapping[str, str], root: Path = REPOSITORY) -> dict[str, str]:
    """Codespaces and the address at which it opens the whole repository; nothing without a dev container."""
    if not published["repository"] or not (root / ".devcontainer").is_dir():
        return {}
    return {"Codespaces": f"https://codespaces.new/{published['repository']}/tree/{published['branch']}"}


def path_of(source: Path) -> str:
    """The path in the repository of what is derived from a text."""
    return source.with_suffix(".ipynb").relative_to(REPOSITORY).as_posix()


def settings() -> dict[str, str]:
    """What _config.yml says of where the book is published: repository (empty: nowhere), branch and hub."""
    config = yaml.safe_load((REPOSITORY / "_config.yml").read_text("utf-8"))
    downhill = config["sphinx"]["config"]["downhill"]
    return {name: str(downhill[name]) for name in ("repository", "branch", "hub")}


def sources() -> list[Path]:
    """The texts of all notebooks."""
    return sorted(NOTEBOOKS.glob("*.md"))


def main(arguments: list[str]) -> None:
    if arguments:
        raise SystemExit("tools notebooks takes no arguments.")
    published = settings()
    for source in sources():
        target = source.with_suffix(".ipynb")
        target.write_text(derive(source, published), "utf-8", newline="\n")
        print(path_of(source))
