"""An answer to our own request outranks what was claimed from a list."""

from datetime import timedelta

import pytest

from musicapp_pipeline.generation import acceptance, landing, submission
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.store.models import now
from musicapp_pipeline_tests.databases import KINDS
from musicapp_pipeline_tests.generation.money_world import FOUR_SECONDS, money_world

pytestmark = pytest.mark.usefixtures("quick_check")


def job(number: int) -> ProviderJob:
    return ProviderJob(id=f"video_{number}", status="queued")


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_outranks_a_claim_on_the_same_job(kind, tmp_path):
    with money_world(kind, tmp_path, scenes=2) as world:
        first, second = (item.attempt.id for item in world.admit())
        key = world.provider().key
        with world.database.write() as session:
            for id_ in (first, second):
                assert submission.begin(session, id_, key, 8).go
            submission.ambiguous(session, first, "lost", now())
            acceptance.accepted(session, first, job(1), claimed=True)
        with world.database.write() as session:
            acceptance.accepted(session, second, job(1))
        states = {a.id: (a.state, a.provider_job_id) for a in world.attempts()}
        assert states == {first: ("unknown", None), second: ("submitted", "video_1")}


def test_a_second_purchase_of_one_attempt_is_booked_even_beyond_the_cap(tmp_path):
    with money_world("sqlite", tmp_path, cap="0.24") as world:
        (made,) = world.admit()
        with world.database.write() as session:
            assert submission.begin(session, made.attempt.id, world.provider().key, 8).go
            acceptance.accepted(session, made.attempt.id, job(1))
        with world.database.write() as session:
            acceptance.accepted(session, made.attempt.id, job(2))
        assert world.money()[0] == 2 * FOUR_SECONDS > world.cap()
        assert {a.provider_job_id for a in world.attempts()} == {"video_1", "video_2"}


def test_an_open_request_that_is_taken_over_is_waited_for_as_long(tmp_path):
    """Its service may still be at it."""
    with money_world("sqlite", tmp_path) as world:
        first, second = (item.attempt.id for item in world.admit(each=2))
        key, until = world.provider().key, now() + timedelta(hours=1)
        with world.database.write() as session:
            assert submission.begin(session, first, key, 8).go
            submission.ambiguous(session, first, "504", now(), absent_after=until)
            acceptance.accepted(session, first, job(1), claimed=True)
            assert submission.begin(session, second, key, 8).go
            landing.delivered(session, first)
        with world.database.write() as session:
            acceptance.accepted(session, second, job(1))
        waiting = {a.id: a for a in world.attempts()}[second]
        assert (waiting.state, waiting.absent_after) == ("unknown", until)
