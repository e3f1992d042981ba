"""Every setting, read from the environment (and a ``.env`` file), typed and checked once."""

from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.setting_forms import (
    masked,
    plain_address,
    plain_broker,
    plain_bucket,
    plain_database,
    plain_folder,
    plain_key,
    plain_origin,
    plain_queue,
    webhook_key,
)

RETIRED_BASE_URL = "https://api.openai.com/v1"


class BadSetting(MusicAppError):
    """An environment variable holds something it may not hold."""

    code = "bad_setting"


Address = Annotated[str, AfterValidator(plain_address)]
Key = Annotated[SecretStr, AfterValidator(plain_key)]
Origin = Annotated[str, AfterValidator(plain_origin)]


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
            given = first.get("input")
            value = "********" if secret else masked(given) if isinstance(given, str) else given
            reason = first["msg"].removeprefix("Value error, ")
            raise BadSetting(
                f"{name.upper()}: {reason} (got {value!r})", field=name.upper(), value=value
            ) from error


class Settings(Environment):
    """Names are the environment variables of the specification, in lower case."""

    # Video generation
    sora_api_key: Key | None = None
    sora_api_base_url: Address = RETIRED_BASE_URL
    use_sora_mock: bool = True
    sora_poll_seconds: float = Field(10.0, gt=0, le=600)
    sora_max_in_flight: int = Field(8, ge=1, le=1000)
    sora_list_lag_seconds: float = Field(10.0, ge=0, le=3600)
    sora_pricing_per_second_base: Decimal = Field(Decimal("0.06"), ge=0)
    sora_pricing_per_second_pro: Decimal = Field(Decimal("0.12"), ge=0)
    sora_webhook_secret: SecretStr | None = None

    # The optional director: richer shot ideas from a chat model
    musicapp_director_url: Address | None = None
    musicapp_director_key: Key | None = None
    musicapp_director_model: str = "default"

    # State
    musicapp_home: Annotated[Path, AfterValidator(plain_folder)] = Path(".musicapp")
    database_url: Annotated[str, AfterValidator(plain_database)] | None = None
    redis_url: Annotated[str, AfterValidator(plain_broker)] | None = None
    redis_queue_name: Annotated[str, AfterValidator(plain_queue)] = "musicapp-jobs"

    # Media store
    aws_s3_bucket: Annotated[str, AfterValidator(plain_bucket)] | None = None
    aws_region: str | None = None
    aws_access_key_id: SecretStr | None = None
    aws_secret_access_key: SecretStr | None = None
    aws_endpoint_url_s3: Address | None = None

    # Jobs
    max_job_retries: int = Field(3, ge=0, le=20)
    job_timeout_ms: int = Field(900_000, ge=1000)

    # Facade
    backend_api_base: Address = "http://127.0.0.1:3000/api"
    musicapp_api_tokens: Annotated[tuple[Key, ...], NoDecode] = ()
    musicapp_cors_origins: Annotated[tuple[Origin, ...], NoDecode] = ()
    musicapp_allow_private_urls: bool = False
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="before")
    @classmethod
    def _blank_is_unset(cls, given: Any) -> Any:
        """``SORA_API_KEY=""`` in an env file means there is none."""
        if not isinstance(given, dict):
            return given
        return {k: v for k, v in given.items() if not (isinstance(v, str) and not v.strip())}

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
