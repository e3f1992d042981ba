"""Who is asking, what they own, and the addresses they can follow."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import InstrumentedAttribute

from musicapp_pipeline.api.access.tokens import Token


@dataclass(frozen=True)
class Caller:
    """Somebody who was let in; without a token it is whoever sits at this machine."""

    token: Token | None = None

    @property
    def owner(self) -> str:
        """What new records are marked with."""
        return self.token.owner if self.token else ""

    @property
    def owners(self) -> tuple[str, ...] | None:
        """Whose records this caller sees; None means everybody's."""
        if self.token is None:
            return None
        return (self.token.owner, "") if self.token.adopts else (self.token.owner,)

    def owns(self, owner: str) -> bool:
        """Is a record with this owner mark theirs?"""
        return self.owners is None or owner in self.owners

    def mine(self, column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        """The same as a condition of a query."""
        return true() if self.owners is None else column.in_(self.owners)

    def address(self, path: str) -> str:
        """``path`` such that a browser can follow it without sending a header."""
        if self.token is None:
            return quote(path)
        return f"{quote(path)}?owner={self.token.owner}&sig={self.token.sign(path)}"

    def media(self, key: str | None) -> str | None:
        """The address of a media key; stable for the same caller."""
        return None if key is None else self.address(f"/media/{key}")

    def followable(self, value: Any) -> Any:
        """Stored JSON with its media addresses made followable, at any depth."""
        if isinstance(value, str):
            own = value.startswith("/media/") and "?" not in value
            return self.address(value) if own else value
        if isinstance(value, dict):
            return {name: self.followable(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.followable(item) for item in value]
        return value
