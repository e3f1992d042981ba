"""What a scene and a project will cost: Decimal in, Decimal out.

Amounts keep four decimal places (a price a second may be a fraction of a cent) and are rounded
up, so that an estimate is never below what will be reserved.
"""

from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal
from typing import Final

from musicapp_pipeline.storyboard.errors import BadPrice

USD: Final = Decimal("0.0001")
RETRY_BUFFER: Final = Decimal("1.2")
"""The specification's 20% for takes that have to be made again."""


def estimate_scene(price_per_second: Decimal, clip_seconds: int) -> Decimal:
    """One take of a scene: ``price_per_second`` (USD) times the seconds it buys.

    Raises:
        BadPrice: when the price is no finite Decimal of at least 0, or the seconds are below 1.
    """
    price = _amount("pricePerSecond", price_per_second)
    if clip_seconds < 1:
        raise BadPrice(
            f"clipSeconds {clip_seconds} buys nothing; a clip lasts at least 1 s",
            field="clipSeconds",
            value=clip_seconds,
            allowed="1 or more",
        )
    return (price * clip_seconds).quantize(USD, rounding=ROUND_CEILING)


def estimate_project(scene_costs: Iterable[Decimal]) -> Decimal:
    """All scenes and the retry buffer: the sum of ``scene_costs`` (USD) times 1.2."""
    total = sum((_amount("sceneCosts", cost) for cost in scene_costs), Decimal(0))
    return (total * RETRY_BUFFER).quantize(USD, rounding=ROUND_CEILING)


def _amount(field: str, value: object) -> Decimal:
    # A float would carry binary rounding into money, so it is refused and not converted.
    if not isinstance(value, Decimal) or not value.is_finite() or value < 0:
        raise BadPrice(
            f"{field} {value!r} is not an amount of money; give a Decimal of at least 0",
            field=field,
            value=value,
            allowed="a Decimal of at least 0, for example Decimal('0.06')",
        )
    return value
