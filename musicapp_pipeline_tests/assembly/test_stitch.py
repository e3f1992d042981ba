import itertools
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from musicapp_pipeline.assembly.conform import conform
from musicapp_pipeline.assembly.errors import CannotStitch
from musicapp_pipeline.assembly.model import MezzanineSpec, Segment
from musicapp_pipeline.assembly.stitch import stitch
from musicapp_pipeline.assembly.verify import audio_offset_ms, verify_final
from musicapp_pipeline.media.ffmpeg import run_ffmpeg
from musicapp_pipeline.media.frames import FrameReader, FrameWriter
from musicapp_pipeline.media.song import SongMaster, decode_song, encode_delivery
from musicapp_pipeline.timebase import frame_at
from musicapp_pipeline_tests.media.samples import (
    coded_clip,
    coded_frame,
    read_code,
    song_samples,
    song_wav,
)

SIZE = (320, 180)
SOURCES = [(512, 288), (180, 320), (320, 180), (256, 256)]
SECONDS = 4.0


@dataclass(frozen=True)
class Song:
    master: SongMaster
    m4a: Path


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    folder = tmp_path_factory.mktemp("song")
    master = decode_song(song_wav(folder / "song.wav", SECONDS), folder / "master.wav")
    encode_delivery(master.path, folder / "song.m4a")
    return Song(master, folder / "song.m4a")


def scenes(folder, fps, total):
    """Conformed scenes of coded frames with handles, and the code of each frame of the cut."""
    cuts = [0, *sorted({frame_at(t, fps) for t in (0.9, 1.63, 2.5, 3.31)}), total]
    segments, expected = [], []
    for k, (start, end) in enumerate(itertools.pairwise(cuts)):
        in_frame = 7 * (k % 2)
        numbers = [(k << 9) | i for i in range(in_frame + end - start + 9)]
        clip = coded_clip(folder / f"clip{k}.mp4", numbers, fps, SOURCES[k % len(SOURCES)])
        want = MezzanineSpec(fps, *SIZE, in_frame, end - start, head_handle=5, tail_handle=9)
        segments.append(conform(clip, folder / f"mezzanine{k}.mp4", want).segment())
        expected += numbers[in_frame : in_frame + end - start]
    return segments, expected


def codes(path):
    with FrameReader(path) as frames:
        return [read_code(frame) for frame in frames]


def whole(segments):
    """Each frame of the cuts, decoded within its mezzanine, and which segment it is from."""
    for index, segment in enumerate(segments):
        with FrameReader(segment.path) as frames:
            stop = segment.first_frame + segment.frames
            for frame in itertools.islice(frames, segment.first_frame, stop):
                yield index, frame


def owner(pair):
    return pair[0][0]


@pytest.mark.parametrize("rate", ["24", "24000/1001", "25", "30"])
def test_every_frame_is_the_right_one_at_the_right_time_and_the_song_starts_with_them(
    tmp_path, song, rate
):
    fps = Fraction(rate)
    total = frame_at(song.master.seconds, fps)
    segments, expected = scenes(tmp_path, fps, total)
    final = stitch(segments, song.m4a, tmp_path / "final.mp4", fps)
    assert final.frames == total == len(expected)
    assert codes(final.path) == expected
    # To the last bit what the mezzanines show: no cut refers to frames outside it.
    with FrameReader(final.path) as shown:
        for segment, frames in itertools.groupby(zip(whole(segments), shown, strict=True), owner):
            assert all(np.array_equal(wanted, got) for (_, wanted), got in frames), segment
    for decode in (True, False):
        report = verify_final(final.path, total, fps, song.master.path, decode=decode)
        assert report.problems == ()
        assert (report.frames, report.wrong_pts) == (total, 0)
        assert abs(report.audio_offset_ms) < 0.1
        assert (report.video_codec, report.audio_codec) == ("h264", "aac")


@pytest.mark.parametrize(
    "encode",
    [("s.mp3", "-b:a", "160k"), ("t.m4a",), ("s.flac",), ("s.ogg",), ("s.wav", "-ar", "48000")],
    ids=lambda row: row[0],
)
def test_the_song_is_within_a_millisecond_of_the_source_whatever_it_was(tmp_path, encode):
    fps = Fraction(24)
    wav = song_wav(tmp_path / "original.wav", 3)
    source = tmp_path / encode[0]
    run_ffmpeg(["-i", str(wav), *encode[1:], str(source)])
    master = decode_song(source, tmp_path / "master.wav")
    encode_delivery(master.path, tmp_path / "s.m4a")
    total = frame_at(master.seconds, fps)
    clip = coded_clip(tmp_path / "c.mp4", range(total))
    made = conform(clip, tmp_path / "m.mp4", MezzanineSpec(fps, *SIZE, 0, total))
    final = stitch([made.segment()], tmp_path / "s.m4a", tmp_path / "final.mp4", fps)
    offset, seconds = audio_offset_ms(final.path, wav)
    assert abs(offset) < 0.1
    assert seconds == pytest.approx(3, abs=0.001)


