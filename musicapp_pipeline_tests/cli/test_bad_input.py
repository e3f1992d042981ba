"""Bad input gets one clear line, and nothing half-written stays behind."""

import subprocess
import sys

import numpy as np
import pytest
import soundfile as sf
from filelock import FileLock

from musicapp_pipeline.cli.options import MakeOptions, checked
from musicapp_pipeline_tests.songs import RATE, click_song


def silence(path):
    sf.write(path, np.zeros(RATE * 5, np.float32), RATE)


def short(path):
    click_song(path, seconds=0.5)


SONGS = {
    "missing.mp3": (lambda _path: None, "does not exist"),
    "words.mp3": (lambda path: path.write_text("these are words, not sound\n" * 50), "not a sound"),
    "empty.mp3": (lambda path: path.write_bytes(b""), "empty"),
    "silent.wav": (silence, "musicapp: silent.wav is silent"),
    "short.wav": (short, "musicapp: short.wav is 0.5"),
    "picture.png": (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 64), "sound"),
}


@pytest.mark.parametrize("name", SONGS)
def test_a_song_that_cannot_be_used_is_refused(musicapp, home, tmp_path, name):
    make, expected = SONGS[name]
    make(tmp_path / name)
    result = musicapp("make", tmp_path / name, "--out", tmp_path / "out")
    assert result.exit_code == 2
    [line] = [x for x in result.stderr.splitlines() if x.startswith("musicapp:")]
    assert expected in line.lower()
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()
    assert not list(home.glob("media/.tmp/*"))
    assert not [path for path in home.glob("media/**/*") if path.is_file()]


OPTIONS = [
    (["--fps", "5"], "--fps: fps '5' is not a frame rate between 8 and 120"),
    (["--fps", "fast"], "--fps: fps 'fast'"),
    (["--title", "x" * 201], "--title: String should have at most 200 characters"),
    (["--style", "sepia"], "cinematic_noir"),
    (["--budget", "-1"], "--budget: "),
    (["--budget", "nan"], "--budget: "),
    (["--budget", "0.01"], "cap"),
    (["--model", "no-such-model"], "no-such-model"),
    (["--lyrics", "gone.txt"], "lyrics"),
    (["--reference", "gone.png"], "reference"),
]


@pytest.mark.parametrize(("options", "expected"), OPTIONS, ids=lambda v: str(v)[:30])
def test_an_option_that_cannot_be_used_is_named(musicapp, tmp_path, options, expected):
    song = click_song(tmp_path / "song.wav")
    result = musicapp("make", song, "--out", tmp_path / "out", *options)
    assert result.exit_code == 2
    assert expected in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_to_is_found_out_before_work(musicapp, home, tmp_path):
    song = click_song(tmp_path / "song.wav")
    (tmp_path / "taken").write_text("a file, not a folder")
    result = musicapp("make", song, "--out", tmp_path / "taken" / "videos")
    assert result.exit_code == 2
    assert "--out: cannot write to" in result.stderr
    assert not home.exists()


def test_what_can_be_refused_at_once_is_refused_without_loading_dagster(tmp_path):
    code = (
        "import sys; from musicapp_pipeline.cli.main import cli\n"
        "try: cli(['make', 'gone.mp3', '--out', 'out'])\n"
        "except SystemExit as end: print(end.code, 'dagster' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["2", "False"]


def test_two_processes_do_not_make_one_video(musicapp, home, tmp_path):
    song = click_song(tmp_path / "song.wav")
    order = checked(MakeOptions(song=song, out=tmp_path / "out"))
    (home / "locks").mkdir(parents=True)
    with FileLock(home / "locks" / f"make-{order.identity[:16]}.lock"):
        result = musicapp("make", song, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "another musicapp is making this video of song.wav" in result.stderr


def test_a_reference_that_is_no_image_is_refused(musicapp, tmp_path):
    song = click_song(tmp_path / "song.wav")
    (tmp_path / "face.jpg").write_text("not a picture")
    result = musicapp("make", song, "--out", tmp_path, "--reference", tmp_path / "face.jpg")
    assert result.exit_code == 2
    assert "face.jpg" in result.stderr


@pytest.mark.parametrize("content", [b"\x00\x01\x02", b"\xff\xfe\xfd\xd8"])
def test_lyrics_that_are_no_text_are_refused(musicapp, tmp_path, content):
    song = click_song(tmp_path / "song.wav")
    (tmp_path / "lyrics.txt").write_bytes(content)
    result = musicapp("make", song, "--out", tmp_path, "--lyrics", tmp_path / "lyrics.txt")
    assert result.exit_code == 2
    assert "lyrics" in result.stderr


def test_phonemes_that_align_did_not_print_are_refused(musicapp, tmp_path):
    for name in ("clip.mp4", "voice.wav"):
        (tmp_path / name).write_bytes(b"0")
    (tmp_path / "phones.json").write_text('{"words": []}')
    result = musicapp(
        "lipsync", *(tmp_path / n for n in ("clip.mp4", "voice.wav", "phones.json", "out.mp4"))
    )
    assert result.exit_code == 2
    assert "musicapp align" in result.stderr
    assert not (tmp_path / "out.mp4").exists()
