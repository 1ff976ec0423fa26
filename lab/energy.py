"""How much electricity did a run take? An estimate, with its assumption beside it: nothing is metered."""

from __future__ import annotations

WATTS_PER_CORE = 15
ASSUMPTION = (
    f"{WATTS_PER_CORE} watts for each busy processor core, the whole laptop counted; "
    "a guess within a factor of 3"
)


def estimate(cpu_seconds: float) -> dict[str, float | str]:
    """kilowatt_hours for so many seconds of one busy core, and the assumption behind the figure."""
    return {"kilowatt_hours": cpu_seconds * WATTS_PER_CORE / 3.6e6, "assumption": ASSUMPTION}
