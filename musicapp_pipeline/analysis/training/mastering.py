"""What happens to a mix before it reaches a listener."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
from scipy.signal import fftconvolve, lfilter

from musicapp_pipeline.analysis.arrays import Floats

Rng = np.random.Generator


def master(samples: Floats, rate: int, rng: Rng, *, exam: bool = False) -> Floats:
    """A random chain: room, tone, compression, noise, fade, MP3; (samples,)."""
    out: Floats = samples / (np.abs(samples).max() + 1e-9)
    if rng.random() < 0.5:
        out = room(out, rate, rng)
    if rng.random() < 0.6:
        out = tone(out, rate, rng)
    if rng.random() < 0.7:
        out = limiter(out, rng.uniform(1.0, 8.0))
    if not exam and rng.random() < 0.15:
        out = worn(out, rate, rng)
    if rng.random() < 0.4:
        out = out + noise(len(out), rng, 10 ** rng.uniform(-3.2, -1.7))
    if rng.random() < (0.6 if exam else 0.15):
        fade = int(rng.uniform(1, 5) * rate)
        out[:fade] *= np.linspace(0, 1, min(fade, len(out)), dtype=np.float32) ** 1.5
    out = (out * rng.uniform(0.3, 0.95) / (np.abs(out).max() + 1e-9)).astype(np.float32)
    if exam:
        return coded(out, rate, "mp3", 96)
    if rng.random() < 0.3:
        kind = str(rng.choice(["mp3", "mp3", "opus", "m4a"]))
        return coded(out, rate, kind, int(rng.choice([24, 32, 48, 64])))
    return out


def room(samples: Floats, rate: int, rng: Rng) -> Floats:
    """An invented room: walls, then a tail that grows dull; now and then a far microphone."""
    decay = rng.uniform(0.15, 1.4)
    t = np.arange(int(decay * rate)) / rate
    tail = rng.standard_normal(len(t)) * np.exp(-6.9 * t / decay)
    dull = lfilter([0.35], [1, -0.65], tail)
    tail = tail * np.exp(-t / (0.3 * decay)) + dull * (1 - np.exp(-t / (0.3 * decay)))
    for wall in rng.uniform(0.003, 0.05, 6):
        tail[min(len(tail) - 1, int(wall * rate))] += float(rng.normal(0, 3))
    tail /= np.sqrt(np.sum(np.square(tail)))
    wet = fftconvolve(samples, tail)[: len(samples)]
    share = rng.uniform(0.05, 0.5) if rng.random() < 0.8 else rng.uniform(0.5, 1.5)
    return (samples + share * wet).astype(np.float32)


def tone(samples: Floats, rate: int, rng: Rng) -> Floats:
    """Tilt, and sometimes a narrow band, as from a phone or an old record."""
    tilt = rng.uniform(-0.6, 0.6)
    out = lfilter([1.0, tilt], [1.0], samples)
    if rng.random() < 0.25:
        cut = float(np.exp(-2 * np.pi * rng.uniform(60, 250) / rate))
        out = lfilter([1, -1], [1, -cut], out)
    if rng.random() < 0.25:
        pole = float(np.exp(-2 * np.pi * rng.uniform(2500, 7000) / rate))
        out = lfilter([1 - pole], [1, -pole], out)
    return np.asarray(out, np.float32)


def limiter(samples: Floats, drive: float) -> Floats:
    """Soft clipping: loud masters have no peaks left."""
    scale = float(np.sqrt(np.mean(np.square(samples)))) * 6 + 1e-9
    return np.asarray(np.tanh(drive * samples / scale), np.float32)


def pump(samples: Floats, kicks: list[float], rate: int, depth: float) -> Floats:
    """Duck a layer after each kick (side-chain compression)."""
    gain = np.ones(len(samples), np.float32)
    length = int(0.25 * rate)
    dip = (1 - depth * np.exp(-np.arange(length) / (0.09 * rate))).astype(np.float32)
    for time in kicks:
        a = max(0, round(time * rate))
        gain[a : a + length] = np.minimum(gain[a : a + length], dip[: len(gain[a : a + length])])
    return samples * gain


def noise(count: int, rng: Rng, level: float) -> Floats:
    """Hiss or rumble; sometimes crackle."""
    hiss = rng.standard_normal(count).astype(np.float32)
    if rng.random() < 0.4:
        hiss = np.asarray(lfilter([0.05], [1, -0.95], hiss), np.float32) * 3
    if rng.random() < 0.3:
        hiss += 20 * (rng.random(count) < 3e-4).astype(np.float32)
    return np.float32(level) * hiss


def worn(samples: Floats, rate: int, rng: Rng) -> Floats:
    """An old record or tape: dull, dusty, and not quite at one speed (within 2 ms)."""
    pole = float(np.exp(-2 * np.pi * rng.uniform(1500, 6000) / rate))
    out = lfilter([1 - pole], [1, -pole], samples)
    at = np.arange(len(out)) / rate
    sway = rng.uniform(0, 0.002) * np.sin(2 * np.pi * rng.uniform(0.4, 1.5) * at)
    out = np.interp(at + sway, at, out)
    dust = (rng.random(len(out)) < 10 ** rng.uniform(-4.3, -3.3)) * rng.normal(0, 1, len(out))
    level = float(np.sqrt(np.mean(np.square(out))))
    out = out + rng.uniform(0.5, 6) * level * lfilter([1], [1, -0.6], dust)
    hum = np.sin(2 * np.pi * float(rng.choice([50, 60])) * at)
    return np.asarray(out + rng.uniform(0, 0.05) * level * hum, np.float32)


def coded(samples: Floats, rate: int, kind: str, kilobits: int) -> Floats:
    """Through an encoder and back; ``kind`` is the file's ending. Encoders' delays are removed."""
    import soundfile
    from imageio_ffmpeg import get_ffmpeg_exe

    with tempfile.TemporaryDirectory() as folder:
        wav, file, back = (Path(folder) / name for name in ("a.wav", f"a.{kind}", "b.wav"))
        soundfile.write(wav, samples, rate)
        quiet = [get_ffmpeg_exe(), "-v", "error", "-y", "-threads", "1", "-i"]
        subprocess.run([*quiet, wav, "-b:a", f"{kilobits}k", file], check=True)
        subprocess.run([*quiet, file, "-ar", str(rate), back], check=True)
        decoded, _ = soundfile.read(back, dtype="float32")
    out = np.zeros(len(samples), np.float32)
    count = min(len(out), len(decoded))
    out[:count] = decoded[:count]
    return out
