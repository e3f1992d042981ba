"""The connections of one provider: none is used for two purposes, nor in two event loops."""

import asyncio
import hashlib
import ssl
from collections.abc import Mapping
from functools import lru_cache
from weakref import WeakKeyDictionary

import httpx

USER_AGENT = "musicapp-pipeline/0.1"


class Clients:
    """HTTP clients that neither retry nor follow redirects.

    ``paid`` opens a connection for each request that costs money: on one that the server has just
    dropped, a request fails in a way that cannot be told from a lost answer. ``plain`` has no
    credentials in the first place, for addresses that the server names.

    Args:
        auth: the headers that hold the key.
        submit_timeout: seconds without a byte of the answer to a paid request.
        read_timeout: the same of all others.
    """

    def __init__(
        self, auth: Mapping[str, str], *, submit_timeout: float, read_timeout: float
    ) -> None:
        self._auth, self._read_timeout = auth, read_timeout
        self.paid = _new(auth, submit_timeout, keep_alive=False)
        self.plain = _new({}, read_timeout, keep_alive=False)
        self._free: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = (
            WeakKeyDictionary()
        )

    @property
    def free(self) -> httpx.AsyncClient:
        """For everything that costs nothing; its connections are kept for the event loop that runs
        now, because those of one that has ended cannot be used any more."""
        loop = asyncio.get_running_loop()
        if loop not in self._free:
            self._free[loop] = _new(self._auth, self._read_timeout, keep_alive=True)
        return self._free[loop]

    async def aclose(self) -> None:
        """Close what is open in this event loop."""
        mine = self._free.pop(asyncio.get_running_loop(), None)
        for client in (self.paid, self.plain, *filter(None, [mine])):
            await client.aclose()


def _new(headers: Mapping[str, str], read_timeout: float, *, keep_alive: bool) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        timeout=httpx.Timeout(read_timeout, connect=15.0, pool=30.0),
        limits=httpx.Limits(max_connections=200, max_keepalive_connections=20 if keep_alive else 0),
        headers={"User-Agent": USER_AGENT, "Accept": "application/json", **headers},
        follow_redirects=False,
        verify=_tls(),
    )


def account_of(api_key: str | None) -> str:
    """A name for the account of a key, which does not tell the key."""
    return hashlib.sha256(api_key.encode()).hexdigest()[:12] if api_key else ""


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Loading the certificates takes longer than everything else about a client."""
    return httpx.create_ssl_context()
