import numpy as np
import pytest

from musicapp_pipeline.analysis import beats
from musicapp_pipeline.analysis.song import analyze_samples
from musicapp_pipeline_tests.analysis.signals import RATE, chord, clicks, groove


def nearest_errors(truth, found):
    found = np.asarray(found)
    return np.array([found[np.argmin(np.abs(found - t))] - t for t in truth])


@pytest.mark.parametrize("kind", ["tone", "snare", "kick"])
@pytest.mark.parametrize("bpm", [62.0, 97.3, 120.0, 170.7])
def test_beats_sit_within_5_ms_of_exact_clicks(kind, bpm):
    truth = clicks(bpm, kind)
    heard = analyze_samples(truth.samples)
    errors = nearest_errors(truth.beats, [beat.time for beat in heard.beats])
    assert abs(np.median(errors)) < 0.005
    assert abs(len(heard.beats) - len(truth.beats)) <= 2
    assert heard.bpm == pytest.approx(bpm, rel=0.002)


@pytest.mark.parametrize("metre", [3, 4, 5, 6, 7])
def test_bars_of_any_metre_are_found(metre):
    truth = groove(118, metre, bars=14)
    heard = analyze_samples(truth.samples)
    assert heard.metre == metre
    found = nearest_errors(truth.downbeats, heard.downbeats)
    assert np.mean(np.abs(found) < 0.07) > 0.9


def test_half_and_double_tempo_are_offered():
    heard = analyze_samples(groove(120).samples)
    assert heard.bpm_alternatives == pytest.approx((60.0, 240.0), rel=0.01)


def test_the_grid_does_not_depend_on_the_gain():
    truth = groove(104)
    loud, quiet = (analyze_samples((g * truth.samples).astype(np.float32)) for g in (0.9, 0.01))
    assert [b.time for b in loud.beats] == pytest.approx([b.time for b in quiet.beats], abs=1e-3)


def test_the_grid_ends_when_nothing_starts_any_more():
    truth = groove(120, bars=12)
    ring = chord(130.8, 8.0)
    samples = np.concatenate([truth.samples, np.zeros(6 * RATE, np.float32)])
    start = round((truth.beats[-1] + 0.5) * RATE)
    samples[start : start + len(ring)] += 2 * ring[: len(samples) - start]
    last = analyze_samples(samples).beats[-1].time
    assert truth.beats[-1] - 0.05 < last < truth.beats[-1] + 1.1


@pytest.mark.parametrize(("confidence", "said"), [(0.4, True), (0.6, False)])
def test_a_beat_that_an_even_voice_could_have_is_to_be_checked(confidence, said):
    notes = beats._notes(np.arange(0, 17, 0.8), confidence, 1.0)
    assert any("check the grid" in note for note in notes) is said


def test_bars_that_nothing_tells_are_of_four_and_said_to_be_a_guess():
    """The same hit for ever was sevens, as surely as the beat."""
    heard = analyze_samples(clicks(120.0, "snare", seconds=40).samples)
    assert heard.bpm_confidence > 0.9
    assert (heard.metre, heard.metre_confidence < 0.2) == (4, True)
    assert any("nothing tells the bars" in note for note in heard.notes)


@pytest.mark.parametrize(("second", "said"), [(0.41, True), (0.667, False)])
def test_two_tempi_are_said(second, said):
    gaps = [0.667] * 60 + [second] * 90
    notes = beats._notes(np.cumsum(gaps), 0.9, 1.0)
    assert any("the tempo varies" in note for note in notes) is said
