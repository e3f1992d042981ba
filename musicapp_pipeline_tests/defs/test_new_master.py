"""Another master: cuts, takes and corrections follow the music, or a person is told."""

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import soundfile

from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.defs.making import digest
from musicapp_pipeline.defs.outcome import came_out, heard_anew
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.defs.stages import AUDIO_ANALYSIS, STORYBOARD
from musicapp_pipeline.defs.storyboard import body, remaster
from musicapp_pipeline.defs.storyboard.scene_plan import plan_of
from musicapp_pipeline.store import artifacts, jobs, projects, scenes, takes
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.models import LipSyncEdit, Scene, SceneVersion
from musicapp_pipeline_tests.analysis.signals import RATE, groove
from musicapp_pipeline_tests.api.world import analysis
from musicapp_pipeline_tests.defs.world import Desk

FPS = 24
LATER = 0.37
LINE = {"text": "best believe me", "startTime": 14.0, "endTime": 18.0}


@cache
def song(bpm: float = 120.0, metre: int = 4) -> np.ndarray:
    """40 s of a groove whose bars differ, as those of a song do."""
    samples = groove(bpm, metre, bars=40).samples[: 40 * RATE]
    rng = np.random.default_rng(metre)
    at = np.linspace(0, len(samples), 40)
    gain = np.interp(np.arange(len(samples)), at, rng.uniform(0.1, 1, 40))
    return (samples * gain).astype(np.float32)


def later(seconds: float) -> np.ndarray:
    """Another mix of the song in which everything comes later: quieter, brighter."""
    old, shift = song(), round(seconds * RATE)
    new = np.concatenate([np.zeros(max(shift, 0), np.float32), old[max(-shift, 0) :]])
    return np.tanh(0.6 * (new - 0.5 * np.roll(new, 1))).astype(np.float32)


def heard_later(seconds: float) -> SongAnalysis:
    """What is heard in ``later(seconds)``."""
    old = analysis()
    duration = old.duration + seconds
    inside = [b for b in old.beats if 0 <= b.time + seconds < duration]
    edges = [0.0, *(s.start_time + seconds for s in old.sections[1:]), duration]
    return old.model_copy(
        update={
            "duration": duration,
            "beats": tuple(b.model_copy(update={"time": b.time + seconds}) for b in inside),
            "downbeats": tuple(t + seconds for t in old.downbeats if t + seconds >= 0),
            "sections": tuple(
                s.model_copy(update={"start_time": a, "end_time": b})
                for s, (a, b) in zip(old.sections, pairwise(edges), strict=True)
            ),
        }
    )


class Studio:
    """A desk at which songs are heard."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.bench, self.id = desk, desk.bench, desk.project_id

    def hear(self, samples: np.ndarray, found: SongAnalysis) -> None:
        """What the runs of song and analysis do."""
        plain = found.to_dict()
        version = digest([float(np.abs(samples).sum()), plain])
        key = f"projects/{self.id}/song/{version}.wav"
        with self.bench.media.writing(key) as path:
            soundfile.write(path, samples, RATE, format="WAV")
        with self.bench.database.write() as session:
            artifacts.put(session, "song", self.id, "print", Made(version, key), None)
            projects.get(session, self.id).duration = found.duration
            projects.storyboard(session, self.id).analysis = plain
            session.flush()
            print_ = AUDIO_ANALYSIS.fingerprint(session, self.bench, self.id)
            artifacts.put(session, "audio_analysis", self.id, print_, Made(digest(plain)), None)

    def generate(self, run: str = "") -> list[Scene]:
        """What the storyboard's run does; the scenes afterwards."""
        task = Task(self.bench, self.id, run_id=run)
        STORYBOARD.prepare(task)
        body.make(task)
        return self.scenes()

    def scenes(self) -> list[Scene]:
        with self.bench.database.read() as session:
            return scenes.of_project(session, self.id)

    def take(self, scene: Scene, **fields: Any) -> SceneVersion:
        made = self.desk.take(scene)
        with self.bench.database.write() as session:
            version = takes.get(session, made.id)
            version.seconds = scene.clip_seconds
            version.plan_fingerprint = plan_of(session, self.bench, scene.key).fingerprint
            for name, value in fields.items():
                setattr(version, name, value)
        return version

    def read(self, version: SceneVersion) -> SceneVersion:
        with self.bench.database.read() as session:
            return takes.get(session, version.id)

    def edits(self) -> dict[str, Any]:
        with self.bench.database.read() as session:
            return projects.storyboard(session, self.id).edits

    def correct(self, **edits: Any) -> None:
        with self.bench.database.write() as session:
            board = projects.storyboard(session, self.id)
            board.edits = {**board.edits, **edits}

    def warnings(self) -> list[str]:
        with self.bench.database.read() as session:
            return projects.storyboard(session, self.id).heard["warnings"]


