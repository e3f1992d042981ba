"""Jobs: polling, cancelling at every stage, launching."""

import pytest

from musicapp_pipeline.generation import ledger
from musicapp_pipeline.store import jobs
from musicapp_pipeline_tests.api.client import Api
from musicapp_pipeline_tests.api.steps import generated, new_project, planned
from musicapp_pipeline_tests.api.world import World


def test_a_job_has_the_documented_shape(api: Api) -> None:
    at = f"/api/projects/{new_project(api)['id']}"
    job_id = api.post(f"{at}/storyboard/generate").json()["jobId"]
    job = api.get(f"/api/jobs/{job_id}").json()
    documented = {
        "id",
        "type",
        "status",
        "progress",
        "message",
        "result",
        "error",
        "createdAt",
        "startedAt",
        "finishedAt",
        "runId",
    }
    assert documented <= job.keys()
    assert (job["status"], job["progress"], job["runId"]) == ("queued", 0, f"run-{job_id}")
    assert job["runUrl"].endswith(f"/runs/run-{job_id}")


def test_a_job_waits_for_the_safety_net_while_the_orchestrator_is_away(
    api: Api, world: World
) -> None:
    world.launcher.up = False
    at = f"/api/projects/{new_project(api)['id']}"
    job_id = api.post(f"{at}/storyboard/generate").json()["jobId"]
    job = api.get(f"/api/jobs/{job_id}").json()
    assert (job["status"], job["runId"]) == ("queued", None)


def test_a_queued_job_is_cancelled_at_once_and_its_run_dropped(api: Api, world: World) -> None:
    at = f"/api/projects/{new_project(api)['id']}"
    job_id = api.post(f"{at}/storyboard/generate").json()["jobId"]
    answer = api.post(f"/api/jobs/{job_id}/cancel")
    assert answer.json()["status"] == "cancelled"
    assert world.launcher.cancelled == [f"run-{job_id}"]
    with world.database.write() as session:
        assert not jobs.claim(session, job_id, f"run-{job_id}")


def test_a_running_job_is_told_and_ends_by_itself(api: Api, world: World) -> None:
    at = f"/api/projects/{new_project(api)['id']}"
    job_id = api.post(f"{at}/storyboard/generate").json()["jobId"]
    with world.database.write() as session:
        jobs.claim(session, job_id, f"run-{job_id}")
    answer = api.post(f"/api/jobs/{job_id}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "running")
    assert api.get(f"/api/jobs/{job_id}").json()["cancelRequested"] is True
    assert world.launcher.cancelled == []


@pytest.mark.parametrize("state", ["reserved", "submitted", "settled"])
def test_cancelling_a_generation_says_what_is_paid_and_held(
    api: Api, world: World, state: str
) -> None:
    at, scenes = planned(api, world)
    price = scenes[0]["estimatedCostUsd"]
    made = api.post(f"{at}/scenes/{scenes[0]['id']}/generate").json()
    with world.database.write() as session:
        attempt = ledger.attempts_of(session, made["versions"][0]["id"])[0]
        if state != "reserved":
            ledger.move(session, attempt, "submitting")
            ledger.move(session, attempt, "submitted", provider_job_id="video_1")
        if state == "settled":
            ledger.settle(session, attempt)
    answer = api.post(f"/api/jobs/{made['jobIds'][0]}/cancel").json()
    money = (answer["paidUsd"], answer["heldUsd"])
    expected = {"reserved": (0, 0), "submitted": (0, price), "settled": (price, 0)}
    assert money == pytest.approx(expected[state])
    assert (answer["status"] == "cancelled") is (state == "reserved")
    held = api.get(at).json()["heldUsd"]
    assert held == pytest.approx(expected[state][1])


def test_a_cancelled_job_shows_what_was_charged_later(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    made = api.post(f"{at}/scenes/{scenes[0]['id']}/generate").json()
    here, price = f"/api/jobs/{made['jobIds'][0]}", scenes[0]["estimatedCostUsd"]
    assert made["jobs"][0]["heldUsd"] == pytest.approx(price)
    with world.database.write() as session:
        attempt = ledger.attempts_of(session, made["versions"][0]["id"])[0]
        ledger.move(session, attempt, "submitting")
        ledger.move(session, attempt, "submitted", provider_job_id="video_1")
    assert api.post(f"{here}/cancel").json()["paidUsd"] == 0
    with world.database.write() as session:
        jobs.finish(session, made["jobIds"][0], "cancelled")
        ledger.settle(session, ledger.attempts_of(session, made["versions"][0]["id"])[0])
    for shown in (api.get(here).json(), api.get(f"{at}/jobs").json()[0]):
        assert (shown["status"], shown["cancelRequested"]) == ("cancelled", True)
        assert (shown["paidUsd"], shown["heldUsd"]) == (pytest.approx(price), 0)


def test_generating_before_there_are_scenes_is_409(api: Api) -> None:
    at = f"/api/projects/{new_project(api)['id']}"
    answer = api.post(f"{at}/generate")
    assert answer.status_code == 409
    assert "storyboard" in answer.json()["detail"]


def test_an_ended_job_cannot_be_cancelled_but_a_cancelled_one_may_again(
    api: Api, world: World
) -> None:
    at, scenes = planned(api, world)
    generated(api, world, at, scenes[0]["id"])
    done = api.get(f"{at}/jobs?status=completed").json()[0]
    assert api.post(f"/api/jobs/{done['id']}/cancel").status_code == 409
    job_id = api.post(f"{at}/storyboard/generate").json()["jobId"]
    assert api.post(f"/api/jobs/{job_id}/cancel").status_code == 200
    assert api.post(f"/api/jobs/{job_id}/cancel").status_code == 200


def test_a_projects_jobs_are_listed_by_status_and_type(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    api.post(f"{at}/storyboard/generate")
    api.post(f"{at}/scenes/{scenes[0]['id']}/generate", json={"numTakes": 3})
    assert len(api.get(f"{at}/jobs").json()) == 4
    assert len(api.get(f"{at}/jobs?type=generate_scene").json()) == 3
    assert api.get(f"{at}/jobs?status=failed").json() == []
    assert api.get(f"{at}/jobs?type=nonsense").status_code == 422
    first = api.get(f"{at}/jobs?limit=3")
    rest = api.get(first.links["next"]["url"])
    ids = [j["id"] for j in [*first.json(), *rest.json()]]
    assert len(set(ids)) == len(ids) == 4


def test_an_unknown_job_is_404(api: Api) -> None:
    assert api.get("/api/jobs/job-nobody").status_code == 404
    assert api.post("/api/jobs/job-nobody/cancel").status_code == 404
