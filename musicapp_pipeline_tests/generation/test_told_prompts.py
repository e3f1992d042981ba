"""Prompts that a service tells with other white space, and what its own word is worth."""

import asyncio
from datetime import timedelta

import pytest

from musicapp_pipeline.generation import evidence, naming, resolving
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.store.models import Scene
from musicapp_pipeline_tests.generation.doubts import lose_unlisted, say, was_earlier
from musicapp_pipeline_tests.generation.money_world import FOUR_SECONDS, money_world
from musicapp_pipeline_tests.generation.test_naming import two_in_doubt

pytestmark = pytest.mark.usefixtures("quick_check")


def in_lines(world) -> None:
    """Prompts have blank lines, as ours do, and the service makes one blank of all white space."""
    with world.database.write() as session:
        for number, scene_id in enumerate(world.scene_ids):
            scene = session.get(Scene, scene_id)
            scene.prompt_override = f"style of the film.\n\na lighthouse, view {number}"
    tell = world.server._described

    def flat(job, *more):
        body = tell(job, *more)
        return {**body, "prompt": evidence.plain(body["prompt"])}

    world.server._described = flat


def jobs_of(world, *version_ids: str) -> list[str]:
    jobs = {job.request["prompt"]: id_ for id_, job in world.server.jobs.items()}
    return [jobs[world.take(version_id).prompt] for version_id in version_ids]


def test_another_takes_job_is_not_fetched(tmp_path):
    with money_world("sqlite", tmp_path, scenes=2) as world:
        in_lines(world)
        first, second = two_in_doubt(world)
        mine, theirs = jobs_of(world, first, second)
        unlisted = world.provider(can_list=False)
        say(world, resolving.attach, first, theirs)
        world.drive(provider=unlisted)
        assert world.take(first).status == "unknown"
        assert "has the prompt of another take" in world.take(first).error["message"]
        say(world, resolving.attach, second, theirs)
        say(world, resolving.attach, first, mine)
        world.drive(provider=world.provider(can_list=False))
        assert world.statuses() == ["landed", "landed"]
        world.check_settled()


def test_what_was_charged_keeps_its_job_from_a_take_of_the_same_words(world):
    say(world, resolving.charged, lose_unlisted(world))
    with world.database.write() as session:
        session.get(Scene, world.scene_ids[0]).prompt_override = "a lighthouse,  view 0"
    world.server.script("create", "lose_request")
    (twin,) = world.admit()
    world.drive()
    told = world.take(twin.version.id)
    assert told.status == "unknown"
    assert "may be another take's" in told.error["message"]


def test_they_are_not_other_words(world):
    in_lines(world)
    lose_unlisted(world)
    flat = evidence.plain(world.takes()[0].prompt)
    job = ProviderJob(id="video_1", status="queued", prompt=flat, seconds=4, size="1280x720")
    with world.database.read() as session:
        assert evidence.other_words(session, [job], world.attempt()) is None
        strange = job.model_copy(update={"prompt": f"{flat}, in oil"})
        assert "video_1" in str(evidence.other_words(session, [strange], world.attempt()))


def test_a_job_that_the_service_bears_out_is_its_takes_though_no_clip_came(world):
    """Then it keeps no other job from a take of the same words."""
    first = lose_unlisted(world)
    world.server.script("content", "404")
    say(world, resolving.attach, first, "video_00000001")
    world.drive(download_tries=1, download_rounds=1, provider=world.provider(can_list=False))
    assert world.states() == ["settled"] and not world.attempt().unseen
    was_earlier(world, timedelta(minutes=20))
    world.server.script("create", "lose_response")
    (made,) = world.admit()
    world.drive()
    assert world.take(made.version.id).status == "landed"
    assert world.money() == (0, world.server.ledger.total())


def test_a_job_named_meanwhile_is_not_taken_off_in_place_of_the_one_before(tmp_path):
    with money_world("sqlite", tmp_path, scenes=2) as world:
        first, second = two_in_doubt(world)
        mine, theirs = jobs_of(world, first, second)
        say(world, resolving.attach, first, theirs)
        say(world, resolving.attach, first, mine)
        (attempt,) = (a for a in world.attempts() if a.version_id == first)
        told = ProviderJob(id=theirs, status="queued", prompt=world.take(second).prompt)
        with world.database.write() as session:
            assert not naming.holds(session, attempt.id, theirs, told)
        assert mine in [a.provider_job_id for a in world.attempts()]


@pytest.mark.parametrize("fate", ["vanish", "complete", "fail"])
def test_what_is_told_of_the_job_before_is_not_acted_on(fate, world):
    """The person named another one while the provider was asked."""
    world.hold()
    version_id = lose_unlisted(world)
    (right,) = world.server.jobs
    wrong = world.server._bill({"prompt": "x", "size": "1280x720", "seconds": "4"}, None)
    wrong.fate, wrong.seconds_to_do = fate, 0.0
    say(world, resolving.attach, version_id, wrong.id)
    provider, asked = world.provider(can_list=False), []
    ask = provider.status

    async def status(job_id):
        asked.append(job_id)
        try:
            return await ask(job_id)
        finally:
            if job_id == wrong.id:
                await asyncio.to_thread(say, world, resolving.attach, version_id, right)

    provider.status = status
    world.drive(
        lambda: asked.count(right) > 1 or world.states() not in (["submitted"], ["unknown"]),
        provider=provider,
        vanished_after=0.0,
    )
    assert world.attempt().provider_job_id == right
    assert (world.states(), world.money()) == (["submitted"], (FOUR_SECONDS, 0))
