"""The picture families: each turns a brief into frames of one visual world.

A family is a class in a module of its own, taking ``(brief, width, height, seconds)`` and having
``frame(t)``; a new one is added by its name here and its words in :data:`..words.FAMILIES`.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, cast

from musicapp_pipeline.generation.picture.brief import Brief
from musicapp_pipeline.generation.picture.words import FAMILIES

if TYPE_CHECKING:
    from musicapp_pipeline.generation.picture.render import Picture

Family = Callable[[Brief, int, int, float], "Picture"]


def family(name: str) -> Family:
    """The class that draws a family (imported when first needed)."""
    if name not in FAMILIES:
        raise ValueError(f"no picture family {name!r}; there are {', '.join(FAMILIES)}")
    module = import_module(f"{__name__}.{name}")
    return cast(Family, getattr(module, name.capitalize()))