def test_re_encoded_frames_splice_with_conformed_ones(tmp_path, song):
    """A lip-synced scene is written by FrameWriter and must not force a re-encode of the rest."""
    fps = Fraction(24)
    segments, expected = scenes(tmp_path, fps, frame_at(song.master.seconds, fps))
    old = segments[2]
    synced = tmp_path / "synced.mp4"
    keys = (old.first_frame, old.first_frame + old.frames)
    with FrameReader(old.path) as frames, FrameWriter(synced, *SIZE, fps, keyframes=keys) as out:
        for frame in frames:
            out.write(frame)
    segments[2] = Segment(synced, old.first_frame, old.frames)
    final = stitch(segments, song.m4a, tmp_path / "final.mp4", fps)
    assert codes(final.path) == expected


@pytest.mark.parametrize("preset", ["superfast", "veryfast", "faster"])
@pytest.mark.parametrize("crf", [10, 30])
def test_encodes_of_other_speed_and_quality_still_splice(tmp_path, song, preset, crf):
    fps = Fraction(24)
    clip = coded_clip(tmp_path / "c.mp4", range(96))
    one = conform(clip, tmp_path / "1.mp4", MezzanineSpec(fps, *SIZE, 0, 20))
    two = conform(
        clip, tmp_path / "2.mp4", MezzanineSpec(fps, *SIZE, 20, 20), preset=preset, crf=crf
    )
    final = stitch([one.segment(), two.segment()], song.m4a, tmp_path / "f.mp4", fps)
    assert codes(final.path) == list(range(40))


def test_two_halves_of_one_clip_can_stand_for_two_scenes(tmp_path, song):
    fps = Fraction(24)
    clip = coded_clip(tmp_path / "c.mp4", range(96))
    halves = [
        conform(clip, tmp_path / f"{at}.mp4", MezzanineSpec(fps, *SIZE, at, 48, 6, 6))
        for at in (0, 48)
    ]
    segments = [half.segment() for half in halves]
    final = stitch(segments, song.m4a, tmp_path / "final.mp4", fps)
    assert codes(final.path) == list(range(96))


def test_stitching_twice_gives_the_same_bytes(tmp_path, song):
    fps = Fraction(25)
    clip = coded_clip(tmp_path / "c.mp4", range(50), fps)
    made = conform(clip, tmp_path / "m.mp4", MezzanineSpec(fps, *SIZE, 0, 50))
    for name in ("1.mp4", "2.mp4"):
        stitch([made.segment()], song.m4a, tmp_path / name, fps, tags={"title": "A"})
    assert (tmp_path / "1.mp4").read_bytes() == (tmp_path / "2.mp4").read_bytes()


def test_the_title_is_in_the_file(tmp_path, song):
    import av

    fps = Fraction(25)
    made = conform(
        coded_clip(tmp_path / "c.mp4", range(25), fps),
        tmp_path / "m.mp4",
        MezzanineSpec(fps, *SIZE, 0, 25),
    )
    tags = {"title": "Über allem = nichts", "artist": "R"}
    stitch([made.segment()], song.m4a, tmp_path / "f.mp4", fps, tags=tags)
    with av.open(str(tmp_path / "f.mp4")) as file:
        assert {key: file.metadata[key] for key in tags} == tags


