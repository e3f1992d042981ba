"""From the project events to webhook deliveries: each ended job once for each endpoint.

Jobs end in several processes, but every end is an event in the database, written in the same
transaction. A reader with a kept position turns these into deliveries; a unique pair of endpoint
and event makes a second reading harmless.
"""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from musicapp_pipeline.store import ids, jobs
from musicapp_pipeline.store.database import HELD, Database
from musicapp_pipeline.store.models import (
    EventCursor,
    ProcessingJob,
    Project,
    ProjectEvent,
    WebhookDelivery,
    WebhookEndpoint,
    now,
)

READER = "webhooks"
BATCH = 500
LOOK_BACK = 200
"""Ids may become visible out of order on PostgreSQL, so a little of the past is read again."""
KEPT = timedelta(days=30)


def collect(database: Database, adopter: str = "") -> int:
    """Turn new ends of jobs into deliveries.

    Args:
        adopter: who owns what was made before there were tokens; empty while there are none.

    Returns:
        How many events were read; a full batch means there may be more.
    """
    with database.read() as session:
        cursor = session.get(EventCursor, READER)
        newest = session.scalar(select(func.max(ProjectEvent.id))) or 0
        position = cursor.position if cursor is not None else None
        if position is not None and newest <= position:
            return 0
    with database.write() as session:
        cursor = session.get(EventCursor, READER, with_for_update=HELD)
        if cursor is None:
            # The first start tells nothing of the past.
            session.add(EventCursor(reader=READER, position=newest))
            return 0
        return _collect(session, database, cursor, adopter)


def _collect(session: Session, database: Database, cursor: EventCursor, adopter: str) -> int:
    query = (
        select(ProjectEvent)
        .where(ProjectEvent.id > max(0, cursor.position - LOOK_BACK))
        .order_by(ProjectEvent.id)
        .limit(BATCH + LOOK_BACK)
    )
    rows = list(session.scalars(query))
    fresh = [row for row in rows if row.id > cursor.position]
    ended = [r for r in rows if r.kind == "job" and r.payload.get("status") in jobs.ENDED]
    endpoints = list(session.scalars(select(WebhookEndpoint).where(WebhookEndpoint.active)))
    if endpoints:
        for event in ended:
            _deliver(session, database, event, endpoints, adopter)
    if fresh:
        cursor.position = fresh[-1].id
    return len(fresh)


def _deliver(
    session: Session,
    database: Database,
    event: ProjectEvent,
    endpoints: list[WebhookEndpoint],
    adopter: str,
) -> None:
    project = session.get(Project, event.project_id)
    job = session.get(ProcessingJob, str(event.payload["id"]))
    if project is None or job is None:
        return
    name = f"job.{event.payload['status']}"
    payload = {
        "type": name,
        "timestamp": event.at.isoformat(),
        "data": {
            "id": job.id,
            "type": job.type,
            "status": job.status,
            "message": job.message,
            "error": job.error,
            "projectId": job.project_id,
            "sceneId": job.scene_id,
            "versionId": job.version_id,
        },
    }
    insert = (sqlite if database.is_sqlite else postgresql).insert(WebhookDelivery)
    for endpoint in endpoints:
        if endpoint.created_at > event.at or not _hears(endpoint, project, adopter):
            continue
        if endpoint.events and name not in endpoint.events:
            continue
        session.execute(
            insert.values(
                id=ids.new_id("wd"),
                endpoint_id=endpoint.id,
                event_id=f"evt-{event.id}",
                payload=payload,
                state="waiting",
                tries=0,
                problem="",
                next_try_at=now(),
                created_at=now(),
            ).on_conflict_do_nothing()
        )


def _hears(endpoint: WebhookEndpoint, project: Project, adopter: str) -> bool:
    """Does whoever owns the endpoint own the project, too?

    Without tokens an endpoint without a mark is of whoever sits at the machine, who owns all.
    """
    listener = endpoint.owner or adopter
    return not listener or listener == (project.owner or adopter)
