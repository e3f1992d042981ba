"""Every setting, read from the environment (and a ``.env`` file), typed and checked once."""

import base64
import binascii
import re
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from musicapp_pipeline.errors import MusicAppError

RETIRED_BASE_URL = "https://api.openai.com/v1"
MIN_WEBHOOK_KEY = 24


class BadSetting(MusicAppError):
    """An environment variable holds something it may not hold."""

    code = "bad_setting"


def plain_address(value: str) -> str:
    """An ``http(s)://`` address as it can be called.

    Raises:
        ValueError: it has no scheme or no host, or cannot be one at all.
    """
    text = value.strip()
    parts = urlsplit(text)
    whole = parts.scheme in ("http", "https") and bool(parts.hostname)
    try:
        whole = whole and parts.port != 0 and not re.search(r"[\s\x00-\x1f]", text)
    except ValueError:  # of the port
        whole = False
    if not whole:
        raise ValueError("an address has http:// or https:// and a host: http://127.0.0.1:30010/v1")
    return text


def plain_key(secret: SecretStr) -> SecretStr:
    """A key as it can be sent in a header, without white space around it.

    Raises:
        ValueError: saying where it is wrong, and not what it is.
    """
    key = secret.get_secret_value().strip()
    odd = re.search(r"[^\x21-\x7e]", key)
    if odd is not None:
        hint = "; the example's placeholder is to be replaced" if odd[0] == "…" else ""
        raise ValueError(
            f"a key is letters, digits and signs; character {odd.start() + 1} is none{hint}"
        )
    return SecretStr(key)


def webhook_key(secret: str) -> bytes:
    """The bytes that sign a provider's webhooks.

    Args:
        secret: ``whsec_`` and base64, or the bare base64.

    Raises:
        ValueError: it is not base64, or so short that it could be guessed.

    Source: Standard Webhooks specification 1.0 (24 to 64 bytes).
    """
    try:
        key = base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("a webhook secret is whsec_ and base64") from error
    if len(key) < MIN_WEBHOOK_KEY:
        raise ValueError(
            f"a webhook secret holds at least {MIN_WEBHOOK_KEY} bytes, not {len(key)}:"
            " anybody could sign with less"
        )
    return key


class Environment(BaseSettings):
    """What is read from the environment; keys never show in an error."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    @classmethod
    def load(cls) -> Self:
        """Read the environment.

        Raises:
            BadSetting: naming the variable, its value and what is allowed.
        """
        try:
            return cls()
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]) if first["loc"] else "settings"
            field = cls.model_fields.get(name)
            secret = field is not None and "Secret" in repr(field.annotation)
            value = "********" if secret else first.get("input")
            reason = first["msg"].removeprefix("Value error, ")
            raise BadSetting(
                f"{name.upper()}: {reason} (got {value!r})", field=name.upper(), value=value
            ) from error


class Settings(Environment):
    """Names are the environment variables of the specification, in lower case."""

    # Video generation
    sora_api_key: SecretStr | None = None
    sora_api_base_url: str = RETIRED_BASE_URL
    use_sora_mock: bool = True
    sora_poll_seconds: float = Field(10.0, gt=0, le=600)
    sora_max_in_flight: int = Field(8, ge=1, le=1000)
    sora_list_lag_seconds: float = Field(10.0, ge=0)
    sora_pricing_per_second_base: Decimal = Field(Decimal("0.06"), ge=0)
    sora_pricing_per_second_pro: Decimal = Field(Decimal("0.12"), ge=0)
    sora_webhook_secret: SecretStr | None = None

    # The optional director: richer shot ideas from a chat model
    musicapp_director_url: str | None = None
    musicapp_director_key: SecretStr | None = None
    musicapp_director_model: str = "default"

    # State
    musicapp_home: Path = Path(".musicapp")
    database_url: str | None = None
    redis_url: str | None = None
    redis_queue_name: str = "musicapp-jobs"

    # Media store
    aws_s3_bucket: str | None = None
    aws_region: str | None = None
    aws_access_key_id: SecretStr | None = None
    aws_secret_access_key: SecretStr | None = None
    aws_endpoint_url_s3: str | None = None

    # Jobs
    max_job_retries: int = Field(3, ge=0, le=20)
    job_timeout_ms: int = Field(900_000, ge=1000)

    # Facade
    backend_api_base: str = "http://127.0.0.1:3000/api"
    musicapp_api_tokens: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    musicapp_cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    musicapp_allow_private_urls: bool = False
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("musicapp_api_tokens", "musicapp_cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """``a,b`` is a list of two."""
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator(
        "database_url",
        "redis_url",
        "aws_s3_bucket",
        "aws_endpoint_url_s3",
        "sora_api_key",
        "sora_webhook_secret",
        "musicapp_director_url",
        "musicapp_director_key",
        mode="before",
    )
    @classmethod
    def _blank_is_unset(cls, value: object) -> object:
        """``SORA_API_KEY=""`` in an env file means there is none."""
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("sora_api_base_url", mode="before")
    @classmethod
    def _blank_is_default(cls, value: object) -> object:
        return RETIRED_BASE_URL if isinstance(value, str) and not value.strip() else value

    @field_validator("sora_api_base_url", "musicapp_director_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return None if value is None else plain_address(value)

    @field_validator("sora_api_key", "musicapp_director_key")
    @classmethod
    def _key(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else plain_key(value)

    @field_validator("sora_webhook_secret")
    @classmethod
    def _signs(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            webhook_key(value.get_secret_value())
        return value

    @property
    def home(self) -> Path:
        """The folder of all local state, absolute."""
        return self.musicapp_home.expanduser().resolve()

    @property
    def sqlalchemy_url(self) -> str:
        """Where rows live: ``DATABASE_URL``, or SQLite in the home folder."""
        url = self.database_url
        if url is None:
            return f"sqlite:///{self.home / 'musicapp.db'}"
        # SQLAlchemy 2.1 maps a bare postgresql:// to psycopg 3, which is not what we ship.
        for scheme in ("postgres://", "postgresql://"):
            if url.startswith(scheme):
                return "postgresql+psycopg2://" + url.removeprefix(scheme)
        return url


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings, read once."""
    return Settings.load()
