"""Draws the pictures of ``docs/storyboard.md``: plans as an editor reads them.

Run: ``python -m musicapp_pipeline_tests.benches.storyboard_pictures [FOLDER]``.
"""

import json
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from musicapp_pipeline.analysis.model import Beat, Section, SongAnalysis
from musicapp_pipeline.storyboard.clips import screen_share
from musicapp_pipeline.storyboard.model import PlannedScene, PlannerOptions, TimedLine
from musicapp_pipeline.storyboard.plan import plan_scenes
from musicapp_pipeline_tests.storyboard.songs import song

DEMO = Path(__file__).parents[2] / "musicapp_pipeline" / "demo"
KINDS = {"performance": "#d1495b", "broll": "#30638e"}
SECTIONS = ("#dfe7ee", "#f3ead8")


def main() -> None:
    """Write both pictures."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")
    folder.mkdir(parents=True, exist_ok=True)
    fps = Fraction(24)
    demo = _demo_song()
    _draw(
        folder / "storyboard-demo.png", [("clips of 4, 8 and 12 s", demo, PlannerOptions(fps=fps))]
    )
    pop = song(95.0)
    _draw(
        folder / "storyboard-catalogues.png",
        [
            (name, pop, PlannerOptions(fps=fps, durations=durations))
            for name, durations in (
                ("clips of 4, 8 and 12 s", (4, 8, 12)),
                ("clips of 5 and 10 s", (5, 10)),
                ("any whole second", tuple(range(1, 16))),
            )
        ],
    )


def _demo_song() -> tuple[SongAnalysis, tuple[TimedLine, ...]]:
    truth = json.loads((DEMO / "truth.json").read_text("utf-8"))
    written = (DEMO / "lyrics.txt").read_text("utf-8").splitlines()
    words = iter(truth["words"])
    lines = []
    for text in written:
        if text and not text.startswith("["):
            sung = [next(words) for _ in text.split()]
            lines.append(
                TimedLine(text=text, start_time=sung[0]["start"], end_time=sung[-1]["end"])
            )
    analysis = SongAnalysis(
        duration=truth["duration"],
        bpm=truth["bpm"],
        bpm_confidence=1.0,
        metre=truth["metre"],
        beats=tuple(Beat(time=t, strength=0.5) for t in truth["beats"]),
        downbeats=tuple(truth["downbeats"]),
        sections=tuple(Section(**section) for section in truth["sections"]),
    )
    return analysis, tuple(lines)


def _draw(path: Path, plans: Sequence[tuple[str, tuple, PlannerOptions]]) -> None:
    figure, axes = plt.subplots(
        len(plans), 1, figsize=(12, 0.6 + 1.9 * len(plans)), squeeze=False, sharex=True
    )
    for (name, (analysis, lines), options), axis in zip(plans, axes[:, 0], strict=True):
        scenes = plan_scenes(analysis, lines, options)
        _timeline(axis, analysis, lines, scenes)
        share = screen_share(scenes, options)
        axis.set_title(
            f"{name}: {len(scenes)} scenes, {share:.0%} of the paid seconds on screen",
            loc="left",
            fontsize=10,
        )
    axes[-1, 0].set_xlabel("seconds")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
    print(path)


def _timeline(
    axis: Axes,
    analysis: SongAnalysis,
    lines: Sequence[TimedLine],
    scenes: Sequence[PlannedScene],
) -> None:
    """Sections behind, paid clips as outlines, what is seen of them filled, singing below."""
    for n, section in enumerate(analysis.sections):
        axis.axvspan(section.start_time, section.end_time, color=SECTIONS[n % 2], lw=0)
        axis.text(section.start_time + 0.3, 13.2, section.name, fontsize=8, va="top")
    for scene in scenes:
        width = scene.end_time - scene.start_time
        axis.bar(
            scene.start_time,
            scene.clip_seconds,
            width,
            align="edge",
            fill=False,
            edgecolor="#888888",
            linestyle=":",
        )
        axis.bar(
            scene.start_time,
            width,
            width,
            align="edge",
            color=KINDS[scene.scene_type],
            edgecolor="white",
        )
    for line in lines:
        axis.plot([line.start_time, line.end_time], [-0.9, -0.9], color="#444444", lw=3)
    axis.vlines(analysis.downbeats, -0.45, 0, color="#222222", lw=0.8)
    axis.set_xlim(0, analysis.duration)
    axis.set_ylim(-1.6, 13.6)
    axis.set_yticks([0, 4, 8, 12])
    axis.set_ylabel("clip, s")


if __name__ == "__main__":
    main()
