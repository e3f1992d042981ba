"""Instruments, drums and a master for the exam: nothing here is shared with what was studied."""

import io
from collections.abc import Callable

import numpy as np
from scipy.signal import butter, lfilter, sosfilt

RATE = 22_050
Sound = np.ndarray
Rng = np.random.Generator


def _axis(seconds: float) -> np.ndarray:
    return np.arange(round(seconds * RATE)) / RATE


def pluck(hertz: float, seconds: float, rng: Rng) -> Sound:
    """A string: Karplus and Strong (1983)."""
    period = max(2, round(RATE / hertz - 0.5))
    excitation = np.zeros(round((seconds + 0.25) * RATE))
    excitation[:period] = rng.uniform(-1, 1, period)[: len(excitation)]
    loop = np.zeros(period + 2)
    loop[0], loop[period], loop[period + 1] = 1, -0.497, -0.497
    return lfilter([1.0], loop, excitation)


def electric(hertz: float, seconds: float, rng: Rng) -> Sound:
    """An electric piano by frequency modulation."""
    t = _axis(seconds + 0.3)
    index = 2.2 * np.exp(-t * 4) + 0.3
    wave = np.sin(2 * np.pi * hertz * t + index * np.sin(2 * np.pi * hertz * t))
    tine = 0.25 * np.sin(2 * np.pi * 14 * hertz * t) * np.exp(-t * 12) * (14 * hertz < RATE / 2)
    return (wave + tine) * np.exp(-t * 1.4)


def horn(hertz: float, seconds: float, rng: Rng) -> Sound:
    """Brass by frequency modulation: brighter as it swells."""
    t = _axis(seconds)
    swell = np.minimum(t / 0.045, 1) * (0.75 + 0.25 * np.exp(-t * 5))
    vibrato = 0.004 * np.sin(2 * np.pi * 5.3 * t) / 5.3 * hertz
    return swell * np.sin(
        2 * np.pi * (hertz * t + vibrato) + 3 * swell * np.sin(hertz * 2 * np.pi * t)
    )


def bowed(hertz: float, seconds: float, rng: Rng) -> Sound:
    """Three players who do not quite agree."""
    t = _axis(seconds + 0.15)
    wave = np.zeros(len(t))
    for cents in rng.normal(0, 7, 3):
        phase = hertz * 2 ** (cents / 1200) * t + rng.uniform()
        wave += 2 * ((phase + 0.02 * np.sin(2 * np.pi * 5.5 * t)) % 1) - 1
    wave = lfilter([0.25], [1, -0.75], wave)
    return wave * np.minimum(t / 0.09, 1) * np.minimum((t[-1] - t) / 0.15 + 1e-3, 1)


def choir(hertz: float, seconds: float, rng: Rng) -> Sound:
    """Open vowels: band-passed pulses of four singers."""
    t = _axis(seconds + 0.1)
    pulse = np.zeros(len(t))
    for cents in rng.normal(0, 12, 4):
        drift = np.cumsum(1 + 0.008 * np.sin(2 * np.pi * (5 + rng.uniform()) * t)) / RATE
        pulse += np.cos(np.pi * hertz * 2 ** (cents / 1200) * drift) ** 16 - 0.2
    vowel = [(600, 1_000), (450, 1_900), (700, 1_150)][int(rng.integers(3))]
    out = sum(
        sosfilt(butter(1, [f * 0.85, f * 1.15], "band", fs=RATE, output="sos"), pulse)
        for f in vowel
    )
    return out * np.minimum(t / 0.07, 1) * np.minimum((t[-1] - t) / 0.1 + 1e-3, 1)


def wobble(hertz: float, seconds: float, rng: Rng) -> Sound:
    """A square whose filter opens and closes."""
    t = _axis(seconds)
    square = np.sign(np.sin(2 * np.pi * hertz * t))
    dark, bright = lfilter([0.06], [1, -0.94], square), lfilter([0.5], [1, -0.5], square)
    mix = 0.5 + 0.5 * np.sin(2 * np.pi * 3 * t)
    return (mix * bright + (1 - mix) * dark) * np.minimum((t[-1] - t) / 0.02 + 1e-3, 1)


def upright(hertz: float, seconds: float, rng: Rng) -> Sound:
    """A plucked bass: few partials and a thump."""
    t = _axis(seconds + 0.1)
    partials = ((1, 1.0, 3.0), (2, 0.5, 5.0), (3, 0.3, 7.0), (4, 0.12, 10.0))
    wave = sum(g * np.sin(2 * np.pi * k * hertz * t) * np.exp(-t * d) for k, g, d in partials)
    return (wave + 0.3 * rng.standard_normal(len(t)) * np.exp(-t * 120)) * np.minimum(t / 0.008, 1)


