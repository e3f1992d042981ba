"""From settings to the provider in use and to what its models can do."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from musicapp_pipeline.generation.config import (
    GenerationSettings,
    ModelSpec,
    load_models,
    parse_prices,
    spec_for,
)
from musicapp_pipeline.generation.errors import BadModelConfig, ProviderRetired, UnknownModel
from musicapp_pipeline.generation.port import Capabilities, VideoProvider
from musicapp_pipeline.generation.pricing import PriceTable, price_table
from musicapp_pipeline.settings import RETIRED_BASE_URL, Settings

RETIRED_HOST = "api.openai.com"


@dataclass(frozen=True)
class Catalogue:
    """The models, their prices and which provider serves them, as configured."""

    provider: str
    models: Mapping[str, ModelSpec]
    prices: PriceTable
    refunds_failed: bool | None = None
    """When set, instead of what the models say."""

    def capabilities(self, model: str) -> Capabilities:
        """The priced record of a model at the provider in use.

        Raises:
            UnknownModel: it is not configured, or belongs to another provider.
        """
        spec = spec_for(self.models, model)
        record = spec.capabilities()
        if self.refunds_failed is not None:
            record = record.model_copy(update={"refunds_failed": self.refunds_failed})
        if self.provider == "mock":
            return self.prices.priced(_mocked(record), like=spec.provider)
        if spec.provider != self.provider:
            offered = ", ".join(sorted(self.model_names()))
            raise UnknownModel(
                f"model {model!r} is served by {spec.provider}, but {self.provider} is in use; "
                f"it offers {offered}",
                field="soraModel",
                value=model,
                allowed=offered,
            )
        return self.prices.priced(record)

    def model_names(self) -> tuple[str, ...]:
        """What ``soraModel`` may be."""
        return tuple(
            name for name, spec in self.models.items() if self.provider in ("mock", spec.provider)
        )

    def warnings(self, model: str | None = None) -> tuple[str, ...]:
        """Sentences for people, for example that estimates rest on default prices.

        Args:
            model: only those about this one; about all on offer unless given.
        """
        names = [name for name in self.model_names() if model in (None, name)]
        records = [self.capabilities(name) for name in names]
        return tuple(w for r in records if (w := self.prices.seed_warning(r)) is not None)


def catalogue(settings: Settings, extra: GenerationSettings | None = None) -> Catalogue:
    """Read models and prices.

    Raises:
        BadModelConfig: MUSICAPP_MODELS, MUSICAPP_PRICES or MUSICAPP_PROVIDER is not usable.
        BadSetting: another variable holds what it may not hold.
    """
    extra = extra or GenerationSettings.load()
    models = load_models(extra)
    prices = price_table(settings, models, parse_prices(extra.musicapp_prices))
    provider = _provider_name(settings, extra)
    return Catalogue(provider, models, prices, extra.musicapp_refunds_failed)


def capabilities_for(
    settings: Settings, model: str, extra: GenerationSettings | None = None
) -> Capabilities:
    """The priced record of one model; see :meth:`Catalogue.capabilities`."""
    return catalogue(settings, extra).capabilities(model)


def provider_from_settings(
    settings: Settings, home: Path, extra: GenerationSettings | None = None
) -> VideoProvider:
    """The provider in use: the mock, a ``/v1/videos`` server or fal's queue.

    Raises:
        ProviderRetired: real generation was asked for, but only the closed default is configured.
        BadModelConfig: see :func:`catalogue`.
    """
    extra = extra or GenerationSettings.load()
    return _opened(catalogue(settings, extra), settings, home, extra)


def _opened(
    known: Catalogue, settings: Settings, home: Path, extra: GenerationSettings
) -> VideoProvider:
    if known.provider == "mock":
        from musicapp_pipeline.generation.providers.mock import MockProvider

        return MockProvider(home, known.capabilities)
    if known.provider == "fal":
        return _fal(known, settings, extra)
    return _videos_api(known, settings)


def provider_named(
    name: str, settings: Settings, home: Path, extra: GenerationSettings | None = None
) -> VideoProvider | None:
    """A provider whichever is in use, for what it has already; None where the settings do not say
    how to reach it.

    Raises:
        BadModelConfig, BadSetting: see :func:`catalogue`.
    """
    extra = extra or GenerationSettings.load()
    if not is_reachable(name, settings, extra):
        return None
    return _opened(replace(catalogue(settings, extra), provider=name), settings, home, extra)


def is_reachable(name: str, settings: Settings, extra: GenerationSettings | None = None) -> bool:
    """Whether the settings say how to reach a provider, in use or not."""
    extra = extra or GenerationSettings.load()
    reachable = {
        "mock": True,
        "fal": extra.fal_key is not None,
        "videos_api": not is_retired(settings.sora_api_base_url),
    }
    return reachable.get(name, False)


def _videos_api(known: Catalogue, settings: Settings) -> VideoProvider:
    from musicapp_pipeline.generation.providers.videos_api import VideosApi

    if is_retired(settings.sora_api_base_url):
        raise retired()
    key = settings.sora_api_key
    return VideosApi(
        settings.sora_api_base_url,
        key.get_secret_value() if key is not None else None,
        known.capabilities,
        remote_name=lambda model: spec_for(known.models, model).remote_name,
        allow_private=settings.musicapp_allow_private_urls,
    )


def _fal(known: Catalogue, settings: Settings, extra: GenerationSettings) -> VideoProvider:
    from musicapp_pipeline.generation.providers.fal_queue import FalQueue

    if extra.fal_key is None:
        raise BadModelConfig(
            "MUSICAPP_PROVIDER=fal needs FAL_KEY, a key of your fal account", field="FAL_KEY"
        )
    return FalQueue(
        extra.fal_queue_url,
        extra.fal_key.get_secret_value(),
        known.capabilities,
        lambda model: spec_for(known.models, model),
        allow_private=settings.musicapp_allow_private_urls,
    )


def _provider_name(settings: Settings, extra: GenerationSettings) -> str:
    if settings.use_sora_mock:
        return "mock"
    wanted = extra.musicapp_provider.strip().lower()
    if wanted in ("", "auto"):
        only_fal = is_retired(settings.sora_api_base_url) and extra.fal_key is not None
        return "fal" if only_fal else "videos_api"
    if wanted not in ("videos_api", "fal"):
        raise BadModelConfig(
            f"MUSICAPP_PROVIDER is {wanted!r}; allowed: videos_api, fal or auto",
            field="MUSICAPP_PROVIDER",
            value=wanted,
            allowed="videos_api, fal, auto",
        )
    return wanted


def is_retired(base_url: str) -> bool:
    """Whether an address is that of the service that was shut down."""
    # A name may be written with the root's dot at its end, and regions have names of their own.
    host = (urlsplit(base_url.strip()).hostname or "").rstrip(".")
    return host == RETIRED_HOST or host.endswith(f".{RETIRED_HOST}")


def retired() -> ProviderRetired:
    """What to tell somebody who starts real generation on the default service."""
    return ProviderRetired(
        "OpenAI shut down the Sora models and its Videos API on 24 September 2026, so "
        f"{RETIRED_BASE_URL} cannot generate anything. Ways on: USE_SORA_MOCK=true draws locally "
        "for free; SORA_API_BASE_URL=<your server>/v1 uses a self-hosted SGLang-Diffusion or "
        "vLLM-Omni, or a LiteLLM proxy in front of hosted models; FAL_KEY=<key> uses fal's "
        "hosted models. docs/providers.md shows each",
        field="SORA_API_BASE_URL",
        value=RETIRED_BASE_URL,
        allowed="the address of a running /v1/videos service",
    )


def _mocked(record: Capabilities) -> Capabilities:
    """What the local stand-in for a model can do: the same and a little more."""
    return record.model_copy(
        update={
            "provider": "mock",
            "remix": "native",
            "can_list": True,
            "can_cancel": True,
            "accepts_seed": True,
            "image_reference": True,
            "first_frame": True,
            "has_audio": False,
            "retires_on": None,
        }
    )
