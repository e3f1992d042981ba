"""``/api/projects/{projectId}/events``."""

import json
import re
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from sse_starlette import EventSourceResponse, ServerSentEvent

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.access.ownership import project_of
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.deps import Context, ProjectId, Who
from musicapp_pipeline.api.events.hub import Change, Hub
from musicapp_pipeline.api.problems import problems
from musicapp_pipeline.store import events

router = APIRouter(tags=["events"])
_OURS = re.compile(r"[0-9]{1,15}")
HEARTBEAT = 15
RETRY_MS = 1000
EXAMPLE = (
    'id: 1042\nevent: job\ndata: {"id":"job-k3m9x2p7qa4t","type":"generate_scene",'
    '"status":"running","progress":0.35,"message":"rendering, 40%","sceneId":"s007-k3m9x2",'
    '"versionId":"v-k3m9x2p7qa4t"}\n\n'
)


@router.get(
    "/api/projects/{project_id}/events",
    response_class=EventSourceResponse,
    responses={
        200: {
            "description": "Server-sent events.",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": EXAMPLE}},
        },
        **problems(404),
    },
)
async def stream_events(
    project_id: ProjectId,
    request: Request,
    context: Context,
    who: Who,
    last_event_id: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID",
            max_length=1000,
            description="Go on after this event; sent by browsers when they connect again. One"
            " that is not known here counts as the newest.",
        ),
    ] = None,
    follow: Annotated[
        bool, Query(description="False: only what happened since `Last-Event-ID`, then the end.")
    ] = True,
) -> EventSourceResponse:
    """Changes as they happen: `job` (status, progress, message), `version`, `take_progress`,
    `scene`, `storyboard`, `character` and `project`. Each says what changed; read it again for
    the rest. A comment every 15 seconds keeps the connection open."""
    # Asked before the answer begins: whatever happens after that is heard.
    latest = await run_in_threadpool(_latest, context, who, project_id)
    hub: Hub = request.app.state.hub
    if last_event_id is None:
        seen = latest if follow else 0
    else:
        # One that is ahead of all there are, or no number, is another server's: it names nothing
        # here. Refusing it would end a browser's stream for good.
        seen = min(int(last_event_id), latest) if _OURS.fullmatch(last_event_id) else latest
    source = _live(hub, project_id, seen) if follow else _past(hub, project_id, seen)
    return EventSourceResponse(source, ping=HEARTBEAT, headers={"Cache-Control": "no-store"})


async def _live(hub: Hub, project_id: str, after: int) -> AsyncIterator[ServerSentEvent]:
    # Sent at once, so that a client knows it is connected before anything happens.
    yield ServerSentEvent(comment="connected", retry=RETRY_MS)
    async for change in hub.listen(project_id, after):
        yield _event(change)


async def _past(hub: Hub, project_id: str, after: int) -> AsyncIterator[ServerSentEvent]:
    while batch := await hub.past(project_id, after):
        for change in batch:
            after = change.id
            yield _event(change)


def _event(change: Change) -> ServerSentEvent:
    data = json.dumps(change.payload, separators=(",", ":"))
    return ServerSentEvent(data, event=change.kind, id=str(change.id))


def _latest(context: AppContext, who: Caller, project_id: str) -> int:
    with context.database.read() as session:
        project_of(session, who, project_id)
        return events.latest_id(session, project_id)
