"""The dispatcher against a provider that bills and fails, over real sockets."""

import asyncio
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from PIL import Image

from musicapp_pipeline.generation import acceptance, clock, landing, ledger, resolving, submission
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.generation.providers import streaming
from musicapp_pipeline.store import jobs, projects, scenes, takes
from musicapp_pipeline.store.media import sha256_file
from musicapp_pipeline.store.models import Character, ProviderGate, now
from musicapp_pipeline_tests.databases import KINDS
from musicapp_pipeline_tests.generation.clips import clip_bytes
from musicapp_pipeline_tests.generation.money_world import (
    FOUR_SECONDS,
    money_world,
    run_until,
)

pytestmark = pytest.mark.usefixtures("quick_check")


@pytest.fixture
def world(tmp_path):
    with money_world("sqlite", tmp_path) as made:
        yield made


def cancel(world, version_id: str) -> None:
    with world.database.write() as session:
        submission.request_cancel(session, takes.get(session, version_id))


# The way things should go


@pytest.mark.decodes
@pytest.mark.parametrize("kind", KINDS)
def test_takes_land_checked_and_are_paid_once(kind, tmp_path):
    with money_world(kind, tmp_path, scenes=3, job_seconds=0.1) as world:
        world.admit(each=2)
        world.drive(lambda: len(world.landings) == 6)
        assert world.states() == ["settled"] * 6
        assert world.statuses() == ["landed"] * 6
        assert sorted(world.landings) == sorted(version.key for version in world.takes())
        for version in world.takes():
            clip = world.media.fetch(version.clip_key)
            assert sha256_file(clip) == version.clip_sha256
            assert version.auto_scores["clip"]["frames"] == 96
            assert version.sora_clip_id in world.server.jobs
        assert [(job.status, job.message) for job in world.jobs()] == [
            ("running", "clip received and checked")
        ] * 6
        assert len(world.server.ledger.charges) == 6
        world.check_settled()


def test_the_money_is_reserved_before_and_spent_after(world):
    world.admit()
    assert world.money() == (FOUR_SECONDS, Decimal(0))
    world.drive()
    assert world.money() == (Decimal(0), FOUR_SECONDS)


def test_no_more_are_in_flight_than_allowed(tmp_path):
    with money_world("sqlite", tmp_path, scenes=6, job_seconds=0.15) as world:
        most = 0

        def look() -> bool:
            nonlocal most
            with world.database.read() as session:
                most = max(most, submission.in_flight(session, "videos_api"))
            return world.resting()

        world.admit()
        world.drive(look, max_in_flight=2, dispatchers=2)
        assert 1 <= most <= 2
        assert world.statuses() == ["landed"] * 6


def test_a_characters_picture_goes_with_the_request(world):
    with world.database.write() as session:
        scene = scenes.get(session, world.scene_ids[0])
        with world.media.writing("uploads/singer.png") as path:
            Image.new("RGB", (300, 500), "teal").save(path)
        singer = Character(
            id="c-1",
            project_id=world.project_id,
            name="Ada",
            reference_image_key="uploads/singer.png",
        )
        session.add(singer)
        scene.character_ids = ["c-1"]
    world.admit()
    world.drive()
    (job,) = world.server.jobs.values()
    assert job.reference is not None
    assert world.statuses() == ["landed"]


# Refusals: nothing was bought


@pytest.mark.parametrize("fault", ["moderated", "401", "quota"])
def test_a_final_refusal_gives_the_money_back_and_says_why(world, fault):
    world.server.script("create", fault)
    world.admit()
    world.drive()
    assert (world.states(), world.statuses()) == (["released"], ["failed"])
    (job,) = world.jobs()
    assert job.status == "failed"
    assert job.error["message"]
    assert world.money() == (Decimal(0), Decimal(0))
    assert len(world.server.requests) == 1
    world.check_settled()


