"""The store's typed errors."""

from musicapp_pipeline.errors import MusicAppError


class StoreError(MusicAppError):
    """Base of all errors of ``musicapp_pipeline.store``."""

    code = "store_error"


class NotFound(StoreError):
    """No such project, scene, take, character or job."""

    code = "not_found"

    def __init__(self, kind: str, value: object) -> None:
        super().__init__(f"there is no {kind} {value!r}", field=kind, value=value)


class Conflict(StoreError):
    """The change does not fit the present state."""

    code = "conflict"


class BadMediaKey(StoreError):
    """A media key that the server did not make."""

    code = "bad_media_key"


class MediaMissing(StoreError):
    """The media store has nothing under a key that a row names."""

    code = "media_missing"
