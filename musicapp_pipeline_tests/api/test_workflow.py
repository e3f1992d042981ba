"""The specification's "Workflow: User Perspective", 1 to 8, over HTTP."""

from musicapp_pipeline_tests.api.client import Api
from musicapp_pipeline_tests.api.world import World

PROJECT = {
    "title": "My Music Video",
    "audioUrl": "s3://bucket/song.mp3",
    "duration": 172.4,
    "format": "landscape",
    "clipSeconds": 8,
    "soraModel": "sora-2",
    "performanceDensity": 0.4,
    "budgetCapUsd": 25.0,
    "lyrics": "Best believe me...",
}
CHARACTER = {
    "name": "TZELEM",
    "bible": {
        "face": "tan skin, sharp jawline",
        "signature": "diamond grill, layered chains",
        "wardrobe_lock": "black hoodie + silver jewelry",
        "dos": ["same face structure", "same hair"],
        "donts": ["no hat change", "no beard"],
    },
    "referenceImageUrl": "s3://bucket/tzelem.png",
    "isPrimary": True,
}


def finished(api: Api, job_id: str) -> dict:
    for _ in range(50):
        job = api.get(f"/api/jobs/{job_id}").json()
        if job["status"] in ("completed", "failed", "cancelled"):
            return job
    raise AssertionError(f"{job} does not end")


def test_the_specifications_workflow_runs_as_written(api: Api, world: World) -> None:
    world.launcher.work = world.work

    # 1. Create project
    answer = api.post("/api/projects", json=PROJECT)
    assert answer.status_code == 201, answer.text
    project = answer.json()
    assert project | PROJECT == project
    at = f"/api/projects/{project['id']}"

    # 2. Create characters
    answer = api.post(f"{at}/characters", json=CHARACTER)
    assert answer.status_code == 201, answer.text
    character = answer.json()
    assert character | CHARACTER == character
    assert [c["id"] for c in api.get(f"{at}/characters").json()] == [character["id"]]

    # 3. Generate storyboard
    assert api.get(f"{at}/storyboard").status_code == 404
    queued = api.post(f"{at}/storyboard/generate")
    assert queued.status_code == 202, queued.text
    assert finished(api, queued.json()["jobId"])["status"] == "completed"

    # 4. View and customise the timeline
    timeline = api.get(f"{at}/storyboard/timeline").json()
    assert timeline["projectId"] == project["id"]
    assert timeline["bpm"] == 120
    assert set(timeline["sections"][0]) == {"name", "start_time", "end_time"}
    assert set(timeline["energyCurve"][0]) == {"time", "energy"}
    first = timeline["scenes"][0]
    assert first.keys() == {
        "id",
        "order",
        "startTime",
        "endTime",
        "sceneType",
        "section",
        "status",
        "selectedVersion",
    }
    edited = api.put(
        f"{at}/scenes/{first['id']}",
        json={
            "sceneType": "performance",
            "lyrics": "Best believe me",
            "mood": "defiant",
            "characterIds": [character["id"]],
        },
    )
    assert edited.status_code == 200, edited.text
    assert edited.json()["mood"] == "defiant"

    # 5. Generate scene versions
    scenes = api.get(f"{at}/scenes").json()
    for scene in scenes[:2]:
        answer = api.post(f"{at}/scenes/{scene['id']}/generate", json={"numTakes": 2})
        assert answer.status_code == 202, answer.text
        assert len(answer.json()["jobIds"]) == 2
    job_ids = answer.json()["jobIds"]
    world.complete_takes(project["id"])
    assert finished(api, job_ids[0])["status"] == "completed"

    # 6. Review and update
    scenes = api.get(f"{at}/scenes").json()
    assert [v["take"] for v in scenes[0]["versions"]] == [1, 2]
    version = scenes[0]["versions"][1]
    assert version["qualityScore"] == 0.75
    assert api.get(version["url"]).status_code == 200
    here = f"{at}/scenes/{scenes[0]['id']}/versions/{version['id']}"
    assert api.post(f"{here}/select").json()["isSelected"] is True
    scored = api.post(f"{here}/score", json={"userScore": 4.2, "qualityScore": 0.88}).json()
    assert (scored["userScore"], scored["qualityScore"]) == (4.2, 0.88)
    assert scored["autoScores"]["qualityScore"] == 0.75
    scene = api.get(f"{at}/scenes/{scenes[0]['id']}").json()
    assert scene["selectedVersionId"] == version["id"]
    assert [v["isSelected"] for v in scene["versions"]] == [False, True]

    # 7. Lip-sync of a selected performance take is the orchestrator's reaction
    assert project["id"] in world.launcher.changes

    # 8. Export
    wanted = {
        "formats": ["mp4", "webm"],
        "aspectRatios": ["landscape", "vertical"],
        "includeSubtitles": True,
    }
    refused = api.post(f"{at}/export", json=wanted)
    assert refused.status_code == 409
    named = {e["value"] for e in refused.json()["errors"] if e["field"] == "sceneId"}
    assert named == {s["id"] for s in scenes[1:]}
    generated = api.post(f"{at}/generate")
    assert generated.status_code == 202, generated.text
    world.complete_takes(project["id"])
    answer = api.post(f"{at}/export", json=wanted | {"autoSelect": True})
    assert answer.status_code == 202, answer.text
    job = finished(api, answer.json()["jobId"])
    assert (job["type"], job["status"]) == ("stitch_final", "completed")
    assert job["result"]["exportId"] == answer.json()["export"]["id"]
    spent = api.get(at).json()
    takes = sum(len(s["versions"]) for s in api.get(f"{at}/scenes").json())
    assert spent["actualCostUsd"] > 0
    assert spent["progress"]["scenes"]["selected"] == len(scenes)
    assert len(api.get(f"{at}/costs").json()["entries"]) == 2 * takes
