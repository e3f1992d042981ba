"""Where scenes lie in a new master."""

from fractions import Fraction

import pytest

from musicapp_pipeline.analysis.model import Beat, SongAnalysis
from musicapp_pipeline.storyboard.model import Interval
from musicapp_pipeline.storyboard.moving import Carried, Clips, carry

FPS = Fraction(24)
ENOUGH = Clips(before=0, after=10_000)


def scene(start: float, end: float) -> Interval:
    return Interval(
        start_frame=round(start * 24),
        end_frame=round(end * 24),
        start_time=start,
        end_time=end,
        clip_seconds=4,
    )


def master(duration: float, *beats: float) -> SongAnalysis:
    return SongAnalysis(
        duration=duration,
        bpm=120,
        bpm_confidence=0.9,
        beats=tuple(Beat(time=t, strength=1) for t in beats),
        downbeats=(),
        energy_curve=(),
        sections=(),
    )


def moved(seconds: float, song: SongAnalysis, clips: Clips | None = None) -> Carried | None:
    """One scene from 4 to 8 s of a song of 12 s."""
    bought = {} if clips is None else {0: clips}
    return carry([scene(4, 8)], seconds, song, FPS, bought, 288)[0]


def test_cuts_land_on_the_beats_that_are_heard_there() -> None:
    assert moved(1, master(13, 5.02, 8.97)) == Carried(120, 215, 5.02, 8.97)


def test_a_cut_far_from_any_beat_stays_where_the_offset_puts_it() -> None:
    assert moved(1, master(13, 5.25, 9.0)) == Carried(120, 216, 5.0, 9.0)


def test_a_clip_without_a_spare_frame_keeps_its_length() -> None:
    song = master(13, 4.98, 9.03)
    place = moved(1, song, Clips(before=0, after=96))
    assert place is not None
    assert place.end_frame - place.start_frame == 96
    assert moved(1, song) == Carried(120, 217, 4.98, 9.03)


def test_the_next_scene_joins_one_that_keeps_its_length() -> None:
    song = master(13, 4.98, 9.03)
    pair = [scene(4, 8), scene(8, 12)]
    left, right = carry(pair, 1, song, FPS, {0: Clips(0, 96)}, 288)
    assert left is not None and right is not None
    assert (left.end_frame, left.end_time) == (right.start_frame, right.start_time)
    assert right.end_frame == 13 * 24


@pytest.mark.parametrize(
    ("clips", "expected"),
    [
        (None, (0, 120, 0)),
        (Clips(before=24, after=96), (0, 120, -24)),
        (Clips(before=0, after=120), (0, 120, 0)),
        (Clips(before=23, after=119), (24, 120, 0)),
    ],
    ids=["free", "earlier pictures", "later pictures", "too short"],
)
def test_the_first_scene_goes_on_to_a_later_start(
    clips: Clips | None, expected: tuple[int, int, int]
) -> None:
    bought = {0: clips} if clips else {}
    (place,) = carry([scene(0, 4)], 1, master(13), FPS, bought, 288)
    assert place is not None
    assert (place.start_frame, place.end_frame, place.head) == expected


def test_of_a_scene_pushed_over_the_start_the_rest_stays_in_time() -> None:
    assert moved(-5, master(7), ENOUGH) == Carried(0, 72, 0.0, 3.0, head=24)


def test_of_a_scene_pushed_over_the_end_the_rest_stays() -> None:
    assert moved(1, master(7), ENOUGH) == Carried(120, 168, 5.0, 7)


@pytest.mark.parametrize("seconds", [-9, 9])
def test_nothing_is_left_of_a_scene_outside_the_song(seconds: float) -> None:
    assert moved(seconds, master(12), ENOUGH) is None


@pytest.mark.parametrize(("after", "end"), [(108, 13 * 24), (107, 12 * 24)])
def test_the_last_scene_goes_on_to_a_later_end_if_its_clips_do(after: int, end: int) -> None:
    (place,) = carry([scene(8.5, 12)], 0, master(13), FPS, {0: Clips(0, after)}, 288)
    assert place is not None
    assert place.end_frame == end
