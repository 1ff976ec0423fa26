"""The two-weight hill behaves as its closed form says."""

import math

import pytest

from lab.scratch import Quadratic, descend, finite_difference

HILL = Quadratic((1.0, 10.0))


@pytest.mark.parametrize("learning_rate", [0.01, 0.1, 0.19, 0.2, 0.21])
def test_positions_are_those_of_the_closed_form(learning_rate):
    positions = descend(HILL.gradient, (3.0, -2.0), learning_rate, steps=20)
    assert len(positions) == 21
    for n, position in enumerate(positions):
        factors = [(1 - learning_rate * curvature) ** n for curvature in HILL.curvatures]
        assert position == pytest.approx([3.0 * factors[0], -2.0 * factors[1]], rel=1e-9, abs=1e-12)


def test_below_the_limit_it_settles_at_it_bounces_above_it_climbs():
    limit = HILL.stability_limit
    assert limit == 2 / 10
    settles, bounces, climbs = (
        [HILL.height(position) for position in descend(HILL.gradient, (0.0, 1.0), rate, 100)]
        for rate in (0.99 * limit, limit, 1.01 * limit)
    )
    assert settles[-1] < settles[0] / 10
    assert bounces == pytest.approx([bounces[0]] * 101, rel=1e-9)
    assert climbs[-1] > climbs[0] * 5


def test_a_hill_left_at_great_speed_is_a_result():
    heights = [HILL.height(position) for position in descend(HILL.gradient, (1.0, 1.0), 1e9, 100)]
    assert not math.isfinite(heights[-1])


def test_the_slope_measured_by_hand_is_the_gradient():
    weights = [0.7, -1.3]
    assert finite_difference(HILL.height, weights) == pytest.approx(HILL.gradient(weights), abs=1e-8)
    assert weights == [0.7, -1.3]


def test_the_measured_slope_of_a_curve_is_within_the_square_of_the_nudge():
    weights = [0.3, 1.1]
    measured = finite_difference(lambda w: math.exp(w[0]) * math.sin(w[1]), weights, nudge=1e-3)
    exact = [math.exp(0.3) * math.sin(1.1), math.exp(0.3) * math.cos(1.1)]
    assert measured == pytest.approx(exact, abs=1e-6)


def test_where_the_start_stays_as_it_was():
    start = [1.0, 1.0]
    assert descend(HILL.gradient, start, 0.1, 3)[0] == [1.0, 1.0]
    assert start == [1.0, 1.0]


@pytest.mark.parametrize("curvatures", [(), (1.0, 0.0), (-1.0,), (math.nan,), (math.inf,)])
def test_a_hill_without_a_bottom_is_refused(curvatures):
    with pytest.raises(ValueError, match="curvatures"):
        Quadratic(curvatures)


def test_a_start_on_another_hill_is_refused():
    with pytest.raises(ValueError, match="zip"):
        descend(HILL.gradient, [1.0], 0.1, 1)
