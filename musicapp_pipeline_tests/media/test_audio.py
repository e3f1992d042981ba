import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicapp_pipeline.media.audio import read_mono, read_stereo, resample, write_wav
from musicapp_pipeline.media.errors import NoAudioStream, NotMedia
from musicapp_pipeline.media.ffmpeg import run_ffmpeg
from musicapp_pipeline_tests.media.samples import lag_samples, song_samples, song_wav


def test_what_is_written_is_read(tmp_path):
    samples = song_samples(1.5, 22_050)
    write_wav(tmp_path / "a.wav", samples, 22_050)
    back = read_stereo(tmp_path / "a.wav", 22_050)
    assert back.dtype == np.float32
    assert np.abs(back - samples).max() <= 1 / 32_000


def test_int16_is_kept_to_the_bit_and_floats_beyond_full_scale_are_clipped(tmp_path):
    pcm = np.array([[0, 1, -1, 32767, -32768]], np.int16)
    write_wav(tmp_path / "i.wav", pcm, 8_000)
    assert np.array_equal(read_mono(tmp_path / "i.wav", 8_000) * 32768, pcm[0])
    write_wav(tmp_path / "f.wav", np.array([2.0, -2.0]), 8_000)
    assert np.abs(read_mono(tmp_path / "f.wav", 8_000)).max() <= 1.0


def test_mono_is_the_mean_of_the_channels(tmp_path):
    write_wav(tmp_path / "s.wav", np.array([[0.5] * 8, [-0.1] * 8]), 8_000)
    assert read_mono(tmp_path / "s.wav", 8_000) == pytest.approx([0.2] * 8, abs=1e-3)


@pytest.mark.parametrize("suffix", ["mp3", "m4a", "flac", "mkv"])
def test_any_source_is_read_without_delay(tmp_path, suffix):
    wav = song_wav(tmp_path / "s.wav", 3)
    source = tmp_path / f"s.{suffix}"
    run_ffmpeg(["-i", str(wav), str(source)])
    heard = read_mono(source, 16_000)
    wanted = resample(song_samples(3).mean(axis=0), 44_100, 16_000)
    assert abs(heard.size - 48_000) <= 16 or suffix == "mkv"
    assert lag_samples(heard, wanted) == 0


@pytest.mark.parametrize("suffix", ["mp3", "m4a", "flac", "ogg"])
def test_channels_stay_apart_whether_a_codec_keeps_them_in_planes_or_not(tmp_path, suffix):
    left = 0.5 * np.sin(np.arange(44_100) * 0.1)
    write_wav(tmp_path / "s.wav", np.stack([left, 0 * left]), 44_100)
    source = tmp_path / f"s.{suffix}"
    run_ffmpeg(["-i", str(tmp_path / "s.wav"), str(source)])
    heard = read_stereo(source, 44_100)[:, 2_000:-2_000]
    assert np.sqrt(np.mean(np.square(heard[0]))) == pytest.approx(0.354, abs=0.02)
    assert np.abs(heard[1]).max() < 0.02


@given(n=st.integers(0, 3000), rates=st.sampled_from([(44_100, 16_000), (8_000, 48_000)]))
def test_resampling_keeps_the_length_in_seconds(n, rates):
    source, target = rates
    out = resample(np.ones(n, np.float32), source, target)
    assert abs(out.size - n * target / source) <= 0.5
    assert out.dtype == np.float32


def test_resampling_keeps_a_click_at_its_time():
    click = np.zeros(44_100, np.float32)
    click[22_050] = 1
    assert np.argmax(resample(click, 44_100, 16_000)) == 8_000


def test_no_sound_and_no_file_are_told_apart(tmp_path):
    video = tmp_path / "v.mp4"
    run_ffmpeg(["-f", "lavfi", "-i", "testsrc=s=64x64:d=1", str(video)])
    with pytest.raises(NoAudioStream):
        read_mono(video, 16_000)
    with pytest.raises(NotMedia):
        read_stereo(tmp_path / "gone.wav", 16_000)