@pytest.mark.parametrize("fault", ["401", "quota"])
def test_what_any_request_would_meet_with_stops_those_that_wait(tmp_path, fault):
    """Twenty takes and a wrong key are a few requests, not twenty."""
    with money_world("sqlite", tmp_path, scenes=20) as world:
        world.server.script("create", *[fault] * 20)
        world.admit()
        world.drive(max_in_flight=2)
        assert (set(world.states()), set(world.statuses())) == ({"released"}, {"failed"})
        assert len(world.server.requests) <= 2
        assert all(job.error["message"] for job in world.jobs())
        assert world.money() == (Decimal(0), Decimal(0))
        world.check_settled()


def test_a_refused_prompt_stops_no_other(tmp_path):
    with money_world("sqlite", tmp_path, scenes=3) as world:
        world.server.script("create", "moderated")
        world.admit()
        world.drive(max_in_flight=1)
        assert sorted(world.statuses()) == ["failed", "landed", "landed"]
        world.check_settled()


def test_a_429_closes_the_gate_for_all_workers_until_it_says(tmp_path):
    with money_world("sqlite", tmp_path, scenes=3) as world:
        world.server.script("create", "429")
        world.admit()
        closed: list[bool] = []

        def look() -> bool:
            with world.database.read() as session:
                gate = session.get(ProviderGate, world.provider().key)
                if gate is not None and gate.closed_until and gate.closed_until > now():
                    closed.append(True)
            return world.resting()

        world.drive(look, max_in_flight=1, dispatchers=2)
        assert world.statuses() == ["landed"] * 3
        with world.database.read() as session:
            assert "Rate limit" in session.get(ProviderGate, world.provider().key).reason
        world.check_settled()


def test_nothing_is_sent_while_the_gate_is_closed(tmp_path):
    with money_world("sqlite", tmp_path, scenes=2) as world:
        world.admit()
        first, second = (attempt.id for attempt in world.attempts())
        key = world.provider().key
        with world.database.write() as session:
            assert submission.begin(session, first, key, 8).go
        with world.database.write() as session:
            from musicapp_pipeline.generation.errors import RateLimited

            slow = RateLimited("too fast", retry_after=60.0)
            submission.turned_down(session, first, slow, key, 5.0)
            submission.turned_down(session, second, RateLimited("x", retry_after=1.0), key, 5.0)
        with world.database.write() as session:
            turn = submission.begin(session, second, key, 8)
        assert not turn.go
        assert 50 < turn.wait <= 60, "the longer of two waits stands"


def test_a_provider_that_cannot_be_reached_is_tried_again_without_closing_the_gate(tmp_path):
    with money_world("sqlite", tmp_path) as world:
        world.admit()
        down = world.provider()
        down._base = down._base.copy_with(port=9)  # nobody listens there

        def waiting() -> bool:
            return any("no connection" in job.message for job in world.jobs())

        world.drive(waiting, provider=down)
        assert world.states() == ["reserved"]
        world.time_passes()
        world.drive()
        assert world.statuses() == ["landed"]
        world.check_settled()


def test_a_request_that_cannot_be_made_ends_the_take_instead_of_being_tried_for_ever(world):
    """Its reference picture is gone: nothing was sent, so nothing is held."""
    world.admit()
    with world.database.write() as session:
        attempt = ledger.locked(session, world.attempt().id)
        attempt.request = {**attempt.request, "reference_key": "uploads/gone.png"}
    world.drive()
    assert (world.states(), world.statuses()) == (["released"], ["failed"])
    assert "uploads/gone.png" in world.jobs()[0].error["message"]
    assert world.server.requests == []


# What the provider's jobs come to


def test_a_failed_job_is_tried_again_within_the_limit_and_given_back(world):
    world.server.fates.extend(["fail", "fail", "complete"])
    world.admit()
    world.drive()
    assert world.states() == ["released", "released", "settled"]
    assert world.statuses() == ["landed"]
    assert [attempt.number for attempt in world.attempts()] == [1, 2, 3]
    world.check_settled()


def test_a_take_is_regenerated_at_most_so_often(world):
    world.server.fates.extend(["fail"] * 9)
    world.admit()
    world.drive(max_retries=2)
    assert world.states() == ["released"] * 3
    assert world.statuses() == ["failed"]
    assert world.jobs()[0].error["message"].startswith("Video generation failed")
    world.check_settled()


