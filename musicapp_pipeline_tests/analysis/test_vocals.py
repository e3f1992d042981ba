"""What the vocal hint measures: bars against the song's other bars."""

import numpy as np
import pytest

from musicapp_pipeline.analysis import vocals
from musicapp_pipeline.analysis.spectra import spectra
from musicapp_pipeline.analysis.training.vocals_fit import fit, sung_share
from musicapp_pipeline_tests.analysis.signals import RATE, groove, speech

SONG = groove(112, bars=16)
EDGES = np.append(SONG.downbeats, len(SONG.samples) / RATE)


def test_the_bars_over_which_somebody_speaks_are_told_from_the_others():
    samples = SONG.samples.copy()
    a, b = (round(SONG.downbeats[i] * RATE) for i in (4, 10))
    samples[a:b] += 2 * speech(30.0)[: b - a]
    found = vocals.vocal_activity(spectra(samples).mel, EDGES)
    assert found[4:10].min() > max(found[:4].max(), found[10:].max())


def test_a_long_song_is_measured_in_pieces_without_seams(monkeypatch):
    mel = spectra(SONG.samples).mel
    whole = vocals.bar_traits(mel, EDGES)
    monkeypatch.setattr(vocals, "_BLOCK", 300)
    assert vocals.bar_traits(mel, EDGES) == pytest.approx(whole, abs=1e-4)


@pytest.mark.parametrize("seconds", [0.05, 0.5, 3.0])
def test_a_fragment_has_a_finite_hint(seconds):
    mel = spectra(SONG.samples[: round(seconds * RATE)]).mel
    assert np.isfinite(vocals.vocal_activity(mel, np.array([0.0, seconds]))).all()


def test_the_share_that_is_sung_is_counted_bar_by_bar():
    found = sung_share([(1.0, 2.0), (3.5, 4.0)], np.array([0.0, 2.0, 4.0, 6.0]))
    assert found == pytest.approx([0.5, 0.25, 0.0], abs=0.02)


def test_the_fit_finds_the_trait_that_tells():
    rng = np.random.default_rng(0)
    traits = [rng.normal(size=(40, 3)) for _ in range(5)]
    weight, _ = fit(traits, [(t[:, 1] > 0).astype(float) for t in traits])
    assert weight[1] > 4 * max(abs(weight[0]), abs(weight[2]))