def harpsichord(hertz: float, seconds: float, rng: Rng) -> Sound:
    """Two strings an octave apart."""
    low, high = pluck(hertz, seconds, rng), pluck(2 * hertz, seconds, rng)
    return np.diff(low + 0.6 * high, prepend=0)


PITCHED: dict[str, Callable[[float, float, Rng], Sound]] = {
    "pluck": pluck, "electric": electric, "horn": horn, "bowed": bowed, "choir": choir,
    "wobble": wobble, "upright": upright, "harpsichord": harpsichord,
}  # fmt: skip


def membrane(rng: Rng, hertz: float, seconds: float) -> Sound:
    """A drum head: inharmonic modes that die apart, struck with a stick."""
    t = _axis(seconds)
    modes = (1.0, 1.59, 2.14, 2.65, 2.92)
    head = sum(
        np.sin(2 * np.pi * hertz * m * t * (1 + 0.15 * np.exp(-t * 30)))
        * np.exp(-t * 5 * (m + 1))
        / m**1.5
        for m in modes
    )
    return head + 0.3 * rng.standard_normal(len(t)) * np.exp(-t * 250)


def metal(rng: Rng, seconds: float, low: float) -> Sound:
    """A cymbal: many square waves that share no root, above ``low`` hertz."""
    t = _axis(seconds)
    wave = sum(np.sign(np.sin(2 * np.pi * f * t)) for f in rng.uniform(low / 2, 6_000, 8))
    ring = sosfilt(butter(2, low, "high", fs=RATE, output="sos"), wave)
    return 0.15 * ring * np.exp(-t * 4 / seconds)


def snare(rng: Rng, wires: float) -> Sound:
    t = _axis(0.3)
    rattle = sosfilt(butter(1, 1_500, "high", fs=RATE, output="sos"), rng.standard_normal(len(t)))
    return 0.6 * membrane(rng, 190, 0.3) + wires * rattle * np.exp(-t * 18)


def drums(rng: Rng) -> dict[str, Sound]:
    """One kit."""
    size = float(rng.uniform(0.85, 1.2))
    shaker = rng.standard_normal(round(0.09 * RATE)) * np.hanning(round(0.09 * RATE))
    return {
        "kick": membrane(rng, 58 / size, 0.35), "tom": 0.8 * membrane(rng, 110 / size, 0.4),
        "snare": snare(rng, float(rng.uniform(0.3, 0.8))), "rim": 0.5 * membrane(rng, 620, 0.06),
        "hat": metal(rng, 0.07, 5_000), "open": metal(rng, 0.35, 4_500),
        "ride": metal(rng, 0.8, 3_500),
        "crash": metal(rng, 1.6, 2_500), "bell": metal(rng, 0.25, 900),
        "shaker": 0.15 * np.diff(shaker),
    }  # fmt: skip


def master(mix: Sound, rng: Rng) -> np.ndarray:
    """Early reflections, a slow compressor, a tilt, rumble, Ogg Vorbis, fade-out."""
    import soundfile

    out = mix / (np.abs(mix).max() + 1e-9)
    for delay in rng.uniform(0.007, 0.06, 6):
        at = round(float(delay) * RATE)
        out[at:] += rng.uniform(-0.2, 0.2) * out[:-at]
    level = np.sqrt(lfilter([2e-4], [1, -(1 - 2e-4)], np.square(out)) + 1e-4)
    out = out / level ** float(rng.uniform(0.1, 0.5))
    corner = float(rng.uniform(300, 3_000))
    shelf = sosfilt(butter(1, corner, "high", fs=RATE, output="sos"), out)
    out = out + float(rng.uniform(-0.5, 0.8)) * shelf
    rumble = lfilter([0.01], [1, -0.99], rng.standard_normal(len(out)))
    out = out / np.abs(out).max() + float(rng.choice([0, 0.02, 0.06])) * rumble
    fade = round(float(rng.uniform(1, 6)) * RATE)
    out[-fade:] *= np.linspace(1, 0, fade)
    memory = io.BytesIO()
    samples = (0.8 * out / np.abs(out).max()).astype(np.float32)
    # libsndfile's Vorbis encoder overflows its stack on long blocks.
    with soundfile.SoundFile(memory, "w", RATE, 1, format="OGG", subtype="VORBIS") as file:
        for a in range(0, len(samples), RATE):
            file.write(samples[a : a + RATE])
    memory.seek(0)
    return soundfile.read(memory, dtype="float32")[0][: len(samples)]
