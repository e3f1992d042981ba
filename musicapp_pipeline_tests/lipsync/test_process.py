"""Lip-sync of whole clips: what moves, what stays, and what is refused without leaving a file."""

from fractions import Fraction

import numpy as np
import pytest

from musicapp_pipeline.lipsync.check import apertures
from musicapp_pipeline.lipsync.errors import BadPhonemes, LipSyncError, NoUsableMouth
from musicapp_pipeline.lipsync.model import MouthBox
from musicapp_pipeline.lipsync.mouth.faces import FaceTracker
from musicapp_pipeline.lipsync.mouth.landmarks import axes, mouth_middle
from musicapp_pipeline.lipsync.process import (
    lip_sync_clip,
    mouth_visibility,
    postprocess_lipsync,
)
from musicapp_pipeline.media.audio import read_mono, write_wav
from musicapp_pipeline.media.errors import MediaCancelled, MediaError
from musicapp_pipeline.media.frames import FrameReader, read_frames
from musicapp_pipeline.media.probe import probe
from musicapp_pipeline_tests.lipsync import clips

FRAMES = 36
VOWELS = [(0.25, 0.5), (0.65, 0.9), (1.05, 1.4)]
CLOSURES = [(0.5, 0.65), (0.9, 1.05)]
SAID = clips.said(
    ("AA1", *VOWELS[0]),
    ("M", *CLOSURES[0]),
    ("AE", *VOWELS[1]),
    ("B", *CLOSURES[1]),
    ("AA", *VOWELS[2]),
)
"""Rest, then: ah m a b ah."""


@pytest.fixture(scope="module")
def sung(tmp_path_factory):
    """One clip, its sound, and the clip in sync."""
    folder = tmp_path_factory.mktemp("clips")
    video = clips.write(folder / "in.mp4", clips.drifting(clips.sitter, FRAMES))
    audio = folder / "voice.wav"
    tone = 0.3 * np.sin(2 * np.pi * 330 * np.arange(24_000 * 2) / 24_000)
    write_wav(audio, tone.astype(np.float32), 24_000)
    out = folder / "out.mp4"
    report = lip_sync_clip(video, audio, SAID, out, check=True)
    return video, audio, out, report


@pytest.fixture(scope="module")
def brief(tmp_path_factory):
    """Ten frames with a face."""
    return clips.write(tmp_path_factory.mktemp("brief") / "in.mp4", [clips.sitter()] * 10)


def frames_of(path):
    with FrameReader(path) as reader:
        return list(reader)


def assert_nothing_left(folder, *kept):
    assert sorted(p.name for p in folder.iterdir()) == sorted(kept)


def test_frame_count_rate_and_size_are_kept(sung):
    video, _, out, report = sung
    before, after = probe(video).video, probe(out).video
    assert (after.frames, after.fps) == (before.frames, before.fps) == (FRAMES, clips.FPS)
    assert after.upright_size == before.upright_size
    assert len(frames_of(out)) == FRAMES
    assert (report.frames, report.synced_frames) == (FRAMES, FRAMES)
    assert report.applied
    assert report.mouth_visibility > 0.9


def test_the_sound_given_is_under_the_result_and_no_longer(sung):
    _, _, out, _ = sung
    heard = read_mono(out, 24_000)
    assert probe(out).audio is not None
    assert heard.size / 24_000 == pytest.approx(FRAMES / 24, abs=0.03)
    spectrum = np.abs(np.fft.rfft(heard))
    assert np.argmax(spectrum) * 24_000 / heard.size == pytest.approx(330, abs=2)


def test_the_mouth_opens_on_vowels_and_closes_on_m_and_b(sung):
    video, _, out, report = sung
    seen = apertures(out)
    for start, end in VOWELS:
        middle = (start + end) / 2
        assert seen[round(middle * 24) - 1 : round(middle * 24) + 2].max() > 0.2
    for start, end in CLOSURES:
        assert seen[round(start * 24) - 1 : round(end * 24) + 1].min() < 0.03
    assert seen[:4].max() < 0.03
    assert np.nanmax(apertures(video)) < 0.03
    assert report.correlation > 0.95


