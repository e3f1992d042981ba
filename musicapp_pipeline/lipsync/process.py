"""Lip-sync of a whole clip: find the mouth, work out its movement, morph frame by frame."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.cores import one_core
from musicapp_pipeline.lipsync.errors import NoUsableMouth
from musicapp_pipeline.lipsync.model import LipSyncReport, MouthBox, Phoneme
from musicapp_pipeline.lipsync.mouth.faces import FaceTracker
from musicapp_pipeline.lipsync.mouth.landmarks import Points
from musicapp_pipeline.lipsync.mouth.morph import Morpher
from musicapp_pipeline.lipsync.mouth.teeth import RealTeeth, take_teeth, visible_teeth
from musicapp_pipeline.lipsync.mouth.track import Track, build_track
from musicapp_pipeline.lipsync.visemes import mouth_curve
from musicapp_pipeline.media.errors import MediaCancelled
from musicapp_pipeline.media.files import whole_file
from musicapp_pipeline.media.frames import FrameReader, FrameWriter
from musicapp_pipeline.progress import OnProgress, part, silent

METHOD = "mesh-morph"
MIN_USABLE_SHARE = 0.25
"""A clip in which fewer of the frames can be moved is left alone: half a sync looks like none."""
_TRACKING_SHARE = 0.4
_ENOUGH_TEETH = 0.02
_BETTER_TEETH = 1.1


@dataclass(frozen=True)
class Mouth:
    """What the first pass over a clip found."""

    track: Track
    teeth: RealTeeth | None

    @property
    def visibility(self) -> float:
        """Mean over all frames, 0 to 1."""
        seen = self.track.visibility
        return round(float(seen.mean()), 3) if seen.size else 0.0


def lip_sync_clip(
    video: Path,
    audio: Path | None,
    phonemes: Sequence[Phoneme],
    out: Path,
    *,
    offset_ms: float = 0.0,
    mouth_box: MouthBox | None = None,
    force_keyframes: Collection[int] = (),
    check: bool = False,
    on_progress: OnProgress = silent,
    cancelled: Callable[[], bool] | None = None,
) -> LipSyncReport:
    """Make the mouth in ``video`` say ``phonemes``; frame count, rate and size stay.

    Args:
        video: the clip; two passes are made over it, and one frame is held at a time.
        audio: sound to put under the result; without it the result is silent.
        phonemes: seconds from the clip's first frame.
        out: the MP4 to make, whole or not at all.
        offset_ms: shift of the mouth against the sound; negative is earlier.
        mouth_box: where the mouth is, if the most prominent face is not the one that sings.
        force_keyframes: frames at which the result can be cut without re-encoding.
        check: look at the result again and report how well the mouth follows.

    Raises:
        NoUsableMouth: no face is large, frontal and uncovered for long enough; no file is left.
        BadPhonemes: the phonemes are not ARPAbet.
        FaceTrackerUnavailable: the landmark model cannot be loaded.
        MediaError: the video or audio cannot be read (``MediaCancelled`` if asked to stop).
    """
    watch = _Watch(on_progress, cancelled)
    if audio is not None:
        _require_sound(audio)
    with FrameReader(video) as reader:
        info = reader.info
        curve = mouth_curve(phonemes, info.frames, info.fps, offset=offset_ms / 1000)
        mouth = find_mouth(reader, watch.during(0.0, _TRACKING_SHARE), mouth_box)
        _require_mouth(mouth)
        with whole_file(out) as part_path:
            silent_path = part_path if audio is None else part_path.with_suffix(".silent.mp4")
            try:
                frames = _render(
                    reader, mouth, curve, silent_path, force_keyframes,
                    watch.during(_TRACKING_SHARE, 0.97),
                )  # fmt: skip
                if audio is not None:
                    _add_sound(silent_path, audio, part_path, Fraction(frames) / info.fps)
            finally:
                if audio is not None:
                    silent_path.unlink(missing_ok=True)
    correlation = None
    if check:
        from musicapp_pipeline.lipsync.check import follow_check

        correlation = follow_check(out, curve, mouth.track.weight, mouth_box=mouth_box)
    on_progress(1.0, "lips in sync")
    return LipSyncReport(
        applied=True,
        method=METHOD,
        frames=frames,
        synced_frames=int((mouth.track.weight > 0).sum()),
        mouth_visibility=mouth.visibility,
        correlation=correlation,
        notes=_notes(mouth.track),
    )


def postprocess_lipsync(
    video_path: str | Path,
    audio_path: str | Path,
    phonemes: Sequence[Phoneme | Mapping[str, Any]],
    output_path: str | Path,
) -> bool:
    """The specification's entry point: true if the mouth was moved, false if there is none.

    Raises:
        LipSyncError: the input is wrong (``BadPhonemes``) or the tracker is missing.
        MediaError: a file cannot be read.
    """
    phones = [p if isinstance(p, Phoneme) else Phoneme.model_validate(p) for p in phonemes]
    try:
        report = lip_sync_clip(Path(video_path), Path(audio_path), phones, Path(output_path))
    except NoUsableMouth:
        return False
    return report.applied


def mouth_visibility(video: Path) -> float:
    """How well a mouth can be seen in a clip, 0 (never) to 1 (large and frontal throughout)."""
    with FrameReader(video) as reader:
        return find_mouth(reader, _Watch(silent, None)).visibility


class _Watch:
    """Progress and cancellation of one pass."""

    def __init__(self, report: OnProgress, cancelled: Callable[[], bool] | None) -> None:
        self._report = report
        self._cancelled = cancelled

    def during(self, start: float, end: float) -> "_Watch":
        return _Watch(part(self._report, start, end), self._cancelled)

    def frame(self, done: int, total: int, what: str) -> None:
        if self._cancelled is not None and self._cancelled():
            raise MediaCancelled("The lip-sync was cancelled; nothing was kept")
        if done % 8 == 0:
            self._report(done / max(total, 1), f"{what} {done}/{total}")


def find_mouth(reader: FrameReader, watch: _Watch, box: MouthBox | None = None) -> Mouth:
    """First pass: landmarks of every frame, and the teeth of the frame that shows most of them."""
    found: list[Points | None] = []
    teeth, most = None, _ENOUGH_TEETH
    with FaceTracker(box) as tracker:
        for k, bgr in enumerate(reader):
            watch.frame(k, reader.info.frames, "finding the mouth, frame")
            points = tracker(bgr)
            found.append(points)
            if points is not None and (shown := visible_teeth(bgr, points)) > most:
                teeth, most = take_teeth(bgr, points), shown * _BETTER_TEETH
    width, height = reader.info.upright_size
    return Mouth(build_track(found, width, height), teeth)


def _render(
    reader: FrameReader,
    mouth: Mouth,
    curve: NDArray[np.float64],
    out: Path,
    keyframes: Collection[int],
    watch: _Watch,
) -> int:
    """Second pass: every frame, its mouth moved where that can be done."""
    width, height = reader.info.upright_size
    morph = Morpher(mouth.teeth)
    track = mouth.track
    with (
        one_core(),
        FrameWriter(out, width, height, reader.info.fps, keyframes=keyframes) as writer,
    ):
        for k, bgr in enumerate(reader):
            watch.frame(k, reader.info.frames, "moving the mouth, frame")
            if k < len(track.weight) and track.weight[k] > 0:
                points = track.points[k].astype(np.float64)
                bgr = morph(bgr, points, curve[min(k, len(curve) - 1)], float(track.weight[k]))
            writer.write(bgr)
        return writer.frames


def _require_mouth(mouth: Mouth) -> None:
    weight, reasons = mouth.track.weight, mouth.track.reasons
    share = float((weight > 0).mean()) if weight.size else 0.0
    if share >= MIN_USABLE_SHARE:
        return
    why = max(reasons, key=lambda r: reasons[r]) if reasons else "no frames"
    raise NoUsableMouth(
        f"no usable mouth: it can be moved in {share:.0%} of the frames ({why}); lip-sync needs a "
        "face that is large, turned to the camera and uncovered in at least "
        f"{MIN_USABLE_SHARE:.0%} of them",
        field="video",
        value=why,
        allowed=f"at least {MIN_USABLE_SHARE:.0%} usable frames",
    )


def _require_sound(audio: Path) -> None:
    """Raise at once, rather than when the pictures are done, if there is nothing to lay under."""
    from musicapp_pipeline.media.audio import audio_stream
    from musicapp_pipeline.media.probe import open_media

    with open_media(audio) as container:
        audio_stream(container, audio.name)


def _notes(track: Track) -> tuple[str, ...]:
    return tuple(f"{count} frames left alone: {why}" for why, count in track.reasons.items())


def _add_sound(video: Path, audio: Path, out: Path, seconds: Fraction) -> None:
    """Put ``audio`` under ``video``, no longer than it, without touching the pictures."""
    from musicapp_pipeline.media.ffmpeg import run_ffmpeg, untrusted_args

    run_ffmpeg(
        [
            *untrusted_args(video),
            *untrusted_args(audio),
            *("-map", "0:v:0", "-map", "1:a:0", "-c:v", "copy"),
            *("-c:a", "aac", "-b:a", "192k", "-t", f"{float(seconds):.6f}"),
            *("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"),
            *("-video_track_timescale", "0", "-movflags", "+faststart", "-f", "mp4", str(out)),
        ]
    )
