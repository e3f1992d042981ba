"""Songs with exact truth, as analyses: what the planner's tests are fed with."""

from random import Random

from musicapp_pipeline.analysis.model import Beat, EnergyPoint, Section, SongAnalysis
from musicapp_pipeline.storyboard.model import TimedLine

Form = tuple[tuple[str, int, float], ...]
"""Section type, bars, energy."""

POP: Form = (
    ("intro", 8, 0.2),
    ("verse", 16, 0.5),
    ("chorus", 8, 0.9),
    ("verse", 16, 0.55),
    ("chorus", 8, 0.95),
    ("bridge", 8, 0.35),
    ("chorus", 16, 1.0),
    ("outro", 8, 0.2),
)
SUNG = ("verse", "prechorus", "chorus", "bridge")


def song(
    bpm: float = 120.0,
    form: Form = POP,
    *,
    metre: int = 4,
    jitter: float = 0.0,
    seed: int = 1,
    tail: float = 0.0,
    key: str | None = "A minor",
) -> tuple[SongAnalysis, tuple[TimedLine, ...]]:
    """A song with one lyric line a bar in its sung sections.

    Args:
        jitter: standard deviation of the beats around the steady pulse, in seconds.
        tail: seconds after the last bar, without beats.
    """
    random = Random(seed)
    period = 60 / bpm
    beats: list[Beat] = []
    downbeats: list[float] = []
    lines: list[TimedLine] = []
    starts: list[tuple[str, float]] = []
    energy: list[EnergyPoint] = []
    time = 0.0
    for kind, bars, level in form:
        starts.append((kind, time))
        energy.append(EnergyPoint(time=time, energy=level))
        for bar in range(bars):
            for count in range(metre):
                at = time + (bar * metre + count) * period
                heard = round(max(0.0, at + random.gauss(0, jitter)), 4)
                beats.append(Beat(time=heard, strength=0.9 if count == 0 else 0.5))
                if count == 0:
                    downbeats.append(heard)
            if kind in SUNG:
                sung = time + bar * metre * period
                lines.append(
                    TimedLine(
                        text=f"{kind} line {bar + 1}",
                        start_time=sung + 0.1,
                        end_time=sung + (metre - 0.6) * period,
                    )
                )
        time += bars * metre * period
        energy.append(EnergyPoint(time=time - 0.5, energy=min(1.0, level + 0.05)))
    duration = time + tail
    ends = [start for _, start in starts[1:]] + [duration]
    sections = tuple(
        Section(name=kind, type=kind, start_time=start, end_time=end, confidence=0.8)
        for (kind, start), end in zip(starts, ends, strict=True)
    )
    analysis = SongAnalysis(
        duration=duration,
        bpm=bpm,
        bpm_confidence=0.9,
        metre=metre,
        beats=tuple(beats),
        downbeats=tuple(downbeats),
        energy_curve=tuple(energy),
        sections=sections,
        key=key,
    )
    return analysis, tuple(lines)