def test_a_provider_that_charges_failures_is_paid_for_them(tmp_path):
    with money_world("sqlite", tmp_path, refunds=False) as world:
        world.server.fates.extend(["fail", "complete"])
        world.admit()
        world.drive(provider=world.provider(refunds_failed=False))
        assert world.states() == ["settled", "settled"]
        assert world.money() == (Decimal(0), 2 * FOUR_SECONDS)
        world.check_settled()


def test_a_model_that_left_the_configuration_is_taken_to_charge_its_failures(world):
    from musicapp_pipeline.generation.errors import UnknownModel

    world.server.fates.append("moderated")
    world.hold()
    world.admit()
    world.drive(lambda: world.states() == ["submitted"])
    gone = world.provider()

    def unknown(model):
        raise UnknownModel(model)

    gone.capabilities = unknown
    world.let_go()
    world.drive(provider=gone)
    assert (world.states(), world.statuses()) == (["settled"], ["failed"])


def test_a_retry_needs_budget_of_its_own(tmp_path):
    with money_world("sqlite", tmp_path, cap="0.30", refunds=False) as world:
        world.server.fates.extend(["fail", "complete"])
        world.admit()
        world.drive(provider=world.provider(refunds_failed=False))
        assert world.states() == ["settled"]
        assert world.statuses() == ["failed"]
        assert "No retry: this needs $0.24" in world.jobs()[0].error["message"]
        world.check_settled()


@pytest.mark.parametrize("word", ["cancelled", "canceled", "deleted", "expired"])
def test_what_was_ended_at_the_provider_is_not_made_again(world, word):
    world.server.script("status", word)
    world.admit()
    world.drive()
    assert world.statuses() == ["failed"] and len(world.server.ledger.charges) == 1
    assert word in str((world.takes()[0].error or {})["message"])


@pytest.mark.parametrize("code", ["content_filter", "ContentPolicyViolation", "SAFETY", "400"])
def test_a_refusal_in_any_spelling_is_not_sent_again(world, code):
    world.server.script("status", f"failed:{code}")
    world.admit()
    world.drive()
    assert world.statuses() == ["failed"] and len(world.server.ledger.charges) == 1


@pytest.mark.parametrize("fault", ["harmless_error", "foreign_error"])
def test_an_error_that_is_not_the_jobs_own_buys_nothing(world, fault):
    world.server.script("status", fault)
    world.admit()
    world.drive()
    assert world.statuses() == ["landed"] and len(world.server.ledger.charges) == 1
    world.check_settled()


def test_a_moderated_prompt_is_not_sent_again(world):
    world.server.fates.extend(["moderated", "complete"])
    world.admit()
    world.drive()
    assert world.states() == ["released"]
    assert world.takes()[0].error["code"] == "moderation_blocked"
    assert world.takes()[0].sora_clip_id == "video_00000001", "kept on failed takes too"
    world.check_settled()


def test_a_retry_is_reserved_at_todays_price(world):
    world.server.fates.extend(["fail", "complete"])
    world.hold()
    world.admit()
    world.drive(lambda: world.states() == ["submitted"])
    world.server.models = {"sora-2": Decimal("0.10")}
    world.let_go()
    dearer = {"usd_per_second": Decimal("0.10"), "price_version": "tomorrow"}
    world.drive(provider=world.provider(**dearer))
    first, second = world.attempts()
    assert (first.reserved_usd, second.reserved_usd) == (FOUR_SECONDS, Decimal("0.40"))
    assert (second.price_version, second.usd_per_second) == ("tomorrow", Decimal("0.10"))
    world.check_settled()


def test_a_retry_whose_price_nobody_knows_is_not_bought(world):
    world.server.fates.extend(["fail", "complete"])
    world.hold()
    world.admit()
    world.drive(lambda: world.states() == ["submitted"])
    world.let_go()
    world.drive(provider=world.provider(usd_per_second=None, size_prices=()))
    assert (world.states(), world.statuses()) == (["released"], ["failed"])
    assert "No retry: no price is known" in world.jobs()[0].error["message"]


