from fractions import Fraction

import pytest

from musicapp_pipeline.media.errors import NotMedia
from musicapp_pipeline.media.ffmpeg import run_ffmpeg
from musicapp_pipeline.media.probe import exact_rate, probe
from musicapp_pipeline_tests.media.samples import coded_clip, song_wav


@pytest.mark.parametrize("rate", ["24", "24000/1001", "25", "30000/1001", "30", "50", "60"])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov", "avi"])
def test_rate_and_frames_are_exact(tmp_path, rate, suffix):
    clip = tmp_path / f"clip.{suffix}"
    source = f"testsrc=s=64x48:r={rate}"
    run_ffmpeg(["-f", "lavfi", "-i", source, "-frames:v", "31", "-c:v", "mpeg4", str(clip)])
    video = probe(clip).video
    assert (video.fps, video.frames) == (Fraction(rate), 31)
    assert video.end == pytest.approx(31 / Fraction(rate), abs=0.0011)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_rotation_is_clockwise_and_swaps_the_shown_size(tmp_path, turn):
    flat = coded_clip(tmp_path / "flat.mp4", range(3), size=(64, 32))
    turned = tmp_path / "turned.mp4"
    run_ffmpeg(["-display_rotation", str(-turn), "-i", str(flat), "-c", "copy", str(turned)])
    video = probe(turned).video
    assert video.rotation == turn
    assert video.upright_size == ((64, 32) if turn % 180 == 0 else (32, 64))


def test_a_cover_picture_is_not_a_video(tmp_path):
    wav = song_wav(tmp_path / "song.wav", 2)
    run_ffmpeg(["-f", "lavfi", "-i", "testsrc=s=64x64", "-frames:v", "1", str(tmp_path / "c.png")])
    song = tmp_path / "song.mp3"
    cover = ["-i", str(wav), "-i", str(tmp_path / "c.png"), "-map", "0", "-map", "1"]
    run_ffmpeg([*cover, "-c:v", "copy", "-disposition:v", "attached_pic", str(song)])
    info = probe(song)
    assert info.video is None
    assert (info.audio.sample_rate, info.audio.channels) == (44_100, 2)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"just some words\n" * 100,
        b"#EXTM3U\n/etc/passwd\n",
        b"\xef\xbb\xbf#EXTM3U\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"[playlist]\nFile1=/etc/passwd\n",
        b'<?xml version="1.0"?>\n<MPD></MPD>',
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
    ],
)
@pytest.mark.parametrize("suffix", ["mp4", "mp3", "m3u8"])
def test_what_is_not_media_is_refused(tmp_path, content, suffix):
    file = tmp_path / f"file.{suffix}"
    file.write_bytes(content)
    with pytest.raises(NotMedia):
        probe(file)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(NotMedia, match=r"gone\.mp4"):
        probe(tmp_path / "gone.mp4")


def test_rates_close_to_a_standard_one_mean_that_one():
    assert exact_rate(Fraction(23976, 1000)) == Fraction(24000, 1001)
    assert exact_rate(Fraction(2997, 100)) == Fraction(30000, 1001)
    assert exact_rate(Fraction(12)) == 12
    assert exact_rate(None) == 0
