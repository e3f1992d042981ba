"""Was it bought? What happens after an answer was lost, and what a person can say."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import count

import pytest

from musicapp_pipeline.generation import (
    acceptance,
    ledger,
    reconcile,
    resolving,
    submission,
    sweeping,
)
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.generation.resolving import BadJobId, JobOfAnotherTake, NothingToResolve
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.models import now
from musicapp_pipeline_tests.databases import KINDS
from musicapp_pipeline_tests.generation.fault_server import FaultServer
from musicapp_pipeline_tests.generation.helpers import client_of
from musicapp_pipeline_tests.generation.money_world import FOUR_SECONDS, money_world
from musicapp_pipeline_tests.generation.tiny_http import Response

pytestmark = pytest.mark.usefixtures("quick_check")
LOST_AND_BOUGHT = ("lose_response", "500_after", "502_after", "409_after", "garbage_after",
                   "empty_after")  # fmt: skip
LOST_AND_NOT_BOUGHT = ("lose_request", "500_before", "503_before", "408_before")


@pytest.fixture
def world(tmp_path):
    with money_world("sqlite", tmp_path) as made:
        yield made


def parked(folder, **server):
    """A take in doubt at a provider whose list does not say what its jobs are for."""
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


# Looking for it


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


def test_a_list_that_the_configuration_does_not_vouch_for_is_never_believed(world):
    """A gateway may answer 200 and an empty list for jobs that it made elsewhere."""
    world.server._list = lambda _: Response(200, {"data": [], "has_more": False})
    world.server.script("create", "lose_response")
    world.admit()
    world.drive(provider=world.provider(can_list=False))
    assert (world.states(), world.statuses()) == (["unknown"], ["unknown"])
    assert (posts(world), len(world.server.ledger.charges)) == (1, 1)
    assert "can_list" in world.jobs()[0].error["message"]


def test_a_list_that_misses_a_job_which_is_known_proves_nothing(world):
    """Its server forgot, or its clock is so wrong that new jobs look old."""
    world.admit()
    world.drive()
    hide_from_list(world, *world.server.jobs)
    world.server.script("create", "lose_request")
    world.admit()
    world.time_passes()
    world.drive()
    assert sorted(world.statuses()) == ["landed", "unknown"]
    assert posts(world) == 2, "not sent again"
    told = next(job.error for job in world.jobs() if job.error)
    assert "does not show job video_00000001 either" in told["message"]


def lose_another(world, age: timedelta = timedelta(hours=3)) -> str:
    """A second take's request is lost, long after the first one was bought; what its job says."""
    world.admit()
    world.drive()
    with world.database.write() as session:
        first = ledger.locked(session, world.attempt().id)
        for moment in ("created_at", "submitted_at", "accepted_at"):
            setattr(first, moment, getattr(first, moment) - age)
    for job in world.server.jobs.values():
        job.created -= age.total_seconds()
    world.server.script("create", "lose_request")
    world.admit()


def why_parked(world) -> str:
    assert sorted(world.statuses()) == ["landed", "unknown"]
    assert posts(world) == 2, "not sent again"
    return next(job.error["message"] for job in world.jobs() if job.error)


def test_a_list_that_misses_a_job_of_hours_ago_proves_nothing_either(world):
    """A list that is always empty: no right to it, or it is another server's behind a gateway."""
    lose_another(world)
    hide_from_list(world, *world.server.jobs)
    world.drive()
    assert "does not show job video_00000001 either" in why_parked(world)


def tell(world, **changed) -> None:
    """What the list says of its jobs."""
    page = world.server._list

    def other(request):
        answer = page(request)
        for told in answer.body["data"]:
            told.update({name: say(told[name]) for name, say in changed.items()})
        return answer

    world.server._list = other


def test_a_list_that_tells_other_prompts_than_were_sent_proves_nothing(world):
    """A service that makes prompts prettier, or cuts them off: ours could not be recognised."""
    lose_another(world)
    tell(world, prompt=lambda sent: f"Cinematic, highly detailed: {sent}")
    world.drive()
    assert "tells other prompts than were sent" in why_parked(world)


def test_a_job_with_other_words_is_a_doubt_while_nothing_shows_how_prompts_are_told(world):
    world.server.script("create", "lose_response")
    tell(world, prompt=lambda sent: f"Cinematic, highly detailed: {sent}")
    world.admit()
    world.drive()
    assert (world.statuses(), posts(world)) == (["unknown"], 1)
    assert "lists video_00000001" in world.jobs()[0].error["message"]


