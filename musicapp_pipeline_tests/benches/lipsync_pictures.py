"""Draws the picture of ``docs/lipsync.md``: lip-synced frames of the demo and what they say.

Run: ``python -m musicapp_pipeline_tests.benches.lipsync_pictures [FOLDER]``.
"""

import sys
import tempfile
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

from musicapp_pipeline.lipsync.align import align
from musicapp_pipeline.lipsync.model import Phoneme
from musicapp_pipeline.lipsync.mouth.faces import FaceTracker
from musicapp_pipeline.lipsync.mouth.landmarks import axes, mouth_middle
from musicapp_pipeline.lipsync.process import lip_sync_clip
from musicapp_pipeline.lipsync.visemes import LEAD_SECONDS
from musicapp_pipeline.media.frames import read_frames
from musicapp_pipeline_tests.benches.lipsync import FPS, SONG, SUNG_FROM, phones_of, render

LINE = "Morning moves across the bay,"
UNTIL = 12.2
COLUMNS = 9


def main() -> None:
    """Write the strip."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")
    found = align(SONG, LINE, start=SUNG_FROM, end=UNTIL)
    phones = phones_of(found)
    with tempfile.TemporaryDirectory() as work:
        clip, moved = Path(work) / "clip.mp4", Path(work) / "moved.mp4"
        render(clip)
        lip_sync_clip(clip, None, phones, moved)
        last = render_frames() - 1
        shown = [p for p in phones if frame_of(p) <= last][: 2 * COLUMNS]
        frames = read_frames(moved, [frame_of(p) for p in shown])
    out = folder / "lipsync-demo.jpg"
    _draw(out, shown, frames)
    print(out, out.stat().st_size)


def render_frames() -> int:
    """How many frames :func:`render` makes."""
    from musicapp_pipeline_tests.benches.lipsync import VIDEO_SECONDS

    return int(VIDEO_SECONDS * FPS)


def frame_of(phone: Phoneme) -> int:
    """The frame that shows a phone's shape best: the lips are a little ahead of the sound."""
    return round(((phone.start + phone.end) / 2 - LEAD_SECONDS) * FPS)


def _draw(path: Path, phones: list[Phoneme], frames: list) -> None:
    rows = -(-len(phones) // COLUMNS)
    figure, axes_ = plt.subplots(rows, COLUMNS, figsize=(1.35 * COLUMNS, 1.6 * rows))
    for axis in axes_.flat:
        axis.axis("off")
    with FaceTracker() as tracker:
        for axis, phone, frame in zip(axes_.flat, phones, frames, strict=False):
            points = tracker(frame)
            assert points is not None
            x, y = mouth_middle(points).astype(int)
            half = int(0.95 * axes(points).scale)
            axis.imshow(frame[y - half : y + half, x - half : x + half, ::-1])
            seconds = SUNG_FROM + (phone.start + phone.end) / 2
            axis.set_title(f"{phone.phoneme}  {seconds:.2f} s", fontsize=8, pad=2)
    figure.subplots_adjust(0.005, 0.005, 0.995, 0.93, wspace=0.04, hspace=0.18)
    figure.savefig(path, dpi=100, pil_kwargs={"quality": 85})
    plt.close(figure)


if __name__ == "__main__":
    main()
