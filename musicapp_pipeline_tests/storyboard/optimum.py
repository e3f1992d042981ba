"""The fewest seconds any legal cut must buy, found without the planner's own code.

Legal means: section starts are cuts (on the downbeat nearest to them), every cut is on a beat,
lengths lie between the shortest and the longest scene. Density and phrases are ignored, so this
is a bound no plan can beat.
"""

from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.storyboard.model import PlannerOptions
from musicapp_pipeline.timebase import frame_at, whole_frames


def least_paid_seconds(analysis: SongAnalysis, options: PlannerOptions) -> int:
    """Paid seconds of the cheapest legal cut, by plain dynamic programming over beats."""
    fps = options.fps
    total = frame_at(analysis.duration, fps)
    beats = {frame_at(beat.time, fps) for beat in analysis.beats}
    cuts = sorted({0, total, *(b for b in beats if 0 < b < total)})
    bars = sorted(frame_at(t, fps) for t in analysis.downbeats)
    forced = {
        min(bars, key=lambda bar: abs(bar - frame_at(section.start_time, fps)))
        for section in analysis.sections[1:]
    }
    sold = sorted(s for s in options.durations if s <= options.clip_seconds)
    sold = sold or [min(options.durations)]
    longest = whole_frames(min(sold[-1], options.clip_seconds), fps)
    shortest = min(whole_frames(options.min_seconds, fps), longest // 2)
    least: dict[int, float] = {0: 0}
    for n, end in enumerate(cuts[1:], start=1):
        ways = []
        for start in reversed(cuts[:n]):
            length = end - start
            if length > longest:
                break
            if length >= shortest and start in least:
                price = next(s for s in sold if whole_frames(s, fps) >= length)
                ways.append(least[start] + price)
            if start in forced:
                break
        if ways:
            least[end] = min(ways)
    return int(least[total])
