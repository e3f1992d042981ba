"""A worker tells its supervisor that it lives, through a pipe it was given.

A thread writes; what it writes speaks for the main thread, too. Between two runs that one comes
round its loop every other second: if it does not, nothing is written. In a run it may be busy for
as long as an encode takes, and while it looks for a broker that is away it does not come round
either: then the thread writes all the same.
"""

import os
import threading
from collections.abc import Callable
from typing import Any

BEAT_FD = "MUSICAPP_BEAT_FD"
"""The variable that names the pipe's descriptor."""
EVERY = 5.0
ROUND = 2.0
"""Seconds between two rounds of the loop, where it has a clock of its own."""


class Beat:
    """What the main thread does, and the thread that tells of it.

    Args:
        busy: whether a run is in hand.
    """

    def __init__(self, busy: Callable[[], bool]) -> None:
        self._busy = busy
        self._rounds = self._told = 0
        self._looping = False

    def tick(self) -> None:
        """Once round the main loop."""
        self._rounds += 1

    def looping(self, yes: bool) -> None:
        """Whether the main loop runs now: there is a broker."""
        self._looping = yes

    def alive(self) -> bool:
        """Is the main thread where it should be?"""
        before, self._told = self._told, self._rounds
        return not self._looping or self._busy() or self._rounds != before

    def keep_telling(self, descriptor: int) -> None:
        """Start the thread; it ends when nobody listens any more."""
        threading.Thread(
            target=self._tell, args=(descriptor,), name="worker-beat", daemon=True
        ).start()

    def _tell(self, descriptor: int) -> None:
        pause = threading.Event()
        try:
            while True:
                if self.alive():
                    os.write(descriptor, b".")
                pause.wait(EVERY)
        except OSError:
            return


def step_of(beat: Beat) -> Any:
    """A step of Celery's consumer that counts the rounds of its loop."""
    from celery import bootsteps

    class Ticking(bootsteps.StartStopStep):
        requires = ("celery.worker.consumer.tasks:Tasks",)

        def __init__(self, parent: Any, **_options: Any) -> None:
            self.timer: Any = None
            # Celery calls this once a round, where its loop has no clock.
            inner = parent.perform_pending_operations

            def perform_pending_operations() -> None:
                beat.tick()
                inner()

            parent.perform_pending_operations = perform_pending_operations

        def start(self, parent: Any) -> None:
            if parent.hub is not None:
                self.timer = parent.hub.call_repeatedly(ROUND, beat.tick)
            beat.tick()
            beat.looping(True)

        def stop(self, _parent: Any) -> None:
            beat.looping(False)
            if self.timer is not None:
                self.timer.cancel()
                self.timer = None

    return Ticking


def listen(beat: Beat) -> None:
    """Begin to tell, if a supervisor has asked for it."""
    descriptor = os.environ.pop(BEAT_FD, None)
    if descriptor is not None:
        beat.keep_telling(int(descriptor))
