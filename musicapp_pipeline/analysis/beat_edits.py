"""What a person may do to the beat grid. Pure: each function returns a new analysis."""

from collections.abc import Sequence

import numpy as np

from musicapp_pipeline.analysis.arrays import Doubles
from musicapp_pipeline.analysis.edit_fields import FASTEST, SLOWEST
from musicapp_pipeline.analysis.errors import BadEdit
from musicapp_pipeline.analysis.model import Beat, SongAnalysis
from musicapp_pipeline.analysis.tapping import earned, tapped_grid

METRES = range(1, 13)
TEMPI = f"{SLOWEST:.0f} to {FASTEST:.0f} BPM"
FARTHEST = 5000.0
"""Milliseconds of one shift."""
_TOGETHER = 0.05
"""Seconds; two taps nearer than this are one that bounced."""


def shift_beats(analysis: SongAnalysis, milliseconds: float) -> SongAnalysis:
    """Move the whole grid later (or earlier, if negative); sections stay.

    Raises:
        BadEdit: too far, or fewer than two beats would be left.
    """
    _require_beats(analysis)
    if not abs(milliseconds) <= FARTHEST:
        raise BadEdit(
            f"a shift of {milliseconds} ms is not possible; give -5000 to 5000",
            field="milliseconds",
            value=milliseconds,
            allowed="-5000 to 5000",
        )
    by = milliseconds / 1000
    kept = {b.time: b for b in analysis.beats if 0 <= b.time + by <= analysis.duration}
    moved = {time: round(time + by, 4) for time in kept}
    if len(moved) < 2:
        raise BadEdit(
            f"a shift of {milliseconds:g} ms leaves {len(moved)} beats in the song",
            field="milliseconds",
            value=milliseconds,
            allowed="what leaves at least 2 beats",
        )
    return analysis.model_copy(
        update={
            "beats": tuple(
                Beat.model_construct(time=moved[t], strength=b.strength) for t, b in kept.items()
            ),
            "downbeats": tuple(moved[t] for t in analysis.downbeats if t in moved),
        }
    )