def test_a_try_in_doubt_does_not_show_the_failed_ones_job(world):
    world.server.fates.extend(["fail", "complete"])
    world.server.script("create", "ok", "lose_response")
    world.server.list_refused = 403
    world.admit()
    world.drive()
    assert world.states() == ["released", "unknown"]
    assert world.takes()[0].sora_clip_id is None


def test_nothing_is_regenerated_for_a_project_that_was_put_away(world):
    world.server.fates.extend(["fail", "complete"])
    world.hold()
    world.admit()
    world.drive(lambda: world.states() == ["submitted"])
    with world.database.write() as session:
        projects.archive(session, projects.get(session, world.project_id))
    world.let_go()
    world.drive()
    assert world.states() == ["released"]
    assert world.statuses() == ["failed"]


def test_nothing_is_sent_for_a_project_that_was_put_away(world):
    world.admit()
    with world.database.write() as session:
        projects.archive(session, projects.get(session, world.project_id))
    world.drive()
    assert (world.states(), world.statuses()) == (["released"], ["cancelled"])
    assert world.server.requests == []


def test_a_paid_clip_of_a_scene_that_left_the_video_still_lands(world):
    world.hold()
    world.admit()
    world.drive(lambda: world.states() == ["submitted"])
    with world.database.write() as session:
        scenes.archive(session, scenes.get(session, world.scene_ids[0]))
    world.let_go()
    world.drive()
    assert (world.states(), world.statuses()) == (["settled"], ["landed"])


@pytest.mark.parametrize("fault", ["500", "404", "reset", "429", "garbage", "unknown"])
def test_a_poll_that_fails_changes_nothing(world, fault):
    world.server.script("status", fault, fault, fault)
    world.admit()
    world.drive()
    assert world.statuses() == ["landed"]
    assert len(world.server.ledger.charges) == 1
    world.check_settled()


def test_progress_is_told_and_never_goes_back(tmp_path):
    with money_world("sqlite", tmp_path) as world:
        world.hold()
        world.admit()
        world.drive(lambda: world.states() == ["submitted"])
        (job,) = world.server.jobs.values()
        job.created -= job.seconds_to_do / 2  # half of its time is over
        asked = len(world.server.requests)
        seen: list[float] = []

        def look() -> bool:
            seen.append(world.jobs()[0].progress)
            return len(world.server.requests) > asked + 3

        world.server.script("status", "ok", "regress", "ok")
        world.time_passes()
        world.drive(look)
        assert any(0.3 < value < 0.5 for value in seen)
        world.let_go()
        world.drive(lambda: look() and world.resting())
        assert seen == sorted(seen)


def test_an_overdue_take_is_stuck_its_money_held_and_its_clip_still_welcome(world):
    world.server.fates.append("stuck")
    world.admit()
    world.drive(job_timeout=0.2)
    assert (world.states(), world.statuses()) == (["stuck"], ["stuck"])
    assert world.money() == (FOUR_SECONDS, Decimal(0))
    (job,) = world.jobs()
    assert (job.status, job.error["code"]) == ("failed", "provider_stuck")
    assert "$0.24 stays held" in job.error["message"]
    world.check_books()

    next(iter(world.server.jobs.values())).fate = "complete"
    world.time_passes()
    world.drive(lambda: world.statuses() == ["landed"], job_timeout=0.2)
    assert world.states() == ["settled"]
    world.check_settled()


def test_a_stuck_take_is_looked_at_only_now_and_then(world):
    world.server.fates.append("stuck")
    world.admit()
    began = now()
    world.drive(job_timeout=0.1)
    before = len(world.server.requests)
    assert world.attempt().next_action_at > began + timedelta(seconds=50)
    world.time_passes()
    world.drive(lambda: len(world.server.requests) > before and world.resting(), job_timeout=0.1)
    assert len(world.server.requests) == before + 1


