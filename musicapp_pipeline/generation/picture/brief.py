"""What a prompt asks for, as far as drawing by code can follow it."""

import hashlib
import random
import re
from dataclasses import dataclass
from typing import Literal

from musicapp_pipeline.generation.picture import words
from musicapp_pipeline.generation.picture.colour import Palette, palette
from musicapp_pipeline.storyboard.prompts import B_ROLL_MARKER, PERFORMANCE_MARKER

Kind = Literal["performance", "broll"]

_LYRICS_LEAD = 0.3
"""How often a scene without a recognisable idea follows its lyrics: always would make one picture
of a song that sings of fire in every line."""


@dataclass(frozen=True)
class Brief:
    """A drawing order.

    ``pace`` scales motion (1 normal); ``framing`` is below 0 for wide and above for close;
    ``seed`` decides everything that the words leave open.
    """

    kind: Kind
    family: str
    palette: Palette
    finish: words.Finish
    pace: float
    framing: float
    movement: str
    seed: int

    def rng(self, salt: str) -> random.Random:
        """Numbers for one part of the picture, independent of other parts."""
        return random.Random(f"{self.seed}:{salt}")


def read_brief(prompt: str, seed_text: str) -> Brief:
    """Turn a prompt into a drawing order.

    Args:
        prompt: any text; one that :mod:`musicapp_pipeline.storyboard` wrote is understood best.
        seed_text: the source of all variety, for example the request's fingerprint.
    """
    seed = int(hashlib.sha256(seed_text.encode()).hexdigest()[:12], 16)
    draw = random.Random(f"{seed}:brief")
    parts = _parts(prompt)
    finish: words.Finish = words.best(parts.style, words.FINISHES) or "plain"
    chroma_factor, more_light = words.FINISH_COLOUR[finish]
    mood = words.mood_named(words.best(parts.mood, words.MOODS), draw)
    hue, contrast = words.hues(parts.light, mood.hue, mood.contrast_hue)
    present = set(parts.directive)
    return Brief(
        kind=parts.kind,
        family=_family(parts, draw),
        palette=palette(
            hue,
            contrast_hue=contrast,
            chroma=mood.chroma * chroma_factor,
            lift=mood.lift + more_light + words.brightness(parts.light),
        ),
        finish=finish,
        pace=min(max(mood.pace * words.tempo(present), 0.5), 1.8),
        framing=words.framing(parts.directive),
        movement=words.movement(parts.directive, draw),
        seed=seed,
    )  # fmt: skip


def _family(parts: "_Parts", draw: random.Random) -> str:
    by_idea = words.best(parts.idea, words.FAMILIES)
    if by_idea is not None:
        return by_idea
    by_lyrics = words.best(parts.directive, words.FAMILIES)
    follow = draw.random() < _LYRICS_LEAD
    return by_lyrics if by_lyrics and follow else draw.choice(sorted(words.FAMILIES))


@dataclass(frozen=True)
class _Parts:
    kind: Kind
    directive: list[str]
    idea: list[str]
    mood: list[str]
    light: list[str]
    style: list[str]


def _parts(prompt: str) -> _Parts:
    """Take a storyboard's prompt apart; any other text stands for every part."""
    lower = prompt.lower()
    performs = PERFORMANCE_MARKER.lower() in lower
    marker = PERFORMANCE_MARKER if performs else B_ROLL_MARKER
    _, found, after = lower.partition(marker.lower())
    if not found:
        split = _split(lower)
        sings = bool({"sings", "raps", "singing", "rapping"} & set(split))
        return _Parts("performance" if sings else "broll", split, split, split, split, split)
    directive = after.partition("critical:")[0]
    style = after.rpartition("style:")[2] if "style:" in after else ""
    mood = re.search(r"mood: (.*?)\.", directive)
    light = re.search(r"light: (.*?)\.?$", directive, re.MULTILINE)
    setting = re.search(r"^(.*?); ", directive, re.MULTILINE)
    return _Parts(
        kind="performance" if performs else "broll",
        directive=_split(directive),
        idea=_split(setting[1] if setting else ""),
        mood=_split(mood[1] if mood else directive),
        light=_split(light[1] if light else directive),
        style=_split(style),
    )


def _split(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text)