def test_an_equal_job_that_looks_older_is_a_doubt(world):
    """Its server's clock or time zone may be wrong."""
    lose_another(world, timedelta(hours=12))
    with world.database.write() as session:
        prompt = takes.get(session, world.attempts()[1].version_id).prompt
    (known,) = world.server.jobs.values()
    fields = {**known.request, "prompt": prompt}
    world.server._bill(fields, None).created -= 5 * 3600
    world.drive()
    assert "looks older" in why_parked(world)


def test_times_without_a_zone_are_not_believed(world):
    """A server five hours west of Greenwich."""
    west = timezone(timedelta(hours=-5))
    tell(world, created_at=lambda at: datetime.fromtimestamp(at, west).strftime("%Y-%m-%dT%H:%M"))
    world.server.script("create", "lose_response")
    world.admit()
    world.drive()
    assert (world.states(), posts(world)) == (["settled"], 1)
    world.check_settled()


def test_a_provider_whose_clock_is_minutes_behind_is_understood(world):
    real = world.server._bill

    def behind(*args, **named):
        job = real(*args, **named)
        job.created -= 600
        return job

    world.server._bill = behind
    world.server.script("create", "lose_response")
    world.admit()
    world.drive()
    assert (world.states(), posts(world)) == (["settled"], 1)
    world.check_settled()


def take_another_after_charged(world):
    """A take's purchase stays unseen, a person says that it was charged, another take follows."""
    (made,) = world.admit(accepts_seed=False)
    world.drive(provider=world.provider(can_list=False))
    with world.database.write() as session:
        resolving.charged(session, made.version.id)
    world.admit(accepts_seed=False)
    world.drive()


def test_a_job_that_a_person_saw_charged_is_not_taken_for_the_next_take(world):
    """Its id is not known, so a list that shows one job cannot say whose it is."""
    world.server.script("create", "lose_response", "lose_request")
    take_another_after_charged(world)
    assert sorted(world.states()) == ["settled", "unknown"]
    assert "may be another take's" in world.jobs()[-1].error["message"]
    assert (posts(world), len(world.server.ledger.charges)) == (2, 1)


def test_of_two_jobs_one_is_the_next_takes(world):
    world.server.script("create", "lose_response", "lose_response")
    take_another_after_charged(world)
    assert world.states() == ["settled", "settled"]
    assert world.statuses() == ["failed", "landed"]
    assert world.money()[1] == world.server.ledger.total() == 2 * FOUR_SECONDS


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


# An answer outranks a claim


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


# The sweeper


def test_a_purchase_that_shows_up_late_is_booked_and_its_clip_fetched(tmp_path):
    """The list lagged longer than was said, so the take was bought twice: the books say so."""
    with money_world("sqlite", tmp_path, list_lag=3600.0) as world:
        world.server.script("create", "lose_response")
        world.admit()
        world.drive()
        assert len(world.server.ledger.charges) == 2
        world.server.list_lag = 0.0
        world.drive(lambda: world.states() == ["settled"] * 2, sweep=0.1, send_limit=0.0)
        assert world.statuses() == ["landed"]
        assert all(attempt.media_key for attempt in world.attempts())
        world.check_settled()


def hide_from_list(world, *ids: str) -> list[str]:
    """Jobs that the list does not show until they are taken from the list that is returned."""
    hidden, page = list(ids), world.server._list

    def without(request):
        answer = page(request)
        answer.body["data"] = [j for j in answer.body["data"] if j["id"] not in hidden]
        return answer

    world.server._list = without
    return hidden


def test_a_first_purchase_is_not_forgotten_over_a_second_doubt(world):
    """The first job shows up late; the second answer is lost too, but its job found at once."""
    hidden = hide_from_list(world, "video_00000001")
    world.server.script("create", "lose_response", "lose_response")
    world.admit()
    world.drive()
    assert world.attempt().provider_job_id == "video_00000002"
    hidden.clear()
    world.drive(lambda: world.states() == ["settled"] * 2, sweep=0.1, send_limit=0.0)
    world.check_settled()


