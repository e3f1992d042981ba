from fractions import Fraction

import numpy as np
import pytest

from musicapp_pipeline.media.errors import BadVideo, NotMedia
from musicapp_pipeline.media.ffmpeg import run_ffmpeg
from musicapp_pipeline.media.frames import FrameReader, FrameWriter, read_frame, read_frames
from musicapp_pipeline.media.probe import probe
from musicapp_pipeline.media.x264 import ticks_per_frame, track_timescale
from musicapp_pipeline_tests.media.samples import coded_clip, coded_frame, read_code, song_wav


@pytest.mark.parametrize("rate", ["24", "24000/1001", "25", "30000/1001", "30", "12"])
def test_frames_come_back_in_order_on_an_exact_grid(tmp_path, rate):
    import av

    fps = Fraction(rate)
    clip = coded_clip(tmp_path / "c.mp4", range(40), fps)
    with FrameReader(clip) as frames:
        assert frames.info.fps == fps
        assert [read_code(frame) for frame in frames] == list(range(40))
        assert read_code(next(iter(frames))) == 0
    with av.open(str(clip)) as file:
        times = [frame.pts * frame.time_base for frame in file.decode(video=0)]
    assert times == [index / fps for index in range(40)]
    assert probe(clip).video.end == pytest.approx(float(40 / fps))


@pytest.mark.parametrize("fps", [Fraction(n, d) for n in (8, 24, 25, 30, 50) for d in (1, 1001)])
def test_every_frame_takes_a_whole_number_of_ticks(fps):
    assert track_timescale(fps) / fps == ticks_per_frame(fps)


def test_key_frames_are_where_they_were_asked_for(tmp_path):
    import av

    with FrameWriter(tmp_path / "c.mp4", 320, 180, Fraction(24), keyframes=[5, 17]) as out:
        for number in range(30):
            out.write(coded_frame(number, 320, 180))
    with av.open(str(tmp_path / "c.mp4")) as file:
        keys = [f.pts * f.time_base * 24 for f in file.decode(video=0) if f.key_frame]
    assert keys == [0, 5, 17]


def test_colours_survive_writing_and_reading(tmp_path):
    bgr = np.zeros((64, 512, 3), np.uint8)
    swatches = [(0, 0, 255), (0, 255, 0), (255, 0, 0), (255, 255, 255), (0, 0, 0), (128,) * 3]
    swatches += [(30, 120, 200), (200, 90, 40)]
    for k, colour in enumerate(swatches):
        bgr[:, k * 64 : k * 64 + 64] = colour
    with FrameWriter(tmp_path / "c.mp4", 512, 64, Fraction(25), crf=10) as out:
        for _ in range(3):
            out.write(bgr)
    back = read_frame(tmp_path / "c.mp4", 1)
    for k, colour in enumerate(swatches):
        assert np.abs(back[32, k * 64 + 32].astype(int) - colour).max() <= 2, colour
    video = probe(tmp_path / "c.mp4").video
    assert (video.color_space, video.color_transfer, video.color_primaries) == (1, 1, 1)
    assert not video.full_range


def test_many_round_trips_do_not_darken(tmp_path):
    rng = np.random.default_rng(0)
    small = rng.integers(40, 215, (9, 16, 3)).astype(np.uint8)
    frame = first = np.kron(small, np.ones((20, 20, 1), np.uint8))
    for _ in range(4):
        with FrameWriter(tmp_path / "c.mp4", 320, 180, Fraction(25), crf=8) as out:
            out.write(frame)
        frame = read_frame(tmp_path / "c.mp4", 0)
    assert np.abs(frame.mean((0, 1)) - first.mean((0, 1))).max() < 0.7


@pytest.mark.parametrize("codec", ["libx264", "mpeg4", "libvpx-vp9"])
def test_any_frame_is_found_without_reading_all(tmp_path, codec):
    clip = coded_clip(tmp_path / "c.mp4", range(150))
    other = tmp_path / "o.mkv"
    run_ffmpeg(["-i", str(clip), "-c:v", codec, "-b:v", "2M", "-g", "50", str(other)])
    wanted = [149, 0, 73, 73, 74, 100]
    assert [read_code(frame) for frame in read_frames(other, wanted)] == wanted


def test_frames_can_be_read_smaller(tmp_path):
    clip = coded_clip(tmp_path / "c.mp4", range(5))
    assert read_frames(clip, [3], size=(160, 90))[0].shape == (90, 160, 3)
    with FrameReader(clip, size=(160, 90)) as frames:
        assert {frame.shape for frame in frames} == {(90, 160, 3)}


@pytest.mark.parametrize("index", [-1, 5])
def test_a_frame_that_is_not_there_is_an_error(tmp_path, index):
    clip = coded_clip(tmp_path / "c.mp4", range(5))
    with pytest.raises(BadVideo, match=f"no frame {index}; it has 5"):
        read_frame(clip, index)


def test_a_failed_writer_leaves_nothing_and_keeps_what_was_there(tmp_path):
    target = coded_clip(tmp_path / "c.mp4", range(5))
    before = target.read_bytes()
    with pytest.raises(RuntimeError), FrameWriter(target, 320, 180, Fraction(24)) as out:
        out.write(coded_frame(1, 320, 180))
        raise RuntimeError
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["c.mp4"]


@pytest.mark.parametrize("size", [(321, 180), (320, 181), (8, 8)])
def test_odd_sizes_cannot_be_written(tmp_path, size):
    with pytest.raises(BadVideo, match="even numbers"):
        FrameWriter(tmp_path / "c.mp4", *size, Fraction(24))


def test_a_frame_of_another_size_and_no_frame_at_all_are_errors(tmp_path):
    with (
        pytest.raises(BadVideo, match="does not fit"),
        FrameWriter(tmp_path / "c.mp4", 320, 180, Fraction(24)) as out,
    ):
        out.write(coded_frame(1, 160, 90))
    with (
        pytest.raises(BadVideo, match="No frame"),
        FrameWriter(tmp_path / "c.mp4", 320, 180, Fraction(24)),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_sound_has_no_frames(tmp_path):
    song_wav(tmp_path / "s.wav", 2)
    with pytest.raises(BadVideo), FrameReader(tmp_path / "s.wav"):
        pass
    with pytest.raises(NotMedia), FrameReader(tmp_path / "gone.mp4"):
        pass
