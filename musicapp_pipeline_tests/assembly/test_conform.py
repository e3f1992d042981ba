from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicapp_pipeline.assembly.conform import _handles, available_frames, conform
from musicapp_pipeline.assembly.errors import BadClip, BadSpec, ClipTooShort
from musicapp_pipeline.assembly.model import MezzanineSpec
from musicapp_pipeline.assembly.verify import verify_mezzanine
from musicapp_pipeline.media.errors import MediaCancelled
from musicapp_pipeline.media.ffmpeg import run_ffmpeg
from musicapp_pipeline.media.frames import FrameReader, FrameWriter, read_frame
from musicapp_pipeline.media.probe import VideoInfo, probe
from musicapp_pipeline_tests.media.samples import coded_clip, coded_frame, read_code, song_wav

RATES = [Fraction(24), Fraction(24000, 1001), Fraction(25), Fraction(30)]
SIZE = (320, 180)


def spec(frames, in_frame=0, head=0, tail=0, fps=RATES[0], size=SIZE):
    return MezzanineSpec(fps, *size, in_frame, frames, head, tail)


def codes(path):
    with FrameReader(path) as frames:
        return [read_code(frame) for frame in frames]


@pytest.mark.parametrize("fps", RATES, ids=str)
def test_the_cut_and_its_handles_are_the_clips_frames(tmp_path, fps):
    clip = coded_clip(tmp_path / "clip.mp4", range(100, 160), fps)
    made = conform(clip, tmp_path / "m.mp4", spec(31, in_frame=10, head=6, tail=12, fps=fps))
    assert (made.head, made.frames, made.tail, made.held) == (6, 31, 12, 0)
    assert codes(made.path) == list(range(104, 104 + 49))
    assert verify_mezzanine(made.path, made) == ()
    assert probe(made.path).video.fps == fps
    assert probe(made.path).audio is None


@pytest.mark.parametrize(
    ("in_frame", "frames", "head", "tail"),
    [
        (0, 40, 0, 8),  # no head at the clip's start
        (3, 40, 3, 5),  # a short one
        (6, 42, 6, 0),  # no tail at its end
        (20, 20, 6, 8),
    ],
)
def test_handles_are_as_long_as_the_clip_allows(tmp_path, in_frame, frames, head, tail):
    clip = coded_clip(tmp_path / "clip.mp4", range(48))
    made = conform(clip, tmp_path / "m.mp4", spec(frames, in_frame, head=6, tail=8))
    assert (made.head, made.tail) == (head, tail)
    assert codes(made.path) == list(range(in_frame - head, in_frame + frames + tail))


def test_one_missing_frame_is_held_and_said(tmp_path):
    clip = coded_clip(tmp_path / "clip.mp4", range(40))
    made = conform(clip, tmp_path / "m.mp4", spec(31, in_frame=10, tail=12))
    assert (made.held, made.tail) == (1, 0)
    assert codes(made.path) == [*range(10, 40), 39]


@pytest.mark.parametrize(("in_frame", "frames"), [(10, 32), (41, 5), (0, 0), (-1, 10)])
def test_a_clip_that_does_not_cover_the_cut_is_refused(tmp_path, in_frame, frames):
    clip = coded_clip(tmp_path / "clip.mp4", range(40))
    with pytest.raises(ClipTooShort, match="40 frames at 24"):
        conform(clip, tmp_path / "m.mp4", spec(frames, in_frame))
    assert not (tmp_path / "m.mp4").exists()


@pytest.mark.parametrize("size", [(321, 180), (320, 181), (0, 0)])
def test_a_size_that_h264_cannot_hold_is_refused(size):
    with pytest.raises(BadSpec, match="even numbers"):
        spec(10, size=size)


@given(
    have=st.integers(1, 300),
    in_frame=st.integers(0, 300),
    frames=st.integers(1, 300),
    head=st.integers(0, 20),
    tail=st.integers(0, 20),
)
def test_handles_never_reach_outside_the_clip(have, in_frame, frames, head, tail, tmp_path_factory):
    info = VideoInfo("h264", 320, 180, Fraction(24), have, "yuv420p", have / 24, end=have / 24)
    asked = spec(frames, in_frame, head, tail)
    try:
        got_head, got_tail, held = _handles(tmp_path_factory.getbasetemp(), info, asked)
    except ClipTooShort:
        assert in_frame + frames > have + 1
        return
    assert in_frame - got_head >= 0
    assert in_frame + frames + got_tail - held <= have
    assert got_head == min(head, in_frame)
    assert got_tail == min(tail, max(have - in_frame - frames, 0))
    assert held in (0, 1)
    assert held == max(in_frame + frames - have, 0)


