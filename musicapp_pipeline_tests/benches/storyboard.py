"""How good the cut is: paid seconds on screen, what cuts stand on, and what planning costs.

The optimum is computed by code of its own (``musicapp_pipeline_tests.storyboard.optimum``) that
knows only the hard rules, so it is a bound no plan can beat.
"""

import time
from collections import Counter
from fractions import Fraction
from statistics import mean

from musicapp_pipeline.storyboard.clips import screen_share
from musicapp_pipeline.storyboard.model import PlannedScene, PlannerOptions
from musicapp_pipeline.storyboard.plan import plan_scenes
from musicapp_pipeline_tests.storyboard.optimum import least_paid_seconds
from musicapp_pipeline_tests.storyboard.songs import POP, song

TEMPI = (68.0, 84.0, 95.0, 101.3, 112.0, 120.0, 133.0, 150.0, 174.0)
CATALOGUES = {
    "4/8/12": (4, 8, 12),
    "5/10": (5, 10),
    "6": (6,),
    "1..15": tuple(range(1, 16)),
}
RATES = (Fraction(24), Fraction(24000, 1001))
STRONG = ("song", "8-bar", "4-bar", "2-bar", "downbeat")


def main() -> None:
    """Print the figures."""
    print("storyboard: 9 tempi x 2 frame rates x catalogues, 176-310 s pop form, jitter 6 ms")
    print(f"{'on sale':>8} {'share':>7} {'optimum':>8} {'of best':>8} {'worst':>7}  cuts stand on")
    for name, durations in CATALOGUES.items():
        _catalogue(name, durations)
    _shape()
    _speed()


def _catalogue(name: str, durations: tuple[int, ...]) -> None:
    shares, bests, ratios = [], [], []
    grounds: Counter[str] = Counter()
    for fps in RATES:
        for bpm in TEMPI:
            analysis, lines = song(bpm, jitter=0.006)
            options = PlannerOptions(fps=fps, durations=durations)
            scenes = plan_scenes(analysis, lines, options)
            share = screen_share(scenes, options)
            paid = sum(scene.clip_seconds for scene in scenes)
            ratio = least_paid_seconds(analysis, options) / paid
            shares.append(share)
            bests.append(share / ratio)
            ratios.append(ratio)
            grounds.update(_ground(scene) for scene in scenes[1:])
    parts = ", ".join(f"{g} {n / grounds.total():.0%}" for g, n in grounds.most_common())
    print(
        f"{name:>8} {mean(shares):7.3f} {mean(bests):8.3f} {mean(ratios):8.3f}"
        f" {min(ratios):7.3f}  {parts}"
    )


def _ground(scene: PlannedScene) -> str:
    if "starts" in scene.why:
        return "section"
    first = scene.why.split(",")[0]
    return "phrase" if "phrase" in first else first


def _shape() -> None:
    """Mean shot length by section: what each price list leaves of a density that follows energy."""
    for name, durations in CATALOGUES.items():
        options = PlannerOptions(fps=Fraction(24), durations=durations)
        lengths: dict[str, list[float]] = {}
        for bpm in TEMPI:
            for scene in plan_scenes(*song(bpm), options):
                lengths.setdefault(scene.section_type, []).append(scene.frames / 24)
        told = ", ".join(f"{kind} {mean(seconds):.1f} s" for kind, seconds in lengths.items())
        print(f"shot length by section, {name} on sale: {told}")


def _speed() -> None:
    """CPU seconds, warm, the best of three."""
    for minutes, times in ((3, 1), (20, 7)):
        analysis, lines = song(128.0, POP * times)
        for name in ("4/8/12", "1..15"):
            options = PlannerOptions(fps=Fraction(24), durations=CATALOGUES[name])
            spent = []
            for _ in range(3):
                start = time.process_time()
                plan_scenes(analysis, lines, options)
                spent.append(time.process_time() - start)
            print(f"plan of a {minutes}-minute song, {name}: {min(spent):.3f} CPU-s")


if __name__ == "__main__":
    main()
