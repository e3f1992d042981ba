"""What is odd about a song or a picture is said, once each."""

import pytest
from PIL import Image

from musicapp_pipeline import demo
from musicapp_pipeline.cli.notes import hindrances, notes_of
from musicapp_pipeline.cli.options import MakeOptions, checked
from musicapp_pipeline.cli.producer import Producer
from musicapp_pipeline.generation import admission, ledger
from musicapp_pipeline.settings import settings
from musicapp_pipeline.store import artifacts, projects, scenes
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.migrate import migrate
from musicapp_pipeline.store.models import now
from musicapp_pipeline_tests.defs.test_questions import in_doubt
from musicapp_pipeline_tests.defs.world import Desk
from musicapp_pipeline_tests.songs import click_song

SILENT = "no words are sung in this scene"


def test_notes_of_scenes_are_counted_and_a_still_mouth_has_one_reason(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'notes.db'}")
    migrate(database)
    rows = {
        ("song", "a"): {"notes": ["1 of 211 packets were damaged and are missing"]},
        ("audio_analysis", "a"): {"notes": ["the beat is free"]},
        ("storyboard", "a"): {"notes": ["the beat is free"]},
        ("lip_synced_clip", "a/s1/t01"): {"reason": SILENT},
        ("lip_synced_clip", "a/s2/t01"): {"reason": SILENT},
        ("lip_synced_clip", "a/s3/t02"): {"reason": ""},
        ("lyric_alignment", "a/s1"): {"notes": ["There are no words to place."]},
        ("lyric_alignment", "a/s3"): {"notes": ["Read with the nearest English sounds: 光"]},
        ("song", "ab"): {"notes": ["another project's"]},
    }
    with database.write() as session:
        for (asset, key), shown in rows.items():
            artifacts.put(session, asset, key, "f", Made("v", details={"shown": shown}), None)
    with database.read() as session:
        assert notes_of(session, "a") == (
            "1 of 211 packets were damaged and are missing",
            "the beat is free",
            f"{SILENT} (2 scenes)",
            "Read with the nearest English sounds: 光 (1 scene)",
        )


def test_a_take_that_waits_for_room_is_told_once(tmp_path):
    """The clip is paid and is fetched again and again; nothing else is seen to happen."""
    desk = Desk(tmp_path / "desk")
    version = in_doubt(desk)
    with desk.database.read() as session:
        assert hindrances(session, version.project_id) == {}  # a person is asked
    with desk.database.write() as session:
        project = projects.get(session, version.project_id, lock=True)
        other = scenes.get(session, desk.scenes[1].id)
        [waits] = admission.admit(session, project, [(other, 1)], desk.bench.provider)
        doubt = ledger.attempts_of(session, version.id)[0]
        doubt.submitted_at, doubt.sent_to = now(), "an account"
        assert hindrances(session, version.project_id, "another account", 900.0) == {}
        [told] = hindrances(session, version.project_id, doubt.sent_to, 900.0).values()
        assert told.startswith("takes in doubt, of all projects: 1 by now. Each keeps one of the")
        ledger.release(session, ledger.locked(session, waits.attempt.id), "not sent")
    with desk.database.write() as session:
        [attempt] = ledger.attempts_of(session, version.id)
        attempt.next_action_at, attempt.error = now(), {"message": "the line broke"}
    with desk.database.read() as session:
        [said] = hindrances(session, version.project_id).values()
    assert said.startswith("whether a take was bought is not known yet, and is looked for")
    assert said.endswith(": the line broke")
    full = {"code": "download_failed", "message": "No space left on device"}
    with desk.database.write() as session:
        [attempt] = ledger.attempts_of(session, version.id)
        attempt.state, attempt.error = "completed", full
    said = Said()
    producer = Producer(desk.bench, None, said, 1)
    producer._show_takes(version.project_id)
    producer._show_takes(version.project_id)
    assert said == ["a take is late, and is tried again by itself: No space left on device"]
    with desk.database.write() as session:
        ledger.attempts_of(session, version.id)[0].state = "settled"
    with desk.database.read() as session:
        assert hindrances(session, version.project_id) == {}


class Said(list):
    """The lines that stay."""

    log = list.append

    def takes(self, done, total, cost):
        """Only a bar."""


def test_a_reference_without_a_face_is_used_and_said(tmp_path):
    song = click_song(tmp_path / "song.wav")
    Image.new("RGB", (20_000, 400), (90, 60, 30)).save(tmp_path / "wall.png")
    wall = checked(MakeOptions(song, tmp_path / "out", reference=tmp_path / "wall.png"))
    assert wall.notes == (
        "no face was found in wall.png; where none is seen, no lips can be moved",
    )
    face = checked(
        MakeOptions(song, tmp_path / "out", reference=demo.song_path().with_name("portrait.jpg"))
    )
    assert face.notes == ()


def test_default_prices_are_said_before_a_real_service_is_paid(tmp_path, home, monkeypatch):
    song = click_song(tmp_path / "song.wav")
    monkeypatch.setenv("SORA_API_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("USE_SORA_MOCK", "false")
    settings.cache_clear()
    (note,) = checked(MakeOptions(song, tmp_path / "out")).notes
    assert note.startswith("videos_api/sora-2: ") and "SORA_PRICING_PER_SECOND_BASE" in note
    monkeypatch.setenv("MUSICAPP_PRICES", "videos_api/sora-2=0.10")
    assert checked(MakeOptions(song, tmp_path / "out")).notes == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MUSICAPP_REFUNDS_FAILED", "maybe"),
        ("MUSICAPP_PRICES", "videos_api/sora2=1"),
        ("SORA_API_KEY", "sk-…"),
        ("FAL_KEY", "…"),
        ("SORA_API_BASE_URL", "127.0.0.1:30010/v1"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_line_and_nothing_is_made(
    musicapp, home, tmp_path, monkeypatch, name, value
):
    song = click_song(tmp_path / "song.wav")
    monkeypatch.setenv(name, value)
    settings.cache_clear()
    done = musicapp("make", song, "--out", tmp_path / "out")
    assert done.exit_code == 2 and done.stderr.startswith(f"musicapp: {name}: ")
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert not home.exists() and not (tmp_path / "out").exists()
