"""Why a cut is where it is, in words for the person who will look at it."""

from musicapp_pipeline.storyboard.energy import EnergyTrack
from musicapp_pipeline.storyboard.form import Part
from musicapp_pipeline.storyboard.lyrics import LineTrack
from musicapp_pipeline.storyboard.points import CutPoint, Grade

RISE = 0.12
MOVED = 0.05

STAYS = "stays where it was cut"
_PLACES = {
    Grade.PHRASE_8: "8-bar phrase",
    Grade.PHRASE_4: "4-bar phrase",
    Grade.PHRASE_2: "2-bar phrase",
    Grade.BAR: "downbeat",
    Grade.HALF: "half bar",
    Grade.BEAT: "beat",
    Grade.ONSET: "onset, no beat is heard here",
    Grade.COUNTED: "beat counted on, none is heard here",
    Grade.CLOCK: "by the clock, neither beat nor onset is heard here",
    Grade.KEPT: "follows a scene that stays",
    Grade.PLACED: "where it was put, off the beat",
}
_GROUNDS = {g: _PLACES[g] for g in (Grade.ONSET, Grade.COUNTED, Grade.CLOCK)}


def explain(
    point: CutPoint, part: Part, energy: EnergyTrack, lines: LineTrack, *, stays: bool = False
) -> str:
    """The reason for the cut that starts a scene.

    Args:
        part: the section that the scene belongs to.
        stays: the scene is one that keeps its cuts, wherever the music has moved.
    """
    if point.grade == Grade.EDGE:
        return "song starts"
    reasons = [STAYS if stays and point.grade == Grade.KEPT else _place(point, part)]
    if point.grade in (Grade.HALF, Grade.BEAT):
        # Nothing musical speaks for a cut inside a bar: it is there because clips have lengths.
        reasons.append("so that the clips fit")
    change = energy.change(point.time, 2.0)
    if change >= RISE:
        reasons.append("energy rising")
    elif change <= -RISE:
        reasons.append("energy falling")
    if lines.starts_near(point.time):
        reasons.append("a line begins")
    return ", ".join(reasons)


def _place(point: CutPoint, part: Part) -> str:
    if point.grade != Grade.SECTION:
        return _PLACES[point.grade]
    text = f"{part.name or part.type or 'section'} starts"
    if point.ground in _GROUNDS:
        return f"{text} ({_GROUNDS[point.ground]})"
    if abs(part.moved) >= MOVED:
        way = "later" if part.moved > 0 else "earlier"
        return f"{text} (on the beat, {abs(part.moved):.2f} s {way} than detected)"
    return text