def test_a_take_that_waited_long_before_it_was_sent_is_swept_like_others(tmp_path):
    with money_world("sqlite", tmp_path, list_lag=3600.0) as world:
        world.server.script("create", "lose_response")
        world.admit()
        with world.database.write() as session:
            attempt = ledger.locked(session, world.attempt().id)
            attempt.created_at -= sweeping.REACH + timedelta(hours=1)
        world.drive()
        world.server.list_lag = 0.0
        world.drive(lambda: world.states() == ["settled"] * 2, sweep=0.1, send_limit=0.0)
        world.check_settled()


def test_what_a_person_took_for_not_bought_is_booked_when_it_shows_up(world):
    world.server.list_refused = 403
    version_id = lose_answer(world)
    with world.database.write() as session:
        resolving.not_charged(session, version_id)
    world.server.list_refused = 0
    world.drive(lambda: "settled" in world.states(), sweep=0.1, send_limit=0.0)
    assert world.statuses() == ["landed"]
    world.check_settled()


def test_a_slow_job_called_not_charged_is_booked_once_it_is_finished(world):
    world.hold()
    (made,) = world.admit()
    world.drive(lambda: world.states() == ["stuck"], job_timeout=0.0)
    with world.database.write() as session:
        resolving.not_charged(session, made.version.id)
    assert world.states() == ["released"]
    asked = len(world.server.requests)
    world.drive(lambda: len(world.server.requests) > asked + 2, sweep=0.02)
    assert world.states() == ["released"], "it is not finished yet"
    world.let_go()
    world.drive(lambda: "settled" in world.states(), sweep=0.02)
    assert (world.states(), world.statuses()) == (["released", "settled"], ["landed"])
    asked = len(world.server.requests)
    looks = iter(range(20))
    world.drive(lambda: next(looks, None) is None, sweep=0.02)
    assert len(world.server.requests) == asked
    world.check_settled()


def bought_twice(folder):
    """The first purchase of the only take shows up in the list once its lag is taken away."""
    return money_world("sqlite", folder, list_lag=3600.0)


def buy_twice(world, ago: timedelta) -> None:
    world.server.script("create", "lose_response")
    world.admit()
    world.drive()
    with world.database.write() as session:
        attempt = ledger.locked(session, world.attempt().id)
        attempt.created_at -= ago
        attempt.declared_absent_at -= ago
    world.server.list_lag = 0.0


@pytest.mark.parametrize("ago", [timedelta(0), sweeping.REACH + timedelta(days=1)])
def test_a_dispatcher_looks_for_late_purchases_when_it_starts(tmp_path, ago):
    """`musicapp make` runs for a minute or two, and perhaps not again before tomorrow."""
    with bought_twice(tmp_path) as world:
        buy_twice(world, ago)
        for job in world.server.jobs.values():
            job.created -= ago.total_seconds()
        world.drive(lambda: world.states() == ["settled"] * 2, sweep=3600.0, send_limit=0.0)
        world.check_settled()


def test_after_six_hours_they_are_looked_for_once_more_and_then_forgotten(tmp_path):
    with bought_twice(tmp_path) as world:
        buy_twice(world, sweeping.REACH)
        hide_from_list(world, *world.server.jobs)
        before = lists(world)
        world.server.script("list", "500")
        world.drive(lambda: lists(world) == before + 1, sweep=3600.0)
        world.drive(lambda: world.attempt().declared_absent_at is None, sweep=3600.0)
        assert lists(world) == before + 2


def test_an_equal_job_of_days_later_is_not_taken_for_a_late_purchase(tmp_path):
    with bought_twice(tmp_path) as world:
        buy_twice(world, timedelta(days=1))
        (mine,) = (a.provider_job_id for a in world.attempts())
        world.server.jobs[mine].created -= 86_400
        world.drive(
            lambda: world.attempt().declared_absent_at is None, sweep=3600.0, send_limit=0.0
        )
        assert world.states() == ["settled"]


def test_the_sweeper_asks_nothing_while_nothing_was_declared_absent(world):
    world.admit()
    world.drive()
    asked = len(world.server.requests)
    looks = iter(range(20))
    world.drive(lambda: next(looks, None) is None, sweep=0.05)
    assert len(world.server.requests) == asked


# What a person can say


