"""Weights as they are trained and as they are shipped: batch normalisation folded in, and back."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.analysis.network import DILATIONS, OUTPUTS

Arrays = dict[str, NDArray[Any]]
_EPSILON = 1e-5
_LAST = 4 + len(DILATIONS) + 1
"""Where the last layer stands in ``train.build``."""


def _pairs() -> list[tuple[str, str, str]]:
    """Shipped name, convolution and its normalisation, as ``train.build`` numbers them."""
    wide = [(f"wide{i}", f"{4 + i}.inner.0", f"{4 + i}.inner.1") for i in range(len(DILATIONS))]
    return [("first", "0", "1"), *wide]


def _mixes() -> list[tuple[str, str]]:
    return [(f"mix{i}", f"{4 + i}.inner.4") for i in range(len(DILATIONS))]


def fold(state: Arrays) -> Arrays:
    """What is shipped of a trained network's state, half precision."""
    arrays: Arrays = {}
    for name, conv, norm in _pairs():
        scale = state[f"{norm}.weight"] / np.sqrt(state[f"{norm}.running_var"] + _EPSILON)
        weight = state[f"{conv}.weight"]
        arrays[f"{name}_w"] = weight * scale.reshape(-1, *[1] * (weight.ndim - 1))
        shift = (state[f"{conv}.bias"] - state[f"{norm}.running_mean"]) * scale
        arrays[f"{name}_b"] = shift + state[f"{norm}.bias"]
    for name, conv in _mixes():
        arrays[f"{name}_w"], arrays[f"{name}_b"] = state[f"{conv}.weight"], state[f"{conv}.bias"]
    shipped = slice(len(OUTPUTS))
    arrays["out_w"] = state[f"{_LAST}.weight"][shipped]
    arrays["out_b"] = state[f"{_LAST}.bias"][shipped]
    return {key: value.astype(np.float16) for key, value in arrays.items()}


def unfold(arrays: Arrays) -> Arrays:
    """A state that folds to exactly these shipped weights; its normalisation does nothing yet.

    ``train.settle`` then gives the normalisation the statistics of songs without changing what
    the network says.
    """
    raw = {key: value.astype(np.float64) for key, value in arrays.items()}
    state: Arrays = {}
    for name, conv, norm in _pairs():
        bias = raw[f"{name}_b"]
        state[f"{conv}.weight"], state[f"{conv}.bias"] = raw[f"{name}_w"], np.zeros_like(bias)
        state[f"{norm}.weight"] = np.full_like(bias, np.sqrt(1 + _EPSILON))
        state[f"{norm}.bias"] = bias
        state[f"{norm}.running_mean"] = np.zeros_like(bias)
        state[f"{norm}.running_var"] = np.ones_like(bias)
        state[f"{norm}.num_batches_tracked"] = np.array(0)
    for name, conv in _mixes():
        state[f"{conv}.weight"], state[f"{conv}.bias"] = raw[f"{name}_w"], raw[f"{name}_b"]
    state[f"{_LAST}.weight"], state[f"{_LAST}.bias"] = raw["out_w"], raw["out_b"]
    return state
