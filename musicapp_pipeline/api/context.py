"""What the facade stands on, made by whoever starts it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from musicapp_pipeline.api.errors import NoProvider
from musicapp_pipeline.api.kit.memo import Memo
from musicapp_pipeline.api.kit.unchanged import Answers
from musicapp_pipeline.api.launcher import Launcher
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.generation.crew import Reach
from musicapp_pipeline.generation.dispatcher import DispatcherOptions
from musicapp_pipeline.generation.port import Capabilities, VideoProvider
from musicapp_pipeline.generation.takeplan import TakePlan
from musicapp_pipeline.settings import Settings
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.media import MediaStore

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """How much one caller may ask for; bytes and requests a second."""

    body: int = 2 * MIB
    upload: int = 512 * MIB
    requests_per_second: float = 100.0
    burst: int = 300
    failed_logins_per_second: float = 1.0
    failed_logins_burst: int = 20


@dataclass(frozen=True)
class AppContext:
    """Everything an endpoint may use.

    ``provider`` is None when none can be used as configured; ``provider_problem`` then says why,
    and everything but generation works. ``dispatch`` runs the generation dispatcher in this
    process, as ``dispatcher_options`` say, and fetches what other providers still have as far as
    ``reach`` opens them. ``warnings`` are sentences for whoever runs this
    service, shown by ``/readyz``. ``plans``, ``scene_json`` and ``answers`` remember what was
    derived from rows; ``external_clips`` is set when there is one to fetch. ``retry_webhooks`` are
    the seconds between tries of a webhook delivery.
    """

    settings: Settings
    database: Database
    media: MediaStore
    launcher: Launcher
    provider: VideoProvider | None
    provider_problem: MusicAppError | None = None
    dispatch: bool = True
    dispatcher_options: DispatcherOptions = field(default_factory=DispatcherOptions)
    reach: Reach | None = None
    limits: Limits = field(default_factory=Limits)
    plans: Memo[TakePlan] = field(default_factory=lambda: Memo(20_000))
    scene_json: Memo[bytes] = field(default_factory=lambda: Memo(2000))
    external_clips: asyncio.Event = field(default_factory=asyncio.Event)
    answers: Answers = field(init=False)
    warnings: tuple[str, ...] = ()
    retry_webhooks: Sequence[float] = (5, 60, 300, 1800, 7200, 18_000, 43_200, 86_400)

    def __post_init__(self) -> None:
        object.__setattr__(self, "answers", Answers(self.database))

    def buying(self) -> VideoProvider:
        """The provider, for what needs one.

        Raises:
            NoProvider: saying why there is none.
        """
        if self.provider is None:
            why = self.provider_problem.message if self.provider_problem else "none is configured"
            raise NoProvider(f"no video provider can be used: {why}", field="provider")
        return self.provider

    def capabilities(self, model: str) -> Capabilities | None:
        """The record of a model; None when nobody offers it now, so that reading goes on."""
        if self.provider is None:
            return None
        try:
            return self.provider.capabilities(model)
        except MusicAppError:
            return None

    def hindrance(self, model: str) -> str | None:
        """Why nothing can be generated with a model whatever it costs: there is no provider, or
        the model is not offered, or not any more."""
        problem = self.provider_problem
        try:
            if self.provider is not None:
                self.provider.capabilities(model).check_on_sale()
        except MusicAppError as error:
            problem = error
        return None if problem is None else f"nothing can be generated: {problem.message}"

    def no_price(self, model: str) -> str:
        """Why a project whose scenes have no price can generate nothing."""
        none = f"no price is known for {model}, so nothing can be generated"
        return self.hindrance(model) or none
