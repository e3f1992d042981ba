"""A folder as Celery's broker, in which a message is whole or not there.

Kombu's own writes a message into a file that workers see already. On a busy machine one of them
reads it in between: the message is gone, the worker ends with a JSON error, and the run it was
about never begins. Its table of queues is read like that, too, when several processes first start.
"""

import time
import uuid
from functools import cached_property
from pathlib import Path
from typing import Any

from filelock import FileLock
from kombu.transport import filesystem
from kombu.utils.json import dumps


class FolderChannel(filesystem.Channel):
    """Messages appear by renaming, and are taken in the order in which they were sent."""

    def _put(  # type: ignore[override]  # the library does not keep to its own signature
        self, queue: str, payload: Any, **_options: Any
    ) -> None:
        # Names are sorted, and the machine's own clock begins anew with it.
        name = f"{time.time_ns():020}_{uuid.uuid4()}.{queue}"
        part = Path(self.data_folder_out, f"{name}.part")
        part.write_bytes(dumps(payload).encode())
        part.replace(part.with_suffix(".msg"))

    @cached_property
    def _alone(self) -> FileLock:
        return FileLock(self.control_folder / ".table.lock")

    def get_table(self, exchange: str) -> Any:
        with self._alone:
            return super().get_table(exchange)

    def _queue_bind(self, *binding: Any) -> None:
        with self._alone:
            super()._queue_bind(*binding)


class FolderTransport(filesystem.Transport):
    """``folder://``; the folders come from ``broker_transport_options``."""

    Channel = FolderChannel
