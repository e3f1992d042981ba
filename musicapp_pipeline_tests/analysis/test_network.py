"""The network in numpy does what its definition says, whatever its weights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicapp_pipeline.analysis import network, onsets
from musicapp_pipeline.analysis.spectra import spectra
from musicapp_pipeline_tests.analysis.signals import groove


def by_definition(x, weight, bias, dilation):
    """A convolution over time as nested sums; ``weight`` is (taps × in, out)."""
    channels = x.shape[1]
    taps = len(weight) // channels
    out = np.tile(bias, (len(x), 1)).astype(float)
    for frame in range(len(x)):
        for tap in range(taps):
            source = frame + (tap - taps // 2) * dilation
            if 0 <= source < len(x):
                out[frame] += x[source] @ weight[tap * channels : (tap + 1) * channels]
    return out


def random_weights(seed):
    rng = np.random.default_rng(seed)
    shapes = {key: value.shape for key, value in network.weights()[0].items()}
    return {k: rng.normal(0, 0.1, shape).astype(np.float32) for k, shape in shapes.items()}


def test_forward_is_the_network_that_the_docstring_describes():
    w, x = random_weights(1), np.random.default_rng(2).normal(0, 1, (9, network.INPUTS))
    hidden = np.maximum(by_definition(x, w["first_w"], w["first_b"], 1), 0)
    for i, dilation in enumerate(network.DILATIONS):
        wide = np.maximum(by_definition(hidden, w[f"wide{i}_w"], w[f"wide{i}_b"], dilation), 0)
        hidden = hidden + wide @ w[f"mix{i}_w"] + w[f"mix{i}_b"]
    logits = np.maximum(hidden, 0) @ w["out_w"] + w["out_b"]
    assert network.forward(x.astype(np.float32), w) == pytest.approx(logits, rel=1e-3, abs=1e-3)


def test_blocks_leave_no_seams(monkeypatch):
    w = random_weights(5)
    x = np.random.default_rng(6).normal(0, 1, (900, network.INPUTS)).astype(np.float32)
    whole = network.forward(x, w)
    monkeypatch.setattr(network, "_BLOCK", 128)
    assert network.forward(x, w) == pytest.approx(whole, rel=1e-4, abs=1e-4)


@settings(max_examples=5, deadline=None)
@given(st.integers(1, 60))
def test_what_comes_later_sounds_the_same_later(shift):
    w = random_weights(3)
    x = np.random.default_rng(4).normal(0, 1, (80, network.INPUTS)).astype(np.float32)
    still = np.zeros((3000, network.INPUTS), np.float32)
    early, late = still.copy(), still.copy()
    early[1400:1480], late[1400 + shift : 1480 + shift] = x, x
    a, b = network.forward(early, w), network.forward(late, w)
    assert a[1380:1500] == pytest.approx(b[1380 + shift : 1500 + shift], abs=1e-4)


def test_the_weights_are_small_finite_and_of_the_right_shapes():
    assert sum(path.stat().st_size for path in network.WEIGHTS) < 1_000_000
    for w in network.weights():
        assert all(np.isfinite(value).all() for value in w.values())
        assert w["first_w"].shape == (network.FIRST_TAPS * network.INPUTS, network.CHANNELS)
        assert w["wide0_w"].shape == (network.TAPS * network.CHANNELS, network.CHANNELS)
        assert w["out_w"].shape == (network.CHANNELS, len(network.OUTPUTS))


def test_the_shipped_network_hears_beats_and_downbeats_of_a_plain_groove():
    truth = groove(112, 4, bars=12)
    heard = spectra(truth.samples)
    found = network.activations(heard, onsets.rise(heard.mel))

    def peak(times, column):
        near = np.round(np.asarray(times) * 50).astype(int)[:, None] + np.arange(-2, 3)
        return float(found[np.clip(near, 0, len(found) - 1), column].max(axis=1).mean())

    between = (truth.beats[:-1] + truth.beats[1:]) / 2
    others = np.setdiff1d(truth.beats, truth.downbeats)
    assert peak(truth.beats, 0) > 0.6
    assert peak(truth.beats, 0) > peak(between, 0) + 0.3
    assert peak(truth.downbeats, 1) > peak(others, 1) + 0.3


@pytest.mark.parametrize("seconds", [0.02, 0.1, 1.0])
def test_a_fragment_has_an_activation_a_frame(seconds):
    samples = groove(120).samples[: int(seconds * 22_050)]
    heard = spectra(samples)
    found = network.activations(heard, onsets.rise(heard.mel))
    assert found.shape == ((len(heard.mel) + 1) // 2, len(network.OUTPUTS))
    assert ((found >= 0) & (found <= 1)).all()
