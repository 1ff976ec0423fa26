"""Remove what was built; with ``--all`` what was set up as well."""

from __future__ import annotations

import argparse
import shutil

from tools.setup import MODULES, REPOSITORY, VENV, inside

BUILT = ("_build", ".pytest_cache", ".mypy_cache", ".ruff_cache")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tools clean", description=__doc__)
    parser.add_argument("--all", action="store_true", help="remove .venv and node_modules as well")
    everything = parser.parse_args(arguments).all
    if everything and inside():
        raise SystemExit(
            "This Python is the one to be removed: run 'python3 -m tools clean --all' with another."
        )
    folders = [REPOSITORY / name for name in BUILT] + ([VENV, MODULES] if everything else [])
    for folder in folders:
        if folder.exists():
            shutil.rmtree(folder)
            print(f"removed {folder.name}")
