"""Files of exports: each gets those it asked for, of the takes it says."""

from pathlib import Path
from typing import Any

import pytest

from musicapp_pipeline.assembly import renditions as assembly
from musicapp_pipeline.defs.making import bring_up_to_date
from musicapp_pipeline.defs.outcome import came_out
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.defs.stages import RENDITIONS
from musicapp_pipeline.store import artifacts, ids, jobs
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.models import Export
from musicapp_pipeline_tests.api.steps import mp4
from musicapp_pipeline_tests.defs.world import Desk


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was encoded; copying stands for it."""
    asked: list[Any] = []

    def copy(source: Path, out: Path, spec: Any, **_how: object) -> None:
        asked.append(spec)
        out.write_bytes(source.read_bytes())

    monkeypatch.setattr(assembly, "render_rendition", copy)
    return asked


def cut(desk: Desk, version: str = "cut-1", takes: dict[str, str] | None = None) -> None:
    """What a run of `final_cut` leaves behind."""
    key = f"projects/{desk.project_id}/final/{version}.mp4"
    with desk.world.media.writing(key) as path:
        path.write_bytes(mp4(seconds=1))
    details = {"poster": key.replace(".mp4", ".jpg"), "seconds": 1.0, "takes": takes or {}}
    with desk.database.write() as session:
        artifacts.put(session, "final_cut", desk.project_id, "p", Made(version, key, details), None)


def ask(desk: Desk, takes: dict[str, str] | None = None, **options: object) -> str:
    wanted = {"formats": ["mp4"], "aspectRatios": ["landscape"], "includeSubtitles": False}
    with desk.database.write() as session:
        job = jobs.create(session, desk.project_id, "stitch_final", payload={"takes": takes or {}})
        export = Export(
            id=ids.new_id("x"),
            project_id=desk.project_id,
            job_id=job.id,
            options=wanted | options,
        )
        session.add(export)
        return export.id


def run(desk: Desk) -> None:
    bring_up_to_date(RENDITIONS, Task(bench=desk.bench, key=desk.project_id))


def read(desk: Desk, export_id: str) -> Export:
    with desk.database.read() as session:
        export = session.get(Export, export_id)
        assert export is not None
        return export


def end(desk: Desk, export_id: str) -> None:
    with desk.database.write() as session:
        jobs.finish(session, session.get(Export, export_id).job_id, "completed")


def made(desk: Desk, export_id: str) -> list[tuple[str, str]]:
    return [(f["format"], f["aspectRatio"]) for f in read(desk, export_id).renditions]


def test_two_exports_at_once_each_get_their_own_files(desk: Desk, rendered: list[Any]) -> None:
    cut(desk)
    first = ask(desk)
    second = ask(desk, formats=["webm"])
    run(desk)
    assert made(desk, first) == [("mp4", "landscape")]
    assert made(desk, second) == [("webm", "landscape")]
    assert read(desk, first).fingerprint != read(desk, second).fingerprint
    assert len(rendered) == 1


def test_the_same_export_again_has_files_without_encoding_again(
    desk: Desk, rendered: list[Any]
) -> None:
    cut(desk)
    first = ask(desk, formats=["webm"])
    run(desk)
    end(desk, first)
    again = ask(desk, formats=["webm"])
    run(desk)
    assert read(desk, again).renditions == read(desk, first).renditions != []
    assert len(rendered) == 1


def test_an_export_says_which_scenes_changed_since_it_was_asked_for(desk: Desk) -> None:
    cut(desk, takes={"s1": "v1", "s2": "v9"})
    same = ask(desk, takes={"s1": "v1", "s2": "v9"})
    changed = ask(desk, takes={"s1": "v1", "s2": "v2"})
    run(desk)
    results = []
    with desk.database.read() as session:
        for export_id in (same, changed):
            job = jobs.get(session, session.get(Export, export_id).job_id)
            results.append((job.result, came_out(session, job)))
    assert results == [
        (None, "1 file: mp4 landscape"),
        (
            {"changedSceneIds": ["s2"]},
            "1 file: mp4 landscape; 1 scene changed after this was asked for",
        ),
    ]


@pytest.mark.parametrize(
    ("type_", "message"),
    [
        ("generate_scene", "take 1 of scene {order} is ready"),
        ("vocal_extraction", "the voice of scene {order} is cut out"),
        ("forced_alignment", "the words of scene {order} are placed"),
        ("lip_sync_post_process", "the lips of take 1 of scene {order} stay as they are: no face"),
    ],
)
def test_a_finished_job_says_what_came_out(desk: Desk, type_: str, message: str) -> None:
    scene = desk.singing()
    version = desk.take(scene)
    with desk.database.write() as session:
        session.get(type(version), version.id).lip_sync = {"applied": False, "reason": "no face"}
    job_id = desk.job(type_, scene_id=scene.id, version_id=version.id)
    with desk.database.read() as session:
        assert came_out(session, jobs.get(session, job_id)) == message.format(order=scene.order)


def test_a_heard_song_says_how_many_scenes_it_has(desk: Desk) -> None:
    job_id = desk.job("analyze_audio")
    with desk.database.read() as session:
        told = came_out(session, jobs.get(session, job_id))
    assert told == f"the song is cut into {len(desk.scenes)} scenes"
