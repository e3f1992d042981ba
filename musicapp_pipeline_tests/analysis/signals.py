"""Small signals with exact truth, made with numpy."""

from dataclasses import dataclass

import numpy as np

RATE = 22_050


@dataclass(frozen=True)
class Truth:
    """Samples at 22,050 Hz and when their beats and downbeats are, in seconds."""

    samples: np.ndarray
    beats: np.ndarray
    downbeats: np.ndarray


def hit(kind: str, seconds: float = 0.12, seed: int = 0) -> np.ndarray:
    """One drum: kick, snare, hat, or a tone click; the attack is the first sample, the end is soft,
    for a sound that is cut off makes a second attack there."""
    t = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).standard_normal(len(t))
    sounds = {
        "kick": np.sin(2 * np.pi * (48 * t + 2.5 * (1 - np.exp(-t * 35)))) * np.exp(-t * 22),
        "snare": (0.5 * noise + 0.4 * np.sin(2 * np.pi * 190 * t)) * np.exp(-t * 28),
        "hat": 0.3 * np.diff(noise, prepend=0) * np.exp(-t * 70),
        "tone": np.sin(2 * np.pi * 1000 * t) * np.exp(-t * 60),
    }
    faded = np.clip((seconds - t) / 0.02, 0, 1)
    return (sounds[kind] * faded).astype(np.float32)


def place(length: int, events: list[tuple[float, np.ndarray, float]]) -> np.ndarray:
    """Mix sounds into silence at exact times."""
    out = np.zeros(length, np.float32)
    for time, sound, gain in events:
        at = round(time * RATE)
        end = min(length, at + len(sound))
        if 0 <= at < length:
            out[at:end] += gain * sound[: end - at]
    return out


def clicks(bpm: float, kind: str = "tone", seconds: float = 24.0, start: float = 0.5) -> Truth:
    """One sound on every beat; no bars."""
    beats = np.arange(start, seconds - 0.3, 60 / bpm)
    events = [(t, hit(kind), 0.5) for t in beats]
    return Truth(place(round(seconds * RATE), events), beats, beats[:0])


def chord(root: float, seconds: float) -> np.ndarray:
    """A soft triad with an attack of 5 ms."""
    t = np.arange(int(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * root * ratio * t) for ratio in (1, 1.26, 1.498, 2))
    envelope = np.minimum(t / 0.005, 1) * np.minimum((seconds - t) / 0.02, 1) * np.exp(-t * 0.8)
    return (0.12 * tone * envelope).astype(np.float32)


def groove(
    bpm: float = 120.0,
    metre: int = 4,
    bars: int = 12,
    start: float = 0.5,
    roots: tuple[float, ...] = (130.8, 174.6, 196.0, 110.0),
) -> Truth:
    """Kick on one, snares on the off beats, hats in eighths, a chord a bar."""
    period = 60 / bpm
    beats = start + period * np.arange(bars * metre)
    kicks, snares = {3: ([0], [1, 2]), 5: ([0, 3], [1, 4]), 6: ([0], [3]), 7: ([0, 4], [2, 6])}.get(
        metre, ([0, 2], [1, 3])
    )
    events: list[tuple[float, np.ndarray, float]] = []
    for i, time in enumerate(beats):
        place_in_bar = i % metre
        events.append((time, hit("hat", seed=i), 0.6))
        events.append((time + period / 2, hit("hat", seed=i + 1), 0.4))
        if place_in_bar in kicks:
            events.append((time, hit("kick"), 0.9 if place_in_bar == 0 else 0.6))
        if place_in_bar in snares:
            events.append((time, hit("snare", seed=i), 0.5))
        if place_in_bar == 0:
            events.append((time, chord(roots[(i // metre) % len(roots)], metre * period), 1.0))
    length = round((beats[-1] + 2 * period) * RATE)
    return Truth(place(length, events), beats, beats[::metre])


def speech(seconds: float = 20.0, seed: int = 1) -> np.ndarray:
    """Somebody talking: syllables of a buzzing voice with formants, pauses as breath allows."""
    rng = np.random.default_rng(seed)
    out = np.zeros(round(seconds * RATE), np.float32)
    at = 0.2
    while at < seconds - 0.5:
        length = float(rng.uniform(0.08, 0.3))
        t = np.arange(int(length * RATE)) / RATE
        pitch = rng.uniform(95, 180) * (1 - 0.3 * t / length)
        buzz = 2 * (np.cumsum(pitch) / RATE % 1) - 1
        first, second = rng.uniform(300, 800), rng.uniform(900, 2200)
        vowel = buzz * (1 + np.sin(2 * np.pi * first * t) + np.sin(2 * np.pi * second * t))
        hiss = 0.3 * np.diff(rng.standard_normal(len(t)), prepend=0) * (t < 0.04)
        out += place(len(out), [(at, (vowel * np.hanning(len(t)) + hiss).astype(np.float32), 0.15)])
        at += length + float(rng.exponential(0.06)) + (rng.random() < 0.12) * rng.uniform(0.4, 1.2)
    return out


def drumless(bpm: float = 84.0, bars: int = 12) -> Truth:
    """Broken chords alone, one tone a half beat."""
    period = 60 / bpm
    beats = 0.5 + period * np.arange(4 * bars)
    roots = (130.8, 174.6, 196.0, 110.0)
    events = []
    for half in range(8 * bars):
        root = roots[half // 8 % 4] * (1, 1.26, 1.498, 2)[(0, 1, 2, 3, 2, 1, 2, 1)[half % 8]]
        gain = 1.6 if half % 8 == 0 else 1.1 if half % 2 == 0 else 0.8
        events.append((0.5 + half * period / 2, chord(root, 0.9 * period), gain))
    return Truth(place(round((beats[-1] + 2) * RATE), events), beats, beats[::4])


def free(seconds: float = 24.0, seed: int = 3) -> np.ndarray:
    """Tones at times that follow no pulse."""
    rng = np.random.default_rng(seed)
    times = 0.3 + np.cumsum(0.15 + rng.exponential(0.6, 60))
    events = [(float(t), chord(float(rng.uniform(100, 300)), 1.2), 1.0) for t in times]
    return place(round(seconds * RATE), events)
