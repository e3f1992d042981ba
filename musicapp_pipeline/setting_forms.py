"""What a setting's text has to look like to be of any use; each refusal says what is allowed."""

import base64
import binascii
import re
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

MIN_WEBHOOK_KEY = 24
_DATABASE = re.compile(
    r"postgres(?:ql(?:\+psycopg2)?)?://"
    r"(?:[^@\s]*@)?(?:\[[^\]\s]*\]|[^:/?@\[\]\s]*)(?::\d+)?(?:/[^?\s]*)?(?:\?\S*)?"
    r"|sqlite:///(?!:memory:)[^?]+(?:\?.*)?"
)
_BROKER = re.compile(r"(?:rediss?|redis\+socket|sentinel)://\S+")
_QUEUE = re.compile(r"[A-Za-z0-9._-]{1,100}")
_BUCKET = re.compile(r"[A-Za-z0-9._-]{3,255}|arn:\S+")


def masked(text: str) -> str:
    """An address, or what was meant to be one, without its password."""
    text = re.sub(r"^((?:[^:/@]+://)?[^:/@]*:).*@", r"\1***@", text, flags=re.DOTALL)
    return re.sub(r"(?i)\b(pass\w*=)[^&\s]*", r"\1***", text)


def plain_address(value: str) -> str:
    """An ``http(s)://`` address as it can be called.

    Raises:
        ValueError: it has no scheme or no host, or cannot be one at all.
    """
    text = value.strip()
    parts = urlsplit(text)
    whole = parts.scheme in ("http", "https") and bool(parts.hostname)
    try:
        whole = whole and parts.port != 0 and not re.search(r"[\s\x00-\x1f]", text)
    except ValueError:  # of the port
        whole = False
    if not whole:
        raise ValueError("an address has http:// or https:// and a host: http://127.0.0.1:30010/v1")
    return text


def plain_origin(value: str) -> str:
    """What a browser sends as ``Origin``: an address without a path; or ``*``."""
    text = value.strip().removesuffix("/")
    parts = urlsplit(text)
    if text != "*" and (plain_address(text) and (parts.path or parts.query or parts.fragment)):
        raise ValueError("an origin has no path: https://studio.example.org, or *")
    return text


def plain_database(value: str) -> str:
    """A database that we can use; one in memory would be another one in every process."""
    text = value.strip()
    if not _DATABASE.fullmatch(text):
        raise ValueError(
            "a database is postgresql://user:password@host:5432/name, where an @ of the password is"
            " %40, or sqlite:////a/file.db"
        )
    return text


def plain_broker(value: str) -> str:
    """A Redis that Celery can find."""
    text = value.strip()
    if not _BROKER.fullmatch(text):
        raise ValueError("a broker is redis://host:6379/0 (or rediss://, redis+socket://)")
    return text


def plain_queue(value: str) -> str:
    """A queue's name, which is part of file names, too."""
    text = value.strip()
    if not _QUEUE.fullmatch(text):
        raise ValueError("a queue's name is up to 100 letters, digits, dots and hyphens")
    return text


def plain_bucket(value: str) -> str:
    """A bucket's name (those of before 2018 may have capitals), or an access point's."""
    text = value.strip()
    if not _BUCKET.fullmatch(text):
        raise ValueError("a bucket's name is letters, digits, dots and hyphens, at least three")
    return text


def plain_folder(value: Path) -> Path:
    """A folder's path; ``~`` is one's own home or a known person's."""
    try:
        value.expanduser()
    except RuntimeError as error:
        raise ValueError(f"{value.parts[0]} is nobody's home here; name a folder") from error
    return value


def plain_key(secret: SecretStr) -> SecretStr:
    """A key as it can be sent in a header, without white space around it.

    Raises:
        ValueError: saying where it is wrong, and not what it is.
    """
    key = secret.get_secret_value().strip()
    odd = re.search(r"[^\x21-\x7e]", key)
    if odd is not None:
        raise ValueError(f"a key is letters, digits and signs; character {odd.start() + 1} is none")
    return SecretStr(key)


def webhook_key(secret: str) -> bytes:
    """The bytes that sign a provider's webhooks.

    Args:
        secret: ``whsec_`` and base64, or the bare base64.

    Raises:
        ValueError: it is not base64, or so short that it could be guessed.

    Source: Standard Webhooks specification 1.0 (24 to 64 bytes).
    """
    try:
        key = base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("a webhook secret is whsec_ and base64") from error
    if len(key) < MIN_WEBHOOK_KEY:
        raise ValueError(
            f"a webhook secret holds at least {MIN_WEBHOOK_KEY} bytes, not {len(key)}:"
            " anybody could sign with less"
        )
    return key
