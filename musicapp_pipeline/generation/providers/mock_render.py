"""The threads that draw the mock provider's clips."""

import atexit
import queue
import threading
from typing import TYPE_CHECKING

from musicapp_pipeline import logs
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.generation.port import parse_size
from musicapp_pipeline.generation.providers.mock_jobs import JobFolder

if TYPE_CHECKING:
    from musicapp_pipeline.generation.picture.brief import Brief

log = logs.get(__name__)


class Renderers:
    """A few threads that draw; the work in OpenCV and the encoder releases the interpreter."""

    def __init__(self, workers: int) -> None:
        self._workers = max(1, workers)
        self._queue: queue.SimpleQueue[JobFolder | None] = queue.SimpleQueue()
        self._progress: dict[str, float] = {}
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()

    def ensure(self, folder: JobFolder) -> None:
        """Draw the clip unless that is done, queued or under way here."""
        with self._lock:
            if self._stop.is_set() or folder.id in self._progress or folder.ended:
                return
            self._progress[folder.id] = 0.0
            if len(self._threads) < min(self._workers, len(self._progress)):
                self._start_thread()
        self._queue.put(folder)

    def progress(self, folder: JobFolder) -> float:
        """The share drawn by this process."""
        return self._progress.get(folder.id, 0.0)

    def close(self) -> None:
        """Stop drawing within a frame; queued clips stay undrawn."""
        self._stop.set()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()
        atexit.unregister(self.close)

    def _start_thread(self) -> None:
        if not self._threads:
            # A thread that is inside native code when the interpreter goes would abort it.
            atexit.register(self.close)
        thread = threading.Thread(target=self._work, name="mock-renderer", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while (folder := self._queue.get()) is not None and not self._stop.is_set():
            try:
                self._draw(folder)
            except Exception:  # nobody else would hear of it
                log.exception("drawing failed", job=folder.id)
                folder.fail("render_failed", "the picture could not be drawn; see the log")
            finally:
                self._progress.pop(folder.id, None)

    def _draw(self, folder: JobFolder) -> None:
        from musicapp_pipeline.generation.picture.render import Stopped, render_clip

        with folder.drawing() as mine:
            if not mine or folder.ended:
                return
            record = folder.record()
            width, height = parse_size(record.request.size)

            def on_frame(done: int, total: int) -> bool:
                self._progress[folder.id] = done / total
                return not self._stop.is_set() and not (done % 24 == 0 and folder.ended)

            try:
                render_clip(
                    _brief(folder),
                    folder.clip,
                    width=width,
                    height=height,
                    seconds=record.request.seconds,
                    reference=folder.reference_bytes(),
                    first_frame=record.request.reference_kind == "first_frame",
                    on_frame=on_frame,
                )
            except Stopped:
                return
            except MusicAppError as error:
                folder.fail(error.code, error.message)


def _brief(folder: JobFolder) -> "Brief":
    from musicapp_pipeline.generation.picture.brief import read_brief

    record = folder.record()
    if record.remixed_from is None:
        return read_brief(record.request.prompt, record.fingerprint)
    # The same dice as the source, other words: composition stays, look changes.
    source = JobFolder(folder.path.parent, record.remixed_from).record()
    return read_brief(record.request.prompt, source.fingerprint)
