"""From an attempt's row to the request that is sent."""

from io import BytesIO
from pathlib import Path

from musicapp_pipeline.generation.port import ClipRequest, ReferenceKind, parse_size
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.media import MediaStore
from musicapp_pipeline.store.models import GenerationAttempt


def build_request(database: Database, media: MediaStore, attempt: GenerationAttempt) -> ClipRequest:
    """The request exactly as admitted; its prompt is the take's, frozen at admission."""
    with database.read() as session:
        version = takes.get(session, attempt.version_id)
    image, kind = _reference(media, attempt)
    return ClipRequest(
        prompt=version.prompt,
        seconds=attempt.seconds,
        size=attempt.size,
        model=attempt.model,
        reference_png=image,
        reference_kind=kind,
        seed=attempt.request.get("seed"),
    )


def _reference(media: MediaStore, attempt: GenerationAttempt) -> tuple[bytes | None, ReferenceKind]:
    source = attempt.request.get("first_frame_of")
    if source:
        return _first_frame(media.fetch(str(source))), "first_frame"
    key = attempt.request.get("reference_key")
    if key:
        return _as_png(media.fetch(str(key)), attempt.size), "character"
    return None, "character"


def _as_png(path: Path, size: str) -> bytes:
    """The image, no larger than is of use: adapters fit it to the clip's size."""
    from musicapp_pipeline.media.pictures import load_reference_image

    image = load_reference_image(path, max_side=max(parse_size(size)) * 2)
    buffer = BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def _first_frame(path: Path) -> bytes:
    import cv2

    from musicapp_pipeline.media.frames import read_frame

    ok, data = cv2.imencode(".png", read_frame(path, 0))
    assert ok
    return bytes(data.tobytes())