def test_a_job_the_provider_forgot_is_not_bought_again(world):
    world.server.fates.append("vanish")
    world.admit()
    world.drive(vanished_after=0.1)
    assert (world.states(), world.statuses()) == (["stuck"], ["stuck"])
    assert "no longer knows this job" in world.jobs()[0].error["message"]
    assert world.money() == (FOUR_SECONDS, Decimal(0))
    assert len(world.server.ledger.charges) == 1
    world.check_books()


def test_a_job_that_is_not_yet_to_be_seen_is_waited_for(tmp_path):
    with money_world("sqlite", tmp_path, visible_after=0.3) as world:
        world.admit()
        world.drive()
        assert world.statuses() == ["landed"]


# Fetching the clip


@pytest.mark.decodes
@pytest.mark.parametrize(
    "fault", ["500", "404", "reset", "truncate", "silent_truncate", "json", "empty", "429"]
)
def test_a_download_is_repeated_and_never_the_generation(world, fault):
    world.server.script("content", fault, fault)
    world.admit()
    world.drive()
    assert world.statuses() == ["landed"]
    assert len(world.server.ledger.charges) == 1
    posts = [r for r in world.server.requests if r.method == "POST"]
    assert len(posts) == 1
    world.check_settled()


def test_a_clip_that_does_not_come_in_one_round_is_fetched_in_the_next(world):
    world.server.script("content", *["500"] * 5)
    world.admit()
    world.drive(lambda: world.attempt().download_tries >= 1, download_tries=2)
    assert (world.states(), world.statuses()) == (["completed"], ["generating"])
    assert world.money() == (Decimal(0), FOUR_SECONDS), "spent, though not here yet"
    world.drive(download_tries=2)
    assert world.statuses() == ["landed"]
    assert world.attempt().download_tries == 2
    world.check_settled()


def test_a_clip_that_never_comes_is_called_lost_and_paid(world):
    world.server.script("content", *["500"] * 99)
    world.admit()
    world.drive(download_tries=2, download_rounds=2)
    assert (world.states(), world.statuses()) == (["settled"], ["failed"])
    error = world.takes()[0].error
    assert (error["code"], error["paidUsd"]) == ("download_failed", "0.24")
    assert len(world.server.ledger.charges) == 1
    world.check_settled()


@pytest.mark.decodes
def test_a_clip_that_is_too_short_is_not_passed_off_as_the_one_bought(world):
    world.server.fates.append("short")
    world.admit()
    world.drive(download_tries=1, download_rounds=2)
    assert (world.states(), world.statuses()) == (["settled"], ["failed"])
    assert world.takes()[0].error["code"] == "media_invalid"
    world.check_settled()


@pytest.mark.decodes
def test_a_clip_that_is_as_short_each_time_is_kept_for_whoever_has_a_use_for_it(world):
    world.server.fates.append("short")
    world.admit()
    world.drive(download_tries=2, download_rounds=99)
    assert (world.states(), world.statuses()) == (["settled"], ["failed"])
    key = f"projects/{world.takes()[0].key}/{world.attempt().id}-short.mp4"
    assert f"/media/{key}," in world.takes()[0].error["message"]
    assert world.media.path(key).read_bytes() == clip_bytes(2)
    assert sum(r.segments[-1] == "content" for r in world.server.requests) == 2
    world.check_settled()


def test_a_full_disk_loses_no_clip(world, monkeypatch):
    """Storing fails for longer than a round of downloads lasts."""
    real = type(world.media).writing
    full = [True]

    def writing(self, key):
        if full[0]:
            raise OSError(28, "No space left on device")
        return real(self, key)

    monkeypatch.setattr(type(world.media), "writing", writing)
    world.admit()
    world.drive(lambda: world.states() == ["completed"])
    world.time_passes()
    full[0] = False
    world.drive()
    assert world.statuses() == ["landed"]
    assert len(world.server.ledger.charges) == 1