def halve_tempo(analysis: SongAnalysis) -> SongAnalysis:
    """Keep every second beat, the downbeats among them.

    Bars of six become bars of three; otherwise bars keep their number of beats and become twice
    as long.

    Raises:
        BadEdit: slower than 20 BPM, or fewer than two beats.
    """
    _require_beats(analysis)
    first = _first_downbeat(analysis)
    beats = analysis.beats[first % 2 :: 2]
    _check_tempo(analysis, analysis.bpm / 2, len(beats))
    metre = (
        analysis.metre // 2 if analysis.metre % 2 == 0 and analysis.metre > 4 else analysis.metre
    )
    return _rebarred(analysis, beats, metre, (first - first % 2) // 2, analysis.bpm / 2)


def double_tempo(analysis: SongAnalysis) -> SongAnalysis:
    """Put a beat between every two.

    Bars of three become bars of six; otherwise bars keep their number of beats and become half
    as long.

    Raises:
        BadEdit: faster than 400 BPM, or no beats to begin with.
    """
    _require_beats(analysis)
    _check_tempo(analysis, analysis.bpm * 2, 2 * len(analysis.beats) - 1)
    beats: list[Beat] = []
    for here, after in zip(analysis.beats, (*analysis.beats[1:], None), strict=True):
        beats.append(here)
        if after is not None:
            middle = round((here.time + after.time) / 2, 4)
            strength = round(min(here.strength, after.strength) / 2, 3)
            beats.append(Beat(time=middle, strength=strength))
    metre = 6 if analysis.metre == 3 else analysis.metre
    return _rebarred(analysis, tuple(beats), metre, 2 * _first_downbeat(analysis), analysis.bpm * 2)


def tap_tempo(analysis: SongAnalysis, taps: Sequence[float]) -> SongAnalysis:
    """Replace the grid by a person's taps.

    Taps say how fast and where; the heard beats or the onsets that go with them say the rest of
    the song (see ``tapping``). Taps that follow a changing tempo are kept as they are.

    Args:
        analysis: the song.
        taps: at least four times in seconds, ascending.

    Raises:
        BadEdit: too few taps, not ascending, two at once, or a tempo outside 20 to 400 BPM.
    """
    times = np.asarray(taps, np.float64)
    gaps = np.diff(times)
    if len(times) < 4 or not np.all(gaps >= _TOGETHER) or not np.all(np.isfinite(times)):
        raise BadEdit(
            f"{len(times)} taps cannot make a grid; tap at least four times, in order",
            field="taps",
            value=list(taps)[:8],
            allowed=f"at least 4 ascending times in seconds, {_TOGETHER:g} or more apart",
        )
    for part in (gaps, gaps[:4], gaps[-4:]):  # the first and last go on to the song's ends
        bpm = 60 / float(np.median(part))
        if not SLOWEST <= bpm <= FASTEST:
            raise BadEdit(
                f"these taps mean {bpm:.0f} BPM; the tempo must be {SLOWEST:.0f} to {FASTEST:.0f}",
                field="taps",
                value=round(bpm, 1),
                allowed=TEMPI,
            )
    grid = np.unique(np.round(tapped_grid(times, analysis), 4))
    sure = round(earned(times, grid, analysis), 3)
    if np.array_equal(grid, [b.time for b in analysis.beats]):
        return analysis.model_copy(update={"bpm_confidence": max(sure, analysis.bpm_confidence)})
    strengths = {round(b.time, 2): b.strength for b in analysis.beats}
    beats = tuple(
        Beat(time=float(t), strength=strengths.get(round(float(t), 2), 0.5)) for t in grid
    )
    steady = 60 / float(np.median(np.diff(grid)))
    first = _bar_start(grid, analysis)
    changed = _rebarred(analysis, beats, analysis.metre, first, steady)
    return changed.model_copy(update={"bpm_confidence": sure})


def set_first_downbeat(
    analysis: SongAnalysis, time: float, metre: int | None = None
) -> SongAnalysis:
    """Count bars from the beat nearest to ``time``, forwards and backwards.

    Args:
        analysis: the song.
        time: seconds.
        metre: beats a bar from now on; unchanged if not given.
    """
    _require_beats(analysis)
    if metre is not None and metre not in METRES:
        raise BadEdit(
            f"a bar of {metre} beats is not possible",
            field="metre",
            value=metre,
            allowed="1 to 12",
        )
    at = min(range(len(analysis.beats)), key=lambda i: abs(analysis.beats[i].time - time))
    return _rebarred(analysis, analysis.beats, metre or analysis.metre, at, analysis.bpm)


def _rebarred(
    analysis: SongAnalysis, beats: tuple[Beat, ...], metre: int, first: int, bpm: float
) -> SongAnalysis:
    """The song with other beats, in regular bars of which one begins at beat ``first``."""
    options = (bpm / 2, bpm * 2)
    return analysis.model_copy(
        update={
            "beats": beats,
            "downbeats": tuple(b.time for b in beats[first % metre :: metre]),
            "metre": metre,
            "bpm": round(bpm, 3),
            "bpm_alternatives": tuple(round(o, 3) for o in options if 30 <= o <= 300),
        }
    )


def _bar_start(grid: Doubles, analysis: SongAnalysis) -> int:
    """The beat of a new grid from which bars meet most of those that were heard."""
    if not analysis.downbeats:
        return 0
    old = np.array(analysis.downbeats)
    nearest = np.argmin(np.abs(grid[:, None] - old), axis=0)
    met = nearest[np.abs(grid[nearest] - old) < _TOGETHER]
    if not len(met):
        return int(nearest[0])
    votes = np.bincount(met % analysis.metre, minlength=analysis.metre)
    best = np.flatnonzero(votes == votes.max())
    return int(next(n for n in met if n % analysis.metre in best))


def _first_downbeat(analysis: SongAnalysis) -> int:
    times = [b.time for b in analysis.beats]
    return times.index(analysis.downbeats[0]) if analysis.downbeats else 0


def _check_tempo(analysis: SongAnalysis, bpm: float, beats: int) -> None:
    """A tempo is what it is called and what its beats make of it."""
    most = analysis.duration * FASTEST / 60 + 2
    if not SLOWEST <= bpm <= FASTEST or not 2 <= beats <= most:
        raise BadEdit(
            f"that would be {bpm:g} BPM with {beats} beats in {analysis.duration:g} s; the tempo"
            f" must be {TEMPI}",
            field="direction",
            value=round(bpm, 3),
            allowed=TEMPI,
        )


def _require_beats(analysis: SongAnalysis) -> None:
    if len(analysis.beats) < 2:
        raise BadEdit(
            "this song has no beats to change; tap a tempo first",
            field="beats",
            value=len(analysis.beats),
            allowed="at least 2",
        )
