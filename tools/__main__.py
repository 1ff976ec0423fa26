"""``python -m tools TARGET``: what make calls, and the same commands where there is no make."""

# Only what Python 3.6 can read: an older Python has to get as far as the sentence that says it is too old.
import importlib
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)

# A target's name: what it does. `tools/NAME.py` does it, in its `main(arguments)`.
TARGETS = {
    "serve": "set up, build, and serve the book on 127.0.0.1:8000 with a local Jupyter server behind it",
    "test": "set up, build, and run every test (what follows goes to pytest: `python -m tools test -k links`)",
    "build": "set up and build the book into _build/html; a warning is an error",
    "lint": "check the style and types of Python, JavaScript and the workflows",
    "bench": "measure the weight of the pages and the time to the first output",
    "setup": "fetch everything the other targets need, and build nothing",
    "lock": "compile requirements*.in to requirements*.txt (with --upgrade: to the newest versions)",
    "clean": "remove what was built (with --all: what was set up as well)",
    "help": "list these targets",
}
WITHOUT_SETUP = ("clean", "help")
WITHOUT_NODE = ("lock",)


def show_help():
    width = max(map(len, TARGETS))
    for name, what in TARGETS.items():
        print("%s  %s" % (name.ljust(width), what))


def start_again(python, arguments):
    """Hand over to another Python, its exit status ours."""
    command = [python, "-m", "tools"] + arguments
    if os.name == "nt":  # there, exec returns to the prompt at once
        sys.exit(subprocess.call(command))
    sys.stdout.flush()
    os.execv(python, command)


def find_newer_python(arguments):
    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which("python3.%d" % minor)
        if found:
            start_again(found, arguments)
    sys.exit(
        "Python %d.%d is too old: install Python 3.11 or newer (Debian and Ubuntu: apt install python3; macOS: "
        "brew install python), then run this again." % sys.version_info[:2]
    )


def main(arguments):
    if sys.version_info < OLDEST:
        find_newer_python(arguments)
    name = arguments[0] if arguments else "help"
    if name in ("help", "-h", "--help"):
        show_help()
        return 0
    if name not in TARGETS:
        sys.exit("There is no target '%s': the targets are %s." % (name, ", ".join(TARGETS)))
    if name not in WITHOUT_SETUP:
        from tools import setup

        python = setup.python()
        if not setup.inside():
            start_again(str(python), arguments)
        if name not in WITHOUT_NODE:
            setup.packages()
    return importlib.import_module("tools." + name).main(arguments[1:])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
