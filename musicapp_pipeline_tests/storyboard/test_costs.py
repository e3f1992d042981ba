"""Estimates are exact, and never below what will be reserved."""

from decimal import Decimal

import pytest

from musicapp_pipeline.storyboard.costs import estimate_project, estimate_scene
from musicapp_pipeline.storyboard.errors import BadPrice


@pytest.mark.parametrize(
    ("price", "seconds", "usd"),
    [
        ("0.06", 8, "0.4800"),
        ("0.12", 12, "1.4400"),
        ("0", 4, "0.0000"),
        ("0.00333", 7, "0.0234"),
        ("0.1", 3, "0.3000"),
    ],
)
def test_a_scene_costs_its_price_a_second(price, seconds, usd):
    assert estimate_scene(Decimal(price), seconds) == Decimal(usd)
    assert estimate_scene(Decimal(price), seconds) >= Decimal(price) * seconds


def test_a_project_costs_its_scenes_and_a_fifth_for_retries():
    assert estimate_project([Decimal("0.48")] * 20) == Decimal("11.5200")
    assert estimate_project([]) == 0


@pytest.mark.parametrize("price", [0.06, Decimal("-1"), Decimal("NaN"), Decimal("Infinity"), None])
def test_what_is_no_amount_of_money_is_refused(price):
    with pytest.raises(BadPrice, match="Decimal"):
        estimate_scene(price, 8)
    with pytest.raises(BadPrice, match="Decimal"):
        estimate_project([price])


def test_no_seconds_are_no_clip():
    with pytest.raises(BadPrice, match="buys nothing"):
        estimate_scene(Decimal("0.06"), 0)
