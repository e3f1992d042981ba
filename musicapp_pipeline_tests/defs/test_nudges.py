"""Lip-sync by hand: what a person says of a mouth reaches the morph, and makes it stale."""

from pathlib import Path

import pytest

from musicapp_pipeline.defs.lips import lip_synced_clip
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.defs.stages import LIP_SYNCED_CLIP
from musicapp_pipeline.lipsync.model import LipSyncReport, MouthBox, Phoneme
from musicapp_pipeline.store import artifacts
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.models import LipSyncEdit, SceneVersion
from musicapp_pipeline_tests.defs.world import Desk

BOX = {"x": 0.4, "y": 0.5, "width": 0.2, "height": 0.1}


def aligned(desk: Desk, key: str, start: float) -> None:
    heard = [{"phoneme": "AA", "start": start + 0.5, "end": start + 0.8}]
    with desk.database.write() as session:
        made = Made("words", None, {"phonemes": heard})
        artifacts.put(session, "lyric_alignment", key, "print", made, None)


def nudge(desk: Desk, version: SceneVersion, **said: object) -> None:
    with desk.database.write() as session:
        session.merge(LipSyncEdit(version_id=version.id, **said))


def fingerprint(desk: Desk, key: str) -> str:
    with desk.database.read() as session:
        return LIP_SYNCED_CLIP.fingerprint(session, desk.bench, key)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[Phoneme], dict]]:
    """What the morph was called with."""
    calls = []

    def morph(_video, _audio, phonemes, out: Path, **options):
        calls.append((phonemes, options))
        out.write_bytes(b"clip")
        return LipSyncReport(applied=True, method="mesh-morph", frames=96)

    monkeypatch.setattr("musicapp_pipeline.lipsync.process.lip_sync_clip", morph)
    return calls


def test_nudges_reach_the_morph_and_change_the_fingerprint(desk: Desk, asked) -> None:
    scene = desk.singing()
    version = desk.take(scene)
    with desk.database.write() as session:
        made = Made("m", "m.mp4", {"key": "m.mp4", "head": 0, "frames": 96, "tail": 0})
        artifacts.put(session, "mezzanine", version.key, "print", made, None)
    with desk.world.media.writing("m.mp4") as path:
        path.write_bytes(b"mezzanine")
    aligned(desk, scene.key, scene.start_time)
    plain = fingerprint(desk, version.key)
    lip_synced_clip.make(Task(bench=desk.bench, key=version.key))
    phones = [{"phoneme": "M", "start": scene.start_time + 1, "end": scene.start_time + 1.2}]
    nudge(desk, version, offset_ms=-40, mouth_box=BOX, phonemes=phones)
    assert fingerprint(desk, version.key) != plain
    lip_synced_clip.make(Task(bench=desk.bench, key=version.key))
    (first, by_machine), (second, by_hand) = asked
    assert (by_machine["offset_ms"], by_machine["mouth_box"]) == (0, None)
    assert [p.phoneme for p in first] == ["AA"]
    assert (by_hand["offset_ms"], by_hand["mouth_box"]) == (-40, MouthBox.model_validate(BOX))
    assert [(p.phoneme, round(p.end - p.start, 3)) for p in second] == [("M", 0.2)]
    assert second[0].start - first[0].start == pytest.approx(0.5)


def test_a_nudge_taken_back_leaves_the_machines_fingerprint(desk: Desk) -> None:
    version = desk.take(desk.singing())
    plain = fingerprint(desk, version.key)
    nudge(desk, version, offset_ms=25)
    assert fingerprint(desk, version.key) != plain
    nudge(desk, version, offset_ms=0)
    assert fingerprint(desk, version.key) == plain
