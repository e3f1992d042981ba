"""Fit ``analysis/vocals.py``: ``python -m musicapp_pipeline.analysis.training.vocals_fit --help``.

A logistic regression from what bars of generated songs do to the share of each that is sung.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from musicapp_pipeline.analysis.arrays import Doubles
from musicapp_pipeline.analysis.training.examples import load
from musicapp_pipeline.analysis.vocals import bar_traits

SHRINK = 0.01
"""Price of squared weights."""
_FEWEST = 10
"""Bars a song must have to be compared with itself."""


def sung_share(spans: list[tuple[float, float]], edges: Doubles) -> Doubles:
    """The share of each bar in which somebody sings, (bars,)."""
    times = np.arange(0, edges[-1], 0.02)
    sung = np.zeros(len(times) + 1)
    for a, b in spans:
        sung[1:] += (times >= a) & (times < b)
    total = np.cumsum(np.minimum(sung, 1))
    at = np.clip(np.round(edges / 0.02).astype(int), 0, len(times))
    return np.asarray(np.diff(total[at]) / np.maximum(np.diff(at), 1))


def fit(traits: list[Doubles], shares: list[Doubles]) -> tuple[Doubles, float]:
    """Weights and bias that tell the shares best; every song counts the same."""
    x, y = np.concatenate(traits), np.concatenate(shares)
    each = np.concatenate([np.full(len(share), 1 / len(share)) for share in shares]) / len(shares)

    def loss(p: Doubles) -> tuple[float, Doubles]:
        logit = x @ p[:-1] + p[-1]
        wrong = (1 / (1 + np.exp(-logit)) - y) * each
        value = float(((np.logaddexp(0, logit) - y * logit) * each).sum())
        slope = np.append(x.T @ wrong + 2 * SHRINK * p[:-1], wrong.sum())
        return value + SHRINK * float(np.square(p[:-1]).sum()), slope

    found = minimize(loss, np.zeros(x.shape[1] + 1), jac=True).x
    return found[:-1], float(found[-1])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Fit the vocal hint on generated songs.")
    parser.add_argument("--songs", type=Path, required=True, help="folder made by dataset.py")
    parser.add_argument("--out", type=Path, required=True, help="weights to write (.npz)")
    args = parser.parse_args()
    traits, shares = [], []
    for path in sorted(args.songs.glob("*.json")):
        bars = np.array(json.loads(path.read_text())["downbeats"])
        if len(bars) > _FEWEST:
            song = load(path)
            traits.append(bar_traits(song.mel.astype(np.float32), bars))
            shares.append(sung_share(song.voice, bars))
    weight, bias = fit(traits, shares)
    np.savez(args.out, weight=weight.astype(np.float32), bias=np.float32(bias))
    print(f"{len(traits)} songs, {sum(map(len, shares))} bars")


if __name__ == "__main__":
    main()
