"""Which addresses may be fetched at all, by their shape."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

from musicapp_pipeline.fetching.errors import BadUrl
from musicapp_pipeline.fetching.guard import check_address

MAX_URL = 4000
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_HOST = re.compile(r"[A-Za-z0-9._\-\[\]:]+")


@dataclass(frozen=True)
class Address:
    """A checked address: ``scheme`` is ``https``, ``http`` or ``s3``."""

    url: str
    scheme: str
    host: str
    """Of ``s3``: the bucket."""
    path: str

    @property
    def shown(self) -> str:
        """The address without its query, which may hold a secret."""
        return f"{self.scheme}://{self.host}{self.path}"


def parse(url: str, *, allow_private: bool = False, field: str = "url") -> Address:
    """Check an address's shape; nothing is resolved or sent.

    Args:
        allow_private: also ``http`` and addresses of private networks (tests, own networks).
        field: the input's name for error messages.

    Raises:
        BadUrl, PrivateAddress
    """
    schemes = ("https", "s3", "http") if allow_private else ("https", "s3")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _bad(field, url, f"it cannot be read ({error})", schemes) from error
    if parts.scheme not in schemes:
        raise _bad(field, url, f"{parts.scheme or 'no scheme'!r} is not fetched", schemes)
    if len(url) > MAX_URL or any(ord(c) <= 32 or ord(c) == 127 for c in url):
        raise _bad(field, "", "it is too long or contains blanks", schemes)
    if parts.username is not None or parts.password is not None:
        raise _bad(field, "", "it contains a user name or password", schemes)
    if parts.scheme == "s3":
        return _s3(url, parts, field)
    if not host or not _HOST.fullmatch(host) or port == 0:
        raise _bad(field, url, "it names no host", schemes)
    if not allow_private:
        _check_literal(host, field)
    return Address(url, parts.scheme, parts.netloc, parts.path)


def _s3(url: str, parts: SplitResult, field: str) -> Address:
    key = unquote(parts.path.removeprefix("/"))
    if not _BUCKET.fullmatch(parts.netloc) or not key or len(key.encode()) > 1024:
        raise _bad(field, url, "it is not s3://bucket/key", ("s3",))
    return Address(url, "s3", parts.netloc, parts.path)


def _check_literal(host: str, field: str) -> None:
    try:
        address = ip_address(host)
    except ValueError:
        return  # a name: checked when it is resolved
    check_address(address, host, field)


def _bad(field: str, url: str, why: str, schemes: tuple[str, ...]) -> BadUrl:
    return BadUrl(
        f"{field} cannot be fetched: {why}; give an address that starts with"
        f" {' or '.join(f'{s}://' for s in schemes)}, or upload the file",
        field=field,
        value=url.partition("?")[0] or None,
        allowed=", ".join(f"{s}://…" for s in schemes),
    )