@pytest.mark.parametrize(
    ("source", "target"), [(30, 24), (24, 30), (25, 24), (12, 24), (60, 24), (24, 25)]
)
def test_another_rate_shows_the_nearest_frames(tmp_path, source, target):
    clip = coded_clip(tmp_path / "clip.mp4", range(source * 2), Fraction(source))
    made = conform(clip, tmp_path / "m.mp4", spec(target * 2 - 2, fps=Fraction(target)))
    for index, code in enumerate(codes(made.path)):
        assert abs(Fraction(code, source) - Fraction(index, target)) <= Fraction(1, 2 * target) + (
            Fraction(1, source)
        )
    assert codes(made.path) == sorted(codes(made.path))


def test_eight_seconds_at_23_976_are_191_whole_frames():
    info = VideoInfo("h264", 320, 180, Fraction(24), 192, "yuv420p", 8.0, end=8.0)
    assert available_frames(info, Fraction(24000, 1001)) == 191
    assert available_frames(info, Fraction(24)) == 192
    assert available_frames(info, Fraction(30)) == 240


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (480, 480), (854, 480), (176, 144)])
def test_any_shape_is_scaled_to_cover_and_cropped(tmp_path, size):
    clip = coded_clip(tmp_path / "clip.mp4", range(30), size=size)
    made = conform(clip, tmp_path / "m.mp4", spec(30))
    video = probe(made.path).video
    assert (video.width, video.height, video.sample_aspect) == (*SIZE, 1)
    assert codes(made.path) == list(range(30))


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_rotated_phone_video_comes_out_upright(tmp_path, turn):
    flat = tmp_path / "flat.mp4"
    upright = coded_frame(5, 320, 180)
    lying = np.ascontiguousarray(np.rot90(upright, turn // 90))
    with FrameWriter(flat, lying.shape[1], lying.shape[0], Fraction(24)) as out:
        for _ in range(6):
            out.write(lying)
    clip = tmp_path / "phone.mov"
    run_ffmpeg(["-display_rotation", str(-turn), "-i", str(flat), "-c", "copy", str(clip)])
    made = conform(clip, tmp_path / "m.mp4", spec(6))
    assert codes(made.path) == [5] * 6
    assert np.abs(read_frame(made.path, 3).astype(int) - upright).mean() < 4
    assert read_code(read_frame(clip, 3)) == 5


SD_MATRIX = "scale=out_color_matrix=smpte170m"

# What providers and people deliver: how a coded clip is turned into it.
FORMATS = {
    "ten bit": ("clip.mp4", ["-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-loglevel", "error"]),
    "4:4:4": ("clip.mp4", ["-c:v", "libx264", "-pix_fmt", "yuv444p"]),
    "full range": ("clip.mp4", ["-vf", "scale=out_range=pc", "-color_range", "pc"]),
    "rgb": ("clip.mkv", ["-c:v", "ffv1", "-pix_fmt", "gbrp"]),
    "webm": ("clip.webm", ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"]),
    "av1": ("clip.mp4", ["-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8"]),
    "transport stream": ("clip.ts", ["-c:v", "libx264", "-bf", "3"]),
    "matroska": ("clip.mkv", ["-c:v", "libx264"]),
    "fragmented": ("clip.mp4", ["-c:v", "libx264", "-movflags", "frag_keyframe+empty_moov"]),
    "open gops": (
        "clip.mp4",
        ["-c:v", "libx264", "-x264-params", "open-gop=1:keyint=12:bframes=3"],
    ),
    "tall pixels": ("clip.mp4", ["-vf", "scale=160:180,setsar=2"]),
    "odd size": ("clip.mkv", ["-vf", "scale=321:181", "-c:v", "ffv1"]),
    "untagged": ("clip.avi", ["-vf", SD_MATRIX, "-c:v", "mpeg4", "-q:v", "2"]),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_any_encoding_gives_the_same_frames_and_colours(tmp_path, kind):
    name, options = FORMATS[kind]
    source = coded_clip(tmp_path / "source.mp4", range(40))
    clip = tmp_path / name
    run_ffmpeg(["-i", str(source), *options, str(clip)])
    made = conform(clip, tmp_path / "m.mp4", spec(20, in_frame=9, head=4, tail=4))
    assert codes(made.path) == list(range(5, 33))
    assert verify_mezzanine(made.path, made) == ()
    video = probe(made.path).video
    assert (video.pix_fmt, video.color_space, video.full_range) == ("yuv420p", 1, False)
    wanted = coded_frame(9, *SIZE).astype(int)
    got = read_frame(made.path, 4).astype(int)
    assert np.abs(got.mean((0, 1)) - wanted.mean((0, 1))).max() < 3


WIDE = "zscale=t=linear:npl=203:p=bt2020,format=gbrpf32le,zscale=t={}:m=2020_ncl:r=tv:npl=203"


@pytest.mark.parametrize("transfer", ["arib-std-b67", "smpte2084", "bt2020-10"])
def test_a_phones_hdr_looks_like_the_sdr_it_came_from(tmp_path, transfer):
    source = coded_clip(tmp_path / "source.mp4", range(10))
    clip = tmp_path / "hdr.mkv"
    chain = WIDE.format(transfer) + ",format=yuv420p10le"
    tags = ["-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc"]
    run_ffmpeg(["-i", str(source), "-vf", chain, "-c:v", "ffv1", *tags, str(clip)])
    assert probe(clip).video.color_primaries == 9
    made = conform(clip, tmp_path / "m.mp4", spec(10))
    assert codes(made.path) == list(range(10))
    difference = read_frame(made.path, 5).astype(int) - coded_frame(5, *SIZE)
    assert np.abs(difference).mean() < 7


def test_a_clip_with_sound_that_starts_earlier_loses_no_frame(tmp_path):
    source = coded_clip(tmp_path / "source.mp4", range(48))
    song = song_wav(tmp_path / "song.wav", 2)
    clip = tmp_path / "clip.mp4"
    late = ["-itsoffset", "0.4", "-i", str(source), "-i", str(song)]
    run_ffmpeg([*late, "-c:v", "copy", "-c:a", "aac", str(clip)])
    assert codes(conform(clip, tmp_path / "m.mp4", spec(48)).path) == list(range(48))


def test_a_variable_rate_is_made_constant_by_time(tmp_path):
    source = coded_clip(tmp_path / "source.mp4", range(48))
    clip = tmp_path / "vfr.mkv"
    # Every third frame is missing, as screen recorders leave out what did not change.
    drop = "select='mod(n,3)'"
    run_ffmpeg(["-i", str(source), "-vf", drop, "-fps_mode", "vfr", "-c:v", "libx264", str(clip)])
    made = conform(clip, tmp_path / "m.mp4", spec(40))
    got = codes(made.path)
    assert len(got) == 40
    shown = [n for n in range(1, 48) if n % 3]
    for index, code in enumerate(got):
        assert code in shown
        assert abs(code - (index + 1)) <= 1


@pytest.mark.parametrize("keep", [0.3, 0.6])
def test_a_truncated_clip_is_a_bad_clip(tmp_path, keep):
    whole = coded_clip(tmp_path / "whole.mp4", range(48))
    clip = tmp_path / "clip.mp4"
    run_ffmpeg(["-i", str(whole), "-c", "copy", "-movflags", "+faststart", str(clip)])
    clip.write_bytes(clip.read_bytes()[: int(clip.stat().st_size * keep)])
    with pytest.raises(BadClip, match=r"clip\.mp4"):
        conform(clip, tmp_path / "m.mp4", spec(47))
    assert not (tmp_path / "m.mp4").exists()


def test_a_clip_whose_frames_cannot_be_decoded_is_a_bad_clip(tmp_path):
    clip = coded_clip(tmp_path / "clip.mp4", range(48))
    data = bytearray(clip.read_bytes())
    start = data.find(b"mdat") + 4
    data[start : len(data) - 3000] = np.random.default_rng(0).bytes(len(data) - 3000 - start)
    clip.write_bytes(data)
    with pytest.raises(BadClip, match=r"clip\.mp4"):
        conform(clip, tmp_path / "m.mp4", spec(40))
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_pictures_of_absurd_size_are_refused_before_decoding(tmp_path):
    clip = tmp_path / "clip.mkv"
    huge = "color=s=16000x4000:r=24:d=0.1"
    run_ffmpeg(["-f", "lavfi", "-i", huge, "-c:v", "mjpeg", "-frames:v", "1", str(clip)])
    with pytest.raises(BadClip, match="16000 x 4000 are too large"):
        conform(clip, tmp_path / "m.mp4", spec(1))


@pytest.mark.parametrize("content", [b"", b"<html>502</html>", b"#EXTM3U\n/etc/passwd\n"])
def test_what_is_no_video_is_a_bad_clip(tmp_path, content):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(content)
    with pytest.raises(BadClip, match=r"clip\.mp4"):
        conform(clip, tmp_path / "m.mp4", spec(10))


def test_sound_alone_is_a_bad_clip(tmp_path):
    song_wav(tmp_path / "clip.wav", 2)
    with pytest.raises(BadClip, match="no moving pictures"):
        conform(tmp_path / "clip.wav", tmp_path / "m.mp4", spec(10))


def test_the_same_clip_gives_the_same_bytes(tmp_path):
    clip = coded_clip(tmp_path / "clip.mp4", range(30))
    one = conform(clip, tmp_path / "1.mp4", spec(24, 3, 3, 3))
    two = conform(clip, tmp_path / "2.mp4", spec(24, 3, 3, 3))
    assert one.sha256 == two.sha256
    assert one.path.read_bytes() == two.path.read_bytes()


def test_progress_is_reported_and_a_cancel_leaves_nothing(tmp_path):
    clip = coded_clip(tmp_path / "clip.mp4", range(30))
    seen: list[int] = []
    conform(clip, tmp_path / "m.mp4", spec(30), on_frames=seen.append)
    assert seen[-1] == 30
    with pytest.raises(MediaCancelled):
        conform(clip, tmp_path / "out" / "m.mp4", spec(30), cancelled=lambda: True)
    assert list((tmp_path / "out").iterdir()) == []
