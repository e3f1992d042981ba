"""What a cut is worth musically: the soft rules, as costs."""

from math import log2
from typing import Final

import numpy as np

from musicapp_pipeline.storyboard.clips import Shelf, shelf_of
from musicapp_pipeline.storyboard.cuts import CutMap
from musicapp_pipeline.storyboard.density import target_frames
from musicapp_pipeline.storyboard.dp import Floats, Steps
from musicapp_pipeline.storyboard.energy import EnergyTrack
from musicapp_pipeline.storyboard.lyrics import LineTrack
from musicapp_pipeline.storyboard.model import PlannerOptions
from musicapp_pipeline.storyboard.points import CutPoint, Grade
from musicapp_pipeline.storyboard.seeds import unit

PLACE_COST: Final = {
    Grade.EDGE: 0.0,
    Grade.SECTION: 0.0,
    Grade.PHRASE_8: 0.0,
    Grade.PHRASE_4: 0.15,
    Grade.PHRASE_2: 0.35,
    Grade.BAR: 0.65,
    Grade.HALF: 1.6,
    Grade.BEAT: 2.3,
    Grade.ONSET: 1.7,
    Grade.COUNTED: 2.3,
    Grade.CLOCK: 2.5,
    Grade.KEPT: 0.0,
}
"""In units of one scene whose length is off by a factor of two."""
STRENGTH_BONUS: Final = 0.3
RISE_BONUS: Final = 0.4
LINE_START_BONUS: Final = 0.35
INSIDE_LINE_COST: Final = 0.45
NO_TAIL_COST: Final = 0.1
WASTE_COST: Final = 0.2
"""A second of a clip that nobody sees: money goes to music, not to chance."""
TASTE: Final = 0.2
"""How far the seed may tip the balance between places that are about as good."""
LENGTH_WEIGHT: Final = 1.5
EDGE_WEIGHT: Final = 1.5
"""The first picture says where we are and the last one lingers: neither should be hurried."""


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


def scene_costs(
    steps: Steps, cuts: CutMap, energy: EnergyTrack, lines: LineTrack, options: PlannerOptions
) -> Floats:
    """The cost of each possible scene: where it ends, and how far it is from the wanted length."""
    shelf = shelf_of(options)
    frames = np.array([p.frame for p in cuts.points], dtype=np.int64)
    times = np.array([p.time for p in cuts.points])
    heard = np.array([energy.integral(p.time) for p in cuts.points])
    lengths = frames[steps.ends] - frames[steps.starts]
    seconds = np.maximum(times[steps.ends] - times[steps.starts], 1e-6)
    mean = np.clip((heard[steps.ends] - heard[steps.starts]) / seconds, 0.0, 1.0)
    quiet, loud = _log_targets(cuts, shelf)
    wanted = quiet[steps.ends] + (loud - quiet)[steps.ends] * mean
    # A long scene that misses its length is on screen for longer, so it weighs more.
    weight = LENGTH_WEIGHT * np.maximum(lengths / np.exp2(wanted), 0.4)
    weight[(steps.starts == 0) | (steps.ends == steps.points - 1)] *= EDGE_WEIGHT
    place = place_costs(cuts, energy, lines, options)
    cost: Floats = weight * (np.log2(lengths) - wanted) ** 2 + place[steps.ends]
    holds = np.array(shelf.holds)
    spare = holds[np.minimum(np.searchsorted(holds, lengths), len(holds) - 1)] - lengths
    tight = np.clip(1.0 - spare / max(1, options.tail_handle), 0.0, 1.0)
    cost += NO_TAIL_COST * tight + WASTE_COST * spare / float(options.fps)
    return cost


def _log_targets(cuts: CutMap, shelf: Shelf) -> tuple[Floats, Floats]:
    """Base-2 logs of the wanted frames at no and at full energy, by the point a scene ends at."""
    ends = np.array([part.end.frame for part in cuts.parts])
    frames = np.array([point.frame for point in cuts.points])
    part = np.minimum(np.searchsorted(ends, frames), len(ends) - 1)
    quiet, loud = (
        np.array([log2(target_frames(p.type, energy, shelf)) for p in cuts.parts])
        for energy in (0.0, 1.0)
    )
    return quiet[part], loud[part]
