"""Native libraries that chatter on standard error, sent to the log instead."""

import logging
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

_log = logging.getLogger(__name__)

_CHATTER = re.compile(
    rb"[IW]\d{4} \d\d:\d\d:\d+\.\d+ "
    rb"|WARNING: All log messages before absl::InitializeLog"
    rb"|INFO: Created TensorFlow Lite"
    rb"|AttributeError: 'MessageFactory' object has no attribute 'GetPrototype'"
)
"""How lines begin that MediaPipe, absl and TensorFlow Lite print whatever their log level."""

_one_at_a_time = threading.Lock()
"""Two threads that redirect at once could leave standard error redirected for good."""


@contextmanager
def chatter_to_log() -> Iterator[None]:
    """Keep known chatter of native code off standard error; it goes to the log, level debug.

    Standard error belongs to the whole process, so what other threads write meanwhile is held
    back too and comes out, unchanged, at the end of the block: keep it short, and start no
    programs in it.
    """
    with _one_at_a_time:
        try:
            saved = os.dup(2)
        except OSError:
            yield  # Standard error is closed: nothing to keep clean.
            return
        with tempfile.TemporaryFile() as held:
            _flush()
            os.dup2(held.fileno(), 2)
            try:
                yield
            finally:
                _flush()
                os.dup2(saved, 2)
                os.close(saved)
                chatter = _pass_on(held)
    for line in chatter:
        _log.debug("native library: %s", line)


def _flush() -> None:
    """Push what Python has buffered to where standard error points now."""
    if sys.stderr is not None and not sys.stderr.closed:
        sys.stderr.flush()


def _pass_on(held: IO[bytes]) -> list[str]:
    """Write what is not chatter to standard error, and return what is."""
    held.seek(0)
    lines = held.read().splitlines(keepends=True)
    kept = b"".join(line for line in lines if not _CHATTER.match(line))
    while kept:
        kept = kept[os.write(2, kept) :]
    return [line.decode(errors="replace").rstrip() for line in lines if _CHATTER.match(line)]