def test_where_a_list_tells_no_prompts_a_person_decides_and_the_money_stays_held(tmp_path):
    with parked(tmp_path) as world:
        lose_answer(world)
        assert world.money() == (FOUR_SECONDS, Decimal(0))
        (told,) = world.jobs()
        assert (told.status, told.error["code"]) == ("failed", "submission_unknown")
        assert "$0.24 stays held" in told.error["message"]
        assert len(told.error["actions"]) == 3
        world.time_passes()
        looks = iter(range(5))
        world.drive(lambda: next(looks, None) is None)
        assert posts(world) == 1, "never sent again by itself"


def test_one_in_doubt_does_not_hold_up_the_next_take_of_its_scene(tmp_path):
    with parked(tmp_path) as world:
        lose_answer(world)
        world.admit()
        world.drive()
        assert sorted(world.statuses()) == ["landed", "unknown"]


def test_said_not_to_be_charged_the_money_is_given_back(tmp_path):
    with parked(tmp_path) as world:
        version_id = lose_answer(world)
        with world.database.write() as session:
            resolving.not_charged(session, version_id, "not in the console")
        assert (world.states(), world.statuses()) == (["released"], ["failed"])
        assert world.money() == (Decimal(0), Decimal(0))


def test_said_to_be_charged_the_money_is_spent(tmp_path):
    with parked(tmp_path) as world:
        version_id = lose_answer(world)
        with world.database.write() as session:
            resolving.charged(session, version_id)
        assert (world.states(), world.statuses()) == (["settled"], ["failed"])
        assert world.money() == (Decimal(0), world.server.ledger.total())


def test_a_job_found_in_the_console_is_attached_and_its_clip_fetched(tmp_path):
    with parked(tmp_path) as world:
        version_id = lose_answer(world)
        (found,) = world.server.jobs
        with world.database.write() as session:
            resolving.attach(session, version_id, found)
        world.drive()
        assert (world.states(), world.statuses()) == (["settled"], ["landed"])
        world.check_settled()


@pytest.mark.parametrize("given_up", [False, True])
def test_a_mistyped_job_is_put_right(tmp_path, given_up):
    with parked(tmp_path) as world:
        version_id = lose_answer(world)
        (found,) = world.server.jobs
        with world.database.write() as session:
            resolving.attach(session, version_id, f"{found}0")
        world.drive(vanished_after=0.0)
        assert world.states() == ["stuck"]
        with world.database.write() as session:
            if given_up:
                resolving.charged(session, version_id)
            resolving.attach(session, version_id, found)
        world.drive()
        assert (world.states(), world.statuses()) == (["settled"], ["landed"])
        world.check_settled()


def test_a_mistyped_job_is_put_right_at_once(tmp_path):
    with parked(tmp_path) as world:
        version_id = lose_answer(world)
        (found,) = world.server.jobs
        for job_id in (f"{found}0", found):
            with world.database.write() as session:
                resolving.attach(session, version_id, job_id)
        world.drive()
        assert (world.states(), world.statuses()) == (["settled"], ["landed"])
        world.check_settled()


def test_jobs_that_were_attached_the_wrong_way_round_are_told_and_put_right(tmp_path):
    with money_world("sqlite", tmp_path, dialect="litellm", scenes=2) as world:
        provider = world.provider(can_list=False)
        world.server.script("create", "lose_response", "lose_response")
        first, second = (made.version for made in world.admit(provider=provider))
        world.drive(provider=provider)
        jobs = {job.request["prompt"]: id_ for id_, job in world.server.jobs.items()}
        right, wrong = jobs[world.take(first.id).prompt], jobs[world.take(second.id).prompt]
        with world.database.write() as session:
            resolving.attach(session, first.id, wrong)
        world.drive(provider=provider)
        assert world.states() == ["stuck", "unknown"]
        told = world.take(first.id).error
        assert "another take" in told["message"] and "attach" in told["actions"][0]
        for version, job_id in ((first, right), (second, wrong)):
            with world.database.write() as session:
                resolving.attach(session, version.id, job_id)
        world.drive(provider=provider)
        assert world.statuses() == ["landed", "landed"]
        world.check_settled()


def attached_with_another_size(world, *, others: bool):
    """A job is attached whose server says a size of its own; ``others``: another take has it."""
    version_id = lose_answer(world)
    (found,) = world.server.jobs
    world.server.jobs[found].request["size"] = "1280x704"
    if others:
        world.hold()
        world.admit(1)
        world.drive(lambda: "submitted" in world.states())
    with world.database.write() as session:
        for attempt in ledger.attempts_of(session, world.takes()[-1].id) if others else ():
            attempt.size = "1280x704"
        resolving.attach(session, version_id, found)
    return version_id


