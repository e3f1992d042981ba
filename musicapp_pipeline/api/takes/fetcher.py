"""Fetches external clips, one after the other, in the application's lifespan.

What is to be fetched is in the database, so a restart goes on; a row is leased while somebody
works on it, so several processes do not fetch the same clip.
"""

import asyncio
import threading
from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.engine import CursorResult

from musicapp_pipeline import logs
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.takes.external import check_covers
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.fetching.errors import WrongContent
from musicapp_pipeline.fetching.fetch import fetch_to
from musicapp_pipeline.fetching.sniff import Sniffed, sniff
from musicapp_pipeline.generation import waiting
from musicapp_pipeline.store import projects, scenes, takes
from musicapp_pipeline.store.media import sha256_file
from musicapp_pipeline.store.models import ExternalClip, SceneVersion, now

log = logs.get(__name__)
LEASE = timedelta(minutes=10)
LOOK = 10.0
"""Seconds between looks for what another process left behind."""


class ClipFetcher:
    """Runs until cancelled; a fetch under way ends then too, and is left to the next process."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._stopping = threading.Event()

    async def run(self) -> None:
        """Fetch what is waiting, then wait to be woken."""
        wake = self._context.external_clips
        try:
            while True:
                wake.clear()
                try:
                    while (key := await asyncio.to_thread(self._fetch_next)) is not None:
                        if key:
                            await self._context.launcher.landed(key)
                except Exception:  # the database may be away for a moment
                    log.exception("could not fetch external clips")
                await waiting.told(wake, LOOK)
        finally:
            self._stopping.set()  # whoever ends the loop waits for its threads

    def _fetch_next(self) -> str | None:
        """Fetch one clip.

        Returns:
            The take's key when it landed, ``""`` when it could not be used, None when nothing
            is waiting.
        """
        version_id = None if self._stopping.is_set() else self._lease()
        if version_id is None:
            return None
        try:
            return self._fetch(version_id)
        except MusicAppError as error:
            if self._stopping.is_set():
                self._hand_back(version_id)
                return None
            self._fail(version_id, dict(error.as_dict()))
        except Exception:  # one clip must not stop the others
            log.exception("external clip failed", version=version_id)
            message = "the clip could not be fetched; the log says why"
            self._fail(version_id, {"code": "internal", "message": message})
        return ""

    def _lease(self) -> str | None:
        moment = now()
        free = or_(ExternalClip.lease_until.is_(None), ExternalClip.lease_until < moment)
        waiting = (ExternalClip.state == "waiting") & free
        with self._context.database.read() as session:
            query = select(ExternalClip.version_id).where(waiting).order_by(ExternalClip.created_at)
            version_id = session.scalar(query.limit(1))
        if version_id is None:
            return None
        with self._context.database.write() as session:
            taken = session.execute(
                update(ExternalClip)
                .where(ExternalClip.version_id == version_id, waiting)
                .values(lease_until=moment + LEASE)
            )
            assert isinstance(taken, CursorResult)
            return version_id if taken.rowcount else self._lease()

    def _fetch(self, version_id: str) -> str:
        context = self._context
        with context.database.read() as session:
            clip = session.get(ExternalClip, version_id)
            assert clip is not None
            version = takes.get(session, version_id)
            scene = scenes.get(session, version.scene_id)
            project = projects.get(session, version.project_id)
        if clip.url.startswith("/media/"):
            key = clip.url.removeprefix("/media/")
            path = context.media.fetch(key)
            content = sniff(path, ("video",), field="url")
            digest = sha256_file(path)
        else:
            key = f"projects/{version.key}/external-{version_id}.mp4"
            with context.media.writing(key) as path:
                stopping = self._stopping.is_set
                fetched = fetch_to(clip.url, path, context.settings, ("video",), cancelled=stopping)
            content, digest = fetched.content, fetched.sha256
        problem = check_covers(project, scene, version.in_point, content.duration or 0)
        if problem is not None:
            raise WrongContent(problem, field="url", value=content.duration)
        return self._land(version_id, key, digest, content)

    def _land(self, version_id: str, key: str, digest: str, content: Sniffed) -> str:
        with self._context.database.write() as session:
            version = takes.get(session, version_id)
            if version.status not in ("queued", "generating"):
                self._close(session.get(ExternalClip, version_id), "fetched")
                return ""
            version.clip_key, version.clip_sha256 = key, digest
            version.seconds = int(content.duration or 0)
            takes.set_status(session, version, "landed")
            self._close(session.get(ExternalClip, version_id), "fetched")
            return version.key

    def _hand_back(self, version_id: str) -> None:
        with self._context.database.write() as session:
            self._close(session.get(ExternalClip, version_id), "waiting")

    def _fail(self, version_id: str, error: dict[str, object]) -> None:
        with self._context.database.write() as session:
            version = session.get(SceneVersion, version_id)
            if version is not None and version.status in ("queued", "generating"):
                takes.set_status(session, version, "failed", error)
            self._close(session.get(ExternalClip, version_id), "failed")

    @staticmethod
    def _close(clip: ExternalClip | None, state: str) -> None:
        if clip is not None:
            clip.state, clip.lease_until = state, None
