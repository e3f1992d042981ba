"""Speech with known phone times, from the flite program.

flite (Carnegie Mellon University, a BSD-like licence) must be installed: it is looked up on PATH.
"""

import io
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile

from musicapp_pipeline.demo.songmaker.errors import VoiceUnavailable
from musicapp_pipeline.demo.songmaker.sound.signal import Mono

_SEGMENT = re.compile(r"([a-z]+):([\d.]+)")


@dataclass(frozen=True)
class Phone:
    """A phone of the speech, seconds from its start; ``name`` is ARPAbet in lower case."""

    name: str
    start: float
    end: float


@dataclass(frozen=True)
class Speech:
    """What flite said."""

    samples: Mono
    rate: int
    phones: tuple[Phone, ...]


def available() -> bool:
    """Whether flite can be run."""
    return shutil.which("flite") is not None


@lru_cache(maxsize=512)
def speak(text: str, voice: str = "slt", stretch: float = 1.0) -> Speech:
    """Say ``text``.

    Args:
        text: English words.
        voice: a voice of flite's, ``slt`` (female) or ``rms`` (male).
        stretch: how much slower than normal.

    Raises:
        VoiceUnavailable: flite is missing or failed.
    """
    if not available():
        raise VoiceUnavailable(
            "flite is not installed; install it (Debian: apt-get install flite)"
            " or make the song with the wordless lead",
            field="lead",
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        command = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch}"]
        command += ["-psdur", "-t", text, "-o", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode != 0 or not path.exists():
            raise VoiceUnavailable(f"flite failed: {done.stderr.strip()[:200]}", value=text)
        samples, rate = soundfile.read(io.BytesIO(path.read_bytes()))
    ends = [(name, float(end)) for name, end in _SEGMENT.findall(done.stdout)]
    starts = [0.0] + [end for _, end in ends]
    phones = tuple(Phone(n, s, e) for (n, e), s in zip(ends, starts, strict=False))
    return Speech(np.asarray(samples, dtype=np.float64), int(rate), phones)
