"""Beats, bars and tempo of a song."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from musicapp_pipeline.analysis import activation, bars, onsets, pulse
from musicapp_pipeline.analysis.arrays import Doubles, Floats, Ints
from musicapp_pipeline.analysis.model import USABLE
from musicapp_pipeline.analysis.spectra import FPS, Spectra

RULER_BPM = 120.0
"""The grid of a song in which no pulse is heard."""
TEMPO_PRIOR = (118.0, 1.0)
"""Where people tap (BPM) and how widely (octaves)."""
SURE = 0.5
"""Confidence of a beat that nobody has to check: music with a pulse has .6 and more, a voice that
reads evenly up to .4."""
QUIET = 1e-6
"""Power under this share of the loud parts' is silence (-60 dB)."""
SPEAKING = 0.002
"""Seconds instruments take to speak: by so much attacks in songs lie behind the beat meant."""
STARTS = 0.1
"""A beat is played until nothing starts this strongly, beside the song's beats, any more."""
_REACH = 3
"""Frames (10 ms) by which the attack that makes a beat may lie from where the beat is expected."""
_UNEVEN = 12.0
"""How fast confidence falls with the median relative change from one gap to the next."""
_AUDIBLE = 0.1
"""Below this there is no attack to move to."""


@dataclass(frozen=True, slots=True)
class BeatGrid:
    """Beat times in seconds, strengths 0 to 1, positions in the bar (0 is the downbeat)."""

    times: Doubles
    strengths: Doubles
    position: Ints
    metre: int
    bpm: float
    confidence: float
    alternatives: tuple[float, ...]
    bars_confidence: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def downbeats(self) -> Doubles:
        return np.asarray(self.times[self.position == 0])


def find_beats(song: Spectra, heard: Floats, flux: Floats) -> BeatGrid:
    """Hear the beat grid of a song.

    Args:
        song: its spectra.
        heard: what the network says, see :func:`network.activations`.
        flux: the rise in six bands, see :func:`onsets.band_flux`.
    """
    attacks = activation.attack_activation(flux)
    if song.duration < 0.6 or float(attacks.max(initial=0)) < 0.05:
        return _ruler(song.duration, "no beat heard: the grid is a plain 120 BPM ruler")
    fused = activation.fuse(heard[:, 0], attacks)
    found = pulse.track_pulse(fused, prior=pulse.lognormal_tempo(*TEMPO_PRIOR))
    if len(found.frames) < 2:
        return _ruler(song.duration, "too short for a beat: the grid is a plain 120 BPM ruler")
    times, strengths = _place(found.frames, found.intervals, fused, attacks)
    counted = bars.find_bars(activation.downbeat_chance(times, heard))
    keep = _sounding(times, song) & _played(times, flux)
    times, strengths, position = times[keep], strengths[keep], counted.position[keep]
    if len(times) < 2:
        note = "too little starts for a beat: the grid is a plain 120 BPM ruler"
        return _ruler(song.duration, note)
    confidence = pulse_confidence(times, heard[:, 0])
    bpm = tempo_of(times)
    return BeatGrid(
        times,
        strengths,
        position,
        counted.metre,
        bpm,
        confidence,
        tuple(round(bpm * f, 3) for f in (0.5, 2.0) if 30 <= bpm * f <= 300),
        counted.confidence,
        _notes(times, confidence, counted.confidence),
    )


def _notes(times: Doubles, confidence: float, bars_confidence: float) -> tuple[str, ...]:
    notes = []
    if confidence < USABLE:
        notes.append(
            "no beat to rely on: cuts go by what starts, until you set or correct the beats"
        )
    elif confidence < SURE:
        notes.append("the beat is weak or free: check the grid before you trust it")
    elif bars_confidence < bars.GUESS:
        notes.append("nothing tells the bars: four to a bar are assumed; say where one begins")
    if len(times) > 8 and _unsteadiness(times) > 0.08:
        notes.append("the tempo varies; bpm is the median")
    return tuple(notes)


