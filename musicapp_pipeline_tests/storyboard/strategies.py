"""Any song and any options, including those nobody would record or order."""

from fractions import Fraction

from hypothesis import strategies as st

from musicapp_pipeline.analysis.model import (
    SECTION_TYPES,
    Beat,
    EnergyPoint,
    Section,
    SongAnalysis,
)
from musicapp_pipeline.storyboard.model import PlannerOptions, TimedLine

RATES = (Fraction(24), Fraction(25), Fraction(30), Fraction(24000, 1001), Fraction(60))
CATALOGUES = ((4, 8, 12), (5, 10), (6,), tuple(range(1, 16)), (3,), (2, 7))


def shares():
    return st.floats(0, 1)


@st.composite
def grids(draw, duration: float):
    """Beats with jitter, tempo changes, holes; the downbeats are some of them."""
    time = draw(st.floats(0, min(3.0, duration)))
    beats: list[Beat] = []
    for _ in range(draw(st.integers(0, 3))):
        period = draw(st.floats(0.27, 1.5))
        jitter = draw(st.floats(0, 0.03))
        for n in range(draw(st.integers(0, 80))):
            wobble = jitter * (1 if n % 2 else -1)
            if 0 <= time + wobble < duration and (not beats or time + wobble > beats[-1].time):
                beats.append(Beat(time=time + wobble, strength=0.8 if n % 4 == 0 else 0.3))
            time += period
        time += draw(st.sampled_from([0.0, 0.0, 5.0, 20.0]))
    metre = draw(st.sampled_from([3, 4, 5, 7]))
    offset = draw(st.integers(0, metre - 1))
    downbeats = tuple(b.time for b in beats[offset::metre]) if draw(st.booleans()) else ()
    return tuple(beats), downbeats, metre


@st.composite
def analyses(draw):
    duration = draw(st.one_of(st.floats(0.1, 5), st.floats(5, 90)))
    beats, downbeats, metre = draw(grids(duration))
    cuts = sorted(draw(st.lists(st.floats(0.01, duration), max_size=6, unique=True)))
    edges = [0.0, *(c for c in cuts if c < duration), duration]
    kinds = draw(st.lists(st.sampled_from(SECTION_TYPES), min_size=7, max_size=7))
    sections = tuple(
        Section(name=kind, type=kind, start_time=a, end_time=b)
        for kind, a, b in zip(kinds, edges, edges[1:], strict=False)
    )
    onsets = sorted(draw(st.lists(st.floats(0, duration), max_size=30, unique=True)))
    curve = draw(st.lists(st.tuples(st.floats(0, duration), shares()), max_size=10))
    return SongAnalysis(
        duration=duration,
        bpm=120,
        bpm_confidence=draw(st.sampled_from([0.0, 0.9])),
        metre=metre,
        beats=beats,
        downbeats=downbeats,
        onsets=tuple(onsets),
        energy_curve=tuple(EnergyPoint(time=t, energy=e) for t, e in sorted(curve)),
        sections=sections if draw(st.booleans()) else (),
    )


@st.composite
def lyric_lines(draw):
    spans = draw(st.lists(st.tuples(st.floats(0, 95), st.floats(-1, 9)), max_size=12))
    texts = st.sampled_from(
        ["best believe me", "", "愛 燃える", 'he said "no"\nand left', "la " * 40]
    )
    return tuple(
        TimedLine(text=draw(texts), start_time=start, end_time=start + length)
        for start, length in spans
    )


@st.composite
def planner_options(draw):
    return PlannerOptions(
        fps=draw(st.sampled_from(RATES)),
        clip_seconds=draw(st.integers(1, 15)),
        performance_density=draw(st.one_of(st.sampled_from([0.0, 1.0]), shares())),
        durations=draw(st.sampled_from(CATALOGUES)),
        seed=draw(st.integers(0, 5)),
    )
