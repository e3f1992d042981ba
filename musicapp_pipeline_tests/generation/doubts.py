"""Takes whose submission stays unknown, made and looked at."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from musicapp_pipeline.generation import sweeping
from musicapp_pipeline.generation.drive import Drive
from musicapp_pipeline.store.models import GenerationAttempt, SpendEntry
from musicapp_pipeline_tests.generation.money_world import QUICK, money_world

MOMENTS = ("created_at", "submitted_at", "accepted_at", "declared_absent_at", "ended_at")


def parked(folder, **server):
    """A world whose provider does not list what its jobs are for: a person says what became of
    what is in doubt."""
    return money_world("sqlite", folder, dialect="sglang", **server)


def lose_answer(world) -> str:
    world.server.script("create", "lose_response")
    (made,) = world.admit(0)
    world.drive()
    assert (world.states(), world.statuses()) == (["unknown"], ["unknown"])
    return made.version.id


def posts(world) -> int:
    return sum(r.method == "POST" for r in world.server.requests)


def lists(world) -> int:
    return sum(r.method == "GET" and len(r.segments) == 2 for r in world.server.requests)


def hide_from_list(world, *ids: str) -> list[str]:
    """Jobs that the list does not show until they are taken from the list that is returned."""
    hidden, page = list(ids), world.server._list

    def without(request):
        answer = page(request)
        answer.body["data"] = [j for j in answer.body["data"] if j["id"] not in hidden]
        return answer

    world.server._list = without
    return hidden


def tell(world, **changed) -> None:
    """What the list says of its jobs."""
    page = world.server._list

    def other(request):
        answer = page(request)
        for told in answer.body["data"]:
            told.update({name: say(told[name]) for name, say in changed.items()})
        return answer

    world.server._list = other


def lose_unlisted(world, fault: str = "lose_response") -> str:
    """The answer of a take's request, where no list is relied on: it is left to a person."""
    world.server.script("create", fault)
    (made,) = world.admit()
    world.drive(provider=world.provider(can_list=False))
    assert world.take(made.version.id).status == "unknown"
    return made.version.id


def say(world, decide, version_id: str, *more: str) -> None:
    """A person's word."""
    with world.database.write() as session:
        decide(session, version_id, *more)


def sweep(world, **changes) -> int:
    """One look for late purchases."""

    async def once() -> int:
        provider = world.provider(**changes)
        drive = Drive(world.database, world.media, provider, replace(QUICK, send_limit=0.0))
        try:
            return await sweeping.sweep(drive)
        finally:
            drive.close()
            await provider.aclose()

    return asyncio.run(once())


def was_earlier(world, by: timedelta) -> None:
    """Everything so far, here and at the provider, happened so much before now."""
    with world.database.write() as session:
        for attempt in session.scalars(select(GenerationAttempt)):
            for name in MOMENTS:
                if getattr(attempt, name) is not None:
                    setattr(attempt, name, getattr(attempt, name) - by)
        for line in session.scalars(select(SpendEntry)):
            line.at -= by
    for job in world.server.jobs.values():
        job.created -= by.total_seconds()
