"""What a cut is worth musically: the soft rules, as costs."""

from math import log2
from typing import Final

import numpy as np

from musicapp_pipeline.storyboard.clips import sold_durations
from musicapp_pipeline.storyboard.cuts import CutMap
from musicapp_pipeline.storyboard.density import target_frames
from musicapp_pipeline.storyboard.dp import Floats, Ints
from musicapp_pipeline.storyboard.energy import EnergyTrack
from musicapp_pipeline.storyboard.lyrics import LineTrack
from musicapp_pipeline.storyboard.model import PlannerOptions
from musicapp_pipeline.storyboard.points import CutPoint, Grade
from musicapp_pipeline.storyboard.seeds import unit
from musicapp_pipeline.timebase import whole_frames

PLACE_COST: Final = {
    Grade.EDGE: 0.0,
    Grade.SECTION: 0.0,
    Grade.PHRASE_8: 0.0,
    Grade.PHRASE_4: 0.15,
    Grade.PHRASE_2: 0.35,
    Grade.BAR: 0.6,
    Grade.HALF: 1.1,
    Grade.BEAT: 1.7,
    Grade.ONSET: 1.2,
    Grade.COUNTED: 1.6,
    Grade.CLOCK: 1.8,
    Grade.KEPT: 0.0,
}
"""In units of one scene whose length is off by a factor of two."""
STRENGTH_BONUS: Final = 0.3
RISE_BONUS: Final = 0.4
LINE_START_BONUS: Final = 0.25
INSIDE_LINE_COST: Final = 0.3
NO_TAIL_COST: Final = 0.1
TASTE: Final = 0.2
"""How far the seed may tip the balance between places that are about as good."""
LENGTH_WEIGHT: Final = 1.0


def place_costs(
    cuts: CutMap, energy: EnergyTrack, lines: LineTrack, options: PlannerOptions
) -> Floats:
    """The cost of a cut at each point, never negative."""
    return np.array([_place_cost(point, energy, lines, options) for point in cuts.points])


def _place_cost(
    point: CutPoint, energy: EnergyTrack, lines: LineTrack, options: PlannerOptions
) -> float:
    cost = PLACE_COST[point.grade] - STRENGTH_BONUS * point.strength
    cost -= RISE_BONUS * abs(energy.change(point.time, 2.0))
    if lines.starts_near(point.time):
        cost -= LINE_START_BONUS
    elif lines.inside(point.time):
        cost += INSIDE_LINE_COST
    cost += TASTE * unit(options.seed, "cut", point.frame)
    # Every cut costs a little: a cut without a reason is none.
    return max(cost + STRENGTH_BONUS, 0.05)


class SceneCosts:
    """The cost of scenes by their end: where they cut, and how far from the wanted length."""

    def __init__(
        self, cuts: CutMap, energy: EnergyTrack, lines: LineTrack, options: PlannerOptions
    ) -> None:
        points = cuts.points
        self._place = place_costs(cuts, energy, lines, options)
        self._frames = np.array([p.frame for p in points], dtype=np.int64)
        self._times = np.array([p.time for p in points])
        self._integral = np.array([energy.integral(p.time) for p in points])
        self._quiet, self._loud = _log_targets(cuts, options)
        self._holds = np.array(
            [whole_frames(s, options.fps) for s in sold_durations(options)], dtype=np.int64
        )
        self._tail = options.tail_handle

    def __call__(self, starts: Ints, end: int) -> Floats:
        lengths = self._frames[end] - self._frames[starts]
        seconds = np.maximum(self._times[end] - self._times[starts], 1e-6)
        energy = np.clip((self._integral[end] - self._integral[starts]) / seconds, 0.0, 1.0)
        wanted = self._quiet[end] + (self._loud[end] - self._quiet[end]) * energy
        off = np.log2(lengths) - wanted
        clip = self._holds[np.minimum(np.searchsorted(self._holds, lengths), len(self._holds) - 1)]
        tight = np.clip(1.0 - (clip - lengths) / max(1, self._tail), 0.0, 1.0)
        # A long scene that misses its length is on screen for longer, so it weighs more.
        share = lengths / np.exp2(wanted)
        length = LENGTH_WEIGHT * off**2 * np.maximum(share, 0.5)
        cost: Floats = length + NO_TAIL_COST * tight + self._place[end]
        return cost


def _log_targets(cuts: CutMap, options: PlannerOptions) -> tuple[Floats, Floats]:
    """Base-2 logs of the wanted frames at no and at full energy, by the point a scene ends at."""
    quiet, loud = np.empty(len(cuts.points)), np.empty(len(cuts.points))
    part = 0
    for k, point in enumerate(cuts.points):
        while part < len(cuts.parts) - 1 and point.frame > cuts.parts[part].end.frame:
            part += 1
        kind = cuts.parts[part].type
        quiet[k] = log2(target_frames(kind, 0.0, options))
        loud[k] = log2(target_frames(kind, 1.0, options))
    return quiet, loud
