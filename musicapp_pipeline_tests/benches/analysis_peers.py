"""Who is measured: our analysis, and librosa as people would call it."""

import numpy as np

from musicapp_pipeline_tests.benches.analysis_scores import Heard
from musicapp_pipeline_tests.benches.analysis_songs import RATE


def ours(samples: np.ndarray) -> Heard:
    """``analyze_song`` without decoding."""
    from musicapp_pipeline.analysis.song import analyze_samples

    found = analyze_samples(samples)
    return Heard(
        found.bpm,
        np.array([beat.time for beat in found.beats]),
        np.array(found.downbeats),
        found.metre,
        np.array([0.0, *(s.end_time for s in found.sections)]),
        tuple(s.type for s in found.sections),
    )


def librosa(samples: np.ndarray) -> Heard:
    """``beat_track``, every fourth beat a downbeat, ``agglomerative`` on beats, a part per 20 s."""
    import librosa as peer

    bpm, beats = peer.beat.beat_track(y=samples, sr=RATE, units="time")
    duration = len(samples) / RATE
    chroma = peer.feature.chroma_stft(y=samples, sr=RATE)
    timbre = peer.feature.mfcc(y=samples, sr=RATE, n_mfcc=13)
    both = np.concatenate([chroma, timbre / (np.abs(timbre).max(axis=1, keepdims=True) + 1e-9)])
    frames = peer.time_to_frames(beats, sr=RATE)
    bounds = np.array([0.0, duration])
    if len(frames) > 8:
        synced = peer.util.sync(both, frames)
        parts = min(max(2, round(duration / 20)), synced.shape[1])
        starts = peer.segment.agglomerative(synced, parts)
        edges = np.concatenate([[0.0], beats])
        bounds = np.concatenate([edges[starts], [duration]])
    tempo = float(np.atleast_1d(bpm)[0])
    return Heard(tempo, np.asarray(beats), np.asarray(beats[::4]), 4, np.unique(bounds), ())
