"""Bad input gets one clear line, and nothing half-written stays behind."""

import json
import os
import random
import subprocess
import sys

import numpy as np
import pytest
import soundfile as sf
from filelock import FileLock

from musicapp_pipeline.cli.options import MakeOptions, checked
from musicapp_pipeline.defs.instance.home import open_instance
from musicapp_pipeline.settings import settings
from musicapp_pipeline_tests.songs import RATE, click_song


def silence(path):
    sf.write(path, np.zeros(RATE * 5, np.float32), RATE)


def short(path):
    click_song(path, seconds=0.5)


SONGS = {
    "missing.mp3": (lambda _path: None, "does not exist"),
    "words.mp3": (lambda path: path.write_text("these are words, not sound\n" * 50), "not a sound"),
    "noise.mp3": (lambda path: path.write_bytes(random.Random(5).randbytes(200_000)), "noise.mp3"),
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
    with open_instance(settings()) as instance:
        assert instance.get_runs() == []
        assert instance.get_dynamic_partitions("projects") == []


OPTIONS = [
    (["--fps", "5"], "--fps: fps '5' is not a frame rate between 8 and 120"),
    (["--fps", "fast"], "--fps: fps 'fast'"),
    (["--title", "x" * 201], "--title: String should have at most 200 characters"),
    (["--style", "sepia"], "cinematic_noir"),
    (["--style", "none"], "--style: style preset 'none' is unknown; choose one of cinematic_noir"),
    (["--style", "none"], "dark_gothic, or leave it out"),
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


@pytest.mark.parametrize("command", [["make", "song.wav"], ["demo"]])
def test_an_empty_folder_name_is_not_the_folder_one_is_in(musicapp, home, tmp_path, command):
    click_song(tmp_path / "song.wav")
    result = musicapp(*command, "--out", "")
    assert result.exit_code == 2
    assert "--out" in result.stderr and "empty" in result.stderr
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


def test_a_file_that_could_not_be_written_is_found_out_before_the_work(musicapp, tmp_path):
    song = click_song(tmp_path / "song.wav", seconds=4.0)
    place = tmp_path / "gone"
    result = musicapp("analyze", song, "--plot", place / "song.png")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"musicapp: --plot: the folder {place} does not exist\n"
    (tmp_path / "phones.json").write_text('{"phonemes": []}')
    result = musicapp("lipsync", song, song, tmp_path / "phones.json", place / "out.mp4")
    assert result.exit_code == 2
    assert result.stderr == f"musicapp: out: the folder {place} does not exist\n"


def latin_tag(path):
    """A WAV whose INFO title is Latin-1, as old programs write it."""
    click_song(path, seconds=3.0)
    data = path.read_bytes()
    info = b"INFOINAM" + (6).to_bytes(4, "little") + b"Caf\xe9\x1b\x00"
    data += b"LIST" + len(info).to_bytes(4, "little") + info
    path.write_bytes(data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:])


def test_titles_that_nobody_typed_are_made_to_fit(home, tmp_path):
    latin_tag(tmp_path / "latin.wav")
    assert checked(MakeOptions(tmp_path / "latin.wav", tmp_path / "o")).new.title == "Caf\ufffd"
    long = click_song(tmp_path / f"{'y' * 240}.wav", seconds=3.0)
    assert checked(MakeOptions(long, tmp_path / "o")).new.title == "y" * 200
    odd = click_song(tmp_path / "a\n\x1b[1mb\u202e.wav", seconds=3.0)
    assert checked(MakeOptions(odd, tmp_path / "o")).new.title == "a [1mb"


def test_a_reference_of_a_few_pixels_is_looked_at(home, tmp_path):
    from PIL import Image

    song = click_song(tmp_path / "song.wav")
    Image.new("RGB", (20_000, 3)).save(tmp_path / "thin.png")
    order = checked(MakeOptions(song, tmp_path / "o", reference=tmp_path / "thin.png"))
    assert "no face" in order.notes[0]


def test_a_long_value_is_not_repeated_whole(musicapp, tmp_path):
    song = click_song(tmp_path / "song.wav")
    (tmp_path / "lyrics.txt").write_text("la " * 20_000)
    result = musicapp("make", song, "--out", tmp_path, "--lyrics", tmp_path / "lyrics.txt")
    assert result.exit_code == 2
    assert "--lyrics: String should have at most 50000 characters" in result.stderr
    assert len(result.stderr) < 300


def test_a_home_that_is_a_file_is_named(musicapp, home, tmp_path):
    home.write_text("not a folder")
    result = musicapp("make", click_song(tmp_path / "song.wav"), "--out", tmp_path)
    assert result.exit_code == 2
    assert "MUSICAPP_HOME: " in result.stderr


def test_one_broken_song_does_not_keep_the_others_from_being_heard(musicapp, tmp_path):
    songs = [click_song(tmp_path / name, seconds=4.0) for name in ("a.wav", "c.wav")]
    (tmp_path / "b.mp3").write_text("no sound")
    result = musicapp("analyze", songs[0], tmp_path / "b.mp3", songs[1])
    assert result.exit_code == 2
    assert [json.loads(line)["path"] for line in result.stdout.splitlines()] == [
        str(song) for song in songs
    ]
    assert "b.mp3" in result.stderr


def test_an_interruption_while_libraries_load_ends_in_one_line(tmp_path):
    code = (
        "import sys\n"
        "class Stop:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'structlog': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Stop())\n"
        "from musicapp_pipeline.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert done.stderr == "musicapp: interrupted; the same command goes on from here\n"


def test_a_typed_title_is_one_line(home, tmp_path):
    song = click_song(tmp_path / "song.wav", seconds=3.0)
    order = checked(MakeOptions(song, tmp_path / "o", title="My\tsong\x1b[1m \n\u202e"))
    assert order.new.title == "My song [1m"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MUSICAPP_PRESETS", "null"),
        ("MUSICAPP_PROMPT_TEMPLATE", '{"brol": "x"}'),
        ("MUSICAPP_DIRECTOR_URL", "localhost:1234"),
    ],
)
def test_a_setting_that_no_child_could_start_with_ends_up_at_once(home, variable, value):
    """In a process of its own: these are read once."""
    code = "from musicapp_pipeline.cli.entry import main; main()"
    open_to_all = ["--host", "0.0.0.0"]  # refused too, so that nothing ever starts here
    done = subprocess.run(
        [sys.executable, "-c", code, "up", *open_to_all],
        env={**os.environ, "MUSICAPP_API_TOKENS": "", variable: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith(f"musicapp: {variable}: ")
    assert not home.exists()


def test_help_says_where_the_pictures_of_several_songs_go(musicapp):
    said = " ".join(musicapp("analyze", "--help").stdout.split())
    assert "plot.png becomes plot-SONG.png" in said
