"""The wording of prompts as data: one template, five parts, replaceable by a user's own."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from pydantic import Field, ValidationInfo, field_validator

from musicapp_pipeline.storyboard.model import Frozen
from musicapp_pipeline.storyboard.text import clean
from musicapp_pipeline.storyboard.vocabulary import an_object, load_data, parse_as

PERFORMANCE_MARKER: Final = "Performance shot:"
"""Begins the directive of every performance scene, and stands in no other prompt."""
B_ROLL_MARKER: Final = "B-roll shot:"
"""Begins the directive of every b-roll scene, and stands in no other prompt."""
MAX_TEXT: Final = 4000
"""Characters; a whole prompt has half as many."""
_SLOT: Final = re.compile(r"\{([^{}]*)\}")
_SCENE: Final = frozenset(
    {
        *("size", "angle", "movement", "light", "idea", "mood", "section"),
        *("verb", "lyrics", "subject", "image", "delivery", "cast", "others"),
    }
)
_ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    "global_style": frozenset({"title"}),
    "character": frozenset({"name", "traits"}),
    "nameless": frozenset({"name"}),
    "other_character": frozenset({"name", "traits"}),
    "character_dos": frozenset({"name", "dos"}),
    "character_donts": frozenset({"name", "donts"}),
    "continuity": frozenset(),
    "style": frozenset({"directive"}),
}


class PromptTemplate(Frozen):
    """The texts a prompt is made of; ``{name}`` marks where a value goes."""

    global_style: str = Field(min_length=1)
    character: str = Field(min_length=1)
    nameless: str = Field(min_length=1)
    """Stands for ``character`` when nothing is known of the looks."""
    other_character: str
    character_dos: str
    character_donts: str
    performance: str = Field(min_length=1)
    performance_without_lyrics: str = Field(min_length=1)
    performance_instrumental: str = Field(min_length=1)
    """Stands for the one above in sections where nobody is expected to sing."""
    performance_setting: str
    performance_others: str
    """Calls those into a performance who are in the scene and do not sing."""
    performance_others_close: str
    """Stands for the one above where the frame is filled by the singer's face."""
    broll: str = Field(min_length=1)
    broll_without_lyrics: str = Field(min_length=1)
    broll_setting: str
    broll_cast: str
    """Calls a scene's characters into a picture that has none of its own."""
    image: str
    atmosphere: str
    continuity: str = Field(min_length=1)
    style: str = Field(min_length=1)

    @field_validator("*")
    @classmethod
    def _usable(cls, text: str, info: ValidationInfo) -> str:
        if len(text) > MAX_TEXT:
            raise ValueError(f"has {len(text)} characters; at most {MAX_TEXT} are read")
        if text and not clean(text):
            raise ValueError("is blank")
        allowed = _ALLOWED.get(str(info.field_name), _SCENE)
        unknown = sorted(set(_SLOT.findall(text)) - allowed)
        if unknown:
            names = ", ".join(f"{{{name}}}" for name in sorted(allowed)) or "none"
            raise ValueError(f"{{{unknown[0]}}} is no placeholder here; there are: {names}")
        if re.search(r"[{}]", _SLOT.sub("", text)):
            raise ValueError("has a brace that is not closed or not opened; write {name}")
        plain = clean(text).lower()
        for marker in (PERFORMANCE_MARKER, B_ROLL_MARKER):
            if marker.lower() in plain:
                raise ValueError(f"{marker!r} is put before each directive and stands nowhere else")
        return text


def load_template(data: Mapping[str, Any] | str) -> PromptTemplate:
    """A user's template, from a mapping or JSON text; texts left out are the package's own.

    Raises:
        BadTemplate: naming the text, and the placeholders it may use.
    """
    own = an_object(data, "the template is", "an object of name to text")
    texts = {**default_template().model_dump(), **own}
    if "performance_others" in own and "performance_others_close" not in own:
        texts["performance_others_close"] = own["performance_others"]
    return parse_as(PromptTemplate, texts, "template")


@cache
def default_template() -> PromptTemplate:
    """The specification's wording."""
    return parse_as(PromptTemplate, load_data("template.json"), "template.json")


def fill(text: str, values: Mapping[str, str]) -> str:
    """``text`` with each ``{name}`` replaced once; values are never read as templates."""
    return _SLOT.sub(lambda slot: values.get(slot.group(1), ""), text)
