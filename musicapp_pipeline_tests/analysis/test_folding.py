"""Shipped weights go back into training and come out the same."""

import numpy as np
import pytest

from musicapp_pipeline.analysis import network
from musicapp_pipeline.analysis.training import folding


@pytest.mark.parametrize("path", network.WEIGHTS, ids=lambda path: path.stem)
def test_shipped_weights_unfold_and_fold_to_the_same_bits(path):
    with np.load(path) as stored:
        shipped = {key: stored[key] for key in stored.files}
    again = folding.fold(folding.unfold(shipped))
    assert again.keys() == shipped.keys()
    for key, value in shipped.items():
        assert again[key].dtype == value.dtype
        assert np.array_equal(again[key], value), key


def test_folding_takes_in_what_normalisation_does():
    with np.load(network.WEIGHTS[0]) as stored:
        state = folding.unfold({key: stored[key] for key in stored.files})
    rng = np.random.default_rng(1)
    for end in ("weight", "bias", "running_mean"):
        state[f"1.{end}"] = rng.normal(1, 0.3, network.CHANNELS)
    state["1.running_var"] = rng.uniform(0.5, 2, network.CHANNELS)
    folded = folding.fold(state)
    x = rng.normal(size=(network.INPUTS, network.FIRST_TAPS))
    heard = np.tensordot(state["0.weight"], x, axes=([1, 2], [0, 1])) + state["0.bias"]
    deviation = np.sqrt(state["1.running_var"] + 1e-5)
    normal = (heard - state["1.running_mean"]) / deviation * state["1.weight"] + state["1.bias"]
    shipped = np.tensordot(folded["first_w"].astype(float), x, axes=([1, 2], [0, 1]))
    assert shipped + folded["first_b"] == pytest.approx(normal, rel=0.02, abs=0.02)
