"""The voice itself: speech taken apart by WORLD, and put together on other times and pitches.

WORLD: M. Morise, F. Yokomori, K. Ozawa 2016, "WORLD: a vocoder-based high-quality speech
synthesis system for real-time applications"; here through pyworld (MIT licence).
"""

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import resample_poly

from musicapp_pipeline.demo.songmaker.errors import VoiceUnavailable
from musicapp_pipeline.demo.songmaker.sound.signal import RATE, Mono, hertz
from musicapp_pipeline.demo.songmaker.voice.flite import Speech
from musicapp_pipeline.demo.songmaker.voice.phonetics import SIBILANTS, UNVOICED, VOWELS
from musicapp_pipeline.demo.songmaker.voice.pitch import Manner, melody
from musicapp_pipeline.demo.songmaker.voice.timing import Slot, SungPhone, anchors

FRAME = 0.005
"""Seconds between WORLD's frames."""
_OUT_RATE = 32_000
"""Twice the speech's 16 kHz, so that frequency bins line up."""

Spectrum = NDArray[np.float64]
"""Shape ``(frames, bins)``."""


@dataclass(frozen=True)
class Analysed:
    """A spoken line in WORLD's terms."""

    log_envelope: Spectrum
    aperiodicity: Spectrum


def available() -> bool:
    """Whether pyworld can be imported."""
    return find_spec("pyworld") is not None


def analyse(speech: Speech, formants: float = 1.0) -> Analysed:
    """Take a spoken line apart.

    Args:
        speech: the line.
        formants: how much higher its resonances become; 1.15 turns a man's throat into a woman's.
    """
    if not available():
        raise VoiceUnavailable(
            "pyworld is not installed; install it (pip install pyworld)"
            " or make the song with the wordless lead",
            field="lead",
        )
    import pyworld

    x = np.ascontiguousarray(speech.samples)
    f0, times = pyworld.dio(x, speech.rate, f0_floor=70.0, f0_ceil=420.0, frame_period=5.0)
    f0 = pyworld.stonemask(x, f0, times, speech.rate)
    envelope = pyworld.cheaptrick(x, f0, times, speech.rate)
    aperiodicity = pyworld.d4c(x, f0, times, speech.rate)
    return Analysed(_scaled(np.log(envelope + 1e-16), formants), _scaled(aperiodicity, formants))


def _scaled(spectrum: Spectrum, factor: float) -> Spectrum:
    """Stretch the frequency axis; what moves beyond the top is lost."""
    bins = spectrum.shape[1]
    position = np.minimum(np.arange(bins) / factor, bins - 1.001)
    below = position.astype(np.int64)
    share = position - below
    return np.asarray((1 - share) * spectrum[:, below] + share * spectrum[:, below + 1])


def sing(
    analysed: Analysed,
    phones: tuple[SungPhone, ...],
    slots: tuple[Slot, ...],
    pitches: tuple[int, ...],
    manner: Manner,
) -> tuple[float, Mono]:
    """Sing one line.

    Returns:
        When it starts, seconds of the song, and its samples at ``RATE``.
    """
    import pyworld

    start, end = phones[0].start - 0.02, phones[-1].end + 0.06
    times = np.arange(start, end, FRAME)
    log_envelope, aperiodicity = _warped(analysed, phones, times)
    log_envelope = log_envelope + _levels(log_envelope, phones, slots, times)[:, None]
    envelope, aperiodicity = _widened(log_envelope, aperiodicity, phones, times)
    f0 = hertz(melody(times, slots, pitches, manner))
    f0[_any(phones, times, UNVOICED)] = 0.0
    aperiodicity = np.where(f0[:, None] > 0.0, aperiodicity, 1.0)
    wave = pyworld.synthesize(f0, envelope, aperiodicity, _OUT_RATE, FRAME * 1000.0)
    return start + manner.late, np.asarray(resample_poly(wave, RATE // 100, _OUT_RATE // 100))


def _warped(
    analysed: Analysed, phones: tuple[SungPhone, ...], times: Mono
) -> tuple[Spectrum, Spectrum]:
    """The speech's frames at the song's times, blended between neighbours."""
    song, speech = anchors(phones)
    lead, trail = phones[0].start - times[0], times[-1] - phones[-1].end
    song = np.concatenate([[times[0]], song, [times[-1] + FRAME]])
    speech = np.concatenate([[speech[0] - lead], speech, [speech[-1] + trail]])
    position = np.interp(times, song, speech) / FRAME
    position = np.clip(position, 0.0, len(analysed.log_envelope) - 1.001)
    before = position.astype(np.int64)
    share = (position - before)[:, None]
    return (
        (1 - share) * analysed.log_envelope[before] + share * analysed.log_envelope[before + 1],
        (1 - share) * analysed.aperiodicity[before] + share * analysed.aperiodicity[before + 1],
    )


def _any(phones: tuple[SungPhone, ...], times: Mono, names: frozenset[str]) -> NDArray[np.bool_]:
    inside = np.zeros(len(times), dtype=np.bool_)
    for phone in phones:
        if phone.name in names:
            inside |= (times >= phone.start) & (times < phone.end)
    return inside


def _levels(
    log_envelope: Spectrum, phones: tuple[SungPhone, ...], slots: tuple[Slot, ...], times: Mono
) -> Mono:
    """What to add to the log power so that every vowel is equally loud and consonants carry."""
    loudness = np.log(np.sum(np.exp(log_envelope), axis=1) + 1e-12)
    steady = gaussian_filter1d(loudness, 0.03 / FRAME)
    middles = np.zeros(len(times), dtype=np.bool_)
    for phone in phones:
        if phone.name in VOWELS:
            margin = 0.25 * (phone.end - phone.start)
            middles |= (times >= phone.start + margin) & (times < phone.end - margin)
    change = np.interp(times, times[middles], -0.85 * steady[middles])
    # Consonants up by 2.5 dB: they would drown under the band.
    lifted = ~_any(phones, times, VOWELS)
    change += gaussian_filter1d(lifted.astype(np.float64), 2.0) * 0.575
    for slot in slots:  # A held note swells a little and then falls off.
        inside = (times >= slot.start) & (times < slot.end)
        x = (times[inside] - slot.start) / (slot.end - slot.start)
        change[inside] += 0.5 * np.sin(np.pi * x) - 0.5 * x**3
    return gaussian_filter1d(change, 3.0)


def _widened(
    log_envelope: Spectrum, aperiodicity: Spectrum, phones: tuple[SungPhone, ...], times: Mono
) -> tuple[Spectrum, Spectrum]:
    """Go on above 8 kHz, where the speech has nothing: breath that falls with frequency."""
    bins = log_envelope.shape[1]
    edge = round(bins * 0.9)
    level = np.mean(log_envelope[:, round(bins * 0.82) : edge], axis=1, keepdims=True)
    bright = gaussian_filter1d(_any(phones, times, SIBILANTS).astype(np.float64), 2.0)[:, None]
    slope = 0.9 - 0.6 * bright  # nepers of power a kHz
    khz = np.arange(2 * bins - 1 - edge)[None, :] * (8.0 / (bins - 1))
    above = level - slope * khz
    wide = np.concatenate([log_envelope[:, :edge], above], axis=1)
    breath = np.ones_like(above)
    return np.exp(wide), np.concatenate([aperiodicity[:, :edge], breath], axis=1)
