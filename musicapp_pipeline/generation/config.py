"""Models as data: the shipped table, one's own entries, and price overrides from the environment.

``MUSICAPP_MODELS`` is a JSON list (or object) of entries, or the path of a ``.json``/``.toml``
file with the same; ``MUSICAPP_PRICES`` is ``provider/model[@size]=usd,...`` or a JSON object.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from importlib import resources
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator

from musicapp_pipeline.generation.errors import BadModelConfig, UnknownModel
from musicapp_pipeline.generation.port import Capabilities, Frozen, RemixMode, parse_size
from musicapp_pipeline.generation.sources import read_data
from musicapp_pipeline.setting_forms import plain_address, plain_key
from musicapp_pipeline.settings import Environment

ProviderName = Literal["videos_api", "fal"]
DurationFormat = Literal["int", "string", "suffixed"]
Usd = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
FAL_QUEUE_URL = "https://queue.fal.run"

LONGEST = 3600
"""Seconds of a clip; no model comes near, and a range is written out."""
_RANGE = re.compile(r"(\d+)\s*-\s*(\d+)")
_PRICE_KEY = re.compile(r"[a-z_]+/[^@=,\s]+(@[1-9]\d*x[1-9]\d*)?")


class GenerationSettings(Environment):
    """What generation reads beside the project's settings; names are environment variables."""

    musicapp_models: str = ""
    musicapp_prices: str = ""
    musicapp_provider: str = ""
    musicapp_refunds_failed: bool | None = None
    fal_key: SecretStr | None = None
    fal_queue_url: str = FAL_QUEUE_URL

    @field_validator("musicapp_refunds_failed", "fal_key", mode="before")
    @classmethod
    def _blank_is_unset(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("fal_key")
    @classmethod
    def _key(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else plain_key(value)

    @field_validator("fal_queue_url")
    @classmethod
    def _address(cls, value: str) -> str:
        return plain_address(value) if value.strip() else FAL_QUEUE_URL


class ModelSpec(Frozen):
    """One model as configured: what it can do, what it costs and how to call it.

    ``name`` is what projects say (``soraModel``); ``remote`` what the server is told, the same
    unless given. ``durations`` may be written ``"4-15"``. The fields from ``text_endpoint`` on
    are for fal: endpoint ids and the names its input fields have for this model (``""`` for one
    it does not have); ``image_keeps_aspect`` says that a clip from an image has the image's shape.
    """

    name: str = Field(min_length=1, pattern=r"^[^\s,|@=]+$")
    provider: ProviderName
    remote: str | None = None
    durations: tuple[int, ...]
    sizes: tuple[str, ...] = ()
    image_reference: bool = False
    first_frame: bool = False
    last_frame: bool = False
    remix: RemixMode = "emulated"
    can_list: bool = False
    accepts_seed: bool = False
    has_audio: bool = False
    max_prompt_chars: int = Field(32_000, ge=1)
    refunds_failed: bool = True
    retires_on: date | None = None
    usd_per_second: Usd | None = None
    size_prices: dict[str, Usd] = Field(default_factory=dict)
    text_endpoint: str | None = None
    image_endpoint: str | None = None
    duration_field: str = "duration"
    duration_format: DurationFormat = "string"
    aspect_field: str = "aspect_ratio"
    resolution_field: str = "resolution"
    image_field: str = "image_url"
    image_keeps_aspect: bool = False
    fixed: dict[str, Any] = Field(default_factory=dict)

    @field_validator("durations", mode="before")
    @classmethod
    def _range(cls, value: object) -> object:
        match = _RANGE.fullmatch(value) if isinstance(value, str) else None
        if match and int(match[2]) > LONGEST:
            raise ValueError(f"clips of up to {LONGEST} s are allowed, not {match[2]}")
        return tuple(range(int(match[1]), int(match[2]) + 1)) if match else value

    @model_validator(mode="after")
    def _priced_sizes_exist(self) -> Self:
        for size in self.size_prices:
            self.check_size(size)
        return self

    def check_size(self, size: str) -> None:
        """Refuse a size that the model does not have: a price for it would never be used.

        Raises:
            ValueError: it is no size at all, or not one of the model's.
        """
        parse_size(size)
        if self.sizes and size not in self.sizes:
            raise ValueError(f"{self.name} has no size {size}; it has {', '.join(self.sizes)}")

    @property
    def remote_name(self) -> str:
        """What the server calls it."""
        return self.remote or self.name

    def capabilities(self) -> Capabilities:
        """The record without prices, which :mod:`.pricing` adds."""
        fal = self.provider == "fal"
        images = self.image_endpoint is not None if fal else self.image_reference
        return Capabilities(
            provider=self.provider,
            model=self.name,
            durations=self.durations,
            sizes=self.sizes,
            image_reference=images,
            first_frame=images if fal else self.first_frame,
            last_frame=self.last_frame and not fal,
            remix="emulated" if fal and self.remix == "native" else self.remix,
            can_list=self.can_list and not fal,
            can_cancel=fal,
            accepts_seed=self.accepts_seed,
            has_audio=self.has_audio,
            max_prompt_chars=self.max_prompt_chars,
            refunds_failed=self.refunds_failed,
            retires_on=self.retires_on,
        )


def load_models(extra: GenerationSettings) -> Mapping[str, ModelSpec]:
    """The shipped models and the configured ones by name; a configured one wins.

    Raises:
        BadModelConfig: an entry cannot be used; says which and why.
    """
    shipped = resources.files("musicapp_pipeline.generation").joinpath("models.toml")
    entries = tomllib.loads(shipped.read_text("utf-8"))["models"]
    entries += _entries(extra.musicapp_models.strip())
    return {spec.name: spec for spec in map(_spec, entries)}


def spec_for(models: Mapping[str, ModelSpec], name: str) -> ModelSpec:
    """The entry of a model.

    Raises:
        UnknownModel: naming the models there are and how to add one.
    """
    if name not in models:
        known = ", ".join(sorted(models))
        raise UnknownModel(
            f"model {name!r} is not configured; known: {known}. Add it with MUSICAPP_MODELS "
            "(see docs/providers.md)",
            field="soraModel",
            value=name,
            allowed=known,
        )
    return models[name]


def parse_prices(text: str) -> Mapping[str, Decimal]:
    """``MUSICAPP_PRICES`` as a table.

    Raises:
        BadModelConfig: a key or an amount is not readable.
    """
    text = text.strip()
    if not text:
        return {}
    try:
        pairs = (
            [(str(k), str(v)) for k, v in json.loads(text, parse_float=Decimal).items()]
            if text.startswith("{")
            else [(k.strip(), v.strip()) for k, _, v in (p.partition("=") for p in text.split(","))]
        )
        prices = {key: Decimal(amount) for key, amount in pairs}
    except (ValueError, InvalidOperation) as error:
        raise _bad_prices(text) from error
    if len(prices) < len(pairs):
        raise BadModelConfig(
            "MUSICAPP_PRICES: a model or size has two prices",
            field="MUSICAPP_PRICES",
            value=text,
            allowed="one price each",
        )
    for key, amount in prices.items():
        if not _PRICE_KEY.fullmatch(key) or not amount.is_finite() or amount < 0:
            raise _bad_prices(f"{key}={amount}")
    return prices


def _bad_prices(value: str) -> BadModelConfig:
    return BadModelConfig(
        f"MUSICAPP_PRICES: {value!r} is not a list of provider/model[@WIDTHxHEIGHT]=USD a second",
        field="MUSICAPP_PRICES",
        value=value,
        allowed="videos_api/sora-2=0.10,fal/wan-2.7@1920x1080=0.15",
    )


def _entries(source: str) -> list[Any]:
    if not source:
        return []
    try:
        data = read_data(source)
    except (OSError, ValueError) as error:
        raise BadModelConfig(
            f"MUSICAPP_MODELS is neither JSON nor a readable .json or .toml file: {error}",
            field="MUSICAPP_MODELS",
            value=source,
        ) from error
    if isinstance(data, dict):
        data = data.get("models", [data])
    return data if isinstance(data, list) else [data]


def _spec(entry: object) -> ModelSpec:
    try:
        spec = ModelSpec.model_validate(entry)
        spec.capabilities()
    except ValidationError as error:
        first = error.errors()[0]
        name = entry.get("name") if isinstance(entry, dict) else entry
        where = ".".join(map(str, first["loc"]))
        raise BadModelConfig(
            f"MUSICAPP_MODELS: entry {name!r}: {where + ': ' if where else ''}{first['msg']}",
            field=where or "MUSICAPP_MODELS",
            value=first.get("input"),
        ) from error
    if spec.provider == "fal" and not (spec.text_endpoint or spec.image_endpoint):
        raise BadModelConfig(
            f"MUSICAPP_MODELS: entry {spec.name!r} needs text_endpoint or image_endpoint, "
            "the id in fal's model gallery",
            field="text_endpoint",
        )
    return spec
