"""`python -m lab verdict` prints one line a file, and goes on where one cannot be read."""

from pathlib import Path

import pytest

from lab import __main__ as command
from lab import records


def test_one_line_a_file_with_verdict_overfitting_and_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(records.RUNS / f"page-model-{preset}-seed-0.json") for preset in ("too-low", "too-high")]
    assert command.main(["verdict", *files]) == 0
    low, high = capsys.readouterr().out.splitlines()
    assert low.startswith(f"{files[0]}: stalled: Validation loss starts at 1.099 and ends at ")
    assert high.startswith(f"{files[1]}: diverged, overfitting: Validation loss starts at 1.099")


def test_a_file_that_cannot_be_read_is_said_on_stderr_and_the_next_is_judged(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    broken = tmp_path / "trainer_state.json"
    broken.write_text("{", "utf-8")
    one_point = tmp_path / "log.csv"
    one_point.write_text("epoch,val_loss\n1,0.9\n", "utf-8")
    assert command.main(["verdict", str(broken), str(one_point)]) == 1
    shown = capsys.readouterr()
    assert shown.out.startswith(f"{one_point}: not enough to tell: ")
    assert shown.err.count("\n") == 1 and "Traceback" not in shown.err
