"""Key, loudness, energy and spectral figures of signals whose values are known."""

import numpy as np
import pytest

from musicapp_pipeline.analysis import loudness, tonality
from musicapp_pipeline.analysis.song import analyze_samples
from musicapp_pipeline.analysis.spectra import SAMPLE_RATE, spectra

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def sine(hertz, seconds, rate=SAMPLE_RATE, level_db=-23.0):
    t = np.arange(round(seconds * rate)) / rate
    return (10 ** (level_db / 20) * np.sin(2 * np.pi * hertz * t)).astype(np.float32)


def cadence(root, mode):
    """The chords I IV V I with a bass, and the scale's steps over them."""
    scale = MAJOR if mode == "major" else MINOR
    out = []
    for degree in (0, 3, 4, 0):
        tones = [scale[(degree + step) % 7] for step in (0, 2, 4)]
        midi = [60 + root + tone for tone in tones] + [48 + root + tones[0]]
        out.append(sum(sine(440 * 2 ** ((m - 69) / 12), 1.0, level_db=-20) for m in midi))
    return np.concatenate(out * 3)


@pytest.mark.parametrize("root", [0, 2, 5, 9, 10])
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_a_cadence_has_its_key(root, mode):
    key, lead = tonality.find_key(spectra(cadence(root, mode)))
    assert key == f"{NAMES[root]} {mode}"
    assert 0 < lead <= 1


def test_silence_has_no_key():
    assert tonality.find_key(spectra(np.zeros(SAMPLE_RATE, np.float32))) == (None, 0.0)


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize(("channels", "expected"), [(2, -23.0), (1, -26.01)])
def test_a_sine_of_minus_23_dbfs_has_the_loudness_the_standard_says(rate, channels, expected):
    meter = loudness.LoudnessMeter(rate, channels)
    tone = sine(997, 10, rate)
    for block in np.array_split(np.repeat(tone[:, None], channels, axis=1), 7):
        meter.add(block)
    assert meter.integrated() == pytest.approx(expected, abs=0.1)


def test_silence_around_a_song_does_not_make_it_quieter():
    tone = sine(997, 10)
    plain, padded = loudness.LoudnessMeter(SAMPLE_RATE, 1), loudness.LoudnessMeter(SAMPLE_RATE, 1)
    plain.add(tone[:, None])
    padded.add(np.pad(tone, 10 * SAMPLE_RATE)[:, None])
    assert padded.integrated() == pytest.approx(plain.integrated(), abs=0.25)


@pytest.mark.parametrize("samples", [np.zeros(5 * SAMPLE_RATE, np.float32), sine(997, 0.2)])
def test_silence_and_fragments_have_no_loudness(samples):
    meter = loudness.LoudnessMeter(SAMPLE_RATE, 1)
    meter.add(samples[:, None])
    assert meter.integrated() is None


def test_energy_rises_with_the_music():
    song = np.concatenate([sine(300, 10, level_db=level) for level in (-35, -20, -8)])
    points, energies = loudness.energy_curve(spectra(song).power)
    quiet, middle, loud = (
        energies[(points > a + 1) & (points < a + 9)].mean() for a in (0, 10, 20)
    )
    assert quiet < middle - 0.2 < loud - 0.4
    assert energies.max() == 1
    assert points[1] - points[0] == 0.5


def test_bright_sounds_are_brighter():
    dull, bright = (analyze_samples(sine(hertz, 6)).spectral_features for hertz in (200, 4000))
    assert dull["centroid_hz"] < 900 < 3000 < bright["centroid_hz"]
    assert dull["rolloff_hz"] < bright["rolloff_hz"]
    assert dull["brightness"] < bright["brightness"]
    for name in ("brightness", "valence", "arousal"):
        assert 0 <= dull[name] <= 1
