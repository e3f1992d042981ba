"""Following addresses that a provider names: what an answer says is not to be trusted.

A redirect or a "the file is at …" may point anywhere, also into this machine's own network. The
address is resolved once, judged, and then connected to as judged.
"""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass

import httpx

from musicapp_pipeline.generation.errors import DownloadFailed

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Outward:
    """Which addresses a provider may lead to.

    Args:
        base: the provider's own address, which a person configured and which is allowed.
        allow_private: also addresses inside private networks (self-hosted servers, tests).
    """

    base: httpx.URL
    allow_private: bool = False

    def is_base(self, url: httpx.URL) -> bool:
        """Whether an address is the provider's own (credentials may go there)."""
        return (url.scheme, url.host, url.port) == (
            self.base.scheme,
            self.base.host,
            self.base.port,
        )

    async def request(self, client: httpx.AsyncClient, url: httpx.URL) -> httpx.Request:
        """A GET of ``url`` without credentials, bound to an address that was found harmless.

        Raises:
            DownloadFailed: the address is not one to go to.
        """
        if url.scheme not in ("http", "https") or not url.host:
            raise _refused(url, "only http and https addresses are followed")
        if self.is_base(url):
            return client.build_request("GET", url)
        addresses = await _resolve(url)
        private_ok = self.allow_private or await self._base_is_private()
        if not private_ok and not all(address.is_global for address in addresses):
            raise _refused(url, "it leads into a private network")
        address = addresses[0]
        host = f"[{address}]" if address.version == 6 else str(address)
        name = url.host if url.port is None else f"{url.host}:{url.port}"
        request = client.build_request("GET", url.copy_with(host=host), headers={"Host": name})
        request.headers.pop("Authorization", None)
        # The certificate is still checked against the name, not against the number.
        request.extensions["sni_hostname"] = url.host
        return request

    async def _base_is_private(self) -> bool:
        try:
            return not all(address.is_global for address in await _resolve(self.base))
        except DownloadFailed:
            return False


async def _resolve(url: httpx.URL) -> list[Address]:
    port = url.port or (443 if url.scheme == "https" else 80)
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # the latter of a part longer than a name may have
        raise DownloadFailed(f"{url.host} cannot be resolved: {error}") from error
    return [ipaddress.ip_address(str(entry[4][0])) for entry in found]


def _refused(url: httpx.URL, why: str) -> DownloadFailed:
    return DownloadFailed(
        f"the provider names {url.scheme}://{url.host} for the clip, which is not followed: {why}",
        permanent=True,
    )
