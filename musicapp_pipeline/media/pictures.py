"""Still pictures: waveforms, thumbnails, contact sheets and reference images."""

import wave
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.media.errors import BadImage
from musicapp_pipeline.media.files import whole_file
from musicapp_pipeline.media.frames import read_frame, read_frames, video_info

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import BaseImageFont

MAX_MEGAPIXELS = 500
_IMAGE_FORMATS = ("PNG", "JPEG", "WEBP")

_BACKGROUND = (18, 20, 26)
_WAVE = (92, 200, 255)
_WAVE_CORE = (178, 230, 255)
_CUT = (255, 196, 84)
_SECTION = ((40, 44, 58), (30, 33, 44))
_TEXT = (214, 218, 228)


def waveform_png(
    master_wav: Path,
    out_png: Path,
    *,
    width: int = 1200,
    height: int = 200,
    cuts: Sequence[float] = (),
    sections: Sequence[tuple[float, str]] = (),
) -> None:
    """Draw the song's peaks and loudness over time.

    Args:
        master_wav: a PCM WAV.
        cuts: seconds at which a line is drawn.
        sections: (start in seconds, name), ascending; each shades its part.
    """
    from PIL import Image, ImageDraw

    peaks, rms, seconds = _envelope(master_wav, width)
    image = Image.new("RGB", (width, height), _BACKGROUND)
    draw = ImageDraw.Draw(image)
    ends = [start for start, _ in sections[1:]] + [seconds]
    for index, ((start, _), end) in enumerate(zip(sections, ends, strict=False)):
        left, right = start / seconds * width, end / seconds * width
        draw.rectangle((left, 0, right, height), fill=_SECTION[index % 2])
    middle, reach = height / 2, height / 2 - 4
    for x in range(width):
        high, core = peaks[x] * reach, rms[x] * reach
        draw.line((x, middle - high, x, middle + high), fill=_WAVE)
        draw.line((x, middle - core, x, middle + core), fill=_WAVE_CORE)
    for cut in cuts:
        at = cut / seconds * width
        draw.line((at, 0, at, height), fill=_CUT)
    for start, name in sections:
        draw.text((start / seconds * width + 4, 2), name, fill=_TEXT, font=label_font(12))
    with whole_file(out_png) as part:
        image.save(part, "PNG")


def thumbnail(video: Path, frame: int, out_jpg: Path, width: int = 480) -> None:
    """Save one frame of a video as a small JPEG.

    Raises:
        BadVideo: there is no such frame.
    """
    from PIL import Image

    picture = Image.fromarray(read_frame(video, frame)[:, :, ::-1])
    height = max(1, round(picture.height * width / picture.width))
    save_jpeg(picture.resize((width, height), Image.Resampling.LANCZOS), out_jpg)


def save_jpeg(picture: "Image", out_jpg: Path, quality: int = 88) -> None:
    """Write a JPEG, whole or not at all."""
    with whole_file(out_jpg) as part:
        picture.save(part, "JPEG", quality=quality)


