"""The estimate of a run's electricity, and that it says what it assumes."""

import pytest

from lab import energy


def test_an_hour_of_one_busy_core_is_its_watts():
    assert energy.estimate(3600)["kilowatt_hours"] == pytest.approx(energy.WATTS_PER_CORE / 1000)
    assert energy.estimate(0)["kilowatt_hours"] == 0


def test_the_figure_comes_with_its_assumption_and_its_doubt():
    said = energy.estimate(60)["assumption"]
    assert f"{energy.WATTS_PER_CORE} watts" in said
    assert "guess within a factor of" in said
