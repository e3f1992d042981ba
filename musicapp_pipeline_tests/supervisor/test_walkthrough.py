"""What the documentation shows, done as it says, against `musicapp up`.

The specification's "Workflow: User Perspective" from 1 to 8 with its own bodies (its bucket is a
local S3 server), and the shell of ``docs/api.md`` as pasted.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from musicapp_pipeline import demo
from musicapp_pipeline.media.ffmpeg import run_ffmpeg
from musicapp_pipeline.media.probe import probe
from musicapp_pipeline_tests.api.test_workflow import CHARACTER, PROJECT
from musicapp_pipeline_tests.supervisor.dagster_client import DagsterClient
from musicapp_pipeline_tests.supervisor.stack import Stack, running

pytestmark = pytest.mark.full
REPOSITORY = Path(__file__).parents[2]
SECONDS = 12
EXPORT = {
    "formats": ["mp4", "webm"],
    "aspectRatios": ["landscape", "vertical"],
    "includeSubtitles": True,
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("walk")
    with bucket(folder) as address:
        aws = {
            "AWS_ENDPOINT_URL_S3": address,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }
        with running(folder, **aws) as made:
            yield made


def excerpt(path: Path) -> None:
    """A few sung lines of the demo song: the whole of it takes minutes."""
    run_ffmpeg(["-ss", "8", "-t", str(SECONDS), "-i", str(demo.song_path()), str(path)])


class bucket:  # noqa: N801 - reads as a function where it is used
    """A server of ``s3://bucket`` with ``song.mp3`` and ``tzelem.png`` in it."""

    def __init__(self, folder: Path) -> None:
        from moto.server import ThreadedMotoServer

        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._song, self._face = folder / "song.mp3", folder / "tzelem.png"

    def __enter__(self) -> str:
        import boto3
        from PIL import Image

        excerpt(self._song)
        Image.open(demo.song_path().with_name("portrait.jpg")).save(self._face)
        self._server.start()
        host, port = self._server.get_host_and_port()
        address = f"http://{host}:{port}"
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        s3 = boto3.client("s3", endpoint_url=address, region_name="us-east-1", **keys)
        s3.create_bucket(Bucket="bucket")
        for path in (self._song, self._face):
            s3.upload_file(str(path), "bucket", path.name)
        return address

    def __exit__(self, *_exc: object) -> None:
        self._server.stop()


def test_the_specifications_workflow_runs_from_1_to_8(stack: Stack, tmp_path: Path) -> None:
    # 1. Create project, 2. create characters
    project = stack.post("/api/projects", json=PROJECT)
    at = f"/api/projects/{project['id']}"
    character = stack.post(f"{at}/characters", json=CHARACTER)

    # 3. Generate storyboard
    job = stack.job(stack.post(f"{at}/storyboard/generate")["jobId"])
    assert job["status"] == "completed", job
    assert stack.get(at)["duration"] == pytest.approx(SECONDS, abs=0.1), "measured wins"

    # 4. View and customise the timeline
    timeline = stack.get(f"{at}/storyboard/timeline")
    assert timeline["bpm"] > 0 and timeline["scenes"][0]["startTime"] == 0
    first, *others = [scene["id"] for scene in timeline["scenes"]]
    edit = {
        "sceneType": "performance",
        "lipSyncEnabled": True,
        "lyrics": "Best believe me",
        "mood": "defiant",
        "characterIds": [character["id"]],
    }
    edited = stack.http.put(f"{at}/scenes/{first}", json=edit)
    assert edited.status_code == 200, edited.text

    # 5. Generate scene versions
    jobs = stack.post(f"{at}/scenes/{first}/generate", json={"numTakes": 2})["jobIds"]
    for scene in others:
        jobs += stack.post(f"{at}/scenes/{scene}/generate", json={"numTakes": 1})["jobIds"]
    ended = [stack.job(job_id) for job_id in jobs]
    assert [j for j in ended if j["status"] != "completed"] == []

    # 6. Review, choose, rate
    scene = next(s for s in stack.get(f"{at}/scenes") if s["id"] == first)
    assert [v["take"] for v in scene["versions"]] == [1, 2]
    chosen = scene["versions"][1]
    assert chosen["qualityScore"] is not None
    assert stack.http.get(chosen["url"]).status_code == 200
    here = f"{at}/scenes/{first}/versions/{chosen['id']}"
    stack.post(f"{here}/select")
    scored = stack.post(f"{here}/score", json={"userScore": 4.2, "qualityScore": 0.88})
    assert (scored["userScore"], scored["qualityScore"]) == (4.2, 0.88)

    # 7. Lip-sync is applied by itself, and replaces the video's address
    synced = stack.until(lambda: stack.get(here), lambda v: v["lipSync"] is not None)
    assert synced["lipSync"]["applied"], synced["lipSync"]
    assert synced["finalVideoUrl"] == synced["url"] != synced["soraClipUrl"]
    steps = [j["type"] for j in stack.get(f"{at}/jobs") if j["versionId"] == chosen["id"]]
    assert steps[:3] == ["lip_sync_post_process", "forced_alignment", "vocal_extraction"]

    # 8. Export
    job = stack.job(stack.post(f"{at}/export", json=EXPORT | {"autoSelect": True})["jobId"])
    assert job["status"] == "completed", job
    files = job["result"]["renditions"]
    assert {(f["format"], f["aspectRatio"]) for f in files} == {
        (kind, ratio) for kind in EXPORT["formats"] for ratio in EXPORT["aspectRatios"]
    }
    for file in files:
        path = tmp_path / f"{file['aspectRatio']}.{file['format']}"
        path.write_bytes(stack.http.get(file["url"]).content)
        assert probe(path).duration == pytest.approx(SECONDS, abs=0.15)
    assert stack.http.get(job["result"]["posterUrl"]).headers["content-type"] == "image/jpeg"

    # and choosing another take makes the final cut stale
    dagster = DagsterClient(stack.dagster)
    assert dagster.stale("final_cut") == set()
    stack.post(f"{at}/scenes/{first}/versions/{scene['versions'][0]['id']}/select")
    stack.until(lambda: dagster.stale("final_cut"), lambda keys: project["id"] in keys)


def test_the_walk_through_works_when_pasted(stack: Stack, tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "api.md").read_text()
    found = re.search(r"```sh\n(.*?)```", page, re.DOTALL)
    assert found is not None
    script = found[1].replace("http://127.0.0.1:3000", stack.api)
    folder = tmp_path / "musicapp_pipeline" / "demo"
    folder.mkdir(parents=True)
    excerpt(folder / "song.mp3")
    shutil.copy(demo.song_path().with_name("portrait.jpg"), folder)
    sung = demo.lyrics_text().splitlines()[:4]
    (folder / "lyrics.txt").write_text("\n".join(sung))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "no_proxy": "*"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed" not in done.stdout and done.stdout.count("completed") >= 5
    video = probe(tmp_path / "my-music-video.mp4")
    assert video.duration == pytest.approx(SECONDS, abs=0.15)
