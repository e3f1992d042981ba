"""Choosing the frame that stands for a video."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.assembly.picture import (
    WORK_WIDTH,
    colourfulness,
    exposure,
    is_black,
    luma_of,
    sharpness,
)
from musicapp_pipeline.media.frames import read_frame, read_frames, video_info
from musicapp_pipeline.media.pictures import save_jpeg
from musicapp_pipeline.timebase import Frames

_CANDIDATES = 24
_PREFERRED_BONUS = 0.15


def poster(
    video: Path,
    out_jpg: Path,
    *,
    candidates: Sequence[Frames] | None = None,
    preferred: Sequence[range] = (),
    width: int = 1280,
) -> Frames:
    """Save the most telling frame as a JPEG: sharp, well exposed, colourful, never black.

    Args:
        video: the finished video.
        candidates: frames to choose from; spread over the middle nine tenths when left out.
        preferred: stretches of frames (performance scenes) that win over equals elsewhere.
        width: of the picture, in pixels; never enlarged.

    Returns:
        The frame that was chosen; ties go to the earliest.

    Raises:
        BadVideo: no moving pictures or no such frame.
    """
    from PIL import Image

    info = video_info(video)
    chosen_from = sorted(candidates if candidates is not None else _spread(info.frames))
    shown_width, shown_height = info.upright_size
    small = (WORK_WIDTH, max(16, round(WORK_WIDTH * shown_height / shown_width)))
    scores = []
    for index, picture in zip(
        chosen_from, read_frames(video, chosen_from, size=small), strict=True
    ):
        bonus = _PREFERRED_BONUS if any(index in part for part in preferred) else 0.0
        scores.append(_appeal(picture) + bonus)
    best = chosen_from[int(np.argmax(scores))]
    image = Image.fromarray(read_frame(video, best)[:, :, ::-1])
    if image.width > width:
        size = (width, max(1, round(image.height * width / image.width)))
        image = image.resize(size, Image.Resampling.LANCZOS)
    save_jpeg(image, out_jpg, quality=90)
    return best


def _spread(frames: Frames) -> list[Frames]:
    first, last = frames // 20, max(frames - 1 - frames // 20, frames // 20)
    return sorted({round(x) for x in np.linspace(first, last, _CANDIDATES)})


def _appeal(picture: NDArray[np.uint8]) -> float:
    luma = luma_of(picture)
    if is_black(luma):
        return -1.0
    return 0.45 * sharpness(luma) + 0.35 * exposure(luma) + 0.2 * colourfulness(picture)
