"""What the provider's jobs come to."""

from datetime import timedelta
from decimal import Decimal

import pytest

from musicapp_pipeline.store import projects, scenes
from musicapp_pipeline.store.models import now
from musicapp_pipeline_tests.generation.money_world import FOUR_SECONDS, money_world

pytestmark = pytest.mark.usefixtures("quick_check")


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
