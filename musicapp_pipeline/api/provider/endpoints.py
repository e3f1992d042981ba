"""``/api/provider/webhooks``: a provider says that a video is ready or has failed."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from musicapp_pipeline import logs
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.deps import Context
from musicapp_pipeline.api.errors import Forbidden
from musicapp_pipeline.api.problems import problems
from musicapp_pipeline.api.provider.queries import awaited, is_news
from musicapp_pipeline.generation import clock
from musicapp_pipeline.generation.webhooks import VideoEvent, parse_webhook

router = APIRouter(prefix="/api/provider", tags=["provider"])
log = logs.get(__name__)


async def _event(request: Request, context: Context) -> VideoEvent | None:
    secret = context.settings.sora_webhook_secret
    if secret is None:
        raise Forbidden(
            "webhooks of the provider are not expected here; set SORA_WEBHOOK_SECRET to take them",
            field="SORA_WEBHOOK_SECRET",
        )
    # The bytes as they came: re-encoded JSON does not verify.
    return parse_webhook(request.headers, await request.body(), secret.get_secret_value())


@router.post("/webhooks", status_code=204, responses=problems(400, 403))
async def receive_provider_webhook(request: Request, context: Context) -> None:
    """`video.completed` and `video.failed`, signed by the provider as standardwebhooks.com
    describes. A webhook only says that it is time to look: what happened is asked of the
    provider, so a repeated or forged one changes nothing."""
    event = await _event(request, context)
    if event is not None:
        await run_in_threadpool(_look_now, context, event)


def _look_now(context: AppContext, event: VideoEvent) -> None:
    with context.database.write() as session:
        if not is_news(session, event.id):
            return
        for attempt in awaited(session, event.job_id):
            attempt.next_action_at = clock.moment(session)
            log.info("provider webhook", webhook=event.id, type=event.type, attempt=attempt.id)
