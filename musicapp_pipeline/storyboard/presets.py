"""Style presets as data: the specification's five, and any a user adds."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from pydantic import Field, field_validator

from musicapp_pipeline.storyboard.errors import BadTemplate, UnknownStylePreset
from musicapp_pipeline.storyboard.model import Frozen
from musicapp_pipeline.storyboard.text import clean, shortened
from musicapp_pipeline.storyboard.vocabulary import an_object, load_data, parse_as

MAX_NAME: Final = 100
"""As long as a project's ``stylePreset`` may be."""


class StylePreset(Frozen):
    """A look. ``directive`` ends the prompt; ``light``, when given, replaces each scene's own,
    so that a monochrome look is not asked for neon."""

    directive: str = Field(min_length=1, max_length=400)
    light: str | None = Field(None, min_length=1, max_length=200)

    @field_validator("directive", "light")
    @classmethod
    def _says_something(cls, text: str | None) -> str | None:
        if text is not None and not clean(text):
            raise ValueError("is blank")
        return text


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
            f"style preset {name!r} is unknown; choose one of {names}, or leave it out",
            field="stylePreset",
            value=name,
            allowed=names,
        )
    return known[name]


def _parsed(data: Mapping[str, Any] | str) -> dict[str, StylePreset]:
    return {
        _named(name): parse_as(
            StylePreset,
            {"directive": entry} if isinstance(entry, str) else entry,
            f"preset {name!r}",
        )
        for name, entry in an_object(data, "presets are", "an object of name to directive").items()
    }


def _named(name: str) -> str:
    """A name as projects can give it."""
    if not name or name != name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise BadTemplate(
            f"preset {shortened(repr(name), 80)}: a name has 1 to {MAX_NAME} characters, without"
            " space around it and without control characters",
            field="presets",
            value=name,
            allowed=f"1 to {MAX_NAME} characters",
        )
    return name
