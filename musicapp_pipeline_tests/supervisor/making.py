"""``musicapp make`` in a process of its own, interrupted at a word."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from musicapp_pipeline_tests.songs import click_song

INTERRUPTING = """
import os, sys
from musicapp_pipeline.cli.entry import main
from musicapp_pipeline.cli.view import View

words, number = sys.argv.pop(1), int(sys.argv.pop(1))
say = View.log

def say_and_interrupt(view, text):
    say(view, text)
    if words in text:
        os.kill(os.getpid(), number)

View.log = say_and_interrupt
main()
"""
"""It interrupts itself: whoever listens may be held up until it is too late."""


class Make:
    """``musicapp make`` of one song in a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.song = click_song(folder / "song.wav", seconds=9.0)
        self.folder = folder

    def done(self) -> "subprocess.CompletedProcess[str]":
        """Run to its end."""
        return self._run("-m", "musicapp_pipeline.cli.main")

    def interrupted_at(self, words: str, with_: signal.Signals) -> tuple[int, str]:
        """The exit code and what was said, when the signal follows ``words``."""
        done = self._run("-c", INTERRUPTING, words, str(with_.value))
        return done.returncode, done.stderr

    def _run(self, *program: str) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "MUSICAPP_HOME": str(self.folder / "home")}
        for name in ("DATABASE_URL", "REDIS_URL", "AWS_S3_BUCKET"):
            environment.pop(name, None)
        return subprocess.run(
            [sys.executable, *program, "make", str(self.song), "--clip-seconds", "4",
             "--out", str(self.folder / "out"), "--json"],
            capture_output=True, text=True, check=False,
            cwd=self.folder, env=environment | {"USE_SORA_MOCK": "true"},
        )  # fmt: skip
