"""What becomes of a person's taps, which are never where they are meant to be."""

import numpy as np
import pytest

from musicapp_pipeline.analysis.beat_edits import tap_tempo
from musicapp_pipeline.analysis.model import Beat, SongAnalysis

EARLY = 0.025


def steady(period=0.5555, duration=178.0):
    return np.arange(0.31, duration, period)


def drifting(duration=178.0):
    """The tempo swings by 3% within a minute."""
    times = [0.31]
    while times[-1] < duration:
        times.append(times[-1] + 0.5 * (1 + 0.03 * np.sin(times[-1] / 10)))
    return np.array(times[:-1])


def sounding(beats, heard=(), duration=178.0):
    """A song with an onset near each beat, weaker ones between some, and an odd one elsewhere."""
    rng = np.random.default_rng(7)
    between = (beats[:-1] + beats[1:])[::2] / 2
    odd = rng.uniform(0, duration, len(beats) // 4)
    times = np.concatenate([beats + rng.normal(0, 0.005, len(beats)), between, odd])
    loud = np.concatenate([rng.uniform(0.4, 1, len(beats)), rng.uniform(0.1, 0.5, len(times))])
    order = np.argsort(times)
    return SongAnalysis(
        duration=duration,
        bpm=100,
        bpm_confidence=0.5,
        beats=tuple(Beat(time=round(float(t), 4), strength=0.5) for t in heard),
        downbeats=tuple(round(float(t), 4) for t in heard[::4]),
        onsets=tuple(np.round(times[order], 4).tolist()),
        onset_strengths=tuple(np.round(loud[order], 3).tolist()),
    )


def tapped(song, beats, count, jitter, first=100, seed=1):
    rng = np.random.default_rng(seed)
    taps = beats[first : first + count] - EARLY + rng.normal(0, jitter, count)
    return tap_tempo(song, taps.tolist())


def on_the_beat(song, beats):
    """The share of beats that a grid has, and of the grid that are beats."""
    grid = np.array([b.time for b in song.beats])
    away = np.abs(grid[:, None] - beats)
    return min(np.mean(away.min(axis=0) < 0.04), np.mean(away.min(axis=1) < 0.04))


@pytest.mark.parametrize("jitter", [0.005, 0.01, 0.02, 0.03])
@pytest.mark.parametrize("count", [4, 8, 16])
@pytest.mark.parametrize("beats", [steady(), drifting()], ids=["steady", "drifting"])
def test_a_few_taps_of_a_person_find_the_beats_of_the_whole_song(beats, count, jitter):
    found = tapped(sounding(beats), beats, count, jitter)
    assert on_the_beat(found, beats) > 0.95
    assert 0.5 < found.bpm_confidence < 1


def test_a_steady_song_gets_a_steady_grid():
    beats = steady()
    found = tapped(sounding(beats), beats, 8, 0.02)
    assert np.ptp(np.diff([b.time for b in found.beats])) < 0.001


@pytest.mark.parametrize("every", [1, 2, 3])
def test_heard_beats_that_go_with_the_taps_are_the_grid(every):
    beats = drifting()
    meant = beats[1::every]
    found = tapped(sounding(beats, heard=beats), meant, 8, 0.02, first=30)
    assert {b.time for b in found.beats} == set(np.round(meant if every > 1 else beats, 4))


def test_taps_between_the_heard_beats_move_the_grid_by_half_a_beat():
    beats = steady()
    heard = (beats[:-1] + beats[1:]) / 2
    found = tapped(sounding(beats, heard=heard), beats, 8, 0.02)
    assert on_the_beat(found, beats) > 0.98


def test_where_nothing_sounds_taps_go_on_as_they_are_and_claim_nothing_there():
    quiet = SongAnalysis(duration=60.0, bpm=0)
    found = tap_tempo(quiet, [10.0, 10.5, 11.0, 11.5, 12.0])
    assert np.allclose(np.diff([b.time for b in found.beats]), 0.5, atol=0.01)
    assert found.beats[0].time < 0.5
    assert found.beats[-1].time > 59
    assert found.bpm_confidence < 0.1


def test_a_tap_that_was_missed_is_made_up_for():
    beats = steady()
    taps = np.delete(beats[100:112] - EARLY, [4, 7])
    assert on_the_beat(tap_tempo(sounding(beats), taps.tolist()), beats) > 0.95


def test_bars_start_where_most_of_the_heard_ones_do():
    beats = steady()
    song = sounding(beats, heard=beats[::2])
    bars = [b.time for b in song.beats[::2]]
    song = song.model_copy(update={"downbeats": (song.beats[1].time, *bars[2:])})
    found = tapped(song, beats, 8, 0.01)
    assert set(bars) <= set(found.downbeats)
