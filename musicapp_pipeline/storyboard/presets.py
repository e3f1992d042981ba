"""Style presets as data: the specification's five, and any a user adds."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import Field

from musicapp_pipeline.storyboard.errors import BadTemplate, UnknownStylePreset
from musicapp_pipeline.storyboard.model import Frozen
from musicapp_pipeline.storyboard.vocabulary import load_data, parse_as


class StylePreset(Frozen):
    """A look. ``directive`` ends the prompt; ``light``, when given, replaces each scene's own,
    so that a monochrome look is not asked for neon."""

    directive: str = Field(min_length=1, max_length=400)
    light: str | None = Field(None, max_length=200)


Presets = Mapping[str, StylePreset]


@cache
def built_in_presets() -> Presets:
    """``cinematic_noir``, ``anime``, ``gritty_documentary``, ``dreamy`` and ``dark_gothic``."""
    return _parsed(load_data("presets.json"))


def load_presets(data: Mapping[str, Any] | str) -> Presets:
    """The built-in presets and a user's, which win where names are equal.

    Args:
        data: name to ``{"directive": …, "light": …}`` or to the directive alone, as a mapping
            or as JSON text.

    Raises:
        BadTemplate: naming the preset and what is wrong with it.
    """
    return {**built_in_presets(), **_parsed(data)}


def preset_named(name: str, presets: Presets | None = None) -> StylePreset:
    """A preset by its name.

    Raises:
        UnknownStylePreset: naming those there are.
    """
    known = presets if presets is not None else built_in_presets()
    if name not in known:
        names = ", ".join(known)
        raise UnknownStylePreset(
            f"style preset {name!r} is unknown; choose one of {names}, or none",
            field="stylePreset",
            value=name,
            allowed=names,
        )
    return known[name]


def _parsed(data: Mapping[str, Any] | str) -> dict[str, StylePreset]:
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except json.JSONDecodeError as error:
            raise BadTemplate(
                f"presets are not JSON: {error}; give an object of name to directive",
                field="presets",
                value=data,
            ) from error
    if not isinstance(data, Mapping):
        raise BadTemplate(
            f"presets are a {type(data).__name__}; give an object of name to directive",
            field="presets",
            value=data,
        )
    return {
        str(name): parse_as(
            StylePreset,
            {"directive": entry} if isinstance(entry, str) else entry,
            f"preset {name!r}",
        )
        for name, entry in data.items()
    }
