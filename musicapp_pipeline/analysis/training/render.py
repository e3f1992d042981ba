"""Let a score sound: General MIDI by FluidSynth or tones by numpy, drums, voice, mastering."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np

from musicapp_pipeline.analysis.arrays import Floats
from musicapp_pipeline.analysis.training import grooves, mastering, midi, synth, tones, voice
from musicapp_pipeline.analysis.training.notes import Score

STUDY_FONTS = (
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf2/TimGM6mb.sf2",
    "/usr/share/sounds/sf2/OPL-3_FM_128M.sf2",
    "/usr/share/sounds/sf2/sf_GMbank.sf2",
)
"""Debian: fluid-soundfont-gm, timgm6mb-soundfont, opl3-soundfont, csound-soundfont."""
EXAM_FONTS = ("/usr/share/sounds/sf2/MuseScore_General_Full.sf2",)
"""Debian: musescore-general-soundfont-lossless."""


def render(score: Score, seed: int, rate: int, *, exam: bool = False, fonts: bool = True) -> Floats:
    """The finished song, mono, (samples,).

    Args:
        score: what to play.
        seed: every choice follows from it.
        rate: samples a second.
        exam: the held-out family's sound font and mastering.
        fonts: whether FluidSynth and its sound fonts may be used; without, all is numpy.
    """
    rng = np.random.default_rng([seed, 7])
    seconds = float(score.seconds[-1]) + float(rng.uniform(0.5, 3))
    fonts = fonts and rng.random() < (1.0 if exam else 0.85)
    machine = rng.random() < (0.25 if exam else 0.35) or not fonts
    layers = frozenset({"bass", "comp", "second", "solo"} | (set() if score.sung else {"lead"}))
    font = (EXAM_FONTS if exam else STUDY_FONTS)[int(rng.integers(1 if exam else len(STUDY_FONTS)))]
    if fonts:
        pitched = _fluidsynth(score, rng, layers, font, rate, seconds)
    else:
        pitched = tones.play(score, layers, rate, rng, seconds)
    if machine:
        drums = synth.drum_machine(score, rate, rng, seconds)
    else:
        drums = _fluidsynth(score, rng, frozenset({"drums"}), font, rate, seconds)
    if rng.random() < 0.15:
        pitched = mastering.pump(pitched, _kicks(score), rate, float(rng.uniform(0.3, 0.9)))
    mix = _balance(pitched, 1.0) + _balance(drums, float(np.exp(rng.normal(0.1, 0.6))))
    if score.sung:
        sound = voice.voice(score, rate, rng, seconds)
        mix += _balance(sound, float(np.exp(rng.normal(-0.1, 0.5))))
    return mastering.master(mix, rate, rng, exam=exam)


def _kicks(score: Score) -> list[float]:
    return [
        score.time_of(note.start)
        for note in score.notes
        if note.part == "drums" and note.pitch == grooves.KICK
    ]


def _balance(samples: Floats, gain: float) -> Floats:
    level = float(np.sqrt(np.mean(np.square(samples))))
    return samples * np.float32(gain / level) if level > 1e-6 else samples


def _fluidsynth(
    score: Score,
    rng: np.random.Generator,
    layers: frozenset[str],
    font: str,
    rate: int,
    seconds: float,
) -> Floats:
    import soundfile

    out = np.zeros(round(seconds * rate), np.float32)
    if not any(note.part in layers for note in score.notes):
        return out
    with tempfile.TemporaryDirectory() as folder:
        song, wav = Path(folder) / "a.mid", Path(folder) / "a.wav"
        song.write_bytes(midi.midi_bytes(score, rng, layers))
        command = ["fluidsynth", "-niq", "-g", "0.4", "-r", str(rate), "-R", "0", "-C", "0"]
        # Only the instruments used are read from the font.
        command += ["-o", "synth.dynamic-sample-loading=1"]
        subprocess.run([*command, "-F", wav, font, song], check=True, capture_output=True)
        samples, _ = soundfile.read(wav, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    count = min(len(mono), len(out))
    out[:count] = mono[:count]
    return out