def contact_sheet(
    video: Path,
    out_png: Path,
    columns: int = 6,
    rows: int = 4,
    width: int = 1500,
    frames: Sequence[int] | None = None,
    labels: Sequence[str] | None = None,
) -> None:
    """Save frames of a video side by side, each with a label.

    Args:
        frames: which frames; evenly spread ones when left out.
        labels: one a frame; frame number and time when left out.
    """
    from PIL import Image, ImageDraw

    info = video_info(video)
    count = columns * rows
    if frames is None:
        frames = [(2 * i + 1) * info.frames // (2 * count) for i in range(count)]
    chosen = list(frames)[:count]
    if labels is None:
        fps = float(info.fps) or 1.0
        labels = [f"{index}  {index / fps:.2f} s" for index in chosen]
    gap, bar = 4, 18
    cell_width = (width - gap * (columns + 1)) // columns
    shown_width, shown_height = info.upright_size
    cell_height = max(1, round(cell_width * shown_height / shown_width))
    used_rows = max(1, -(-len(chosen) // columns))
    sheet = Image.new("RGB", (width, used_rows * (cell_height + bar + gap) + gap), _BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    pictures = read_frames(video, chosen, size=(cell_width, cell_height))
    for place, (picture, label) in enumerate(zip(pictures, labels, strict=False)):
        x = gap + place % columns * (cell_width + gap)
        y = gap + place // columns * (cell_height + bar + gap)
        sheet.paste(Image.fromarray(picture[:, :, ::-1]), (x, y))
        draw.text((x + 2, y + cell_height + 2), label, fill=_TEXT, font=label_font(12))
    with whole_file(out_png) as part:
        sheet.save(part, "PNG")


def label_font(size: int) -> "BaseImageFont":
    """Pillow's own font: bare machines have no others."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


def load_reference_image(path: Path | str, *, max_side: int = 2048) -> "Image":
    """Read a picture upright as RGB, scaled down so that no side is longer than ``max_side``.

    Raises:
        BadImage: missing, empty, not PNG, JPEG or WebP, damaged, or above 500 megapixels.
    """
    from PIL import Image, ImageOps

    source = Path(path)
    try:
        picture = _open_image(source)
        if picture.format == "JPEG":
            # libjpeg then decodes at 1/2, 1/4 or 1/8: 400 megapixels never exist in memory.
            picture.draft("RGB", (max_side, max_side))
        picture.thumbnail((max_side, max_side), Image.Resampling.LANCZOS, reducing_gap=2.0)
        return _flattened(ImageOps.exif_transpose(picture))
    except BadImage:
        raise
    except (OSError, ValueError, SyntaxError) as error:
        raise BadImage(
            f"{source.name} is not a picture that can be read ({error}); give a PNG, JPEG or WebP",
            field="referenceImage",
            value=source.name,
            allowed=_IMAGE_FORMATS,
        ) from error


def fit_image(
    image: "Image", width: int, height: int, *, focus: tuple[float, float] = (0.5, 0.4)
) -> "Image":
    """Scale and crop to exactly ``width`` x ``height``, keeping ``focus`` as central as it can be.

    Args:
        focus: the point to keep, as shares of width and height; by default where faces tend to be.
    """
    from PIL import Image

    scale = max(width / image.width, height / image.height)
    box_width, box_height = width / scale, height / scale
    left = min(max(focus[0] * image.width - box_width / 2, 0), image.width - box_width)
    top = min(max(focus[1] * image.height - box_height / 2, 0), image.height - box_height)
    return image.resize(
        (width, height),
        Image.Resampling.LANCZOS,
        box=(left, top, left + box_width, top + box_height),
        reducing_gap=3.0,
    )


def _open_image(source: Path) -> "Image":
    if not source.is_file() or source.stat().st_size == 0:
        raise BadImage(
            f"{source.name} is missing or empty", field="referenceImage", value=source.name
        )
    picture = _plugin(source)
    megapixels = picture.width * picture.height / 1e6
    if megapixels > MAX_MEGAPIXELS:
        raise BadImage(
            f"{source.name} has {picture.width} x {picture.height} = {megapixels:.0f} megapixels; "
            f"at most {MAX_MEGAPIXELS} are read. Scale it down first",
            field="referenceImage",
            value=f"{picture.width}x{picture.height}",
            allowed=f"up to {MAX_MEGAPIXELS} megapixels",
        )
    return picture


def _plugin(source: Path) -> "Image":
    """The picture by its first bytes; ``Image.open`` refuses above 179 megapixels on its own."""
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile
    from PIL.WebPImagePlugin import WebPImageFile

    with source.open("rb") as file:
        head = file.read(12)
    if head.startswith(b"\x89PNG\r\n"):
        return PngImageFile(source)
    if head.startswith(b"\xff\xd8\xff"):
        return JpegImageFile(source)
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return WebPImageFile(source)
    raise BadImage(
        f"{source.name} is not a PNG, JPEG or WebP picture",
        field="referenceImage",
        value=source.name,
        allowed=_IMAGE_FORMATS,
    )


def _flattened(picture: "Image") -> "Image":
    """RGB on white where it was transparent."""
    from PIL import Image

    if picture.mode.startswith("I"):
        # Pillow would clip 16-bit greys to white.
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8)).convert("RGB")

    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        ground = Image.new("RGBA", layer.size, (255, 255, 255, 255))
        return Image.alpha_composite(ground, layer).convert("RGB")
    return picture.convert("RGB")


def _envelope(
    master_wav: Path, width: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Peak and RMS of each of ``width`` columns, 0 to 1, and the song's seconds."""
    from musicapp_pipeline.media.audio import read_stereo

    with wave.open(str(master_wav), "rb") as file:
        rate = file.getframerate()
    samples = np.abs(read_stereo(master_wav, rate)).max(axis=0)
    seconds = samples.size / rate
    edges = np.linspace(0, samples.size, width + 1).astype(int)[:-1]
    edges = np.minimum(edges, max(samples.size - 1, 0))
    counts = np.maximum(np.diff(np.append(edges, samples.size)), 1)
    peaks = np.maximum.reduceat(samples, edges).astype(np.float64)
    rms = np.sqrt(np.add.reduceat(samples.astype(np.float64) ** 2, edges) / counts)
    top = max(float(peaks.max()), 1e-6)
    return peaks / top, rms / top, max(seconds, 1e-6)
