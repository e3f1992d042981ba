"""``/api/webhooks``."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.deps import Context, Who
from musicapp_pipeline.api.kit.once import OnlyOnce
from musicapp_pipeline.api.kit.paging import Paging
from musicapp_pipeline.api.problems import problems
from musicapp_pipeline.api.webhooks import signing
from musicapp_pipeline.api.webhooks.schemas import (
    DeliveryRead,
    WebhookCreate,
    WebhookCreated,
    WebhookRead,
)
from musicapp_pipeline.fetching import urls
from musicapp_pipeline.fetching.errors import BadUrl
from musicapp_pipeline.store import ids
from musicapp_pipeline.store.errors import NotFound
from musicapp_pipeline.store.models import WebhookDelivery, WebhookEndpoint

router = APIRouter(prefix="/api/webhooks", tags=["webhooks"])
WebhookId = Annotated[str, Path(max_length=120, examples=["wh-k3m9x2p7qa4t"])]


@router.post("", status_code=201, response_model=WebhookCreated, responses=problems(409))
def create_webhook(body: WebhookCreate, context: Context, who: Who, once: OnlyOnce) -> Response:
    """Be told when jobs end. Messages are signed as standardwebhooks.com describes, repeated
    with growing pauses until they are answered with 2xx, and carry the same ``webhook-id`` each
    time. The secret is shown only in this answer."""
    private = context.settings.musicapp_allow_private_urls
    if urls.parse(body.url, allow_private=private).scheme == "s3":
        raise BadUrl("a webhook needs a web address", field="url", allowed="https://…")

    def work(session: Session) -> WebhookCreated:
        row = WebhookEndpoint(
            id=ids.new_id("wh"),
            owner=who.owner,
            url=body.url,
            secret=signing.new_secret(),
            events=list(dict.fromkeys(body.events)),
        )
        session.add(row)
        session.flush()
        return WebhookCreated(**_fields(row), secret=row.secret)

    return once.run(201, work, lambda made: {"Location": f"/api/webhooks/{made.id}"})


@router.get("")
def list_webhooks(context: Context, who: Who) -> list[WebhookRead]:
    """All registered webhooks."""
    query = (
        select(WebhookEndpoint)
        .where(who.mine(WebhookEndpoint.owner))
        .order_by(WebhookEndpoint.created_at)
    )
    with context.database.read() as session:
        return [WebhookRead(**_fields(row)) for row in session.scalars(query)]


@router.get("/{webhook_id}", responses=problems(404))
def get_webhook(webhook_id: WebhookId, context: Context, who: Who) -> WebhookRead:
    """One webhook."""
    with context.database.read() as session:
        return WebhookRead(**_fields(_owned(session, who, webhook_id)))


@router.delete("/{webhook_id}", status_code=204, responses=problems(404))
def delete_webhook(webhook_id: WebhookId, context: Context, who: Who) -> None:
    """Stop being told."""
    with context.database.write() as session:
        row = _owned(session, who, webhook_id)
        session.execute(delete(WebhookDelivery).where(WebhookDelivery.endpoint_id == row.id))
        session.delete(row)


@router.get("/{webhook_id}/deliveries", responses=problems(400, 404))
def list_deliveries(
    webhook_id: WebhookId,
    request: Request,
    response: Response,
    context: Context,
    who: Who,
    page: Paging,
) -> list[DeliveryRead]:
    """What was sent to a webhook, newest first."""
    with context.database.read() as session:
        _owned(session, who, webhook_id)
        query = (
            select(WebhookDelivery)
            .where(WebhookDelivery.endpoint_id == webhook_id)
            .order_by(WebhookDelivery.created_at.desc(), WebhookDelivery.id.desc())
            .limit(page.limit)
        )
        if page.after is not None:
            at, id_ = page.after
            same = and_(WebhookDelivery.created_at == at, WebhookDelivery.id < id_)
            query = query.where(or_(WebhookDelivery.created_at < at, same))
        rows = list(session.scalars(query))
        page.link(request, response, [(row.created_at, row.id) for row in rows])
        return [_delivery(row) for row in rows]


def _owned(session: Session, who: Caller, webhook_id: str) -> WebhookEndpoint:
    row = session.get(WebhookEndpoint, webhook_id)
    if row is None or not who.owns(row.owner):
        raise NotFound("webhook", webhook_id)
    return row


def _fields(row: WebhookEndpoint) -> dict[str, object]:
    return {
        "id": row.id,
        "url": row.url,
        "events": row.events,
        "active": row.active,
        "problem": row.problem,
        "created_at": row.created_at,
    }


def _delivery(row: WebhookDelivery) -> DeliveryRead:
    return DeliveryRead(
        id=row.id,
        event_id=row.event_id,
        type=str(row.payload.get("type", "")),
        state=row.state,
        tries=row.tries,
        answer_status=row.answer_status,
        problem=row.problem,
        created_at=row.created_at,
        next_try_at=row.next_try_at,
        delivered_at=row.delivered_at,
    )
