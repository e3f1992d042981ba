"""Does a child still answer? Its HTTP port is asked now and then, without waiting for it.

A process that hangs still accepts connections: only an answer shows that it lives.
"""

import contextlib
import socket
import time

EVERY = 15.0
"""Seconds between two questions, and how long one may take before it is asked anew."""
MISSES = 4
"""Questions in a row without an answer that tell of a hang: a minute. Counted, not timed: nothing
is asked while the supervisor itself is held up."""
WHILE_IT_BEGINS = 8
CONNECT = 1.0


class Pulse:
    """The answers of one port.

    Args:
        path: something cheap; any answer will do, an error too.
    """

    def __init__(self, host: str, port: int, path: str) -> None:
        self._address = (host, port)
        self._question = f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        self._asking: socket.socket | None = None
        self._asked = 0.0
        self._left = WHILE_IT_BEGINS
        self.answers = 0

    def begin(self) -> None:
        """The process was started just now."""
        self._end()
        self._asked = time.monotonic()
        self._left = WHILE_IT_BEGINS

    @property
    def silent(self) -> bool:
        """Has it not answered for too long?"""
        return self._left <= 0

    def look(self) -> None:
        """Note an answer, or ask when it is time to."""
        if self._asking is not None and self._answered(self._asking):
            self._left = MISSES + 1
            self.answers += 1
            self._end()
        if time.monotonic() > self._asked + EVERY:
            self._end()
            self._ask()

    def _ask(self) -> None:
        """Each question may be the last one; an answer makes up for all."""
        self._left -= 1
        self._asked = time.monotonic()
        with contextlib.suppress(OSError):
            asking = socket.create_connection(self._address, CONNECT)
            asking.sendall(self._question)
            asking.setblocking(False)
            self._asking = asking

    @staticmethod
    def _answered(asking: socket.socket) -> bool:
        try:
            return asking.recv(1) != b""
        except OSError:  # nothing yet, or never
            return False

    def _end(self) -> None:
        if self._asking is not None:
            self._asking.close()
            self._asking = None
