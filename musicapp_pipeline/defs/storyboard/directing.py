"""The optional director at an OpenAI-compatible chat endpoint; off unless one is configured."""

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from musicapp_pipeline import logs
from musicapp_pipeline.generation import waiting
from musicapp_pipeline.progress import OnProgress, silent
from musicapp_pipeline.settings import Settings
from musicapp_pipeline.store.models import Project
from musicapp_pipeline.storyboard.errors import DirectorUnavailable
from musicapp_pipeline.storyboard.model import PlannedScene, ProjectBrief

log = logs.get(__name__)
TIMEOUT = 120.0
"""Seconds for one whole answer; small machines take a minute for a long one."""
MAX_ANSWER = 2_000_000
"""Bytes."""
LOOK = 0.25
"""Seconds between two looks whether somebody asked to stop."""

Check = Callable[[], None]
"""Raises when the work is to stop."""


def of(settings: Settings) -> dict[str, str] | None:
    """What of the director a plan depends on; None when there is none."""
    if settings.musicapp_director_url is None:
        return None
    return {"url": settings.musicapp_director_url, "model": settings.musicapp_director_model}


def directed(
    settings: Settings,
    project: Project,
    planned: Sequence[PlannedScene],
    report: OnProgress = silent,
    check: Check = lambda: None,
    *,
    settled: Collection[int] = (),
    shot_settled: Collection[int] = (),
) -> tuple[Sequence[PlannedScene], tuple[str, ...]]:
    """The plan with the director's ideas where they held, and what became of the others.

    Args:
        planned: the whole plan, as it will be shown.
        check: called again and again while an answer is waited for.
        settled: orders of scenes in which no idea of the director's would be used.
        shot_settled: orders of scenes whose shot a person has set.
    """
    if settings.musicapp_director_url is None:
        return planned, ()
    from musicapp_pipeline.storyboard.director import direct

    brief = ProjectBrief(
        title=project.title, style_preset=project.style_preset, style_prefix=project.style_prefix
    )

    def ask(body: dict[str, Any]) -> Mapping[str, Any]:
        report(0.7, "asking the director")
        return post(settings, body, check)

    model = settings.musicapp_director_model
    result = direct(
        brief, planned, ask, model, seed=project.seed, settled=settled, shot_settled=shot_settled
    )
    log.info("director", accepted=result.accepted, notes=list(result.notes))
    return result.scenes, result.notes


def post(
    settings: Settings, body: dict[str, Any], check: Check = lambda: None, timeout: float = TIMEOUT
) -> Mapping[str, Any]:
    """One chat completion.

    Args:
        timeout: seconds until the whole answer must be here, however it trickles.

    Raises:
        DirectorUnavailable: no usable answer came; never with the key in its words.
    """
    content = asyncio.run(_content(settings, body, check, timeout))
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DirectorUnavailable("the director's answer is not JSON") from error
    if not isinstance(parsed, Mapping):
        raise DirectorUnavailable("the director's answer is not a JSON object")
    return parsed


async def _content(settings: Settings, body: dict[str, Any], check: Check, timeout: float) -> bytes:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    fetching = asyncio.ensure_future(_fetched(settings, body))
    try:
        while not fetching.done():
            check()
            left = deadline - loop.time()
            if left <= 0:
                raise DirectorUnavailable(f"the director has not answered in {timeout:g} s")
            await asyncio.wait({fetching}, timeout=min(LOOK, left))
        return fetching.result()
    finally:
        await waiting.end([fetching])


async def _fetched(settings: Settings, body: dict[str, Any]) -> bytes:
    import httpx

    key = settings.musicapp_director_key
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    url = f"{str(settings.musicapp_director_url).rstrip('/')}/chat/completions"
    content = bytearray()
    try:
        async with (
            httpx.AsyncClient(timeout=None) as client,  # the whole answer has a deadline
            client.stream("POST", url, json=body, headers=headers) as answer,
        ):
            answer.raise_for_status()
            async for chunk in answer.aiter_bytes():
                content += chunk
                if len(content) > MAX_ANSWER:
                    raise DirectorUnavailable(
                        f"the director answered with more than {MAX_ANSWER} bytes"
                    )
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        raise DirectorUnavailable(f"the director answered {status}", value=status) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        kind = type(error).__name__
        raise DirectorUnavailable(f"the director could not be asked ({kind})") from error
    return bytes(content)
