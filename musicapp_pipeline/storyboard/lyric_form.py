"""A song's form, checked against its words.

What is heard tells where a song changes; timed lyrics tell better which part is the chorus, and
where nobody sings. Boundaries that were heard stay; those that the words ask for are added on the
bar, and parts are called by what is sung in them.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from statistics import median
from typing import Any, Final

from musicapp_pipeline.analysis.model import Section, SongAnalysis
from musicapp_pipeline.storyboard.energy import EnergyTrack
from musicapp_pipeline.storyboard.model import TimedLine
from musicapp_pipeline.storyboard.refrains import Refrain, find_refrains

NOTE: Final = "Parts were told from the lyrics: the lines that come back are the chorus."
FEWEST_LINES: Final = 4
SURE: Final = 0.3
"""Median confidence of the lines below which their times prove nothing."""
NEAR_BARS: Final = 2.0
"""A boundary that was heard so near is the one that the words mean."""
WORDLESS_BARS: Final = 3.5
"""A longer stretch without words is a part of its own."""
WORDS_FOR_ALL: Final = 0.6
"""The share of what was heard as sung parts that has lines, above which a part without any is not
sung: people paste the hook alone, too."""
MOST_PARTS: Final = 2.0
"""Times as many parts as were heard, and a few, are no form any more."""
LOUDER: Final = 0.08
"""Of the energy's range: the chorus proper stands out from a part that leads to it."""
WORDED: Final = frozenset({"verse", "prechorus", "chorus", "bridge"})


def lines_from(rows: Sequence[Mapping[str, Any]]) -> list[TimedLine]:
    """Lines as a storyboard's ``lyricsData`` holds them."""
    return [
        TimedLine(
            text=row["text"],
            start_time=row["startTime"],
            end_time=row["endTime"],
            confidence=row.get("confidence", 1.0),
        )
        for row in rows
    ]


def with_words(analysis: SongAnalysis, lines: Sequence[TimedLine]) -> SongAnalysis:
    """The analysis with sections as the words have them; unchanged where the words say nothing.

    Args:
        lines: of the whole song, in any order.
    """
    sung = sorted(
        (x for x in lines if x.text.strip() and x.start_time < analysis.duration),
        key=lambda x: x.start_time,
    )
    known = len(sung) >= FEWEST_LINES and len(analysis.sections) > 0
    if not known or median(line.confidence for line in sung) < SURE:
        return analysis
    refrains = find_refrains([line.text for line in sung])
    whole = _share_with_words(analysis, sung) >= WORDS_FOR_ALL
    parts = _divided(analysis, sung, refrains, whole=whole)
    if len(parts) > MOST_PARTS * len(analysis.sections) + 6:
        return analysis
    sections = _named(_typed(parts, analysis, sung, refrains, whole=whole))
    if [(s.start_time, s.type) for s in sections] == [
        (s.start_time, s.type) for s in analysis.sections
    ]:
        return analysis
    return analysis.model_copy(update={"sections": sections, "notes": (*analysis.notes, NOTE)})


def _share_with_words(analysis: SongAnalysis, sung: Sequence[TimedLine]) -> float:
    """Of the time heard as verses, choruses and bridges, the share in parts that have lines."""
    parts = [s for s in analysis.sections if s.type in WORDED]
    middles = [line.middle for line in sung]
    having = [s for s in parts if any(s.start_time <= m < s.end_time for m in middles)]
    total = sum(s.end_time - s.start_time for s in parts)
    return sum(s.end_time - s.start_time for s in having) / total if total else 1.0