@pytest.mark.parametrize("where", ["entering", "leaving", "writing"])
def test_what_fails_here_gives_no_clip_up_and_is_told(world, monkeypatch, where):
    """A full disk or a store that is away lasts longer than all rounds at the provider would."""
    real, real_write = type(world.media).writing, streaming.Path.open
    broken = [True]

    @contextmanager
    def writing(self, key):
        if broken[0] and where == "entering":
            raise PermissionError(13, "Permission denied")
        with real(self, key) as path:
            yield path
            if broken[0] and where == "leaving":
                raise RuntimeError("the bucket is away")

    def full(self, mode="r", *rest, **named):
        if broken[0] and where == "writing" and mode == "wb" and self.name.endswith(".part"):
            raise OSError(28, "No space left on device")
        return real_write(self, mode, *rest, **named)

    monkeypatch.setattr(type(world.media), "writing", writing)
    monkeypatch.setattr(streaming.Path, "open", full)
    world.admit()
    world.drive(lambda: world.attempt().storing_tries >= 4, download_rounds=2, retry=0.01)
    assert (world.states(), world.attempt().download_tries) == (["completed"], 0)
    assert "could not be stored here" in world.jobs()[0].message
    broken[0] = False
    world.time_passes()
    world.drive()
    assert world.statuses() == ["landed"]
    world.check_settled()


def test_a_store_that_is_away_is_tried_ever_later(world, monkeypatch):
    world.admit()
    with world.database.write() as session:
        moment = clock.moment(session)
        monkeypatch.setattr(clock, "moment", lambda _: moment)
        attempt = ledger.locked(session, world.attempt().id)
        assert submission.begin(session, attempt.id, world.provider().key, 8).go
        acceptance.accepted(session, attempt.id, ProviderJob(id="video_1", status="completed"))
        landing.delivered(session, attempt.id)
        waits = []
        for _ in range(12):
            landing.unstored(session, attempt.id, "full", 5.0, 120.0)
            waits.append((attempt.next_action_at - moment).total_seconds())
    assert waits[:5] == [5, 10, 20, 40, 80]
    assert waits[-1] == 120, "a clip is kept for an hour, so never longer than this"


def test_a_clip_that_was_given_up_is_fetched_again_when_a_person_says_so(world):
    world.server.script("content", *["410"] * 2)
    (made,) = world.admit()
    world.drive()
    assert (world.states(), world.statuses()) == (["settled"], ["failed"])
    assert "fetched again" in world.takes()[0].error["actions"][0]
    with world.database.write() as session:
        resolving.fetch_again(session, made.version.id)
    assert world.money() == (Decimal(0), FOUR_SECONDS)
    world.drive()
    assert world.statuses() == ["failed"], "the second 410"
    with world.database.write() as session:
        resolving.fetch_again(session, made.version.id)
    world.drive(lambda: world.landings == [made.version.key])
    assert world.statuses() == ["landed"]
    assert len([r for r in world.server.requests if r.method == "POST"]) == 1
    world.check_settled()
    with world.database.write() as session, pytest.raises(resolving.NothingToResolve):
        resolving.fetch_again(session, made.version.id)


def test_answers_that_nobody_foresaw_end_at_the_timeout_like_none_at_all(world):
    provider = world.provider()

    async def nonsense(_):
        raise RecursionError("too deep: sk-secret")

    provider.status = nonsense
    world.admit()
    world.drive(provider=provider, job_timeout=0.3)
    assert (world.states(), world.statuses()) == (["stuck"], ["stuck"])
    told = world.jobs()[0].error["message"]
    assert "RecursionError" in told and "sk-secret" not in told
    assert world.money() == (FOUR_SECONDS, Decimal(0))


# Cancelling


def test_cancelled_before_it_was_sent_it_costs_nothing(world):
    (made,) = world.admit()
    cancel(world, made.version.id)
    world.drive()
    assert (world.states(), world.statuses()) == (["released"], ["cancelled"])
    assert world.jobs()[0].status == "cancelled"
    assert world.server.requests == []


