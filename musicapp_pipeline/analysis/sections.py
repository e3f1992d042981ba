"""Where the song's parts begin: change points on bars, with whole phrases preferred."""

from dataclasses import dataclass

import numpy as np
import scipy.fft

from musicapp_pipeline.analysis.arrays import Doubles, Floats, Ints
from musicapp_pipeline.analysis.features import NETWORK_FPS
from musicapp_pipeline.analysis.network import OUTPUTS
from musicapp_pipeline.analysis.spectra import CHROMA_FPS, FPS, Spectra
from musicapp_pipeline.analysis.vocals import vocal_activity

LONGEST_BARS = 32
CHROMA_WEIGHT = 3.0
SLOTS = 8
"""Parts of a bar in a fingerprint."""
PENALTY = 0.85
"""What a further section costs, in the units of the kernel's scatter (tuned on generated songs)."""
TURN_WEIGHT, TURN_USUAL = 1.0, 0.65
"""By how much, in prices of a section, a boundary is cheaper where the network hears a turn as
surely as ever in this song, and how sure it must be for that; elsewhere a boundary is dearer."""
_CLEAR, _FAINT, _SURE = 0.9, 0.2, 0.65
"""Which quantile of the bars' turns is the song's clearest, and the least and the most it counts:
what sounds like a turn is one, however much clearer others are."""
_TURN_REACH = 6
"""Frames (20 ms) by which a turn may lie from the bar it belongs to."""

FULL_SONG = 60
"""Bars from which a song has parts of full length; a short one has short parts."""


@dataclass(frozen=True, slots=True)
class BarFeatures:
    """What each bar sounds like.

    Attributes:
        edges: start of each bar and the song's end in seconds, (bars + 1,).
        timbre: cepstrum, band levels and loudness, standardised, (bars, features).
        chroma: unit vectors, (bars, 12).
        loudness: mean level in decibels, (bars,).
        fingerprint: what happens within the bar, (bars, slots × (12 + 8)), unit vectors.
        turn: how much the bar sounds like the first of a section, beside others, 0 to 1, (bars,).
        sung: how much the bar sounds sung, a logit, see :mod:`vocals`, (bars,).
    """

    edges: Doubles
    timbre: Doubles
    chroma: Doubles
    loudness: Doubles
    fingerprint: Doubles
    turn: Doubles
    sung: Doubles

    @property
    def vectors(self) -> Doubles:
        """Timbre and harmony in one space, (bars, features)."""
        return np.concatenate([self.timbre, CHROMA_WEIGHT * self.chroma], axis=1)


def bar_features(song: Spectra, heard: Floats, starts: Doubles) -> BarFeatures:
    """Average the spectra over each bar.

    Args:
        song: the spectra.
        heard: what the network says, see :func:`network.activations`.
        starts: bar starts in seconds, ascending; what lies before the first is a bar of its own.
    """
    edges = bar_edges(starts, song.duration)
    mel = _average(song.mel, edges * FPS)
    cepstrum = scipy.fft.dct(mel, axis=1, norm="ortho")[:, 1:14]
    bands = np.stack([part.mean(axis=1) for part in np.array_split(mel, 4, axis=1)], axis=1)
    level = 10 * np.log10(_average(song.power[:, None], edges * FPS)[:, 0] + 1e-8)
    chroma = _average(
        song.chroma / (song.chroma.max(axis=1, keepdims=True) + 1e-9), edges * CHROMA_FPS
    )
    chroma /= np.linalg.norm(chroma, axis=1, keepdims=True) + 1e-9
    timbre = np.concatenate(
        [_standard(cepstrum) / np.sqrt(13), 1.2 * _standard(level[:, None]), _standard(bands) / 2],
        axis=1,
    )
    return BarFeatures(
        edges,
        timbre,
        chroma,
        level,
        _fingerprints(song, edges),
        _turns(heard[:, OUTPUTS.index("turn")], edges),
        vocal_activity(song.mel, edges),
    )


def _turns(curve: Floats, edges: Doubles) -> Doubles:
    """How surely a section begins with each bar, beside the clearest turns of the song."""
    frames = np.round(edges[:-1] * NETWORK_FPS).astype(int)[:, None]
    near = frames + np.arange(-_TURN_REACH, _TURN_REACH + 1)
    turn = curve[np.clip(near, 0, len(curve) - 1)].max(axis=1).astype(np.float64)
    clearest = min(max(float(np.quantile(turn, _CLEAR)), _FAINT), _SURE)
    return np.asarray(np.minimum(turn / clearest, 1.0))


