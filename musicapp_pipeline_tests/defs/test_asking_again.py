"""Asking for the film again after what was wrong has been put right."""

from datetime import timedelta

import pytest

from musicapp_pipeline.defs import flow
from musicapp_pipeline.generation import absence, admission, landing, ledger, submission
from musicapp_pipeline.generation.errors import CredentialsRejected, NotAccepted, Refused
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.store import projects, scenes
from musicapp_pipeline.store.models import SceneVersion, now
from musicapp_pipeline_tests.defs.world import Desk

AT = now() + timedelta(hours=1)


@pytest.fixture(autouse=True)
def heard_and_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "HEARING", ())
    monkeypatch.setattr(flow, "_outdated", lambda *_: [])


def take(desk: Desk) -> SceneVersion:
    """An admitted take of the first scene."""
    with desk.database.write() as session:
        project = projects.get(session, desk.project_id)
        scene = scenes.get(session, desk.scenes[0].id)
        (made,) = admission.admit(session, project, [(scene, 1)], desk.bench.provider)
        return made.version


def turn_down(desk: Desk, version: SceneVersion, error: NotAccepted) -> None:
    with desk.database.write() as session:
        (attempt,) = ledger.attempts_of(session, version.id)
        assert submission.begin(session, attempt.id, "a key", 8).go
        submission.turned_down(session, attempt.id, error, "a key", 1.0)


def wanted(desk: Desk, asked_at: object) -> tuple[bool, bool]:
    """Whether the first scene is to be made once more, and whether it counts as failed."""
    with desk.database.read() as session:
        steps = flow.next_steps(session, desk.bench, desk.project_id, 1, asked_at)
    scene = desk.scenes[0].id
    return scene in dict(steps.admit), scene in steps.failed


def test_a_take_that_was_never_sent_is_made_when_asked_again(desk: Desk) -> None:
    turn_down(desk, take(desk), CredentialsRejected("wrong key", permanent=True))
    assert wanted(desk, AT) == (True, False)


def test_a_take_whose_next_try_was_withdrawn_is_ordered_from_the_provider_in_use(
    desk: Desk,
) -> None:
    version = take(desk)
    with desk.database.write() as session:
        (first,) = ledger.attempts_of(session, version.id)
        job = ProviderJob(id="video_1", status="failed")
        first.state, first.provider_job_id = "submitted", job.id
        record = desk.bench.capabilities(first.model)
        assert landing.failed(session, first.id, job, record, 3) is not None
    assert wanted(desk, AT) == (False, False)
    with desk.database.write() as session:
        assert absence.withdraw(session, desk.project_id, "fal") == 1
    assert wanted(desk, now() - timedelta(hours=1)) == (False, True)
    assert wanted(desk, AT) == (True, False)


def test_within_one_request_it_is_not_tried_in_a_loop(desk: Desk) -> None:
    turn_down(desk, take(desk), CredentialsRejected("wrong key", permanent=True))
    assert wanted(desk, now() - timedelta(hours=1)) == (False, True)
    assert wanted(desk, None) == (False, True)


def test_a_refused_prompt_is_not_sent_once_more(desk: Desk) -> None:
    turn_down(desk, take(desk), Refused("blocked by moderation"))
    assert wanted(desk, AT) == (False, True)


def test_what_reached_the_provider_is_a_persons_to_ask_for_again(desk: Desk) -> None:
    version = take(desk)
    with desk.database.write() as session:
        ledger.attempts_of(session, version.id)[0].provider_job_id = "video_1"
    turn_down(desk, version, CredentialsRejected("wrong key", permanent=True))
    assert wanted(desk, AT) == (False, True)
