import numpy as np
import pytest
import soundfile

from musicapp_pipeline.analysis.replacing import offset_between, offset_of
from musicapp_pipeline_tests.analysis.signals import RATE, groove


def remix(samples: np.ndarray) -> np.ndarray:
    """Another balance: brighter, louder, compressed."""
    bright = samples - 0.7 * np.roll(samples, 1)
    return np.tanh(3 * bright).astype(np.float32)


def varied(seed: int = 0) -> np.ndarray:
    """A groove whose bars differ, as those of a song do."""
    samples = groove(110, bars=16).samples.copy()
    rng = np.random.default_rng(seed)
    gain = np.interp(
        np.arange(len(samples)), np.linspace(0, len(samples), 40), rng.uniform(0.1, 1, 40)
    )
    return (samples * gain).astype(np.float32)


@pytest.mark.parametrize("seconds", [0.0, 0.0137, 1.5, -0.8])
def test_a_new_mix_is_found_to_the_millisecond(seconds):
    old = varied()
    shift = round(seconds * RATE)
    new = remix(np.concatenate([np.zeros(max(shift, 0), np.float32), old[max(-shift, 0) :]]))
    found = offset_of(old, new)
    assert found.seconds == pytest.approx(seconds, abs=0.001)
    assert found.confidence > 0.5


def test_another_song_is_not_trusted():
    assert offset_of(varied(), groove(137, 3, bars=20).samples).confidence < 0.5


def test_another_tempo_is_not_trusted():
    old = groove(110, bars=16).samples
    at = np.arange(0, len(old) - 1, 1.05)
    faster = np.interp(at, np.arange(len(old)), old).astype(np.float32)
    assert offset_of(old, faster).confidence < 0.5


@pytest.mark.parametrize("length", [0, 100])
def test_nothing_is_claimed_about_a_fragment(length):
    assert offset_of(varied(), np.zeros(length, np.float32)) == (0.0, 0.0)


def test_files_are_compared_at_any_rate(tmp_path):
    old = varied()
    soundfile.write(tmp_path / "old.wav", old, RATE)
    soundfile.write(tmp_path / "new.wav", np.pad(old, (RATE // 2, 0)), RATE)
    found = offset_between(tmp_path / "old.wav", tmp_path / "new.wav")
    assert found.seconds == pytest.approx(0.5, abs=0.001)


def looped(bars=(2, 2, 4, 2, 4, 2)) -> np.ndarray:
    """A song made of two loops that are repeated to the sample, in parts of so many bars."""
    bar = groove(110, bars=1).samples[: round(4 * 60 / 110 * RATE)]
    tone = 0.2 * np.sin(2 * np.pi * 220 * np.arange(len(bar)) / RATE)
    loops = [bar, (np.roll(bar, len(bar) // 8) + tone).astype(np.float32)]
    return np.concatenate([np.tile(loops[n % 2], count) for n, count in enumerate(bars)])


def heard_well(old, new, seconds):
    found = offset_of(old, new)
    assert found.seconds == pytest.approx(seconds, abs=0.001)
    assert found.confidence >= 0.5


@pytest.mark.parametrize("share", [0.9, 0.7, 0.5])
@pytest.mark.parametrize("mix", [np.asarray, remix])
def test_a_shorter_or_longer_master_of_loops_has_not_moved(share, mix):
    song = looped()
    heard_well(song, mix(song[: int(share * len(song))]), 0)
    heard_well(song[: int(share * len(song))], mix(song), 0)


@pytest.mark.parametrize("mix", [np.asarray, remix])
def test_loops_that_begin_later_are_found_by_what_follows(mix):
    song = looped()
    cut = int(0.1 * len(song))
    heard_well(song, mix(song[cut:]), -cut / RATE)


def test_where_a_part_comes_from_is_not_claimed_when_it_is_played_twice():
    song = looped((4, 4, 4, 4))
    part = song[len(song) // 4 : len(song) // 2]
    found = offset_of(song, np.concatenate([part, part]))
    assert found.confidence < 0.5
