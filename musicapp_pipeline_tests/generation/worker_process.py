"""A dispatcher in a process of its own: ``python -m … '{"database": …}'``; see :class:`Plan`."""

import asyncio
import json
import os
import signal
import sys
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from musicapp_pipeline.generation import download
from musicapp_pipeline.generation.dispatcher import Dispatcher
from musicapp_pipeline.generation.providers.videos_api import VideosApi
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.media_local import LocalMediaStore
from musicapp_pipeline_tests.generation.chaos import byte_check
from musicapp_pipeline_tests.generation.fault_server import KEY
from musicapp_pipeline_tests.generation.helpers import record
from musicapp_pipeline_tests.generation.money_world import QUICK
from musicapp_pipeline_tests.generation.mortal import Life, mortal


@dataclass(frozen=True)
class Plan:
    """What the process does.

    Args:
        database: its URL.
        media: folder of the media store.
        provider: base URL.
        step: where it kills itself with SIGKILL; "" for nowhere.
        after: once the step has had its effect, instead of before.
        options: of the dispatcher.
    """

    database: str
    media: str
    provider: str
    step: str = ""
    after: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    def argv(self) -> list[str]:
        return [sys.executable, "-m", __name__, json.dumps(asdict(self))]


class Killed(Life):
    """Ends by the real signal."""

    def die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


async def main(plan: Plan) -> None:
    """Until SIGTERM, or SIGKILL by its own hand."""
    provider = VideosApi(plan.provider, KEY, record)
    dispatcher = mortal(
        Dispatcher(
            Database(plan.database),
            LocalMediaStore(Path(plan.media)),
            provider,
            replace(QUICK, **plan.options),
        ),
        Killed(plan.step or None, after=plan.after),
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, dispatcher.stop)
    print("ready", flush=True)
    await dispatcher.run()
    await provider.aclose()


if __name__ == "__main__":
    download.check_clip = byte_check
    asyncio.run(main(Plan(**json.loads(sys.argv[1]))))
