"""The analysis as a picture: waveform, beats, bars, sections, energy, cuts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from musicapp_pipeline.analysis.arrays import Doubles, Floats
from musicapp_pipeline.analysis.decoding import read_sound
from musicapp_pipeline.analysis.errors import AnalysisError
from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.analysis.spectra import SAMPLE_RATE

FORMATS = (".png", ".svg")
COLOURS = {
    "intro": "#8ecae6",
    "verse": "#a7c957",
    "prechorus": "#f2cc8f",
    "chorus": "#e76f51",
    "bridge": "#b392c9",
    "breakdown": "#7d8597",
    "instrumental": "#2a9d8f",
    "outro": "#6d9dc5",
}
_INK, _PAPER = "#222831", "#ffffff"
_COLUMNS = 2400
_DENSE = 260
"""Beyond so many beats a row, only downbeats are drawn."""


class BadPlotFormat(AnalysisError):
    """A file name whose ending is neither PNG nor SVG."""

    code = "bad_plot_format"


def plot(analysis: SongAnalysis, master_wav: Path, out: Path, cuts: Sequence[float] = ()) -> Path:
    """Draw a song and what was heard in it.

    Args:
        analysis: what to draw.
        master_wav: the song, for its waveform; any audio file.
        out: a ``.png`` or ``.svg`` to write.
        cuts: times of the storyboard's cuts in seconds.

    Returns:
        ``out``.

    Raises:
        BadPlotFormat: ``out`` has another ending.
    """
    if out.suffix.lower() not in FORMATS:
        raise BadPlotFormat(
            f"{out.name} is neither .png nor .svg",
            field="plot",
            value=out.name,
            allowed=" or ".join(FORMATS),
        )
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # Equal input gives equal bytes: no random ids, no date.
    with mpl.rc_context({"svg.hashsalt": "musicapp", "font.size": 9}):
        figure = Figure(figsize=(14, 5.2), dpi=120, facecolor=_PAPER, layout="constrained")
        FigureCanvasAgg(figure)
        top, wave, energy = figure.subplots(
            3, 1, sharex=True, gridspec_kw={"height_ratios": [0.7, 3, 1.2], "hspace": 0.02}
        )
        _sections(top, analysis)
        _waveform(wave, read_sound(master_wav).samples, analysis)
        _grid(wave, analysis)
        _energy(energy, analysis)
        _cuts((wave, energy), cuts)
        figure.suptitle(_title(analysis), fontsize=10, color=_INK)
        metadata = {"Date": None} if out.suffix.lower() == ".svg" else {"Software": None}
        figure.savefig(out, metadata=metadata)
    return out


def _title(analysis: SongAnalysis) -> str:
    facts = [
        f"{analysis.bpm:.1f} BPM (confidence {analysis.bpm_confidence:.2f})",
        f"{analysis.metre} beats a bar",
        analysis.key or "no key",
    ]
    if analysis.loudness_lufs is not None:
        facts.append(f"{analysis.loudness_lufs:.1f} LUFS")
    return "  ·  ".join([*facts, *analysis.notes[:1]])


def _sections(axes: Any, analysis: SongAnalysis) -> None:
    axes.set_ylim(0, 1)
    axes.axis("off")
    for section in analysis.sections:
        length = section.end_time - section.start_time
        axes.axvspan(
            section.start_time,
            section.end_time,
            color=COLOURS.get(section.type, "#cccccc"),
            alpha=0.35 + 0.6 * section.confidence,
            linewidth=0,
        )
        axes.axvline(section.start_time, color=_PAPER, linewidth=2)
        if length > analysis.duration * 0.03:
            middle = section.start_time + length / 2
            axes.text(middle, 0.5, section.name, ha="center", va="center", color=_INK, fontsize=8)


def _waveform(axes: Any, samples: Floats, analysis: SongAnalysis) -> None:
    low, high, times = envelope(samples)
    axes.fill_between(times, low, high, color="#4f6d7a", linewidth=0, step="mid")
    axes.set_xlim(0, max(analysis.duration, 0.1))
    axes.set_ylim(-1.05, 1.05)
    axes.set_yticks([])
    _plain(axes)


def envelope(samples: Floats, columns: int = _COLUMNS) -> tuple[Floats, Floats, Doubles]:
    """Lowest and highest sample of each column, and the columns' times, each (columns,)."""
    if not len(samples):
        return np.zeros(1, np.float32), np.zeros(1, np.float32), np.zeros(1)
    edges = np.linspace(0, len(samples), min(columns, len(samples)) + 1).astype(np.int64)[:-1]
    low = np.minimum.reduceat(samples, edges)
    high = np.maximum.reduceat(samples, edges)
    return low, high, edges / SAMPLE_RATE


def _grid(axes: Any, analysis: SongAnalysis) -> None:
    down = set(analysis.downbeats)
    beats = [b for b in analysis.beats if b.time not in down]
    if len(analysis.beats) <= _DENSE:
        axes.vlines([b.time for b in beats], 0.86, 1.0, color="#9aa5b1", linewidth=0.7)
    axes.vlines(sorted(down), 0.8, 1.05, color="#d1495b", linewidth=0.9)


def _energy(axes: Any, analysis: SongAnalysis) -> None:
    times = [p.time for p in analysis.energy_curve]
    values = [p.energy for p in analysis.energy_curve]
    axes.fill_between(times, values, color="#edae49", alpha=0.5, linewidth=0)
    axes.plot(times, values, color="#c47f0e", linewidth=1)
    axes.set_ylim(0, 1.05)
    axes.set_yticks([0, 1])
    axes.set_ylabel("energy", color=_INK)
    axes.set_xlabel("seconds", color=_INK)
    _plain(axes)


def _cuts(rows: Sequence[Any], cuts: Sequence[float]) -> None:
    for axes in rows:
        for cut in cuts:
            axes.axvline(cut, color="#00798c", linewidth=1.1, linestyle=(0, (4, 2)))
    if cuts:
        rows[0].text(cuts[0], -1.0, " cuts", color="#00798c", fontsize=8, va="bottom")


def _plain(axes: Any) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(colors=_INK, labelsize=8)
