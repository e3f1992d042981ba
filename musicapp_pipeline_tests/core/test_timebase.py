"""Integer frames are the truth."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicapp_pipeline.timebase import (
    BadFrameRate,
    frame_at,
    parse_fps,
    seconds_at,
    whole_frames,
)

RATES = [Fraction(24), Fraction(25), Fraction(30), Fraction(24000, 1001), Fraction(30000, 1001)]


@pytest.mark.parametrize(
    ("text", "fps"),
    [
        ("24", Fraction(24)),
        (24, Fraction(24)),
        (24.0, Fraction(24)),
        ("23.976", Fraction(24000, 1001)),
        (29.97, Fraction(30000, 1001)),
        ("30000/1001", Fraction(30000, 1001)),
        ("12.5", Fraction(25, 2)),
    ],
)
def test_a_frame_rate_is_read_exactly(text, fps):
    assert parse_fps(text) == fps


@pytest.mark.parametrize("text", ["", "fast", "0", "-24", "7", "121", "24/0", "nan", "inf"])
def test_a_bad_frame_rate_is_refused_with_its_value(text):
    with pytest.raises(BadFrameRate) as caught:
        parse_fps(text)
    assert caught.value.field == "fps"
    assert caught.value.value == text
    assert "8 to 120" in str(caught.value.allowed)


def test_halves_go_up_and_never_to_even():
    fps = Fraction(24)
    assert [frame_at(Fraction(n, 48), fps) for n in (1, 3, 5)] == [1, 2, 3]


def test_eight_seconds_at_ntsc_film_rate_hold_191_whole_frames():
    assert whole_frames(8, Fraction(24000, 1001)) == 191


@given(
    st.lists(st.floats(0, 600, allow_nan=False), min_size=2, max_size=60),
    st.sampled_from(RATES),
)
def test_lengths_from_cuts_never_drift(times, fps):
    cuts = [frame_at(t, fps) for t in sorted(times)]
    lengths = [b - a for a, b in pairwise(cuts)]
    assert sum(lengths) == cuts[-1] - cuts[0]
    assert all(
        abs(seconds_at(c, fps) - t) <= float(1 / fps) / 2 + 1e-9
        for c, t in zip(cuts, sorted(times), strict=True)
    )
