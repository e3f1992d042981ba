"""Tempo maps: when each beat falls, from a machine's clock to a singer's rubato."""

import numpy as np

from musicapp_pipeline.analysis.arrays import Doubles

KINDS = ("steady", "human", "drift", "rubato", "steps", "live")


def beat_seconds(
    rng: np.random.Generator, kind: str, bpm: float, beats: int, metre: int, turns: list[int]
) -> Doubles:
    """Times of ``beats`` beats and the end.

    Args:
        rng: the song's dice.
        kind: one of ``KINDS``.
        bpm: tempo the song starts near.
        beats: how many.
        metre: beats a bar; rubato breathes with phrases.
        turns: beats on which a section begins; ``steps`` changes tempo there.

    Returns:
        Seconds from the first beat, (beats + 1,).
    """
    tempo = np.full(beats, bpm)
    index = np.arange(beats)
    if kind in ("human", "live"):
        wander = np.cumsum(rng.normal(0, 0.004 if kind == "human" else 0.008, beats))
        tempo *= np.exp(wander - wander * np.linspace(0, 1, beats))
    if kind in ("drift", "live"):
        tempo *= np.linspace(1, rng.uniform(0.86, 1.22), beats)
    if kind == "rubato":
        phrase = metre * rng.choice([2, 4])
        depth = rng.uniform(0.03, 0.1)
        tempo *= 1 + depth * np.sin(2 * np.pi * (index / phrase + rng.uniform()))
        tempo *= np.exp(rng.normal(0, 0.012, beats))
        tempo[-2 * metre :] *= np.linspace(1, rng.uniform(0.6, 1), len(tempo[-2 * metre :]))
    if kind == "steps":
        factor = rng.choice([0.75, 0.8, 1.15, 1.25, 4 / 3])
        for i, turn in enumerate(turns[1:]):
            if i % 2 == 0:
                end = turns[i + 2] if i + 2 < len(turns) else beats
                tempo[turn:end] *= factor
    tempo = np.clip(tempo, 40, 240)
    return np.concatenate([[0.0], np.cumsum(60 / tempo)])
