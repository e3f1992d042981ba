"""Ctrl-C and SIGTERM leave a state that the next run goes on from, over real processes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from musicapp_pipeline_tests.songs import click_song

pytestmark = pytest.mark.full


class Make:
    """``musicapp make`` of one song in a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.song = click_song(folder / "song.wav", seconds=9.0)
        self.folder = folder

    def start(self) -> subprocess.Popen[str]:
        environment = {**os.environ, "MUSICAPP_HOME": str(self.folder / "home")}
        for name in ("DATABASE_URL", "REDIS_URL", "AWS_S3_BUCKET"):
            environment.pop(name, None)
        return subprocess.Popen(
            [sys.executable, "-m", "musicapp_pipeline.cli.main", "make", str(self.song),
             "--clip-seconds", "4", "--out", str(self.folder / "out"), "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=self.folder, env=environment | {"USE_SORA_MOCK": "true"},
        )  # fmt: skip

    def interrupted_at(self, words: str, with_: signal.Signals) -> tuple[int, list[str]]:
        """The exit code and what was said, when the signal follows ``words``."""
        process = self.start()
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if words in line:
                process.send_signal(with_)
                break
        said += process.stderr.readlines()
        return process.wait(), said


def test_an_interrupted_video_is_carried_on_and_nothing_is_paid_twice(tmp_path: Path) -> None:
    make = Make(tmp_path)
    for words, with_ in (
        ("Planning the cut", signal.SIGINT),
        ("takes ordered", signal.SIGTERM),
        ("Conforming takes", signal.SIGINT),
    ):
        code, said = make.interrupted_at(words, with_)
        assert code == 130, said
        assert any("the same command goes on from here" in line for line in said)
        assert not any("Traceback" in line for line in said)
        assert not (tmp_path / "out" / "song.mp4").exists()
    stdout, stderr = make.start().communicate()
    summary = json.loads(stdout)
    assert "results of earlier runs are kept" in stderr
    assert summary["takes"] == summary["scenes"]
    assert summary["costUsd"] == pytest.approx(0.24 * summary["scenes"])
    assert "song" not in summary["made"]
    assert Path(summary["video"]).is_file()
