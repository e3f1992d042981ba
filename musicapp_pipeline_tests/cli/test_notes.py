"""What is odd about a song or a picture is said, once each."""

from PIL import Image

from musicapp_pipeline import demo
from musicapp_pipeline.cli.notes import notes_of
from musicapp_pipeline.cli.options import MakeOptions, checked
from musicapp_pipeline.store import artifacts
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.migrate import migrate
from musicapp_pipeline_tests.songs import click_song

SILENT = "no words are sung in this scene"


def test_notes_of_scenes_are_counted_and_a_still_mouth_has_one_reason(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'notes.db'}")
    migrate(database)
    rows = {
        ("song", "a"): {"notes": ["1 of 211 packets were damaged and are missing"]},
        ("audio_analysis", "a"): {"notes": []},
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
            f"{SILENT} (2 scenes)",
            "Read with the nearest English sounds: 光 (1 scene)",
        )


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