def _divided(
    analysis: SongAnalysis,
    sung: Sequence[TimedLine],
    refrains: Sequence[Refrain],
    *,
    whole: bool,
) -> list[Section]:
    """The heard sections, divided where the words ask for it."""
    bars = _bars(analysis)
    bar = median(b - a for a, b in pairwise(bars)) if len(bars) > 1 else 2.0
    starts = [section.start_time for section in analysis.sections]
    for time in _asked_for(analysis, sung, refrains, bar, whole=whole):
        at = min(bars, key=lambda t: abs(t - time))
        near = min(abs(at - t) for t in (*starts, analysis.duration))
        if near >= NEAR_BARS * bar - 0.1 * bar and abs(at - time) <= bar:
            starts.append(at)
    edges = [*sorted(starts), analysis.duration]
    heard = {section.start_time: section for section in analysis.sections}
    out: list[Section] = []
    for start, end in pairwise(edges):
        section = heard.get(start, out[-1] if out else analysis.sections[0])
        out.append(section.model_copy(update={"start_time": start, "end_time": end}))
    return out


def _bars(analysis: SongAnalysis) -> list[float]:
    return list(analysis.downbeats) or [beat.time for beat in analysis.beats] or [0.0]


def _asked_for(
    analysis: SongAnalysis,
    sung: Sequence[TimedLine],
    refrains: Sequence[Refrain],
    bar: float,
    *,
    whole: bool,
) -> list[float]:
    """Where a part begins by the words: a chorus, what follows it, and stretches without words
    where the lines are those of the ``whole`` song."""
    times = [sung[refrain.first].start_time for refrain in refrains]
    times += [sung[refrain.end].start_time for refrain in refrains if refrain.end < len(sung)]
    ends = [0.0, *accumulate((line.end_time for line in sung), max)]
    starts = [*(line.start_time for line in sung), analysis.duration]
    for end, start in zip(ends, starts, strict=True):
        if whole and start - end >= WORDLESS_BARS * bar:
            times += [end, start]
    return sorted(times)


def _typed(
    sections: Sequence[Section],
    analysis: SongAnalysis,
    sung: Sequence[TimedLine],
    refrains: Sequence[Refrain],
    *,
    whole: bool,
) -> list[Section]:
    """Each section with the type that its words give it."""
    energy = EnergyTrack(analysis.energy_curve, analysis.duration)
    returning = {n for refrain in refrains for n in range(refrain.first, refrain.end)}
    types = []
    for place, section in enumerate(sections):
        inside = [
            n for n, line in enumerate(sung) if section.start_time <= line.middle < section.end_time
        ]
        back = sum(n in returning for n in inside)
        if inside and back * 2 >= len(inside):
            types.append("chorus")
        elif inside:
            types.append(_with_new_words(section.type, inside[-1], refrains))
        elif whole:
            types.append(_without_words(section.type, place, len(sections)))
        else:
            types.append(section.type)
    loud = [energy.mean(s.start_time, s.end_time) for s in sections]
    for k in range(len(types) - 1):
        # Two parts of one return: the first leads to the second where that is louder.
        cut = sections[k + 1].start_time
        one_return = any(
            sung[r.first].start_time < cut < sung[r.end - 1].end_time for r in refrains
        )
        if types[k] == types[k + 1] == "chorus" and one_return and loud[k] + LOUDER < loud[k + 1]:
            types[k] = "prechorus"
    return [s.model_copy(update={"type": t}) for s, t in zip(sections, types, strict=True)]


def _with_new_words(heard: str, last: int, refrains: Sequence[Refrain]) -> str:
    """The type of a part, up to line ``last``, whose words are no chorus's."""
    if heard in ("instrumental", "breakdown") or (refrains and heard == "chorus"):
        return "verse"
    # A bridge leads away from what has come back already.
    early = len(refrains) > 1 and last < refrains[1].first
    return "verse" if heard == "bridge" and early else heard


def _without_words(heard: str, place: int, count: int) -> str:
    if place == 0:
        return "intro"
    if place == count - 1:
        return "outro"
    return "instrumental" if heard in WORDED or heard in ("intro", "outro") else heard


def _named(sections: Sequence[Section]) -> tuple[Section, ...]:
    """Equal types are numbered in their names ("verse 2")."""
    types = [section.type for section in sections]
    return tuple(
        section.model_copy(
            update={
                "name": f"{section.type} {types[: n + 1].count(section.type)}"
                if types.count(section.type) > 1
                else section.type
            }
        )
        for n, section in enumerate(sections)
    )
