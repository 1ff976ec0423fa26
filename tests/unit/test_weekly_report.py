"""What the weekly jobs say on the list of issues: the script, with a stand-in for GitHub's own command."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / ".github" / "open-or-update-issue.sh"
STAND_IN = """#!/bin/sh
echo "$1 $2 $3 $4" >> "$LOG"
case "$2" in
  list) printf '%s' "$OPEN" ;;
  *) while [ $# -gt 0 ]; do [ "$1" = --body-file ] && cat "$2" > "$BODY"; shift; done ;;
esac
"""

pytestmark = pytest.mark.skipif(
    not shutil.which("sh"), reason="the script runs where there is a sh: on the host"
)


def say(tmp_path: Path, *, open_issue: str = "", report: str | None = "line\n") -> tuple[list[str], str]:
    """What GitHub's command was asked to do, and the text it was given."""
    (tmp_path / "bin").mkdir()
    gh = tmp_path / "bin" / "gh"
    gh.write_text(STAND_IN, "utf-8")
    gh.chmod(0o755)
    if report is not None:
        (tmp_path / "report.txt").write_text(report, "utf-8")
    environment = os.environ | {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "LOG": str(tmp_path / "log"),
        "BODY": str(tmp_path / "body"),
        "OPEN": open_issue,
        "GITHUB_SERVER_URL": "https://example.org",
        "GITHUB_REPOSITORY": "owner/name",
        "GITHUB_RUN_ID": "7",
    }
    subprocess.run(
        ["sh", str(SCRIPT), "Links are broken", str(tmp_path / "report.txt")], env=environment, check=True
    )
    return (tmp_path / "log").read_text("utf-8").splitlines(), (tmp_path / "body").read_text("utf-8")


def test_the_first_fault_opens_an_issue(tmp_path):
    asked, body = say(tmp_path, report="".join(f"line {number}\n" for number in range(100)))
    assert asked == ["issue list --state open", "issue create --title Links are broken"]
    assert "https://example.org/owner/name/actions/runs/7" in body
    assert "    line 99\n" in body
    assert "line 39" not in body


def test_a_fault_that_lasts_stays_one_issue(tmp_path):
    asked, _ = say(tmp_path, open_issue="12")
    assert asked[1] == "issue comment 12 --body-file"


def test_a_job_that_never_reported_says_so(tmp_path):
    _, body = say(tmp_path, report=None)
    assert "no report" in body


def test_what_is_reported_is_shown_and_not_marked_up(tmp_path):
    _, body = say(tmp_path, report="![x](https://example.org/x.png) @everyone\n")
    assert "\n    ![x](https://example.org/x.png) @everyone\n" in body
