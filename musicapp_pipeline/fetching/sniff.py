"""What a file is, by its content; names and headers are only claims."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from musicapp_pipeline.fetching.errors import WrongContent
from musicapp_pipeline.media.errors import BadImage, NotMedia

Kind = Literal["audio", "video", "image"]
ANYTHING: tuple[Kind, ...] = ("audio", "video", "image")

_IMAGES = {"PNG": (".png", "image/png"), "JPEG": (".jpg", "image/jpeg")}
_IMAGES |= {"WEBP": (".webp", "image/webp")}
_AUDIO = {
    "mp3": (".mp3", "audio/mpeg"),
    "wav": (".wav", "audio/wav"),
    "flac": (".flac", "audio/flac"),
    "ogg": (".ogg", "audio/ogg"),
    "mov": (".m4a", "audio/mp4"),
    "aac": (".aac", "audio/aac"),
}
_VIDEO = {
    "mov": (".mp4", "video/mp4"),
    "matroska": (".webm", "video/webm"),
}
_OTHER = {"audio": (".bin", "audio/x-unknown"), "video": (".bin", "video/x-unknown")}


@dataclass(frozen=True)
class Sniffed:
    """``suffix`` with its dot; ``duration`` in seconds, None for images."""

    kind: Kind
    suffix: str
    content_type: str
    duration: float | None
    has_audio: bool


def sniff(path: Path, kinds: Sequence[Kind] = ANYTHING, *, field: str = "file") -> Sniffed:
    """Say what a file is.

    Args:
        kinds: what is acceptable. A video with sound is acceptable as audio.

    Raises:
        WrongContent: it is something else, damaged or empty.
    """
    if path.stat().st_size == 0:
        raise WrongContent(f"{field} is empty (0 bytes)", field=field, allowed=", ".join(kinds))
    found = _image(path) if "image" in kinds or _looks_like_image(path) else None
    found = found or _media(path, field, kinds)
    fits = found.kind in kinds or (found.kind == "video" and "audio" in kinds and found.has_audio)
    if not fits:
        raise WrongContent(
            f"{field} is {found.content_type}; expected {' or '.join(kinds)}",
            field=field,
            value=found.content_type,
            allowed=", ".join(kinds),
        )
    return found


def _looks_like_image(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(12)
    starts = (b"\x89PNG\r\n", b"\xff\xd8\xff")
    return head.startswith(starts) or (head[:4] == b"RIFF" and head[8:] == b"WEBP")


def _image(path: Path) -> Sniffed | None:
    if not _looks_like_image(path):
        return None
    from musicapp_pipeline.media.pictures import load_reference_image

    try:
        load_reference_image(path, max_side=64)
    except BadImage as error:
        raise WrongContent(
            error.message, field="file", value=error.value, allowed="PNG, JPEG or WebP"
        ) from error
    with path.open("rb") as file:
        head = file.read(4)
    name = {b"\x89PNG": "PNG", b"RIFF": "WEBP"}.get(head, "JPEG")
    suffix, content_type = _IMAGES[name]
    return Sniffed("image", suffix, content_type, None, has_audio=False)


def _media(path: Path, field: str, kinds: Sequence[Kind]) -> Sniffed:
    from musicapp_pipeline.media.probe import probe

    try:
        info = probe(path)
    except NotMedia as error:
        raise WrongContent(
            f"{field}: {error.message}", field=field, value=error.value, allowed=", ".join(kinds)
        ) from error
    kind: Kind = "video" if info.video is not None and info.video.frames > 1 else "audio"
    container = info.container.split(",")[0]
    table = _VIDEO if kind == "video" else _AUDIO
    suffix, content_type = table.get(container, _OTHER[kind])
    if kind == "video" and container == "matroska" and info.video and info.video.codec == "h264":
        suffix, content_type = ".mkv", "video/x-matroska"
    length = info.video.duration if kind == "video" and info.video else info.duration
    return Sniffed(kind, suffix, content_type, round(length, 6), info.audio is not None)
