"""Bearer tokens, kept only as hashes, and what is signed in their owners' names."""

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import SecretStr

OWNER_CHARS = 16
COOKIE_SECONDS = 12 * 3600
_UNTIL = re.compile(r"[0-9]{1,12}")
SALT = b"musicapp signed addresses"


@dataclass(frozen=True)
class Token:
    """One configured token. ``owner`` is the start of its hash and names who owns what."""

    owner: str
    digest: bytes
    signing_key: bytes
    adopts: bool = False
    """Also owns what was made before there were tokens."""

    @classmethod
    def of(cls, secret: str, *, adopts: bool = False) -> "Token":
        """Hash a token; the signing key is slow to make, so a signature does not give away a
        short token."""
        digest = hashlib.sha256(secret.encode()).digest()
        key = hashlib.scrypt(secret.encode(), salt=SALT, n=2**12, r=8, p=1)
        return cls(digest.hex()[:OWNER_CHARS], digest, key, adopts)

    def sign(self, text: str) -> str:
        """A short signature of ``text`` that only this token can make."""
        mac = hmac.new(self.signing_key, text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(mac[:16]).decode().rstrip("=")

    def signed(self, text: str, signature: str) -> bool:
        """Did this token sign ``text``?"""
        return hmac.compare_digest(self.sign(text).encode(), signature.encode())


class TokenBook:
    """All configured tokens."""

    def __init__(self, secrets: Sequence[SecretStr]) -> None:
        self._tokens = [
            Token.of(secret.get_secret_value(), adopts=n == 0) for n, secret in enumerate(secrets)
        ]
        self._by_owner = {token.owner: token for token in self._tokens}

    @property
    def needed(self) -> bool:
        """Are there tokens at all?"""
        return bool(self._tokens)

    def find(self, presented: str) -> Token | None:
        """The token that was presented; takes equally long whichever it is."""
        digest = hashlib.sha256(presented.encode("utf-8", "replace")).digest()
        found = None
        for token in self._tokens:
            if hmac.compare_digest(token.digest, digest):
                found = token
        return found

    def of_owner(self, owner: str) -> Token | None:
        """The token behind an owner's name."""
        return self._by_owner.get(owner)

    def cookie(self, token: Token) -> str:
        """A session for those who cannot send headers."""
        until = str(int(time.time()) + COOKIE_SECONDS)
        return f"{token.owner}.{until}.{token.sign('session ' + until)}"

    def of_cookie(self, value: str) -> Token | None:
        """The token of a session that has not ended."""
        owner, _, rest = value.partition(".")
        until, _, signature = rest.partition(".")
        token = self.of_owner(owner)
        if token is None or not _UNTIL.fullmatch(until) or int(until) < time.time():
            return None
        return token if token.signed("session " + until, signature) else None
