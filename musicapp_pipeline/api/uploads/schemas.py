"""What uploads look like from outside."""

from pydantic import ConfigDict

from musicapp_pipeline.api.kit.models import Moment, Output


class UploadRead(Output):
    """A file that was sent; ``url`` is accepted wherever an address of that kind is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "u-k3m9x2p7qa4t",
                    "url": "/media/uploads/u-k3m9x2p7qa4t.mp3",
                    "contentType": "audio/mpeg",
                    "bytes": 4_138_201,
                    "duration": 172.4,
                    "filename": "song.mp3",
                    "createdAt": "2026-11-22T12:59:00Z",
                }
            ]
        }
    )

    id: str
    url: str
    content_type: str
    bytes: int
    duration: float | None = None
    filename: str
    created_at: Moment
