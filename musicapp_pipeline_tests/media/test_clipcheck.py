import hashlib
from fractions import Fraction

import numpy as np
import pytest

from musicapp_pipeline.media import errors
from musicapp_pipeline.media.clipcheck import check_clip
from musicapp_pipeline.media.ffmpeg import run_ffmpeg
from musicapp_pipeline_tests.media.samples import coded_clip, song_wav

SIZE = (320, 180)
ENCODINGS = {
    "faststart.mp4": ["-c:v", "libx264", "-movflags", "+faststart"],
    "plain.mp4": ["-c:v", "libx264"],
    "vp9.webm": ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"],
    "x264.mkv": ["-c:v", "libx264"],
}


def delivered(folder, name, frames=96):
    source = coded_clip(folder / "source.mp4", range(frames), size=SIZE)
    clip = folder / name
    run_ffmpeg(["-i", str(source), *ENCODINGS[name], str(clip)])
    return clip


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_clip_as_ordered_is_described(tmp_path, name):
    clip = delivered(tmp_path, name)
    facts = check_clip(clip, seconds=4, size=SIZE)
    assert (facts.frames, facts.fps, facts.width, facts.height) == (96, 24, *SIZE)
    assert facts.seconds == pytest.approx(4, abs=0.01)
    assert facts.sha256 == hashlib.sha256(clip.read_bytes()).hexdigest()
    assert facts.bytes == clip.stat().st_size
    assert (facts.notes, facts.has_sound) == ((), False)


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("keep", [0.4, 0.8, 0.99])
def test_a_silent_truncation_is_found(tmp_path, name, keep):
    clip = delivered(tmp_path, name)
    clip.write_bytes(clip.read_bytes()[: int(clip.stat().st_size * keep)])
    with pytest.raises(errors.ClipError) as caught:
        check_clip(clip, seconds=None, size=None)
    # Without its index, which such a file has at its end, an MP4 is not readable at all.
    no_index = name == "plain.mp4" and keep < 0.9
    assert type(caught.value) is (errors.ClipNotVideo if no_index else errors.ClipTruncated)
    assert clip.name in caught.value.message


def test_frames_that_cannot_be_decoded_are_damage(tmp_path):
    clip = delivered(tmp_path, "faststart.mp4")
    data = bytearray(clip.read_bytes())
    half = len(data) // 2
    data[half : len(data) - 200] = np.random.default_rng(0).bytes(len(data) - 200 - half)
    clip.write_bytes(data)
    with pytest.raises(errors.ClipDamaged, match="of 96 frames"):
        check_clip(clip, seconds=4, size=SIZE)


@pytest.mark.parametrize(
    ("seconds", "size", "error", "words"),
    [
        (8, SIZE, errors.ClipWrongLength, "4.00 s long; 8 s were ordered"),
        (3, SIZE, errors.ClipWrongLength, "3 s were ordered"),
        (4, (180, 320), errors.ClipWrongSize, "320 x 180; 180 x 320 was ordered"),
        (4, (640, 360), errors.ClipWrongSize, "640 x 360 was ordered"),
    ],
)
def test_what_was_not_ordered_is_refused(tmp_path, seconds, size, error, words):
    clip = coded_clip(tmp_path / "clip.mp4", range(96), size=SIZE)
    with pytest.raises(error, match=words):
        check_clip(clip, seconds=seconds, size=size)


@pytest.mark.parametrize(("frames", "fps", "seconds"), [(81, 16, 5), (97, 24, 4), (191, 24, 8)])
def test_what_models_cannot_make_exactly_is_accepted(tmp_path, frames, fps, seconds):
    clip = coded_clip(tmp_path / "clip.mp4", range(frames), Fraction(fps), (320, 176))
    facts = check_clip(clip, seconds=seconds, size=SIZE)
    assert facts.frames == frames
    assert "320 x 176 was delivered for 320 x 180" in facts.notes


@pytest.mark.parametrize(
    "content", [b"", b'{"error": "expired"}', b"#EXTM3U\n/etc/passwd\n", b"<html>not found</html>"]
)
def test_an_answer_that_is_no_video_is_refused(tmp_path, content):
    (tmp_path / "clip.mp4").write_bytes(content)
    with pytest.raises(errors.ClipNotVideo, match=r"clip\.mp4"):
        check_clip(tmp_path / "clip.mp4", seconds=4, size=SIZE)


def test_sound_alone_is_refused(tmp_path):
    with pytest.raises(errors.ClipNotVideo, match="no moving pictures"):
        check_clip(song_wav(tmp_path / "clip.wav", 4), seconds=4, size=SIZE)


def test_a_clip_from_elsewhere_may_be_anything_that_plays(tmp_path):
    clip = coded_clip(tmp_path / "clip.mp4", range(30), Fraction(30), (64, 48))
    assert check_clip(clip, seconds=None, size=None).seconds == pytest.approx(1)


def test_checking_can_be_cancelled(tmp_path):
    clip = coded_clip(tmp_path / "clip.mp4", range(5))
    with pytest.raises(errors.MediaCancelled):
        check_clip(clip, seconds=None, size=None, cancelled=lambda: True)
