"""The aligner's decoder: a chain of words, gaps between them, and the best path through both."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicapp_pipeline.lipsync.acoustic.activity import singing
from musicapp_pipeline.lipsync.acoustic.features import SAMPLE_RATE, features
from musicapp_pipeline.lipsync.acoustic.model import FILLERS, STATES, english
from musicapp_pipeline.lipsync.acoustic.network import VOWELS, Pace, build
from musicapp_pipeline.lipsync.acoustic.scores import Tuning, blocks
from musicapp_pipeline.lipsync.acoustic.search import best_path

MODEL = english()
WORDS = [[("HH", "AH", "L", "OW")], [("W", "ER", "L", "D"), ("W", "ER", "L")], [("AH",)]]


class Spoken:
    """Stands in for the acoustic model: hears a given script, a phone or a gap a frame.

    A script is a list of (phone or None, frames); senones are numbered by phone and state.
    """

    phones = MODEL.phones

    def __init__(self, script):
        self.heard = [phone for phone, frames in script for _ in range(frames)]

    def states(self, phone, left, right, first, last):
        return self.base_states(phone)

    def base_states(self, phone):
        return self.phones.index(phone) * STATES + np.arange(STATES)

    def score(self, frames, senones):
        heard = [self.phones.index(p or "SIL") for p in self.heard]
        told = np.array([heard[int(f)] for f in frames[:, 0]])
        return np.where(told[:, None] == np.asarray(senones)[None] // STATES, 0.0, -40.0).astype(
            np.float32
        )


def decode(script, words, *, between=None, pace=None):
    """The path through a recording in which exactly ``script`` is heard."""
    model = Spoken(script)
    count = len(model.heard)
    frames = np.arange(count, dtype=np.float32)[:, None]
    sung = np.array([p is not None for p in model.heard], np.float32)
    gaps = np.array(between or [True, *[False] * (len(words) - 1), True])
    network = build(model, words, pace)
    return network, best_path(model, frames, network, gaps, sung, Tuning())


def test_every_phone_is_found_where_it_is_heard():
    script = [(None, 20), ("HH", 5), ("AH", 9), ("L", 4), ("OW", 12), (None, 15),
              ("W", 6), ("ER", 8), ("L", 5), ("D", 4), ("AH", 10), (None, 30)]  # fmt: skip
    _, path = decode(script, WORDS, between=[True, True, False, True])
    assert path.starts == ((20, 25, 34, 38), (65, 71, 79, 84), (88,))
    assert path.ends == (50, 88, 98)
    assert path.variants == (0, 1, 3)


def test_the_variant_that_was_sung_is_chosen():
    script = [("HH", 5), ("AH", 9), ("L", 4), ("OW", 12), ("W", 6), ("ER", 8), ("L", 9), ("AH", 10)]
    _, path = decode(script, WORDS)
    assert path.variants == (0, 2, 3)
    assert path.starts[2] == (53,)


def test_a_voice_without_pauses_needs_no_gaps():
    script = [("HH", 3), ("AH", 3), ("L", 3), ("OW", 3)]
    _, path = decode(script, WORDS[:1])
    assert path.starts == ((0, 3, 6, 9),)
    assert path.ends == (12,)


def test_a_line_waits_while_nobody_sings():
    line = [("W", 8), ("ER", 8), ("L", 8), ("D", 8)]
    words = [WORDS[1], WORDS[1]]
    _, path = decode([*line, (None, 400), *line], words, between=[True, True, True])
    assert path.ends[0] == 32
    assert path.starts[1][0] == 432


@pytest.mark.parametrize("missing", [0, 1])
def test_too_short_a_recording_is_refused_and_the_shortest_possible_is_not(missing):
    network = build(MODEL, WORDS)
    shortest = STATES * (4 + 3 + 1) - missing
    _, path = decode([("AH", shortest)], WORDS)
    assert (path is None) == bool(missing)
    assert network.words == 3


def _random_path(seed, count, frames):
    rng = np.random.default_rng(seed)
    phones = [p for p in MODEL.phones if p not in FILLERS]
    words = [
        [tuple(rng.choice(phones, rng.integers(1, 5))) for _ in range(rng.integers(1, 4))]
        for _ in range(count)
    ]
    noise = rng.standard_normal((frames, 39)).astype(np.float32)
    network = build(MODEL, words)
    gaps = np.array([True, *rng.integers(0, 2, count - 1).astype(bool), True])
    sung = rng.random(frames).astype(np.float32)
    return network, best_path(MODEL, noise, network, gaps, sung, Tuning())


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(80, 160))
def test_any_path_is_in_order_and_lasts_as_long_as_its_states(seed, count, frames):
    network, path = _random_path(seed, count, frames)
    assert path is not None
    assert len(path.variants) == len(path.starts) == len(path.ends) == count
    at = 0
    for word, (variant, starts, end) in enumerate(
        zip(path.variants, path.starts, path.ends, strict=True)
    ):
        assert network.word[variant] == word
        assert len(starts) == len(network.phones[variant])
        assert at <= starts[0]
        assert all(b - a >= STATES for a, b in pairwise((*starts, end)))
        at = end
    assert at <= frames


def _brute_force(scores, silence, enter):
    """The best score by trying every way to cut one word out of the frames."""
    frames, states = scores.shape
    best = -np.inf
    for begin in range(frames - states + 1):
        for end in range(begin + states, frames + 1):
            lead = enter + silence[:begin].sum() if begin else 0.0
            tail = enter + silence[end:].sum() if end < frames else 0.0
            middle = _chain(scores[begin:end])
            best = max(best, lead + middle + tail)
    return best


def _chain(scores):
    """Best monotone path through all states of one word, by dynamic programming over cuts."""
    total = np.full(scores.shape[1], -np.inf)
    total[0] = scores[0, 0]
    for row in scores[1:]:
        total = row + np.maximum(total, np.concatenate([[-np.inf], total[:-1]]))
    return total[-1]


@pytest.mark.parametrize("seed", range(4))
def test_the_path_is_the_best_there_is(seed):
    tuning = Tuning(unsung=0.0, stay_in_consonant=0.0)
    network = build(MODEL, [[("AA", "M")]])
    noise = np.random.default_rng(seed).standard_normal((16, 39)).astype(np.float32) * 2
    ends = np.array([True, True])
    path = best_path(MODEL, noise, network, ends, np.zeros(16, np.float32), tuning)
    [(scores, silence)] = blocks(MODEL, noise, network.senones, tuning)
    (starts,), (end,) = path.starts, path.ends
    enter = tuning.enter_gap_between_lines
    lead = enter + silence[: starts[0]].sum() if starts[0] else 0.0
    tail = enter + silence[end:].sum() if end < 16 else 0.0
    first = scores[starts[0] : starts[1], :STATES]
    found = lead + tail + _chain(first) + _chain(scores[starts[1] : end, STATES:])
    assert found == pytest.approx(_brute_force(scores, silence, enter), abs=1e-3)


def test_states_scores_are_bounded_and_no_phone_beats_the_best():
    noise = np.random.default_rng(0).standard_normal((50, 39)).astype(np.float32)
    tuning = Tuning()
    network = build(MODEL, WORDS)
    [(states, gap)] = blocks(MODEL, noise, network.senones, tuning)
    assert states.shape == (50, network.senones.size)
    assert states.min() >= tuning.phone_floor * tuning.acoustic - 1e-5
    assert tuning.gap_floor * tuning.acoustic - 1e-5 <= gap.min()
    assert gap.max() <= tuning.gap_ceiling * tuning.acoustic + 1e-5


def test_scoring_in_blocks_changes_nothing():
    noise = np.random.default_rng(0).standard_normal((1100, 39)).astype(np.float32)
    few = range(0, 5000, 1000)
    whole = MODEL.score(noise, few)
    parts = np.vstack([MODEL.score(noise[:400], few), MODEL.score(noise[400:], few)])
    assert np.allclose(whole, parts, atol=1e-3)


def test_the_model_knows_the_phones_of_english_and_their_contexts():
    assert set(MODEL.phones) > VOWELS
    alone = MODEL.states("AA", "SIL", "SIL", True, True)
    between = MODEL.states("AA", "P", "T", False, False)
    assert len(alone) == len(between) == STATES
    assert list(alone) != list(between)
    owner = MODEL.phones.index("AA")
    assert set(MODEL.base_of_senone[[*alone, *between]]) == {owner}


@pytest.mark.parametrize(
    ("frames", "phones", "pace"),
    [(0, 10, Pace(1, 1)), (100, 0, Pace(4, 2)), (90, 10, Pace(2, 1)), (5000, 100, Pace(4, 2))],
)
def test_least_durations_follow_the_pace(frames, phones, pace):
    assert Pace.of(frames, phones) == pace


def test_a_slow_pace_repeats_states_and_vowels_more_than_consonants():
    quick, slow = build(MODEL, [[("M", "AA")]]), build(MODEL, [[("M", "AA")]], Pace(4, 2))
    assert quick.senones.size == 2 * STATES
    assert slow.senones.size == 4 * STATES + 2 * STATES
    assert slow.vowel.sum() == 4 * STATES
    assert [list(first) for first in slow.phone_first] == [[0, 6]]


def test_a_feature_frame_is_ten_milliseconds():
    second = np.random.default_rng(1).standard_normal(SAMPLE_RATE).astype(np.float32) * 0.1
    found = features(second)
    assert found.shape == (98, 39)
    assert np.isfinite(found).all()
    assert np.array_equal(found, features(second))


@pytest.mark.parametrize("samples", [1, 100, 410, 570])
def test_the_shortest_sounds_have_features(samples):
    assert np.isfinite(features(np.zeros(samples, np.float32))).all()


def test_loudness_hardly_changes_the_features():
    second = np.random.default_rng(1).standard_normal(SAMPLE_RATE).astype(np.float32) * 0.1
    assert np.abs(features(second)[:, 1:13] - features(second * 0.5)[:, 1:13]).mean() < 0.1


def _tone(seconds, level):
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (level * np.sin(2 * np.pi * 2000 * t)).astype(np.float32)


def test_singing_is_told_from_not_singing():
    voice = np.concatenate([_tone(3, 0.002), _tone(3, 0.3), _tone(3, 0.002)])
    sung = singing(voice, 900)
    assert sung.shape == (900,)
    assert sung[:260].max() < 0.1
    assert sung[340:560].min() > 0.9
    assert sung[640:].max() < 0.1


@pytest.mark.parametrize("frames", [10, 500])
def test_activity_has_the_length_asked_for(frames):
    assert singing(_tone(1, 0.1), frames).shape == (frames,)
    assert np.isfinite(singing(np.zeros(8000, np.float32), frames)).all()
