"""The port to whoever makes moving pictures: values that cross it and the protocol behind it.

An adapter of a provider implements :class:`VideoProvider`, classifies every outcome into the types
of :mod:`musicapp_pipeline.generation.errors`, and never repeats a call that may cost money.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field, field_validator

from musicapp_pipeline.generation.errors import UnknownPrice, UnsupportedRequest

RemixMode = Literal["native", "emulated", "none"]
ReferenceKind = Literal["character", "first_frame", "last_frame"]
JobStatus = Literal["queued", "in_progress", "completed", "failed", "unknown"]
TERMINAL: frozenset[JobStatus] = frozenset({"completed", "failed"})

_SIZE = re.compile(r"([1-9]\d{1,4})x([1-9]\d{1,4})")


class Frozen(BaseModel):
    """An immutable value that can be stored as JSON and read back equal."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64"
    )


def parse_size(size: str) -> tuple[int, int]:
    """``"1280x720"`` as width and height in pixels.

    Raises:
        ValueError: when it is not two positive whole numbers joined by ``x``.
    """
    match = _SIZE.fullmatch(size)
    if match is None:
        raise ValueError(f"size {size!r} is not WIDTHxHEIGHT, for example 1280x720")
    return int(match[1]), int(match[2])


class Capabilities(Frozen):
    """What one model of one provider can do and what it costs; the only place that says so.

    ``durations`` are the clip seconds on sale, ascending; ``sizes`` the frame sizes, empty for any.
    ``usd_per_second`` is None when unknown (then nothing may be bought); ``size_prices`` are the
    sizes that cost something else. ``refunds_failed`` says that a job which failed at the provider
    is not charged. ``has_audio``: clips carry sound.
    """

    provider: str
    model: str
    durations: tuple[int, ...]
    sizes: tuple[str, ...] = ()
    image_reference: bool = False
    first_frame: bool = False
    last_frame: bool = False
    remix: RemixMode = "emulated"
    can_list: bool = False
    can_cancel: bool = False
    accepts_seed: bool = False
    has_audio: bool = False
    max_prompt_chars: int = Field(32_000, ge=1)
    usd_per_second: Decimal | None = None
    size_prices: tuple[tuple[str, Decimal], ...] = ()
    price_version: str = ""
    refunds_failed: bool = True
    retires_on: date | None = None

    @field_validator("durations")
    @classmethod
    def _ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or value[0] < 1 or sorted(set(value)) != list(value):
            raise ValueError("durations must be whole seconds, ascending, at least one")
        return value

    @field_validator("sizes")
    @classmethod
    def _sizes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for size in value:
            parse_size(size)
        return value

    def shortest_covering(self, seconds: float | Fraction) -> int | None:
        """The shortest clip on sale that is at least ``seconds`` long; None when none is."""
        return next((d for d in self.durations if d >= seconds), None)

    def cost(self, seconds: int, size: str) -> Decimal:
        """What a clip of ``seconds`` at ``size`` costs in USD: what is reserved before buying.

        Raises:
            UnknownPrice: no price is known, or none that a cap could be kept with (a negative one
                would widen it), so nothing may be bought.
        """
        price = dict(self.size_prices).get(size, self.usd_per_second)
        if price is None or not price.is_finite() or price < 0:
            key = f"{self.provider}/{self.model}"
            raise UnknownPrice(
                f"no price is known for {key} at {size}, so nothing can be reserved or bought; "
                f"set MUSICAPP_PRICES='{key}=<USD a second>'",
                field="model",
                value=f"{key}@{size}",
            )
        return price * seconds

    def size_for(self, *, portrait: bool) -> str:
        """The size to use for an orientation: the first that fits, 720p where any goes."""
        for size in self.sizes:
            width, height = parse_size(size)
            if (height > width) == portrait:
                return size
        return "720x1280" if portrait else "1280x720"

    def check(self, request: "ClipRequest") -> None:
        """Refuse what the model cannot do before anything is sent.

        Raises:
            UnsupportedRequest: naming the field, its value and what is allowed.
        """
        self.check_on_sale()
        if request.seconds not in self.durations:
            raise self._unsupported("seconds", request.seconds, self.durations)
        if self.sizes and request.size not in self.sizes:
            raise self._unsupported("size", request.size, self.sizes)
        if len(request.prompt) > self.max_prompt_chars:
            limit = f"up to {self.max_prompt_chars} characters"
            raise self._unsupported("prompt", f"{len(request.prompt)} characters", limit)
        if request.reference_png is not None and not self._takes(request.reference_kind):
            raise self._unsupported("reference", request.reference_kind, "no such image")

    def check_on_sale(self, today: date | None = None) -> None:
        """Refuse to buy of a model that its provider has taken off the market.

        Raises:
            UnsupportedRequest: ``retires_on`` has come.
        """
        if self.retires_on is None or (today or datetime.now(UTC).date()) < self.retires_on:
            return
        raise UnsupportedRequest(
            f"{self.provider}/{self.model} was retired on {self.retires_on}, so nothing can be made"
            " with it; choose another soraModel, or correct retires_on in MUSICAPP_MODELS",
            field="soraModel",
            value=self.model,
            allowed="a model that is still offered",
        )

    def _takes(self, kind: ReferenceKind) -> bool:
        flags = {
            "character": self.image_reference,
            "first_frame": self.first_frame or self.image_reference,
            "last_frame": self.last_frame,
        }
        return flags[kind]

    def _unsupported(self, field: str, value: object, allowed: object) -> UnsupportedRequest:
        shown = ", ".join(map(str, allowed)) if isinstance(allowed, tuple) else allowed
        return UnsupportedRequest(
            f"{self.provider}/{self.model} does not offer {field} {value}; allowed: {shown}",
            field=field,
            value=value,
            allowed=shown,
        )


