"""Compile requirements.in and requirements-dev.in to the exact versions that set-up installs."""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

from tools.setup import REPOSITORY, run

LISTS = ("requirements", "requirements-dev")  # the second is held to the versions of the first
OPTIONS = (
    "--quiet",
    "--allow-unsafe",  # pip and setuptools as exact as the rest
    "--strip-extras",
    "--annotation-style=line",
    "--no-emit-find-links",
    "--no-emit-index-url",
    "--no-emit-trusted-host",
    "--newline=lf",
)
LINUX_GPU = re.compile(r"^(nvidia-|cuda-|triton\b)", re.MULTILINE)


def without_build(text: str) -> str:
    """The list with torch's version alone: which build of it is for set-up to choose."""
    return re.sub(r"^(torch==[^+\s]+)\+\S+", r"\1", text, flags=re.MULTILINE)


def check(name: str, text: str) -> None:
    """Refuse a list that was compiled against a GPU build: it would bring gigabytes to every laptop."""
    if found := LINUX_GPU.search(text):
        raise SystemExit(
            f"{name}.txt would hold {found[0]} packages, which only torch's GPU build needs: "
            "let pip find the CPU build (PIP_EXTRA_INDEX_URL or PIP_FIND_LINKS) and lock again."
        )


def compile_list(name: str, more: list[str]) -> None:
    target = REPOSITORY / f"{name}.txt"
    before = target.read_text("utf-8") if target.is_file() else None
    command = [sys.executable, "-m", "piptools", "compile", *OPTIONS, *more, f"--output-file={name}.txt"]
    environment = os.environ | {"CUSTOM_COMPILE_COMMAND": "python -m tools lock"}
    run([*command, f"{name}.in"], f"{name}.in could not be compiled: the lines above say why.", environment)
    text = without_build(target.read_text("utf-8"))
    try:
        check(name, text)
    except SystemExit:
        restore(target, before)
        raise
    target.write_text(text, "utf-8")


def restore(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
    else:
        path.write_text(text, "utf-8")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tools lock", description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    more = ["--upgrade"] if parser.parse_args(arguments).upgrade else []
    for name in LISTS:
        compile_list(name, more)
