"""The voice is taken out of a mix by the method that suits it."""

import numpy as np
import pytest

from musicapp_pipeline.lipsync.errors import BadSegment
from musicapp_pipeline.lipsync.spectral import istft, stft
from musicapp_pipeline.lipsync.vocals import (
    SAMPLE_RATE,
    centre,
    dbfs,
    extract_vocals,
    is_true_stereo,
    is_voice_alone,
    isolate,
    steady_then_moving,
    vocal_segment,
)
from musicapp_pipeline.media.audio import read_stereo, write_wav

SECONDS = 4.0
N = int(SECONDS * SAMPLE_RATE)
T = np.arange(N) / SAMPLE_RATE


def syllables():
    """A buzz that comes and goes and slides in pitch, silent in between."""
    pitch = 180 + 40 * np.sin(2 * np.pi * 0.7 * T)
    buzz = sum(np.sin(2 * np.pi * k * np.cumsum(pitch) / SAMPLE_RATE) / k for k in range(1, 12))
    gate = np.clip(np.sin(2 * np.pi * 2 * T) * 8, 0, 1)
    return (0.15 * buzz * gate).astype(np.float32)


def band():
    """Held chords wide in stereo and a noise burst on each beat."""
    rng = np.random.default_rng(2)
    sides = [
        sum(np.sin(2 * np.pi * f * T + 6 * rng.random()) for f in (220, 277, 330)) for _ in range(2)
    ]
    hits = rng.standard_normal((2, N)) * np.exp(-((T % 0.5) / 0.02))
    return (0.06 * np.array(sides) + 0.2 * hits).astype(np.float32)


def likeness(found, wanted):
    """Correlation of two signals' spectra, so that phase does not count."""
    a, b = (np.abs(stft(x, 1024, 256)).ravel() for x in (found, wanted))
    return float(np.corrcoef(a, b)[0, 1])


def test_a_wide_mix_with_the_voice_in_the_middle_gives_its_centre():
    voice, music = syllables(), band()
    found, method = isolate(voice + music, SAMPLE_RATE)
    assert method == "centre"
    mixed = likeness((voice + music).mean(axis=0), voice)
    assert likeness(found, voice) > max(mixed + 0.05, 0.9)


def test_a_mono_mix_is_split_into_steady_and_moving():
    voice, music = syllables(), band()
    mono = (voice + music.mean(axis=0))[None].repeat(2, axis=0)
    found, method = isolate(mono, SAMPLE_RATE)
    assert method == "hpss"
    assert likeness(found, voice) > likeness(mono[0], voice)


def test_a_voice_alone_is_left_as_it_is():
    voice = syllables()[None].repeat(2, axis=0)
    found, method = isolate(voice, SAMPLE_RATE)
    assert method == "raw"
    assert np.array_equal(found, voice[0])


def test_stereo_is_judged_by_what_differs_between_the_sides():
    voice = syllables()
    dither = np.random.default_rng(0).standard_normal((2, N)).astype(np.float32) * 1e-4
    assert is_true_stereo(voice + band())
    assert not is_true_stereo(np.stack([voice, voice]) + dither)
    assert not is_true_stereo(voice[None])
    assert is_true_stereo(np.stack([voice, np.zeros_like(voice)]))


def test_music_fills_the_gaps_a_voice_leaves():
    assert is_voice_alone(syllables(), SAMPLE_RATE)
    assert not is_voice_alone(syllables() + band()[0], SAMPLE_RATE)
    assert is_voice_alone(np.zeros(100, np.float32), SAMPLE_RATE)


@pytest.mark.parametrize("size", [512, 2048])
@pytest.mark.parametrize("n", [1, 100, 5000, 16_001])
def test_a_spectrum_and_back_is_the_signal(size, n):
    x = np.random.default_rng(n).standard_normal(n).astype(np.float32)
    assert np.allclose(istft(stft(x, size, size // 4), size, size // 4, n), x, atol=1e-4)


@pytest.mark.parametrize("method", [centre, steady_then_moving])
def test_methods_keep_the_length_and_make_silence_of_silence(method):
    silence = np.zeros((2, 12_345), np.float32)
    assert np.array_equal(method(silence), silence[0])


@pytest.fixture
def song(tmp_path):
    path = tmp_path / "song.wav"
    write_wav(path, (syllables() + band()).clip(-1, 1), SAMPLE_RATE)
    return path


def test_an_interval_has_exactly_its_samples(song):
    voice = extract_vocals(song, start=1.0, end=2.5)
    assert voice.samples.size == round(1.5 * SAMPLE_RATE)
    assert voice.seconds == 1.5
    assert voice.samples.dtype == np.float32
    assert np.abs(voice.samples).max() == pytest.approx(0.8, abs=1e-3)
    assert voice.mix is not None
    assert voice.mix.size == voice.samples.size


def test_an_end_beyond_the_audio_is_the_audio_s_end(song):
    assert extract_vocals(song, start=3.0, end=99.0).seconds == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(("start", "end"), [(-0.1, 1.0), (2.0, 2.0), (3.0, 1.0), (4.5, None)])
def test_an_interval_outside_the_audio_is_refused(song, start, end):
    with pytest.raises(BadSegment) as caught:
        extract_vocals(song, start=start, end=end)
    assert caught.value.field == "start"
    assert caught.value.value == start


def test_a_supplied_stem_is_used_untouched(song, tmp_path):
    stem = tmp_path / "stem.wav"
    write_wav(stem, syllables(), SAMPLE_RATE)
    voice = extract_vocals(song, stem=stem)
    assert voice.method == "stem"
    assert voice.mix is None
    assert likeness(voice.samples, syllables()) > 0.999


def test_a_segment_is_written_whole_with_its_level(song, tmp_path):
    made = vocal_segment(song, 0.5, 2.0, tmp_path / "voice.wav")
    samples = read_stereo(made.path, SAMPLE_RATE)
    assert samples.shape[1] == round(1.5 * SAMPLE_RATE)
    assert made.seconds == 1.5
    assert not made.silent
    assert -40 < made.rms_dbfs < -5


def test_silence_is_written_and_said_to_be_silent(tmp_path):
    quiet = tmp_path / "quiet.wav"
    write_wav(quiet, np.zeros((2, SAMPLE_RATE), np.float32), SAMPLE_RATE)
    made = vocal_segment(quiet, 0.0, None, tmp_path / "voice.wav")
    assert made.silent
    assert not read_stereo(made.path, SAMPLE_RATE).any()
    assert dbfs(np.zeros(0, np.float32)) == -120
