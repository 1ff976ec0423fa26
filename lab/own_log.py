"""What the book's page says of a training log that a reader brings along: verdict, numbers and a chart.

    from lab import own_log
    own_log.look(Path("trainer_state.json").read_bytes(), "trainer_state.json")

The answer is plain: words, numbers and a Vega-Lite specification, nothing of which is taken over from the
file but its numbers. Standard library only; the page runs it in the reader's own browser.
"""

from __future__ import annotations

import math
from typing import Any

from lab import charts, logs, verdict
from lab.verdict import History

MOST_POINTS = 400  # evaluations in the chart: more cannot be told apart
LOG_FROM = 50.0  # on a log axis where the highest loss is so many times the lowest
X = "step or epoch"


def look(content: bytes, name: str) -> dict[str, Any]:
    """How the training in this log ended; or {"error": one sentence} where it cannot be read.

    verdict and overfitting are as in lab.verdict.Verdict; naive is "converged", "not converged" or "cannot
    judge", change how the validation loss moved between the last two evaluations, evaluations how many there
    are, and chart a specification, None where there is no loss to draw.
    """
    try:
        history = logs.parse(content, name)
    except logs.LogError as error:
        return {"error": str(error)}
    found = verdict.judge(history)
    return {
        "verdict": found.name,
        "overfitting": found.overfitting,
        "evidence": found.evidence,
        "learning_rate": found.learning_rate,
        "first_try": found.first_try,
        "naive": naive_in_words(history),
        "change": change_in_words(history),
        "evaluations": len(history.validation_loss),
        "chart": chart(history),
    }


def naive_in_words(history: History) -> str:
    if len(history.validation_loss) < 2:
        return "cannot judge"
    return "converged" if verdict.naive(history) else "not converged"


def change_in_words(history: History) -> str:
    """The last change of the validation loss, without a sign that a spreadsheet takes for a formula."""
    if len(history.validation_loss) < 2:
        return "one evaluation only" if history.validation_loss else "no evaluation"
    change = history.validation_loss[-1] - history.validation_loss[-2]
    if not math.isfinite(change):
        return "not a number"
    size = f"{abs(change):.3g}"
    return f"fell by {size}" if change < 0 else f"rose by {size}" if change > 0 else "no change"


def chart(history: History) -> dict[str, Any] | None:
    """Training and validation loss over what the log counts."""
    every = math.ceil(len(history.at) / MOST_POINTS) or 1
    last = len(history.at) - 1
    kept = [number for number in range(len(history.at)) if number % every == 0 or number == last]
    lines = {
        series: [
            {X: history.at[number], "loss": loss}
            for number in kept
            if (loss := losses[number]) is not None and math.isfinite(loss)
        ]
        for series, losses in (("training", history.training_loss), ("validation", history.validation_loss))
    }
    losses = [row["loss"] for rows in lines.values() for row in rows]
    if not losses:
        return None
    log = min(losses) > 0 and max(losses) > LOG_FROM * min(losses)
    start = history.starting_loss
    levels = {"start": start} if start is not None and math.isfinite(start) and history.start_measured else {}
    spec = charts.comparison(lines, "loss", x=X, log=log, levels=levels)
    thinned = f" {len(kept)} of {len(history.at)} evaluations are drawn." if every > 1 else ""
    ends = (
        f"{series}, from {rows[0]['loss']:.3g} to {rows[-1]['loss']:.3g}"
        for series, rows in lines.items()
        if rows
    )
    spec["usermeta"] = {
        "caption": "Training and validation loss, as your log has them." + thinned,
        "alt": f"Loss over the {X}: {'; '.join(ends)}.",
    }
    return spec
