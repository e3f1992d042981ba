import json

import numpy as np
import pytest
import soundfile

from musicapp_pipeline.analysis import SongAnalysis, analyze_audio, analyze_song
from musicapp_pipeline.analysis.model import SECTION_TYPES
from musicapp_pipeline.analysis.song import analyze_samples
from musicapp_pipeline_tests.analysis.signals import RATE, groove, hit, place

HARD = {
    "nothing": np.zeros(0, np.float32),
    "one sample": np.ones(1, np.float32),
    "a tenth of a second": np.random.default_rng(1).standard_normal(2205).astype(np.float32),
    "two beats": groove(120, bars=1).samples[: int(1.6 * RATE)],
    "silence": np.zeros(20 * RATE, np.float32),
    "noise": (0.1 * np.random.default_rng(2).standard_normal(20 * RATE)).astype(np.float32),
    "clipped": np.clip(20 * groove(110).samples, -1, 1).astype(np.float32),
    "a constant": np.ones(8 * RATE, np.float32),
    "two hits": place(8 * RATE, [(3.0, hit("kick"), 0.8), (3.5, hit("kick"), 0.8)]),
    "a steady tone": np.sin(np.arange(12 * RATE) * 0.1).astype(np.float32),
}


def assert_valid(analysis: SongAnalysis) -> None:
    times = [beat.time for beat in analysis.beats]
    assert times == sorted(set(times)), "beats ascend strictly"
    assert all(0 <= beat.strength <= 1 for beat in analysis.beats)
    assert set(analysis.downbeats) <= set(times), "downbeats are beats"
    assert all(0 <= t <= analysis.duration for t in times)
    assert len(analysis.onsets) == len(analysis.onset_strengths)
    assert list(analysis.onsets) == sorted(analysis.onsets)
    edges = [analysis.sections[0].start_time]
    for section in analysis.sections:
        assert section.start_time == edges[-1], "sections touch"
        assert section.type in SECTION_TYPES
        assert 0 <= section.confidence <= 1
        edges.append(section.end_time)
    assert edges[0] == 0
    assert edges[-1] == pytest.approx(analysis.duration, abs=1e-4), "sections tile the song"
    assert all(0 <= point.energy <= 1 for point in analysis.energy_curve)
    assert 0 <= analysis.bpm_confidence <= 1
    json.dumps(analysis.to_dict(), allow_nan=False)


@pytest.mark.parametrize("name", HARD)
def test_every_input_yields_a_valid_analysis(name):
    assert_valid(analyze_samples(HARD[name]))


@pytest.mark.parametrize("name", ["nothing", "one sample", "a tenth of a second", "silence"])
def test_no_pulse_means_no_confidence_and_a_note(name):
    analysis = analyze_samples(HARD[name])
    assert analysis.bpm_confidence == 0
    assert analysis.notes


@pytest.mark.parametrize("name", ["two beats", "two hits", "a constant", "a steady tone", "noise"])
def test_there_is_always_a_tempo_to_lay_cuts_by(name):
    analysis = analyze_samples(HARD[name])
    assert 30 <= analysis.bpm <= 300
    assert analysis.bpm_confidence < 0.35
    assert analysis.notes


@pytest.mark.parametrize("name", ["noise", "a steady tone"])
def test_a_sound_without_rhythm_is_not_trusted(name):
    analysis = analyze_samples(HARD[name])
    assert analysis.bpm_confidence < 0.35
    assert any("no beat to rely on" in note for note in analysis.notes)


def test_the_same_file_twice_gives_equal_bytes(tmp_path):
    path = tmp_path / "song.wav"
    soundfile.write(path, groove(100).samples, RATE)
    first, second = (json.dumps(analyze_audio(str(path))) for _ in range(2))
    assert first == second


def test_analyze_audio_has_the_specified_keys(tmp_path):
    path = tmp_path / "song.wav"
    soundfile.write(path, groove(100).samples, RATE)
    heard = analyze_audio(str(path))
    assert {
        "bpm",
        "duration",
        "beats",
        "onsets",
        "energy_curve",
        "sections",
        "spectral_features",
        "downbeats",
    } <= set(heard)
    assert set(heard["beats"][0]) == {"time", "strength"}
    assert set(heard["energy_curve"][0]) == {"time", "energy"}
    assert {"name", "start_time", "end_time"} <= set(heard["sections"][0])
    assert heard["duration"] == pytest.approx(len(groove(100).samples) / RATE, abs=1e-4)


def test_progress_ends_at_one(tmp_path):
    path = tmp_path / "song.wav"
    soundfile.write(path, groove(100, bars=4).samples, RATE)
    seen: list[float] = []
    analyze_song(path, on_progress=lambda share, message="": seen.append(share))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
