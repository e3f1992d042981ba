"""What every stage works with: settings, rows, media and the video provider."""

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from musicapp_pipeline.settings import Settings
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.media import MediaStore, open_media_store
from musicapp_pipeline.store.migrate import migrate

if TYPE_CHECKING:
    from musicapp_pipeline.generation.crew import Reached
    from musicapp_pipeline.generation.dispatcher import DispatcherOptions
    from musicapp_pipeline.generation.port import Capabilities, VideoProvider


@dataclass
class Workbench:
    """Open connections of one process."""

    settings: Settings
    database: Database
    media: MediaStore
    _provider: "VideoProvider | None" = field(default=None)

    @classmethod
    def open(cls, settings: Settings, provider: "VideoProvider | None" = None) -> "Workbench":
        """Connect, and bring the database up to date."""
        database = Database(settings.sqlalchemy_url)
        migrate(database)
        return cls(settings, database, open_media_store(settings), provider)

    @cached_property
    def provider(self) -> "VideoProvider":
        """The configured provider; opened when first needed, for its libraries are not light."""
        if self._provider is not None:
            return self._provider
        from musicapp_pipeline.generation.registry import provider_from_settings

        return provider_from_settings(self.settings, self.settings.home)

    def capabilities(self, model: str) -> "Capabilities":
        """What a model can do and costs; known even where nothing can be generated."""
        if self._provider is not None:
            return self._provider.capabilities(model)
        from musicapp_pipeline.generation.registry import capabilities_for

        return capabilities_for(self.settings, model)

    def reach(self, name: str) -> "Reached | None":
        """A provider that is not in use, for the takes it still has; see ``crew.Reach``."""
        from musicapp_pipeline.generation.registry import provider_named

        provider = provider_named(name, self.settings, self.settings.home)
        return None if provider is None else (provider, self.dispatcher_options(name))

    def reaches(self, name: str) -> bool:
        """Whether the settings say how to reach a provider, in use or not."""
        from musicapp_pipeline.generation.registry import is_reachable

        return is_reachable(name, self.settings)

    def dispatcher_options(self, provider: str) -> "DispatcherOptions":
        """How a dispatcher of this process should treat a provider, given by its name; an empty
        one when none can be used."""
        from musicapp_pipeline.generation.dispatcher import DispatcherOptions

        settings = self.settings
        mock = provider == "mock"
        return DispatcherOptions(
            # Nobody is billed or throttled for asking our own process.
            poll=min(settings.sora_poll_seconds, 0.25) if mock else settings.sora_poll_seconds,
            max_in_flight=settings.sora_max_in_flight,
            list_lag=0.1 if mock else settings.sora_list_lag_seconds,
            job_timeout=86_400 if mock else settings.job_timeout_ms / 1000,
            away=settings.job_timeout_ms / 1000,
            doubtful=settings.job_timeout_ms / 1000,
            max_retries=settings.max_job_retries,
        )


@lru_cache(maxsize=4)
def _open(url: str, home: str) -> Workbench:
    del url, home  # the key under which a warm worker finds its connections again
    return Workbench.open(Settings.load())


def workbench() -> Workbench:
    """This process's workbench."""
    settings = Settings.load()
    return _open(settings.sqlalchemy_url, str(settings.home))