class TestRefusals:
    @pytest.fixture
    def good(self, tmp_path):
        clip = coded_clip(tmp_path / "c.mp4", range(60))
        return conform(clip, tmp_path / "m.mp4", MezzanineSpec(Fraction(24), *SIZE, 4, 40, 4, 4))

    def refuse(self, folder, segments, words):
        with pytest.raises(CannotStitch, match=words):
            stitch(segments, folder / "any.m4a", folder / "out" / "f.mp4", Fraction(24))
        assert not list((folder / "out").glob("*"))
        assert not list((folder / "out").glob(".*"))

    def test_nothing(self, tmp_path, song):
        (tmp_path / "out").mkdir()
        self.refuse(tmp_path, [], "nothing to stitch")

    def test_another_size(self, tmp_path, song, good):
        clip = coded_clip(tmp_path / "d.mp4", range(30))
        other = conform(clip, tmp_path / "n.mp4", MezzanineSpec(Fraction(24), 640, 360, 0, 30))
        self.refuse(tmp_path, [good.segment(), other.segment()], "n.mp4.*other parameters")

    def test_a_raw_clip(self, tmp_path, song, good):
        raw = tmp_path / "raw.mp4"
        run_ffmpeg(["-i", str(good.path), "-c:v", "libx264", "-preset", "medium", str(raw)])
        self.refuse(tmp_path, [good.segment(), Segment(raw, 0, 10)], "other parameters")

    def test_a_cut_off_the_key_frames(self, tmp_path, song, good):
        self.refuse(tmp_path, [Segment(good.path, 5, 20)], "Frame 5 of m.mp4 is not a key frame")

    def test_more_frames_than_there_are(self, tmp_path, song, good):
        self.refuse(tmp_path, [Segment(good.path, 4, 60)], "44 of the 60 frames")


class TestVerification:
    """The checks must be able to fail."""

    @pytest.fixture(scope="class")
    def final(self, tmp_path_factory, song):
        fps = Fraction(24)
        folder = tmp_path_factory.mktemp("final")
        total = frame_at(song.master.seconds, fps)
        clip = coded_clip(folder / "c.mp4", range(total))
        made = conform(clip, folder / "m.mp4", MezzanineSpec(fps, *SIZE, 0, total))
        return stitch([made.segment()], song.m4a, folder / "f.mp4", fps)

    def test_a_missing_frame_is_found(self, final, song):
        report = verify_final(final.path, final.frames + 1, final.fps, song.master.path)
        assert report.problems == ("96 frames instead of 97",)

    def test_another_rate_is_found(self, final, song):
        report = verify_final(final.path, final.frames, Fraction(24000, 1001), song.master.path)
        assert report.wrong_pts == 95

    @pytest.mark.parametrize("shift_ms", [-23.2, -2, 1.5, 23.2, 200])
    def test_a_shifted_song_is_measured(self, final, song, tmp_path, shift_ms):
        moved = tmp_path / "moved.mp4"
        if shift_ms > 0:
            sound = f"adelay={shift_ms}:all=1"
        else:
            sound = f"atrim=start={-shift_ms / 1000},asetpts=PTS-STARTPTS"
        run_ffmpeg(["-i", str(final.path), "-c:v", "copy", "-af", sound, str(moved)])
        report = verify_final(moved, final.frames, final.fps, song.master.path, decode=False)
        assert report.audio_offset_ms == pytest.approx(shift_ms, abs=0.1)
        assert not report.ok

    def test_a_song_that_the_container_starts_late_is_measured(self, final, song, tmp_path):
        moved = tmp_path / "moved.mp4"
        late = ["-i", str(final.path), "-itsoffset", "0.1", "-i", str(song.m4a)]
        run_ffmpeg([*late, "-map", "0:v", "-map", "1:a", "-c", "copy", str(moved)])
        offset, _ = audio_offset_ms(moved, song.master.path)
        assert offset == pytest.approx(100, abs=1)

    def test_a_video_without_sound_is_found(self, final, song, tmp_path):
        mute = tmp_path / "mute.mp4"
        run_ffmpeg(["-i", str(final.path), "-an", "-c", "copy", str(mute)])
        assert "there is no sound" in verify_final(mute, 96, final.fps, song.master.path).problems

    def test_the_wrong_song_is_found(self, final, tmp_path):
        from musicapp_pipeline.media.audio import write_wav

        other = tmp_path / "other.wav"
        write_wav(other, song_samples(SECONDS)[:, ::-1], 44_100)
        assert not verify_final(final.path, 96, final.fps, other, decode=False).ok

    def test_a_break_in_the_file_is_found(self, final, song, tmp_path):
        data = final.path.read_bytes()
        (tmp_path / "broken.mp4").write_bytes(data[: len(data) * 2 // 3])
        report = verify_final(tmp_path / "broken.mp4", 96, final.fps, song.master.path)
        assert report.frames < 96
        assert not report.ok


def test_codes_are_readable_at_all():
    assert [read_code(coded_frame(n, *SIZE)) for n in (0, 1, 2730, 4095)] == [0, 1, 2730, 4095]
