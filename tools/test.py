"""Build the book and run every test; what follows goes to pytest."""

from __future__ import annotations

import os
import subprocess
import sys

from tools import browser, build, setup

# All of them: a worker a core, and a file's tests in one. In the order of testpaths: a worker that has begun
# with the browser has an event loop that unit tests cannot share.
EVERY_TEST = ("-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder")


def main(arguments: list[str]) -> int:
    browser.chromium()
    browser.fetch_others()
    setup.java()
    html = build.build()
    command = [sys.executable, "-m", "pytest", *(arguments or EVERY_TEST)]
    return subprocess.run(
        command, cwd=setup.REPOSITORY, env=os.environ | {"DOWNHILL_HTML": str(html)}
    ).returncode