def test_an_attached_job_of_the_size_of_another_take_is_told(tmp_path):
    with parked(tmp_path, scenes=2) as world:
        version_id = attached_with_another_size(world, others=True)
        world.drive(lambda: "stuck" in world.states())
        assert "of another size or length" in world.take(version_id).error["message"]


def test_a_service_that_tells_a_size_of_its_own_is_believed_to_have_the_job(tmp_path):
    """Nothing else would ever bring that clip."""
    with parked(tmp_path) as world:
        version_id = attached_with_another_size(world, others=False)
        world.drive()
        assert world.take(version_id).status == "landed"
        world.check_settled()


def test_what_was_said_to_be_not_charged_is_booked_once_its_job_turns_up(tmp_path):
    with parked(tmp_path) as world:
        version_id = lose_answer(world)
        (found,) = world.server.jobs
        with world.database.write() as session:
            resolving.not_charged(session, version_id)
        assert "attach" in world.takes()[0].error["actions"][0]
        assert world.money() == (0, 0)
        with world.database.write() as session, pytest.raises(NothingToResolve):
            resolving.fetch_again(session, version_id)
        with world.database.write() as session:
            resolving.attach(session, version_id, found)
        world.drive()
        assert (world.states(), world.statuses()) == (["released", "settled"], ["landed"])
        world.check_settled()


@pytest.mark.parametrize("how", ["attach", "fetch_again"])
def test_a_slow_job_that_was_said_to_be_not_charged_is_fetched_after_all(world, how):
    world.hold()
    (made,) = world.admit()
    world.drive(job_timeout=0.0)
    (job_id,) = world.server.jobs
    with world.database.write() as session:
        resolving.not_charged(session, made.version.id)
    world.let_go()
    with world.database.write() as session:
        if how == "attach":
            resolving.attach(session, made.version.id, job_id)
        else:
            resolving.fetch_again(session, made.version.id)
    world.drive()
    assert (sorted(world.states()), world.statuses()) == (["released", "settled"], ["landed"])
    world.check_settled()


def test_a_job_that_the_provider_told_us_is_not_replaced(world):
    world.hold()
    (made,) = world.admit()
    world.drive(job_timeout=0.0)
    with world.database.write() as session, pytest.raises(NothingToResolve):
        resolving.attach(session, made.version.id, "video_of_somebody_else")


@pytest.mark.parametrize("job_id", ["0f3a", "../../etc", "fal-ai/veo/requests/0f3a/status"])
def test_what_cannot_be_a_request_of_fals_is_not_attached(world, job_id):
    world.server.script("create", "lose_response")
    (made,) = world.admit()
    world.drive(provider=world.provider(can_list=False))
    with world.database.write() as session, pytest.raises(BadJobId):
        ledger.locked(session, made.attempt.id).provider = "fal"
        resolving.attach(session, made.version.id, job_id)
    assert world.attempt().provider_job_id is None


def test_a_job_of_another_take_cannot_be_attached(tmp_path):
    with parked(tmp_path) as world:
        version_id = lose_answer(world)
        world.admit()
        world.drive()
        theirs = next(a.provider_job_id for a in world.attempts() if a.provider_job_id)
        with world.database.write() as session, pytest.raises(JobOfAnotherTake):
            resolving.attach(session, version_id, theirs)


def test_what_is_not_in_question_cannot_be_resolved(world):
    (made,) = world.admit()
    world.drive()
    for decide in (resolving.charged, resolving.not_charged):
        with world.database.write() as session, pytest.raises(NothingToResolve):
            decide(session, made.version.id)


def test_open_questions_are_listed_with_what_can_be_done(tmp_path):
    with parked(tmp_path) as world:
        version_id = lose_answer(world)
        with world.database.read() as session:
            (asked,) = resolving.open_questions(session, world.project_id)
            assert resolving.open_questions(session, "elsewhere") == []
        assert (asked.version_id, asked.state, asked.held_usd) == (
            version_id,
            "unknown",
            FOUR_SECONDS,
        )
        assert asked.key == world.takes()[0].key
        assert asked.since <= now() + timedelta(seconds=1)
        assert "may or may not have accepted" in asked.message
        assert asked.actions
