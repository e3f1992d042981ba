"""Write songs with their truth: ``python -m musicapp_pipeline.analysis.training.dataset --help``.

Each song is ``<name>.wav`` (16 bit, mono) and ``<name>.json`` with ``beats``, ``downbeats``,
``sections`` (start, end, type), ``bpm``, ``meter``, ``style``, ``silent`` (spans without sound),
``tune`` and ``voice`` (spans in which something has the lead, in which somebody sings).
Seeds of the study family and the held-out family never meet.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from musicapp_pipeline.analysis.arrays import Doubles, Floats
from musicapp_pipeline.analysis.training import styles
from musicapp_pipeline.analysis.training.composer import compose
from musicapp_pipeline.analysis.training.notes import Score
from musicapp_pipeline.analysis.training.render import render

RATE = 22_050
_EXAM_SEEDS = 10_000_000
_FREE_SHARE = 0.03


def make_song(
    number: int, *, exam: bool = False, full: bool = False, rate: int = RATE, fonts: bool = True
) -> tuple[Floats, dict[str, Any]]:
    """Song ``number`` of a family and its truth."""
    seed = number + (_EXAM_SEEDS if exam else 0)
    family = styles.EXAM if exam else styles.STUDY
    rng = np.random.default_rng([seed, 1])
    if exam:
        style = family[number % len(family)]
    else:
        weight = np.array([style.weight for style in family])
        style = family[int(rng.choice(len(family), p=weight / weight.sum()))]
    score = compose(seed, style, full=full, exam=exam)
    free = not exam and not full and rng.random() < _FREE_SHARE
    if free:
        score.seconds = _free_time(score, rng)
    return render(score, seed, rate, exam=exam, fonts=fonts), truth(score, free=free)


def _free_time(score: Score, rng: np.random.Generator) -> Doubles:
    """Events without a pulse, so that the network also learns what is no beat."""
    gaps = rng.exponential(np.diff(score.seconds)) + 0.05
    return np.concatenate([[score.seconds[0]], score.seconds[0] + np.cumsum(gaps)])


def truth(score: Score, *, free: bool = False) -> dict[str, Any]:
    """What a listener would write down, as plain data."""
    beats = np.zeros(0) if free else score.beats
    at = score.seconds
    return {
        "style": "free" if free else score.style,
        "bpm": 0.0 if free else float(60 / np.median(np.diff(at))),
        "meter": score.metre,
        "beats": [round(float(t), 5) for t in beats],
        "downbeats": [] if free else [round(float(t), 5) for t in score.downbeats],
        "sections": [
            [round(float(at[p.start]), 5), round(float(at[p.end]), 5), p.kind] for p in score.parts
        ],
        "silent": [
            [round(float(at[i]), 5), round(float(at[i + 1]), 5)] for i in sorted(score.silent)
        ],
        "tune": [[round(a, 3), round(b, 3)] for a, b in score.tune],
        "voice": [[round(a, 3), round(b, 3)] for a, b in score.voice],
    }


def main() -> None:
    """Command line."""
    import soundfile

    parser = argparse.ArgumentParser(description="Generate songs with exact truth.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--exam", action="store_true", help="the held-out family")
    parser.add_argument("--full", action="store_true", help="whole songs instead of 50 s")
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--no-fonts", action="store_true", help="numpy instruments only")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for number in range(args.first, args.first + args.count):
        stem = args.out / f"{number:05d}"
        if stem.with_suffix(".json").exists():
            continue
        samples, facts = make_song(
            number, exam=args.exam, full=args.full, rate=args.rate, fonts=not args.no_fonts
        )
        soundfile.write(stem.with_suffix(".wav"), samples, args.rate, subtype="PCM_16")
        stem.with_suffix(".json").write_text(json.dumps(facts))
        print(f"{number} {facts['style']} {facts['bpm']:.1f} BPM", flush=True)


if __name__ == "__main__":
    main()
