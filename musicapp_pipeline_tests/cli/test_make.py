"""The whole path on a small song: from a file to a video that is exact."""

import json

import pytest

from musicapp_pipeline import timebase
from musicapp_pipeline.defs.bench import workbench
from musicapp_pipeline.store import artifacts, projects, scenes
from musicapp_pipeline_tests.songs import click_song

SECONDS = 9.0


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One video, made once for the tests of this module."""
    from click.testing import CliRunner

    from musicapp_pipeline import settings as settings_module
    from musicapp_pipeline.cli.main import cli

    folder = tmp_path_factory.mktemp("make")
    song = click_song(folder / "song.wav", seconds=SECONDS)
    lyrics = folder / "lyrics.txt"
    lyrics.write_text("Morning over the water\nWe are not afraid\n")
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("MUSICAPP_HOME", str(folder / "home"))
    monkeypatch.setenv("PATH", "")  # neither ffmpeg nor ffprobe may be needed
    monkeypatch.chdir(folder)
    settings_module.settings.cache_clear()

    def run(*extra):
        arguments = ["make", str(song), "--lyrics", str(lyrics), "--clip-seconds", "4",
                     "--out", str(folder / "out"), "--json", *extra]  # fmt: skip
        return CliRunner().invoke(cli, arguments, catch_exceptions=False)

    yield run(), run, folder
    monkeypatch.undo()
    settings_module.settings.cache_clear()


def test_the_video_is_exact_to_the_frame_and_in_sync(made):
    from musicapp_pipeline.assembly.verify import verify_final

    result, _run, folder = made
    assert result.exit_code == 0, result.stderr
    summary = json.loads(result.stdout)
    fps = timebase.parse_fps(summary["fps"])
    wanted = timebase.frame_at(SECONDS, fps)
    assert summary["frames"] == wanted
    bench = workbench()
    with bench.database.read() as session:
        master = artifacts.get(session, "song", summary["projectId"])
    report = verify_final(
        folder / "out" / "song.mp4", wanted, fps, bench.media.fetch(master.media_key)
    )
    assert report.problems == ()
    assert (report.video_codec, report.audio_codec) == ("h264", "aac")
    assert abs(report.audio_offset_ms) < 1.0


def test_every_cut_is_on_a_detected_beat(made):
    result, _run, _folder = made
    project_id = json.loads(result.stdout)["projectId"]
    with workbench().database.read() as session:
        project = projects.get(session, project_id)
        beats = [b["time"] for b in projects.storyboard(session, project_id).beat_grid["beats"]]
        rows = scenes.of_project(session, project_id)
    fps = projects.fps_of(project)
    on_beat = {timebase.frame_at(t, fps) for t in beats}
    assert len(rows) > 1
    assert all(scene.start_frame in on_beat for scene in rows[1:])
    assert [s.end_frame for s in rows[:-1]] == [s.start_frame for s in rows[1:]]


def test_the_summary_says_what_was_made_and_what_it_cost(made):
    result, _run, _folder = made
    summary = json.loads(result.stdout)
    assert {"video", "poster", "durationSeconds", "frames", "fps", "scenes", "takes", "costUsd",
            "timings"} <= set(summary)  # fmt: skip
    assert summary["takes"] == summary["scenes"]
    assert summary["costUsd"] == pytest.approx(0.24 * summary["scenes"])
    assert summary["costSimulated"] is True


def test_a_second_run_reuses_everything_and_pays_nothing(made):
    result, run, _folder = made
    again = run()
    assert again.exit_code == 0
    first, second = json.loads(result.stdout), json.loads(again.stdout)
    assert second["made"] == {}
    assert second["costUsd"] == first["costUsd"]
    assert second["projectId"] == first["projectId"]


def test_files_that_were_lost_or_cut_short_are_made_again_and_nothing_is_paid(made):
    result, run, folder = made
    first = json.loads(result.stdout)
    media = folder / "home" / "media"
    [final] = media.glob("projects/*/final/*.mp4")
    final.write_bytes(final.read_bytes()[:1000])
    [upload] = media.glob("uploads/*")
    upload.unlink()
    for master in media.glob("projects/*/song/*.wav"):
        master.unlink()
    mezzanine = sorted(media.glob("projects/**/mezzanine-*.mp4"))[0]
    mezzanine.write_bytes(mezzanine.read_bytes()[:5000])
    again = run()
    assert again.exit_code == 0, again.stderr
    second = json.loads(again.stdout)
    assert second["made"]["song"] == second["made"]["final_cut"] == second["made"]["mezzanine"] == 1
    assert second["costUsd"] == first["costUsd"]
    assert (folder / "out" / "song.mp4").stat().st_size > 100_000
    [sheet] = media.glob("projects/*/final/*contact.png")
    sheet.unlink()
    assert json.loads(run().stdout)["made"]["final_cut"] == 1


def test_another_take_leaves_the_first_ones_alone(made):
    result, run, _folder = made
    more = run("--takes", "2")
    assert more.exit_code == 0, more.stderr
    first, second = json.loads(result.stdout), json.loads(more.stdout)
    assert second["takes"] == 2 * first["scenes"]
    assert second["made"]["clip"] == first["scenes"]
    assert "audio_analysis" not in second["made"]
