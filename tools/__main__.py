"""``python -m tools TARGET``: what make calls, and the same commands where there is no make."""

# Only what Python 3.7 can read: an older Python has to get as far as the sentence that says it is too old.
from __future__ import annotations

import importlib
import os
import platform
import shutil
import subprocess
import sys
from typing import NoReturn

OLDEST = (3, 11)

# A target's name: what it does. `tools/NAME.py` does it, in its `main(arguments)`.
TARGETS = {
    "serve": "set up, build, and serve the book on 127.0.0.1:8000 with a local Jupyter server behind it",
    "test": "set up, build, and run every test (what follows goes to pytest: tools test -k links)",
    "build": "set up and build the book into _build/html; a warning is an error",
    "lint": "check the style and types of Python, JavaScript and the workflows",
    "links": "check the links of the built book (with --external: those to other sites)",
    "changes": "list the pages that differ between two built books: changes BEFORE AFTER",
    "bench": "measure the weight of the pages and the time to the first output",
    "pictures": "take the README's picture and the one that a shared link shows",
    "setup": "fetch everything the other targets need, and build nothing",
    "kernel": "set up the Python packages alone, all that a Jupyter kernel needs",
    "notebooks": "derive the notebooks in lab/notebooks from their text",
    "lock": "compile requirements*.in to requirements*.txt (with --upgrade: to the newest versions)",
    "clean": "remove what was built (with --all: what was set up as well)",
    "help": "list these targets",
}
WITHOUT_SETUP = ("clean", "help")
WITHOUT_NODE = ("kernel", "lock", "notebooks")


def show_help() -> None:
    width = max(map(len, TARGETS))
    for name, what in TARGETS.items():
        print(f"{name:{width}}  {what}")


def start_again(python: str, arguments: list[str]) -> NoReturn:
    """Hand over to another Python, its exit status ours."""
    command = [python, "-m", "tools", *arguments]
    if os.name == "nt":  # there, exec returns to the prompt at once
        sys.exit(subprocess.call(command))
    sys.stdout.flush()
    os.execv(python, command)


def find_newer_python(arguments: list[str]) -> NoReturn:
    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        # A version manager leaves commands of that name which only say that the version is not chosen.
        if found and subprocess.call([found, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            start_again(found, arguments)
    sys.exit(
        f"Python {platform.python_version()} is too old: install Python 3.11 or newer (Debian and Ubuntu: "
        "sudo apt install python3; macOS: brew install python), then run this again."
    )


def main(arguments: list[str]) -> int | None:
    if sys.version_info < OLDEST:
        find_newer_python(arguments)
    name = arguments[0] if arguments else "help"
    if name in ("help", "-h", "--help"):
        show_help()
        return 0
    if name not in TARGETS:
        sys.exit(f"There is no target '{name}': the targets are {', '.join(TARGETS)}.")
    if name not in WITHOUT_SETUP:
        from tools import setup

        python = setup.python()
        if not setup.inside():
            start_again(str(python), arguments)
        if name not in WITHOUT_NODE:
            setup.packages()
            # The Node inside Playwright needs a library that a small Debian lacks; ours does not.
            os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", setup.node())
    status: int | None = importlib.import_module(f"tools.{name}").main(arguments[1:])
    return status


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