class ClipRequest(Frozen):
    """Everything that defines one clip.

    Args:
        prompt: exactly what is sent.
        seconds: clip length on sale.
        size: ``WIDTHxHEIGHT`` in pixels.
        model: the model's name as configured.
        reference_png: an image that guides the picture, PNG; adapters resize it to ``size``.
        reference_kind: what the image is for.
        seed: varies takes of one prompt; sent where the provider accepts one.
    """

    prompt: str = Field(min_length=1)
    seconds: int = Field(ge=1)
    size: str
    model: str = Field(min_length=1)
    reference_png: bytes | None = Field(None, repr=False)
    reference_kind: ReferenceKind = "character"
    seed: int | None = None

    @field_validator("size")
    @classmethod
    def _known_shape(cls, value: str) -> str:
        parse_size(value)
        return value

    @property
    def dimensions(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return parse_size(self.size)

    def fingerprint(self) -> str:
        """SHA-256 (hex) over everything that defines the picture; equal requests, equal value."""
        image = self.reference_png
        parts = {
            "prompt": self.prompt,
            "seconds": self.seconds,
            "size": self.size,
            "model": self.model,
            "reference": None if image is None else hashlib.sha256(image).hexdigest(),
            "kind": None if image is None else self.reference_kind,
            "seed": self.seed,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def remix_fingerprint(job_id: str, prompt: str) -> str:
    """SHA-256 (hex) of a native remix, which is defined by its source job and the new prompt."""
    return hashlib.sha256(json.dumps({"remix_of": job_id, "prompt": prompt}).encode()).hexdigest()


class ProviderJob(Frozen):
    """What a provider says about one job, in our words.

    ``progress`` is 0 to 1 and may go backwards. ``poll_after`` is the provider's own wish in
    seconds. ``raw_status`` is its word where ours is ``unknown`` (non-terminal until a deadline).
    ``prompt`` to ``created_at`` are None where the provider does not tell.
    """

    id: str = Field(min_length=1)
    status: JobStatus
    progress: float = Field(0.0, ge=0, le=1)
    error_code: str | None = None
    error_message: str | None = None
    poll_after: float | None = None
    raw_status: str = ""
    expires_at: datetime | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None
    prompt: str | None = None
    seconds: int | None = None
    size: str | None = None
    model: str | None = None
    remixed_from: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the provider has finished with it, well or badly."""
        return self.status in TERMINAL


@runtime_checkable
class VideoProvider(Protocol):
    """One way to buy clips. No method retries by itself.

    ``name`` is stored with every attempt and leads back to this provider; ``key`` names the
    account whose rate limit its calls share.
    """

    @property
    def name(self) -> str: ...

    @property
    def key(self) -> str: ...

    def capabilities(self, model: str) -> Capabilities:
        """The record of ``model``.

        Raises:
            UnknownModel: this provider does not offer it.
        """
        ...

    async def submit(self, request: ClipRequest) -> ProviderJob:
        """Buy one clip, sending exactly one request.

        Returns:
            The accepted job; its id is to be stored before anything else happens.

        Raises:
            NotAccepted: nothing was bought (see its subclasses).
            AmbiguousSubmit: it may have been bought.
        """
        ...

    async def status(self, job_id: str) -> ProviderJob:
        """How far a job is.

        Raises:
            StatusUnavailable: ask again later.
            JobVanished: the provider does not know it (yet, or any more).
        """
        ...

    async def download(self, job_id: str, dest: Path) -> None:
        """Write the finished clip to ``dest`` (a ``.part`` name of the caller's), whole or not
        at all as far as HTTP can tell.

        Raises:
            DownloadFailed: fetch again later, unless ``permanent``.
        """
        ...

    async def list_recent(self, since: datetime) -> Sequence[ProviderJob]:
        """Jobs created at or after ``since``, newest first, with prompt, seconds, size and model.

        Raises:
            ListingUnsupported: cannot be done here; reconciliation is not possible.
            StatusUnavailable: ask again later.
        """
        ...

    async def remix(self, job_id: str, prompt: str) -> ProviderJob:
        """Buy a variation of a finished job, sending exactly one request.

        Raises:
            RemixUnsupported: nothing was bought; emulate it.
            NotAccepted, AmbiguousSubmit: as :meth:`submit`.
        """
        ...

    async def cancel(self, job_id: str) -> None:
        """Ask the provider to stop; returns quietly where it cannot. Never implies a refund."""
        ...

    async def aclose(self) -> None:
        """Release connections and local workers; jobs at the provider go on."""
        ...
