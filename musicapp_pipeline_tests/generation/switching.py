"""A switch to another provider, for tests of what becomes of the takes of before."""

import asyncio
from dataclasses import replace

from musicapp_pipeline.generation.crew import Crew
from musicapp_pipeline_tests.generation.money_world import QUICK, run_until

TOLD = "which is not in use"


def switched(world):
    """Another provider, which has no takes."""
    other = world.provider()
    other.name = "fal"
    return other


def drive(world, until, provider, reach=None, **options):
    crew = Crew(
        world.database,
        world.media,
        provider,
        replace(QUICK, **options),
        reach=reach,
        on_landed=_heard(world),
        look=0.02,
    )
    asyncio.run(run_until([crew], until))


def _heard(world):
    async def heard(key):
        world.landings.append(key)

    return heard


def told_of(world):
    return any(TOLD in (job.message or "") for job in world.jobs())


def reaching(world):
    """Reach the provider of before; what was asked for is noted."""
    asked = []

    def reach(name):
        asked.append(name)
        return world.provider(), QUICK

    return reach, asked


def left_with_one_running_and_one_waiting(world):
    world.hold()
    world.admit(each=2)
    world.drive(lambda: "submitted" in world.states(), max_in_flight=1)
    world.time_passes()
    assert sorted(world.states()) == ["reserved", "submitted"]


def unreachable(name):
    """The settings do not say how to reach it."""
    return
