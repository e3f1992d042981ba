"""Whether anything at all was committed since an answer was made.

Large answers are polled while little happens. A database can say that nothing was committed, by any
process, since it was last asked; an answer made after that is then still the answer. It is asked
before what is answered is read, so an answer is never older than its mark.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from musicapp_pipeline.store.commits import Commits
from musicapp_pipeline.store.database import Database


@dataclass(frozen=True)
class Answer:
    """A JSON body and what goes with it."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Answers:
    """The ``size`` answers given last, each good until something is committed; safe in threads."""

    def __init__(self, database: Database, size: int = 32) -> None:
        self._commits = Commits(database)
        self._size = size
        self._kept: OrderedDict[Hashable, tuple[Hashable, Answer]] = OrderedDict()
        self._lock = Lock()

    async def give(self, key: Hashable, make: Callable[[], Answer]) -> Response:
        """The answer under ``key``, made in a thread unless nothing has happened since it was.

        Args:
            key: whose answer to what; everything it follows from but the database.
        """
        mark = self._commits.mark() if self._commits.at_once else await self._asked()
        answer = self._peek(key, mark)
        if answer is None:
            answer = await run_in_threadpool(self._make, key, mark, make)
        return Response(answer.body, headers=dict(answer.headers), media_type="application/json")

    def close(self) -> None:
        """End looking at the database."""
        self._commits.close()

    async def _asked(self) -> Hashable:
        return await run_in_threadpool(self._commits.mark)

    def _peek(self, key: Hashable, mark: Hashable) -> Answer | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept[0] != mark:
                return None
            self._kept.move_to_end(key)
            return kept[1]

    def _make(self, key: Hashable, mark: Hashable, make: Callable[[], Answer]) -> Answer:
        answer = make()
        with self._lock:
            self._kept[key] = (mark, answer)
            self._kept.move_to_end(key)
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return answer
