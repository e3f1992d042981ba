"""The root of every error this project raises on purpose.

Each package has one base class of its own in its ``errors.py``; all of them derive from
:class:`MusicAppError`, so that the command line and the API can render any of them the same way.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class MusicAppError(Exception):
    """Something a person can act on.

    Args:
        message: what was given, what is allowed and what to do, in one or two sentences.
        field: the input's name as the person knows it (``"lyrics"``, ``"numTakes"``), if any.
        value: the offending value; shown shortened, never a secret.
        allowed: what would have been accepted.
    """

    code: ClassVar[str] = "error"
    """Stable machine-readable name, snake_case."""

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        value: object = None,
        allowed: object = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.value = value
        self.allowed = allowed

    def as_dict(self) -> Mapping[str, Any]:
        """The error as plain data for JSON answers and job rows."""
        out: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.field is not None:
            out["field"] = self.field
        if self.value is not None:
            out["value"] = _short(self.value)
        if self.allowed is not None:
            out["allowed"] = _short(self.allowed)
        return out


def _short(value: object, limit: int = 200) -> object:
    if isinstance(value, bool | int | float) or value is None:
        return value
    text = str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