@pytest.fixture
def studio(desk: Desk) -> Studio:
    made = Studio(desk)
    made.correct(lyrics=[LINE])
    made.hear(song(), analysis())
    made.generate()
    return made


def same(rows: list[Scene], scene: Scene) -> Scene:
    return next(s for s in rows if s.id == scene.id)


def test_a_scene_with_a_take_moves_with_the_music_onto_its_beats(studio: Studio) -> None:
    paid = studio.scenes()[2]
    take = studio.take(paid)
    studio.hear(later(LATER), heard_later(LATER))
    rows = studio.generate()
    after = same(rows, paid)
    assert after.start_time == pytest.approx(paid.start_time + LATER)
    assert after.end_time == pytest.approx(paid.end_time + LATER)
    assert after.start_frame == int(after.start_time * FPS + 0.5)
    assert after.end_frame == int(after.end_time * FPS + 0.5)
    assert studio.read(take).in_point == 0
    assert studio.warnings() == []


def test_the_whole_cut_is_as_before_later(studio: Studio) -> None:
    before = studio.scenes()
    studio.take(before[2])
    studio.hear(later(LATER), heard_later(LATER))
    rows = studio.generate()
    # The first scene filled its clip of 8 s: with the longer start it is cut anew.
    assert [s.id for s in rows[2:]] == [s.id for s in before[2:]]
    moved = [s.start_time + LATER for s in before[2:]]
    assert [s.start_time for s in rows[2:]] == pytest.approx(moved)
    assert (rows[0].start_frame, rows[-1].end_frame) == (0, int((40 + LATER) * FPS + 0.5))
    assert all(a.end_frame == b.start_frame for a, b in pairwise(rows))
    assert all(a.end_time == b.start_time for a, b in pairwise(rows))


def test_corrections_move_with_the_music(studio: Studio) -> None:
    downbeat = {"kind": "first_downbeat", "time": 2.0, "metre": 4}
    sections = [
        {"name": n, "startTime": 20.0 * k, "endTime": 20.0 * (k + 1), "type": "verse"}
        for k, n in enumerate("ab")
    ]
    studio.correct(analysis=[downbeat], sections=sections)
    studio.hear(later(LATER), heard_later(LATER))
    studio.generate()
    edits = studio.edits()
    assert edits["analysis"][0]["time"] == pytest.approx(2 + LATER, abs=0.002)
    assert edits["sections"][1]["startTime"] == pytest.approx(20 + LATER, abs=0.002)
    assert edits["lyrics"][0]["startTime"] == pytest.approx(14 + LATER, abs=0.002)


def test_everything_moves_once_however_often_it_is_generated_or_killed(studio: Studio) -> None:
    paid = studio.scenes()[2]
    studio.take(paid)
    studio.hear(later(LATER), heard_later(LATER))
    remaster.follow(Task(studio.bench, studio.id))  # killed before the plan
    moved = [(s.id, s.start_frame) for s in studio.scenes()[2:]]
    rows = studio.generate()
    edits = studio.edits()
    assert [(s.id, s.start_frame) for s in rows[2:]] == moved
    again = studio.generate()
    assert [(s.id, s.revision) for s in again] == [(s.id, s.revision) for s in rows]
    assert studio.edits() == edits


def test_takes_stay_made_from_todays_plan(studio: Studio) -> None:
    paid = studio.scenes()[2]
    take = studio.take(paid)
    studio.hear(later(LATER), heard_later(LATER))
    studio.generate()
    with studio.bench.database.read() as session:
        plan = plan_of(session, studio.bench, paid.key)
    assert studio.read(take).plan_fingerprint == plan.fingerprint


def test_phones_that_a_person_wrote_move_too(studio: Studio) -> None:
    paid = studio.scenes()[2]
    take = studio.take(paid)
    phones = [{"phoneme": "AA", "start": 10.0, "end": 10.2}]
    with studio.bench.database.write() as session:
        session.add(LipSyncEdit(version_id=take.id, phonemes=phones))
    studio.hear(later(LATER), heard_later(LATER))
    studio.generate()
    with studio.bench.database.read() as session:
        said = session.get(LipSyncEdit, take.id)
    assert said is not None and said.phonemes is not None
    assert said.phonemes[0]["start"] == pytest.approx(10 + LATER, abs=0.002)


def test_what_is_cut_off_at_the_start_leaves_the_pictures_in_time(studio: Studio) -> None:
    first = studio.scenes()[0]
    take = studio.take(first)
    studio.hear(later(-0.5), heard_later(-0.5))
    after = same(studio.generate(), first)
    assert (after.start_frame, after.end_frame) == (0, first.end_frame - 12)
    version = studio.read(take)
    assert version.in_point == 12
    assert version.mezzanine is None, "it is conformed anew, from a clip that this test has not"


