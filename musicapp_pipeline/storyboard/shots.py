"""How the camera sees each scene.

A shot follows from its idea, so that an idea that returns with the chorus returns in the same
shot; where that would be like the neighbour, the next best word is taken.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from statistics import mean

from musicapp_pipeline.storyboard.clashes import never_beside
from musicapp_pipeline.storyboard.density import drive_of
from musicapp_pipeline.storyboard.ideas import RETURNS, IdeaBook, band_of, rank_worlds
from musicapp_pipeline.storyboard.model import SceneType, Shot
from musicapp_pipeline.storyboard.seeds import unit
from musicapp_pipeline.storyboard.vocabulary import Idea, Term, World, shot_vocabulary, worlds


@dataclass(frozen=True, slots=True)
class Slot:
    """A scene that needs pictures. ``shot`` and ``idea`` of a scene that stays are given."""

    kind: SceneType
    section_type: str
    occurrence: int
    energy: float
    shot: Shot | None = None
    idea: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """The answer for a slot."""

    shot: Shot
    idea: str


def choose_pictures(
    slots: Sequence[Slot], ranked: Sequence[World], seed: int
) -> tuple[Picture, ...]:
    """Ideas and shots for all scenes, in order; no two neighbours share either.

    Args:
        ranked: worlds, the video's own first.
    """
    closing = sum(slot.section_type == "outro" and slot.kind == "broll" for slot in slots)
    book = IdeaBook(ranked, seed, closing)
    pace = _paces(slots)
    out: list[Picture] = []
    for n, slot in enumerate(slots):
        after = slots[n + 1] if n + 1 < len(slots) else None
        near_ideas = {p.idea for p in out[-1:]} | ({after.idea} if after and after.idea else set())
        near_shots = [p.shot for p in out[-1:]] + ([after.shot] if after and after.shot else [])
        band = band_of(slot.section_type, slot.kind, slot.energy)
        if slot.idea is not None:
            idea = Idea(text=slot.idea)
        else:
            idea = book.next(
                slot.section_type, slot.occurrence, slot.kind, band, frozenset(near_ideas)
            )
        # A long song's later worlds bring their own light.
        home = next((world for world in ranked if world.has(idea.text)), ranked[0])
        light = home.light_of(idea.text, band)
        shot = slot.shot or _shot(slot, idea, light, pace[n], seed, near_shots)
        out.append(Picture(shot, idea.text))
    return tuple(out)


def picture_between(before: Slot, after: Slot | None, seed: int) -> Picture:
    """Another idea and shot for a scene that is put behind ``before``, from the same world.

    Args:
        before: with its shot and idea.
        after: the next scene, if there is one.
    """
    new = replace(before, shot=None, idea=None)
    return picture_for([before], new, [after] if after else [], seed, like=before.idea)


def picture_for(
    before: Sequence[Slot], new: Slot, after: Sequence[Slot], seed: int, like: str | None
) -> Picture:
    """Idea and shot for a scene between others, from the world that the idea ``like`` is of, or,
    where a person wrote it, those beside it."""
    near = [like, *(slot.idea for slot in (*before, *after))]
    world = next((w.name for idea in near for w in worlds().values() if w.has(idea or "")), None)
    ranked = rank_worlds("dark", new.energy, seed, world)
    return choose_pictures([*before, new, *after], ranked, seed)[len(before)]


def _paces(slots: Sequence[Slot]) -> list[float]:
    """How driven each scene is, by form and energy, 0 to 1.

    What returns keeps its shots even if it is louder the second time: its energy is the mean of
    all its returns.
    """
    heard: dict[str, list[float]] = {}
    for slot in slots:
        heard.setdefault(slot.section_type, []).append(slot.energy)
    return [
        0.5 * drive_of(slot.section_type)
        + 0.5 * (mean(heard[slot.section_type]) if slot.section_type in RETURNS else slot.energy)
        for slot in slots
    ]


def _shot(slot: Slot, idea: Idea, light: str, pace: float, seed: int, near: Sequence[Shot]) -> Shot:
    words = shot_vocabulary()
    said = [idea.text]

    def pick(what: str, terms: Sequence[Term], taken: Collection[str]) -> str:
        never = frozenset().union(*map(never_beside, said))
        suited = [t for t in terms if slot.kind in t.kinds and idea.scale in t.scales]
        usable = [t for t in suited if t.name not in never]
        said.append(_term(usable, pace, (seed, what, idea.text), taken))
        return said[-1]

    return Shot(
        size=pick("size", words.sizes, {shot.size for shot in near}),
        angle=pick("angle", words.angles, {shot.angle for shot in near}),
        movement=pick("movement", words.movements, {shot.movement for shot in near}),
        light=light,
    )


def _term(
    usable: Sequence[Term], pace: float, key: tuple[int, str, str], taken: Collection[str]
) -> str:
    """A term by weight and seed: one of the pace, and one that no neighbour has."""
    free = [term for term in usable if term.name not in taken]
    fitting = [term for term in free if term.energy[0] <= pace <= term.energy[1]]
    # Weighted choice without state (Efraimidis and Spirakis, 2006).
    return max(
        fitting or free or usable,
        key=lambda term: (unit(*key, term.name) ** (1 / term.weight), term.name),
    ).name
