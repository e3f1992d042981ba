"""Fetching the clip of a job that is done and paid."""

from contextlib import contextmanager
from decimal import Decimal

import pytest

from musicapp_pipeline.generation import acceptance, clock, landing, ledger, resolving, submission
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.generation.providers import streaming
from musicapp_pipeline_tests.generation.clips import clip_bytes
from musicapp_pipeline_tests.generation.money_world import FOUR_SECONDS

pytestmark = pytest.mark.usefixtures("quick_check")


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
