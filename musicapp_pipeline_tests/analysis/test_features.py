"""What the network hears keeps its place in time and forgets what it need not know."""

import numpy as np
import pytest

from musicapp_pipeline.analysis import onsets
from musicapp_pipeline.analysis.features import harmonic_change, network_frames, network_input
from musicapp_pipeline.analysis.spectra import SAMPLE_RATE, frame_count, spectra
from musicapp_pipeline_tests.analysis.signals import hit, place


def chords(turns, seconds=12.0, shift=0):
    """Chroma at 10 fps that changes its chord at each of ``turns``."""
    chroma = np.full((int(seconds * 10), 12), 0.01, np.float32)
    for number, time in enumerate([0.0, *turns]):
        tones = (np.array([0, 4, 7]) + 5 * number + shift) % 12
        chroma[int(time * 10) :] = 0.01
        chroma[int(time * 10) :, tones] = 1.0
    return chroma


def test_one_chord_is_no_change():
    assert harmonic_change(chords([]), 600)[5:-10].max() < 1e-3


@pytest.mark.parametrize("turn", [3.0, 5.5, 8.1])
def test_harmony_changes_most_where_the_chord_does(turn):
    # At its ends a song has nothing to compare with.
    change = harmonic_change(chords([turn]), 600)[50:-50]
    peaks = 1 + change.argmax(axis=0) / 50
    assert peaks == pytest.approx(turn, abs=0.08)


def test_harmonic_change_does_not_depend_on_the_key():
    one, other = (harmonic_change(chords([2.0, 6.0], shift=s), 600) for s in (0, 5))
    assert one == pytest.approx(other, abs=1e-5)


@pytest.mark.parametrize("frame", [200, 201, 350, 351])
def test_an_attack_keeps_its_place_to_one_frame(frame):
    mel = np.zeros((600, 80), np.float32)
    grown = np.zeros_like(mel)
    grown[frame] = 1.0
    x = network_input(mel, grown, np.zeros((network_frames(mel), 4), np.float32))
    assert int(x[:, 80:160].sum(axis=1).argmax()) == (frame + 1) // 2
    assert x[:, 80:160].max() == 1.0


@pytest.mark.parametrize("samples", [1, 100, 22_050, 22_051, 30_001])
def test_every_started_frame_counts(samples):
    heard = spectra(np.ones(samples, np.float32))
    assert len(heard.mel) == frame_count(samples, 100)
    assert network_frames(heard.mel) == -(-len(heard.mel) // 2)


@pytest.mark.parametrize("kind", ["tone", "snare", "kick", "hat"])
@pytest.mark.parametrize("time", [1.0, 1.2345, 2.508])
def test_an_attack_is_found_within_8_ms(kind, time):
    samples = place(4 * SAMPLE_RATE, [(time, hit(kind), 0.5)])
    flux = onsets.band_flux(onsets.rise(spectra(samples).mel))
    times, strengths = onsets.pick_onsets(onsets.onset_strength(flux))
    strongest = float(times[strengths.argmax()])
    assert strongest == pytest.approx(time, abs=0.008)


def test_features_do_not_depend_on_the_gain():
    samples = place(3 * SAMPLE_RATE, [(t, hit("snare"), 0.5) for t in (0.5, 1.0, 2.0)])
    loud, quiet = spectra(samples).mel, spectra(0.01 * samples).mel
    assert loud == pytest.approx(quiet, abs=0.02)