def test_another_recording_moves_nothing_and_is_named(studio: Studio) -> None:
    paid = studio.scenes()[2]
    studio.take(paid)
    studio.hear(song(137, 3), analysis(bpm=137))
    job = studio.desk.job(run_id="run-1")
    rows = studio.generate("run-1")
    after = same(rows, paid)
    assert (after.start_frame, after.end_frame) == (paid.start_frame, paid.end_frame)
    assert studio.edits()["lyrics"] == [LINE]
    told = studio.warnings()
    assert len(told) == 2
    assert f"scene {after.order}" in told[0]
    assert "another recording" in told[0]
    assert "corrections" in told[1]
    with studio.bench.database.read() as session:
        row = jobs.get(session, job)
        assert came_out(session, row).endswith("; ".join(told))
        assert heard_anew(session, row) == {"warnings": told}


def test_the_job_says_how_far_the_master_moved(studio: Studio) -> None:
    studio.hear(later(LATER), heard_later(LATER))
    job = studio.desk.job(run_id="run-1")
    studio.generate("run-1")
    with studio.bench.database.read() as session:
        row = jobs.get(session, job)
        assert "0.37 s later" in came_out(session, row)
        found = heard_anew(session, row)
    assert found["offsetSeconds"] == pytest.approx(LATER, abs=0.002)


def test_after_a_wrong_song_the_right_one_is_found_again(studio: Studio) -> None:
    paid = studio.scenes()[2]
    studio.take(paid)
    studio.hear(song(137, 3), analysis(bpm=137))
    studio.generate()
    studio.hear(later(LATER), heard_later(LATER))
    after = same(studio.generate(), paid)
    assert after.start_time == pytest.approx(paid.start_time + LATER)
    assert studio.edits()["lyrics"][0]["startTime"] == pytest.approx(14 + LATER, abs=0.002)
    assert studio.warnings() == []


def test_a_scene_behind_a_shorter_song_is_taken_out_and_named(studio: Studio) -> None:
    paid = studio.scenes()[-1]
    studio.take(paid)
    studio.hear(song(137, 3)[: 20 * RATE], analysis(20.0, bpm=137))
    rows = studio.generate()
    assert paid.id not in [s.id for s in rows]
    assert rows[-1].end_frame == 20 * FPS
    assert any("no place" in told for told in studio.warnings())


SHORT = 18.0


def shorter() -> tuple[np.ndarray, SongAnalysis]:
    """The same song, broken off; and what is heard in it."""
    old = analysis()
    inside = [s for s in old.sections if s.start_time < SHORT]
    found = old.model_copy(
        update={
            "duration": SHORT,
            "beats": tuple(b for b in old.beats if b.time < SHORT),
            "downbeats": tuple(t for t in old.downbeats if t < SHORT),
            "energy_curve": tuple(e for e in old.energy_curve if e.time < SHORT),
            "sections": (*inside[:-1], inside[-1].model_copy(update={"end_time": SHORT})),
        }
    )
    return later(0.0)[: int(SHORT * RATE)], found


@pytest.mark.parametrize(("seconds", "detour"), [(0.0, False), (LATER, False), (0.0, True)])
def test_what_a_shorter_master_had_no_room_for_comes_back_with_one_that_has(
    studio: Studio, seconds: float, detour: bool
) -> None:
    before = studio.scenes()
    mine, paid = before[-3], before[-2]
    with studio.bench.database.write() as session:
        row = scenes.get(session, mine.id)
        row.mood = "MY OWN MOOD"
        scenes.mark_edited(row, ["mood"])
    take = studio.take(paid)
    studio.hear(*shorter())
    rows = studio.generate()
    assert {mine.id, paid.id}.isdisjoint(s.id for s in rows)
    told = studio.warnings()
    assert any(paid.id in t and "its takes" in t for t in told)
    assert any(mine.id in t and "“MY OWN MOOD”" in t for t in told)
    studio.generate()
    assert studio.warnings() == told
    if detour:
        studio.hear(song(137, 3), analysis(bpm=137))
        assert paid.id not in [s.id for s in studio.generate()]
        assert any(paid.id in t and "its takes" in t for t in studio.warnings())
    studio.hear(later(seconds), heard_later(seconds))
    rows = studio.generate()
    after = same(rows, paid)
    assert after.start_time == pytest.approx(paid.start_time + seconds)
    assert after.end_time == pytest.approx(paid.end_time + seconds)
    assert studio.read(take).in_point == 0
    [there] = [s for s in rows if s.mood == "MY OWN MOOD"]
    assert there.start_time == pytest.approx(mine.start_time + seconds, abs=2)
    assert not any(paid.id in t for t in studio.warnings())
    assert all(a.end_frame == b.start_frame for a, b in pairwise(rows))
    assert [s.order for s in rows] == [n + 1 for n in range(len(rows))]


