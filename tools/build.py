"""Build the book: the site's own files first, then every chapter, with warnings as errors."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools import assets, setup

REPOSITORY = Path(__file__).resolve().parent.parent


def build(out: Path = REPOSITORY) -> Path:
    """Build into ``out/_build/html`` and return that folder; a book with any warning ends the program."""
    assets.make()
    built = out / "_build"
    if jupyter_book("--path-output", str(out), "-W", "-n", "--keep-going"):
        # Sphinx would not look again at pages it has read, and so pass a broken book the second time.
        shutil.rmtree(built / ".doctrees", ignore_errors=True)
        raise SystemExit("The book was not built: every warning above is an error. Mend it and build again.")
    return built / "html"


def jupyter_book(*options: str) -> int:
    """Have Jupyter Book build the chapters; its exit status."""
    command = [
        sys.executable,
        *("-c", "from jupyter_book.cli.main import main; main()"),
        *("build", "book", *options),
        *("--toc", str(REPOSITORY / "_toc.yml"), "--config", str(REPOSITORY / "_config.yml")),
    ]
    # KaTeX renders the formulae and calls a program named node.
    path = os.pathsep.join([str(Path(setup.node()).parent), os.environ["PATH"]])
    environment = os.environ | {
        "PATH": path,
        "PYTHONPATH": str(REPOSITORY),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    return subprocess.run(command, cwd=REPOSITORY, env=environment).returncode


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tools build", description=__doc__)
    parser.add_argument("--out", type=Path, default=REPOSITORY, help="folder in which _build/html is made")
    print(f"The book is in {build(parser.parse_args(arguments).out.resolve())}")
