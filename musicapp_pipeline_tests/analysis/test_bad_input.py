"""Bad input yields a sensible grid, low confidence where there is no beat, and a note."""

import numpy as np
import pytest
import soundfile
import soxr

from musicapp_pipeline.analysis import analyze_song
from musicapp_pipeline.analysis.song import analyze_samples
from musicapp_pipeline.media.errors import MediaError
from musicapp_pipeline.media.ffmpeg import run_ffmpeg
from musicapp_pipeline_tests.analysis.signals import RATE, drumless, free, groove, speech
from musicapp_pipeline_tests.analysis.test_song import assert_valid

SONG = groove(112, bars=8)


def stereo(left, right, rate=44_100):
    return np.stack([soxr.resample(side, RATE, rate) for side in (left, right)], axis=1)


def write(path, samples, rate=44_100):
    soundfile.write(path, samples, rate)
    return path


def right_beats(analysis, truth=SONG):
    """The share of true beats that were found."""
    found = np.array([beat.time for beat in analysis.beats])
    return np.mean([np.abs(found - t).min() < 0.05 for t in truth.beats])


@pytest.mark.parametrize("sound", [speech(), speech(seed=5), free(), free(seed=9)])
def test_what_has_no_pulse_is_not_trusted_and_says_so(sound):
    analysis = analyze_samples(sound)
    assert_valid(analysis)
    assert analysis.bpm_confidence < 0.35
    assert analysis.notes
    assert analysis.onsets, "cuts can fall back to onsets"


def test_a_drumless_song_has_a_beat():
    truth = drumless()
    analysis = analyze_samples(truth.samples)
    assert_valid(analysis)
    assert right_beats(analysis, truth) > 0.9
    assert analysis.bpm in (pytest.approx(84, rel=0.03), pytest.approx(168, rel=0.03))


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000])
def test_any_sample_rate_gives_the_same_grid(tmp_path, rate):
    path = write(tmp_path / "song.wav", stereo(SONG.samples, SONG.samples, rate), rate)
    analysis = analyze_song(path)
    assert_valid(analysis)
    assert right_beats(analysis) > 0.95
    assert analysis.duration == pytest.approx(len(SONG.samples) / RATE, abs=1e-3)


def test_a_silent_channel_does_not_matter(tmp_path):
    silent = np.zeros_like(SONG.samples)
    analysis = analyze_song(write(tmp_path / "song.wav", stereo(SONG.samples, silent)))
    assert right_beats(analysis) > 0.95
    assert "one channel is silent" in analysis.notes


def test_channels_out_of_phase_do_not_cancel(tmp_path):
    analysis = analyze_song(write(tmp_path / "song.wav", stereo(SONG.samples, -SONG.samples)))
    assert right_beats(analysis) > 0.95
    assert any("out of phase" in note for note in analysis.notes)


def test_a_clipped_master_keeps_its_grid(tmp_path):
    loud = np.clip(8 * SONG.samples, -1, 1)
    analysis = analyze_song(write(tmp_path / "song.wav", stereo(loud, loud)))
    assert right_beats(analysis) > 0.9


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("songs")
    return write(folder / "song.wav", stereo(SONG.samples, SONG.samples))


def test_an_mp3_of_variable_rate_without_a_header_is_read_whole(plain, tmp_path):
    out = tmp_path / "song.mp3"
    run_ffmpeg(["-i", str(plain), "-q:a", "7", "-write_xing", "0", "-id3v2_version", "0", str(out)])
    analysis = analyze_song(out)
    assert_valid(analysis)
    # Without a header nobody knows the encoder's delay: the song is up to 60 ms longer.
    assert analysis.duration == pytest.approx(len(SONG.samples) / RATE, abs=0.08)
    shifted = [beat.time - 0.026 for beat in analysis.beats]
    assert np.mean([min(abs(t - s) for s in shifted) < 0.05 for t in SONG.beats]) > 0.95


def test_tags_and_cover_art_are_not_the_song(plain, tmp_path):
    cover, out = tmp_path / "cover.png", tmp_path / "song.mp3"
    run_ffmpeg(["-f", "lavfi", "-i", "color=red:s=300x300:d=1", "-frames:v", "1", str(cover)])
    run_ffmpeg(
        ["-i", str(plain), "-i", str(cover), "-map", "0:a", "-map", "1:v", "-c:v", "copy",
         "-disposition:v", "attached_pic", "-metadata", "title=Ünïcode ♫", str(out)]
    )  # fmt: skip
    analysis = analyze_song(out)
    assert right_beats(analysis) > 0.95


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a song at all" * 100])
def test_what_is_no_sound_is_an_error_that_names_the_file(tmp_path, content):
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=r"broken\.wav"):
        analyze_song(path)


def test_a_pause_holds_no_beats_but_the_song_goes_on_after_it():
    truth = groove(120, bars=12)
    samples = truth.samples.copy()
    a, b = truth.beats[20], truth.beats[28]
    samples[round((a - 0.05) * RATE) : round((b - 0.05) * RATE)] = 0
    analysis = analyze_samples(samples)
    times = np.array([beat.time for beat in analysis.beats])
    assert not ((times > a + 0.6) & (times < b - 0.6)).any()
    assert np.mean([np.abs(times - t).min() < 0.05 for t in truth.beats[30:]]) > 0.9
