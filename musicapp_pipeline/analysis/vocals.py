"""Where somebody sings: how each bar's middle register moves, beside the rest of the song.

A voice changes the shape of the spectrum between 250 Hz and 3.5 kHz several times a second, in
ways chords and drums do not. What a bar does is compared with the song's other bars, so that the
mix, the singer and the file's sound cancel; a logistic regression weighs it. It is a hint for the
names of sections, not a vocal detector: it works on mono and says nothing about one bar alone.
"""

from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import scipy.fft
from scipy.ndimage import uniform_filter1d

from musicapp_pipeline.analysis.arrays import Doubles, Floats
from musicapp_pipeline.analysis.spectra import FPS

WEIGHTS = Path(__file__).parent / "weights" / "vocals.npz"
_EVERY = 2
"""Mel frames a step: 50 steps a second show syllables."""
_GROUPS = (0, 6, 12, 20, 28, 38, 50, 64, 80)
_MIDDLE = slice(8, 56)
"""Mel bands from 250 Hz to 3.5 kHz."""
_LAG = 4
_BLOCK = 3000
"""Steps measured at once: a minute, so that a long song needs no more memory than a short one."""


def vocal_activity(mel: Floats, edges: Doubles) -> Doubles:
    """How much each bar sounds sung, as a logit; 0 is undecided, (bars,).

    Args:
        mel: log mel bands at 100 fps, see :func:`spectra.spectra`.
        edges: start of each bar and the song's end in seconds, (bars + 1,).
    """
    weight, bias = _weights()
    return np.asarray(bar_traits(mel, edges) @ weight + bias)


@lru_cache(maxsize=1)
def _weights() -> tuple[Doubles, float]:
    with np.load(WEIGHTS) as stored:
        return stored["weight"].astype(np.float64), float(stored["bias"])


def bar_traits(mel: Floats, edges: Doubles) -> Doubles:
    """What each bar's middle register does, standardised over the song, (bars, traits)."""
    frames, shape = _frames(mel)
    bounds = np.clip(np.round(edges * (FPS / _EVERY)).astype(int), 0, len(frames) - 1)
    rows = []
    for a, b in pairwise(bounds.tolist()):
        inside = slice(a, max(b, a + 1))
        rows.append(np.concatenate([frames[inside].mean(0), shape[inside].std(0)]))
    traits = np.array(rows, np.float64)
    return np.asarray((traits - traits.mean(0)) / (traits.std(0) + 1e-6))


def _frames(mel: Floats) -> tuple[Floats, Floats]:
    """Traits of each step and the shape of its spectrum alone."""
    steps = mel[::_EVERY]
    overlap = 32
    traits, shapes = [], []
    for a in range(0, len(steps), _BLOCK):
        first = max(0, a - overlap)
        inner = slice(a - first, a - first + min(_BLOCK, len(steps) - a))
        block, shape = _measure(steps[first : a + _BLOCK + overlap])
        traits.append(block[inner])
        shapes.append(shape[inner])
    return np.concatenate(traits), np.concatenate(shapes)


def _measure(steps: Floats) -> tuple[Floats, Floats]:
    smooth = uniform_filter1d(steps, 3, axis=0)
    cepstrum = scipy.fft.dct(smooth[:, _MIDDLE], axis=1, norm="ortho")[:, 1:13]
    groups = np.stack([smooth[:, a:b].mean(1) for a, b in pairwise(_GROUPS)], 1)
    groups -= groups.mean(1, keepdims=True)
    quick = np.abs(groups - uniform_filter1d(groups, 13, axis=0))
    turning = np.zeros_like(cepstrum)
    np.abs(cepstrum[_LAG:] - cepstrum[:-_LAG], out=turning[_LAG:])
    # Harmonics of one strong tone stand out of the spectrum's own curve.
    fine = (smooth - uniform_filter1d(smooth, 9, axis=1))[:, _MIDDLE]
    standing = np.stack([np.abs(fine).mean(1), fine.max(1)], 1)
    joined = np.concatenate([groups, cepstrum[:, :8], quick, turning, standing], 1)
    return np.asarray(joined, np.float32), np.asarray(cepstrum[:, :8], np.float32)