def test_only_the_mouth_s_part_of_the_picture_changes(sung):
    video, _, out, _ = sung
    changed = []
    with FaceTracker() as tracker:
        for before, after in zip(frames_of(video), frames_of(out), strict=True):
            points = tracker(before)
            middle, unit = mouth_middle(points), axes(points).scale
            y, x = np.mgrid[0 : clips.HEIGHT, 0 : clips.WIDTH]
            near = (abs(x - middle[0]) < 1.25 * unit) & (abs(y - middle[1]) < 1.5 * unit)
            difference = np.abs(after.astype(int) - before.astype(int)).max(axis=2)
            # What is left is one generation of H.264.
            assert difference[~near].mean() < 2.0
            assert np.percentile(difference[~near], 99) < 12
            changed.append(difference[near].mean())
    assert max(changed[6:]) > 4 * np.mean(changed[:3])


def test_equal_input_gives_equal_bytes(sung, tmp_path):
    video, audio, out, _ = sung
    again = tmp_path / "again.mp4"
    lip_sync_clip(video, audio, SAID, again)
    assert again.read_bytes() == out.read_bytes()


def test_a_mouth_can_be_moved_in_time_by_hand(sung, tmp_path):
    video, _, out, _ = sung
    late = tmp_path / "late.mp4"
    lip_sync_clip(video, None, SAID, late, offset_ms=125)
    plain, shifted = apertures(out), apertures(late)
    assert np.corrcoef(plain[:-3], shifted[3:])[0, 1] > 0.97
    assert np.corrcoef(plain, shifted)[0, 1] < 0.9
    assert probe(late).audio is None


def test_the_result_can_be_cut_at_the_frames_asked_for(brief, tmp_path):
    import av

    cut = tmp_path / "cut.mp4"
    lip_sync_clip(brief, None, SAID, cut, force_keyframes=(3, 8))
    with av.open(str(cut)) as container:
        keys = [f.pts * f.time_base * 24 for f in container.decode(video=0) if f.key_frame]
    assert {3, 8} <= {round(k) for k in keys}


@pytest.mark.parametrize("fps", [Fraction(24000, 1001), Fraction(30)])
def test_exact_rates_are_kept(tmp_path, fps):
    video = clips.write(tmp_path / "in.mp4", [clips.sitter()] * 8, fps)
    lip_sync_clip(video, None, SAID, tmp_path / "out.mp4")
    after = probe(tmp_path / "out.mp4").video
    assert (after.frames, after.fps) == (8, fps)


def landscape(folder):
    return clips.write(folder / "in.mp4", clips.drifting(clips.landscape, 14))


def test_a_clip_without_a_face_is_refused_and_leaves_no_file(tmp_path):
    video = landscape(tmp_path)
    with pytest.raises(NoUsableMouth) as caught:
        lip_sync_clip(video, None, SAID, tmp_path / "out.mp4")
    assert isinstance(caught.value, LipSyncError)
    assert "no face" in caught.value.message
    assert caught.value.field == "video"
    assert_nothing_left(tmp_path, "in.mp4")
    assert mouth_visibility(video) == 0


def test_the_specification_s_function_says_false_without_a_mouth_and_true_with_one(
    sung, brief, tmp_path
):
    video, audio = brief, sung[1]
    phones = [phone.model_dump() for phone in SAID]
    faceless = landscape(tmp_path)
    assert postprocess_lipsync(str(faceless), str(audio), phones, str(tmp_path / "no.mp4")) is False
    assert_nothing_left(tmp_path, "in.mp4")
    assert postprocess_lipsync(str(video), str(audio), phones, str(tmp_path / "yes.mp4")) is True
    assert (tmp_path / "yes.mp4").is_file()


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (lambda: clips.sitter(0.09), "face too small"),
        (lambda: clips.sitter(at=(0.5, 0.97)), "mouth outside the picture"),
    ],
)
def test_mouths_that_cannot_be_moved_are_named(tmp_path, frame, reason):
    video = clips.write(tmp_path / "in.mp4", [frame()] * 8)
    with pytest.raises(NoUsableMouth) as caught:
        lip_sync_clip(video, None, SAID, tmp_path / "out.mp4")
    assert caught.value.value == reason
    assert_nothing_left(tmp_path, "in.mp4")