def _fingerprints(song: Spectra, edges: Doubles) -> Doubles:
    """Harmony and rhythm in eighths of each bar: alike when the same music is played again."""
    inside = np.linspace(0, 1, SLOTS, endpoint=False)
    slots = (edges[:-1, None] + np.diff(edges)[:, None] * inside).reshape(-1)
    slots = np.append(slots, edges[-1])
    chroma = np.sqrt(np.maximum(_average(song.chroma, slots * CHROMA_FPS), 0))
    chroma /= np.linalg.norm(chroma, axis=1, keepdims=True) + 1e-9
    mel = _average(song.mel, slots * FPS)
    bands = np.stack([part.mean(axis=1) for part in np.array_split(mel, 8, axis=1)], axis=1)
    bands = (bands - bands.mean(axis=0)) / (bands.std(axis=0) + 1e-6) / np.sqrt(8)
    joined = np.concatenate([1.5 * (chroma - chroma.mean(axis=0)), bands], axis=1)
    prints = joined.reshape(len(edges) - 1, -1)
    return np.asarray(prints / (np.linalg.norm(prints, axis=1, keepdims=True) + 1e-9))


def bar_edges(starts: Doubles, duration: float) -> Doubles:
    """Bar starts with 0 first and the end last; a fragment at either end joins its neighbour."""
    if len(starts) < 2:
        return np.array([0.0, duration])
    bar = float(np.median(np.diff(starts)))
    first = starts[0] if starts[0] > 0.9 * bar else 0.0
    lead = np.array([0.0]) if first == 0.0 else np.array([0.0, first])
    inner = starts[(starts > first) & (starts <= duration - 0.5 * bar)]
    inner = inner[1:] if first == 0.0 and len(inner) and inner[0] == starts[0] else inner
    return np.concatenate([lead, inner, [duration]])


def _average(frames: np.ndarray[tuple[int, ...], np.dtype[np.float32]], edges: Doubles) -> Doubles:
    bounds = np.clip(np.round(edges).astype(int), 0, len(frames))
    sums = np.concatenate(
        [np.zeros((1, frames.shape[1])), np.cumsum(frames, axis=0, dtype=np.float64)]
    )
    a = np.minimum(bounds[:-1], len(frames) - 1)
    b = np.maximum(bounds[1:], a + 1)
    mean: Doubles = (sums[b] - sums[a]) / (b - a)[:, None]
    return mean


def _standard(values: Doubles) -> Doubles:
    scaled: Doubles = (values - values.mean(axis=0)) / (values.std(axis=0) + 1e-6)
    return scaled


def boundaries(features: BarFeatures) -> Ints:
    """Bars that begin a section, with 0 first and the number of bars last.

    The best split under a kernel's scatter within sections plus a price for each section that is
    lower for lengths of 8, 4 and 2 bars and where the network hears a turn.

    Source: kernel change-point detection by dynamic programming (Harchaoui & Cappé, 2007).
    """
    count = len(features.loudness)
    if count < 4:
        return np.array([0, count])
    price = PENALTY * min(1.0, float(np.sqrt(count / FULL_SONG)))
    expected = TURN_WEIGHT * (TURN_USUAL - features.turn)
    expected[0] = 0
    kernel = _similarity(features)
    sums = np.zeros((count + 1, count + 1))
    sums[1:, 1:] = kernel.cumsum(axis=0).cumsum(axis=1)
    diagonal = np.concatenate([[0.0], np.cumsum(np.diag(kernel))])
    best = np.full(count + 1, np.inf)
    best[0] = 0
    origin = np.zeros(count + 1, np.int64)
    for j in range(1, count + 1):
        i = np.arange(max(0, j - LONGEST_BARS), j)
        within = sums[j, j] - sums[i, j] - sums[j, i] + sums[i, i]
        scatter = diagonal[j] - diagonal[i] - within / (j - i)
        total = best[i] + scatter + price * (_length_price(j - i) + expected[i])
        origin[j] = i[int(total.argmin())]
        best[j] = total.min()
    found = [count]
    while found[-1] > 0:
        found.append(int(origin[found[-1]]))
    return np.array(found[::-1])


def _length_price(length: Ints) -> Doubles:
    """Phrases of whole 8 bars are cheapest; shorter than 4 or longer than 16 is unusual."""
    fit = np.where(
        length % 8 == 0, 0.0, np.where(length % 4 == 0, 0.25, np.where(length % 2 == 0, 0.7, 1.0))
    )
    return np.asarray(1 + fit + 1.2 * (length < 4) + 0.35 * (length > 16), np.float64)


def _similarity(features: BarFeatures) -> Doubles:
    vectors = features.vectors
    gram = vectors @ vectors.T
    norm = np.diag(gram)
    distance = np.maximum(norm[:, None] + norm - 2 * gram, 0)
    positive = distance[distance > 0]
    near = np.exp(-distance / (float(np.median(positive)) if len(positive) else 1.0))
    again = np.clip(features.fingerprint @ features.fingerprint.T, 0, 1)
    mixed: Doubles = 0.75 * near + 0.25 * again
    return mixed
