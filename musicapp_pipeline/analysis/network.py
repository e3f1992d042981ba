"""The network in plain numpy: mel bands in, how much each moment sounds like a beat out.

A convolution over three frames, then residual convolutions over time whose reach grows to twenty
seconds either way. ``training/`` made the weights from generated songs alone.

Source: the shape follows Davies & Böck, Temporal convolutional networks for musical audio beat
tracking (EUSIPCO 2019).
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

from musicapp_pipeline.analysis.arrays import Floats
from musicapp_pipeline.analysis.features import (
    SPANS,
    harmonic_change,
    network_frames,
    network_input,
)
from musicapp_pipeline.analysis.spectra import MEL_BANDS, Spectra

INPUTS = 2 * MEL_BANDS + len(SPANS)
CHANNELS = 40
FIRST_TAPS = 3
TAPS = 5
DILATIONS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
OUTPUTS = ("beat", "downbeat", "turn")
"""What a moment may be: a beat, a bar's first beat, the first of a section."""
_BLOCK = 4096
"""Frames whose neighbours are laid out at once."""
WEIGHTS = tuple(
    Path(__file__).parent / "weights" / name for name in ("beats.npz", "beats-later.npz")
)
"""Stages of one training; the later went on with more kinds of songs. Where they disagree neither
is sure: together they err less."""
STAGE_SHARES = (1 / 6, 5 / 6)
"""How much each stage's word counts."""


@lru_cache(maxsize=1)
def weights() -> tuple[dict[str, Floats], ...]:
    """The trained arrays of each stage, laid out for matrix products."""
    return tuple(_laid_out(path) for path in WEIGHTS)


def _laid_out(path: Path) -> dict[str, Floats]:
    with np.load(path) as stored:
        raw = {key: stored[key].astype(np.float32) for key in stored.files}
    ready = {key: value for key, value in raw.items() if key.endswith("_b")}
    for key in raw.keys() - ready.keys():
        # From (out, in, taps) to rows in the order (tap, in) in which neighbours are laid out.
        ready[key] = np.ascontiguousarray(raw[key].transpose(2, 1, 0).reshape(-1, len(raw[key])))
    return ready


def activations(song: Spectra, grown: Floats) -> Floats:
    """How much each moment sounds like each of ``OUTPUTS``.

    Args:
        song: its spectra.
        grown: the rise of its mel bands, see ``onsets.rise``.

    Returns:
        Probabilities at 50 fps, (frames, outputs).
    """
    harmony = harmonic_change(song.chroma, network_frames(song.mel))
    x = network_input(song.mel, grown, harmony)
    heard = [
        np.float32(share) * forward(x, w) for share, w in zip(STAGE_SHARES, weights(), strict=True)
    ]
    return np.asarray(1 / (1 + np.exp(-sum(heard))), np.float32)


def forward(x: Floats, w: dict[str, Floats]) -> Floats:
    """The network's logits, (frames, outputs), for its inputs, (frames, ``INPUTS``)."""
    x = np.maximum(_convolved(x, w["first_w"], w["first_b"], FIRST_TAPS, 1), 0)
    for i, dilation in enumerate(DILATIONS):
        wide = _convolved(x, w[f"wide{i}_w"], w[f"wide{i}_b"], TAPS, dilation)
        x = x + (np.maximum(wide, 0) @ w[f"mix{i}_w"] + w[f"mix{i}_b"])
    return np.asarray(np.maximum(x, 0) @ w["out_w"] + w["out_b"], np.float32)


def _convolved(x: Floats, weight: Floats, bias: Floats, taps: int, dilation: int) -> Floats:
    """Each frame and its neighbours at multiples of ``dilation``, weighed, (frames, channels).

    Block by block, so that the neighbours of a long song need not all be laid out at once.
    """
    reach = dilation * (taps // 2)
    padded = np.zeros((len(x) + 2 * reach, x.shape[1]), np.float32)
    padded[reach : reach + len(x)] = x
    out = np.empty((len(x), weight.shape[1]), np.float32)
    for a in range(0, len(x), _BLOCK):
        b = min(a + _BLOCK, len(x))
        near = [padded[k * dilation + a : k * dilation + b] for k in range(taps)]
        out[a:b] = np.concatenate(near, axis=1) @ weight + bias
    return out
