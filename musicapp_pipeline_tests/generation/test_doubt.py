"""Was it bought? What happens after an answer was lost."""

from itertools import count

import pytest

from musicapp_pipeline.generation import ledger, reconcile, submission
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.models import now
from musicapp_pipeline_tests.databases import KINDS
from musicapp_pipeline_tests.generation.doubts import lists, posts
from musicapp_pipeline_tests.generation.fault_server import FaultServer
from musicapp_pipeline_tests.generation.helpers import client_of
from musicapp_pipeline_tests.generation.money_world import money_world
from musicapp_pipeline_tests.generation.tiny_http import Response

pytestmark = pytest.mark.usefixtures("quick_check")
LOST_AND_BOUGHT = ("lose_response", "500_after", "502_after", "409_after", "garbage_after",
                   "empty_after")  # fmt: skip
LOST_AND_NOT_BOUGHT = ("lose_request", "500_before", "503_before", "408_before")


@pytest.mark.parametrize("fault", LOST_AND_BOUGHT)
def test_a_lost_answer_is_found_in_the_list_and_never_paid_twice(world, fault):
    world.server.script("create", fault)
    world.admit()
    world.drive()
    assert (world.states(), world.statuses()) == (["settled"], ["landed"])
    assert world.attempt().claimed_by_reconciliation
    assert posts(world) == 1
    world.check_settled()


@pytest.mark.parametrize("fault", LOST_AND_NOT_BOUGHT)
def test_a_lost_request_is_sent_again_after_two_looks(world, fault):
    world.server.script("create", fault)
    world.admit()
    world.drive()
    assert (world.states(), world.statuses()) == (["settled"], ["landed"])
    assert (posts(world), len(world.server.ledger.charges)) == (2, 1)
    assert world.attempt().reconcile_looks == 2
    world.check_settled()


def made_later(world, answer: Response, looks: int) -> None:
    """The first request is answered at once, by a gateway, and worked on until the list has been
    read so often."""
    create, page, waiting = world.server._create, world.server._list, []
    read = count(1)

    async def gateway(request):
        if posts(world) > 1:
            return await create(request)
        waiting.append(request)
        return answer

    def listing(request):
        if next(read) == looks:
            fields, reference, _ = world.server._parse(waiting.pop())
            world.server._bill(fields, reference.data if reference else None)
        return page(request)

    world.server._create, world.server._list = gateway, listing


@pytest.mark.parametrize("status", [408, 502, 503, 504, 524, None])
def test_what_is_still_worked_on_after_a_time_out_is_not_sent_again(world, status):
    gone = Response(status, b"<html>time-out</html>") if status else Response(reset=True)
    made_later(world, gone, looks=6)
    world.admit()
    world.drive(straggle=3600.0)
    assert (world.states(), posts(world)) == (["settled"], 1)
    world.check_settled()


def test_what_is_given_up_here_is_looked_for_as_long(world):
    provider = world.provider()

    async def too_long(_):
        raise TimeoutError

    provider.submit = too_long
    world.admit()
    world.drive(lambda: lists(world) > 4, provider=provider, straggle=3600.0)
    assert (world.states(), world.attempt().reconcile_looks) == (["unknown"], 0)


def test_looks_that_fail_now_and_then_meanwhile_are_not_in_a_row(world):
    made_later(world, Response(504, b"<html>time-out</html>"), looks=reconcile.FAILED_LOOKS + 2)
    world.server.script("list", *["ok", "500"] * (reconcile.FAILED_LOOKS + 1))
    world.admit()
    world.drive(straggle=3600.0)
    assert (world.states(), posts(world)) == (["settled"], 1)


def test_after_a_whole_answer_of_the_service_nobody_waits_for_stragglers(world):
    world.server.script("create", "500_before")
    world.admit()
    world.drive(straggle=3600.0)
    assert (world.states(), posts(world)) == (["settled"], 2)
    world.check_settled()


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_that_lags_is_waited_for(kind, tmp_path):
    with money_world(kind, tmp_path, list_lag=0.3) as world:
        world.server.script("create", "lose_response")
        world.admit()
        world.drive(list_lag=0.4)
        assert posts(world) == 1
        world.check_settled()


@pytest.mark.parametrize("fault", ["500", "reset", "429"])
def test_a_list_that_does_not_answer_is_asked_again(world, fault):
    world.server.script("create", "lose_response")
    world.server.script("list", fault, fault)
    world.admit()
    world.drive()
    assert posts(world) == 1
    world.check_settled()


def test_a_take_in_doubt_says_when_it_was_sent_and_what_came_back(world):
    world.server.script("create", "500_after")
    world.admit()
    world.drive(provider=world.provider(can_list=False))
    told = world.takes()[0].error["message"]
    assert "answered 500" in told and "can_list" in told
    assert f"sent {world.attempt().submitted_at:%Y-%m-%d %H:%M:%S} UTC" in told


def test_a_list_that_shows_a_job_which_is_known_is_believed(world):
    world.admit()
    world.drive()
    world.server.script("create", "lose_request")
    world.admit()
    world.drive()
    assert world.statuses() == ["landed"] * 2
    assert (posts(world), len(world.server.ledger.charges)) == (3, 2)
    world.check_settled()


def in_doubt_then_moved(world, fault: str) -> None:
    """A lost answer, and then a restart with other settings."""
    world.server.script("create", fault)
    world.admit()
    world.drive(lambda: world.states() == ["unknown"], list_lag=3600.0)
    world.time_passes()


