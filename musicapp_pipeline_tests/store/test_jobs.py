"""A job is claimed by one run and ends once."""

from datetime import timedelta

import pytest

from musicapp_pipeline.store import events, jobs
from musicapp_pipeline.store.errors import NotFound
from musicapp_pipeline.store.models import now
from musicapp_pipeline_tests.store.rows import new_project
from musicapp_pipeline_tests.together import together


@pytest.fixture
def job_id(database):
    with database.write() as session:
        project, _ = new_project(session)
        return jobs.create(session, project.id, "analyze_audio").id


def test_one_of_twenty_runs_gets_the_job(database, job_id):
    def claim(number: int) -> bool:
        with database.write() as session:
            return jobs.claim(session, job_id, f"run-{number}")

    answers = together(20, claim)
    assert sorted(answers) == [False] * 19 + [True]
    with database.read() as session:
        job = jobs.get(session, job_id)
        assert job.status == "running"
        assert job.run_id == f"run-{answers.index(True)}"


@pytest.mark.parametrize(
    ("status", "holder", "takeover", "gets_it"),
    [
        ("queued", None, (), True),
        ("queued", "other", (), True),  # launched for another run that never began
        ("running", "me", (), True),  # again, after a restart within the run
        ("running", "dead", ("dead",), True),
        ("running", "other", (), False),
        ("running", "other", ("dead",), False),
        ("completed", "me", ("me",), False),
        ("failed", None, (), False),
        ("cancelled", None, (), False),
    ],
)
def test_who_may_have_a_job(database, job_id, status, holder, takeover, gets_it):
    with database.write() as session:
        job = jobs.get(session, job_id)
        job.status, job.run_id = status, holder
    with database.write() as session:
        assert jobs.claim(session, job_id, "me", takeover=takeover) is gets_it
        job = jobs.get(session, job_id)
        assert (job.run_id == "me") is gets_it or holder == "me"


def test_a_job_ends_once_however_many_end_it(database, job_id):
    endings = ("completed", "failed", "cancelled")

    def end(number: int) -> bool:
        with database.write() as session:
            return jobs.finish(session, job_id, endings[number % 3], message=str(number))

    answers = together(12, end)
    assert sorted(answers) == [False] * 11 + [True]
    winner = answers.index(True)
    with database.read() as session:
        job = jobs.get(session, job_id)
        assert (job.status, job.message) == (endings[winner % 3], str(winner))
        told = [e for e in events.since(session, job.project_id, 0) if e.kind == "job"]
        assert [e.payload["status"] for e in told] == ["queued", endings[winner % 3]]


def test_progress_never_goes_back_and_ends_with_the_job(database, job_id):
    with database.write() as session:
        jobs.claim(session, job_id, "run")
        for fraction, expected in [(0.3, 0.3), (0.1, 0.3), (7.0, 1.0), (-1.0, 1.0)]:
            jobs.progress(session, job_id, fraction)
            assert jobs.get(session, job_id).progress == expected
        jobs.finish(session, job_id, "failed", error={"code": "x", "message": "it broke"})
        jobs.progress(session, job_id, 0.5, "too late")
        assert jobs.get(session, job_id).message == "it broke"


def test_forgotten_jobs_are_found_and_launched_ones_left_alone(database):
    with database.write() as session:
        project, _ = new_project(session)
        forgotten, launched, fresh, other = (
            jobs.create(session, project.id, type_)
            for type_ in ("analyze_audio", "analyze_audio", "analyze_audio", "stitch_final")
        )
        for job in (forgotten, launched, other):
            job.created_at = now() - timedelta(minutes=5)
        launched.launched_at = now()
        session.flush()
        found = jobs.unlaunched(session, ["analyze_audio"], timedelta(seconds=20))
        assert [job.id for job in found] == [forgotten.id]
        assert fresh.id != forgotten.id


def test_an_unknown_job_is_named(database):
    with database.read() as session, pytest.raises(NotFound, match="job-nothing"):
        jobs.get(session, "job-nothing")