def tempo_of(times: Doubles) -> float:
    """Beats a minute from the median interval, over four beats where there are enough."""
    if len(times) < 2:
        return 0.0
    span = min(4, len(times) - 1)
    return float(60 * span / np.median(times[span:] - times[:-span]))


def pulse_confidence(times: Doubles, heard: Floats) -> float:
    """How sure the network is of the beats and how evenly they follow each other, 0 to 1.

    On music the network gives the beats .7 to .95, rest next to nothing, and each gap is like the
    one before, whatever the tempo does over a phrase. On speech, noise and free time the best
    path has .45 to .65 and gaps that differ by 4 to 7 % from each to the next.

    Args:
        times: the beats in seconds, (beats,).
        heard: the network's probability of a beat at 50 fps, (frames,).
    """
    if len(times) < 4:
        return 0.0
    on = float(activation.near(times, heard).mean())
    sure = np.clip((on - 0.35) / 0.45, 0, 1) * np.clip((on - float(heard.mean())) / 0.4, 0, 1)
    gaps = np.diff(times)
    uneven = float(np.median(np.abs(np.diff(gaps)) / gaps[1:]))
    return float(sure) * float(np.exp(-_UNEVEN * uneven)) * min(1.0, len(times) / 12)


def _unsteadiness(times: Doubles) -> float:
    """How far gaps are from the median, but for a fifth of them: a song may have two tempi."""
    gaps = np.diff(times)
    return float(np.quantile(np.abs(gaps / np.median(gaps) - 1), 0.8))


def _sounding(times: Doubles, song: Spectra) -> NDArray[np.bool_]:
    """Which beats lie in the song and not in a silence that lasts until the next."""
    if not len(times):
        return np.zeros(0, np.bool_)
    gap = float(np.median(np.diff(times))) if len(times) > 1 else 0.5
    floor = float(np.quantile(song.power, 0.9)) * QUIET
    width = max(1, round(gap * FPS))
    loudest = maximum_filter1d(song.power, width, origin=-((width - 1) // 2), mode="constant")
    frames = np.clip(np.round(times * FPS).astype(int), 0, len(loudest) - 1)
    inside = (times >= 0) & (times < song.duration)
    return np.asarray(inside & (loudest[frames] > floor))


def _played(times: Doubles, flux: Floats) -> NDArray[np.bool_]:
    """Which beats lie between the first and the last attack: a chord that rings has none."""
    if len(times) < 8:
        return np.ones(len(times), np.bool_)
    gap = round(float(np.median(np.diff(times))) * FPS)
    curve = flux.mean(axis=1)
    # From just before a beat to just before the next: off-beats are played too.
    loudest = maximum_filter1d(curve, gap, origin=_REACH + 2 - gap // 2, mode="constant")
    begun = loudest[np.clip(np.round(times * FPS).astype(int), 0, len(curve) - 1)]
    some = np.flatnonzero(begun > STARTS * np.median(begun))
    index = np.arange(len(times))
    return np.asarray((index >= some[0]) & (index <= some[-1]))


def _place(
    frames: Ints, intervals: Ints, fused: Doubles, attacks: Doubles
) -> tuple[Doubles, Doubles]:
    """Move each beat to the peak within its region, then to the attack that makes it."""
    times, strengths = [], []
    for frame, interval in zip(frames, intervals, strict=True):
        width = max(1, int(np.ceil(interval * pulse.BEAT_SHARE)))
        region = fused[frame : frame + width + 1]
        peak = int(frame) + int(region.argmax())
        low = max(0, peak - _REACH)
        attack = low + int(attacks[low : peak + _REACH + 1].argmax())
        heard = attacks[attack] > _AUDIBLE
        curve, peak = (attacks, attack) if heard else (fused, peak)
        times.append(onsets.refine_peak(curve, peak) / FPS)
        strengths.append(float(region.max()))
    return np.array(times) - onsets.LATENCY - SPEAKING, np.array(strengths)


def _ruler(duration: float, note: str) -> BeatGrid:
    times = np.arange(0, duration, 60 / RULER_BPM)
    position = np.arange(len(times)) % 4
    return BeatGrid(times, np.zeros(len(times)), position, 4, RULER_BPM, 0.0, (), 0.0, (note,))
