"""How this installation words its prompts: its own presets and template, where it has some.

``MUSICAPP_PRESETS`` and ``MUSICAPP_PROMPT_TEMPLATE`` are JSON objects, or the path of a ``.json``
or ``.toml`` file with the same; ``docs/storyboard.md`` says what they may hold.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from musicapp_pipeline.generation.sources import read_data
from musicapp_pipeline.settings import BadSetting, Environment
from musicapp_pipeline.storyboard.errors import BadTemplate
from musicapp_pipeline.storyboard.presets import Presets, load_presets
from musicapp_pipeline.storyboard.template import PromptTemplate, load_template
from musicapp_pipeline.storyboard.text import shortened

T = TypeVar("T")


class WordingSettings(Environment):
    """Names are the environment variables, in lower case."""

    musicapp_presets: str = ""
    musicapp_prompt_template: str = ""


@dataclass(frozen=True)
class Wording:
    """Every preset a project may name, and the texts a prompt is made of."""

    presets: Presets
    template: PromptTemplate


@cache
def wording() -> Wording:
    """The process's wording, read once.

    Raises:
        BadSetting: naming the variable, and the preset or text that cannot be used.
    """
    return read_wording(WordingSettings.load())


def read_wording(chosen: WordingSettings) -> Wording:
    """The wording that settings ask for.

    Raises:
        BadSetting: naming the variable, and the preset or text that cannot be used.
    """
    return Wording(
        presets=_loaded("MUSICAPP_PRESETS", chosen.musicapp_presets, load_presets),
        template=_loaded(
            "MUSICAPP_PROMPT_TEMPLATE", chosen.musicapp_prompt_template, load_template
        ),
    )


def _data(source: str) -> Any:
    if source in ("null", "true", "false"):
        return json.loads(source)  # somebody's empty value, and no file's name
    return read_data(source) if source else {}


def _loaded(variable: str, source: str, load: Callable[[Any], T]) -> T:
    try:
        return load(_data(source.strip()))
    except BadTemplate as error:
        raise BadSetting(f"{variable}: {error}", field=variable, value=error.value) from error
    except (OSError, ValueError, RecursionError) as error:
        raise BadSetting(
            f"{variable} is neither JSON nor a readable .json or .toml file: {_why(error)}",
            field=variable,
            value=source,
        ) from error


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        where = shortened(str(error.filename), 80)
        return f"{error.strerror}: {where}"
    return "it is nested too deep" if isinstance(error, RecursionError) else str(error)
