"""Sleeping until the next look at a job, or until somebody says that it is time."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from musicapp_pipeline.generation import waiting


class Naps:
    """The attempts of one dispatcher that wait for their next poll.

    Whoever changes ``next_action_at`` of a waiting attempt (a webhook, a person) means "look now";
    the dispatcher passes on what it reads from the database.
    """

    def __init__(self) -> None:
        self._sleepers: dict[str, tuple[datetime | None, asyncio.Event]] = {}

    @property
    def ids(self) -> set[str]:
        """Who sleeps."""
        return set(self._sleepers)

    async def nap(self, attempt_id: str, due: datetime | None, seconds: float) -> None:
        """Sleep for ``seconds`` at most.

        Args:
            due: the attempt's ``next_action_at`` as it is known here.
        """
        event = asyncio.Event()
        self._sleepers[attempt_id] = (due, event)
        try:
            await waiting.told(event, seconds)
        finally:
            self._sleepers.pop(attempt_id, None)

    def told(self, due: Mapping[str, datetime | None]) -> None:
        """Wake those whose moment is another one now than when they went to sleep."""
        for attempt_id, moment in due.items():
            if attempt_id in self._sleepers:
                known, event = self._sleepers[attempt_id]
                if moment != known:
                    event.set()
