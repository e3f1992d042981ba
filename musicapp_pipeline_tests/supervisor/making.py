"""``musicapp make`` in a process of its own, interrupted at a word."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from musicapp_pipeline_tests.songs import click_song


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
