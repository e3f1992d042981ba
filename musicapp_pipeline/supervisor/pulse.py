"""Does a child still live? It is asked now and then, on a thread, without waiting for the answer.

A process that hangs still accepts connections and still is in the list of processes: only an answer
shows that it lives. On a machine with too much to do answers are late, so an answer counts whenever
it comes, and silence is long before anybody is blamed.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Mapping

Question = Callable[[], bool | None]
"""Blocks for an answer: True; False when none came; None when nobody could be asked, which is not
the child's fault."""
EVERY = 15.0
"""Seconds between two questions. They are counted, not timed: nothing is asked while the supervisor
itself is held up, and a machine that slept blames nobody."""
WHILE_IT_BEGINS = 40
"""Questions a child may leave open while it starts: ten minutes."""


class Pulse:
    """The signs of life of one child.

    Args:
        misses: questions in a row without an answer that tell of a hang.
    """

    def __init__(self, question: Question, misses: int) -> None:
        self._question = question
        self._misses = misses
        self._asked: _Asked | None = None
        self._at = 0.0
        self._left = WHILE_IT_BEGINS
        self.answers = 0

    def prepare(self) -> tuple[Mapping[str, str], tuple[int, ...]]:
        """Variables and file descriptors that the next process is to have."""
        return {}, ()

    def begin(self, pid: int) -> None:
        """A process was started just now; what the one before still answers is not its answer."""
        del pid
        self._asked = None
        self._at = time.monotonic()
        self._left = WHILE_IT_BEGINS

    @property
    def silent(self) -> bool:
        """Has it not answered for too long?"""
        return self._left <= 0

    def look(self) -> None:
        """Note an answer, or ask when it is time to."""
        if self._asked is not None and self._asked.over:
            self._note(self._asked.answer)
            self._asked = None
        if time.monotonic() > self._at + EVERY:
            self._at = time.monotonic()
            self._left -= 1  # each question may be the last one; an answer makes up for all
            if self._asked is None:
                self._asked = _Asked(self._question)

    def _note(self, answer: bool | None) -> None:
        if answer:
            self._left = self._misses + 1
            self.answers += 1
        elif answer is None:
            self._left += 1


class _Asked:
    """One question on its way."""

    def __init__(self, question: Question) -> None:
        self.over = False
        self.answer: bool | None = False
        self._question = question
        threading.Thread(target=self._ask, name="pulse", daemon=True).start()

    def _ask(self) -> None:
        with contextlib.suppress(Exception):  # whatever went wrong, it is no answer
            self.answer = self._question()
        self.over = True
