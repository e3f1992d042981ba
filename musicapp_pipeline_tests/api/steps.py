"""Steps that many tests begin with."""

import io
from typing import Any

from musicapp_pipeline_tests.api.client import Api
from musicapp_pipeline_tests.api.world import World

SONG = "s3://bucket/song.mp3"


def new_project(api: Api, **fields: Any) -> dict[str, Any]:
    body = {"title": "Eternal Flame", "audioUrl": SONG, "budgetCapUsd": 25.0, **fields}
    answer = api.post("/api/projects", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def planned(api: Api, world: World, **fields: Any) -> tuple[str, list[dict[str, Any]]]:
    """A project's path and its scenes."""
    project = new_project(api, **fields)
    world.plan(project["id"])
    at = f"/api/projects/{project['id']}"
    return at, api.get(f"{at}/scenes").json()


def generated(
    api: Api, world: World, at: str, scene_id: str, takes: int = 1
) -> list[dict[str, Any]]:
    """Completed takes of a scene."""
    answer = api.post(f"{at}/scenes/{scene_id}/generate", json={"numTakes": takes})
    assert answer.status_code == 202, answer.text
    world.complete_takes(at.rpartition("/")[2])
    ids = {v["id"] for v in answer.json()["versions"]}
    return [v for v in api.get(f"{at}/scenes/{scene_id}/versions").json() if v["id"] in ids]


def png(width: int = 64, height: int = 48) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 90)).save(buffer, "PNG")
    return buffer.getvalue()


def wav(seconds: float = 2.0, rate: int = 8000) -> bytes:
    import wave

    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(bytes(int(seconds * rate) * 2))
    return buffer.getvalue()


def mp4(seconds: float = 2.0, fps: int = 24) -> bytes:
    import tempfile
    from pathlib import Path

    from musicapp_pipeline.media.ffmpeg import run_ffmpeg

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "clip.mp4"
        source = f"color=c=navy:s=64x36:r={fps}:d={seconds}"
        run_ffmpeg(["-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", str(out)])
        return out.read_bytes()


def upload(api: Api, name: str, data: bytes) -> dict[str, Any]:
    answer = api.post("/api/uploads", files={"file": (name, data)})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made
