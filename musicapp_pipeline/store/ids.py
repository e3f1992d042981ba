"""Identifiers: short, unguessable enough, safe in paths and partition keys."""

import re
import secrets
import unicodedata

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def new_id(prefix: str, length: int = 12) -> str:
    """``prefix`` and random characters, for example ``job-k3m9x2p7qa4t``."""
    return f"{prefix}-" + "".join(secrets.choice(ALPHABET) for _ in range(length))


def project_id(title: str) -> str:
    """A readable id: the title's slug and six random characters."""
    return new_id(slug(title) or "song", 6)


def scene_id(number: int) -> str:
    """``s007-k3m9x2``: counts in the order scenes were made, unique everywhere."""
    return new_id(f"s{number:03d}", 6)


def slug(text: str, limit: int = 32) -> str:
    """Lower-case ASCII letters, digits and single hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:limit].strip("-")
