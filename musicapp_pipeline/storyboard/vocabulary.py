"""The words of the pictures, as data: shot sizes, angles, movements, and worlds of ideas."""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from musicapp_pipeline.storyboard.errors import BadPlannerOptions, BadTemplate
from musicapp_pipeline.storyboard.model import Frozen, SceneType
from musicapp_pipeline.storyboard.text import shortened

Band = Literal["opening", "calm", "driving", "contrast"]
Scale = Literal["detail", "figure", "landscape"]
SCALES: tuple[Scale, ...] = ("landscape", "figure", "detail")
M = TypeVar("M", bound=BaseModel)
JSON_KINDS: Mapping[type, str] = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    Decimal: "a number",
    str: "a text",
    list: "a list",
}


class Idea(Frozen):
    """Something to show, and how much of the world has to be in frame for it."""

    text: str
    scale: Scale = "figure"


class Term(Frozen):
    """A word of the camera's vocabulary, the scenes it suits and the energy it needs."""

    name: str = Field(min_length=1)
    kinds: tuple[SceneType, ...] = ("performance", "broll")
    scales: tuple[Scale, ...] = SCALES
    energy: tuple[float, float] = (0.0, 1.0)
    weight: float = Field(1.0, gt=0)


class ShotVocabulary(Frozen):
    """All the ways a camera may see a scene."""

    sizes: tuple[Term, ...] = Field(min_length=2)
    angles: tuple[Term, ...] = Field(min_length=2)
    movements: tuple[Term, ...] = Field(min_length=2)


class World(Frozen):
    """A place and its pictures, so that a video's ideas belong together.

    ``performance`` says where the performer stands; ``broll`` what else is seen, by scale. ``lit``
    has the light of ideas that bring their own, so that no lamp stands in the sun.
    """

    name: str = Field(min_length=1)
    moods: tuple[Literal["dark", "bright", "calm", "driving"], ...] = ()
    light: dict[Band, str]
    lit: dict[str, str]
    performance: dict[Band, tuple[str, ...]]
    broll: dict[Band, dict[Scale, tuple[str, ...]]]

    def ideas(self, kind: SceneType, band: Band) -> dict[Scale, tuple[str, ...]]:
        """The ideas of a band by scale; where a performer stands is always a figure's."""
        if kind == "performance":
            return {"figure": self.performance[band if band in self.performance else "calm"]}
        return self.broll[band]

    def light_of(self, idea: str, band: Band) -> str:
        """The light an idea is seen in."""
        return self.lit.get(idea) or self.light[band]

    def has(self, idea: str) -> bool:
        """Is this idea one of the world's?"""
        seen = [ideas for by_scale in self.broll.values() for ideas in by_scale.values()]
        return any(idea in ideas for ideas in (*self.performance.values(), *seen))


def load_data(name: str) -> Any:
    """A file of the package's ``data`` folder, parsed."""
    return json.loads(resources.files(__package__).joinpath("data", name).read_text("utf-8"))


def an_object(data: object, what: str, held: str) -> Mapping[str, Any]:
    """``data``, or the JSON text of it, as an object.

    Args:
        what: what it is, in the plural or with its article and verb: ``presets are``.
        held: what it has to be: ``an object of name to directive``.

    Raises:
        BadTemplate: it is something else.
    """
    field = what.split()[-2]
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except (ValueError, RecursionError) as error:
            reason = "nested too deep" if isinstance(error, RecursionError) else error
            raise BadTemplate(
                f"{what} not JSON: {reason}; give {held}", field=field, value=data
            ) from error
    if not isinstance(data, Mapping):
        kind = JSON_KINDS.get(type(data), type(data).__name__)
        raise BadTemplate(f"{what} {kind}; give {held}", field=field, value=data)
    return data


def parse_as(model: type[M], data: object, what: str) -> M:
    """``data`` as ``model``.

    Raises:
        BadTemplate: naming the field, what was given and what is wrong with it.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or what
        reason = str(first["msg"]).removeprefix("Value error, ")
        raise BadTemplate(
            f"{what}, {field}: {reason} (got {shortened(repr(first.get('input')), 80)})",
            field=field,
            value=first.get("input"),
        ) from error


@cache
def shot_vocabulary() -> ShotVocabulary:
    """The package's shot vocabulary."""
    return parse_as(ShotVocabulary, load_data("shots.json"), "shots.json")


@cache
def worlds() -> Mapping[str, World]:
    """The package's worlds, by name."""
    found = TypeAdapter(tuple[World, ...]).validate_python(load_data("worlds.json"))
    return {world.name: world for world in found}


def world_named(name: str) -> World:
    """A world by its name.

    Raises:
        BadPlannerOptions: naming those there are.
    """
    known = worlds()
    if name not in known:
        raise BadPlannerOptions(
            f"world {name!r} is unknown; there are {', '.join(known)}",
            field="world",
            value=name,
            allowed=", ".join(known),
        )
    return known[name]
