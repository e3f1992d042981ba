"""Which scenes show the performer: where there are vocals, spread over the song."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from musicapp_pipeline.storyboard.model import SceneType
from musicapp_pipeline.storyboard.seeds import unit
from musicapp_pipeline.timebase import Frames

FORM_PULL: Final = {
    "chorus": 0.30,
    "prechorus": 0.15,
    "verse": 0.15,
    "bridge": 0.10,
    "instrumental": -0.20,
    "breakdown": -0.10,
    "intro": -0.30,
    "outro": -0.20,
}
"""Where a performer is expected, beside the vocals themselves."""
VOCAL_PULL: Final = 1.0
OPENING_PULL: Final = 0.25
RUN_COST: Final = 0.7
LONGEST_RUN: Final = 2
"""Performances in a row, as long as another sung scene has no performer."""
SHARE_COST: Final = 0.8
TASTE: Final = 0.15
SUNG: Final = 0.25
"""The share of a scene that must be sung for it to count as one with vocals."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A scene before its kind is known. ``fixed`` is the kind of a scene that stays as it is."""

    frames: Frames
    part: int
    section_type: str
    vocals: float
    opens_part: bool
    fixed: SceneType | None = None


def choose_kinds(scenes: Sequence[Candidate], density: float, seed: int) -> tuple[SceneType, ...]:
    """Performance or b-roll for each scene.

    Performance time is ``density`` of all time to within half of the last scene added. Scenes
    with vocals come first; among them those of sections that have had less than their share, and
    not right beside another performance, so that neither kind comes in one block.

    Args:
        scenes: all of the song; where no scene has vocals, form alone decides.
        density: 0 to 1; 0 and 1 are exact.
    """
    total = sum(scene.frames for scene in scenes)
    wanted = density * total
    chosen = [scene.fixed == "performance" for scene in scenes]
    free = {n for n, scene in enumerate(scenes) if scene.fixed is None}
    have = float(sum(s.frames for s, on in zip(scenes, chosen, strict=True) if on))
    given = _time_by_part(scenes, chosen)
    whole = _time_by_part(scenes, [True] * len(scenes))
    pull = [_pull(n, scene, seed) for n, scene in enumerate(scenes)]
    if density >= 1.0:
        return tuple(scene.fixed or "performance" for scene in scenes)
    passed_over = False
    while free and have < wanted:
        best = max(free, key=lambda n: _rank(n, scenes, chosen, given, whole, pull))
        crowded = _beside(chosen, best) >= LONGEST_RUN
        if passed_over and (crowded or scenes[best].vocals < SUNG):
            break  # nobody moves silent lips while a sung scene has no performer, nor in a block
        free.remove(best)
        over = have + scenes[best].frames - wanted
        if over > wanted - have:
            # This one overshoots by more than what is missing: a shorter one may still fit.
            passed_over = passed_over or scenes[best].vocals >= SUNG
            continue
        chosen[best] = True
        have += scenes[best].frames
        given[scenes[best].part] += scenes[best].frames
    return tuple("performance" if on else "broll" for on in chosen)


def _time_by_part(scenes: Sequence[Candidate], chosen: Sequence[bool]) -> dict[int, float]:
    out = {scene.part: 0.0 for scene in scenes}
    for scene, on in zip(scenes, chosen, strict=True):
        out[scene.part] += scene.frames if on else 0
    return out


def _pull(n: int, scene: Candidate, seed: int) -> float:
    pull = FORM_PULL.get(scene.section_type, 0.0) + TASTE * unit(seed, "kind", n)
    if scene.opens_part and scene.section_type in ("chorus", "instrumental"):
        pull += OPENING_PULL
    return pull + VOCAL_PULL * scene.vocals


def _rank(
    n: int,
    scenes: Sequence[Candidate],
    chosen: Sequence[bool],
    given: dict[int, float],
    whole: dict[int, float],
    pull: Sequence[float],
) -> tuple[bool, bool, float, int]:
    beside = _beside(chosen, n)
    part = scenes[n].part
    crowd = RUN_COST * beside * (beside + 1) / 2
    score = pull[n] - crowd - SHARE_COST * given[part] / max(1.0, whole[part])
    # Somebody who moves their lips while nobody sings is worse than any crowding.
    return scenes[n].vocals >= SUNG, beside < LONGEST_RUN, score, -n


def _beside(chosen: Sequence[bool], n: int) -> int:
    return _run(chosen, n, -1) + _run(chosen, n, 1)


def _run(chosen: Sequence[bool], n: int, step: int) -> int:
    """How many performances follow each other directly beside scene ``n``, on one side."""
    k = n + step
    while 0 <= k < len(chosen) and chosen[k]:
        k += step
    return abs(k - n) - 1
