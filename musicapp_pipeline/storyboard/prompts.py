"""The prompt of a scene, in the specification's five parts, in their order.

Global style prefix, character prefix, scene directive, continuity rules, style preset. The same
input gives the same text; wording and presets are data (``template.json``, ``presets.json``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from musicapp_pipeline.storyboard.bible import donts_of, dos_of, in_order, name_of, traits_of
from musicapp_pipeline.storyboard.cues import delivery_for, image_for
from musicapp_pipeline.storyboard.errors import PromptTooLong
from musicapp_pipeline.storyboard.model import CharacterBrief, ProjectBrief, SceneBrief, Shot
from musicapp_pipeline.storyboard.presets import Presets, StylePreset, preset_named
from musicapp_pipeline.storyboard.template import (
    B_ROLL_MARKER,
    PERFORMANCE_MARKER,
    PromptTemplate,
    default_template,
    fill,
)
from musicapp_pipeline.storyboard.text import (
    capitalised,
    clean,
    clean_lyrics,
    listed,
    quoted,
    sentence,
    shortened,
)

__all__ = ["B_ROLL_MARKER", "PERFORMANCE_MARKER", "build_scene_prompt"]

INSTRUMENTAL: Final = frozenset({"intro", "instrumental", "breakdown", "outro"})
"""Sections in which a scene without words is played, not sung."""

_DEFAULT_SHOTS: Final = {
    "performance": Shot(
        size="medium close-up", angle="eye level", movement="slow push-in", light="soft key light"
    ),
    "broll": Shot(
        size="wide shot", angle="eye level", movement="slow push-in", light="soft natural light"
    ),
}
_DEFAULT_IDEAS: Final = {
    "performance": "in a place that belongs to the song",
    "broll": "a place that belongs to the song",
}


@dataclass(frozen=True, slots=True)
class _Room:
    """How much of what people wrote still fits, in characters."""

    lyrics: int = 400
    traits: int = 600
    rules: int = 300
    others: int = 300
    prefix: int = 600
    names: int = 200
    echo: bool = True
    atmosphere: bool = True
    setting: bool = True


# What is given up first is what the picture misses least.
_ROOMS: Final = (
    _Room(),
    _Room(echo=False),
    _Room(echo=False, lyrics=160, traits=300, rules=160, others=120, prefix=300),
    _Room(echo=False, lyrics=120, traits=200, rules=80, others=60, prefix=160, atmosphere=False),
    _Room(
        echo=False,
        lyrics=60,
        traits=100,
        rules=0,
        others=0,
        prefix=100,
        names=0,
        atmosphere=False,
        setting=False,
    ),
)


def build_scene_prompt(
    project: ProjectBrief,
    scene: SceneBrief,
    characters: Sequence[CharacterBrief],
    style_preset_override: str | None = None,
    *,
    max_chars: int = 2000,
    presets: Presets | None = None,
    template: PromptTemplate | None = None,
) -> str:
    """What is sent to the video model for a scene.

    Args:
        project: its title, style prefix and preset, and whether the vocals are sung or rapped.
        scene: planned, then perhaps edited; a missing shot or idea gets a plain one.
        characters: those who may appear; the primary one leads.
        style_preset_override: a preset for this scene alone; ``""`` for none.
        max_chars: the model's limit. Long texts are shortened, least needed first; the marker,
            the continuity rules and the preset always stay.
        presets: instead of the five built in, as from ``load_presets``.
        template: instead of the specification's wording.

    Raises:
        UnknownStylePreset: naming the presets there are.
        PromptTooLong: when not even the shortest form fits.
    """
    name = project.style_preset if style_preset_override is None else style_preset_override
    preset = preset_named(name, presets) if name else None
    words = template or default_template()
    prompt = ""
    for room in _ROOMS:
        prompt = _compose(project, scene, in_order(characters), preset, words, room)
        if len(prompt) <= max_chars:
            return prompt
    raise PromptTooLong(
        f"the shortest prompt has {len(prompt)} characters, the model takes {max_chars};"
        " shorten the template, the characters' names or the style preset",
        field="prompt",
        value=len(prompt),
        allowed=f"at most {max_chars} characters",
    )


def _compose(
    project: ProjectBrief,
    scene: SceneBrief,
    characters: Sequence[CharacterBrief],
    preset: StylePreset | None,
    words: PromptTemplate,
    room: _Room,
) -> str:
    parts = (
        _global_style(project, words, room),
        _character_prefix(characters, words, room),
        _directive(project, scene, characters, preset, words, room),
        words.continuity,
        fill(words.style, {"directive": sentence(_own(preset.directive))}) if preset else "",
    )
    return "\n\n".join(part for part in parts if part)


def _global_style(project: ProjectBrief, words: PromptTemplate, room: _Room) -> str:
    own = _own(project.style_prefix or "")
    if own:
        return shortened(own, room.prefix)
    return fill(words.global_style, {"title": _own(project.title)})


def _character_prefix(
    characters: Sequence[CharacterBrief], words: PromptTemplate, room: _Room
) -> str:
    lines: list[str] = []
    for n, character in enumerate(characters):
        traits = shortened(_own(traits_of(character)), room.traits if n == 0 else room.others)
        values = {"name": _own(name_of(character)), "traits": traits}
        if n == 0:
            lines.append(fill(words.character if traits else words.nameless, values))
        elif room.others:
            lines.append(fill(words.other_character, values))
        if room.rules and (n == 0 or room.others):
            lines.extend(_rules(character, words, room, values["name"]))
    return "\n".join(line for line in lines if line)


def _rules(character: CharacterBrief, words: PromptTemplate, room: _Room, name: str) -> list[str]:
    dos = shortened(_own(dos_of(character)), room.rules)
    donts = shortened(_own(donts_of(character)), room.rules)
    return [
        fill(words.character_dos, {"name": name, "dos": dos}) if dos else "",
        fill(words.character_donts, {"name": name, "donts": donts}) if donts else "",
    ]


def _directive(
    project: ProjectBrief,
    scene: SceneBrief,
    characters: Sequence[CharacterBrief],
    preset: StylePreset | None,
    words: PromptTemplate,
    room: _Room,
) -> str:
    performs = scene.scene_type == "performance"
    values = _values(project, scene, characters, preset, room)
    marker = PERFORMANCE_MARKER if performs else B_ROLL_MARKER
    setting = words.performance_setting if performs else words.broll_setting
    lead = _lead(scene, words, sung=bool(values["lyrics"]))
    lines = [f"{marker} {capitalised(fill(lead, values))}"]
    if room.setting:
        lines.append(capitalised(fill(setting, values)))
    called = _call(words, values["size"]) if performs else words.broll_cast
    if values["others" if performs else "cast"]:
        lines.append(fill(called, values))
    if values["image"] and room.echo and not performs:
        lines.append(fill(words.image, values))
    if room.atmosphere and values["mood"]:
        lines.append(fill(words.atmosphere, values))
    return "\n".join(line for line in lines if line)


def _call(words: PromptTemplate, size: str) -> str:
    """How those who do not sing are called in; there is no room for two beside a close face."""
    close = size.lower().endswith("close-up")
    return words.performance_others_close if close else words.performance_others


def _lead(scene: SceneBrief, words: PromptTemplate, *, sung: bool) -> str:
    """The directive's first sentence, by the scene's kind and whether there are words."""
    if scene.scene_type == "broll":
        return words.broll if sung else words.broll_without_lyrics
    if sung:
        return words.performance
    silent = scene.section_type in INSTRUMENTAL
    return words.performance_instrumental if silent else words.performance_without_lyrics


def _values(
    project: ProjectBrief,
    scene: SceneBrief,
    characters: Sequence[CharacterBrief],
    preset: StylePreset | None,
    room: _Room,
) -> dict[str, str]:
    shot = scene.shot or _DEFAULT_SHOTS[scene.scene_type]
    lyrics = shortened(_own(clean_lyrics(scene.lyrics)), room.lyrics)
    delivery = delivery_for(lyrics, scene.energy) if room.echo else ""
    names = [_own(name_of(character)) for character in characters]
    return {
        "size": _own(shot.size),
        "angle": _own(shot.angle),
        "movement": _own(shot.movement),
        "light": _own((preset.light if preset else None) or shot.light),
        "idea": sentence(_own(scene.idea)) or _DEFAULT_IDEAS[scene.scene_type],
        "mood": _own(scene.mood),
        "section": _own(scene.section),
        "verb": project.vocal_style,
        "lyrics": quoted(lyrics) if lyrics else "",
        "subject": names[0] if names else "the performer",
        "cast": listed(names, room.names),
        "others": listed(names[1:], room.names),
        "image": image_for(lyrics),
        "delivery": f", {delivery}" if delivery else "",
    }


def _own(text: str) -> str:
    """A person's text on one line; our markers in it would misname the scene's kind."""
    text = clean(text)
    for marker in (PERFORMANCE_MARKER, B_ROLL_MARKER):
        start = text.lower().find(marker.lower())
        while start >= 0:
            colon = start + len(marker) - 1
            text = text[:colon] + text[colon + 1 :]
            start = text.lower().find(marker.lower())
    return text
