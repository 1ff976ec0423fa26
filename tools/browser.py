"""The browsers of the tests: a Chromium that is there, or apt's, or Playwright's; then Firefox and WebKit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools import setup

VARIABLE = "DOWNHILL_CHROMIUM"
SHELL = "chromium-headless-shell"  # Chromium without its windows, which shows a page for half the work
NAMES = (
    SHELL,
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
STAMP = setup.VENV / "stamps" / "chromium"

# A browser that talks to nobody but the page's own server: what is seen on the network is the page's doing.
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # Without windows it has no other way to survive WebAssembly that reaches beyond its memory.
    "--js-flags=--wasm-enforce-bounds-checks",
)


def chromium() -> str:
    """The path of a Chromium that starts; fetched where there is none."""
    remembered = STAMP.read_text("utf-8") if STAMP.is_file() else ""
    if VARIABLE not in os.environ and remembered and Path(remembered).exists():
        return remembered
    if VARIABLE not in os.environ and not shutil.which(SHELL):
        setup.apt(SHELL)
    found = present() or (present() if setup.apt("chromium") else None) or from_playwright()
    if VARIABLE not in os.environ:
        setup.leave(STAMP, found)
    return found


def present() -> str | None:
    """The path of a browser on this system; the one that ``DOWNHILL_CHROMIUM`` names must do."""
    named = os.environ.get(VARIABLE)
    if named:
        if starts(named):
            return named
        raise SystemExit(
            f"{VARIABLE} is {named}, which does not start: give the path of a Chromium or leave it out."
        )
    programs = [shutil.which(name) for name in NAMES] + list(PLACES)
    return next((program for program in programs if program and starts(program)), None)


def starts(program: str, *makes: str) -> bool:
    """Whether the program is a browser: on Ubuntu one of these names may only say where to get one."""
    if not Path(program).is_file():
        return False
    if os.name == "nt":  # there, asking for the version opens a window
        return True
    try:
        command = [program, *sandbox(), "--version"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and any(make in said.stdout for make in makes or ("Chrom", "Edge"))


def from_playwright() -> str:
    """The path of Playwright's own Chromium, which it downloads."""
    setup.say("Playwright's Chromium, as this system has none")
    failure = (
        f"The tests need a Chromium: install Chromium or Chrome, or give the path of one in {VARIABLE}, "
        "then run this again."
    )
    dependencies = ["--with-deps"] if setup.is_root() and shutil.which("apt-get") else []
    command = [sys.executable, "-m", "playwright", "install", *dependencies, "chromium"]
    # What it says of a failed download is long and is about servers of its own.
    if subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
        raise SystemExit(failure)
    from playwright.sync_api import sync_playwright  # not there before set-up

    with sync_playwright() as playwright:
        found = playwright.chromium.executable_path
    if not starts(found):
        raise SystemExit(failure)
    return found


def firefox() -> str | None:
    """The path of a Firefox on this system."""
    programs = map(shutil.which, ("firefox-esr", "firefox"))
    return next((program for program in programs if program and starts(program, "Firefox")), None)


def webkit() -> str | None:
    """The path of WebKitGTK's driver on this system, if there is a screen in memory for its windows."""
    return shutil.which("WebKitWebDriver") if shutil.which("Xvfb") else None


OTHERS = {
    "Firefox": (firefox, ("firefox-esr",)),
    "WebKit": (webkit, ("webkit2gtk-driver", "xvfb")),
}


def other(engine: str, *, fetch: bool = False) -> str:
    """The path of one of ``OTHERS``, fetched if we may; else a LookupError that says what to install."""
    present, packages = OTHERS[engine]
    found = present() or (present() if fetch and setup.apt(*packages) else None)
    if not found:
        raise LookupError(
            f"{engine} is not tried, as it is not here (Debian: sudo apt install {' '.join(packages)})"
        )
    return found


def fetch_others() -> None:
    """The other engines, or for each a line that says why it is not tried."""
    for engine in OTHERS:
        try:
            other(engine, fetch=True)
        except LookupError as why:
            setup.say(str(why))


def launch_options() -> dict[str, Any]:
    """What Playwright's ``launch`` takes to start this browser."""
    return {"executable_path": chromium(), "args": [*ARGUMENTS, *sandbox()]}


def sandbox() -> list[str]:
    """Chromium's own sandbox does not work for root."""
    return ["--no-sandbox"] if setup.is_root() else []