def test_frames_without_the_face_are_left_alone(tmp_path):
    face, empty = clips.sitter(), clips.landscape()
    video = clips.write(tmp_path / "in.mp4", [face] * 20 + [empty] * 10)
    report = lip_sync_clip(video, None, SAID, tmp_path / "out.mp4")
    assert report.synced_frames == 20
    assert report.notes == ("10 frames left alone: no face",)
    before, after = (read_frames(tmp_path / name, [25])[0] for name in ("in.mp4", "out.mp4"))
    assert np.abs(after.astype(int) - before.astype(int)).mean() < 2


def mouth_motion(video, half):
    """How far the mouth in one half of the picture moves."""
    moved = []
    with FaceTracker() as tracker:
        for frame in frames_of(video)[8:24:4]:
            points = tracker(np.ascontiguousarray(frame[:, half]))
            moved.append((points[14, 1] - points[13, 1]) / axes(points).scale)
    return max(moved)


@pytest.mark.parametrize("pointed_at", [False, True])
def test_of_two_faces_the_larger_sings_or_the_one_pointed_at(tmp_path, pointed_at):
    video = clips.write(tmp_path / "in.mp4", [clips.couple()] * 24)
    box = MouthBox(x=0.7, y=0.5, width=0.1, height=0.2) if pointed_at else None
    lip_sync_clip(video, None, SAID, tmp_path / "out.mp4", mouth_box=box)
    left, right = (
        mouth_motion(tmp_path / "out.mp4", half) for half in (slice(0, 480), slice(480, 960))
    )
    sings, listens = (right, left) if pointed_at else (left, right)
    assert sings > 0.15
    assert listens < 0.03


def test_a_box_where_no_mouth_is_finds_none(tmp_path):
    video = clips.write(tmp_path / "in.mp4", [clips.sitter()] * 8)
    box = MouthBox(x=0.0, y=0.0, width=0.1, height=0.1)
    with pytest.raises(NoUsableMouth):
        lip_sync_clip(video, None, SAID, tmp_path / "out.mp4", mouth_box=box)
    assert_nothing_left(tmp_path, "in.mp4")


def test_wrong_phonemes_are_refused_before_any_work(sung, tmp_path):
    with pytest.raises(BadPhonemes):
        lip_sync_clip(sung[0], None, clips.said(("QQ", 0, 1)), tmp_path / "out.mp4")
    assert_nothing_left(tmp_path)


@pytest.mark.parametrize("sound", ["text", "a silent film"])
def test_sound_that_is_none_is_refused_before_any_work(sung, tmp_path, sound):
    path = tmp_path / "sound.mp4"
    if sound == "text":
        path.write_text("not music")
    else:
        clips.write(path, [clips.landscape()] * 2)
    with pytest.raises(MediaError):
        lip_sync_clip(sung[0], path, SAID, tmp_path / "out.mp4", on_progress=lambda *_: 1 / 0)
    assert_nothing_left(tmp_path, "sound.mp4")


def test_cancelling_leaves_no_file(brief, tmp_path):
    asked = iter([False] * 14 + [True] * 99)
    with pytest.raises(MediaCancelled):
        lip_sync_clip(brief, None, SAID, tmp_path / "out.mp4", cancelled=lambda: next(asked))
    assert_nothing_left(tmp_path)


def test_progress_goes_up_to_one(brief, tmp_path):
    told = []
    lip_sync_clip(
        brief, None, SAID, tmp_path / "out.mp4", on_progress=lambda share, _: told.append(share)
    )
    assert told == sorted(told)
    assert told[-1] == 1
    assert len(told) >= 5


def test_a_report_is_plain_data(sung):
    facts = sung[3].model_copy(update={"notes": ("a", "b")}).facts()
    assert facts["notes"] == "a; b"
    assert all(isinstance(v, str | int | float | bool | None) for v in facts.values())
