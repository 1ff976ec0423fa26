"""Build the book and run every test; what follows goes to pytest."""

from __future__ import annotations

import os
import subprocess
import sys

from tools import browser, build, setup


def main(arguments: list[str]) -> int:
    browser.chromium()
    browser.fetch_others()
    setup.java()
    html = build.build()
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(
        command, cwd=setup.REPOSITORY, env=os.environ | {"DOWNHILL_HTML": str(html)}
    ).returncode
