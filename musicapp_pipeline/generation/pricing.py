"""The price table: ``provider/model[@size]`` to USD a second, one place, versioned.

Amounts are :class:`~decimal.Decimal`. What is not in the table has no price and cannot be bought.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from musicapp_pipeline.generation.config import ModelSpec
from musicapp_pipeline.generation.errors import BadModelConfig
from musicapp_pipeline.generation.port import Capabilities
from musicapp_pipeline.settings import Settings

SEED_SETTINGS = {
    "sora-2": "sora_pricing_per_second_base",
    "sora-2-pro": "sora_pricing_per_second_pro",
}
"""The specification's two models and the settings that price them."""

LIST_PRICE_NOTE = (
    "the specification's default prices are in use (0.06 and 0.12 USD a second); real services "
    "have always asked more, so estimates are too low and the cap is not reliable. "
    "Set SORA_PRICING_PER_SECOND_BASE/PRO or MUSICAPP_PRICES to what your service charges"
)


@dataclass(frozen=True)
class PriceTable:
    """Prices by ``provider/model[@size]``; ``seeds`` are keys that hold untouched defaults."""

    prices: Mapping[str, Decimal]
    seeds: frozenset[str] = frozenset()

    @property
    def version(self) -> str:
        """Changes whenever any price changes; stored with every attempt."""
        text = "\n".join(f"{key}={amount}" for key, amount in sorted(self.prices.items()))
        return "p-" + hashlib.sha256(text.encode()).hexdigest()[:12]

    def usd_per_second(self, provider: str, model: str, size: str | None = None) -> Decimal | None:
        """The price of a size where it has its own, of the model otherwise; None when unknown."""
        key = f"{provider}/{model}"
        own = self.prices.get(f"{key}@{size}") if size else None
        return self.prices.get(key) if own is None else own

    def priced(self, record: Capabilities, *, like: str | None = None) -> Capabilities:
        """The record with its prices.

        Args:
            record: a model's capabilities.
            like: the provider whose prices stand in where ``record``'s has none of its own
                (the mock charges what the real one would).
        """
        names = [record.provider] if like is None else [record.provider, like]
        base = [self.usd_per_second(name, record.model) for name in names]
        sizes: dict[str, Decimal] = {}
        for name in reversed(names):
            prefix = f"{name}/{record.model}@"
            own = {k: v for k, v in self.prices.items() if k.startswith(prefix)}
            sizes |= {k.removeprefix(prefix): v for k, v in own.items()}
        return record.model_copy(
            update={
                "usd_per_second": next((p for p in base if p is not None), None),
                "size_prices": tuple(sorted(sizes.items())),
                "price_version": self.version,
            }
        )

    def seed_warning(self, record: Capabilities) -> str | None:
        """A sentence for people when a real service would be paid on the default prices."""
        key = f"{record.provider}/{record.model}"
        real = record.provider != "mock"
        return f"{key}: {LIST_PRICE_NOTE}" if real and key in self.seeds else None


def price_table(
    settings: Settings, models: Mapping[str, ModelSpec], overrides: Mapping[str, Decimal]
) -> PriceTable:
    """Prices from the models, then the specification's two settings, then ``MUSICAPP_PRICES``.

    Raises:
        BadModelConfig: an override prices nothing that there is.
    """
    for name in overrides:
        _check_override(name, models)
    prices: dict[str, Decimal] = {}
    seeds: set[str] = set()
    for spec in models.values():
        key = f"{spec.provider}/{spec.name}"
        if spec.usd_per_second is not None:
            prices[key] = spec.usd_per_second
        elif spec.name in SEED_SETTINGS:
            setting = SEED_SETTINGS[spec.name]
            prices[key] = getattr(settings, setting)
            if setting not in settings.model_fields_set:
                seeds.add(key)
        prices |= {f"{key}@{size}": usd for size, usd in spec.size_prices.items()}
    return PriceTable(prices | dict(overrides), frozenset(seeds - set(overrides)))


def _check_override(key: str, models: Mapping[str, ModelSpec]) -> None:
    """A mistyped price would be ignored, and the wrong one reserved."""
    named, _, size = key.partition("@")
    provider, _, model = named.partition("/")
    spec = models.get(model)
    if spec is None or provider not in ("mock", spec.provider):
        allowed = ", ".join(sorted(f"{spec.provider}/{name}" for name, spec in models.items()))
        raise BadModelConfig(
            f"MUSICAPP_PRICES: there is no {named}; there are {allowed} (and each as mock/…)",
            field="MUSICAPP_PRICES",
            value=key,
            allowed=allowed,
        )
    try:
        if size:
            spec.check_size(size)
    except ValueError as error:
        raise BadModelConfig(
            f"MUSICAPP_PRICES: {key}: {error}", field="MUSICAPP_PRICES", value=key
        ) from error
