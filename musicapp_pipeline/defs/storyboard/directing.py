"""The optional director at an OpenAI-compatible chat endpoint; off unless one is configured."""

from collections.abc import Mapping, Sequence
from typing import Any

from musicapp_pipeline import logs
from musicapp_pipeline.settings import Settings
from musicapp_pipeline.store.models import Project
from musicapp_pipeline.storyboard.model import PlannedScene, ProjectBrief

log = logs.get(__name__)
TIMEOUT = 120.0
"""Seconds; small machines take a minute for a long answer."""
MAX_ANSWER = 2_000_000


def of(settings: Settings) -> dict[str, str] | None:
    """What of the director a plan depends on; None when there is none."""
    if settings.musicapp_director_url is None:
        return None
    return {"url": settings.musicapp_director_url, "model": settings.musicapp_director_model}


def directed(
    settings: Settings, project: Project, planned: Sequence[PlannedScene]
) -> tuple[Sequence[PlannedScene], tuple[str, ...]]:
    """The plan with the director's ideas where they held, and what became of the others."""
    if settings.musicapp_director_url is None:
        return planned, ()
    from musicapp_pipeline.storyboard.director import direct

    brief = ProjectBrief(
        title=project.title, style_preset=project.style_preset, style_prefix=project.style_prefix
    )

    def ask(body: dict[str, Any]) -> Mapping[str, Any]:
        return post(settings, body)

    model = settings.musicapp_director_model
    result = direct(brief, planned, ask, model, seed=project.seed)
    log.info("director", accepted=result.accepted, notes=list(result.notes))
    return result.scenes, result.notes


def post(settings: Settings, body: dict[str, Any]) -> Mapping[str, Any]:
    """One chat completion.

    Raises:
        DirectorUnavailable: no usable answer came; never with the key in its words.
    """
    import httpx

    from musicapp_pipeline.storyboard.errors import DirectorUnavailable

    key = settings.musicapp_director_key
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    url = f"{str(settings.musicapp_director_url).rstrip('/')}/chat/completions"
    try:
        answer = httpx.post(url, json=body, headers=headers, timeout=TIMEOUT)
        answer.raise_for_status()
        if len(answer.content) > MAX_ANSWER:
            raise DirectorUnavailable(f"the director answered with {len(answer.content)} bytes")
        parsed = answer.json()
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        raise DirectorUnavailable(f"the director answered {status}", value=status) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        kind = type(error).__name__
        raise DirectorUnavailable(f"the director could not be asked ({kind})") from error
    except ValueError as error:
        raise DirectorUnavailable("the director's answer is not JSON") from error
    if not isinstance(parsed, Mapping):
        raise DirectorUnavailable("the director's answer is not a JSON object")
    return parsed
