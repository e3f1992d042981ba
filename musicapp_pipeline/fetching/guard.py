"""Addresses of private networks are refused, and what was checked is what is connected to.

A name is resolved once; every address it has must be public; the connection then goes to one of
these addresses, with the name only in ``Host`` and in the TLS handshake. Resolving twice, once for
the check and once for the connection, would let a server answer differently the second time.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx

from musicapp_pipeline.fetching.errors import PrivateAddress, Unreachable

Ip = IPv4Address | IPv6Address
_NAT64 = ip_network("64:ff9b::/96")
_GIVEN = ip_network("2000::/3")
"""The only part of IPv6 from which addresses of the internet are given; whatever lies outside is
local, reserved, or a form of the past, such as ``fec0::`` and ``::127.0.0.1``."""


def check_address(address: Ip, host: str, field: str = "url") -> None:
    """Raise PrivateAddress unless ``address`` is one of the public internet."""
    for candidate in _meant(address):
        if not candidate.is_global or candidate.is_multicast or not _given(candidate):
            raise PrivateAddress(
                f"{host} is at {candidate}, an address of a private network; it is not fetched",
                field=field,
                value=host,
                allowed="a public https address, s3://bucket/key, or an upload",
            )


def _given(address: Ip) -> bool:
    return address.version == 4 or address in _GIVEN or address in _NAT64


def _meant(address: Ip) -> list[Ip]:
    """The address and the IPv4 addresses hidden in it."""
    found: list[Ip] = [address]
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            found = [address.ipv4_mapped]
        elif address.sixtofour is not None:
            found.append(address.sixtofour)
        elif address.teredo is not None:
            found += address.teredo
        elif address in _NAT64:
            found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return found


def resolve(host: str, port: int, *, allow_private: bool = False) -> Sequence[Ip]:
    """All addresses of a name, each checked.

    Raises:
        Unreachable: there is no such name.
        PrivateAddress: any of them is not public.
    """
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(
            f"{host} cannot be found ({error}); check the address", field="url", value=host
        ) from error
    addresses = list(dict.fromkeys(ip_address(str(row[4][0]).split("%")[0]) for row in rows))
    if not allow_private:
        for address in addresses:
            check_address(address, host)
    return addresses


class GuardedTransport(httpx.BaseTransport):
    """Connects only to addresses that were checked, redirects included."""

    def __init__(self, *, allow_private: bool = False) -> None:
        self._allow_private = allow_private
        self._inner = httpx.HTTPTransport(trust_env=False, retries=0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Resolve, check, and send to the first address that can be connected to."""
        url = request.url
        host = url.host
        port = url.port or (443 if url.scheme == "https" else 80)
        failure: httpx.ConnectError | httpx.ConnectTimeout | None = None
        for address in resolve(host, port, allow_private=self._allow_private)[:4]:
            pinned = httpx.Request(
                request.method,
                url.copy_with(host=str(address)),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": host},
            )
            try:
                return self._inner.handle_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure or httpx.ConnectError(f"{host} has no address")

    def close(self) -> None:
        self._inner.close()


def guarded_client(
    *, allow_private: bool = False, timeout: float = 10.0, headers: dict[str, str] | None = None
) -> httpx.Client:
    """A client that neither follows redirects by itself nor reads proxies from the environment."""
    return httpx.Client(
        transport=GuardedTransport(allow_private=allow_private),
        timeout=timeout,
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": "musicapp-pipeline", **(headers or {})},
    )
