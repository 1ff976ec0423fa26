"""Set up the Python packages alone; with a Jupyter's environment given, make them what its kernel runs on.

The step that Binder, a dev container and Docker Compose share. The packages themselves are there by the time
this module is imported: any target but the plainest sets them up first.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools import setup

NAME = "python3"  # the kernel that the book's pages and its notebooks ask a server for


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tools kernel", description=__doc__)
    parser.add_argument(
        "--prefix", type=Path, help=f"the environment of the Jupyter whose kernel {NAME} is to be ours"
    )
    prefix = parser.parse_args(arguments).prefix
    if prefix:
        command = [sys.executable, "-m", "ipykernel", "install", f"--prefix={prefix}", f"--name={NAME}"]
        setup.run(command, f"{prefix} did not take the kernel: the lines above say why.")
    print(f"The Python packages are in {setup.VENV}.")
