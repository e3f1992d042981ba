import os
import shutil
from pathlib import Path

import pytest

from musicapp_pipeline.media.errors import FfmpegFailed, MediaCancelled, NotMedia
from musicapp_pipeline.media.ffmpeg import ffmpeg_exe, run_ffmpeg, untrusted_input
from musicapp_pipeline.media.probe import probe
from musicapp_pipeline_tests.media.samples import song_wav

ENDLESS = ["-re", "-f", "lavfi", "-i", "testsrc=s=64x64:r=25", "-f", "null", "-"]


def test_ffmpeg_is_the_wheels_own_even_if_another_is_on_path(tmp_path, monkeypatch):
    other = tmp_path / "ffmpeg"
    other.write_text("#!/bin/sh\nexit 3\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(other))
    ffmpeg_exe.cache_clear()
    assert "imageio_ffmpeg" in ffmpeg_exe()


def test_no_program_is_on_path_in_these_tests():
    assert shutil.which("ffmpeg") is None
    assert shutil.which("ffprobe") is None


def test_a_failure_carries_the_command_and_the_reason():
    with pytest.raises(FfmpegFailed) as caught:
        run_ffmpeg(["-i", "/nowhere/song.mp3", "-f", "null", "-"])
    assert "/nowhere/song.mp3" in caught.value.command
    assert "No such file" in caught.value.stderr


def test_frames_are_reported_and_an_ffmpeg_python_graph_runs(tmp_path):
    import ffmpeg

    seen: list[int] = []
    graph = ffmpeg.input("testsrc=s=64x64:r=25:d=2", f="lavfi").output(str(tmp_path / "v.mp4"))
    run_ffmpeg(graph, on_frames=seen.append)
    assert seen[-1] == 50
    assert probe(tmp_path / "v.mp4").video.frames == 50


def test_reports_are_returned_at_info_level(tmp_path):
    wav = song_wav(tmp_path / "song.wav", 2)
    args = ["-i", str(wav), "-af", "ebur128", "-f", "null", "-"]
    assert "LUFS" in run_ffmpeg(args, loglevel="info")
    assert "LUFS" not in run_ffmpeg(args)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"cancelled": lambda: True}, MediaCancelled, "cancelled"),
        ({"timeout": 0.3}, FfmpegFailed, "0.3 s"),
    ],
)
def test_an_endless_run_is_stopped(options, error, words, monkeypatch):
    started = _record_processes(monkeypatch)
    with pytest.raises(error, match=words):
        run_ffmpeg(ENDLESS, **options)
    assert started[0].poll() is not None


def test_an_interrupt_leaves_no_process_behind(monkeypatch):
    started = _record_processes(monkeypatch)

    def interrupt() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_ffmpeg(ENDLESS, cancelled=interrupt)
    assert started[0].poll() is not None


def _record_processes(monkeypatch):
    import subprocess

    started = []
    original = subprocess.Popen

    def popen(*args, **kwargs):
        started.append(original(*args, **kwargs))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    return started


def _hls(path: Path, named: Path) -> Path:
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{named}\n#EXT-X-ENDLIST\n")
    return path


@pytest.mark.parametrize("name", ["list.m3u8", "list.mp3", "list.mp4"])
def test_a_playlist_cannot_make_ffmpeg_read_another_file(tmp_path, name):
    secret = tmp_path / "secret.ts"
    run_ffmpeg(["-f", "lavfi", "-i", "testsrc=s=64x64:d=1", "-f", "mpegts", str(secret)])
    playlist = _hls(tmp_path / name, secret)
    with pytest.raises(FfmpegFailed):
        run_ffmpeg(untrusted_input(playlist).output(str(tmp_path / "out.mp4")))
    with pytest.raises(NotMedia, match="playlist"):
        probe(playlist)


def test_a_name_that_looks_like_an_option_or_an_address_is_only_a_name(tmp_path):
    for name in ("-i.wav", "http:x.wav", "concat:a.wav"):
        source = song_wav(tmp_path / name, 2)
        out = tmp_path / "out.flac"
        os.chdir(tmp_path)
        run_ffmpeg(untrusted_input(source.name).output(str(out)))
        assert probe(out).audio.codec == "flac"
