"""The optional director: richer ideas from a chat model, the plan's own where it fails.

The network is not this package's business: the caller injects ``ask``, which posts a body to any
OpenAI-compatible ``/chat/completions`` and returns the parsed answer.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from musicapp_pipeline.storyboard.clashes import contradiction_in
from musicapp_pipeline.storyboard.director_chat import (
    Direction,
    Setup,
    checked,
    read_answer,
    request_body,
    setups_of,
)
from musicapp_pipeline.storyboard.errors import DirectorUnavailable
from musicapp_pipeline.storyboard.model import PlannedScene, ProjectBrief, Shot
from musicapp_pipeline.storyboard.text import clean, shortened

Ask = Callable[[dict[str, Any]], Mapping[str, Any]]
"""Posts a chat body and returns the response's JSON; raises ``DirectorUnavailable``."""

BATCH: Final = 24
"""Setups a request: small models lose track of longer lists."""
NAMED: Final = 6
"""Scenes that a note names one by one."""


@dataclass(frozen=True, slots=True)
class Directed:
    """A plan with the director's ideas where they held; ``notes`` say where they did not."""

    scenes: tuple[PlannedScene, ...]
    accepted: int
    notes: tuple[str, ...]


def direct(
    project: ProjectBrief,
    scenes: Sequence[PlannedScene],
    ask: Ask,
    model: str,
    *,
    seed: int = 0,
    settled: Collection[int] = (),
    shot_settled: Collection[int] = (),
) -> Directed:
    """Let a chat model write the ideas, moods and shots of a plan.

    Cuts, kinds, lyrics and costs never change. An idea that returns in the plan returns with the
    director's words. An answer that is missing, malformed, outside the vocabulary, a repetition
    or like its neighbour leaves the planned one in place.

    Args:
        scenes: the whole plan, as it will be shown.
        ask: the injected call; when it raises ``DirectorUnavailable``, that batch stays planned.
        settled: orders of the scenes that nobody asks about; the others must not become like them.
        shot_settled: orders of the scenes of which only the idea and the mood are asked for.
    """
    notes: list[str] = []
    directions: dict[str, Direction] = {}
    setups = setups_of([scene for scene in scenes if scene.order not in settled])
    for start in range(0, len(setups), BATCH):
        batch = setups[start : start + BATCH]
        directions |= _directions(project, scenes, batch, ask, model, seed, notes)
    _drop_repetitions(directions, setups, scenes, notes)
    directed = _apply(scenes, setups, directions, shot_settled, notes)
    return Directed(directed, len(directions), tuple(notes))


def _directions(
    project: ProjectBrief,
    scenes: Sequence[PlannedScene],
    batch: Sequence[Setup],
    ask: Ask,
    model: str,
    seed: int,
    notes: list[str],
) -> dict[str, Direction]:
    try:
        entries = read_answer(ask(request_body(project, scenes, batch, model, seed)))
    except (DirectorUnavailable, ValueError) as error:
        orders = sorted(order for setup in batch for order in setup.scenes)
        notes.append(_said(f"{_stays(orders)}: {error}"))
        return {}
    by_key = {
        e["key"]: e
        for e in reversed(entries)
        if isinstance(e, Mapping) and isinstance(e.get("key"), str)
    }
    found: dict[str, Direction] = {}
    for setup in batch:
        try:
            found[setup.key] = checked(by_key.get(setup.key), setup)
        except ValueError as error:
            notes.append(_said(f"{_stays(setup.scenes)}: {error}"))
    return found


def _stays(orders: Sequence[int]) -> str:
    return f"{_named(orders, 'stay')} as planned"


def _named(orders: Sequence[int], do: str) -> str:
    """That scenes do something, by the numbers under which people know them."""
    if len(orders) == 1:
        return f"scene {orders[0]} {do}s"
    more = len(orders) - NAMED
    named = [str(order) for order in orders[: NAMED if more > 1 else None]]
    last = f"{more} more" if more > 1 else named.pop()
    return f"scenes {', '.join(named)} and {last} {do}"


def _said(note: str) -> str:
    """A note that quotes an answer, fit to be stored and shown."""
    return shortened(clean(note), 300)


def _drop_repetitions(
    directions: dict[str, Direction],
    setups: Sequence[Setup],
    scenes: Sequence[PlannedScene],
    notes: list[str],
) -> None:
    """An idea that another setup has already would make different scenes alike."""
    planned = {scene.order: scene.idea.lower() for scene in scenes}
    seen: set[str] = set()
    for setup in setups:
        direction = directions.get(setup.key)
        if direction is None:
            continue
        idea = direction.idea.lower()
        elsewhere = {planned[order] for order in planned.keys() - set(setup.scenes)}
        # A director may like the planned idea and change only how it is seen.
        own = {planned[order] for order in setup.scenes}
        if idea in seen or idea in elsewhere - own:
            del directions[setup.key]
            notes.append(f"{_stays(setup.scenes)}: the new idea is another scene's already")
        seen.add(idea)


def _shots(
    setups: Sequence[Setup],
    directions: Mapping[str, Direction],
    shot_settled: Collection[int],
    notes: list[str],
) -> dict[int, Shot]:
    """The director's shots by the scenes' order; one that cannot be filmed leaves the planned."""
    shots: dict[int, Shot] = {}
    for setup in setups:
        orders = [order for order in setup.scenes if order not in shot_settled]
        if setup.key not in directions or not orders:
            continue
        shot = directions[setup.key].shot()
        wrong = contradiction_in(shot, setup.kind)
        if wrong:
            notes.append(_said(f"{_named(orders, 'keep')} the planned shot: {wrong}"))
        else:
            shots.update(dict.fromkeys(orders, shot))
    return shots


def _alike(one: Shot, two: Shot) -> bool:
    return one.size == two.size or one.angle == two.angle or one.movement == two.movement


def _apply(
    scenes: Sequence[PlannedScene],
    setups: Sequence[Setup],
    directions: Mapping[str, Direction],
    shot_settled: Collection[int],
    notes: list[str],
) -> tuple[PlannedScene, ...]:
    by_order = {
        order: directions[setup.key]
        for setup in setups
        if setup.key in directions
        for order in setup.scenes
    }
    shots = _shots(setups, directions, shot_settled, notes)
    plain = {scene.order: scene.shot for scene in scenes}
    clash = True
    while clash:
        clash = False
        for before, after in pairwise(scenes):
            a, b = before.order, after.order
            one, two = shots.get(a, plain[a]), shots.get(b, plain[b])
            if _alike(one, two) and (a in shots or b in shots):
                given_back = b if b in shots else a
                del shots[given_back]
                notes.append(f"scene {given_back} keeps its planned shot: its neighbour's is alike")
                clash = True
    return tuple(
        scene.model_copy(
            update={
                "idea": by_order[scene.order].idea,
                "mood": by_order[scene.order].mood,
                "shot": shots.get(scene.order, scene.shot),
            }
        )
        if scene.order in by_order
        else scene
        for scene in scenes
    )
