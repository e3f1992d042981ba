"""Phones become mouth shapes: which, when, and what is never lost between them."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicapp_pipeline.lipsync.acoustic.network import VOWELS
from musicapp_pipeline.lipsync.errors import BadPhonemes
from musicapp_pipeline.lipsync.model import Phoneme
from musicapp_pipeline.lipsync.visemes import (
    LEAD_SECONDS,
    OPEN,
    PRESS,
    ROUND,
    SHAPES,
    TUCK,
    WIDTH,
    mouth_curve,
)

FPS = Fraction(24)


def phones(*names, each=0.2, start=0.5):
    """One after the other."""
    return [
        Phoneme(phoneme=name, start=start + k * each, end=start + (k + 1) * each)
        for k, name in enumerate(names)
    ]


def at(curve, seconds, fps=FPS):
    """The frame shown at a time, the lips' lead taken off."""
    return curve[round((seconds - LEAD_SECONDS) * fps)]


def test_every_arpabet_phone_has_a_shape():
    arpabet = "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH"  # noqa: E501
    assert set(arpabet.split()) <= SHAPES.keys()


@pytest.mark.parametrize("phone", SHAPES)
def test_shapes_are_within_their_ranges(phone):
    for shape in SHAPES[phone]:
        assert all(0 <= v <= 1 for v in (shape.open, shape.round, shape.press, shape.tuck))
        assert -1 <= shape.width <= 1


def test_vowels_open_wider_than_any_consonant():
    least = min(max(s.open for s in SHAPES[v]) for v in VOWELS - {"IY", "UW"})
    most = max(
        s.open
        for p in "TH DH T D N L K G NG CH JH SH ZH S Z R F V P B M".split()
        for s in SHAPES[p]
    )
    assert least > most


@pytest.mark.parametrize("phone", ["P", "B", "M"])
@pytest.mark.parametrize("fps", [Fraction(12), Fraction(24000, 1001), Fraction(30), Fraction(60)])
@pytest.mark.parametrize("each", [0.02, 0.08, 0.3])
def test_p_b_and_m_close_the_mouth_in_a_frame_however_short_they_are(phone, fps, each):
    said = [
        Phoneme(phoneme="AA", start=0.2, end=0.6),
        Phoneme(phoneme=phone, start=0.6, end=0.6 + each),
        Phoneme(phoneme="AA", start=0.6 + each, end=1.4),
    ]
    curve = mouth_curve(said, int(1.6 * fps), fps)
    near = slice(int(0.55 * fps), int((0.65 + each) * fps) + 1)
    assert curve[near, OPEN].min() < 0.02
    assert curve[near, PRESS].max() > 0.95
    assert curve[:, OPEN].max() > 0.8


@pytest.mark.parametrize(
    ("phone", "channel", "least", "most"),
    [
        ("AA", OPEN, 0.9, 1.0),
        ("IY", WIDTH, 0.45, 1.0),
        ("UW", ROUND, 0.9, 1.0),
        ("UW", WIDTH, -1.0, -0.6),
        ("F", TUCK, 0.9, 1.0),
        ("V", TUCK, 0.9, 1.0),
        ("M", OPEN, 0.0, 0.01),
        ("S", OPEN, 0.1, 0.2),
        ("HH", OPEN, 0.3, 0.4),
    ],
)
def test_a_held_phone_reaches_its_shape(phone, channel, least, most):
    curve = mouth_curve(phones(phone, each=0.4), 36, FPS)
    assert least <= at(curve, 0.7)[channel] <= most


def test_diphthongs_glide_from_their_first_to_their_second_shape():
    curve = mouth_curve(phones("AY", each=0.8), 48, FPS)
    early, held, late = at(curve, 0.65), at(curve, 0.95), at(curve, 1.22)
    assert early[OPEN] > 0.9
    assert held[OPEN] > 0.9
    assert late[OPEN] < 0.5
    assert late[WIDTH] > early[WIDTH] + 0.2


def test_the_mouth_rests_before_after_and_in_long_silences():
    said = phones("AA", each=0.3) + phones("AA", each=0.3, start=2.0)
    curve = mouth_curve(said, 72, FPS)
    for seconds in (0.1, 1.4, 2.8):
        assert abs(at(curve, seconds)).max() < 0.01


