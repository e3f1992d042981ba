"""Decoding: exact activations give back the beats and bars that made them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicapp_pipeline.analysis import bars, pulse


def bumps(frames, length, height=0.9):
    """Bells as wide as the network's around each frame."""
    activation = np.full(length, 0.01)
    for shift in range(-4, 5):
        at = np.asarray(frames) + shift
        at = at[(at >= 0) & (at < length)]
        activation[at] = np.maximum(activation[at], height * np.exp(-0.5 * (shift / 2) ** 2))
    return activation


@settings(max_examples=25, deadline=None)
@given(st.floats(60, 180), st.integers(0, 60))
def test_a_steady_pulse_is_found_to_the_frame(bpm, first):
    frames = np.round(first + np.arange(40) * 6000 / bpm).astype(int)
    found = pulse.track_pulse(bumps(frames, frames[-1] + 20), prior=pulse.lognormal_tempo(118, 1))
    inner = [f for f in frames if 150 < f < frames[-1] - 150]
    errors = [np.abs(found.frames - f).min() for f in inner]
    # A frame within a sixteenth of the beat counts as the beat.
    assert max(errors) <= 1 + 6000 / bpm / 16
    assert np.median(np.diff(found.frames)) == pytest.approx(6000 / bpm, abs=1)


@pytest.mark.parametrize(("start", "end"), [(100, 124), (150, 110), (72, 90)])
def test_a_drifting_pulse_is_followed(start, end):
    gaps = 6000 / np.linspace(start, end, 64)
    frames = np.round(50 + np.cumsum(gaps)).astype(int)
    found = pulse.track_pulse(bumps(frames, frames[-1] + 30), prior=pulse.lognormal_tempo(118, 1))
    errors = [np.abs(found.frames - f).min() for f in frames[4:-4]]
    assert np.mean(np.array(errors) <= 5) > 0.95


def test_missing_beats_are_filled_in():
    frames = np.arange(30, 3000, 50)
    heard = np.delete(frames, [10, 11, 25, 40])
    found = pulse.track_pulse(bumps(heard, 3020), prior=pulse.lognormal_tempo(118, 1))
    assert len(found.frames) == pytest.approx(len(frames), abs=1)


@pytest.mark.parametrize("length", [0, 1, 20, 28])
def test_what_is_shorter_than_one_beat_has_none(length):
    assert len(pulse.track_pulse(np.full(length, 0.5)).frames) == 0


def test_beats_ascend_by_the_intervals_found():
    activation = np.random.default_rng(0).uniform(0, 1, 4000)
    found = pulse.track_pulse(activation)
    assert (np.diff(found.frames) == found.intervals[:-1]).all()


def chance(metres, high=0.9, low=0.1):
    return np.concatenate([[high] + [low] * (metre - 1) for metre in metres])


@pytest.mark.parametrize("metre", [3, 4, 5, 6, 7])
@pytest.mark.parametrize("lead", [0, 1, 2])
def test_bars_of_one_metre_are_counted_from_any_upbeat(metre, lead):
    heard = np.concatenate([np.full(lead, 0.1), chance([metre] * 12)])
    found = bars.find_bars(heard)
    assert found.metre == metre
    assert np.flatnonzero(found.position == 0)[-12:].tolist() == [
        lead + metre * i for i in range(12)
    ]


def test_one_bar_of_another_length_does_not_upset_the_rest():
    found = bars.find_bars(chance([4] * 8 + [2] + [4] * 8))
    downbeats = np.flatnonzero(found.position == 0)
    assert set(range(0, 32, 4)) <= set(downbeats)
    assert set(range(34, 66, 4)) <= set(downbeats)


def test_the_metre_may_change_for_good():
    found = bars.find_bars(chance([4] * 10 + [3] * 12))
    downbeats = np.flatnonzero(found.position == 0)
    assert {40, 43, 46, 70} <= set(downbeats)


def test_without_evidence_bars_are_of_four_and_not_trusted():
    found = bars.find_bars(np.full(40, 0.25))
    assert found.metre == 4
    assert found.confidence < 0.2


@pytest.mark.parametrize("count", [0, 1, 7])
def test_few_beats_are_counted_in_fours(count):
    found = bars.find_bars(np.full(count, 0.5))
    assert found.position.tolist() == [i % 4 for i in range(count)]
    assert found.confidence == 0
