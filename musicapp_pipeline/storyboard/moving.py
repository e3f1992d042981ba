"""A new master of the same song: where its scenes lie now."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.storyboard.edits import Placed
from musicapp_pipeline.timebase import Frames, frame_at, seconds_at

NEAR: Final = 0.07
"""Seconds within which two analyses of one performance mean the same beat (the usual tolerance of
beat tracking, Davies 2009). A cut farther from any beat stays where the offset puts it."""


@dataclass(frozen=True, slots=True)
class Clips:
    """What all takes of a scene can show: frames before their in-point, and from it on."""

    before: Frames
    after: Frames


@dataclass(frozen=True, slots=True)
class Carried:
    """Where a scene lies in the new master; the in-points of its takes move by ``head``."""

    start_frame: Frames
    end_frame: Frames
    start_time: float
    end_time: float
    head: Frames = 0


@dataclass(frozen=True, slots=True)
class _Cut:
    frame: Frames
    time: float


def carry(
    scenes: Sequence[Placed],
    seconds: float,
    analysis: SongAnalysis,
    fps: Fraction,
    bought: Mapping[int, Clips],
    last: Frames,
) -> tuple[Carried | None, ...]:
    """Move every cut by the offset and onto the beat that is heard there.

    The first and the last scene go on to the song's ends where their takes suffice. Of a scene
    that is pushed over an end the rest stays, with the pictures still in time.

    Args:
        scenes: ascending, apart.
        seconds: how much later everything is in the new master; negative for earlier.
        analysis: of the new master, with a person's corrections.
        bought: what the takes of a scene can show, by its position in ``scenes``.
        last: the frame at which the former master ended.

    Returns:
        One entry a scene; None for one of which nothing is left.
    """
    beats = sorted(beat.time for beat in analysis.beats if analysis.has_beat)
    total = _Cut(frame_at(analysis.duration, fps), analysis.duration)
    cuts: dict[Frames, _Cut] = {}
    for scene in scenes:
        cuts.setdefault(scene.start_frame, _landing(scene.start_time + seconds, beats, fps))
        cuts.setdefault(scene.end_frame, _landing(scene.end_time + seconds, beats, fps))
    out: list[Carried | None] = []
    for n, scene in enumerate(scenes):
        clips = bought.get(n)
        start, end = cuts[scene.start_frame], cuts[scene.end_frame]
        length = scene.end_frame - scene.start_frame
        if clips is not None and end.frame - start.frame > max(length, clips.after):
            # Rounding made it longer than its clip: the next scene begins a frame sooner.
            frame = start.frame + length
            end = cuts[scene.end_frame] = _Cut(frame, seconds_at(frame, fps))
        opens, closes = scene.start_frame == 0, scene.end_frame == last
        out.append(_within(start, end, total, clips, opens=opens, closes=closes))
    return tuple(out)


def _within(
    start: _Cut, end: _Cut, total: _Cut, clips: Clips | None, *, opens: bool, closes: bool
) -> Carried | None:
    head = max(0, -start.frame)
    if start.frame < 0:
        start = _Cut(0, 0.0)
    elif opens and clips is not None and start.frame <= clips.before:
        head, start = -start.frame, _Cut(0, 0.0)
    elif opens and (clips is None or end.frame <= clips.after):
        start = _Cut(0, 0.0)
    enough = clips is None or total.frame - start.frame <= clips.after - head
    if end.frame > total.frame or (closes and enough):
        end = total
    if end.frame <= start.frame:
        return None
    return Carried(start.frame, end.frame, start.time, end.time, head)


def _landing(time: float, beats: Sequence[float], fps: Fraction) -> _Cut:
    k = bisect_left(beats, time)
    beat = min(beats[max(0, k - 1) : k + 1], key=lambda b: abs(b - time), default=None)
    if beat is not None and abs(beat - time) <= NEAR:
        time = beat
    return _Cut(frame_at(time, fps), time)