def test_cancelled_while_it_waits_for_another_try_it_costs_nothing(world):
    world.server.script("create", "429")
    (made,) = world.admit()
    world.drive(lambda: any("waiting" in job.message for job in world.jobs()), retry=60.0)
    cancel(world, made.version.id)
    assert (world.states(), world.statuses()) == (["released"], ["cancelled"])
    world.check_settled()


def test_cancelled_while_it_is_made_its_clip_is_kept_and_paid(world):
    world.hold()
    (made,) = world.admit()
    world.drive(lambda: world.states() == ["submitted"])
    cancel(world, made.version.id)
    world.let_go()
    world.drive()
    assert (world.states(), world.statuses()) == (["settled"], ["landed"])
    world.check_settled()


def test_cancelled_and_then_failed_it_is_not_tried_again(world):
    world.server.fates.extend(["fail", "complete"])
    world.hold()
    (made,) = world.admit()
    world.drive(lambda: world.states() == ["submitted"])
    cancel(world, made.version.id)
    world.let_go()
    world.drive()
    assert (world.states(), world.statuses()) == (["released"], ["cancelled"])
    assert len(world.server.ledger.charges) == 1


def test_cancelled_in_doubt_and_not_bought_it_is_not_sent_again(world):
    world.server.script("create", "lose_request")
    (made,) = world.admit()
    world.drive(lambda: world.states() == ["unknown"], list_lag=3600.0)
    cancel(world, made.version.id)
    world.time_passes()
    world.drive()
    assert (world.states(), world.statuses()) == (["released"], ["cancelled"])
    assert world.server.ledger.charges == []


def test_cancelled_while_its_clip_is_fetched_it_lands(world):
    world.server.script("content", *["500"] * 3)
    (made,) = world.admit()
    world.drive(lambda: world.attempt().download_tries >= 1, download_tries=1)
    cancel(world, made.version.id)
    world.drive()
    assert world.statuses() == ["landed"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_cancel_and_a_send_at_the_same_moment_never_lose_the_purchase(kind, tmp_path):
    """Whoever comes second sees what the first has done: never released and bought."""
    from musicapp_pipeline_tests.together import together

    with money_world(kind, tmp_path, scenes=10) as world:
        made = world.admit()
        key = world.provider().key

        def race(number: int) -> object:
            item = made[number // 2]
            with world.database.write() as session:
                if number % 2:
                    version = takes.get(session, item.version.id)
                    return submission.request_cancel(session, version)
                return submission.begin(session, item.attempt.id, key, 100).go

        answers = together(20, race)
        for number, attempt in enumerate(sorted(world.attempts(), key=lambda a: a.id)):
            assert attempt.state in ("submitting", "released"), number
        for number, item in enumerate(made):
            sent = answers[2 * number]
            (attempt,) = [a for a in world.attempts() if a.id == item.attempt.id]
            assert sent is (attempt.state == "submitting")


# Living together with others


def test_attempts_of_another_provider_are_left_for_its_return(world):
    world.admit()
    other = world.provider()
    other.name = "somebody_else"
    looks = iter(range(5))
    world.drive(lambda: next(looks, None) is None, provider=other)
    assert world.states() == ["reserved"]
    assert world.server.requests == []
    world.drive()
    assert world.statuses() == ["landed"]


def test_a_listener_that_fails_does_not_stop_the_others(tmp_path):
    with money_world("sqlite", tmp_path, scenes=2) as world:
        dispatcher = world.dispatcher()

        async def broken(_: str) -> None:
            raise RuntimeError("no Dagster today")

        dispatcher._on_landed = broken
        world.admit()
        asyncio.run(run_until([dispatcher], world.resting))
        assert world.statuses() == ["landed"] * 2


def test_a_job_somebody_ended_meanwhile_stays_ended(world):
    world.hold()
    world.admit()
    world.drive(lambda: world.states() == ["submitted"])
    with world.database.write() as session:
        jobs.finish(session, world.jobs()[0].id, "cancelled")
    world.let_go()
    world.drive()
    assert world.jobs()[0].status == "cancelled"
    assert world.statuses() == ["landed"]