def test_a_short_gap_does_not_close_the_mouth():
    said = phones("AA", each=0.3) + phones("AA", each=0.3, start=0.88)
    curve = mouth_curve(said, 36, FPS)
    assert at(curve, 0.84)[OPEN] > 0.8


@pytest.mark.parametrize("quiet", ["SIL", "sil", "sp", "+NSN+", ""])
def test_silence_marks_move_nothing(quiet):
    assert not mouth_curve(phones(quiet, each=1.0), 36, FPS).any()


def test_case_and_stress_digits_do_not_matter():
    plain = mouth_curve(phones("AH", "M", "IY"), 36, FPS)
    assert np.array_equal(mouth_curve(phones("ah0", "m", "Iy1"), 36, FPS), plain)


def test_no_phones_is_a_mouth_at_rest():
    assert not mouth_curve([], 12, FPS).any()
    assert mouth_curve([], 0, FPS).shape == (0, 5)


@pytest.mark.parametrize("frames", [3, -3])
def test_an_offset_of_whole_frames_shifts_the_movement(frames):
    said = phones("AA", "M", "OW", "T")
    plain = mouth_curve(said, 60, FPS)
    moved = mouth_curve(said, 60, FPS, offset=float(frames / FPS))
    assert np.allclose(np.roll(plain, frames, axis=0)[6:-6], moved[6:-6], atol=1e-9)


def test_lips_move_before_the_sound():
    curve = mouth_curve(phones("AA", each=0.5, start=1.0), 240, Fraction(120))
    risen = np.flatnonzero(curve[:, OPEN] > 0.5)[0] / 120
    assert 0.85 < risen < 1.0


@pytest.mark.parametrize("held", [0.15, 0.4, 1.5, 4.0])
def test_a_held_note_opens_the_mouth_as_fast_as_a_short_one(held):
    curve = mouth_curve(phones("AA", each=held, start=1.0), 720, Fraction(120))
    assert np.flatnonzero(curve[:, OPEN] > 0.9)[0] / 120 < 1.1
    assert np.flatnonzero(curve[:, OPEN] > 0.9)[-1] / 120 > 1.0 + held - 0.15


def test_the_order_of_the_list_does_not_matter():
    said = phones("AA", "M", "IY", "S")
    assert np.array_equal(mouth_curve(said[::-1], 48, FPS), mouth_curve(said, 48, FPS))


@pytest.mark.parametrize(
    ("phone", "start", "end", "field"),
    [
        ("QQ", 0.0, 0.1, "phonemes[1].phoneme"),
        ("ʃ", 0.0, 0.1, "phonemes[1].phoneme"),
        ("AA", 0.3, 0.1, "phonemes[1].start"),
        ("AA", float("nan"), 0.1, "phonemes[1].start"),
        ("AA", 0.0, float("inf"), "phonemes[1].start"),
    ],
)
def test_phonemes_that_are_none_are_named(phone, start, end, field):
    said = [*phones("AA"), Phoneme(phoneme=phone, start=start, end=end)]
    with pytest.raises(BadPhonemes) as caught:
        mouth_curve(said, 10, FPS)
    assert caught.value.field == field


NAMES = st.sampled_from(sorted(SHAPES))
SPANS = st.lists(st.tuples(NAMES, st.floats(-2, 6), st.floats(0, 1.5)), max_size=20)


@settings(deadline=None)
@given(
    SPANS, st.integers(0, 100), st.sampled_from([Fraction(12), Fraction(24000, 1001), Fraction(60)])
)
def test_any_phones_give_finite_shapes_within_range_for_every_frame(spans, frames, fps):
    said = [Phoneme(phoneme=p, start=s, end=s + d) for p, s, d in spans]
    curve = mouth_curve(said, frames, fps)
    assert curve.shape == (frames, 5)
    assert np.isfinite(curve).all()
    assert (curve[:, [OPEN, ROUND, PRESS, TUCK]] >= -1e-9).all()
    assert (abs(curve) <= 1 + 1e-9).all()
    # Lips that are shut cannot be open.
    assert (curve[:, OPEN][curve[:, PRESS] > 0.99] < 1e-6).all()
