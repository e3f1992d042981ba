"""The sung line's pitch: notes joined by glides, with a late vibrato and a human drift."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from musicapp_pipeline.demo.songmaker.sound.signal import Mono
from musicapp_pipeline.demo.songmaker.voice.timing import Slot


@dataclass(frozen=True)
class Manner:
    """How a take is sung."""

    cents: float = 0.0
    """Constant detuning."""
    vibrato: float = 0.32
    """Depth in semitones."""
    drift: float = 0.06
    """Slow wandering in semitones."""
    late: float = 0.0
    """Seconds after the lead."""
    seed: int = 0


def melody(times: Mono, slots: tuple[Slot, ...], pitches: tuple[int, ...], manner: Manner) -> Mono:
    """Pitch in MIDI numbers at each of ``times`` (evenly spaced seconds)."""
    rng = np.random.default_rng(manner.seed)
    step = float(times[1] - times[0])
    starts = np.array([slot.start for slot in slots])
    index = np.clip(np.searchsorted(starts, times + 0.035, side="right") - 1, 0, None)
    # Glides begin a little before the note, and take about 70 ms.
    glide = gaussian_filter1d(np.asarray(pitches, dtype=np.float64)[index], 0.022 / step)
    wobble = np.zeros(len(times))
    for slot in slots:
        length = slot.end - slot.start
        inside = (times >= slot.start) & (times < slot.end)
        since = times[inside] - slot.start
        if length > 0.42:
            ramp = np.clip((since - 0.22) / 0.3, 0.0, 1.0)
            rate = 5.2 + 0.4 * rng.random()
            wobble[inside] += manner.vibrato * ramp * np.sin(2 * np.pi * rate * (since - 0.22))
        # A scoop from just below, as singers reach for a note.
        wobble[inside] -= 0.35 * np.exp(-since / 0.045)
    drift = gaussian_filter1d(rng.standard_normal(len(times)), 0.12 / step)
    drift *= manner.drift / max(float(np.std(drift)), 1e-9)
    return np.asarray(glide + gaussian_filter1d(wobble, 0.012 / step) + drift + manner.cents / 100)