@pytest.mark.parametrize("other", [False, True], ids=["shorter mix", "shorter other recording"])
def test_a_scene_that_a_shorter_master_cuts_through_is_whole_again_later(
    studio: Studio, other: bool
) -> None:
    end = int(SHORT * FPS)
    paid = next(s for s in studio.scenes() if s.start_frame < end < s.end_frame)
    take = studio.take(paid)
    if other:
        studio.hear(song(137, 3)[: int(SHORT * RATE)], analysis(SHORT, bpm=137))
    else:
        studio.hear(*shorter())
    cut = same(studio.generate(), paid)
    assert (cut.start_frame, cut.end_frame) == (paid.start_frame, end)
    studio.hear(later(LATER), heard_later(LATER))
    rows = studio.generate()
    after = same(rows, paid)
    assert after.start_time == pytest.approx(paid.start_time + LATER)
    assert after.end_time == pytest.approx(paid.end_time + LATER)
    version = studio.read(take)
    assert (version.in_point, version.mezzanine) == (0, None)
    with studio.bench.database.read() as session:
        assert version.plan_fingerprint == plan_of(session, studio.bench, paid.key).fingerprint
    assert all(a.end_frame == b.start_frame for a, b in pairwise(rows))


def test_what_was_cut_off_at_the_start_is_there_again_later(studio: Studio) -> None:
    first, second = studio.scenes()[:2]
    take = studio.take(second)
    gone = first.end_time + 1.0
    studio.hear(later(-gone), heard_later(-gone))
    cut = same(studio.generate(), second)
    assert (cut.start_frame, studio.read(take).in_point) == (0, 24)
    studio.hear(song(), analysis())
    after = same(studio.generate(), second)
    assert (after.start_frame, after.end_frame) == (second.start_frame, second.end_frame)
    assert studio.read(take).in_point == 0


@pytest.mark.parametrize("detour", [False, True])
def test_corrections_behind_a_shorter_master_are_named_and_come_back(
    studio: Studio, detour: bool
) -> None:
    renames = [
        {"kind": "rename_section", "time": t, "name": n} for t, n in ((5.0, "Start"), (35.0, "End"))
    ]
    line = {"text": "my last line", "startTime": 30.0, "endTime": 34.0}
    studio.correct(analysis=renames, lyrics=[LINE, line])
    studio.hear(*shorter())
    studio.generate()
    assert [e["name"] for e in studio.edits()["analysis"]] == ["Start"]
    [told] = studio.warnings()
    assert "“End”" in told
    assert "“my last line”" in told
    if detour:
        studio.hear(song(137, 3), analysis(bpm=137))
        studio.generate()
    studio.hear(later(LATER), heard_later(LATER))
    studio.generate()
    assert studio.warnings() == []
    edits = studio.edits()
    assert [e["name"] for e in edits["analysis"]] == ["Start", "End"]
    assert edits["analysis"][1]["time"] == pytest.approx(35 + LATER, abs=0.002)
    assert [x["text"] for x in edits["lyrics"]] == [LINE["text"], line["text"]]
    assert edits["lyrics"][1]["endTime"] == pytest.approx(34 + LATER, abs=0.002)


def test_corrections_that_were_changed_since_are_the_ones_that_count(studio: Studio) -> None:
    line = {"text": "my last line", "startTime": 30.0, "endTime": 34.0}
    studio.correct(lyrics=[LINE, line])
    studio.hear(*shorter())
    studio.generate()
    studio.correct(lyrics=[{**LINE, "text": "other words"}])
    studio.hear(song(), analysis())
    studio.generate()
    assert [x["text"] for x in studio.edits()["lyrics"]] == ["other words"]


def test_a_scene_that_comes_back_gives_way_to_what_was_bought_meanwhile(studio: Studio) -> None:
    paid = studio.scenes()[-2]
    take = studio.take(paid)
    studio.hear(*shorter())
    studio.generate()
    with studio.bench.database.write() as session:  # as after a song that went on there
        new = scenes.get(session, studio.scenes()[-1].id)
        new.start_frame, new.end_frame = paid.start_frame - 48, paid.start_frame + 24
        new.start_time, new.end_time = paid.start_time - 2, paid.start_time + 1
    newer = studio.take(new)
    studio.hear(later(0.0), heard_later(0.0))
    rows = studio.generate()
    assert (same(rows, new).start_frame, same(rows, new).end_frame) == (
        new.start_frame,
        new.end_frame,
    )
    assert (same(rows, paid).start_frame, same(rows, paid).end_frame) == (
        new.end_frame,
        paid.end_frame,
    )
    assert (studio.read(newer).in_point, studio.read(take).in_point) == (0, 24)