@pytest.mark.parametrize("fault", ["lose_response", "lose_request"])
def test_the_list_of_another_server_proves_nothing(world, fault):
    in_doubt_then_moved(world, fault)
    with FaultServer() as other:
        world.drive(provider=client_of(other))
        assert other.ledger.charges == []
    assert (world.states(), world.statuses()) == (["unknown"], ["unknown"])
    assert posts(world) == 1
    assert "sent to another server" in world.jobs()[0].error["message"]


def test_a_server_at_another_address_may_still_show_that_it_was_bought(world):
    in_doubt_then_moved(world, "lose_response")
    provider = world.provider()
    provider.key = "the same under another name"
    world.drive(provider=provider)
    assert (world.states(), world.statuses()) == (["settled"], ["landed"])
    assert posts(world) == 1
    world.check_settled()


def test_a_job_of_another_server_is_not_known_here_and_the_take_says_why(world):
    world.hold()
    world.admit()
    world.drive(lambda: world.states() == ["submitted"])
    with FaultServer() as other:
        world.drive(provider=client_of(other), vanished_after=0.0)
    assert (world.states(), world.statuses()) == (["stuck"], ["stuck"])
    assert "sent to another server" in world.takes()[0].error["message"]
    world.let_go()
    world.drive(lambda: world.states() == ["settled"])
    assert world.statuses() == ["landed"]
    world.check_settled()


def test_a_list_that_may_not_be_read_leaves_the_take_to_a_person(world):
    world.server.list_refused = 403
    world.server.script("create", "lose_response")
    world.admit()
    world.drive()
    assert (world.states(), world.statuses()) == (["unknown"], ["unknown"])
    assert world.jobs()[0].status == "failed"
    assert posts(world) == 1


def test_a_list_that_never_answers_leaves_the_take_to_a_person(world):
    world.server.script("create", "lose_response")
    world.server.script("list", *["500"] * 99)
    world.admit(each=2)
    world.drive(lambda: "unknown" in world.statuses() and "landed" in world.statuses())
    assert sorted(world.states()) == ["settled", "unknown"], "its twin does not wait for ever"
    told = next(job.error for job in world.jobs() if job.error)
    assert f"{reconcile.FAILED_LOOKS} times in a row" in told["message"]
    assert posts(world) == 2


def test_looks_that_nobody_foresaw_end_too(world):
    provider = world.provider()

    async def nonsense(_):
        raise RecursionError

    provider.list_recent = nonsense
    world.server.script("create", "lose_response")
    world.admit()
    world.drive(provider=provider, retry=0.01)
    assert (world.states(), world.statuses()) == (["unknown"], ["unknown"])


def test_an_id_that_no_database_takes_leaves_the_take_to_a_person(tmp_path):
    with money_world("postgres", tmp_path) as world:
        provider = world.provider()

        async def odd(_):
            return ProviderJob(id="video_\0", status="queued")

        provider.submit = odd
        world.admit()
        world.drive(provider=provider)
        assert (world.states(), world.statuses()) == (["unknown"], ["unknown"])
        assert "cannot be stored" in world.jobs()[0].error["message"]


def test_twins_in_doubt_are_told_apart_by_taking_turns(tmp_path):
    """Two takes of one prompt: while one is in doubt the other is not sent."""
    with money_world("sqlite", tmp_path) as world:
        world.server.script("create", "lose_response")
        world.admit(each=3)
        world.drive()
        assert world.states() == ["settled"] * 3
        assert len(world.server.ledger.charges) == 3
        world.check_settled()


def test_an_equal_request_waits_while_one_is_on_its_way_or_looked_for(world):
    """A list could not tell the two apart; one that is left to a person is not looked for."""
    first, twin = (made.attempt.id for made in world.admit(each=2))

    def may_be_sent(attempt_id: str) -> bool:
        with world.database.write() as session:
            return submission.begin(session, attempt_id, world.provider().key, 8).go

    assert may_be_sent(first)
    assert not may_be_sent(twin)
    with world.database.write() as session:
        submission.ambiguous(session, first, "lost", now())
    assert not may_be_sent(twin)
    with world.database.write() as session:
        submission.park_unknown(session, first, "no list")
    assert may_be_sent(twin)


def test_a_lost_senders_request_may_still_arrive_and_is_waited_for(world):
    """Its process is gone, the request is not: looks count only once it must have arrived."""
    (made,) = world.admit()
    with world.database.write() as session:
        assert submission.begin(session, made.attempt.id, world.provider().key, 8).go
    world.die()
    with world.database.write() as session:
        attempt = ledger.locked(session, made.attempt.id)
        attempt.submitted_at = now()
    world.drive(lambda: lists(world) > 4, send_limit=3600.0)
    assert world.states() == ["unknown"]
    assert posts(world) == 0, "five looks, and still nothing was sent again"
    assert world.attempt().reconcile_looks == 0


def test_a_simulated_purchase_does_not_outlive_its_sender(world):
    """Nothing of it can still be on its way, so nobody waits for that."""
    (made,) = world.admit()
    with world.database.write() as session:
        assert submission.begin(session, made.attempt.id, world.provider().key, 8).go
        ledger.locked(session, made.attempt.id).simulated = True
    world.drive(send_limit=3600.0)
    assert world.statuses() == ["landed"]


def test_a_remix_that_was_lost_is_found_by_its_source(world):
    from musicapp_pipeline.generation import admission
    from musicapp_pipeline.store import projects

    world.admit()
    world.drive()
    with world.database.write() as session:
        source = takes.get(session, world.takes()[0].id)
        takes.set_status(session, source, "completed")
        provider = world.provider(remix="native")
        project = projects.get(session, world.project_id)
        admission.remix(session, project, source, "at night", provider)
    world.server.script("remix", "lose_response")
    world.drive()
    assert world.statuses() == ["completed", "landed"]
    assert world.server.ledger.times_billed("at night") == 1
    world.check_settled()
